"""What the command says: JSON, the closing line, progress, help, and messages as golden files.

SEAM_UPDATE_GOLDEN=1 writes the golden files anew.
"""
import json
import os
import pty
import re
import subprocess

from common import *

KEYS = {
    "input": str, "output": str, "model": str, "engine": str, "width": int, "height": int,
    "out_width": int, "out_height": int, "pages": int, "scale": (int, float), "alignment": int,
    "tiles": int, "tile_width": int, "tile_height": int, "padded_width": int, "padded_height": int,
    "halo": int, "overlap": int, "blend": str, "edge": str, "exact": str, "waste": (int, float),
    "threads": int, "seconds": (int, float), "megapixels_per_second": (int, float),
    "budget_bytes": int, "planned_peak_bytes": int, "peak_bytes": int, "in_flight": int,
    "device_bytes": int, "device_budget_bytes": int,
}


@test
def json_has_every_key():
    write_v("in.v", picture(100, 70, 3, U8))
    r = restore("-m", "null2x", "--json", "--tile", "40x30", "--halo", "8", "--overlap", "6",
                "--blend", "gaussian", "--edge", "zero", "--threads", "2", "in.v", "out.png")
    lines = r.out.decode().splitlines()
    equal(len(lines), 1, "one line a picture")
    j = json.loads(lines[0])
    equal(set(KEYS) - set(j), set(), "missing")
    for key, kind in KEYS.items():
        check(isinstance(j[key], kind) and not isinstance(j[key], bool), key, j[key])
    expected = {"input": "in.v", "output": "out.png", "model": "null2x", "engine": "null",
                "width": 100, "height": 70, "out_width": 200, "out_height": 140, "pages": 1,
                "scale": 2, "alignment": 1, "halo": 8, "overlap": 6, "blend": "gaussian",
                "edge": "zero", "exact": "bits", "threads": 2}
    equal({k: j[k] for k in expected}, expected)
    check(j["tile_width"] <= 40 and j["tile_height"] <= 30)
    equal(j["padded_width"], j["tile_width"] + 16)
    equal(j["padded_height"], j["tile_height"] + 16)
    equal(j["tiles"], 3 * 3)
    waste = j["tiles"] * j["padded_width"] * j["padded_height"] / 7000 - 1
    check(abs(j["waste"] - waste) < 1e-4, j["waste"], waste)
    check(10e6 < j["peak_bytes"] < 4e9 and j["seconds"] > 0 and j["megapixels_per_second"] > 0)


@test
def memory_of_a_device():
    """A budget of its own, of which runs in flight and then tiles take no more."""
    write_v("in.v", picture(100, 70, 3, U8))
    seen = []
    for more in ([], ["--device-memory", "100k"], ["--device-memory", "9G"]):
        j = json.loads(seamless("plan", "-m", "null:async=0,device=4000000", "--tile", "20",
                                "--json", *more, "in.v").out)
        check(0 < j["device_bytes"] <= j["device_budget_bytes"], j)
        seen.append((j["device_budget_bytes"], j["in_flight"]))
    equal(seen[0], (4000000, 3))
    equal(seen[1][0], 100000)
    equal(seen[2], seen[0], "no more than there is")
    r = seamless("restore", "--device-memory", "100k", "-m", "null:async=0,device=4000000", "in.v", "out.v")
    equal(r.code, 0, r)
    same("out.v", "in.v")
    refused(1, "-m", "null:async=0,device=4000000", "--device-memory", "10", "in.v", "out.v",
            says=["--device-memory", "10 bytes"])
    refused(2, "--device-memory", "lots", "in.v", "out.v", says=["--device-memory", "lots", "800M"])


@test
def json_escapes_names():
    write_v("in.v", picture(20, 10, 3, U8))
    name = 'a "b" \\c\nü.png'
    r = restore("--json", "-q", "in.v", name)
    equal(json.loads(r.out)["output"], name)
    name = b"bad\xff.png"
    p = subprocess.run([SEAMLESS, "restore", "-m", "null", "--json", "-q", "in.v", name],
                       capture_output=True)
    equal(p.returncode, 0, p.stderr)
    json.loads(p.stdout.decode("utf-8"))


@test
def json_is_the_same_in_every_locale():
    write_v("in.v", picture(200, 100, 3, U8))
    for locale in ("de_DE.UTF-8", "C", "fr_FR.UTF-8"):
        r = restore("--json", "--tile", "64", "--halo", "7", "in.v", "out.png",
                    env={"LC_ALL": locale})
        check(json.loads(r.out)["waste"] > 0)
    restore("--range=-0.5..1.5", "--overlap", "2.5%", "in.v", "out.png",
            env={"LC_ALL": "de_DE.UTF-8"})
    same("in.v", "out.png")


@test
def failures_print_an_object():
    r = seamless("restore", "-m", "null", "--json", "missing.png", "out.png")
    equal(r.code, 1, r)
    j = json.loads(r.out)
    equal(sorted(j), ["error", "input", "notices", "output", "status", "version"])
    equal((j["input"], j["output"], j["status"]), ("missing.png", "out.png", "failed"))
    check("missing.png" in j["error"] and j["error"] in r.err, j, r)


@test
def the_object_tells_what_really_ran():
    """Tiles of half the size where the first do not fit, and the notice of it."""
    write_v("in.v", picture(192, 192, 3, U8))
    j = json.loads(restore("-m", "null2x", "--tile", "96", "--halo", "4", "--json", "in.v", "out.png").out)
    equal((j["status"], j["error"], j["notices"]), ("restored", None, []))
    equal((j["tiles"], j["tile_width"], j["padded_width"]), (4, 96, 104))
    j = json.loads(restore("-m", "null2x:most=4000", "--tile", "96", "--halo", "4", "--json", "in.v",
                           "out.png").out)
    check(j["tiles"] == 16 and j["padded_width"] * j["padded_height"] <= 4000, j)
    waste = j["tiles"] * j["padded_width"] * j["padded_height"] / 192 ** 2 - 1
    check(abs(j["waste"] - waste) < 1e-6, j["waste"], waste)
    equal(len([n for n in j["notices"] if "going on with" in n]), 1)


@test
def quiet_is_silent():
    write_v("in.v", picture(100, 70, 3, U8))
    vips("icc_export", "in.v", "cmyk.jpg", "--output-profile", "cmyk")
    for args in (("in.v", "out.png"), ("cmyk.jpg", "out.png"), ("in.v", "out.jpg")):
        r = restore("-q", *args)
        equal((r.out, r.err), (b"", ""), r)
    r = restore("--quiet", "--json", "in.v", "out.png")
    equal(r.err, "")
    r = seamless("restore", "-q", "-m", "null", "missing.png", "out.png")
    check("missing.png" in r.err, "errors are said all the same")


@test
def closing_line():
    write_v("in.v", picture(100, 70, 3, U8))
    args = ("--tile", "40", "--halo", "8", "in.v", "out.png")
    for model, size in (("null", "100 x 70"), ("null2x", "100 x 70 -> 200 x 140")):
        r = restore("-m", model, *args)
        check(re.fullmatch(rf"out\.png: {size}, {model}, [\d.]+ s\n", r.err), r)
    pattern = (r"out\.png: 100 x 70 -> 200 x 140, null2x, [\d.]+ s, 6 tiles of \d+ x \d+, halo 8, "
               r"[\d.]+ % of the work on halo and overlap, engine null, [\d.]+ MP/s, "
               r"budget [\d.]+ [MG]B, planned [\d.]+ MB, peak of the process [\d.]+ MB")
    last = restore("-v", "-m", "null2x", *args).err.splitlines()[-1]
    check(re.fullmatch(pattern, last), last)
    equal(r.out, b"", "standard output is for pictures and JSON")


@test
def verbose_prints_the_plan():
    write_v("in.v", picture(100, 70, 3, U8))
    r = restore("-v", "--tile", "40", "in.v", "out.png")
    for word in ("tiles", "halo", "overlap", "memory", "exact"):
        check(word in r.err, r)


def on_a_terminal(*args):
    """Run with standard error on a terminal; what it said there."""
    master, slave = pty.openpty()
    p = subprocess.Popen([SEAMLESS, "restore", *args], stderr=slave, stdout=subprocess.DEVNULL)
    os.close(slave)
    said = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:
            break
        if not piece:
            break
        said += piece
    os.close(master)
    return p.wait(), said.decode()


@test
def progress_on_a_terminal_alone():
    write_v("in.v", picture(100, 70, 3, U8))
    args = ("-m", "null:slow=30", "--tile", "20", "in.v", "out.png")
    code, said = on_a_terminal(*args)
    equal(code, 0, said)
    check(re.search(r"tile \d+ of 20", said) and "MP/s" in said and "left" in said, said)
    check("\r" in said and re.search(r"[\d.]+ s$", said.rstrip()), said)
    code, said = on_a_terminal("-q", *args)
    equal((code, said), (0, ""))
    r = restore(*args)
    check("\r" not in r.err and "left" not in r.err, r)


@test
def progress_is_wiped_before_an_error():
    write_v("in.v", picture(100, 70, 3, U8))
    code, said = on_a_terminal("-m", "null:fail=8,slow=60", "--tile", "20", "in.v", "out.png")
    equal(code, 1, said)
    check("left\r\x1b[Kseamless: error: null: run 8 fails" in said.replace("\x1b[K\r", "\r"), said)


@test
def help_of_the_command():
    for flag in ("--help", "-h", "help"):
        r = seamless(flag)
        equal((r.code, r.err), (0, ""), r)
    golden("help.txt", r.out.decode())
    r = seamless()
    equal((r.code, r.out), (2, b""), r)
    golden("help.txt", r.err)


@test
def help_of_restore():
    r = seamless("restore", "--help-all")
    equal((r.code, r.err), (0, ""), r)
    golden("help-restore.txt", r.out.decode())
    for option in ("--model", "--tile", "--halo", "--overlap", "--blend", "--edge", "--memory",
                   "--threads", "--depth", "--alpha", "--transfer", "--page", "--format", "--range",
                   "--order", "--layout", "--engine", "--align", "--luma", "--input", "--output", "--json",
                   "--quiet", "--verbose", "--allow-damaged"):
        check(option in r.out.decode(), option)


@test
def version():
    r = seamless("--version")
    equal(r.code, 0)
    check(re.match(r"seamless \d+\.\d+\.\d+ \(libvips [\d.]+\)\nengines .*native.*\nreads .* png.*\nwrites .* png",
                   r.out.decode()), r.out)
    equal("ONNX Runtime 1." in r.out.decode(), HAS_ORT, r.out)


@test
def messages():
    """The words of the main errors, all in one file, so that a change of one is seen and meant."""
    write_v("in.v", picture(60, 40, 3, U8))
    with open("text.png", "wb") as f:
        f.write(b"no picture at all")
    with open("empty.png", "wb"):
        pass
    with open("text.onnx", "wb") as f:
        f.write(b"no network")
    os.mkdir("folder")
    cases = [
        [], ["in.v"], ["--nonsense", "in.v", "out.png"], ["-m", "null", "missing.png", "out.png"],
        ["-m", "null", "folder", "out.png"], ["-m", "null", "empty.png", "out.png"],
        ["-m", "null", "text.png", "out.png"], ["-m", "missing.onnx", "in.v", "out.png"],
        ["-m", "null", "in.v", "nowhere/out.png"], ["-m", "null", "in.v", "in.v"],
        ["-m", "null", "in.v", "out.xyz"], ["-m", "null", "in.v", "text.png", "nowhere"],
        ["--tile", "0", "in.v", "out.png"], ["--halo", "-1", "in.v", "out.png"],
        ["--overlap", "60%", "in.v", "out.png"], ["--blend", "cubic", "in.v", "out.png"],
        ["--edge", "wrap", "in.v", "out.png"], ["--range", "5", "in.v", "out.png"],
        ["--memory", "lots", "in.v", "out.png"], ["--depth", "12", "in.v", "out.png"],
        ["--threads", "-2", "in.v", "out.png"], ["--page", "-1", "in.v", "out.png"],
        ["-m", "null", "--page", "2", "in.v", "out.png"], ["--input", "sigma", "in.v", "out.png"],
        ["-m", "null", "--input", "sigma=1", "in.v", "out.png"],
        ["-m", "null", "--tile", "16", "--overlap", "9", "in.v", "out.png"],
        ["-m", "null:fail=1", "in.v", "out.png"],
        ["-m", "null:nan=2", "--tile", "20", "in.v", "out.png"], ["--json", "in.v", "-"],
    ]
    text = ""
    for case in cases:
        r = seamless("restore", *case)
        text += f"$ seamless restore {' '.join(case)}\n{r.err}[exit {r.code}]\n\n"
    golden("messages.txt", text)


main()
