"""'Augmentation' and 'spatial search' of Razavian et al. (CNN features off-the-shelf, CVPR workshops 2014, §4).

Augmentation: a photo's feature is the mean over cropped and rotated views of it; then unit length, PCA whitening, unit
length again, and a signed power. Spatial search: a photo is many overlapping patches of several sizes, and the distance
is the mean over the query's patches of the least distance to a patch of the reference.
"""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.photos.decode import Box, Preprocessing, Source, load, open_photo, source_name

QUERY_LEVELS, REFERENCE_LEVELS = 3, 4  # 14 and 30 patches
ROTATION = 10.0  # degrees, either way
INNER = 0.8  # side of the cropped views, as a fraction; a view turned by ROTATION keeps no black corner in it
DIMENSIONS = 500  # after PCA, at most
PHOTOS_PER_DIMENSION = 4  # to train the whitening on, at least
POWER = 2.0
MOST_WHITENED = 20_000  # feature vectors that the PCA is computed from

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Embed = Callable[[Pixels], Floats]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


class View(NamedTuple):
    """A part of a photo turned by `angle` degrees; the box is in fractions."""

    angle: float
    box: Box


def patches(levels: int) -> list[View]:
    """Return the patches of levels 1 … `levels`: level h has h × h overlapping ones of side 2 / (h + 1) that cover all.

    InputError for less than 1 and more than 10 levels.

    >>> len(patches(3)), patches(2)[-1].box == (1 / 3, 1 / 3, 1.0, 1.0)
    (14, True)
    """
    if not 1 <= levels <= 10:
        raise InputError(f"{levels} levels of patches: give 1 to 10")
    found = []
    for level in range(1, levels + 1):
        for row in range(level):
            for column in range(level):
                left, top, side = column / (level + 1), row / (level + 1), 2 / (level + 1)
                found.append(View(0.0, (left, top, min(1.0, left + side), min(1.0, top + side))))
    return found


def jittered() -> list[View]:
    """Return the whole photo, its middle, its four corners, and its middle turned either way.

    >>> len(jittered())
    8
    """
    rest, low = 1 - INNER, (1 - INNER) / 2
    middle: Box = (low, low, 1 - low, 1 - low)
    corners = [View(0.0, (x, y, x + INNER, y + INNER)) for x in (0.0, rest) for y in (0.0, rest)]
    return [View(0.0, WHOLE), View(0.0, middle), *corners, View(ROTATION, middle), View(-ROTATION, middle)]


def cut(source: Source, views: Sequence[View], preprocessing: Preprocessing, box: Box | None = None) -> Pixels:
    """Return the views of a photo, uint8 (views, size, size, 3), or of its part in `box` (left, top, right, bottom).

    The box is in pixels. A view fills the network's input, except for the whole photo, which goes by
    `preprocessing.fit`. InputError for a photo that cannot be read and a box outside it.

    >>> cut(Image.new("RGB", (90, 60)), patches(2), Preprocessing(size=16)).shape
    (5, 16, 16, 3)
    """
    smallest = min(min(view.box[2] - view.box[0], view.box[3] - view.box[1]) for view in views)
    photo = open_photo(source, size_hint=None if box else ceil(preprocessing.size / smallest))
    if box is not None:
        left, top = max(0, round(box[0])), max(0, round(box[1]))
        right, bottom = min(photo.width, round(box[2])), min(photo.height, round(box[3]))
        if right <= left or bottom <= top:
            name = source_name(source)
            raise InputError(f"{name}: the box {box} lies outside its {photo.width} × {photo.height} pixels")
        photo = photo.crop((left, top, right, bottom))
    turned = {angle: _turned(photo, angle) for angle in {view.angle for view in views}}
    return np.stack(
        [load(turned[view.angle], preprocessing, None if view == View(0.0, WHOLE) else view.box) for view in views]
    )


class Whitening(NamedTuple):
    """`center` (d,) and `projection` (d, m): unit features of the reference photos get unit variance."""

    center: NDArray[np.float32]
    projection: NDArray[np.float32]


def train_whitening(features: NDArray[Any], dimensions: int = DIMENSIONS, seed: int = 0) -> Whitening:
    """Train PCA whitening on features (n, …, d), of unit length first; at most `dimensions`, and d, and a quarter of n.

    n photos whitened to n − 1 dimensions are all equally far from each other, whatever they show; hence the quarter.
    Directions with less than a thousandth of the largest one's deviation are left out: whitened, they are noise.
    InputError for fewer than two photos, and for photos that all have the same feature.

    >>> features = np.random.default_rng(0).normal(size=(40, 6))
    >>> train_whitening(features).projection.shape, train_whitening(features[:8]).projection.shape
    ((6, 6), (6, 2))
    """
    photos = len(features)
    rows = np.asarray(features, np.float64).reshape(-1, features.shape[-1])
    if len(rows) < 2:
        raise InputError("whitening needs at least two photos")
    if len(rows) > MOST_WHITENED:
        rows = rows[np.random.default_rng(seed).choice(len(rows), MOST_WHITENED, replace=False)]
    rows = unit(rows)
    center = rows.mean(axis=0)
    variance, directions = np.linalg.eigh(np.cov(rows - center, rowvar=False).reshape(rows.shape[1], -1))
    order = np.argsort(variance)[::-1][: min(dimensions, max(1, photos // PHOTOS_PER_DIMENSION))]
    order = order[variance[order] > 1e-6 * max(variance.max(), 1e-300)]
    if not order.size:
        raise InputError("all photos have the same feature: there is nothing to whiten")
    projection = directions[:, order] / np.sqrt(variance[order])
    return Whitening(center.astype(np.float32), projection.astype(np.float32))


def processed(features: NDArray[Any], whitening: Whitening) -> Floats:
    """Return features (…, d) of unit length, whitened, of unit length again, and sign · |value|^POWER: (…, m).

    >>> features = np.random.default_rng(0).normal(size=(40, 6))
    >>> processed(features, train_whitening(features, dimensions=3)).shape
    (40, 3)
    """
    whitened = unit((unit(features) - whitening.center) @ whitening.projection)
    found: Floats = np.sign(whitened) * np.abs(whitened) ** np.float32(POWER)
    return found


def spatial(query: NDArray[Any], references: NDArray[Any]) -> Floats:
    """Return the distance (n,) of a query's patches (q, d) to (n, p, d): the mean over q of the least L2 over p.

    With one patch each it is the L2 distance. InputError for shapes that do not fit.

    >>> spatial(np.array([[0.0], [4.0]]), np.array([[[1.0], [9.0]]])).tolist()
    [2.0]
    """
    query, references = np.asarray(query, np.float32), np.asarray(references, np.float32)
    if query.ndim != 2 or references.ndim != 3 or query.shape[1] != references.shape[2]:
        raise InputError(f"patches {query.shape} and {references.shape}: give (q, d) and (n, p, d)")
    found = np.empty(len(references), np.float32)
    for start in range(0, len(references), 256):
        part = references[start : start + 256].astype(np.float64)
        products = part @ query.T.astype(np.float64)
        squares = (part**2).sum(axis=2)[..., None] - 2 * products + (query.astype(np.float64) ** 2).sum(axis=1)
        found[start : start + 256] = np.sqrt(np.maximum(squares, 0)).min(axis=1).mean(axis=1)
    return found


def unit(features: NDArray[Any]) -> NDArray[Any]:
    """Scale features (…, d) to unit length; zeros stay.

    >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    length = np.linalg.norm(features, axis=-1, keepdims=True)
    scaled: NDArray[Any] = features / np.where(length > 0, length, 1)
    return scaled


def _turned(photo: Image.Image, angle: float) -> Image.Image:
    return photo.rotate(angle, Image.Resampling.BICUBIC) if angle else photo
