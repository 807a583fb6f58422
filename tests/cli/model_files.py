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
    for case in cases if level == "bits" else cases[:1]:
        given, made = pair(entry, case)
        got = {}
        for engine in ["native"] + ["ort"] * HAS_ORT:
            tile = ["--tile", "24"] if level == "bits" and case["case"] == "b" else []
            got[engine] = run_network("net.param", given, case["inp"], "--engine", engine, *tile)
            worst = difference(got[engine], made, case["out"])
            check(worst <= 2e-5 or level == "no", entry, case["case"], engine, tile, worst)
        if level == "no" and HAS_ORT:  # the same picture, its means by passes over rows and in one run
            worst = max(abs(p - q) for p, q in zip(got["native"].samples(), got["ort"].samples()))
            check(worst <= 1e-4, entry, worst)
    info = json.loads(seamless("info", "--json", "net.bin").out)
    # What sums up the picture is exact in passes alone.
    equal((info["exact"], info["passes"]), ("bits", 5 if level == "no" else 1), entry)
    equal(info["crop"], crop, entry)


for entry in NCNN:
    def run_one(entry=entry):
        one(entry)
    run_one.__name__ = "ncnn_" + entry
    test(run_one)


# Who runs each, what is promised, and the operator by whose name a "no" is said.
LEVELS = {
    "native, bits": """01_dynamic_axes 02_fp16 03_fp16_weights_cast 03b_fp16_inside_float_io 04_shape_arithmetic_op11
        05_keras_nhwc 06_qdq_int8 06b_int8_weights_only 08_local_functions 09b_if_constant 10_sequences 11_opset21_ir10
        11_opset23_ir11 11b_gelu20_mish 12_external 14_com_microsoft_fusedconv 15_uint8_nhwc 16_chw 17_reflect_pad_to_multiple
        18_constant_nodes 19_layernorm_matmul 19b_layernorm_reducemean 21_fixed_64 22_rgba 23_groupnorm 25_values_255
        25b_values_255_untold 26_einsum 29_two_outputs 31_second_input 33_split_num_outputs 35_castlike_expand
        37_clamped_output exp_esrgan_old exp_esrgan_unshuffle exp_mosr exp_realplksr_gn exp_realplksr_ln exp_span
        exp_span_fp16""",
    "onnxruntime, numeric": "07_qlinearconv 28_cubic_antialias",
    "onnxruntime, no, If": "09_if_on_shape",
    "onnxruntime, no, GridSample": "20_gridsample",
    "onnxruntime, no, Resize": "28b_bilinear_align_corners",
}


@test
def onnx_files_have_the_level_that_is_theirs():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    for level, names in LEVELS.items():
        for name in names.split():
            told = json.loads(seamless("info", "--json", shared("formats", "onnx", name + ".onnx")).out)
            got = [told["engine"].split()[0], told["exact"]]
            got += [told["unbounded_nodes"][0]["op"]] if told["exact"] == "no" else []
            equal(", ".join(got), level, name)


if __name__ == "__main__":
    main()
