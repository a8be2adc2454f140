"""Photos small enough for a page: upright JPEGs with nothing but pixels in them, the last ones kept in memory."""

import threading
from collections import OrderedDict

from photoplanet.photos import decode

SIDES = {"small": 160, "large": 1280}  # pixels of the longer side at most
QUALITY = 80
MOST_BYTES = 64 << 20  # that are kept
AT_A_TIME = 2  # photos that are decoded


class Thumbnails:
    r"""A bounded store of small photos, made when they are asked for.

    >>> from PIL import Image
    >>> path = getfixture("tmp_path") / "a.png"
    >>> Image.new("RGB", (640, 320)).save(path)
    >>> Thumbnails().get(str(path), "small")[:3]
    b'\xff\xd8\xff'
    """

    def __init__(self, most_bytes: int = MOST_BYTES):
        self._most, self._held = most_bytes, 0
        self._made: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._lock, self._turns = threading.Lock(), threading.Semaphore(AT_A_TIME)

    def get(self, source: str, size: str) -> bytes:
        """A photo as a JPEG, "small" or "large"; InputError where it is gone, or cannot be read."""
        key = source, size
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        with self._turns:
            jpeg, _ = decode.plain_jpeg(source, SIDES[size], QUALITY)
        with self._lock:
            self._held += len(jpeg) - len(self._made.get(key, b""))
            self._made[key] = jpeg
            while self._held > self._most and len(self._made) > 1:
                self._held -= len(self._made.popitem(last=False)[1])
        return jpeg
