"""Records of a fixed type, one per photo, computed in blocks on disk: a stopped run goes on with the next block."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.atomic import replacing
from photoplanet.errors import InputError

BLOCK = 256  # photos: what a stop costs at most
ABOUT = "blocks.json"
MAX_ABOUT_BYTES = 1 << 20


def open_folder(folder: Path, about: dict[str, Any]) -> None:
    """Make `folder` for records described by `about`, or check that it was made for just such records.

    InputError when it was made with other settings, or is a folder of something else.
    """
    wanted = json.loads(json.dumps(about | {"block": BLOCK}))
    path = folder / ABOUT
    if not path.exists():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder}: holds something else; give an empty or new folder")
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(wanted, indent=1), "utf-8")
        return
    try:
        if path.stat().st_size > MAX_ABOUT_BYTES:
            raise ValueError("too large")
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read ({error}); remove the folder to start again") from None
    if found != wanted:
        raise InputError(f"{folder}: was made with other settings; give another folder, or remove it")


def build(
    folder: Path,
    dtype: np.dtype,
    sources: Sequence[Any],
    describe: Callable[[Sequence[Any]], NDArray],
    advance: Callable[..., None] = lambda count=1, note="": None,
) -> list[NDArray]:
    """The records of all photos, in order, as read-only maps of block files; blocks that are there are not made again.

    `describe(sources)` → records (n,) of `dtype` for up to BLOCK photos. A block's file is named by its number and its
    photos' names, so a longer list goes on where a shorter one ended; a photo changed under the same name is not seen.
    A damaged block file is made again.
    """
    found = []
    for number, start in enumerate(range(0, len(sources), BLOCK)):
        part = sources[start : start + BLOCK]
        names = "\n".join(map(str, part)).encode("utf-8", "surrogateescape")
        path = folder / f"{number:06d}-{hashlib.sha256(names).hexdigest()[:16]}.npy"
        block = _read(path, dtype, len(part))
        if block is None:
            records = np.ascontiguousarray(describe(part), dtype)
            with replacing(path) as temporary, temporary.open("wb") as file:
                np.save(file, records, allow_pickle=False)
            block = _read(path, dtype, len(part))
            assert block is not None
        found.append(block)
        advance(len(part))
    return found


def _read(path: Path, dtype: np.dtype, length: int) -> NDArray | None:
    try:
        block = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError):
        return None
    return block if block.dtype == dtype and block.shape == (length,) else None
