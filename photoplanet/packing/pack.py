"""A photo table's photos into shards: in processes, shard after shard, going on where a stopped run was."""

import json
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from photoplanet.core import atomic, leftovers, lock
from photoplanet.core.progress import Advance, Bar, no_bar
from photoplanet.core.workers import process_pool, threads
from photoplanet.errors import InputError, WorkerError
from photoplanet.packing import packed_table, shard_files
from photoplanet.packing.plan import Plan, Shard
from photoplanet.packing.shrink import Packed, Refused, shrink

MANIFEST, LOCK = "pack.json", ".pack.lock"
_CHUNK = 8  # photos that a worker takes at a time: after Ctrl-C they are still finished
_AHEAD = 3  # chunks a worker
_MAX_MANIFEST = 1 << 20  # bytes


@dataclass
class Result:
    """What packing came to: the photo table, photos packed, shards, those found whole, bytes, and what is left out.

    `left_out`: {path, reason, detail} of each photo.
    """

    table: Path
    photos: int = 0
    shards: int = 0
    kept: int = 0
    bytes: int = 0
    left_out: list[dict[str, str]] = field(default_factory=list)

    def reasons(self) -> dict[str, int]:
        """Return reason → photos left out, the commonest first."""
        return dict(Counter(each["reason"] for each in self.left_out).most_common())


def pack(plan: Plan, out: Path, processes: int = 0, retry: bool = False, bar: Bar = no_bar) -> Result:
    r"""Write a plan's shards and their photo table into the folder `out`; shards that are whole already stay.

    `processes`: 0 means one per core, at most 16. `retry`: shards that lack photos are packed anew. Stopped or killed,
    the same call goes on after the last whole shard. InputError for a folder that holds something else, that another
    process packs into, or that was packed with other settings or photos; and where no photo could be packed.

    >>> from photoplanet.packing.plan import Settings, make
    >>> table = getfixture("tmp_path") / "photos.csv"
    >>> _ = table.write_text("photo_id,path\na,no-such.jpg\n")
    >>> pack(make(table, Settings(320)), table.with_name("shards"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: ...photos.csv: none of its 1 photos could be packed: missing: 1; the first: ...
    """
    atomic.check_folder(out)
    with ExitStack() as stack:
        _take(plan, out, stack)
        result, tables = Result(out / packed_table.NAME, shards=len(plan)), list[pa.Table]()
        advance = stack.enter_context(bar("packing", len(plan.rows)))
        with _Workers(processes or threads(), plan) as workers:
            for shard in plan.shards():
                rows = shard_files.read(out, shard)
                if rows is None or (retry and set(rows["status"].to_pylist()) != {packed_table.SUCCESS}):
                    rows = shard_files.write(out, shard, workers.results(shard, advance))
                else:
                    result.kept += 1
                    advance(len(shard.addresses))
                tables.append(rows)
                result.left_out += _left_out(rows)
                result.bytes += (out / f"{shard.name}.tar").stat().st_size
        facts = json.dumps(plan.settings.as_dict() | {"source": plan.source.name})
        result.photos = len(packed_table.write(out, tables, facts))
    if not result.photos:
        reasons = ", ".join(f"{reason}: {count:,}" for reason, count in result.reasons().items())
        raise InputError(f"{plan.source}: none of its {len(plan.rows):,} photos could be packed: {reasons}; the first: "
                         f"{result.left_out[0]['detail']}")  # fmt: skip
    return result


def _left_out(rows: pa.Table) -> list[dict[str, str]]:
    """What a shard's table says of photos that are not packed."""
    found = []
    for row in rows.select(["status", "error_message", "original_path"]).to_pylist():
        if refused := shard_files.refusal(row):
            found.append({"path": row["original_path"], "reason": refused[0], "detail": refused[1]})
    return found


def _take(plan: Plan, out: Path, stack: ExitStack) -> None:
    """Make the folder, or see that it is one of this plan; and hold it."""
    fresh = leftovers.empty(out)
    if not fresh and not (out / MANIFEST).is_file():
        raise InputError(f"{out}: holds files, and none of them is {MANIFEST}; give a new folder")
    out.mkdir(exist_ok=True)
    if not stack.enter_context(lock.held(out / LOCK, wait=False)):
        raise InputError(f"{out}: another process is packing into it; wait for its end, or give another -o")
    wanted = {**plan.settings.as_dict(), "source": plan.source.name, "fingerprint": plan.fingerprint()}
    found = _manifest(out / MANIFEST)
    if found is None:
        atomic.write_text(out / MANIFEST, json.dumps(wanted, indent=1), durable=True)
        return
    different = [
        f"{name}={found.get(name)} (now {value})" for name, value in wanted.items() if found.get(name) != value
    ]
    if different:
        shown = [each for each in different if not each.startswith("fingerprint")] or ["other rows in the table"]
        raise InputError(f"{out}: was packed with {', '.join(shown)}; give another -o, or remove the folder")


def _manifest(path: Path) -> dict[str, Any] | None:
    """What a folder was packed with; None for a new one."""
    try:
        found = json.loads(path.read_bytes()) if path.stat().st_size <= _MAX_MANIFEST else None
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{path}: is damaged; give another -o, or remove the folder")
    return found


class _Workers:
    """The processes that shrink photos, started when the first shard needs them."""

    def __init__(self, processes: int, plan: Plan):
        self._processes, self._plan = processes, plan
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "_Workers":
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def results(self, shard: Shard, advance: Advance) -> Iterator[Packed | Refused]:
        """Yield a shard's photos, in order; a few chunks are under way, so that memory is bounded."""
        self._pool = self._pool or process_pool(self._processes)
        under_way: deque[Future[list[Packed | Refused]]] = deque()
        starts = iter(range(0, len(shard.addresses), _CHUNK))
        try:
            while True:
                for start in starts:
                    some = shard.addresses[start : start + _CHUNK]
                    under_way.append(self._pool.submit(shrink, some, self._plan.settings))
                    if len(under_way) >= _AHEAD * self._processes:
                        break
                if not under_way:
                    return
                done = under_way.popleft().result()
                yield from done
                advance(len(done))
        except BrokenProcessPool:
            raise WorkerError(
                f"{self._plan.source}: a process that shrinks photos was killed, as a rule because memory ran out; "
                "use fewer --processes and run the same command again: whole shards stay"
            ) from None
