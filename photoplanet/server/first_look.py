"""What is needed of a photo before the network has its turn; by itself, so that worker processes import little more."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photoplanet.locate import own_place
from photoplanet.locate.own_place import OwnPlace
from photoplanet.metadata import facts
from photoplanet.photos import decode, formats
from photoplanet.photos.preprocessing import Preprocessing


class FirstLook(NamedTuple):
    """`pixels` uint8 (size, size, 3), as the network takes them; `own`: the place that the photo states itself."""

    pixels: NDArray[np.uint8]
    own: OwnPlace | None = None


Look = Callable[..., FirstLook]  # `look(content, own=...)` with a model's settings


def looking(preprocessing: Preprocessing, most: int) -> Look:
    """Return `look` for a network's photos, of at most `most` pixels; it can be sent to another process.

    >>> looking(Preprocessing(size=16), 10_000).keywords["most"]
    10000
    """
    return partial(look, preprocessing=preprocessing, most=most)


def look(content: bytes | memoryview, preprocessing: Preprocessing, most: int, own: bool = False) -> FirstLook:
    """Decode a photo of at most `most` pixels; with `own`, see what place it states. InputError for a bad one.

    >>> from photoplanet.photos import decode
    >>> look(decode.plain_jpeg(np.zeros((30, 40, 3), np.uint8), 40)[0], Preprocessing(size=16), 10_000).pixels.shape
    (16, 16, 3)
    """
    found: list[OwnPlace | None] = []

    def before(image: Image.Image) -> None:
        # What a JPEG states stands in its head, which has been read; others are opened once more.
        if own and formats.of_pillow(image.format) is formats.JPEG:
            found.append(own_place.stated(facts.read(image)))

    pixels = decode.load(content, preprocessing, max_pixels=most, before=before)
    if own and not found:
        found.append(own_place.of(content))
    return FirstLook(pixels, *found)
