"""The command in a process that has loaded its libraries and forks for each run (see zygote.c): what it does from its
main on is what it does when started, without the start."""
import array
import os
import selectors
import signal
import socket
import struct
import subprocess

# What decides something before main.
EARLY = ("LD_", "GLIBC_", "MALLOC_", "ASAN_", "LSAN_", "UBSAN_", "TSAN_", "OMP_", "OPENBLAS_", "G_SLICE")
LIBRARY = os.environ.get("SEAM_ZYGOTE")
MOST_BYTES = 100000     # of a message; a longer one starts the command


def early(environment):
    return {key: value for key, value in environment.items() if key.startswith(EARLY)}


class Zygote:
    """The process, begun with the first run. `worked`: seconds of processors of the runs that have ended."""

    def __init__(self, command):
        self.command, self.process, self.socket, self.worked = command, None, None, 0.0

    def serves(self, environment):
        """Whether a run in this environment begins as one that is started does."""
        return bool(LIBRARY) and early(environment) == early(os.environ)

    def start(self):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = dict(os.environ, LD_PRELOAD=LIBRARY, ZYGOTE_SOCKET=str(theirs.fileno()))
        self.process = subprocess.Popen([self.command], env=environment, pass_fds=[theirs.fileno()])
        self.socket, self.umask = ours, umask()
        theirs.close()

    def run(self, args, input, environment, timeout, folder):
        """Exit code (below 0: minus the signal that ended it), output and errors in bytes."""
        words = [str(len(args)), folder or os.getcwd(), *args, *(f"{k}={v}" for k, v in environment.items())]
        message = b"".join(os.fsencode(word) + b"\0" for word in words)
        if len(message) > MOST_BYTES:
            return None
        if self.process is None:
            self.start()
        if umask() != self.umask:
            return None
        out, err = os.pipe(), os.pipe()
        to = os.pipe() if input is not None else (0, None)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        files = array.array("i", [to[0], out[1], err[1], theirs.fileno()])
        self.socket.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
        for fd in (out[1], err[1], *([to[0]] if input is not None else [])):
            os.close(fd)
        theirs.close()
        with ours:
            (pid,) = struct.unpack("i", ours.recv(4))
            try:
                told = exchange(to[1], input, {out[0]: [], err[0]: []}, timeout)
                ours.settimeout(timeout)
                status, user, system = struct.unpack("i4xdd", ours.recv(24))
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(args, timeout)
        self.worked += user + system
        return os.waitstatus_to_exitcode(status), b"".join(told[out[0]]), b"".join(told[err[0]])


def umask():
    now = os.umask(0)
    os.umask(now)
    return now


def exchange(to, input, told, timeout):
    """Write `input` to one pipe, if there is one, and read the others, {pipe: parts}, to their ends. All are closed."""
    with selectors.DefaultSelector() as ready:
        for fd in told:
            ready.register(fd, selectors.EVENT_READ)
        if to is not None:
            os.set_blocking(to, False)
            ready.register(to, selectors.EVENT_WRITE)
        left = memoryview(input or b"")
        while ready.get_map():
            events = ready.select(timeout)
            if not events:
                for fd in list(ready.get_map()):
                    os.close(fd)
                raise TimeoutError()
            for key, _ in events:
                if key.fd in told:
                    part = os.read(key.fd, 1 << 16)
                    told[key.fd].append(part)
                    ended = not part
                else:
                    try:
                        left = left[os.write(key.fd, left[:1 << 16]):] if left else left
                        ended = not left
                    except BrokenPipeError:
                        ended = True
                if ended:
                    ready.unregister(key.fd)
                    os.close(key.fd)
    return told
