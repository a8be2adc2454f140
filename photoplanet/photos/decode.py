"""The only home of pixels: open, check, orient, convert and resize photos, one or many, with hostile input refused."""

import io
import math
import os
import threading
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from photoplanet.errors import InputError, ModelError
from photoplanet.photos.shards import read_member, split_address

MAX_PIXELS = 100_000_000  # 300 MB of RGB; a 100-megapixel camera back just fits
MAX_BYTES = 400_000_000  # of one file: an uncompressed 100-megapixel TIFF with alpha
MAX_SIZE = 4096  # of a preprocessed photo, in pixels

Box = tuple[float, float, float, float]
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

_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_TRUNCATED = ("truncated", "end of file", "end-of-file")

_quiet_lock = threading.Lock()
_quiet: dict[str, Any] = {"depth": 0, "filters": None}


def open_photo(source: Any, max_pixels: int = MAX_PIXELS, size_hint: int | None = None) -> Image.Image:
    """One photo as an upright RGB PIL image; `size_hint` lets a JPEG be decoded at 1/2 … 1/8, short side ≥ size_hint.

    A source is a path, `shard.tar#member`, bytes, a PIL image or a uint8 array (h, w), (h, w, 3) or (h, w, 4).
    Raises PhotoError (an InputError) with the file's name for what is missing, no photo, damaged or too large.
    """
    with opened(source, max_pixels) as (image, name), reported(name):
        if size_hint and not isinstance(source, Image.Image):
            width, height = (math.ceil(length * size_hint / min(image.size)) for length in image.size)
            image.draft(None, (width, height))
        image.load()
        upright = _rgb(_turned(image, _orientation(image)))
        return upright if upright is not image else image.copy()


def plain_jpeg(
    source: Any, longest: int, quality: int = 88, max_pixels: int = MAX_PIXELS
) -> tuple[bytes, tuple[int, int]]:
    """One photo as an upright JPEG with nothing but pixels in it, so no EXIF, and its (width, height) ≤ `longest`.

    Smaller photos keep their size. Raises as `open_photo`.
    """
    image = open_photo(source, max_pixels, longest)
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    image.info.clear()  # a comment or profile that Pillow would write along
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue(), image.size


def load(
    source: Any, preprocessing: "Preprocessing", box: Box | None = None, max_pixels: int = MAX_PIXELS
) -> np.ndarray:
    """One photo as uint8 (size, size, 3), RGB, upright.

    `box` = (left, top, right, bottom), fractions of the upright photo: that part fills the result (random crops);
    without it, `preprocessing.fit` decides. Cutting and shrinking are one step. Raises as `open_photo`.
    """
    size = preprocessing.size
    if box is not None and not (0 <= box[0] < box[2] <= 1 and 0 <= box[1] < box[3] <= 1):
        raise InputError(f"box {box}: needs 0 ≤ left < right ≤ 1 and 0 ≤ top < bottom ≤ 1")
    with opened(source, max_pixels) as (image, name), reported(name):
        if image.format in ("TIFF", "HEIF"):  # these turn themselves upright while loading
            image.load()
        orientation = _orientation(image)
        part = _STORED_BOX[orientation](*box) if box else _fit_box(image.size, preprocessing.fit)
        if not isinstance(source, Image.Image):
            image.draft(None, _draft_size(image.size, part, size))
        image.load()
        width, height = image.size
        pixels = (part[0] * width, part[1] * height, part[2] * width, part[3] * height)
        if image.mode not in ("RGB", "L"):
            image = _rgb(image)
        # HAMMING: as sharp as BICUBIC when shrinking, at two thirds of the cost of decoding and shrinking together
        small = image.resize((size, size), Image.Resampling.HAMMING, pixels, reducing_gap=3.0)
        return np.array(_rgb(_turned(small, orientation)))


def load_many(
    sources: Iterable[Any], preprocessing: "Preprocessing", threads: int | None = None, max_pixels: int = MAX_PIXELS
) -> Iterator[np.ndarray | InputError]:
    """Yield, in the order of `sources`, uint8 (size, size, 3) or the InputError of a photo that cannot be read.

    Decodes on `threads` threads (default: one per core, at most 8; 0: in the caller's), at most 4 photos per thread
    ahead, so memory does not grow with the number of sources, which may be an endless iterator.
    """

    def attempt(source: Any) -> np.ndarray | InputError:
        try:
            return load(source, preprocessing, max_pixels=max_pixels)
        except InputError as error:
            return error

    threads = min(8, os.cpu_count() or 1) if threads is None else threads
    if threads <= 0:
        yield from map(attempt, sources)
        return
    pool = ThreadPoolExecutor(threads, thread_name_prefix="photos")
    ahead: deque[Future] = deque()
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
def opened(source: Any, max_pixels: int = MAX_PIXELS) -> Iterator[tuple[Image.Image, str]]:
    """A photo with its header read and its size checked but not decoded, and its name in errors; raises PhotoError."""
    name = source_name(source)
    with _silent():
        if isinstance(source, Image.Image):
            _check_size(source.size, max_pixels, name)
            yield source, name
        elif isinstance(source, np.ndarray):
            yield _from_array(source, max_pixels), name
        else:
            with _file(source, name) as file:
                with reported(name):
                    image = _parsed(file, name)
                _check_size(image.size, max_pixels, name)
                yield image, name


def source_name(source: Any) -> str:
    """What an error message calls this source: its path, or a word for what has none."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)  # type: ignore[return-value]
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


def _draft_size(stored: tuple[int, int], part: Box, size: int) -> tuple[int, int]:
    """The smallest decoded size at which `part` still has `size` pixels each way."""
    return math.ceil(size / (part[2] - part[0])), math.ceil(size / (part[3] - part[1]))


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1 … 8; 1 when there is none or it cannot be read, since the pixels are still good."""
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # Pillow raises a dozen types on broken EXIF, whatever the bytes lead it to
        return 1
    return value if isinstance(value, int) and value in _TRANSPOSE else 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TRANSPOSE[orientation]) if orientation in _TRANSPOSE else image


def _rgb(image: Image.Image) -> Image.Image:
    """Any mode to RGB: transparency on white, 16 and 32 bits scaled to 8."""
    mode = image.mode
    if mode == "RGB":
        return image
    if mode.startswith("I") or mode == "F":
        values = np.nan_to_num(np.asarray(image, np.float32), posinf=0, neginf=0)
        top = 65535.0 if mode.startswith("I;16") else float(values.max(initial=0))
        white = next((limit for limit in (1.0, 255.0, 65535.0) if top <= limit and (limit > 1 or mode == "F")), top)
        return Image.fromarray((values * (255 / white)).clip(0, 255).astype(np.uint8)).convert("RGB")
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or (mode == "P" and "transparency" in image.info):
        rgba = (image.convert("LA") if mode == "La" else image).convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), rgba).convert("RGB")
    if mode == "LAB":
        from PIL import ImageCms

        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")  # type: ignore[return-value]
    return image.convert("RGB")


def _from_array(array: np.ndarray, max_pixels: int) -> Image.Image:
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        what = f"{array.dtype} {array.shape}"
        raise PhotoError("array", "not a photo", f"needs uint8 (h, w), (h, w, 3) or (h, w, 4), not {what}")
    _check_size(array.shape[1::-1], max_pixels, "array")
    return Image.fromarray(np.ascontiguousarray(array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array))


def _check_size(size: tuple[int, ...], max_pixels: int, name: str) -> None:
    if min(size) < 1:
        raise PhotoError(name, "empty", "has no pixels")
    if size[0] * size[1] > max_pixels:
        raise PhotoError(name, "over the pixel limit", f"{size[0]} × {size[1]} pixels, the limit is {max_pixels:,}")


@contextmanager
def _file(source: Any, name: str) -> Iterator[io.BufferedIOBase]:
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
        if not path.is_file():  # also keeps off named pipes and devices, which could block for ever
            what = "is a folder" if path.is_dir() else "is no regular file" if path.exists() else "no such file"
            raise PhotoError(name, "missing", f"{what}; check the path")
        size = path.stat().st_size
        if not size:
            raise PhotoError(name, "empty", "the file is empty")
        if size > MAX_BYTES:
            raise PhotoError(name, "too large", f"{size:,} bytes, the limit is {MAX_BYTES:,}")
        file = path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        if isinstance(error, PhotoError):
            raise
        raise PhotoError(name, "unreadable", getattr(error, "strerror", None) or str(error)) from None
    with file:
        yield file


def _parsed(file: io.BufferedIOBase, name: str) -> Image.Image:
    """The Pillow image of the format that the first bytes tell; photo formats only, so that no exotic parser runs."""
    head = file.read(32)
    file.seek(0)
    if head.startswith(b"\xff\xd8\xff"):
        from PIL.JpegImagePlugin import JpegImageFile as Plugin
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        from PIL.PngImagePlugin import PngImageFile as Plugin  # type: ignore[assignment]
    elif head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        if int.from_bytes(head[4:8], "little") + 8 > file.seek(0, os.SEEK_END):  # the decoder would not say why
            raise PhotoError(name, "truncated", "cannot decode it (the file is truncated)")
        file.seek(0)
        from PIL.WebPImagePlugin import WebPImageFile as Plugin  # type: ignore[assignment]
    elif head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        from PIL.TiffImagePlugin import TiffImageFile as Plugin  # type: ignore[assignment]
    elif head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        from pillow_heif import HeifImageFile as Plugin  # type: ignore[assignment]
    elif head[:6] in (b"GIF87a", b"GIF89a"):
        from PIL.GifImagePlugin import GifImageFile as Plugin  # type: ignore[assignment]
    elif head.startswith(b"BM"):
        from PIL.BmpImagePlugin import BmpImageFile as Plugin  # type: ignore[assignment]
    else:
        raise PhotoError(name, "not a photo file", "no JPEG, PNG, WebP, TIFF, HEIC, GIF or BMP; convert it first")
    return Plugin(file)  # type: ignore[arg-type]


@contextmanager
def reported(name: str) -> Iterator[None]:
    """Turn whatever Pillow raises on damaged bytes into a PhotoError that names the file."""
    try:
        yield
    except PhotoError:
        raise
    except Exception as error:  # decoders raise a dozen types (OSError, SyntaxError, struct.error, ValueError, …)
        detail = str(error) or type(error).__name__
        if isinstance(error, Image.DecompressionBombError):
            raise PhotoError(name, "over the pixel limit", detail) from None
        cut = isinstance(error, EOFError) or any(word in detail.lower() for word in _TRUNCATED)
        raise PhotoError(name, "truncated" if cut else "unreadable", f"cannot decode it ({detail})") from None


@contextmanager
def _silent() -> Iterator[None]:
    """No warnings of Pillow's leak; counted, because `warnings.catch_warnings` alone is not safe with threads."""
    with _quiet_lock:
        if _quiet["depth"] == 0:
            _quiet["filters"] = warnings.catch_warnings()
            _quiet["filters"].__enter__()
            warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)\b")
        _quiet["depth"] += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet["depth"] -= 1
            if _quiet["depth"] == 0:
                _quiet["filters"].__exit__(None, None, None)


class PhotoError(InputError):
    """A photo that cannot be used; `reason` is one of a few short words for reports, the message names the file."""

    def __init__(self, name: str, reason: str, detail: str):
        super().__init__(f"{name}: {detail}")
        self.reason = reason


@dataclass(frozen=True)
class Preprocessing:
    """How a photo becomes a network's input: side in pixels, how it is made square, the network's own normalisation.

    `fit` "crop": short side → size, then the centre; "squash": both sides → size. `mean`, `std`: of pixels in 0 … 1.
    """

    size: int = 299
    fit: str = "crop"
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)

    def __post_init__(self) -> None:
        if not isinstance(self.size, int) or isinstance(self.size, bool) or not 8 <= self.size <= MAX_SIZE:
            raise InputError(f"preprocessing size {self.size!r}: needs a whole number of pixels, 8 … {MAX_SIZE}")
        if self.fit not in ("crop", "squash"):
            raise InputError(f"preprocessing fit {self.fit!r}: the known ones are crop, squash")
        for name, low in (("mean", -10.0), ("std", 1e-6)):
            values = getattr(self, name)
            numbers = isinstance(values, tuple | list) and len(values) == 3
            if not numbers or not all(isinstance(v, int | float) and low <= v <= 10 for v in values):
                raise InputError(f"preprocessing {name} {values!r}: needs three numbers, {low} … 10")
            object.__setattr__(self, name, tuple(float(v) for v in values))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` reads them back."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Preprocessing":
        """The preprocessing of a model folder; ModelError for unknown keys or impossible values."""
        known = set(cls.__dataclass_fields__)
        if not isinstance(values, Mapping) or not set(values) <= known:
            raise ModelError(f"preprocessing {str(values)[:200]}: needs an object with only {', '.join(sorted(known))}")
        try:
            return cls(**values)
        except InputError as error:
            raise ModelError(str(error)) from None
