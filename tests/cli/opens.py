"""What is opened: a network's file once, however many pictures it restores, and no file but the output's."""
import json
import os
import shutil
import struct
import zipfile

from common import *
import modules
import state

# A network whose weights lie beside it, and one of a format that ONNX Runtime does not read, would come here too.
NETWORK = os.path.join(ROOT, "models", "smooth.onnx")


def opens(trace, name):
    """Calls that opened the file."""
    with open(trace) as f:
        return [line for line in f if f"{name}\"" in line and " = -1 " not in line]


def traced(*args, calls="open,openat"):
    if SANITIZED:
        skip("sanitizers and strace do not go together")
    if not shutil.which("strace"):
        skip("there is no strace")
    r = run("strace", "-f", "-o", "trace.txt", "-e", "trace=" + calls, SEAMLESS, "restore", "-q",
            *args)
    if "ptrace" in r.err.lower() and r.code != 0:
        skip("strace may not look at processes here")
    equal(r.code, 0, r)


def trace(engine):
    shutil.copy(NETWORK, "net.onnx")
    os.mkdir("out")
    for i in range(3):
        write_v(f"p{i}.v", picture(70, 50, 3, U8, seed=i))
    traced("--engine", engine, "-m", "net.onnx", "p0.v", "p1.v", "p2.v", "out")
    equal(len(os.listdir("out")), 3)
    equal(len(opens("trace.txt", "net.onnx")), 1, *opens("trace.txt", "net.onnx"))


@test
def once_by_the_native_engine():
    trace("native")


@test
def once_by_onnx_runtime():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    trace("ort")


@test
def no_file_is_made_but_the_output():
    """What rights the mask leaves a new file is not asked by making another."""
    write_v("in.v", picture(70, 50, 3, U8))
    os.mkdir("out")
    traced("-m", "null", "in.v", "out/x.v")
    equal(os.listdir("out"), ["x.v"])
    with open("trace.txt") as f:
        made = {line.split('"')[1] for line in f if "O_CREAT" in line and '"out/' in line}
    check(len(made) == 1 and made.pop().startswith("out/.seamless-"), made)


@test
def no_loader_is_asked_who_reads_what_most_pictures_are():
    """Of a folder's JPEGs and PNGs the first bytes tell enough, and what was written is of the kind that was
    asked for: a dozen loaders of libvips would open each of them."""
    for kind in ("jpg", "png"):
        os.makedirs(kind)
        write_v("make.v", picture(70, 50, 3, U8))
        vips("copy", "make.v", f"{kind}/p.{kind}")
        traced("-m", "null", f"{kind}/p.{kind}", f"named-{kind}/")
        named = opens("trace.txt", f"{kind}/p.{kind}")
        traced("-m", "null", kind, f"walked-{kind}/")
        walked = opens("trace.txt", f"{kind}/p.{kind}")
        check(len(walked) <= len(named) + 2, kind, *walked)
        with open("trace.txt") as f:
            made = [line for line in f if f"walked-{kind}/.seamless-" in line and " = -1 " not in line]
        check(1 <= len(made) <= 5, kind, *made)


@test
def writers_keep_the_file_that_is_locked():
    """What a dead run left is told by its lock: no writer may put a new file in its place, in the formats that
    are swept."""
    write_v("in.v", picture(40, 30, 3, U8))
    for suffix in ("tif", "png", "jpg", "webp", "jxl", "heic", "avif", "gif", "jp2", "ppm", "pfm", "v"):
        out = "o." + suffix
        if seamless("restore", "-q", "-m", "null", "in.v", out).code != 0:
            continue  # this libvips does not write it
        traced("-m", "null", "in.v", out, calls="open,openat,unlink,unlinkat,rename,renameat,renameat2")
        with open("trace.txt") as f:
            lines = [line for line in f if ".seamless-" in line and " = -1 " not in line]
        made = [line for line in lines if "O_EXCL" in line]
        moved = [line for line in lines if "unlink" in line or "rename" in line]
        equal((len(made), len(moved)), (1, 1), suffix, *lines)
        check("rename" in moved[0] and out in moved[0], suffix, *lines)


@test
def the_weights_beside_what_a_training_keeps():
    """Whatever they are called: an optimiser's numbers are no weights."""
    w = state.Weights()
    state.compact(w)
    text = lambda t: b"X" + struct.pack("<I", len(t)) + t.encode()
    training = b"}(" + text("state") + b"}" + text("param_groups") + b"]u"
    for name, beside in (("mine", "optimizer_state"), ("mine", "optimizer"), ("model_state", "scheduler"), ("student", "teacher")):
        other = state.pickled(w) if beside == "teacher" else training
        body = b"}(" + text(beside) + other + text(name) + state.pickled(w) + text("epoch") + b"K\1u"
        with zipfile.ZipFile("net.pth", "w") as z:
            z.writestr("net/data.pkl", b"\x80\2" + body + b".")
            for i, (n, s) in enumerate(w.items()):
                z.writestr(f"net/data/{i}", array.array("f", state.numbers(n, s, 1)).tobytes())
        told = json.loads(seamless("info", "net.pth", "--json").out)
        equal((told["architecture"], told["format"]), ("Compact, 8 features, 3 convolutions", f"PyTorch, {name}"))


main()
