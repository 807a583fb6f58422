"""The networks: one shape for all, plain chains of 3x3 convolutions with leaky ReLU between.

1x networks work on 2x2 pixels shuffled into channels (FFDNet, Zhang et al. 2018) and add
their output to the input. Upscalers work on the input's own grid and add their output to a
bicubic enlargement, written as a fixed 5x5 convolution whose channels are the phases.
"""
import dataclasses

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SLOPE = 0.1     # of the leaky ReLUs: with plain ones a third of the channels died for good


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How one network is built and trained; every number that makes it what it is."""
    purpose: str            # denoise, white, deblock, upscale: also selects the degradation
    channels: int           # of the hidden layers
    layers: int             # 3x3 convolutions
    steps: int              # optimiser steps
    scale: int = 1          # output pixels per input pixel, each way
    batch: int = 16         # patches per step
    patch: int = 64         # input pixels each way of a patch
    rate: float = 0.01      # Muon's step size between warm-up and decay
    decay: float = 0.6      # last part of the steps, in which the rate falls to zero
    start: str = ''         # network whose weights are the start, where shapes agree
    grid: float = 0.0       # weight in the loss of errors that repeat with the 2x2 pixels of the shuffle
    decibels: bool = False  # the loss counts each patch's error in decibels
    flats: float = 0.0      # weight in the loss of how far flat colours move
    opponent: float = 0.0   # weight in the loss of how surely a judge (judge.py) sees through the result
    seed: int = 1

    @property
    def shuffle(self):
        """Side of the pixel block shuffled into channels at the input."""
        return 2 if self.scale == 1 else 1


RECIPES = {
    'denoise-white': Recipe('white', 64, 10, 4500),
    'denoise': Recipe('denoise', 80, 12, 16000, batch=8, rate=0.006, decay=0.7, grid=0.5, decibels=True,
                      start='denoise-white'),
    'upscale2x': Recipe('upscale', 64, 12, 16000, scale=2, patch=32, decay=0.7, flats=1.0),
    'deblock': Recipe('deblock', 64, 10, 6000, batch=8, rate=0.006, decay=0.8, start='denoise-white'),
    'denoise-fast-white': Recipe('white', 48, 7, 8000, batch=8, grid=1.0),
    'denoise-fast': Recipe('denoise', 48, 7, 6000, batch=8, rate=0.006, decay=0.7, grid=1.0, decibels=True,
                           start='denoise-fast-white'),
    'upscale4x': Recipe('upscale', 64, 12, 8000, scale=4, patch=24, rate=0.006, decay=0.8, flats=1.0,
                         start='upscale2x'),
    'upscale4x-sharp': Recipe('upscale', 64, 12, 2500, scale=4, patch=24, rate=0.002, decay=0.6, flats=1.0,
                              opponent=0.005, start='upscale4x'),
    'upscale2x-fast': Recipe('upscale', 24, 6, 6000, scale=2, batch=8, patch=32),
}


def bicubic_phases(scale, a=-0.5):
    """Weights (scale^2, 5, 5) of the enlargement by `scale`: one 5x5 kernel per output phase."""
    def kernel(x):
        x = abs(x)
        if x < 1:
            return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1
        return a * (x ** 3 - 5 * x ** 2 + 8 * x - 4) if x < 2 else 0.0
    rows = []
    for phase in range(scale):
        centre = (phase + 0.5) / scale - 0.5
        rows.append([kernel(tap - centre) for tap in range(-2, 3)])
    rows = np.array(rows)
    return np.einsum('ik,jl->ijkl', rows, rows).reshape(scale * scale, 5, 5).astype(np.float32)


class Chain(nn.Module):
    """(N, 3, H, W) to (N, 3, scale*H, scale*W), RGB 0..1; 1x wants even H and W."""

    def __init__(self, recipe):
        super().__init__()
        self.scale, self.shuffle = recipe.scale, recipe.shuffle
        ends = [3 * self.shuffle ** 2] + [recipe.channels] * (recipe.layers - 1)
        ends += [3 * (self.shuffle * self.scale) ** 2]
        self.convs = nn.ModuleList(nn.Conv2d(i, o, 3, padding=1) for i, o in zip(ends, ends[1:]))
        if self.scale > 1:
            phases = torch.from_numpy(bicubic_phases(self.scale))
            weight = torch.zeros(3, len(phases), 3, 5, 5)
            for colour in range(3):
                weight[colour, :, colour] = phases
            self.register_buffer('bicubic', weight.flatten(0, 1), persistent=False)
        self.initialise()

    def initialise(self):
        """Begin at the identity (or at bicubic), hidden layers as identity plus a little noise:
        the plain chain then learns as a residual network does and costs nothing more."""
        for conv in self.convs:
            nn.init.kaiming_normal_(conv.weight, SLOPE)
            nn.init.zeros_(conv.bias)
        with torch.no_grad():
            # Edges first: brightness alone would drive all of a layer's ReLUs one way.
            self.convs[0].weight -= self.convs[0].weight.mean((1, 2, 3), keepdim=True)
            for conv in self.convs[1:-1]:
                conv.weight *= 0.3
                for channel in range(conv.out_channels):
                    conv.weight[channel, channel, 1, 1] += 1
            self.convs[-1].weight *= 0.01

    def strengthen(self):
        """Give it second biases, zeros, which a strength above 1 adds; see strengthen.py."""
        self.stronger = nn.ParameterList(nn.Parameter(torch.zeros_like(conv.bias)) for conv in self.convs)

    def layer(self, index, x, above):
        """One convolution; `above` is how far the strength is above 1, (N, 1, 1, 1), or None."""
        x = self.convs[index](x)
        return x if above is None else x + above * self.stronger[index][:, None, None]

    def forward(self, picture, above=None):
        x = F.pixel_unshuffle(picture, self.shuffle) if self.shuffle > 1 else picture
        last = len(self.convs) - 1
        for index in range(last):
            x = F.leaky_relu(self.layer(index, x, above), SLOPE, inplace=True)
        x = F.pixel_shuffle(self.layer(last, x, above), self.shuffle * self.scale)
        if self.scale == 1:
            return picture + x
        # Zeros outside would darken the enlargement at the patch's border and teach the chain
        # to mend it; the library extends the picture by reflection, so there is nothing to mend.
        skip = F.conv2d(F.pad(picture, (2, 2, 2, 2), 'replicate'), self.bicubic)
        return F.pixel_shuffle(skip, self.scale) + x

    def change_of_flats(self, colours):
        """(N, 3) to (N, 3 * scale ** 2): what is added to pictures of one colour far from their borders, where a
        convolution sees the same everywhere."""
        x = colours.repeat_interleave(self.shuffle ** 2, 1)
        for conv in self.convs:
            x = F.linear(x, conv.weight.sum((2, 3)), conv.bias)
            x = F.leaky_relu(x, SLOPE) if conv is not self.convs[-1] else x
        return x

    def macs(self):
        """Multiply-adds per input pixel, the bicubic skip included (its zero taps too)."""
        total = sum(c.weight.numel() for c in self.convs) // self.shuffle ** 2
        return total + (self.bicubic.numel() if self.scale > 1 else 0)

    def reach(self):
        """Input pixels on each side that can change an output pixel."""
        if self.shuffle > 1:                    # whole 2x2 blocks, and the block's other pixel
            return 2 * len(self.convs) + 1
        return max(len(self.convs), 2)
