"""What is known before the first tile: info, models, plan; what check proves; strength."""
import json
import math

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
    equal((facts["bounded"], facts["exact"], facts["passes"]), (True, "bits", 5))
    equal(facts["unbounded_nodes"][0]["op"], "ReduceMean")


INFO_KEYS = {
    "inputs": list, "outputs": list, "scale": (int, float), "alignment": int, "passes": int, "channels_in": int,
    "channels_out": int, "bounded": bool, "receptive_field": dict, "exact_halo": int, "exact": str,
    "unbounded_nodes": list, "opset": int, "layers": int, "parameters": int,
    "macs_per_input_pixel": (int, float), "macs_per_output_pixel": (int, float),
    "activation_bytes_per_input_pixel": (int, float), "range_lo": (int, float),
    "range_hi": (int, float), "range_known": bool, "notes": list,
}
TOLD = ("architecture", "purpose", "format", "licence")


@test
def info_has_all_facts():
    facts = said("info", "upscale2x", "--json")
    for key, kind in INFO_KEYS.items():
        check(isinstance(facts.get(key), kind), key, facts)
    equal(facts["scale"], 2)
    equal(facts["macs_per_input_pixel"], 4 * facts["macs_per_output_pixel"])
    for what in ("inputs", "outputs"):
        equal(len(facts[what]), 1)
        equal(facts[what][0]["type"], "float")
        equal(len(facts[what][0]["shape"]), 4)
    equal(facts["inputs"][0]["shape"][1], facts["channels_in"])
    equal(facts["outputs"][0]["shape"][1], facts["channels_out"])
    # A network of ours says what it is for; it is no file of weights, and says no more.
    equal([facts[key] for key in TOLD], [None, "upscale", None, None])
    check("probe" not in facts, facts)


@test
def probe_finds_the_receptive_field():
    facts = said("info", "smooth", "--probe", "--json")
    probe = facts["probe"]
    equal((probe["tolerance"], probe["picture"], probe["complete"]), (0, None, True))
    for side, reach in probe["reach"].items():
        # Any bit counts: where an engine computes by cells, those of the cell.
        check(0 < reach <= max(facts["receptive_field"][side], facts["bits_halo"]), facts)


@test
def probe_looks_at_the_picture():
    # Nothing in a flat picture can move the result: what is seen follows from the samples.
    write_v("flat.v", Picture(120, 90, 3, U8, bytes([128]) * (120 * 90 * 3)))
    write_v("noise.v", picture(120, 90, 3, U8))
    for name, sees in (("flat.v", False), ("noise.v", True)):
        probe = said("info", "smooth", "--probe", name, "--json")["probe"]
        equal((probe["tolerance"], probe["width"], probe["height"]), (1 / 1024, 120, 90), probe)
        equal(probe["halo"] > 0, sees, name, probe)


def zeros_and_ones(width, height):
    """Large black and white squares, which every network that sees far reacts to."""
    row = bytes(255 * ((x // 40) % 2) for x in range(width) for b in range(3))
    other = bytes(255 - v for v in row)
    return Picture(width, height, 3, U8,
                   b"".join(other if (y // 40) % 2 else row for y in range(height)))


@test
def halo_fast_is_what_the_probe_finds():
    model = shared("models", "dncnn_color_blind.onnx")
    write_v("in.v", zeros_and_ones(200, 160))
    probe = said("info", model, "--probe", "in.v", "--json")["probe"]
    check(0 < probe["halo"] < 20, probe)
    plan = said("plan", "-m", model, "--engine", "ort", "--tile", "64", "--halo", "fast", "in.v", "--json")
    equal((plan["halo"], plan["halo_reason"], plan["exact_halo"], plan["exact"], plan["blend"]),
          (probe["halo"], "reach", 20, "no", "linear"))
    # A tile of the user's never makes the default inexact.
    plan = said("plan", "-m", model, "--engine", "ort", "--tile", "16", "in.v", "--json")
    equal((plan["halo"], plan["halo_reason"], plan["exact"]), (20, "exact", "bits"))
    result = restore("-m", model, "--engine", "ort", "--tile", "64", "--halo", "fast", "in.v", "out.v")
    check("not exact" in result.err and f"halo of {probe['halo']}" in result.err, result)
    result = restore("-m", model, "--engine", "ort", "--tile", "64", "--halo", "19", "in.v", "out.v")
    check("warning: a halo of 19 is less than the 20" in result.err, result)
    result = restore("-m", model, "--engine", "ort", "--tile", "64", "in.v", "out.v")
    check("exact" not in result.err, result)


@test
def halo_fast_looks_where_there_is_something():
    """A night sky, or black around a slide, shows nothing of a network, and it sees no less there."""
    def with_black(columns, rows):
        p = zeros_and_ones(900, 800)
        pixel = lambda x, y: bytes(3) if x in columns and y in rows else p.data[(y * 900 + x) * 3:(y * 900 + x + 1) * 3]
        row = lambda y: b"".join(pixel(x, y) for x in range(900))
        write_v("in.v", Picture(900, 800, 3, U8, b"".join(row(y) for y in range(800))))
        return said("plan", "-m", "denoise-fast", "--engine", "native", "--tile", "64", "--halo", "fast", "in.v",
                    "--json")["halo"]

    wanted = with_black((), ())
    check(wanted > 2, wanted)
    equal(with_black(range(220, 680), range(180, 620)), wanted)
    check(with_black(range(900), range(800)) >= wanted // 2, "where all is black")


@test
def an_exact_plan_that_does_not_fit_gives_way():
    """PMRID sees 482 pixels, and hardly reacts to more than a tenth of them."""
    if SANITIZED:
        skip("the sanitizer's own memory is no part of a plan")
    model = shared("models", "pmrid_raw4.onnx")
    write_v("in.v", picture(700, 600, 4, U8))
    said_of = {}
    for memory in ("250M", "900M"):
        result = seamless("plan", "-m", model, "--engine", "ort", "--range", "0..256", "--memory", memory, "in.v", "--json")
        equal(result.code, 0, result)
        plan = said_of[memory] = json.loads(result.out)
        check(plan["planned_peak_bytes"] <= plan["budget_bytes"], plan)
        equal("not exact" in result.err, memory == "250M", result)
    little, much = said_of["250M"], said_of["900M"]
    equal((little["halo_reason"], little["exact"], little["blend"]), ("reach", "no", "linear"))
    check(little["halo"] < 483, little)
    equal((much["halo_reason"], much["exact"], much["halo"]), ("exact", "bits", 496))


def mirrored(whole, margin):
    """With so many pixels around it; the border pixel is not repeated."""
    def places(size):
        return [min(at % (2 * size - 2), -at % (2 * size - 2)) for at in range(-margin, size + margin)]
    pixel = whole.bands * SIZES[whole.format]
    line = whole.width * pixel
    rows = []
    for y in range(whole.height):
        row = whole.data[y * line:(y + 1) * line]
        rows.append(b"".join(row[x * pixel:(x + 1) * pixel] for x in places(whole.width)))
    return Picture(whole.width + 2 * margin, whole.height + 2 * margin, whole.bands, whole.format,
                   b"".join(rows[y] for y in places(whole.height)), whole.type)


@test
def what_lies_beyond_the_margin_cannot_be_seen():
    """PMRID sees 497 pixels, and 128 are put around the picture."""
    model, margin = shared("models", "pmrid_raw4.onnx"), 512
    how = ("-m", model, "--engine", "native", "--range", "0..256", "--transfer", "none")
    small = picture(128, 96, 4, F32)
    write_v("in.v", small)
    write_v("wide.v", mirrored(small, margin))
    restore(*how, "in.v", "out.v")
    restore(*how, "--edge", "model", "wide.v", "wide-out.v")
    restore(*how, "--edge", "model", "in.v", "bare.v")
    vips("crop", "wide-out.v", "middle.v", margin, margin, 128, 96)
    check(largest_difference("out.v", "middle.v") < 1 / 255 / 16, largest_difference("out.v", "middle.v"))
    check(largest_difference("bare.v", "middle.v") > 1 / 255, "a margin makes no difference here")


@test
def unbounded_networks_are_measured():
    model = shared("models", "waifu2x_cunet_noise1_x1_pad.onnx")
    write_v("in.v", zeros_and_ones(200, 160))
    result = restore("-m", model, "--tile", "64", "in.v", "out.v", "--json")
    done = json.loads(result.out)
    equal((done["halo_reason"], done["exact"], done["blend"]), ("reach", "no", "linear"))
    check("/net/ReduceMean (ReduceMean): " in result.err, result)
    # One piece needs no halo, and nothing is measured nor said.
    result = restore("-m", model, "in.v", "out.v", "--json")
    check("exact:" not in result.err, result)


@test
def info_says_what_is_wrong():
    for args, code, word in ((["missing.onnx"], 1, "missing.onnx"), ([], 2, "MODEL"),
                             (["smooth", "--probe", "missing.png"], 1, "missing.png"),
                             (["smooth", "--probe", "--range", "1"], 2, "--range"),
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
    shapes = drawing.getElementsByTagName("rect")
    kinds = [r.getAttribute("class") for r in shapes]
    for kind in ("picture", "ramp", "halo", "target"):
        check(kind in kinds, kind, kinds)
    for r in shapes:  # one without an area would not be seen
        check("0.00" not in (r.getAttribute("width"), r.getAttribute("height")), r.toxml())
    plan = said("plan", "-m", "null", "--tile", "64", "--halo", "4", "--overlap", "8", "in.v",
                "--json")
    cores = drawing.getElementsByTagName("line")
    columns = sum(line.getAttribute("x1") == line.getAttribute("x2") for line in cores)
    equal((columns + 1) * (len(cores) - columns + 1), plan["tiles"])
    # Of tiles too small for a halo to be seen one is drawn once more, within the picture.
    vips("black", "large.v", 20000, 9000, "--bands", 3)
    equal(seamless("plan", "-m", "null", "--tile", "64", "--halo", "20", "large.v", "--svg", "plan.svg").code, 0)
    drawing = xml.dom.minidom.parse("plan.svg")
    wide = lambda kind: [float(r.getAttribute("width")) for r in drawing.getElementsByTagName("rect") if r.getAttribute("class") == kind]
    check(max(wide("halo")[:-1]) > 150 and max(wide("target")[:-1]) > 80, wide("halo"), wide("target"))


@test
def plan_says_what_forbids_exactness():
    write_v("in.v", picture(300, 200, 3, U8))
    model = shared("models", "safmn_x4_static128.onnx")
    # By tiles: rows of the native engine pass over the picture, and are exact.
    plan = said("plan", "-m", model, "--engine", "ort", "in.v", "--json")
    equal([n["op"] for n in plan["unbounded_nodes"]], ["ReduceL2"])
    text = seamless("plan", "-q", "-m", model, "--engine", "ort", "in.v")
    check(b"/norm/ReduceL2" in text.out and b"the halo is" in text.out, text.out)
    model = shared("models", "dncnn_color_blind.onnx")
    text = seamless("plan", "-q", "-m", model, "--halo", "3", "--tile", "64", "--engine", "ort", "in.v")
    check(b"as asked for" in text.out and b"a halo of 20" in text.out, text.out)


@test
def rows_are_drawn_as_such():
    import xml.dom.minidom
    for width, height in ((300, 400), (40, 5000), (5000, 40), (64, 1)):
        write_v("in.v", picture(width, height, 3, U8))
        plan = said("plan", "-m", "denoise", "in.v", "--json", "--svg", "plan.svg")
        check(plan["rows"], plan)
        with open("plan.svg") as f:
            drawing = f.read()
        check("rows stream" in drawing and "halo:" not in drawing, drawing)
        # The window lies within the picture, below what is finished, and is high enough to be seen.
        at = lambda r: tuple(float(r.getAttribute(n)) for n in ("y", "height"))
        shapes = [r for r in xml.dom.minidom.parse("plan.svg").getElementsByTagName("rect") if r.getAttribute("class")]
        (top, tall), (window, held) = (at(next(r for r in shapes if r.getAttribute("class") == kind))
                                       for kind in ("picture", "target"))
        check(top <= window and window + held <= top + tall + 0.02, drawing)
        check(held >= min(6, tall) - 0.02, held, tall)
        # It moves from the first row to the last, where it is shown so.
        moves = {a.getAttribute("href"): [float(v) for v in a.getAttribute("values").split(";")]
                 for a in xml.dom.minidom.parse("plan.svg").getElementsByTagName("animate")}
        check(moves or height != 400, drawing)
        if moves:
            first, last = moves["#window"]
            check(abs(first - top) < 0.03 and abs(last + held - top - tall) < 0.03, drawing)
            check(abs(moves["#finished"][1] - (tall - held)) < 0.03, drawing)
        # To scale, where that can be seen: one row of the window is `width` pixels of three bytes.
        rows = plan["window_bytes"] / (width * 3)
        if height == 400:
            check(abs(held / tall - rows / height) < 1 / height + 0.001, held, tall, rows)


@test
def the_halo_is_the_receptive_field():
    write_v("in.v", picture(200, 150, 3, U8))
    for name, halo in (("dncnn_color_blind", 20), ("ffdnet_color_s25", 24)):
        plan = said("plan", "-m", shared("models", name + ".onnx"), "in.v", "--json", "--tile", "64",
                    "--engine", "ort")
        equal((plan["halo"], plan["exact"], plan["overlap"]), (halo, "bits", 0))
    write_v("alpha.v", picture(200, 150, 4, U8))
    plan = said("plan", "-m", shared("models", "dncnn_color_blind.onnx"), "alpha.v", "--json",
                "--engine", "ort")
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
    # The map above, the legend below, which is wider.
    equal((map.width, map.height, map.bands), (277, 128 + 58, 3))
    rows = [map.data[y * 277 * 3:][:128 * 3] for y in range(128)]
    colours = {tuple(row[x * 3:x * 3 + 3]) for row in rows for x in range(128)}
    check(len(colours) > 20 and (52, 52, 52) in colours, "neither what is the same nor a scale is seen")
    scale = map.data[(128 + 12) * 277 * 3:][:277 * 3]
    check(max(scale) == 255 and scale[12 * 3:12 * 3 + 3] != scale[200 * 3:200 * 3 + 3], "no legend")


@test
def check_says_when_a_promise_is_broken():
    # The second run, which is the second of the 2 x 2 tiles, gives the negative of its tile.
    write_v("in.v", Picture(64, 64, 3, U8, bytes([51]) * (64 * 64 * 3)))
    result = seamless("check", "-m", "null:wrong=2", "--crop", "64", "--tile", "32", "in.v", "--json",
                      "--heatmap", "where.v")
    equal(result.code, 1, result)
    check("promised" in result.err, result)
    found = json.loads(result.out)
    equal((found["exact"], found["identical"], found["tiles"]), ("bits", False, 4))
    close = lambda got, expected: check(abs(got - expected) < 1e-5 * expected, got, expected)
    # 0.8 where 0.2 should be, on a quarter of the picture.
    close(found["max_difference"], 0.6)
    close(found["differing_samples"], 0.25)
    close(found["psnr"], -10 * math.log10(0.6 ** 2 / 4))
    # All steps lie on the lines where tiles meet: the score is infinite, which JSON has no word for.
    equal(found["seam_score"], None)
    map = read("where.v")
    at = lambda x, y: tuple(map.data[(y * map.width + x) * 3:][:3])
    # Half of the range is nearly white; grey is the same, and lighter where tiles meet.
    check(min(at(50, 10)) > 220 and at(50, 10) == at(63, 31), at(50, 10))
    equal((at(10, 10), at(10, 50), at(50, 50)), ((52, 52, 52),) * 3)
    equal((at(32, 50), at(10, 32)), ((119, 119, 119),) * 2)
    # A promise that holds, and none, are no failures.
    equal(said("check", "-m", "null", "--crop", "64", "--tile", "32", "in.v", "--json")["identical"], True)


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
    refused(2, "--strength", "2.5", "in.v", "out.v", says=("--strength", "2.5"))


@test
def more_than_all_of_it():
    """A strength above 1 removes more, the more the larger, by either engine, in tiles as in one piece."""
    noise = random.Random(5)
    samples = (128 + 60 * ((x // 9 + y // 7) % 2) + noise.gauss(0, 25) for y in range(70) for x in range(90) for _ in range(3))
    write_v("in.v", Picture(90, 70, 3, U8, bytes(int(min(max(s, 0), 255)) for s in samples), SRGB))
    left = []
    for strength in ("1", "1.5", "2"):
        restore("-m", "denoise", "--engine", "native", "--strength", strength, "in.v", "whole.v", "-q")
        restore("-m", "denoise", "--engine", "native", "--strength", strength, "--tile", "40", "in.v", "tiles.v", "-q")
        same("tiles.v", "whole.v", strength)
        if HAS_ORT:
            restore("-m", "denoise", "--engine", "ort", "--strength", strength, "in.v", "ort.v", "-q")
            check(largest_difference("ort.v", "whole.v") <= 1, strength)
        whole = read("whole.v").data
        left.append(sum(abs(a - b) for a, b in zip(whole, whole[3:])))
    check(left[0] > left[1] > left[2], left)
    refused(2, "-m", "smooth", "--strength", "1.5", "in.v", "out.v", says=("smooth", "0 to 1", "1.5"))
    equal([said("info", m, "--json")["strongest"] for m in ("denoise", "smooth")], [2, 1])
    write_v("flat.v", Picture(64, 64, 3, U8, bytes([90]) * 64 * 64 * 3, SRGB))
    restore("--strength", "2", "flat.v", "out.v", "-q")
    same("out.v", "flat.v")


main()
