"""Networks of ncnn, against what ncnn made of the same numbers.

The pairs lie in ../shared/formats. Each runs whole and in tiles, on the native engine and on ONNX Runtime."""
import array
import json
import os
import shutil

from common import *

# name: the level that is promised, and the crop of the network.
NCNN = {
    "waifu2x_cunet_noise0_scale2x": ("no", 18),
    "waifu2x_upconv7_anime_scale2x": ("bits", 7),
    "realcugan_se_up2x_conservative": ("no", 18),
    "realcugan_pro_up3x_denoise3x": ("no", 14),
    "realcugan_se_up4x": ("no", 19),
    "realesr_animevideov3_x2": ("bits", 0),
    "realesr_animevideov3_x3": ("bits", 0),
    "realesr_animevideov3_x4": ("bits", 0),
    "realesr_general_x4v3": ("bits", 0),
    "span_x4_ch48": ("bits", 0),
    "syn_rrdb_x4_fp32": ("bits", 0),
    "syn_rrdb_x4_fp16": ("bits", 0),
    "syn_rrdb_x4_table8": ("bits", 0),
}
# Of a network of level "no" a picture that is extended at its borders has other means than the tool's: tests/probe
# compares these, and here they are run for their level and their size alone.


def planes(path, shape):
    c, h, w = shape
    data = array.array("f")
    with open(path, "rb") as f:
        data.frombytes(f.read())
    equal(len(data), c * h * w, path)
    return data


def interleaved(data, shape):
    c, h, w = shape
    return array.array("f", (data[b * h * w + i] for i in range(h * w) for b in range(c)))


def run_network(model, data, shape, *more):
    c, h, w = shape
    kind = SRGB if c > 2 else B_W
    write_v("in.v", Picture(w, h, c, F32, interleaved(data, shape), kind))
    restore("-q", "-m", model, "--edge", "model", "--depth", "float", "--transfer", "none", *more, "in.v", "out.tif")
    return read("out.tif")


def difference(got, expected, shape):
    """The largest one in the middle, where a network of valid convolutions has a result."""
    c, h, w = shape
    dx, dy = (got.width - w) // 2, (got.height - h) // 2
    check(dx >= 0 and dy >= 0 and got.bands == c, got.shape(), shape)
    samples, worst = got.samples(), 0
    for y in range(h):
        for b in range(c):
            row = expected[(b * h + y) * w:(b * h + y) * w + w]
            at = ((y + dy) * got.width + dx) * c + b
            mine = samples[at:at + w * c:c]
            worst = max(worst, max(abs(p - q) for p, q in zip(mine, row)))
    return worst


def enlarged(data, shape, factor, crop):
    """The middle of a picture by its nearest pixels, as planes."""
    c, h, w = shape
    oh, ow = factor * (h - 2 * crop), factor * (w - 2 * crop)
    return array.array("f", (data[(b * h + crop + y // factor) * w + crop + x // factor]
                             for b in range(c) for y in range(oh) for x in range(ow)))


def pair(entry, case):
    folder = shared("formats", "ncnn")
    given = planes(os.path.join(folder, "ref", f"{entry}.{case['case']}.in.f32"), case["inp"])
    made = planes(os.path.join(folder, "ref", f"{entry}.{case['case']}.out.f32"), case["out"])
    if entry == "realcugan_se_up4x":  # the tool adds the picture to what the network makes
        made = array.array("f", (a + b for a, b in zip(made, enlarged(given, case["inp"], 4, 19))))
    shutil.copy(os.path.join(folder, entry + ".param"), "net.param")
    shutil.copy(os.path.join(folder, case["bin"]), "net.bin")
    return given, made


def one(entry):
    level, crop = NCNN[entry]
    with open(shared("formats", "ncnn", "ref", "index.json")) as f:
        cases = [c for c in json.load(f) if c["name"] == entry]
    check(cases, entry)
    for case in cases if level == "bits" else cases[:1] * HAS_ORT:
        given, made = pair(entry, case)
        for engine in ["native"] * (level == "bits") + ["ort"] * HAS_ORT:
            tile = ["--tile", "24"] if level == "bits" and case["case"] == "b" else []
            got = run_network("net.param", given, case["inp"], "--engine", engine, *tile)
            worst = difference(got, made, case["out"])
            check(worst <= 2e-5 or level == "no", entry, case["case"], engine, tile, worst)
    if level == "no" and not HAS_ORT:
        pair(entry, cases[0])
    info = json.loads(seamless("info", "--json", "net.bin").out)
    # What sums up the picture is exact in passes alone.
    equal((info["exact"], info["passes"]), ("bits", 5 if level == "no" else 1), entry)
    equal(info["crop"], crop, entry)


for entry in NCNN:
    def run_one(entry=entry):
        one(entry)
    run_one.__name__ = "ncnn_" + entry
    test(run_one)


if __name__ == "__main__":
    main()
