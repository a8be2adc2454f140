"""Binary codes of photos, close for near-duplicates (paper §3), kept beside the photo table; `find` compares them."""

import functools
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.atomic import replacing
from photoplanet.duplicates.hamming import find, first_of_group
from photoplanet.errors import InputError, ModelError
from photoplanet.photos import decode
from photoplanet.photos.preprocessing import MAX_SIZE, Preprocessing
from photoplanet.photos.shards import split_address

__all__ = ["codes", "facts", "find", "first_of_group", "place"]

NETWORK = Path(__file__).with_name("binary_codes.onnx")
MAX_BITS = 4096
MAX_PART_BYTES = 64 << 30  # of a file of kept codes: more than a billion photos
_BATCH = 128
_CHUNK = 4096  # photos whose files are looked at before the new ones are read
_SAVE_SECONDS = 60.0
_KEY = 16  # bytes: which photo, in which state, by which network


@functools.cache
def facts() -> dict[str, Any]:
    """What is known of the shipped network: `bits`, `size` in pixels, `threshold` in bits, how it was trained."""
    try:
        found = json.loads(NETWORK.with_suffix(".json").read_text("utf-8"))
        bits, size, threshold = (int(found[key]) for key in ("bits", "size", "threshold"))
        if not (8 <= bits <= MAX_BITS and bits % 8 == 0 and 0 <= threshold < bits and 8 <= size <= MAX_SIZE):
            raise ValueError(f"{bits} bits, {size} pixels, threshold {threshold}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{NETWORK.with_suffix('.json')}: unusable ({error}); install photoplanet again") from None
    return found


def place(table: str | Path) -> Path:
    """Where the codes of a photo table's photos are kept: a hidden folder beside it."""
    path = Path(table)
    return path.with_name(f".{path.name}.duplicates")


def codes(
    sources: Sequence[Any], threads: int | None = None, advance: Callable[..., Any] = lambda count=1, note="": None,
    cache: Path | None = None,
) -> tuple[NDArray[np.uint8], dict[int, str]]:  # fmt: skip
    """(uint8 (n, bits / 8), {row: why it cannot be read}) of photos given as `photos.images` takes them.

    Unreadable photos have a code of zeros, which says nothing. With `cache`, a folder (`place`), what was coded before
    is read from there while a photo's file has the same size and time, and new codes are added about once a minute, so
    that a stopped run goes on. Memory: the codes, and 56 bytes for each kept one.
    """
    found = np.zeros((len(sources), facts()["bits"] // 8), np.uint8)
    unreadable: dict[int, str] = {}
    kept = _Kept(cache)
    try:
        for start in range(0, len(sources), _CHUNK):
            part = sources[start : start + _CHUNK]
            keys = [kept.key(source) for source in part]
            known = kept.look_up(keys, found[start : start + len(part)])
            new = np.flatnonzero(~known).tolist()
            advance(len(part) - len(new))
            for at, code in zip(new, _coded((part[at] for at in new), threads, advance), strict=True):
                if isinstance(code, InputError):
                    unreadable[start + at] = str(code)
                else:
                    found[start + at] = code
                    kept.add(keys[at], code)
    finally:
        kept.close()
    return found, unreadable


def missing(sources: Sequence[Any], cache: Path) -> int:
    """How many of these photos have no code in `cache` yet: what `codes` would have to read."""
    kept, row = _Kept(cache), np.zeros((_CHUNK, facts()["bits"] // 8), np.uint8)
    chunks = (sources[start : start + _CHUNK] for start in range(0, len(sources), _CHUNK))
    return sum(int((~kept.look_up([kept.key(s) for s in part], row[: len(part)])).sum()) for part in chunks)


def _coded(sources: Iterator[Any], threads: int | None, advance: Callable[..., Any]) -> Iterator[Any]:
    """A code or the InputError of each source, in order."""
    preprocessing = Preprocessing(facts()["size"], "squash")
    waiting: list[Any] = []
    for pixels in decode.load_many(sources, preprocessing, threads):
        waiting.append(pixels)
        advance(1)
        if len(waiting) == _BATCH:
            yield from _batch(waiting, threads)
            waiting = []
    yield from _batch(waiting, threads)


def _batch(photos: list[Any], threads: int | None) -> Iterator[Any]:
    good = [pixels for pixels in photos if isinstance(pixels, np.ndarray)]
    if not good:
        yield from photos
        return
    values = _session(threads).run(["code"], {"images": np.stack(good)})[0]
    if values.shape != (len(good), facts()["bits"]):
        raise ModelError(f"{NETWORK}: answers of shape {values.shape}; install photoplanet again")
    rows = iter(np.packbits(values > 0, axis=1))
    yield from (next(rows) if isinstance(pixels, np.ndarray) else pixels for pixels in photos)


@functools.lru_cache(2)
def _session(threads: int | None) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads or 0
    try:
        return onnxruntime.InferenceSession(NETWORK.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common base
        raise ModelError(f"{NETWORK}: cannot be read ({str(error)[:200]}); install photoplanet again") from None


@functools.cache
def _network_hash() -> str:
    return hashlib.sha256(NETWORK.read_bytes()).hexdigest()


class _Kept:
    """Codes on disk: .npy files of rows of key and code. Damage costs time only: such a file is passed over."""

    def __init__(self, folder: Path | None):
        self._folder, self._base = folder, f"{folder.parent}{os.sep}" if folder else ""
        self._width = _KEY + facts()["bits"] // 8
        self._new: list[bytes] = []
        self._saved = time.monotonic()
        parts = sorted(folder.glob("*.npy")) if folder is not None and folder.is_dir() else []
        self._parts = [(path, rows) for path in parts if (rows := self._read(path)) is not None]
        rows = np.concatenate([np.zeros((0, self._width), np.uint8), *(rows for _, rows in self._parts)])
        keys = np.ascontiguousarray(rows[:, :_KEY]).view("<u8").reshape(-1, 2)
        order = np.argsort(keys[:, 0], kind="stable")
        self._keys, self._codes = keys[order], rows[order, _KEY:]

    def key(self, source: Any) -> bytes | None:
        """16 bytes of name, size and time of a photo's file and of the network; None for what is no file."""
        if self._folder is None or not isinstance(source, str | os.PathLike):
            return None
        name = os.fspath(source)
        shard = split_address(name)  # type: ignore[arg-type]
        try:
            status = os.stat(shard[0] if shard else name)  # noqa: PTH116  # millions of rows: pathlib doubles it
        except (OSError, ValueError):
            return None
        name = str(name).removeprefix(self._base)  # a folder that moves as a whole keeps its codes
        text = f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0{_network_hash()}"
        return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=_KEY).digest()

    def look_up(self, keys: Sequence[bytes | None], into: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Copy the codes that are known into rows of `into`; bool (n,): which."""
        wanted = np.frombuffer(b"".join(key or bytes(_KEY) for key in keys), "<u8").reshape(-1, 2)
        known = np.array([key is not None for key in keys], bool)
        if not len(self._keys) or not len(wanted):
            return known & False
        at = np.searchsorted(self._keys[:, 0], wanted[:, 0]).clip(max=len(self._keys) - 1)
        known &= (self._keys[at] == wanted).all(axis=1)
        into[known] = self._codes[at[known]]
        return known

    def add(self, key: bytes | None, code: NDArray[np.uint8]) -> None:
        """Keep a code; on disk within about a minute, or at `close`."""
        if key is not None:
            self._new.append(key + code.tobytes())
            if time.monotonic() - self._saved > _SAVE_SECONDS:
                self._save()

    def close(self) -> None:
        """Save what is new, all in one file where there were several."""
        self._save()
        if len(self._parts) > 1:
            old, self._parts = self._parts, []
            if self._write(np.unique(np.concatenate([rows for _, rows in old]), axis=0)):
                for path, _ in old:
                    path.unlink(missing_ok=True)

    def _save(self) -> None:
        if self._new:
            self._write(np.frombuffer(b"".join(self._new), np.uint8).reshape(-1, self._width))
        self._new, self._saved = [], time.monotonic()

    def _write(self, rows: NDArray[np.uint8]) -> bool:
        assert self._folder is not None  # keys are None without a folder
        path = self._folder / f"{hashlib.blake2b(rows.tobytes(), digest_size=8).hexdigest()}.npy"
        try:
            self._folder.mkdir(exist_ok=True)
            with replacing(path) as temporary, temporary.open("wb") as file:
                np.save(file, rows, allow_pickle=False)
        except OSError:  # a folder that may not be written to, a full disk: the codes are still right
            return False
        self._parts.append((path, rows))
        return True

    def _read(self, path: Path) -> NDArray[np.uint8] | None:
        try:
            if path.stat().st_size > MAX_PART_BYTES:
                return None
            rows = np.load(path, mmap_mode="r", allow_pickle=False)  # a map cannot be larger than its file
        except (OSError, ValueError, EOFError, SyntaxError, OverflowError):
            return None
        fits = isinstance(rows, np.ndarray) and rows.dtype == np.uint8 and rows.ndim == 2
        return rows if fits and rows.shape[1] == self._width else None
