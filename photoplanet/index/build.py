"""Many sources → one photo table: in parallel, resumable, and with a reason for every photo left out."""

import csv
import io
import json
import os
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from photoplanet.core import atomic
from photoplanet.errors import InputError
from photoplanet.index import journal
from photoplanet.index.inspect import Candidate, Options, facts, sound
from photoplanet.index.scan import LeftOut, candidates
from photoplanet.photos import image_folder, table
from photoplanet.photos.decode import MAX_PIXELS
from photoplanet.photos.shards import split_address
from photoplanet.photos.table import coordinate_fault

_CHUNK = 32  # photos a worker takes at a time
_BATCH = 20_000  # rows that wait as Python objects before they become Arrow columns


def index(
    sources: Sequence[str | Path],
    output: str | Path | None = None,
    *,
    images: str | Path | None = None,
    keep_without_gps: bool = False,
    drop_graphics: bool = False,
    filter: Any = None,
    threads: int | None = None,
    processes: int = 0,
    max_pixels: int = MAX_PIXELS,
    advance: Callable[..., Any] = lambda count=1, note="": None,
) -> tuple[pa.Table, list[LeftOut]]:
    """(photo table, photos left out as {path, reason, detail}) of folders, photo files, CSV, Parquet and .tar shards.

    With `output` (.parquet or .csv) the table is written there, its paths are relative to its folder where they can
    be, and a journal beside it lets a second run read only photos that are new or changed in size or time. A photo
    without a usable coordinate is left out unless `keep_without_gps`. `drop_graphics` leaves out diagrams and the like;
    `filter` ("module:function", or a callable) gets each photo as a PIL image and returns True to keep it; both decode.
    Works on `threads` (default: one per core, at most 8), or on `processes`, which pay from some 10,000 photos on.
    `images` is a folder in which the photos of tables are looked for by path or id, for lists without paths.
    Nothing is written when no photo is left. Raises InputError for a source that cannot be used at all.
    """
    if not sources:
        raise InputError("nothing to index: give a folder, a table, a shard or photos")
    if processes and callable(filter):
        raise InputError("a filter for several processes is named 'module:function', so that each can import it")
    options = Options(max_pixels, drop_graphics, filter)
    target = Path(output).absolute() if output is not None else None
    if target is not None and not target.parent.is_dir():
        raise InputError(f"{target.parent}: no such folder; make it first")
    rows = _Rows(target.parent if target else None, keep_without_gps)
    notes = {"max_pixels": max_pixels, "drop_graphics": drop_graphics, "filter": options.filter_name}
    listed = image_folder.Folder(images) if images is not None else None
    book = journal.Journal(journal.place(target) if target else None, notes, sound)
    workers = processes or threads or min(8, os.cpu_count() or 1)
    pool: Executor = ThreadPoolExecutor(workers, "index") if not processes else _processes(processes)
    try:
        for candidate, found in _found(rows.new(candidates(sources, listed)), pool, workers, book, options):
            rows.add(candidate, found)
            advance(1)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        book.close()
    result = rows.table()
    if target is not None and len(result):  # an empty result must not replace a table that was there
        table.write(result, target)
    return result, rows.left_out


def counts(left_out: Iterable[LeftOut]) -> dict[str, int]:
    """Reason → number of photos left out, the commonest first."""
    return dict(Counter(entry["reason"] for entry in left_out).most_common())


def write_report(left_out: Sequence[LeftOut], path: str | Path) -> Path:
    """Write the photos left out as CSV (path, reason, detail) or, by suffix .json, as a JSON list; atomically."""
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".json"):
        raise InputError(f"{path}: a report ends in .csv or .json")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: no such folder; make it first")
    text = io.StringIO(newline="")
    if path.suffix.lower() == ".json":
        json.dump(list(left_out), text, ensure_ascii=False, indent=1)
    else:
        writer = csv.DictWriter(text, ["path", "reason", "detail"])
        writer.writeheader()
        writer.writerows(left_out)
    with atomic.replacing(path) as temporary:
        temporary.write_bytes(text.getvalue().encode("utf-8", "surrogateescape"))
    return path


def _processes(count: int) -> Executor:
    import multiprocessing

    context = multiprocessing.get_context("spawn")  # fork is unsafe beside Arrow's threads
    return ProcessPoolExecutor(count, context, signal.signal, (signal.SIGINT, signal.SIG_IGN))  # Ctrl-C is ours


def _work(chunk: list[Candidate], options: Options) -> list[dict[str, Any]]:
    return [facts(candidate, options) for candidate in chunk]


def _found(
    found: Iterable[Candidate], pool: Executor, workers: int, book: journal.Journal, options: Options
) -> Iterator[tuple[Candidate, dict[str, Any]]]:
    """(candidate, facts) in order: from the journal, or from the pool and then into the journal; a few chunks ahead."""
    ahead: deque[tuple[list[Candidate], list[Any], Future | None]] = deque()
    source = iter(found)

    def finished() -> Iterator[tuple[Candidate, dict[str, Any]]]:
        chunk, known, future = ahead.popleft()
        fresh = iter(future.result()) if future else iter(())
        for candidate, value in zip(chunk, known, strict=True):
            if value is None:
                value = next(fresh)
                if value.get("left") not in ("filter failed", "missing"):  # these may be mended without a new file
                    book.add(candidate.address, candidate.stamp, value)
            yield candidate, value

    while chunk := list(islice(source, _CHUNK)):
        known = [book.get(candidate.address, candidate.stamp) for candidate in chunk]
        new = [candidate for candidate, value in zip(chunk, known, strict=True) if value is None]
        ahead.append((chunk, known, pool.submit(_work, new, options) if new else None))
        if len(ahead) >= 2 * workers:
            yield from finished()
    while ahead:
        yield from finished()


class _Rows:
    """Collects the rows of the table and what is left out; every path and every photo_id once."""

    def __init__(self, folder: Path | None, keep_without_gps: bool):
        self.left_out: list[LeftOut] = []
        self._folder = folder
        self._keep_without_gps = keep_without_gps
        self._rows: list[dict[str, Any]] = []
        self._tables: list[pa.Table] = []
        self._paths: set[int] = set()  # hashes: five million paths would take a gigabyte
        self._ids: set[int] = set()

    def new(self, found: Iterable[Candidate | LeftOut]) -> Iterator[Candidate]:
        """Pass on the photos not seen before by their real path; note the others."""
        for candidate in found:
            if not isinstance(candidate, Candidate):
                self.left_out.append(candidate)
                continue
            shard = split_address(candidate.address)
            real = f"{os.path.realpath(shard[0])}#{shard[1]}" if shard else os.path.realpath(candidate.address)
            if hash(real) in self._paths:
                self._leave(candidate.address, "duplicate path", f"{candidate.address}: the same file came before")
                continue
            self._paths.add(hash(real))
            yield candidate

    def add(self, candidate: Candidate, found: dict[str, Any]) -> None:
        """Take a photo's facts: a row, or a reason to leave it out."""
        if "left" in found:
            self._leave(candidate.address, found["left"], found["detail"])
            return
        row = {**found["row"], **candidate.given}
        fault = found["fault"]
        if "latitude" in candidate.given and "longitude" in candidate.given:
            fault = coordinate_fault(candidate.given["latitude"], candidate.given["longitude"])
        if fault is not None:
            row.pop("latitude", None)
            row.pop("longitude", None)
            if not self._keep_without_gps:
                self._leave(candidate.address, fault, f"{candidate.address}: {fault}")
                return
        row["path"] = self._relative(candidate.address)
        names = (row.get("photo_id", candidate.photo_id), row["path"], candidate.address)
        row["photo_id"] = next(filter(self._unused, names), f"{candidate.address} {len(self._ids)}")
        self._rows.append(row)
        if len(self._rows) >= _BATCH:
            self._pack()

    def table(self) -> pa.Table:
        """All rows so far."""
        self._pack()
        return pa.concat_tables(self._tables)

    def _pack(self) -> None:
        self._tables.append(table.from_rows(self._rows))
        self._rows = []

    def _unused(self, name: str) -> bool:
        fresh = hash(name) not in self._ids
        self._ids.add(hash(name))
        return fresh

    def _relative(self, address: str) -> str:
        if self._folder is None or not address.startswith(f"{self._folder}{os.sep}"):
            return address
        return Path(address[len(str(self._folder)) + 1 :]).as_posix()

    def _leave(self, path: str, reason: str, detail: str) -> None:
        self.left_out.append({"path": path, "reason": reason, "detail": detail})
