"""The self-ensemble is the mean over all eight ways to turn and mirror a picture, in tiles as in rows."""
import array
import json
import random
import struct

from common import *

sys.path.insert(0, os.path.join(ROOT, "tools"))
from onnx_write import block, ints, node, number  # noqa: E402

# Multiples of the networks' alignment, and no square.
WIDTH, HEIGHT = 46, 38
ENGINES = ("native", "ort") if HAS_ORT else ("native",)


def turned(p, transpose, mirror_x, mirror_y):
    """The picture mirrored, then with rows for columns."""
    pixel = p.bands * SIZES[p.format]
    at = [[p.data[(y * p.width + x) * pixel:][:pixel] for x in range(p.width)] for y in range(p.height)]
    at = [row[::-1] for row in at] if mirror_x else at
    at = at[::-1] if mirror_y else at
    at = list(zip(*at)) if transpose else at
    return Picture(len(at[0]), len(at), p.bands, p.format, b"".join(b"".join(row) for row in at), p.type)


def back(p, transpose, mirror_x, mirror_y):
    return turned(turned(p, transpose, False, False), False, mirror_x, mirror_y)


def mean_of_eight(model, engine):
    """What the network makes of each, without Seamless' own ensemble."""
    sums = None
    for way in range(8):
        how = bool(way & 4), bool(way & 1), bool(way & 2)
        write_v("turned.v", turned(read("in.v"), *how))
        restore("-q", "-m", model, "--engine", engine, "turned.v", "one.v")
        made = back(read("one.v"), *how)
        sums = [a + b for a, b in zip(sums, made.samples())] if sums else list(made.samples())
    return Picture(made.width, made.height, made.bands, F32, array.array("f", (s / 8 for s in sums)).tobytes(), made.type)


def is_the_mean(model, engine):
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    restore("-q", "-m", model, "--engine", engine, "--ensemble", "in.v", "out.v")
    mean = mean_of_eight(model, engine)
    off = largest_difference(mean, "out.v")
    check(off < 1e-5, model, engine, off)
    restore("-q", "-m", model, "--engine", engine, "in.v", "plain.v")
    return largest_difference("plain.v", "out.v")


# ---------------------------------------------------------------------------- a network of many kinds


def weight(name, *dims, seed=[0]):
    seed[0] += 1
    numbers = random.Random(seed[0])
    count = 1
    for d in dims:
        count *= d
    values = [numbers.uniform(-0.3, 0.3) for _ in range(count)]
    return (b"".join(number(1, d) for d in dims) + number(2, 1) + block(8, name)
            + block(9, struct.pack(f"<{count}f", *values)))


def constant(name, code, values):
    return (number(1, len(values)) + number(2, 7 if code == "q" else 1) + block(8, name)
            + block(9, struct.pack(f"<{len(values)}{code}", *values)))


def port(name):
    dims = b"".join(block(1, d) for d in (number(1, 1), number(1, 3), block(2, "height"), block(2, "width")))
    return block(1, name) + block(2, block(1, number(1, 1) + block(2, dims)))


def text(name, value):
    return block(5, block(1, name) + block(4, value) + number(20, 3))


def whole(name, value):
    return block(5, block(1, name) + number(3, value) + number(20, 2))


def network(path, nodes, weights):
    graph = (b"".join(block(1, n) for n in nodes) + block(2, "test") + b"".join(block(5, w) for w in weights)
             + block(11, port("x")) + block(12, port("y")))
    write(path, number(1, 8) + block(7, graph) + block(8, block(1, "") + number(2, 13)))
    return path


def made_of_all(path):
    """Strides, windows, blocks, uneven pads: what turning must get right, in one network."""
    return network(path, [
        node("Conv", ["x", "w0", "b0"], "a", ints("pads", [1, 2, 1, 2])),
        node("Relu", ["a"], "a1"),
        node("Conv", ["a1", "w1"], "b", ints("pads", [1, 1, 1, 1]) + ints("strides", [2, 2])),
        node("MaxPool", ["a1"], "m", ints("kernel_shape", [2, 2]) + ints("strides", [2, 2])),
        node("Add", ["b", "m"], "c"),
        node("PRelu", ["c", "slope"], "c1"),
        node("ConvTranspose", ["c1", "w2"], "d", ints("pads", [1, 1, 1, 1]) + ints("strides", [2, 2]) + ints("output_padding", [1, 1])),
        node("SpaceToDepth", ["a1"], "s", whole("blocksize", 2)),
        node("Conv", ["s", "w3"], "s1"),
        node("DepthToSpace", ["s1"], "e", whole("blocksize", 2)),
        node("DepthToSpace", ["s"], "f", whole("blocksize", 2) + text("mode", "CRD")),
        node("Resize", ["c1", "", "scales"], "r", text("mode", "nearest") + text("nearest_mode", "floor") + text("coordinate_transformation_mode", "asymmetric")),
        node("Pad", ["a1", "pads"], "p"),
        node("Conv", ["p", "w4"], "p1"),
        node("Concat", ["d", "e", "f", "r", "p1"], "g", whole("axis", 1)),
        node("Conv", ["g", "w5"], "h", ints("pads", [1, 1, 1, 1])),
        node("Add", ["h", "x"], "y"),
    ], [weight("w0", 4, 3, 3, 5), weight("b0", 4), weight("w1", 4, 4, 3, 3), weight("slope", 4, 1, 1),
        weight("w2", 4, 4, 3, 3), weight("w3", 16, 16, 1, 1), weight("w4", 4, 4, 2, 3), weight("w5", 3, 20, 3, 3),
        constant("scales", "f", [1, 1, 2, 2]), constant("pads", "q", [0, 0, 1, 0, 0, 0, 0, 2])])


# -------------------------------------------------------------------------------------------- tests


@test
def it_is_the_mean_of_the_eight():
    for engine in ENGINES:
        check(is_the_mean(made_of_all("all.onnx"), engine) > 1e-3)
    check(is_the_mean("upscale2x-fast", "native") > 1e-3)


@test
def tiles_and_rows_give_the_same_bits():
    write_v("in.v", picture(91, 77, 3, U8))
    made_of_all("all.onnx")
    for model, engine in [(m, e) for m in ("denoise-fast", "upscale2x-fast", "all.onnx") for e in ENGINES]:
        how = ("-q", "-m", model, "--engine", engine, "--ensemble", "--depth", "float")
        whole = ("--tile", 200) if engine == "ort" else ()
        o = json.loads(restore(*how, "--json", *whole, "in.v", "whole.v").out)
        equal((o["exact"], o["rows"], o["ensemble"]), ("bits", engine == "native", 8), model, engine)
        restore(*how, "--tile", "48x28", "--threads", 1, "in.v", "tiles.v")
        same("whole.v", "tiles.v", model, engine)


@test
def a_network_that_cannot_be_turned_is_refused():
    write_v("in.v", picture(20, 20, 3, U8))
    # Every other row, whatever their number.
    network("rows.onnx", [node("Slice", ["x", "from", "to", "axes"], "s"), node("Concat", ["s", "s"], "y", whole("axis", 2))],
            [constant("from", "q", [0]), constant("to", "q", [10]), constant("axes", "q", [2])])
    refused(1, "-m", "rows.onnx", "--ensemble", "in.v", "out.v", says=["rows.onnx", "Slice", "--ensemble"])


@test
def it_is_told_and_costs_what_it_costs():
    write_v("in.v", picture(64, 48, 3, U8))
    plain, eight = (json.loads(seamless("plan", "-m", "denoise-fast", *how, "--json", "in.v").out)
                    for how in ((), ("--ensemble",)))
    check(eight["scratch_bytes"] > 2 * plain["scratch_bytes"], plain, eight)
    equal((eight["ensemble"], plain["ensemble"]), (8, 1))
    text = seamless("plan", "-m", "denoise-fast", "--ensemble", "in.v").out.decode()
    check("ensemble" in text, text)
    restore("-q", "-m", "denoise-fast", "--ensemble", "in.v", "out.tif")
    check(b"ensemble of 8" in open("out.tif", "rb").read(), "the history does not tell")
    restore("-q", "-m", "null", "--ensemble", "in.v", "null.v")
    same("in.v", "null.v")


main()
