"""Memory does not grow with the height of the picture, nor hide in temporary files."""
import json
import os
import resource
import subprocess
import threading
import time

from common import *

ROWS = (2000, 8000, 32000)


def tall(rows, path, width=1000):
    vips("gaussnoise", "noise.v", str(width), "500", "--mean", "128", "--sigma", "40")
    vips("cast", "noise.v", "u8.v", "uchar")
    vips("replicate", "u8.v", "tall.v", "1", str(rows // 500))
    vips("bandjoin", "tall.v tall.v tall.v", "rgb.v")
    vips("copy", "rgb.v", path, "--interpretation", "srgb")
    for name in ("noise.v", "u8.v", "tall.v", "rgb.v"):
        os.unlink(name)


def restore_measured(*args):
    """The JSON's peak, the kernel's peak, and what else lay on disk meanwhile, in bytes."""
    p = subprocess.Popen([SEAMLESS, "restore", "-q", "--json", *map(str, args)],
                         stdout=subprocess.PIPE)
    strangers = 0
    while True:
        pid, status, usage = os.wait4(p.pid, os.WNOHANG)
        if pid:
            break
        for name in os.listdir(os.environ["TMPDIR"]):
            try:
                strangers += os.path.getsize(os.path.join(os.environ["TMPDIR"], name)) + 1
            except FileNotFoundError:
                pass
        check(len([n for n in os.listdir(".") if n.startswith(".seamless")]) <= 1,
              os.listdir("."))
        time.sleep(0.02)
    p.returncode = os.waitstatus_to_exitcode(status)
    out = p.stdout.read()
    p.stdout.close()
    equal(p.returncode, 0)
    return json.loads(out), usage.ru_maxrss * 1024, strangers


def flat(suffix, rows, *options):
    peaks, kernel = [], []
    for n in rows:
        tall(n, f"in.{suffix}")
        j, rss, strangers = restore_measured(*options, f"in.{suffix}", f"out.{suffix}")
        equal(strangers, 0, "a temporary file holds rows")
        peaks.append(j["peak_bytes"])
        kernel.append(rss)
        check(abs(rss - j["peak_bytes"]) < 0.1 * rss, "the report and the kernel differ", rss, j)
        os.unlink(f"in.{suffix}")
        os.unlink(f"out.{suffix}")
    for values in (peaks, kernel):
        check(max(values) <= 1.1 * min(values), f"{suffix} {options}: peaks at {rows} rows",
              [f"{v / 1e6:.0f} MB" for v in values])


def sane():
    if SANITIZED:
        skip("a sanitizer keeps freed memory")


@test
def flat_memory_tif():
    sane()
    flat("tif", ROWS, "-m", "null")


@test
def flat_memory_png():
    sane()
    flat("png", ROWS[:2], "-m", "null", "--tile", "256")


@test
def flat_memory_enlarging_with_blends():
    sane()
    flat("tif", ROWS[:2], "-m", "null2x", "--tile", "200", "--overlap", "20", "--blend", "linear")


@test
def flat_memory_with_a_network():
    sane()
    model = shared("models", "sci_lowlight_medium.onnx")
    flat("tif", ROWS[:2], "-m", model, "--tile", "250", "--halo", "4")


@test
def flat_memory_lying_on_its_side():
    """Turning goes by way of a file, so that memory stays as flat."""
    sane()
    peaks = []
    for n in ROWS[:2]:
        tall(n, "in.tif", 500)
        vips("copy", "in.tif", "in.v")
        with open("in.v", "rb") as f:
            data = f.read()
        at = data.rindex(b"</meta>")
        with open("in.v", "wb") as f:
            f.write(data[:at] + b'<field type="gint" name="orientation">3</field>' + data[at:])
        vips("copy", "in.v", "in.tif")
        p = subprocess.run([SEAMLESS, "restore", "-m", "null", "-q", "--json", "in.tif", "out.tif"],
                           stdout=subprocess.PIPE, check=True)
        peaks.append(json.loads(p.stdout)["peak_bytes"])
    check(max(peaks) <= 1.15 * min(peaks), [f"{v / 1e6:.0f} MB" for v in peaks])


main()
