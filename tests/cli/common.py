"""What the command-line tests share: running the command, pictures as plain bytes, TAP output.

A script defines functions marked with @test and ends with main(). Each runs in an empty folder of
its own. It fails by check() or any exception, and skips by skip().
"""
import array
import difflib
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import traceback

import libvips
import zygote

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "golden")
ROOT = os.environ.get("SEAM_SOURCE", os.path.dirname(os.path.dirname(HERE)))
SEAMLESS = os.path.abspath(os.environ.get("SEAMLESS", os.path.join(ROOT, "build", "seamless")))
SHARED = os.path.abspath(os.environ.get("SEAM_SHARED", os.path.join(ROOT, "..", "shared")))
# A build without ONNX Runtime runs what the native engine runs.
HAS_ORT = os.environ.get("SEAM_ORT", "yes") != "no"
# What a sanitizer adds to memory and to address space makes tests of either meaningless.
SANITIZED = os.environ.get("SEAM_SANITIZE", "none") != "none"

os.environ["LC_ALL"] = "C.UTF-8"
for name in ("VIPS_WARNING", "VIPS_INFO", "VIPS_CONCURRENCY", "G_MESSAGES_DEBUG"):
    os.environ.pop(name, None)
# Shows a CRITICAL of GLib, which is a fault of ours, among the errors.
os.environ["G_MESSAGES_DEBUG"] = "critical"
# libvips looks for its modules at every start, which is a quarter of the time of a small picture: what
# needs them (HEIF, JPEG XL, BMP, slides), or measures memory, imports `modules`.
os.environ["VIPSHOME"] = "/nonexistent"
# What takes long here is the CPU's on machines with a GPU too.
os.environ["SEAMLESS_DEVICE"] = "cpu"


COMMANDS = libvips.Commands()
ZYGOTE = zygote.Zygote(SEAMLESS)


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def check(condition, *why):
    if not condition:
        raise Failed("\n".join(str(w) for w in why) or "a check failed")


def equal(got, expected, *why):
    check(got == expected, *why, f"got      {got!r}", f"expected {expected!r}")


def skip(why):
    raise Skipped(why)


# --------------------------------------------------------------------------------------- commands


class Result:
    def __init__(self, args, code, out, err):
        self.args, self.code, self.out, self.err = args, code, out, err

    def __str__(self):
        return f"{' '.join(map(str, self.args))}\n-> {self.code}\n{self.err}"


def run(*args, input=None, env=None, before=None, timeout=120, cwd=None, start=False):
    """Run a command; output is bytes, errors are text. Ours is forked from a process that has loaded it, unless it
    is to `start` as anybody's does, or has a budget: what the libraries hold is counted where it was loaded."""
    full = dict(os.environ, **(env or {}))
    start = start or "--memory" in args
    if args[0] == SEAMLESS and not start and not before and ZYGOTE.serves(full):
        answer = ZYGOTE.run([str(a) for a in args], input, full, timeout, cwd)
        if answer:
            code, out, err = answer
            return Result(args, code, out, err.decode("utf-8", "replace"))
    p = subprocess.run([str(a) for a in args], input=input, capture_output=True, env=full,
                       preexec_fn=before, timeout=timeout, cwd=cwd,
                       **({} if input is not None else {"stdin": None}))
    return Result(args, p.returncode, p.stdout, p.stderr.decode("utf-8", "replace"))


def seamless(*args, **how):
    result = run(SEAMLESS, *args, **how)
    check("AddressSanitizer" not in result.err and "runtime error:" not in result.err, result)
    if not HAS_ORT and ("without the engine ort" in result.err or "native engine does not run it" in result.err):
        skip("this build is without ONNX Runtime")
    return result


def restore(*args, **how):
    """`seamless restore` that must succeed, with the null network unless another is named."""
    model = [] if "-m" in args else ["-m", "null"]
    result = seamless("restore", *model, *args, **how)
    equal(result.code, 0, result)
    return result


def refused(code, *args, says=(), **how):
    """A run that must fail with `code` and one message that holds every word of `says`."""
    result = seamless("restore", *args, **how)
    equal(result.code, code, result)
    for word in says:
        check(str(word) in result.err, f"'{word}' is not said by:", result)
    check("seamless: " in result.err, result)
    check("Bail out" not in result.err and "CRITICAL" not in result.err, result)
    leftovers(".")
    return result


def leftovers(folder):
    left = [n for n in os.listdir(folder) if n.startswith(".seamless")]
    equal(left, [], "left behind")


def run_vips(*args, command="vips"):
    """What the command of libvips, `vips` or `vipsheader`, would do, without its start."""
    return Result((command,) + args, *COMMANDS.run(command, *args))


def vips(*args):
    result = run_vips(*args)
    equal(result.code, 0, result)
    return result


def header(path):
    """All fields that libvips tells of a file, as text."""
    result = run_vips("-a", path, command="vipsheader")
    equal(result.code, 0, result)
    lines = result.out.decode("utf-8", "replace").splitlines()
    return dict(line.split(": ", 1) for line in lines[1:] if ": " in line)


def field(path, name):
    """One field as bytes (blobs come base64-coded), or None where there is none."""
    result = run_vips("-f", name, path, command="vipsheader")
    return result.out.strip() if result.code == 0 else None


# --------------------------------------------------------------------------------------- pictures

U8, U16, F32 = 0, 2, 6  # VipsBandFormat
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 8, 8: 8, 9: 16}
B_W, MULTIBAND, SRGB, RGB16, GREY16, SCRGB = 1, 0, 22, 25, 26, 28  # VipsInterpretation


class Picture:
    """The pixels of a picture, interleaved, in the machine's byte order."""

    def __init__(self, width, height, bands, format, data, type=SRGB):
        self.width, self.height, self.bands = width, height, bands
        self.format, self.type, self.data = format, type, bytes(data)

    def shape(self):
        return self.width, self.height, self.bands, self.format

    def samples(self):
        code = {U8: "B", U16: "H", F32: "f"}[self.format]
        return array.array(code, self.data)


def write_v(path, picture):
    """In libvips' own format: a head of 64 bytes and the samples."""
    head = struct.pack("<4s6iI2f6i", b"\xb6\xa6\xf2\x08", picture.width, picture.height,
                       picture.bands, 8 * SIZES[picture.format], picture.format, 0, picture.type,
                       1.0, 1.0, 0, 0, 0, 0, 0, 0)
    with open(path, "wb") as f:
        f.write(head + picture.data)


def read_v(path):
    with open(path, "rb") as f:
        magic, width, height, bands, _, format, coding, type = struct.unpack("<4s7i", f.read(32))
        equal(magic, b"\xb6\xa6\xf2\x08", path)
        f.seek(64)
        size = SIZES[format] if coding == 0 else 1
        data = f.read(width * height * bands * size)
    equal(len(data), width * height * bands * size, f"{path} is cut short")
    return Picture(width, height, bands, format, data, type)


def read(path):
    """The pixels of any file, all pages."""
    if str(path).endswith(".v"):
        return read_v(path)
    copy = "read.tmp.v"
    vips("copy", path, copy)
    picture = read_v(copy)
    os.unlink(copy)
    return picture


def picture(width, height, bands, format, seed=7):
    """Noise; the same for the same arguments."""
    data = random.Random(seed).randbytes(width * height * bands * SIZES[format])
    if format == F32:
        # Values that no integer sample has, below 0 and above 1 among them.
        data = array.array("f", (v / 0xFFFFFFFF * 1.5 - 0.25
                                 for v in array.array("I", data))).tobytes()
    types = {U8: SRGB, U16: RGB16, F32: SRGB}
    greys = {U8: B_W, U16: GREY16, F32: B_W}
    return Picture(width, height, bands, format, data,
                   greys[format] if bands < 3 else types[format])


def same(a, b, *why):
    """Two pictures, or files of them, that must be equal to the bit."""
    a = a if isinstance(a, Picture) else read(a)
    b = b if isinstance(b, Picture) else read(b)
    equal(a.shape(), b.shape(), *why, "width, height, bands, format")
    if a.data != b.data:
        x, y = a.samples(), b.samples()
        at = next(i for i in range(len(x)) if x[i] != y[i] or x[i] != x[i])
        pixel, band = divmod(at, a.bands)
        row, column = divmod(pixel, a.width)
        wrong = sum(1 for i in range(len(x)) if x[i] != y[i])
        raise Failed("\n".join([*map(str, why), f"{wrong} of {len(x)} samples differ, first at "
                                f"{column},{row} band {band}: {x[at]!r} and {y[at]!r}"]))


def largest_difference(a, b):
    a = a if isinstance(a, Picture) else read(a)
    b = b if isinstance(b, Picture) else read(b)
    equal(a.shape(), b.shape(), "width, height, bands, format")
    return max((abs(p - q) for p, q in zip(a.samples(), b.samples())), default=0)


# A run without ../shared notes here what passed and asked for nothing of it; the run with it passes over these.
ALONE = os.environ.get("SEAM_ALONE")
asked = False


def alone():
    """The names of tests, with their scripts, that the run without ../shared decided for good."""
    if not ALONE or not os.path.exists(ALONE) or not os.path.exists(SHARED):
        return ()
    with open(ALONE) as f:
        return f.read().splitlines()


def shared(*names):
    global asked
    asked = True
    check(os.environ.get("SEAM_SEES_SHARED") != "no",
          "this script is missing among those of_shared in tests/cli/meson.build")
    path = os.path.join(SHARED, *names)
    if not os.path.exists(path):
        skip(f"{os.path.join('../shared', *names)} is absent")
    return path


# ---------------------------------------------------------------------------------------- failures


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


# -------------------------------------------------------------------------------------------- TAP

tests = []


def golden(name, text):
    """Compare with tests/cli/golden/NAME, or write it, where SEAM_UPDATE_GOLDEN is set."""
    path = os.path.join(GOLDEN, name)
    # Whatever networks this build ships with.
    text = re.sub(r"built-in network \(default \w+\)", "built-in network (default NAME)", text)
    text = re.sub(r"(one of the built-in networks) [\w, -]*null,", r"\1 NAMES, null,", text)
    if os.environ.get("SEAM_UPDATE_GOLDEN"):
        os.makedirs(GOLDEN, exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        return
    with open(path) as f:
        expected = f.read()
    if text != expected:
        diff = difflib.unified_diff(expected.splitlines(), text.splitlines(), "golden", "now",
                                    lineterm="")
        raise Failed("\n".join([f"{name} has changed (SEAM_UPDATE_GOLDEN=1 takes it)", *diff]))


def test(function):
    tests.append(function)
    return function


def worked():
    """Seconds of processors of this script and of all that it ran, whatever else the machine did."""
    return sum(os.times()[:4]) + ZYGOTE.worked


def main():
    global asked
    chosen = [t for t in tests if len(sys.argv) < 2 or any(a in t.__name__ for a in sys.argv[1:])]
    if not shutil.which("vips"):
        print("1..0 # SKIP the vips command is absent (Debian: libvips-tools)")
        sys.exit(0)
    failed = 0
    print(f"1..{len(chosen)}", flush=True)
    passed_before = alone()
    for number, t in enumerate(chosen, 1):
        full_name = f"{os.path.basename(sys.argv[0])} {t.__name__}"
        if full_name in passed_before:
            print(f"ok {number} - {t.__name__.replace('_', ' ')} # SKIP passed without ../shared", flush=True)
            continue
        asked = False
        folder = tempfile.mkdtemp(prefix="seam-test-")
        for name in ("work", "tmp"):
            os.mkdir(os.path.join(folder, name))
        os.environ["TMPDIR"] = os.path.join(folder, "tmp")
        # What one test measures of a network decides no plan of another, nor one of the user's.
        os.environ["XDG_CACHE_HOME"] = os.path.join(folder, "cache")
        os.chdir(os.path.join(folder, "work"))
        verdict, why, began = "ok", "", worked()
        name = t.__name__.replace("_", " ")
        try:
            t()
            leftovers(os.path.join(folder, "work"))
            equal(os.listdir(os.environ["TMPDIR"]), [], "left in the folder for temporary files")
        except Skipped as e:
            name += f" # SKIP {e}"
        except Failed as e:
            verdict, why = "not ok", str(e)
        except Exception:
            verdict, why = "not ok", traceback.format_exc()
        finally:
            del os.environ["TMPDIR"]
        if ALONE and not os.path.exists(SHARED) and verdict == "ok" and not asked:
            with open(ALONE, "a") as f:
                print(full_name, file=f)
        failed += verdict != "ok"
        for line in why.splitlines():
            print("# " + line)
        print(f"{verdict} {number} - {name}", flush=True)
        print(f"# {worked() - began:.1f} s of processors", flush=True)
        os.chdir("/")
        # A test may have taken its own rights away.
        for path, folders, _ in os.walk(folder):
            for f in folders:
                os.chmod(os.path.join(path, f), 0o700)
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)
