"""Geotags into photos or beside them, in one step per file, with a journal that can take all of it back.

The journal (`JOURNAL`, hidden, in the photos' own folder) gets a line before a file changes: what the file was and
becomes (SHA-256), and the bytes to put back. A file that somebody else has changed since is left alone, and nothing is
ever written through a symbolic link: not a photo, not a sidecar, not the journal.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photoplanet.core import atomic, progress
from photoplanet.errors import InputError
from photoplanet.metadata import exif, exif_places, exif_writer, facts, sidecars, xmp
from photoplanet.metadata.byte_edits import Edit, applied
from photoplanet.metadata.estimate import Estimate, OwnGps
from photoplanet.photos import decode

KINDS = ("xmp", "exif")
JOURNAL = ".photoplanet-undo.json"
FORMAT = 1
_HOLDS = {facts.EXIF: "it has GPS of its own", facts.XMP: "its XMP holds a place"}
MAX_LINE = 32 << 20  # bytes: a sidecar of the largest size, in base64


@dataclass(frozen=True)
class Outcome:
    """What happened to one file: `did` is "written", "own GPS", "refused", "restored" or "left alone"."""

    path: Path
    did: str
    detail: str = ""


def write(
    estimates: Iterable[tuple[str | Path, Estimate]],
    kind: str = "xmp",
    ending: str = xmp.DEFAULT_ENDING,
    dry_run: bool = False,
    advance: progress.Advance = progress.ignore,
) -> Iterator[Outcome]:
    """Write each (photo, estimate) as kind "xmp" (a sidecar) or "exif" (into a JPEG) and yield what was done, in order.

    Where EXIF cannot be written (not a JPEG, odd structure, a link), a sidecar is, and `detail` says why. A place that
    the photo or one of its sidecars has already is never written over, unless it is our own earlier estimate. Mode and
    modification time of a photo stay. With `dry_run` nothing changes. InputError for an unknown kind or ending.

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     photo = Path(folder, "IMG_1.jpg")
    ...     Image.new("RGB", (8, 8)).save(photo)
    ...     [done.path.name for done in write([(photo, Estimate(48.86, 2.29, 25_000))])]
    ['IMG_1.jpg.xmp']
    """
    if kind not in KINDS:
        raise InputError(f"geotags are written as {' or '.join(KINDS)}, not {kind!r}")
    xmp.sidecar(Path("a.jpg"), ending)
    used: set[Path] = set()
    for name, estimate in estimates:
        photo = Path(name)
        advance(1)
        try:
            _refuse_own(photo)
            yield (
                _into_exif(photo, estimate, ending, used, dry_run)
                if kind == "exif"
                else _beside(photo, estimate, ending, used, dry_run)
            )
        except OwnGps as error:
            yield Outcome(photo, "own GPS", str(error))
        except (InputError, OSError) as error:
            yield Outcome(photo, "refused", getattr(error, "strerror", None) or str(error))


def undo(folder: str | Path, dry_run: bool = False) -> Iterator[Outcome]:
    """Put back what `write` changed in one folder, the last change first; yield one outcome per file.

    A file whose SHA-256 is neither what was written nor what was there before is "left alone", and stays in the
    journal; so does what cannot be written. Without any such file the journal goes too. InputError where there is no
    journal, or where it is a link.

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     photo = Path(folder, "IMG_1.jpg")
    ...     Image.new("RGB", (8, 8)).save(photo)
    ...     _ = list(write([(photo, Estimate(48.86, 2.29, 25_000))], "exif"))
    ...     [(done.path.name, done.did) for done in undo(folder)]
    [('IMG_1.jpg', 'restored')]
    """
    journal = Path(folder) / JOURNAL
    lines = list(_lines(journal))
    kept: list[dict[str, Any]] = []
    last: dict[str, Outcome] = {}
    planned: dict[Path, bytes | None] = {}
    for line in reversed(lines):
        path = journal.parent / line["file"]
        try:
            did = _restore(path, line, dry_run, planned)
        except (InputError, OSError) as error:
            did = getattr(error, "strerror", None) or str(error)
        if did:
            kept.insert(0, line)
            last[line["file"]] = Outcome(path, "left alone", did)
        else:
            last.setdefault(line["file"], Outcome(path, "restored"))
    if not dry_run:
        if kept:
            _replace(journal, b"".join(json.dumps(line).encode() + b"\n" for line in kept))
        else:
            journal.unlink(missing_ok=True)
    yield from last.values()


def journals(root: str | Path) -> list[Path]:
    """Return the folders at and below `root` that have a journal.

    >>> journals("/no/such/folder")
    []
    """
    return [Path(found).parent for found in sorted(Path(root).rglob(JOURNAL))]


def undo_all(names: Iterable[str | Path], dry_run: bool = False) -> Iterator[Outcome]:
    """Take back what `write` changed at and below folders, and in the folders of photos; yield as `undo` does.

    InputError where there is nothing to undo.

    >>> list(undo_all([getfixture("tmp_path")]))
    Traceback (most recent call last):
    photoplanet.errors.InputError: nothing to undo: no .photoplanet-undo.json in ...
    """
    names = list(names)
    folders: dict[Path, None] = {}
    for path in map(Path, names):
        if path.is_dir():
            folders.update(dict.fromkeys(journals(path)))
        elif (path.parent / JOURNAL).is_file():
            folders[path.parent] = None
    if not folders:
        raise InputError(f"nothing to undo: no {JOURNAL} in {', '.join(map(str, names)) or 'any folder; name one'}")
    for folder in folders:
        yield from undo(folder, dry_run)


def _refuse_own(photo: Path) -> None:
    """OwnGps where EXIF, embedded XMP or a sidecar of any name has a place that is not our estimate."""
    beside = sidecars.Sidecars().of(photo)
    with decode.opened(photo) as (image, _):
        said = facts.statements(image, exif.read(image), beside)
        packets = facts.xmp_packets(image)
    for each in said:
        if each.fault is None or (each.source != facts.EXIF and each.fault == exif_places.UNREADABLE):
            raise OwnGps(_HOLDS.get(each.source, f"{each.source} holds a place"))
    if any(b"gpslatitude" in packet.lower() for packet in packets):  # whatever it is the place of
        raise OwnGps(_HOLDS[facts.XMP])
    for path in map(Path, beside):
        if path.suffix.lower() == ".xmp" and path.is_file() and xmp.has_place(_read(path, xmp.MAX_BYTES)):
            raise OwnGps(f"{path.name} holds a place")


def _into_exif(photo: Path, estimate: Estimate, ending: str, used: set[Path], dry_run: bool) -> Outcome:
    try:
        if photo.is_symlink():
            raise InputError("it is a link")
        data = _read(photo, decode.MAX_BYTES)
        changes = exif_writer.edits(data, estimate)
    except OwnGps:
        raise
    except InputError as error:
        beside = _beside(photo, estimate, ending, used, dry_run)
        return Outcome(beside.path, beside.did, f"a sidecar, for {error}")
    if not dry_run:
        _change(photo, data, changes)
    return Outcome(photo, "written")


def _beside(photo: Path, estimate: Estimate, ending: str, used: set[Path], dry_run: bool) -> Outcome:
    path = xmp.sidecar(photo, ending)
    if path in used:
        raise InputError(f"{path.name} is another photo's sidecar too; use the ending {xmp.DEFAULT_ENDING}")
    _refuse_link(path)
    used.add(path)
    data = _read(path, xmp.MAX_BYTES) if path.exists() else None
    changes = xmp.edits(data, estimate)
    if not dry_run:
        _change(path, data, changes)
    return Outcome(path, "written")


def _change(path: Path, before: bytes | None, changes: list[Edit]) -> None:
    after, back = applied(before or b"", changes)
    if after == before:
        return
    line = {
        "photoplanet undo": FORMAT,
        "file": path.name,
        "before": None if before is None else _sha(before),
        "after": _sha(after),
        "back": [[edit.start, edit.stop, base64.b64encode(edit.new).decode()] for edit in back],
    }
    _refuse_link(path.parent / JOURNAL)
    with open(path.parent / JOURNAL, "ab", opener=_no_link) as file:  # first the journal: a kill between loses nothing
        file.write(b"\n" * (file.tell() > 0) + json.dumps(line).encode() + b"\n")
    _replace(path, after)


def _restore(path: Path, line: dict[str, Any], dry_run: bool, planned: dict[Path, bytes | None]) -> str:
    """Take one change back; '' when done, or when it was never made or is undone already; else why not."""
    if path in planned:
        now = planned[path]
    else:
        now = _read(path, decode.MAX_BYTES) if path.is_file() and not path.is_symlink() else None
    sha = None if now is None else _sha(now)
    if sha == line["before"]:
        return ""
    if now is None or sha != line["after"]:
        return "gone since" if now is None else "changed since, so it was not touched"
    before: bytes | None = None
    if line["before"] is not None:
        try:
            before, _ = applied(now, [Edit(start, stop, base64.b64decode(new)) for start, stop, new in line["back"]])
        except (InputError, ValueError):
            return f"{JOURNAL} is damaged here"
        if _sha(before) != line["before"]:
            return f"{JOURNAL} is damaged here"
    if dry_run:
        planned[path] = before
    elif before is None:
        path.unlink()
    else:
        _replace(path, before)
    return ""


def _lines(journal: Path) -> Iterator[dict[str, Any]]:
    """The sound lines; one cut off by a kill is passed over, since the file it speaks of was not yet changed."""
    if not journal.is_file():
        raise InputError(f"{journal}: no such file, so there is nothing to undo here")
    _refuse_link(journal)
    with journal.open("rb") as file:
        while text := file.readline(MAX_LINE):
            try:
                line = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if _sound(line):
                yield line


def _sound(line: Any) -> bool:
    if not isinstance(line, dict) or line.get("photoplanet undo") != FORMAT:
        return False
    name, back = line.get("file"), line.get("back")
    plain = isinstance(name, str) and name not in ("", ".", "..", JOURNAL) and not set(name) & {"/", "\\", "\0"}
    hashes = isinstance(line.get("after"), str) and isinstance(line.get("before"), str | None)
    whole = isinstance(back, list) and all(
        isinstance(edit, list) and [type(part) for part in edit] == [int, int, str] for edit in back
    )
    return plain and hashes and whole


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise InputError(f"{path.name} is over {most >> 20} MiB")
    return data


def _replace(path: Path, data: bytes) -> None:
    """The whole file in one step, on disk at its end; what it replaces hands on its mode, times and attributes."""
    atomic.write_bytes(path, data, durable=True, keep_times=True, follow_links=False)


def _no_link(path: str, flags: int) -> int:
    """Open a file, but not through a link that came after `_refuse_link` looked."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _refuse_link(path: Path) -> None:
    """InputError for a symbolic link, whose target is not ours to change, and for a pipe, which is waited for."""
    if path.is_symlink():
        raise InputError(f"{path.name} is a link")
    if path.exists() and not path.is_file():
        raise InputError(f"{path.name} is not a regular file")


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
