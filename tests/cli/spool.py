"""Pictures that decoders hold whole: read through a file on disk, or refused; savers that hold them."""
import json
import os
import signal
import subprocess
import time

from common import *
import modules

BUDGET = "96M"  # of which a decoder may hold an eighth


def noise(path, width, height, bands, deep=False, suffix="v"):
    """Noise, as wide as is asked for, made by libvips: quick where random bytes are not."""
    vips("gaussnoise", "noise.v", width, height, "--mean", "128", "--sigma", "50")
    vips("cast", "noise.v", "u8.v", "uchar")
    if deep:
        vips("linear", "u8.v", "deep.v", "257", "3")
        vips("cast", "deep.v", "u8.v", "ushort")
    kind = ("b-w", "rgb16" if deep else "srgb")[bands > 2]
    vips("bandjoin", " ".join(["u8.v"] * bands), "joined.v")
    vips("copy", "joined.v", path, "--interpretation", "grey16" if deep and bands < 3 else kind)


def spooled(source, options="", *more):
    """Restore a copy in the format's hard variant through a file; equal to what libvips reads."""
    path = source + options
    result = restore(path.split("[")[0], "out.v", "--memory", BUDGET, *more)
    check("through a temporary file" in result.err, result)
    vips("copy", source, "plain.v")
    same("out.v", "plain.v", path)
    fields = {k: v for k, v in header(source).items()
              if k not in ("filename", "vips-loader", "interlaced", "jpeg-multiscan",
                           "palette-bit-depth", "bits-per-sample", "png-comment-0", "palette")}
    out = header("out.v")
    for key, value in fields.items():
        check(key in out, f"{key} is lost by {path}")
    return result


@test
def interlaced_png_of_every_kind():
    for width, height, bands, deep in ((1501, 3003, 3, False), (1603, 1607, 3, True),
                                       (2001, 2003, 4, False), (2701, 2699, 2, False)):
        noise("in.v", width, height, bands, deep)
        vips("copy", "in.v", "in.png[interlace,compression=1]")
        spooled("in.png")
        same("out.v", "in.v")


@test
def interlaced_png_of_few_bits():
    noise("in.v", 3603, 3701, 1)
    for bits in (1, 2, 4):
        vips("copy", "in.v", f"in.png[interlace,compression=1,bitdepth={bits}]")
        spooled("in.png")


@test
def interlaced_png_narrower_than_its_passes():
    for width, height in ((1, 1400001),) if SANITIZED else ((1, 1400001), (3, 1150001)):
        write_v("in.v", picture(width, height, 1, U8))
        vips("copy", "in.v", "in.png[interlace,compression=1]")
        spooled("in.png")
        same("out.v", "in.v")


@test
def interlaced_png_keeps_its_chunks():
    noise("in.v", 2301, 2303, 3)
    vips("copy", "in.v", "in.png[interlace,compression=1,profile=srgb]")
    with open("in.png", "rb") as f:
        data = f.read()
    comment = b"Comment\0words that stay"
    import zlib
    chunk = struct.pack(">I", len(comment)) + b"tEXt" + comment + \
        struct.pack(">I", zlib.crc32(b"tEXt" + comment))
    write("in.png", data[:33] + chunk + data[33:-12] + chunk + data[-12:])
    spooled("in.png")
    check(field("out.v", "icc-profile-data"), "the profile is lost")


@test
def damaged_interlaced_png():
    noise("in.v", 2301, 2303, 3)
    vips("copy", "in.v", "in.png[interlace,compression=1]")
    with open("in.png", "rb") as f:
        data = f.read()
    for keep in (0.01, 0.3, 0.9, 1 - 13 / len(data)):
        write("cut.png", data[:int(keep * len(data))])
        fails(1, "--memory", BUDGET, "cut.png", says=["cut.png", "--allow-damaged"])
        restore("--memory", BUDGET, "--allow-damaged", "cut.png", "out.v", "-q")
        equal(read("out.v").shape(), read("in.v").shape())
    # The last pass is what is missing at 0.9: even rows are whole.
    write("cut.png", data[:int(0.9 * len(data))])
    restore("--memory", BUDGET, "--allow-damaged", "cut.png", "out.v", "-q")
    out, whole = read("out.v"), read("in.v")
    for y in range(0, 2303, 2):
        equal(out.data[y * 6903:(y + 1) * 6903], whole.data[y * 6903:(y + 1) * 6903], f"row {y}")
    broken = bytearray(data)
    broken[len(data) // 2] ^= 0x55
    write("cut.png", bytes(broken))
    fails(1, "--memory", BUDGET, "cut.png", says=["cut.png", "damaged"])


@test
def progressive_jpeg_of_every_kind():
    for width, height, bands, options in ((2303, 2301, 3, ""), (2303, 2301, 3, ",subsample_mode=off"),
                                          (3601, 2003, 1, ""), (2049, 2047, 3, ",Q=97"),
                                          (2303, 2301, 3, ",profile=srgb")):
        noise("in.v", width, height, bands)
        vips("copy", "in.v", f"in.jpg[interlace{options}]")
        spooled("in.jpg")
    check(field("out.v", "icc-profile-data"), "the profile is lost")


@test
def progressive_jpeg_of_four_inks():
    noise("in.v", 1701, 1703, 4)
    vips("copy", "in.v", "cmyk.v", "--interpretation", "cmyk")
    vips("copy", "cmyk.v", "in.jpg[interlace]")
    restore("in.jpg", "out.v", "--memory", BUDGET)
    restore("in.jpg", "whole.v", "--memory", "1G")
    same("out.v", "whole.v")


@test
def damaged_progressive_jpeg():
    noise("in.v", 2303, 2301, 3)
    vips("copy", "in.v", "in.jpg[interlace]")
    with open("in.jpg", "rb") as f:
        data = f.read()
    write("cut.jpg", data[:len(data) // 2])
    fails(1, "--memory", BUDGET, "cut.jpg", says=["cut.jpg", "--allow-damaged"])
    restore("--memory", BUDGET, "--allow-damaged", "cut.jpg", "out.v", "-q")
    equal(read("out.v").shape(), read("in.v").shape())


@test
def small_ones_are_read_as_they_are():
    noise("in.v", 400, 300, 3)
    for name in ("in.png", "in.jpg"):
        vips("copy", "in.v", f"{name}[interlace]")
        result = restore(name, "out.v", "--memory", BUDGET)
        check("temporary" not in result.err, result)
        vips("copy", name, "plain.v")
        same("out.v", "plain.v")


@test
def stopped_half_way_nothing_is_left():
    noise("in.v", 6001, 6003, 3)
    for name in ("in.png[interlace,compression=1]", "in.jpg[interlace]"):
        vips("copy", "in.v", name)
        plain = name.split("[")[0]
        for number in (signal.SIGINT, signal.SIGTERM):
            p = subprocess.Popen([SEAMLESS, "restore", "-q", "-m", "null", "--memory", BUDGET, plain,
                                  "new.tif"], stderr=subprocess.PIPE)
            deadline = time.monotonic() + 20
            while not os.listdir(os.environ["TMPDIR"]) and time.monotonic() < deadline:
                time.sleep(0.002)
            p.send_signal(number)
            p.stderr.read()
            equal(p.wait(), 130, plain)
            equal(os.listdir(os.environ["TMPDIR"]), [], plain)
            check(not os.path.exists("new.tif"))


@test
def disk_without_room_for_it():
    noise("in.v", 2303, 2301, 3)
    vips("copy", "in.v", "in.png[interlace,compression=1]")
    os.mkdir("small")
    if run("mount", "-t", "tmpfs", "-o", "size=5M", "none", "small").code != 0:
        skip("no tmpfs can be mounted here")
    try:
        fails(1, "--memory", BUDGET, "in.png", says=["in.png", "small", "TMPDIR"],
              env={"TMPDIR": os.path.abspath("small")})
        equal(os.listdir("small"), [])
    finally:
        run("umount", "small")


@test
def output_that_the_disk_has_no_room_for():
    """Said before the first tile: a run of a slow network would end there hours later."""
    noise("in.v", 2303, 2301, 3)
    os.mkdir("small")
    if run("mount", "-t", "tmpfs", "-o", "size=5M", "none", "small").code != 0:
        skip("no tmpfs can be mounted here")
    try:
        for out in ("small/out.tif", "small/out.v", "small/out.tif[pyramid]"):
            refused(1, "-m", "null:fail=1", "in.v", out, says=["out.", "small", "room"])
        equal(os.listdir("small"), [])
        restore("in.v", "small/out.tif[compression=jpeg,Q=75]", "-q")
    finally:
        run("umount", "small")


@test
def formats_that_hold_the_picture_past_the_budget():
    noise("in.v", 3000, 3000, 3)
    vips("copy", "in.v", "in.webp[Q=10]")
    fails(1, "--memory", "64M", "in.webp", says=["in.webp", "holds the whole picture", "--memory",
                                                ".tif"])
    names = ["new.webp", "new.png[interlace]", "new.jpg[interlace]", "new.gif"]
    names += [n for n in ("new.jxl", "new.heic", "new.avif") if vips_writes(n)]
    for name in names:
        refused(1, "-m", "null", "--memory", "50M" if "[" in name else "64M", "in.v", name,
                says=[name.split("[")[0], "row by row", "--memory"])
        check(not os.path.exists(name.split("[")[0]))
    if not SANITIZED: # which takes more than that by itself
        restore("--memory", "64M", "in.v", "out.png[compression=1]", "-q")


def vips_writes(name):
    write_v("tiny.v", picture(16, 16, 3, U8))
    return run_vips("copy", "tiny.v", "tiny" + os.path.splitext(name)[1]).code == 0


@test
def formats_that_hold_the_picture_within_the_budget():
    """The table is of measured figures: what is planned with them is kept."""
    if SANITIZED:
        skip("a sanitizer keeps freed memory")
    noise("in.v", 2400, 2000, 3)
    for name in ("out.webp", "out.webp[lossless,effort=0]", "out.png[interlace,compression=1]",
                 "out.jpg[interlace]", "out.jpg[optimize_coding]", "out.gif"):
        result = restore("--memory", "300M", "--json", "-q", "in.v", name)
        j = json.loads(result.out)
        check(j["peak_bytes"] <= 300e6, name, j)


main()
