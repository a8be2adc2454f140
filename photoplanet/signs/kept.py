"""What was read in photos, kept on disk by what the files hold: a photo that was moved or named anew is known still.

The cache lies in the user's own folder, one for each version of the reader and its care. It holds what is written in
the photos, so that it is as private as they are. Removing the folder costs time only.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from photoplanet.core import regular
from photoplanet.core.cache import Cache, Entry, Found, Key
from photoplanet.core.home import home
from photoplanet.core.progress import Say, silent
from photoplanet.errors import InputError
from photoplanet.photos import decode, shards
from photoplanet.signs.line import Reading
from photoplanet.signs.reader import Reader

SIDE_BY_SIDE = 2  # photos that are read at once: one is decoded while another is with the networks
NAMED = 3  # faults of the cache that are named; more are not
_PIECE = 1 << 20


def folder(reader: Reader) -> Path:
    """Return where the readings of a reader lie, in the user's own folder.

    >>> folder(Reader()).parent == home() / "signs"
    True
    """
    return home() / "signs" / hashlib.sha256(reader.fingerprint.encode()).hexdigest()[:16]


def readings(
    reader: Reader, photos: Iterable[str | bytes], say: Say = silent
) -> Iterator[tuple[str | bytes, Reading | InputError]]:
    """Yield (photo, what is written in it or why it cannot be read), in order; what is known is not read again.

    A photo is a path, `shard.tar#member` or bytes. A reading that the time has cut is not kept. Where nothing can be
    kept (a full disk, a folder that cannot be written), everything is read.

    >>> getfixture("monkeypatch").setenv("PHOTOPLANET_HOME", str(getfixture("tmp_path")))
    >>> [str(found) for _, found in readings(Reader(), ["/no/such.jpg"])]
    ['/no/such.jpg: no such file; check the path']
    """
    where = folder(reader)

    def waiting() -> None:
        say(f"{where}: another process is adding to it; waiting for that to end (Ctrl-C stops waiting, not the other)")

    where.parent.mkdir(parents=True, exist_ok=True)
    with Cache(where, reader.fingerprint, waiting=waiting, sound=_is_reading, strict=False) as cache:
        for line in cache.damaged[:NAMED]:
            say(f"{where}: {line}")
        for photo, found in cache.fill(photos, lambda some: _read(reader, some), key):
            if isinstance(found, Entry):
                yield photo, Reading.from_dict(found.record)
            elif isinstance(found, InputError):
                yield photo, found
            else:
                raise found


def key(photo: str | bytes) -> Key | None:
    """Return the key of a photo, the hash of its bytes; None for what cannot be read.

    >>> key(b"photo")[0][:8], key("/no/such.jpg")
    ('55c64d0f', None)
    """
    try:
        if isinstance(photo, bytes):
            return hashlib.sha256(photo).hexdigest(), ""
        if member := shards.split_address(photo):
            return hashlib.sha256(shards.read_member(*member, decode.MAX_BYTES)).hexdigest(), ""
        digest, left = hashlib.sha256(), decode.MAX_BYTES
        with regular.open_regular(photo) as file:
            while left >= 0 and (piece := file.read(_PIECE)):
                digest.update(piece)
                left -= len(piece)
    except (OSError, ValueError):
        return None
    return (digest.hexdigest(), "") if left >= 0 else None


def _read(reader: Reader, photos: Iterator[str | bytes]) -> Iterator[Found]:
    """Yield what is read in each photo, in order."""
    pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="signs")
    ahead: deque[Future[Found]] = deque()
    try:
        for photo in photos:
            ahead.append(pool.submit(_entry, reader, photo))
            if len(ahead) > SIDE_BY_SIDE:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _entry(reader: Reader, photo: str | bytes) -> Found:
    try:
        reading = reader.read(photo)
    except InputError as error:
        return error
    return Entry(record=reading.to_dict(), keep=not reading.cut)


def _is_reading(record: Any) -> bool:
    try:
        Reading.from_dict(record)
    except InputError:
        return False
    return True
