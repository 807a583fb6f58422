"""Every message in which a model file is refused, each by a file of a few bytes that brings it up; all of a reader in
one golden file. What people take for networks by mistake is in wrong_models.py."""
import io
import struct
import zipfile

from common import *
import state

sys.path.insert(0, os.path.join(ROOT, "tools"))
from onnx_write import block, node, number, tensor  # noqa: E402


READERS = os.path.abspath(os.environ.get("SEAM_READERS", os.path.join(ROOT, "build", "tests", "cli", "readers")))


def refusals(name, files):
    """`files`: names, and bytes or what writes them. One process reads them all."""
    for path, made in files.items():
        if callable(made):
            made(path)
        else:
            write(path, made)
    result = run(READERS, *files)
    equal(result.code, 0, result)
    equal(result.err, "", result)
    lines = result.out.decode().splitlines()
    equal(len(lines), len(files))
    for path, line in zip(files, lines):
        check(line != "read", path, "was read")
    golden(f"refusals-{name}.txt", "".join(line + "\n" for line in lines))
    # The command says the same.
    first = next(iter(files))
    equal(seamless("info", first).err, f"seamless: error: {lines[0]}\n")


# --------------------------------------------------------------------------------------------------- PyTorch


def archive(members, method=zipfile.ZIP_STORED):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as z:
        for name, data in members.items():
            z.writestr(name, data)
    return made.getvalue()


def checkpoint(pickle, storages=(), **more):
    members = {"net/data.pkl": b"\x80\2" + pickle + b"."}
    members.update((f"net/data/{i}", data) for i, data in enumerate(storages))
    members.update((f"net/{name}", data) for name, data in more.items())
    return archive(members)


def text(t):
    return b"X" + struct.pack("<I", len(t)) + t.encode()


def whole(n):
    return b"\x8a\x08" + struct.pack("<q", n)


def row(*items):
    return b"(" + b"".join(items) + b"t"


def stored(key="0", kind="FloatStorage", count=4, view=b"N"):
    return row(text("storage"), b"ctorch\n" + kind.encode() + b"\n", text(key), text("cpu"), whole(count), view) + b"Q"


def rebuilt(storage, offset=0, dims=(2, 2), strides=(2, 1)):
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + row(
        storage, whole(offset), row(*map(whole, dims)), row(*map(whole, strides)), b"\x89", b"N") + b"R"


def dictionary(**items):
    return b"}(" + b"".join(text(k) + v for k, v in items.items()) + b"u"


def legacy(root, keys, blocks=b"", system=dictionary(little_endian=b"\x88")):
    magic = b"\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
    return magic + b"".join(b"\x80\2" + part + b"." for part in (b"M\xe9\3", system, root, keys)) + blocks


def long_text(path):
    write(path, legacy(b"", b"")[:20] + b"X" + struct.pack("<I", (1 << 24) + 1))
    os.truncate(path, (1 << 24) + 200) # a hole, which takes no room


SIXTEEN = bytes(16)
TORCH = {
    "memory.pth": checkpoint(b"(" * 100000),
    "stack.pth": checkpoint(b"a"),
    "below.pth": checkpoint(b"(u"),
    "tuple.pth": checkpoint(b"(\x86"),
    "pop.pth": checkpoint(b"0"),
    "pairs.pth": checkpoint(b"}(NNNu"),
    "memo.far.pth": checkpoint(b"Nr\xff\xff\xff\xff"),
    "memo.empty.pth": checkpoint(b"h\5"),
    "end.pth": archive({"net/data.pkl": b"\x80\2}"}),
    "number.pth": archive({"net/data.pkl": b"\x80\2J\1"}),
    "text.pth": archive({"net/data.pkl": b"\x80\2X\xff\0\0\0abc."}),
    "long.number.pth": archive({"net/data.pkl": b"\x80\2\x8a\xffabc."}),
    "real.pth": archive({"net/data.pkl": b"\x80\2Gabc."}),
    "name.pth": archive({"net/data.pkl": b"\x80\2cos."}),
    "text.long.pth": long_text,
    "name.number.pth": checkpoint(b"K\1K\1\x93"),
    "protocol.pth": archive({"net/data.pkl": b"\x80\x09N."}),
    "operation.pth": checkpoint(b"\xff"),
    "endless.pth": checkpoint(b"\x80\2" * 8000001),
    "tensor.pth": checkpoint(dictionary(a=b"ctorch._utils\n_rebuild_tensor_v2\n)R")),
    "tensor.far.pth": checkpoint(dictionary(a=rebuilt(stored(), offset=9)), [SIXTEEN]),
    "tensor.negative.pth": checkpoint(dictionary(a=rebuilt(stored(), strides=(-2, 1))), [SIXTEEN]),
    "ordered.pth": checkpoint(b"ccollections\nOrderedDict\n](K\1e\x85R"),
    "outside.pth": checkpoint(dictionary(a=b"NQ")),
    "view.pth": checkpoint(dictionary(a=stored(view=text("0")))),
    "missing.pth": checkpoint(dictionary(a=rebuilt(stored(key="7"))), [SIXTEEN]),
    "short.pth": checkpoint(dictionary(a=rebuilt(stored())), [bytes(8)]),
    "swollen.pth": checkpoint(dictionary(a=rebuilt(stored(), dims=(1000, 1000), strides=(0, 0))), [SIXTEEN]),
    "endless.size.pth": checkpoint(dictionary(a=rebuilt(stored(), dims=(1 << 40, 1 << 40), strides=(0, 0))), [SIXTEEN]),
    "numpy.pth": checkpoint(dictionary(a=b"cnumpy.core.multiarray\n_reconstruct\n)R")),
    "complex.pth": checkpoint(dictionary(a=rebuilt(stored(kind="ComplexFloatStorage"))), [SIXTEEN]),
    "quantized.pth": checkpoint(dictionary(
        a=b"ctorch._utils\n_rebuild_qtensor\n)R", b=rebuilt(stored())), [SIXTEEN]),
    "twice.pth": checkpoint(b"}(" + 2 * (text("a.weight") + rebuilt(stored())) + b"u", [SIXTEEN]),
    "counted.pth": checkpoint(dictionary(num_batches_tracked=rebuilt(stored())), [SIXTEEN]),
    "optimiser.pth": checkpoint(dictionary(param_groups=b"]", state=b"}")),
    "trainer.pth": checkpoint(dictionary(epoch=b"K\1", optimizers=b"]", schedulers=b"]")),
    "numbers.pth": checkpoint(dictionary(epoch=b"K\1", loss=b"G" + bytes(8))),
    "empty.pth": checkpoint(b"}"),
    "list.pth": checkpoint(b"]"),
    "module.pth": checkpoint(b"carchs\nMyNet\n)\x81}b"),
    "module.inside.pth": checkpoint(dictionary(epoch=b"K\1", model=b"carchs\nMyNet\n)\x81}b")),
    "big.pth": checkpoint(b"}", byteorder="big"),
    "script.pth": checkpoint(b"}", **{"constants.pkl": b"\x80\2)."}),
    "rows.big.pth": legacy(b"}", b"]", system=dictionary(little_endian=b"\x89")),
    "rows.none.pth": legacy(b"}", b"N"),
    "rows.short.pth": legacy(dictionary(a=rebuilt(stored())), b"](" + text("0") + b"e", struct.pack("<q", 4) + bytes(8)),
    "rows.end.pth": legacy(dictionary(a=rebuilt(stored())), b"](" + text("0") + b"e"),
    "rows.more.pth": legacy(b"}", b"](" + text("9") + b"e", struct.pack("<q", 4) + SIXTEEN),
    "rows.missing.pth": legacy(dictionary(a=rebuilt(stored())), b"]"),
}


@test
def pytorch():
    refusals("torch", TORCH)


# ---------------------------------------------------------------------------------------------------- archives

STORED = archive({"net.onnx": b"a" * 64})
NAMED = STORED.rindex(b"PK\1\2")


def changed(at, bytes_, data=STORED):
    return data[:at] + bytes_ + data[at + len(bytes_):]


def twice_the_same():
    entry = STORED[NAMED:STORED.rindex(b"PK\5\6")]
    end = struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 2, 2, 2 * len(entry), NAMED, 0)
    return STORED[:NAMED] + 2 * entry + end


def deflated(data):
    return archive({"net/data.pkl": data}, zipfile.ZIP_DEFLATED)


ARCHIVES = {
    "end.zip": STORED[:-9],
    "list.zip": changed(NAMED, b"PK\7\7"),
    "encrypted.zip": changed(NAMED + 8, b"\1"),
    "bzip2.zip": archive({"net/data.pkl": b"a"}, zipfile.ZIP_BZIP2),
    "overlap.zip": twice_the_same(),
    "swells.zip": deflated(bytes(16 << 20)),
    "member.zip": (lambda d: changed(d.index(b"data.pkl") + 8, b"\xff\xff", d))(deflated(b"abcd" * 16)),
    "member.onnx.zip": (lambda d: changed(d.index(b".onnx") + 5, b"\xff\xff", d))(
        archive({"net.onnx": b"abcd" * 16}, zipfile.ZIP_DEFLATED)),
    "two.zip": archive({"a.onnx": b"", "b.onnx": b""}),
    "old.pt2": archive({"serialized_exported_program.json": b"{}"}),
    "new.pt2": archive({"net/archive_format": b"pt2"}),
    "net.keras": archive({"model.weights.h5": b""}),
    "weights.npz": archive({"weight.npy": b""}),
    "mlx.zip": archive({"weights.npz": b""}),
    "pth.zip": archive({"net.pth": b""}),
    "safetensors.zip": archive({"net.safetensors": b""}),
    "ncnn.zip": archive({"net.param": b"", "net.bin": b""}),
    "words.docx": archive({"[Content_Types].xml": b""}),
    "program.apk": archive({"AndroidManifest.xml": b""}),
    "other.zip": archive({"readme": b""}),
}


@test
def archives():
    refusals("archives", ARCHIVES)


# ------------------------------------------------------------------------------------------------- safetensors


def header(text, size=0):
    return struct.pack("<Q", len(text)) + text.encode() + bytes(size)


def one(fields, size=16):
    return header('{"a": {%s}}' % fields, size)


PLACE = '"data_offsets": [0, 16]'
KIND = '"dtype": "F32"'
SHAPE = '"shape": [2, 2]'
SAFETENSORS = {
    "end.safetensors": header('{"a": 1}')[:-3],
    "shape.safetensors": one(f'{KIND}, "shape": 4, {PLACE}'),
    "dimensions.safetensors": one(f'{KIND}, "shape": [1,1,1,1,1,1,1,1,1], {PLACE}'),
    "size.safetensors": one(f'{KIND}, "shape": [9999999999, 9999999999], {PLACE}'),
    "described.safetensors": header('{"a": 1}'),
    "field.safetensors": one(f'{KIND}, {SHAPE}, {PLACE}, "more": 1'),
    "full.safetensors": one(f"{KIND}, {SHAPE}"),
    "type.safetensors": one(f'"dtype": "F8_E4M3", {SHAPE}, "data_offsets": [0, 4]', 4),
    "outside.safetensors": one(f"{KIND}, {SHAPE}, {PLACE}", 8),
    "other.size.safetensors": one(f'{KIND}, {SHAPE}, "data_offsets": [0, 8]', 8),
    "overlap.safetensors": header('{"a": {%s, %s, %s}, "b": {%s, %s, %s}}' % (2 * (KIND, SHAPE, PLACE)), 32),
    "gap.safetensors": one(f'{KIND}, {SHAPE}, "data_offsets": [4, 20]', 20),
    "behind.safetensors": one(f"{KIND}, {SHAPE}, {PLACE}", 20),
    "metadata.safetensors": header('{"__metadata__": 1}'),
    "metadata.value.safetensors": header('{"__metadata__": {"a": 1}}'),
    "name.safetensors": header('{a: 1}'),
    "broken.safetensors": header('{"__metadata__": {}} {'),
    "nothing.safetensors": header("{}"),
}


@test
def safetensors():
    refusals("safetensors", SAFETENSORS)


# -------------------------------------------------------------------------------------------------------- ncnn

INPUT = "Input data 0 1 data 2=3"


def layers(*lines, announced=None):
    blobs = len(lines)
    return f"7767517\n{len(lines) if announced is None else announced} {blobs}\n" + "\n".join(lines) + "\n"


def ncnn(text_, weights=b""):
    def make(path):
        write(path.replace(".param", ".bin"), weights)
        write(path, text_.encode())
    return make


def layer(line, weights=b""):
    return ncnn(layers(INPUT, line), weights)


CONV = "Convolution c 1 1 data out 0=3 1=1 6=9"
INT8 = struct.pack("<I", 0x000d4b38) + bytes(12)
NCNN = {
    "net.txt": layers(INPUT).encode(),
    "alone.param": layers(INPUT).encode(),
    "counts.param": ncnn("7767517\nmany\n"),
    "more.param": ncnn(layers(INPUT, announced=999)),
    "less.param": ncnn(layers(INPUT, CONV, announced=1)),
    "end.param": ncnn(layers("Input in 0 1 a long_setting_that_is_a_text=1", announced=2).replace(
        " long_setting_that_is_a_text=1", " 0=1000000000000000000000")),
    "cut.param": ncnn(layers(INPUT, "ReLU r 1")),
    "blobs.param": ncnn(layers(INPUT, "ReLU r 9 9 data")),
    "blobs.few.param": ncnn(layers(INPUT, "ReLU r 2 1 data      ")),
    "setting.param": ncnn(layers(INPUT, "ReLU r 1 1 data out slope")),
    "list.param": ncnn(layers(INPUT, "ReLU r 1 1 data out -23300=3,1,2")),
    "input.none.param": ncnn(layers("ReLU r 1 1 absent out")),
    "channels.param": ncnn(layers("Input data 0 1 data", "ReLU r 1 1 data out")),
    "inputs.param": ncnn(layers(INPUT, "Input more 0 1 more", "BinaryOp b 2 1 data more out")),
    "output.param": ncnn(layers(INPUT, "ReLU r 1 1 data a", "ReLU s 1 1 a a")),
    "eaten.param": ncnn(layers(INPUT, "Split s 1 1 data data2", "Noop e 1 1 data2 data3", "MemoryData m 0 1 m 0=1",
                               "BinaryOp b 2 1 data3 m m2", "ReLU r 1 1 m2 m3", "Crop x 1 1 m3 m4", "Noop n 1 1 m4 m"),
                        bytes(4)),
    "no.output.param": ncnn(layers(INPUT, "MemoryData m 1 1 data m 0=1"), bytes(4)),
    "before.param": layer("ReLU r 1 1 later out"),
    "type.param": layer("LSTM l 1 1 data out"),
    "nothing.param": layer("ReLU r 1 0 data"),
    "one.input.param": layer("BinaryOp b 1 1 data out 0=2"),
    "no.input.param": layer("Eltwise e 0 1 out 0=1"),
    "short.param": layer(CONV, bytes(8)),
    "long.param": layer(CONV, bytes(44)),
    "scale.param": layer("Scale s 1 1 data out 0=-7"),
    "norm.param": layer("BatchNorm n 1 1 data out 0=0"),
    "memory.param": layer("MemoryData m 0 1 m 0=3 1=0 2=2"),
    "operation.param": layer("BinaryOp b 1 1 data out 0=11 1=1 2=2"),
    "eltwise.param": layer("Eltwise e 2 1 data data out 0=5"),
    "crop.channels.param": layer("Crop c 2 1 data data out 2=1"),
    "crop.axes.param": layer("Crop c 1 1 data out -23309=1,1 -23310=2,1,1"),
    "crop.axis.param": layer("Crop c 1 1 data out -23309=1,1 -23310=1,-1 -23311=1,7"),
    "crop.size.param": layer("Crop c 1 1 data out 3=64 4=64"),
    "concat.param": layer("Concat c 1 1 data out 0=5"),
    "slice.param": layer("Slice s 1 2 data a b -23300=3,1,1,1"),
    "slice.rest.param": layer("Slice s 1 2 data a b -23300=2,1,-233"),
    "pooling.window.param": layer("Pooling p 1 1 data out 0=0 1=0"),
    "pooling.kind.param": layer("Pooling p 1 1 data out 0=1 1=3 2=2 3=1"),
    "not.finite.param": layer("Crop c 1 1 data out 9=0e999,0"),
    "interp.param": layer("Interp i 1 1 data out 0=2 3=64 4=64"),
    "padding.param": layer("Padding p 1 1 data out 0=1 4=9"),
    "shuffle.param": layer("PixelShuffle p 1 1 data out 0=99"),
    "kernel.param": layer("Convolution c 1 1 data out 0=3 1=0 6=9"),
    "groups.param": layer("ConvolutionDepthWise c 1 1 data out 0=3 1=1 6=9 7=2"),
    "weights.param": layer("Convolution c 1 1 data out 0=3 1=3 6=10"),
    "pads.param": layer("Convolution c 1 1 data out 0=3 1=1 4=-7 6=9", bytes(40)),
    "pads.out.param": layer("Deconvolution c 1 1 data out 0=3 1=1 6=9 18=-7", bytes(40)),
    "activation.param": layer("Convolution c 1 1 data out 0=3 1=1 6=9 9=44", bytes(40)),
    "int8.param": layer(CONV, INT8),
    "dynamic.param": layer("Convolution c 2 1 data data out 0=3 1=1 6=9 19=1"),
    "deconvolution.param": layer("Deconvolution c 1 1 data out 0=3 1=1 6=9 20=64"),
    "product.param": layer("InnerProduct p 1 1 data out 0=3 2=9"),
    "product.size.param": ncnn(layers(INPUT, "Pooling g 1 1 data mean 0=1 4=1", "InnerProduct p 1 1 mean out 0=3 2=8")),
}


@test
def files_of_ncnn():
    refusals("ncnn", NCNN)


# -------------------------------------------------------------------------------------------------------- ONNX


def port(name, dims=(1, 3, "height", "width"), type=1):
    shape = b"".join(block(1, number(1, d) if isinstance(d, int) else block(2, d)) for d in dims)
    return block(1, name) + block(2, block(1, number(1, type) + block(2, shape)))


def network(nodes, weights=(), opset=13, more=b"", inputs=None, outputs=None):
    graph = (b"".join(block(1, n) for n in nodes) + block(2, "test") + b"".join(block(5, w) for w in weights)
             + b"".join(block(11, p) for p in inputs or [port("x")]) + b"".join(block(12, p) for p in outputs or [port("y")]))
    return number(1, 7) + block(7, graph) + block(8, block(1, "") + number(2, opset)) + more


def weighted(weight):
    return network([node("Mul", ["x", "w"], "y")], [weight])


def outside(name, location, *more):
    return (number(1, 1) + number(2, 1) + block(8, name) + number(14, 1)
            + b"".join(block(13, block(1, k) + block(2, v)) for k, v in (("location", location), *more)))


def attribute(*fields):
    return node("Relu", ["x"], "y", block(5, block(1, "alpha") + b"".join(fields)))


def with_file(made, path="weights", data=bytes(4)):
    def make(name):
        write(path, data)
        write(name, made)
    return make


def many_files(name):
    for i in range(4098):
        os.symlink("weights", str(i))
    write(name, network([node("Mul", ["x", "0"], "y")], [outside(str(i), str(i)) for i in range(4098)]))


CUT = b"\x08" # the key of a number that does not follow
RELU = node("Relu", ["x"], "y")
CALL = node("F", ["x"], "y", block(7, "own"))
FUNCTION = block(1, "F") + block(10, "own") + block(4, "x") + block(5, "y")
BRANCH = block(1, "then_branch") + number(20, 5)
ONNX = {
    "other.net": network([RELU])[:-3],
    "end.onnx": network([RELU])[:-3],
    "nothing.onnx": number(1, 7),
    "two.onnx": 2 * network([RELU]),
    "name.onnx": network([node("Re\0lu", ["x"], "y")]),
    "metadata.onnx": network([RELU], more=block(14, CUT)),
    "set.onnx": network([RELU], more=block(8, CUT)),
    "shape.onnx": network([RELU], inputs=[block(1, "x") + block(2, block(1, number(1, 1) + block(2, CUT)))]),
    "dimensions.onnx": network([RELU], inputs=[port("x", [1] * 65)]),
    "dimension.onnx": network([RELU], inputs=[block(1, "x") + block(2, block(1, number(1, 1) + block(2, block(1, CUT))))]),
    "type.onnx": network([RELU], inputs=[block(1, "x") + block(2, CUT)]),
    "input.onnx": network([RELU], inputs=[block(1, "x") + CUT]),
    "list.onnx": number(1, 7) + block(7, CUT),
    "node.onnx": network([block(1, "x") + CUT]),
    "attribute.onnx": network([attribute(CUT)]),
    "attribute.ints.onnx": network([attribute(block(8, b"\xff"), number(20, 7))]),
    "weight.onnx": weighted(block(8, "w") + CUT),
    "weight.rank.onnx": weighted(block(8, "w") + 65 * number(1, 1) + number(2, 1)),
    "weight.size.onnx": weighted(block(8, "w") + number(1, 1 << 40) + number(1, 1 << 40) + number(2, 1)),
    "weight.raw.onnx": weighted(block(8, "w") + number(1, 4) + number(2, 1) + block(9, bytes(12))),
    "weight.count.onnx": weighted(block(8, "w") + number(1, 4) + number(2, 7) + number(7, 1)),
    "weight.nan.onnx": weighted(tensor("w", [1], [float("nan")])),
    "weight.infinite.onnx": network([node("Conv", ["x", "w"], "y")], [tensor("w", [1, 3, 1, 1], [1, float("inf"), 1])]),
    "absent.onnx": lambda path: None,
    "outside.onnx": weighted(outside("w", "absent.data")),
    "outside.nowhere.onnx": weighted(number(1, 1) + number(2, 1) + block(8, "w") + number(14, 1)),
    "outside.above.onnx": weighted(outside("w", "../weights")),
    "outside.number.onnx": weighted(outside("w", "weights", ("offset", "far"))),
    "outside.length.onnx": with_file(weighted(outside("w", "weights", ("length", "8")))),
    "outside.short.onnx": with_file(weighted(outside("w", "weights", ("offset", "4")))),
    "outside.many.onnx": many_files,
    "old.onnx": network([RELU], opset=6),
    "function.onnx": network([CALL], more=block(25, FUNCTION + CUT)),
    "function.endless.onnx": network([CALL], more=block(25, FUNCTION + block(7, CALL))),
    "branch.onnx": network([node("If", ["c"], "y", block(5, BRANCH + block(6, CUT)) + block(
        5, BRANCH.replace(b"then", b"else") + block(6, CUT)))], [number(1, 1) + number(2, 9) + block(8, "c") + block(9, b"\1")]),
    "inside.zip": archive({"net.onnx": weighted(outside("w", "weights"))}),
}


@test
def files_of_onnx():
    refusals("onnx", ONNX)


@test
def what_is_read_and_cannot_be_written():
    inside = block(5, block(1, "body") + block(6, block(1, RELU)) + number(20, 5))
    words = number(1, 1) + number(2, 8) + block(8, "w") + block(6, "a word")
    files = {
        "graph.onnx": network([node("Loop", ["x"], "y", inside)]),
        "words.onnx": network([RELU], [words]),
        "words.node.onnx": network([node("Constant", [], "w", block(5, block(1, "value") + block(5, words) + number(20, 4))),
                                    RELU]),
    }
    text = ""
    for path, data in files.items():
        write(path, data)
        r = seamless("convert", path, "out.onnx")
        equal(r.code, 1, r)
        text += r.err
    golden("refusals-convert.txt", text)


# ------------------------------------------------------------------------------------------------- other files


def padded(begin):
    return begin + bytes(b | 128 for b in range(64))


KINDS = {
    "picture.jpg": padded(b"\xff\xd8\xff"),
    "picture.tif": padded(b"II*\0"),
    "picture.big.tif": padded(b"MM\0*"),
    "picture.webp": padded(b"RIFF1234WEBP"),
    "paper.pdf": padded(b"%PDF"),
    "packed.xz": padded(b"\xfd7zXZ\0"),
    "packed.zst": padded(b"\x28\xb5\x2f\xfd"),
    "packed.bz2": padded(b"BZh"),
    "packed.rar": padded(b"Rar!"),
    "program.exe": padded(b"MZ"),
    "plan.trt": padded(b"ptrt"),
    "alone.bin": padded(b"\x47\x6b\x30\x01"),
    "net.caffemodel": padded(b"blob"),
    "net.xml": b"<?xml version='1.0'?>\n<net/>",
    "net.too.xml": b"<net name='a'>",
    "page.html": b"\xef\xbb\xbf\r\n<HTML><body>",
    "net.prototxt": b"name: 'net'\n",
    "layers.prototxt": b"layer {\n",
    "frozen.pb": block(1, block(1, "picture") + block(2, "Placeholder")) + bytes(16),
    "saved.pb": number(1, 1) + b"\x12\x80\x80\1" + padded(b""),
}


@test
def other_kinds():
    refusals("kinds", KINDS)


@test
def names_without_a_file():
    os.mkfifo("pipe")
    text = ""
    for name in ("https://example.org/4x.pth", "denois-fast", "4x-UltraSharp.pth", "pipe"):
        r = seamless("info", name)
        equal(r.code, 1, r)
        text += r.err
    golden("refusals-names.txt", text)


@test
def no_networks_of_pictures():
    if not HAS_ORT:
        skip("this build is without ONNX Runtime")
    files = {
        "mean.onnx": network([node("GlobalAveragePool", ["x"], "y")]),
        "rank.onnx": network([RELU], inputs=[port("x", (1, 3))]),
        "outputs.onnx": number(1, 7) + block(7, block(1, RELU) + block(11, port("x"))) + block(8, number(2, 13)),
    }
    write_v("in.v", picture(24, 20, 3, U8))
    text = ""
    for path, data in files.items():
        write(path, data)
        r = seamless("restore", "-q", "-m", path, "in.v", "out.v")
        equal(r.code, 1, r)
        text += r.err
    golden("refusals-run.txt", text)


# ----------------------------------------------------------------------------------------------- architectures


def made(build, change=None, *args, **how):
    def make(path):
        w = state.Weights()
        build(w, *args, **how)
        if change:
            change(w)
        state.write(path, w)
    return make


def put(**shapes):
    return lambda w: w.update({k.replace("__", "."): v for k, v in shapes.items()})


def drop(name):
    return lambda w: w.pop(name)


def named(*names):
    return made(lambda w: w.update({n: [2, 2] for n in names}))


def of_whole_numbers(path):
    w = state.Weights()
    state.compact(w)
    state.write(path, w)
    with open(path, "rb") as f:
        data = f.read()
    at = data.index(b'"body.3.weight"')
    write(path, data[:at] + data[at:].replace(b'"F32"', b'"I32"', 1))


ARCHITECTURES = {
    "missing.safetensors": made(state.edsr, drop("body.0.conv2.weight")),
    "surplus.safetensors": made(state.compact, put(more=[2])),
    "shape.safetensors": made(state.compact, put(body__2__bias=[9])),
    "any.safetensors": made(state.compact, put(body__0__weight=[8, 3, 3])),
    "square.safetensors": made(state.compact, put(body__0__weight=[8, 3, 3, 1])),
    "whole.safetensors": of_whole_numbers,
    "pixels.safetensors": made(state.compact, lambda w: w.conv("body.8", 7, 8, 3)),
    "surplus.bias.safetensors": made(state.plksr, lambda w: w.conv("feats.3", 5, 8, 3)),
    "joined.safetensors": made(state.edsr, lambda w: w.conv("body.0.conv2", 9, 8, 3)),
    "maps.safetensors": made(state.rfdn, None, blocks=65),
    "repeated.safetensors": made(state.plksr, None, r=5, dysample=3),
    "groups.safetensors": made(state.nafnet, put(encoders__0__0__conv2__weight=[9, 1, 3, 3])),
    "shuffled.safetensors": made(state.nafnet, put(ups__0__0__weight=[30, 16, 1, 1])),
    "dysample.safetensors": made(state.plksr, lambda w: w.update(
        {"to_img.offset.weight": [33, 12, 1, 1], "to_img.offset.bias": [33], "to_img.scope.weight": [33, 12, 1, 1],
         "to_img.init_pos": [1, 33, 1, 1]}), dysample=4),
    "dncnn.safetensors": made(state.sequence, None, 3, 5),
    "mosr.safetensors": made(state.mosr, lambda w: w.conv("gblocks.1.fc1", 3, 8, 3)),
    "mosr.more.safetensors": made(state.mosr, lambda w: w.conv("gblocks.1.fc1", 26, 8, 3)),
    "mosr.gps.safetensors": made(state.mosr, lambda w: w.conv("upsampler.in_to_k", 25, 8, 3), "gps"),
    "safmn.safetensors": made(state.safmn, None, dim=6),
    "unknown.safetensors": named("a.weight"),
    "unknown.more.safetensors": named("a.weight", "b.weight", "c.weight"),
    "swin2sr.safetensors": named("layers.0.residual_group.blocks.0.attn.logit_scale",
                                 "layers.0.residual_group.blocks.0.attn.relative_position_index"),
    "swinir.safetensors": named("layers.0.residual_group.blocks.0.attn.relative_position_index"),
    "srformer.safetensors": named("layers.0.residual_group.blocks.0.attn.aligned_relative_position_index"),
    "hat.safetensors": named("layers.0.residual_group.overlap_attn.relative_position_bias_table"),
    "hat.too.safetensors": named("layers.0.residual_group.blocks.0.conv_block.cab.0.weight"),
    "atd.safetensors": named("layers.0.residual_group.layers.0.attn_win.relative_position_index"),
    "drct.safetensors": named("layers.0.swin1.attn.relative_position_bias_table"),
    "rgt.safetensors": named("layers.0.blocks.0.gamma"),
    "dat.safetensors": named("before_RG.1.weight"),
    "omnisr.safetensors": named("residual_layer.0.residual_layer.0.layer.0.fn.0.weight"),
    "spanf.safetensors": named("conv_near.weight"),
    "sparse.safetensors": named("feats.1.lk.convs.0.weight"),
    "rectangular.safetensors": named("feats.1.lk.mn_conv.weight"),
    "like.span.safetensors": named("block_1.c1_r.eval_conv.weight"),
    "like.rfdn.safetensors": named("B1.c1_d.weight"),
    "like.rlfn.safetensors": named("block_1.c1_r.weight"),
    "scunet.safetensors": named("m_head.0.weight"),
    "ditn.safetensors": named("UFONE.0.ITLs.0.attn.temperature"),
}


@test
def architectures():
    refusals("architectures", ARCHITECTURES)


@test
def files_that_were_found():
    folder = shared("formats")
    files = ["torch/mlx_realesr_anime_x4.safetensors", "torch/syn_torchscript.pt", "torch/syn_views.pth",
             "torch/syn_whole_module.pth", "torch/team24_spanf.pth", "torch/team29_R2Net.pth",
             "ncnn/realesr_animevideov3_x2.param", "README.md"]
    result = run(READERS, *files, cwd=folder)
    check("read\n" not in result.out.decode(), result.out)
    golden("refusals-shared.txt", result.out.decode())


main()
