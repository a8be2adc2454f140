"""JPEGs decoded and shrunk on the GPU: torchvision's nvJPEG, then Pillow's filter; other photos as everywhere else.

Only small JPEGs of a scan each, which are upright, go there: they cannot ask for much memory or work. All others, and
those that nvJPEG refuses, are decoded by `photos.decode` in threads.
"""

import importlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from photoplanet.errors import InputError
from photoplanet.photos import decode, decoding_cost
from photoplanet.photos.decode import Box, Preprocessing
from photoplanet.photos.truncation import surely_whole
from photoplanet.training import device_resize

MOST_PIXELS = 2_000_000  # of a JPEG that is decoded on the GPU; a larger one is cheaper shrunk while it is decoded
AT_ONCE = 128  # photos for nvJPEG
Item = tuple[Any, Box | None]
DecodeJpegs = Callable[[list[Tensor]], list[Tensor]]  # uint8 (bytes,) each → uint8 (3, h, w) each, on the GPU


def nvjpeg(device: torch.device) -> DecodeJpegs:
    """Return torchvision's decoder on a CUDA device; InputError where there is none.

    >>> nvjpeg(torch.device("cpu"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: --decoder cuda: needs --device cuda; leave it out, or use --decoder cpu
    """
    if device.type != "cuda":
        raise InputError("--decoder cuda: needs --device cuda; leave it out, or use --decoder cpu")
    try:
        io = importlib.import_module("torchvision.io")
    except (ImportError, RuntimeError):  # RuntimeError: of another version of torch
        raise InputError(
            "--decoder cuda: needs torchvision of torch's own version; install it, or use --decoder cpu"
        ) from None

    def decoded(jpegs: list[Tensor]) -> list[Tensor]:
        return list(io.decode_jpeg(jpegs, mode=io.ImageReadMode.RGB, device=device))

    return decoded


class CudaDecoding:
    """Decodes photos into tensors on `device` by `jpegs`; `threads` read files, and decode what `jpegs` does not."""

    def __init__(self, device: torch.device, jpegs: DecodeJpegs, threads: int):
        self.device, self._jpegs = device, jpegs
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")

    def start(self, into: Tensor, items: Sequence[Item], preprocessing: Preprocessing) -> "Decoding":
        """Begin to read photos for `into`, uint8 (n, size, size, 3) on the device."""
        futures = [self._pool.submit(_read, source, box, preprocessing) for source, box in items]
        return Decoding(into, items, futures, preprocessing, self._jpegs)

    def close(self) -> None:
        """End the threads; harmless to repeat."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class Decoding:
    """Photos under way, from `CudaDecoding.start`."""

    def __init__(
        self, into: Tensor, items: Sequence[Item], futures: list[Future[Any]], preprocessing: Preprocessing,
        jpegs: DecodeJpegs,
    ):  # fmt: skip
        self._into, self._items, self._futures = into, items, futures
        self._preprocessing, self._jpegs = preprocessing, jpegs

    def finish(self) -> list[str | None]:
        """Wait for the files and decode them; return for each photo None, or why it cannot be read."""
        found = [future.result() for future in self._futures]
        waiting = [row for row, each in enumerate(found) if isinstance(each, bytes)]
        for start in range(0, len(waiting), AT_ONCE):
            rows = waiting[start : start + AT_ONCE]
            try:
                photos = self._jpegs([torch.frombuffer(bytearray(found[row]), dtype=torch.uint8) for row in rows])
            except RuntimeError:  # one of them is damaged, or of a kind that nvJPEG does not know
                for row in rows:
                    found[row] = _here(*self._items[row], self._preprocessing)
                continue
            fit = self._preprocessing.fit
            boxes = [_part(self._items[row][1], photo, fit) for row, photo in zip(rows, photos, strict=True)]
            self._into[torch.tensor(rows)] = device_resize.shrunk(photos, boxes, self._preprocessing.size)
        for row, each in enumerate(found):
            if isinstance(each, np.ndarray):
                self._into[row] = torch.from_numpy(each)
        return [each if isinstance(each, str) else None for each in found]

    def cancel(self) -> None:
        """Give up what has not begun, and wait for what has."""
        for future in self._futures:
            if not future.cancel():
                future.exception()


def _read(source: Any, box: Box | None, preprocessing: Preprocessing) -> bytes | NDArray[np.uint8] | str:
    """The bytes of a JPEG for the GPU; else a photo's pixels, or why it cannot be read."""
    try:
        with decode.opened(source) as (image, name):
            file = getattr(image, "fp", None)
            if file is not None and _is_for_gpu(image, file, name):
                file.seek(0)
                return bytes(file.read())
    except InputError:
        pass  # decoding it here says why
    return _here(source, box, preprocessing)


def _is_for_gpu(image: Image.Image, file: Any, name: str) -> bool:
    """Whether an opened photo is a small, whole, upright JPEG of one scan, in the usual colours."""
    pixels = image.width * image.height
    usual = image.format == "JPEG" and image.mode in ("RGB", "L") and image.info.get("adobe_transform", 1) == 1
    return (
        usual
        and pixels <= MOST_PIXELS
        and image.getexif().get(decode.ORIENTATION, 1) == 1
        and decoding_cost.of(image, name).work == pixels
        and surely_whole(file, image)
    )


def _here(source: Any, box: Box | None, preprocessing: Preprocessing) -> NDArray[np.uint8] | str:
    """A photo's pixels, decoded by this thread, or why it cannot be read."""
    try:
        return decode.load(source, preprocessing, box)
    except InputError as error:
        return str(error)


def _part(box: Box | None, photo: Tensor, fit: str) -> Box:
    """The part of a photo (3, h, w) that fills the result."""
    if box is not None:
        return box
    if fit == "squash":
        return 0.0, 0.0, 1.0, 1.0
    y, x = (0.5 * min(photo.shape[1:]) / side for side in photo.shape[1:])
    return 0.5 - x, 0.5 - y, 0.5 + x, 0.5 + y
