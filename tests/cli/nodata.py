"""Pixels that nothing was measured of: passed over by the network, and there again in the result."""
import array
import json
import math

from common import *
from tiff_tags import read_tags, write_tiff

W, H = 40, 30
HOLE = {(x, y) for y in range(8, 16) for x in range(10, 22)}
SCALE = (12, [10.0, 10.0, 0.0])
SAYS = {33550: SCALE, 33922: (12, [0.0] * 6), 34735: (3, [1, 1, 0, 1, 1025, 0, 1, 1])}
CODES = {U8: ("B", 8, 1), U16: ("H", 16, 1), F32: ("f", 32, 3)}


def plain(x, y, b, format):
    v = (x * 3 + y * 2 + b * 7) % 90 + 60
    return v / 255 if format == F32 else v * (257 if format == U16 else 1)


def source(path, format, missing, bands=1, said=None, hole=HOLE):
    code, bits, kind = CODES[format]
    data = array.array(code, (missing if (x, y) in hole else plain(x, y, b, format)
                              for y in range(H) for x in range(W) for b in range(bands)))
    tags = dict(SAYS)
    if said:
        tags[42113] = (2, said)
    write_tiff(path, W, H, data.tobytes(), tags, bands=bands, bits=bits, format=kind)


def samples(path):
    p = read(path)
    s = p.samples()
    return p, {(x, y): tuple(s[(y * p.width + x) * p.bands:][:p.bands])
               for y in range(p.height) for x in range(p.width)}


@test
def they_come_back_as_they_were():
    for format, missing, said, bands in ((U8, 0, "0", 1), (U8, 255, "255", 3), (U16, 0, "0", 3),
                                         (F32, -9999.0, "-9999", 1), (F32, math.nan, "nan", 1),
                                         (F32, math.nan, None, 1),
                                         (F32, -3.4028234663852886e38, "-3.40282346638529e+38", 1)):
        source("in.tif", format, missing, bands, said)
        for how in (["-m", "null"], ["-m", "denoise-fast"]):
            r = restore(*how, "--json", "in.tif", "out.tif")
            p, out = samples("out.tif")
            equal((p.width, p.height, p.bands, p.format), (W, H, bands, format), r)
            kept = array.array(CODES[format][0], [missing])[0]
            for at, values in out.items():
                for b, v in enumerate(values):
                    if at in HOLE:
                        check(v == kept or (v != v and kept != kept), format, said, at, v)
                    else:
                        # The network never saw the hole: it would have smeared it.
                        off = abs(v - plain(*at, b, format)) / plain(255, 0, b, format)
                        check(off <= (1e-6 if how[1] == "null" else 0.3), how, format, said, at, v)
            equal((json.loads(r.out)["notices"], "NaN" in r.err), ([], False), r)


@test
def neighbours_do_not_see_them():
    """Beside a hole of -9999 the result is what it is beside one that goes on as its surroundings."""
    source("hole.tif", F32, -9999.0, 1, "-9999")
    source("asked.tif", F32, -9999.0, 1)
    source("whole.tif", F32, 0, 1, hole=set())
    restore("-m", "denoise-fast", "hole.tif", "a.tif", "-q")
    restore("-m", "denoise-fast", "--nodata", "-9999", "asked.tif", "b.tif", "-q")
    restore("-m", "denoise-fast", "whole.tif", "c.tif", "-q")
    same("a.tif", "b.tif")
    a, c = samples("a.tif")[1], samples("c.tif")[1]
    worst = max(abs(a[at][0] - c[at][0]) for at in a if at not in HOLE)
    check(worst < 0.02, worst)


@test
def holes_are_enlarged():
    source("in.tif", U16, 0, 1, "0")
    restore("-m", "null2x", "in.tif", "out.tif", "-q")
    out = samples("out.tif")[1]
    equal({at for at, v in out.items() if v == (0,)},
          {(2 * x + i, 2 * y + j) for x, y in HOLE for i in (0, 1) for j in (0, 1)})
    restore("--region", "5,4,20x20", "in.tif", "out.tif", "-q")
    equal({at for at, v in samples("out.tif")[1].items() if v == (0,)},
          {(x - 5, y - 4) for x, y in HOLE})


@test
def nor_does_the_picture_beside_the_result():
    """Under a mask and in a preview, where the picture itself is brought to another size."""
    for format, missing, said in ((F32, -9999.0, "-9999"), (F32, math.nan, "nan"), (U8, 0, "0")):
        source("in.tif", format, missing, 1, said)
        write_v("mask.v", Picture(W, H, 1, U8, bytes(W * H), B_W))
        gone = lambda v: v[0] != v[0] or v[0] == missing
        how = ("-m", "null", "--scale", "2", "-q")
        restore(*how, "in.tif", "plain.tif")
        restore(*how, "--mask", "mask.v", "in.tif", "masked.tif")
        restore(*how, "--preview", "in.tif", "beside.tif")
        plain = samples("plain.tif")[1]
        check(any(gone(v) for v in plain.values()), format, said)
        for name in ("masked.tif", "beside.tif"):
            got = samples(name)[1]
            for at, v in plain.items():
                near = 1 if format == U8 else 1e-3
                check(gone(v) == gone(got[at]) and (gone(v) or abs(v[0] - got[at][0]) <= near), name, said, at, v,
                      got[at])


@test
def holes_of_many_bands():
    """As those of the same bands by threes, under a mask, in a preview and in another size too."""
    write_v("mask.v", Picture(W, H, 1, U8, bytes([255 * (x < 16) for x in range(W)] * H), B_W))
    ways = (["-m", "denoise-fast"], ["--preview", "--passes", "2", "-m", "smooth"],
            ["--scale", "1.5", "-m", "denoise-fast"], ["--mask", "mask.v", "-m", "smooth"])
    for format, missing, said, bands, ways in ((U16, 0, "0", 7, ways), (U16, 0, "0", 2, ways[:1]),
                                               (F32, math.nan, None, 5, ways[:2])):
        code, bits, kind = CODES[format]
        kept = array.array(code, [missing])[0]
        gone = lambda v: all(i == kept or i != i for i in v)
        source("in.tif", format, missing, bands, said)
        for how in ways:
            # Floats of three bands would be linear light.
            how = how + ["--transfer", "none"]
            r = restore(*how, "in.tif", "out.tif")
            check("without data" not in r.err, r)
            whole, out = samples("out.tif")
            equal((whole.bands, whole.format), (bands, format), r)
            if "--scale" not in how:
                width = whole.width
                equal({at for at, v in out.items() if gone(v)},
                      {(x + i, y) for x, y in HOLE for i in range(0, width, W)}, how, format)
            for first in {0, bands - 1 - (bands - 1) % 3}:
                group = [min(first + i, bands - 1) for i in range(3)]
                data = array.array(code, (missing if (x, y) in HOLE else plain(x, y, b, format)
                                          for y in range(H) for x in range(W) for b in group))
                write_tiff("three.tif", W, H, data.tobytes(),
                           SAYS | ({42113: (2, said)} if said else {}), 3, bits, kind)
                restore(*how, "three.tif", "three-out.tif", "-q")
                three = samples("three-out.tif")[1]
                there = min(3, bands - first)
                for at, v in out.items():
                    a, b = v[first:first + there], three[at][:there]
                    # Colours alone are resampled in linear light.
                    same_bits = a == b or gone(a) or "--scale" in how
                    check(gone(a) == gone(b) and same_bits, how, format, at, a, b)


@test
def holes_beside_near_infrared():
    """A fourth band that is no alpha goes through the network as the colours do, and is none in the result."""
    data = bytes(0 if (x, y) in HOLE else plain(x, y, b, U8) for y in range(H) for x in range(W) for b in range(4))
    write_tiff("in.tif", W, H, data, SAYS | {262: (3, [2]), 338: (3, [0]), 42113: (2, "0")}, bands=4)
    for how in (["-m", "denoise-fast"], ["-m", "smooth", "--scale", "1.5"]):
        r = restore(*how, "in.tif", "out.tif")
        check("restored as colours are" in r.err and r.err.count("fourth band") == 1, r)
        whole, out = samples("out.tif")
        equal((whole.bands, read_tags("out.tif")[338], read_tags("out.tif")[262]), (4, [0], [2]))
        if "--scale" not in how:
            equal({at for at, v in out.items() if v == (0, 0, 0, 0)}, HOLE)
        check(sum(v[3] == 0 for v in out.values()) < 0.11 * whole.width * whole.height, how)
    r = restore("-m", "denoise-fast", "--nodata", "none", "in.tif", "out.tif")
    check("carried along as it is" in r.err and r.err.count("fourth band") == 1, r)
    equal(read("out.tif").data[3::4], data[3::4])


@test
def none_looks_for_none():
    source("in.tif", U8, 0, 1, "0")
    restore("--nodata", "none", "in.tif", "none.tif", "-q")
    restore("in.tif", "auto.tif", "-q")
    same("none.tif", "auto.tif")  # by a network that changes nothing
    source("nan.tif", F32, math.nan, 1, "nan")
    r = seamless("restore", "-m", "null", "--nodata", "none", "nan.tif", "out.tif")
    equal(r.code, 1, r)
    check("--nodata" in r.err, r)
    refused(2, "-m", "null", "--nodata", "some", "in.tif", "out.tif", says=["some", "none"])
    refused(2, "-m", "null", "--nodata", "1e999", "in.tif", "out.tif", says=["'1e999'", "must be a number"])
    equal(seamless("plan", "-m", "null", "--nodata=-1e999", "in.tif").code, 2)
    restore("--nodata", "inf", "in.tif", "out.tif", "-q") # which a sample may be


@test
def what_cannot_be_passed_over_is_said():
    write_tiff("in.tif", W, H, bytes(7 if (x, y) in HOLE else x for y in range(H) for x in range(W) for _ in "ga"),
               SAYS | {338: (3, [2]), 42113: (2, "7")}, bands=2)
    check("without data" in restore("-m", "null", "in.tif", "out.tif").err)
    same("out.tif", "in.tif")
    source("in.tif", U16, 65535, 1, "65535")
    check("65535" in restore("-m", "null", "--depth", "8", "in.tif", "out.tif").err)


@test
def a_value_that_the_result_does_not_hold_is_another():
    for missing, said in ((-9999.0, "-9999"), (math.nan, None)):
        source("in.tif", F32, missing, 1, said)
        check("they are 0" in restore("-m", "null", "--depth", "8", "in.tif", "out.tif").err)
        equal({at for at, v in samples("out.tif")[1].items() if v == (0,)}, HOLE)
        equal(read_tags("out.tif")[42113], b"0")


@test
def a_plan_of_it():
    write_v("in.v", picture(60, 40, 3, U8))
    plain, hidden = (json.loads(seamless("plan", "--json", "-m", "smooth", "--nodata", how, "in.v").out)
                     for how in ("none", "0"))
    # One more band goes along, which nobody is told of.
    check(hidden["window_bytes"] > plain["window_bytes"], plain, hidden)
    o = json.loads(restore("--json", "-q", "-m", "smooth", "--nodata", "0", "in.v", "out.v").out)
    equal(hidden["window_bytes"], o["window_bytes"])
    text = seamless("plan", "-m", "smooth", "--nodata", "0", "in.v").out.decode()
    check("3 bands" in text and "4 bands" not in text, text)
    r = seamless("plan", "-m", "smooth", "--nodata", "many", "in.v")
    equal(r.code, 2, r)
    check("'many'" in r.err, r)


main()
