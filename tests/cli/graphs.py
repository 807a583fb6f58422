"""Small networks, written byte by byte."""
import os
import struct
import sys

from common import ROOT, write

sys.path.insert(0, os.path.join(ROOT, "tools"))
from onnx_write import block, ints, node, number, tensor  # noqa: E402,F401


def whole(name, values):
    """A list of int64 as a weight."""
    return number(1, len(values)) + number(2, 7) + block(8, name) + block(9, struct.pack(f"<{len(values)}q", *values))


def port(name, channels, type=1):
    dims = b"".join(block(1, d) for d in (number(1, 1), number(1, channels), block(2, "height"), block(2, "width")))
    return block(1, name) + block(2, block(1, number(1, type) + block(2, dims)))


def network(path, nodes, inputs, outputs, weights=()):
    graph = (b"".join(block(1, n) for n in nodes) + block(2, "test") + b"".join(block(5, w) for w in weights)
             + b"".join(block(11, i) for i in inputs) + b"".join(block(12, o) for o in outputs))
    write(path, number(1, 7) + block(7, graph) + block(8, block(1, "") + number(2, 13)))
    return path
