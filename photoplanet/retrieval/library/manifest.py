"""The folder of an index: where it lies, its manifest `index.json`, and what belongs into it."""

import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from photoplanet.core import atomic, regular
from photoplanet.errors import InputError
from photoplanet.retrieval.library import format_1, listing
from photoplanet.retrieval.library.backends import Backend, Facts

FORMAT = 3  # 1 kept what was computed in another way: see `format_1`; 2 knew nothing of times, and measured nothing
MANIFEST, LOCK, COMPUTED = "index.json", "lock", "computed"
MAX_BYTES = 4 << 20  # of a manifest
_OURS = (MANIFEST, LOCK, listing.TABLE, "local", "embedding-")

# `format`, `source`, and `kinds`: the facts of each backend by its name; `older`: those of an older format
Manifest = dict[str, Any]


def index_folder(source: str | Path) -> Path:
    """Return where the index of a folder or table lies by default: beside it.

    >>> index_folder("/home/ada/Photos").name
    'Photos.index'
    """
    path = Path(source).absolute()
    if path.name == "..":  # which a link may lead to, so it is not cut off with the name before it
        path = path.resolve()
    return path.with_name(f"{path.name}.index")


def check_folder(folder: Path, source: Path, named: bool) -> None:
    """Raise `InputError` for a folder that is not an index, so that nothing in it is touched, or of another library.

    >>> check_folder(Path("/no/such/folder"), Path("/home/ada/Photos"), named=True)  # a new folder is welcome
    >>> _ = (getfixture("tmp_path") / "tax.pdf").write_bytes(b"")
    >>> check_folder(getfixture("tmp_path"), Path("/home/ada/Photos"), named=True)
    Traceback (most recent call last):
    photoplanet.errors.InputError: ...: holds 'tax.pdf', so it is not an index; give an empty or new folder with --index
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file, but the index is a folder; give another place with --index")
    if not folder.is_dir():
        return
    strange = [path.name for path in folder.iterdir() if not path.name.lstrip(".").startswith(_OURS)]
    if strange:
        raise InputError(
            f"{folder}: holds {strange[0]!r}, so it is not an index; give an empty or new folder with --index"
        )
    owner = read(folder).get("source")
    if named and isinstance(owner, str) and owner != relative(source, folder):
        raise InputError(f"{folder}: is the index of another library ({owner}, seen from there); give another --index")


def relative(source: Path, folder: Path) -> str:
    """Return where a library lies, seen from its index: that stays true when both are moved.

    >>> relative(Path("/home/ada/Photos"), Path("/home/ada/Photos.index"))
    '../Photos'
    """
    return os.path.relpath(source.absolute(), folder.absolute())


def read(folder: Path) -> Manifest:
    """Return what `index.json` says; empty when there is none, or it is damaged. InputError for a newer format.

    One of an older format names its backends in `older`, until they are taken over.

    >>> read(Path("/no/such/folder"))
    {}
    """
    found = _read(folder)
    version = found.get("format")
    if type(version) is int and version > FORMAT:
        raise InputError(
            f"{folder}: an index of format {version}, but this photoplanet reads up to {FORMAT}; "
            "update photoplanet, or give another place with --index"
        )
    for part in ("kinds", "older"):
        kinds = found.get(part, {})
        if not isinstance(kinds, dict) or not all(isinstance(kind, dict) for kind in kinds.values()):
            return {}
    if version in (format_1.FORMAT, 2) and "kinds" in found:
        return {"format": FORMAT, **format_1.manifest(found)}
    return found if version == FORMAT and "kinds" in found else {}


def write(folder: Path, manifest: Manifest) -> None:
    """Put a manifest in place, in one step.

    >>> write(getfixture("tmp_path"), {"format": FORMAT, "source": "../Photos", "kinds": {}})
    >>> read(getfixture("tmp_path"))["source"]
    '../Photos'
    """
    atomic.write_text(folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True))


def tidy(home: Path, backend: Backend, generations: Iterable[Facts]) -> None:
    """Remove what no generation but the present one and the one before (another process may be opening it) needs.

    >>> from photoplanet.retrieval.library.local_backend import LocalBackend
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "vocabulary-of-long-ago.npy").write_bytes(b"")
    >>> tidy(folder, LocalBackend(), generations=[])
    >>> list(folder.iterdir())
    []
    """
    wanted = {COMPUTED}
    for facts in generations:
        with suppress(KeyError, TypeError):
            wanted |= {facts["rows"]} | backend.files(facts)
    for path in home.iterdir():
        if path.name in wanted:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _read(folder: Path) -> Manifest:
    try:
        found = json.loads(regular.read_regular(folder / MANIFEST, MAX_BYTES))
    except (OSError, ValueError, RecursionError):  # InputError is a ValueError
        return {}
    return found if isinstance(found, dict) else {}
