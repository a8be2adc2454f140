"""Photograph or graphic (diagram, clip-art, screenshot, logo, scan of text)? And the hook for a user's own filter.

PlaNet §3 drops such pictures from its training set. Here: seventeen cheap statistics of colours and gradients and a
logistic regression, fitted by benchmarks/filter.py on drawn graphics against real photographs; that script prints its
precision and recall.
"""

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photoplanet.errors import InputError

Filter = Callable[[Image.Image], object]  # returns something true for a photo to keep

SIDE = 512  # short side in pixels at which filters see a photo, where it is that large
THRESHOLD = 0.5  # of graphic_score: none of 152 photographs dropped, 89 % of unseen kinds of graphics found
_WORK, _MIN = 256, 16  # pixels of the short side at which the statistics are taken, and to which it is padded

# fitted by `python benchmarks/filter.py FOLDER --fit` on 400 drawn graphics and 152 real photographs, each seven ways
MEAN = (
    4.6005, 0.5040, 0.7092, 0.4864, 0.4510, 0.3847, 0.1717, 0.2180, 0.2164, 3.8900, 0.1938, 0.0616, 0.2266,
    0.0571, 0.6674, 0.7873, 0.3060,
)  # fmt: skip
SCALE = (
    1.4318, 0.2072, 0.1734, 0.2957, 0.2154, 0.2034, 0.1136, 0.2504, 0.2019, 1.4711, 0.2942, 0.1094, 0.1691,
    0.1207, 0.5697, 0.7025, 0.3257,
)  # fmt: skip
WEIGHTS = (
    -0.0292, 0.2105, -0.0210, 1.0256, -1.5381, -1.1004, 0.4896, 0.9406, -0.0586, -0.8921, 0.4174, -0.6944, 0.4830,
    0.3228, -0.8088, -0.5250, 0.7887,
)  # fmt: skip
BIAS = -3.8661


def graphic_score(image: Image.Image) -> float:
    """Return how sure it is, 0 … 1, that a PIL image is a graphic and not a photograph.

    >>> graphic_score(Image.new("RGB", (640, 480), "white")) > 0.9
    True
    """
    z = BIAS + float(((features(image) - MEAN) / SCALE) @ np.array(WEIGHTS))
    return float(1 / (1 + np.exp(-np.clip(z, -50, 50))))


def is_graphic(image: Image.Image) -> bool:
    """Whether `graphic_score` reaches the threshold at which `index --drop-graphics` leaves a picture out.

    >>> is_graphic(Image.new("RGB", (640, 480), "white"))
    True
    """
    return graphic_score(image) >= THRESHOLD


def features(image: Image.Image) -> NDArray[np.float64]:
    """Return statistics of an image for `graphic_score`, float64 (17,); nearly independent of its size in pixels.

    >>> features(Image.new("RGB", (640, 480), "white")).shape
    (17,)
    """
    pixels = _small(image)
    red, green, blue = np.ascontiguousarray(np.moveaxis(pixels, 2, 0))  # planes: NumPy is slow along an axis of three
    grey = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    colours = np.bincount(_colours(red, green, blue), minlength=4096)
    counts = np.sort(colours)[::-1] / grey.size
    dx, dy = np.abs(np.diff(grey, axis=1))[:-1], np.abs(np.diff(grey, axis=0))[:, :-1]
    step = np.maximum(dx, dy)
    strong = step > 48
    hist = np.bincount(np.rint(grey).astype(np.intp).ravel(), minlength=256) / grey.size
    high, low = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    saturation = (high - low) / np.maximum(high, 1)
    blocks = _blocks(grey)
    contrast = blocks.std(axis=1)
    detail = np.abs(grey[1:-1, 1:-1] * 4 - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]) / 4
    return np.array(
        [
            np.log((counts > 0).sum()),  # distinct colours
            np.sqrt(counts[0]),  # share of the commonest colour
            np.sqrt(counts[:4].sum()),
            (step < 1.5).mean(),  # flat
            np.sqrt(((step >= 1.5) & (step < 8)).mean()),  # texture
            np.sqrt(((step >= 8) & (step < 32)).mean()),
            np.sqrt(strong.mean()),  # hard edges
            strong.sum() / (1 + (step >= 8).sum()),  # edges that are hard
            ((np.minimum(dx, dy) < 2) & strong).sum() / (1 + strong.sum()),  # hard edges along rows and columns
            -(hist[hist > 0] * np.log(hist[hist > 0])).sum(),  # entropy of the greys
            np.sqrt((low > 245).mean()),  # paper
            np.sqrt((high < 8).mean()),
            saturation.mean(),
            np.sqrt(((saturation > 0.9) & (high > 60)).mean()),  # pure colours
            np.log1p(np.median(detail)),  # noise and texture
            np.log1p(np.quantile(contrast, 0.2)),  # the calmest blocks: a sky still has noise
            (contrast < 0.75).mean(),
        ]
    )


def hook(filter: str | Filter) -> Filter:
    """Return the user's filter from "module:function" (the current folder counts), or as given; InputError for others.

    >>> hook("no_such_module:keep")
    Traceback (most recent call last):
    photoplanet.errors.InputError: filter 'no_such_module:keep': cannot import it (...); run in the ...
    """
    if callable(filter):
        return filter
    module_name, _, function_name = filter.partition(":")
    if not module_name or not function_name:
        raise InputError(
            f"filter {filter!r}: write nsfw, or module:function, for instance safety:keep for keep() in safety.py"
        )
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        function: Filter = getattr(importlib.import_module(module_name), function_name)
    except Exception as error:  # importing runs the user's code, which may raise anything
        raise InputError(
            f"filter {filter!r}: cannot import it ({error}); run in the folder of {module_name}.py"
        ) from None
    if not callable(function):
        raise InputError(f"filter {filter!r}: is not a function")
    return function


def hook_name(filter: str | Filter) -> str:
    """Return the filter's name and the time its file last changed, so that an edited filter is asked again.

    >>> hook_name(is_graphic).partition("@")[0]
    'is_graphic'
    """
    function = hook(filter)
    file = getattr(sys.modules.get(getattr(function, "__module__", "")), "__file__", None)
    changed = os.stat(file).st_mtime_ns if file and Path(file).is_file() else 0  # noqa: PTH116
    return f"{filter if isinstance(filter, str) else getattr(function, '__qualname__', repr(function))}@{changed}"


def _small(image: Image.Image) -> NDArray[np.float32]:
    """float32 (h, w, 3) with a short side of 256 … 511 pixels, by whole-number averaging: edges and flats stay."""
    image = image if image.mode == "RGB" else image.convert("RGB")
    factor = max(1, min(image.size) // _WORK)
    if max(image.size) / factor > 4 * _WORK:  # a panorama or a strip: its middle is enough
        width, height = (min(length, 4 * _WORK * factor) for length in image.size)
        left, top = (image.width - width) // 2, (image.height - height) // 2
        image = image.crop((left, top, left + width, top + height))
    pixels = np.asarray(image.reduce(factor) if factor > 1 else image, np.float32)
    missing = [(0, max(0, _MIN - side)) for side in pixels.shape[:2]]
    padded: NDArray[np.float32] = np.pad(pixels, [*missing, (0, 0)], mode="edge")
    return padded


def _colours(*planes: NDArray[np.float32]) -> NDArray[np.int32]:
    """A number 0 … 4095 per pixel for its colour at 4 bits a channel."""
    r, g, b = (plane.astype(np.int32).ravel() >> 4 for plane in planes)
    return (r << 8) | (g << 4) | b


def _blocks(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 64): the 8 × 8 blocks."""
    h, w = (side // 8 * 8 for side in grey.shape)
    blocks: NDArray[np.float32] = grey[:h, :w].reshape(h // 8, 8, w // 8, 8).swapaxes(1, 2).reshape(-1, 64)
    return blocks
