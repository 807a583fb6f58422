"""Running the command with its memory measured by the kernel."""
import json
import os
import subprocess
import time

from common import *
import modules

# Meson has it fill all memory that is taken, also what nobody would touch.
os.environ.pop("MALLOC_PERTURB_", None)


def run_measured(*args):
    """Exit code, output, error text and the kernel's peak, in bytes, of `seamless restore -q`."""
    p = subprocess.Popen([SEAMLESS, "restore", "-q", *map(str, args)],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = p.stdout.read(), p.stderr.read().decode()
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    p.stdout.close()
    p.stderr.close()
    return p.returncode, out, err, usage.ru_maxrss * 1024


def restore_measured(*args):
    """The JSON's peak, the kernel's peak, and what else lay on disk meanwhile, in bytes."""
    p = subprocess.Popen([SEAMLESS, "restore", "-q", "--json", *map(str, args)],
                         stdout=subprocess.PIPE)
    strangers = 0
    while True:
        pid, status, usage = os.wait4(p.pid, os.WNOHANG)
        if pid:
            break
        for name in os.listdir(os.environ["TMPDIR"]):
            try:
                strangers += os.path.getsize(os.path.join(os.environ["TMPDIR"], name)) + 1
            except FileNotFoundError:
                pass
        names = os.listdir(".")  # a name with ~ is empty: the rights of new files are learnt by it
        check(len([n for n in names if n.startswith(".seamless") and n[-1] != "~"]) <= 1, names)
        time.sleep(0.02)
    p.returncode = os.waitstatus_to_exitcode(status)
    out = p.stdout.read()
    p.stdout.close()
    equal(p.returncode, 0)
    return json.loads(out), usage.ru_maxrss * 1024, strangers
