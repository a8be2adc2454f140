"""A bank of oriented filters in the frequency domain, and from it GIST (Oliva and Torralba 2001) and texture responses.

One set of inverse FFTs serves both: GIST takes the magnitude of each complex response, averaged on a grid; textons take
its even and odd part at each pixel, which is what a bank of bars and edges measures.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 128  # pixels: photos are described at SIDE × SIDE
ORIENTATIONS, SCALES = 6, 4
GRID = 5  # GIST is averaged on GRID × GRID
FINEST = 0.3  # cycles per pixel, the centre of the finest scale; each next one is half of it
BANDWIDTH = 0.65  # of a log-Gabor, as σ / centre: about one octave and a half
TEXTURE_SCALES = 2  # the finest, for textons; the others are computed at half the side
TEXTURE_STEP = 2  # textons at every second pixel each way
FINE = ORIENTATIONS * TEXTURE_SCALES
RESPONSES = 2 * FINE
_CONTRAST_CYCLES = 4.0  # per picture: what is smoother than this is light, not structure
_WEBER = 0.03  # responses below this fraction of the range count as flat (Martin et al. 2004, eq. 1)

Floats = NDArray[np.floating[Any]]
Complex = NDArray[np.complex64]


def respond(grey: Floats) -> tuple[Complex, Complex]:
    """Return the complex responses of a grey photo (SIDE, SIDE), 0…1: (FINE, SIDE, SIDE), the coarse at half the side.

    The photo's contrast is evened out first, as Oliva and Torralba do, so that dusk and noon look alike.

    >>> fine, coarse = respond(np.zeros((SIDE, SIDE), np.float32))
    >>> fine.shape, coarse.shape
    ((12, 128, 128), (12, 64, 64))
    """
    from scipy import fft

    spectrum = fft.fft2(evened(grey))
    fine = fft.ifft2(spectrum * bank()[:FINE], overwrite_x=True)
    half = _halved(spectrum) * _halved(bank()[FINE:])  # these scales end below half of the highest frequency
    return fine, fft.ifft2(half, overwrite_x=True)


def gist(fine: Floats, coarse: Floats) -> Floats:
    """Return the mean magnitudes of `respond`'s two arrays in each of GRID × GRID parts: (600,), ≥ 0, mostly below 1.

    >>> gist(np.ones((12, 128, 128)), np.ones((12, 64, 64))).shape
    (600,)
    """
    return np.concatenate([pooled(fine, GRID), pooled(coarse, GRID)]).ravel()


def texture(fine: Complex) -> Floats:
    """Return even and odd responses of the finest scales at every second pixel, (SIDE²/4, RESPONSES), by Weber's law.

    >>> texture(np.ones((12, 128, 128), np.complex64)).shape
    (4096, 24)
    """
    step = slice(None, None, TEXTURE_STEP)
    some = fine[:, step, step].reshape(FINE, -1)
    both = np.concatenate([some.real, some.imag]).T
    length = np.sqrt(np.einsum("ij,ij->i", both, both))[:, None]
    return np.asarray(both * (np.log1p(length / _WEBER) / np.maximum(length, 1e-6)), both.dtype)


def pooled(pictures: Floats, parts: int) -> Floats:
    """Return means of (n, side, side) over equal parts, (n, parts, parts); pixels on a border are shared by area.

    >>> pooled(np.arange(16.0).reshape(1, 4, 4), 2).tolist()
    [[[2.5, 4.5], [10.5, 12.5]]]
    """
    weights = _pooling(pictures.shape[-1], parts)
    found: Floats = weights @ pictures @ weights.T
    return found


def _halved(spectrum: NDArray[Any]) -> NDArray[Any]:
    """The lower half of the frequencies of (…, SIDE, SIDE), scaled so that half the pixels keep their values."""
    low = np.r_[0 : SIDE // 4, SIDE - SIDE // 4 : SIDE]
    halved: NDArray[Any] = spectrum[..., low[:, None], low[None]] * np.float32(0.5)
    return halved


def evened(grey: Floats) -> Floats:
    """Return a grey photo (SIDE, SIDE), 0…1, without its light: logarithmic, and of the same contrast everywhere.

    >>> bool(np.abs(evened(np.full((SIDE, SIDE), 0.5, np.float32))).max() < 1e-5)
    True
    """
    from scipy import fft

    blur = _blur()
    bright = np.log1p(grey * 10, dtype=np.float32)
    flat = bright - fft.irfft2(fft.rfft2(bright) * blur, s=grey.shape)
    local = fft.irfft2(fft.rfft2(flat * flat) * blur, s=grey.shape)
    found: Floats = flat / (0.2 + np.sqrt(np.maximum(local, 0)))
    return found


@lru_cache(1)
def bank() -> Floats:
    """Return the filters (ORIENTATIONS·SCALES, SIDE, SIDE): log-Gabors, one-sided, so that responses are complex.

    >>> bank().shape
    (24, 128, 128)
    """
    y, x = np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE), indexing="ij")
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    radius[0, 0] = 1.0
    filters = []
    for scale in range(SCALES):
        radial = np.exp(-(np.log(radius / (FINEST / 2**scale)) ** 2) / (2 * np.log(BANDWIDTH) ** 2))
        radial[0, 0] = 0.0
        for orientation in range(ORIENTATIONS):
            away = np.angle(np.exp(1j * (angle - np.pi * orientation / ORIENTATIONS)))
            filters.append(2 * radial * np.exp(-(away**2) / (2 * (np.pi / ORIENTATIONS / 1.5) ** 2)))
    return np.array(filters, np.float32)


@lru_cache(1)
def _blur() -> Floats:
    y, x = np.meshgrid(np.fft.fftfreq(SIDE), np.fft.rfftfreq(SIDE), indexing="ij")
    blur: Floats = np.exp(-((np.hypot(x, y) * SIDE / _CONTRAST_CYCLES) ** 2)).astype(np.float32)
    return blur


@lru_cache(8)
def _pooling(side: int, parts: int) -> Floats:
    edges = np.linspace(0, side, parts + 1)
    low, high = edges[:-1, None], edges[1:, None]
    pixels = np.arange(side)[None]
    overlap = np.minimum(high, pixels + 1) - np.maximum(low, pixels)
    weights: Floats = (np.clip(overlap, 0, 1) * (parts / side)).astype(np.float32)
    return weights
