"""What the process that decodes JPEG XL does: libjxl makes pixels of a file, Brotli unpacks a block of metadata.

Runs on its own (`core.bounded_processes`), since libjxl bounds neither memory nor time by what a file's header says.
"""

import importlib
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.bounded_processes import serve

DECODE, UNPACK = "decode", "unpack"  # what may be asked
SIZE = struct.Struct("<II")  # an answer's head: width and height in pixels
MAX_BLOCK = 4 << 20  # bytes of a block of metadata once it is unpacked; a photo's have some 100 kB
_STRIP = 500_000  # pixels that are converted at a time


def main() -> None:
    """Answer requests until nobody can ask any more.

    >>> from photoplanet.core.bounded_processes import BoundedProcesses
    >>> with BoundedProcesses("photoplanet.photos.jxl_decoder", 1 << 28, 1).asked("decode", b"text", 1 << 28, 60):
    ...     pass
    Traceback (most recent call last):
    photoplanet.core.bounded_processes.Refused: not a JPEG XL codestream
    """
    codecs = _codecs()
    codecs.jpegxl_version(), codecs.brotli_version()  # loads what decodes, before memory is bounded
    serve(answer)


def answer(kind: str, data: bytes) -> tuple[bytes, memoryview]:
    """Return the size of a file's first picture and its RGB pixels, upright; or a block unpacked, and no head.

    Raises whatever the decoders raise on damaged bytes.

    >>> answer("decode", b"text")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ValueError: not a JPEG XL codestream
    """
    if kind == UNPACK:
        return b"", memoryview(_codecs().brotli_decode(data, out=MAX_BLOCK))
    pixels = rgb(_codecs().jpegxl_decode(data, 0, numthreads=1))
    return SIZE.pack(pixels.shape[1], pixels.shape[0]), pixels.data.cast("B")


def _codecs() -> Any:
    return importlib.import_module("imagecodecs")


def rgb(found: NDArray[Any]) -> NDArray[np.uint8]:
    """Return what libjxl makes of a file as uint8 (h, w, 3): grey, transparent (on white), of 8, 16 or 32 bits.

    `found`: (h, w), (h, w, 2 to 4), or for grey with channels that are no colour (channels, h, w); integers of all
    their bits, or floats from 0 to 1.

    >>> rgb(np.array([[[0, 65535]]], np.uint16)).tolist(), rgb(np.array([[[0.0, 0.5]]], np.float32)).tolist()
    ([[[0, 0, 0]]], [[[128, 128, 128]]])
    """
    if found.ndim == 3 and found.shape[2] > 4:
        found = found[0]
    height, width = found.shape[:2]
    if found.dtype == np.uint8 and found.shape[2:] == (3,):
        return np.ascontiguousarray(found)
    made = np.empty((height, width, 3), np.uint8)
    rows = max(1, _STRIP // max(1, width))
    for at in range(0, height, rows):
        made[at : at + rows] = _converted(found[at : at + rows])
    return made


def _converted(found: NDArray[Any]) -> NDArray[np.uint8]:
    most = np.iinfo(found.dtype).max if found.dtype.kind == "u" else 1
    shares = np.nan_to_num(found.astype(np.float32)) / most
    shares = shares[..., None] if shares.ndim == 2 else shares
    if shares.shape[2] in (2, 4):
        alpha = shares[..., -1:].clip(0, 1)
        shares = shares[..., :-1] * alpha + (1 - alpha)
    made: NDArray[np.uint8] = (255 * shares.clip(0, 1) + 0.5).astype(np.uint8)
    return made
