"""Raw files as pictures: the largest JPEG that the camera put inside, with the raw file's own EXIF and XMP.

Nothing is developed. LibRaw would do that for hundreds of cameras, and is C++ code that takes whatever bytes come;
every camera of the last twenty years puts a JPEG of its own into the file, which shows what the photographer saw.
"""

import io
import struct
from collections.abc import Iterable, Iterator
from typing import IO, Any, cast

from PIL import Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from photoplanet.photos import jpeg_structure, raw_directories
from photoplanet.photos.photo_error import WORK, PhotoError

NO_PREVIEW = "no preview"  # the reason where a raw file holds no picture that can be read
MAX_PREVIEW = 100_000_000  # bytes
_MOST_XMP = 4 << 20
_LOOKED_AT = 32 << 20  # bytes of a file that are searched where no directory leads to a JPEG
_MOST_FOUND = 64  # JPEGs in there that are looked at
_HEAD = 1 << 20  # bytes of a JPEG in which its size shows
_FUJI = b"FUJIFILMCCD-RAW"
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")  # the box in which a CR3 keeps EXIF's directories
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_CR3_PARTS = {b"CMT1": None, b"CMT2": _EXIF_IFD, b"CMT4": _GPS_IFD}
_MOST_BOXES = 1000


class RawImageFile(JpegImageFile):
    """A raw file that was opened by its preview: a JPEG, whose EXIF is the raw file's."""

    own_exif: Image.Exif | None = None

    def getexif(self) -> Image.Exif:
        """The raw file's EXIF; the preview's where the raw file has none of its own."""
        return super().getexif() if self.own_exif is None else self.own_exif


class RawWithoutPreview(ImageFile.ImageFile):
    """A raw file without a picture that can be read: it has its EXIF, and loading it says what is missing."""

    format = "RAW"
    own_exif: Image.Exif | None = None

    def _open(self) -> None:
        self._size, self._mode, self.tile = (1, 1), "RGB", []

    def getexif(self) -> Image.Exif:
        """The raw file's EXIF."""
        return super().getexif() if self.own_exif is None else self.own_exif

    def load(self) -> Any:
        """Raise PhotoError."""
        name = str(getattr(self.fp, "name", "") or "raw file")
        raise PhotoError(name, NO_PREVIEW, "this raw file holds no preview that can be read; export it as JPEG")


def is_raw(file: io.BufferedIOBase) -> bool:
    """Whether a file that begins like a TIFF is a raw file: its first directory is not of the picture itself.

    >>> is_raw(io.BytesIO(b"text"))
    False
    """
    found = raw_directories.read(file)
    return found is not None and found.raw


def opened(file: io.BufferedIOBase, name: str) -> Image.Image:
    r"""Open a raw file by its largest preview; PhotoError for one whose metadata are far more than a photo has.

    >>> opened(io.BytesIO(b"II*\0\x08" + bytes(12)), "a.dng").format
    'RAW'
    """
    found = raw_directories.read(file)
    if found is not None and found.bytes > raw_directories.MAX_VALUES:
        raise PhotoError(name, WORK, "holds more metadata than a photo has; export it as JPEG")
    best = _largest(file, found.previews if found else [], name) or _largest(file, _search(file), name)
    image: RawImageFile | RawWithoutPreview
    if best is None:
        image = RawWithoutPreview(cast(IO[bytes], file))
        image._size = found.size if found and min(found.size) > 0 else (1, 1)
    else:
        file.seek(best[0])
        image = RawImageFile(io.BytesIO(file.read(min(best[1], MAX_PREVIEW))))
    image.own_exif = _exif(file, found is not None)
    if found and found.xmp and "xmp" not in image.info:
        file.seek(found.xmp[0])
        image.info["xmp"] = file.read(min(found.xmp[1], _MOST_XMP))
    return image


def _largest(file: io.BufferedIOBase, spans: Iterable[tuple[int, int]], name: str) -> tuple[int, int] | None:
    """Where the JPEG with the most pixels lies, among places that may hold one; the sensor's own data are not one."""
    best, most = None, 0
    for at, length in spans:
        file.seek(at)
        head = file.read(min(length, _HEAD))
        if not head.startswith(b"\xff\xd8\xff"):
            continue
        try:
            frame = jpeg_structure.read_frame(io.BytesIO(head), name)
        except PhotoError:
            continue
        if frame is not None and not frame.lossless and frame.width * frame.height > most:
            best, most = (at, length), frame.width * frame.height
    return best


def _search(file: io.BufferedIOBase) -> Iterator[tuple[int, int]]:
    """What begins like a JPEG in the first part of a file; Fuji says in its head where the preview lies."""
    file.seek(0)
    data = file.read(_LOOKED_AT)
    if data.startswith(_FUJI) and len(data) >= 92:
        yield struct.unpack(">II", data[84:92])
        return
    at = -1
    for _ in range(_MOST_FOUND):
        at = data.find(b"\xff\xd8\xff", at + 1)
        if at < 0:
            return
        yield at, MAX_PREVIEW


def _exif(file: io.BufferedIOBase, like_tiff: bool) -> Image.Exif | None:
    """The EXIF of the raw file itself; None where only its preview has one."""
    exif = Image.Exif()
    if like_tiff:
        file.seek(0)
        magic = {b"I": b"II*\0", b"M": b"MM\0*"}[file.read(1)]
        exif.load_from_fp(cast(IO[bytes], _Headed(file, magic)))
        return exif
    parts = dict(_canon_parts(file))
    if b"CMT1" not in parts:
        return None
    exif.load(parts[b"CMT1"])
    for kind, tag in _CR3_PARTS.items():
        if tag is not None and kind in parts:
            inner = Image.Exif()
            inner.load(parts[kind])
            exif.get_ifd(tag).update(dict(inner))
    return exif


def _canon_parts(file: io.BufferedIOBase) -> Iterator[tuple[bytes, bytes]]:
    """EXIF's directories in a CR3, each a TIFF of its own: `moov`, in it Canon's box, in that CMT1 and so on."""
    for kind, at, end in _boxes(file, 0, file.seek(0, 2)):
        if kind != b"moov":
            continue
        for inner, start, stop in _boxes(file, at, end):
            file.seek(start)
            if inner == b"uuid" and file.read(16) == _CANON:
                for part, first, last in _boxes(file, start + 16, stop):
                    if part in _CR3_PARTS and last - first <= _HEAD:
                        file.seek(first)
                        yield part, file.read(last - first)


def _boxes(file: io.BufferedIOBase, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(16)
        length, begin = int.from_bytes(head[:4], "big"), 8
        if length == 1:
            length, begin = int.from_bytes(head[8:16], "big"), 16
        length = length or end - at
        if len(head) < 8 or length < begin or at + length > end:
            return
        yield head[4:8], at + begin, at + length
        at += length


class _Headed:
    """A file that begins with TIFF's own four bytes, whatever a camera's maker has put there."""

    def __init__(self, file: io.BufferedIOBase, magic: bytes):
        self._file, self._magic = file, magic
        self.seek, self.tell = file.seek, file.tell
        file.seek(0)

    def read(self, count: int = -1) -> bytes:
        at = self._file.tell()
        data = self._file.read(count)
        return self._magic[at:][: len(data)] + data[max(0, 4 - at) :] if at < 4 else data
