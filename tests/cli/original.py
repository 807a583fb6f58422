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


def boxes(path, *rectangles):
    """A mask of the size of 300 x 260, white in these alone."""
    rows = [bytearray(300) for _ in range(260)]
    for left, top, width, height in rectangles:
        for row in rows[top:top + height]:
            row[left:left + width] = b"\xff" * width
    write_v(path, Picture(300, 260, 1, U8, b"".join(rows), B_W))


@test
def black_parts_go_through_no_network():
    """Whatever is white and wherever it lies, the bits are those of a network that saw all, at the cost of it."""
    write_v("in.v", picture(300, 260, 3, U8))
    corners = [(0, 0, 1, 1), (299, 259, 1, 1)]  # leave nothing out
    places = ((120, 90, 30, 40), (0, 0, 9, 7), (289, 250, 11, 10), (0, 100, 300, 5), (151, 0, 1, 260))
    for model, engine, scale, count in (("smooth", "native", 1, 5), ("smooth", "ort", 1, 2), ("upscale2x-fast", "native", 2, 2)):
        if engine not in ENGINES:
            continue
        how = ("-q", "-m", model, "--engine", engine, "--json")
        for at in places[:count]:
            boxes("all.v", at, *corners)
            boxes("box.v", at)
            all_of_it = json.loads(restore(*how, "--mask", "all.v", "in.v", "all-out.v").out)
            o = json.loads(restore(*how, "--mask", "box.v", "in.v", "out.v").out)
            equal((o["width"], o["out_width"], o["out_height"]), (300, 300 * scale, 260 * scale), at)
            a, b = read("all-out.v"), read("out.v")
            # But for the corners, and what is enlarged of them.
            for top, height, left, width in ((8, 244, 0, 300), (0, 8, 8, 292), (252, 8, 0, 292)):
                where = (left * scale, top * scale, width * scale, height * scale)
                same(part(a, *where), part(b, *where), model, engine, at)
            check(o["window_bytes"] < all_of_it["window_bytes"] or at[2] == 300, model, engine, at, o)
        # Within a region.
        boxes("box.v", places[0])
        restore(*how, "--mask", "box.v", "in.v", "whole.v")
        restore(*how, "--mask", "box.v", "--region", "130,50,100x60", "in.v", "out.v")
        same("out.v", part(read("whole.v"), 130 * scale, 50 * scale, 100 * scale, 60 * scale), model, engine)
    # Of what is black all over a corner is restored, which nobody sees.
    boxes("black.v")
    o = json.loads(restore("-q", "-m", "smooth", "--json", "--mask", "black.v", "in.v", "out.jpg").out)
    check(o["window_bytes"] * 4 < 300 * 260 * 3, o)
    # What the file says of itself is of the whole.
    h = header("out.jpg")
    equal((h["width"], h["height"], h["exif-ifd2-PixelXDimension"].split()[0]), ("300", "260", "300"))


@test
def black_rows_between_white_ones_cost_nothing():
    """Spots far apart: runs of the network are for the rows of each, and the bits are those of one that saw all."""
    write_v("in.v", picture(300, 260, 3, U8))
    spots = (((10, 0, 19, 17), (280, 240, 20, 20)), ((0, 90, 300, 1), (7, 240, 9, 5)), ((3, 3, 5, 5), (90, 110, 9, 9), (200, 222, 9, 9)))
    for model, engine, scale in (("smooth", "native", 1), ("denoise-fast", "ort", 1), ("upscale2x-fast", "native", 2), ("null2x", "auto", 2)):
        if engine == "ort" and engine not in ENGINES:
            continue
        how = ("-q", "-m", model, "--engine", engine, *(("--tile", "32") if engine != "native" else ()))
        restore(*how, "in.v", "whole.v")
        whole, before = read("whole.v"), read("in.v")
        for here in spots[:3 if engine == "native" else 1]:
            boxes("box.v", *here)
            restore(*how, "--mask", "box.v", "in.v", "out.v")
            got = read("out.v")
            for x, y, w, h in here:
                # An enlarged mask is grey at its edges.
                inset = 4 if scale == 2 else 0
                spot = (x + inset, y + inset, w - 2 * inset, h - 2 * inset)
                where = tuple(scale * v for v in spot)
                if min(where[2:]) > 0:
                    same(part(got, *where), part(whole, *where), model, engine, spot)
            if scale == 1:
                top, bottom = here[0][1] + here[0][3], here[1][1]
                same(part(got, 0, top, 300, bottom - top), part(before, 0, top, 300, bottom - top), model, engine, here)
    # Of 90 tiles those of two rows run; a run that ends early goes on, and leaves out the same.
    boxes("box.v", *spots[0])
    how = ("--tile", "32", "--halo", "4", "--mask", "box.v", "in.v", "out.v")
    fine = seamless("restore", "-q", "-m", "null:fail=21", *how)
    equal(fine.code, 0, fine)
    same("out.v", "in.v")
    os.unlink("out.v")
    r = seamless("restore", "-m", "null:fail=15", "--resume", *how)
    equal(r.code, 1, r)
    r = restore("-m", "null:fail=11", "--resume", "--json", *how)
    check(json.loads(r.out)["resumed_rows"] > 0, r)
    same("out.v", "in.v")


@test
def a_run_goes_on_with_the_same_mask_alone():
    write_v("in.v", picture(WIDTH, HEIGHT, 3, U8))
    for name, left, top in (("one.v", 10, 10), ("other.v", 12, 20)):
        mask(name, lambda x, y: 255 * (left <= x < left + 60 and top <= y < top + 60))
    how = ("--resume", "--tile", "16")
    r = seamless("restore", "-m", "null:fail=12", *how, "--mask", "one.v", "in.v", "out.v")
    equal(r.code, 1, r)
    check(os.path.exists("out.v.journal"), r)
    refused(2, "-m", "null", *how, "--mask", "other.v", "in.v", "out.v",
            says=["the mask is not black: 60 x 60 at 12:20", "the mask is not black: 60 x 60 at 10:10"])
    o = json.loads(restore(*how, "--mask", "one.v", "in.v", "out.v", "-q", "--json").out)
    check(o["resumed_rows"] > 0, o)
    same("out.v", "in.v")


@test
def masks_that_are_none():
    make_input()
    mask("small.v", thirds, 50, 40)
    fails(2, "--mask", "small.v", "in.png", says=["small.v", "50 x 40", "60 x 40"])
    write_v("colour.v", picture(60, 40, 3, U8))
    fails(2, "--mask", "colour.v", "in.png", says=["colour.v", "3 bands", "grey"])
    fails(1, "--mask", "absent.png", "in.png", says=["absent.png"])
    half = [0.5] * (60 * 40)
    for value, word in ((math.nan, "NaN"), (math.inf, "infinite"), (-math.inf, "infinite")):
        half[7 * 60 + 9] = value
        write_v("nan.v", Picture(60, 40, 1, F32, array.array("f", half).tobytes(), B_W))
        for engine in ENGINES:
            fails(1, "-m", "smooth", "--engine", engine, "--mask", "nan.v", "in.png", says=["nan.v", "9,7", word])
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
