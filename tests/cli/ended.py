"""A job that goes over its picture several times, ended in each of its stages: nothing of it keeps the next run
from the bytes of a run in one go."""
import json
import os
import signal

from common import *
import state

MODULE = os.environ.get("SEAM_REFUSE")
# Files, and calls on them before one of which the process ends.
STAGES = [("net.safetensors", "read"), ("tmp/.seamless-", "write"), ("tmp/.seamless-", "read"), (".journal", "write"),
          (".journal", "read"), ("in.png", "read"), ("work/.seamless-", "write"), ("work/.seamless-", "read"),
          ("out.tif", "rename"), ("out.tif.journal", "unlink")]
# Those that come once are ended there, and gone on from by what follows.
ONCE = ("net.safetensors", "in.png", "in.tif", "mask.png", "out.tif")


def left():
    return [n for n in os.listdir(".") + os.listdir(os.environ["TMPDIR"]) if n.startswith(".seamless")]


def run_to(stage, at, number, *args):
    path, what = stage
    env = {"LD_PRELOAD": MODULE, "REFUSE_PATH": path, "REFUSE_HOW": "kill-" + what, "REFUSE_AT": str(at),
           "REFUSE_SIGNAL": str(int(number))}
    return seamless("restore", "--resume", "--json", *args, "out.tif", env=env)


def ended_in(stage, number, *args):
    """Begin again and again, and end each run before a later call of a stage, until one comes through. Returns how
    many were ended."""
    at, ends = 1, 0
    if stage == (".journal", "read"):
        equal(run_to((".journal", "write"), 9, signal.SIGKILL, *args).code, -signal.SIGKILL)
    while True:
        r = run_to(stage, at, number, *args)
        if number == signal.SIGTERM:
            equal(left(), [], stage, at, r)
        if r.code == 0:
            break
        equal(r.code, -number if number == signal.SIGKILL else 130, stage, at, r)
        check(not os.path.exists("out.tif") or stage[1] == "unlink", stage, at, "a file of half a picture")
        ends, at = ends + 1, 100 * at
        if stage[0] in ONCE:
            return ends
        check(ends < 8, stage, "it does not get on")
    with open("out.tif", "rb") as f, open("whole.tif", "rb") as g:
        check(f.read() == g.read(), stage, at, "the files differ")
    equal(left() + [n for n in os.listdir(".") if n.endswith(".journal")], [], stage, at)
    os.unlink("out.tif")
    return ends


def every_stage(stages, *args, terminated=()):
    if not MODULE:
        skip("needs a build without sanitizers")
    restore(*args, "whole.tif", "-q")
    for stage in stages:
        check(ended_in(stage, signal.SIGKILL, *args), stage, "never came to it")
        if stage in terminated:
            ended_in(stage, signal.SIGTERM, *args)


@test
def passes_that_keep_rows_in_a_file():
    w = state.Weights()
    state.nafnet(w, 16)
    state.write("net.safetensors", w)
    make_input("in.png", width=240, height=160)
    args = ("-m", "net.safetensors", "--engine", "native", "--range", "0..1", "in.png")
    plan = json.loads(seamless("plan", *args, "--json", start=True).out)
    every_stage(STAGES, "--memory", str(plan["base_bytes"] + plan["kept_bytes"] // 2), *args,
                terminated=[("tmp/.seamless-", "write"), (".journal", "write")])


@test
def two_networks_behind_a_picture_that_is_turned():
    """Through a file that has a name, and with a mask that is read twice."""
    make_input("make.png", width=90, height=200)
    make_input("mask.png", width=90, height=200, bands=1)
    vips("copy", "make.png", "lies.v")
    with open("lies.v", "rb") as f:
        data = f.read()
    at = data.index(b"</meta>")
    write("lies.v", data[:at] + b'<field type="gint" name="orientation">3</field>' + data[at:])
    vips("copy", "lies.v", "in.tif")
    every_stage([("in.tif", "read"), ("mask.png", "read"), ("tmp/.seamless-", "write"), ("tmp/.seamless-", "read"),
                 (".journal", "write"), ("work/.seamless-", "write")],
                "-m", "null2x", "--passes", "2", "--tile", "40", "--mask", "mask.png", "in.tif")


main()
