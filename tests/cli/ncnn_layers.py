"""Single layers of ncnn, each in a network of its own, against what ncnn's documentation says they make of a picture."""
import math
import struct

from common import *

WIDTH, HEIGHT = 24, 16
made = 0
ENGINES = ("native", "ort") if HAS_ORT else ("native",)


def network(layers, weights=b""):
    """`layers` take the blob `data`; the last one makes `out`."""
    lines = ["Input input 0 1 data 2=3", *layers]
    blobs = {word for line in lines for word in line.split()[4:] if "=" not in word}
    write("net.param", f"7767517\n{len(lines)} {len(blobs)}\n{chr(10).join(lines)}\n".encode())
    write("net.bin", weights)


def pixels():
    """Rows of columns of channels, each far enough from where a function jumps or ends."""
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    p = read_v("in.v")
    p.data = array.array("f", (min(max(v, 0.01), 0.99) for v in p.samples())).tobytes()
    write_v("in.v", p)
    s = p.samples()
    return [[[s[(y * WIDTH + x) * 3 + c] for c in range(3)] for x in range(WIDTH)] for y in range(HEIGHT)]


def makes(function, layers, weights=b"", engines=ENGINES, edge="model", within=2e-6):
    """`function` of a pixel's row, column and channel. ONNX Runtime makes each fourth of what native makes, too."""
    global made
    network(layers, weights)
    made += 1
    for engine in engines[:1] if made % 4 else engines:
        restore("-m", "net.param", "--engine", engine, "--edge", edge, "in.v", "out.v", "-q")
        got = read_v("out.v")
        for i, v in enumerate(got.samples()):
            y, x, c = i // 3 // got.width, i // 3 % got.width, i % 3
            wanted = function(y, x, c)
            check(abs(v - wanted) <= within * max(1, abs(wanted)), layers, engine, (y, x, c), v, wanted)


@test
def functions_of_a_sample():
    data = pixels()
    both = {0: abs, 1: lambda v: -v, 2: math.floor, 3: math.ceil, 4: lambda v: v * v, 5: math.sqrt, 6: lambda v: v ** -0.5,
            7: math.exp, 15: lambda v: 1 / v, 16: math.tanh, 18: round}
    ort = {8: math.log, 9: math.sin, 10: math.cos, 11: math.tan, 12: math.asin, 13: math.acos, 14: math.atan,
           17: math.log10, 19: math.trunc}
    for op, function in {**both, **(ort if HAS_ORT else {})}.items():
        makes(lambda y, x, c: function(data[y][x][c]), [f"UnaryOp u 1 1 data out 0={op}"],
              engines=ENGINES if op in both else ("ort",))


@test
def blocks_of_pixels_become_channels_and_come_back():
    """In either order, and turned from one into the other."""
    data = pixels()
    for mode in (0, 1):
        makes(lambda y, x, c: data[y][x][c], [f"Reorg r 1 1 data many 0=2 1={mode}", f"PixelShuffle s 1 1 many out 0=2 1={mode}"])
    def turned(y, x, c): # channel 3 p + q of twelve is laid down as channel 4 c + 2 dy + dx, whose place is p, channel q
        place, channel = divmod(4 * c + 2 * (y % 2) + x % 2, 3)
        return data[y // 2 * 2 + place // 2][x // 2 * 2 + place % 2][channel]
    makes(turned, ["Reorg r 1 1 data many 0=2 1=1", "PixelShuffle s 1 1 many out 0=2 1=0"], engines=ENGINES[1:])


@test
def sums_over_channels_and_over_the_picture():
    data = pixels()
    for op, function in ((0, sum), (3, lambda v: sum(v) / 3), (4, max), (5, min)):
        for axes in ("-23303=1,0", "-23303=1,-3"):
            makes(lambda y, x, c: data[y][x][c] - 2 * function(data[y][x]),
                  ["Split s 1 2 data a b", f"Reduction r 1 1 a m 0={op} 1=0 2=2.0 {axes} 4=1", "BinaryOp o 2 1 b m out 0=1"])
    means = [sum(data[y][x][c] for y in range(HEIGHT) for x in range(WIDTH)) / WIDTH / HEIGHT for c in range(3)]
    for keep in (0, 1):
        makes(lambda y, x, c: data[y][x][c] - means[c],
              ["Split s 1 2 data a b", f"Reduction r 1 1 a m 0=3 1=0 -23303=2,1,2 4={keep}", "BinaryOp o 2 1 b m out 0=1"])


@test
def turns_and_turns_back():
    data = pixels()
    for order, back in ((0, 0), (3, 4)): # the last are inverse to each other
        makes(lambda y, x, c: data[y][x][c], [f"Permute p 1 1 data t 0={order}", f"Permute q 1 1 t out 0={back}"])


@test
def cuts_joins_and_operations_of_two():
    data = pixels()
    makes(lambda y, x, c: data[y][x][(c + 1) % 3],
          ["Slice s 1 2 data a b -23300=2,1,2 1=0", "Concat c 2 1 b a out 0=0"])
    for op, function in enumerate((lambda p, q: p + q, lambda p, q: p - q, lambda p, q: p * q, lambda p, q: p / q, max, min,
                                   lambda p, q: p ** q, lambda p, q: q - p, lambda p, q: q / p)):
        makes(lambda y, x, c: function(data[y][x][c], 0.5), [f"BinaryOp o 1 1 data out 0={op} 1=1 2=0.5"])
    makes(lambda y, x, c: 1.5 * data[y][x][c], ["Split s 1 2 data a b", "Eltwise e 2 1 a b out 0=1 -23301=2,2.0,-0.5"])
    makes(lambda y, x, c: (c + 1) * data[y][x][c] + 0.25, ["Scale s 1 1 data out 0=3 1=1"],
          struct.pack("<6f", 1, 2, 3, 0.25, 0.25, 0.25))
    makes(lambda y, x, c: (data[y][x][c] - 0.5) / math.sqrt(4) * (c + 1) - 1, ["BatchNorm n 1 1 data out 0=3"],
          struct.pack("<12f", 1, 2, 3, .5, .5, .5, 4, 4, 4, -1, -1, -1))


@test
def activations():
    data = pixels()
    sigmoid = lambda v: 1 / (1 + math.exp(-v))
    clip = lambda v: min(max(v, 0), 1)
    for layer, function in (
            ("ReLU r 1 1 s out 0=0.1", lambda v: v if v > 0 else 0.1 * v), ("ReLU r 1 1 s out", lambda v: max(v, 0)),
            ("Sigmoid r 1 1 s out", sigmoid), ("Swish r 1 1 s out", lambda v: v * sigmoid(v)), ("TanH r 1 1 s out", math.tanh),
            ("Mish r 1 1 s out", lambda v: v * math.tanh(math.log1p(math.exp(v)))),
            ("Clip r 1 1 s out 0=-0.25 1=0.125", lambda v: min(max(v, -0.25), 0.125)),
            ("HardSigmoid r 1 1 s out 0=0.3 1=0.4", lambda v: clip(0.3 * v + 0.4)),
            ("HardSwish r 1 1 s out 0=0.3 1=0.4", lambda v: v * clip(0.3 * v + 0.4)),
            ("ELU r 1 1 s out 0=0.7", lambda v: v if v > 0 else 0.7 * math.expm1(v)),
            ("GELU r 1 1 s out", lambda v: v * (1 + math.erf(v / math.sqrt(2))) / 2)):
        makes(lambda y, x, c: function(data[y][x][c] - 0.5), ["BinaryOp o 1 1 data s 0=1 1=1 2=0.5", layer], within=1e-5)


@test
def windows_and_sizes():
    data = pixels()
    at = lambda y, x, c: data[min(max(y, 0), HEIGHT - 1)][min(max(x, 0), WIDTH - 1)][c]
    block = lambda y, x, c: [data[y // 2 * 2 + i][x // 2 * 2 + j][c] for i in (0, 1) for j in (0, 1)]
    up = "Interp i 1 1 p out 0=1 1=2.0 2=2.0"
    makes(lambda y, x, c: max(block(y, x, c)), ["Pooling p 1 1 data p 0=0 1=2 2=2", up])
    makes(lambda y, x, c: sum(block(y, x, c)) / 4, ["Pooling p 1 1 data p 0=1 1=2 2=2 5=1", up])
    makes(lambda y, x, c: at(y - 1, x - 2, c), ["Padding p 1 1 data p 0=1 2=2 4=1", "Crop c 1 1 p out -23309=2,0,0 -23310=2,-1,-2 -23311=2,1,2"])
    def linear(y, x, c):
        py, px = (y + 0.5) / 2 - 0.5, (x + 0.5) / 2 - 0.5
        fy, fx = py - math.floor(py), px - math.floor(px)
        row = lambda i: at(math.floor(py) + i, math.floor(px), c) * (1 - fx) + at(math.floor(py) + i, math.floor(px) + 1, c) * fx
        return row(0) * (1 - fy) + row(1) * fy
    makes(linear, ["Interp i 1 1 data out 0=2 1=2.0 2=2.0"])


main()
