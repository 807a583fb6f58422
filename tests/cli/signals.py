"""Ctrl-C and its like: the run ends within about a tile, removes its temporary file, exits 130."""
import json
import os
import random
import resource
import signal
import struct
import subprocess
import time

from common import *
from tiff_tags import many_pages


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
    check("cancelled" in err and "nothing is kept" in err and "--resume" in err, err)


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
def an_encoder_that_has_all_rows_keeps_nobody():
    """A minute of AVIF or some of a GIF, of noise: no call of libvips is broken off, the process ends."""
    write_v("in.v", Picture(1200, 1200, 3, U8, random.Random(5).randbytes(3 * 1200 * 1200)))
    for out in ("out.avif[effort=9]", "out.gif[effort=10]"):
        name = out.split("[")[0]
        still = untouched(name)
        p = start("-m", "null", "in.v", out)
        until(lambda: temporary() or p.poll() is not None, "no temporary file appears")
        if p.poll() is not None:
            err = p.communicate()[1].decode()
            check("writes no format" in err, "it was over too soon", err)
            continue # a libvips without that encoder
        time.sleep(1.5)
        check(p.poll() is None, "it was over too soon")
        p.send_signal(signal.SIGINT)
        began = time.monotonic()
        err = p.communicate(timeout=120)[1].decode()
        equal(p.returncode, 130, err)
        check(time.monotonic() - began < 5, "it waited for the encoder")
        check("cancelled" in err, err)
        still()
        equal(sorted(os.listdir(".")), sorted({"in.v", "out.avif", name}))


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


def killed(name, *args, input=None):
    """A run that is killed while it writes, and the temporary file that it leaves."""
    before = set(temporary())
    p = start("-q", "-m", "null:slow=50", "--tile", "16", *args, "in.v", name)
    until(lambda: set(temporary()) - before, "no temporary file appears")
    left = (set(temporary()) - before).pop()
    p.kill()
    p.communicate(timeout=60)
    check(left in temporary(), "it left nothing")
    return left


@test
def the_next_run_sweeps_what_a_killed_one_left():
    """But never what another run that lives is writing, nor what is not ours."""
    write_v("in.v", picture(320, 320, 3, U8))
    left = [killed("a.tif"), killed("b.png")]
    check(left[0] not in temporary(), "the second run sweeps too")
    others = (".seamless-notes.tif", ".seamless-abcde.tif", ".seamless-abcdef.fits", ".seamless-abcdef.odd")
    for name in others:
        with open(name, "w") as f:
            f.write("not ours")
    os.mkdir(".seamless-folder")
    os.symlink("in.v", ".seamless-linked.v")
    alive = start("-q", "-m", "null:slow=50", "--tile", "16", "in.v", "alive.tif")
    kept = set(others) | {".seamless-folder", ".seamless-linked.v"}
    until(lambda: set(temporary()) - kept - set(left), "no temporary file appears")
    r = seamless("restore", "-q", "-m", "null", "in.v", "o.v")
    equal(r.code, 0, r)
    equal(alive.poll(), None, "it was over too soon")
    now = set(temporary())
    check(kept <= now and left[1] not in now, now)
    equal(len(now - kept), 1, now)
    alive.send_signal(signal.SIGTERM)
    alive.communicate(timeout=60)
    equal(set(temporary()), kept)
    os.rmdir(".seamless-folder")
    for name in kept - {".seamless-folder"}:
        os.remove(name)


@test
def copies_of_pipes_are_swept_too():
    write_v("in.v", picture(40, 30, 3, U8))
    os.mkdir("tmp")
    env = dict(os.environ, TMPDIR=os.path.abspath("tmp"))
    p = start("-m", "null", "-", "o.v", env=env, stdin=subprocess.PIPE)
    until(lambda: os.listdir("tmp"), "no temporary file appears")
    p.kill()
    p.communicate(timeout=60)
    equal(len(os.listdir("tmp")), 1)
    with open("in.v", "rb") as f:
        r = seamless("restore", "-q", "-m", "null", "-", "o.v", input=f.read(), env=env)
    equal(r.code, 0, r)
    equal(os.listdir("tmp"), [])


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


def leads_to(path, end):
    """One that is closed while it is looked at leads nowhere."""
    try:
        return os.readlink(path).endswith(end)
    except OSError:
        return False


@test
def a_network_that_is_being_read_keeps_nobody():
    """Nothing has begun: it ends at the first read and not behind the last, where it would say what is wrong in it."""
    if not os.environ.get("SEAM_REFUSE"):
        skip("needs a build without sanitizers")
    write_v("in.v", picture(40, 30, 3, U8))
    write("net.onnx", b"\x08\x07\x12\xff\xff\x3f" + bytes(1 << 20))
    env = dict(os.environ, LD_PRELOAD=os.environ["SEAM_REFUSE"], REFUSE_PATH="net.onnx", REFUSE_HOW="kill-read", REFUSE_SIGNAL="15")
    for args in (["restore", "-m", "net.onnx", "in.v", "out.tif"],
                 ["restore", "--json", "-m", "net.onnx", "in.v", "out.tif"], ["info", "net.onnx"],
                 ["plan", "-m", "net.onnx", "in.v"], ["convert", "net.onnx", "small.onnx"]):
        for at, code in (("1", 130), ("1000", 1)):
            p = subprocess.Popen([SEAMLESS, *args], stderr=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=heard,
                                 env=dict(env, REFUSE_AT=at))
            said, err = (text.decode() for text in p.communicate(timeout=30))
            equal(p.returncode, code, args, err)
            equal("cancelled" in err, code == 130, args, err)
            equal(sorted(os.listdir(".")), ["in.v", "net.onnx"])
            if "--json" in args and code == 130:
                told = json.loads(said)
                equal((told["input"], told["status"], told["error"]), ("in.v", "cancelled", "cancelled"))


def empty_tiff(path, side):
    """A TIFF of side x side bytes, all zeros that lie nowhere, read from the top."""
    rows = 64
    strips = -(-side // rows)
    tags = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
            (273, 16, strips, 4096), (277, 3, 1, 1), (278, 4, 1, rows), (279, 16, strips, 4096 + 8 * strips)]
    with open(path, "wb") as f:
        f.write(struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, len(tags)))
        for tag, kind, count, value in tags:
            f.write(struct.pack("<HHQQ", tag, kind, count, value))
        f.write(struct.pack("<Q", 0))
        f.seek(4096)
        first = 4096 + 16 * strips
        f.write(struct.pack(f"<{strips}Q", *(first + i * rows * side for i in range(strips))))
        f.write(struct.pack(f"<{strips}Q", *(min(rows, side - i * rows) * side for i in range(strips))))
        f.truncate(first + side * side)


def until_open(p, name):
    """Wait until the command has opened the picture, or has ended."""
    opened = f"/proc/{p.pid}/fd"
    until(lambda: any(leads_to(f"{opened}/{fd}", name) for fd in os.listdir(opened)) or
          p.poll() is not None, "the picture is not opened")


@test
def a_picture_that_is_looked_at_keeps_nobody():
    """80 GB above the middle of the second picture of a batch, each of which is looked at."""
    make_input("a.png")
    empty_tiff("b.tif", 400000)
    os.mkdir("out")
    p = start("-m", "auto", "a.png", "b.tif", "out")
    until_open(p, "b.tif")
    time.sleep(0.5)
    p.send_signal(signal.SIGTERM)
    err = p.communicate(timeout=30)[1].decode()
    equal(p.returncode, 130, err)
    check("cancelled" in err, err)


@test
def thousands_of_pages_keep_nobody():
    """libvips opens pages together in a time that grows with their square: 9000 in more than 10 s."""
    many_pages("in.tif", 9000)
    for command in (["restore", "--json", "-m", "null", "in.tif", "out.tif"], ["plan", "-m", "null", "in.tif"]):
        p = subprocess.Popen([SEAMLESS, *command], stderr=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=heard)
        until_open(p, "in.tif")
        time.sleep(0.3)
        p.send_signal(signal.SIGTERM)
        err = p.communicate(timeout=10)[1].decode()
        equal(p.returncode, 130, command, err)
        check("cancelled" in err, command, err)
        equal(os.listdir("."), ["in.tif"])
    many_pages("in.tif", 12000)
    refused(1, "-m", "null", "in.tif", "out.tif", says=["12000 pages", "--page N"])
    restore("--page", 2, "in.tif", "out.png", "-q")
    equal(read("out.png").data, bytes(range(256)))


def hears(p):
    """Whether the command has set up what it does at a signal."""
    with open(f"/proc/{p.pid}/status") as f:
        caught = next((int(line.split()[1], 16) for line in f if line.startswith("SigCgt")), 0)
    return caught >> (signal.SIGTERM - 1) & 1


@test
def a_list_that_is_awaited_keeps_nobody():
    """From standard input, and from a pipe that nobody writes to yet."""
    os.mkfifo("list")
    for name in ("-", "list"):
        p = start("-m", "null", "--files-from", name, "out/", stdin=subprocess.PIPE)
        until(lambda: hears(p), "no signal would be heard")
        time.sleep(0.3)
        p.send_signal(signal.SIGTERM)
        try:
            p.wait(timeout=30)  # communicate() would end the list
        finally:
            p.kill()
            err = p.communicate()[1].decode()
        equal(p.returncode, 130, name, err)
        check("cancelled" in err, name, err)


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
