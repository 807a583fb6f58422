"""What comes with the pixels: orientation, profiles, EXIF, XMP, resolution, alpha, colour spaces."""
import base64
import hashlib
import json
import os
import re
import shutil
import struct
import zlib
from xml.etree import ElementTree

from common import *
from tiff_tags import EXIF, GPS, IPTC, read_tags, write_tiff


def photo(path, width=64, height=48, *options):
    """A smooth picture with texture, through libvips, so that savers can be lossy."""
    write_v("photo.v", picture(width, height, 3, U8))
    vips("gaussblur", "photo.v", "soft.v", "1.2")
    vips("copy", "soft.v", "srgb.v", "--interpretation", "srgb", *options)
    vips("copy", "srgb.v", path)


def with_fields(path, out, **fields):
    """Copy a picture with header fields set, by way of libvips' own format, whose tail is XML."""
    vips("copy", path, "fields.v")
    with open("fields.v", "rb") as f:
        data = f.read()
    types = {int: "gint", str: "VipsRefString", bytes: "VipsBlob"}
    text = ""
    for name, value in fields.items():
        name = name.replace("_", "-")
        if isinstance(value, bytes):
            text += f'<field type="VipsBlob" name="{name}">{base64.b64encode(value).decode()}</field>'
        else:
            text += f'<field type="{types[type(value)]}" name="{name}">{value}</field>'
    at = data.rindex(b"</meta>")  # the last field of a name counts
    with open("fields.v", "wb") as f:
        f.write(data[:at] + text.encode() + data[at:])
    vips("copy", "fields.v", out)


@test
def orientation_is_applied():
    photo("plain.png", 70, 40)
    for n in range(1, 9):
        with_fields("plain.png", "turned.tif", orientation=n)
        equal(field("turned.tif", "orientation"), str(n).encode())
        vips("autorot", "turned.tif", "upright.v")
        r = restore("-v", "--tile", "32", "turned.tif", "out.tif")
        same("out.tif", "upright.v", f"orientation {n}")
        check(header("out.tif").get("orientation", "1") == "1", f"orientation {n} is still there")
        # Rows that are only mirrored keep their order.
        check(n <= 2 or "turned upright" in r.err, r)


@test
def orientation_of_a_jpeg_with_exif():
    photo("plain.jpg", 70, 40)
    for n in (3, 6, 8):
        with_fields("plain.jpg", "turned.jpg", orientation=n)
        equal(header("turned.jpg")["orientation"], str(n))
        vips("autorot", "turned.jpg", "upright.v")
        restore("turned.jpg", "out.png", "-q")
        same("out.png", "upright.v", f"orientation {n}")
        for out in ("out.png", "out.jpg"):
            restore("turned.jpg", out, "-q")
            h = header(out)
            check(h.get("orientation", "1") == "1", out, h)
            check(h.get("exif-ifd0-Orientation", "1").startswith("1"), out, h)


@test
def orientation_of_several_pages():
    photo("plain.png", 40, 30)
    vips("arrayjoin", "plain.png plain.png plain.png", "roll.v", "--across", "1")
    with_fields("roll.v", "roll.tif", page_height=30, orientation=6)
    r = seamless("restore", "-m", "null", "roll.tif", "out.tif", "-q")
    equal(r.code, 0, r)
    vips("autorot", "plain.png", "x.v")
    out = read("out.tif[n=-1]")
    vips("rot", "plain.png", "one.v", "d90")
    one = read("one.v")
    equal((out.width, out.height), (30, 120), "three upright pages, one below the other")
    equal(out.data, 3 * one.data)


@test
def profiles_and_texts_are_kept():
    photo("plain.png")
    vips("icc_export", "plain.png", "p.tif", "--output-profile", "p3", "--depth", "8")
    check(field("p.tif", "icc-profile-data"), "libvips has a profile to begin with")
    with_fields("p.tif", "in.tif", xmp_data=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    for out in ("out.tif", "out.png", "out.jpg", "out.webp", "out.v"):
        restore("in.tif", out, "-q")
        for name in ("icc-profile-data", "xmp-data"):
            if field("in.tif", name) is None:
                continue
            vips("copy", "in.tif", "direct" + out[3:])
            equal(field(out, name), field("direct" + out[3:], name), f"{out}: {name}")
    check(field("out.tif", "icc-profile-data") == field("in.tif", "icc-profile-data"))
    same("out.v", "in.tif")


@test
def exif_is_kept():
    shared("images")
    source = shared("images", "formats", "Landscape_1.jpg")
    restore(source, "out.jpg", "-q")
    vips("copy", source, "direct.jpg")
    before, after = header("direct.jpg"), header("out.jpg")
    for name in before:
        if name.startswith("exif-ifd") and name.split("-")[-1] not in (
                "PixelXDimension", "PixelYDimension", "Software"):
            equal(after.get(name), before[name], name)
    equal(field("out.jpg", "icc-profile-data"), field("direct.jpg", "icc-profile-data"))


PHOTO = {271: (2, "Maker"), 272: (2, "A camera of its"), 315: (2, "Ann Author"),
         33432: (2, "\u00a9 Ann"), 274: (3, [1]),
         EXIF: {33434: (5, [1, 250]), 34855: (3, [400]), 36864: (7, b"0232"),
                36867: (2, "2026:01:02 03:04:05"), 37380: (10, [-1, 3]),
                37500: (7, bytes(range(200))), 40961: (3, [1]), 40962: (4, [999]),
                40963: (4, [888])},
         GPS: {1: (2, "N"), 2: (5, [46, 1, 30, 1, 5, 1])}}


def told(tags):
    """What a TIFF tells of the picture, and not of the file."""
    kept = {id: tags.get(id) for id in PHOTO if id != 274}
    kept[EXIF] = {k: v for k, v in kept[EXIF].items() if k not in (40962, 40963)}
    return kept


@test
def exif_of_tiff_goes_into_tiff_and_out_of_it():
    for order in "<>":
        for big in (False, True):
            write_tiff("in.tif", 40, 30, picture(40, 30, 3, U8).data, PHOTO, bands=3, order=order,
                       big=big)
            r = restore("-m", "null2x", "in.tif", "out.tif")
            check("lost" not in r.err, r)
            before, after = read_tags("in.tif"), read_tags("out.tif")
            equal(told(after), told(before), order, big)
            equal((after[EXIF][40962], after[EXIF][40963]), ([80], [60]))
            restore("in.tif", "out.tif", "-q")
            same("out.tif", "in.tif")
            # By way of JPEG, whose EXIF libvips writes.
            restore("in.tif", "out.jpg", "-q")
            restore("out.jpg", "back.tif", "-q")
            back = told(read_tags("back.tif"))
            for id in PHOTO:
                if id in (EXIF, GPS):
                    for below in PHOTO[id]:
                        if below not in (37500, 40962, 40963):
                            equal(back[id].get(below), before[id][below], order, big, id, below)
                elif id != 274:
                    equal(back[id], before[id], order, big, id)


@test
def exif_of_photographs_goes_into_tiff():
    for name in ("Landscape_6.jpg", "Landscape_8.jpg"):
        source = shared("images", "formats", name)
        restore(source, "out.tif[tile,pyramid]", "-q")
        width, height = read("out.tif").shape()[:2]
        tags, old = read_tags("out.tif"), header(source)
        equal((tags[EXIF][40962], tags[EXIF][40963]), ([width], [height]))
        for id, name in ((271, "Make"), (272, "Model"), (306, "DateTime")):
            was = old.get("exif-ifd0-" + name)
            equal(tags[id].decode() if id in tags else None, was and was.split(" (")[0], name)
        equal(tags.get(274, [1]), [1], "it is upright")


@test
def exif_that_is_broken_is_left_out():
    blob = bytearray(b"Exif\0\0MM\0*\0\0\0\x08\0\x03" + b"\x01\x0f\0\x02\xff\xff\xff\xff\0\0\0\x08" +
                     b"\x87\x69\0\x04\0\0\0\x01\0\0\0\x08" + b"\x01\x10\0\x02\0\0\0\x03ab\0\0" +
                     b"\0\0\0\x08")
    photo("plain.png")
    for cut in (len(blob), 30, 20, 12, 7):
        with_fields("plain.png", "in.v", exif_data=bytes(blob[:cut]))
        restore("in.v", "out.tif", "-q")
        same("out.tif", "plain.png", cut)


def events(path):
    """The history in a file's XMP: who did it, and what."""
    xmp = base64.b64decode(field(path, "xmp-data") or b"").decode()
    if xmp:
        ElementTree.fromstring(re.sub(r"<\?xpacket.*?\?>", "", xmp))
    return re.findall(r'stEvt:softwareAgent="(.*?)" stEvt:parameters="(.*?)"', xmp)


@test
def what_was_done_is_said():
    photo("plain.png", 40, 30)
    for out in ("out.jpg", "out.png", "out.webp", "out.tif"):
        restore("-m", "denoise", "--strength", "0.5", "plain.png", out, "-q")
        (agent, what), = events(out)
        check(agent.startswith("Seamless 0."), agent)
        check(re.fullmatch(r"model denoise \(network file [0-9a-f]{16}, settings [0-9a-f]{16}\), strength 0.5",
                           what), what)
        again = "again" + out[3:]
        restore("-m", "null2x", "--region", "0,0,20x10", "--size", "30x", out, again, "-q")
        equal(events(again)[0], (agent, what), "what was said before")
        equal(events(again)[1][1].split("), ")[1], "region 0,0,20x10, resized to 30x15")
    equal(read_tags("out.tif")[305].decode(), agent)
    check(header("out.jpg")["exif-ifd0-Software"].startswith(agent))
    # The same command makes the same file.
    restore("-m", "denoise", "--strength", "0.5", "plain.png", "more.jpg", "-q", "--threads", "1")
    restore("-m", "denoise", "--strength", "0.5", "plain.png", "out.jpg", "-q", "--threads", "2")
    equal(open("more.jpg", "rb").read(), open("out.jpg", "rb").read())


@test
def history_goes_into_xmp_of_any_kind():
    photo("plain.png", 40, 30)
    ns = "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
    mm = "xmlns:xmpMM='http://ns.adobe.com/xap/1.0/mm/'"
    has = f"<rdf:RDF {ns}><rdf:Description rdf:about='uuid:1' {mm}><xmpMM:History><rdf:Seq>" \
        "<rdf:li>one</rdf:li></rdf:Seq></xmpMM:History></rdf:Description></rdf:RDF>"
    for xmp, count in ((has, 1), (f"<rdf:RDF {ns}><rdf:Description rdf:about='uuid:1'/></rdf:RDF>", 1),
                       ("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", 0), ("no XML <", 0)):
        with_fields("plain.png", "in.v", xmp_data=xmp.encode())
        restore("in.v", "out.tif", "-q")
        if count == 0:
            equal(base64.b64decode(field("out.tif", "xmp-data")).rstrip(b"\0"), xmp.encode())
            continue
        equal(len(events("out.tif")), 1, xmp)
        text = base64.b64decode(field("out.tif", "xmp-data")).decode()
        equal(text.count("<xmpMM:History>"), 1)
        check(text.count("uuid:1") == 1 + (xmp != has), text)


@test
def strip_takes_all_out_but_the_profile():
    photo("plain.png", 40, 30)
    vips("icc_export", "plain.png", "p.tif", "--output-profile", "p3", "--depth", "8")
    write_tiff("tags.tif", 40, 30, picture(40, 30, 3, U8).data, PHOTO | {42113: (2, "7")}, bands=3)
    with_fields("p.tif", "in.v", xmp_data=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
                image_description="secret", png_comment_0_Title="secret")
    for source in ("in.v", "tags.tif"):
        for out in ("out.jpg", "out.png", "out.tif", "out.webp"):
            r = restore("--strip", source, out)
            check("lost" not in r.err, r)
            for name in ("xmp-data", "iptc-data", "image-description", "png-comment-0-Title"):
                equal(field(out, name), None, out)
            found = header(out)
            check("secret" not in str(found) and "Author" not in str(found), out, found)
            equal("icc-profile-data" in found, source == "in.v", out)
            data = open(out, "rb").read()
            check(b"Seamless" not in data and b"Author" not in data, out)
        check("exif-data" not in header("out.png"))
    check(EXIF not in read_tags("out.tif") and 42113 not in read_tags("out.tif"))


@test
def thumbnails_of_what_was_go():
    source = shared("images", "photos", "swissroad_2668x2000.jpg")
    check(field(source, "jpeg-thumbnail-data"), "there is one")
    restore("--region", "100,100,80x60", source, "out.jpg", "-q")
    equal(field("out.jpg", "jpeg-thumbnail-data"), None)
    check(field("out.jpg", "exif-data"))
    for name, options in (("out.jpg", ["--region", "100,100,80x60"]), ("turned.webp", ["--scale", "0.1"])):
        restore(*options, source, name, "-q")
        check(not any(f.startswith("exif-ifd1-") for f in header(name)), name, "a directory of no thumbnail")


@test
def resolution_is_scaled():
    write_v("p.v", picture(30, 20, 3, U8))
    for res in ("11.811", "2.8346"):
        vips("copy", "p.v", "in.tif", "--xres", res, "--yres", res)
        for model, s in (("null", 1), ("null2x", 2), ("null4x", 4)):
            for out in ("out.tif", "out.png", "out.jpg"):
                restore("-m", model, "in.tif", out, "-q")
                got = float(header(out)["xres"])
                check(abs(got - s * float(res)) < 0.02 * s * float(res), f"{out} {model}: {got}")


@test
def cmyk_becomes_srgb_with_a_notice():
    photo("plain.png")
    vips("icc_export", "plain.png", "cmyk.jpg[Q=95]", "--output-profile", "cmyk")
    equal(header("cmyk.jpg")["interpretation"], "cmyk")
    r = restore("--tile", "32", "cmyk.jpg", "out.tif")
    check("cmyk" in r.err and "sRGB" in r.err, r)
    vips("icc_transform", "cmyk.jpg", "expected.v", "srgb", "--embedded", "--input-profile", "cmyk")
    same("out.tif", "expected.v")
    equal(header("out.tif")["interpretation"], "srgb")
    # And without a profile of its own.
    vips("copy", "cmyk.jpg", "bare.tif[strip]")
    restore("bare.tif", "out.png", "-q")
    equal(read("out.png").shape(), (64, 48, 3, U8))


@test
def lab_becomes_srgb_with_a_notice():
    photo("plain.png")
    vips("colourspace", "plain.png", "lab.v", "labs")
    vips("copy", "lab.v", "lab.tif")
    r = restore("--tile", "32", "lab.tif", "out.tif")
    check("lab" in r.err and "sRGB" in r.err, r)
    vips("colourspace", "lab.tif", "expected.v", "rgb16")
    same("out.tif", "expected.v")
    restore("lab.tif", "out.png", "--depth", "8", "-q")
    check(largest_difference("out.png", "plain.png") <= 1)
    restore("-m", "null2x", "lab.tif", "out.jpg", "-q")


@test
def lab_of_other_kinds():
    photo("plain.png")
    for space in ("lab", "xyz", "hsv", "lch"):
        vips("colourspace", "plain.png", f"{space}.v", space)
        r = restore(f"{space}.v", "out.png", "--depth", "8")
        check(("converted to sRGB" if space == "hsv" else "converted to linear RGB") in r.err, r)
        # Hue in eight bits is coarse; the others lose next to nothing.
        check(largest_difference("out.png", "plain.png") <= (12 if space == "hsv" else 2), space)


@test
def shared_pictures_of_other_colours():
    for name in ("Channel_digital_image_CMYK_color.jpg", "cielab-dagams.tiff"):
        source = shared("images", "formats", name)
        r = restore(source, "out.png")
        check("converted to sRGB" in r.err, r)
        equal(read("out.png").bands, 3)


@test
def alpha_gets_no_fringe():
    # A red disc, opaque, on transparent green: nothing green may show after enlarging.
    w, h = 48, 40
    data = bytearray()
    for y in range(h):
        for x in range(w):
            inside = (x - 24) ** 2 + (y - 20) ** 2 < 150
            data += bytes((220, 20, 10, 255) if inside else (0, 255, 0, 0))
    write_v("in.v", Picture(w, h, 4, U8, data))
    for options in ([], ["--tile", "16", "--halo", "16"], ["--alpha", "model"]):
        restore("-m", "null2x", *options, "in.v", "out.v", "-q")
        out = read("out.v").data
        for i in range(0, len(out), 4):
            if out[i + 3] > 8:
                check(out[i + 1] <= 22 and out[i] >= 215, options, list(out[i:i + 4]))


@test
def alpha_over_black_where_the_format_has_none():
    write_v("in.v", picture(30, 20, 4, U8))
    r = restore("in.v", "out.ppm")
    check("no alpha" in r.err, r)
    equal(read("out.ppm").bands, 3)


@test
def iptc_of_a_tiff_is_whole():
    """Of every length and in every form, once, in the words that readers expect, and no letter is turned around."""
    pixels = bytes(60 * 40)
    photo("plain.jpg[strip]")
    with open("plain.jpg", "rb") as f:
        plain = f.read()
    os.makedirs("in")
    for length in (3, 41, 200, 1000):
        iptc = b"\x1c\x02\x19" + struct.pack(">H", length) + bytes(97 + i % 26 for i in range(length))
        padded = iptc + bytes(-len(iptc) % 4)
        block = b"8BIM\4\4\0\0" + struct.pack(">I", len(iptc)) + iptc + bytes(len(iptc) % 2)
        other = b"8BIM\4\x0c\0\0\0\0\0\4null"
        digest = {data: b"8BIM\4\x25\0\0\0\0\0\x10" + hashlib.md5(data).digest() for data in (iptc, padded, b"older")}
        # libtiff takes words of a file of the other order for numbers, and some have written them as such.
        words = {order: (4, struct.unpack(f"{order}{len(padded) // 4}I", padded)) for order in "<>"}
        for name, order, fields in (("bytes", "<", {IPTC: (7, padded)}), ("words", "<", {IPTC: words["<"]}),
                                    ("motorola", ">", {IPTC: words[">"]}), ("turned", "<", {IPTC: words[">"]}),
                                    ("twice", "<", {IPTC: words["<"], 34377: (1, other + block + digest[b"older"])}),
                                    ("block", "<", {34377: (1, block)})):
            write_tiff(f"in/{name}.tif", 60, 40, pixels, fields, order=order)
        written = b"Photoshop 3.0\0" + block + other + digest[iptc]
        write("in/segment.jpg", plain[:2] + b"\xff\xed" + struct.pack(">H", len(written) + 2) + written + plain[2:])
        told = {"twice": other + digest[b"older"], "segment": other + digest[padded]}
        for out in ("out/{name}.tif", "out/{name}.tif[bigtiff]", "out/{name}.jpg"):
            restore("in", out, "-q")
            for name in ("bytes", "words", "motorola", "turned", "twice", "block", "segment"):
                where = (name, out, length)
                path = f"out/{name}{out[10:14]}"
                with open(path, "rb") as f:
                    data = f.read()
                equal(data.count(iptc), 1, where)
                if "tif" not in out:
                    continue
                tags = read_tags(path)
                equal(tags.get(IPTC), iptc, where)
                equal(bytes(tags.get(34377, b"")), told.get(name, b""), where)
                order = "<" if data[:2] == b"II" else ">"
                entry = struct.pack(order + ("HHQ" if "big" in out else "HHI"), IPTC, 4, len(padded) // 4)
                equal(data.count(entry), 1, where)


def with_texts(path, out, *texts):
    """A PNG with compressed texts, each a name and bytes in hexadecimal as ImageMagick lays them out."""
    with open(path, "rb") as f:
        data = f.read()
    chunks = b""
    for name, value in texts:
        lines = value.hex() if isinstance(value, bytes) else value
        lines = "\n".join(lines[i:i + 72] for i in range(0, len(lines), 72))
        text = f"\n{name}\n{len(value):8}\n{lines}\n".encode()
        body = b"zTXt" + f"Raw profile type {name}".encode() + b"\0\0" + zlib.compress(text)
        chunks += struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    write(out, data[:33] + chunks + data[33:])


@test
def profiles_that_are_texts_in_a_png():
    """By what they hold, whatever they are called: EXIF with and without its six letters, XMP, IPTC, blocks, ICC."""
    photo("plain.png", 40, 30)
    vips("icc_export", "plain.png", "p3.tif", "--output-profile", "p3", "--depth", "8")
    profile = base64.b64decode(field("p3.tif", "icc-profile-data"))
    vips("copy", "plain.png", "bare.png[strip]")
    # One directory: Artist, and a picture that lies on its side.
    tiff = struct.pack("<2sHIH", b"II", 42, 8, 2) + struct.pack("<HHIHH", 274, 3, 1, 6, 0) + \
        struct.pack("<HHI4sI", 315, 2, 4, b"Ann\0", 0)
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    iptc = b"\x1c\x02\x50\0\4Anna"
    blocks = b"8BIM\4\4\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0"
    for exif in (("exif", tiff), ("exif", b"Exif\0\0" + tiff), ("APP1", b"Exif\0\0" + tiff)):
        with_texts("bare.png", "in.png", exif)
        for out in ("out.jpg", "out.png", "out.tif"):
            r = restore("in.png", out)
            check("lost" not in r.err, r)
            h = header(out)
            equal((h["width"], h["height"], h.get("orientation", "1")), ("30", "40", "1"), exif, out)
            equal((read_tags(out)[315] if out == "out.tif" else h["exif-ifd0-Artist"].encode())[:3], b"Ann", out)
    for name, value in (("xmp", xmp), ("app1", b"http://ns.adobe.com/xap/1.0/\0" + xmp)):
        with_texts("bare.png", "in.png", (name, value))
        restore("--region", "0,0,40x30", "in.png", "out.tif", "-q")
        check(b"xmpmeta" in base64.b64decode(field("out.tif", "xmp-data")), name)
    for name, value in (("iptc", iptc), ("8bim", blocks), ("iptc", b"Photoshop 3.0\0" + blocks)):
        with_texts("bare.png", "in.png", (name, value))
        restore("in.png", "out.jpg", "-q")
        with open("out.jpg", "rb") as f:
            check(iptc in f.read(), name)
        restore("in.png", "out.tif", "-q")
        with open("out.tif", "rb") as f:
            check(iptc in f.read(), name)
    for name in ("icc", "icm"):
        with_texts("bare.png", "in.png", (name, profile))
        restore("in.png", "out.png", "-q")
        equal(base64.b64decode(field("out.png", "icc-profile-data")), profile)
    # What is no such thing stays a text, and what the picture has is its own.
    for value in ("no digits", "", "4578", b"\0\1\2\3"):
        with_texts("bare.png", "in.png", ("exif", value))
        restore("in.png", "out.png", "-q")
        check(any(name.startswith("png-comment") for name in header("out.png")), value)
    with_texts("bare.png", "in.png", ("icc", profile), ("icc", b"x" * 200))
    restore("in.png", "out.png", "-q")
    equal(base64.b64decode(field("out.png", "icc-profile-data")), profile)


@test
def pixels_of_slides_are_scaled():
    """As openslide tells them: micrometres, in libvips' own format, which holds them."""
    photo("plain.png")
    with_fields("plain.png", "in.v", **{"openslide.mpp_x": "0.25", "openslide.mpp_y": "0.5", "openslide.vendor": "x"})
    for options, x, y in (([], "0.25", "0.5"), (["-m", "null2x"], "0.125", "0.25"), (["--size", "32x"], "0.5", "1")):
        restore(*options, "in.v", "out.v", "-q")
        h = header("out.v")
        equal((h["openslide.mpp-x"], h["openslide.mpp-y"], h["openslide.vendor"]), (x, y, "x"), options)


OME = """<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">\
<Pixels ID="Pixels:0" SizeX="64" SizeY="48" SizeC="3" PhysicalSizeX="0.5" PhysicalSizeXUnit="µm" PhysicalSizeY="0.25" \
Type="uint8"><Channel ID="Channel:0:0" SamplesPerPixel="3"/></Pixels></Image></OME>"""


@test
def pixels_of_microscopes_are_scaled():
    write_tiff("in.tif", 64, 48, bytes(64 * 48), {270: (2, OME.encode() + b"\0")})
    restore("in.tif", "same.tif", "-q")
    equal(read_tags("same.tif")[270].rstrip(b"\0").decode(), OME)
    for options in (["-m", "null2x"], ["--size", "128x"]):
        restore(*options, "in.tif", "out.tif", "-q")
        told = read_tags("out.tif")[270].decode()
        for value in ('SizeX="128"', 'SizeY="96"', 'PhysicalSizeX="0.25"', 'PhysicalSizeY="0.125"',
                      'PhysicalSizeXUnit="µm"'):
            check(f" {value}" in told, options, value, told)
    restore("--region", "8,4,20x10", "in.tif", "out.tif", "-q")
    told = read_tags("out.tif")[270].decode()
    check(' SizeX="20" SizeY="10"' in told and ' PhysicalSizeX="0.5"' in told, told)
    for broken in ("<OME", '<OME><Pixels SizeX="', "<OME><Pixels SizeX=64>", '<OME><Pixels PhysicalSizeX="x">'):
        write_tiff("in.tif", 64, 48, bytes(64 * 48), {270: (2, broken.encode() + b"\0")})
        restore("-m", "null2x", "in.tif", "out.tif", "-q")
        equal(read_tags("out.tif")[270].rstrip(b"\0").decode(), broken)


main()
