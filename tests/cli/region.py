"""A region is that part of the whole result, bit for bit, on both engines, and costs what it is."""
import json
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


@test
def a_region_of_a_size():
    write_v("in.v", picture(100, 90, 3, U8))
    restore("-m", "null2x", "--region", "10,20,40x30", "--size", "60x", "in.v", "out.png", "-q")
    h = header("out.png")
    equal((h["width"], h["height"]), ("60", "45"))


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


main()
