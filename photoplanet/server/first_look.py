"""What is needed of a photo before the network has its turn; by itself, so that worker processes import little more."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.locate import own_place
from photoplanet.locate.own_place import OwnPlace
from photoplanet.photos import decode
from photoplanet.photos.preprocessing import Preprocessing


class FirstLook(NamedTuple):
    """`pixels` uint8 (size, size, 3), as the network takes them; `own`: the place that the photo states itself."""

    pixels: NDArray[np.uint8]
    own: OwnPlace | None = None


def look(content: bytes, preprocessing: Preprocessing, most: int, own: bool = False) -> FirstLook:
    """Decode a photo of at most `most` pixels; with `own`, see what place it states. InputError for a bad one.

    >>> from photoplanet.photos import decode
    >>> look(decode.plain_jpeg(np.zeros((30, 40, 3), np.uint8), 40)[0], Preprocessing(size=16), 10_000).pixels.shape
    (16, 16, 3)
    """
    pixels = decode.load(content, preprocessing, max_pixels=most)
    return FirstLook(pixels, own_place.of(content) if own else None)
