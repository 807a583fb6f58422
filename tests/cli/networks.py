"""The networks that are built in: what their cards say holds, and tiles leave no trace in them."""
import json
import re

from common import *

# Odd both ways, and some tiles each way.
WIDTH, HEIGHT, TILE = 131, 117, 32


def listed():
    result = seamless("models", "--json")
    equal(result.code, 0, result)
    return json.loads(result.out)


def card(name):
    """The rows of a card's first table, by their first column."""
    with open(os.path.join(ROOT, "models", name + ".md"), encoding="utf-8") as f:
        return dict(re.findall(r"^\| ([a-z, -]+) \| (.*) \|$", f.read(), re.M))


def number(text):
    return int(re.search(r"\d+", text)[0])


@test
def cards_say_what_the_files_say():
    for model in listed():
        said = card(model["name"])
        path = os.path.join(ROOT, "models", model["name"] + ".onnx")
        equal(model["bytes"], os.path.getsize(path), model["name"])
        equal(number(said["file"].split(",")[1]), model["bytes"], model["name"])
        equal(number(said["scale"]), model["scale"], model["name"])
        equal(number(said["multiply-adds per input pixel"]), model["macs_per_input_pixel"], model["name"])
        equal(number(said["receptive field"]), model["receptive_field"], model["name"])


@test
def the_field_of_the_card_is_the_halo():
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    for model in listed():
        name, said = model["name"], card(model["name"])
        result = seamless("info", name, "--json")
        equal(result.code, 0, result)
        facts = json.loads(result.out)
        field = number(said["receptive field"])
        equal(facts["receptive_field"], dict.fromkeys(("left", "right", "top", "bottom"), field), name)
        plan = restore("-m", name, "--engine", "ort", "--tile", TILE, "--json", "in.v", "out.v")
        # Where tiles keep to the alignment, up to that much less is as exact; the card states both.
        halo = json.loads(plan.out)["halo"]
        check(field - facts["alignment"] < halo <= field, name, halo, field)
        equal(halo, [int(n) for n in re.findall(r"halo of (\d+)", said["receptive field"])][-1], name)


@test
def tiles_at_the_field_of_the_card_change_no_bit():
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    for model in listed():
        name = model["name"]
        whole = json.loads(restore("-m", name, "--engine", "ort", "--tile", 4 * WIDTH, "--json", "in.v", "whole.v").out)
        equal(whole["tiles"], 1, name)
        field = number(card(name)["receptive field"])
        for tile, halo in ((TILE, []), ("47x26", ["--halo", field])):
            tiled = json.loads(restore("-m", name, "--engine", "ort", "--tile", tile, *halo, "--overlap", "0", "--json",
                                       "in.v", "tiled.v").out)
            check(tiled["tiles"] > 10, tiled)
            same("tiled.v", "whole.v", name, tile)


@test
def several_tiles_in_a_run_change_no_bit():
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    for model in listed():
        name = model["name"]
        one = ["-m", name, "--engine", "ort", "--tile", TILE, "--json"]
        if name == "smooth":  # exported for one picture at a time
            fails(2, *one, "--batch", 3, "in.v", says=["smooth", "one picture at a time", "--batch"])
            continue
        equal(json.loads(restore(*one, "--batch", 1, "in.v", "one.v").out)["batch"], 1, name)
        j = json.loads(restore(*one, "--batch", 3, "in.v", "three.v").out)
        equal(j["batch"], 3, j)
        same("three.v", "one.v", name)
    fails(2, "-m", "denoise", "--engine", "native", "--batch", "2", "in.v",
          says=["denoise", "native", "one picture at a time", "--engine ort"])


@test
def less_than_the_field_of_the_card_shows():
    # Else the test above would prove nothing. Two pixels less may not show where tiles and halo keep to 2x2 pixels.
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    for model in listed():
        name, field = model["name"], number(card(model["name"])["receptive field"])
        restore("-m", name, "--engine", "ort", "--tile", 4 * WIDTH, "in.v", "whole.v", "-q")
        restore("-m", name, "--engine", "ort", "--tile", TILE, "--halo", field - 3, "--overlap", "0", "in.v", "tiled.v", "-q")
        check(read_v("tiled.v").data != read_v("whole.v").data, name)


@test
def rows_that_stream_are_tiles_of_the_native_engine():
    write_v("in.v", picture(WIDTH, HEIGHT, 3, F32))
    for model in listed():
        name = model["name"]
        streamed = json.loads(restore("-m", name, "--engine", "native", "--json", "in.v", "rows.v").out)
        check(streamed["rows"] and streamed["halo"] == 0 and streamed["exact"] == "bits", streamed)
        for tile, threads in ((TILE, 1), ("47x26", 2)):
            tiled = json.loads(restore("-m", name, "--engine", "native", "--tile", tile, "--threads",
                                       threads, "--json", "in.v", "tiled.v").out)
            check(not tiled["rows"] and tiled["tiles"] > 10 and tiled["exact"] == "bits", tiled)
            same("tiled.v", "rows.v", name, tile)


main()
