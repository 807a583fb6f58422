"""Run an ONNX network with torch: an interpreter for the operators of plain restoration networks.

It is here so that what is measured is the exported file itself, and so that networks of others
can stand in the same table. An operator it does not know is an error, never a guess.
"""
import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper


def _pads(attributes, x):
    """x with the (possibly uneven) padding of a convolution applied, zeros."""
    top, left, bottom, right = attributes.get('pads', [0, 0, 0, 0])
    return F.pad(x, (left, right, top, bottom)) if any((top, left, bottom, right)) else x


def _conv(a, x, weight, bias=None):
    if a.get('auto_pad', b'NOTSET') != b'NOTSET':
        raise NotImplementedError('Conv: auto_pad')
    return F.conv2d(_pads(a, x), weight, bias, a.get('strides', [1, 1]), 0, a.get('dilations', [1, 1]),
                    a.get('group', 1))


def _depth_to_space(a, x):
    block = a['blocksize']
    if a.get('mode', b'DCR') == b'DCR':     # blocks outermost in the channels; torch has them innermost
        n, channels, height, width = x.shape
        x = x.reshape(n, block * block, channels // block ** 2, height, width).transpose(1, 2)
        x = x.reshape(n, channels, height, width)
    return F.pixel_shuffle(x, block)


def _resize(a, x, *rest):
    if a.get('mode', b'nearest') != b'nearest':
        raise NotImplementedError('Resize: only nearest')
    scales = rest[1]
    return F.interpolate(x, scale_factor=[float(s) for s in scales[2:]], mode='nearest')


def _prelu(a, x, slope):
    return torch.where(x >= 0, x, x * slope)


def _split(a, x, sizes):
    return torch.split(x, [int(s) for s in sizes], a.get('axis', 0))


OPERATORS = {
    'Abs': lambda a, x: x.abs(),
    'Add': lambda a, x, y: x + y,
    'Concat': lambda a, *xs: torch.cat(xs, a['axis']),
    'Constant': lambda a: torch.from_numpy(numpy_helper.to_array(a['value']).copy()),
    'Conv': _conv,
    'DepthToSpace': _depth_to_space,
    'Identity': lambda a, x: x,
    'LeakyRelu': lambda a, x: F.leaky_relu(x, a.get('alpha', 0.01)),
    'Mul': lambda a, x, y: x * y,
    'PRelu': _prelu,
    'Relu': lambda a, x: F.relu(x),
    'Resize': _resize,
    'Sigmoid': lambda a, x: torch.sigmoid(x),
    'Split': _split,
    'Sub': lambda a, x, y: x - y,
    'Tanh': lambda a, x: torch.tanh(x),
}


class Network:
    """A network read from an ONNX file; call it with (N, C, H, W) float32."""

    def __init__(self, path):
        model = onnx.load(str(path))
        self.weights = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in model.graph.initializer}
        self.nodes = [(n, {a.name: helper.get_attribute_value(a) for a in n.attribute}) for n in model.graph.node]
        unknown = {n.op_type for n, _ in self.nodes} - OPERATORS.keys()
        if unknown:
            raise NotImplementedError(', '.join(sorted(unknown)))
        inputs = [i for i in model.graph.input if i.name not in self.weights]
        if len(inputs) != 1:
            raise NotImplementedError('more than one input')
        self.input, self.output = inputs[0].name, model.graph.output[0].name
        self.channels = inputs[0].type.tensor_type.shape.dim[1].dim_value
        self.properties = {p.key: p.value for p in model.metadata_props}
        self.macs = 0       # multiply-adds per input pixel of the last run, convolutions alone

    def __call__(self, x):
        values = dict(self.weights)
        values[self.input] = x
        last = {name: i for i, (n, _) in enumerate(self.nodes) for name in n.input}
        self.macs = 0
        with torch.no_grad():
            for index, (node, attributes) in enumerate(self.nodes):
                inputs = [values[name] if name else None for name in node.input]
                result = OPERATORS[node.op_type](attributes, *inputs)
                if node.op_type == 'Conv':
                    pixels = result.shape[2] * result.shape[3] / (x.shape[2] * x.shape[3])
                    self.macs += inputs[1].numel() * pixels
                outputs = result if isinstance(result, (tuple, list)) else [result]
                values.update(zip(node.output, outputs))
                for name in node.input:     # a large picture's layers do not all fit at once
                    if last.get(name) == index and name not in self.weights:
                        values.pop(name, None)
        return values[self.output]

    def parameters(self):
        """Number of weights and biases."""
        return int(sum(np.prod(w.shape) for w in self.weights.values()))
