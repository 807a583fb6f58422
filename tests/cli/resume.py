"""--resume: whatever ends a run, the same command goes on, and the file is that of a run in one go."""
import json
import os
import random
import resource
import signal
import struct
import subprocess
import time

from common import *


def whole(path):
    with open(path, "rb") as f:
        return f.read()


def left():
    """What a run with --resume may leave beside its output while it is not done."""
    return sorted(n for n in os.listdir(".") if n.endswith(".journal") or n.startswith(".seamless"))


def once(*args, **how):
    return seamless("restore", "--resume", "--json", *args, **how)


def in_pieces(out, *args, model="null2x", fail=3):
    """Restore with a network that fails at every run's `fail`-th tile, until it is done; the same
    without --resume in one go. Both files must be equal to the
    byte."""
    parts = out.split("[")
    plain = "plain-" + out
    restore("-m", model, *args, plain, "-q")
    rows, runs = [0], 0
    while True:
        r = once("-m", f"{model}:fail={fail}", *args, out)
        runs += 1
        if r.code == 0:
            break
        equal(r.code, 1, r)
        check(f"run {fail} fails" in r.err, r)
        check(not os.path.exists(parts[0]), "a file of half a picture")
        check(runs < 500, "it does not get on")
    done = json.loads(r.out)["resumed_rows"]
    check(runs > 2 and done > 0, f"{runs} runs, {done} rows resumed: nothing was shown")
    equal(left(), [], "left at the end")
    if parts[0].endswith(".ppm"):  # the time is in it
        same(parts[0], "plain-" + parts[0])
    else:
        check(whole(parts[0]) == whole("plain-" + parts[0]), f"{out}: the two files differ")
    os.unlink(parts[0])
    os.unlink("plain-" + parts[0])
    return done


def grows(process, journal):
    """Wait until the run has added to its journal."""
    def size():
        return os.path.getsize(journal) if os.path.exists(journal) else 0
    before = size()
    while size() <= max(before, 4096) and process.poll() is None:
        time.sleep(0.01)


# A start takes a second under a sanitizer.
MOMENTS = 10 if SANITIZED else 50


def killed(number, times, out, *args):
    """Restore, and send the signal at random moments of one run, `times` of them; then let it be done.
    Returns the rows that the last start found."""
    chance = random.Random(times + number)
    expected = whole("plain.tif")
    sent = 0
    while True:
        p = subprocess.Popen([SEAMLESS, "restore", "--resume", "--json", *args, out],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if sent < times:
            time.sleep(chance.uniform(0, 0.3))
            if sent % 10 == 9:  # however slow the machine, some of them find rows
                grows(p, out.split("[")[0] + ".journal")
            p.send_signal(number)
            sent += 1
        text, err = p.communicate(timeout=120)
        if p.returncode != 0:
            check(p.returncode in (-number, 130), p.returncode, err.decode())
            check(not os.path.exists(out), "a file of half a picture")
            continue
        equal(sent, times, "it was done before the last signal")
        check(whole(out) == expected, f"the file differs after {sent} signals")
        equal(left(), [], "left at the end")
        os.unlink(out)
        return json.loads(text)["resumed_rows"]


def slow_picture():
    """One that takes its network longer than all signals of a test, and what comes out of it in one go."""
    write_v("in.v", picture(40, 800, 3, U8))
    args = ["--tile", "40x4", "--overlap", "2", "--blend", "linear"]
    restore("-m", "null2x", *args, "in.v", "plain.tif", "-q")
    return ["-m", "null2x:slow=40", *args, "in.v"]


@test
def killed_at_many_moments():
    check(killed(signal.SIGKILL, MOMENTS, "out.tif", *slow_picture()) > 0)


@test
def interrupted_at_many_moments():
    check(killed(signal.SIGINT, MOMENTS, "out.tif", *slow_picture()) > 0)


@test
def terminated_at_many_moments():
    check(killed(signal.SIGTERM, MOMENTS, "out.tif", *slow_picture()) > 0)


@test
def every_format_and_depth():
    fail = 5 if SANITIZED else 3  # what a sanitizer makes slow begins less often
    write_v("eight.v", picture(60, 130, 3, U8))
    write_v("sixteen.v", picture(60, 130, 3, U16))
    write_v("float.v", picture(60, 130, 3, F32))
    write_v("alpha.v", picture(60, 130, 4, U8))
    write_v("grey.v", picture(60, 130, 1, U8))
    for source in ("eight.v", "sixteen.v", "float.v", "alpha.v", "grey.v"):
        in_pieces("out.tif[compression=deflate,tile]", "--tile", "32", source, fail=fail)
    for out in ("out.png", "out.jpg[Q=95]", "out.webp[lossless]", "out.v", "out.ppm", "out.tif",
                "out.gif"):
        in_pieces(out, "--tile", "32", "eight.v", fail=fail)
    in_pieces("out.tif", "--tile", "32", "--threads", "4", "sixteen.v", model="null")
    in_pieces("out.png", "--tile", "24", "eight.v", model="null4x", fail=4)


@test
def every_way_to_read():
    write_v("in.v", picture(60, 130, 3, U8))
    for name in ("in.png", "inter.png[interlace]", "in.jpg", "prog.jpg[interlace]", "in.tif",
                 "tiled.tif[tile,tile_width=16,tile_height=16]", "in.webp", "in.ppm"):
        vips("copy", "in.v", name)
        in_pieces("out.tif", "--tile", "32", name.split("[")[0])
    vips("copy", "in.v", "made.v")
    with open("made.v", "rb") as f:
        data = f.read()
    at = data.index(b"</meta>") if b"</meta>" in data else None
    check(at is not None, "libvips' format has no fields any more")
    for orientation in (3, 6):
        with open("turned.v", "wb") as f:
            f.write(data[:at] + b'<field type="gint" name="orientation">%d</field>' % orientation +
                    data[at:])
        vips("copy", "turned.v", "turned.tif")
        in_pieces("out.tif", "--tile", "70x16", "turned.tif")


@test
def pages():
    write_v("in.v", picture(40, 240, 3, U8))
    vips("copy", "in.v", "pages.tif[page_height=60]")
    in_pieces("out.tif", "--tile", "20", "pages.tif")
    in_pieces("out.tif", "--tile", "20", "--page", "3", "pages.tif")
    in_pieces("out.tif", "--tile", "20", "pages.tif[page=1]")


def by_file_limit(out, *args):
    """End the run where its files reach a limit, which is a little larger each time."""
    plain = "plain-" + out
    restore(*args, plain, "-q")
    limit, runs, rows = 6000, 0, []
    while True:
        r = once(*args, out,
                 before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        runs += 1
        if r.code == 0:
            break
        equal(r.code, 1, r)
        check("File too large" in r.err, r)
        check(not os.path.exists(out), "a file of half a picture")
        limit += 9000
        check(runs < 500, "it does not get on")
    check(runs > 3 and json.loads(r.out)["resumed_rows"] > 0, runs, r)
    check(whole(out) == whole(plain), "the two files differ")
    equal(left(), [], "left at the end")


@test
def bands_that_blend_go_on_right():
    """A real network whose tiles do not agree: each band is blended with the one before."""
    write_v("in.v", picture(90, 300, 3, U8))
    by_file_limit("out.tif", "-m", "smooth", "--tile", "40", "--halo", "2", "--overlap", "12",
                  "--blend", "gaussian", "in.v")


@test
def a_disk_that_is_full_keeps_what_is_done():
    write_v("in.v", picture(90, 300, 3, U8))
    r = once("-m", "null", "--tile", "32", "in.v", "out.png",
             before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000)))
    equal(r.code, 1, r)
    check("File too large" in r.err and "finished rows are kept" in r.err, r)
    equal(left(), ["out.png.journal"])
    r = once("-m", "null", "--tile", "32", "in.v", "out.png")
    equal(r.code, 0, r)
    check(json.loads(r.out)["resumed_rows"] >= 64, r)
    same("out.png", "in.v")


@test
def room_is_looked_for_before_it_begins():
    write_v("in.v", picture(400, 400, 3, U8))
    os.mkdir("small")
    if run("mount", "-t", "tmpfs", "-o", "size=700k", "none", "small").code != 0:
        skip("no tmpfs can be mounted here")
    try:
        # 480 kB of result fit; the journal has as many again.
        restore("in.v", "small/out.tif", "-q")
        os.unlink("small/out.tif")
        r = once("-m", "null", "in.v", "small/out.tif")
        equal(r.code, 1, r)
        check("No space left" in r.err and "journal" in r.err and "room for" in r.err, r)
        equal(os.listdir("small"), [])
    finally:
        run("umount", "small")


@test
def what_a_killed_run_left_takes_no_room():
    """A disk that holds the result and its journal once holds a run that was killed and goes on."""
    write_v("in.v", picture(400, 400, 3, U8))
    os.mkdir("small")
    if run("mount", "-t", "tmpfs", "-o", "size=1100k", "none", "small").code != 0:
        skip("no tmpfs can be mounted here")
    try:
        p = subprocess.Popen([SEAMLESS, "restore", "-q", "--resume", "-m", "null:slow=50", "--tile",
                              "400x16", "in.v", "small/out.v"])
        end = time.monotonic() + 60
        while not os.path.exists("small/out.v.journal") or \
                os.path.getsize("small/out.v.journal") < 300000:
            check(time.monotonic() < end and p.poll() is None, "the journal does not grow")
            time.sleep(0.01)
        p.kill()
        p.wait(60)
        equal(sorted(os.listdir("small")), [".seamless-out.v", "out.v.journal"])
        r = once("-m", "null", "--tile", "400x16", "in.v", "small/out.v")
        equal(r.code, 0, r)
        check(json.loads(r.out)["resumed_rows"] > 0, r)
        same("small/out.v", "in.v")
        equal(os.listdir("small"), ["out.v"])
    finally:
        run("umount", "small")


def begun(*args, fail=5, out="out.png"):
    """A journal of some bands; its bytes."""
    r = once("-m", f"null:fail={fail}", *args, out)
    equal(r.code, 1, r)
    equal(left(), [f"{out}.journal"])
    return whole(f"{out}.journal")


def other(code, says, *args, out="out.png"):
    """A run that is another than the journal's: refused, with the reason, and nothing is touched."""
    before = whole(f"{out}.journal")
    r = refused(code, "--resume", *args, out, says=[f"{out}.journal", "remove", *says])
    check(whole(f"{out}.journal") == before, "the journal was touched", r)


@test
def a_run_that_is_another_is_refused():
    write_v("in.v", picture(60, 130, 3, U8))
    changed = picture(60, 130, 3, U8)
    changed.data = changed.data[:-1] + bytes([changed.data[-1] ^ 1])
    write_v("changed.v", changed)
    write_v("larger.v", picture(61, 130, 3, U8))
    begun("--tile", "32", "in.v")
    write("out.png", b"an older result\n")
    other(2, ["model"], "-m", "null2x", "in.v")
    other(2, ["model"], "-m", "smooth", "in.v")
    other(2, ["source"], "-m", "null", "changed.v")
    other(2, ["source"], "-m", "null", "larger.v")
    other(2, ["result", "16"], "-m", "null", "--depth", "16", "in.v")
    other(2, ['its feed is "strength 1", now it is "strength 0.5"'], "-m", "null", "--strength", "0.5", "in.v")
    other(2, ["range"], "-m", "null", "--range", "0..255", "in.v")
    other(2, ["edge zero"], "-m", "null", "--edge", "zero", "in.v")
    equal(whole("out.png"), b"an older result\n")
    # The same picture elsewhere is the same, and the null network is exact in any tile.
    os.mkdir("d")
    os.rename("in.v", "d/moved.v")
    r = once("-m", "null", "--tile", "16", "--threads", "1", "d/moved.v", "out.png")
    equal(r.code, 0, r)
    check(json.loads(r.out)["resumed_rows"] > 0, r)
    same("out.png", "d/moved.v")
    equal(left(), [])


@test
def tiles_that_decide_the_result():
    """Where tiles differ the plan is part of the journal; one that is free takes the journal's."""
    write_v("in.v", picture(90, 300, 3, U8))
    args = ["-m", "smooth", "--halo", "2", "--overlap", "8", "in.v"]
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))
    restore("--tile", "40", *args, "plain.png", "-q")
    equal(once("--tile", "40", *args, "out.png", before=limit).code, 1)
    equal(left(), ["out.png.journal"])
    other(2, ["tiles"], "--tile", "48", *args)
    r = once(*args, "out.png")
    equal(r.code, 0, r)
    check(json.loads(r.out)["resumed_rows"] > 0, r)
    same("out.png", "plain.png")


@test
def damaged_journals():
    write_v("in.v", picture(60, 150, 3, U8))
    data = begun("--tile", "30", "in.v", fail=7)  # three bands of thirty rows
    for end, rows in ((len(data), 90), (len(data) - 1, 60), (len(data) // 2, 30), (4096, 0),
                      (1000, 0), (0, 0)):
        write("out.png.journal", data[:end])
        r = once("-m", "null", "--tile", "30", "in.v", "out.png")
        equal(r.code, 0, r)
        equal(json.loads(r.out)["resumed_rows"], rows, f"cut to {end} bytes")
        same("out.png", "in.v")
    for at, rows in ((4096 + 50, 0), (4096 + 6000, 30), (len(data) - 1, 60)):
        flipped = bytearray(data)
        flipped[at] ^= 4
        write("out.png.journal", flipped)
        r = once("-m", "null", "--tile", "30", "in.v", "out.png")
        equal(r.code, 0, r)
        equal(json.loads(r.out)["resumed_rows"], rows, f"a bit of byte {at}")
        same("out.png", "in.v")
    for broken in (b"not a journal\n", b"x" * 9000, data[:100] + b"?" + data[101:]):
        write("out.png.journal", broken)
        refused(1, "-m", "null", "--resume", "--tile", "30", "in.v", "out.png",
                says=["out.png.journal"])
        equal(whole("out.png.journal"), broken, "it was touched")


def bands_of(data):
    """The head of a journal, and its whole bands by their first rows."""
    row_bytes = struct.unpack_from("=Q", data, 16)[0]
    bands, at = {}, 4096
    while at + 32 <= len(data):
        magic, first, rows, _ = struct.unpack_from("=4Q", data, at)
        end = at + 32 + rows * row_bytes
        if magic != 0x73656d6162616e64 or end > len(data):
            break
        bands[first] = data[at:end]
        at = end
    return data[:4096], bands


def with_holes(data, keep, out="out.v"):
    """Leave a journal of the bands for whose number and count `keep` is true, last ones first. Returns its rows."""
    head, bands = bands_of(data)
    kept = [b for i, (_, b) in enumerate(sorted(bands.items())) if keep(i, len(bands))]
    check(0 < len(kept) < len(bands), len(kept), len(bands))
    write(f"{out}.journal", head + b"".join(reversed(kept)))
    return sum(struct.unpack_from("=Q", b, 16)[0] for b in kept)


def the_middle(i, n):
    return n // 4 <= i < 3 * n // 4


HOLES = [the_middle, lambda i, n: not the_middle(i, n), lambda i, n: i % 2 == 1,
         lambda i, n: i % 7 == 3, lambda i, n: i >= n - 2]


@test
def bands_may_lie_anywhere():
    """Whatever rows a journal holds are taken; those that lie together and are many are not made again."""
    write_v("in.v", picture(60, 1280, 3, U8))
    args = ["--tile", "64x32", "in.v"]
    restore("-m", "null2x", *args, "plain.v", "-q")
    equal(once("-m", "null2x:fail=40", *args, "out.v").code, 1)
    data = whole("out.v.journal")
    for keep in HOLES:
        rows = with_holes(data, keep)
        # Of forty runs twenty are needed, and a few at the edges of what is kept.
        model = "null2x:fail=28" if keep in HOLES[:2] else "null2x"
        r = once("-m", model, *args, "out.v")
        equal(r.code, 0, r)
        equal(json.loads(r.out)["resumed_rows"], rows)
        same("out.v", "plain.v")
        equal(left(), [])
    # What was made between is kept where that run ends early too.
    rows = with_holes(data, the_middle)
    equal(once("-m", "null2x:fail=15", *args, "out.v").code, 1)
    r = once("-m", "null2x:fail=12", *args, "out.v")
    equal(r.code, 0, r)
    check(json.loads(r.out)["resumed_rows"] > rows, r)
    same("out.v", "plain.v")


@test
def bands_of_pages_may_lie_anywhere():
    write_v("one.v", picture(40, 480, 3, U8))
    vips("copy", "one.v", "in.tif[page_height=160]")
    restore("-m", "null2x", "--tile", "40x16", "in.tif", "plain.tif", "-q")
    equal(once("-m", "null2x:fail=30", "--tile", "40x16", "in.tif", "out.tif").code, 1)
    data = whole("out.tif.journal")
    for keep in HOLES:
        with_holes(data, keep, "out.tif")
        equal(once("-m", "null2x", "--tile", "40x16", "in.tif", "out.tif").code, 0)
        check(whole("out.tif") == whole("plain.tif"), "the two files differ")


@test
def bands_of_a_network_may_lie_anywhere():
    """By rows, by tiles with a halo that meets the bottom, and by tiles that blend."""
    write_v("in.v", picture(50, 900, 3, U8))
    for args in (["-m", "denoise-fast"], ["-m", "upscale2x-fast", "--tile", "50x40"],
                 ["-m", "smooth", "--tile", "50x40", "--halo", "2", "--overlap", "12"]):
        restore(*args, "in.v", "plain.v", "-q")
        size = os.path.getsize("plain.v") * 9 // 10
        r = once(*args, "in.v", "out.v",
                 before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
        equal(r.code, 1, r)
        data = whole("out.v.journal")
        for keep in HOLES:
            rows = with_holes(data, keep)
            r = once(*args, "in.v", "out.v")
            equal(r.code, 0, r)
            equal(json.loads(r.out)["resumed_rows"], rows)
            same("out.v", "plain.v")


@test
def two_runs_at_once():
    write_v("in.v", picture(60, 60, 3, U8))
    p = subprocess.Popen([SEAMLESS, "restore", "--resume", "-m", "null:slow=100", "--tile", "16",
                          "in.v", "out.png"], stderr=subprocess.PIPE)
    end = time.monotonic() + 60
    while not os.path.exists("out.png.journal"):
        check(time.monotonic() < end, "no journal appears")
        time.sleep(0.01)
    r = once("-m", "null", "--tile", "16", "in.v", "out.png")
    if p.poll() is None:
        equal(r.code, 1, r)
        check("in use" in r.err and "another run" in r.err, r)
    equal(p.wait(60), 0, p.communicate()[1])
    same("out.png", "in.v")


@test
def nothing_is_left_where_nothing_was_done():
    write_v("in.v", picture(60, 60, 3, U8))
    for args in (("-m", "null", "none.v"), ("-m", "null:fail=1", "in.v")):
        r = once(*args, "out.png")
        equal(r.code, 1, r)
        equal(left(), [])
    r = once("-m", "null", "in.v", "out.png[nonsense=1]")
    equal(r.code, 2, r)
    r = once("-m", "null", "in.v", "out.png")
    equal(json.loads(r.out)["resumed_rows"], 0)


@test
def standard_input_and_output():
    write_v("in.v", picture(60, 130, 3, U8))
    vips("copy", "in.v", "in.png")
    data = whole("in.png")
    r = once("-m", "null:fail=7", "--tile", "32", "-", "out.v", input=data)
    equal(r.code, 1, r)
    r = once("-m", "null", "--tile", "32", "in.png", "out.v")
    equal(r.code, 0, r)
    check(json.loads(r.out)["resumed_rows"] > 0, r)
    same("out.v", "in.v")
    refused(2, "--resume", "in.v", "-", says=["--resume", "standard output", "output file"])


main()
