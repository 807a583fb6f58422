"""What people take for networks, by the words in which each is refused: all of them in one golden file."""
import json
import os
import pickle
import struct
import zipfile

from common import *
import state


class Reduced:
    """Pickled as a call of what it names, which nobody may make."""

    def __init__(self, call, *args):
        self.what = call, args

    def __reduce__(self):
        return self.what


def zipped(path, **members):
    with zipfile.ZipFile(path, "w") as z:
        for name, data in members.items():
            z.writestr(name.replace("__", "/").replace("_pkl", ".pkl"), data)


def safetensors(path, header, size=0):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    write(path, struct.pack("<Q", len(text)) + text + bytes(size))


def one_tensor(begin, end, dtype="F32", shape=(2, 2)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


BYTES = {
    "empty.pth": b"",
    "lfs.pth": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "page.onnx": b"\n<!DOCTYPE html><html><body>Sign in</body></html>",
    "lite.tflite": b"\x1c\0\0\0TFL3" + bytes(60),
    "keras.h5": b"\x89HDF\r\n\x1a\n" + bytes(60),
    "words.gguf": b"GGUF\3\0\0\0" + bytes(60),
    "array.npy": b"\x93NUMPY\1\0" + bytes(60),
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(60),
    "packed.gz": b"\x1f\x8b\x08\0" + bytes(60),
    "packed.7z": b"7z\xbc\xaf\x27\x1c" + bytes(60),
    "packed.tar": bytes(257) + b"ustar" + bytes(250),
    "program": b"\x7fELF" + bytes(60),
    "engine.trt": b"ftrt" + bytes(60),
    "net.param.bin": b"\xdd\x85\x76\0" + bytes(60),
    "alone.bin": b"\x47\x6b\x30\x01" + bytes(60),
    "alone.param": b"7767517\n2 2\nInput data 0 1 data 0=8 1=8 2=3\nConvolution c 1 1 data out 0=3 1=1 6=9\n",
    "layer.param": b"7767517\n2 2\nInput data 0 1 data 0=8 1=8 2=3\nLSTM lstm 1 1 data out\n",
    "layer.bin": b"",
    "short.param": b"7767517\n900000000 2\nInput data 0 1 data\n",
    "short.bin": b"",
    "left.param": b"7767517\n2 2\nInput data 0 1 data 0=8 1=8 2=3\nConvolution c 1 1 data out 0=3 1=1 6=9\n",
    "left.bin": bytes(44),
    "config.json": b'{"scale": 4}',
    "readme.txt": b"Put the networks here.\n",
    "zeros.pth": bytes(5000),
    "noise.pth": bytes((i * 7919 >> 3) & 255 for i in range(999)),
}


def write_pickles():
    weights = {"a.weight": 1.5}
    write("system.pth", pickle.dumps(Reduced(os.system, "touch called"), 2))
    write("list.pth", pickle.dumps([1, 2, 3], 2))
    write("numbers.pth", pickle.dumps(weights, 4))
    write("cut.pth", pickle.dumps({"state_dict": weights}, 2)[:-6])
    zipped("script.pt", net__code__net="", net__constants_pkl="", net__data_pkl=pickle.dumps({}, 2))
    zipped("big.pth", net__data_pkl=pickle.dumps(weights, 2), net__byteorder="big")
    zipped("system.zip.pth", net__data_pkl=pickle.dumps(Reduced(os.system, "touch called"), 2))
    zipped("pictures.zip", a="x", b="y")


def write_safetensors():
    write("long.safetensors", struct.pack("<Q", 1 << 40) + b'{"a": 1}')
    safetensors("outside.safetensors", {"a": one_tensor(0, 16)}, 8)
    safetensors("twice.safetensors", {"a": one_tensor(0, 16), "b": one_tensor(0, 16)}, 32)
    safetensors("gap.safetensors", {"a": one_tensor(0, 16), "b": one_tensor(20, 36)}, 36)
    safetensors("size.safetensors", {"a": one_tensor(0, 12)}, 12)
    safetensors("broken.safetensors", b'{"a": {"dtype": "F32", "shape": [2,')
    safetensors("strange.safetensors", {"mlx.weight": one_tensor(0, 16)}, 16)
    swin = "layers.0.residual_group.blocks.0.attn.relative_position_bias_table"
    safetensors("swin.safetensors", {swin: one_tensor(0, 16)}, 16)
    w = state.Weights()
    state.esrgan_old(w)
    state.write("surplus.safetensors", dict(w, more=[1]))
    w["model.1.sub.0.RDB2.conv3.0.weight"] = [4, 16, 3, 1]
    state.write("turned.safetensors", w)
    del w["model.1.sub.0.RDB2.conv3.0.weight"]
    state.write("missing.safetensors", w)


def write_folders():
    for folder in ("none", "two", "saved"):
        os.mkdir(folder)
    write("two/a.onnx", b"")
    write("two/b.pth", b"")
    write("saved/saved_model.pb", b"")


@test
def words_of_every_refusal():
    for name, data in BYTES.items():
        write(name, data)
    write_pickles()
    write_safetensors()
    write_folders()
    text = ""
    for name in sorted(n for n in os.listdir(".") if n not in ("layer.bin", "short.bin", "left.bin")):
        r = seamless("info", name)
        equal(r.code, 1, r)
        equal(r.out, b"", r)
        text += f"$ seamless info {name}\n{r.err}\n"
    check(not os.path.exists("called"), "something in a file was run")
    golden("wrong-models.txt", text)


@test
def a_refusal_is_the_same_before_a_restoration():
    write("lfs.pth", BYTES["lfs.pth"])
    write_v("in.v", picture(20, 10, 3, U8))
    still = untouched()
    r = refused(1, "-m", "lfs.pth", "in.v", "out.png", says=["lfs.pth: this is a Git LFS pointer", "git lfs pull"])
    check("onnx" not in r.err.lower(), r)
    still()


@test
def a_folder_that_holds_one_network():
    os.mkdir("net")
    w = state.Weights()
    state.compact(w)
    state.write("net/4x.safetensors", w)
    write("net/readme.txt", b"A network.\n")
    write_v("in.v", picture(20, 10, 3, U8))
    restore("-q", "-m", "net/4x.safetensors", "in.v", "a.png")
    restore("-q", "-m", "net/", "in.v", "b.png")
    same("a.png", "b.png")
    check(seamless("info", "net/").out.startswith(b"model            net ("), "its name")


main()
