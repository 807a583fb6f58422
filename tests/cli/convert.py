"""seamless convert: what it writes is what is run, to the bit, and says where it came from."""
import hashlib
import json
import os
import sys

from common import *
import state

ONNX_TEXT = ("import sys, json, onnx\n"
             "for name in sys.argv[1:]:\n"
             "    m = onnx.load(name)\n"
             "    onnx.checker.check_model(m, full_check=True)\n"
             "print(json.dumps({p.key: p.value for p in m.metadata_props}))\n")


def python_with_onnx():
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and run(python, "-c", "import onnx").code == 0:
            return python
    skip("no Python has onnx (Debian: python3-onnx)")


def convert(*args):
    result = seamless("convert", *args)
    equal(result.code, 0, result)
    return args[1]


def small(path="small.safetensors", **how):
    w = state.Weights()
    state.compact(w, **how)
    state.write(path, w, {"license": "CC0-1.0"})
    return path


def restored(model, *options):
    restore("in.v", "out.v", "-m", model, "--quiet", *options)
    return read_v("out.v")


def engines():
    return ("native", "ort") if HAS_ORT else ("native",)


@test
def a_built_in_network_gives_the_same_bits():
    write_v("in.v", picture(70, 50, 3, F32))
    for model in ("upscale2x-fast", "denoise-fast"):
        convert(model, "net.onnx")
        for engine in engines():
            same(restored(model, "--engine", engine), restored("net.onnx", "--engine", engine), model, engine)


@test
def weights_read_back_give_the_same_bits():
    write_v("in.v", picture(70, 50, 3, F32))
    small()
    convert("small.safetensors", "a.onnx")
    convert("small.safetensors", "again.safetensors")
    convert("again.safetensors", "b.onnx")
    convert("a.onnx", "c.onnx")
    for engine in engines():
        first = restored("a.onnx", "--engine", engine)
        same(first, restored("b.onnx", "--engine", engine), "by way of safetensors")
        same(first, restored("c.onnx", "--engine", engine), "by way of ONNX")
        same(first, restored("small.safetensors", "--engine", engine), "as they are")


@test
def a_length_that_begins_as_a_pickle_does_is_a_length():
    w = state.Weights()
    state.compact(w)
    for fill in range(2000):
        state.write("net.safetensors", w, {"fill": "x" * fill})
        with open("net.safetensors", "rb") as f:
            begins = f.read(2)
        if begins[0] == 0x80 and 2 <= begins[1] <= 5:
            convert("net.safetensors", "net.onnx")
            return
    check(False, "no length began as a pickle does")


@test
def half_is_half_as_large_and_as_good():
    write_v("in.v", picture(70, 50, 3, F32))
    small(features=32)
    convert("small.safetensors", "full.onnx")
    full = restored("full.onnx")
    for kind in ("onnx", "safetensors"):
        convert("small.safetensors", "half." + kind, "--half")
        part = os.path.getsize("half." + kind) / os.path.getsize("small.safetensors")
        check(part < 0.6, f"half.{kind} is {part} of the file")
    convert("half.safetensors", "half2.onnx")
    for model in ("half.onnx", "half2.onnx"):
        d = largest_difference(full, restored(model))
        check(0 < d < 5e-3, f"{model} differs by {d}")


@test
def it_says_where_it_came_from():
    python = python_with_onnx()
    small()
    convert("small.safetensors", "net.onnx")
    result = run(python, "-c", ONNX_TEXT, "net.onnx")
    equal(result.code, 0, result)
    said = json.loads(result.out)
    with open("small.safetensors", "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    for key, value in (("seamless.source", "small.safetensors"), ("seamless.source_sha256", digest),
                       ("seamless.scale", "2"), ("seamless.range", "0..1"), ("seamless.licence", "CC0-1.0"),
                       ("seamless.receptive_field", "5 left, 5 right, 5 above, 5 below")):
        equal(said.get(key), value, key)
    convert("small.safetensors", "net.onnx", "--range", "0..255")
    equal(json.loads(run(python, "-c", ONNX_TEXT, "net.onnx").out)["seamless.range"], "0..255")
    # What was converted before keeps the source that it had.
    convert("net.onnx", "again.onnx")
    equal(json.loads(run(python, "-c", ONNX_TEXT, "again.onnx").out)["seamless.source"],
          "small.safetensors")


# One of each kind; SEAM_EVERY_FILE=1 takes all that lie there.
ROUND = {
    "torch": "dncnn_25.pth realesr-animevideov3.pth team00_rlfn.pth syn_span_unfused_x2.pth "
             "syn_realplksr_ln_x2.safetensors syn_mosr_gps_x2_bf16.pth",
    "ncnn": "waifu2x_cunet_noise0_scale2x.param span_x4_ch48.param syn_rrdb_x4_table8.param",
    "onnx": "02_fp16.onnx 08_local_functions.onnx 12_external.onnx 15_uint8_nhwc.onnx 31_second_input.onnx",
}
HALVED = ("dncnn_25.pth", "syn_rrdb_x4_table8.param")


def files_of(folder):
    if not os.environ.get("SEAM_EVERY_FILE"):
        return ROUND[folder].split()
    return [n for n in sorted(os.listdir(shared("formats", folder)))
            if n.endswith((".pth", ".safetensors", ".param", ".pt", ".onnx"))]


def round_trip(path, out):
    """Whether it is a network that this build runs and an ONNX file of ours can hold."""
    told = seamless("info", "--json", path)
    facts = json.loads(told.out) if told.code == 0 else {}
    ort = facts.get("engine", "").startswith("onnxruntime")
    if not facts or (ort and not HAS_ORT):
        return False
    options = ["--engine", "ort", "--tile", "200"] if ort else ["--engine", "native"]
    for extra in facts["inputs"][1:]:
        options += ["--input", extra["name"] + "=0.5"]
    write_v("in.v", picture(40, 32, facts["channels_in"], U8))
    first = restored(path, *options)
    if "a graph or a list inside" in seamless("convert", path, out).err:
        return False
    same(first, restored(out, *options), path, "as ONNX")
    if "torch" in path: # the others have graphs, which safetensors cannot hold
        same(first, restored(convert(path, "net.safetensors"), *options), path, "as safetensors")
    if os.path.basename(path) in HALVED:
        convert(path, "half.onnx", "--half")
        half = restored("half.onnx", *options)
        same(half, restored(convert("half.onnx", "again.onnx"), *options), path, "halved")
        check(os.path.getsize("half.onnx") < 0.7 * os.path.getsize(out), path, "is not halved")
        d = largest_difference(first, half)
        check(d <= 4, f"{path}, halved, differs by {d} of 255")
    return True


@test
def read_back_all_kinds_give_the_same_bits():
    python, made = python_with_onnx(), []
    for folder in ROUND:
        for name in files_of(folder):
            if round_trip(shared("formats", folder, name), name + ".onnx"):
                made.append(name + ".onnx")
    check(len(made) >= (14 if HAS_ORT else 10), made)
    if not os.environ.get("SEAM_EVERY_FILE"): # some are newer than the checker
        equal(run(python, "-c", ONNX_TEXT, *made, timeout=300).code, 0, made)


@test
def every_file_of_ours_passes_onnx_own_checker():
    python, made = python_with_onnx(), []
    for folder in ("torch", "ncnn"):
        for name in sorted(os.listdir(shared("formats", folder))):
            if not name.endswith((".pth", ".safetensors", ".param", ".pt")):
                continue
            result = seamless("convert", shared("formats", folder, name), name + ".onnx")
            if result.code:
                check("error:" in result.err and name in result.err, result)
                continue
            made.append(name + ".onnx")
    check(len(made) >= 20, f"{made} were read")
    equal(run(python, "-c", ONNX_TEXT, *made, timeout=300).code, 0, made)


@test
def refused_before_anything_is_touched():
    small()
    for code, words, args in (
            (2, ["convert takes"], []), (2, ["convert takes"], ["small.safetensors"]),
            (2, ["convert takes"], ["a", "b", "c"]), (2, [".onnx or .safetensors"], ["small.safetensors", "out.txt"]),
            (2, ["--range", "x"], ["small.safetensors", "out.onnx", "--range", "x"]),
            (2, ["another name"], ["small.safetensors", "./small.safetensors"]),
            (2, ["write it as .onnx"], ["upscale2x-fast", "out.safetensors"]),
            (2, ["--nonsense"], ["small.safetensors", "out.onnx", "--nonsense"]),
            (1, ["absent.pth"], ["absent.pth", "out.onnx"]),
            (1, ["no/out.onnx"], ["small.safetensors", "no/out.onnx"])):
        result = seamless("convert", *args)
        equal(result.code, code, result)
        for word in words:
            check(word in result.err, f"'{word}' is not said by", result)
    for name in ("out.onnx", "out.safetensors"):
        check(not os.path.exists(name), name, "was written")


@test
def an_older_file_is_whole_until_the_new_one_is():
    still = untouched("out.onnx")
    with open("broken.safetensors", "wb") as f:
        f.write(b"\x08\0\0\0\0\0\0\0{}      ")
    equal(seamless("convert", "broken.safetensors", "out.onnx").code, 1)
    still()
    leftovers(".")
    small()
    convert("small.safetensors", "out.onnx")
    check(os.path.getsize("out.onnx") > 1000)


main()
