#!/usr/bin/env python3
"""Train one network: train.py NAME [--cache CACHE] [--resume] [--steps N]

A step's patches depend on the seed and the step alone, so a run that was cut goes on with
--resume as if nothing had been. The rate is flat between warm-up and decay, so a longer run
(--steps) shares its beginning with a shorter one. Without a run of its own to go on with,
--resume starts from the committed checkpoints/NAME.pt (weights only).
"""
import argparse
import concurrent.futures
import os
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F

import degrade
import export
import judge
import nets
import optimiser
import prepare

HERE = pathlib.Path(__file__).resolve().parent
MARGIN = 16         # pixels around a JPEG patch: its block grid falls anywhere in the patch
WARM_UP = 50        # steps
GRID_BOX = 8        # 2x2 blocks each way over which an error that repeats with them is averaged
BIAS_RATE = 0.1     # Adam's rate for the biases, in parts of Muon's for the weights
INVISIBLE = 1 / 255     # an error that counting in decibels does not try to make smaller still
SPARE_EVERY = 29    # every 29th photograph is kept from training, to watch it


class Patches:
    """Pairs (degraded, clean) of random patches."""

    def __init__(self, recipe, cache):
        levels = prepare.load(cache)
        self.recipe = recipe
        # Half of the patches come from the pictures reduced by two, sharper and cleaner, or, where
        # textures as fine as noise have to be told from it, by four.
        names = [('1', '1'), ('1/2', '1/2')]
        if recipe.scale > 1:
            names = [('1', f'1/{recipe.scale}'), ('1/2', f'2/{recipe.scale}')]
        elif recipe.purpose == 'denoise':
            names = names * 2 + [('1/4', '1/4')]
        self.pairs = [(levels[clean], levels[small]) for clean, small in names]
        count = len(levels['1'])
        self.train = [i for i in range(count) if i % SPARE_EVERY != SPARE_EVERY - 1]
        self.spare = [i for i in range(count) if i % SPARE_EVERY == SPARE_EVERY - 1]

    def one(self, rng, photos, patch):
        """One pair of float32 patches: (3, p, p) degraded, (3, s*p, s*p) clean."""
        scale = self.recipe.scale
        clean, small = self.pairs[int(rng.integers(len(self.pairs)))]
        photo = photos[int(rng.integers(len(photos)))]
        turn, flip = rng.integers(4), rng.integers(2)

        def cut(side):
            """Both, `side` pixels of the small one each way."""
            height, width, _ = small[photo].shape
            side = min(side, height, width)
            y, x = rng.integers(height - side + 1), rng.integers(width - side + 1)
            bad = small[photo][y:y + side, x:x + side]
            good = clean[photo][y * scale:(y + side) * scale, x * scale:(x + side) * scale]
            bad, good = (np.rot90(p, turn)[:, ::-1 if flip else 1] for p in (bad, good))
            return (p.transpose(2, 0, 1).astype(np.float32) / 255 for p in (bad, good))
        if self.recipe.purpose == 'denoise':
            return degrade.for_denoise(rng, lambda side: next(cut(side)), patch)
        margin = MARGIN if self.recipe.purpose == 'deblock' else 0
        bad, good = cut(patch + margin)
        if scale > 1:
            bad, good = degrade.for_upscale(rng, bad, good, scale)
            return np.ascontiguousarray(bad), good
        bad = degrade.BY_PURPOSE[self.recipe.purpose](rng, bad)
        if margin:
            y, x = rng.integers(bad.shape[1] - patch + 1, size=2)
            bad, good = (p[:, y:y + patch, x:x + patch] for p in (bad, good))
        return bad, good

    def batch(self, seed, step, spare=False):
        """Tensors of one step: (N, 3, p, p) and (N, 3, s*p, s*p)."""
        rng = np.random.default_rng([seed, step])
        photos = self.spare if spare else self.train
        count, patch = self.recipe.batch, self.recipe.patch
        if decaying(step, self.recipe) and not spare:
            # Fewer, larger patches at the end: more pixels that see all of their surroundings.
            count, patch = count // 2, patch * 3 // 2
        pairs = [self.one(rng, photos, patch) for _ in range(count)]
        return tuple(torch.from_numpy(np.stack(side)) for side in zip(*pairs))


def decaying(step, recipe):
    """Whether the rate falls already at `step`."""
    return step >= (1 - recipe.decay) * recipe.steps


def rate_at(step, recipe):
    """Muon's rate at `step`: warm-up, flat, then straight down to zero."""
    left = (recipe.steps - step) / max(1, recipe.decay * recipe.steps)
    return recipe.rate * min(1, (step + 1) / WARM_UP, left)


def grid_error(difference):
    """How much of the error repeats with the 2x2 pixels that the shuffle makes channels of.

    Each phase of the 2x2 pixels has weights of its own, and where these disagree a flat area gets a
    pattern that the eye finds long before PSNR does: it counts here by the mean of the error times
    each carrier of that pattern (columns, rows, checkerboard) over GRID_BOX blocks each way.
    """
    count, colours, height, width = difference.shape
    a, b, c, d = F.pixel_unshuffle(difference, 2).view(count, colours, 4, height // 2, width // 2).unbind(2)
    carriers = torch.cat((a - b + c - d, a + b - c - d, a - b - c + d), 1) / 4
    return F.avg_pool2d(carriers, GRID_BOX).abs().mean((1, 2, 3))


def loss_of(difference, recipe):
    """What is made small: Charbonnier, or where the recipe counts in decibels the logarithm of each patch's
    squared error, so that a patch of slight noise weighs as much as one of strong noise; and the grid where
    the recipe weighs it."""
    if recipe.decibels:
        square = difference.square().mean((1, 2, 3)) + INVISIBLE ** 2
        grid = recipe.grid * grid_error(difference) / square.detach().sqrt() if recipe.grid else 0
        return (square.log() / 2 + grid).mean()
    loss = (difference.square() + 1e-6).sqrt().mean()
    return loss + recipe.grid * grid_error(difference).mean() if recipe.grid else loss


def deepen(stored, layers):
    """The stored chain with `layers` convolutions: what it lacks goes in evenly as hidden layers that hand their
    input on, so that the deeper chain begins near what the shorter one gave."""
    old = sum(key.endswith('.weight') for key in stored)
    if old >= layers:
        return stored
    hidden = old - 2                    # of the stored chain: the first and the last keep their places
    extra = layers - old
    order = [0]                         # for each layer of the deeper chain the one it comes from, or None
    for place in range(1, hidden + 1):
        order.append(place)
        order += [None] * (place * extra // hidden - (place - 1) * extra // hidden)
    order.append(old - 1)
    deeper = {}
    for new, source in enumerate(order):
        for part in ('weight', 'bias'):
            like = stored[f'convs.{source if source is not None else 1}.{part}'].float()
            if source is None:
                like = torch.zeros_like(like)
                if part == 'weight':
                    like[:, :, 1, 1] = torch.eye(len(like))
            deeper[f'convs.{new}.{part}'] = like
    return deeper


def embed(own, stored):
    """The stored weights in a network as wide or wider (state dictionaries): it gives what the narrower one gave,
    since what the new channels hand to the old ones begins at zero."""
    for key, value in stored.items():
        if own[key].dim() != value.dim() or any(a < b for a, b in zip(own[key].shape, value.shape)):
            continue
        if value.dim() == 4 and own[key].shape[2:] != value.shape[2:]:
            continue
        if value.dim() == 4:
            own[key][:value.shape[0], value.shape[1]:] = 0
        own[key][tuple(slice(n) for n in value.shape)] = value.float()


class Workers:
    """The gradient of a batch, by threads that take a share of its patches each.

    Each layer's own threads would have to meet after every layer, which takes far longer than the layer
    where other work has the cores too; these meet once a step.
    """

    def __init__(self, net, recipe, args, opponent=None):
        self.net, self.recipe, self.device, self.count = net, recipe, args.device, args.threads
        self.opponent = opponent
        shades = torch.linspace(0, 1, 6, device=args.device)
        self.flats = torch.cartesian_prod(shades, shades, shades)
        self.bf16 = args.bf16
        self.parameters = list(net.parameters())
        self.pool = concurrent.futures.ThreadPoolExecutor(args.threads)

    def share(self, bad, good, part):
        bad = bad.to(self.device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.split(':')[0], torch.bfloat16, enabled=self.bf16):
            mended = self.net(bad)
        mended, good = mended.float(), good.to(self.device)
        loss = loss_of(mended - good, self.recipe)
        if self.recipe.flats:
            loss = loss + self.recipe.flats * self.net.change_of_flats(self.flats).abs().mean()
        if self.opponent:
            loss = loss + self.opponent.loss(mended)
        loss = loss * part
        return loss.item(), torch.autograd.grad(loss, self.parameters), mended.detach(), good

    def begin(self, bad, good):
        """Start on a batch; the futures that finish() wants."""
        shares = zip(bad.chunk(self.count), good.chunk(self.count))
        return [self.pool.submit(self.share, *share, len(share[0]) / len(bad)) for share in shares]

    def finish(self, futures):
        """Put the mean gradient into the parameters, and let the opponent learn; the mean loss."""
        losses, gradients, mended, good = zip(*(future.result() for future in futures))
        for parameter, *parts in zip(self.parameters, *gradients):
            parameter.grad = sum(parts)
        if self.opponent:
            self.opponent.learn(torch.cat(mended), torch.cat(good))
        return sum(losses)


def watch(net, patches, device):
    """Mean PSNR before and after (dB) on patches of the spare photographs."""
    before, after = [], []
    with torch.no_grad():
        for step in range(8):
            bad, good = patches.batch(12345, step, spare=True)
            mended = net(bad.to(device)).cpu().clamp(0, 1)
            if patches.recipe.scale > 1:
                size = good.shape[-2:]
                bad = F.interpolate(bad, size, mode='bicubic', align_corners=False)
            for values, picture in ((before, bad.clamp(0, 1)), (after, mended)):
                error = (picture - good).square().flatten(1).mean(1).clamp_min(1e-7)
                values.append((-10 * error.log10()).mean().item())
    return np.mean(before), np.mean(after)


def begin(net, recipe, args, state_file):
    """Load what --resume or the recipe's start asks for; the state to go on with."""
    if args.resume and state_file.exists():
        state = torch.load(state_file, map_location='cpu')
        net.load_state_dict(state['net'])
        return state
    source = args.name if args.resume else recipe.start
    if source:
        stored = torch.load(HERE / 'checkpoints' / f'{source}.pt', map_location='cpu')['net']
        own = net.state_dict()
        embed(own, deepen(stored, recipe.layers))
        net.load_state_dict(own)
    return {'step': 0, 'optimiser': (), 'seconds': 0.0}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('name', choices=nets.RECIPES)
    parser.add_argument('--cache', default=HERE.parent / 'build' / 'training')
    parser.add_argument('--resume', action='store_true')
    parser.add_argument('--steps', type=int, help='instead of the recipe\'s')
    parser.add_argument('--rate', type=float, help='instead of the recipe\'s')
    parser.add_argument('--seed', type=int, help='instead of the recipe\'s: a run that goes on sees other patches')
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--threads', type=int, default=1 if torch.cuda.is_available() else min(4, os.cpu_count()),
                        help='shares of a batch that are worked at side by side')
    parser.add_argument('--bf16', action='store_true', help='convolve in bfloat16: three times as fast where the '
                        'processor has avx512_bf16')
    parser.add_argument('--work', help='where the running state lives (default: CACHE)')
    parser.add_argument('--no-export', action='store_true', help='leave checkpoints/ and models/ alone')
    args = parser.parse_args()
    changes = {k: getattr(args, k) for k in ('steps', 'rate', 'seed') if getattr(args, k)}
    recipe = nets.dataclasses.replace(nets.RECIPES[args.name], **changes)
    state_file = pathlib.Path(args.work or args.cache) / f'{args.name}.state'
    state_file.parent.mkdir(parents=True, exist_ok=True)

    torch.manual_seed(recipe.seed)
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)        # of a layer; see Workers
    net = nets.Chain(recipe)
    state = begin(net, recipe, args, state_file)
    step, seconds = state['step'], state['seconds']
    net = net.to(args.device).to(memory_format=torch.channels_last)
    optimisers = optimiser.both(net)
    for part, stored in zip(optimisers, state['optimiser']):
        part.load_state_dict(stored)
    patches = Patches(recipe, args.cache)
    opponent = judge.Opponent(args.device, recipe.opponent, args.bf16) if recipe.opponent else None
    if opponent and 'opponent' in state:
        opponent.load(state['opponent'])
    workers = Workers(net, recipe, args, opponent)

    def save():
        torch.save({'net': net.state_dict(), 'optimiser': [part.state_dict() for part in optimisers], 'step': step,
                    'seconds': seconds} | ({'opponent': opponent.state()} if opponent else {}),
                   state_file.with_suffix('.new'))
        state_file.with_suffix('.new').replace(state_file)

    batch = patches.batch(recipe.seed, step)
    clock = time.time()
    saved, loss_sum, since = clock, 0.0, 0
    while step < recipe.steps:
        for part, factor in zip(optimisers, (1, BIAS_RATE)):
            part.param_groups[0]['lr'] = rate_at(step, recipe) * factor
        futures = workers.begin(*batch)
        batch = patches.batch(recipe.seed, step + 1)        # the next, while they are at this one
        loss_sum += workers.finish(futures)
        for part in optimisers:
            part.step()
        step += 1
        since += 1
        now = time.time()
        seconds, clock = seconds + now - clock, now
        if step % 200 == 0 or step == recipe.steps:
            before, after = watch(net, patches, args.device)
            print(f'{args.name} step {step} loss {loss_sum / since:.5f} spare {before:.2f} -> {after:.2f} dB '
                  f'{seconds:.0f} s', flush=True)
            loss_sum, since = 0.0, 0
        if now - saved > 60:
            save()
            saved = now
    save()
    if not args.no_export:
        export.checkpoint(net, args.name, step, seconds)
        # From the checkpoint, rounded as it is: the model is what export.py makes of it.
        print(export.to_onnx(export.load(args.name), args.name))


if __name__ == '__main__':
    main()
