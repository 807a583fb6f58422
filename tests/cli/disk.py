"""A disk that is at fault, or slow to do all that is asked: each file that is read or written, in turn."""
import array
import json
import os

import graphs
import state
from common import *
from tiff_tags import EXIF, many_pages, write_tiff

MODULE = os.environ.get("SEAM_REFUSE")
EIO = "Input/output error"


def refusing(path, how, at=1):
    """The environment in which files whose path holds `path` are at fault from call `at` on."""
    if not MODULE:
        skip("needs a build without sanitizers")
    return {"LD_PRELOAD": MODULE, "REFUSE_PATH": path, "REFUSE_HOW": how, "REFUSE_AT": str(at)}


def faults(path, how, calls, *args, says=(), out="out.png", **kept):
    """A restoration that fails with the disk, at each of `calls`, and leaves all as it was."""
    for at in calls:
        result = fails(1, *args, out=out, env=refusing(path, how, at), says=[EIO, *says], **kept)
        check("--allow-damaged" not in result.err, "a remedy that does not help", result)


@test
def the_picture():
    make_input("in.png")
    faults("in.png", "eio-read", (1,), "in.png", says=["in.png"])


@test
def the_picture_of_many_scans():
    for name, options in (("in.png", "[interlace]"), ("in.jpg", "[interlace]")):
        vips("black", "black.v", 4000, 3000, "--bands", "3")
        vips("copy", "black.v", name + options)
        size = os.path.getsize(name)
        once = ("restore", "-m", "null", "--memory", "96M", name, "out.v")
        r = seamless(*once)
        equal((r.code, "through a temporary file" in r.err), (0, True), r)
        # What libvips reads of the header, then what we read.
        for at in (3, 4, 6, 1 + size // 8192):
            still = untouched("out.v")
            r = seamless(*once, env=refusing(name, "eio-read", at))
            if r.code == 0:
                os.unlink("out.v")  # it was read by fewer calls
                continue
            equal(r.code, 1, r)
            check(name in r.err, r)
            still()
            leftovers(".")


@test
def what_comes_through_a_pipe():
    make_input("in.png")
    with open("in.png", "rb") as f:
        data = f.read()
    faults("seamless-", "eio-write", (1,), "-", input=data)
    r = seamless("restore", "-m", "null", "-", "out.png", input=data, env=refusing("seamless-", "short-write"))
    equal(r.code, 0, r)
    same("out.png", "in.png")


@test
def a_mask_and_the_picture_read_again():
    make_input("in.png", width=300, height=200)
    make_input("mask.png", width=300, height=200, bands=1)
    once = ("restore", "-m", "null", "--mask", "mask.png", "in.png", "out.v")
    equal(seamless(*once).code, 0)
    os.rename("out.v", "whole.v")
    for name in ("mask.png", "in.png"):
        failed = 0
        for at in (1, 2, 3, 4, 6, 8, 12, 20):
            still = untouched("out.v")
            r = seamless(*once, env=refusing(name, "eio-read", at))
            failed += r.code
            check(r.code == 0 or (r.code == 1 and name in r.err), name, at, r)
            leftovers(".")
            if r.code:
                still()
            else:
                same("out.v", "whole.v", name, at)
        check(failed, "nothing was read of it", name)
        equal(seamless(*once, env=refusing(name, "short-read")).code, 0)
        same("out.v", "whole.v")


def contents(path):
    with open(path, "rb") as f:
        return f.read()


@test
def fields_of_a_tiff():
    """A read that fails once: the pixels, which libvips reads by itself, are whole all the same."""
    if not MODULE:
        skip("needs a build without sanitizers")
    counted = {"LD_PRELOAD": MODULE, "REFUSE_PATH": "/in.tif", "REFUSE_HOW": "count-at", "REFUSE_COUNT": "count"}
    for make in (lambda: many_pages("in.tif", 3),
                 lambda: write_tiff("in.tif", 16, 16, bytes(768), {271: (2, "Maker"), EXIF: {33434: (5, [1, 250])}}, bands=3)):
        make()
        restore("in.tif", "whole.tif", "-q", start=True, env=counted)
        calls, said = int(contents("count")), 0
        for at in range(1, calls + 1, 1 + calls // 20):
            r = seamless("restore", "-m", "null", "-q", "in.tif", "out.tif", env=refusing("/in.tif", "eio-at", at))
            check(r.code == 1 or contents("out.tif") == contents("whole.tif"), f"call {at} of {calls} loses fields", r)
            check(r.code == 0 or (r.code == 1 and EIO in r.err and "tif" in r.err), f"call {at} of {calls}", r)
            said += r.code
            if r.code == 0:
                os.unlink("out.tif")
            leftovers(".")
        check(said > 0, "no read failed", calls)


@test
def a_checksum_that_cannot_be_made_is_told():
    make_input("in.png")
    r = seamless("restore", "-m", "null", "--json", "in.png", "out.v", env=refusing("/out.v", "eio-read"))
    equal(r.code, 0, r)
    check("checksum" in r.err and EIO in r.err and "output_sha256" not in json.loads(r.out), r, r.out)


@test
def passes_of_a_png_are_read_in_pieces():
    """Not a row at a time, which a tall and narrow one has many of; and a read may give half."""
    vips("black", "in.v", 3, 750001)
    vips("copy", "in.v", "in.png[interlace]")
    once = ("restore", "-m", "null", "--memory", "64M", "in.png", "out.v")
    r = seamless(*once, env=refusing("tmp/.seamless-", "eio-read", 20000))
    equal((r.code, "through a temporary file" in r.err), (0, True), r)
    equal(seamless(*once, env=refusing("tmp/.seamless-", "short-read")).code, 0)
    same("out.v", "in.v")


@test
def the_result():
    make_input("in.png")
    for out in ("out.png", "out.tif", "out.jpg"):
        for at in (1, 2):
            still = untouched(out)
            r = seamless("restore", "-m", "null", "in.png", out, env=refusing("work/.seamless-", "eio-write", at))
            if at > 1 and r.code == 0:
                continue  # it was written in one call
            equal(r.code, 1, r)
            check(EIO in r.err, r)
            still()
            leftovers(".")
        r = seamless("restore", "-m", "null", "in.png", out, env=refusing("work/.seamless-", "short-write"))
        equal(r.code, 0, r)
    same("out.png", "in.png")
    same("out.tif", "in.png")


@test
def a_picture_on_its_side():
    make_input("make.png", width=300, height=200)
    vips("copy", "make.png", "in.tif")
    vips("tiffsave", "make.png", "in.jpg.tif")
    run_vips("rot", "make.png", "in.v", "d0")
    vips("jpegsave", "in.v", "in.jpg")
    # An EXIF of one field: orientation 6.
    exif = (b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0")
    with open("in.jpg", "rb") as f:
        data = f.read()
    write("in.jpg", data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])
    r = restore("in.jpg", "whole.v")
    equal((read_v("whole.v").width, read_v("whole.v").height), (200, 300))
    for at in (1, 3):
        still = untouched("out.v")
        r = seamless("restore", "-m", "null", "in.jpg", "out.v", env=refusing("tmp/.seamless-", "eio-write", at))
        equal(r.code, 1, r)
        still()
        leftovers(".")


@test
def what_passes_over_a_picture_keep():
    weights = state.Weights()
    state.nafnet(weights, 16)
    state.write("net.safetensors", weights)
    make_input("in.png", width=500, height=400)
    once = ("restore", "-m", "net.safetensors", "--engine", "native", "--range", "0..1", "in.png")
    equal(seamless(*once, "whole.v").code, 0)
    # Half of it finds no room in memory, whatever the process takes for itself.
    plan = json.loads(seamless("plan", *once[1:], "--json", start=True).out)
    memory = str(plan["base_bytes"] + plan["kept_bytes"] // 2)
    r = seamless(*once, "--memory", memory, "--json", "out.v")
    equal(r.code, 0, r)
    same("out.v", "whole.v")
    for how, calls, says in (("eio-write", (1, 100, 1000), EIO), ("eio-read", (1, 1000), EIO),
                             ("full-write", (700,), "No space left"),
                             ("flip-write", (501, 1002), "not what was written")):
        for at in calls:
            still = untouched("out.v")
            r = seamless(*once, "--memory", memory, "out.v", env=refusing("tmp/.seamless-", how, at))
            equal(r.code, 1, r)
            check(says in r.err and "rows that " in r.err, r)
            still()
            leftovers(".")
    for how in ("short-write", "short-read"):
        equal(seamless(*once, "--memory", memory, "out.v", env=refusing("tmp/.seamless-", how)).code, 0)
        same("out.v", "whole.v")


@test
def the_journal():
    make_input("in.png", width=300, height=600)
    once = ("restore", "--resume", "--json", "--tile", "64")
    equal(seamless(*once, "-m", "null2x:fail=30", "in.png", "out.tif").code, 1)
    with open("out.tif.journal", "rb") as f:
        kept = f.read()
    check(len(kept) > 4096, "nothing was kept")
    for at in (1, 2, 3, 6):
        r = seamless(*once, "-m", "null2x", "in.png", "out.tif", env=refusing(".journal", "eio-read", at))
        equal(r.code, 1, r)
        check(EIO in r.err, r)
        with open("out.tif.journal", "rb") as f:
            equal(f.read(), kept, "the journal was changed")
    # Rows that cannot be added: those that are there stay.
    r = seamless(*once, "-m", "null2x", "in.png", "out.tif", env=refusing(".journal", "eio-write", 3))
    equal(r.code, 1, r)
    check(EIO in r.err and os.path.getsize("out.tif.journal") >= len(kept), r)
    for how in ("short-read", "short-write"):
        write("out.tif.journal", kept)
        r = seamless(*once, "-m", "null2x", "in.png", "out.tif", env=refusing(".journal", how))
        equal(r.code, 0, r)
        check(json.loads(r.out)["resumed_rows"] > 0, r.out)
        os.unlink("out.tif")


@test
def the_list_of_what_is_finished():
    os.mkdir("in")
    make_input("in/a.png")
    make_input("in/b.png")
    write("in/c.png", b"\x89PNG\r\n\x1a\n, and no more")
    once = ("restore", "--resume", "--json", "-m", "null", "in", "out/")

    def skipped(env=None):
        r = seamless(*once, env=env)
        equal(r.code, 1, r)
        return r, sum(json.loads(line).get("status") == "skipped" for line in r.out.splitlines())

    # A short write is gone on with, and one that fails is said.
    equal(skipped(refusing("seamless.finished", "short-write"))[1], 0)
    r, n = skipped()
    equal(n, 2, r, r.out)
    r, n = skipped(refusing("seamless.finished", "eio-read"))
    equal(n, 0)
    check("is done again" in r.err and EIO in r.err, r)
    os.unlink("out/seamless.finished")
    r, n = skipped(refusing("seamless.finished", "eio-write"))
    check("cannot be written" in r.err and EIO in r.err, r)
    # A line that a kill left without an end spoils no other.
    with open("out/seamless.finished", "ab") as f:
        f.write(b"0123456789abcdef out/x")
    skipped()
    equal(skipped()[1], 2)


@test
def lists_and_caches_that_are_pipes_keep_nobody():
    """What is read of them would be waited for."""
    os.mkdir("in")
    os.mkdir("out")
    for name in ("a", "b"):
        make_input(f"in/{name}.png")
    once = ("restore", "-m", "smooth", "--resume", "--tile", "32", "in", "out/{name}.png")
    equal(seamless(*once).code, 0)
    # Before a small picture a trial run is made where it takes little, which a busy machine may deny.
    write_v("large.v", Picture(3000, 3000, 3, U8, b""))
    os.truncate("large.v", 64 + 3 * 3000 * 3000)
    equal(seamless("plan", "-m", "smooth", "large.v").code, 0)
    os.unlink("large.v")
    caches = [os.path.join(path, n) for path, _, names in os.walk(os.environ["XDG_CACHE_HOME"]) for n in names]
    check(any("trials" in c for c in caches), caches)
    for path in ["out/seamless.finished", *caches]:
        if os.path.exists(path):
            os.unlink(path)
        os.mkfifo(path)
    r = seamless(*once, timeout=60)
    equal(r.code, 0, r)
    check("seamless.finished is no plain file" in r.err, r)
    equal(r.err.count("cannot be written"), 2, r)


@test
def the_network():
    make_input("in.png")
    model = os.path.join(ROOT, "models", "smooth.onnx")
    for at in (1, 2):
        still = untouched()
        r = seamless("restore", "-m", model, "in.png", "out.png", env=refusing("smooth.onnx", "eio-read", at))
        equal(r.code, 1, r)
        check("smooth.onnx" in r.err and EIO in r.err, r)
        still()
    restore("-m", model, "in.png", "whole.png")
    r = seamless("restore", "-m", model, "in.png", "out.png", env=refusing("smooth.onnx", "short-read"))
    equal(r.code, 0, r)
    same("out.png", "whole.png")


def networks_to_cut():
    """One of each format, as its name and the name of the file that its weights lie in."""
    first, last = ("w", [40, 3, 3, 3], [0.01] * 1080), ("v", [3, 40, 3, 3], [0.01] * 1080)
    nodes = [graphs.node("Conv", ["input", "w"], "h", graphs.ints("pads", [1, 1, 1, 1])),
             graphs.node("Conv", ["h", "v"], "output", graphs.ints("pads", [1, 1, 1, 1]))]
    ports = ([graphs.port("input", 3)], [graphs.port("output", 3)])
    graphs.network("one.onnx", nodes, *ports, [graphs.tensor(*first), graphs.tensor(*last)])
    entry = lambda k, v: graphs.block(13, graphs.block(1, k) + graphs.block(2, v))
    other = (b"".join(graphs.number(1, d) for d in last[1]) + graphs.number(2, 1) + graphs.block(8, "v") +
             entry("location", "two.data") + entry("offset", "8192") + graphs.number(14, 1))
    graphs.network("two.onnx", nodes, *ports, [graphs.tensor(*first), other])
    write("two.data", bytes(8192) + array.array("f", last[2]).tobytes())
    weights = state.Weights()
    state.compact(weights)
    state.write("three.safetensors", weights)
    state.write_torch("four.pth", weights)
    write("five.param", b"7767517\n3 3\nInput input 0 1 data 2=3\nConvolution a 1 1 data h 0=40 1=3 4=1 6=1080\n"
                        b"Convolution b 1 1 h out 0=3 1=3 4=1 6=1080\n")
    write("five.bin", bytes(2 * (4 + 4320)))
    return (("one.onnx", "one.onnx"), ("two.onnx", "two.data"), ("three.safetensors", "three.safetensors"),
            ("four.pth", "four.pth"), ("five.param", "five.bin"))


@test
def a_network_that_is_cut_while_it_is_read():
    """By whoever writes it: before it was read, and behind that, while weights are looked at and packed."""
    make_input("in.png")
    for network, name in networks_to_cut():
        with open(name, "rb") as f:
            whole = f.read()
        for engine in ("native", "ort") if HAS_ORT and name == "two.data" else ("native",):
            once = ("restore", "--engine", engine, "-m", network, "in.png", "out.png")
            equal(seamless(*once).code, 0, network, engine)
            for how in ("cut-read", "cut-close"):
                still = untouched()
                r = seamless(*once, env=refusing("work/" + name, how))
                equal(r.code, 1, network, engine, how, r)
                check(name in r.err and "was changed while" in r.err, r)
                equal(os.path.getsize(name), 4096)
                still()
                write(name, whole)


@test
def what_is_no_network_is_not_read():
    """Beyond its first bytes: 4 TB of zeros, which lie nowhere, and of what may be one, more than there is memory."""
    make_input("in.png")
    for name, begin, says in (("zeros.onnx", b"", "a file of zeros"), ("net.onnx", b"\x08\x07\x12\x70", "larger than the memory")):
        with open(name, "wb") as f:
            f.write(begin)
            f.truncate(4 << 40)
        refused(1, "-m", name, "in.png", "out.png", says=[name, says], timeout=20)


@test
def what_trial_runs_found():
    make_input("in.png")
    once = ("restore", "-m", "smooth", "--tile", "32", "in.png", "out.png")
    equal(seamless(*once).code, 0)
    for how in ("eio-read", "short-read", "eio-write", "short-write"):
        r = seamless(*once, env=refusing("seamless/trials", how))
        equal(r.code, 0, how, r)


main()
