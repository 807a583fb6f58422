"""What is nearly right is answered by what would be; nothing is passed over in silence; one line of progress."""
import fcntl
import json
import os
import pty
import re
import shlex
import struct
import sys
import termios

from common import *

sys.path.insert(0, os.path.join(ROOT, "tools"))
import onnx_write as onnx


def says(args, *words, code=2):
    result = seamless(*args)
    equal(result.code, code, result)
    for word in words:
        check(word in result.err, word, result)


@test
def nearest_words():
    make_input("in.png")
    says(["resotre", "a", "b"], "'restore'")
    says(["plam"], "'plan'")
    says(["in.png"], "seamless restore in.png OUTPUT")
    says(["restore", "--modle", "x", "in.png", "o.png"], "--model")
    says(["restore", "--width", "20", "in.png", "o.png"], "--size 3840x")
    says(["restore", "--compare", "in.png", "o.png"], "--preview")
    says(["restore", "--crop", "20x20", "in.png", "o.png"], "--region")
    says(["restore", "-m", "Denoise", "in.png", "o.png"], "network denoise?", code=1)
    says(["restore", "-m", "upscale", "in.png", "o.png"], "upscale2x?", code=1)
    says(["restore", "-m", "https://example.org/n.onnx", "in.png", "o.png"], "download it first", code=1)
    says(["xyzzy"], "see 'seamless --help'")


@test
def help_of_a_command():
    for command in ("restore", "plan", "check", "info", "models", "devices", "completions"):
        wanted = seamless(command, "--help")
        for words in (("help", command), ("--help", command)):
            got = seamless(*words)
            equal((got.code, got.out), (0, wanted.out), words)


@test
def folders_pass_over_nothing_in_silence():
    os.makedirs("in/sub")
    make_input("in/a.png")
    write("in/page.jpg", b"<!DOCTYPE html>\n")
    write("in/notes.txt", b"notes\n")
    r = restore("in", "out/")
    check("1 folder," in r.err and "1 file named as a picture" in r.err, r)
    equal(os.listdir("out"), ["a.png"])
    os.symlink("absent", "in/gone.jpg")
    os.symlink("sub", "in/link")
    r = restore("-r", "in", "out/")
    check("1 link to folders" in r.err and "2 files named as pictures" in r.err, r)
    check("link" not in restore("-r", "--exclude", "link", "in", "out/").err)
    os.remove("in/gone.jpg")
    first, second = restore("--json", "in", "out/").out.decode().splitlines()
    told = json.loads(first)
    equal([told[key] for key in ("input", "output", "status", "error")], ["in/page.jpg", None, "skipped", None], told)
    check("cannot be read" in told["notices"][0] and json.loads(second)["status"] == "restored", first, second)


@test
def info_ends_with_what_the_network_is_of_use_for():
    one = onnx.tensor("w", [4, 4, 1, 1], [1.0] * 16)
    three = onnx.model("t", "g", [onnx.node("Conv", ["input", "w"], "output")], [one], 13)
    write("four.onnx", three.replace(*(onnx.block(1, onnx.number(1, channels)) for channels in (3, 4))))
    for name, words in (("four.onnx", "use              cannot restore a photo: four.onnx: a network of 4 channels"),
                        ("null2x", "use              a photo of 6000 x 4000 becomes 12000 x 8000, 3 bands")):
        r = seamless("info", name)
        equal(r.code, 0, r)
        check(r.out.decode().splitlines()[-1].startswith(words), r.out)


@test
def a_range_that_makes_another_grey_is_told():
    """A network that clips to 0..1 keeps a grey of it, and has none of 0..255."""
    write_v("in.v", picture(16, 12, 3, U8))
    weights = [onnx.tensor("lo", [], [0.0]), onnx.tensor("hi", [], [1.0])]
    write("net.onnx", onnx.model("t", "g", [onnx.node("Clip", ["input", "lo", "hi"], "output")], weights, 13))
    r = restore("-m", "net.onnx", "--range", "0..255", "in.v", "out.v")
    check("by a range of 0..255 net.onnx makes 0.0039 of a flat grey of 0.5" in r.err, r)
    for told in ((), ("--range", "0..1"), ("--range", "-1..1")):
        check("flat grey" not in restore("-m", "net.onnx", *told, "in.v", "out.v").err, told)


@test
def a_folder_of_results_is_told_how_to_leave_them_out():
    os.mkdir("in")
    make_input("in/a.png")
    restore("in", "in/{name}_dn.jpg")
    says(["restore", "-m", "null", "in", "in/{name}_dn.jpg"], "--exclude")
    restore("--exclude", "*_dn*", "in", "in/{name}_dn.jpg")
    says(["plan", "-m", "null", "in"], "restore --dry-run", code=1)


@test
def an_output_that_ends_in_a_slash_is_a_folder():
    make_input("in.png")
    restore("in.png", "new/folder/")
    same("in.png", "new/folder/in.png")


@test
def no_wish_is_passed_over_in_silence():
    make_input("in.png")
    r = restore("-m", "null", "-m", "null2x", "in.png", "o.png")
    check("-m null is passed over for -m null2x" in r.err, r)
    equal(header("o.png")["width"], str(2 * int(header("in.png")["width"])))
    check("passed over" not in restore("-m", "null", "-m", "null", "in.png", "o.png").err)
    refused(2, "-m", "null", "--format", "jpg", "in.png", "o.png", says=["--format jpg", "o.png"])
    refused(2, "-m", "null2x", "--strength", "0.5", "in.png", "o.png", says=["strength of 0.5"])


@test
def a_pattern_makes_the_folder_that_it_names():
    make_input("in.png")
    restore("in.png", "new/{model}/{name}_r.png")
    same("in.png", "new/null/in_r.png")


@test
def completions():
    help = seamless("restore", "--help").out.decode()
    options = set(re.findall(r"--[a-z-]+", help.split("Examples:")[0].split("Standard", 1)[0]))
    commands = re.findall(r"^  ([a-z]+) ", seamless("--help").out.decode().split("Commands:")[1], re.M)
    check(len(commands) > 6, commands)
    for shell in ("bash", "zsh", "fish"):
        r = seamless("completions", shell)
        equal((r.code, r.err), (0, ""), r)
        text = r.out.decode()
        told = "-l " if shell == "fish" else "--"
        for option in options:
            check(told + option[2:] in text, shell, option)
        for command in commands:
            check(command in text, shell, command)
        write(shell, r.out)
        if shutil.which(shell):
            syntax = run(shell, "-n", shell)
            equal((syntax.code, syntax.err), (0, ""), syntax)
    script = "source ./bash; COMP_WORDS=(seamless restore --siz); COMP_CWORD=2; _seamless; echo ${COMPREPLY[@]}"
    equal(run("bash", "-c", script).out, b"--size=\n")
    script = "source ./bash; COMP_WORDS=(seamless re); COMP_CWORD=1; _seamless; echo ${COMPREPLY[@]}"
    equal(run("bash", "-c", script).out, b"restore\n")
    for line, wanted in (("restore --engine = na", "native"), ("plan --engine nat", "native"), ("restore -m upscale4", "upscale4x upscale4x-sharp"),
                         ("restore --device =", "auto cpu gpu"), ("restore --mask in", ""),
                         ("restore --blend = gau", "gaussian"), ("info upscale4", "upscale4x upscale4x-sharp"), ("restore --passes ''", "auto 1 2"),
                         ("completions f", "fish"), ("help colo", "colour")):
        words = ("seamless " + line).split()
        script = f"source ./bash; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _seamless; echo ${{COMPREPLY[@]}}"
        got = run("bash", "-c", script).out.decode().split()
        check(wanted.split() == got or (wanted == "" and got == []), line, got, wanted)
    with open("zsh") as zsh, open("fish") as fish:
        zsh, fish = zsh.read(), fish.read()
    check("'--engine=[" in zsh and "]:ENGINE:(auto native ort gpu)'" in zsh and "'-m+[" in zsh, zsh)
    check("]:FILE:_files'" in zsh and "'*--include=[" in zsh, zsh)
    # A colon ends a part of what _arguments is told: an option with its text, what is wanted, what makes it.
    for spec in shlex.split(zsh.split("_arguments", 1)[1].split(";;")[0].replace("\\\n", "")):
        parts = re.split(r"(?<!\\):", spec)
        equal(len(parts), 3 if "=[" in spec or "+[" in spec or spec[0] == "*" else 1, spec)
        check(parts[-1].count('"') % 2 == 0 and parts[-1].count("{") == parts[-1].count("}"), spec)
    check("networks\\:network\\:(auto " in zsh, zsh)
    check("-l engine -x -a 'auto native ort gpu'" in fish and "-l model -s m -r -a 'auto " in fish, fish)
    if shutil.which("fish"):
        for line, wanted in (("restore --engine=na", "--engine=native"), ("restore -m upscale4", "upscale4x"), ("help colo", "colour")):
            r = run("fish", "--no-config", "-c", f"source ./fish; complete -C 'seamless {line}'")
            equal(r.out.decode().split("\t")[0].strip(), wanted, r)
    equal(seamless("completions", "csh").code, 2)


@test
def words_in_braces():
    make_input("in.png")
    for word in ("{size}", "{dir}"):
        refused(2, "in.png", f"{{name}}-{word}.png", says=["{name}", word])
    restore("in.png", "{name}-{1}.png")
    same("in.png", "in-{1}.png")


def on_a_terminal(columns, *args):
    """What a run writes to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    p = subprocess.Popen([SEAMLESS, *args], stderr=theirs)
    os.close(theirs)
    text = b""
    while True:
        try:
            got = os.read(ours, 65536)
        except OSError:  # Linux' way to say that the other end is closed
            break
        if not got:
            break
        text += got
    os.close(ours)
    equal(p.wait(), 0, text)
    return text.decode()


@test
def progress_keeps_to_one_line():
    write_v("in.v", picture(200, 200, 3, U8))
    for columns in (10, 20, 40, 72, 200):
        text = on_a_terminal(columns, "restore", "-m", "null", "--tile", "32", "in.v", "out.v")
        drawn = [part.split("\x1b[K")[0] for part in text.split("\r") if " %" in part and "\x1b[K" in part]
        check(len(drawn) > 0, columns, repr(text))
        for line in drawn:
            check(len(line) < columns, columns, line)


@test
def rows_are_no_tiles():
    """Where rows stream, it says which row of how many, on which page, and no rate before there is one."""
    write_v("in.v", picture(300, 700, 3, U8))
    vips("join", "in.v", "in.v", "both.v", "vertical")
    vips("tiffsave", "both.v", "in.tif", "--page-height", "700")
    for name, out, page in (("in.v", "out.v", ""), ("in.tif", "out.tif", "  page 2")):
        text = on_a_terminal(100, "restore", "-m", "denoise-fast", "--engine", "native", name, out)
        drawn = [part.split("\x1b[K")[0] for part in text.split("\r") if " %" in part and "\x1b[K" in part]
        check(drawn and f"{page}  row 700 of 700" in drawn[-1], drawn)
        for line in drawn:
            check(re.search(r"  row \d+ of 700  ", line) and "tile" not in line and "  0 MP/s" not in line, line)


@test
def no_picture_on_a_terminal():
    make_input("in.png")
    ours, theirs = pty.openpty()
    p = subprocess.run([SEAMLESS, "restore", "-m", "null", "in.png", "-"], stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    os.close(ours)
    equal(p.returncode, 2)
    check(b"is a terminal" in p.stderr, p.stderr)


@test
def a_time_is_said_as_people_say_it():
    make_input("small.png")
    said = seamless("plan", "-m", "null", "small.png").out.decode()
    check(re.search(r"^time +under 0.01 s on \d+ thread", said, re.M), said)
    said = restore("--dry-run", "-m", "null", "small.png", "out.png")
    check(", under 0.01 s\n" in said.out.decode() and ", under 0.01 s\n" in said.err, said)
    # Bringing it to size and writing it count: by a table, so that no clock does.
    told = lambda *args: json.loads(seamless("plan", "--json", "-m", "null", "small.png", *args).out)["estimated_seconds"]
    plain, large, written, less = told(), told("--scale", "40x"), told("o.png", "--scale", "40x"), told("o.jpg", "--scale", "40x")
    check(plain + 0.1 < large < less < written < plain + 4 and large + 0.3 < written, plain, large, less, written)
    said = restore("--dry-run", "--passes", "1", "-m", "null", "--scale", "40x", "small.png", "out.png")
    check(re.search(r", about [0-9.]+ s\n", said.err), said)
    # A sparse file of 3.6 gigapixels, of which only the head is read.
    write_v("large.v", Picture(60000, 60000, 1, U8, b"", B_W))
    with open("large.v", "r+b") as f:
        f.truncate(64 + 60000 * 60000)
    said = seamless("plan", "-m", "denoise", "large.v").out.decode()
    check(re.search(r"^time +about [0-9.]+ (s|minutes|hours|days) on", said, re.M), said)


main()
