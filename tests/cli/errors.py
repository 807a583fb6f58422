"""Every failure: its exit code, a message with the thing, the value and the remedy, and nothing
half-written left behind."""
import os
import resource
import stat
import subprocess

from common import *


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def make_input(path="in.png", width=60, height=40, bands=3, format=U8):
    write_v("make.v", picture(width, height, bands, format))
    vips("copy", "make.v", path)
    os.unlink("make.v")
    return path


def untouched(path="out.png"):
    """Put an older result in place; the function returned checks that it is still there, whole."""
    write(path, b"an older result\n")
    before = os.stat(path)

    def still():
        after = os.stat(path)
        with open(path, "rb") as f:
            equal(f.read(), b"an older result\n", "the existing output was touched")
        equal((after.st_ino, after.st_mtime_ns), (before.st_ino, before.st_mtime_ns),
              "the existing output was touched")
    return still


def fails(code, *args, says=(), out="out.png", **how):
    still = untouched(out)
    result = refused(code, "-m", "null", *args, out, says=says, **how)
    still()
    return result


# ------------------------------------------------------------------------------------------ input


@test
def missing_file():
    fails(1, "nowhere.png", says=["nowhere.png", "No such file"])
    refused(1, "-m", "null", "nowhere.png", "new.png", says=["nowhere.png"])
    check(not os.path.exists("new.png"), "a new file was left")


@test
def folder_as_input():
    os.mkdir("folder")
    fails(1, "folder", says=["folder", "is a folder"])


@test
def empty_file():
    write("empty.png", b"")
    fails(1, "empty.png", says=["empty.png", "is empty"])
    r = refused(1, "-m", "null", "-", "out.png", input=b"", says=["standard input", "empty"])
    check(".seamless" not in r.err, "the temporary file's name helps nobody", r)


@test
def not_a_picture():
    write("text.png", b"This is no picture at all.\n" * 40)
    fails(1, "text.png", says=["text.png", "no picture"])
    write("noise.jpg", bytes(range(7, 250)) * 9)
    fails(1, "noise.jpg", says=["noise.jpg", "no picture"])
    r = refused(1, "-m", "null", "-", "out.png", input=b"This is no picture at all.\n" * 40,
                says=["standard input", "no picture"])
    check(".seamless" not in r.err, "the temporary file's name helps nobody", r)


@test
def unreadable_file():
    if os.geteuid() == 0:
        skip("root reads everything")
    make_input()
    os.chmod("in.png", 0)
    fails(1, "in.png", says=["in.png", "Permission denied"])


@test
def truncated_pictures():
    for suffix, keep in (("jpg", 0.6), ("png", 0.6), ("tif", 0.6), ("tif", 0.05), ("jpg", 0.3)):
        whole = make_input(f"whole.{suffix}", 400, 300)
        with open(whole, "rb") as f:
            data = f.read()
        cut = f"cut.{suffix}"
        write(cut, data[:int(keep * len(data))])
        fails(1, cut, says=["seamless: "], out=f"out.{suffix}")
        fails(1, "--tile", "64", cut, says=["seamless: "])


@test
def truncated_pictures_name_file_and_remedy():
    for suffix in ("jpg", "png", "tif"):
        whole = make_input(f"whole.{suffix}", 400, 300)
        with open(whole, "rb") as f:
            data = f.read()
        write(f"cut.{suffix}", data[:len(data) // 2])
        fails(1, f"cut.{suffix}", says=[f"cut.{suffix}", "--allow-damaged"])


@test
def damaged_pictures_are_restored_when_allowed():
    for suffix in ("jpg", "png"):
        whole = make_input(f"whole.{suffix}", 400, 300)
        with open(whole, "rb") as f:
            data = f.read()
        write(f"cut.{suffix}", data[:len(data) // 2])
        restore("--allow-damaged", f"cut.{suffix}", "out.png", "-q")
        out, expected = read("out.png"), read(whole)
        equal(out.shape(), expected.shape())
        rows = 400 * 3 * 100
        equal(out.data[:rows], expected.data[:rows], f"{suffix}: the rows that are whole")


# ------------------------------------------------------------------------------------------ model


@test
def model_that_is_none():
    make_input()
    write("text.onnx", b"This is no network.\n" * 30)
    write("empty.onnx", b"")
    os.mkdir("folder.onnx")
    for name in ("missing.onnx", "text.onnx", "empty.onnx", "folder.onnx"):
        still = untouched()
        refused(1, "-m", name, "in.png", "out.png", says=[name])
        still()
    refused(1, "-m", "null3x", "in.png", "out.png", says=["null3x", "null4x"])
    refused(1, "-m", "null:slow", "in.png", "out.png", says=["null:slow"])


@test
def corrupt_and_truncated_models():
    make_input()
    with open(shared("models", "espcn_y_x4.onnx"), "rb") as f:
        data = f.read()
    write("cut.onnx", data[:len(data) // 2])
    broken = bytearray(data)
    for i in range(200, len(data), 997):
        broken[i] ^= 0x55
    write("head.onnx", b"\xff" * 64 + data[64:])
    write("broken.onnx", bytes(broken))
    for name in ("cut.onnx", "head.onnx"):
        still = untouched()
        refused(1, "-m", name, "in.png", "out.png", says=[name])
        still()
    # Flipped bits inside weights cannot be seen: anything but a crash will do.
    r = seamless("restore", "-m", "broken.onnx", "in.png", "new.png")
    check(r.code in (0, 1), r)


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def message(*fields):
    """Protocol buffers by hand: (number, integer or bytes) in order."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def tensor_info(name, dims, type=1):
    shape = message(*((1, message((1, d) if isinstance(d, int) else (2, d))) for d in dims))
    return message((1, name), (2, message((1, message((1, type), (2, shape))))))


def network(nodes, inputs, outputs):
    graph = message(*((1, n) for n in nodes), (2, "g"), *((11, i) for i in inputs),
                    *((12, o) for o in outputs))
    return message((1, 7), (8, message((1, ""), (2, 13))), (7, graph))


def node(op, inputs, outputs):
    return message(*((1, i) for i in inputs), *((2, o) for o in outputs), (4, op))


@test
def networks_that_are_no_image_to_image():
    make_input()
    picture_in = tensor_info("x", [1, 3, "h", "w"])
    write("classes.onnx", network([node("GlobalAveragePool", ["x"], ["p"]),
                                   node("Flatten", ["p"], ["y"])], [picture_in],
                                  [tensor_info("y", [1, 3])]))
    write("pooled.onnx", network([node("GlobalAveragePool", ["x"], ["y"])], [picture_in],
                                 [tensor_info("y", [1, 3, 1, 1])]))
    write("text.onnx", network([node("Relu", ["x"], ["y"])], [tensor_info("x", [1, "n"])],
                               [tensor_info("y", [1, "n"])]))
    write("bytes.onnx", network([node("Identity", ["x"], ["y"])],
                                [tensor_info("x", [1, 3, "h", "w"], 2)],
                                [tensor_info("y", [1, 3, "h", "w"], 2)]))
    write("batch.onnx", network([node("Relu", ["x"], ["y"])], [tensor_info("x", [8, 3, "h", "w"])],
                                [tensor_info("y", [8, 3, "h", "w"])]))
    for name in ("classes", "pooled", "text", "bytes"):
        still = untouched()
        refused(1, "-m", f"{name}.onnx", "in.png", "out.png",
                says=[f"{name}.onnx", "no image-to-image network"])
        still()
    refused(1, "-m", "batch.onnx", "in.png", "out.png", says=["batch.onnx", "batch of 1"])
    # And one that is, so that the others fail for their own reason.
    write("relu.onnx", network([node("Relu", ["x"], ["y"])], [picture_in],
                               [tensor_info("y", [1, 3, "h", "w"])]))
    restore("-m", "relu.onnx", "in.png", "out.png", "-q")
    same("in.png", "out.png")


@test
def networks_that_lack_something():
    make_input()
    folder = shared("models", "negative")
    for name in sorted(os.listdir(folder)):
        refused(1, "-m", os.path.join(folder, name), "in.png", "out.png", says=[name])
    refused(1, "-m", os.path.join(folder, "missing_external_data_rrdbnet_like_op18.onnx"), "in.png",
            "out.png", says=["weights lie in another file"])
    check(not os.path.exists("out.png"))


@test
def inputs_and_outputs_of_the_network():
    make_input()
    two = shared("models", "ffdnet_color_2in.onnx")
    refused(2, "-m", two, "in.png", "out.png", says=["ffdnet_color_2in.onnx", "--input sigma="])
    refused(2, "-m", two, "--input", "sigma=0.1", "--input", "sugma=1", "in.png", "out.png",
            says=["sugma"])
    refused(2, "-m", "null", "--input", "sigma=0.1", "in.png", "out.png", says=["sigma"])
    out = shared("models", "lapsrn_y_2out.onnx")
    refused(2, "-m", out, "--output", "nothing", "in.png", "out.png",
            says=["lapsrn_y_2out.onnx", "nothing", "out_x"])
    refused(2, "-m", "null", "--output", "nothing", "in.png", "out.png", says=["nothing"])


@test
def networks_that_fail_half_way():
    make_input()
    fails(1, "--tile", "20", "-m", "null:fail=2", "in.png", says=["run 2 fails"])
    fails(1, "--tile", "20", "-m", "null:nan=2", "in.png",
          says=["NaN", "20,0", "--range"])
    fails(1, "--tile", "20", "-m", "null:nan=5", "in.png", out="out.tif",
          says=["NaN", "20,20", "--range"])
    fails(1, "--tile", "20", "-m", "null:nan=1", "in.png", out="out.jpg", says=["0,0"])


# ----------------------------------------------------------------------------------------- output


@test
def output_folder_missing():
    make_input()
    refused(1, "-m", "null", "in.png", "no/such/out.png", says=["no/such", "does not exist"])


@test
def output_folder_read_only():
    make_input()
    os.mkdir("locked")
    os.chmod("locked", 0o500)
    if os.access("locked", os.W_OK):
        skip("root writes everywhere")
    refused(1, "-m", "null", "in.png", "locked/out.png", says=["locked", "cannot be written"])


@test
def output_that_is_no_file():
    make_input()
    os.mkdir("folder")
    os.mkfifo("pipe.png")
    refused(2, "-m", "null", "in.png", "pipe.png", says=["pipe.png", "no plain file"])
    refused(2, "-m", "null", "in.png", "in.png", "in.png", says=["in.png"])
    # A single picture into a folder that exists is put there.
    restore("in.png", "folder", "-q")
    same("folder/in.png", "in.png")


@test
def unwritable_format():
    make_input()
    for name in ("out.xyz", "out", "out.cr2", "folder.d/out"):
        refused(2, "-m", "null", "in.png", name, says=[name, ".png"])
    refused(2, "-m", "null", "--format", "xyz", "in.png", "-", says=["xyz"])


@test
def bad_format_options():
    make_input()
    refused(1, "-m", "null", "in.png", "new.png[nonsense=3]", says=["new.png", "nonsense"])
    check(not os.path.exists("new.png"))


@test
def jpeg_beyond_what_jpeg_holds():
    write_v("wide.v", Picture(16400, 1, 1, U8, bytes(16400), B_W))
    refused(2, "-m", "null4x", "wide.v", "out.jpg", says=["out.jpg", "65600", "65500", ".tif"])
    refused(2, "-m", "null", "wide.v", "out.webp", says=["out.webp", "16400", "16383"])
    restore("-m", "null4x", "wide.v", "out.png", "-q")
    check(not os.path.exists("out.jpg") and not os.path.exists("out.webp"))


@test
def input_is_the_output():
    make_input()
    with open("in.png", "rb") as f:
        before = f.read()
    os.symlink("in.png", "link.png")
    os.link("in.png", "hard.png")
    os.mkdir("d")
    for name in ("in.png", "./in.png", "link.png", "hard.png", "d/../in.png", "in.png[compression=1]"):
        refused(2, "-m", "null", "in.png", name, says=["in.png" if "hard" not in name and
                                                       "link" not in name else name, "another name"])
    refused(2, "-m", "null", "link.png", "in.png", says=["in.png", "another name"])
    refused(2, "-m", "null", "in.png[access=sequential]", "in.png", says=["in.png"])
    with open("in.png", "rb") as f:
        equal(f.read(), before, "the input was touched")


def limit_file_size(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@test
def disk_full_by_limit():
    make_input("in.png", 300, 300)
    for out in ("out.png", "out.tif", "out.jpg[Q=100]", "out.v", "out.webp[lossless]", "out.ppm"):
        plain = out.split("[")[0]
        still = untouched(plain)
        refused(1, "-m", "null", "in.png", out, says=[plain, "File too large"],
                before=limit_file_size(20000))
        still()


@test
def disk_full_by_a_small_disk():
    make_input("in.png", 400, 400)
    os.mkdir("small")
    if run("mount", "-t", "tmpfs", "-o", "size=200k", "none", "small").code != 0:
        skip("no tmpfs can be mounted here")
    try:
        for out in ("out.png", "out.tif", "out.v", "out.ppm"):
            still = untouched("small/" + out)
            refused(1, "-m", "null", "in.png", "small/" + out, says=[out, "No space left"])
            leftovers("small")
            still()
            os.unlink("small/" + out)
    finally:
        run("umount", "small")


@test
def standard_output_closed():
    make_input("in.png", 600, 600)
    for format in ("png", "tif", "ppm", "v", "webp", "jpg"):
        args = [SEAMLESS, "restore", "-m", "null", "--format", format, "in.png", "-"]
        p = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        p.stdout.read(10)
        p.stdout.close()
        err = p.stderr.read().decode()
        equal(p.wait(), 1, format, err)
        check("standard output" in err and "Broken pipe" in err, format, err)
        leftovers(".")
    r = run("sh", "-c", f"{SEAMLESS} restore -m null in.png - >&-")
    equal(r.code, 1, r)
    check("standard output" in r.err, r)
    r = run("sh", "-c", f"{SEAMLESS} restore -m null in.png - >/dev/full")
    equal(r.code, 1, r)
    check("No space left" in r.err, r)
    r = run("sh", "-c", f"{SEAMLESS} --help >/dev/full")
    equal(r.code, 1, r)


# ---------------------------------------------------------------------------------------- numbers


@test
def numbers_that_are_absurd():
    make_input()
    for option in ("--tile", "--halo", "--overlap", "--threads", "--align", "--page", "--memory"):
        for value in ("-1", "-5", "many", "1e99", "99999999999999999999999", "", "3x", "3.5",
                      "nan", "inf"):
            if (option, value) == ("--memory", "3.5"):
                continue
            r = fails(2, f"{option}={value}", "in.png")
            check(option in r.err or f"'{value}'" in r.err, f"{option}={value}", r)
    for option in ("--tile", "--align"):
        if option == "--tile":
            fails(2, f"{option}=0", "in.png", says=["--tile 0", "512"])
    for value in ("3x", "x3", "3x0", "3x3x3", "0x5", "-3x4"):
        fails(2, "--tile", value, "in.png", says=["--tile", value])
    for value in ("51%", "-1%", "%", "x%", "1000%", "nan%"):
        fails(2, f"--overlap={value}", "in.png", says=["--overlap", value])
    fails(2, "--threads", "1025", "in.png", says=["1025", "1024"])
    fails(2, "--align", "5000", "in.png", says=["5000", "4096"])


@test
def words_that_are_no_choice():
    make_input()
    for option, choice in (("--blend", "linear"), ("--edge", "replicate"), ("--alpha", "scale"),
                           ("--luma", "studio"), ("--order", "bgr"), ("--layout", "nhwc"),
                           ("--transfer", "srgb"), ("--depth", "float")):
        for value in ("wrong", "", choice.upper(), choice + "x"):
            fails(2, f"{option}={value}", "in.png", says=[option, choice])
    for value in ("sigma", "=3", "sigma=", "sigma=x", "sigma=1x"):
        fails(2, "--input", value, "in.png", says=["--input", value, "NAME=NUMBER"])
    for value in ("5", "1..1", "..", "a..b", "nan..1", "0..inf"):
        fails(2, f"--range={value}", "in.png", says=["--range", value])


@test
def wrong_usage():
    make_input()
    for args in ([], ["in.png"], ["--nonsense", "in.png", "out.png"], ["--tile"]):
        r = seamless("restore", *args)
        equal(r.code, 2, r)
        check("seamless restore --help" in r.err, r)
    r = seamless("polish", "in.png", "out.png")
    equal(r.code, 2, r)
    check("polish" in r.err and "seamless --help" in r.err, r)
    equal(seamless().code, 2)
    refused(2, "-m", "null", "--json", "in.png", "-", says=["--json", "standard output"])


@test
def tile_smaller_than_twice_the_overlap():
    make_input()
    fails(2, "--tile", "16", "--overlap", "9", "in.png", says=["16", "9", "--tile", "--overlap"])
    fails(2, "--tile", "16x32", "--overlap", "12", "--blend", "linear", "in.png",
          says=["16", "12", "twice the overlap"])
    restore("--tile", "16", "--overlap", "8", "in.png", "out.png", "-q")


@test
def pages_that_do_not_exist():
    make_input()
    fails(2, "--page", "2", "in.png", says=["in.png", "1 page", "2"])
    fails(1, "in.png[page=7]", says=["in.png"])


# ----------------------------------------------------------------------------------------- memory


@test
def budget_too_small():
    make_input("in.png", 500, 500)
    if SANITIZED:
        skip("a sanitizer takes more memory than the budget")
    r = fails(1, "--memory", "1M", "in.png", says=["--memory", "budget is 1.0 MB"])
    named = r.err.split("use --memory ")[1].split()[0]
    restore("--memory", named, "in.png", "out.png", "-q")
    same("in.png", "out.png")
    r = fails(1, "--memory", "60M", "--tile", "20000", "-m", "null4x", "in.png",
              says=["--memory", "leave out --tile"])
    named = r.err.split("use --memory ")[1].split()[0]
    restore("-m", "null4x", "--memory", named, "--tile", "20000", "in.png", "out.png", "-q")


def limit_address_space(size):
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


@test
def out_of_memory():
    if SANITIZED:
        skip("a sanitizer takes more address space than any limit")
    make_input("in.png", 3000, 60)
    # From too little to start up to enough: refused or done, and never a crash.
    done = failed = 0
    for megabytes in (150, 250, 350, 450, 600, 900, 1500):
        out = f"out{megabytes}.tif"
        r = seamless("restore", "-m", "null4x", "--threads", "1", "--tile", "900", "in.png", out,
                     before=limit_address_space(megabytes << 20))
        leftovers(".")
        if r.code == 0:
            done += 1
            continue
        failed += 1
        check(r.code in (1, 127) and not os.path.exists(out), megabytes, r)
    check(done > 0 and failed > 0, f"{done} done, {failed} refused")


# ------------------------------------------------------------------------------- several pictures


@test
def several_inputs():
    make_input("a.png")
    make_input("c.tif")
    write("b.png", b"no picture")
    os.mkdir("out")
    r = seamless("restore", "-m", "null", "a.png", "b.png", "c.tif", "out")
    equal(r.code, 1, r)
    check("b.png" in r.err and "1 of 3 pictures failed" in r.err, r)
    equal(sorted(os.listdir("out")), ["a.png", "c.tif"])
    same("a.png", "out/a.png")
    same("c.tif", "out/c.tif")


@test
def several_inputs_need_a_folder():
    make_input("a.png")
    make_input("b.png")
    refused(2, "-m", "null", "a.png", "b.png", "nowhere", says=["nowhere", "folder"])
    still = untouched("out.png")
    refused(2, "-m", "null", "a.png", "b.png", "out.png", says=["out.png", "folder"])
    still()


@test
def two_inputs_of_one_name():
    for d in ("x", "y", "out"):
        os.mkdir(d)
    make_input("x/a.png")
    make_input("y/a.png")
    refused(2, "-m", "null", "x/a.png", "y/a.png", "out", says=["a.png", "different folders"])
    equal(os.listdir("out"), [])
    # The folder of the inputs is no place for their results.
    refused(2, "-m", "null", "x/a.png", "x", says=["a.png", "another name"])


@test
def damaged_standard_input():
    make_input("in.png", 300, 300)
    with open("in.png", "rb") as f:
        data = f.read()
    r = refused(1, "-m", "null", "-", "out.png", input=data[:len(data) // 2],
                says=["standard input"])
    check(".seamless" not in r.err, "the temporary file's name helps nobody", r)
    check(not os.path.exists("out.png"))


main()
