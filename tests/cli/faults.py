"""Files and programs that once broke the product: each trigger of ../shared/faults, and small ones made here."""
import array
import json
import math
import os
import shutil
import struct
import subprocess
import sys
import time

from common import *

sys.path.insert(0, os.path.join(ROOT, "tools"))
import onnx_write as onnx

BUILD = os.path.dirname(SEAMLESS)
LIST = "seamless.finished"


def fault(name):
    return shared("faults", name)


def program(name, *flags):
    """A program of ../shared/faults, built against the library of this build."""
    source, cc = fault(name + ".c"), os.environ.get("CC", "cc").split()[0]
    if not shutil.which(cc) or SANITIZED:
        skip("needs a compiler and a build without sanitizers")
    library = os.path.join(BUILD, "src")
    flags = [f for f in flags]
    result = run(cc, "-std=gnu11", "-o", name, source, "-I", os.path.join(ROOT, "include"), *flags,
                 "-L", library, "-lseamless", f"-Wl,-rpath,{library}", "-ldl", "-lm")
    equal(result.code, 0, result)
    return os.path.abspath(name)


def nan_picture(value, at=(5, 7)):
    p = picture(16, 12, 3, F32)
    samples = p.samples()
    samples[(at[1] * 16 + at[0]) * 3 + 1] = value
    write_v("nan.v", Picture(16, 12, 3, F32, samples.tobytes(), SRGB))


def conv_relu(path, external=None, swapped=False, last=0.0):
    """3 -> 3 channels of 1x1, then ReLU; the weights in another file where one is named."""
    values = [0.0] * 9
    for c in range(3):
        values[c * 3 + (2 - c if swapped else c)] = 1.0
    values[8] = last or values[8]
    data = struct.pack("<9f", *values)
    weights = onnx.tensor("w", [3, 3, 1, 1], values)
    if external:
        entry = lambda k, v: onnx.block(13, onnx.block(1, k) + onnx.block(2, v))
        weights = (b"".join(onnx.number(1, d) for d in (3, 3, 1, 1)) + onnx.number(2, 1) + onnx.block(8, "w") +
                   entry("location", external) + onnx.number(14, 1))
        write(external, data)
    nodes = [onnx.node("Conv", ["input", "w"], "c", onnx.ints("kernel_shape", [1, 1])),
             onnx.node("Relu", ["c"], "output")]
    write(path, onnx.model("t", "g", nodes, [weights], 13))


@test
def weights_in_another_file_are_the_network_too():
    conv_relu("net.onnx", external="net.data")
    os.mkdir("in")
    os.mkdir("out")
    make_input("in/a.png")
    write("in/b.png", b"\x89PNG\r\n\x1a\n, and no more")
    one = seamless("restore", "--resume", "--json", "-m", "net.onnx", "in", "out")
    equal(one.code, 1, one)
    check(os.path.exists(f"out/{LIST}"), "there is no list")
    before = os.stat("out/a.png").st_mtime_ns
    seamless("restore", "--resume", "--json", "-m", "net.onnx", "in", "out")
    equal(os.stat("out/a.png").st_mtime_ns, before, "what was finished was done again")
    conv_relu("net.onnx", external="net.data", swapped=True)
    seamless("restore", "--resume", "--json", "-m", "net.onnx", "in", "out")
    check(os.stat("out/a.png").st_mtime_ns != before, "other weights, and the picture was taken for finished")


@test
def files_that_look_the_same_are_others():
    """Of the same size, and with their time set back: an input and a mask that a list of what is finished names."""
    os.mkdir("in")
    os.mkdir("out")
    write_v("in/a.v", picture(60, 40, 3, U8))
    write_v("mask.v", Picture(60, 40, 1, U8, bytes([255]) * 2400, B_W))
    write("in/b.png", b"\x89PNG\r\n\x1a\n, and no more")
    args = ("restore", "--resume", "-m", "smooth", "--mask", "mask.v", "in", "out")

    def again(why):
        before = read("out/a.v").data
        equal(seamless(*args).code, 1)
        check((read("out/a.v").data != before) == bool(why), why)

    equal(seamless(*args).code, 1)
    again("")
    for name, other in (("in/a.v", picture(60, 40, 3, U8, seed=8)),
                        ("mask.v", Picture(60, 40, 1, U8, bytes([0]) * 2400, B_W))):
        was = os.stat(name)
        write_v(name, other)
        os.utime(name, ns=(was.st_atime_ns, was.st_mtime_ns))
        again(name)


@test
def pictures_of_two_files_are_both():
    """The head of an Analyze picture says nothing of its samples, which lie beside it."""
    head = bytearray(348)
    struct.pack_into(">i", head, 0, 348)
    struct.pack_into(">4h", head, 40, 2, 60, 400, 1)
    struct.pack_into(">2h", head, 70, 2, 8)
    os.mkdir("in")
    os.mkdir("out")
    write("in/a.hdr", head)
    write("in/a.img", picture(60, 400, 1, U8).data)
    args = ("restore", "--resume", "--tile", "16", "in/a.hdr")
    equal(seamless(*args, "-m", "null:fail=30", "out.tif").code, 1)
    write("in/a.img", picture(60, 400, 1, U8, seed=8).data)
    refused(2, *args[1:], "-m", "null", "out.tif", says=["rows of another run", "source"])
    write("in/z.png", b"\x89PNG\r\n\x1a\n, and no more")
    batch = ("restore", "--resume", "-m", "null", "in/a.hdr", "in/z.png", "out/{name}.v")
    for seed in (8, 9):
        write("in/a.img", picture(60, 400, 1, U8, seed=seed).data)
        equal(seamless(*batch).code, 1)
        check(read("out/a.v").data == picture(60, 400, 1, U8, seed=seed).data, seed)
    write("slide.mrxs", b"")
    check(seamless("restore", "--resume", "-m", "null", "slide.mrxs", "o.tif").code != 0)


@test
def nan_is_refused_with_its_place():
    conv_relu("net.onnx")
    for value, word in ((math.nan, "NaN"), (math.inf, "infinity"), (-math.inf, "infinity")):
        nan_picture(value)
        for engine in ("native", "ort") if HAS_ORT else ("native",):
            for cpu in ("c", "avx2", "avx512"):
                for tile in ((), ("--tile", "8")):
                    refused(1, "-m", "net.onnx", "--engine", engine, *tile, "nan.v", "out.tif",
                            says=[word, "at 5,7", "band 1"], env={"SEAMLESS_CPU": cpu})
        refused(1, "-m", "null", "nan.v", "out.tif", says=[word, "at 5,7"])


@test
def numbers_as_text_that_are_none():
    """libvips makes 0 of them."""
    for word in ("nan", "-NaN", "inf", "Infinity"):
        write("in.csv", f"1,2,3\n4,{word},6\n".encode())
        refused(1, "-m", "null", "in.csv", "out.v", says=["in.csv", "NaN or infinity"])
    for rows in (b"information;2e0,3\n4,5,6\n", b"1,2,3\r\n4,,6\r\n\r\n", b"1,2,3\n 4,5,6\n"):
        write("in.csv", rows)
        check("is lost" not in restore("in.csv", "out.v").err, rows)
    for rows in (b"1,2,3\n4,5\n6,7,8\n", b"1,2\n3,4,5\n", b"1,2\n3\n"):
        write("in.csv", rows)
        check("longer than the first" in restore("in.csv", "out.v").err, rows)


@test
def arithmetic_on_what_is_nearly_infinite():
    """As rasters have it where nothing was measured, and do not say so: what is reckoned of a result ends in
    infinity, and that is no pixel."""
    samples = array.array("f", [0.5] * (60 * 40))
    for i in range(900, 1000):
        samples[i] = -3.4028234663852886e38 if i % 2 else 3.4e38
    write_v("in.v", Picture(60, 40, 1, F32, samples.tobytes(), B_W))
    write_v("mask.v", Picture(60, 40, 1, U8, bytes([128]) * 2400, B_W))
    for how, word in ((("--size", "90x"), "size"), (("--size", "20x"), "size"),
                      (("--scale", "2", "--mask", "mask.v"), "size"), (("--scale", "2", "--preview"), "size")):
        refused(1, "-m", "null", *how, "in.v", "out.v", says=[word, "NaN or infinity at ", "--nodata"])
    r = restore("in.v", "out.v")
    check("--nodata" in r.err and "--range" not in r.err, r)
    same("in.v", "out.v")


@test
def nan_that_goes_through_no_network():
    """Where a mask is black the picture's own samples are the result's."""
    nan_picture(math.nan, (15, 11))
    write_v("mask.v", Picture(16, 12, 1, U8, bytes([255]) + bytes(191), B_W))
    for how in ((), ("--depth", "8"), ("--scale", "2"), ("--tile", "8")):
        for out in ("out.v", "out.png"):
            refused(1, "-m", "smooth", *how, "--mask", "mask.v", "nan.v", out, says=["NaN", "--nodata"])


@test
def nan_beside_the_result_is_the_picture_s():
    """Whoever reads the picture a second time, it is not arithmetic that made such a number; the place is the
    picture's own, whatever its result's size."""
    nan_picture(math.nan, (14, 11))
    write_v("mask.v", Picture(16, 12, 1, U8, bytes([255]) + bytes(191), B_W))
    for how in (("--mask", "mask.v"), ("--mask", "mask.v", "--scale", "2"), ("--preview",), ("--preview", "--scale", "3")):
        r = refused(1, "-m", "null", *how, "nan.v", "out.v", says=["the picture holds NaN at 14,11"])
        check("too far from" not in r.err, how, r)


@test
def of_several_the_one_that_fails_is_named():
    """One after the other and side by side, by whatever it fails in; the others are restored."""
    os.mkdir("in")
    for i in range(8):
        write_v(f"in/{i}.v", picture(16, 12, 3, F32, seed=i))
    for i, at in ((2, (5, 7)), (6, (1, 3))):
        nan_picture(math.nan, at)
        os.rename("nan.v", f"in/{i}.v")
    for model, how in (("smooth", ()), ("smooth", ("--resume",)), ("null", ("--tile", "8"))):
        r = seamless("restore", "-m", model, *how, "--json", "in", "out/")
        equal(r.code, 1, r)
        for name, place in (("in/2.v", "5,7"), ("in/6.v", "1,3")):
            check(f"error: {name}: the picture holds NaN at {place}" in r.err, r)
        told = [json.loads(line) for line in r.out.splitlines()]
        equal([t["status"] == "failed" for t in told], [i in (2, 6) for i in range(8)], r.out)
        equal([n for n in sorted(os.listdir("out")) if n != LIST], [f"{i}.v" for i in (0, 1, 3, 4, 5, 7)])
        shutil.rmtree("out")
    r = seamless("restore", "-m", "smooth", "in/2.v", "out.v")
    check("error: the picture holds NaN" in r.err, "one alone needs no name", r)


@test
def weights_that_are_no_numbers_are_refused():
    """When the network is opened, by their name, whoever would run it; a bound that is infinite is none."""
    write_v("in.v", picture(16, 12, 3, U8))
    for value, word in ((math.nan, "not a number"), (math.inf, "infinite"), (-math.inf, "infinite")):
        for external in (None, "net.data"):
            conv_relu("net.onnx", external=external, last=value)
            for engine in ("native", "ort", "auto") if HAS_ORT else ("native", "auto"):
                refused(1, "-m", "net.onnx", "--engine", engine, "in.v", "out.tif",
                        says=["net.onnx", "element 8 of the weights 'w'", word])
            for args in (["info", "net.onnx"], ["convert", "net.onnx", "out.onnx"]):
                r = seamless(*args)
                check(r.code == 1 and "element 8 of the weights 'w'" in r.err, r)
    weights = [onnx.tensor("lo", [], [0.0]), onnx.tensor("hi", [], [math.inf])]
    write("net.onnx", onnx.model("t", "g", [onnx.node("Clip", ["input", "lo", "hi"], "output")], weights, 13))
    restore("-q", "-m", "net.onnx", "in.v", "out.v")
    same("out.v", "in.v")


@test
def what_no_float_holds_is_infinite_on_every_engine():
    """e^100 was 1.7e38 natively, which is a number; and so was 1 by e^-200."""
    write_v("in.v", picture(24, 16, 3, U8))
    for to, nodes in ((100.0, [onnx.node("Exp", ["a"], "output")]),
                      (-200.0, [onnx.node("Exp", ["a"], "b"), onnx.node("Div", ["one", "b"], "output")])):
        weights = [onnx.tensor("to", [], [to]), onnx.tensor("one", [], [1.0])]
        write("net.onnx", onnx.model("t", "g", [onnx.node("Add", ["input", "to"], "a"), *nodes], weights, 13))
        for engine in ("native", "ort") if HAS_ORT else ("native",):
            refused(1, "-m", "net.onnx", "--engine", engine, "in.v", "out.v", says=["infinit"])
    write("net.onnx", onnx.model("t", "g", [onnx.node("Add", ["input", "to"], "a"), onnx.node("Exp", ["a"], "output")],
                                 [onnx.tensor("to", [], [87.5])], 13))
    restore("-m", "net.onnx", "--range", "0..1", "in.v", "out.v", "--depth", "float", "-q")
    wanted = [math.exp(v / 255 + 87.5) for v in read_v("in.v").samples()]
    for got, want in zip(read_v("out.v").samples(), wanted):
        check(abs(got - want) < 4e-5 * want, got, want)


@test
def infinity_behind_a_clip_is_one_answer():
    weights = [onnx.tensor("w", [3, 3, 1, 1], [3e38] * 9), onnx.tensor("lo", [], [0.0]), onnx.tensor("hi", [], [1.0])]
    nodes = [onnx.node("Conv", ["input", "w"], "c", onnx.ints("kernel_shape", [1, 1])),
             onnx.node("Clip", ["c", "lo", "hi"], "output")]
    write("net.onnx", onnx.model("t", "g", nodes, weights, 13))
    write_v("in.v", picture(16, 12, 3, U8))
    seen = set()
    for engine in ("native", "ort") if HAS_ORT else ("native",):
        for cpu in ("c", "avx2", "avx512"):
            for tile in ((), ("--tile", "8")):
                restore("-q", "-m", "net.onnx", "--engine", engine, *tile, "in.v", "out.v", env={"SEAMLESS_CPU": cpu})
                seen.add(read("out.v").data)
    equal(len(seen), 1, "engines, instruction sets and tiles differ")


# Each file that reviewers left, and the test that tries it.
FOUND = {
    "batch.c": "a_plan_or_a_setting_that_is_none", "engine99.c": "a_plan_or_a_setting_that_is_none",
    "bn_train.onnx": "what_onnx_runtime_refuses_is_refused", "grp.onnx": "groups_beyond_all_numbers",
    "far99.onnx": "rows_that_are_measured_keep_the_budget", "eio.c": "a_read_error_cuts_no_rows",
    "nan_tiff.py": "nan_of_the_shared_picture", "stale.c": "a_plan_tells_what_ran",
    "vmhwm.c": "what_a_process_held_before_does_not_count", "dots.png": "what_is_left_of_the_list",
    "tiffdos.py": "what_is_left_of_the_list", "two.c": "what_is_left_of_the_list",
    "ext.py": "what_is_left_of_the_list", "ext.onnx": "what_is_left_of_the_list",
    "ext.data.first": "what_is_left_of_the_list", "ext.data.swapped": "what_is_left_of_the_list",
    "pictures": "pictures.py", "networks": "fault_networks.py",
}


@test
def every_file_that_reviewers_left_is_tried():
    here = open(os.path.join(ROOT, "tests", "cli", "faults.py")).read()
    equal(sorted(os.listdir(shared("faults"))), sorted(FOUND), "a file has no test, or a test no file")
    for file, name in FOUND.items():
        check(name.endswith(".py") or f"\ndef {name}(" in here, file, name)
    for folder in ("pictures", "networks"):
        texts = "".join(open(os.path.join(ROOT, "tests", "cli", name)).read()
                        for name in ("pictures.py", "fault_networks.py", "faults.py"))
        for case in os.listdir(shared("faults", folder)):
            check(f'"{case}"' in texts, f"{folder}/{case} is tried by no test")


@test
def what_is_left_of_the_list():
    # Whether weights in another file are the network: the same graph, other bytes beside it.
    shutil.copy(fault("ext.onnx"), "ext.onnx")
    make_input()
    sums = []
    for file in ("ext.data.first", "ext.data.swapped"):
        shutil.copy(fault(file), "ext.data")
        restore("-q", "-m", "ext.onnx", "in.png", "out.v")
        sums.append(read("out.v").data)
    check(sums[0] != sums[1], "the weights that lie beside are those that count")
    check(os.path.exists(fault("ext.py")))
    # A list of a tag that is read over and over.
    run(sys.executable, fault("tiffdos.py"), "300", "50000")
    restore("-q", "dos.tif", "out.v")
    equal((read("out.v").width, read("out.v").height), (16, 16))
    restore("-q", fault("dots.png"), "out.v")
    same(fault("dots.png"), "out.v")
    if HAS_ORT and not SANITIZED and shutil.which("cc"):
        r = run(program("two"), env={"OTHER": "1"})
        check(b"result 0" in r.out and b"tile 1024x1024" in r.out, r, r.out)


# Pictures of what others' tests hold in words: a picture of the list, its output, and what is said.
PICTURES = [
    ("gain-map", None, None, []),              # its file is not kept; pictures.py makes one
    ("fifo-hangs", "x.jpg", "o.png", []),      # a pipe of it: pictures.py
    ("grey-noise", "grey25.png", "o.png", []), # how much is taken out: models/README.md
    ("out-of-range", "dem.tif", "o.tif", ["from -9999 to", "--range"]),
    ("out-of-range", "u10.tif", "o.tif", ["above 1023 of 65535", "--range"]),
    ("pfm-scale", "rgb.png", "o.pfm", []),
    ("ppm-comments", "c4.ppm", "o.png", []),
    ("turned-loses-iptc", "o6.jpg", "o.jpg", []),
]


@test
def pictures_that_are_read_as_they_are():
    for folder, file, out, words in PICTURES:
        if not file:
            continue
        r = restore("-m", "null", shared("faults", "pictures", folder, file), out)
        for word in words:
            check(word in r.err, folder, r)
        leftovers(".")
    equal((header("o.jpg")["orientation"] if "orientation" in header("o.jpg") else "1"), "1")
    check(field("o.jpg", "iptc-data"), "IPTC of a picture that was turned")


@test
def a_white_that_is_not_the_format_s_is_told():
    def said(data, format, *args):
        write_v("in.v", Picture(16, 8, 1, format, data.tobytes(), GREY16 if format == U16 else B_W))
        return restore("-m", "null", *args, "in.v", "out.v").err
    rows = [1023, 5, 0, 700] * 32
    check("above 1023 of 65535" in said(array.array("H", rows), U16), "ten bits")
    check("--range 0..64.0616" in said(array.array("H", rows), U16), "the remedy")
    check("12 bits" in said(array.array("H", [4000] + rows[1:]), U16), "twelve bits")
    equal(said(array.array("H", rows), U16, "-q", "--range", "0..64"), "")
    check("above" not in said(array.array("H", [5000] + rows[1:]), U16), "a dark picture")
    check("from -9999 to 1023" in said(array.array("f", [-9999] + rows[:-1]), F32), "elevations")
    check("reach" not in said(array.array("f", [0.5, -0.1, 20, 1] * 32), F32), "highlights")
    check("from 690 to 1500" in said(array.array("f", [-9999, 1500, 690, 700] * 32), F32, "--nodata=-9999"), "no data")


@test
def nan_of_the_shared_picture():
    run(sys.executable, fault("nan_tiff.py"))
    for name in ("ffdnet_color_s25", "carn_m_x3", "sci_lowlight_medium", "waifu2x_upconv7_photo_x2_pad"):
        refused(1, "-m", shared("models", name + ".onnx"), "nan.tif", "out.tif", says=["NaN", "40,40"])


@test
def what_onnx_runtime_refuses_is_refused():
    refused(1, "-m", fault("bn_train.onnx"), "--engine", "native", make_input(), "out.png",
            says=["training mode"])
    if HAS_ORT:
        refused(1, "-m", fault("bn_train.onnx"), "in.png", "out.png")


@test
def groups_beyond_all_numbers():
    make_input()
    for engine in ("auto", "native"):
        refused(1, "-m", fault("grp.onnx"), "--engine", engine, "in.png", "out.png")


@test
def rows_that_are_measured_keep_the_budget():
    if SANITIZED:
        skip("a sanitizer's memory is its own")
    make_input(width=1000, height=1000)
    p = subprocess.Popen([SEAMLESS, "restore", "-m", fault("far99.onnx"), "--memory", "900M", "in.png", "out.png"],
                         stderr=subprocess.PIPE)
    peak = 0
    try:  # the whole takes minutes, its memory seconds
        for _ in range(200):
            with open(f"/proc/{p.pid}/status") as f:
                lines = [line for line in f if line.startswith("VmHWM")]
            peak = max([peak] + [int(line.split()[1]) * 1024 for line in lines])
            if p.poll() is not None:
                break
            time.sleep(0.1)
    finally:
        p.kill()
        p.communicate()
    check(peak <= 900e6, f"{peak} bytes")


@test
def tiles_that_were_halved_are_told():
    make_input(width=500, height=400)
    r = restore("-m", "null:most=9000", "--json", "in.png", "out.tif")
    got = json.loads(r.out)
    check(got["tiles"] > 20 and got["waste"] >= 0, got)


@test
def a_plan_or_a_setting_that_is_none():
    r = run(program("batch"), "null")
    equal((r.code, "200 tiles in one run" in r.out.decode()), (1, True), r, r.out)
    r = run(program("engine99"), env={"E99": "1"})
    equal(r.code, 0, r)
    check(b"the engine is 99" in r.out and b"layout 7: 1 " in r.out, r.out)


@test
def a_plan_tells_what_ran():
    r = run(program("stale"), "null:most=9000")
    equal(r.code, 0, r, r.out)
    words = r.out.decode().splitlines()[1].split()
    said, own = float(words[words.index("said") + 1].rstrip(",")), float(words[-1])
    check(abs(said - own) < 1e-3, r.out)


@test
def what_a_process_held_before_does_not_count():
    flags = run("pkg-config", "--cflags", "--libs", "vips")
    if flags.code != 0:
        skip("needs libvips' headers")
    vmhwm = program("vmhwm", *flags.out.decode().split())
    for megabytes in ("0", "1000"):
        r = run(vmhwm, megabytes)
        check(b"result 0" in r.out, r, r.out)


@test
def a_read_error_cuts_no_rows():
    make_input(width=300, height=600)
    cc = os.environ.get("CC", "cc").split()[0]
    if not shutil.which(cc) or SANITIZED:
        skip("needs a compiler and a build without sanitizers")
    r = run(cc, "-shared", "-fPIC", "-o", "eio.so", fault("eio.c"), "-ldl")
    equal(r.code, 0, r)
    once = ("restore", "--resume", "--json", "--tile", "64")
    equal(seamless(*once, "-m", "null2x:fail=30", "in.png", "out.tif").code, 1)
    size = os.path.getsize("out.tif.journal")
    check(size > 4096, "nothing was kept")
    for at in range(2, 6):
        r = seamless(*once, "-m", "null2x", "in.png", "out.tif",
                     env={"LD_PRELOAD": os.path.abspath("eio.so"), "EIO_AT": str(at)})
        equal(r.code, 1, r)
        check("Input/output error" in r.err, r)
        equal(os.path.getsize("out.tif.journal"), size, "rows were cut off")
    r = seamless(*once, "-m", "null2x", "in.png", "out.tif")
    equal(r.code, 0, r)
    check(json.loads(r.out)["resumed_rows"] > 0, r.out)


main()
