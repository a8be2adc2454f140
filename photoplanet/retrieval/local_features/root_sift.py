"""SIFT features of a photo: corners and blobs that are found again in another photo of the same place."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.photos.decode import Source, open_photo
from photoplanet.retrieval.extras import open_opencv

MAX_SIDE = 720  # pixels of the longer side: as many right answers as 800 on real photos, and 100 ms of SIFT a photo
MAX_FEATURES = 1000  # a photo, the strongest
BYTES_PER_FEATURE = 144  # 4 float32 and 128 uint8
SMALL_SIDE = 384  # a smaller photo is enlarged to this, at most fourfold, so that what it shows is larger than a blob
MAX_ENLARGEMENT = 4.0
CONTRAST = 0.02  # half of OpenCV's default, so that dusk and old prints have features; the strongest are kept anyhow
MAX_ASPECT = 50  # a longer strip is not a photo
SCALE = 512.0  # RootSIFT as uint8: entries above 0.5 of the norm do not occur in photos


class Features(NamedTuple):
    """Local features of one photo, the strongest first.

    `points` float32 (n, 4): x, y, size in pixels of the resized photo (`width` × `height`), angle in degrees.
    `descriptors` uint8 (n, 128): RootSIFT, that is the square root of the L1-normalised SIFT, × 512.
    """

    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8]
    width: int
    height: int


def extract(source: Source, max_side: int = MAX_SIDE, max_features: int = MAX_FEATURES) -> Features:
    """Return the strongest `max_features` features of a photo, its longer side resized to at most `max_side` pixels.

    `source`: whatever `photos.decode.open_photo` takes. A photo without corners (fog, one colour, a few pixels) has
    zero features. InputError for what is not a photo; MissingExtra without OpenCV. Safe to call from many threads.
    Lowe 2004; RootSIFT: Arandjelović and Zisserman 2012.

    >>> board = np.indices((8, 8)).sum(axis=0) % 2 * np.uint8(255)
    >>> found = extract(Image.fromarray(board.astype(np.uint8)).resize((400, 400), 0))
    >>> len(found.points) > 20, found.descriptors.shape[1], found.descriptors.dtype, found.width
    (True, 128, dtype('uint8'), 400)
    """
    if max_side < 16 or max_features < 1:
        raise InputError(f"max_side {max_side}, max_features {max_features}: needs at least 16 pixels and 1 feature")
    cv2 = open_opencv()
    grey = _grey(source, max_side)
    height, width = grey.shape
    # one detector per call: OpenCV's are cheap to make and not documented as safe to share between threads
    found, sift = cv2.SIFT_create(nfeatures=max_features, contrastThreshold=CONTRAST).detectAndCompute(grey, None)
    if sift is None or not len(found):
        return Features(np.zeros((0, 4), np.float32), np.zeros((0, 128), np.uint8), width, height)
    points = np.array([(*point.pt, point.size, point.angle) for point in found], np.float32)
    strongest = np.argsort([-point.response for point in found], kind="stable")[:max_features]
    return Features(points[strongest], root_sift(sift[strongest]), width, height)


def root_sift(sift: ArrayLike) -> NDArray[np.uint8]:
    """Return RootSIFT, uint8 (n, 128) with an L2 norm of about 512, of SIFT descriptors (n, 128) at any scale.

    >>> root_sift(np.tile([3.0, 1.0], (1, 64)))[0, :2]
    array([55, 32], dtype=uint8)
    """
    values = np.maximum(np.asarray(sift, np.float32), 0)
    total = values.sum(axis=1, keepdims=True)
    rooted: NDArray[np.float32] = np.sqrt(values / np.maximum(total, 1e-12)) * SCALE + 0.5
    return np.minimum(rooted, 255).astype(np.uint8)


def resized(photo: Image.Image, max_side: int = MAX_SIDE) -> Image.Image:
    """Return a photo at the size that `extract` works at: points of its features are pixels of this picture.

    >>> resized(Image.new("L", (1440, 1000))).size, resized(Image.new("L", (100, 50))).size
    ((720, 500), (384, 192))
    """
    longer = max(photo.size)
    small = min(SMALL_SIDE, max_side)
    factor = max_side / longer if longer > max_side else min(MAX_ENLARGEMENT, max(1.0, small / longer))
    if factor == 1.0:
        return photo
    size = (max(1, round(photo.width * factor)), max(1, round(photo.height * factor)))
    method = Image.Resampling.BICUBIC if factor > 1 else Image.Resampling.HAMMING
    return photo.resize(size, method, reducing_gap=3.0 if factor < 1 else None)


def _grey(source: Source, max_side: int) -> NDArray[np.uint8]:
    photo = open_photo(source, size_hint=max_side)
    if max(photo.size) > MAX_ASPECT * min(photo.size):
        return np.zeros((1, 1), np.uint8)
    return np.asarray(resized(photo.convert("L"), max_side))
