#!/usr/bin/env python3
"""Teach a denoiser to remove more than it would: strengthen.py NAME [--steps N] [--cache DIR]

For `--strength` above 1. The committed network stays as it is, to the bit. To each bias comes a second one, which is
added `strength - 1` times. These are trained so that the network gives of a picture with noise n what it gives, as it
is, of the clean picture with noise of the same kind `ABOVE * (strength - 1)` times as strong: what such noise would
hide goes too, and where there is no noise nothing does.
Writes checkpoints/NAME-stronger.pt and models/NAME.onnx.
"""
import argparse
import pathlib
import time

import numpy as np
import torch

import export
import nets
import train

ABOVE = 2.5     # noise that is hidden at a strength of 2, in the picture's own


def turned(noise):
    """The noise of (N, 3, H, W) patches as it may lie elsewhere."""
    return torch.flip(noise, (2, 3))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('name', choices=nets.RECIPES)
    parser.add_argument('--steps', type=int, default=1500)
    parser.add_argument('--rate', type=float, default=0.003)
    parser.add_argument('--seed', type=int, default=11)
    parser.add_argument('--cache', default=train.HERE.parent / 'build' / 'training')
    parser.add_argument('--no-export', action='store_true')
    parser.add_argument('--bf16', action='store_true', help='convolve in bfloat16')
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_flush_denormal(True)
    net = export.load(args.name).requires_grad_(False)
    net.strengthen()
    patches = train.Patches(nets.RECIPES[args.name], args.cache)
    adam = torch.optim.Adam(net.stronger, args.rate, betas=(0.9, 0.98))
    clock, total = time.time(), 0.0
    for step in range(args.steps):
        adam.param_groups[0]['lr'] = args.rate * min(1, 2 * (1 - step / args.steps))
        bad, good = patches.batch(args.seed, step)
        above = torch.from_numpy(np.random.default_rng([args.seed, step]).random((len(bad), 1, 1, 1), np.float32))
        with torch.autocast('cpu', torch.bfloat16, enabled=args.bf16):
            with torch.no_grad():
                wanted = net(good + ABOVE * above * turned(bad - good)).float()
            made = net(bad, above).float()
        loss = train.loss_of(made - wanted, nets.RECIPES[args.name])
        adam.zero_grad()
        loss.backward()
        adam.step()
        total += loss.item()
        if (step + 1) % 100 == 0:
            print(f'{args.name} step {step + 1} loss {total / 100:.4f} {time.time() - clock:.0f} s', flush=True)
            total = 0.0
    export.checkpoint_stronger(net, args.name)
    if not args.no_export:
        print(export.to_onnx(export.load(args.name), args.name))


if __name__ == '__main__':
    main()
