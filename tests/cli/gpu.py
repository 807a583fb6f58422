"""Devices as a user meets them: the list, the choice, a picture through one. Skips without Vulkan."""
import glob
import json
import os

from common import *


def devices():
    """What `seamless devices --json` lists; skips where there is none."""
    r = seamless("devices", "--json")
    if r.code:
        skip(r.err.strip())
    found = json.loads(r.out)
    if not found:
        skip("there is no Vulkan device")
    return found


@test
def lists():
    found = devices()
    for i, d in enumerate(found):
        equal(d["device"], i)
        check(d["name"] and d["driver"] and d["memory_bytes"] > 0, d)
        check(d["kind"] in ("other", "discrete", "integrated", "virtual", "cpu"), d)
    text = seamless("devices").out.decode()
    check(text.startswith("cpu ") and all(d["name"] in text for d in found), text)
    equal(seamless("devices", "x").code, 2)


@test
def measures():
    """Each device is timed, and what it makes held against the CPU's."""
    devices()
    for d in json.loads(seamless("devices", "--bench", "--json").out):
        check(d["megapixels_per_second"] > 0 and d["error"] is None, d)
        equal(d["half_megapixels_per_second"] > 0, d["half"], d)


@test
def chooses():
    found = devices()
    make_input()
    r = refused(1, "in.png", "out.png", "-m", "smooth", "--device", "99",
                says=["there is no device '99'", found[0]["name"], "--device cpu"])
    equal(r.err.count("there is no device"), 1, r.err)
    refused(2, "in.png", "out.png", "-m", "smooth", "--device", "0", "--engine", "native",
            says=["the engine native runs on the CPU"])
    if all(d["kind"] == "cpu" for d in found):
        refused(1, "in.png", "out.png", "-m", "smooth", "--device", "gpu", says=["(a CPU)"])


@test
def restores():
    found = devices()
    make_input(width=70, height=50)
    r = restore("in.png", "out.png", "-m", "smooth", "--device", "0", "--tile", "24", "--json")
    report = json.loads(r.out)
    check(report["engine"].startswith("gpu " + found[0]["name"]), report["engine"])
    check(found[0]["driver"] in report["engine"], report["engine"])
    equal(report["exact"], "bits")
    # By a part of its name, in any case, out of the environment: the same bytes in other tiles.
    name = found[0]["name"][:8].upper()
    restore("in.png", "b.png", "-m", "smooth", "--tile", "64", env={"SEAMLESS_DEVICE": name})
    same(read("out.png"), read("b.png"))
    restore("in.png", "c.png", "-m", "smooth", "--engine", "native")
    check(largest_difference(read("out.png"), read("c.png")) <= 1, "another picture than native")


@test
def halves():
    """float16 between layers where all results have 8 bits, unless somebody says otherwise."""
    found = devices()
    make_input(width=70, height=50)
    run_vips("copy", "in.png", "in.jpg")
    on = ("-m", "smooth", "--device", "0", "--tile", "32", "--json")

    def precision(*args):
        return json.loads(restore(*args, *on).out)["engine"].endswith(", half")

    able = found[0]["half"]
    equal([precision("in.png", "a.png"), precision("in.png", "b.png", "--depth", "8"), precision("in.jpg", "c.png"),
           precision("in.png", "d.jpg[Q=95]"), precision("in.jpg", "e.png", "--depth", "16"),
           precision("in.jpg", "f.png", "--precision", "float")], [False, able, able, able, False, False])
    check(largest_difference(read("a.png"), read("b.png")) <= 1, "another picture than float")
    refused(2, "in.png", "out.png", "-m", "smooth", "--precision", "half",
            says=["half precision is for a device", "--device"])
    refused(2, "in.png", "out.png", "-m", "smooth", "--precision", "int16", says=["auto, float or half"])


@test
def numbers_that_are_none():
    """In the picture by its place, float32 or float16 between layers; and what float16 does not hold is no pixel,
    but the fault of float16 alone."""
    able = devices()[0]["half"]
    samples = picture(40, 30, 3, F32).samples()
    on = ("-m", "smooth", "--engine", "gpu", "--device", "0", "--tile", "24", "--precision")
    for value, word in ((float("nan"), "NaN"), (float("-inf"), "infinity"), (1e5, "")):
        samples[(11 * 40 + 20) * 3 + 1] = value
        write_v("in.v", Picture(40, 30, 3, F32, samples.tobytes(), SRGB))
        for precision in ("float", "half") if able else ("float",):
            if word:
                refused(1, *on, precision, "in.v", "out.v", says=[f"the picture holds {word} at 20,11 (band 1)"])
            elif precision == "half":
                refused(1, *on, precision, "in.v", "out.v", says=["the network put out", "--precision float"])
            else:
                restore(*on, precision, "in.v", "out.v")


@test
def a_disk_at_fault_costs_time_alone():
    """What a device's compiler made, and that it was proved, are kept for the next run."""
    devices()
    module = os.environ.get("SEAM_REFUSE")
    if not module:
        skip("needs a build without sanitizers")
    make_input()
    for name, how in (("a.png", "eio-write"), ("b.png", "short-write"), ("c.png", ""), ("d.png", "eio-read")):
        restore("-m", "smooth", "--engine", "gpu", "--device", "0", "in.png", name,
                env={"LD_PRELOAD": module, "REFUSE_PATH": "/cache/seamless/", "REFUSE_HOW": how or "none"})
        same("a.png", name)
        kept = glob.glob(os.environ["XDG_CACHE_HOME"] + "/seamless/p*/*")
        equal(len(kept) > 0, not how.endswith("write"), how, kept)


LAYER = "VK_LAYER_KHRONOS_validation"


def complaints(precision, model="denoise-fast", **env):
    """What Vulkan's own checks of a program say of a run, by core rules and by what waits for what."""
    p = run(os.environ["SEAMLESS"], "restore", "in.png", "out.png", "-m", model, "--device", "0", "--tile", "24",
            "--precision", precision, "-q",
            env=dict(VK_INSTANCE_LAYERS=LAYER, VK_LAYER_VALIDATE_SYNC="1",
                     VK_LAYER_SYNCVAL_SHADER_ACCESSES_HEURISTIC="1",
                     VK_LAYER_ENABLES="VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT", **env))
    equal(p.code, 0, p.err)
    return [l for l in (p.out + p.err.encode()).decode().splitlines() if "Validation" in l or "HAZARD" in l]


@test
def validates():
    """Nothing to complain of; where what waits is left out, that is seen."""
    devices()
    if not glob.glob("/usr/share/vulkan/explicit_layer.d/*validation*"):
        skip("there are no validation layers: vulkan-validationlayers")
    make_input(width=40, height=30)
    for precision in ("float", "half"):
        equal(complaints(precision)[:1], [])
    equal(complaints("half", "upscale2x-fast")[:1], [])
    if "SEAM_VULKAN_FAULT" in os.environ:
        found = complaints("float", SEAMLESS_VULKAN=os.environ["SEAM_VULKAN_FAULT"], SEAM_VULKAN_NO_BARRIER="1")
        check(any("READ_AFTER_WRITE" in l or "READ-AFTER-WRITE" in l for l in found), found[:3])


main()
