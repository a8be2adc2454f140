"""JPEG XL as a picture: a class for Pillow whose pixels come from a process of their own, bounded in memory and time.

A file's header bounds nothing of what libjxl takes: a frame may be larger than the picture, and a few bytes may ask for
much work. So nothing is decoded in this process, and whatever breaks the other one costs that photo alone.
"""

import functools
import importlib.util
import io
import os
from typing import IO, Any, cast

from PIL import Image, ImageFile

from photoplanet.core.bounded_processes import BoundedProcesses, Refused
from photoplanet.errors import MissingExtra, printable
from photoplanet.photos import jxl_decoder, jxl_header
from photoplanet.photos.photo_error import MEMORY, NEEDS, WORK, PhotoError

TOTAL = 1 << 30  # bytes that all processes take at most, beside some 60 MB that each takes idle
_A_PIXEL, _SPARE = 32, 64 << 20  # bytes that one photo may take: photos of 8 bits take 3 to 16 a pixel, others up to 25
_SECONDS, _SECONDS_A_MEGAPIXEL, _MOST_SECONDS = 5.0, 1.0, 40.0  # of computing; photos take 0.01 to 0.15 a megapixel
_UNPACKING = 64 << 20
_MOST_PROCESSES = 4
_STRIP = 4 << 20  # bytes of pixels that are taken over at a time
_UNREADABLE = b"Exif\0\0cannot be read"  # what EXIF that cannot be unpacked is
_XMP = "xmp"


@functools.cache
def _processes() -> BoundedProcesses:
    most = max(1, min(_MOST_PROCESSES, os.cpu_count() or 1))
    return BoundedProcesses("photoplanet.photos.jxl_decoder", TOTAL, most)


class JxlImageFile(ImageFile.ImageFile):
    """A JPEG XL that was opened by its header; loading it decodes its first picture in another process."""

    format = "JXL"
    format_description = "JPEG XL"
    name = "JPEG XL"  # in errors

    def _open(self) -> None:
        self._size, self._mode, self.tile = (1, 1), "RGB", []

    def getexif(self) -> Image.Exif:
        """The EXIF, without the orientation: the codestream has its own, which decoding has applied."""
        exif = super().getexif()
        exif.pop(0x0112, None)
        return exif

    def load(self) -> Any:
        """Decode the picture, at once upright; PhotoError where it cannot be."""
        if self.fp is not None and getattr(self, "_picture", None) is None:
            self.fp.seek(0)
            self._picture = _decoded(self.fp.read(), self.size, self.name)
            self.im = self._picture.im
        return super().load()


def opened(file: io.BufferedIOBase, name: str) -> JxlImageFile:
    """Open a JPEG XL by its header, with the EXIF and XMP in it.

    PhotoError for one that is cut off before its size, and for one whose metadata are packed where the extra that
    unpacks them is not installed.

    >>> opened(io.BytesIO(bytes.fromhex("ff0a094124080201")), "a.jxl").size
    (60, 40)
    """
    header = jxl_header.read(file, name)
    blocks = {block.kind: _content(file, block, name) for block in header.blocks}
    file.seek(0)
    image = JxlImageFile(cast(IO[bytes], file))
    image.name, image._size = name, (header.width, header.height)
    if (exif := blocks.get(b"Exif")) is not None:
        at = 4 + int.from_bytes(exif[:4], "big")  # where in the block TIFF's header lies
        image.info["exif"] = b"Exif\0\0" + exif[at:] if exif[at:] else _UNREADABLE
    if xmp := blocks.get(b"xml "):
        image.info[_XMP] = xmp
    return image


def _content(file: io.BufferedIOBase, block: jxl_header.Block, name: str) -> bytes:
    """The bytes of a block of metadata; none where it is larger than a photo has, or cannot be unpacked."""
    if block.end - block.start > jxl_decoder.MAX_BLOCK:
        return b""
    if block.packed:
        _check_extra(name, "reading packed metadata of JPEG XL")
    file.seek(block.start)
    data = file.read(block.end - block.start)
    if not block.packed:
        return data
    try:
        with _processes().asked(jxl_decoder.UNPACK, data, _UNPACKING, _SECONDS) as (_, length, read):
            return read(min(length, jxl_decoder.MAX_BLOCK))
    except Refused:
        return b""


def _decoded(data: bytes, size: tuple[int, int], name: str) -> Image.Image:
    _check_extra(name, "reading the pixels of JPEG XL")
    pixels = size[0] * size[1]
    memory = min(TOTAL, _A_PIXEL * pixels + 2 * len(data) + _SPARE)
    seconds = min(_MOST_SECONDS, _SECONDS + _SECONDS_A_MEGAPIXEL * pixels / 1e6)
    try:
        with _processes().asked(jxl_decoder.DECODE, data, memory, seconds) as (head, length, read):
            if head != jxl_decoder.SIZE.pack(*size) or length != 3 * pixels:
                raise Refused("broken")
            picture = Image.new("RGB", size)
            rows = max(1, _STRIP // (3 * size[0]))
            for at in range(0, size[1], rows):
                strip = size[0], min(rows, size[1] - at)
                picture.paste(Image.frombytes("RGB", strip, read(3 * strip[0] * strip[1])), (0, at))
            return picture
    except Refused as refused:
        raise _refusal(refused, name, memory >> 20, seconds) from None


def _refusal(refused: Refused, name: str, mebibytes: int, seconds: float) -> PhotoError:
    """What is wrong with a photo, by what its decoder said."""
    if refused.why == "memory":
        return PhotoError(name, MEMORY, f"takes over {mebibytes:,} MB to decode; save it smaller, or as JPEG")
    if refused.why == "time":
        return PhotoError(
            name, WORK, f"takes over {seconds:.0f} seconds of computing to decode; save it smaller, or as JPEG"
        )
    if refused.why == "broken":
        detail = f"cannot decode it (its decoder broke down, or took over {mebibytes:,} MB); save it as JPEG"
        return PhotoError(name, "unreadable", detail)
    if "NEED_MORE_INPUT" in str(refused):
        return PhotoError(name, "truncated", "cannot decode it (the file is truncated)")
    what = "" if "JXL_DEC_ERROR" in str(refused) else f"{printable(str(refused))}: "
    return PhotoError(name, "unreadable", f"cannot decode it ({what}damaged, or takes over {mebibytes:,} MB)")


def _check_extra(name: str, what: str) -> None:
    if importlib.util.find_spec("imagecodecs") is None:
        raise PhotoError(name, NEEDS, str(MissingExtra(what, "jxl")))
