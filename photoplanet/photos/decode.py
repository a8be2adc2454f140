"""The only home of pixels: open, check, orient, convert and resize photos (JPEG to HEIC), and refuse hostile ones."""

import functools
import importlib
import io
import math
import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.photos import (
    colour,
    decoding_cost,
    file_bounds,
    formats,
    jpeg_structure,
    quiet,
)
from photoplanet.photos.photo_error import PhotoError, reported
from photoplanet.photos.pixel_limit import ANY as ANY_PIXELS
from photoplanet.photos.pixel_limit import MAX_PIXELS, current
from photoplanet.photos.preprocessing import Preprocessing
from photoplanet.photos.shards import read_member, split_address

__all__ = [
    "ANY_PIXELS", "MAX_BYTES", "MAX_PIXELS", "ORIENTATION", "Box", "PhotoError", "Preprocessing", "Source", "load",
    "load_many", "open_photo", "opened", "plain_jpeg", "reported", "shrunk_jpeg", "source_name",
]  # fmt: skip

MAX_BYTES = 400_000_000  # of one file: an uncompressed 100-megapixel TIFF with alpha

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | Image.Image | NDArray[np.uint8]
Box = tuple[float, float, float, float]  # left, top, right, bottom: fractions of the upright photo
ORIENTATION = 0x0112  # the EXIF tag
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
# EXIF orientation -> where the corners (left, top, right, bottom) of an upright box lie in the stored picture
_STORED_BOX = {
    1: lambda x, y, u, v: (x, y, u, v), 2: lambda x, y, u, v: (1 - u, y, 1 - x, v),
    3: lambda x, y, u, v: (1 - u, 1 - v, 1 - x, 1 - y), 4: lambda x, y, u, v: (x, 1 - v, u, 1 - y),
    5: lambda x, y, u, v: (y, x, v, u), 6: lambda x, y, u, v: (y, 1 - u, v, 1 - x),
    7: lambda x, y, u, v: (1 - v, 1 - u, 1 - y, 1 - x), 8: lambda x, y, u, v: (1 - v, x, 1 - y, u),
}  # fmt: skip

_PLUGINS = {
    formats.JPEG: ("PIL.JpegImagePlugin", "JpegImageFile"),
    formats.PNG: ("PIL.PngImagePlugin", "PngImageFile"),
    formats.WEBP: ("PIL.WebPImagePlugin", "WebPImageFile"),
    formats.TIFF: ("PIL.TiffImagePlugin", "TiffImageFile"),
    formats.HEIC: ("pillow_heif", "HeifImageFile"),
    formats.GIF: ("PIL.GifImagePlugin", "GifImageFile"),
    formats.BMP: ("PIL.BmpImagePlugin", "BmpImageFile"),
    formats.VIDEO: ("photoplanet.photos.film_image", "FilmImageFile"),
}
_FILMS = (formats.VIDEO,)
_BY_PARTS = (*_FILMS, formats.JPEG, formats.PNG, formats.TIFF, formats.RAW)  # read by seeking, and not as a whole
_SCALES = (8, 4, 2, 1)
_MOST_LONG = 8  # a panorama's long side in short sides, where it is made smaller
# their orientation shows once they are loaded: a PNG may hold it behind its pixels,
# TIFF, HEIC, JPEG XL and films turn themselves
_LATE = (formats.TIFF, formats.HEIC, formats.JPEG_XL, formats.PNG, formats.VIDEO)


def open_photo(source: Source, max_pixels: int | None = None, size_hint: int | None = None) -> Image.Image:
    """Decode one photo as an upright RGB PIL image.

    A source is a path, `shard.tar#member`, bytes, a PIL image or a uint8 array (h, w), (h, w, 3) or (h, w, 4).
    `size_hint`, in pixels, lets a JPEG, or a large photo of another format, come at 1/2 … 1/8 of its size, as long as
    the short side is not below it. PhotoError (an InputError) that names the file where it is missing, not a photo,
    damaged, or too large: in pixels, or in the memory or work that decoding it takes.

    >>> open_photo(np.zeros((30, 40, 3), np.uint8)).size
    (40, 30)
    """
    with opened(source, max_pixels) as (image, name), reported(name):
        fresh = not isinstance(source, Image.Image)
        if size_hint and fresh:
            width, height = (math.ceil(length * size_hint / min(image.size)) for length in image.size)
            image.draft(None, (width, height))
        large = 4 * image.width * image.height > decoding_cost.SMALL
        shorter = min(image.size)
        factor = next(each for each in _SCALES if each == 1 or (large and size_hint and shorter >= each * size_hint))
        kind = formats.of_pillow(image.format)
        turned = kind is formats.PNG or (kind not in _LATE and _orientation(image) != 1)
        pixels = -(-image.width // factor) * -(-image.height // factor)
        copies = turned + (image.mode != "RGB" or factor > 1 or not large)
        with decoding_cost.held(image, name, 4 * pixels * copies + _strips(image)):
            image.load()
            upright = _turned(colour.to_rgb(image, factor), _orientation(image))
            upright = image.copy() if upright is image and not large else upright
            if upright is not image and fresh:
                image.close()  # its memory is free before others may take it
            return upright


def plain_jpeg(
    source: Source, longest: int, quality: int = 88, max_pixels: int | None = None
) -> tuple[bytes, tuple[int, int]]:
    """Encode one photo as an upright JPEG with nothing but pixels in it, so without EXIF; and its (width, height).

    Both are at most `longest` pixels; smaller photos keep their size. Raises as `open_photo`.

    >>> plain_jpeg(np.zeros((30, 40, 3), np.uint8), 20)[1]
    (20, 15)
    """
    image = open_photo(source, max_pixels, longest)
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return _encoded(image, quality), image.size


def shrunk_jpeg(
    source: Source, shortest: int, quality: int = 90, max_pixels: int | None = None
) -> tuple[bytes, tuple[int, int]]:
    """Encode one photo as an upright JPEG of pixels alone, its short side `shortest` pixels; and its (width, height).

    Smaller photos keep their size; the long side is at most 8 times `shortest`. Raises as `open_photo`.

    >>> shrunk_jpeg(np.zeros((30, 40, 3), np.uint8), 15)[1]
    (20, 15)
    """
    image = open_photo(source, max_pixels, 2 * shortest)  # twice: what a JPEG's own shrinking blurs is then filtered
    scale = min(1.0, shortest / min(image.size), _MOST_LONG * shortest / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    if size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return _encoded(image, quality), image.size


def _encoded(image: Image.Image, quality: int) -> bytes:
    image.info.clear()  # a comment or profile that Pillow would write along
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def load(
    source: Source, preprocessing: Preprocessing, box: Box | None = None, max_pixels: int | None = None,
    before: Callable[[Image.Image], object] = lambda image: None,
) -> NDArray[np.uint8]:  # fmt: skip
    """Decode one photo as a network takes it: uint8 (size, size, 3), RGB, upright.

    `box` = (left, top, right, bottom), fractions of the upright photo: that part fills the result (random crops);
    without it, `preprocessing.fit` decides. Cutting and shrinking are one step. `before` gets the photo when it is
    opened, to look at what needs no decoding, and must leave its file as it is. Raises as `open_photo`.

    >>> load(np.zeros((30, 40, 3), np.uint8), Preprocessing(size=16)).shape
    (16, 16, 3)
    """
    size = preprocessing.size
    if box is not None and not (0 <= box[0] < box[2] <= 1 and 0 <= box[1] < box[3] <= 1):
        raise InputError(f"box {box}: must have 0 ≤ left < right ≤ 1 and 0 ≤ top < bottom ≤ 1")
    with opened(source, max_pixels) as (image, name), reported(name):
        before(image)
        fresh, late = not isinstance(source, Image.Image), formats.of_pillow(image.format) in _LATE
        orientation = 1 if late else _orientation(image)
        if not late:
            part = _part(image, orientation, box, preprocessing.fit)
            if fresh:
                image.draft(None, _draft_size(part, size))
        with decoding_cost.held(image, name, _strips(image)):
            image.load()
            if late:
                orientation = _orientation(image)
                part = _part(image, orientation, box, preprocessing.fit)
            width, height = image.size
            pixels = (part[0] * width, part[1] * height, part[2] * width, part[3] * height)
            small = colour.shrunk(image, size, pixels)
            if fresh:
                image.close()  # its memory is free before others may take it
        return np.array(_turned(small, orientation).convert("RGB"))


def load_many(
    sources: Iterable[Source], preprocessing: Preprocessing, threads: int | None = None, max_pixels: int | None = None
) -> Iterator[NDArray[np.uint8] | InputError]:
    """Yield, in the order of `sources`, uint8 (size, size, 3) or the InputError of a photo that cannot be read.

    Decodes on `threads` threads (default: one per core, at most 8; 0: in the caller's), at most 4 photos per thread
    ahead, so that memory does not grow with the number of sources, which may be an endless iterator.

    >>> good, bad = load_many([np.zeros((30, 40, 3), np.uint8), b"text"], Preprocessing(size=16))
    >>> good.shape, str(bad)
    ((16, 16, 3), 'photo bytes: not a JPEG, PNG, WebP, TIFF, HEIC, AVIF, JPEG XL, GIF or BMP file; convert it first')
    """

    def attempt(source: Source) -> NDArray[np.uint8] | InputError:
        try:
            return load(source, preprocessing, max_pixels=max_pixels)
        except InputError as error:
            return error

    threads = min(8, os.cpu_count() or 1) if threads is None else threads
    if threads <= 0:
        yield from map(attempt, sources)
        return
    pool = ThreadPoolExecutor(threads, thread_name_prefix="photos")
    ahead: deque[Future[NDArray[np.uint8] | InputError]] = deque()
    try:
        for source in sources:
            ahead.append(pool.submit(attempt, source))
            if len(ahead) >= 4 * threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def opened(source: Source, max_pixels: int | None = None) -> Iterator[tuple[Image.Image, str]]:
    """Open a photo with its header read and its size checked, but not decoded; and its name in errors.

    With `max_pixels=ANY_PIXELS`, for what stands beside the pixels, a photo may be as large as it is. Raises as
    `open_photo`.

    >>> with opened(np.zeros((30, 40, 3), np.uint8)) as (image, name):
    ...     image.size, name
    ((40, 30), 'array')
    """
    name = source_name(source)
    with quiet.silence:
        if isinstance(source, Image.Image):
            _check_size(source.size, max_pixels, name)
            yield source, name
        elif isinstance(source, np.ndarray):
            yield _from_array(source, max_pixels), name
        else:
            with _file(source, name, max_pixels == ANY_PIXELS) as file:
                with reported(name):
                    image = _parsed(file, name)
                _check_size(image.size, max_pixels, name)
                if coded := getattr(image, "coded", None):
                    _check_size((max(1, coded.width), max(1, coded.height)), max_pixels, name)
                yield image, name


def source_name(source: Source) -> str:
    """Return what an error message calls this source: its path, or a word for what has none.

    >>> source_name("IMG_1.jpg"), source_name(b"...")
    ('IMG_1.jpg', 'photo bytes')
    """
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    if isinstance(source, bytes | bytearray | memoryview):
        return "photo bytes"
    if isinstance(source, Image.Image):
        return str(getattr(source, "filename", "") or "PIL image")
    return "array" if isinstance(source, np.ndarray) else type(source).__name__


def _fit_box(size: tuple[int, int], fit: str) -> Box:
    """The part of a picture that fills the result: all of it, or the centred square."""
    if fit == "squash":
        return 0.0, 0.0, 1.0, 1.0
    x, y = (0.5 * min(size) / length for length in size)
    return 0.5 - x, 0.5 - y, 0.5 + x, 0.5 + y


def _part(image: Image.Image, orientation: int, box: Box | None, fit: str) -> Box:
    """The part of a stored picture that fills the result; `box` is of the upright one."""
    return _STORED_BOX[orientation](*box) if box else _fit_box(image.size, fit)


def _draft_size(part: Box, size: int) -> tuple[int, int]:
    """The smallest decoded size at which `part` still has `size` pixels each way."""
    return math.ceil(size / (part[2] - part[0])), math.ceil(size / (part[3] - part[1]))


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1 … 8; 1 where it is absent or cannot be read, since the pixels are still good."""
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # Pillow raises a dozen types on broken EXIF, whatever the bytes lead it to
        return 1
    return value if isinstance(value, int) and value in _TRANSPOSE else 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TRANSPOSE[orientation]) if orientation in _TRANSPOSE else image


def _strips(image: Image.Image) -> int:
    """Bytes that changing an image's colour mode takes."""
    return 0 if image.mode in ("RGB", "L") else min(colour.STRIP_BYTES, 24 * image.width * image.height)


def _from_array(array: NDArray[np.uint8], max_pixels: int | None) -> Image.Image:
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        what = f"{array.dtype} {array.shape}"
        raise PhotoError("array", "not a photo", f"must be uint8 (h, w), (h, w, 3) or (h, w, 4), not {what}")
    _check_size(array.shape[1::-1], max_pixels, "array")
    return Image.fromarray(np.ascontiguousarray(array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array))


def _check_size(size: tuple[int, ...], max_pixels: int | None, name: str) -> None:
    max_pixels = current() if max_pixels is None else max_pixels
    if min(size) < 1:
        raise PhotoError(name, "empty", "has no pixels")
    if size[0] * size[1] > max_pixels:
        raise PhotoError(name, "over the pixel limit", f"{size[0]} × {size[1]} pixels, the limit is {max_pixels:,}")


@contextmanager
def _file(source: Source, name: str, any_size: bool = False) -> Iterator[io.BufferedIOBase]:
    """A readable, seekable file for a path, a shard member or bytes; closed at the end."""
    if isinstance(source, bytes | bytearray | memoryview):
        if not 0 < len(source) <= MAX_BYTES:
            raise PhotoError(name, "empty" if not len(source) else "too large", f"{len(source):,} bytes")
        yield io.BytesIO(source)
        return
    if not isinstance(source, str | os.PathLike):
        raise InputError(f"a photo is a path, bytes, a PIL image or a uint8 array, not {type(source).__name__}")
    if address := split_address(name):
        data = read_member(*address, MAX_BYTES)
        if not data:
            raise PhotoError(name, "empty", "the file is empty")
        yield io.BytesIO(data)
        return
    try:
        path = Path(source)
        size = _regular_size(path)
        if size is None:
            what = "is a folder" if path.is_dir() else "is not a regular file" if path.exists() else "no such file"
            raise PhotoError(name, "missing", f"{what}; check the path")
        if not size:
            raise PhotoError(name, "empty", "the file is empty")
        file = path.open("rb")
        if size > MAX_BYTES and formats.recognise(file.read(formats.HEAD)) not in (_BY_PARTS if any_size else _FILMS):
            file.close()
            raise PhotoError(name, "too large", f"{size:,} bytes, the limit is {MAX_BYTES:,}")
        file.seek(0)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        if isinstance(error, PhotoError):
            raise
        raise PhotoError(name, "unreadable", getattr(error, "strerror", None) or str(error)) from None
    with file:
        yield file


def _regular_size(path: Path) -> int | None:
    """Bytes of a file; None for what is no regular file, so also for named pipes and devices, which could block."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _parsed(file: io.BufferedIOBase, name: str) -> Image.Image:
    """The Pillow image of the format that the first bytes show; photo formats only, so that no exotic parser runs."""
    head = file.read(formats.HEAD)
    file.seek(0)
    kind = formats.recognise(head)
    if kind is None:
        other = formats.unread(head)
        what = f"its format is {other}, which is not read" if other else f"not a {formats.NAMES} file"
        raise PhotoError(name, "not a photo file", f"{what}; convert it{f' to {formats.NAMES}' if other else ' first'}")
    if kind is formats.VIDEO and isinstance(file, io.BytesIO):
        raise PhotoError(name, "not a photo file", "films are read from files of their own, not from bytes or shards")
    if kind is formats.WEBP:
        if int.from_bytes(head[4:8], "little") + 8 > file.seek(0, os.SEEK_END):  # the decoder would not say why
            raise PhotoError(name, "truncated", "cannot decode it (the file is truncated)")
        file.seek(0)
    if kind is formats.TIFF:
        quiet.hush_libtiff()
    if kind is formats.JPEG:
        jpeg_structure.read_frame(file, name)
        file.seek(0)
    file_bounds.check(file, kind, name)
    if kind in (formats.RAW, formats.TIFF):
        from photoplanet.photos import raw_image  # late, as AVIF's: most photos are JPEGs

        if kind is formats.RAW or raw_image.is_raw(file):
            return raw_image.opened(file, name)
    file.seek(0)
    if kind is formats.AVIF:
        from photoplanet.photos import avif_image

        return avif_image.opened(file, name)
    if kind is formats.JPEG_XL:
        from photoplanet.photos import jxl_image

        return jxl_image.opened(file, name)
    return _plugin(kind)(file)


@functools.cache
def _plugin(kind: formats.Format) -> Callable[[io.BufferedIOBase], Image.Image]:
    """Pillow's class for a format, imported when it is first needed."""
    module, name = _PLUGINS[kind]
    return cast(Callable[[io.BufferedIOBase], Image.Image], getattr(importlib.import_module(module), name))
