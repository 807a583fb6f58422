"""Trees of folders: mirrored, chosen by name, done twice at no cost, told beforehand, named by what they become."""
import hashlib
import json

from common import *
from tiff_tags import write_tiff


def tree(*names):
    """Small pictures at these paths, each another one."""
    for i, name in enumerate(names):
        os.makedirs(os.path.dirname(name), exist_ok=True)
        write_v("make.v", picture(30, 20, 3, U8, seed=i))
        vips("copy", "make.v", name)
    os.unlink("make.v")


def files(folder):
    return sorted(os.path.relpath(os.path.join(path, n), folder) for path, _, names in os.walk(folder) for n in names)


def objects(*args):
    r = seamless("restore", "-m", "null", "--json", "-q", *args)
    return [json.loads(line) for line in r.out.decode().splitlines()], r


NAMES = ("a.png", "b.tif", "2023/italy/c.png", "2023/italy/d.jpg", "2023/e.png", "2024/a.png")


@test
def a_tree_is_mirrored():
    tree(*(f"in/{n}" for n in NAMES))
    os.makedirs("in/empty/.hidden")
    os.symlink("..", "in/2024/loop")
    write("in/2023/notes.txt", b"no picture")
    r = restore("-r", "in", "out/", "-q")
    equal(files("out"), sorted(NAMES))
    same("out/2023/italy/c.png", "in/2023/italy/c.png")
    # Into the tree itself: the results are no pictures of the next run.
    restore("--recursive", "in", "in/done/", "-q")
    restore("-r", "in", "in/done/", "-q")
    equal(files("in/done"), sorted(NAMES))
    r = seamless("restore", "-m", "null", "in", "flat/")
    check("-r restores those too" in r.err, r)


@test
def some_of_a_tree():
    tree(*(f"in/{n}" for n in NAMES))
    for args, expected in (
            (["--include", "*.png"], [n for n in NAMES if n.endswith(".png")]),
            (["--include", "*.png", "--include", "*.jpg"], [n for n in NAMES if not n.endswith(".tif")]),
            (["--exclude", "a.*"], [n for n in NAMES if "a." not in n]),
            (["--exclude", "italy"], [n for n in NAMES if "italy" not in n]),
            (["--include", "2023/*/*"], [n for n in NAMES if "italy" in n]),
            (["--include", "*.[pj]*", "--exclude", "2023"], ["a.png", "2024/a.png"])):
        shutil.rmtree("out", ignore_errors=True)
        restore("-r", *args, "in", "out/", "-q")
        equal(files("out"), sorted(expected), args)
    refused(1, "-m", "null", "-r", "--include", "*.gif", "in", "out/", says=["--include"])


@test
def a_second_run_does_nothing():
    tree(*(f"in/{n}" for n in NAMES))
    os.utime("in/b.tif", (1e9, 1e9))
    restore("-r", "--preserve", "in", "out/", "-q")
    equal(os.stat("out/b.tif").st_mtime, 1e9)
    for option in ("--skip-existing", "--newer"):
        done, r = objects("-r", option, "in", "out/")
        equal([o["status"] for o in done], ["skipped"] * len(NAMES), r)
        r = restore(option, "in/a.png", "out/a.png")
        check(r.err == "seamless: out/a.png is there already: nothing was done\n", r)
    # One is gone, one is older than its picture.
    os.unlink("out/a.png")
    os.utime("in/2023/e.png", (4e9, 4e9))
    done, r = objects("-r", "--skip-existing", "in", "out/")
    equal([o["output"] for o in done if o["status"] == "restored"], ["out/a.png"], r)
    done, r = objects("-r", "--newer", "in", "out/")
    equal([o["output"] for o in done if o["status"] == "restored"], ["out/2023/e.png"], r)


@test
def two_hundred_twice():
    """Odd names and links among them; the second run touches nothing."""
    odd = ["with space", "{name}", "[page=1]", "ünïcödé", "-m", "a'b\"c", "new\nline", "*", "%d", "dots.and.more"]
    for i in range(200):
        folder = f"in/{i % 7}/{odd[i % 4] if i % 3 else 'plain'}"
        os.makedirs(folder, exist_ok=True)
        write(f"{folder}/{odd[i % 10]}{i}.ppm", b"P6 4 3 255\n" + bytes((i + k) % 256 for k in range(36)))
    os.symlink("0", "in/link")
    os.symlink("absent", "in/broken.ppm")
    r = restore("-r", "--exclude", "broken*", "in", "out/", "--json")
    first = [json.loads(line) for line in r.out.decode().splitlines()]
    equal([o["status"] for o in first], ["restored"] * 200, r)
    equal(files("out"), [n for n in files("in") if n not in ("link", "broken.ppm")])
    for name in files("out")[::20]:
        with open(f"in/{name}", "rb") as a, open(f"out/{name}", "rb") as b:
            equal(a.read()[-36:], b.read()[-36:], name)
    before = {n: os.stat(f"out/{n}").st_mtime_ns for n in files("out")}
    done, r = objects("-r", "--exclude", "broken*", "--skip-existing", "in", "out/")
    equal([o["status"] for o in done], ["skipped"] * 200, r)
    equal([o["input"] for o in done], [o["input"] for o in first])
    equal({n: os.stat(f"out/{n}").st_mtime_ns for n in files("out")}, before)


@test
def names_of_what_comes_out():
    tree("in/a.b.png", "in/c.tif")
    os.mkdir("out")
    restore("-m", "null2x", "in", "out/{name}-{model}-{scale}-{width}x{height}.{ext}", "-q")
    equal(files("out"), ["a.b-null2x-2-60x40.png", "c-null2x-2-60x40.tif"])
    restore("--scale", "1.5", "in/c.tif", "out/{scale}.png", "-q")
    equal(header("out/1.5.png")["width"], "45")
    done, r = objects("--skip-existing", "-m", "null2x", "in", "out/{name}-{model}-{scale}-{width}x{height}.{ext}")
    equal([o["status"] for o in done], ["skipped"] * 2, r)
    refused(2, "-m", "null", "in", "out/{nme}.png", says=["{nme}", "{name}"])
    # What cannot be looked at fails by itself.
    write("in/bad.png", b"\x89PNG\r\n\x1a\n no picture")
    done, r = objects("in/bad.png", "in/c.tif", "out/{name}-{width}.png")
    equal([o["status"] for o in done], ["failed", "restored"], r)
    check("bad.png" in done[0]["error"], done)


@test
def what_would_be_done():
    tree(*(f"in/{n}" for n in NAMES))
    r = restore("-r", "--dry-run", "--scale", "2", "-m", "null2x", "in", "out/")
    lines = r.out.decode().splitlines()
    equal(len(lines), len(NAMES), r)
    check("in/2023/italy/c.png -> out/2023/italy/c.png: 30 x 20 -> 60 x 40, null2x" in r.out.decode(), r)
    check("6 of 6 pictures would be restored, 0.0036 megapixels" in r.err, r)
    equal(files("out"), [])
    done, r = objects("-r", "--dry-run", "in", "out/")
    equal({o["status"] for o in done}, {"planned"}, r)


@test
def what_is_cut_would_not_be_done():
    """What a file's end or its directory tells is told before anybody begins."""
    os.mkdir("in")
    for name in ("a.png", "b.jpg", "c.tif[tile,compression=deflate]"):
        make_input("in/" + name, 300, 200)
    write_tiff("in/d.tif", 60, 40, bytes(2400), {})
    done, r = objects("--dry-run", "in", "out/")
    equal([o["status"] for o in done], ["planned"] * 4, r)
    for name in os.listdir("in"):
        with open("in/" + name, "rb") as f:
            data = f.read()
        write("in/" + name, data if name == "c.tif" else data[:len(data) * 2 // 3])
    done, r = objects("--dry-run", "in", "out/")
    equal([o["status"] for o in done], ["failed", "failed", "planned", "failed"], r)
    check(all("ends before" in o["error"] for o in done if o["status"] == "failed"), done)
    done, r = objects("--dry-run", "--allow-damaged", "in/a.png", "in/b.jpg", "in/d.tif", "out/")
    equal([o["status"] for o in done], ["planned"] * 3, r)


@test
def every_object_tells_version_and_sum():
    tree("in/a.png")
    write("in/bad.png", b"\x89PNG\r\n\x1a\n no picture")
    os.mkdir("out")
    done, r = objects("in/a.png", "in/bad.png", "out")
    equal([o["status"] for o in done], ["restored", "failed"], r)
    check(all(o["version"] for o in done), done)
    with open("out/a.png", "rb") as f:
        data = f.read()
    equal((done[0]["output_sha256"], done[0]["output_bytes"]), (hashlib.sha256(data).hexdigest(), len(data)))


main()
