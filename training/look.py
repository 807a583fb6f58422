#!/usr/bin/env python3
"""The simulated noise beside real noise, to be compared by a person: look.py [--out DIR]

Writes a sheet of pictures for each model of noise (clean above, noisy below) and one of real pairs, the noise
alone twelve times as strong below them, and prints one table: spread of luma and chroma, correlation of the
channels and of neighbours, and how the power of luma and chroma falls over the spectrum. Real pairs are
PolyU's in shared/images/realnoise: they are measured and looked at, never trained on.
"""
import argparse
import pathlib

import numpy as np
from PIL import Image

import camera
import degrade
import prepare

HERE = pathlib.Path(__file__).resolve().parent
REAL = HERE.parent.parent / 'shared' / 'images' / 'realnoise'
SIDE = 128          # pixels of a patch on the sheet
LAGS = (1, 2, 4, 8)
BANDS = 6           # of the spectrum, from 0 to half a cycle per pixel
MODELS = {'white': camera.white, 'grain': camera.grain, 'sensor': camera.developed, 'camera': camera.noise}


def opponents(noise):
    """(luma, chroma) planes of noise (height, width, 3): chroma is red less luma."""
    luma = noise @ camera.LUMA
    return luma, noise[:, :, 0] - luma


def neighbours(plane):
    """Correlation of samples LAGS pixels apart along a row."""
    plane = plane - plane.mean()
    power = np.mean(plane * plane) + 1e-12
    return [np.mean(plane[:, :-lag] * plane[:, lag:]) / power for lag in LAGS]


def spectrum(plane):
    """Share of the power in BANDS rings of frequency, per frequency, the sum one."""
    height, width = plane.shape
    power = np.abs(np.fft.fft2(plane - plane.mean())) ** 2
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(width), np.fft.fftfreq(height)))
    rings = np.minimum((radius * 2 * BANDS).astype(int), BANDS)     # the corners beyond half a cycle are the last
    mean = np.array([power[rings == ring].mean() for ring in range(BANDS)])
    return mean / (mean.sum() + 1e-12)


def figures(clean, noisy):
    """What the table says of one pair: a vector."""
    noise = noisy - clean
    planes = opponents(noise)
    with np.errstate(invalid='ignore', divide='ignore'):
        channels = np.nan_to_num(np.corrcoef(noise.reshape(-1, 3).T))
    spread = [255 * p.std() for p in planes]
    return np.concatenate([spread, [channels[0, 1], channels[1, 2], channels[0, 2]],
                           *map(neighbours, planes), *map(spectrum, planes)])


def simulated(model, photos, count, subsample_chance):
    """`count` pairs (clean, noisy) of one model, through a file as training has it."""
    for seed in range(count):
        rng = np.random.default_rng([7, seed])
        photo = photos[int(rng.integers(len(photos)))]
        y, x = (int(rng.integers(n - SIDE + 1)) for n in photo.shape[:2])
        clean = photo[y:y + SIDE, x:x + SIDE].astype(np.float32) / 255
        noisy = (clean + model(rng, clean)).transpose(2, 0, 1)
        kept = degrade.filed(rng, noisy, subsample_chance).transpose(1, 2, 0)
        top, left = (SIDE - n for n in kept.shape[:2])
        yield clean[top:, left:], kept


def real(count):
    """`count` pairs of real noise, a patch from the middle of each."""
    for path in sorted(REAL.glob('*_mean.JPG'))[::max(1, 75 // count)][:count]:
        pair = (np.asarray(Image.open(str(path).replace('_mean', n)).convert('RGB')) for n in ('_mean', '_real'))
        yield tuple(p[192:192 + SIDE, 192:192 + SIDE].astype(np.float32) / 255 for p in pair)


def sheet(pairs, path):
    """Columns of clean, noisy and the noise twelve times as strong."""
    columns = []
    for clean, noisy in pairs:
        column = np.concatenate([clean, noisy, .5 + 12 * (noisy - clean)])
        columns.append(np.pad(column, ((0, 3 * SIDE - len(column)), (0, SIDE - column.shape[1]), (0, 0))))
    picture = (np.clip(np.concatenate(columns, 1), 0, 1) * 255 + .5).astype(np.uint8)
    Image.fromarray(picture).save(path)


def row(name, values):
    """One line of the table."""
    groups = (2, 3, len(LAGS), len(LAGS), BANDS, BANDS)
    formats = ('{:.1f}', '{:.2f}', '{:.2f}', '{:.2f}', '{:.2f}', '{:.2f}')
    cells, at = [], 0
    for size, form in zip(groups, formats):
        cells.append(' '.join(form.format(v) for v in values[at:at + size]))
        at += size
    return f'| {name} | ' + ' | '.join(cells) + ' |'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--cache', default=HERE.parent / 'build' / 'training')
    parser.add_argument('--out', default=HERE.parent / 'build' / 'look')
    parser.add_argument('--count', type=int, default=120, help='pairs that the table is a median of')
    parser.add_argument('--only', help='one of the rows')
    args = parser.parse_args()
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    photos = prepare.load(args.cache)['1/2']
    print('| noise | spread of luma, red less luma | R-G, G-B, R-B | luma 1 2 4 8 apart | chroma 1 2 4 8 apart '
          '| luma, low to high frequency | chroma |')
    print('| --- | --- | --- | --- | --- | --- | --- |')
    sources = {name: lambda model=model, name=name: simulated(
        model, photos, args.count, .75 if name in ('camera', 'sensor') else 0) for name, model in MODELS.items()}
    if REAL.exists():
        sources['real'] = lambda: real(min(args.count, 75))
    for name, source in sources.items():
        if args.only not in (None, name):
            continue
        pairs = [pair for pair in source() if (pair[0] != pair[1]).any()]
        print(row(name, np.median([figures(*pair) for pair in pairs], axis=0)), flush=True)
        sheet(pairs[:16], out / f'{name}.png')


if __name__ == '__main__':
    main()
