"""PSNR and SSIM of 8-bit pictures (uint8, height x width x 3, RGB)."""
import cv2
import numpy as np


def luma(picture):
    """BT.601 luma, studio range (16..235), as float64: the usual one of super-resolution papers."""
    return picture.astype(np.float64) @ (65.481, 128.553, 24.966) / 255 + 16


def psnr(a, b):
    """Peak signal-to-noise ratio in dB over all samples (peak 255); 99 for equal pictures."""
    error = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    return 99.0 if error == 0 else 10 * np.log10(255 ** 2 / error)


def ssim(a, b):
    """Mean structural similarity of two planes (Wang et al. 2004: 11x11 Gaussian, sigma 1.5)."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    window = cv2.getGaussianKernel(11, 1.5)

    def smooth(x):
        return cv2.sepFilter2D(x, -1, window, window)[5:-5, 5:-5]
    mean_a, mean_b = smooth(a), smooth(b)
    var_a, var_b = smooth(a * a) - mean_a ** 2, smooth(b * b) - mean_b ** 2
    both = smooth(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    score = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return np.mean(score / ((mean_a ** 2 + mean_b ** 2 + c1) * (var_a + var_b + c2)))
