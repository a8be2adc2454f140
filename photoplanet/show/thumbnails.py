"""Small pictures of the photos of a page, inside the page: upright, without metadata, and bounded in sum."""

import base64
import math

from photoplanet.errors import InputError
from photoplanet.photos import decode

MOST = 2_000_000  # characters of all pictures of a page
SIDES = (64, 240)  # pixels of the longer side, at least and at most: the more photos, the smaller
QUALITY = 60  # of the JPEG
CHARACTERS = 0.45  # a square pixel takes on average, as a data URI of a JPEG of that quality


class Thumbnails:
    """The pictures of one page: each photo's as a data URI, until all of them have `most` characters.

    >>> import numpy as np
    >>> made = Thumbnails(578)
    >>> made.side
    87
    >>> made.of(np.zeros((60, 80, 3), np.uint8))[:23]
    'data:image/jpeg;base64,'
    """

    def __init__(self, photos: int, most: int = MOST) -> None:
        least, widest = SIDES
        self.side = min(widest, max(least, int(math.sqrt(most / max(1, photos) / CHARACTERS))))
        self.room = most

    def of(self, source: decode.Source) -> str | None:
        """One photo's picture; None where it cannot be decoded, or no room is left."""
        if self.room <= 0:
            return None
        try:
            jpeg, _ = decode.plain_jpeg(source, self.side, QUALITY)
        except InputError:
            return None
        found = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
        self.room -= len(found)
        return found if self.room >= 0 else None
