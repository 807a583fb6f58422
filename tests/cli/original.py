"""Masks and previews: the picture's own pixels beside restored ones, each to the bit."""
import array
import json
import math
import random

from common import *

WIDTH, HEIGHT = 120, 90
ENGINES = ("native", "ort") if HAS_ORT else ("native",)


def part(whole, x, y, width, height):
    pixel = whole.bands * SIZES[whole.format]
    rows = (whole.data[((y + i) * whole.width + x) * pixel:][:width * pixel] for i in range(height))
    return Picture(width, height, whole.bands, whole.format, b"".join(rows), whole.type)


def mask(path, value, width=WIDTH, height=HEIGHT):
    """Grey, by column and row, 0 to 255."""
    data = bytes(value(x, y) for y in range(height) for x in range(width))
    write_v(path, Picture(width, height, 1, U8, data, B_W))
    return path


def thirds(x, y):
    """Black, a ramp and white, from left to right."""
    return max(0, min(255, (x - 40) * 6))


def laid_over(before, after, value, exact=True):
    """What the result must be, of samples as they are stored."""
    out = bytearray()
    for i, (a, b) in enumerate(zip(before.samples(), after.samples())):
        y, x = divmod(i // before.bands, before.width)
        m = value(x, y) / 255
        out.append(int(a + m * (b - a) + 0.5))
    return Picture(before.width, before.height, before.bands, U8, bytes(out), after.type)


@test
def white_is_restored_black_stays_grey_blends():
    for bands in (1, 3, 4):
        write_v("in.v", picture(WIDTH, HEIGHT, bands, U8))
        mask("mask.v", thirds)
        for engine in ENGINES:
            how = ("-q", "-m", "smooth", "--engine", engine)
            restore(*how, "in.v", "whole.v")
            for more in ((), ("--tile", "48x40")):
                restore(*how, *more, "--mask", "mask.v", "in.v", "out.v")
                expected, got = laid_over(read("in.v"), read("whole.v"), thirds), read("out.v")
                equal(got.shape(), expected.shape(), bands, engine)
                # Half a step may be rounded either way.
                check(largest_difference(expected, got) <= 1, bands, engine, more)
                for at, of in ((0, "in.v"), (90, "whole.v")):
                    same(part(got, at, 0, 30, HEIGHT), part(read(of), at, 0, 30, HEIGHT), bands, engine, more, of)


@test
def masks_of_one_colour():
    for format in (U8, U16, F32):
        write_v("in.v", picture(WIDTH, HEIGHT, 3, format))
        restore("-q", "-m", "denoise-fast", "in.v", "whole.v")
        for value, of in ((0, "in.v"), (255, "whole.v")):
            restore("-q", "-m", "denoise-fast", "--mask", mask("mask.v", lambda x, y: value), "in.v", "out.v")
            check(read(of).data == read("out.v").data, format, value)


@test
def a_mask_of_an_enlarged_picture():
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    mask("mask.v", lambda x, y: 255 if x >= 60 else 0)
    restore("-q", "-m", "upscale2x-fast", "in.v", "whole.v")
    restore("-q", "-m", "upscale2x-fast", "--mask", "mask.v", "in.v", "out.v")
    restore("-q", "-m", "null", "--scale", "2", "in.v", "plain.v")
    got = read("out.v")
    equal((got.width, got.height), (2 * WIDTH, 2 * HEIGHT))
    same(part(got, 130, 0, 110, 2 * HEIGHT), part(read("whole.v"), 130, 0, 110, 2 * HEIGHT))
    # Black is the picture, enlarged as --scale enlarges what no network changes.
    check(largest_difference(part(got, 0, 0, 110, 2 * HEIGHT), part(read("plain.v"), 0, 0, 110, 2 * HEIGHT)) <= 1)


@test
def a_mask_and_a_region():
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    mask("mask.v", thirds)
    restore("-q", "-m", "smooth", "--mask", "mask.v", "in.v", "whole.v")
    restore("-q", "-m", "smooth", "--mask", "mask.v", "--region", "30,20,50x40", "in.v", "out.v")
    same("out.v", part(read("whole.v"), 30, 20, 50, 40))


@test
def masks_that_are_none():
    make_input()
    mask("small.v", thirds, 50, 40)
    fails(2, "--mask", "small.v", "in.png", says=["small.v", "50 x 40", "60 x 40"])
    write_v("colour.v", picture(60, 40, 3, U8))
    fails(2, "--mask", "colour.v", "in.png", says=["colour.v", "3 bands", "grey"])
    fails(1, "--mask", "absent.png", "in.png", says=["absent.png"])
    half = [0.5] * (60 * 40)
    half[7 * 60 + 9] = math.nan
    write_v("nan.v", Picture(60, 40, 1, F32, array.array("f", half).tobytes(), B_W))
    for engine in ENGINES:
        fails(1, "-m", "smooth", "--engine", engine, "--mask", "nan.v", "in.png", says=["nan.v", "9,7", "NaN"])
    noisy = random.Random(1).randbytes(60 * 40)
    write_v("noisy.v", Picture(60, 40, 1, U8, noisy, B_W))
    vips("copy", "noisy.v", "whole.png")
    with open("whole.png", "rb") as f:
        data = f.read()
    write("cut.png", data[:len(data) // 2])
    fails(1, "--mask", "cut.png", "in.png", says=["the mask cut.png cannot be read"])
    refused(2, "-m", "null", "--mask", "whole.png", "in.png", "whole.png", says=["whole.png is the mask too"])
    with open("whole.png", "rb") as f:
        check(f.read() == data, "the mask was written over")


@test
def a_preview_is_before_and_after():
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    for engine in ENGINES:
        how = ("-q", "-m", "smooth", "--engine", engine, "--region", "35,30,50x40")
        restore(*how, "in.v", "after.v")
        o = json.loads(restore(*how, "--preview", "--json", "in.v", "out.v").out)
        equal((o["out_width"], o["out_height"]), (100, 40))
        got = read("out.v")
        same(part(got, 0, 0, 50, 40), part(read("in.v"), 35, 30, 50, 40), engine)
        same(part(got, 50, 0, 50, 40), "after.v", engine)


@test
def a_preview_of_the_middle():
    vips("black", "in.v", 1300, 900, "--bands", 3)
    for model, side in (("smooth", 512), ("upscale2x-fast", 1024)):
        o = json.loads(restore("-q", "-m", model, "--preview", "--json", "in.v", "out.png").out)
        equal((o["width"], o["height"], o["out_width"], o["out_height"]), (512, 512, 2 * side, side))
        h = header("out.png")
        equal((h["width"], h["height"]), (str(2 * side), str(side)))
    make_input()
    with open("in.png", "rb") as f:
        restore("-q", "-m", "null", "--preview", "-", "out.v", input=f.read())
    got = read("out.v")
    equal((got.width, got.height), (120, 40))
    check(part(got, 0, 0, 60, 40).data == part(got, 60, 0, 60, 40).data)


main()
