"""Where on earth a picture lies: GeoTIFF's fields and GDAL's, kept and scaled."""
import json
import shutil

from common import *
from tiff_tags import read_tags, write_tiff

SCALE, POINTS, MATRIX, KEYS, TEXTS, METADATA, NODATA, RPC = \
    33550, 33922, 34264, 34735, 34737, 42112, 42113, 50844
W, H = 30, 20


def keys(raster):
    return (3, [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, raster, 3072, 0, 1, 32633])


def geo(raster=1, **more):
    tags = {SCALE: (12, [10.0, 8.0, 0.0]), POINTS: (12, [0.0, 0.0, 0.0, 500000.0, 5e6, 0.0]),
            KEYS: keys(raster), TEXTS: (2, "WGS 84|"), NODATA: (2, "7")}
    tags.update(more)
    return tags


def source(path, tags, **how):
    write_tiff(path, W, H, picture(W, H, 1, U8).data, tags, **how)


@test
def fields_of_every_kind_of_tiff():
    for order in "<>":
        for big in (False, True):
            source("in.tif", geo(), order=order, big=big)
            for out in ("out.tif", "out.tif[bigtiff,tile,compression=deflate]"):
                r = restore("in.tif", out)
                check("lost" not in r.err, r)
                tags = read_tags("out.tif")
                for id in (SCALE, POINTS, KEYS, NODATA, TEXTS):
                    equal(tags[id], read_tags("in.tif")[id], order, big, out, id)
            same("out.tif", "in.tif")


@test
def pixels_are_scaled():
    source("in.tif", geo())
    for options, sx, sy in ((["-m", "null2x"], 2, 2), (["-m", "null4x"], 4, 4),
                            (["--size", "45x50!"], 1.5, 2.5)):
        restore(*options, "in.tif", "out.tif", "-q")
        tags = read_tags("out.tif")
        equal(tags[SCALE], [10 / sx, 8 / sy, 0])
        equal(tags[POINTS], [0, 0, 0, 500000, 5e6, 0])


@test
def nobody_makes_up_how_large_it_is():
    """A TIFF that says nothing of a resolution becomes one that does not either, of each page."""
    for order, big in (("<", False), (">", True)):
        source("in.tif", geo(), order=order, big=big)
        for options, has in (([], False), (["--scale", "2"], False), (["--strip"], False), (["--dpi", "254"], True)):
            restore(*options, "-m", "null2x" if options else "null", "in.tif", "out.tif", "-q")
            tags = read_tags("out.tif")
            equal([id in tags for id in (282, 283, 296)], [has] * 3, options, big)
    source("in.tif", geo(**{}) | {282: (5, [300, 1]), 283: (5, [300, 1]), 296: (3, [2])})
    restore("in.tif", "out.tif", "-q")
    check(282 in read_tags("out.tif"))


@test
def a_region_lies_where_it_was():
    source("in.tif", geo())
    restore("-m", "null2x", "--region", "10,5,12x8", "--scale", "2.5", "in.tif", "out.tif", "-q")
    tags = read_tags("out.tif")
    equal(tags[SCALE], [4, 3.2, 0])
    equal(tags[POINTS], [0, 0, 0, 500100, 5e6 - 13 * 3.2, 0])
    restore("-m", "null2x", "--region", "10,5,12x8", "in.tif", "out.tif", "-q")
    tags = read_tags("out.tif")
    equal(tags[SCALE], [5, 4, 0])
    equal(tags[POINTS], [0, 0, 0, 500100, 5e6 - 40, 0])


@test
def samples_that_are_points():
    """The middle of the first pixel moves by a quarter of a pixel of the picture, up and left."""
    source("in.tif", geo(raster=2))
    restore("-m", "null2x", "in.tif", "out.tif", "-q")
    equal(read_tags("out.tif")[POINTS], [0, 0, 0, 500000 - 2.5, 5e6 + 2, 0])
    restore("in.tif", "out.tif", "-q")
    equal(read_tags("out.tif")[POINTS], [0, 0, 0, 500000, 5e6, 0])


@test
def control_points_and_matrices():
    matrix = [10.0, 2.0, 0.0, 5e5, 3.0, -8.0, 0.0, 5e6, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    points = [4.0, 6.0, 0.0, 1.0, 2.0, 0.0, 20.0, 16.0, 0.0, 3.0, 4.0, 0.0]
    rpc = [float(i) for i in range(92)]
    source("in.tif", {MATRIX: (12, matrix), POINTS: (12, points), KEYS: keys(1), RPC: (12, rpc)})
    restore("-m", "null2x", "--region", "2,4,20x12", "in.tif", "out.tif", "-q")
    tags = read_tags("out.tif")
    equal(tags[MATRIX], [5, 1, 0, 5e5 + 20 + 8, 1.5, -4, 0, 5e6 + 6 - 32] + matrix[8:])
    equal(tags[POINTS], [4, 4, 0, 1, 2, 0, 36, 24, 0, 3, 4, 0])
    equal(tags[RPC][:9], [0, 1, (2 - 4 + .5) * 2 - .5, (3 - 2 + .5) * 2 - .5, 4, 5, 6, 14, 16])
    equal(tags[RPC][9:], rpc[9:])


@test
def statistics_of_other_samples_go():
    items = ['<Item name="STATISTICS_MEAN" sample="0">12</Item>', '<Item name="KEY">value</Item>']
    source("in.tif", geo() | {METADATA: (2, "<GDALMetadata>\n  " + "\n  ".join(items) +
                                          "\n</GDALMetadata>\n")})
    restore("in.tif", "out.tif", "-q")
    text = read_tags("out.tif")[METADATA]
    check(b"STATISTICS" not in text and b'<Item name="KEY">value</Item>' in text, text)


@test
def what_cannot_hold_it_says_so():
    source("in.tif", geo())
    check("the georeference is lost" in restore("in.tif", "out.png").err)
    source("in.tif", geo() | {274: (3, [6])})
    check("georeference" in restore("in.tif", "out.tif").err)
    check(POINTS not in read_tags("out.tif"))


PHOTOMETRIC, EXTRA, BITS = 262, 338, 258


def source_of_many(path, photometric, extra):
    data = picture(W, H, 7, U16).data
    write_tiff(path, W, H, data, geo() | {PHOTOMETRIC: (3, [photometric]), EXTRA: (3, extra)},
               bands=7, bits=16)


@test
def many_bands_are_what_they_were():
    """Grey or three colours, and no alpha behind them where the picture says so."""
    for photometric, extra in ((1, [0] * 6), (2, [0] * 4)):
        source_of_many("in.tif", photometric, extra)
        for options, out in (((), "out.tif"), (("--strip",), "out.tif[tile,compression=deflate]"),
                             (("-m", "null2x"), "out.tif[pyramid,tile,bigtiff]"),
                             (("--size", "20x20!"), "out.tif")):
            restore("-q", *options, "in.tif", out)
            tags = read_tags("out.tif")
            equal((tags[PHOTOMETRIC], tags[EXTRA]), ([photometric], extra), options)
            equal(tags[BITS], [16] * 7)
        restore("-q", "in.tif", "out.tif")
        same("out.tif", "in.tif")
        if shutil.which("gdalinfo"):
            before, after = (json.loads(run("gdalinfo", "-json", name).out)["bands"]
                             for name in ("in.tif", "out.tif"))
            equal(*([b["colorInterpretation"] for b in bands] for bands in (after, before)))


@test
def gdal_reads_it():
    if not shutil.which("gdalinfo") or not shutil.which("gdal_translate"):
        skip("there is no gdalinfo here")
    source("in.tif", geo())

    def told(path):
        r = run("gdalinfo", "-json", path)
        equal(r.code, 0, r)
        return json.loads(r.out)
    run("gdal_translate", "-q", "-of", "COG", "in.tif", "cog.tif")
    for name, options in (("in.tif", ""), ("in.tif", "[tile,pyramid,compression=deflate,bigtiff]"),
                          ("cog.tif", "[tile,pyramid,compression=lzw]"),
                          ("cog.tif", "[tile,tile_width=16,tile_height=16,pyramid]")):
        r = restore("-m", "null4x", name, "out.tif" + options)
        before, after = told(name), told("out.tif")
        equal(after["size"], [4 * W, 4 * H])
        for key in ("cornerCoordinates", "coordinateSystem"):
            equal(after[key], before[key], name, options)
        equal(after["bands"][0]["noDataValue"], 7)
        check("lost" not in r.err, r)
    check(after["bands"][0]["overviews"], "a pyramid")


def bands_of(p, which):
    """A picture of these bands of another."""
    data = bytes(p.data[i + b] for i in range(0, len(p.data), p.bands) for b in which)
    return Picture(p.width, p.height, len(which), p.format, data)


@test
def bands_go_through_a_network_of_colours_by_threes():
    """The last group is filled up with the last band; whatever is asked of tiles, the same bits."""
    for bands in (4, 5, 8):
        many = picture(40, 24, bands, U8)
        many.type = MULTIBAND
        write_v("many.v", many)
        plan = seamless("plan", "-m", "denoise-fast", "many.v").out.decode()
        groups = -(-bands // 3)
        check(f"by threes: {groups} groups, the last of them filled" in plan, plan)
        r = restore("-m", "denoise-fast", "--json", "many.v", "out.v")
        equal(json.loads(r.out)["runs"], groups)
        restored = read("out.v")
        equal(restored.shape(), many.shape())
        for first in range(0, bands, 3):
            group = [min(first + i, bands - 1) for i in range(3)]
            write_v("three.v", bands_of(many, group))
            restore("-q", "-m", "denoise-fast", "three.v", "three-out.v")
            there = range(min(3, bands - first))
            same(bands_of(restored, [first + i for i in there]),
                 bands_of(read("three-out.v"), there), f"{bands} bands, group from {first}")
        restore("-q", "-m", "denoise-fast", "--tile", "16", "many.v", "tiles.v")
        same("tiles.v", restored)
    each = seamless("plan", "-m", "denoise-fast", "--luma", "each", "many.v").out.decode()
    check("each band goes through the network by itself" in each, each)


main()
