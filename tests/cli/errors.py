"""Every failure: its exit code, a message with the thing, the value and the remedy, and nothing
half-written left behind."""
import os
import resource
import subprocess

from common import *
import modules


# ------------------------------------------------------------------------------------------ input


@test
def missing_file():
    fails(1, "nowhere.png", says=["nowhere.png", "No such file"])
    refused(1, "-m", "null", "nowhere.png", "new.png", says=["nowhere.png"])
    check(not os.path.exists("new.png"), "a new file was left")


@test
def folder_as_input():
    os.mkdir("folder")
    fails(1, "folder", says=["folder", "no picture"])


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
        remedy = "its directory" if suffix == "tif" else "--allow-damaged"
        fails(1, f"cut.{suffix}", says=[f"cut.{suffix}", remedy])
    write("cut.jpg", open("whole.jpg", "rb").read()[:400])
    r = fails(1, "--allow-damaged", "cut.jpg")
    equal(r.err.count("Premature end of JPEG file"), 1, r)


@test
def damaged_pictures_are_restored_when_allowed():
    for suffix in ("jpg", "png"):
        whole = make_input(f"whole.{suffix}", 400, 300)
        with open(whole, "rb") as f:
            data = f.read()
        write(f"cut.{suffix}", data[:len(data) // 2])
        said = restore("--allow-damaged", f"cut.{suffix}", "out.png").err
        check("data is damaged" in said or suffix != "jpg", said)
        check("gave" not in said, "libvips' own words tell nobody what is damaged", said)
        out, expected = read("out.png"), read(whole)
        equal(out.shape(), expected.shape())
        rows = 400 * 3 * 100
        equal(out.data[:rows], expected.data[:rows], f"{suffix}: the rows that are whole")


@test
def damage_is_told_by_its_row_and_what_helps():
    """Where the decoder gave up; libvips reads no TIFF beyond damage, whatever it is allowed."""
    def damaged(name, options, at):
        vips("copy", make_input("whole.png", 400, 300), name + options)
        with open(name, "rb") as f:
            data = bytearray(f.read())
        at = int(at * len(data))
        data[at:at + 2000] = bytes(i * i * 37 % 251 for i in range(2000))
        write(name, data)
        return name
    strips = damaged("strips.tif", "[compression=deflate]", 0.5)
    for how in ([], ["--allow-damaged"], ["--region", "3,100,100x150"]):
        r = fails(1, *how, strips, says=["strips.tif cannot be read beyond row 128 ", "tiffcp"])
        check("--allow-damaged" not in r.err, r)
    r = fails(1, damaged("rows.png", "", 0.5), says=["--allow-damaged"])
    row = int(r.err.split("beyond row ")[1].split()[0])
    check(64 <= row <= 150, r)
    restore("--allow-damaged", "rows.png", "out.png")
    passes = damaged("passes.png", "[interlace]", 0.9)
    fails(1, passes, says=["--allow-damaged"])
    restore("--allow-damaged", passes, "out.png")
    equal(read("out.png").shape(), read("whole.png").shape())


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
            "out.png", says=["weights file", "cannot be read"])
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
    for engine in ("auto", "native"):
        refused(2, "-m", out, "--engine", engine, "--output", "nothing", "in.png", "out.png",
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
    refused(2, "-m", "null", "in.png", "new.png[nonsense=3]", says=["new.png", "nonsense"])
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
        # Said before the first tile where the size is known, else when it has happened.
        for out, why in (("out.png", "No space left"), ("out.tif[compression=deflate]", "No space left"),
                         ("out.tif", "room"), ("out.v", "room"), ("out.ppm", "room")):
            plain = "small/" + out.split("[")[0]
            still = untouched(plain)
            refused(1, "-m", "null", "in.png", "small/" + out, says=[plain, why])
            leftovers("small")
            still()
            os.unlink(plain)
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


def proto(number, value):
    """A field of the wire format."""
    def varint(n):
        return bytes([n & 127 | 128]) + varint(n >> 7) if n > 127 else bytes([n])
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def external_net(path, location):
    """A convolution of 3 to 3 channels whose weights lie in another file."""
    def port(name):
        dims = [proto(1, 1), proto(1, 3), proto(2, "h"), proto(2, "w")]
        shape = b"".join(proto(1, d) for d in dims)
        return proto(1, name) + proto(2, proto(1, proto(1, 1) + proto(2, shape)))
    weights = (b"".join(proto(1, d) for d in (3, 3, 3, 3)) + proto(2, 1) + proto(8, "w") +
               proto(13, proto(1, "location") + proto(2, location)) + proto(14, 1))
    pads = proto(1, "pads") + b"".join(proto(8, 1) for _ in range(4)) + proto(20, 7)
    node = (proto(1, "x") + proto(1, "w") + proto(2, "y") + proto(3, "n") + proto(4, "Conv") +
            proto(5, pads))
    graph = (proto(1, node) + proto(2, "g") + proto(5, weights) + proto(11, port("x")) +
             proto(12, port("y")))
    write(path, proto(1, 8) + proto(7, graph) + proto(8, proto(1, "") + proto(2, 13)))


@test
def weights_lie_in_the_folder_of_the_model():
    os.mkdir("net")
    write("w.bin", bytes(324))
    write("net/w.bin", bytes(324))
    os.symlink("../w.bin", "net/link.bin")
    os.mkfifo("net/pipe.bin")
    make_input()
    for location, says in (("../w.bin", "outside"), (os.path.abspath("w.bin"), "outside"),
                           ("link.bin", "outside"), ("pipe.bin", "cannot be read"),
                           ("gone.bin", "cannot be read")):
        for engine in ("auto", "ort"):
            external_net("net/net.onnx", location)
            refused(1, "-m", "net/net.onnx", "--engine", engine, "in.png", "out.png", says=[says],
                    timeout=20)
    external_net("net/net.onnx", "w.bin")
    restore("-m", "net/net.onnx", "in.png", "out.png")


@test
def a_pipe_is_no_model():
    os.mkfifo("net.onnx")
    make_input()
    refused(1, "-m", "net.onnx", "in.png", "out.png", says=["no file"], timeout=20)


main()
