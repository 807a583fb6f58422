"""Files that claim more than they hold, or hold more than they show: restored or refused in clear words,
within the budget and in good time."""
import os
import resource
import struct
import subprocess
import zipfile
import zlib

from common import *
from measured import run_measured
from tiff_tags import read_tags, write_tiff

BUDGET = 256_000_000


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(path, width, height, rows, interlaced=0):
    """A PNG of `width` x `height` that holds `rows` grey rows, all alike."""
    packer = zlib.compressobj(9)
    # What this process holds would count as the command's.
    row = b"\0" + bytes(width if rows else 0)
    data = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, interlaced))
                + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def measured(*args):
    """Exit code, error text and peak bytes of a restoration by the null network."""
    if SANITIZED:
        skip("a sanitizer takes more memory than any limit")
    code, _, err, peak = run_measured("-m", "null", "--memory", BUDGET, *args)
    check(peak <= BUDGET, args, peak)
    leftovers(".")
    return code, err


def fails_within(*args, says):
    code, err = measured(*args)
    equal(code, 1, args, err)
    for word in says:
        check(word in err, word, err)


@test
def a_bomb_goes_off_row_by_row():
    png("in.png", 12000, 12000, 12000)
    check(os.path.getsize("in.png") < 200000)
    code, err = measured("in.png", "out.png")
    equal(code, 0, err)
    equal((header("out.png")["width"], header("out.png")["height"]), ("12000", "12000"))


@test
def a_header_that_lies():
    png("in.png", 30000, 30000, 10)
    fails_within("in.png", "out.png", says=["in.png"])
    png("in.png", 30000, 30000, 10, interlaced=1)
    fails_within("in.png", "out.png", says=["in.png"])
    png("in.png", 2**31 - 1, 2**31 - 1, 0)
    fails_within("in.png", "out.png", says=["in.png"])
    check(not os.path.exists("out.png"))


@test
def a_line_of_a_million_pixels():
    write_v("in.v", Picture(1000000, 1, 3, U8, bytes(range(250)) * 12000))
    code, err = measured("in.v", "out.v")
    equal(code, 0, err)
    same("out.v", "in.v")
    write_v("in.v", Picture(1, 1000000, 3, U8, bytes(range(250)) * 12000))
    code, err = measured("in.v", "out.v")
    equal(code, 0, err)
    same("out.v", "in.v")


@test
def a_jpeg_of_segments():
    """libjpeg walks all that it has at each more, deaf to signals."""
    vips("black", "make.v", 16, 16, "--bands", 3)
    vips("copy", "make.v", "make.jpg")
    with open("make.jpg", "rb") as f:
        data = f.read()
    for code in (0xED, 0xFE):
        write("many.jpg", data[:2] + bytes([0xFF, code, 0, 3, 120]) * 600000 + data[2:])
        fails_within("many.jpg", "out.v", says=["many.jpg", "segments"])
    write("few.jpg", data[:2] + b"\xff\xed\0\3x" * 2000 + b"\xff" * 3000000 + data[2:])
    restore("few.jpg", "out.v", "-q")


@test
def a_gif_of_more_frames_than_are_read():
    frame = b"\x21\xf9\4\0\1\0\0\0,\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"
    for frames, lost in ((3, False), (6000, True)):
        write("in.gif", b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + frame * frames + b";")
        r = restore("in.gif", "out.v")
        whole = int(header("out.v")["height"]) == frames
        equal("frames beyond" in r.err, not whole, r)
        equal(not whole, lost, r)


@test
def metadata_whose_parts_are_many_or_never_end():
    """Each is looked at once: of a million letters, and not a million times."""
    begin, end = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF>", "</rdf:RDF></x:xmpmeta>"
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    for what, id, text in (("elements without an end", 700, "".join(f"<hdrgm:a{i}>" for i in range(20000))),
                           ("names without an end", 700, "<hdrgm:a" * 100000),
                           ("properties to cut", 700, "".join(f" hdrgm:a{i}='1'" for i in range(10000))),
                           ("properties to set", 700, " tiff:ImageWidth='12345'" * 10000),
                           ("OME without an end", 270, "<OME" + "<Pixels " * 1000000),
                           ("OME of many", 270, "<OME>" + '<Pixels SizeX="1" SizeY="1"/>' * 20000)):
        said = {700: (1, list((begin + text + end).encode()))} if id == 700 else {270: (2, text)}
        write_tiff("in.tif", 16, 16, bytes(range(256)), said)
        r = seamless("restore", "-q", "-m", "null2x", "in.tif", "out.tif", before=limit)
        equal(r.code, 0, what, r)
        told = bytes(read_tags("out.tif")[id]).decode()
        if what == "properties to cut":
            check("hdrgm" not in told, what, told[:200])
        if what == "properties to set":
            equal((told.count("ImageWidth='32'"), told.count("12345")), (10000, 0), what)
        if what == "OME of many":
            equal((told.count('SizeX="32" SizeY="32"'), told.count('"1"')), (20000, 0), what)


@test
def sizes_that_libvips_takes_for_others():
    """Of its own format: -5 pixels are not one, nor 2^31 those ten million that it holds."""
    write_v("in.v", picture(64, 48, 3, U8))
    with open("in.v", "rb") as f:
        data = f.read()
    for at in (4, 8, 12):
        for value in (-5, 0, 2**31 - 1, 10**7 + 1):
            write("odd.v", data[:at] + struct.pack("<i", value) + data[at + 4:])
            refused(1, "-m", "null", "odd.v", "out.v", says=["odd.v", "number of bands that is none"])
    restore("in.v", "out.v")
    same("in.v", "out.v")


@test
def nothing_at_all():
    for name in ("in.png", "in.tif", "in.jpg"):
        open(name, "wb").close()
        fails_within(name, "out.png", says=[name])


def info_peak(path):
    """Exit code, error text and peak bytes of `seamless info`."""
    with open("told.txt", "wb") as told:
        p = subprocess.Popen([SEAMLESS, "info", path], stdout=subprocess.DEVNULL, stderr=told)
        _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    with open("told.txt") as told:
        return p.returncode, told.read(), usage.ru_maxrss * 1024


@test
def networks_that_would_grow():
    """What a small file announces, or swells to, is never taken: 32 MB of growth is for libraries."""
    if SANITIZED:
        skip("a sanitizer takes more memory than any limit")
    zeros = bytes(1 << 20)
    with zipfile.ZipFile("bomb.pth", "w", zipfile.ZIP_DEFLATED) as z:
        with z.open("net/data.pkl", "w") as member:
            for _ in range(512):
                member.write(zeros)
    check(os.path.getsize("bomb.pth") < 1000000)
    files = {
        "memo.pth": b"\x80\2Nr\xff\xff\xff\x7f.",
        "text.pth": b"\x80\2X\xff\xff\xff\x7f.",
        "deep.pth": b"\x80\2" + b"(" * 200000 + b".",
        "cycle.pth": b"\x80\2}q\0" + b"X\1\0\0\0ah\0s" * 20000 + b".",
        "header.safetensors": struct.pack("<Q", 99_000_000) + b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        "shape.safetensors": b"",
        "layers.param": b"7767517\n1000000000 1000000000\nInput data 0 1 data 2=3\n",
        "weights.param": b"7767517\n2 2\nInput data 0 1 data 2=3\n"
                         b"Convolution c 1 1 data out 0=2000000000 1=3 6=54000000000\n",
        "layers.bin": b"", "weights.bin": bytes(64),
    }
    text = b'{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}'
    files["shape.safetensors"] = struct.pack("<Q", len(text)) + text + bytes(4)
    for name, data in files.items():
        with open(name, "wb") as f:
            f.write(data)
    _, _, least = info_peak("absent.pth")
    for name in ["bomb.pth", *files]:
        if name.endswith(".bin"):
            continue
        code, err, peak = info_peak(name)
        equal(code, 1, name, err)
        check(name in err, err)
        check(peak < least + 32_000_000, name, f"{(peak - least) / 1e6:.0f} MB", err)


main()
