#!/usr/bin/env python3
"""Turn a folder of photographs into the arrays that training reads.

    prepare.py DIR [--cache CACHE] [--credits README.md --tsv data.tsv]

Every picture is cut to multiples of 16 and stored with its bicubic reductions
(Pillow's antialiased bicubic, a = -0.5: the kernel of the usual super-resolution
benchmarks). One flat uint8 file per level, and index.json with the shapes.
"""
import argparse
import hashlib
import json
import pathlib

import numpy as np
from PIL import Image

PICTURES = {'.jpg', '.jpeg', '.png', '.tif', '.tiff', '.webp'}
# level: (level it is made from, reduction). A reduction of a reduction is not the same
# picture as one reduction by the product, so a super-resolution pair needs its own.
LEVELS = {'1': (None, 1), '1/2': ('1', 2), '1/4': ('1', 4), '2/2': ('1/2', 2), '2/4': ('1/2', 4)}


def pyramid(path):
    """RGB levels of one picture: {level: uint8 (height, width, 3)}."""
    picture = Image.open(path).convert('RGB')
    width, height = (side // 16 * 16 for side in picture.size)
    levels = {'1': picture.crop((0, 0, width, height))}
    for level, (source, factor) in LEVELS.items():
        if source:
            base = levels[source]
            levels[level] = base.resize((base.width // factor, base.height // factor), Image.BICUBIC)
    return {level: np.asarray(image) for level, image in levels.items()}


def prepare(folder, cache):
    """Write the levels of all pictures of `folder` (sorted by name) into `cache`."""
    files = sorted(p for p in pathlib.Path(folder).rglob('*') if p.suffix.lower() in PICTURES)
    if not files:
        raise SystemExit(f'{folder}: no pictures')
    cache = pathlib.Path(cache)
    cache.mkdir(parents=True, exist_ok=True)
    shapes = {level: [] for level in LEVELS}
    outputs = {level: open(cache / name_of(level), 'wb') for level in LEVELS}
    for path in files:
        for level, pixels in pyramid(path).items():
            shapes[level].append(pixels.shape)
            outputs[level].write(pixels.tobytes())
    for output in outputs.values():
        output.close()
    index = {'files': [p.name for p in files], 'shapes': shapes}
    (cache / 'index.json').write_text(json.dumps(index))
    return files


def name_of(level):
    """File name of a level inside the cache."""
    return 'level-' + level.replace('/', '-') + '.u8'


def load(cache):
    """The cache as {level: [uint8 (height, width, 3), ...]}, mapped, not read."""
    cache = pathlib.Path(cache)
    index = json.loads((cache / 'index.json').read_text())
    levels = {}
    for level, shapes in index['shapes'].items():
        flat = np.memmap(cache / name_of(level), np.uint8, 'r')
        ends = np.cumsum([np.prod(s) for s in shapes])
        levels[level] = [flat[e - np.prod(s):e].reshape(s) for s, e in zip(shapes, ends)]
    return levels


def write_tsv(files, credits, tsv):
    """List the pictures with author, licence and source, read from the Markdown table `credits`."""
    rows = {}
    for line in pathlib.Path(credits).read_text().splitlines():
        cells = [c.strip() for c in line.strip('|').split('|')]
        if len(cells) == 7 and '/' in cells[0]:
            rows[pathlib.Path(cells[0]).name] = cells
    lines = ['file\ttitle\tauthor\tlicence\tsource\tsha256']
    for path in files:
        _, source, blob, author, licence, _, _ = rows[path.name]
        title = path.stem.split('_', 1)[-1].replace('_', ' ')
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append('\t'.join((path.name, title, author, licence, f'{source} (git blob {blob})', digest)))
    pathlib.Path(tsv).write_text('\n'.join(lines) + '\n')


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('folder', metavar='DIR')
    parser.add_argument('--cache', default=here.parent / 'build' / 'training')
    parser.add_argument('--credits', help='Markdown table of the photographs, for --tsv')
    parser.add_argument('--tsv', default=here / 'data.tsv')
    args = parser.parse_args()
    files = prepare(args.folder, args.cache)
    if args.credits:
        write_tsv(files, args.credits, args.tsv)
    print(f'{len(files)} pictures prepared in {args.cache}')


if __name__ == '__main__':
    main()
