#!/usr/bin/env python3
"""Write models/NAME.onnx from checkpoints/NAME.pt: export.py NAME...

The graph is Conv, LeakyRelu, Add and DepthToSpace alone. Shuffling 2x2 pixels into channels is
folded into the first convolution, which becomes 6x6 with stride 2; the bicubic skip of the
upscalers is a fixed 5x5 convolution. All of it gives the same bits wherever a tile starts.
"""
import argparse
import pathlib

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

import nets

HERE = pathlib.Path(__file__).resolve().parent


def fold_shuffle(weight, side):
    """(out, 3*side^2, 3, 3) on shuffled pixels to (out, 3, 3*side, 3*side) with stride `side`."""
    out, channels = weight.shape[:2]
    blocks = weight.reshape(out, channels // side ** 2, side, side, 3, 3)
    return blocks.transpose(0, 1, 4, 2, 5, 3).reshape(out, channels // side ** 2, 3 * side, 3 * side)


def graph(net):
    """The network as an ONNX graph."""
    nodes, tensors = [], []

    def conv(source, target, weight, bias, pad, stride=1):
        tensors.append(numpy_helper.from_array(np.ascontiguousarray(weight, np.float32), target + '.weight'))
        inputs = [source, target + '.weight']
        if bias is not None:
            tensors.append(numpy_helper.from_array(bias.astype(np.float32), target + '.bias'))
            inputs.append(target + '.bias')
        nodes.append(helper.make_node('Conv', inputs, [target], target, kernel_shape=weight.shape[2:],
                                      pads=[pad] * 4, strides=[stride] * 2, dilations=[1, 1], group=1))
        return target

    side, last = net.shuffle, len(net.convs) - 1
    x = 'input'
    for index, layer in enumerate(net.convs):
        weight, bias = (p.detach().cpu().numpy() for p in (layer.weight, layer.bias))
        if index == 0 and side > 1:
            x = conv(x, 'conv0', fold_shuffle(weight, side), bias, side, side)
        else:
            x = conv(x, f'conv{index}', weight, bias, 1)
        if hasattr(net, 'stronger'):        # read by no node: `seamless restore --strength` adds it
            offset = net.stronger[index].detach().cpu().numpy().astype(np.float32)
            tensors.append(numpy_helper.from_array(offset, f'conv{index}.bias.stronger'))
        if index < last:
            nodes.append(helper.make_node('LeakyRelu', [x], [f'relu{index}'], f'relu{index}', alpha=nets.SLOPE))
            x = f'relu{index}'
    if net.scale > 1:
        skip = conv('input', 'bicubic', net.bicubic.cpu().numpy(), None, 2)
        nodes.append(helper.make_node('Add', [x, skip], ['phases'], 'add'))
        nodes.append(helper.make_node('DepthToSpace', ['phases'], ['output'], 'shuffle',
                                      blocksize=net.scale, mode='CRD'))
    else:
        nodes.append(helper.make_node('DepthToSpace', [x], ['residual'], 'shuffle', blocksize=side, mode='CRD'))
        nodes.append(helper.make_node('Add', ['input', 'residual'], ['output'], 'add'))
    outer = ['batch', 3, 'height', 'width'], ['batch', 3, 'out_height', 'out_width']
    return helper.make_graph(nodes, 'seamless',
                             [helper.make_tensor_value_info('input', TensorProto.FLOAT, outer[0])],
                             [helper.make_tensor_value_info('output', TensorProto.FLOAT, outer[1])], tensors)


def to_onnx(net, name, folder=HERE.parent / 'models'):
    """Write and check the model; a line of its figures."""
    model = helper.make_model(graph(net), producer_name='seamless training',
                              opset_imports=[helper.make_opsetid('', 13)])
    model.ir_version = 7
    helper.set_model_props(model, {
        'seamless.purpose': nets.RECIPES[name].purpose,
        'seamless.scale': str(net.scale),
        'seamless.receptive_field': str(net.reach()),
        'seamless.range': '0..1'})
    onnx.checker.check_model(model)
    folder.mkdir(exist_ok=True)
    path = folder / f'{name}.onnx'
    onnx.save(model, str(path))
    parameters = sum(p.numel() for p in net.convs.parameters())
    return (f'{path.name}: {path.stat().st_size} bytes, {parameters} parameters, '
            f'{net.macs()} multiply-adds per input pixel, reach {net.reach()} pixels')


def checkpoint(net, name, step, seconds):
    """The committed checkpoint: the weights, rounded to half precision to stay small. What was added to those before
    it, for a strength above 1, is of no use to it."""
    stronger_file(name).unlink(missing_ok=True)
    (HERE / 'checkpoints').mkdir(exist_ok=True)
    weights = {k: v.detach().cpu().half().contiguous() for k, v in net.state_dict().items()}
    torch.save({'net': weights, 'step': step, 'seconds': round(seconds)}, HERE / 'checkpoints' / f'{name}.pt')


def stronger_file(name):
    return HERE / 'checkpoints' / f'{name}-stronger.pt'


def checkpoint_stronger(net, name):
    """What a strength above 1 adds to the biases, rounded to half precision."""
    torch.save([offset.detach().cpu().half() for offset in net.stronger], stronger_file(name))


def load(name):
    """The network of a committed checkpoint."""
    net = nets.Chain(nets.RECIPES[name])
    stored = torch.load(HERE / 'checkpoints' / f'{name}.pt', map_location='cpu')['net']
    net.load_state_dict({k: v.float() for k, v in stored.items()})
    if stronger_file(name).exists():
        net.strengthen()
        for offset, kept in zip(net.stronger, torch.load(stronger_file(name))):
            offset.data = kept.float()
    return net.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('names', nargs='+', choices=nets.RECIPES)
    for name in parser.parse_args().names:
        print(to_onnx(load(name), name))


if __name__ == '__main__':
    main()
