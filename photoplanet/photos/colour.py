"""Any colour mode to RGB, in strips while it is made smaller, so that a large photo is not in memory twice."""

import math
from collections.abc import Iterator
from typing import cast

import numpy as np
from PIL import Image

STRIP = 500_000  # pixels that are converted at a time
STRIP_BYTES = 24 * STRIP  # that this takes
_GAP = 3.0  # as Pillow's `reducing_gap`: averaged to three times the size, then resampled
_DIRECT = ("RGB", "L")  # modes that Pillow makes smaller as they are
_TRANSPARENT = ("RGBA", "LA", "PA", "RGBa", "La")


def to_rgb(image: Image.Image, factor: int = 1) -> Image.Image:
    """Return a PIL image as RGB, 1/`factor` as wide and high: transparency on white, 16 and 32 bits scaled to 8.

    An RGB image comes back as it is where `factor` is 1.

    >>> to_rgb(Image.new("LA", (8, 6), (0, 0)), 2).getpixel((0, 0))
    (255, 255, 255)
    """
    if factor == 1:
        return image if image.mode == "RGB" else _converted(image, _white(image))
    return _reduced(image, (factor, factor), (0, 0, *image.size)).convert("RGB")


def shrunk(image: Image.Image, size: int, box: tuple[float, float, float, float]) -> Image.Image:
    """Return the part of a PIL image in `box` (left, top, right, bottom, pixels) as RGB or L, `size` × `size` pixels.

    HAMMING: as sharp as BICUBIC when shrinking, at two thirds of the cost of decoding and shrinking together.

    >>> shrunk(Image.new("RGBA", (80, 60)), 8, (10, 0, 70, 60)).size
    (8, 8)
    """
    if image.mode not in _DIRECT:
        factors = [int((high - low) / size / _GAP) or 1 for low, high in ((box[0], box[2]), (box[1], box[3]))]
        margins = [0.5 * (high - low) / size for low, high in ((box[0], box[2]), (box[1], box[3]))]
        edges = (
            max(0, int(box[0] - margins[0])),
            max(0, int(box[1] - margins[1])),
            min(image.width, math.ceil(box[2] + margins[0])),
            min(image.height, math.ceil(box[3] + margins[1])),
        )  # what the filter looks at
        image = _reduced(image, (factors[0], factors[1]), edges)
        left, top, right, bottom = ((at - edges[side % 2]) / factors[side % 2] for side, at in enumerate(box))
        box = left, top, right, bottom
    return image.resize((size, size), Image.Resampling.HAMMING, box, reducing_gap=_GAP)


def _reduced(image: Image.Image, factors: tuple[int, int], edges: tuple[int, int, int, int]) -> Image.Image:
    """The part of an image within `edges` as RGB, averaged over blocks of `factors` pixels, a strip at a time."""
    left, top, right, bottom = edges
    width, height = right - left, bottom - top
    small = Image.new("RGB", (-(-width // factors[0]), -(-height // factors[1])))
    white = _white(image)
    rows = max(1, STRIP // max(1, width) // factors[1]) * factors[1]
    for at in range(0, height, rows):
        strip = image.crop((left, top + at, right, top + min(height, at + rows)))
        strip = strip if strip.mode == "RGB" else _converted(strip, white)
        small.paste(strip.reduce(factors) if factors != (1, 1) else strip, (0, at // factors[1]))
    return small


def _white(image: Image.Image) -> float:
    """The value that becomes white, for modes of 16 and 32 bits; 0 for others."""
    mode = image.mode
    if not _deep(mode) or mode.startswith("I;16"):
        return 65535.0
    top = max(float(strip.max(initial=0)) for strip in _strips(image))
    return next((limit for limit in (1.0, 255.0, 65535.0) if top <= limit and (limit > 1 or mode == "F")), top)


def _deep(mode: str) -> bool:
    return mode.startswith("I") or mode == "F"


def _strips(image: Image.Image) -> Iterator[np.ndarray]:
    rows = max(1, STRIP // max(1, image.width))
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(image.height, top + rows)))
        yield np.nan_to_num(np.asarray(strip, np.float32), posinf=0, neginf=0)


def _converted(image: Image.Image, white: float) -> Image.Image:
    """Any mode to RGB, all at once; `white` as `_white` says."""
    mode = image.mode
    if _deep(mode):
        values = np.nan_to_num(np.asarray(image, np.float32), posinf=0, neginf=0)
        return Image.fromarray((values * (255 / white)).clip(0, 255).astype(np.uint8)).convert("RGB")
    if mode in _TRANSPARENT or (mode == "P" and "transparency" in image.info):
        rgba = (image.convert("LA") if mode == "La" else image).convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), rgba).convert("RGB")
    if mode == "LAB":
        from PIL import ImageCms

        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return cast(Image.Image, ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB"))
    return image.convert("RGB")
