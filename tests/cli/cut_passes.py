"""Networks that sum up the picture and have a node that the native engine does not know: ONNX Runtime runs them in
passes by tiles, cut where they sum up."""
import json
import random
import struct

from common import *
from graphs import *

WIDTH, HEIGHT = 90, 62
WHOLE = ("--edge", "model", "--tile", 400)


def real(name, value):
    return block(5, block(1, name) + b"\x15" + struct.pack("<f", value) + number(20, 1))


def one(name, value):
    return block(5, block(1, name) + number(3, value) + number(20, 2))


def word(name, value):
    return block(5, block(1, name) + block(4, value) + number(20, 3))


SAME = ints("pads", [1, 1, 1, 1])
SPACE = ints("axes", [2, 3])


class Net:
    """A network in the making. What its nodes make has their names."""

    def __init__(self):
        self.rng, self.nodes, self.weights = random.Random(2), [], [whole("all", [1, -1]), whole("space", [2, 3])]

    def add(self, op, inputs, output, attributes=b""):
        self.nodes.append(node(op, inputs, output, attributes))
        return output

    def weight(self, name, dims, values):
        self.weights.append(tensor(name, dims, values))
        return name

    def conv(self, x, y, of, to, side=3, attributes=SAME, gain=2.0):
        scale, n = gain / (of * side * side) ** 0.5, to * of * side * side
        w = self.weight("w" + y, [to, of, side, side], [self.rng.uniform(-scale, scale) for _ in range(n)])
        return self.add("Conv", [x, w], y, attributes)

    def squeeze(self, x, y, channels=8):
        """Channels weighed by their means."""
        self.add("GlobalAveragePool", [x], y + "m")
        self.add("Relu", [self.conv(y + "m", y + "1", channels, 4, 1, b"")], y + "2")
        return self.add("Mul", [x, self.add("Sigmoid", [self.conv(y + "2", y + "3", 4, channels, 1, b"")], y + "4")], y)

    def write(self, path, output, uncut=False):
        """`uncut`: with a node that sees whole rows, of which nothing is taken, so that no pass is made."""
        if uncut:
            rows = self.add("ReduceMean", [self.add("ReduceMean", ["x"], "side", ints("axes", [3]))], "rows", ints("axes", [2]))
            output = self.add("Add", [output, self.add("Mul", [rows, self.weight("none", [1], [0])], "nothing")], "uncut")
        self.add("Identity", [output], "y")
        return network(path, self.nodes, [port("x", 3)], [port("y", 3)], self.weights)


def odd(n, x, y):
    """Lets all pass, and no native rule knows it."""
    return n.add("ThresholdedRelu", [x], y, real("alpha", -1e6))


def attention(n, is_odd=True):
    """Two in a row, the second at half the size, a norm over the picture between them, and the largest of all."""
    a = n.conv("x", "a", 3, 8, gain=6)
    b = n.squeeze(odd(n, a, "t") if is_odd else a, "b")
    c = n.conv(b, "c", 8, 8, attributes=SAME + ints("strides", [2, 2]))
    n.weight("scale", [8], [1 + i / 8 for i in range(8)])
    n.weight("bias", [8], [i / 16 for i in range(8)])
    d = n.squeeze(n.add("InstanceNormalization", [c, "scale", "bias"], "n"), "d")
    f = n.add("Div", [d, n.add("ReduceMax", [d], "e", SPACE)], "f")
    n.weight("twice", [4], [1, 1, 2, 2])
    u = n.add("Resize", [f, "", "twice"], "u", word("mode", "nearest") + word("nearest_mode", "floor")
              + word("coordinate_transformation_mode", "asymmetric"))
    return n.add("Add", [n.conv(u, "g", 8, 3), "x"], "sum")


def in_groups(n):
    """Means of groups of channels, as GroupNorm is exported; lengths; the least, of channels that lie last."""
    a = odd(n, n.conv("x", "a", 3, 8, gain=6), "t")
    n.weights.append(whole("groups", [0, 2, -1]))
    n.weight("ones", [2], [1, 1])
    n.weight("zeros", [2], [0, 0])
    r = n.add("InstanceNormalization", [n.add("Reshape", [a, "groups"], "r"), "ones", "zeros"], "s")
    b = n.add("Reshape", [r, n.add("Shape", [a], "shape")], "b")
    c = n.add("Div", [b, n.add("ReduceL2", [b], "l", SPACE)], "c")
    c = n.add("Mul", [c, n.weight("size", [1], [70.0])], "k")
    t = n.add("Transpose", [c], "last", ints("perm", [0, 2, 3, 1]))
    t = n.add("Sub", [t, n.add("ReduceMin", [t], "least", ints("axes", [1, 2]))], "q")
    return n.conv(n.add("Transpose", [t], "first", ints("perm", [0, 3, 1, 2])), "g", 8, 3)


def in_lists(n):
    """Numbers without sides, through products of matrices; sums, of squares and of what has no sign; of all channels."""
    a = odd(n, n.conv("x", "a", 3, 8, gain=6), "t")
    m = n.add("ReduceMean", [a], "m", SPACE + one("keepdims", 0))
    v = n.add("MatMul", [m, n.weight("square", [8, 8], [n.rng.uniform(-1, 1) for _ in range(64)])], "v")
    n.weights.append(whole("sides", [1, 8, 1, 1]))
    b = n.add("Mul", [a, n.add("Sigmoid", [n.add("Reshape", [v, "sides"], "v4")], "v5")], "b")
    s = n.add("ReduceSumSquare", [b], "s", ints("axes", [1, 2, 3]))
    l = n.add("ReduceL1", [b], "l", SPACE)
    w = n.add("ReduceSum", [b, "space"], "w")
    for k, by in enumerate((s, l, w)):
        b = n.add("Add", [b, n.add("Mul", [by, n.weight(f"part{k}", [1], [1e-4])], f"p{k}")], f"b{k}")
    return n.add("Add", [n.conv(b, "g", 8, 3), "x"], "sum")


def cropped(n):
    """The border is cut off behind what is summed up, which holds all of it."""
    a = n.squeeze(odd(n, n.conv("x", "a", 3, 8, gain=6), "t"), "b")
    n.weights += [whole("from", [1, 2]), whole("to", [-3, -2]), whole("axes", [2, 3])]
    return n.add("Slice", [n.conv(a, "g", 8, 3), "from", "to", "axes"], "gs")


def made(build, path, uncut=False, **how):
    n = Net()
    return n.write(path, build(n, **how), uncut)


def ramp(bands=3):
    """Dark on the left, noisy on the right: no two tiles have the same means."""
    noise = picture(WIDTH, HEIGHT, bands, F32).samples()
    return Picture(WIDTH, HEIGHT, bands, F32, array.array(
        "f", ((i // bands % WIDTH / WIDTH) * (0.6 + 0.4 * v) for i, v in enumerate(noise))).tobytes())


def told(command, *args):
    result = seamless(command, *args, "--json")
    equal(result.code, 0, result)
    return json.loads(result.out)


def restored(model, *options):
    restore("-m", model, *options, "in.v", "out.v", "-q")
    return read_v("out.v")


def extent(picture):
    return max(picture.samples()) - min(picture.samples())


@test
def tiles_of_any_size_agree_and_are_the_whole():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    write_v("in.v", ramp())
    for build, passes in ((attention, 5), (in_groups, 4), (in_lists, 3), (cropped, 2)):
        made(build, "net.onnx")
        facts = told("info", "net.onnx")
        check(facts["engine"].startswith("onnxruntime") and facts["bounded"], facts)
        equal((facts["passes"], facts["exact"]), (passes, "bits"), build.__name__)
        whole_run = restored("net.onnx", *WHOLE)
        ways = [(whole_run, ("--edge", "model", "--tile", "24x40"))]
        if build is attention:
            ways += [(whole_run, ("--edge", "model", "--tile", 32, "--threads", 1)),
                     (restored("net.onnx", "--tile", 400), ("--tile", 24))]
        for right, options in ways:
            same(right, restored("net.onnx", *options), build.__name__, options)
        # ONNX Runtime's own run over all of it; and what its tiles are, each with numbers of its own.
        made(build, "uncut.onnx", uncut=True)
        by_itself = restored("uncut.onnx", *WHOLE)
        check(largest_difference(by_itself, whole_run) <= 2e-5 * extent(whole_run), build.__name__)
        if build in (attention, cropped):
            check(largest_difference(by_itself, restored("uncut.onnx", "--edge", "model", "--tile", "24x40"))
                  >= 0.01 * extent(whole_run), build.__name__)


@test
def the_same_numbers_by_rows():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    write_v("in.v", ramp())
    made(attention, "net.onnx")
    made(attention, "plain.onnx", is_odd=False)
    rows, tiles = restored("plain.onnx"), restored("net.onnx", "--tile", 32)
    check(largest_difference(rows, tiles) <= 2e-5 * extent(rows))
    check(told("info", "plain.onnx")["engine"].startswith("native"), "the native engine runs it")


@test
def what_is_told_of_them():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    write_v("in.v", ramp())
    made(attention, "net.onnx")
    said = seamless("info", "net.onnx").out.decode()
    check("bits by tiles, in 5 passes over the picture at " in said, said)
    plan = seamless("plan", "-m", "net.onnx", "--tile", 32, "in.v", "-q").out.decode()
    check("blend none" in plan and "passes    5 over the picture, the first 4 for what" in plan, plan)
    equal(told("plan", "-m", "net.onnx", "--tile", 32, "in.v")["picture_passes"], 5)
    found = told("check", "-m", "net.onnx", "--tile", 32, "in.v")
    equal((found["exact"], found["identical"]), ("bits", True), found)
    # Many passes are not worth it: its tiles are blended, and that is said.
    n = Net()
    a = odd(n, n.conv("x", "a", 3, 8), "t")
    for k in range(12):
        a = n.squeeze(n.conv(a, f"c{k}", 8, 8), f"b{k}.")
    n.write("many.onnx", n.conv(a, "g", 8, 3))
    result = restore("-m", "many.onnx", "--tile", 32, "in.v", "out.v")
    check("many.onnx: 13 passes over the picture would be exact, at 7" in result.err, result)
    equal(told("info", "many.onnx")["passes"], 1)


@test
def pictures_of_other_bands_and_interrupted():
    """Alpha has numbers of its own, as every run has; and so have rows that --resume makes."""
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    made(attention, "net.onnx")
    for bands in (4, 5):
        write_v("in.v", ramp(bands))
        right = restored("net.onnx", "--tile", 400)
        same(right, restored("net.onnx", "--tile", 24), bands)
    restore("-m", "net.onnx", "--tile", 24, "--resume", "in.v", "out.v", "-q")
    same(right, "out.v")


@test
def no_number_is_told_of_by_name():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    write_v("in.v", ramp())
    n = Net()
    a = n.add("Sub", [odd(n, "x", "t"), n.weight("far", [1], [5.0])], "d")
    n.write("log.onnx", n.squeeze(n.add("Log", [a], "a"), "b", 3))
    refused(1, "-m", "log.onnx", "--tile", 32, "in.v", "o.v", says=["bm", "sums up over the picture is no number"])


main()
