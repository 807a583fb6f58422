"""Memory does not grow with the height of the picture, nor hide in temporary files."""
import json
import math
import os
import random
import struct
import subprocess
import zlib

from common import *
from measured import restore_measured
import state

ROWS = (2000, 8000, 32000)


def tall(rows, path, width=1000):
    vips("gaussnoise", "noise.v", str(width), "500", "--mean", "128", "--sigma", "40")
    vips("cast", "noise.v", "u8.v", "uchar")
    vips("replicate", "u8.v", "tall.v", "1", str(rows // 500))
    vips("bandjoin", "tall.v tall.v tall.v", "rgb.v")
    vips("copy", "rgb.v", path, "--interpretation", "srgb")
    for name in ("noise.v", "u8.v", "tall.v", "rgb.v"):
        os.unlink(name)


def peaks_of(*arguments):
    """What the report calls the peak, and the kernel."""
    j, rss, strangers = restore_measured(*arguments)
    equal(strangers, 0, "a temporary file holds rows")
    check(abs(rss - j["peak_bytes"]) < 0.1 * rss, "the report and the kernel differ", rss, j)
    return j["peak_bytes"], rss


def flat(suffix, rows, *options, within=1.1):
    """Which pages of its heaps a process touches is luck, of some hundred kilobytes either way; what grows with the
    height is there in every run. So a picture that took too much has two more tries, of which the least counts."""
    first = None
    for n in rows:
        tall(n, f"in.{suffix}")
        peaks = peaks_of(*options, f"in.{suffix}", f"out.{suffix}")
        first = first or peaks
        for _ in range(2):
            if all(p <= within * f for p, f in zip(peaks, first)):
                break
            peaks = tuple(map(min, peaks, peaks_of(*options, f"in.{suffix}", f"out.{suffix}")))
        check(all(p <= within * f for p, f in zip(peaks, first)), f"{suffix} {options}: peaks at",
              rows[0], "and", n, "rows", [f"{v / 1e6:.2f} MB" for v in first + peaks])
        os.unlink(f"in.{suffix}")
        os.unlink(f"out.{suffix}")


def sane():
    if SANITIZED:
        skip("a sanitizer keeps freed memory")


@test
def flat_memory_tif():
    sane()
    flat("tif", ROWS, "-m", "null")


@test
def flat_memory_to_one_per_cent():
    """With the same tile; the one that is chosen is balanced by the height."""
    sane()
    flat("tif", (4000, 100000), "-m", "null", "--tile", "250", within=1.01)


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
def flat_memory_of_rows():
    """Without bands what is read ahead does not follow the height: the taller has 48 MB more. Which heap a thread
    takes is half a megabyte of luck."""
    sane()
    flat("tif", (4000, 20000), "-m", "denoise-fast", "--engine", "native", within=1.03)


def one_strip(path, width, height):
    """A TIFF of one compressed strip, which its decoder reads whole, as some programs write them."""
    row = random.Random(5).randbytes(3 * width)
    c = zlib.compressobj(0)
    data = b"".join([c.compress(row) for _ in range(height)]) + c.flush()
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, 8), (259, 3, 1, 8), (262, 3, 1, 2),
               (273, 4, 1, 16), (277, 3, 1, 3), (278, 4, 1, height), (279, 4, 1, len(data)), (284, 3, 1, 1)]
    with open(path, "wb") as f:
        f.write(b"II*\0" + struct.pack("<I3H2x", 16 + len(data), 8, 8, 8) + data)
        f.write(struct.pack("<H", len(entries)))
        for entry in entries:
            f.write(struct.pack("<HHII", *entry))
        f.write(struct.pack("<I", 0))


@test
def tiles_strips_and_threads_are_counted():
    """What libvips holds of a TIFF depends on how it lies, and on the threads: the plan knows."""
    sane()
    tall(2048, "in.tif", 8192)
    one_strip("strip.tif", 8192, 2048)
    cases = [("strip.tif", "out.tif"), ("in.tif", "out.tif[tile,tile_width=512,tile_height=1024]"),
             ("in.tif", "out.v", "--threads", "16")]
    for side in (128, 512, 1024):
        vips("copy", "in.tif", f"{side}.tif[tile,tile_width={side},tile_height={side}]")
        cases.append((f"{side}.tif", "out.tif"))
    for case in cases:
        j, rss, _ = restore_measured("-m", "null", "--tile", "512", *case)
        check(rss <= 1.01 * j["planned_peak_bytes"], case, f"{rss / 1e6:.0f} MB were planned as",
              f"{j['planned_peak_bytes'] / 1e6:.0f} MB")
    refused(1, "-m", "null", "--memory", "60M", "strip.tif", "new.tif", says=["--memory"])
    refused(1, "-m", "null", "--memory", "60M", "1024.tif", "new.tif", says=["--memory"])


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


def esrgan(path, blocks):
    """The usual one, of 64 features, with numbers that cost no time to make. Its size in bytes."""
    w, header, at = state.Weights(), {}, 0
    state.esrgan_old(w, features=64, growth=32, blocks=blocks)
    for name, shape in w.items():
        size = 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    some = struct.pack("<1021f", *(0.01 * math.sin(i) for i in range(1021)))
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for begin in range(0, at, len(some)): # what this process held would count as the command's
            f.write(some[:at - begin])
    return at


def torch_file(blocks):
    """The same of zeros as torch.save() writes it."""
    weights = state.Weights()
    state.esrgan_old(weights, features=64, growth=32, blocks=blocks)

    def zeros(name, shape, seed):
        count = 4
        for size in shape:
            count *= size
        return bytes(count)
    state.write_torch("net.pth", weights, zeros)
    return "net.pth"


# What ONNX Runtime makes of the weights, and the file.
MOST_COPIES = 3.3


def peak(*args):
    p = subprocess.Popen([SEAMLESS, *args], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    equal(p.returncode, 0, args)
    return usage.ru_maxrss * 1024


@test
def weights_are_held_once():
    """By the readers; ONNX Runtime keeps its own copies, and its least is what it is measured against."""
    sane()
    small, large = esrgan("small.safetensors", 1), esrgan("large.safetensors", 9)
    more = large - small
    grown = [peak("convert", "-q", name + ".safetensors", "copy.onnx") for name in ("small", "large")]
    check(grown[1] - grown[0] < 1.2 * more, "to be read", grown, more)
    grown = [peak("convert", "-q", torch_file(blocks), "copy.onnx") for blocks in (1, 9)]
    check(grown[1] - grown[0] < 1.2 * more, "to be read of a checkpoint of PyTorch", grown, more)
    if not HAS_ORT:
        return
    write_v("in.v", Picture(16, 16, 3, U8, bytes(768)))
    run = ("restore", "-q", "--engine", "ort", "--halo", "0", "--tile", "16", "--memory", "2GB", "in.v", "out.v", "-m")
    grown = [peak(*run, name + ".safetensors") for name in ("small", "large")]
    check(grown[1] - grown[0] < MOST_COPIES * more, "to be run by ONNX Runtime", grown, more)


main()
