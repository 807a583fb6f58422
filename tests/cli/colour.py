"""Pictures of other profiles than sRGB: the network gets sRGB, the result is of the profile again."""
import json
import math
import zlib

from common import *

D50 = (0.9642, 1.0, 0.8249)
SRGB_D50 = ((0.4360747, 0.3850649, 0.1430804), (0.2225045, 0.7168786, 0.0606169), (0.0139322, 0.0971045, 0.7141733))
ADOBE_D50 = ((0.6097559, 0.2052401, 0.1492240), (0.3111242, 0.6256560, 0.0632197), (0.0194811, 0.0608902, 0.7448387))
PROPHOTO_D50 = ((0.7976749, 0.1351917, 0.0313534), (0.2880402, 0.7118741, 0.0000857), (0.0, 0.0, 0.8252100))
BT2020_D50 = ((0.6734241, 0.1656411, 0.1251286), (0.2790177, 0.6753402, 0.0456377), (-0.0019300, 0.0299784, 0.7973330))
P3_D50 = ((0.5151187, 0.2919778, 0.1571035), (0.2411892, 0.6922441, 0.0665668), (-0.0010505, 0.0418791, 0.7840713))


def decode_srgb(v):
    return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4


def encode_srgb(light):
    a = abs(light)
    v = 12.92 * a if a <= 0.0031308 else 1.055 * a ** (1 / 2.4) - 0.055
    return math.copysign(v, light)


# A curve: as it lies in a profile, and what it says.
def gamma(number):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, number), lambda v: v ** (number / 256), lambda y: y ** (256 / number)


def straight():
    return b"curv" + bytes(8), lambda v: v, lambda y: y


def formula():
    """sRGB's own, as Display P3 has it."""
    numbers = [int(round(v * 65536)) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)]
    return b"para" + bytes(4) + struct.pack(">HH5i", 3, 0, *numbers), decode_srgb, encode_srgb


def points(count, curve):
    values = [round(curve(i / (count - 1)) * 65535) for i in range(count)]

    def forward(v):
        at = v * (count - 1)
        i = min(int(at), count - 2)
        return (values[i] + (at - i) * (values[i + 1] - values[i])) / 65535

    def back(y):
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if forward(middle) < y else (low, middle)
        return high
    return b"curv" + bytes(4) + struct.pack(f">I{count}H", count, *values), forward, back


def profile(path, curve, primaries=None):
    """An ICC profile of version 2: a matrix and a curve, or a curve of grey."""
    fixed = lambda *v: struct.pack(f">{len(v)}i", *(round(x * 65536) for x in v))
    tags = [(b"wtpt", b"XYZ " + bytes(4) + fixed(*D50)), (b"cprt", b"text" + bytes(4) + b"CC0\0"),
            (b"desc", b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78))]
    if primaries:
        tags += [(n, b"XYZ " + bytes(4) + fixed(*(row[i] for row in primaries)))
                 for i, n in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))]
        tags += [(n, curve[0]) for n in (b"rTRC", b"gTRC", b"bTRC")]
    else:
        tags.append((b"kTRC", curve[0]))
    table, data, at = b"", b"", 132 + 12 * len(tags)
    for name, value in tags:
        value += bytes(-len(value) % 4)
        table += name + struct.pack(">II", at + len(data), len(value))
        data += value
    size = at + len(data)
    head = struct.pack(">I4sI4s4s4s12s4sI", size, b"test", 0x02400000, b"mntr", b"RGB " if primaries else b"GRAY",
                       b"XYZ ", bytes([7, 0xe6, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]), b"acsp", 0)
    head += bytes(68 - len(head)) + fixed(*D50)
    write(path, head + bytes(128 - len(head)) + struct.pack(">I", len(tags)) + table + data)


SPACES = {
    "p3": (formula(), P3_D50),
    "adobe": (gamma(563), ADOBE_D50),
    "prophoto": (gamma(461), PROPHOTO_D50),
    "linear": (straight(), BT2020_D50),
    "points": (points(1024, decode_srgb), ADOBE_D50),
    "grey": (gamma(563), None),
    "dots": (points(256, lambda v: 0.3 * v + 0.7 * v ** 3), None),
}


def make(name, path, pixels):
    """A file of `pixels` with the profile of that name."""
    profile(name + ".icc", *SPACES[name])
    write_v("make.v", pixels)
    vips("copy", "make.v", f"{path}[profile={name}.icc]")
    check(field(path, "icc-profile-data"), "libvips embeds no profile", name)


def scene(bands, format, width=48, height=36):
    """Patches of saturated and of soft colours, with noise."""
    numbers = random.Random(3)
    most = {U8: 255, U16: 65535}[format]
    patches = [[numbers.choice((0.02, 0.2, 0.5, 0.8, 0.98)) for _ in range(bands)] for _ in range(48)]
    values = array.array("B" if format == U8 else "H")
    for y in range(height):
        for x in range(width):
            for v in patches[y // 6 * 8 + x // 6]:
                values.append(round(most * min(max(v + numbers.gauss(0, 0.02), 0), 1)))
    types = {(1, U8): B_W, (1, U16): GREY16, (3, U8): SRGB, (3, U16): RGB16}
    return Picture(width, height, bands, format, values.tobytes(), types[bands, format])


@test
def through_nothing_it_is_what_it_was():
    for name, (_, primaries) in SPACES.items():
        for format in (U8, U16):
            bands = 3 if primaries else 1
            make(name, "in.tif", scene(bands, format))
            restore("in.tif", "out.tif", "-q", "--colour", "convert")
            equal(field("out.tif", "icc-profile-data"), field("in.tif", "icc-profile-data"), name)
            off(name, format)


def off(name, format):
    """Nothing of 8 bits; of 16 the last bits alone, where black lies beside white: light is floats."""
    before, after = read("in.tif"), read("out.tif")
    equal(after.shape(), before.shape(), name)
    pairs = list(zip(before.samples(), after.samples()))
    most = max(abs(a - b) for a, b in pairs)
    bright = max(abs(a - b) for a, b in pairs if a > 2048 or format == U8)
    check(most <= (0 if format == U8 else 16) and bright <= 1, name, format, most, bright)


# ------------------------------------------------------------------------------------- colours


def ciede2000(a, b):
    """Of two colours in Lab. After Sharma, Wu and Dalal 2005."""
    (l1, a1, b1), (l2, a2, b2) = a, b
    c7 = ((math.hypot(a1, b1) + math.hypot(a2, b2)) / 2) ** 7
    g = 1.5 - 0.5 * math.sqrt(c7 / (c7 + 25.0 ** 7))
    c1, c2 = math.hypot(g * a1, b1), math.hypot(g * a2, b2)
    h1, h2 = math.atan2(b1, g * a1) % (2 * math.pi), math.atan2(b2, g * a2) % (2 * math.pi)
    dh = 0 if c1 * c2 == 0 else (h2 - h1 + math.pi) % (2 * math.pi) - math.pi
    dl, dc, dhh = l2 - l1, c2 - c1, 2 * math.sqrt(c1 * c2) * math.sin(dh / 2)
    l, c = (l1 + l2) / 2, (c1 + c2) / 2
    h = h1 + h2 if c1 * c2 == 0 else (h1 + dh / 2) % (2 * math.pi)
    t = (1 - 0.17 * math.cos(h - math.radians(30)) + 0.24 * math.cos(2 * h) + 0.32 * math.cos(3 * h + math.radians(6))
         - 0.2 * math.cos(4 * h - math.radians(63)))
    sl, sc, sh = 1 + 0.015 * (l - 50) ** 2 / math.sqrt(20 + (l - 50) ** 2), 1 + 0.045 * c, 1 + 0.015 * c * t
    turn = math.radians(60) * math.exp(-((math.degrees(h) - 275) / 25) ** 2)
    r = -2 * math.sqrt(c ** 7 / (c ** 7 + 25.0 ** 7)) * math.sin(turn)
    x, y, z = dl / sl, dc / sc, dhh / sh
    return math.sqrt(max(x * x + y * y + z * z + r * y * z, 0))


def lab(xyz):
    f = [v ** (1 / 3) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x / w for x, w in zip(xyz, D50))]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def times(m, v):
    return [sum(a * b for a, b in zip(row, v)) for row in m]


def inverse(m):
    out = [[m[(j + 1) % 3][(i + 1) % 3] * m[(j + 2) % 3][(i + 2) % 3] - m[(j + 1) % 3][(i + 2) % 3] * m[(j + 2) % 3][(i + 1) % 3]
            for j in range(3)] for i in range(3)]
    det = sum(m[0][i] * out[i][0] for i in range(3))
    return [[v / det for v in row] for row in out]


def pixels_of(picture):
    most = {U8: 255, U16: 65535, F32: 1}[picture.format]
    values = [v / most for v in picture.samples()]
    return [values[i:i + picture.bands] for i in range(0, len(values), picture.bands)]


def xyz_of(name, pixel):
    """Light of a stored pixel of the profile."""
    (_, forward, _), primaries = SPACES[name]
    light = [math.copysign(forward(abs(v)), v) for v in pixel]
    return times(primaries, light) if primaries else [w * light[0] for w in D50]


def converted(name, picture):
    """The picture as floats of sRGB, beyond 0..1 where it must."""
    to_srgb = inverse(SRGB_D50)
    values = array.array("f")
    for pixel in pixels_of(picture):
        light = times(to_srgb, xyz_of(name, pixel)) if picture.bands == 3 else [xyz_of(name, pixel)[1]]
        values.extend(encode_srgb(v) for v in light)
    return Picture(picture.width, picture.height, picture.bands, F32, values.tobytes(), SRGB if picture.bands == 3 else B_W)


def light_of_srgb(pixel):
    light = [math.copysign(decode_srgb(abs(v)), v) for v in pixel]
    return times(SRGB_D50, light) if len(light) == 3 else [w * light[0] for w in D50]


def errors(name, path, wanted):
    """Mean CIEDE2000 between a result and what the network makes of the converted picture."""
    got = [lab(xyz_of(name, p)) for p in pixels_of(read(path))]
    return sum(ciede2000(a, b) for a, b in zip(got, wanted)) / len(wanted)


@test
def closer_to_the_network_on_srgb():
    equal(round(ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)), 4), 2.0425)
    for name, (_, primaries) in SPACES.items():
        picture = scene(3 if primaries else 1, U16)
        make(name, "in.tif", picture)
        write_v("float.v", converted(name, picture))
        restore("-m", "smooth", "--transfer", "none", "float.v", "float-out.v", "-q")
        wanted = [lab(light_of_srgb(p)) for p in pixels_of(read("float-out.v"))]
        restore("-m", "smooth", "in.tif", "auto.tif", "-q")
        restore("-m", "smooth", "--colour", "convert", "in.tif", "convert.tif", "-q")
        restore("-m", "smooth", "--colour", "keep", "in.tif", "keep.tif", "-q")
        same("auto.tif", "convert.tif", name)
        convert, keep = errors(name, "convert.tif", wanted), errors(name, "keep.tif", wanted)
        # What is left is what the profile does not hold of the result: floats hold it.
        check(convert < 0.25 * keep and convert < 0.2, name, convert, keep)
        if name in ("p3", "adobe", "prophoto"):
            restore("-m", "smooth", "--depth", "float", "in.tif", "float.tif", "-q")
            check(errors(name, "float.tif", wanted) < 0.001, name)
            check(min(read("float.tif").samples()) < -0.05, name, "nothing beyond the profile's colours")


@test
def alpha_floats_and_sizes():
    profile("p3.icc", *SPACES["p3"])
    # Alpha travels as it is; floats beyond 0..1 too.
    write_v("make.v", picture(30, 20, 4, U8))
    vips("copy", "make.v", "in.tif[profile=p3.icc]")
    restore("in.tif", "out.tif", "-q", "--colour", "convert", "--alpha", "model")
    equal(read("out.tif").data[3::4], read("in.tif").data[3::4], "alpha")
    write_v("make.v", picture(30, 20, 3, F32))
    vips("copy", "make.v", "in.tif[profile=p3.icc]")
    restore("in.tif", "out.tif", "-q", "--colour", "convert")
    check(largest_difference("in.tif", "out.tif") < 1e-4, largest_difference("in.tif", "out.tif"))
    # Twice through a network, brought to size, and a part of it.
    make("adobe", "in.tif", scene(3, U8))
    restore("-m", "null2x", "--scale", "3", "in.tif", "out.png", "-q")
    h = header("out.png")
    equal((h["width"], h["height"], h["format"]), ("144", "108", "uchar"))
    check("icc-profile-data" in h, h)
    restore("-m", "upscale2x-fast", "in.tif", "whole.png", "-q")
    restore("-m", "upscale2x-fast", "--region", "11,7,20x15", "in.tif", "part.png", "-q")
    vips("extract_area", "whole.png", "cut.png", 22, 14, 40, 30)
    same("part.png", "cut.png")


def report(*args):
    return json.loads(restore("-m", "smooth", "--json", "-q", *args).out)


@test
def srgb_goes_the_way_it_went():
    """No conversion, and so the bits and the memory, of sRGB, of linear light and of no profile."""
    write_v("plain.v", scene(3, U8))
    vips("copy", "plain.v", "srgb.tif[profile=srgb]")
    profile("light.icc", straight(), SRGB_D50)
    write_v("deep.v", scene(3, U16))
    vips("copy", "deep.v", "light.tif[profile=light.icc]")
    for name in ("plain.v", "srgb.tif", "light.tif"):
        a = report(name, "a.tif")
        b = report("--colour", "keep", name, "b.tif")
        same("a.tif", "b.tif", name)
        equal(a["window_bytes"], b["window_bytes"], name)
    # What is converted goes through as floats, and is planned so.
    vips("copy", "plain.v", "p3.tif[profile=p3]")
    a, b = report("p3.tif", "a.tif"), report("--colour", "keep", "p3.tif", "b.tif")
    check(a["window_bytes"] > b["window_bytes"], a, b)
    r = seamless("plan", "-m", "smooth", "--json", "p3.tif")
    equal(json.loads(r.out)["window_bytes"], a["window_bytes"])
    # A transfer that is told tells the colours too.
    report("--transfer", "none", "p3.tif", "c.tif")
    same("b.tif", "c.tif")


@test
def display_p3_by_number_is_that_profile():
    """cICP alone: the result is that of the same picture with the profile, which it has from then on."""
    write_v("plain.v", scene(3, U8))
    vips("copy", "plain.v", "plain.png")
    vips("copy", "plain.v", "p3.png[profile=p3]")
    with open("plain.png", "rb") as f:
        png = f.read()
    body = b"cICP" + bytes([12, 13, 0, 1])
    write("number.png", png[:33] + struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body)) + png[33:])
    for more in ((), ("--colour", "keep")):
        seamless("restore", "-q", "-m", "smooth", *more, "p3.png", "a.tif")
        r = seamless("restore", "-m", "smooth", *more, "number.png", "b.tif")
        check(r.code == 0 and "lost" not in r.err, r)
        same("a.tif", "b.tif", more)
        equal(field("a.tif", "icc-profile-data"), field("b.tif", "icc-profile-data"))


@test
def tables_are_kept_and_said():
    make("p3", "p3.tif", scene(3, U8))
    write_v("plain.v", scene(3, U8))
    vips("copy", "plain.v", "plain.png")
    with open("p3.icc", "rb") as f:
        data = f.read().replace(b"rTRC", b"A2B0")
    zipped = zlib.compress(data)
    chunk = b"iCCPtest\0\0" + zipped
    png = open("plain.png", "rb").read()
    chunk = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    write("in.png", png[:33] + chunk + png[33:])
    if field("in.png", "icc-profile-data") is None:
        skip("libvips takes no such profile")
    r = restore("-m", "smooth", "in.png", "a.tif")
    check("tables" in r.err and "in.png" in r.err, r)
    r = restore("-m", "smooth", "--colour", "keep", "in.png", "b.tif")
    check("tables" not in r.err, r)
    same("a.tif", "b.tif")


@test
def what_is_finished_tells_them_apart():
    os.mkdir("in")
    for name in ("a", "b"):
        make("adobe", f"in/{name}.tif", scene(3, U8))
    write("in/c.jpg", b"broken")
    run = lambda *args: seamless("restore", "-m", "smooth", "--resume", *args, "in/a.tif", "in/b.tif", "in/c.jpg", "out/")
    equal(run().code, 1)
    with open("out/a.tif", "rb") as f:
        first = f.read()
    check("2 were finished before" in run().err, run())
    r = run("--colour", "keep")
    check("finished before" not in r.err, r)
    with open("out/a.tif", "rb") as f:
        check(f.read() != first, "not done again")


@test
def words():
    make_input()
    for value in ("", "yes", "srgb", "KEEP"):
        fails(2, f"--colour={value}", "in.png", says=["--colour", "convert"])
    fails(2, "--colour", "convert", "--transfer", "srgb", "in.png", says=["transfer"])


@test
def a_plan_converts_what_restore_converts():
    make("p3", "in.tif", scene(3, U8))
    for model, converted in (("null", False), ("null2x", True), ("smooth", True)):
        for command in (("plan",), ("restore", "--dry-run")):
            r = seamless(*command, "-v", "-m", model, "in.tif", *(("out.tif",) if command[0] == "restore" else ()))
            equal(r.code, 0, r)
            equal("converted for the network" in r.err, converted, model, command, r)


main()
