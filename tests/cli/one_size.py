"""Networks that were exported at one size: what that fixed in them follows the picture's size, or is named."""
import json
import math
import random
import struct

from common import *
from graphs import *

WIDTH, HEIGHT = 101, 77


def fixed(path, width, height, nodes, weights=(), scale=1):
    """A network of one size."""
    end = lambda name, s: block(1, name) + block(2, block(1, number(1, 1) + block(2, b"".join(
        block(1, number(1, d)) for d in (1, 3, s * height, s * width)))))
    return network(path, nodes, [end("x", 1)], [end("y", scale)], weights)


def of_one_size(path, w, h):
    """All that an export of one size writes down: shapes of blocks and of tokens, sizes to come back to, where a
    padding is cut off, how far a mean is spread. As many channels as half the height, so that numbers meet."""
    rng = random.Random(5)
    floats = lambda name, *dims: tensor(name, dims, [rng.uniform(-0.2, 0.2) for _ in range(math.prod(dims))])
    perm = lambda *order: ints("perm", order)
    pads, kernel = ints("pads", (1, 1, 1, 1)), lambda n: ints("kernel_shape", (n, n)) + ints("strides", (n, n))
    text = lambda key, value: block(5, block(1, key) + block(4, value) + number(20, 3))
    nodes = [
        node("Reshape", ["x", "s0"], "a0"), node("Transpose", ["a0"], "a1", perm(0, 1, 3, 5, 2, 4)),
        node("Reshape", ["a1", "s1"], "a2"), node("Conv", ["a2", "w0"], "a3", pads),
        node("Conv", ["a3", "w1"], "a4", pads), node("Reshape", ["a4", "s2"], "a5"),
        node("Transpose", ["a5"], "a6", perm(0, 1, 4, 2, 5, 3)), node("Reshape", ["a6", "s3"], "a"),
        node("MaxPool", ["x"], "b0", kernel(8)),
        node("Resize", ["b0", "", "", "s3"], "b", text("mode", "nearest") + text("nearest_mode", "floor")
             + text("coordinate_transformation_mode", "asymmetric")),
        node("Pad", ["x", "p"], "c0", text("mode", "reflect")), node("Conv", ["c0", "w2"], "c1", pads),
        node("Slice", ["c1", "from", "to", "sides"], "c"),
        node("Reshape", ["x", "s4"], "d0"), node("Transpose", ["d0"], "d1", perm(0, 2, 1)),
        node("MatMul", ["d1", "w3"], "d2"), node("Transpose", ["d2"], "d3", perm(0, 2, 1)),
        node("Reshape", ["d3", "s3"], "d"),
        node("GlobalAveragePool", ["x"], "e0"), node("Expand", ["e0", "s3"], "e"),
        node("Add", ["a", "b"], "ab"), node("Add", ["c", "d"], "cd"), node("Add", ["ab", "cd"], "f"),
        node("Add", ["f", "e"], "y")]
    n = 16
    return fixed(path, w, h, nodes, [
        whole("s0", [1, 3, h // 2, 2, w // 2, 2]), whole("s1", [-1, 12, h // 2, w // 2]), whole("s2", [1, 3, 2, 2, h // 2, w // 2]),
        whole("s3", [1, 3, h, w]), whole("s4", [1, 3, w * h]), whole("p", [0, 0, 0, 0, 0, 0, 2, 2]), whole("from", [0, 0]),
        whole("to", [h, w]), whole("sides", [2, 3]), floats("w0", n, 12, 3, 3), floats("w1", 12, n, 3, 3),
        floats("w2", 3, 3, 3, 3), floats("w3", 3, 3)])


def as_onnx_runtime_at(small, large):
    """small.onnx by rows gives what ONNX Runtime makes of either file at the size that it was exported at."""
    for model, (width, height) in (("small", small), ("large", large)) if HAS_ORT else ():
        write_v("in.v", picture(width, height, 3, F32))
        restore("-m", "small.onnx", "--edge", "model", "in.v", "rows.v")
        restore("-m", model + ".onnx", "--engine", "ort", "--edge", "model", "in.v", "whole.v")
        check(largest_difference("rows.v", "whole.v") <= 2e-5, model, largest_difference("rows.v", "whole.v"))


@test
def one_size_is_the_picture_s():
    of_one_size("small.onnx", 48, 32)
    of_one_size("large.onnx", 96, 64)
    told = json.loads(seamless("info", "--json", "small.onnx").out)
    equal((told["exact"], told["fixed_width"], told["passes"]), ("bits", 0, 2), told)
    check("exported for 48 x 32 pixels" in told["notes"][-1], told["notes"])
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    for model in ("small", "large"):
        restore("-m", model + ".onnx", "in.v", model + ".v")
    same("small.v", "large.v")
    restore("-m", "small.onnx", "--memory", "150M", "--threads", "1", "in.v", "out.v")
    same("small.v", "out.v")
    as_onnx_runtime_at((48, 32), (96, 64))


@test
def one_size_that_is_not_explained_stays():
    table = tensor("table", [1, 3, 32, 48], [i % 7 / 9 for i in range(3 * 32 * 48)])
    area = tensor("area", [1], [1536.0])
    weights = [table, area, whole("s", [1, 3, 32, 48]), whole("half", [16]), whole("all", [32]), whole("zero", [0]), whole("two", [2]),
               whole("cut", [1, 3, 16, 3, 32])]
    stride = ints("kernel_shape", [3, 3]) + ints("strides", [3, 3])
    for nodes, says in (
            ([node("Add", ["x", "table"], "y")], "y (Add) it uses a constant picture"),
            ([node("Slice", ["x", "zero", "half", "two"], "a"), node("Slice", ["x", "half", "all", "two"], "b"),
              node("Max", ["a", "b"], "c"), node("Concat", ["c", "c"], "y", block(5, block(1, "axis") + number(3, 2) + number(20, 2)))],
             "(Slice) where it cuts"),
            ([node("MaxPool", ["x"], "p", stride), node("Resize", ["p", "", "", "s"], "r"), node("Add", ["x", "r"], "y")],
             "r (Resize) its output size"),
            ([node("MaxPool", ["x"], "y", stride)], "no multiple of what it divides by"),
            ([node("ReduceSum", ["x", "axes"], "a"), node("Div", ["a", "area"], "b"), node("Add", ["x", "b"], "y")],
             "b (Div) it divides by the number of pixels")):
        fixed("fixed.onnx", 48, 32, nodes, weights + [whole("axes", [2, 3])])
        told = json.loads(seamless("info", "--json", "fixed.onnx").out)
        equal((told["fixed_width"], told["fixed_height"]), (48, 32), told)
        check("48 x 32 pixels alone" in told["notes"][-1] and says in told["notes"][-1], told["notes"], says)


def mask_by_nodes(w, h, side, by):
    """The same table as exports compute it: regions are written number by number into a plane of zeros, which is cut
    into windows; pixels of unlike numbers are kept apart. Names end in "mask"."""
    n, rows, columns, nodes, weights = side * side, h // side, w // side, [], []
    weights.append(whole("m.plane", [1, h, w, 1]))
    nodes.append(node("ConstantOfShape", ["m.plane"], "m0"))
    last, region = "m0", 0
    bands = lambda size: (range(0, size - side), range(size - side, size - by), range(size - by, size))
    for down in bands(h):
        for across in bands(w):
            places = [v for y in down for x in across for v in (0, y, x, 0)]
            if region:
                weights.append(number_list(f"m.at{region}", [len(down) * len(across), 4], places))
                weights.append(tensor(f"m.put{region}", [1], [float(region)]))
                weights.append(whole(f"m.many{region}", [len(down) * len(across)]))
                nodes.append(node("Expand", [f"m.put{region}", f"m.many{region}"], f"m.all{region}"))
                nodes.append(node("ScatterND", [last, f"m.at{region}", f"m.all{region}"], f"m{region}"))
                last = f"m{region}"
            region += 1
    weights += [whole("m.s0", [1, rows, side, columns, side, 1]), whole("m.s1", [-1, n]), whole("m.one", [1]), whole("m.two", [2]),
                tensor("m.nought", [], [0.0]), tensor("m.apart", [], [-100.0])]
    nodes += [node("Reshape", [last, "m.s0"], "m.a"), node("Transpose", ["m.a"], "m.b", ints("perm", (0, 1, 3, 2, 4, 5))),
              node("Reshape", ["m.b", "m.s1"], "m.c"), node("Unsqueeze", ["m.c", "m.one"], "m.d"),
              node("Unsqueeze", ["m.c", "m.two"], "m.e"), node("Sub", ["m.d", "m.e"], "m.f"),
              node("Equal", ["m.f", "m.nought"], "m.g"), node("Not", ["m.g"], "m.h"), node("Where", ["m.h", "m.apart", "m.f"], "m.i"),
              node("Unsqueeze", ["m.i", "m.one"], "m.j"), node("Unsqueeze", ["m.j", "nought"], "mask")]
    return nodes, weights


def number_list(name, dims, values):
    """Whole numbers of any shape as a weight."""
    return (b"".join(number(1, d) for d in dims) + number(2, 7) + block(8, name)
            + block(9, struct.pack(f"<{len(values)}q", *values)))


def windows(path, w, h, tear=False, by_nodes=False, apart=True):
    """Attention within windows of 4 x 4 on a grid that is shifted by 2, as an export of one size has it: a roll, a
    table of that size that keeps both sides of its seam apart, or none, and the roll back."""
    rng = random.Random(9)
    floats = lambda name, *dims: tensor(name, dims, [rng.uniform(-0.4, 0.4) for _ in range(math.prod(dims))])
    perm = lambda *order: ints("perm", order)
    axis = lambda v: block(5, block(1, "axis") + number(3, v) + number(20, 2))
    c, side, by, heads = 8, 4, 2, 2
    n, rows, columns = side * side, h // side, w // side
    last = lambda at, of, i: at == of - 1 and i >= side - by
    part = lambda r, q, i: (last(r, rows, i // side), last(q, columns, i % side))
    mask = [-100.0 * (part(r, q, i) != part(r, q, k)) for r in range(rows) for q in range(columns) for i in range(n)
            for k in range(n)]
    mask[5] = -100.0 if tear else mask[5]
    nodes = [node("Conv", ["x", "w0"], "a", ints("pads", (1, 1, 1, 1))), node("Transpose", ["a"], "b", perm(0, 2, 3, 1))]
    def roll(x, to, first, behind):
        for k in (1, 2):
            nodes.append(node("Slice", [x, first, "far", f"axis{k}"], f"{to}{k}.1"))
            nodes.append(node("Slice", [x, "nought", behind, f"axis{k}"], f"{to}{k}.2"))
            nodes.append(node("Concat", [f"{to}{k}.1", f"{to}{k}.2"], f"{to}{k}", axis(k)))
            x = f"{to}{k}"
        return x
    reshape = lambda x, to, shape: nodes.append(node("Reshape", [x, shape], to))
    there = roll("b", "c", "by", "by")
    reshape(there, "d0", "s0")
    nodes.append(node("Transpose", ["d0"], "d1", perm(0, 1, 3, 2, 4, 5)))
    reshape("d1", "d2", "s1")
    nodes.append(node("MatMul", ["d2", "w1"], "d3"))
    reshape("d3", "d4", "s2")
    nodes.append(node("Transpose", ["d4"], "d5", perm(2, 0, 3, 1, 4)))
    for i, name in enumerate("qkv"):
        nodes.append(node("Gather", ["d5", f"i{i}"], name, axis(0)))
    nodes.extend([node("Mul", ["q", "scale"], "q1"), node("Transpose", ["k"], "k1", perm(0, 1, 3, 2)),
                  node("MatMul", ["q1", "k1"], "e0"), node("Add", ["e0", "bias"], "e1")])
    if apart:
        reshape("e1", "e2", "s3")
        nodes.append(node("Add", ["e2", "mask"], "e3"))
        reshape("e3", "e4", "s4")
    nodes.extend([node("Softmax", ["e4" if apart else "e1"], "e5", axis(3)), node("MatMul", ["e5", "v"], "f0"),
                  node("Transpose", ["f0"], "f1", perm(0, 2, 1, 3))])
    reshape("f1", "f2", "s1")
    nodes.append(node("MatMul", ["f2", "w2"], "f3"))
    reshape("f3", "f4", "s5")
    nodes.append(node("Transpose", ["f4"], "f5", perm(0, 1, 3, 2, 4, 5)))
    reshape("f5", "f6", "s6")
    back = roll("f6", "g", "minus", "minus")
    nodes.extend([node("Add", [back, "b"], "h"), node("Transpose", ["h"], "j", perm(0, 3, 1, 2)),
                  node("Conv", ["j", "w3"], "y", ints("pads", (1, 1, 1, 1)))])
    made, weights = mask_by_nodes(w, h, side, by) if by_nodes else (
        [], [tensor("mask", [1, rows * columns, 1, n, n], mask)])
    nodes = made + nodes
    scalar = lambda name, v: number(2, 7) + block(8, name) + block(9, struct.pack("<q", v))
    return fixed(path, w, h, nodes, [
        whole("by", [by]), whole("minus", [-by]), whole("nought", [0]), whole("far", [(1 << 63) - 1]), whole("axis1", [1]),
        whole("axis2", [2]), whole("s0", [1, rows, side, columns, side, c]), whole("s1", [rows * columns, n, c]),
        whole("s2", [rows * columns, n, 3, heads, c // heads]), whole("s3", [1, rows * columns, heads, n, n]),
        whole("s4", [-1, heads, n, n]), whole("s5", [1, rows, columns, side, side, -1]), whole("s6", [1, h, w, c]),
        *(scalar(f"i{i}", i) for i in range(3)), tensor("scale", [], [0.5]), *weights,
        floats("bias", 1, heads, n, n), floats("w0", c, 3, 3, 3), floats("w1", c, 3 * c), floats("w2", c, c),
        floats("w3", 3, c, 3, 3)])


@test
def windows_of_one_size_are_the_picture_s():
    windows("small.onnx", 24, 16)
    windows("large.onnx", 48, 32)
    told = json.loads(seamless("info", "--json", "small.onnx").out)
    equal((told["exact"], told["fixed_width"], told["engine"].split()[0]), ("bits", 0, "native"), told)
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    for model in ("small", "large"):
        restore("-m", model + ".onnx", "in.v", model + ".v")
    same("small.v", "large.v")
    as_onnx_runtime_at((24, 16), (48, 32))
    windows("nodes.onnx", 24, 16, by_nodes=True)
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    restore("-m", "nodes.onnx", "in.v", "out.v")
    same("small.v", "out.v")
    # Borders that meet: without a table, in passes.
    windows("small.onnx", 24, 16, apart=False)
    windows("large.onnx", 48, 32, apart=False)
    told = json.loads(seamless("info", "--json", "small.onnx").out)
    equal((told["exact"], told["fixed_width"], told["passes"]), ("bits", 0, 3), told)
    as_onnx_runtime_at((24, 16), (48, 32))
    # A table that is none of that kind is not taken for one.
    windows("torn.onnx", 24, 16, tear=True)
    told = json.loads(seamless("info", "--json", "torn.onnx").out)
    equal(told["fixed_width"], 24, told)
    check("24 x 16 pixels alone" in told["notes"][-1], told["notes"])


if __name__ == "__main__":
    main()
