"""SIFT features of a photo: corners and blobs that are found again in another photo of the same place."""

from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from photoplanet.errors import InputError, MissingExtra
from photoplanet.photos.decode import open_photo

MAX_SIDE = 720  # pixels of the longer side: as many right answers as 800 on real photos, and 100 ms of SIFT a photo
MAX_FEATURES = 1000  # a photo, the strongest: 144 bytes each
SMALL_SIDE = 384  # a smaller photo is enlarged to this, at most fourfold, so that what it shows is larger than a blob
MAX_ENLARGEMENT = 4.0
CONTRAST = 0.02  # half of OpenCV's default, so that dusk and old prints have features; the strongest are kept anyhow
MAX_ASPECT = 50  # a strip longer than this is no photo
SCALE = 512.0  # RootSIFT as uint8: entries above 0.5 of the norm do not occur in photos


class Features(NamedTuple):
    """Local features of one photo, the strongest first.

    `points` float32 (n, 4): x, y, size in pixels of the resized photo (`width` × `height`), angle in degrees.
    `descriptors` uint8 (n, 128): RootSIFT, that is the square root of the L1-normalised SIFT, × 512.
    """

    points: np.ndarray
    descriptors: np.ndarray
    width: int
    height: int


def extract(source: Any, max_side: int = MAX_SIDE, max_features: int = MAX_FEATURES) -> Features:
    """The strongest `max_features` features of a photo whose longer side is resized to at most `max_side` pixels.

    `source`: whatever `photos.images.open_photo` takes. A photo without corners (fog, one colour, a few pixels) has
    zero features. Raises InputError for what is no photo; MissingExtra without OpenCV. Safe to call from many threads.
    Lowe 2004; RootSIFT: Arandjelović and Zisserman 2012.
    """
    if max_side < 16 or max_features < 1:
        raise InputError(f"max_side {max_side}, max_features {max_features}: needs at least 16 pixels and 1 feature")
    cv2 = opencv()
    grey = _grey(source, max_side)
    height, width = grey.shape
    # one detector per call: OpenCV's are cheap to make and not documented as safe to share between threads
    found, sift = cv2.SIFT_create(nfeatures=max_features, contrastThreshold=CONTRAST).detectAndCompute(grey, None)
    if sift is None or not len(found):
        return Features(np.zeros((0, 4), np.float32), np.zeros((0, 128), np.uint8), width, height)
    points = np.array([(*point.pt, point.size, point.angle) for point in found], np.float32)
    strongest = np.argsort([-point.response for point in found], kind="stable")[:max_features]
    return Features(points[strongest], root_sift(sift[strongest]), width, height)


def root_sift(sift: np.ndarray) -> np.ndarray:
    """SIFT descriptors (n, 128), any scale → RootSIFT uint8 (n, 128), whose L2 norm is about 512."""
    sift = np.maximum(np.asarray(sift, np.float32), 0)
    total = sift.sum(axis=1, keepdims=True)
    return np.minimum(np.sqrt(sift / np.maximum(total, 1e-12)) * SCALE + 0.5, 255).astype(np.uint8)


def resized(photo: Image.Image, max_side: int = MAX_SIDE) -> Image.Image:
    """The photo at the size that `extract` works at: points of its features are pixels of this picture."""
    longer = max(photo.size)
    small = min(SMALL_SIDE, max_side)
    factor = max_side / longer if longer > max_side else min(MAX_ENLARGEMENT, max(1.0, small / longer))
    if factor == 1.0:
        return photo
    size = (max(1, round(photo.width * factor)), max(1, round(photo.height * factor)))
    method = Image.Resampling.BICUBIC if factor > 1 else Image.Resampling.HAMMING
    return photo.resize(size, method, reducing_gap=3.0 if factor < 1 else None)


def opencv() -> Any:
    """The module cv2; MissingExtra where it is not installed."""
    try:
        import cv2
    except ImportError:
        raise MissingExtra("matching local features", "retrieval") from None
    return cv2


def _grey(source: Any, max_side: int) -> np.ndarray:
    photo = open_photo(source, size_hint=max_side)
    if max(photo.size) > MAX_ASPECT * min(photo.size):
        return np.zeros((1, 1), np.uint8)
    return np.asarray(resized(photo.convert("L"), max_side))
