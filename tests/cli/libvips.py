"""The commands `vips` and `vipsheader` in a process that stays: their libraries take a tenth of a second to load,
which is most of what they do for a small picture. Command in, answer out, a line of JSON each.

The functions that they call are libvips' own for them (vips_call_options, vips_call_argv), by ctypes.
"""
import ctypes
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True


class Commands:
    """The process, begun with the first command, in whose environment and folder each runs."""

    def __init__(self):
        self.process = None

    def run(self, *args):
        """Exit code, output in bytes and errors in text; the code is that of a signal where it ended the process."""
        if self.process is None:
            self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__)], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE)
        request = {"args": [str(a) for a in args], "folder": os.getcwd(), "environment": dict(os.environ)}
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            code, self.process = self.process.wait(), None
            return code, b"", "the process of libvips ended"
        return answer["code"], answer["out"].encode("latin-1"), answer["err"]


# ------------------------------------------------------------------------------- inside that process


class Buffer(ctypes.Structure):
    """struct VipsBuf of vips/buf.h."""
    _fields_ = [("base", ctypes.c_char_p), ("mx", ctypes.c_int), ("i", ctypes.c_int), ("full", ctypes.c_int),
                ("lasti", ctypes.c_int), ("dynamic", ctypes.c_int)]


class Failed(Exception):
    pass


def library():
    file = "libvips.42.dylib" if sys.platform == "darwin" else "libvips.so.42"
    vips = ctypes.CDLL(file, mode=ctypes.RTLD_GLOBAL)
    for name in ("vips_operation_new", "vips_image_new_from_file", "vips_error_buffer", "vips_buf_all",
                 "g_option_context_new", "g_option_group_new"):
        getattr(vips, name).restype = ctypes.c_void_p
    vips.vips_error_buffer.restype = vips.vips_buf_all.restype = ctypes.c_char_p
    if vips.vips_init(b"vips") != 0:
        sys.exit("libvips cannot start")
    # A file that was written anew is read anew.
    vips.vips_cache_set_max(0)
    return vips


def argv_of(args):
    return (ctypes.c_char_p * (len(args) + 1))(*[os.fsencode(a) for a in args], None)


def operate(vips, name, *args):
    """`vips NAME ARGS...`"""
    operation = vips.vips_operation_new(name.encode())
    if not operation:
        raise Failed()
    operation = ctypes.c_void_p(operation)
    context = ctypes.c_void_p(vips.g_option_context_new(None))
    group = ctypes.c_void_p(vips.g_option_group_new(b"operation", b"Operation", b"", operation, None))
    vips.g_option_context_add_group(context, group)
    vips.vips_call_options(group, operation)
    count = ctypes.c_int(len(args) + 1)
    argv = argv_of(("vips",) + args)
    rest = ctypes.cast(argv, ctypes.c_void_p)
    parsed = vips.g_option_context_parse(context, ctypes.byref(count), ctypes.byref(rest), None)
    vips.g_option_context_free(context)
    code = -1
    if parsed:
        given = ctypes.cast(rest, ctypes.POINTER(ctypes.c_char_p))
        code = vips.vips_call_argv(operation, count.value - 1, ctypes.byref(given.contents, ctypes.sizeof(ctypes.c_char_p)))
    vips.vips_object_unref_outputs(operation)
    vips.g_object_unref(operation)
    if code != 0:
        raise Failed()


def tell(vips, *args):
    """`vipsheader -a FILE` or `vipsheader -f FIELD FILE`"""
    image = vips.vips_image_new_from_file(os.fsencode(args[-1]), None)
    if not image:
        raise Failed()
    image = ctypes.c_void_p(image)
    try:
        if args[0] == "-f":
            text = ctypes.c_char_p()
            if vips.vips_image_get_as_string(image, args[1].encode(), ctypes.byref(text)) != 0:
                raise Failed()
            return text.value + b"\n"
        lines = [b"width height and the like\n"]

        @ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p)
        def each(_, field, value, __):
            room = ctypes.create_string_buffer(2048)
            buffer = Buffer(ctypes.cast(room, ctypes.c_char_p), len(room), 0, 0, 0, 0)
            vips.vips_buf_appendgv(ctypes.byref(buffer), ctypes.c_void_p(value))
            lines.append(field + b": " + vips.vips_buf_all(ctypes.byref(buffer)) + b"\n")
            return None

        vips.vips_image_map(image, each, None)
        return b"".join(lines)
    finally:
        vips.g_object_unref(image)


class Printed:
    """What C writes to one of its streams goes to a file of ours."""

    def __init__(self, stream):
        self.file = tempfile.TemporaryFile()
        os.dup2(self.file.fileno(), stream)

    def take(self):
        ctypes.CDLL(None).fflush(None)
        self.file.seek(0)
        told = self.file.read()
        self.file.seek(0)
        self.file.truncate()
        return told


def answer(vips, request, out, err):
    os.environ.clear()
    os.environ.update(request["environment"])
    vips.vips_error_clear()
    code, fields = 0, b""
    command, *args = request["args"]
    try:
        os.chdir(request["folder"])
        if command == "vips":
            operate(vips, *args)
        else:
            fields = tell(vips, *args)
    except Failed:
        code = 1
    finally:
        os.chdir("/")  # which nobody wants to unmount
    said = err.take() + (vips.vips_error_buffer() or b"")
    return {"code": code, "out": (out.take() + fields).decode("latin-1"), "err": said.decode(errors="replace")}


def serve():
    replies = os.fdopen(os.dup(1), "w")
    sys.stderr = os.fdopen(os.dup(2), "w")
    out, err = Printed(1), Printed(2)
    vips = library()
    for line in sys.stdin:
        print(json.dumps(answer(vips, json.loads(line), out, err)), file=replies, flush=True)


if __name__ == "__main__":
    serve()
