"""Many sources → one photo table: in parallel, resumable, and with a reason for every photo left out."""

import csv
import io
import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pyarrow as pa

from photoplanet.core import atomic, progress
from photoplanet.core.cache import Cache, Entry
from photoplanet.core.table_sets import Named
from photoplanet.core.workers import process_pool
from photoplanet.earth.coordinates import tables
from photoplanet.errors import InputError
from photoplanet.index.inspect import Candidate, IndexOptions, Record, inspect_photo, sound
from photoplanet.index.rows import TIME_EMPTY, Rows
from photoplanet.index.scan import LeftOut, candidates
from photoplanet.photos import image_folder, quiet
from photoplanet.photos.decode import MAX_PIXELS
from photoplanet.photos.graphics_filter import Filter
from photoplanet.photos.table_writer import TableWriter

_CHUNK = 32  # photos a worker takes at a time


def index(
    sources: Sequence[Named],
    output: str | Path | None = None,
    *,
    images: str | Path | None = None,
    keep_without_gps: bool = False,
    drop_graphics: bool = False,
    filter: str | Filter | None = None,
    threads: int | None = None,
    processes: int = 0,
    max_pixels: int = MAX_PIXELS,
    coordinates: tables.Named | None = None,
    advance: progress.Advance = progress.ignore,
) -> tuple[pa.Table, list[LeftOut]]:
    """List folders, photos, CSV, Parquet and .tar shards, also in stores: (table, left out: path, reason, detail).

    With `output` (.parquet or .csv) the table is written there, its paths are relative to its folder where they can
    be, and a cache beside it lets a second run read only photos that are new or changed in size or time. A photo
    without a usable coordinate is left out unless `keep_without_gps`. `drop_graphics` leaves out diagrams and the like;
    `filter` ("module:function", or a callable) gets each photo as a PIL image and returns True to keep it; "nsfw" is
    `photos.nsfw_filter`, which leaves out pornography; both decode. Works on `threads` (default: one per core, at most
    8), or on `processes`, which pay from some 10,000 photos on. `images`: a folder in which the photos of tables are
    looked for by path or id; `coordinates`: the tables' names of latitude and longitude. Nothing is written when no
    photo is left. InputError for a source that cannot be used, MissingExtra for "nsfw" without its extra.

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (40, 30)).save(Path(folder, "IMG_1.jpg"))
    ...     rows, left_out = index([folder])
    >>> len(rows), left_out[0]["reason"]
    (0, 'no GPS')
    """
    held: list[pa.Table] = []
    _, left_out = write(
        sources, output, images=images, keep_without_gps=keep_without_gps, drop_graphics=drop_graphics, filter=filter,
        threads=threads, processes=processes, max_pixels=max_pixels, coordinates=coordinates, advance=advance,
        each=held.append,
    )  # fmt: skip
    return pa.concat_tables(held), left_out


def write(
    sources: Sequence[Named],
    output: str | Path | None = None,
    *,
    images: str | Path | None = None,
    keep_without_gps: bool = False,
    drop_graphics: bool = False,
    filter: str | Filter | None = None,
    threads: int | None = None,
    processes: int = 0,
    max_pixels: int = MAX_PIXELS,
    coordinates: tables.Named | None = None,
    advance: progress.Advance = progress.ignore,
    each: Callable[[pa.Table], None] = lambda rows: None,
) -> tuple[int, list[LeftOut]]:
    """Do what `index` does without holding the table: (how many photos are in it, photos left out).

    `each` is called with some of its rows at a time. `output` may also be a name without an ending, for a folder of
    parts.

    >>> write([getfixture("tmp_path")])
    (0, [])
    """
    if not sources:
        raise InputError("nothing to index: give a folder, a table, a shard or photos")
    if processes and callable(filter):
        raise InputError("a filter for several processes is named 'module:function', so that each can import it")
    options = IndexOptions(max_pixels, drop_graphics, filter)
    target = None if output is None else Path(output).absolute()
    listed = image_folder.ImageFolder(images) if images is not None else None
    with ExitStack() as stack:
        sink = _sink(target, stack, each)
        base = None if target is None else target.parent if target.suffix else target
        rows = Rows(base, keep_without_gps, sink.add)
        about = options.fingerprint
        cache = stack.enter_context(Cache(cache_folder(target) if target else None, about, sound=sound, strict=False))
        pool, workers = _pool(threads, processes)
        try:
            new = rows.new(candidates(sources, listed, coordinates))
            found = cache.fill(new, lambda new: _inspected(new, pool, workers, options), _key)
            for candidate, entry in found:
                if isinstance(entry, Exception):
                    raise entry
                rows.add(candidate, entry.record)
                advance(1)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        rows.finish()
    return sink.rows, rows.left_out


class _Sink:
    """Where rows go: to who asked for them, and to the table that is written."""

    def __init__(self, each: Callable[[pa.Table], None], written: TableWriter | None):
        self.rows, self._each, self._written = 0, each, written

    def add(self, rows: pa.Table) -> None:
        self.rows += len(rows)
        self._each(rows)
        if self._written is not None:
            self._written.add(rows)


def _sink(target: Path | None, stack: ExitStack, each: Callable[[pa.Table], None]) -> _Sink:
    """An empty result does not replace a table that was there."""
    if target is None:
        return _Sink(each, None)
    atomic.check_folder(target)
    return _Sink(each, stack.enter_context(TableWriter(target)))


def _key(candidate: Candidate) -> tuple[str, str]:
    return candidate.address, candidate.stamp


def cache_folder(output: str | Path) -> Path:
    """Return where the findings of earlier runs lie: a hidden folder beside the photo table.

    >>> cache_folder("photos.parquet").name
    '.photos.parquet.cache'
    """
    path = Path(output)
    return path.with_name(f".{path.name}.cache")


def counts(left_out: Iterable[LeftOut]) -> dict[str, int]:
    """Return reason → number of photos left out, the commonest first.

    >>> counts([{"path": "a.jpg", "reason": "no GPS", "detail": ""}])
    {'no GPS': 1}
    """
    found: Counter[str] = Counter()
    for entry in left_out:
        if entry["reason"] != TIME_EMPTY:
            found[entry["reason"]] += int(entry.get("rows", 1))
    return dict(found.most_common())


def times_left_empty(left_out: Iterable[LeftOut]) -> int:
    """Return how many photos are in the table without the time that their source states and nobody can read for sure.

    >>> times_left_empty([{"path": "a.jpg", "reason": "time left empty", "detail": ""}])
    1
    """
    return sum(entry["reason"] == TIME_EMPTY for entry in left_out)


def write_report(left_out: Sequence[LeftOut], path: str | Path) -> Path:
    """Write the photos left out as CSV (path, reason, detail) or, by suffix .json, as a JSON list; atomically.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(write_report([], Path(folder, "left-out.csv")).read_text().strip())
    path,reason,detail
    """
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".json"):
        raise InputError(f"{path}: a report ends in .csv or .json")
    text = io.StringIO(newline="")
    if path.suffix.lower() == ".json":
        json.dump(list(left_out), text, ensure_ascii=False, indent=1)
    else:
        writer = csv.DictWriter(text, ["path", "reason", "detail"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(left_out)
    atomic.write_bytes(path, text.getvalue().encode("utf-8", "surrogateescape"))
    return path


def _pool(threads: int | None, processes: int) -> tuple[Executor, int]:
    """Who looks at the photos, and how many they are."""
    if processes:
        return process_pool(processes), processes
    workers = threads or min(8, os.cpu_count() or 1)
    return ThreadPoolExecutor(workers, "index"), workers


def _inspected(candidates: Iterator[Candidate], pool: Executor, workers: int, options: IndexOptions) -> Iterator[Entry]:
    """What each candidate says about itself, in order; a few chunks ahead of who asks."""
    ahead: deque[Future[list[Record]]] = deque()
    while chunk := list(islice(candidates, _CHUNK)):
        ahead.append(pool.submit(_work, chunk, options))
        if len(ahead) >= 2 * workers:
            yield from _entries(ahead.popleft().result())
    while ahead:
        yield from _entries(ahead.popleft().result())


def _work(chunk: list[Candidate], options: IndexOptions) -> list[Record]:
    with quiet.silence:  # once for all of them, which is cheaper
        return [inspect_photo(candidate, options) for candidate in chunk]


def _entries(records: Iterable[Record]) -> Iterator[Entry]:
    return (Entry(record=record, keep=not record.get("again")) for record in records)
