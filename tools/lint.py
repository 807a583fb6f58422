#!/usr/bin/env python3
"""The rules of the house that no compiler knows. Says what breaks them, and exits 1.

    tools/lint.py [ARCHIVE]

Who may include whom, the length of lines, files and functions, the prefix of every symbol that
ARCHIVE (libseamless.a) gives away, and that CONTRIBUTING.md has a row for every room.
"""
import os
import re
import subprocess
import sys

MOST_FILE_LINES = 500
MOST_FUNCTION_LINES = 60
ROOM_LIST = re.compile(r"foreach room : \[(.*?)\]", re.S)

# Includes against the direction that are to go, as pairs of a file and what it includes: none now, and
# none may be added.
EXCEPTIONS = set()


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def sources():
    listed = subprocess.run(["git", "ls-files", "*.c", "*.h"], capture_output=True, text=True)
    if listed.returncode:
        print("this is no git repository: nothing tells which files are ours", listed.stderr)
        sys.exit(77)
    return [p for p in listed.stdout.split() if os.path.exists(p)]


def rooms():
    """The rooms of src/ from top to bottom."""
    return re.findall(r"'([^']+)'", ROOM_LIST.search(read("src/meson.build")).group(1))


def room_of(path):
    """'engine/ort' lies in the room 'engine'."""
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def includes(path):
    return re.findall(r'^\s*#\s*include "([^"]+)"', read(path), re.M)


def against_the_direction(path, order):
    """A room includes itself and what stands above it; an engine, no other engine."""
    room = room_of(path)
    if room is None:
        return
    if room not in order:
        yield f"{path}: the room '{room}' is not in the list of src/meson.build"
        return
    engine = path.split("/")[2] if room == "engine" and path.count("/") > 2 else None
    for name in includes(path):
        if (path, name) in EXCEPTIONS or name.startswith("seamless/"):
            continue
        if not os.path.exists(os.path.join("src", name)):
            if "/" in name or not os.path.exists(os.path.join(os.path.dirname(path), name)):
                continue  # made by the build
            yield f'{path}: write #include "{room}/{name}": an include names the room'
            continue
        other = name.split("/")[0]
        if order.index(other) > order.index(room):
            yield f"{path}: includes {name}, which stands below it: {room} is above {other} in src/meson.build"
        elif engine and other == "engine" and name.count("/") > 1 and name.split("/")[1] != engine:
            yield f"{path}: includes {name}: an engine knows no other"


def gone_exceptions():
    for path, name in sorted(EXCEPTIONS):
        if not os.path.exists(path) or name not in includes(path):
            yield f"tools/lint.py: the exception {path} -> {name} is no longer needed: remove it"


def long_lines(path, limit):
    for number, line in enumerate(read(path).splitlines(), 1):
        if len(line.expandtabs(4)) > limit:
            yield f"{path}:{number}: {len(line)} columns, {limit} are allowed"


def long_files(path):
    count = read(path).count("\n")
    if count > MOST_FILE_LINES:
        yield f"{path}: {count} lines, {MOST_FILE_LINES} are allowed: ask what hides in it"


def long_functions(path):
    """From the brace in the first column to the brace that closes it."""
    start, name = None, ""
    lines = read(path).splitlines()
    for number, line in enumerate(lines, 1):
        if line == "{" and number > 1 and lines[number - 2].rstrip().endswith(")"):
            start = number
            head = next((l for l in reversed(lines[: number - 1]) if l[:1].isalpha()), "")
            found = re.search(r"(\w+)\(", head)
            name = found.group(1) if found else "a function"
        elif line == "}" and start:
            length = number - start + 1
            if length > MOST_FUNCTION_LINES:
                yield f"{path}:{start}: {name}() has {length} lines, {MOST_FUNCTION_LINES} are allowed"
            start = None


def symbols(archive):
    """Symbols that a program which links the archive can clash with."""
    listed = subprocess.run(["nm", "-g", "--defined-only", "-P", archive], capture_output=True, text=True, check=True)
    names = {line.split()[0] for line in listed.stdout.splitlines() if len(line.split()) > 2}
    for name in sorted(names):
        if not name.startswith(("seam_", "__odr_asan", "__start_", "__stop_")):
            yield f"{archive}: the symbol '{name}' has no prefix seam_"


def uncovered_rooms(order):
    table = read("CONTRIBUTING.md")
    for room in order:
        if f"`src/{room}/`" not in table:
            yield f"CONTRIBUTING.md: its table of rooms has no row for `src/{room}/`"
    for named in re.findall(r"`(src/[\w/.-]+)`", table):
        if not os.path.exists(named):
            yield f"CONTRIBUTING.md: names {named}, which does not exist"


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    limit = int(re.search(r"^ColumnLimit: (\d+)", read(".clang-format"), re.M).group(1))
    order = rooms()
    found = [*gone_exceptions(), *uncovered_rooms(order)]
    for path in sources():
        found += [*against_the_direction(path, order), *long_lines(path, limit), *long_files(path)]
        found += long_functions(path)
    for archive in sys.argv[1:]:
        found += symbols(archive)
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
