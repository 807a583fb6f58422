"""With the null network the output is the input, pixel by pixel, whatever the plan."""
import itertools

from common import *

PLANS = [
    [],
    ["--tile", "32"],
    ["--tile", "17x40", "--halo", "5"],
    ["--tile", "40", "--halo", "0", "--overlap", "8"],
    ["--tile", "40", "--halo", "16", "--overlap", "25%", "--blend", "gaussian"],
    ["--tile", "64x32", "--overlap", "10%", "--blend", "linear", "--edge", "replicate"],
    ["--tile", "33", "--halo", "70", "--edge", "reflect", "--threads", "1"],
    ["--tile", "48", "--halo", "9", "--edge", "zero", "--threads", "3"],
    ["--tile", "32", "--halo", "8", "--edge", "model"],
    ["--tile", "35", "--align", "8", "--overlap", "5", "--blend", "linear"],
    ["--tile", "40", "--overlap", "20", "--blend", "gaussian", "--edge", "model"],
    ["--tile", "1", "--halo", "2", "--overlap", "0"],
]


def kinds():
    for format, bands in itertools.product((U8, U16, F32), (1, 2, 3, 4)):
        yield picture(61, 47, bands, format)


@test
def every_plan_keeps_every_kind_of_sample():
    for i, p in enumerate(kinds()):
        write_v("in.v", p)
        for plan in PLANS[i % 6::6] + [PLANS[(5 * i + 3) % 12]]:
            restore(*plan, "in.v", "out.v", "-q")
            same("out.v", p, f"{p.shape()} {plan}")


@test
def every_plan_keeps_colour():
    p = picture(75, 58, 3, U8)
    write_v("in.v", p)
    for plan in PLANS:
        restore(*plan, "in.v", "out.v", "-q")
        same("out.v", p, plan)


@test
def ranges_orders_and_bands_change_nothing():
    for format in (U8, U16, F32):
        p = picture(40, 30, 3, format)
        write_v("in.v", p)
        for options in (["--range", "0..255"], ["--range", "-1..1"], ["--order", "bgr"],
                        ["--range", "1..0"], ["--tile", "16", "--range", "-3.5..17"]):
            restore(*options, "in.v", "out.v", "-q")
            same("out.v", p, f"{format} {options}")


@test
def pictures_of_one_pixel_row_or_column():
    for width, height in ((1, 1), (1, 50), (50, 1), (2, 2), (3, 1)):
        for bands in (1, 3, 4):
            p = picture(width, height, bands, U8)
            write_v("in.v", p)
            for plan in ([], ["--tile", "16", "--halo", "7"]):
                restore(*plan, "in.v", "out.v", "-q")
                same("out.v", p, f"{width} x {height} x {bands} {plan}")


@test
def larger_pictures_are_larger():
    for bands, format in ((3, U8), (1, U16), (3, F32)):
        p = picture(37, 29, bands, format)
        write_v("in.v", p)
        size = len(p.data) // (p.width * p.height)
        for model, s in (("null2x", 2), ("null4x", 4)):
            rows = []
            for y in range(p.height):
                line = p.data[y * p.width * size:(y + 1) * p.width * size]
                rows += s * [b"".join(s * line[x * size:(x + 1) * size] for x in range(p.width))]
            big = Picture(s * p.width, s * p.height, bands, format, b"".join(rows))
            for plan in ([], ["--tile", "16", "--halo", "3"],
                         ["--tile", "16", "--overlap", "4", "--blend", "linear"]):
                restore("-m", model, *plan, "in.v", "out.v", "-q")
                same("out.v", big, f"{model} {bands} {format} {plan}")


@test
def alpha_is_scaled_along():
    p = picture(40, 30, 4, U8)
    opaque = bytearray(p.data)
    opaque[3::4] = b"\xff" * (p.width * p.height)
    p.data = bytes(opaque)
    write_v("in.v", p)
    for options in ([], ["--alpha", "model"], ["--tile", "16"]):
        restore("-m", "null2x", *options, "in.v", "out.v", "-q")
        out = read("out.v")
        equal(out.shape(), (80, 60, 4, U8), options)
        equal(set(out.data[3::4]), {255}, f"{options}: opaque stays opaque")


@test
def colours_that_nobody_sees_are_kept():
    for format in (U8, U16, F32):
        p = picture(50, 40, 4, format)
        size = SIZES[format]
        data = bytearray(p.data)
        for i in range(p.width * p.height):
            if (i // 7) % 3 == 0 or i > 1500:
                data[(4 * i + 3) * size:(4 * i + 4) * size] = bytes(size)
        p.data = bytes(data)
        write_v("in.v", p)
        for plan in ([], ["--tile", "24"], ["--alpha", "model"], ["--tile", "24", "--overlap", "4"]):
            restore(*plan, "in.v", "out.v", "-q")
            same("out.v", p, f"{format} {plan}")


main()
