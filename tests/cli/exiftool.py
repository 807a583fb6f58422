"""What exiftool reads before and after: of files that cameras wrote, and of such that are laid out as theirs."""
import json
import os
import shutil

from common import *
from tiff_tags import write_tiff


GROUPS = ("ExifIFD:", "GPS:", "IPTC:", "XMP-dc:", "IFD0:Make", "IFD0:Model", "IFD0:Artist", "IFD0:Copyright",
          "IFD0:ModifyDate")
# What is of the pixels, or of libvips' own (it writes none of the colour space of EXIF in a TIFF).
OWN = ("ExifIFD:ExifImageWidth", "ExifIFD:ExifImageHeight", "ExifIFD:ColorSpace", "XMP-dc:Format",
       "ExifIFD:ComponentsConfiguration", "ExifIFD:FlashpixVersion", "ExifIFD:ExifVersion")


def exiftool(*args):
    """What another program reads of each file, by its name."""
    if not shutil.which("exiftool"):
        skip("exiftool is absent (Debian: libimage-exiftool-perl)")
    r = run("exiftool", *args)
    return {o["SourceFile"]: o for o in json.loads(r.out)} if "-j" in args else r


def is_told_again(before, after, size, where, without=()):
    equal((after.get("ExifTool:Warning"), after.get("ExifTool:Error")), (None, None), where)
    for key, value in before.items():
        if key.startswith(GROUPS) and key not in OWN and not key.startswith(without or "-"):
            equal(after.get(key), value, where, key)
    if "ExifIFD:ExifImageWidth" in after:
        equal(f"{after['ExifIFD:ExifImageWidth']}x{after['ExifIFD:ExifImageHeight']}", size, where)


@test
def exiftool_before_and_after():
    """What cameras of five makers wrote, as another program reads it, in TIFF and in JPEG."""
    made = set()
    for name in ("formats/Channel_digital_image_CMYK_color.jpg", "formats/tifftag-photoshop.tiff",
                 "formats/cielab-dagams.tiff", "lowlight/SCI_difficult_1482.png", "lowlight/DICM_34.jpg"):
        source = shared("images", name)
        before = exiftool("-j", "-G1", source)[source]
        made.add(before["IFD0:Make"])
        for out in ("out.tif", "out.jpg"):
            told = restore(source, out).err
            size = "{width}x{height}".format_map(header(out))
            # JPEG has no room for what is larger than a segment, which is said.
            is_told_again(before, exiftool("-j", "-G1", out)[out], size, (name, out),
                          "XMP" if out == "out.jpg" and "XMP" in told else ())
    equal(len(made), 5)


# As five other makers lay it out: the order of bytes, where it stands in the file, and what of it there is.
LAID_OUT = {
    "apple.jpg": ("MM", "Apple", "iPhone 13", ["-GPSLatitude=48.1", "-GPSLatitudeRef=N", "-GPSAltitude=520", "-OffsetTimeOriginal=+02:00"]),
    "olympus.jpg": ("II", "OLYMPUS CORPORATION", "E-M1MarkII", ["-LensModel=OLYMPUS M.12-40mm F2.8", "-IPTC:City=Graz", "-IPTC:Keywords=a"]),
    "leica.tif": ("II", "Leica Camera AG", "LEICA Q2", ["-ISO=50", "-XMP-dc:Title=Hof", "-Copyright=\u00a9 Ann"]),
    "panasonic.tif": ("MM", "Panasonic", "DC-G9", ["-ExposureTime=1/250", "-IPTC:Headline=Berg", "-GPSLongitude=11", "-GPSLongitudeRef=E"]),
    "google.png": ("MM", "Google", "Pixel 8", ["-SubSecTimeOriginal=123", "-XMP-dc:Creator=\u00c4nn", "-FNumber=1.7"]),
}


@test
def exiftool_before_and_after_of_five_more_makers():
    os.makedirs("in")
    make_input("plain.png", 64, 48)
    for name, (order, make, model, more) in LAID_OUT.items():
        if name.endswith(".tif"):
            write_tiff(f"in/{name}", 64, 48, bytes(64 * 48 * 3), {}, bands=3, order="<" if order == "II" else ">")
        else:
            vips("copy", "plain.png", f"in/{name}[strip]")
        r = exiftool("-q", "-overwrite_original", f"-exifbyteorder={order}", f"-Make={make}", f"-Model={model}",
                     "-Artist=Ann Author", "-DateTimeOriginal=2026:01:02 03:04:05", "-FocalLength=28", *more, f"in/{name}")
        equal(r.code, 0, r)
    before = exiftool("-j", "-G1", *(f"in/{name}" for name in LAID_OUT))
    for kind in ("tif", "jpg"):
        r = restore("-m", "null2x", "in", "out/{name}." + kind)
        check("lost" not in r.err, r)
        after = exiftool("-j", "-G1", *(f"out/{name[:-4]}.{kind}" for name in LAID_OUT))
        for name, (order, make, _, more) in LAID_OUT.items():
            told = before[f"in/{name}"]
            equal(told["IFD0:Make"], make)
            check(len([key for key in told if key.startswith(GROUPS)]) >= 5 + len(more) - 1, name, told)
            is_told_again(told, after[f"out/{name[:-4]}.{kind}"], "128x96", (name, kind))
        # Nor would it have written IPTC in another form, or at another place.
        r = exiftool("-validate", "-warning", "-a", *(f"out/{name[:-4]}.{kind}" for name in LAID_OUT))
        check(b"Validate" in r.out and b"IPTC" not in r.out, r)


main()
