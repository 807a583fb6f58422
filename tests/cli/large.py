"""Pictures beyond every limit of 32 bits, in little memory: a gigapixel, files past 4 GB, more than 65 535
rows, more than 2^31 samples."""
import os
import shutil

from common import *
from measured import restore_measured

GIGAPIXEL = 32768
TILED = "[tile,tile_width=256,tile_height=256,compression=zstd,bigtiff]"


def room(gigabytes):
    if SANITIZED:
        skip("a sanitizer keeps freed memory")
    if shutil.disk_usage(".").free < gigabytes * 10**9:
        skip(f"less than {gigabytes} GB are free here")


def gradient(path, across, down, options=TILED):
    """Squares of 1024 pixels, black on the left and white on the right."""
    vips("grey", "one.v", 1024, 1024, "--uchar")
    vips("bandjoin", "one.v one.v one.v", "three.v")
    vips("copy", "three.v", "square.v", "--interpretation", "srgb")
    vips("replicate", "square.v", path + options, across, down)


def average(path):
    return float(run_vips("avg", path).out)


def part(path, x, y, size=200):
    vips("crop", path, "part.v", x, y, size, size)
    return read_v("part.v").data


@test
def a_gigapixel_in_a_third_of_a_gigabyte():
    room(3)
    side = GIGAPIXEL // 1024
    gradient("in.tif", side, side)
    j, rss, _ = restore_measured("-m", "null", "--memory", "300M", "in.tif", "out.tif" + TILED)
    check(rss <= j["budget_bytes"], rss, j)
    equal((j["out_width"], j["out_height"]), (GIGAPIXEL, GIGAPIXEL))
    check(abs(average("out.tif") - average("in.tif")) < 1e-9)
    for x, y in ((0, 0), (900, 31000), (GIGAPIXEL - 200, GIGAPIXEL - 200)):
        equal(part("out.tif", x, y), part("in.tif", x, y), x, y)


@test
def a_network_on_sixteen_thousand_pixels_of_width():
    room(3)
    gradient("in.tif", 16, 1)
    for engine in ("native", "ort"):
        j, rss, _ = restore_measured("-m", "upscale2x-fast", "--engine", engine, "--memory", "1G",
                                     "in.tif", "out.tif" + TILED)
        check(rss <= 1e9 and rss <= j["budget_bytes"], engine, rss, j)
        equal((j["out_width"], j["exact"]), (32768, "bits"), engine)


@test
def a_file_past_four_gigabytes():
    """4.6 * 10^9 samples of one byte, uncompressed; both ends of the file are looked at."""
    room(8)
    gradient("in.tif", 12, 30)
    j, rss, _ = restore_measured("-m", "null2x", "--memory", "512M", "in.tif", "out.tif[compression=none]")
    check(rss <= 512e6, rss)
    check(os.path.getsize("out.tif") > 2**32, os.path.getsize("out.tif"))
    with open("out.tif", "rb") as f:
        equal(f.read(4)[2], 43, "BigTIFF")
    for y in (0, 61440 - 200):
        below = part("out.tif", 24576 - 200, y)
        vips("crop", "in.tif", "half.v", 12288 - 100, y // 2, 100, 100)
        vips("zoom", "half.v", "whole.v", 2, 2)
        equal(below, read_v("whole.v").data, y)


@test
def more_rows_than_sixteen_bits_count():
    room(1)
    gradient("in.tif", 1, 70)
    restore("in.tif", "out.tif" + TILED, "-q", "--memory", "200M")
    equal(header("out.tif")["height"], "71680")
    for y in (65400, 71480):
        equal(part("out.tif", 700, y), part("in.tif", 700, y), y)
    refused(2, "-m", "null", "in.tif", "out.jpg", says=["out.jpg", "65500", "71680", ".tif"])


main()
