"""RRDBNet (ESRGAN, Wang et al. 2018) at four times the size, with weights by chance: what the network of
Real-ESRGAN's photographs costs. Of six blocks it sees 94 pixels, of 23 blocks 349."""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools"))
from onnx_write import *  # noqa: E402

FEATURES, GROWTH = 64, 32


class Net:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.nodes, self.weights, self.count = [], [], 0

    def name(self):
        self.count += 1
        return f"v{self.count}"

    def add(self, op, inputs, attributes=b"", out=None):
        out = out or self.name()
        self.nodes.append(node(op, inputs, out, attributes))
        return out

    def constant(self, dims, values):
        self.weights.append(tensor(self.name() + "_w", dims, values))
        return f"v{self.count}_w"

    def conv(self, x, channels, result, out=None):
        bound = (3 / (9 * channels)) ** 0.5
        w = self.constant((result, channels, 3, 3),
                          [self.random.uniform(-bound, bound) for _ in range(9 * channels * result)])
        b = self.constant((result,), [0.01] * result)
        return self.add("Conv", (x, w, b), ints("kernel_shape", (3, 3)) + ints("pads", (1, 1, 1, 1)), out)

    def leaky(self, x):
        alpha = block(5, block(1, "alpha") + varint(2 << 3 | 5) + struct.pack("<f", 0.2) + number(20, 1))
        return self.add("LeakyRelu", (x,), alpha)

    def residual(self, x, y):
        return self.add("Add", (self.add("Mul", (y, self.fifth)), x))

    def dense(self, x):
        parts = [x]
        for i in range(4):
            joined = parts[0] if i == 0 else self.add("Concat", parts, number_attribute("axis", 1))
            parts.append(self.leaky(self.conv(joined, FEATURES + i * GROWTH, GROWTH)))
        joined = self.add("Concat", parts, number_attribute("axis", 1))
        return self.residual(x, self.conv(joined, FEATURES + 4 * GROWTH, FEATURES))

    def enlarge(self, x):
        mode = block(5, block(1, "mode") + block(4, "nearest") + number(20, 3))
        where = block(5, block(1, "coordinate_transformation_mode") + block(4, "asymmetric") + number(20, 3))
        rounding = block(5, block(1, "nearest_mode") + block(4, "floor") + number(20, 3))
        return self.add("Resize", (x, "", self.twice), mode + where + rounding)


def number_attribute(name, value):
    return block(5, block(1, name) + number(3, value) + number(20, 2))


def write(path, blocks=6, seed=1):
    net = Net(seed)
    net.fifth = net.constant((1,), [0.2])
    net.twice = net.constant((4,), [1.0, 1.0, 2.0, 2.0])
    first = x = net.conv("input", 3, FEATURES)
    for _ in range(blocks):
        inside = x
        for _ in range(3):
            inside = net.dense(inside)
        x = net.residual(x, inside)
    x = net.add("Add", (net.conv(x, FEATURES, FEATURES), first))
    for _ in range(2):
        x = net.leaky(net.conv(net.enlarge(x), FEATURES, FEATURES))
    net.conv(net.leaky(net.conv(x, FEATURES, FEATURES)), FEATURES, 3, "output")
    with open(path, "wb") as f:
        f.write(model("seamless bench", "rrdbnet", net.nodes, net.weights))
