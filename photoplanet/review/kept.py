"""The decisions of a review in one file, a line a step, on disk before the page shows it: Ctrl-C loses nothing.

The file lies in the user's own folder, not among the photos, of which nothing is written before *Write*. It names
photos by their path from the reviewed folder on, so that a folder that was moved goes on with `--decisions FILE`.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from photoplanet.core import atomic, lock
from photoplanet.core.home import home
from photoplanet.errors import InputError
from photoplanet.review import decisions
from photoplanet.review.history import History, Step

FORMAT = 1
MARK = "photoplanet review"
MOST_LINE = 64 << 20  # bytes: a step of some 200,000 photos
COMPACT = 16 << 20  # bytes of a file from which its steps are made one when it is opened
MOST_LABEL = 200  # characters


def default_path(names: Sequence[str]) -> Path:
    """Where the decisions of these folders, tables and photos are kept, unless a file is named.

    >>> default_path(["/photos"]).parent.name, default_path(["/photos"]) == default_path(["/photos/"])
    ('reviews', True)
    """
    text = "\0".join(sorted({os.path.realpath(name) for name in names}))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    first = "".join(sign if sign.isalnum() else "-" for sign in Path(os.path.realpath(names[0])).name)[:40]
    return home() / "reviews" / f"{first or 'photos'}-{digest}.jsonl"


def key_of(source: str, root: str) -> str:
    """The key of a photo: its path from `root` on where it lies in there, else its whole path.

    >>> key_of("/photos/a/1.jpg", "/photos"), key_of("/other/1.jpg", "/photos")
    ('a/1.jpg', '/other/1.jpg')
    """
    inside = os.path.join(root, "")  # noqa: PTH118  # names may hold anything
    return source[len(inside) :].replace(os.sep, "/") if source.startswith(inside) else source


class Kept:
    """An open file of decisions, which no other process has open: `history`, and how many `damaged` lines it had.

    InputError where another review has it, and where it cannot be read or written.

    >>> path = getfixture("tmp_path") / "trip.jsonl"
    >>> kept = Kept(path)
    >>> kept.do("skip", {"a.jpg": decisions.Decision("skipped")})
    True
    >>> kept.close()
    >>> again = Kept(path)
    >>> again.history.decisions["a.jpg"].state, again.undo().label
    ('skipped', 'skip')
    >>> again.close()
    """

    def __init__(self, path: Path):
        self.path = path
        self.history = History()
        self.damaged = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            held = lock.take(path.with_name(f"{path.name}.lock"))
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror or error}); name another file with "
                             "--decisions") from None  # fmt: skip
        if held is None:
            raise InputError(f"{path}: another `photoplanet review` of these photos is running; use its page, or end "
                             "it first")  # fmt: skip
        self._lock: sqlite3.Connection = held
        try:
            self._read()
            self._compact()
        except BaseException:
            self.close()
            raise

    def do(self, label: str, changes: dict[str, decisions.Decision | None]) -> bool:
        """Decide, and have it on disk; False where that changes nothing."""
        if not self.history.do(label, changes):
            return False
        step = self.history.done[-1]
        self._append_or({"do": step.label, "changes": _plain(step)}, self.history.forget)
        return True

    def undo(self) -> Step | None:
        """Take back the last step; None where there is none."""
        step = self.history.undo()
        if step is not None:
            self._append_or({"undo": True}, self.history.redo)
        return step

    def redo(self) -> Step | None:
        """Do the step again that was taken back last; None where there is none."""
        step = self.history.redo()
        if step is not None:
            self._append_or({"redo": True}, self.history.undo)
        return step

    def close(self) -> None:
        """Let others have the file."""
        self._lock.close()

    def _append_or(self, facts: dict[str, Any], back: Callable[[], Step | None]) -> None:
        """Append a line; where that fails, what it says did not happen."""
        try:
            self._append(facts)
        except InputError:
            back()
            raise

    def _append(self, facts: dict[str, Any]) -> None:
        line = json.dumps({MARK: FORMAT, **facts}, separators=(",", ":")).encode()
        try:
            with self.path.open("a+b") as file:
                file.seek(0, os.SEEK_END)
                if file.tell():
                    file.seek(-1, os.SEEK_END)
                    if file.read(1) != b"\n":  # a line cut off by a kill ends here
                        line = b"\n" + line
                file.write(line + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InputError(f"{self.path}: the decision is not kept ({error.strerror or error}); free space or name "
                             "another file with --decisions") from None  # fmt: skip

    def _read(self) -> None:
        try:
            if self.path.exists() and not self.path.is_file():
                raise InputError(f"{self.path}: not a regular file; name another one with --decisions")
            if not self.path.exists():
                return
            with self.path.open("rb") as file:
                for line in _lines(file):
                    if line.strip() and not _replay(self.history, line):
                        self.damaged += 1
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read ({error.strerror or error})") from None

    def _compact(self) -> None:
        """Make a long file a short one: the decisions as one step, which cannot be taken back any more."""
        if self.damaged or not self.path.exists() or self.path.stat().st_size < COMPACT:
            return
        standing = {key: each.to_dict() for key, each in self.history.decisions.items()}
        line = json.dumps({MARK: FORMAT, "do": "earlier decisions", "changes": standing}, separators=(",", ":"))
        atomic.write_text(self.path, f"{line}\n", durable=True)
        self.history = History(dict(self.history.decisions))


def _plain(step: Step) -> dict[str, Any]:
    return {key: None if each is None else each.to_dict() for key, each in step.after.items()}


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines, of which one that is too long comes as one that is damaged."""
    while line := file.readline(MOST_LINE):
        if len(line) == MOST_LINE and not line.endswith(b"\n"):
            while rest := file.readline(1 << 20):
                if rest.endswith(b"\n"):
                    break
            line = b"too long"
        yield line


def _replay(history: History, line: bytes) -> bool:
    """Take one line of the file; False for what is not a step."""
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(facts, dict) or facts.get(MARK) != FORMAT:
        return False
    if facts.get("undo") is True or facts.get("redo") is True:
        return (history.undo() if "undo" in facts else history.redo()) is not None
    label, given = facts.get("do"), facts.get("changes")
    if not isinstance(label, str) or not isinstance(given, dict):
        return False
    changes = {key: None if each is None else decisions.read(each) for key, each in given.items()}
    if any(changes[key] is None and given[key] is not None for key in changes):
        return False
    history.do(label[:MOST_LABEL], changes)
    return True
