"""What a camera's noise looks like by the time a person has the file.

Pictures are float32 (height, width, 3), RGB 0..1 as displayed. `noise` returns what is to be added to a
picture, never the picture changed: sharpness, colours and moire of the picture stay as they were, so a
network learns to take noise away and nothing else. Only the final file (degrade.py) touches both.
"""
import cv2
import numpy as np

LUMA = np.array([.299, .587, .114], np.float32)
TABLE = 4095            # entries of a tone curve, over the square root of light: as fine as 8 bits in the dark
SENSOR_RANGE, SENSOR_BLACK = 52000, 8000        # of OpenCV's 16-bit demosaicing; black has room for negative noise
# From a sensor's colours to sRGB, rows that sum to one: typical of the published matrices of cameras.
COLOUR_MATRIX = np.array([[1.65, -.52, -.13], [-.18, 1.52, -.34], [.02, -.52, 1.50]], np.float32)
# Malvar, He and Cutler (2004): a missing colour is the bilinear mean of its own sites plus the Laplacian of the site's.
AT_SITE = np.array([[0, 0, -2, 0, 0], [0, 0, 4, 0, 0], [-2, 4, 8, 4, -2], [0, 0, 4, 0, 0], [0, 0, -2, 0, 0]],
                   np.float32) / 16
ALONG = np.array([[0, 0, 1, 0, 0], [0, -2, 0, -2, 0], [-2, 8, 10, 8, -2], [0, -2, 0, -2, 0], [0, 0, 1, 0, 0]],
                 np.float32) / 16
ACROSS = np.array([[0, 0, -3, 0, 0], [0, 4, 0, 4, 0], [-3, 0, 12, 0, -3], [0, 4, 0, 4, 0], [0, 0, -3, 0, 0]],
                  np.float32) / 16
cv2.setNumThreads(1)    # the cores are the network's


def log_uniform(rng, low, high):
    """A number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def blur(plane, sigma):
    """Gaussian blur, the border reflected."""
    return cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)


class Tone:
    """A camera's tone curve: a power, with more or less of an S over it; both ways by table."""

    def __init__(self, rng):
        root = np.linspace(0, 1, TABLE + 1, dtype=np.float32)       # square root of light
        shown = root ** np.float32(2 / rng.uniform(1.8, 2.5))
        contrast = np.float32(rng.uniform(0, .6))
        shown = (1 - contrast) * shown + contrast * shown * shown * (3 - 2 * shown)
        self.forward = shown
        self.inverse = np.interp(root, shown, root).astype(np.float32) ** 2

    def light(self, picture):
        """Light 0..1 of a displayed picture."""
        return self.inverse[(picture * TABLE).astype(np.int32)]

    def show(self, light):
        """What is displayed of `light`, cut to 0..1."""
        return self.forward[(np.sqrt(np.clip(light, 0, 1)) * TABLE).astype(np.int32)]


def mosaic(rgb):
    """The sites of a Bayer sensor, red at the top left: (height, width) of (height, width, 3)."""
    plane = rgb[:, :, 1].copy()
    plane[::2, ::2], plane[1::2, 1::2] = rgb[::2, ::2, 0], rgb[1::2, 1::2, 2]
    return plane


def by_opencv(code):
    """A demosaicing of OpenCV's, of a float mosaic."""
    def method(plane):
        samples = np.clip(plane * SENSOR_RANGE + SENSOR_BLACK, 0, 65535).astype(np.uint16)
        return (cv2.cvtColor(samples, code).astype(np.float32) - SENSOR_BLACK) / SENSOR_RANGE
    return method


def by_gradients(plane):
    """Malvar's demosaicing."""
    site, along, across, corner = (cv2.filter2D(plane, -1, k, borderType=cv2.BORDER_REFLECT_101)
                                   for k in (AT_SITE, ALONG, ALONG.T.copy(), ACROSS))
    rgb = np.repeat(plane[:, :, None], 3, 2)
    rgb[::2, ::2, 1], rgb[1::2, 1::2, 1] = site[::2, ::2], site[1::2, 1::2]
    rgb[::2, 1::2, 0], rgb[1::2, ::2, 0], rgb[1::2, 1::2, 0] = along[::2, 1::2], across[1::2, ::2], corner[1::2, 1::2]
    rgb[1::2, ::2, 2], rgb[::2, 1::2, 2], rgb[::2, ::2, 2] = along[1::2, ::2], across[::2, 1::2], corner[::2, ::2]
    return rgb


DEMOSAIC = (by_opencv(cv2.COLOR_BayerBG2RGB), by_opencv(cv2.COLOR_BayerBG2RGB_EA), by_gradients)


def on_sensor(rng, light):
    """Noise of every site of a full-colour sensor: photons, read-out, rows, columns, hot pixels."""
    shot, read = log_uniform(rng, 6e-5, 2e-2), log_uniform(rng, 1e-4, 8e-3)
    noise = rng.standard_normal(light.shape, np.float32) * np.sqrt(shot * np.maximum(light, 0) + read * read)
    height, width, _ = light.shape
    if rng.random() < .15:
        noise += rng.standard_normal((height, 1, 1), np.float32) * np.float32(read * rng.uniform(.2, .8))
    if rng.random() < .15:
        noise += rng.standard_normal((1, width, 1), np.float32) * np.float32(read * rng.uniform(.2, .8))
    if rng.random() < .1:
        hot = rng.random((height, width), np.float32) < log_uniform(rng, 5e-5, 1e-3)
        noise[hot] += np.float32(rng.uniform(.1, 1))
    return noise


def developed(rng, picture):
    """Noise of a sensor after clipping, demosaicing, white balance, colour matrix and tone curve."""
    tone = Tone(rng)
    light = tone.light(picture)
    gains = np.array([rng.uniform(1.3, 2.4), 1, rng.uniform(1.3, 2.2)], np.float32)
    matrix = np.eye(3, dtype=np.float32)
    matrix += np.float32(rng.uniform(0, 1)) * (COLOUR_MATRIX - matrix)
    to_sensor = (np.linalg.inv(matrix) / gains[:, None]).astype(np.float32)
    sensor = light @ to_sensor.T
    noisy = np.minimum(sensor + on_sensor(rng, sensor), 1)
    if rng.random() < .5:
        noisy = np.maximum(noisy, 0)
    if rng.random() < .85:
        method = DEMOSAIC[int(rng.integers(len(DEMOSAIC)))]
        change = method(mosaic(noisy)) - method(mosaic(sensor))
    else:               # three samples a pixel: a sensor read out by groups
        change = noisy - sensor
    change = (change * gains) @ matrix.T
    return tone.show(light + change) - tone.show(light)


def smoothed(rng, picture, noise):
    """What a camera's own noise reduction and sharpening leave: chroma smoothed widely, luma a little."""
    luma = noise @ LUMA
    chroma = noise - luma[:, :, None]
    spread = luma.std() + 1e-6
    if rng.random() < .9:
        if rng.random() < .1:
            chroma = cv2.medianBlur(chroma, 5 if rng.random() < .5 else 3)
        else:
            sigma = log_uniform(rng, 1.5, 8)
            fine = blur(chroma, sigma)
            if rng.random() < .4:
                wide = blur(fine, 2 * sigma)
                fine = fine + wide * (rng.uniform(.2, 1) * fine.std() / (wide.std() + 1e-6))
            chroma = fine
        chroma = chroma * (rng.uniform(.1, .6) * spread / (chroma.std() + 1e-6))
    if rng.random() < .85:
        soft = blur(luma, rng.uniform(.5, 1.5))
        if rng.random() < .5:
            wide = blur(luma, rng.uniform(1.2, 4))
            soft = soft + wide * (rng.uniform(.1, .7) * soft.std() / (wide.std() + 1e-6))
        if rng.random() < .4:           # it stops at edges
            grey = picture @ LUMA
            edge = np.clip(np.abs(grey - blur(grey, 1.5)) * rng.uniform(5, 25), 0, 1)
            soft = soft + edge * (luma - soft)
        luma = soft
    if rng.random() < .3:
        luma = luma + rng.uniform(.2, 1.2) * (luma - blur(luma, rng.uniform(.6, 1.5)))
    return luma[:, :, None] + chroma


def noise(rng, picture):
    """Noise of a camera's JPEG engine, or of a raw developer that smooths nothing."""
    change = developed(rng, picture)
    return smoothed(rng, picture, change) if rng.random() < .85 else change


def grain(rng, picture):
    """Noise that the channels share, wholly or in part: film, scans, grey pictures made colour; fine or coarse."""
    shared = rng.standard_normal(picture.shape[:2], np.float32)[:, :, None]
    share = 1 if rng.random() < .4 else rng.uniform(.2, 1)
    change = np.sqrt(share) * shared
    if share < 1:
        change = change + np.sqrt(1 - share) * rng.standard_normal(picture.shape, np.float32)
    change = np.broadcast_to(change, picture.shape).astype(np.float32)
    if rng.random() < .4:
        change = blur(change, rng.uniform(.4, 1.5))
        change = change / change.std()
    if rng.random() < .4:               # film: most in the middle tones
        grey = picture @ LUMA
        change = change * (.3 + 2.8 * grey * (1 - grey))[:, :, None]
    return change * np.float32(rng.uniform(0, 45 if rng.random() < .5 else 20) / 255)


def white(rng, picture):
    """White Gaussian noise, sigma 0 to 55, slight noise more often."""
    sigma = rng.uniform(0, 55 if rng.random() < .85 else 12)
    return rng.standard_normal(picture.shape, np.float32) * np.float32(sigma / 255)
