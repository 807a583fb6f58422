"""A network's file is opened once, however many pictures it restores."""
import os
import shutil

from common import *

# A network whose weights lie beside it, and one of a format that ONNX Runtime does not read, would come here too.
NETWORK = os.path.join(ROOT, "models", "smooth.onnx")


def opens(trace, name):
    """Calls that opened the file."""
    with open(trace) as f:
        return [line for line in f if f"{name}\"" in line and " = -1 " not in line]


def trace(engine):
    if SANITIZED:
        skip("sanitizers and strace do not go together")
    if not shutil.which("strace"):
        skip("there is no strace")
    shutil.copy(NETWORK, "net.onnx")
    os.mkdir("out")
    for i in range(3):
        write_v(f"p{i}.v", picture(70, 50, 3, U8, seed=i))
    r = run("strace", "-f", "-o", "trace.txt", "-e", "trace=open,openat", SEAMLESS, "restore",
            "--engine", engine, "-m", "net.onnx", "-q", "p0.v", "p1.v", "p2.v", "out")
    if "ptrace" in r.err.lower() and r.code != 0:
        skip("strace may not look at processes here")
    equal(r.code, 0, r)
    equal(len(os.listdir("out")), 3, r)
    equal(len(opens("trace.txt", "net.onnx")), 1, *opens("trace.txt", "net.onnx"))


@test
def once_by_the_native_engine():
    trace("native")


@test
def once_by_onnx_runtime():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    trace("ort")


main()
