"""Wrong usage, absurd numbers, budgets that are too small, and several pictures at once."""
import json
import os
import re
import resource

from common import *

# ---------------------------------------------------------------------------------------- numbers


@test
def numbers_that_are_absurd():
    make_input()
    for option in ("--tile", "--halo", "--overlap", "--batch", "--threads", "--align", "--page", "--memory"):
        for value in ("-1", "-5", "many", "1e99", "99999999999999999999999", "", "3x", "3.5",
                      "nan", "inf"):
            if (option, value) == ("--memory", "3.5"):
                continue
            r = fails(2, f"{option}={value}", "in.png")
            check(option in r.err or f"'{value}'" in r.err, f"{option}={value}", r)
    for option in ("--tile", "--align"):
        if option == "--tile":
            fails(2, f"{option}=0", "in.png", says=["--tile 0", "512"])
    for value in ("3x", "x3", "3x0", "3x3x3", "0x5", "-3x4"):
        fails(2, "--tile", value, "in.png", says=["--tile", value])
    for value in ("51%", "-1%", "%", "x%", "1000%", "nan%"):
        fails(2, f"--overlap={value}", "in.png", says=["--overlap", value])
    fails(2, "--threads", "1025", "in.png", says=["1025", "1024"])
    fails(2, "--align", "5000", "in.png", says=["5000", "1024"])


@test
def words_that_are_no_choice():
    make_input()
    for option, choice in (("--blend", "linear"), ("--edge", "replicate"), ("--alpha", "scale"),
                           ("--luma", "studio"), ("--order", "bgr"), ("--layout", "nhwc"),
                           ("--transfer", "srgb"), ("--depth", "float")):
        for value in ("wrong", "", choice.upper(), choice + "x"):
            fails(2, f"{option}={value}", "in.png", says=[option, choice])
    for value in ("sigma", "=3", "sigma=", "sigma=x", "sigma=1x"):
        fails(2, "--input", value, "in.png", says=["--input", value, "NAME=NUMBER"])
    for value in ("5", "1..1", "..", "a..b", "nan..1", "0..inf"):
        fails(2, f"--range={value}", "in.png", says=["--range", value])


@test
def wrong_usage():
    make_input()
    for args in ([], ["in.png"], ["--nonsense", "in.png", "out.png"], ["--tile"]):
        r = seamless("restore", *args)
        equal(r.code, 2, r)
        check("seamless restore --help" in r.err, r)
    r = seamless("polish", "in.png", "out.png")
    equal(r.code, 2, r)
    check("polish" in r.err and "seamless --help" in r.err, r)
    equal(seamless().code, 2)
    refused(2, "-m", "null", "--json", "in.png", "-", says=["--json", "standard output"])


@test
def plan_looks_at_an_output_too():
    make_input()
    for out, words in (("o.pgm", ["1"]), ("o.what", ["no format"]), ("nowhere/o.tif", ["nowhere"]),
                       ("in.png", ["in.png"]), ("o.jpg[Q=200]", ["100"]), ("-", ["OUTPUT"])):
        r = seamless("plan", "-m", "null", "in.png", out)
        check(r.code != 0 and all(word in r.err for word in words), out, r)
    vips("cast", "in.png", "signed.v", "short")
    r = seamless("plan", "-m", "null", "signed.v", "o.png")
    check(r.code == 2 and "'short'" in r.err and ".tif" in r.err, r)
    r = seamless("plan", "-m", "null4x", "in.png", "o.tif")
    equal(r.code, 0, r)
    check(b"room for it" in r.out and b"8 bit" in r.out, r)
    check(not os.path.exists("o.tif"))


@test
def a_network_that_does_not_open_is_told_of_each_picture():
    make_input("a.png")
    make_input("b.png")
    os.mkdir("out")
    r = seamless("restore", "--json", "-m", "none.onnx", "a.png", "b.png", "out")
    equal(r.code, 1, r)
    told = [json.loads(line) for line in r.out.splitlines()]
    equal([(t["input"], t["status"]) for t in told], [("a.png", "failed"), ("b.png", "failed")])
    check(all("none.onnx" in t["error"] for t in told), r)


@test
def tile_smaller_than_twice_the_overlap():
    make_input()
    fails(2, "--tile", "16", "--overlap", "9", "in.png", says=["16", "9", "--tile", "--overlap"])
    fails(2, "--tile", "16x32", "--overlap", "12", "--blend", "linear", "in.png",
          says=["16", "12", "twice the overlap"])
    restore("--tile", "16", "--overlap", "8", "in.png", "out.png", "-q")


@test
def pages_that_do_not_exist():
    make_input()
    fails(2, "--page", "2", "in.png", says=["in.png", "1 page", "2"])
    fails(1, "in.png[page=7]", says=["in.png"])


# ----------------------------------------------------------------------------------------- memory


@test
def budget_too_small():
    make_input("in.png", 500, 500)
    if SANITIZED:
        skip("a sanitizer takes more memory than the budget")
    r = fails(1, "--memory", "1M", "in.png", says=["--memory", "budget is 1.0 MB"])
    named = r.err.split("use --memory ")[1].split()[0]
    restore("--memory", named, "in.png", "out.png", "-q")
    same("in.png", "out.png")
    r = fails(1, "--memory", "60M", "--tile", "20000", "-m", "null4x", "in.png",
              says=["--memory", "leave out --tile"])
    named = r.err.split("use --memory ")[1].split()[0]
    restore("-m", "null4x", "--memory", named, "--tile", "20000", "in.png", "out.png", "-q")


def limit_address_space(size):
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


@test
def out_of_memory():
    if SANITIZED:
        skip("a sanitizer takes more address space than any limit")
    make_input("in.png", 3000, 400)
    # Where libvips and GLib do not even start they abort; from a little above that on no crash is
    # excused: refused or done.
    least = next(m for m in range(100, 2000, 50)
                 if run(SEAMLESS, "--version", before=limit_address_space(m << 20)).code == 0) + 100
    done = failed = 0
    for megabytes in (least, least + 100, least + 200, least + 300, least + 450, least + 1000):
        out = f"out{megabytes}.tif"
        r = seamless("restore", "-m", "null4x", "--threads", "1", "--tile", "900", "in.png", out,
                     before=limit_address_space(megabytes << 20))
        leftovers(".")
        if r.code == 0:
            done += 1
            continue
        failed += 1
        check(r.code in (1, 127) and not os.path.exists(out), megabytes, r)
    check(done > 0 and failed > 0, f"{done} done, {failed} refused")


# ------------------------------------------------------------------------------- several pictures


@test
def several_inputs():
    make_input("a.png")
    make_input("c.tif")
    write("b.png", b"no picture")
    os.mkdir("out")
    r = seamless("restore", "-m", "null", "a.png", "b.png", "c.tif", "out")
    equal(r.code, 1, r)
    check("b.png" in r.err and "1 of 3 pictures failed" in r.err, r)
    equal(sorted(os.listdir("out")), ["a.png", "c.tif"])
    same("a.png", "out/a.png")
    same("c.tif", "out/c.tif")


@test
def several_inputs_need_a_folder():
    make_input("a.png")
    make_input("b.png")
    refused(2, "-m", "null", "a.png", "b.png", "nowhere", says=["nowhere", "folder"])
    still = untouched("out.png")
    refused(2, "-m", "null", "a.png", "b.png", "out.png", says=["out.png", "folder"])
    still()


@test
def help_fits_two_screens():
    """Of 24 lines and 80 columns each, in groups where there are many options; --help-all tells the rest."""
    for command in ("restore", "plan", "check", "info", "models", "devices", "convert", "completions"):
        lines = seamless(command, "--help").out.decode().splitlines()
        check(len(lines) <= 48 and max(map(len, lines)) <= 80, command, len(lines), max(lines, key=len))
        groups = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
        check(len(lines) < 24 or len(groups) >= 5, command, groups)
        if command in ("restore", "plan", "check"):
            every = seamless(command, "--help-all").out.decode()
            check(max(map(len, every.splitlines())) <= 80, max(every.splitlines(), key=len))
            named = lambda text: set(re.findall(r"--[a-z][a-z-]*", text.split("Examples:")[0]))
            told = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", every, re.M))
            check(named("\n".join(lines)) <= told and told == named("\n".join(lines)) | {"--help"} and len(told) > 15,
                  command, named("\n".join(lines)) ^ told)


@test
def two_inputs_of_one_name():
    for d in ("x", "y", "out"):
        os.mkdir(d)
    make_input("x/a.png")
    make_input("y/a.png")
    refused(2, "-m", "null", "x/a.png", "y/a.png", "out", says=["a.png", "different folders"])
    equal(os.listdir("out"), [])
    # The folder of the inputs is no place for their results.
    refused(2, "-m", "null", "x/a.png", "x", says=["a.png", "another name"])


@test
def damaged_standard_input():
    make_input("in.png", 300, 300)
    with open("in.png", "rb") as f:
        data = f.read()
    r = refused(1, "-m", "null", "-", "out.png", input=data[:len(data) // 2],
                says=["standard input"])
    check(".seamless" not in r.err, "the temporary file's name helps nobody", r)
    check(not os.path.exists("out.png"))


main()
