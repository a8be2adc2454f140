"""Photos to learn binary codes from: in groups of four that are hard to tell apart."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from photoplanet.photos import decode

POOL_SIZE = 112  # pixels of a photo in memory, which leaves distortions room
GROUP = 4  # photos that are hard to tell apart, side by side in the pool
PARTS = 24  # groups of parts of each large photo

Pixels = NDArray[np.uint8]


def pool_of(photos: Sequence[str], toy: Sequence[str], procedural: int, seed: int = 0) -> Pixels:
    """Return groups to learn from, uint8 (n, GROUP, POOL_SIZE, POOL_SIZE, 3), from paths of photos.

    24 groups of parts of each of `photos`, then `photos` and `toy` photos whole in the given order, since neighbours in
    a table often show one place, and `procedural` groups of drawn pictures.

    >>> pool_of([], [], procedural=2).shape
    (2, 4, 112, 112, 3)
    """
    rng = np.random.default_rng(seed)
    large = (decode.open_photo(path, size_hint=600) for path in photos)
    groups = [parts(image, rng) for image in large for _ in range(PARTS)]
    whole = [_small(decode.open_photo(path, size_hint=POOL_SIZE)) for path in photos]
    whole += [_small(decode.open_photo(path, size_hint=POOL_SIZE)) for path in toy]
    groups += [np.stack(whole[at : at + GROUP]) for at in range(0, len(whole) - GROUP + 1, GROUP)]
    groups += [drawn(rng) for _ in range(procedural)]
    return np.stack(groups)


def parts(image: Image.Image, rng: np.random.Generator) -> Pixels:
    """Return four parts of one photo that do not overlap, uint8 (4, POOL_SIZE, POOL_SIZE, 3).

    >>> parts(Image.new("RGB", (200, 150)), np.random.default_rng(0)).shape
    (4, 112, 112, 3)
    """
    width, height = image.size
    x, y = (int(length * rng.uniform(0.42, 0.58)) for length in image.size)
    found = []
    for left, top, right, bottom in ((0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)):
        w, h = (max(1, int(length * rng.uniform(0.6, 1))) for length in (right - left, bottom - top))
        at = left + int(rng.integers(right - left - w + 1)), top + int(rng.integers(bottom - top - h + 1))
        found.append(_small(image.crop((*at, at[0] + w, at[1] + h))))
    return np.stack(found)


def drawn(rng: np.random.Generator) -> Pixels:
    """Return four pictures of one kind, uint8 (4, POOL_SIZE, POOL_SIZE, 3): dead leaves, or noise of one spectrum.

    >>> drawn(np.random.default_rng(0)).dtype
    dtype('uint8')
    """
    palette = rng.integers(0, 256, (6, 3))
    kind, slope = rng.random(), rng.uniform(0.8, 2.2)
    return np.stack([_leaves(palette, rng) if kind < 0.5 else _clouds(palette, slope, rng) for _ in range(GROUP)])


def _leaves(palette: NDArray[np.int64], rng: np.random.Generator) -> Pixels:
    # Occluding shapes with radii of a power law have the statistics of natural images (Lee, Mumford & Huang 2001).
    image = Image.new("RGB", (POOL_SIZE, POOL_SIZE), tuple(map(int, palette[0])))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(15, 90))):
        x, y = rng.uniform(0, POOL_SIZE, 2)
        radius = min(4 / rng.random() ** 0.7, 60)
        fill = tuple(int(v) for v in (palette[rng.integers(6)] + rng.normal(0, 18, 3)).clip(0, 255))
        box = (x - radius, y - radius * rng.uniform(0.4, 1), x + radius, y + radius * rng.uniform(0.4, 1))
        (draw.ellipse if rng.random() < 0.6 else draw.rectangle)(box, fill=fill)
    return np.asarray(image, np.uint8)


def _clouds(palette: NDArray[np.int64], slope: float, rng: np.random.Generator) -> Pixels:
    frequency = np.hypot(np.fft.fftfreq(POOL_SIZE)[:, None], np.fft.rfftfreq(POOL_SIZE)[None])
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(rng.normal(size=(POOL_SIZE, POOL_SIZE))) / frequency**slope
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, (POOL_SIZE, POOL_SIZE))
    field = (field - field.min()) / max(float(np.ptp(field)), 1e-9)
    pixels: Pixels = (palette[0] + field[..., None] * (palette[1] - palette[0])).clip(0, 255).astype(np.uint8)
    return pixels


def _small(image: Image.Image) -> Pixels:
    return decode.load(image, decode.Preprocessing(POOL_SIZE, "squash"))
