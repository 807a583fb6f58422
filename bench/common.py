"""What the benchmarks share: side by side in one run, alternating, medians."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(os.environ.get("SEAM_BUILD", os.path.join(ROOT, "build")))
SEAMLESS = os.path.join(BUILD, "seamless")
SHARED = os.path.abspath(os.environ.get("SEAM_SHARED", os.path.join(ROOT, "..", "shared")))
SKIP = 77


def run(*args, **how):
    p = subprocess.run([str(a) for a in args], capture_output=True, **how)
    if p.returncode != 0:
        sys.exit(f"{' '.join(map(str, args))}\n{p.stderr.decode()}")
    return p.stdout


def seconds(*args):
    start = time.perf_counter()
    run(*args)
    return time.perf_counter() - start


def alternate(rounds, *jobs, warm=True):
    """Run the jobs in turn, `rounds` times, once before for warm caches; their lists of results."""
    for job in jobs if warm else ():
        job()
    times = [[] for _ in jobs]
    for i in range(rounds):
        # Each has its turn at being first.
        for k in range(len(jobs)):
            k = (k + i) % len(jobs)
            times[k].append(jobs[k]())
    return times


def median(values):
    return statistics.median(values)


def spread(values):
    return f"{min(values):.3g}..{max(values):.3g}"


class Folder:
    """A temporary folder, on SEAM_BENCH_DIR where that is given: the disk under test."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="seam-bench-", dir=os.environ.get("SEAM_BENCH_DIR"))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name):
        return os.path.join(self.path, name)


def restore(*args):
    """The JSON of one `seamless restore`."""
    return json.loads(run(SEAMLESS, "restore", "--json", "-q", *args))


def shared(*names):
    path = os.path.join(SHARED, *names)
    if not os.path.exists(path):
        print(f"skipped: {os.path.join('../shared', *names)} is absent")
        sys.exit(SKIP)
    return path


def report(name, ratio, target, detail):
    """One line of the table, and for `bench/run` to collect."""
    verdict = "ok" if ratio <= target else "MISSED"
    print(f"{name:<34} {ratio:6.3f}  target <= {target:<5g} {verdict:<6}  {detail}", flush=True)
    return ratio <= target
