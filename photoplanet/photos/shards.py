"""Photos inside WebDataset tar shards, addressed as `shard.tar#member`; an index of offsets makes a read one seek."""

import io
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from photoplanet.core.names import same
from photoplanet.core.stores import Located, Stored, check_allowed, is_address, located
from photoplanet.core.table_sets import Named
from photoplanet.errors import InputError

MAX_CACHED_MEMBERS = 5_000_000  # 24 bytes each: the cache of shard indices stays under 120 MB
_ADDRESS = re.compile(r"^(.+\.tar)#(.+)$", re.DOTALL | re.IGNORECASE)

_lock = threading.Lock()
_cache: "OrderedDict[str, tuple[tuple[int, int], np.ndarray, np.ndarray, np.ndarray]]" = OrderedDict()


def split_address(source: str) -> tuple[str, str] | None:
    """Split `shard.tar#member` into the shard's path and the member's name; None for what is not such an address.

    >>> split_address("00000.tar#2.jpg"), split_address("2.jpg")
    (('00000.tar', '2.jpg'), None)
    """
    found = _ADDRESS.match(source)
    return (found[1], found[2]) if found else None


def members(shard: Named) -> Iterator[tuple[str, int, int]]:
    """Yield (name, offset in bytes, size in bytes) of every regular file of a tar.

    Links, devices and folders are passed over, and nothing is ever written to disk. InputError for what is not a tar,
    is compressed, is cut off, or claims members beyond its end.

    >>> import tarfile, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with tarfile.open(Path(folder, "a.tar"), "w") as archive:
    ...         archive.addfile(tarfile.TarInfo("1.jpg"))
    ...     list(members(Path(folder, "a.tar")))
    [('1.jpg', 512, 0)]
    """
    import tarfile  # late: most photos are in files of their own

    path = _asked(shard)
    try:
        if not path.is_file():
            raise InputError(f"{path}: no such shard; check the path")
        size = stamp(path)[1]
        with path.open("rb") as file, tarfile.open(fileobj=_buffered(file, path), mode="r:") as archive:
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # tarfile keeps every header otherwise
                if not member.isreg() or member.issparse():
                    continue
                if member.size < 0 or member.offset_data + member.size > size:
                    raise InputError(
                        f"{path}: member {member.name[:100]!r} reaches beyond the end; the shard is cut off"
                    )
                yield member.name, member.offset_data, member.size
    except (tarfile.TarError, OSError, ValueError, OverflowError, EOFError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not a readable tar shard ({error}); it must be plain .tar, not compressed") from None


def read_member(shard: str, name: str, max_bytes: int) -> bytes:
    """Return the bytes of one member, thread-safe; InputError where it is not there or larger than `max_bytes`.

    >>> read_member("/no/such.tar", "1.jpg", 1000)
    Traceback (most recent call last):
    photoplanet.errors.InputError: /no/such.tar: No such file or directory; check the path
    """
    hashes, offsets, sizes = _index(shard)
    for wanted in (hash(name), hash(same(name))):
        row = int(np.searchsorted(hashes, wanted))
        if row < len(hashes) and hashes[row] == wanted:
            break
    else:
        raise InputError(f"{shard}#{name}: the shard has no such member; list them with: tar tf {shard}")
    if sizes[row] > max_bytes:
        raise InputError(f"{shard}#{name}: {sizes[row]:,} bytes, over the limit of {max_bytes:,}")
    return read_range(shard, int(offsets[row]), int(sizes[row]))


def read_range(shard: Named, offset: int, size: int) -> bytes:
    """Return `size` bytes of a file from `offset`; InputError where the file ends before.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = Path(file.name).write_bytes(b"0123456789")
    ...     read_range(file.name, 2, 3)
    b'234'
    """
    try:
        with _asked(shard).open("rb") as file:
            file.seek(offset)
            data: bytes = file.read(size)
    except OSError as error:
        raise InputError(f"{shard}: {error.strerror or error}") from None
    if len(data) < size:
        raise InputError(f"{shard}: ends before byte {offset + size}; the shard is cut off")
    return data


def read_ahead(shard: str | Path) -> None:
    """Ask the system to read a shard from its beginning to its end now, so that its members are in memory by and by.

    Nothing happens where there is no such file, or the system cannot.

    >>> read_ahead("/no/such.tar")
    """
    if hasattr(os, "posix_fadvise") and not is_address(shard):
        with suppress(OSError, ValueError), Path(shard).open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)


def stamp(shard: Located) -> tuple[int, int]:
    """Return (time of change in ns, size in bytes) of a shard; OSError or InputError where there is none.

    >>> stamp(getfixture("tmp_path"))[1] > 0
    True
    """
    if isinstance(shard, Stored):
        return shard.stamp()
    status = shard.stat()
    return status.st_mtime_ns, status.st_size


def _asked(shard: Named) -> Located:
    """Where a shard is; InputError for an address that nobody named."""
    place = located(shard)
    if isinstance(place, Stored):
        check_allowed(place)
    return place


def _buffered(file: Any, path: Located) -> Any:
    """A file whose headers are read one after the other: from a store in pieces of a megabyte, not of 512 bytes."""
    return file if isinstance(path, Path) or isinstance(file, io.BufferedReader) else io.BufferedReader(file, 1 << 20)


def _index(shard: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sorted name hashes, offsets and sizes of a shard, from the cache unless the file has changed."""
    try:
        found_stamp = stamp(_asked(shard))
    except OSError as error:
        raise InputError(f"{shard}: {error.strerror or error}; check the path") from None
    with _lock:
        held = _cache.get(shard)
        if held is None or held[0] != found_stamp:
            found, forms = {}, {}
            for name, offset, size in members(shard):
                found[hash(name)] = offset, size  # the last wins
                if not name.isascii():
                    forms[hash(same(name))] = offset, size
            found = forms | found
            hashes = np.fromiter(found, np.int64, len(found))
            places = np.array(list(found.values()), np.int64).reshape(-1, 2)
            order = np.argsort(hashes)
            held = _cache[shard] = (found_stamp, hashes[order], places[order, 0], places[order, 1])
            while len(_cache) > 1 and sum(len(entry[1]) for entry in _cache.values()) > MAX_CACHED_MEMBERS:
                _cache.popitem(last=False)
        _cache.move_to_end(shard)
        return held[1:]
