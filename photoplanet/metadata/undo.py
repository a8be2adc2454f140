"""Taking back what `geotags.write` did, from the list that lies beside the photos.

The list is believed in nothing: only a file of its own folder changes, whose SHA-256 is the one written, and only by
what an estimate of ours is (`own_changes`). All else is named and left alone, and its line stays in the list.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

from photoplanet.core import atomic, leftovers
from photoplanet.core.names import OnDisk
from photoplanet.errors import InputError
from photoplanet.metadata import own_changes, undo_list
from photoplanet.metadata.byte_edits import applied
from photoplanet.metadata.files import Outcome, look, put
from photoplanet.metadata.undo_list import Line
from photoplanet.photos import decode

IsOurs = Callable[[bytes | None, bytes], bool]
_MOST_FAULTS = 20  # lines of a list that are named


def undo(folder: str | Path, dry_run: bool = False) -> Iterator[Outcome]:
    """Put back what `geotags.write` changed in one folder, the last change first; yield one outcome per file.

    What is neither as it was written nor as it was before is "left alone", and stays in the list; so does what cannot
    be written, and whatever photoplanet did not do. Without any such line the list goes too, and what a killed process
    left in the folder. InputError where there is no list, or where it is a link.

    >>> import tempfile
    >>> from PIL import Image
    >>> from photoplanet.metadata import geotags
    >>> from photoplanet.metadata.estimate import Estimate
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     photo = Path(folder, "IMG_1.jpg")
    ...     Image.new("RGB", (8, 8)).save(photo)
    ...     _ = list(geotags.write([(photo, Estimate(48.86, 2.29, 25_000))], "exif"))
    ...     [(done.path.name, done.did) for done in undo(folder)]
    [('IMG_1.jpg', 'restored')]
    """
    folder = Path(folder)
    try:
        undo_list.check(folder / undo_list.NAME)
    except FileNotFoundError:
        raise InputError(f"{folder / undo_list.NAME}: no such file, so there is nothing to undo here") from None
    if dry_run:
        return iter(undo_listed(folder, folder, own_changes.undoes, dry_run))
    leftovers.tidy(folder, again=True)
    # where there are no locks, what is open cannot be replaced either
    with undo_list.opened(folder) if undo_list.LOCKS else nullcontext():
        return iter(undo_listed(folder, folder, own_changes.undoes, dry_run))


def undo_all(names: Iterable[str | Path], dry_run: bool = False) -> Iterator[Outcome]:
    """Take back what `geotags.write` changed at and below folders, and in the folders of photos; yield as `undo` does.

    A folder whose list cannot be used is "left alone", and the others go on. InputError where there is nothing to undo.

    >>> list(undo_all([getfixture("tmp_path")]))
    Traceback (most recent call last):
    photoplanet.errors.InputError: nothing to undo: no .photoplanet-undo.json in ...
    """
    names = list(names)
    faults: list[OSError] = []
    folders: dict[Path, None] = {}
    for path in map(Path, names):
        if path.is_dir():
            folders.update(dict.fromkeys(_with_lists(path, faults)))
        elif os.path.lexists(path.parent / undo_list.NAME):
            folders[path.parent] = None
    if not folders and not faults:
        where = ", ".join(map(str, names)) or "any folder; name one"
        raise InputError(f"nothing to undo: no {undo_list.NAME} in {where}")
    for fault in faults:
        yield Outcome(Path(fault.filename), "left alone", fault.strerror or str(fault))
    for folder in folders:
        try:
            yield from undo(folder, dry_run)
        except (InputError, OSError) as error:
            path = folder / undo_list.NAME
            yield Outcome(path, "left alone", getattr(error, "strerror", None) or str(error).removeprefix(f"{path}: "))


def _with_lists(root: Path, faults: list[OSError]) -> list[Path]:
    """The folders at and below `root` that have a list; `faults` takes those that cannot be looked into."""
    found = []
    for folder, inner, files in os.walk(root, onerror=faults.append):
        inner.sort()
        if undo_list.NAME in files or undo_list.NAME in inner:
            found.append(Path(folder))
    return found


def undo_listed(
    where: Path, folder: Path, is_ours: IsOurs, dry_run: bool = False, wanted: Callable[[str], bool] = lambda name: True
) -> list[Outcome]:
    """Take back the changes of the files in `folder` that the list in the folder `where` has, and write the list anew.

    `is_ours` (before, now): whether a change is one to take back; `wanted`: of which files, by name. Whoever calls it
    holds the list open, so that no other photoplanet adds to it.

    >>> undo_listed(Path("/no/such"), Path("."), own_changes.undoes)
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: '/no/such/.photoplanet-undo.json'
    """
    by_file: dict[str, list[Line]] = {}
    done: set[int] = set()
    left: list[Outcome] = []
    faulty = 0
    path = where / undo_list.NAME
    passed = False
    for line in undo_list.lines(where):
        if line.change is not None and not wanted(line.change.file):
            passed = True
            continue
        if line.change is not None:
            lines = by_file.pop(line.change.file, [])  # files in the order of their last change
            by_file[line.change.file] = [*lines, line]
            continue
        faulty += 1
        if faulty <= _MOST_FAULTS:
            left.append(Outcome(path, "left alone", f"its line {line.number} {line.fault}"))
    if faulty > _MOST_FAULTS:
        left.append(Outcome(path, "left alone", f"{faulty - _MOST_FAULTS:,} more of its lines are not photoplanet's"))
    outcomes = []
    disk = OnDisk()  # a copy of the folder may spell its names in another Unicode form
    for name, lines in reversed(by_file.items()):
        file = Path(disk.find(str(folder / name)))
        try:
            stuck, why = _restore(file, lines, is_ours, dry_run)
        except (InputError, OSError) as error:
            stuck, why = lines, getattr(error, "strerror", None) or str(error).removeprefix(f"{file}: ")
        done.update({line.start for line in lines} - {line.start for line in stuck})
        outcomes.append(Outcome(file, "left alone" if stuck else "restored", why))
    if not dry_run:
        _keep(where, done, passed or bool(left) or any(each.did != "restored" for each in outcomes))
    return outcomes + left


def _keep(folder: Path, done: set[int], rest: bool) -> None:
    """Take the lines that begin at the bytes `done` out of a folder's list; remove it where there is no `rest`."""
    path = folder / undo_list.NAME
    if not rest:
        path.unlink(missing_ok=True)
    elif done:
        with atomic.open_replacing(path, "wb", durable=True, keep_times=True, follow_links=False) as file:
            file.writelines(undo_list.without(folder, done))


def _restore(path: Path, lines: Sequence[Line], is_ours: IsOurs, dry_run: bool) -> tuple[list[Line], str]:
    """Take the changes of one file back; return the lines for which that could not be done, and why."""
    seen = look(path)
    if seen.fault:
        return list(lines), seen.fault
    first = now = seen.read(decode.MAX_BYTES)
    stuck: list[Line] = []
    why = ""
    for line in reversed(lines):
        assert line.change is not None
        sha = None if now is None else hashlib.sha256(now).hexdigest()
        if sha == line.change.before:
            stuck, why = [], ""  # undone already, and so is all that came after it
            continue
        if now is None or sha != line.change.after:
            stuck.insert(0, line)
            why = why or ("gone since" if now is None else "changed since, so it was not touched")
            continue
        found, before = _before(line, now, is_ours)
        if not found:
            stuck.insert(0, line)
            why = why or f"line {line.number} of {undo_list.NAME} is not a change that photoplanet makes"
            continue
        now = before
    if now != first and not dry_run:
        put(seen, now)
    return stuck, why


def _before(line: Line, now: bytes, is_ours: IsOurs) -> tuple[bool, bytes | None]:
    """Whether a change can be taken back, and what the file was before (None: it was not there)."""
    assert line.change is not None
    if line.change.before is None:
        return line.change.file.lower().endswith(".xmp") and is_ours(None, now), None
    with suppress(InputError):
        before, _ = applied(now, line.change.back)
        if hashlib.sha256(before).hexdigest() == line.change.before:
            return is_ours(before, now), before
    return False, None
