"""Binary codes of photos, close for near-duplicates (paper §3), kept beside the photo table; `find` compares them."""

import functools
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import onnx_sessions, progress
from photoplanet.core.cache import CHUNK, Cache, Entry, Found, Key, file_stamp
from photoplanet.duplicates.hamming import find, first_of_group
from photoplanet.errors import InputError, ModelError
from photoplanet.photos import decode
from photoplanet.photos.preprocessing import MAX_SIZE, Preprocessing
from photoplanet.photos.shards import split_address

__all__ = ["codes", "facts", "find", "first_of_group", "place"]

NETWORK = Path(__file__).with_name("binary_codes.onnx")
MAX_BITS = 4096
_BATCH = 128
_AGAIN = "install photoplanet again"


@functools.cache
def facts() -> dict[str, Any]:
    """Return what is known of the shipped network: `bits`, `size` in pixels, `threshold` in bits, how it was trained.

    >>> facts()["bits"], facts()["threshold"]
    (256, 32)
    """
    try:
        found: dict[str, Any] = json.loads(NETWORK.with_suffix(".json").read_text("utf-8"))
        bits, size, threshold = (int(found[key]) for key in ("bits", "size", "threshold"))
        if not (8 <= bits <= MAX_BITS and bits % 8 == 0 and 0 <= threshold < bits and 8 <= size <= MAX_SIZE):
            raise ValueError(f"{bits} bits, {size} pixels, threshold {threshold}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{NETWORK.with_suffix('.json')}: unusable ({error}); {_AGAIN}") from None
    return found


def place(table: str | Path) -> Path:
    """Return where the codes of a photo table's photos are kept: a hidden folder beside it.

    >>> place("photos.parquet").name
    '.photos.parquet.duplicates'
    """
    path = Path(table)
    return path.with_name(f".{path.name}.duplicates")


def codes(
    sources: Sequence[decode.Source], threads: int | None = None, advance: progress.Advance = progress.ignore,
    cache: Path | None = None,
) -> tuple[NDArray[np.uint8], dict[int, str]]:  # fmt: skip
    """Return (uint8 (n, bits / 8), {row: why it cannot be read}) of photos given as `decode.load` takes them.

    Unreadable photos have a code of zeros, which says nothing. With `cache`, a folder (`place`), what was coded before
    is read from there while a photo's file has the same size and time, and new codes are kept, so that a stopped run
    goes on. Where that folder cannot be written to, the codes are right all the same.

    >>> found, unreadable = codes([np.zeros((30, 40, 3), np.uint8), b"not a photo"], threads=1)
    >>> found.shape, list(unreadable)
    ((2, 32), [1])
    """
    found = np.zeros((len(sources), facts()["bits"] // 8), np.uint8)
    unreadable: dict[int, str] = {}
    with _opened(cache) as kept:
        for start in range(0, len(sources), CHUNK):
            part = sources[start : start + CHUNK]
            known = kept.rows([_key(source, cache) for source in part], "code")
            found[start : start + len(part)] = known[:]
            new = (start + np.flatnonzero(~known.known)).tolist()
            advance(len(part) - len(new))
            coded = kept.fill(
                new,
                lambda rows: _coded((sources[row] for row in rows), threads),
                lambda row: _key(sources[row], cache),
            )
            for row, code in coded:
                advance(1)
                if isinstance(code, Entry):
                    found[row] = code.arrays["code"][0]
                elif isinstance(code, InputError):
                    unreadable[row] = str(code)
                else:
                    raise code
    return found, unreadable


def missing(sources: Sequence[decode.Source], cache: Path | None) -> int:
    """Return how many of these photos have no code in `cache` yet: what `codes` would have to read.

    >>> missing(["a.jpg", "b.jpg"], Path("/no/such/cache"))
    2
    """
    with _opened(cache, write=False) as kept:
        return int((~kept.known(_key(source, cache) for source in sources)).sum())


def _opened(folder: Path | None, write: bool = True) -> Cache:
    """The codes that are kept; only to read where they cannot be written, or another process writes them just now."""
    fields = {"code": (np.uint8, facts()["bits"] // 8)}
    for kind in (write, False):
        try:
            return Cache(folder, _network_hash(), fields, write=kind, strict=False)
        except (OSError, InputError):
            continue
    return Cache(None, "", fields)


def _key(source: decode.Source, cache: Path | None) -> Key | None:
    """Name and stamp of a photo's file; None for what is not in a file, or where nothing is kept."""
    if cache is None or not isinstance(source, str | os.PathLike):
        return None
    name = os.fspath(source)
    shard = split_address(name)
    stamp = file_stamp(shard[0] if shard else name)
    # a folder that moves as a whole keeps its codes
    return (name.removeprefix(f"{cache.parent}{os.sep}"), stamp) if stamp else None


def _coded(sources: Iterator[decode.Source], threads: int | None) -> Iterator[Found]:
    """A code or the InputError of each source, in order."""
    preprocessing = Preprocessing(facts()["size"], "squash")
    waiting: list[NDArray[np.uint8] | InputError] = []
    for pixels in decode.load_many(sources, preprocessing, threads):
        waiting.append(pixels)
        if len(waiting) == _BATCH:
            yield from _batch(waiting, threads)
            waiting = []
    yield from _batch(waiting, threads)


def _batch(photos: list[NDArray[np.uint8] | InputError], threads: int | None) -> Iterator[Found]:
    good = [pixels for pixels in photos if isinstance(pixels, np.ndarray)]
    if not good:
        yield from (each for each in photos if isinstance(each, InputError))
        return
    values = _session(threads).run(["code"], {"images": np.stack(good)})[0]
    if values.shape != (len(good), facts()["bits"]):
        raise ModelError(f"{NETWORK}: answers of shape {values.shape}; {_AGAIN}")
    rows = iter(np.packbits(values > 0, axis=1))
    yield from (each if isinstance(each, InputError) else Entry({"code": next(rows)[None]}) for each in photos)


@functools.lru_cache(2)
def _session(threads: int | None) -> onnx_sessions.Session:
    return onnx_sessions.open_session(NETWORK.read_bytes(), threads, str(NETWORK), _AGAIN)


@functools.cache
def _network_hash() -> str:
    return hashlib.sha256(NETWORK.read_bytes()).hexdigest()
