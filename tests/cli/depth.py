"""Samples of 8 and 16 bit and float: kept, changed on request, and what float files mean."""
import array
import math
import os

from common import *


def largest_error(a, b, scale=1.0):
    return max(abs(x * scale - y) for x, y in zip(read(a).samples(), read(b).samples()))


@test
def depth_on_request():
    write_v("in8.v", picture(40, 30, 3, U8))
    write_v("in16.v", picture(40, 30, 3, U16))
    write_v("inf.v", picture(40, 30, 3, F32))
    formats = {"8": U8, "16": U16, "float": F32}
    for source, own in (("in8.v", U8), ("in16.v", U16), ("inf.v", F32)):
        for depth, format in [*formats.items(), ("same", own)]:
            restore("--depth", depth, "--tile", "16", source, "out.v", "-q")
            out = read("out.v")
            equal(out.format, format, source, depth)
            top = {U8: 255, U16: 65535, F32: 1}
            for got, was in zip(out.samples(), read(source).samples()):
                exact = was / top[own]
                if format != F32:
                    exact = min(max(exact, 0), 1)
                check(abs(got / top[format] - exact) <= 0.51 / top[format] + 1e-7 * (format == F32),
                      source, depth, got, was)


@test
def depth_that_the_format_lacks():
    write_v("in16.v", picture(40, 30, 3, U16))
    write_v("inf.v", picture(40, 30, 3, F32))
    for source, out, format, word in (("in16.v", "out.jpg", U8, "8"), ("inf.v", "out.png", U16, "16"),
                                      ("inf.v", "out.webp", U8, "8")):
        r = restore(source, out)
        check("holds no samples of depth" in r.err and f"written as {word}" in r.err, r)
        equal(read(out).format, format, out)
    r = restore("--depth", "16", "inf.v", "out.png")
    check("holds no samples" not in r.err, r)


@test
def floats_where_a_format_has_none():
    """As 16 bits, and said, where the format has those: not as 8, nor refused when all is done."""
    write_v("in.v", picture(40, 30, 3, F32))
    for suffix in ("ppm", "jp2", "j2k", "png"):
        r = seamless("restore", "-m", "null", "in.v", f"o.{suffix}")
        if "libvips writes no format" in r.err:
            continue
        equal(r.code, 0, r)
        check("holds no samples of depth float: written as 16" in r.err, r)
        equal(header(f"o.{suffix}")["format"], "ushort", suffix)
    restore("-q", "-m", "null", "in.v", "o.pfm")
    equal(header("o.pfm")["format"], "float")


@test
def float_tiff_with_a_profile():
    """A float result says what its values mean, so that it reads back as it was."""
    write_v("in8.v", picture(40, 30, 3, U8))
    vips("copy", "in8.v", "in.png")
    restore("--depth", "float", "in.png", "f.tif", "-q")
    h = header("f.tif")
    check("icc-profile-data" in h, "the profile is embedded", h)
    equal((h["format"], h["bands"]), ("float", "3"))
    # Through the command again nothing is taken for linear light.
    restore("f.tif", "g.tif", "-q")
    check(largest_error("f.tif", "g.tif") <= 1e-6)
    same("f.tif", "g.tif")
    restore("--depth", "8", "f.tif", "back.png", "-q")
    same("back.png", "in.png")
    check(largest_error("in8.v", "f.tif", 1 / 255) <= 1e-6)


@test
def bare_float_tiff_is_linear_as_libvips_says():
    linear = [0.0, 0.0031308, 0.01, 0.18, 0.5, 1.0, 1.5, 7.25, -0.1]
    data = array.array("f", linear * 3)
    write_v("lin.v", Picture(9, 1, 3, F32, data.tobytes(), SCRGB))
    vips("copy", "lin.v", "lin.tif")
    equal(header("lin.tif")["interpretation"], "scrgb")
    for options in ([], ["--transfer", "srgb"], ["--transfer", "none"], ["--tile", "4"]):
        restore(*options, "lin.tif", "out.tif", "-q")
        same("out.tif", "lin.tif", options)
        equal(header("out.tif")["interpretation"], "scrgb", options)
    # Encoded on the way to 8 bit, as any viewer would.
    restore("--depth", "8", "lin.tif", "out.png", "-q")
    vips("colourspace", "lin.tif", "expected.v", "srgb")
    check(largest_difference("out.png", "expected.v") <= 1)


@test
def linear_light_is_encoded_for_the_network():
    # A flat grey of linear 0.18 is enlarged as its code value and comes back as it was.
    data = array.array("f", [0.18] * (20 * 10 * 3))
    write_v("lin.v", Picture(20, 10, 3, F32, data.tobytes(), SCRGB))
    restore("-m", "null2x", "lin.v", "out.v", "-q")
    out = read("out.v")
    check(all(abs(v - 0.18) < 1e-6 for v in out.samples()))
    equal(out.type, SCRGB)


@test
def radiance_pictures():
    data = array.array("f", [v / 16 for v in range(1, 20 * 10 * 3 + 1)])
    write_v("lin.v", Picture(20, 10, 3, F32, data.tobytes(), SCRGB))
    vips("copy", "lin.v", "in.hdr")
    vips("rad2float", "in.hdr", "expected.v")
    restore("--tile", "8", "in.hdr", "out.v", "-q")
    same("out.v", "expected.v")
    restore("--tile", "8", "in.hdr", "out.hdr", "-q")
    vips("rad2float", "out.hdr", "back.v")
    same("back.v", "expected.v")


@test
def values_outside_the_range_are_kept():
    values = [-5.0, -0.001, 0.0, 0.5, 1.0, 1.001, 3e4, -3e4, 1e-30]
    write_v("in.v", Picture(9, 1, 1, F32, array.array("f", values).tobytes(), B_W))
    restore("in.v", "out.v", "-q")
    same("out.v", "in.v")
    write_v("in3.v", Picture(9, 1, 3, F32, array.array("f", values * 3).tobytes(), SRGB))
    restore("in3.v", "out.tif", "-q")
    same("out.tif", "in3.v")


@test
def values_that_are_no_number():
    for bad in (float("nan"), float("inf"), float("-inf")):
        data = array.array("f", [0.5] * 300)
        data[150] = bad
        write_v("in.v", Picture(10, 10, 3, F32, data.tobytes(), SRGB))
        refused(1, "-m", "null", "in.v", "out.v", says=["NaN" if bad != bad else "infinity", "the picture holds", "0,5"])
        check(not os.path.exists("out.v"))


@test
def wider_samples():
    write_v("in.v", picture(20, 10, 3, F32))
    vips("cast", "in.v", "double.v", "double")
    r = restore("double.v", "out.v")
    check("floats" in r.err, r)
    equal(read("out.v").format, F32)
    vips("linear", "double.v", "x.v", "1", "0")
    check(largest_difference("out.v", "out.v") == 0)
    vips("cast", "in.v", "complex.v", "complex")
    refused(1, "-m", "null", "complex.v", "out.v", says=["vips cast"])


CODES = {"char": "b", "short": "h", "int": "i", "uint": "I"}
FORMATS = {"char": 1, "short": 3, "int": 5, "uint": 4}


@test
def integers_without_a_white_keep_their_values():
    """As floats through the network, and integers again: elevations below the sea, and every value there is."""
    chance = random.Random(4)
    for kind, code in CODES.items():
        most = {"char": 127, "short": 32767}.get(kind, 2**24)
        least = {"char": -128, "short": -32768, "int": -most, "uint": 0}[kind]
        values = array.array(code, [chance.randint(least, most) for _ in range(60 * 40)])
        values[7], values[8] = least, most
        write_v("in.v", Picture(60, 40, 1, FORMATS[kind], values.tobytes(), B_W))
        vips("copy", "in.v", "in.tif")
        for tile in ((), ("--tile", "32")):
            restore("in.tif", "out.tif", *tile)
            same("out.tif", "in.v", kind, tile)
        equal(read("out.tif").format, FORMATS[kind])
        for name in ("png", "ppm", "jxl", "jp2", "hdr"):
            refused(2, "-m", "null", "in.tif", f"out.{name}", says=[name, ".tif"])
        told = restore("in.tif", "out.pfm").err
        check("floats of the same values" in told, told)


@test
def integers_are_what_floats_would_be_rounded():
    values = array.array("h", [int(1500 + 1400 * math.sin(x / 9) * math.cos(y / 7)) + (x * y) % 61 for y in range(80)
                               for x in range(90)])
    write_v("in.v", Picture(90, 80, 1, 3, values.tobytes(), B_W))
    vips("cast", "in.v", "float.v", "float")
    # The network is to see 3000 as white.
    how = ("-m", "smooth", "--range", f"0..{1 / 3000}", "-q")
    restore(*how, "in.v", "out.v")
    restore(*how, "float.v", "real.v")
    out = array.array("h", read("out.v").data)
    check(out != values, "nothing was restored")
    for got, real in zip(out, read("real.v").samples()):
        check(abs(got - real) <= 0.5 + 1e-3, got, real)


main()
