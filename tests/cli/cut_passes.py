"""Networks that sum up the picture and that the native engine cannot run: ONNX Runtime runs them in passes by tiles."""
import json
import random
import struct

from common import *
from graphs import *

WIDTH, HEIGHT = 150, 110
LATE = "numeric", 2e-6  # what tiles of other sizes may differ by, of a range of 1


def real(name, value):
    return block(5, block(1, name) + block(2, struct.pack("<f", value)) + number(20, 1)) if False else \
        block(5, block(1, name) + b"\x15" + struct.pack("<f", value) + number(20, 1))


def attention(path, threshold="ThresholdedRelu", mean="GlobalAveragePool", norm=True):
    """Channels weighed by their means twice, at half the size the second time, a norm over the picture between, and the
    largest of all. `threshold`: None leaves out what the native engine does not know, which lets all pass. `mean`: None
    takes the means of rows, and the mean of these."""
    rng = random.Random(5)
    weights, nodes = [whole("space", [2, 3]), whole("across", [3]), whole("down", [2])], []

    def add(op, inputs, output, attributes=b""):
        nodes.append(node(op, inputs, output, attributes))
        return output

    def conv(x, y, of, to, side, attributes=b"", gain=2.0):
        weights.append(tensor("w" + y, [to, of, side, side],
                              [rng.uniform(-1, 1) * gain / (of * side * side) ** 0.5 for _ in range(to * of * side * side)]))
        return add("Conv", [x, "w" + y], y, attributes)

    def means(x, y):
        if mean:
            return add(mean, [x], y)
        return add("ReduceMean", [add("ReduceMean", [x], y + "r", ints("axes", [3]))], y, ints("axes", [2]))

    def squeeze(x, y):
        add("Relu", [conv(means(x, y + "m"), y + "1", 8, 4, 1)], y + "2")
        return add("Mul", [x, add("Sigmoid", [conv(y + "2", y + "3", 4, 8, 1)], y + "4")], y)

    same, half = ints("pads", [1, 1, 1, 1]), ints("pads", [1, 1, 1, 1]) + ints("strides", [2, 2])
    a = conv("x", "a", 3, 8, 3, same, gain=6)
    if threshold:
        a = add(threshold, [a], "t", real("alpha", -1e6))
    b = squeeze(a, "b")
    c = conv(b, "c", 8, 8, 3, half)
    if norm:
        weights.extend([tensor("scale", [8], [1.0 + i / 8 for i in range(8)]), tensor("bias", [8], [i / 16 for i in range(8)])])
        c = add("InstanceNormalization", [c, "scale", "bias"], "n")
    d = squeeze(c, "d")
    add("ReduceMax", [d], "e", ints("axes", [2, 3]))
    f = add("Div", [d, "e"], "f")
    weights.append(tensor("twice", [4], [1, 1, 2, 2]))
    u = add("Resize", [f, "", "twice"], "u", block(5, block(1, "mode") + block(4, "nearest") + number(20, 3))
            + block(5, block(1, "coordinate_transformation_mode") + block(4, "asymmetric") + number(20, 3))
            + block(5, block(1, "nearest_mode") + block(4, "floor") + number(20, 3)))
    conv(u, "g", 8, 3, 3, same)
    add("Add", ["g", "x"], "y")
    return network(path, nodes, [port("x", 3)], [port("y", 3)], weights)


def ramp():
    """Dark on the left, noisy on the right: no two tiles have the same means."""
    noise = picture(WIDTH, HEIGHT, 3, F32).samples()
    return Picture(WIDTH, HEIGHT, 3, F32, array.array(
        "f", ((i // 3 % WIDTH / WIDTH) * (0.6 + 0.4 * v) for i, v in enumerate(noise))).tobytes())


def told(model):
    return json.loads(seamless("info", "--json", model).out)


@test
def tiles_of_any_size_agree():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    write_v("in.v", ramp())
    attention("net.onnx")
    facts = told("net.onnx")
    check(facts["engine"].startswith("onnxruntime"), facts)
    print("#", facts["exact"], facts["passes"], facts)
    results = []
    for options in (("--tile", "400"), ("--tile", "32"), ("--tile", "48x100", "--threads", "1"), ("--edge", "model", "--tile", "400"),
                    ("--edge", "model", "--tile", "40"), ("--edge", "model", "--tile", "64", "--threads", "1")):
        r = restore("-m", "net.onnx", *options, "in.v", "out.v", "--json")
        results.append(read_v("out.v"))
    for at, other in ((0, 1), (0, 2), (3, 4), (3, 5)):
        print("#", at, other, largest_difference(results[at], results[other]))
    attention("plain.onnx", mean=None)
    print("#", told("plain.onnx")["exact"])
    restore("-m", "plain.onnx", "--edge", "model", "--tile", "400", "in.v", "whole.v")
    print("# against ORT", largest_difference("whole.v", results[3]))
    restore("-m", "plain.onnx", "--edge", "model", "--tile", "40", "in.v", "tiles.v")
    print("# per tile", largest_difference("whole.v", "tiles.v"))
    attention("native.onnx", threshold=None)
    print("#", told("native.onnx")["engine"])
    restore("-m", "native.onnx", "--edge", "model", "in.v", "rows.v")
    print("# against native", largest_difference("rows.v", results[3]), max(results[3].samples()), min(results[3].samples()))


main()
