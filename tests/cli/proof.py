"""What `check` proves, on every network there is: that tiles are exact where it is promised, and that it
would see it if they were not."""
import functools
import json

from common import *
import state

# Tiles of 24 x 24, which is what four tiles and more are where none are asked for, and 18 x 36.
SIDE = 72
TILE = "20x40"

# Those whose field is the whole of such a picture many times over: four tiles are what minutes allow.
WIDE = ("pmrid_raw4",)

# Networks that need to be told something.
OPTIONS = {
    "ffdnet_color_2in": ("--input", "sigma=0.1"),
    "pmrid_raw4": ("--range", "0..256"),
}


def proof(name, model, *args):
    result = seamless("check", "-m", model, *OPTIONS.get(name, ()), "--crop", SIDE, *args, "in.v",
                      "--json", "-q", timeout=600)
    equal(result.code, 0, name, result)
    return json.loads(result.out)


@functools.cache
def facts_of(model):
    return json.loads(seamless("info", model, "--json").out)


def promised(name, model, levels):
    """The network's facts and a picture for it, where its level is one of these."""
    facts = facts_of(model)
    if facts["exact"] not in levels:
        return None
    write_v("in.v", picture(SIDE, SIDE, facts["channels_in"], U8))
    return facts


def prove(name, model):
    """Bit-identical at each tile size, on one thread and on two, and with the network's own borders."""
    found = proof(name, model, "--tile", "40" if name in WIDE else TILE, "--threads", 2)
    equal((found["exact"], found["identical"], found["max_difference"], found["halo_reason"]),
          ("bits", True, 0, "exact"), name)
    check(found["tiles"] > 1, name, found)
    if name not in WIDE:
        found = proof(name, model, "--tile", "32", "--edge", "model")
        equal((found["exact"], found["identical"]), ("bits", True), name, "edge=model")
    # As restore would do it: by rows, where the native engine runs the network.
    rows = facts_of(model)["not_native"] is None
    for threads in [2] if name in WIDE else (1, 2):
        found = proof(name, model, "--threads", threads)
        equal((found["identical"], found["rows_identical"]), (True, True if rows else None), name)
        check(name in WIDE or found["tiles"] > 1, name, found)


def breaks(name, model, facts):
    """Whether a halo that is one pixel short, or one step of the alignment, shows: under ONNX Runtime,
    as the bits of the native engine see farther."""
    step = facts["alignment"]
    exact = -(-facts["exact_halo"] // step) * step
    found = proof(name, model, "--tile", "32", "--halo", exact - step, "--blend", "none",
                  "--engine", "ort")
    if found["halo"] < exact:
        equal(found["exact"], "no", name, found)
    return not found["identical"]


@test
def built_in_networks():
    names = [m["name"] for m in json.loads(seamless("models", "--json").out)]
    for name in names:
        facts = promised(name, name, ("bits",))
        check(facts, name, "is not exact")
        prove(name, name)
        check(breaks(name, name, facts), name, "does as well with a smaller halo")


# Exact networks of ../shared/models, and those of them in which the last pixel does not show: its weight
# rounds away, or there is no smaller halo, as the network itself cuts off as much.
EXACT = ("carn_m_x3", "dncnn_color_blind", "dncnn_gray_s25", "espcn_y_x4", "espcn_y_x4_nhwc",
         "ffdnet_color_2in", "ffdnet_color_s25", "fsrcnn_y_x2", "imdn_rtc_x2", "lapsrn_y_2out",
         "mobilesr_x4", "ort_subpixel_cnn_y_x3", "pan_x4", "pmrid_raw4",
         "realesr_animevideov3_x2", "realesr_animevideov3_x4", "sci_lowlight_medium",
         "waifu2x_upconv7_photo_x2", "waifu2x_upconv7_photo_x2_pad", "zerodce_lowlight")
UNSEEN = ("waifu2x_upconv7_photo_x2",)


def exact_network(name):
    def prove_it():
        model = shared("models", name + ".onnx")
        facts = promised(name, model, ("bits",))
        check(facts, name, "is not exact")
        prove(name, model)
        if name not in WIDE:
            equal(breaks(name, model, facts), name not in UNSEEN, name, "one pixel less shows")
    prove_it.__name__ = name
    return prove_it


for name in EXACT:
    test(exact_network(name))


@test
def most_of_them_show_a_halo_that_is_too_small():
    check(2 * len(UNSEEN) < len(EXACT))


def networks():
    folder = shared("models")
    for file in sorted(os.listdir(folder)):
        if file.endswith(".onnx"):
            yield file[:-len(".onnx")], os.path.join(folder, file)


@test
def no_exact_network_is_missing_here():
    said = {name: facts_of(model) for name, model in networks()}
    exact = [name for name in said if said[name]["exact"] == "bits"]
    equal([name for name in exact if said[name]["passes"] == 1], list(EXACT))
    equal([name for name in exact if said[name]["passes"] > 1], ["craft_x4", "safmn_x4_static128", "waifu2x_cunet_noise1_x1_pad"])


@test
def networks_that_round():
    """None of those that any engine runs; under ONNX Runtime one does, whose windows the native engine runs to the bit."""
    equal([name for name, model in networks() if promised(name, model, ("numeric",))], [])
    model = shared("models", "mobilesr_x4.onnx")
    write_v("in.v", picture(SIDE, SIDE, 3, U8))
    if HAS_ORT:
        found = proof("mobilesr_x4", model, "--tile", TILE, "--threads", 2, "--engine", "ort")
        equal((found["exact"], found["halo_reason"]), ("numeric", "exact"))
        check(found["max_difference"] <= 1e-6, found)


@test
def windows_that_are_shifted():
    """Windows that the picture's border cuts in two: tiles lie on the grid, and a halo that lacks a window shows."""
    weights = state.Weights()
    state.swinir(weights)
    state.write("swinir.safetensors", weights)
    facts = promised("swinir", "swinir.safetensors", ("bits",))
    equal((facts["alignment"], facts["exact_halo"], facts["receptive_field"]["left"]), (4, 13, 15))
    told = ("--range", "0..1")
    for more in (["--tile", "25"], ["--tile", "20x40", "--threads", "1"], ["--tile", "32", "--edge", "model"]):
        found = proof("swinir", "swinir.safetensors", *told, *more)
        equal((found["exact"], found["identical"], found["halo_reason"]), ("bits", True, "exact"), more)
        check(found["tiles"] > 1, more, found)
    for more in (["--threads", "1"], ["--threads", "2"], ["--edge", "model"]):
        equal(proof("swinir", "swinir.safetensors", *told, *more)["rows_identical"], True, more)
    # Without a level that is promised, tiles of ONNX Runtime agree all the same, but for rounding.
    if HAS_ORT:
        found = proof("swinir", "swinir.safetensors", *told, "--tile", "24", "--engine", "ort")
        equal((found["exact"], found["halo_reason"]), ("numeric", "exact"))
        check(found["max_difference"] <= 1e-6, found)
    found = proof("swinir", "swinir.safetensors", *told, "--tile", "24", "--halo", "8")
    check(found["max_difference"] > 1e-4, found)
    # Those of the lowest level of SCUNet lie 64 pixels apart.
    for name, build, how, tile, side in (("drct", state.drct, {"layers": 1}, 28, SIDE),
                                         ("scunet", state.scunet, {"dim": 4, "blocks": (2, 1, 1, 1, 1, 1, 1)}, 64, 200)):
        weights = state.Weights()
        build(weights, **how)
        state.write(name + ".safetensors", weights)
        check(promised(name, name + ".safetensors", ("bits",)), name, "is not promised")
        write_v("in.v", picture(side, side, 3, U8))
        found = proof(name, name + ".safetensors", *told, "--crop", side, "--tile", tile)
        equal((found["identical"], found["halo_reason"]), (True, "exact"), found)
        check(found["tiles"] > 1, found)
    # Windows that attend to what lies around them, and channels weighed in passes; channels that attend to each other.
    for name, build in (("hat", state.hat), ("restormer", state.restormer)):
        weights = state.Weights()
        build(weights)
        state.write(name + ".safetensors", weights)
        check(promised(name, name + ".safetensors", ("bits",)), name, "is not promised")
        found = proof(name, name + ".safetensors", *told)
        equal((found["identical"], found["rows_identical"]), (False, True), found)


@test
def networks_that_see_everything():
    """Nothing is promised, and what is found is said all the same: a finite difference, exit 0."""
    write_v("in.v", picture(SIDE, SIDE, 3, U8))
    model = shared("models", "waifu2x_cunet_noise1_x1_pad.onnx")
    found = proof("cunet", model, "--tile", "32")
    equal((found["exact"], found["identical"], found["blend"]), ("no", False, "linear"))
    check(0 < found["max_difference"] < 1 and 0 < found["psnr"], found)


@test
def networks_that_see_everything_in_passes():
    """Exact by rows, on any number of threads, and not in tiles."""
    write_v("in.v", picture(SIDE, SIDE, 3, U8))
    model = shared("models", "waifu2x_cunet_noise1_x1_pad.onnx")
    for more in ([], ["--threads", "1", "--edge", "model"]):
        found = proof("cunet", model, "--engine", "native", *more)
        equal((found["rows_identical"], found["exact"]), (True, "no"), more)
        # With its own borders each tile of a picture so small is moved in until it is all of it.
        equal(found["identical"], "model" in more, more)


@test
def a_small_crop_of_passes():
    """Tiles have room for what they share, however small the crop; what is promised of them is not what rows keep."""
    weights = state.Weights()
    state.nafnet(weights, 8, (1, 1, 1, 1), 1, (1, 1, 1, 1))
    state.write("nafnet.safetensors", weights)
    equal(facts_of("nafnet.safetensors")["alignment"], 16)
    write_v("in.v", picture(SIDE, SIDE, 3, U8))
    result = seamless("check", "-m", "nafnet.safetensors", "--range", "0..1", "--crop", 33, "in.v")
    equal(result.code, 0, result)
    check(b"no in tiles, bits by rows" in result.out, result)
    check(b"streamed by rows    bit-identical" in result.out, result)


main()
