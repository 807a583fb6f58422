"""The size one wants: told in pixels, as a factor, as a print; made while rows are made, with the same bits whatever
the tiles; and a network that runs twice."""
import json
import math
from fractions import Fraction

from common import *
import measured  # and what it takes out of the environment


def one(*args):
    r = restore("--json", "-q", *args)
    return json.loads(r.out)


def size_of(path):
    h = header(path)
    return int(h["width"]), int(h["height"])


def smooth(width, height, bands, format=U8):
    """A picture of slopes, which resampling should leave as slopes."""
    most = 255 if format == U8 else 65535
    code = "B" if format == U8 else "H"
    values = array.array(code)
    for y in range(height):
        for x in range(width):
            v = [x * most // width, y * most // height, (x + y) * most // (width + height), most]
            values.extend(v[:bands])
    return Picture(width, height, bands, format, values.tobytes(), SRGB if format == U8 else RGB16)


@test
def requests():
    write_v("in.v", picture(60, 40, 3, U8))
    for args, expected in (
            (["--size", "30x"], (30, 20)), (["--size", "x31"], (47, 31)),
            (["--size", "33x33"], (33, 22)), (["--size", "33x33!"], (33, 33)),
            (["--size", "33x33^"], (50, 33)), (["--scale", "150%"], (90, 60)),
            (["--scale", "0.7"], (42, 28)), (["--megapixels", "0.0006"], (30, 20)),
            (["--max-side", "50"], (50, 33)), (["--max-side", "500"], (60, 40)),
            (["--print", "2.54x1.27cm", "--dpi", "100"], (75, 50)), (["-m", "null2x", "--scale", "3"], (180, 120)),
            (["-m", "null2x", "--passes", "2"], (240, 160)), (["-m", "null2x", "--passes", "1", "--scale", "3"], (180, 120))):
        o = one(*args, "in.v", "out.png")
        equal((o["width"], o["height"]), (60, 40), args)
        equal((o["out_width"], o["out_height"]), expected, args)
        equal(size_of("out.png"), expected, args)
        plan = json.loads(seamless("plan", *([] if "-m" in args else ["-m", "null"]), "--json", *args, "in.v").out)
        equal((plan["out_width"], plan["out_height"], plan["passes"]), (*expected, o["passes"]), args)


def rounded(value):
    return max(1, math.floor(Fraction(value) + Fraction(1, 2)))


def wanted(ask, value, width, height):
    """What a request makes of a picture, by fractions."""
    w, h = Fraction(width), Fraction(height)
    if ask == "--scale":
        factor = Fraction(value[:-1]) / 100 if value.endswith("%") else Fraction(value)
        return rounded(w * factor), rounded(h * factor)
    if ask == "--max-side":
        factor = min(Fraction(value) / max(w, h), 1)
        return rounded(w * factor), rounded(h * factor)
    across, _, down = value.rstrip("!^").partition("x")
    if value.endswith("!"):
        return int(across), int(down)
    factors = [Fraction(a) / b for a, b in ((across or 0, w), (down or 0, h)) if a]
    factor = max(factors) if value.endswith("^") else min(factors)
    return rounded(w * factor), rounded(h * factor)


@test
def fifty_requests_to_the_pixel():
    """Of pictures that lie, stand, are a square, or nearly a line; with alpha and without."""
    asks = [("--size", v) for v in ("30x", "x31", "1x", "x1", "33x33", "33x33!", "33x33^", "7x90", "90x7", "90x7^", "64x48!",
                                    "101x100")] + \
        [("--scale", v) for v in ("1.5", "150%", "0.7", "33%", "2.25", "0.01", "1")] + \
        [("--max-side", v) for v in ("10", "37", "500")]
    shapes = [(60, 40), (37, 59), (50, 50), (97, 3)]
    for i, (width, height) in enumerate(shapes):
        os.makedirs("in", exist_ok=True)
        write_v(f"in/{i}.v", picture(width, height, 3 + i % 2, U8))
    check(len(asks) * len(shapes) >= 50)
    for ask, value in asks:
        restore("-q", ask, value, "in", "out/")
        for i, (width, height) in enumerate(shapes):
            got = read(f"out/{i}.v")
            equal((got.width, got.height, got.bands), (*wanted(ask, value, width, height), 3 + i % 2), ask, value, width, height)


@test
def what_is_no_size():
    make_input()
    for args, word in ((["--size", "30"], "3840x2160"), (["--size", "x"], "3840x2160"), (["--size", "3x4?"], "3840x2160"),
                       (["--size", "0x5"], "--size"), (["--scale", "-1"], "1.5"), (["--scale", "2px"], "150%"), (["--scale", "150"], "150x"),
                       (["--megapixels", "lots"], "12"), (["--print", "30cm"], "30x20cm"), (["--passes", "3"], "auto"),
                       (["--dpi", "0"], "300"), (["--max-side", "-3"], "1 to"), (["--max-side", "0"], "1 to"), (["--max-side", ""], "1 to"),
                       (["--size", "30x", "--scale", "2"], "one of them")):
        fails(2, *args, "in.png", says=[word])


@test
def same_bits_whatever_the_tiles():
    write_v("in.v", picture(190, 170, 4, U8))
    first = None
    for tile, threads in (("64", 1), ("48x200", 2), ("200x40", 3), ("auto", 2)):
        restore("-m", "null2x", "--tile", tile, "--threads", threads, "--size", "301x", "in.v", "out.v", "-q")
        first = first or read("out.v")
        same("out.v", first, tile)
    equal(first.shape()[:2], (301, 269))


@test
def light_is_mixed_and_alpha_respected():
    # Black and white lines become the grey that shows as much light, not half of 255.
    lines = bytes((255 if x % 2 else 0) for y in range(40) for x in range(80) for _ in range(3))
    write_v("in.v", Picture(80, 40, 3, U8, lines, SRGB))
    restore("--size", "20x10", "in.v", "out.v", "-q")
    middle = read("out.v").samples()[3 * (5 * 20 + 10)]
    check(184 <= middle <= 192, middle)
    # What is hidden, be it red, does not show at the edge of what is seen.
    cut = bytes(v for y in range(40) for x in range(80) for v in ((255, 0, 0, 0) if x < 40 else (0, 0, 255, 255)))
    write_v("in.v", Picture(80, 40, 4, U8, cut, SRGB))
    restore("--size", "27x", "in.v", "out.v", "-q")
    samples = read("out.v").samples()
    seen = [samples[i:i + 4] for i in range(0, len(samples), 4) if samples[i + 3] > 8]
    check(seen and all(p[0] == 0 and p[2] >= 250 for p in seen), seen[:5])


@test
def depths_and_slopes():
    for format, most in ((U8, 1), (U16, 120)):
        for bands in (1, 3, 4):
            write_v("in.v", smooth(120, 80, bands, format))
            restore("--size", "60x40", "in.v", "half.v", "-q")
            half = read("half.v")
            equal(half.format, format)
            wanted = smooth(60, 40, bands, format).samples()
            got = half.samples()
            inner = [abs(got[(y * 60 + x) * bands] - wanted[(y * 60 + x) * bands])
                     for y in range(6, 34) for x in range(6, 54)]
            check(max(inner) <= (3 if format == U8 else 700), bands, format, max(inner))


@test
def two_passes_are_two_runs():
    write_v("in.v", picture(50, 40, 3, U8))
    restore("-m", "null2x", "--depth", "float", "in.v", "once.v", "-q")
    restore("-m", "null2x", "--depth", "8", "once.v", "twice.v", "-q")
    o = one("-m", "null2x", "--scale", "4", "in.v", "out.v")
    equal(o["passes"], 2)
    same("out.v", "twice.v")
    o = one("-m", "null2x", "--scale", "2.1", "in.v", "out.v")
    equal(o["passes"], 1)


@test
def pages_resolution_and_profiles():
    write_v("a.v", picture(40, 30, 3, U8, seed=1))
    write_v("b.v", picture(40, 30, 3, U8, seed=2))
    for name in "ab":
        restore("--size", "20x", f"{name}.v", f"{name}2.v", "-q")
    vips("join", "a.v", "b.v", "ab.v", "vertical")
    vips("tiffsave", "ab.v", "ab.tif", "--page-height", "30", "--xres", "10", "--yres", "10")
    restore("--size", "20x", "ab.tif", "out.tif", "-q")
    h = header("out.tif")
    equal((h["width"], h["height"], h["n-pages"], h["xres"]), ("20", "15", "2", "5"))
    for page, name in enumerate("ab"):
        vips("tiffload", "out.tif", "page.v", "--page", page)
        same("page.v", f"{name}2.v")
    check("icc-profile-data" not in h, h)
    restore("--size", "20x", "--dpi", "254", "a.v", "out.png", "-q")
    equal(header("out.png")["xres"], "10")
    with open("a2.v", "rb") as f:
        check(b"concurrency" not in f.read(), "how many threads wrote it is nothing of the picture's")
    restore("--dpi", "127", "a.v", "out.png", "-q")
    equal(header("out.png")["xres"], "5")
    same("out.png", "a.v")


@test
def within_the_budget():
    if SANITIZED:
        skip("memory under a sanitizer tells nothing")
    vips("black", "in.v", 4000, 1500, "--bands", 3)
    o = one("-m", "null2x", "--memory", "170M", "--size", "3000x", "in.v", "out.tif")
    equal((o["out_width"], o["out_height"]), (3000, 1125))
    check(o["peak_bytes"] <= 170e6 and o["planned_peak_bytes"] <= 170e6, o)


@test
def going_on_with_a_size():
    write_v("in.v", picture(90, 120, 3, U8))
    args = ("-m", "null2x", "--tile", "32", "--scale", "3", "in.v", "out.v")
    restore(*args, "-q")
    whole = read("out.v")
    os.unlink("out.v")
    limited = ("-m", "null2x:fail=9", "--tile", "32", "--scale", "3", "in.v", "out.v")
    r = seamless("restore", "--resume", *limited)
    equal(r.code, 1, r)
    check(os.path.exists("out.v.journal"), r)
    restore("--resume", *args, "-q")
    same("out.v", whole)


@test
def a_network_that_enlarges_is_chosen():
    write_v("in.v", picture(40, 30, 3, U8))
    r = seamless("restore", "--scale", "2", "in.v", "out.png")
    equal(r.code, 0, r)
    check("goes through upscale2x" in r.err, r)
    equal(size_of("out.png"), (80, 60))


main()
