"""With the null network every lossless format keeps every pixel."""
import itertools
import os

from common import *
from tiff_tags import read_tags
import modules

LOSSLESS = [
    # name, options, formats, bands
    ("png", "", (U8, U16), (1, 2, 3, 4)),
    ("png", "[interlace]", (U8,), (3,)),
    ("tif", "", (U8, U16), (1, 2, 3, 4)),
    ("tif", "[compression=deflate,predictor=horizontal,tile]", (U8, U16), (3, 4)),
    ("tif", "[compression=zstd]", (U8,), (3,)),
    ("tif", "[compression=lzw,bigtiff]", (U16,), (1,)),
    ("v", "", (U8, U16, F32), (1, 2, 3, 4, 5)),
    ("ppm", "", (U8, U16), (3,)),
    ("pgm", "", (U8, U16), (1,)),
    ("pfm", "", (F32,), (3,)),
    ("webp", "[lossless,exact]", (U8,), (3,)),
    ("jp2", "[lossless]", (U8, U16), (1, 3)),
    ("jxl", "[lossless]", (U8,), (3,)),
    ("fits", "", (U8, U16), (1, 3)),
]


@test
def a_tiff_is_compressed_as_it_was():
    """Unless somebody says how; without loss where it had lost; and nothing else becomes so."""
    for how, was, becomes in (("none", 1, 1), ("lzw", 5, 5), ("deflate", 8, 8), ("packbits", 32773, 32773), ("jpeg", 7, 8)):
        make_input(f"in.tif[compression={how}]", 90, 60)
        equal(read_tags("in.tif")[259], [was])
        for options, wanted in (("", becomes), ("[tile,tile_width=32,tile_height=32]", becomes), ("[compression=none]", 1),
                                ("[compression=lzw]", 5)):
            restore("in.tif", "out.tif" + options, "-q")
            equal((read_tags("out.tif")[259], 322 in read_tags("out.tif")), ([wanted], "tile" in options), how, options)
            same("out.tif", "in.tif")
        restore("in.tif", "out.png", "-q")
        same("out.png", "in.tif")
    make_input("in.png")
    restore("in.png", "out.tif", "-q")
    equal(read_tags("out.tif")[259], [1])


@test
def lossless_formats_keep_every_pixel():
    tried = 0
    for suffix, options, formats, bands in LOSSLESS:
        for format, n in itertools.product(formats, bands):
            p = picture(53, 41, n, format)
            write_v("in.v", p)
            # What libvips itself keeps on this machine is what can be asked for.
            direct = run_vips("copy", "in.v", f"direct.{suffix}{options}")
            if direct.code != 0 or not os.path.getsize(f"direct.{suffix}"):
                continue
            kept = read(f"direct.{suffix}")
            if kept.shape() != p.shape() or kept.data != p.data:
                continue
            tried += 1
            restore("--tile", "24", f"direct.{suffix}", f"out.{suffix}{options}", "-q")
            same(f"out.{suffix}", p, f"{suffix}{options} {format} {n}")
    check(tried > 20, f"only {tried} formats could be tried")


@test
def palette_and_bilevel_pictures():
    vips("gaussnoise", "n.v", "60", "40", "--mean", "128", "--sigma", "50")
    vips("cast", "n.v", "g.v", "uchar")
    vips("bandjoin", "g.v g.v g.v", "rgb.v")
    vips("copy", "rgb.v", "colour.v", "--interpretation", "srgb")
    vips("copy", "colour.v", "palette.png[palette,bitdepth=4]")
    restore("--tile", "16", "palette.png", "out.png", "-q")
    same("out.png", "palette.png", "palette PNG")
    vips("copy", "g.v", "one.tif[bitdepth=1]")
    restore("--tile", "16", "one.tif", "out.tif", "-q")
    same("out.tif", "one.tif", "1 bit TIFF")
    equal(set(read("out.tif").data), {0, 255})


@test
def pictures_of_five_bands():
    for format in (U8, U16, F32):
        p = picture(33, 30, 5, format)
        p.type = MULTIBAND
        write_v("in.v", p)
        vips("copy", "in.v", "in.tif")
        restore("--tile", "16", "in.tif", "out.tif", "-q")
        same("out.tif", "in.tif", format)
        same("out.tif", p, format)


@test
def shared_pictures_in_many_formats():
    folder = shared("images", "formats")
    for name in ("16-bit-grey-alpha.png", "4.webp", "Flag_of_the_Netherlands-16bit.png", "G31D.TIF",
                 "Landscape_1.jpg", "gamma_dalai_lama_gray.jpg", "grey-8bit-alpha.png", "relax.jp2",
                 "tifftag-photoshop.tiff"):
        restore("--tile", "300", os.path.join(folder, name), "out.tif", "-q")
        same("out.tif", os.path.join(folder, name), name)


@test
def a_file_does_not_undo_the_restoration():
    """JPEG and WebP at a fine quality, unless another is asked for."""
    vips("gaussnoise", "n.v", 200, 200, "--mean", 128, "--sigma", 25)
    vips("cast", "n.v", "u8.v", "uchar")
    vips("bandjoin", "u8.v u8.v u8.v", "rgb.v")
    vips("copy", "rgb.v", "in.v", "--interpretation", "srgb")
    for suffix in ("jpg", "webp"):
        sizes = []
        for options in ("", "[Q=75]"):
            restore("in.v", f"out.{suffix}{options}", "-q")
            sizes.append(os.path.getsize(f"out.{suffix}"))
        check(sizes[0] > 1.3 * sizes[1], suffix, sizes)


@test
def exif_that_is_lost_is_said():
    path = shared("images", "lowlight", "DICM_34.jpg")
    vips("crop", path, "small.jpg", 100, 100, 80, 60)
    check(field("small.jpg", "exif-ifd0-Make"), "the photograph tells its maker")
    r = restore("small.jpg", "out.jxl")
    check("EXIF is lost" in r.err and "out.jxl" in r.err, r)
    r = restore("small.jpg", "out.tif")
    check("EXIF" not in r.err, r)
    r = restore("small.jpg", "out.png")
    check("EXIF" not in r.err, r)
    check(field("out.png", "exif-data"))

@test
def colours_of_heif_that_are_not_converted_are_said():
    """Primaries and curves by number (nclx), and a gain map: in words, and only where they are not sRGB's."""
    write_v("in.v", picture(64, 48, 3, U8))
    if run_vips("copy", "in.v", "in.avif").code != 0:
        skip("this libvips writes no AVIF")
    with open("in.avif", "rb") as f:
        data = f.read()
    at = data.find(b"colrnclx")
    if at < 0:
        skip("this libvips writes no numbers of colours")
    for primaries, curve, says in ((1, 13, None), (9, 16, "PQ or HLG"), (9, 18, "PQ or HLG"), (12, 1, "wide gamut"), (12, 13, None), (1, 8, "linear light")):
        write("said.avif", data[:at + 8] + struct.pack(">HH", primaries, curve) + data[at + 12:])
        r = seamless("restore", "-m", "null", "said.avif", "out.png")
        equal(r.code, 0, r)
        equal("what its colours mean" in r.err, says is not None, primaries, curve, r)
        check(not says or says in r.err, r)
    name = b"urn:com:apple:photo:2020:aux:hdrgainmap" + bytes(8)
    write("map.avif", data + struct.pack(">I", 8 + len(name)) + b"free" + name)
    r = seamless("restore", "-m", "null", "map.avif", "out.png")
    equal(r.code, 0, r)
    check("its gain map" in r.err, r)


main()
