"""Manual pages, topics of help, and what a log is told.

The pages of man/ are made of what each command's --help says: SEAM_UPDATE_GOLDEN=1 writes them anew.
"""
import re

from common import *

MAN = os.path.abspath(os.path.join(ROOT, "man"))


def commands():
    text = seamless("--help").out.decode()
    return re.findall(r"^  (\w+) +(.*)$", text.split("Commands:\n")[1].split("\n\n")[0], re.M)


def topics():
    text = seamless("--help").out.decode()
    return re.findall(r"^  (\w+) +(.*)$", text.split("Topics:\n")[1].split("\n\n")[0], re.M)


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def every_option(command):
    """Help of all, a line an option."""
    r = seamless(command, "--help-all")
    help = r.out if r.code == 0 else seamless(command, "--help").out
    return re.sub(r"\n {20,}", " ", help.decode())


def option(line):
    """An option and its text."""
    name, text = re.match(r"  (-.*?)(?:  +(.*))?$", line).groups()
    name = re.sub(r"(--?[A-Za-z-]+)", lambda m: f"\\fB{escaped(m[1])}\\fR", name)
    return [".TP", re.sub(r"=(.+)$", lambda m: f"=\\fI{escaped(m[1])}\\fR", name), escaped(text or "")]


def page(command, purpose):
    """The manual page of a command, in troff."""
    help = every_option(command)
    version = seamless("--version").out.decode().split()[1]
    head, *sections = [part.split("\n") for part in help.rstrip("\n").split("\n\n")]
    synopsis = " ".join(w for w in head[1].replace("[OPTION…]", "[options]").split())
    lines = [f'.TH SEAMLESS\\-{command.upper()} 1 "" "seamless {version}" "User commands"', ".SH NAME",
             f"seamless\\-{command} \\- {escaped(purpose)}", ".SH SYNOPSIS",
             ".B " + escaped(synopsis), ".SH DESCRIPTION"]
    inside = "DESCRIPTION"
    for section in sections:
        title = section[0].rstrip(":")
        if title == "Examples":
            lines += [".SH EXAMPLES", ".nf", *(escaped(line.strip()) for line in section[1:]), ".fi"]
        elif section[0].startswith("Exit status: "):
            lines += [".SH EXIT STATUS", *(escaped(line) for line in " ".join(section)[13:].splitlines())]
        elif section[0].endswith(":") and len(section) > 1 and section[1].startswith("  -"):
            lines += [] if inside == "OPTIONS" else [".SH OPTIONS"]
            lines += [".SS " + escaped(title), *sum(map(option, section[1:]), [])]
            inside = "OPTIONS"
        else:
            lines += [".PP", ".nf", *map(escaped, section), ".fi"] if any(l.startswith("  ") for l in section) else \
                     [".PP", *map(escaped, section)]
    return "\n".join([*lines, ".SH SEE ALSO", ".BR seamless (1)", ""])


@test
def a_page_for_every_command():
    with open(os.path.join(MAN, "meson.build")) as f:
        installed = f.read()
    for command, purpose in commands():
        name = f"seamless-{command}.1"
        check(f"'{name}'" in installed, name, "is not installed")
        text = page(command, purpose)
        path = os.path.join(MAN, name)
        if os.environ.get("SEAM_UPDATE_GOLDEN"):
            with open(path, "w") as f:
                f.write(text)
        with open(path) as f:
            written = f.read()
        plain = re.sub(r"\\f.", "", written).replace("\\-", "-")
        # Each by itself, whatever made the page.
        options = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", every_option(command), re.M)
        check(len(options) > 0 or command == "completions", command)
        for o in options:
            check(re.search(re.escape(o) + r"(?![a-z-])", plain), command, o)
        diff = difflib.unified_diff(written.splitlines(), text.splitlines(), name, "--help now", lineterm="")
        check(written == text, "SEAM_UPDATE_GOLDEN=1 takes it", *diff)


@test
def pages_are_troff():
    if not shutil.which("groff"):
        skip("groff is absent")
    for name in sorted(os.listdir(MAN)):
        if name.endswith(".1"):
            r = run("groff", "-man", "-Tutf8", "-ww", "-z", os.path.join(MAN, name))
            equal((r.code, r.err), (0, ""), name)


@test
def the_page_of_all_names_the_others():
    with open(os.path.join(MAN, "seamless.1")) as f:
        text = f.read()
    for command, _ in commands():
        check(f"seamless\\-{command} (1)" in text, command)


@test
def topics_of_help():
    every = "".join(map(every_option, ("restore", "check", "plan"))) + "--version"
    check(len(topics()) >= 8, topics())
    for topic, purpose in topics():
        r = seamless("help", topic)
        equal((r.code, r.err), (0, ""), r)
        lines = r.out.decode().splitlines()
        check(4 < len(lines) < 24 and max(map(len, lines)) <= 90, topic, len(lines), max(map(len, lines)))
        for o in re.findall(r"(?<![\w-])--[a-z-]+", r.out.decode()):
            check(o in every, topic, o, "is no option")
        for command in re.findall(r"'?seamless ([a-z]+)", r.out.decode()):
            check(command in dict(commands()), topic, command)
    r = seamless("help", "colours")
    equal((r.code, r.out), (2, b""), r)
    check("'colour'" in r.err, r)


@test
def a_log_is_told_now_and_then():
    write_v("in.v", picture(200, 200, 3, U8))
    often = {"SEAMLESS_LOG_SECONDS": "0"}
    args = ("-m", "null", "--tile", "32", "in.v", "out.v")
    lines = [l for l in restore(*args, env=often).err.splitlines() if " left" in l]
    check(len(lines) > 3, lines)
    for line in lines:
        check(re.fullmatch(r"seamless: \d+ %  \d+:\d\d left", line), line)
    equal([int(l.split()[1]) for l in lines], sorted(int(l.split()[1]) for l in lines))
    equal(lines[-1].split()[1], "100")
    # A minute is longer than this takes; quiet is quiet.
    for how in ({"SEAMLESS_LOG_SECONDS": "86400"}, {}, {"SEAMLESS_LOG_SECONDS": "often"}):
        check(" left" not in restore(*args, env=how).err, how)
    equal(restore("-q", *args, env=often).err, "")
    # Of several: which, and how many.
    os.mkdir("in")
    for name in ("a.v", "b.v"):
        shutil.copy("in.v", "in/" + name)
    text = restore("-m", "null", "in", "out/", env=often).err
    check(re.search(r"^seamless: \d+ %  1 of 2  a\.v  \d+:\d\d left$", text, re.M), text)
    check(re.search(r"^seamless: 100 %  2 of 2  b\.v  \d+:\d\d left$", text, re.M), text)


main()
