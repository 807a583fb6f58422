"""Several pages, animations, several files, standard input and output, options in brackets."""
import json
import os
import struct
import subprocess
import time

from common import *
from tiff_tags import EXIF, IPTC, many_pages, read_tags, write_pages


def book(path, pages=3, width=40, height=30, bands=3, options=""):
    """A file of several pages and the pixels of each."""
    p = picture(width, height * pages, bands, U8)
    write_v("book.tmp.v", p)
    vips("copy", "book.tmp.v", "book.v")
    with open("book.v", "rb") as f:
        data = f.read()
    at = data.rindex(b"<meta>") + len(b"<meta>")
    extra = f'<field type="gint" name="page-height">{height}</field>'
    if path.endswith((".gif", ".webp")):
        extra += '<field type="VipsArrayInt" name="delay">100 200 300 </field>'
        extra += '<field type="gint" name="loop">2</field>'
    with open("book.v", "wb") as f:
        f.write(data[:at] + extra.encode() + data[at:])
    vips("copy", "book.v", path + options)
    return p


@test
def every_page_of_a_tiff():
    p = book("in.tif")
    equal(header("in.tif")["n-pages"], "3")
    for options in ([], ["--tile", "16"], ["--tile", "16", "--overlap", "4"]):
        restore(*options, "in.tif", "out.tif", "-q")
        equal(header("out.tif")["n-pages"], "3")
        same(read("out.tif[n=-1]"), p, options)
    r = restore("-m", "null2x", "--json", "in.tif", "big.tif")
    equal(header("big.tif")["n-pages"], "3")
    equal(read("big.tif[n=-1]").shape(), (80, 180, 3, U8))
    j = json.loads(r.out)
    equal((j["pages"], j["height"], j["out_height"]), (3, 30, 60))


@test
def one_page_of_a_tiff():
    p = book("in.tif")
    bytes_a_page = 40 * 30 * 3
    for n in (1, 2, 3):
        for out in ("out.png", "out.tif"):
            restore("--page", n, "in.tif", out, "-q")
            q = read(out)
            equal(q.shape(), (40, 30, 3, U8))
            check(q.data == p.data[(n - 1) * bytes_a_page:n * bytes_a_page], f"page {n}")
            check(header(out).get("n-pages", "1") == "1", header(out))
    refused(2, "-m", "null", "--page", "4", "in.tif", "out.png", says=["in.tif", "3 pages", "4"])
    # libvips' own way to say it.
    restore("in.tif[page=1]", "out.png", "-q")
    check(read("out.png").data == p.data[bytes_a_page:2 * bytes_a_page])
    restore("in.tif[page=1,n=2]", "out.tif", "-q")
    check(read("out.tif[n=-1]").data == p.data[bytes_a_page:])


XMP = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>" \
    "<rdf:Description xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Model='%s' tiff:ImageWidth='9'/></rdf:RDF></x:xmpmeta>"


@test
def every_page_of_a_tiff_tells_what_it_told():
    """Of itself: EXIF, XMP, IPTC, a description, a georeference; and nothing of what others tell."""
    def iptc(n):
        return b"\x1c\2\x19" + struct.pack(">H", 3) + b"ab%d" % n

    def tags(n):
        return {270: (2, f"page {n}"), 271: (2, f"maker {n}"), 700: (1, list((XMP % n).encode())), IPTC: (7, iptc(n)),
                EXIF: {33434: (5, [1, 100 + n]), 40962: (4, [9]), 40963: (4, [9])},
                33550: (12, [10.0 + n, 8.0, 0.0]), 33922: (12, [0.0, 0.0, 0.0, 1000.0 * n, 5e6, 0.0]), 42113: (2, "7")}
    pixels = [picture(40, 30, 1, U8, seed=n).data for n in range(4)]
    for order, big in (("<", False), (">", True)):
        words = {IPTC: (4, struct.unpack(order + "2I", iptc(3)))}
        write_pages("in.tif", 40, 30, [(pixels[0], tags(0)), (pixels[1], {}), (pixels[2], tags(2)),
                                       (pixels[3], {**tags(3), **words})], order=order, big=big)
        for out in ("out.tif", "out.tif[bigtiff,tile,compression=deflate]"):
            r = restore("-m", "null2x", "in.tif", out)
            check("lost" not in r.err, r)
            for n in (0, 2, 3):
                got = read_tags("out.tif", page=n)
                equal((got[270], got[271], got[IPTC]), (b"page %d" % n, b"maker %d" % n, iptc(n)), n)
                equal((got[EXIF][33434], got[EXIF][40962], got[EXIF][40963]), ([1, 100 + n], [80], [60]), n)
                equal((got[33550], got[42113]), ([(10 + n) / 2, 4, 0], b"7"), n)
                equal(got[33922][3:5], [1000 * n, 5e6], n)
                told = bytes(got[700]).decode()
                check(f"tiff:Model='{n}'" in told and "tiff:ImageWidth='80'" in told and "null2x" in told, n, told)
            got = read_tags("out.tif", page=1)
            equal([id for id in (270, 271, IPTC, EXIF, 33550, 42113) if id in got], [])
            check("null2x" in bytes(got[700]).decode() and "Model" not in bytes(got[700]).decode(), got[700])
        restore("in.tif", "out.tif", "-q")
        same("out.tif[n=-1]", "in.tif[n=-1]", order)
        restore("--strip", "in.tif", "out.tif", "-q")
        check(not {270, 271, 700, IPTC, EXIF, 33550} & set(read_tags("out.tif", page=2)), "stripped")
        restore("--page", "3", "in.tif", "out.tif", "-q")
        equal(read_tags("out.tif")[271], b"maker 2")


@test
def pages_into_a_format_of_one_picture():
    book("in.tif")
    for out in ("out.jpg", "out.png", "out.ppm"):
        refused(2, "-m", "null", "in.tif", out, says=[out, "3 pages", "--page"])
        check(not os.path.exists(out))


@test
def pages_of_different_size():
    write_v("a.v", picture(40, 30, 3, U8))
    write_v("b.v", picture(20, 10, 3, U8))
    vips("copy", "a.v", "pyramid.tif[pyramid,tile,tile-width=16,tile-height=16]")
    if header("pyramid.tif")["n-pages"] == "1":
        skip("this libvips writes no pages of different size")
    r = restore("pyramid.tif", "out.tif")
    check("--page" in r.err, "smaller copies of one picture are no pages of their own", r)
    same("out.tif", "a.v")
    restore("--page", "1", "pyramid.tif", "out.tif", "-q")
    same("out.tif", "a.v")
    # The same file, whose second page says that it is a picture of its own.
    with open("pyramid.tif", "rb") as f:
        data = f.read()
    kind = struct.pack("<HHII", 254, 4, 1, 1)
    check(kind in data, "libvips marks the layers of a pyramid")
    write("scans.tif", data.replace(kind, struct.pack("<HHII", 254, 4, 1, 0)))
    refused(1, "-m", "null", "scans.tif", "out2.tif", says=["scans.tif", "--page"])


@test
def animations():
    for suffix, options in (("webp", "[lossless]"), ("gif", "")):
        book(f"in.{suffix}", options=options)
        h = header(f"in.{suffix}")
        equal(h["n-pages"], "3", suffix)
        restore("--tile", "16", f"in.{suffix}", f"out.{suffix}{options}", "-q")
        after = header(f"out.{suffix}")
        equal(after["n-pages"], "3", suffix)
        for name in ("delay", "loop"):
            equal(after.get(name), h.get(name), f"{suffix}: {name}")
        a, b = read(f"in.{suffix}[n=-1]"), read(f"out.{suffix}[n=-1]")
        if suffix == "webp":
            same(a, b)
        else:
            equal(a.shape(), b.shape())
        restore("-m", "null2x", f"in.{suffix}", f"big.{suffix}", "-q")
        equal(header(f"big.{suffix}")["n-pages"], "3", suffix)
        equal(read(f"big.{suffix}[n=-1]").shape()[:2], (80, 180), suffix)
        restore("--page", "2", f"in.{suffix}", "one.png", "-q")
        equal(read("one.png").shape()[:2], (40, 30), suffix)
        refused(2, "-m", "null", f"in.{suffix}", "out.jpg", says=["--page"])


@test
def standard_input_and_output():
    p = picture(60, 50, 3, U8)
    write_v("in.v", p)
    vips("copy", "in.v", "in.png")
    with open("in.png", "rb") as f:
        data = f.read()
    r = restore("-", "-", input=data)
    with open("out.png", "wb") as f:
        f.write(r.out)
    same("out.png", p)
    restore("-", "out.tif", "-q", input=data)
    same("out.tif", p)
    for format in ("png", "tif", "v", "ppm", "webp[lossless]", "tif[compression=deflate,tile]"):
        r = restore("--format", format, "in.png", "-")
        check("standard output" in r.err, r)
        name = "piped." + format.split("[")[0]
        with open(name, "wb") as f:
            f.write(r.out)
        same(name, p, format)
    r = restore("-q", "--format", "jpg[Q=90]", "in.png", "-")
    check(r.out.startswith(b"\xff\xd8") and r.err == "", r)


@test
def a_format_may_have_its_dot():
    write_v("in.v", picture(20, 10, 3, U8))
    r = restore("--format", ".png", "in.v", "-")
    check(r.out.startswith(b"\x89PNG"), r.err)


@test
def options_in_brackets():
    p = picture(200, 150, 3, U8)
    write_v("in.v", p)
    restore("in.v", "out.tif[compression=zstd,tile,tile-width=64,tile-height=64,bigtiff]", "-q")
    same("out.tif", p)
    with open("out.tif", "rb") as f:
        equal(f.read(4)[2], 43, "BigTIFF")
    restore("in.v", "small.tif", "-q")
    with open("small.tif", "rb") as f:
        equal(f.read(4)[2], 42, "plain TIFF")
    restore("in.v", "q10.jpg[Q=10]", "-q")
    restore("in.v", "q95.jpg[Q=95]", "-q")
    check(os.path.getsize("q10.jpg") * 2 < os.path.getsize("q95.jpg"))
    check(not [n for n in os.listdir(".") if "[" in n], os.listdir("."))


@test
def bigtiff_above_four_gigabytes():
    # Stopped at once by the file limit: what was decided shows in the eight bytes that are written.
    import resource
    write_v("in.v", Picture(30000, 3000, 1, U8, bytes(90000000), B_W))
    r = seamless("restore", "-m", "null4x", "--depth", "float", "--tile", "2000x16", "in.v",
                 "out.tif", before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
    equal(r.code, 1, r)
    check("File too large" in r.err, r)
    check("Maximum TIFF file size exceeded" not in r.err, r)
    leftovers(".")


@test
def bigtiff_where_tiles_stand_out():
    """Tiles are written whole: lines four pixels wide take some gigabytes. The head of the file tells."""
    write_v("long.v", Picture(1, 1400000, 3, U16, bytes(8400000), RGB16))
    write_v("short.v", Picture(1, 400000, 3, U16, bytes(2400000), RGB16))
    for name, version in (("long.v", 43), ("short.v", 42)):
        p = subprocess.Popen([SEAMLESS, "restore", "-q", "-m", "null4x:slow=3000", name, "out.tif[tile]"],
                             stderr=subprocess.PIPE)
        end, head = time.monotonic() + 60, b""
        while len(head) < 4:
            check(time.monotonic() < end and p.poll() is None, "no file appears")
            for left in [n for n in os.listdir(".") if n.startswith(".seamless")]:
                with open(left, "rb") as f:
                    head = f.read(4)
            time.sleep(0.01)
        p.terminate()
        p.communicate(timeout=60)
        equal(head[2], version, name)
    leftovers(".")


@test
def several_files_into_a_folder():
    os.mkdir("out")
    names = ("a.png", "b.tif", "c.jpg", "d.v")
    for i, name in enumerate(names):
        write_v("x.v", picture(30 + i, 20, 3, U8, i + 1))
        vips("copy", "x.v", name)
    r = restore("--json", *names, "out")
    lines = r.out.decode().splitlines()
    equal([json.loads(l)["input"] for l in lines], list(names))
    equal(sorted(os.listdir("out")), sorted(names))
    for name in ("a.png", "b.tif", "d.v"):
        same(name, f"out/{name}")
    # A format that can be read and not written becomes PNG.
    write_v("x.v", picture(30, 20, 1, U8))
    os.rename("x.v", "y.v")
    vips("copy", "y.v", "e.csv")


@test
def pages_by_rows():
    """A network that streams rows begins anew on every page."""
    book("in.tif", height=60)
    restore("-m", "denoise-fast", "in.tif", "out.tif", "-q")
    for page in (1, 2, 3):
        restore("-m", "denoise-fast", "--page", str(page), "in.tif", "one.v", "-q")
        vips("copy", f"out.tif[page={page - 1}]", "page.v")
        same("page.v", "one.v", f"page {page}")


@test
def names_with_odd_letters():
    write_v("x.v", picture(20, 10, 3, U8))
    for name in ("with space.png", "ümläut.png", "-dash.png", "quote'\".png", "per%cent.png"):
        vips("copy", "x.v", "./" + name)
        out = "./out " + name
        r = restore("--json", "./" + name, out)
        same(out, "x.v", name)
        equal(json.loads(r.out)["output"], out)


@test
def rights_of_the_output():
    write_v("x.v", picture(20, 10, 3, U8))
    os.umask(0o027)
    try:
        restore("x.v", "new.png", "-q")
        equal(os.stat("new.png").st_mode & 0o777, 0o640)
        os.chmod("new.png", 0o604)
        restore("x.v", "new.png", "-q")
        equal(os.stat("new.png").st_mode & 0o777, 0o604, "an existing file keeps its rights")
        os.symlink("new.png", "link.png")
        restore("x.v", "link.png", "-q")
        check(os.path.islink("link.png"), "a link stays a link, and its file is replaced")
    finally:
        os.umask(0o022)


@test
def fields_of_pages_cost_as_many_reads_as_there_are_pages():
    """Those of page 80 were looked for from page 1 on, and those of page 79 before it."""
    if not os.environ.get("SEAM_REFUSE"):
        skip("needs a build without sanitizers")
    reads = []
    for count in (20, 80):
        many_pages("in.tif", count)
        restore("in.tif", "out.tif", "-q", start=True,
                env={"LD_PRELOAD": os.environ["SEAM_REFUSE"], "REFUSE_PATH": "/in.tif", "REFUSE_HOW": "count-at", "REFUSE_COUNT": "count"})
        with open("count") as f:
            reads.append(int(f.read()))
    check(0 < reads[1] <= 4 * reads[0], reads)


main()
