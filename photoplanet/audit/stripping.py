"""Taking metadata out of photos' files in one step per file, and putting it back (`undo`), byte for byte.

What it takes to undo lies in the user's own folder and not beside the photos: a list there would be published with
them, and holds what was taken out. It knows a folder by its path; photos that were moved are put back from there.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path

from photoplanet.audit import beside, blanks, containers, film_traces, photo, xmp_traces
from photoplanet.audit.finding import Audited, Finding
from photoplanet.core import leftovers, progress
from photoplanet.core.home import home
from photoplanet.errors import InputError
from photoplanet.metadata import files, undo_list, xmp
from photoplanet.metadata import undo as undoing
from photoplanet.metadata.byte_edits import Edit, applied
from photoplanet.metadata.files import Outcome, Seen
from photoplanet.metadata.sidecars import CAPTIONS, Sidecars
from photoplanet.photos import decode, formats, shards

_WORSE = ("place", "link")
_NOT_STRIPPED = "it is not stripped; do not publish this file"


def journal(folder: Path) -> Path:
    """Return where the list of what was taken out of a folder's files lies, in the user's own folder.

    >>> journal(Path("/photos")).parent == home() / "stripped"
    True
    """
    name = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:24]
    return home() / "stripped" / name


def strip(
    audits: Iterable[Audited], dry_run: bool = False, advance: progress.Advance = progress.ignore
) -> Iterator[Outcome]:
    """Take out of audited photos, and of their XMP sidecars, what is marked so; yield what was done to each file.

    "stripped" (`detail`: what had to stay), "clean" where there was nothing to take out, "refused" and "failed" with
    the reason. Mode and modification time stay. With `dry_run` nothing changes.

    >>> from photoplanet.metadata import exif_writer
    >>> from PIL import Image
    >>> path = getfixture("tmp_path") / "a.jpg"
    >>> Image.new("RGB", (8, 8)).save(path, exif=exif_writer.gps_bytes(48.8583, 2.2944))
    >>> [done.did for done in strip([photo.audited(str(path))])], photo.audited(str(path)).findings
    (['stripped'], ())
    """
    sidecars = Sidecars()
    tidied: set[Path] = set()
    for audited in audits:
        advance(1)
        path = Path(audited.file)
        if audited.error is not None:
            continue
        if audited.file == "stdin" or shards.split_address(audited.file):
            if any(each.level in _WORSE for each in audited.findings):
                yield Outcome(path, "refused", "it is not a file of its own")
            continue
        if not dry_run and path.parent not in tidied:
            tidied.add(path.parent)
            leftovers.tidy(path.parent, again=True)
        for file in (path, *map(Path, sidecars.of(path))):
            try:
                yield _stripped(file, dry_run)
            except InputError as error:
                yield Outcome(file, "refused", str(error).removeprefix(f"{file}: "))
            except OSError as error:
                yield Outcome(file, "failed", error.strerror or str(error))


def undo(names: Iterable[str], dry_run: bool = False) -> Iterator[Outcome]:
    """Put back what `strip` took out of photos, and of all files in folders and below; yield one outcome per file.

    InputError where nothing was taken out.

    >>> list(undo([str(getfixture("tmp_path"))]))
    Traceback (most recent call last):
    photoplanet.errors.InputError: nothing to undo: audit --strip changed nothing in ...
    """
    names = list(names)
    wanted: dict[Path, set[str] | None] = {}
    for path in map(Path, names):
        if path.is_dir():
            folders = [Path(each) for each, _, _ in os.walk(path)]
            wanted |= dict.fromkeys(each for each in folders if (journal(each) / undo_list.NAME).exists())
        elif (journal(path.parent) / undo_list.NAME).exists():
            named = wanted.setdefault(path.parent, set())
            if named is not None:
                named |= {path.name, *(Path(each).name for each in Sidecars().of(path))}
    if not wanted:
        raise InputError(f"nothing to undo: audit --strip changed nothing in {', '.join(names) or 'any folder'}")
    for folder, some in wanted.items():
        where = journal(folder)
        with undo_list.opened(where) if undo_list.LOCKS and not dry_run else nullcontext():
            yield from undoing.undo_listed(where, folder, is_strip, dry_run, partial(_is_wanted, some))


def _is_wanted(some: set[str] | None, name: str) -> bool:
    return some is None or name in some


def is_strip(before: bytes | None, now: bytes) -> bool:
    """Whether two states of a file differ as stripping makes them differ: in metadata only, and nothing moved.

    >>> is_strip(b"<x photoshop:City='Rome'/>", b"<x                      />"), is_strip(b"one", b"three")
    (True, False)
    """
    if before is None or len(before) != len(now):
        return False
    if formats.recognise(now[: formats.HEAD]) is not formats.JPEG:
        return True  # a sidecar
    try:
        blanks.check(before, blanks.differences(before, now))
    except InputError:
        return False
    return True


def _stripped(path: Path, dry_run: bool) -> Outcome:
    """Strip one file: a photo or a sidecar."""
    seen = files.look(path)
    if seen.status is None:
        raise FileNotFoundError(2, "No such file or directory", str(path))
    if film_traces.is_film(str(path)):
        raise InputError(film_traces.NOT_STRIPPED)
    ending = path.suffix.lower()
    if ending == CAPTIONS:
        if beside.of_sidecar(str(path)):
            raise InputError(_NOT_STRIPPED)
        return Outcome(path, "clean")
    sidecar = ending in (".xmp", ".json")
    data = None if seen.fault else seen.read(xmp.MAX_BYTES if sidecar else decode.MAX_BYTES)
    before = _worse(path, data) if data is not None else []
    if data is not None and not any(each.level in _WORSE or each.strips for each in before):
        return Outcome(path, "clean")
    for fault in (
        seen.fault,
        "it has several names (hard links), of which only one would change" if seen.shared else "",
        "it is read-only" if seen.read_only else "",
        _NOT_STRIPPED if ending == ".json" else "",
    ):
        if fault:
            raise InputError(fault)
    assert data is not None
    changes = blanks.xmp_edits(data) if sidecar else blanks.edits(data)
    if not changes:
        raise InputError(f"nothing could be taken out of it; it says: {before[0].kind}, {before[0].where}")
    after = applied(data, changes)[0]
    left = [each for each in _worse(path, after) if each.level in _WORSE]
    why = f"still there: {', '.join(dict.fromkeys(f'{each.kind} ({each.where})' for each in left))}" if left else ""
    _change(seen, data, changes, dry_run)
    return Outcome(path, "stripped", why)


def _worse(path: Path, data: bytes) -> list[Finding]:
    """What a file's own bytes give away, the worst first."""
    if path.suffix.lower() == ".xmp":
        found = xmp_traces.findings(data, path.name, True)
    elif path.suffix.lower() == ".json":
        found = beside.of_sidecar(str(path))
    elif formats.recognise(data[: formats.HEAD]) is None:
        found = containers.scanned(data)
    else:
        found = photo.of_bytes(data, path.name)
    return sorted(found, key=lambda each: each.level != "place")


def _change(seen: Seen, before: bytes, changes: list[Edit], dry_run: bool) -> None:
    """Change a file, after its line in the list is on disk."""
    after, back = applied(before, changes)
    if dry_run:
        files.check_writable(seen.path)
        return
    where = journal(seen.path.parent)
    where.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        where.chmod(0o700)  # it holds what was not to be published
    old, new = (hashlib.sha256(each).hexdigest() for each in (before, after))

    def unchanged() -> bool:
        with suppress(InputError, OSError):
            now = files.look(seen.path).read(decode.MAX_BYTES)
            return now is not None and hashlib.sha256(now).hexdigest() != new
        return False

    with undo_list.noted(where, undo_list.Change(seen.path.name, old, new, back), unchanged):
        files.put(seen, after)
