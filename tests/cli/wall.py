"""The budget is a wall: in a control group and under a limit of the address space no run is killed, none
passes its budget, and what comes out is, to the bit, what comes out without limits, or said not to be."""
import bisect
import json
import os
import resource

from common import *

V1, V2 = "/sys/fs/cgroup/memory", "/sys/fs/cgroup"
SHARES = (1, 0.75, 0.5)


class Group:
    """A control group of its own with `limit` bytes; skips where none can be made."""

    def __init__(self, limit):
        self.v2 = os.path.exists(os.path.join(V2, "cgroup.controllers"))
        self.path = os.path.join(V2 if self.v2 else V1, f"seamless-test-{os.getpid()}")
        try:
            os.mkdir(self.path)
            with open(self.file("memory.max" if self.v2 else "memory.limit_in_bytes"), "w") as f:
                f.write(str(int(limit)))
        except OSError as e:
            self.close()
            skip(f"no control group for memory can be made here: {e.strerror}")

    def file(self, name):
        return os.path.join(self.path, name)

    def enter(self):
        with open(self.file("cgroup.procs"), "w") as f:
            f.write(str(os.getpid()))

    def kills(self):
        with open(self.file("memory.events" if self.v2 else "memory.oom_control")) as f:
            return int(dict(line.split() for line in f).get("oom_kill", 0))

    def close(self):
        if os.path.isdir(self.path):
            os.rmdir(self.path)


def limited(engine, before, why):
    """Whether it was restored as without limits, within the budget. If not it says why, or what would do."""
    r = seamless("restore", "-m", "denoise", "--engine", engine, "--json", "in.v", "out.v", before=before)
    if r.code != 0:
        equal(r.code, 1, why, r)
        check("--memory" in r.err, why, r)
        return False
    j = json.loads(r.out)
    check(j["peak_bytes"] <= j["budget_bytes"], why, j)
    if j["exact"] == "bits":
        same("out.v", "free.v", why)
    else:
        # Where the exact halo has no room: less of one, within a step of rounding, and it says so.
        check("not exact: a halo of" in r.err, why, r)
        check(largest_difference("out.v", "free.v") <= 1, why, j)
    os.unlink("out.v")
    return j["exact"] == "bits"


def first_plan(engine):
    if SANITIZED:
        skip("a sanitizer takes more memory than any limit")
    make_input("in.v", 900, 500)
    return json.loads(restore("-m", "denoise", "--engine", engine, "--json", "in.v", "free.v", start=True).out)


def in_a_control_group(engine):
    need = first_plan(engine)["planned_peak_bytes"]
    done = 0
    for share in SHARES:
        group = Group(need * share)
        try:
            done += limited(engine, group.enter, f"{share} of {need} bytes")
            equal(group.kills(), 0, share)
        finally:
            group.close()
    check(done > 0, "no share was exact")


def under_a_limit_of_the_address_space(engine):
    plan = first_plan(engine)

    # Of a small picture, as a run that has room for it goes on to its end.
    make_input("small.v", 90, 70)

    def runs(megabytes):
        return seamless("restore", "-q", "-m", "denoise", "--engine", engine, "--tile", "32", "small.v", "least.v",
                        before=limit(megabytes << 20)).code == 0

    sizes = range(100, 3000, 25)
    least = sizes[bisect.bisect_left(sizes, True, key=runs)]
    os.unlink("least.v")
    tile = plan["planned_peak_bytes"] - plan["base_bytes"]
    done = sum(limited(engine, limit((least << 20) + int(tile * s)), f"{s} of {tile} bytes") for s in SHARES)
    check(done > 0, "no share was exact")


for each in (in_a_control_group, under_a_limit_of_the_address_space):
    for by in ("native", "ort"):
        run = lambda each=each, by=by: each(by)
        run.__name__ = f"{each.__name__}_{by}"
        test(run)


def limit(size):
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


def is_memory_error(r, why):
    """The one error, with what would do, and nothing beside it."""
    equal(r.code, 1, why, r)
    check("--memory" in r.err and "out.v" not in os.listdir("."), why, r)
    equal(len(r.err.splitlines()), 1, why, r)


def threads_refused(engine):
    """Whichever thread is refused: the picture all the same, or the memory error."""
    module = os.environ.get("SEAM_REFUSE")
    if not module:
        skip("the module that refuses threads is not built")
    make_input("in.v", 300, 200)
    restore("-m", "denoise-fast", "--engine", engine, "in.v", "free.v")
    refused = 0
    for most in (*range(12), 14, 18, 24):
        r = seamless("restore", "-q", "-m", "denoise-fast", "--engine", engine, "--threads", "3", "in.v", "out.v",
                     env={"LD_PRELOAD": module, "REFUSE_THREADS": str(most)})
        if r.code == 0:
            same("out.v", "free.v", most)
            os.unlink("out.v")
        else:
            is_memory_error(r, most)
            refused = most + 1
    check(0 < refused <= 18, refused)


for by in ("native", "ort"):
    run = lambda by=by: threads_refused(by)
    run.__name__ = f"threads_refused_{by}"
    test(run)


@test
def libraries_refused():
    """From where the command itself can be mapped, whatever more is refused is the memory error."""
    if SANITIZED:
        skip("a sanitizer takes more memory than any limit")
    make_input("in.v", 300, 200)
    for size in range(120, 280, 20):
        r = seamless("restore", "-q", "-m", "denoise-fast", "--engine", "native", "in.v", "out.v", before=limit(size << 20))
        if r.code == 0:
            os.unlink("out.v")
        elif r.code != 127:  # the linker's, before the command begins
            is_memory_error(r, size)


@test
def halved_on_the_way():
    """A run that does not fit goes on with smaller tiles, says so once, and gives the same."""
    make_input("in.v", 300, 200)
    restore("in.v", "free.v")
    for most in (9000, 4000, 2000):
        r = restore("-m", f"null:most={most}", "--tile", "100", "in.v", "out.v")
        equal(r.err.count("going on with"), 1, r)
        same("out.v", "free.v")
    fails(1, "-m", "null:most=900", "--tile", "100", "in.v", says=["cannot be smaller", "--memory"])


main()
