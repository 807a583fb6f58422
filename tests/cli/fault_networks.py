"""Networks as people export them: uneven crops, several inputs and outputs, sizes baked in, other types.
Each is made here of a few bytes; those of ../shared/faults/networks are tried where they are."""
import struct

from common import *
from graphs import *

WIDTH, HEIGHT = 101, 77
EYE = [float(i == j) for i in range(3) for j in range(3)]
ENGINES = ("native", "ort") if HAS_ORT else ("native",)


def cut(path, left, right, top, bottom):
    """The picture without some pixels of each side."""
    return network(path, [node("Slice", ["x", "from", "to", "axes"], "y")], [port("x", 3)], [port("y", 3)],
                   [whole("from", [top, left]), whole("to", [-bottom if bottom else 1 << 40, -right if right else 1 << 40]),
                    whole("axes", [2, 3])])


def identity(model, *options):
    """The picture comes back as it went in, from each engine, in tiles too."""
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    for engine in ENGINES:
        for tile in ((), ("--tile", "32"), ("--edge", "replicate", "--tile", "40x24")):
            restore("-m", model, "--engine", engine, *options, *tile, "in.v", "out.v")
            same("in.v", "out.v", model, engine, tile)


def passes(model):
    """The picture comes back: from the native engine by rows, from ONNX Runtime in tiles."""
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    for engine in ENGINES:
        restore("-m", model, "--engine", engine, "in.v", "out.v", "-q", *(("--tile", "48") if engine == "ort" else ()))
        same("in.v", "out.v", model, engine)


@test
def more_cut_off_one_side_than_the_other():
    for sides in ((0, 2, 0, 2), (2, 0, 2, 0), (3, 1, 0, 4), (0, 8, 8, 0), (2, 2, 2, 2)):
        identity(cut("cut.onnx", *sides))


@test
def an_odd_number_of_pixels_cut_off_is_refused():
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    cut("odd.onnx", 1, 0, 1, 0)
    refused(1, "-m", "odd.onnx", "in.v", "out.v", says=["odd.onnx"])


@test
def of_outputs_of_one_size_the_one_with_the_channels():
    mean = node("ReduceMean", ["x"], "mask", ints("axes", [1]))
    same_again = node("Identity", ["x"], "y")
    network("two.onnx", [mean, same_again], [port("x", 3)], [port("mask", 1), port("y", 3)])
    identity("two.onnx")
    restore("-m", "two.onnx", "--output", "mask", "in.v", "mask.v")
    equal(read("mask.v").bands, 1)


@test
def a_mask_before_the_picture():
    network("mask.onnx", [node("Mul", ["x", "mask"], "y")], [port("mask", 1), port("x", 3)], [port("y", 3)])
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    for options in (("--input", "mask=1"), ("--input", "mask=1", "--picture-input", "x")):
        restore("-m", "mask.onnx", *options, "in.v", "out.v")
        same("in.v", "out.v", options)
    refused(2, "-m", "mask.onnx", "in.v", "o.v", says=["--input mask=VALUE"])
    refused(2, "-m", "mask.onnx", "--picture-input", "picture", "in.v", "o.v", says=["'picture'"])


@test
def one_size_baked_in():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    for size in (48, 64):
        network("baked.onnx", [node("Reshape", ["x", "shape"], "y")], [port("x", 3)], [port("y", 3)],
                [whole("shape", [1, 3, size, size])])
        r = restore("-m", "baked.onnx", "--engine", "ort", "in.v", "out.v")
        check(f"{size} x {size} pixels alone" in r.err, r)
        same("in.v", "out.v", size)
        r = seamless("info", "baked.onnx")
        check(f"exported for {size} x {size} pixels".encode() in r.out and b"(native" in r.out, r)
        restore("-m", "baked.onnx", "in.v", "out.v")
        same("in.v", "out.v", size)
    network("odd.onnx", [node("Reshape", ["x", "shape"], "y")], [port("x", 3)], [port("y", 3)],
            [whole("shape", [1, 3, 72, 128])])
    refused(1, "-m", "odd.onnx", "in.v", "o.v", says=["export it with dynamic sizes"])


@test
def whole_numbers_between_layers():
    """All sums are exact in floats, and many fall between two whole numbers: not one may go the other way."""
    small = lambda name, type, values, dims=None: (b"".join(number(1, d) for d in (dims or [])) + number(2, type) + block(8, name)
                                                   + block(9, struct.pack(f"<{len(values)}b", *values)))
    eighths = lambda name, dims, n: tensor(name, dims, [(i * 5 % 17 - 8) / 8 for i in range(n)])
    axis = block(5, block(1, "axis") + number(3, 1) + number(20, 2))
    nodes = [node("QuantizeLinear", ["x", "s0", "z0"], "a"), node("DequantizeLinear", ["a", "s0", "z0"], "b"),
             node("Conv", ["b", "w0"], "c"), node("QuantizeLinear", ["c", "s1", "z1"], "d", axis),
             node("DequantizeLinear", ["d", "s1", "z1"], "e", axis), node("Conv", ["e", "w1"], "f"),
             node("QuantizeLinear", ["f", "s2"], "g"), node("DequantizeLinear", ["g", "s2"], "y")]
    network("q.onnx", nodes, [port("x", 3)], [port("y", 3)], [
        tensor("s0", [], [1 / 64]), small("z0", 2, [3]), eighths("w0", [4, 3, 1, 1], 12), tensor("s1", [4], [1 / 4, 1 / 8, 1 / 32, 1 / 2]),
        small("z1", 3, [-5, 0, 100, 7], [4]), eighths("w1", [3, 4, 1, 1], 12), tensor("s2", [], [1 / 8])])
    told = seamless("info", "q.onnx").out
    check(b"(native" in told and b"bits:" in told, told)
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    restore("-m", "q.onnx", "in.v", "rows.v")
    restore("-m", "q.onnx", "--engine", "native", "--tile", "32", "in.v", "out.v")
    same("rows.v", "out.v")
    # ONNX Runtime gives some samples that are a step off, so that this is written out.
    quantize = lambda v, scale, zero, low, high: (min(max(round(v / scale) + zero, low), high) - zero) * scale
    weight = lambda to, of: [[((t * of + o) * 5 % 17 - 8) / 8 for o in range(of)] for t in range(to)]
    first, second, got, x = weight(4, 3), weight(3, 4), read("rows.v").samples(), read("in.v").samples()
    for at in range(0, len(x), 3):
        v = [quantize(s, 1 / 64, 3, 0, 255) for s in x[at:at + 3]]
        v = [quantize(sum(p * q for p, q in zip(row, v)), *each, -128, 127)
             for row, each in zip(first, ((1 / 4, -5), (1 / 8, 0), (1 / 32, 100), (1 / 2, 7)))]
        v = [quantize(sum(p * q for p, q in zip(row, v)), 1 / 8, 0, 0, 255) for row in second]
        equal(list(got[at:at + 3]), v, at)


@test
def types_are_named():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    to = block(5, block(1, "to") + number(3, 2) + number(20, 2))
    network("u8.onnx", [node("Cast", ["x"], "y", to)], [port("x", 3)], [port("y", 3, 2)])
    refused(1, "-m", "u8.onnx", "in.v", "o.v", says=["uint8"])
    to = block(5, block(1, "to") + number(3, 1) + number(20, 2))
    network("whole.onnx", [node("Cast", ["x"], "y", to)], [port("x", 3, 7)], [port("y", 3)])
    refused(1, "-m", "whole.onnx", "in.v", "o.v", says=["int64"])


def doubles(name, dims, values):
    return (b"".join(number(1, d) for d in dims) + number(2, 11) + block(8, name)
            + block(9, struct.pack(f"<{len(values)}d", *values)))


@test
def numbers_of_64_bits_are_those_of_32():
    w = doubles("w", [3, 3, 1, 1], EYE)
    cast = lambda to: block(5, block(1, "to") + number(3, to) + number(20, 2))
    network("ends.onnx", [node("Conv", ["x", "w"], "y")], [port("x", 3, 11)], [port("y", 3, 11)], [w])
    network("first.onnx", [node("Conv", ["x", "w"], "c"), node("Cast", ["c"], "y", cast(1))], [port("x", 3, 11)],
            [port("y", 3)], [w])
    network("inside.onnx", [node("Cast", ["x"], "d", cast(11)), node("Conv", ["d", "w"], "c"), node("Cast", ["c"], "y", cast(1))],
            [port("x", 3)], [port("y", 3)], [w])
    for model in ("ends.onnx", "first.onnx", "inside.onnx"):
        passes(model)


def three(name, *dims, type=1):
    return block(1, name) + block(2, block(1, number(1, type) + block(2, b"".join(
        block(1, number(1, d) if isinstance(d, int) else block(2, d)) for d in dims))))


@test
def a_batch_that_is_put_on_and_taken_off_anywhere():
    cast = lambda to: block(5, block(1, "to") + number(3, to) + number(20, 2))
    axes = whole("axes", [0])
    last = [three(name, "h", "w", 3) for name in ("x", "y")]
    network("late.onnx", [node("Transpose", ["x"], "t", turned(2, 0, 1)), node("Unsqueeze", ["t", "axes"], "u"),
                          node("Relu", ["u"], "r"), node("Squeeze", ["r", "axes"], "s"),
                          node("Transpose", ["s"], "y", turned(1, 2, 0))], last[:1], last[1:], [axes])
    network("early.onnx", [node("Unsqueeze", ["x", "axes"], "u"), node("Transpose", ["u"], "t", turned(0, 3, 1, 2)),
                           node("Relu", ["t"], "r"), node("Transpose", ["r"], "s", turned(0, 2, 3, 1)),
                           node("Squeeze", ["s", "axes"], "y")], last[:1], last[1:], [axes])
    first = [three(name, 3, "h", "w") for name in ("x", "y")]
    network("never.onnx", [node("Relu", ["x"], "y")], first[:1], first[1:])
    bytes_ = [three(name, "h", "w", 3, type=2) for name in ("x", "y")]
    network("bytes.onnx", [node("Cast", ["x"], "f", cast(1)), node("Transpose", ["f"], "t", turned(2, 0, 1)),
                           node("Unsqueeze", ["t", "axes"], "u"), node("Relu", ["u"], "r"), node("Squeeze", ["r", "axes"], "s"),
                           node("Transpose", ["s"], "b", turned(1, 2, 0)), node("Round", ["b"], "o"),
                           node("Cast", ["o"], "y", cast(2))], bytes_[:1], bytes_[1:], [axes])
    for model in ("late.onnx", "early.onnx", "never.onnx", "bytes.onnx"):
        passes(model)


@test
def what_is_rounded_is_rounded_by_every_engine():
    """Halves to even: of bytes, half of each and a quarter of each are exact."""
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    cast = lambda to: block(5, block(1, "to") + number(3, to) + number(20, 2))
    import math
    for op, function in (("Round", round), ("Floor", math.floor), ("Ceil", math.ceil)):
        network("net.onnx", [node("Cast", ["x"], "f", cast(1)), node("Mul", ["f", "part"], "p"), node(op, ["p"], "o"),
                             node("Cast", ["o"], "y", cast(2))], [port("x", 3, 2)], [port("y", 3, 2)],
                [number(2, 1) + block(8, "part") + block(9, struct.pack("<f", 0.25))])
        expected = [function(v / 4) for v in read_v("in.v").samples()]
        for engine in ENGINES:
            restore("-m", "net.onnx", "--engine", engine, "in.v", "out.v", "-q")
            equal(list(read_v("out.v").samples()), expected, op, engine)


def floats(name, dims, values):
    return (b"".join(number(1, d) for d in dims) + number(2, 1) + block(8, name)
            + block(9, struct.pack(f"<{len(values)}f", *values)))


@test
def channels_last_are_cut_joined_and_chosen_axes_padded():
    """What torch.onnx writes of a linear layer cut in two, and of a padding that names its axes: moves alone."""
    ends = [port("x", 3)], [port("y", 3)]
    turn = [float(i == (j + 2) % 3) for i in range(3) for j in range(3)] # green, blue, red in their order
    axis = lambda n: block(5, block(1, "axis") + number(3, n) + number(20, 2))
    network("split.onnx", [
        node("Transpose", ["x"], "t", turned(0, 2, 3, 1)),
        node("Split", ["t", "parts"], "a", axis(3)).replace(block(2, "a"), block(2, "a") + block(2, "b"), 1),
        node("Concat", ["b", "a"], "c", axis(3)), node("MatMul", ["c", "turn"], "m"),
        node("Slice", ["m", "zero", "one", "three"], "r"), node("Slice", ["m", "one", "far", "three"], "gb"),
        node("Concat", ["r", "gb"], "j", axis(3)), node("Transpose", ["j"], "y", turned(0, 3, 1, 2))], *ends,
        [whole("parts", [1, 2]), whole("zero", [0]), whole("one", [1]), whole("far", [1 << 40]), whole("three", [3]),
         floats("turn", [3, 3], turn)])
    network("pad.onnx", [node("Pad", ["x", "sides", "", "axes"], "p", block(5, block(1, "mode") + block(4, "reflect") + number(20, 3))),
                         node("Slice", ["p", "from", "to", "both"], "y")], *ends,
            [whole("sides", [1, 2, 3, 0]), whole("axes", [-1, 2]), whole("from", [2, 1]), whole("to", [1 << 40, -3]),
             whole("both", [2, 3])])
    with open("pad.onnx", "rb") as f:
        data = f.read()
    write("pad.onnx", data[:-1] + bytes([18])) # the operator set that has them
    for model in ("split.onnx", "pad.onnx"):
        passes(model)


@test
def several_pictures_that_are_announced_and_not_taken():
    """The file says that a batch is free, and its Reshape makes one picture of whatever comes."""
    ends = [three(name, "n", 3, "h", "w") for name in ("x", "y")]
    network("one.onnx", [node("Shape", ["x"], "all"), node("Slice", ["all", "two", "four"], "size"),
                         node("Concat", ["one", "size"], "shape", block(5, block(1, "axis") + number(3, 0) + number(20, 2))),
                         node("Reshape", ["x", "shape"], "y")], ends[:1], ends[1:],
            [whole("two", [2]), whole("four", [4]), whole("one", [1, 3])])
    passes("one.onnx")


@test
def a_padding_of_more_rows_than_the_picture_has():
    """Its rows are counted before the first; what is far beyond the picture was counted without end."""
    network("all.onnx", [node("Slice", ["x", "from", "to", "axes"], "s"), node("Pad", ["s", "sides"], "y")], [port("x", 3)],
            [port("y", 3)], [whole("sides", [0, 0, 4, 4, 0, 0, 12000, 0]), whole("from", [4, 4]), whole("axes", [2, 3]),
                             whole("to", [(1 << 63) - 1] * 2)])
    check("32 x 12016, which does not follow the size" in seamless("info", "all.onnx", timeout=60).err)


@test
def functions_of_a_sample_that_have_no_step_of_their_own():
    import math
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    pixels = read_v("in.v").samples()
    contrib = lambda op: node(op, ["x"], "y", block(7, "com.microsoft"))
    swish = lambda a: lambda v: v / (1 + math.exp(-a * v))
    for name, nodes, function in (
            ("swish", [node("Swish", ["x"], "y")], swish(1)), ("quick", [contrib("QuickGelu")], swish(1.702)),
            ("gelu", [contrib("Gelu")], lambda v: v * (1 + math.erf(v / math.sqrt(2))) / 2)):
        network(name + ".onnx", nodes, [port("x", 3)], [port("y", 3)])
        for engine in ENGINES:
            restore("-m", name + ".onnx", "--engine", engine, "in.v", "out.v", "-q")
            check(max(abs(function(v) - y) for v, y in zip(pixels, read_v("out.v").samples())) < 1e-6, name, engine)
    network("rms.onnx", [node("Transpose", ["x"], "t", turned(0, 2, 3, 1)), node("RMSNormalization", ["t", "s"], "n"),
                         node("Transpose", ["n"], "y", turned(0, 3, 1, 2))], [port("x", 3)], [port("y", 3)],
            [floats("s", [3], [0.5, 0.25, 1])])
    for engine in ENGINES:
        restore("-m", "rms.onnx", "--engine", engine, "in.v", "out.v", "-q")
        got = read_v("out.v").samples()
        for i in range(0, len(pixels), 3):
            root = math.sqrt(sum(v * v for v in pixels[i:i + 3]) / 3 + 1e-5)
            for c, s in enumerate((0.5, 0.25, 1)):
                check(abs(got[i + c] - pixels[i + c] / root * s) < 1e-5, engine, i)


def turned(*perm):
    return ints("perm", perm)


@test
def bytes_and_channels_in_any_order_of_turns():
    """What becomes float behind a turn, what is made bytes before one, and a batch of which the one picture is taken."""
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    cast = lambda to: block(5, block(1, "to") + number(3, to) + number(20, 2))
    ends = [block(1, name) + block(2, block(1, number(1, 2) + block(2, b"".join(
        block(1, d) for d in (number(1, 1), block(2, "h"), block(2, "w"), number(1, 3)))))) for name in ("x", "y")]
    network("turn.onnx", [node("Transpose", ["x"], "t", turned(0, 3, 1, 2)), node("Cast", ["t"], "f", cast(1)),
                          node("Cast", ["f"], "b", cast(2)), node("Transpose", ["b"], "y", turned(0, 2, 3, 1))],
            ends[:1], ends[1:])
    three = lambda name: block(1, name) + block(2, block(1, number(1, 1) + block(2, b"".join(
        block(1, d) for d in (number(1, 3), block(2, "h"), block(2, "w"))))))
    first = number(2, 7) + block(8, "first") + block(9, bytes(8))
    network("chw.onnx", [node("Unsqueeze", ["x", "axes"], "a"), node("Relu", ["a"], "r"), node("Gather", ["r", "first"], "y")], [three("x")],
            [three("y")], [whole("axes", [0]), first])
    for model in ("turn.onnx", "chw.onnx"):
        restore("-m", model, "in.v", "out.v", "-q")
        same("in.v", "out.v", model)


@test
def a_fixed_size_that_is_no_multiple_of_what_it_halves():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    size = block(5, block(1, "kernel_shape") + number(8, 3) + number(8, 3) + number(20, 7)) + ints("strides", [3, 3])
    dims = b"".join(block(1, number(1, d)) for d in (1, 3, 32, 32))
    ends = [block(1, name) + block(2, block(1, number(1, 1) + block(2, dims))) for name in ("x", "y")]
    network("fixed.onnx", [node("MaxPool", ["x"], "p", size), node("Resize", ["p", "", "", "size"], "r"),
                           node("Sub", ["x", "r"], "s"), node("Add", ["s", "r"], "y")], ends[:1], ends[1:],
            [whole("size", [1, 3, 32, 32])])
    restore("-m", "fixed.onnx", "in.v", "out.v", "-q")
    check(largest_difference("in.v", "out.v") <= 1)


@test
def an_operator_that_nobody_knows_is_named():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    network("own.onnx", [node("Blur", ["x"], "y") + block(7, "org.example")], [port("x", 3)], [port("y", 3)])
    with open("own.onnx", "ab") as f:  # the opset of that domain
        f.write(block(8, block(1, "org.example") + number(2, 1)))
    for engine in ("auto", "ort"):
        r = refused(1, "-m", "own.onnx", "--engine", engine, "in.v", "out.v", says=["own.onnx", "org.example:Blur", "operator"])
        check("Fatal" not in r.err and "(-1)" not in r.err, r)


@test
def a_fixed_size_is_told_what_check_needs():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    dims = b"".join(block(1, number(1, d)) for d in (1, 3, 32, 32))
    ends = [block(1, name) + block(2, block(1, number(1, 1) + block(2, dims))) for name in ("x", "y")]
    network("fixed.onnx", [node("Relu", ["x"], "r"), node("MaxPool", ["r"], "y", ints("kernel_shape", [9, 9]) +
                                                          ints("pads", [4, 4, 4, 4]))], ends[:1], ends[1:])
    for crop in ("48", "64"):
        r = seamless("check", "-m", "fixed.onnx", "--engine", "ort", "--crop", crop, "in.v")
        check(r.code == 2 and "32 x 32" in r.err and "no other size" in r.err and "--halo N" in r.err, r)
    equal(seamless("check", "-m", "fixed.onnx", "--engine", "ort", "--crop", "16", "in.v").code, 0)


@test
def those_that_reviewers_brought():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    folder = shared("faults", "networks")
    for name in ("sh_br2", "sh_tl2"):
        source = os.path.join(folder, "uneven-crop", "in3.png")
        restore("-m", os.path.join(folder, "uneven-crop", name + ".onnx"), source, "out.png")
        same(source, "out.png", name)
    case = os.path.join(folder, "outputs-and-inputs")
    restore("-m", os.path.join(case, "out_mask_first.onnx"), os.path.join(case, "in3.png"), "out.png")
    equal(read("out.png").bands, 3)
    case = os.path.join(folder, "baked-shape")
    source = os.path.join(case, "in3.png")
    r = restore("-m", os.path.join(case, "baked64.onnx"), "--engine", "ort", source, "out.png")
    check("64 x 64 pixels alone" in r.err, r)
    equal(read("out.png").shape(), read(source).shape())
    r = restore("-m", os.path.join(case, "baked64.onnx"), source, "out.png")
    check("alone" not in r.err, r)
    equal(read("out.png").shape(), read(source).shape())
    for name, says in (("f32_u8out", "uint8"), ("ct_2nm1", "does not follow the size")):
        refused(1, "-m", os.path.join(case, name + ".onnx"), os.path.join(case, "in3.png"), "o.png", says=[says])


def whole_number(name, value):
    return block(5, block(1, name) + number(3, value) + number(20, 2))


def words(name, value):
    return block(5, block(1, name) + block(4, value) + number(20, 3))


@test
def what_its_own_engine_refuses_is_refused_by_each():
    """By some engines until now it was passed over; a block of 2^33 pixels ended ONNX Runtime, and the command with it."""
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    weights = tensor("w", [3, 3, 3, 3], [0.1] * 81), tensor("w4", [12, 3, 1, 1], [0.1] * 36), tensor("w6", [3, 6, 1, 1], [0.1] * 18)
    pads = ints("pads", [1, 1, 1, 1])
    for what, says, *nodes in (
            ("inputs", "more inputs", node("Relu", ["x", "x"], "y")),
            ("conv inputs", "more inputs", node("Conv", ["x", "w", "", "w"], "y", pads)),
            ("twice", "there before it", node("Relu", ["x"], "y"), node("Tanh", ["x"], "y")),
            ("over", "there before it", node("Relu", ["x"], "x"), node("Relu", ["x"], "y")),
            ("axis", "along which axis", node("Concat", ["x", "x"], "a"), node("Conv", ["a", "w6"], "y")),
            ("blocks", "impossible size", node("Conv", ["x", "w4"], "a"),
             node("DepthToSpace", ["a"], "y", whole_number("blocksize", 1 << 33))),
            ("kernel", "", node("Conv", ["x", "w"], "y", ints("kernel_shape", [5, 5]) + pads)),
            ("padding", "", node("Conv", ["x", "w"], "y", words("auto_pad", "SAME_UPPER") + pads))):
        network("net.onnx", nodes, [port("x", 3)], [port("y", 3)], weights)
        for engine in ("native", "ort", "auto") if HAS_ORT else ("native", "auto"):
            refused(1, "-m", "net.onnx", "--engine", engine, "in.v", "out.v", says=["net.onnx", says])
    network("net.onnx", [node("Conv", ["x", "w"], "y", ints("kernel_shape", [3, 3]) + pads)], [port("x", 3)], [port("y", 3)], weights)
    restore("-m", "net.onnx", "in.v", "out.v")


def halves(name, dims, values):
    return (b"".join(number(1, d) for d in dims) + number(2, 10) + block(8, name)
            + block(9, struct.pack(f"<{len(values)}e", *values)))


def parts(ins, *outs, **attributes):
    extra = b"".join(whole_number(k, v) for k, v in attributes.items())
    return node("Split", ins, outs[0], extra).replace(block(2, outs[0]), b"".join(block(2, o) for o in outs), 1)


@test
def a_size_of_the_output_that_its_nodes_do_not_make_is_passed_over():
    """By all engines, and told; ONNX Runtime warns of it where nobody gives it room for the result."""
    write_v("in.v", picture(40, 30, 3, U8))
    where = lambda name, *sides: block(1, name) + block(2, block(1, number(1, 1) + block(2, b"".join(
        block(1, number(1, d) if isinstance(d, int) else block(2, d)) for d in (1, 3, *sides)))))
    free, eye = where("x", "h", "w"), tensor("w", [3, 3, 1, 1], EYE)
    for source, sides, said in ((free, ("h", "w"), False), (free, (7, "w"), True), (free, ("h", 7), True), (free, (30, 40), True),
                                (where("x", 16, 24), (16, 24), False), (where("x", 16, 24), (16, 25), "ort")):
        network("net.onnx", [node("Conv", ["x", "w"], "y")], [source], [where("y", *sides)], [eye])
        for engine in ("native", "ort", "auto") if HAS_ORT else ("native", "auto"):
            r = restore("-m", "net.onnx", "--engine", engine, "--tile", "16", "in.v", "out.v")
            # What was exported at one size, and runs at any, has none of it any more.
            equal("'y' a size that its nodes do not make" in r.err, said in (True, engine), sides, engine, r)
            same("out.v", "in.v")


@test
def what_its_own_engine_refuses_of_sizes_and_types_is_refused_by_each():
    """The native engine took each of these. What it takes and ONNX Runtime too, beside them, stays taken."""
    write_v("in.v", picture(24, 16, 3, U8))
    eye, axis = tensor("w", [3, 3, 1, 1], EYE), {"axis": 1}
    doubled = ints("strides", [2, 2])
    w2, w3 = tensor("w", [3, 3, 2, 2], [0.1] * 36), tensor("w", [3, 3, 3, 3], [0.1] * 81)
    join = node("Concat", ["a", "b"], "y", whole_number("axis", 1))
    cast = lambda to, ins, out: node("Cast", [ins], out, whole_number("to", to))
    sizes = tensor("s", [4], [1, 1, 1, 1]), whole("z", [1, 3, 16, 24])
    for what, says, nodes, weights, *opset in (
            ("bias", "its bias", [node("Conv", ["x", "w", "b"], "y")], [eye, tensor("b", [1], [0.1])]),
            ("bias of a plane", "its bias", [node("Conv", ["x", "w", "b"], "y")], [eye, tensor("b", [3, 1], [0.1] * 3)]),
            ("", None, [node("Conv", ["x", "w", "b"], "y")], [eye, tensor("b", [3], [0.1] * 3)]),
            ("bias enlarged", "its bias", [node("ConvTranspose", ["x", "w", "b"], "y", doubled)], [w2, tensor("b", [1], [0.1])]),
            ("more than nothing", "impossible size", [node("ConvTranspose", ["x", "w"], "y", doubled + ints("output_padding", [(1 << 64) - 1] * 2))], [w2]),
            ("", None, [node("ConvTranspose", ["x", "w"], "y", doubled + ints("pads", [1] * 4) + ints("output_padding", [1, 1]))], [w3]),
            ("kernel", "of another size", [node("Conv", ["x", "w"], "y", ints("kernel_shape", [1]))], [eye]),
            ("valid", "given twice", [node("Conv", ["x", "w"], "y", words("auto_pad", "VALID") + ints("pads", [0, 0, 0, 0]))], [eye]),
            ("two of three", "not all of its input", [parts(["x", "n"], "a", "b", **axis), join], [whole("n", [1, 1])]),
            ("", None, [parts(["x", "n"], "a", "b", **axis), join], [whole("n", [1, 2])]),
            ("halves of three", "equal parts", [parts(["x"], "a", "b", **axis), join], []),
            ("", None, [parts(["x"], "a", "b", num_outputs=2, **axis), join], [], 18),
            ("size twice", "ratio and a size", [node("Resize", ["x", "", "s", "z"], "y")], sizes),
            ("", None, [node("Resize", ["x", "", "s"], "y")], sizes[:1]),
            ("five", "axes of a picture", [node("Add", ["x", "c"], "y")], [tensor("c", [1, 1, 3, 1, 1], [0.1, 0.2, 0.3])]),
            ("whole beside real", "of int64, and", [node("Add", ["x", "c"], "y")], [whole("c", [1])]),
            ("double beside real", "of double, and", [node("Mul", ["x", "c"], "y")], [doubles("c", [1], [1.0])]),
            ("half beside real", "x, which is of float, beside c, which is of float16", [node("Clip", ["x", "c"], "y")], [halves("c", [], [0.0])]),
            ("double weights", "beside w, which is of double", [node("Conv", ["x", "w"], "y")], [doubles("w", [3, 3, 1, 1], EYE)]),
            ("behind others", "of float16, and", [node("Relu", ["x"], "a"), cast(10, "a", "h"), node("Mul", ["a", "h"], "y")], []),
            ("", None, [node("Relu", ["x"], "a"), cast(10, "a", "h"), cast(1, "h", "b"), node("Mul", ["a", "b"], "y")], []),
            ("real sizes", "Reshape) takes s", [node("Reshape", ["x", "s"], "y")], [tensor("s", [4], [0, 3, -1, 24])]),
            ("", None, [node("Pow", ["x", "c"], "y")], [whole("c", [1])])):
        path = network("net.onnx", nodes, [port("x", 3)], [port("y", 3)], weights)
        if opset:
            with open(path, "rb") as f:
                data = f.read()
            write(path, data[:-1] + bytes(opset))
        how = ("-m", path, "in.v", "out.v", "--engine")
        if says is None:
            restore(*how, "native", "-q")
            continue
        refused(1, *how, "native", says=[path, says])
        if what in ("bias", "half beside real"):
            refused(1, *how, "auto", says=[path]) # which asks ONNX Runtime then
    with open(network("net.onnx", [node("Relu", ["x"], "y")], [port("x", 3)], [port("y", 3)]), "rb") as f:
        data = f.read()
    for version, code in ((13, 0), (14, 1)):
        write("net.onnx", number(1, version) + data[2:])
        equal(seamless("restore", "-m", "net.onnx", "--engine", "native", "in.v", "out.v").code, code, version)


main()
