"""Ctrl-C and its like: the run ends within about a tile, removes its temporary file, exits 130."""
import os
import resource
import signal
import subprocess
import time

from common import *


NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heard():
    """Signals as a terminal gives them: whoever started the tests may have switched some off."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_DFL)


def unheard():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def start(*args, before=heard, **how):
    return subprocess.Popen([SEAMLESS, "restore", *map(str, args)], stderr=subprocess.PIPE,
                            stdout=subprocess.PIPE, preexec_fn=how.pop("preexec_fn", before), **how)


def until(condition, why, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < end, why)
        time.sleep(0.01)


def temporary():
    return [n for n in os.listdir(".") if n.startswith(".seamless")]


def interrupt(number, out, model="null:slow=50", options=("--tile", "16")):
    """Interrupt a run of some hundred tiles once its temporary file is there."""
    with open(out, "wb") as f:
        f.write(b"an older result")
    p = start("-m", model, *options, "in.v", out)
    until(temporary, "no temporary file appears")
    time.sleep(0.2)
    check(p.poll() is None, "it was over too soon")
    p.send_signal(number)
    began = time.monotonic()
    err = p.communicate(timeout=60)[1].decode()
    took = time.monotonic() - began
    equal(p.returncode, 130, err)
    # A tile takes 0.05 s and the run 20 s; the rest is for a busy machine.
    check(took < 5, f"it took {took:.1f} s")
    equal(temporary(), [], err)
    with open(out, "rb") as f:
        equal(f.read(), b"an older result")
    check("cancelled" in err, err)


@test
def interrupt_and_terminate():
    write_v("in.v", picture(320, 320, 3, U8))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        for out in ("out.tif", "out.png"):
            interrupt(number, out)


@test
def what_nohup_has_switched_off_stays_off():
    write_v("in.v", picture(64, 64, 3, U8))
    p = start("-m", "null:slow=50", "--tile", "16", "in.v", "out.v", before=unheard)
    until(temporary, "no temporary file appears")
    p.send_signal(signal.SIGHUP)
    err = p.communicate(timeout=60)[1].decode()
    equal(p.returncode, 0, err)


@test
def interrupt_where_nothing_streams():
    write_v("in.v", picture(320, 320, 3, U8))
    interrupt(signal.SIGINT, "out.webp")
    interrupt(signal.SIGINT, "out.v", options=("--tile", "16", "--overlap", "4"))


@test
def interrupt_with_several_threads_waiting():
    write_v("in.v", picture(640, 160, 3, U8))
    interrupt(signal.SIGINT, "out.tif", options=("--tile", "16", "--threads", "8"))


@test
def interrupt_stops_the_other_files_too():
    write_v("in.v", picture(320, 320, 3, U8))
    write_v("in2.v", picture(320, 320, 3, U8))
    os.mkdir("out")
    p = start("-m", "null:slow=50", "--tile", "16", "in.v", "in2.v", "out")
    until(lambda: os.listdir("out"), "no temporary file appears")
    p.send_signal(signal.SIGINT)
    err = p.communicate(timeout=60)[1].decode()
    equal(p.returncode, 130, err)
    equal(os.listdir("out"), [])


@test
def a_second_interrupt_does_not_wait():
    # A single tile of ten seconds: the first signal waits for it, the second does not.
    write_v("in.v", picture(60, 60, 3, U8))
    p = start("-m", "null:slow=10000", "in.v", "out.tif")
    until(temporary, "no temporary file appears")
    time.sleep(0.2)
    p.send_signal(signal.SIGINT)
    time.sleep(0.3)
    began = time.monotonic()
    p.send_signal(signal.SIGINT)
    p.communicate(timeout=60)
    check(time.monotonic() - began < 5, "it waited for the tile")
    equal(p.returncode, 130)
    equal(os.listdir("."), ["in.v"])


@test
def interrupt_while_standard_input_is_awaited():
    p = start("-m", "null", "-", "out.tif", stdin=subprocess.PIPE)
    until(lambda: os.listdir(os.environ["TMPDIR"]), "no copy of standard input appears")
    time.sleep(0.2)
    p.send_signal(signal.SIGINT)
    time.sleep(0.2)
    p.send_signal(signal.SIGINT)
    err = p.communicate(timeout=60)[1].decode()
    equal(p.returncode, 130, err)


@test
def closed_pipe_is_an_error_of_its_own():
    write_v("in.v", picture(600, 600, 3, U8))
    r = run("sh", "-c", f"{SEAMLESS} restore -m null --format ppm in.v - | head -c 10 >/dev/null; "
                        f"exit 0")
    check("Broken pipe" in r.err, r)
    leftovers(".")


@test
def a_file_limit_is_no_death():
    write_v("in.v", picture(600, 600, 3, U8))
    r = seamless("restore", "-m", "null", "in.v", "out.tif",
                 before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000)))
    equal(r.code, 1, r)


main()
