"""The little of ONNX that writing a network takes.

ONNX is protobuf: a field is a key (number << 3 | wire type) and a value, see the encoding guide at
protobuf.dev and onnx.proto3.
"""
import struct


def varint(v):
    out = b""
    while v > 127:
        out += bytes([v & 127 | 128])
        v >>= 7
    return out + bytes([v])


def number(field, v):
    return varint(field << 3) + varint(v)


def block(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


def tensor(name, dims, values):
    return (b"".join(number(1, d) for d in dims) + number(2, 1) + block(8, name)
            + block(9, struct.pack("<%df" % len(values), *values)))


def ints(name, values):
    return block(5, block(1, name) + b"".join(number(8, v) for v in values) + number(20, 7))


def node(op, inputs, output, attributes=b""):
    return (b"".join(block(1, i) for i in inputs) + block(2, output) + block(3, output)
            + block(4, op) + attributes)


def picture(name):
    """A value of 1 x 3 x any height x any width."""
    dims = block(1, number(1, 1)) + block(1, number(1, 3))
    dims += block(1, block(2, "height")) + block(1, block(2, "width"))
    return block(1, name) + block(2, block(1, number(1, 1) + block(2, dims)))


def model(producer, name, nodes, weights, opset=13):
    """The file of a graph from `input` to `output`, both colour pictures."""
    graph = (b"".join(block(1, n) for n in nodes) + block(2, name)
             + b"".join(block(5, w) for w in weights)
             + block(11, picture("input")) + block(12, picture("output")))
    return (number(1, 7) + block(2, producer) + block(7, graph)
            + block(8, block(1, "") + number(2, opset)))
