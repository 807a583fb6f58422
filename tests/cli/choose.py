#!/usr/bin/env python3
"""-m auto: the network that a picture asks for, on pictures that were spoiled in known ways."""
import json
import os

from common import *

# Of each photograph: what was done to it, so that it ranges from slight to strong.
SIGMAS = (4, 5, 6, 8, 10, 15, 20, 30)
QUALITIES = (60, 50, 45, 40, 35, 30, 20, 12)
BOTH = ((6, 75), (7, 85), (8, 90), (10, 70), (12, 80), (15, 85), (18, 60), (25, 75))
KINDS = {"clean": "null", "noise": "denoise", "jpeg": "deblock", "both": "denoise", "grey": "denoise"}


def add_noise(clean, noisy, bands, sigma, seed):
    """White noise, each band its own, clipped to 8 bits."""
    width, height = (int(header(clean)[side]) for side in ("width", "height"))
    fields = [f"n{band}.v" for band in range(bands)]
    for band, name in enumerate(fields):
        vips("gaussnoise", name, width, height, "--sigma", sigma, "--seed", 10 * seed + band)
    vips("bandjoin", " ".join(fields), "noise.v")
    vips("add", clean, "noise.v", "sum.v")
    vips("linear", "sum.v", "rounded.v", 1, 0.5)
    vips("cast", "rounded.v", noisy, "uchar")


def spoil(photo, i):
    """Five pictures of one, named by what was done."""
    vips("crop", photo, "photo.v", 100, 20, 512, 384)
    vips("copy", "photo.v", f"clean{i}.png")
    add_noise("photo.v", f"noise{i}.png", 3, SIGMAS[i], i)
    vips("copy", "photo.v", f"jpeg{i}.jpg[Q={QUALITIES[i]}]")
    add_noise("photo.v", "noisy.v", 3, BOTH[i][0], 20 + i)
    vips("copy", "noisy.v", f"both{i}.jpg[Q={BOTH[i][1]}]")
    vips("colourspace", "photo.v", "grey.v", "b-w")
    add_noise("grey.v", f"grey{i}.png", 1, SIGMAS[-1 - i], 40 + i)


@test
def forty_pictures_by_their_making():
    folder = shared("images", "heldout")
    photos = sorted(os.listdir(folder))[:len(SIGMAS)]
    for i, name in enumerate(photos):
        spoil(os.path.join(folder, name), i)
    names = [n for n in sorted(os.listdir(".")) if n.endswith((".png", ".jpg"))]
    equal(len(names), 40)
    said = restore("-m", "auto", "--json", *names, "out/")
    chosen = {os.path.basename(r["input"]): r["model"] for r in map(json.loads, said.out.splitlines())}
    wrong = [f"{n}: {chosen[n]}" for n in names if chosen[n] != KINDS[n[:-5]]]
    check(len(wrong) <= 2, f"{len(wrong)} of 40 wrong", *wrong)
    for name in names:
        if chosen[name] == "null" and name.endswith(".png"):
            same(name, f"out/{name}", "left alone")


@test
def each_picture_goes_its_own_way_and_it_is_said():
    width = height = 96
    ramp = bytes(100 + (x + y) // 4 for y in range(height) for x in range(width) for _ in range(3))
    write_v("smooth.v", Picture(width, height, 3, U8, ramp))
    add_noise("smooth.v", "noisy.v", 3, 12, 1)
    r = restore("-m", "auto", "--json", "smooth.v", "noisy.v", "out/")
    models = [json.loads(line)["model"] for line in r.out.splitlines()]
    equal(models, ["null", "denoise"])
    same("smooth.v", "out/smooth.v", "left alone")
    check(largest_difference("noisy.v", "out/noisy.v") > 3, "the noise was left")
    for words in ("smooth.v is left as it is", "noisy.v goes through denoise: it has noise of about"):
        check(words in r.err, words, r)
    r = seamless("plan", "-m", "auto", "--json", "noisy.v")
    equal((r.code, json.loads(r.out)["model"]), (0, "denoise"), r)


@test
def what_is_read_once_goes_through_the_default():
    make_input("in.png")
    with open("in.png", "rb") as f:
        r = restore("-m", "auto", "--json", "-", "out.png", input=f.read())
    check("standard input is read once" in r.err, r)
    equal(json.loads(r.out)["model"], "denoise")


@test
def of_what_cannot_be_restored_nothing_is_said_but_that():
    """Cut, by its end or before it; with --allow-damaged it is looked at as far as it goes."""
    make_input("in.png", 300, 200)
    vips("copy", "in.png", "in.jpg")
    for name, most in (("in.png", 0.5), ("in.jpg", 0.95)):
        with open(name, "rb") as f:
            data = f.read()
        for end in (b"", data[-12:])[:1 if ".jpg" in name else 2]:    # of such a JPEG libjpeg makes do
            write("cut" + name[2:], data[:int(len(data) * most)] + end)
            for options in ([], ["--size", "600x"])[:1 if end else 2]:    # a size is asked of headers alone
                r = refused(1, "-m", "auto", *options, "cut" + name[2:], "out.png")
                check("goes through" not in r.err and "left as it is" not in r.err, most, end, r)
            r = restore("-m", "auto", "--allow-damaged", "cut" + name[2:], "out.png")
            check("goes through" in r.err or "left as it is" in r.err, most, end, r)


main()
