"""JPEGs decoded and shrunk on the GPU: torchvision's nvJPEG, then Pillow's filter; other photos as everywhere else.

Only small JPEGs of a scan each, which are upright, go there: they cannot ask for much memory or work. All others, and
those that nvJPEG refuses, are decoded by `photos.decode` in threads.
"""

import importlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
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
    """Decodes photos into tensors on `device` by `jpegs`; `threads` read files, and decode what `jpegs` does not.

    A thread of its own gives the GPU its work, on a stream of its own, so that it goes on beside the training step.
    """

    def __init__(self, device: torch.device, jpegs: DecodeJpegs, threads: int):
        self.device, self._jpegs = device, jpegs
        self._readers = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        self._giver = ThreadPoolExecutor(1, thread_name_prefix="nvjpeg")
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]

    def start(self, into: Tensor, items: Sequence[Item], preprocessing: Preprocessing) -> "Decoding":
        """Begin to decode photos into `into`, uint8 (n, size, size, 3) on the device."""
        read = [self._readers.submit(_read, source, box, preprocessing) for source, box in items]
        free = None
        if self._stream is not None:
            free = torch.cuda.Event()  # type: ignore[no-untyped-call]
            free.record(torch.cuda.current_stream(self.device))  # what has used this memory before is done by then
            into.record_stream(self._stream)
        given = self._giver.submit(self._give, into, items, read, preprocessing, free)
        return Decoding(read, given, self.device)

    def close(self) -> None:
        """End the threads; harmless to repeat."""
        for pool in (self._readers, self._giver):
            pool.shutdown(wait=True, cancel_futures=True)

    def _give(
        self, into: Tensor, items: Sequence[Item], read: list[Future[Any]], preprocessing: Preprocessing,
        free: torch.cuda.Event | None,
    ) -> tuple[list[str | None], torch.cuda.Event | None]:  # fmt: skip
        """Decode what has been read; return for each photo None or why it cannot be, and when the GPU is done."""
        with torch.cuda.stream(self._stream) if self._stream is not None else nullcontext():
            if self._stream is not None and free is not None:
                self._stream.wait_event(free)
            found = [future.result() for future in read]
            waiting = [row for row, each in enumerate(found) if isinstance(each, bytes)]
            for start in range(0, len(waiting), AT_ONCE):
                self._decode(into, items, found, waiting[start : start + AT_ONCE], preprocessing)
            for row, each in enumerate(found):
                if isinstance(each, np.ndarray):
                    into[row] = torch.from_numpy(each)
            done = None
            if self._stream is not None:
                done = torch.cuda.Event()  # type: ignore[no-untyped-call]
                done.record(self._stream)
        return [each if isinstance(each, str) else None for each in found], done

    def _decode(
        self, into: Tensor, items: Sequence[Item], found: list[Any], rows: list[int], preprocessing: Preprocessing
    ) -> None:
        """Decode and shrink the JPEGs `found` in some rows; what nvJPEG refuses is replaced by its pixels."""
        try:
            photos = self._jpegs([torch.frombuffer(bytearray(found[row]), dtype=torch.uint8) for row in rows])
        except RuntimeError:  # one of them is damaged, or of a kind that nvJPEG does not know
            for row in rows:
                found[row] = _here(*items[row], preprocessing)
            return
        boxes = [_part(items[row][1], photo, preprocessing.fit) for row, photo in zip(rows, photos, strict=True)]
        into[torch.tensor(rows, device=self.device)] = device_resize.shrunk(photos, boxes, preprocessing.size)


class Decoding:
    """Photos under way, from `CudaDecoding.start`."""

    def __init__(
        self, read: list[Future[Any]], given: "Future[tuple[list[str | None], torch.cuda.Event | None]]",
        device: torch.device,
    ):  # fmt: skip
        self._read, self._given, self._device = read, given, device

    def finish(self) -> list[str | None]:
        """Wait for the photos; return for each None, or why it cannot be read. The GPU may still be at them."""
        faults, done = self._given.result()
        if done is not None:
            torch.cuda.current_stream(self._device).wait_event(done)
        return faults

    def cancel(self) -> None:
        """Give up what has not begun, and wait for what has."""
        if not self._given.cancel():
            self._given.exception()
        for future in self._read:
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
