"""What is known before the first tile: info, models, plan; what check proves; strength."""
import json

from common import *

PLAN_KEYS = {
    "width": int, "height": int, "out_width": int, "out_height": int, "tiles": int,
    "tile_width": int, "tile_height": int, "padded_width": int, "padded_height": int, "halo": int,
    "overlap": int, "blend": str, "edge": str, "exact": str, "waste": (int, float),
    "budget_bytes": int, "planned_peak_bytes": int, "estimated_seconds": (int, float),
}


def said(*args, code=0):
    result = seamless(*args)
    equal(result.code, code, result)
    return json.loads(result.out)


@test
def models_are_listed():
    listed = said("models", "--json")
    check(len(listed) >= 1)
    for m in listed:
        for key in ("name", "purpose", "scale", "parameters", "macs_per_input_pixel",
                    "receptive_field", "bytes"):
            check(key in m, key, m)
        check(m["name"] in seamless("models").out.decode(), m)
        facts = said("info", m["name"], "--json")
        equal(facts["bounded"], True, m["name"])
        equal(max(facts["receptive_field"].values()), m["receptive_field"], m["name"])
        equal(facts["exact"], "bits", m["name"])


@test
def info_of_real_networks():
    expected = {"dncnn_gray_s25": 17, "dncnn_color_blind": 20, "realesr_animevideov3_x4": 18,
                "waifu2x_upconv7_photo_x2": 7, "carn_m_x3": 21}
    for name, field in expected.items():
        facts = said("info", shared("models", name + ".onnx"), "--json")
        equal(facts["receptive_field"], dict.fromkeys(("left", "right", "top", "bottom"), field))
        equal(facts["unbounded_nodes"], [])
        check(facts["parameters"] > 0 and facts["macs_per_input_pixel"] > 0, facts)
    facts = said("info", shared("models", "waifu2x_cunet_noise1_x1_pad.onnx"), "--json")
    equal((facts["bounded"], facts["receptive_field"], facts["exact"]), (False, None, "no"))
    equal(facts["unbounded_nodes"][0]["op"], "ReduceMean")


@test
def info_says_what_is_wrong():
    for args, code, word in ((["missing.onnx"], 1, "missing.onnx"), ([], 2, "MODEL"),
                             (["a", "b"], 2, "MODEL"), (["--nonsense"], 2, "nonsense")):
        result = seamless("info", *args)
        equal(result.code, code, result)
        check(word in result.err, result)


@test
def plan_says_all_and_does_nothing():
    write_v("in.v", picture(700, 500, 3, U8))
    plan = said("plan", "-m", "null2x", "--tile", "128", "--halo", "8", "in.v", "--json")
    for key, kind in PLAN_KEYS.items():
        check(isinstance(plan.get(key), kind), key, plan)
    equal((plan["out_width"], plan["out_height"], plan["halo"]), (1400, 1000, 8))
    equal(os.listdir("."), ["in.v"])
    # What is planned is what is done.
    result = restore("-m", "null2x", "--tile", "128", "--halo", "8", "in.v", "out.v", "--json")
    done = json.loads(result.out)
    for key in ("tiles", "tile_width", "padded_height", "halo", "overlap", "exact", "waste"):
        equal(plan[key], done[key], key)


@test
def plan_draws():
    write_v("in.v", picture(300, 200, 3, U8))
    result = seamless("plan", "-m", "null", "--tile", "64", "--halo", "4", "--overlap", "8",
                      "in.v", "--svg", "plan.svg")
    equal(result.code, 0, result)
    import xml.dom.minidom
    drawing = xml.dom.minidom.parse("plan.svg")
    kinds = [r.getAttribute("class") for r in drawing.getElementsByTagName("rect")]
    for kind in ("picture", "core", "ramp", "halo", "target"):
        check(kind in kinds, kind, kinds)


@test
def the_halo_is_the_receptive_field():
    write_v("in.v", picture(200, 150, 3, U8))
    for name, halo in (("dncnn_color_blind", 20), ("ffdnet_color_s25", 26)):
        plan = said("plan", "-m", shared("models", name + ".onnx"), "in.v", "--json", "--tile", "64")
        equal((plan["halo"], plan["exact"], plan["overlap"]), (halo, "bits", 0))
    write_v("alpha.v", picture(200, 150, 4, U8))
    plan = said("plan", "-m", shared("models", "dncnn_color_blind.onnx"), "alpha.v", "--json")
    equal(plan["halo"], 28)  # what hidden colours are filled from counts


@test
def check_proves_exactness():
    model = shared("models", "dncnn_color_blind.onnx")
    write_v("in.v", picture(160, 140, 3, U8))
    for threads in ("1", "2"):
        found = said("check", "-m", model, "--crop", "128", "--tile", "48", "--threads", threads,
                     "in.v", "--json")
        equal((found["exact"], found["identical"], found["max_difference"]), ("bits", True, 0))


@test
def check_sees_a_halo_that_is_too_small():
    model = shared("models", "dncnn_color_blind.onnx")
    write_v("in.v", picture(160, 140, 3, U8))
    found = said("check", "-m", model, "--crop", "128", "--tile", "48", "--halo", "4", "--blend",
                 "none", "in.v", "--json", "--heatmap", "where.png")
    equal((found["exact"], found["identical"]), ("no", False))
    check(found["max_difference"] > 0 and found["psnr"] > 0, found)
    map = read("where.png")
    equal((map.width, map.height, max(map.data)), (128, 128, 255))


@test
def strength_lies_between():
    p = picture(90, 70, 3, U8)
    write_v("in.v", p)
    restore("-m", "smooth", "in.v", "whole.v", "-q")
    restore("-m", "smooth", "--strength", "0", "in.v", "nothing.v", "-q")
    same("nothing.v", p)
    restore("-m", "smooth", "--strength", "0.5", "in.v", "half.v", "-q")
    whole, half = read("whole.v"), read("half.v")
    check(whole.data != p.data)
    for a, b, h in zip(p.data, whole.data, half.data):
        check(abs((a + b) / 2 - h) <= 1, a, b, h)
    refused(2, "-m", "null2x", "--strength", "0.5", "in.v", "out.v", says=("0.5", "null2x"))
    refused(2, "--strength", "1.5", "in.v", "out.v", says=("--strength", "1.5"))


main()
