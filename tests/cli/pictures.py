"""Files that broke the product, or that were read or written wrongly: those that were found, in
../shared/faults, and those that a few bytes make."""
import base64
import os
import struct
import subprocess
import zlib

from common import *
import modules

# ------------------------------------------------------------------------------- files that were found


def fault(name, file):
    return shared("faults", "pictures", name, file)


# folder, file, output, exit code, words that must be said
FOUND = [
    ("apng", "iss634.apng", "o.png", 0, ["41 frames"]),
    ("avif-10-bit", "rgb.png", "o.avif[bitdepth=10]", 2, ["8 or 12"]),
    ("avif-10-bit", "rgba.png", "o.avif[bitdepth=10]", 2, ["8 or 12"]),
    ("bands-dropped", "mb7.tif", "o.png", 2, ["7 bands", ".tif"]),
    ("cmyk-psd", "escenic-liquid-logo.psd", "o.png", 1, ["CMYK", "RGB"]),
    ("float-becomes-8-bit", "logluv.tif", "o.tif", 0, ["xyz", "linear RGB"]),
    ("geotiff", "bonne.geo.tif", "o.png", 0, ["georeference"]),
    ("hdr-says-nothing", "cicp.png", "o.png", 0, ["PQ or HLG"]),
    ("hdr-says-nothing", "gama1.png", "o.png", 0, ["gAMA"]),
    ("hdr-says-nothing", "colors_hdr_rec2020.avif", "o.png", 0, ["HDR"]),
    ("jp2-heap", "issue412.jp2", "o.png", 1, ["palette", "opj_decompress"]),
    ("jxl-default", "photo.jpg", "o.jxl", 0, ["EXIF", "XMP"]),
    ("jxl-default", "rgba16.png", "o.tif[compression=jpeg]", 0, ["depth 16", "no alpha"]),
    ("planar-ycbcr", "planar-yuv444-jpeg-lzw.tif", "o.png", 1, ["YCbCr"]),
    ("wrong-picture-of-many", "pitm.avif", "o.png", 0, ["5 pages", "--page"]),
    ("wrong-picture-of-many", "pyr2.tif", "o.tif", 0, ["--page"]),
    ("wrong-picture-of-many", "multipage.tiff", "o.tif", 1, ["--page"]),
]


@test
def pictures_that_were_found():
    for folder, file, out, code, words in FOUND:
        for name in ("o.png", "o.tif", "o.avif", "o.jxl"):
            if os.path.exists(name):
                os.unlink(name)
        r = seamless("restore", "-m", "null", fault(folder, file), out)
        equal(r.code, code, folder, r)
        for word in words:
            check(word in r.err, f"{folder}: '{word}' is not said by", r)
        leftovers(".")
        if code:
            check(not os.path.exists(out.split("[")[0]), folder)


@test
def white_stays_white():
    for file in ("m4095.pgm", "m15.pgm", "m100.ppm"):
        restore(fault("pnm-maxval", file), "o.png", "-q")
        p = read("o.png")
        check(max(p.samples()) >= (64000 if p.format == U16 else 254), file, max(p.samples()))


@test
def near_infrared_is_no_alpha():
    source = fault("nir-is-no-alpha", "naip.tif")
    r = restore("-m", "smooth", source, "o.tif")
    check("no alpha" in r.err, r)
    before, after = read(source), read("o.tif")
    right = [i for i in range(len(before.data)) if i % 4 < 3 and i // 4 % before.width >= 60]
    changed = sum(before.data[i] != after.data[i] for i in right)
    check(changed > len(right) // 2, f"{changed} of {len(right)} samples were restored")
    equal(after.data[3::4], before.data[3::4], "and the band itself is as it was")
    with open("o.tif", "rb") as f:
        data = f.read()
    check(struct.pack("<HHI", 338, 3, 1) + b"\0\0" in data, "the result says so too")


@test
def a_linear_profile_is_linear_light():
    source = fault("linear-profile", "lin_icc.tif")
    restore("-m", "smooth", source, "o.tif", "-q")
    restore("-m", "smooth", "--transfer", "srgb", source, "p.tif", "-q")
    same("o.tif", "p.tif")
    restore("-m", "smooth", "--transfer", "none", source, "q.tif", "-q")
    check(read("o.tif").data != read("q.tif").data)
    for file in ("lin_icc.tif", "lin16_icc.tif"):
        restore(fault("linear-profile", file), "o.tif", "-q")
        same("o.tif", fault("linear-profile", file), "what is left alone is so to the bit")


@test
def a_folder_of_more_than_pictures():
    folder = os.path.dirname(fault("folder-junk", "pics/a.png"))
    os.mkdir("out")
    r = restore(folder, "out/")
    equal(sorted(os.listdir("out")), ["a.png", "c4.ppm"])
    check("WARNING" not in r.err, r)


@test
def a_profile_of_other_colours_goes():
    folder = ("faults", "networks", "icc-of-other-colours")
    for out in ("o.tif", "o.jpg"):
        r = restore("-m", shared(*folder, "grey2rgb.onnx"), shared(*folder, "gicc.tif"), out)
        check("profile" in r.err, r)
        equal(field(out, "icc-profile-data"), None, out)


# ------------------------------------------------------------------------------ files that bytes make


@test
def pnm_of_every_kind():
    for data, expected in [
            (b"P1\n# one\n# two\n4 2\n10100101", [0, 255, 0, 255, 255, 0, 255, 0]),
            (b"P2 2 2 15 0 15\n# between\n 7 8", [0, 255, 119, 136]),
            (b"P5\n#a\n#b\n2 1\n100\n\x00\x64", [0, 255]),
            (b"P5 2 1 4095\n\x00\x00\x0f\xff", [0, 65535]),
            (b"P6 1 1 31\n\x1f\x00\x1f", [255, 0, 255]),
            (b"P3 1 1 1023 1023 0 512", [65535, 0, 32800])]:
        write("in.pnm", data)
        restore("in.pnm", "o.v", "-q")
        equal(list(read("o.v").samples()), expected, data)
    write("in.pnm", b"P2 3 1 100 0 50")
    fails(1, "in.pnm", says=["cut short", "--allow-damaged"])


@test
def a_named_pipe_is_read_as_standard_input_is():
    make_input("in.png")
    os.mkfifo("pipe")
    feeder = subprocess.Popen(["sh", "-c", "cat in.png > pipe"])
    restore("pipe", "o.png", "-q")
    feeder.wait()
    same("o.png", "in.png")
    # As <(cat in.png) names it.
    with subprocess.Popen(["cat", "in.png"], stdout=subprocess.PIPE) as p:
        fd = p.stdout.fileno()
        subprocess.run([SEAMLESS, "restore", "-q", "-m", "null", f"/dev/fd/{fd}", "p.png"], pass_fds=[fd], check=True, timeout=60)
    same("p.png", "in.png")
    # Nothing comes out of this one, which is open on both ends once open() returns: the first signal is heard.
    p = subprocess.Popen([SEAMLESS, "restore", "-m", "null", "pipe", "o.png"], stderr=subprocess.PIPE)
    fd = os.open("pipe", os.O_WRONLY)
    p.terminate()
    equal(p.wait(60), 130)
    os.close(fd)


def tiff(fields, data=b"\0" * 64):
    """A little-endian TIFF of one strip; `fields` are (tag, type, values)."""
    fields = sorted(fields + [(273, 4, [8])])
    at = 8 + len(data)
    after = at + 2 + 12 * len(fields) + 4
    entries, more = b"", b""
    for tag, type, values in fields:
        value = b"".join(struct.pack({3: "<H", 4: "<I"}[type], v) for v in values)
        if len(value) > 4:
            value, more = struct.pack("<I", after + len(more)), more + value
        entries += struct.pack("<HHI", tag, type, len(values)) + value.ljust(4, b"\0")
    return (b"II*\0" + struct.pack("<I", at) + data + struct.pack("<H", len(fields)) + entries +
            b"\0\0\0\0" + more)


def plain(width=4, height=4, samples=1, photometric=1, bits=8, compression=1, **more):
    fields = [(256, 3, [width]), (257, 3, [height]), (258, 3, [bits] * samples), (259, 3, [compression]),
              (262, 3, [photometric]), (277, 3, [samples]), (278, 3, [height]),
              (279, 4, [width * height * samples])]
    return fields + [(int(tag[1:]), 3, value) for tag, value in more.items()]


def jpeg(frame, bits=8):
    """A JPEG of 8 x 8 grey pixels as far as its first scan, whose frame is of that kind."""
    return (b"\xff\xd8" + segment(frame, struct.pack(">BHHB", bits, 8, 8, 1) + b"\1\x11\0") +
            segment(0xDA, b"\1\1\0\0\x3f\0") + bytes(64))


def boxes(brand):
    return struct.pack(">I", 20) + b"ftyp" + brand + bytes(4) + brand + struct.pack(">I", 64) + b"moov" + bytes(56)


@test
def tiff_fields_decide():
    for fields, words in [(plain(photometric=32803), ["sensor"]),
                          (plain(t254=[1], t330=[8]), ["raw photograph", "--page 1"]),
                          (plain(samples=3, photometric=6, t284=[2]), ["YCbCr"])]:
        write("in.tif", tiff(fields))
        fails(1, "in.tif", says=words)


@test
def kinds_that_are_not_read_are_named():
    """And never get the remedy for a file that is cut short."""
    tiles = dict(t284=[2], t322=[16], t323=[16], t324=[8, 264, 520], t325=[256, 256, 256])
    halves = dict(t339=[3])
    for data, words in [
            (tiff(plain(bits=12)), ["12 bit samples", "convert"]),
            (tiff(plain(bits=16, **halves)), ["16 bit floats", "gdal_translate"]),
            (tiff(plain(samples=3, photometric=6, t530=[2, 2])), ["subsampled", "tiff2rgba"]),
            (tiff(plain(samples=3, photometric=2, **tiles), bytes(800)), ["together", "tiffcp"]),
            (tiff(plain(compression=9999)), ["9999", "LZW"]),
            (jpeg(0xC3), ["lossless JPEG", "ffmpeg"]), (jpeg(0xF7), ["JPEG-LS"]),
            (jpeg(0xC1, bits=12), ["JPEG of 12 bits"]),
            (boxes(b"hevc"), ["sequence of HEIF", "ffmpeg"]), (boxes(b"avis"), ["sequence of AVIF"]),
            (boxes(b"mp42"), ["a film"]), (boxes(b"crx "), ["raw photograph", "darktable"])]:
        write("in.tif", data)
        r = fails(1, "in.tif", says=words)
        check("cut short" not in r.err, r)
    # Which later ones than libvips 8.14 may read.
    write("in.tif", tiff(plain(bits=64, **halves), bytes(800)))
    r = seamless("restore", "-m", "null", "in.tif", "out.tif")
    check(r.code == 0 or "64 bit floats" in r.err and "gdal_translate" in r.err, r)


@test
def colours_of_a_tiff_are_not_taken_for_others():
    for photometric, words in ((6, ["YCbCr", "tiff2rgba"]), (9, ["Lab"]), (10, ["Lab"]), (99, ["99"])):
        write("in.tif", tiff(plain(samples=3, photometric=photometric, t530=[1, 1])))
        fails(1, "in.tif", says=words)


@test
def premultiplied_alpha_is_made_straight():
    pixels = bytes([100, 50, 0, 128] * 16)
    write("in.tif", tiff(plain(samples=4, photometric=2, t338=[1]), pixels))
    restore("in.tif", "o.v", "-q")
    equal(list(read("o.v").samples()[:4]), [199, 99, 0, 128])
    write("in.tif", tiff(plain(samples=4, photometric=2, t338=[2]), pixels))
    restore("in.tif", "o.v", "-q")
    equal(read("o.v").data, pixels)


@test
def fields_of_a_tiff_cost_what_its_pixels_do():
    # Each of 20000 fields of one tag names a list of two million sizes.
    sizes = b"\1\0\0\0" * 2000000
    fields = b"".join(struct.pack("<HHII", 279, 4, 2000000, 8) for _ in range(20000))
    head = b"".join(struct.pack("<HHI", tag, type, 1) + struct.pack("<I", v) for tag, type, v in [
        (256, 3, 4), (257, 3, 4), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1),
        (278, 3, 4)])
    write("in.tif", b"II*\0" + struct.pack("<I", 8 + len(sizes)) + sizes +
          struct.pack("<H", 20008) + head + fields + b"\0\0\0\0")
    before = os.times()
    seamless("plan", "-m", "null", "in.tif")
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    check(spent < 60, f"{spent:.1f} s of processor time, where reading every list takes hours")


@test
def psd_of_cmyk():
    write("in.psd", b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 4, 1, 1, 8, 4) + bytes(40))
    fails(1, "in.psd", says=["CMYK"])


def png(width, height, *chunks):
    def chunk(type, data):
        return struct.pack(">I", len(data)) + type + data + struct.pack(">I", zlib.crc32(type + data))
    rows = zlib.compress(b"\0" * (height * (1 + 3 * width)))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            b"".join(chunk(*c) for c in chunks) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


@test
def png_chunks_that_are_lost_are_said():
    for chunk, word in [((b"acTL", struct.pack(">II", 7, 0)), "7 frames"),
                        ((b"cICP", bytes([9, 16, 0, 1])), "PQ or HLG"),
                        ((b"cICP", bytes([9, 1, 0, 1])), "wide gamut"),
                        ((b"gAMA", struct.pack(">I", 100000)), "gAMA"),
                        ((b"iTXt", b"Title\0\0\0\0\0gr\xc3\xb6\xc3\x9fe"), "iTXt")]:
        write("in.png", png(8, 8, chunk))
        r = restore("in.png", "o.png")
        check(word in r.err, r)
    write("in.png", png(8, 8, (b"gAMA", struct.pack(">I", 45455)), (b"cICP", bytes([1, 13, 0, 1]))))
    check("lost" not in restore("in.png", "o.png").err)


@test
def options_are_checked_before_the_first_row():
    make_input("in.png")
    for out, word in [("o.jpg[Q=200]", "1 to 100"), ("o.jpg[quality=9]", "quality"),
                      ("o.avif[bitdepth=10]", "8 or 12"), ("o.png[Q=x]", "number")]:
        r = refused(2, "-m", "null", "in.png", out, says=[word])
        check(not os.path.exists(out.split("[")[0]), r)


@test
def encoders_that_take_more_than_the_budget_are_refused():
    make_input("in.png", 1000, 1000)
    for out in ("o.tif[compression=zstd,level=22]", "o.jxl[effort=9]"):
        refused(1, "-m", "null", "--memory", "150M", "in.png", out, says=["encoder", "--memory"])


@test
def pfm_is_linear_light_of_zero_to_one():
    for format, depth in ((U8, "8"), (U16, "16")):
        make_input("in.png", format=format)
        restore("in.png", "o.pfm", "-q")
        check(max(read("o.pfm").samples()) <= 1)
        restore("--depth", depth, "o.pfm", "back.png", "-q")
        check(largest_difference("back.png", "in.png") <= 1)


@test
def bands_that_a_format_does_not_hold_are_refused():
    for bands in (5, 7):
        p = picture(20, 10, bands, U16)
        p.type = MULTIBAND
        write_v("in.v", p)
        for out in ("o.png", "o.jpg", "o.webp"):
            refused(2, "-m", "null", "in.v", out, says=[f"{bands} bands", ".tif"])
        restore("in.v", "o.tif", "-q")
        same("o.tif", p)


@test
def colour_into_a_format_of_grey_is_refused_at_once():
    """Nothing is made first: this network would take minutes."""
    write_v("c.v", picture(20, 10, 3, U8))
    write_v("g.v", picture(20, 10, 1, U8))
    write_v("ga.v", picture(20, 10, 2, U8))
    slow = ("-m", "null:slow=600000")
    for source, out, word in [("c.v", "o.pgm", "holds 1"), ("c.v", "o.pbm", "holds 1"),
                              ("c.v", "o.csv", "holds 1"), ("ga.v", "o.csv", "alpha"),
                              ("ga.v", "o.png[bitdepth=1]", "alpha"), ("c.v", "o.szi", "no format")]:
        refused(2, *slow, source, out, says=[word])
    check("black and white" in restore("g.v", "o.pbm").err)
    restore("g.v", "o.pgm", "-q")
    same("o.pgm", "g.v")
    # A format without grey gets the same grey in three bands.
    restore("g.v", "o.bmp", "-q")
    equal(list(read("o.bmp").samples()[::3]), list(read("g.v").samples()))


XMP = b"""<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description tiff:Orientation="6"
 tiff:ImageWidth="60" hdrgm:Version="1.0" dc:format="image/jpeg"><exif:PixelXDimension>60</exif:PixelXDimension>
<Container:Directory><rdf:Seq><rdf:li Item:Semantic="GainMap"/></rdf:Seq></Container:Directory>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def segment(code, data):
    return bytes([0xFF, code]) + struct.pack(">H", len(data) + 2) + data


def photograph(orientation):
    """A JPEG with XMP, IPTC, a resolution in 8BIM and EXIF that says how it lies."""
    make_input("make.jpg[strip]", 60, 40)
    with open("make.jpg", "rb") as f:
        data = f.read()
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0" + struct.pack("<HHIHH", 274, 3, 1, orientation, 0) + bytes(4)
    iptc = b"\x1c\x02\x19\0\4alps"
    block = b"8BIM\4\4\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0"
    block += b"8BIM\3\xed\0\0" + struct.pack(">IIHHIHH", 16, 72 << 16, 1, 1, 72 << 16, 1, 1)
    write("in.jpg", data[:2] + segment(0xE1, exif) + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP) +
          segment(0xED, b"Photoshop 3.0\0" + block) + data[2:])


@test
def what_the_pixels_contradict_is_corrected():
    photograph(6)
    for out in ("o.jpg", "o.png", "o.tif"):
        r = restore("-m", "null2x", "in.jpg", out)
        with open(out, "rb") as f:
            data = f.read()
        xmp = base64.b64decode(field(out, "xmp-data"))
        check(b'tiff:Orientation="1"' in xmp and b'tiff:ImageWidth="80"' in xmp, out, xmp)
        check(b"<exif:PixelXDimension>80<" in xmp and b"dc:format" in xmp, out, xmp)
        check(b"hdrgm" not in xmp and b"Container:Directory" not in xmp, out, xmp)
        check("gain map" in r.err, r)
        equal(header(out)["width"], "80")
        if out != "o.png":
            check(b"\x1c\x02\x19\0\4alps" in data, "IPTC is kept", out)
            check(struct.pack(">I", 144 << 16) in data, "resolution in 8BIM is scaled", out)
        else:
            check("IPTC" in r.err, r)
    restore("o.tif", "back.jpg", "-q")
    with open("back.jpg", "rb") as f:
        check(b"Photoshop 3.0\08BIM" in f.read(), "in a segment of its own")


@test
def metadata_that_is_too_large_is_said():
    photograph(1)
    with open("in.jpg", "rb") as f:
        data = f.read()
    vips("copy", "in.jpg", "in.v")
    with open("in.v", "rb") as f:
        data = f.read()
    at = data.rindex(b"</meta>")
    big = base64.b64encode(XMP + b" " * 80000)
    write("in.v", data[:at] + b'<field type="VipsBlob" name="xmp-data">' + big + b"</field>" + data[at:])
    r = restore("in.v", "o.jpg")
    check("XMP" in r.err and "larger" in r.err, r)


main()
