"""The rows of a photo table that is being built: every photo once, and a reason for each that is left out."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from photoplanet.core.hash_sets import HashSet
from photoplanet.core.names import readable, same
from photoplanet.core.stores import is_address
from photoplanet.index.inspect import Candidate, Record
from photoplanet.index.scan import LeftOut
from photoplanet.photos import table
from photoplanet.photos.shards import split_address
from photoplanet.photos.table import coordinate_fault

TIME_EMPTY = "time left empty"  # of a photo that is in the table
_BATCH = 20_000  # rows that wait as Python objects before they become Arrow columns


class Rows:
    """Hands the rows of the table on to `sink`, and collects what is left out; every path and every photo_id once.

    Paths become relative to `folder` where they lie in it (None: they stay absolute).
    """

    def __init__(self, folder: Path | None, keep_without_gps: bool, sink: Callable[[pa.Table], None]):
        self.left_out: list[LeftOut] = []
        self._sink = sink
        self._folder = folder
        self._keep_without_gps = keep_without_gps
        self._rows: list[dict[str, Any]] = []
        self._paths, self._ids = HashSet(), HashSet()  # hashes: five million paths would take a gigabyte

    def new(self, found: Iterable[Candidate | LeftOut]) -> Iterator[Candidate]:
        """Pass on the photos whose file was not there before, under whatever name or link; note the others.

        So is left out what a table cannot name: a path that is not Unicode.
        """
        for candidate in found:
            if not isinstance(candidate, Candidate):
                self.left_out.append(candidate)
                continue
            if not self._paths.add(_mark(candidate)):
                self._leave(candidate.address, "duplicate path", f"{candidate.address}: the same file came before")
                continue
            if readable(path := self._relative(candidate.address)) != path:
                detail = f"{candidate.address}: a table holds Unicode only; rename it, as convmv does for whole folders"
                self._leave(candidate.address, "name not UTF-8", detail)
                continue
            yield candidate

    def add(self, candidate: Candidate, found: Record) -> None:
        """Take what was found of a photo: a row, or a reason to leave it out."""
        if "left" in found:
            self._leave(candidate.address, found["left"], found["detail"])
            return
        row = {**found["row"], **candidate.given}
        fault = found["fault"]
        if candidate.given.keys() & {"latitude", "longitude"}:  # what a table says of the place rules, also unread
            fault = coordinate_fault(candidate.given.get("latitude"), candidate.given.get("longitude"))
        if fault is not None:
            row.pop("latitude", None)
            row.pop("longitude", None)
            if not self._keep_without_gps:
                self._leave(candidate.address, fault, f"{candidate.address}: {fault}")
                return
        if row.get("taken_at") == "":
            del row["taken_at"]
            detail = (
                f"{candidate.address}: in the table with a time that is unreadable, or whose day and month could be "
            )
            self._leave(candidate.address, TIME_EMPTY, detail + "exchanged; write it as 2019-05-01T12:03:00")
        for name in ("album", "photographer"):
            if name in row:
                row[name] = same(row[name])
        row["path"] = self._relative(candidate.address)
        names = (row.get("photo_id", candidate.photo_id), row["path"], candidate.address)
        row["photo_id"] = next(filter(self._unused, names), f"{candidate.address} {len(self._ids)}")
        self._rows.append(row)
        if len(self._rows) >= _BATCH:
            self._pack()

    def finish(self) -> None:
        """Hand on the last rows."""
        self._pack()

    def _pack(self) -> None:
        self._sink(table.from_rows(self._rows))
        self._rows = []

    def _unused(self, name: str) -> bool:
        return self._ids.add(hash(name))

    def _relative(self, address: str) -> str:
        if self._folder is None or not address.startswith(f"{self._folder}{os.sep}"):
            return address
        return Path(address[len(str(self._folder)) + 1 :]).as_posix()

    def _leave(self, path: str, reason: str, detail: str) -> None:
        self.left_out.append({"path": readable(path), "reason": reason, "detail": readable(detail)})


def _mark(candidate: Candidate) -> int:
    """What two names of one file have in common, also hard links: its number on its disk where there is one."""
    shard = split_address(candidate.address)
    device, number = candidate.file
    if number:
        own = candidate.stamp.partition(";")[0]  # without those of sidecars: beside another name others may lie
        return hash((device, number, own, shard[1] if shard else ""))
    if shard and is_address(shard[0]):
        return hash(candidate.address)
    return hash(f"{os.path.realpath(shard[0])}#{shard[1]}" if shard else os.path.realpath(candidate.address))
