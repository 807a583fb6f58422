"""Degradations: what a picture suffers before a network mends it.

Patches are float32 (3, height, width), RGB 0..1; each function draws from the `rng` it is given.
"""
import io

import cv2
import numpy as np
from PIL import Image

import camera as cameras

SUBSAMPLED_ACROSS = 'across'     # chroma halved one way (4:2:2)
FILED_MARGIN = 16               # pixels around a patch: block grids fall anywhere in it
GAMMA = 2.2     # the tone curve between a sensor's light and the stored sample


def quantise(patch):
    """As an 8-bit file holds it."""
    return (np.clip(patch, 0, 1) * 255 + 0.5).astype(np.uint8).astype(np.float32) / 255


def gaussian(rng, patch, sigma):
    """White Gaussian noise of `sigma` (in 255ths)."""
    return patch + rng.standard_normal(patch.shape, np.float32) * np.float32(sigma / 255)


def bilinear_demosaic(plane):
    """Bilinear demosaicing of samples that are zero off their site (2x2 Bayer), one colour each.

    plane: (3, H, W) in the order R, G, B. The 3x3 tent is twice as strong for R and B, of which
    a 2x2 cell holds one, as for G.
    """
    def smooth(x, centre, side, corner):
        p = np.pad(x, 1, mode='reflect')
        sides = p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:]
        corners = p[:-2, :-2] + p[:-2, 2:] + p[2:, :-2] + p[2:, 2:]
        return centre * x + side * sides + corner * corners
    return np.stack([smooth(plane[0], 1, .5, .25), smooth(plane[1], 1, .25, 0), smooth(plane[2], 1, .5, .25)])


def camera(rng, patch):
    """Noise of a plain raw developer: Poisson-Gaussian on the sensor, demosaiced, white-balanced, tone-mapped.

    Demosaicing is linear, so the noise alone goes through it: the picture keeps its sharpness
    and the noise gets its correlation between neighbours and colours.
    """
    light = np.clip(patch, 0, 1) ** GAMMA
    gains = np.array([rng.uniform(1.3, 2.4), 1, rng.uniform(1.3, 2.2)], np.float32)[:, None, None]
    sensor = light / gains
    shot = 10 ** rng.uniform(-4.2, -1.9)
    read = 10 ** rng.uniform(-4.0, -2.2)
    noise = rng.standard_normal(patch.shape, np.float32) * np.sqrt(shot * sensor + read * read)
    _, height, width = patch.shape
    sites = np.zeros((3, height, width), np.float32)
    row, column = rng.integers(2, size=2)
    sites[0, row::2, column::2] = 1
    sites[2, 1 - row::2, 1 - column::2] = 1
    sites[1] = 1 - sites[0] - sites[2]
    noisy = light + gains * bilinear_demosaic(noise * sites)
    return np.clip(noisy, 0, 1).astype(np.float32) ** np.float32(1 / GAMMA)


def jpeg(patch, quality, subsample):
    """Through a JPEG file; `subsample` halves the chroma both ways (4:2:0), or across alone where it is 1."""
    pixels = (np.clip(patch, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, 'JPEG', quality=int(quality),
                                 subsampling=1 if subsample is SUBSAMPLED_ACROSS else 2 if subsample else 0)
    return np.asarray(Image.open(file), np.float32).transpose(2, 0, 1) / 255


def filed(rng, patch, chance):
    """Through a JPEG file of quality 60 to 100 by `chance`, through a second one at times, else to 8 bits."""
    if rng.random() >= chance:
        return quantise(patch)
    for _ in range(2 if rng.random() < 0.3 else 1):
        kind = rng.random()
        subsample = True if kind < 0.7 else SUBSAMPLED_ACROSS if kind < 0.8 else False
        patch = jpeg(patch, rng.integers(60, 101), subsample)
        y, x = rng.integers(4, size=2)          # the next grid lies elsewhere
        patch = patch[:, y:, x:]
    return patch


def resized(rng, clean, noise, side):
    """Both (H, W, 3) brought to `side` pixels each way by one of the usual filters."""
    if clean.shape[0] == side:
        return clean, noise
    ways = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
    # Enlarging by area repeats pixels; reducing by any other way than area leaves aliases, as viewers do.
    way = ways[int(rng.integers(1, 4))] if clean.shape[0] < side or rng.random() < 0.3 else cv2.INTER_AREA
    return tuple(cv2.resize(x, (side, side), interpolation=way) for x in (clean, noise))


def woven(rng, clean):
    """(H, W, 3) with a fine regular texture over a part of it: cloth, mesh, grilles, print, rows of windows.

    Photographs hold little of it, and what is as fine as noise is taken for noise by a network that never saw it.
    """
    height, width, _ = clean.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    drift = cameras.blur(rng.standard_normal((height, width), np.float32), rng.uniform(6, 16))
    x, y = (axis + drift * np.float32(rng.uniform(0, 30)) for axis in (x, y))
    angle, period = rng.uniform(0, np.pi), cameras.log_uniform(rng, 2.3, 10)
    waves = []
    for turn in (0, rng.uniform(.9, 2.2)):
        a, length = angle + turn, period * (rng.uniform(.7, 1.4) if turn else 1)
        phase = 2 * np.pi * (rng.random() + (x * np.cos(a) + y * np.sin(a)) / length)
        waves.append(np.sin(phase).astype(np.float32))
    kind = rng.random()
    wave = waves[0] if kind < .3 else waves[0] * waves[1] if kind < .6 else np.maximum(*waves)
    sharp = np.float32(cameras.log_uniform(rng, .3, 6))
    wave = np.tanh(wave * sharp) / np.tanh(sharp) / 2 + .5
    where = cameras.blur(rng.standard_normal((height, width), np.float32), rng.uniform(8, 24))
    where = np.clip(where / where.std() * 4 + rng.uniform(-2, 4), 0, 1) if rng.random() < .7 else np.ones_like(where)
    share = (wave * where * np.float32(rng.uniform(.1, 1)))[:, :, None]
    other = clean * np.float32(rng.uniform(0, .6)) if rng.random() < .6 else rng.random((1, 1, 3), np.float32)
    return clean + share * (other - clean)


def rotated(x, y, turn):
    """Coordinates along a line that lies at the angle `turn`, and across it."""
    return x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)


def furred(rng, clean):
    """(H, W, 3) with a fine irregular texture over a part of it: fur, cloth, plaster, sand, skin.

    Of one colour and as fine as noise, but longer one way than the other, or coarser: what tells it from noise is
    little, and a network that never saw it smooths it away.
    """
    height, width, _ = clean.shape
    side = 13
    y, x = np.mgrid[:side, :side].astype(np.float32) - side // 2
    turn, length = rng.uniform(0, np.pi), cameras.log_uniform(rng, .8, 3.5)
    thin = length * rng.uniform(.25, 1)
    along, across = rotated(x, y, turn)
    kernel = np.exp(-((along / length) ** 2 + (across / max(thin, .5)) ** 2) / 2).astype(np.float32)
    fur = cv2.filter2D(rng.standard_normal((height, width), np.float32), -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    fur -= cameras.blur(fur, 2.5 * length)
    where = cameras.blur(rng.standard_normal((height, width), np.float32), rng.uniform(8, 24))
    where = np.clip(where / where.std() * 4 + rng.uniform(-2, 4), 0, 1) if rng.random() < .7 else np.ones_like(where)
    share = fur / fur.std() * where * np.float32(cameras.log_uniform(rng, .015, .15))
    return np.clip(clean * (1 + share)[:, :, None], 0, 1)


def flat(rng, side):
    """(3, side, side) of one colour, as many as 8 bits have."""
    return np.broadcast_to(rng.integers(256, size=(3, 1, 1)).astype(np.float32) / 255, (3, side, side))


def for_denoise(rng, cut, side):
    """(degraded, clean) of `side` pixels each way: photographs as people have them.

    cut(n) gives a clean patch of n pixels each way. Clean 7 %, white noise 0 to 55 34 %, grain shared by the
    channels 26 %, a camera's 33 %; at times resized, grey, with a texture that photographs hold little of, and through one
    or two JPEG files.
    """
    kind = rng.random()
    model, in_jpeg = ((None, 0.2) if kind < 0.07 else (cameras.white, 0.2) if kind < 0.41 else
                      (cameras.grain, 0.4) if kind < 0.67 else (cameras.noise, 0.75))
    if rng.random() < 0.04:             # a flat colour: nothing may move it
        clean = flat(rng, side)
        return quantise(gaussian(rng, clean, rng.choice((0, 0, 3, 15)))), clean
    room = side + FILED_MARGIN
    factor = 1.0
    if rng.random() < 0.35:
        factor = rng.uniform(0.5, 1) if rng.random() < 0.4 else rng.uniform(1, 1.8)
    clean = np.ascontiguousarray(cut(int(np.ceil(room / factor))).transpose(1, 2, 0))
    grey = rng.random() < 0.27
    if grey:
        clean = np.repeat((clean @ cameras.LUMA)[:, :, None], 3, 2)
    texture = rng.random()
    if texture < 0.1:
        clean = woven(rng, clean)
    elif texture < 0.25 and model is not cameras.grain:     # grain looks the same, and has to go
        clean = furred(rng, clean)
    if rng.random() < 0.2:              # out of focus, as most of a photograph is at its full size
        clean = cameras.blur(clean, rng.uniform(0.5, 1.5))
    noise = model(rng, clean) if model else np.zeros_like(clean)
    if grey:
        noise = np.repeat(noise[:, :, rng.integers(3)][:, :, None], 3, 2)
    clean, noise = resized(rng, clean, noise, room)
    bad, good = (clean + noise).transpose(2, 0, 1), clean.transpose(2, 0, 1)
    lost = filed(rng, bad, in_jpeg)
    good = good[:, room - lost.shape[1]:, room - lost.shape[2]:]
    y, x = (int(rng.integers(n - side + 1)) for n in lost.shape[1:])
    return lost[:, y:y + side, x:x + side], np.clip(good[:, y:y + side, x:x + side], 0, 1)


def for_white(rng, patch):
    """Clean, Gaussian 0 to 55 or camera noise; mostly as 8-bit files hold it."""
    kind = rng.random()
    if kind < 0.08:
        return quantise(patch)
    if kind < 0.72:
        noisy = gaussian(rng, patch, rng.uniform(0, 55))
        return quantise(noisy) if rng.random() < 0.6 else noisy
    noisy = camera(rng, patch)
    if rng.random() < 0.15:
        return jpeg(noisy, rng.integers(85, 98), rng.random() < 0.5)
    return quantise(noisy)


def for_deblock(rng, patch):
    """JPEG of quality 8 to 95, the ends more often, chroma halved or not; one in 25 untouched.

    Low qualities have most to mend and high ones most to lose; those between learn from both.
    """
    if rng.random() < 0.04:
        return quantise(patch)
    kind = rng.random()
    lowest, highest = (8, 25) if kind < 0.45 else (80, 95) if kind < 0.65 else (8, 95)
    return jpeg(patch, rng.integers(lowest, highest + 1), rng.random() < 0.7)


def filed_anywhere(rng, patch, low, high):
    """Through a JPEG file of quality `low` to `high`, whose grid begins anywhere."""
    y, x = rng.integers(8, size=2)
    wide = np.pad(patch, ((0, 0), (y, 0), (x, 0)), 'edge')
    return jpeg(wide, rng.integers(low, high), rng.random() < 0.6)[:, y:, x:]


def unsharp(rng, clean, scale):
    """(H, W, 3) as a lens, a hand or a filter leaves it before it is reduced by `scale`: blurred evenly, along one
    direction or by a disc, at times sharpened."""
    kind, reach = rng.random(), scale * cameras.log_uniform(rng, .2, .9)
    if kind < .4:
        clean = cameras.blur(clean, reach)
    elif kind < .85:
        side = 2 * int(np.ceil(2.5 * reach)) + 1
        y, x = np.mgrid[:side, :side] - side // 2
        turn, thin = rng.uniform(0, np.pi), rng.uniform(.3, 1)
        along, across = rotated(x, y, turn)
        kernel = (np.exp(-(along ** 2 + (across / thin) ** 2) / (2 * reach ** 2)) if kind < .65 else
                  np.clip(1.6 * reach - np.hypot(along, across) + .5, 0, 1))
        clean = cv2.filter2D(clean, -1, (kernel / kernel.sum()).astype(np.float32), borderType=cv2.BORDER_REFLECT_101)
    if rng.random() < .25:
        clean = clean + np.float32(rng.uniform(.2, 1)) * (clean - cameras.blur(clean, rng.uniform(.6, 1.5)))
    return clean


def taken(rng, clean, scale):
    """The (3, s*p, s*p) picture as a person may have it, (3, p, p): blurred, reduced by one of the usual filters, with
    a camera's noise, grain or white noise, through one or two JPEG files."""
    clean = unsharp(rng, np.ascontiguousarray(clean.transpose(1, 2, 0)), scale)
    side = len(clean) // scale
    small, _ = resized(rng, clean, clean, side)
    small = np.clip(small, 0, 1)
    kind = rng.random()
    if kind < .6:
        model = cameras.white if kind < .2 else cameras.grain if kind < .35 else cameras.noise
        small = small + np.float32(rng.uniform(.1, .6)) * model(rng, small)
    patch = quantise(small.transpose(2, 0, 1))
    for _ in range(int(rng.random() < .7) + int(rng.random() < .25)):
        patch = filed_anywhere(rng, patch, 60, 101)
    return patch


def for_upscale(rng, patch, clean, scale):
    """(the reduced picture, the clean one): clean 55 %, with slight noise and JPEG 25 %, as people have it 17 %,
    flat 3 %."""
    kind = rng.random()
    if kind < 0.55:
        return patch, clean
    if kind > 0.97:                     # a flat colour: nothing may move it
        clean = flat(rng, clean.shape[1])
        return quantise(gaussian(rng, clean[:, ::scale, ::scale], rng.choice((0, 0, 2)))), clean
    if kind > 0.8:
        return taken(rng, clean, scale), clean
    if rng.random() < 0.75:
        patch = quantise(gaussian(rng, patch, rng.uniform(0, 6)))
    if rng.random() < 0.75:
        patch = filed_anywhere(rng, patch, 60, 96)
    return patch, clean


BY_PURPOSE = {'white': for_white, 'deblock': for_deblock}
