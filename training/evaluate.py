#!/usr/bin/env python3
"""Measure networks on pictures they never saw: evaluate.py [NAME or FILE.onnx]... [--images DIR]

Everything is 8 bits, as a file holds it: the degraded input and the result. PSNR is over RGB,
for Set5 over luma less a border of `scale` pixels, as the papers do. SSIM is over luma.
"""
import argparse
import pathlib
import re

import cv2
import numpy as np
import torch
from PIL import Image

import degrade
import interpret
import measure

HERE = pathlib.Path(__file__).resolve().parent
IMAGES = HERE.parent.parent / 'shared' / 'images'
PURPOSES = ('denoise', 'deblock', 'upscale2', 'upscale4')


def read(path):
    """uint8 (height, width, 3)."""
    return np.asarray(Image.open(path).convert('RGB'))


def degraded(picture, how, seed):
    """`picture` (uint8) after how(rng, planes 0..1), again uint8."""
    planes = picture.transpose(2, 0, 1).astype(np.float32) / 255
    planes = how(np.random.default_rng(seed), planes)
    return (np.clip(planes, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0)


def reduced(picture, scale):
    """Bicubic reduction; the picture is cut to a multiple of `scale` first."""
    height, width = (side // scale for side in picture.shape[:2])
    cut = picture[:height * scale, :width * scale]
    return cut, np.asarray(Image.fromarray(cut).resize((width, height), Image.BICUBIC))


def low_quality(rng, planes):
    """Noise of sigma 3, then JPEG 75 with halved chroma."""
    return degrade.jpeg(degrade.gaussian(rng, planes, 3), 75, True)


def shared_noise(rng, planes, sigma):
    """White noise that the three channels share."""
    return planes + rng.standard_normal((1, *planes.shape[1:]), np.float32) * np.float32(sigma / 255)


def noisy_file(rng, planes):
    """White noise of sigma 15, then JPEG 85 with halved chroma."""
    return degrade.jpeg(degrade.gaussian(rng, planes, 15), 85, True)


def noisy_sets(images):
    """The cases of denoise beyond white noise on the held-out photographs."""
    held = [read(p) for p in sorted((images / 'heldout').glob('*.png'))]
    for name, how in (('camera', degrade.camera), ('shared sigma 15', lambda rng, p: shared_noise(rng, p, 15)),
                      ('sigma 15 q85 4:2:0', noisy_file)):
        yield 'heldout', name, [(p, degraded(p, how, seed)) for seed, p in enumerate(held)]
    for folder, name, sigma, how in (('set12_gray', 'Set12', 15, shared_noise), ('set12_gray', 'Set12', 25, shared_noise),
                                     ('cbsd68', 'CBSD68', 25, degrade.gaussian)):
        paths = sorted((images / folder).glob('*.png'))
        pairs = [(p, degraded(p, lambda rng, x: how(rng, x, sigma), seed)) for seed, p in enumerate(map(read, paths))]
        yield name, f'{"grey " if "gray" in folder else ""}sigma {sigma}', pairs
    paths = sorted((images / 'realnoise').glob('*_mean.JPG'))
    yield 'PolyU', 'real', [(read(p), read(str(p).replace('_mean', '_real'))) for p in paths]


def cases(images, purpose):
    """(set, degradation, [(clean, degraded) ...]) for one of PURPOSES."""
    images = pathlib.Path(images)
    held = [read(p) for p in sorted((images / 'heldout').glob('*.png'))]

    def each(how):
        return [(p, degraded(p, how, seed)) for seed, p in enumerate(held)]
    if purpose == 'denoise':
        for sigma in (0, 5, 15, 25, 50):
            yield 'heldout', f'sigma {sigma}', each(lambda rng, p: degrade.gaussian(rng, p, sigma))
        yield from noisy_sets(images)
    elif purpose == 'deblock':
        for quality in (10, 20, 40, 90):
            for subsample in (True, False):
                name = f'q{quality} {"4:2:0" if subsample else "4:4:4"}'
                yield 'heldout', name, each(lambda rng, p: degrade.jpeg(p, quality, subsample))
    else:
        scale = int(purpose[-1])
        pairs = []
        for path in sorted((images / 'set5').glob('*.png')):
            small = read(images / 'set5' / 'LR' / f'{path.stem}x{scale}.png')
            high = read(path)[:small.shape[0] * scale, :small.shape[1] * scale]
            pairs.append((high, small))
        yield 'Set5', f'bicubic {scale}x', pairs
        pairs = [reduced(p, scale) for p in held]
        yield 'heldout', f'bicubic {scale}x', pairs
        yield 'heldout', f'{scale}x s3 q75', [(p, degraded(q, low_quality, s)) for s, (p, q) in enumerate(pairs)]


def apply(network, picture):
    """The network over a uint8 picture as the library runs it: even size, reflected halo, 8 bits."""
    reach = int(network.properties.get('seamless.receptive_field', 0))
    halo = reach + reach % 2
    height, width = picture.shape[:2]
    even = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), 'reflect')
    even = np.pad(even, ((halo, halo), (halo, halo), (0, 0)), 'reflect')
    if network.channels == 1 and np.ptp(picture, 2).max() == 0:
        y = network(torch.from_numpy(picture[None, None, :, :, 0].astype(np.float32) / 255))[0, 0]
        return np.repeat((y.clamp(0, 1) * 255 + 0.5).byte().numpy()[:, :, None], 3, 2)
    if network.channels == 1:       # a luma network: chroma is enlarged bicubically
        return apply_luma(network, picture)
    x = torch.from_numpy(even.transpose(2, 0, 1).astype(np.float32)[None] / 255)
    y = network(x)
    scale = y.shape[2] // x.shape[2]
    y = y[0, :, halo * scale:(halo + height) * scale, halo * scale:(halo + width) * scale]
    return (y.clamp(0, 1) * 255 + 0.5).byte().numpy().transpose(1, 2, 0)


def apply_luma(network, picture):
    """An upscaler that knows only luma (studio range / 255)."""
    plane = measure.luma(picture).astype(np.float32) / 255
    y = network(torch.from_numpy(plane[None, None]))[0, 0].numpy() * 255
    size = y.shape[1], y.shape[0]
    large = np.asarray(Image.fromarray(picture).resize(size, Image.BICUBIC)).astype(np.float64)
    change = (y - measure.luma(large)) * 255 / 219
    return np.clip(large + change[..., None] + 0.5, 0, 255).astype(np.uint8)


def nothing(picture, scale, detail):
    return picture


def bicubic(picture, scale, detail):
    return np.asarray(Image.fromarray(picture).resize((picture.shape[1] * scale, picture.shape[0] * scale),
                                                      Image.BICUBIC))


def lanczos(picture, scale, detail):
    return np.asarray(Image.fromarray(picture).resize((picture.shape[1] * scale, picture.shape[0] * scale),
                                                      Image.LANCZOS))


def non_local_means(picture, scale, detail):
    """OpenCV's, told the noise's sigma (of real noise 5, of a camera's 10): h = 0.5 to 0.7 sigma was best of 0.5..1.4."""
    told = re.search(r'sigma (\d+)', detail)
    sigma = float(told[1]) if told else 5 if detail == 'real' else 10
    if sigma == 0:
        return picture
    bgr = picture[:, :, ::-1].copy()
    strength = (0.5 if sigma < 20 else 0.7) * sigma
    return cv2.fastNlMeansDenoisingColored(bgr, None, strength, 0.7 * sigma, 7, 21)[:, :, ::-1]


def middle(pairs, side):
    """The middle `side` pixels each way of both pictures of each pair."""
    for pair in pairs:
        height, width = pair[0].shape[:2]
        y, x = max(0, height - side) // 2, max(0, width - side) // 2
        yield tuple(p[y:y + side, x:x + side] for p in pair)


def scores(method, pairs, scale, detail, shave):
    """Of each pair: [PSNR dB ...], [SSIM ...]. shave: luma PSNR less this border; 0: colour PSNR."""
    psnrs, ssims = [], []
    for clean, bad in pairs:
        result = method(bad, scale, detail)
        a, b = measure.luma(clean), measure.luma(result)
        if shave:
            a, b = (x[shave:-shave, shave:-shave] for x in (a, b))
            psnrs.append(measure.psnr(a, b))
        else:
            psnrs.append(measure.psnr(clean, result))
        ssims.append(measure.ssim(a, b))
    return np.array(psnrs), np.array(ssims)


def flat_shift(network):
    """Largest change of the mean colour (255ths) of flat pictures, seven colours, exact float."""
    worst = 0.0
    for colour in ((0, 0, 0), (255, 255, 255), (128, 128, 128), (200, 30, 40), (20, 160, 60), (30, 60, 190),
                   (230, 200, 170)):
        x = torch.tensor(colour).float().view(1, 3, 1, 1).expand(1, 3, 96, 96) / 255
        y = network(x)
        border = y.shape[2] // 3        # zeros beyond the picture must not count
        inner = y[:, :, border:-border, border:-border].clamp(0, 1)
        worst = max(worst, (inner.mean((0, 2, 3)) * 255 - torch.tensor(colour)).abs().max().item())
    return worst


def phase_spread(network, purpose):
    """The pattern that a network's shuffle leaves on noisy flats: (mean, local), in 255ths, the worst of three greys.

    mean: how far the means of the phases (2x2 pixels, or scale x scale) lie apart over a whole flat, as a standard
    deviation. local: root mean square of what repeats with the phases within 16 of them each way.
    """
    scale = int(network.properties.get('seamless.scale', 1))
    block, sigma = max(scale, 2), 25 if purpose == 'denoise' else 3
    means, locals_ = [], []
    for seed, grey in enumerate((60, 128, 200)):
        flat = np.full((384, 384, 3), grey, np.uint8)
        result = apply(network, degraded(flat, lambda rng, p: degrade.gaussian(rng, p, sigma), seed)).astype(float)
        side = result.shape[0] // (16 * block)
        result = result[:side * 16 * block, :side * 16 * block]
        phases = result.reshape(side, 16, block, side, 16, block, 3).mean((1, 4))       # y, phase, x, phase, colour
        means.append(phases.mean((0, 2)).std((0, 1)).max())
        locals_.append(np.sqrt(phases.var((1, 3)).mean()))
    return max(means), max(locals_)


def purpose_of(network):
    """One of PURPOSES, from the properties export.py writes; without them (smooth) a network is taken to denoise."""
    purpose, scale = (network.properties.get(f'seamless.{k}', d) for k, d in (('purpose', 'denoise'), ('scale', '1')))
    return purpose + (scale if purpose == 'upscale' else '')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('names', nargs='+')
    parser.add_argument('--images', default=IMAGES)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--crop', type=int, help='only the middle so many pixels each way, after degrading (1x)')
    parser.add_argument('--cases', default='', help='only sets and degradations with this text')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for name in args.names:
        path = name if name.endswith('.onnx') else HERE.parent / 'models' / f'{name}.onnx'
        network = interpret.Network(path)
        purpose = purpose_of(network)
        scale = int(network.properties.get('seamless.scale', 1))
        means, local = phase_spread(network, purpose)
        print(f'{name}: {network.parameters()} numbers, flat colours move by at most {flat_shift(network):.3f}/255, '
              f'phases of noisy flats lie {means:.2f}/255 apart (within 16 of them {local:.2f})\n')
        base = nothing if scale == 1 else bicubic
        print(f'| set | degradation | {base.__name__}, dB | {name}, dB | gain | least gain | SSIM before | SSIM after |')
        print('| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |')
        for where, detail, pairs in cases(args.images, purpose):
            shave = scale if where == 'Set5' else 0
            if args.cases not in f'{where} {detail}':
                continue
            if args.crop and scale == 1:
                pairs = list(middle(pairs, args.crop))
            before = scores(base, pairs, scale, detail, shave)
            after = scores(lambda p, s, d: apply(network, p), pairs, scale, detail, shave)
            gain = after[0] - before[0]
            print(f'| {where} | {detail} | {before[0].mean():.2f} | {after[0].mean():.2f} | {gain.mean():+.2f} '
                  f'| {gain.min():+.2f} | {before[1].mean():.4f} | {after[1].mean():.4f} |', flush=True)
        print(f'\n{network.macs:.0f} multiply-adds per input pixel', flush=True)


if __name__ == '__main__':
    main()
