"""Several pictures: names, folders, lists, patterns; one failure stops nothing; what is done is skipped."""
import json
import os
import platform
import resource
import signal
import subprocess
import time

from common import *

LIST = "seamless.finished"


def pictures(folder, *names):
    """A picture for each name, each another one."""
    os.makedirs(folder, exist_ok=True)
    for i, name in enumerate(names):
        write_v("make.v", picture(60, 40, 3, U8, seed=i))
        vips("copy", "make.v", os.path.join(folder, name))
    os.unlink("make.v")


def objects(result):
    return [json.loads(line) for line in result.out.decode().splitlines()]


def outputs(result):
    """Of the pictures that were restored."""
    return [o["output"] for o in objects(result) if o["status"] == "restored"]


@test
def a_folder():
    pictures("in", "b.png", "a.tif", "c.webp[lossless]")
    write("in/notes.txt", b"no picture")
    write("in/table.csv", b"1,2,3\n4,5,6\n")
    write("in/.hidden.png", b"no picture")
    pictures("in/deeper", "d.png")
    os.mkdir("out")
    r = restore("--json", "in", "out")
    equal(outputs(r), ["out/a.tif", "out/b.png", "out/c.webp"])
    check("3 of 3 pictures restored" in r.err, r)
    same("out/a.tif", "in/a.tif")
    equal(sorted(os.listdir("out")), ["a.tif", "b.png", "c.webp"])
    os.mkdir("empty")
    refused(1, "-m", "null", "empty", "out", says=["empty", "no picture"])
    # Of a folder of one picture, and of folders beside pictures.
    os.mkdir("out2")
    restore("in/deeper", "in/a.tif", "out2", "-q")
    equal(sorted(os.listdir("out2")), ["a.tif", "d.png"])


@test
def a_pattern():
    pictures("in", "a.b.png", "c.tif")
    os.mkdir("out")
    restore("in", "out/new-{name}.tif[compression=deflate]", "-q")
    equal(sorted(os.listdir("out")), ["new-a.b.tif", "new-c.tif"])
    same("out/new-a.b.tif", "in/a.b.png")
    restore("in/c.tif", "out/{name}.png", "-q")
    same("out/c.png", "in/c.tif")
    refused(2, "-m", "null", "in", "out/one.tif", says=["out/one.tif", "folder", "{name}"])
    refused(2, "-m", "null", "in", "nowhere", says=["nowhere", "folder", "{name}"])


@test
def a_list():
    pictures("in", "a.png", "with space.png", "line\nbreak.png", "d.png")
    os.mkdir("out")
    r = restore("--json", "--files-from", "-", "out", input=b"in/a.png\r\n\nin/with space.png\n")
    equal(outputs(r), ["out/a.png", "out/with space.png"])
    write("list", b"in/line\nbreak.png\0in/with space.png\0")
    r = restore("--json", "in/d.png", "--files-from", "list", "out")
    equal(outputs(r), ["out/d.png", "out/line\nbreak.png", "out/with space.png"])
    # A list of one is a list: it goes into a folder.
    restore("--files-from", "-", "out", "-q", input=b"in/a.png")
    write("empty", b"\n\n")
    refused(1, "-m", "null", "--files-from", "empty", "out", says=["empty", "names no file"])
    refused(1, "-m", "null", "--files-from", "missing", "out", says=["missing", "No such file"])
    refused(2, "-m", "null", "--files-from", "-", "-", "out", says=["--files-from"], input=b"")
    # What has no name where a hundred would fit is none: /dev/zero was read until no memory was left.
    for name, data in (("zeros", bytes(1 << 20)), ("lines", b"\n" * (1 << 20)), ("one", b"in/a.png\n" + b"a" * (1 << 20))):
        write(name, data)
        refused(1, "-m", "null", "--files-from", name, "out", says=[f"the list {name} cannot be read: File name too long"])
    refused(1, "-m", "null", "--files-from", "/dev/zero", "out", says=["/dev/zero", "too long"])
    # And one of names that are names: more of them than memory is to hold, and without an end.
    for name in ("in/a.png\n", "in/a.png\0"):
        write("many", name.encode() * 1000001)
        refused(1, "-m", "null", "--files-from", "many", "out", says=["the list many names more than a million files", "split"])
    r = run("sh", "-c", f"yes in/a.png | '{SEAMLESS}' restore -m null --files-from - out")
    equal(r.code, 1, r)
    check("the list standard input names more than a million files" in r.err, r)


@test
def one_failure_does_not_stop_the_rest():
    pictures("in", "a.png", "c.png", "d.png")
    write("in/b.png", b"no picture")
    write("list", b"in/a.png\nin/b.png\nin/missing.png\nin/c.png\nin/d.png\n")
    os.mkdir("out")
    r = seamless("restore", "-m", "null", "--json", "--files-from", "list", "out")
    equal(r.code, 1, r)
    check("2 of 5 pictures failed: in/b.png, in/missing.png; 3 restored\n" in r.err, r)
    equal([o["status"] for o in objects(r)].count("failed"), 2)
    equal(outputs(r), ["out/a.png", "out/c.png", "out/d.png"])
    # A network that fails once takes one picture with it.
    r = seamless("restore", "-m", "null:fail=2", "in/a.png", "in/c.png", "in/d.png", "out")
    equal(r.code, 1, r)
    check("1 of 3 pictures failed: in/c.png" in r.err, r)
    check("1 of 3" in seamless("restore", "-m", "null:fail=2", "-q", "in/a.png", "in/c.png",
                               "in/d.png", "out").err, "it is said in quiet too")


@test
def a_file_that_cannot_be_written_does_not_stop_the_rest():
    """Whatever way it is written: some formats go through a guard that ends a run whose disk is full."""
    pictures("in", "b.png", "c.png")
    write_v("make.v", picture(300, 300, 3, U8))
    vips("copy", "make.v", "in/a.png")
    os.mkdir("out")
    for options in ("", "[pyramid]"):
        r = seamless("restore", "-m", "null", "--json", "in", "out/{name}.tif" + options,
                     before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000)))
        equal(r.code, 1, r)
        check("File too large" in r.err and "1 of 3 pictures failed: in/a.png" in r.err, r)
        equal(outputs(r), [f"out/b.tif{options}", f"out/c.tif{options}"])
        equal(sorted(os.listdir("out")), ["b.tif", "c.tif"])


@test
def the_model_is_loaded_once():
    """The null network counts its runs from when it was opened: it fails in the third picture alone."""
    pictures("in", "a.png", "b.png", "c.png", "d.png")
    os.mkdir("out")
    r = seamless("restore", "-m", "null:fail=3", "--json", "in", "out")
    equal(outputs(r), ["out/a.png", "out/b.png", "out/d.png"])


@test
def two_that_go_to_one_file():
    pictures("x", "a.png")
    pictures("y", "a.png", "a.tif")
    os.mkdir("out")
    for args in (("x", "y", "out"), ("y/a.png", "y/a.tif", "out/{name}.png"),
                 ("x/a.png", "x/a.png", "out")):
        refused(2, "-m", "null", *args, says=["a.png", "different folders"])
        equal(os.listdir("out"), [])
    # One that would be read after it was written over.
    pictures("z", "a.png", "a-2.png")
    before = read("z/a-2.png")
    refused(2, "-m", "null", "z", "z/{name}-2.png", says=["z/a-2.png", "one of the inputs"])
    refused(2, "-m", "null", "z", "z", says=["one of the inputs"])
    os.symlink("z", "link")
    refused(2, "-m", "null", "z", "link", says=["one of the inputs"])
    same("z/a-2.png", before)


# ----------------------------------------------------------------------------------------- resume


def again(*args, **how):
    return seamless("restore", "--resume", "--json", *args, **how)


@test
def finished_pictures_are_skipped():
    pictures("in", "a.png", "b.png", "c.png", "d.png")
    os.mkdir("out")
    r = again("-m", "null:fail=2", "in", "out")
    equal(r.code, 1, r)
    equal(outputs(r), ["out/a.png", "out/c.png", "out/d.png"])
    equal(sorted(os.listdir("out")), ["a.png", "c.png", "d.png", LIST])
    stamps = {n: os.stat(f"out/{n}").st_mtime_ns for n in ("a.png", "c.png", "d.png")}
    r = again("-m", "null", "in", "out")
    equal(r.code, 0, r)
    equal(outputs(r), ["out/b.png"])
    check("1 of 4 pictures restored, 3 were finished before" in r.err, r)
    equal(sorted(o["status"] for o in objects(r)), ["restored", "skipped", "skipped", "skipped"])
    for name, stamp in stamps.items():
        equal(os.stat(f"out/{name}").st_mtime_ns, stamp, f"{name} was written again")
    equal(sorted(os.listdir("out")), ["a.png", "b.png", "c.png", "d.png"])
    # All done, and the list gone: from here on it is a new run.
    equal(len(outputs(again("-m", "null", "in", "out"))), 4)


def partly():
    """A run of three pictures of which the last failed."""
    pictures("in", "a.png", "b.png", "c.png")
    if not os.path.exists("out"):
        os.mkdir("out")
    equal(again("-m", "null:fail=3", "in", "out").code, 1)
    check(os.path.exists(f"out/{LIST}"), "there is no list")


@test
def what_has_changed_is_done_again():
    partly()
    os.unlink("out/a.png")
    equal(outputs(again("-m", "null", "in", "out")), ["out/a.png", "out/c.png"])
    partly()
    write("out/b.png", b"something else")
    equal(outputs(again("-m", "null", "in", "out")), ["out/b.png", "out/c.png"])
    partly()
    write_v("make.v", picture(60, 40, 3, U8, seed=9))
    vips("copy", "make.v", "in/a.png")
    equal(outputs(again("-m", "null", "in", "out")), ["out/a.png", "out/c.png"])
    same("out/a.png", "in/a.png")
    # Another network, setting or format makes other pictures.
    for args in (("-m", "null2x", "in", "out"), ("-m", "null", "--depth", "16", "in", "out"),
                 ("-m", "null", "--size", "30x", "in", "out"), ("-m", "null", "--region", "0,0,20x20", "in", "out"),
                 ("-m", "null", "in", "out/{name}.png[compression=1]")):
        partly()
        equal(len(outputs(again(*args))), 3, args)
    # Without --resume nothing is skipped, and the list is nobody's business.
    partly()
    equal(len(outputs(seamless("restore", "-m", "null", "--json", "in", "out"))), 3)


@test
def what_one_network_finished_is_not_what_auto_would():
    pictures("in", "a.png", "b.png")
    with open("in/a.png", "rb") as f:
        write("in/c.png", f.read()[:900]) # fails, and so the list stays
    os.mkdir("out")
    for args in (("-m", "denoise-fast"), ("-m", "denoise"), ("-m", "auto")):
        equal(outputs(again(*args, "in", "out")), ["out/a.png", "out/b.png"], args)
    equal(outputs(again("in", "out")), [])


@test
def a_list_that_is_torn():
    partly()
    with open(f"out/{LIST}", "rb") as f:
        data = f.read()
    lines = data.splitlines(keepends=True)
    equal(len(lines), 2)
    write(f"out/{LIST}", lines[0] + lines[1][:9])
    equal(outputs(again("-m", "null", "in", "out")), ["out/b.png", "out/c.png"])
    partly()
    write(f"out/{LIST}", b"\0\xff\n" * 50)
    equal(len(outputs(again("-m", "null", "in", "out"))), 3)


@test
def killed_in_a_batch():
    pictures("in", *[f"{i}.png" for i in range(12)])
    os.mkdir("plain")
    os.mkdir("out")
    # Without the names of the networks, which are two.
    restore("in", "plain/{name}.tif", "-q", "--strip")
    restored, kills = 0, 0
    while True:
        p = subprocess.Popen([SEAMLESS, "restore", "--resume", "--json", "-m", "null:slow=20",
                              "--strip", "--tile", "60x4", "in", "out/{name}.tif"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        if kills < 8:
            time.sleep(0.15 + 0.05 * kills)
            p.send_signal((signal.SIGKILL, signal.SIGINT, signal.SIGTERM)[kills % 3])
            kills += 1
        out, err = p.communicate(timeout=120)
        restored += out.count(b'"status": "restored"')
        if p.returncode == 0:
            break
        check(p.returncode in (-9, 130, -15, -2), p.returncode, err.decode())
    # One may have been killed between its last word and its place in the list.
    check(restored in (12, 13), f"{restored} pictures were restored, and there are 12")
    equal(sorted(os.listdir("out")), sorted(os.listdir("plain")))
    for name in os.listdir("out"):
        with open(f"out/{name}", "rb") as a, open(f"plain/{name}", "rb") as b:
            check(a.read() == b.read(), f"{name} differs")


@test
def a_folder_is_made_where_the_name_says_so():
    pictures("in", "a.png", "b.png")
    restore("in", "new/deep/", "-q")
    equal(sorted(os.listdir("new/deep")), ["a.png", "b.png"])
    refused(2, "-m", "null", "in", "other", says=["other", "ends in /"])


# ------------------------------------------------------------------------------------ side by side


def fast(threads, *args, **how):
    return seamless("restore", "-m", "denoise-fast", "--json", "--threads", threads, *args, **how)


@test
def small_pictures_are_restored_side_by_side():
    """Each on one thread, but for the first, which tells that they are small: same bits, same order."""
    names = [f"{i:02}.png" for i in range(6)]
    pictures("in", *names)
    r = fast(3, "in", "out/")
    equal(r.code, 0, r)
    check("6 of 6 pictures restored" in r.err, r)
    equal(outputs(r), [f"out/{n}" for n in names])
    equal([o["threads"] for o in objects(r)], [3] + [1] * 5)
    equal([o["threads"] for o in objects(fast(1, "in", "one/"))], [1] * 6)
    for name in names:
        equal(read(f"out/{name}").data, read(f"one/{name}").data, name)
    # By tiles nothing is known to be the same whatever else is in the making.
    equal({o["threads"] for o in objects(fast(2, "--tile", "32", "in", "tiles/"))}, {2})


@test
def what_is_freed_serves_the_next_picture():
    """Memory goes back to the system where networks were tried, not after each picture, which would have all of
    it mapped anew."""
    if SANITIZED or platform.libc_ver()[0] != "glibc":
        skip("another allocator")

    def faults(count):
        os.makedirs(f"in{count}")
        for i in range(count):
            write_v(f"in{count}/{i:02}.v", picture(240, 160, 3, U8, seed=i))
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt
        equal(fast(1, f"in{count}", f"out{count}/", start=True).code, 0)
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt - before

    few, many = faults(2), faults(10)
    check(many - few < 8 * 200, few, many)


def said(result):
    """Without what differs from run to run."""
    return [line for line in result.err.splitlines() if line.startswith("seamless:")]


@test
def small_pictures_that_are_looked_at_are_restored_side_by_side_too():
    """By -m auto, which is the default: the first of each network alone, then all, with the same words."""
    os.mkdir("in")
    for i in range(12):
        if i % 3 == 0:
            data = bytes(100 + (x + y + i) // 4 for y in range(96) for x in range(96) for _ in range(3))
            write_v("make.v", Picture(96, 96, 3, U8, data))
        else:
            write_v("make.v", picture(96 + i, 96, 3, U8, seed=i))
        vips("copy", "make.v", f"in/{i:02}.png")
    write("in/10.png", b"no picture")
    with open("list", "w") as f:
        f.writelines(f"in/{i:02}.png\n" for i in range(12))
    how = ("restore", "--json", "--files-from", "list")
    r = seamless(*how, "--threads", 3, "out/")
    one = seamless(*how, "--threads", 1, "one/")
    equal((r.code, one.code), (1, 1), r)
    models = [(o["input"], o.get("model"), o["status"]) for o in objects(r)]
    equal(models, [(o["input"], o.get("model"), o["status"]) for o in objects(one)])
    equal({m for _, m, s in models if s == "restored"}, {"null", "denoise"})
    threads = [o["threads"] for o in objects(r) if o["status"] == "restored"]
    # Lanes that had begun with the first of a network by the time that it was met begin once more.
    check(threads[:2] == [3, 3] and threads[5:] == [1] * 6, threads)
    equal(said(r), said(one))
    check("in/00.png is left as it is" in r.err and "in/01.png goes through denoise" in r.err, r)
    for name in os.listdir("one"):
        equal(read(f"out/{name}").data, read(f"one/{name}").data, name)
    # What each picture is named by is of its own network.
    r = restore("-m", "auto", "--threads", 3, "--json", *[f"in/{i:02}.png" for i in range(8)], "out/{name}-{model}.png")
    equal(outputs(r), [f"out/{i:02}-{'denoise' if i % 3 else 'null'}.png" for i in range(8)])


@test
def what_is_not_small_or_fails_is_restored_alone():
    pictures("in", *[f"{i}.png" for i in range(6)])
    write("in/2.png", b"no picture")
    with open("in/5.png", "rb") as f:
        whole = f.read()
    write("in/5.png", whole[:len(whole) // 2])
    write_v("make.v", picture(2001, 1000, 3, U8))
    vips("copy", "make.v", "in/4.png[compression=1]")
    r, one = fast(3, "in", "out/"), fast(1, "in", "one/")
    equal((r.code, one.code), (1, 1), r)
    for result in (r, one):
        check("in/5.png cannot be read" in result.err, result)
    equal(said(r), said(one))
    equal([o["status"] for o in objects(r)], [o["status"] for o in objects(one)])
    equal({o["input"]: o["threads"] for o in objects(r) if o["status"] == "restored"},
          {"in/0.png": 3, "in/1.png": 1, "in/3.png": 1, "in/4.png": 3})
    equal(sorted(os.listdir("out")), ["0.png", "1.png", "3.png", "4.png"])
    for name in os.listdir("out"):
        equal(read(f"out/{name}").data, read(f"one/{name}").data, name)


@test
def a_batch_that_is_cancelled_tells_what_it_finished():
    names = [f"{i:02}.png" for i in range(16)]
    pictures("in", *names)
    p = subprocess.Popen([SEAMLESS, "restore", "--resume", "--json", "-m", "denoise-fast",
                          "--threads", "3", "in", "out/"],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first = p.stdout.readline()
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=120)
    told = [json.loads(line) for line in (first + out).splitlines()]
    done = [o["output"] for o in told if o["status"] == "restored"]
    check(p.returncode in (0, 130), p.returncode, err.decode())
    equal(sorted(done), sorted(f"out/{n}" for n in os.listdir("out") if n in names))
    check([o["status"] for o in told].count("cancelled") <= 1, told)
    leftovers("out")
    r = fast(3, "--resume", "in", "out/")
    equal(r.code, 0, r)
    if p.returncode == 130:
        equal([o["status"] for o in objects(r)].count("skipped"), len(done))
    equal(sorted(os.listdir("out")), names)


main()
