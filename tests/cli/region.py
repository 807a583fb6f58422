"""A region is that part of the whole result, bit for bit, on both engines, and costs what it is."""
import array
import json
import math
import random

from common import *


def part(whole, x, y, width, height):
    """A rectangle of a picture."""
    pixel = whole.bands * SIZES[whole.format]
    rows = (whole.data[((y + i) * whole.width + x) * pixel:][:width * pixel] for i in range(height))
    return Picture(width, height, whole.bands, whole.format, b"".join(rows), whole.type)


def places(width, height, count):
    """Rectangles anywhere, the corners and the whole among them."""
    yield from ((0, 0, width, height), (0, 0, 9, 7), (width - 11, height - 5, 11, 5), (width - 1, 0, 1, height))
    numbers = random.Random(5)
    for _ in range(count - 4):
        x, y = numbers.randrange(width), numbers.randrange(height)
        yield x, y, numbers.randint(1, width - x), numbers.randint(1, height - y)


def compare(model, engine, width, height, count, *args, bands=3, scale=1):
    write_v("in.v", picture(width, height, bands, U8))
    restore("-m", model, "--engine", engine, *args, "in.v", "whole.v", "-q")
    whole = read("whole.v")
    for x, y, w, h in places(width, height, count):
        o = json.loads(restore("-m", model, "--engine", engine, *args, "--json", "-q",
                               "--region", f"{x},{y},{w}x{h}", "in.v", "out.v").out)
        equal((o["width"], o["height"], o["out_width"], o["out_height"]), (w, h, w * scale, h * scale))
        same("out.v", part(whole, x * scale, y * scale, w * scale, h * scale), model, engine, x, y, w, h)


@test
def native_rows():
    compare("smooth", "native", 150, 130, 20)


@test
def onnx_runtime():
    compare("smooth", "ort", 150, 130, 20)


@test
def tiles_scale_and_alpha():
    compare("upscale2x-fast", "native", 120, 110, 6, scale=2)
    compare("upscale2x-fast", "native", 120, 110, 6, "--tile", "40", bands=4, scale=2)
    compare("null2x", "auto", 120, 110, 6, "--passes", "2", scale=4)


def rounded(at, side, whole):
    return (2 * at * whole + side) // (2 * side)


def of_a_size(model, engine, ask, count, *args, bands=3, format=U8):
    """A region is a crop of the whole result of that scale, from the pixel next to where it begins."""
    width, height = 96, 84
    write_v("in.v", picture(width, height, bands, format))
    how = ("-q", "-m", model, "--engine", engine, "--scale", ask, *args)
    restore(*how, "in.v", "whole.v")
    whole = read("whole.v")
    for x, y, w, h in places(width, height, count):
        o = json.loads(restore(*how, "--json", "--region", f"{x},{y},{w}x{h}", "in.v", "out.v").out)
        left = min(rounded(x, width, whole.width), whole.width - o["out_width"])
        top = min(rounded(y, height, whole.height), whole.height - o["out_height"])
        same("out.v", part(whole, left, top, o["out_width"], o["out_height"]), model, engine, ask, x, y, w, h)


@test
def a_scaled_region_on_native():
    of_a_size("smooth", "native", "1.5", 10)
    for ask in ("0.5", "0.3", "2.3"):
        of_a_size("smooth", "native", ask, 5)
    of_a_size("upscale2x-fast", "native", "3", 4, bands=4)
    of_a_size("null2x", "auto", "3", 4, "--passes", "2", format=U16)


@test
def a_scaled_region_on_onnx_runtime():
    of_a_size("smooth", "ort", "1.5", 7)
    of_a_size("smooth", "ort", "0.37", 4)


@test
def a_scaled_region_beside_its_mask():
    mask = bytes(255 * (x // 7 % 2) if y < 40 else 3 * y for y in range(84) for x in range(96))
    write_v("mask.v", Picture(96, 84, 1, U8, mask, B_W))
    of_a_size("smooth", "native", "1.5", 5, "--mask", "mask.v")


@test
def a_region_of_a_size():
    write_v("in.v", picture(100, 90, 3, U8))
    restore("-m", "null2x", "--size", "150x", "in.v", "whole.v", "-q")
    restore("-m", "null2x", "--region", "10,20,40x30", "--size", "60x", "in.v", "{width}.v", "-q")
    same("60.v", part(read("whole.v"), 15, 30, 60, 45))
    # Of what cannot be a picture there is no part.
    r = restore("-m", "null", "--passes", "1", "--region", "1,1,1x1", "--size", "120000x1!", "in.v", "out.v", "--dry-run")
    check("by itself" in r.err, r)


@test
def regions_that_are_none():
    make_input()
    for region in ("0,0,61x40", "60,0,1x1", "10,10,60x40", "0,40,1x1"):
        fails(2, "--region", region, "in.png", says=[region, "60 x 40"])
    for region in ("0,0", "0,0,5", "0,0,0x5", "-1,0,5x5", "a,b,cxd", "0,0,5x5x5", ""):
        fails(2, f"--region={region}", "in.png", says=["--region", "100,200,640x480"])


@test
def the_cost_is_of_the_region():
    vips("black", "in.v", 3000, 3000, "--bands", 3)
    o = json.loads(restore("-m", "smooth", "--json", "-q", "--region", "2000,2500,50x40", "in.v", "out.png").out)
    # What went through the network is small beside the picture's 9 megapixels.
    check(o["window_bytes"] < 2e6 and (1 + o["waste"]) * 50 * 40 < 1e5, o)


@test
def a_plan_of_it():
    vips("black", "in.v", 3000, 3000, "--bands", 3)
    for part in ((2000, 2500, 50, 40), (0, 0, 3000, 3000)):
        region = "{},{},{}x{}".format(*part)
        how = ("-m", "upscale2x-fast", "--region", region, "in.v")
        r = seamless("plan", "--json", *how)
        equal(r.code, 0, r)
        plan = json.loads(r.out)
        equal((plan["width"], plan["height"], plan["out_width"], plan["out_height"]),
              (part[2], part[3], 2 * part[2], 2 * part[3]))
        text = seamless("plan", *how).out.decode()
        check(f"{part[2]} x {part[3]} at {part[0]},{part[1]}" in text and "brought to" not in text, text)
        if part[2] == 50:
            o = json.loads(restore("--json", "-q", *how, "out.png").out)
            equal(plan["window_bytes"], o["window_bytes"])
        else:
            check(plan["window_bytes"] > 10 * o["window_bytes"], plan, o)
    r = seamless("plan", "-m", "null", "--region", "2990,0,20x20", "in.v")
    equal(r.code, 2, r)
    check("2990,0,20x20" in r.err, r)


def with_nan(name, width, height, *places):
    """A picture of floats that holds NaN at some places, and numbers elsewhere."""
    data = array.array("f", (v % 50 / 50 for v in range(3 * width * height)))
    for x, y in places:
        data[3 * (y * width + x) + 1] = math.nan
    write_v(name, Picture(width, height, 3, F32, data.tobytes(), SCRGB))


@test
def what_is_no_number_counts_where_the_region_sees_it():
    # `smooth` sees 3 pixels to every side; the part is cut out with some more.
    part = ("-q", "--region", "90,60,20x20")
    near = 3
    for far, how in ((4, []), (4, ["--tile", "32"]), (7, ["--size", "40x"])):
        places = [(90 - far, 70), (109 + far, 70), (100, 60 - far), (100, 79 + far), (0, 0), (199, 149), (3, 84)]
        with_nan("in.v", 200, 150, *places)
        r = restore("-m", "smooth", "--engine", "native", *how, *part, "in.v", "out.tif")
        equal((r.code, r.err), (0, ""), r)
        for x, y in ((90 - near, 70), (109 + near, 70), (100, 60 - near), (100, 79 + near), (99, 69)):
            with_nan("in.v", 200, 150, (x, y))
            r = refused(1, "-m", "smooth", "--engine", "native", *how, *part, "in.v", "out.png", says=[f"the picture holds NaN at {x},{y} (band 1)"])
            equal(r.err.count("error"), 1, r)


@test
def what_is_no_number_beside_a_mask():
    # Restored is what the mask needs of the region, and of that as above.
    with_nan("in.v", 200, 150, (70, 60), (10, 140))
    mask = bytes(255 if 20 <= x < 30 and 20 <= y < 30 else 0 for y in range(150) for x in range(200))
    write_v("mask.v", Picture(200, 150, 1, U8, mask, B_W))
    for _ in range(5):
        r = restore("-m", "smooth", "--region", "0,0,45x45", "--mask", "mask.v", "in.v", "out.tif", "-q")
        equal((r.code, r.err), (0, ""), r)
    with_nan("in.v", 200, 150, (31, 31))
    refused(1, "-m", "smooth", "--region", "0,0,45x45", "--mask", "mask.v", "in.v", "out.png", says=["NaN at 31,31"])


@test
def what_is_no_number_beside_a_region_of_two_passes():
    with_nan("in.v", 200, 150, (90, 110), (150, 70), (40, 70), (90, 20))
    for _ in range(3):
        r = restore("-m", "upscale2x-fast", "--passes", "2", "--region", "90,60,8x8", "in.v", "out.tif", "-q")
        equal((r.code, r.err), (0, ""), r)
    with_nan("in.v", 200, 150, (97, 70))
    refused(1, "-m", "upscale2x-fast", "--passes", "2", "--region", "90,60,8x8", "in.v", "out.png", says=["the picture holds NaN at 97,70"])


main()
