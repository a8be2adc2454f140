"""What a person names as photo tables: files, folders of parts, addresses in stores, and several of them together."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from photoplanet.core.names import natural_key
from photoplanet.core.stores import Located, Stored, allow, located
from photoplanet.errors import InputError, printable

SUFFIXES = (".parquet", ".pq", ".csv", ".tsv", ".tab", ".txt")  # of tables
MAX_PARTS = 100_000
_LOOKED_AT = 1000  # entries of a folder, to tell what it is
Named: TypeAlias = str | os.PathLike[str] | Stored


@dataclass(frozen=True)
class TableSet:
    """One or more photo tables that are read as one, in this order; each a file or a folder of parts.

    >>> both = TableSet.of(["a/train.parquet", "b/more.csv"])
    >>> str(both), both.name, both.folder
    ('a/train.parquet and 1 more', 'train.parquet, more.csv', '')
    """

    tables: tuple[Located, ...]

    @classmethod
    def of(cls, given: "Given") -> "TableSet":
        """Take what was named; InputError for nothing, and for a table that is named twice.

        >>> TableSet.of("photos.parquet").folder
        '.'
        """
        if isinstance(given, TableSet):
            return given
        many = [given] if isinstance(given, str | os.PathLike | Stored) else list(given)
        tables = tuple(located(each) for each in many)
        if not tables:
            raise InputError("no table is named; give a file or a folder of them")
        for table in tables:
            if isinstance(table, Stored):
                allow(table)
        keys = [str(each) if isinstance(each, Stored) else os.path.realpath(each) for each in tables]
        for table, key in zip(tables, keys, strict=True):
            if keys.count(key) > 1:
                raise InputError(f"{table}: is named twice; name each table once")
        return cls(tables)

    def __str__(self) -> str:
        more = len(self.tables) - 1
        return f"{self.tables[0]} and {more} more" if more else str(self.tables[0])

    @property
    def name(self) -> str:
        """The tables' names without their folders, for what is published."""
        return ", ".join(each.name for each in self.tables)

    @property
    def folder(self) -> str:
        """Where relative paths of photos start, as `photos.table.read` returns them; of several tables none are."""
        return folder_of(self.tables[0]) if len(self.tables) == 1 else ""

    @property
    def beside(self) -> Path | None:
        """A path whose folder is that of the first table, for what is kept beside it; None in a store."""
        return next((each for each in self.tables[:1] if isinstance(each, Path)), None)


Given: TypeAlias = Named | Iterable[Named] | TableSet


def folder_of(table: Located) -> str:
    """Return the folder in which a table's relative paths start: its own, for a folder of parts that folder.

    >>> folder_of(Path("/data/photos.parquet"))
    '/data'
    """
    if isinstance(table, Stored):
        return str(table if table.suffix.lower() not in SUFFIXES or table.is_dir() else table.parent)
    return str(table if table.is_dir() else table.parent)


def files(table: Located, what: str = "a table") -> list[Located]:
    """Return the files that a table is made of: itself, or those of a folder, in natural order of their names.

    Hidden files and those whose names begin with _ (_SUCCESS, _metadata) are passed over. InputError for a folder with
    other files or folders in it, since what lies in them would be missed in silence, or with no table at all (it says
    to give `what`).

    >>> folder = getfixture("tmp_path")
    >>> for name in ("part-10.parquet", "part-9.parquet", "_SUCCESS", ".part-9.parquet.crc"):
    ...     (folder / name).touch()
    >>> [file.name for file in files(folder)]
    ['part-9.parquet', 'part-10.parquet']
    """
    if not table.is_dir():
        return [table]
    found = sorted(_visible(table), key=lambda entry: natural_key(entry.name))
    if len(found) > MAX_PARTS:
        raise InputError(f"{table}: over {MAX_PARTS:,} files; put them together into fewer")
    parts = [entry for entry in found if entry.suffix.lower() in SUFFIXES and not entry.is_dir()]
    foreign = [entry for entry in found if entry not in parts]
    if not parts and not any("=" in entry.name for entry in foreign):
        raise InputError(f"{table}: is a folder without tables; give {what}")
    if foreign:
        raise InputError(f"{foreign[0]}: {_why_foreign(foreign[0])}")
    return parts


def holds_tables(folder: Located) -> bool:
    """Whether half of what is in a folder, or more, is tables or folders of a partition: it was meant as a table.

    >>> holds_tables(getfixture("tmp_path"))
    False
    """
    some = list(islice(_visible(folder), _LOOKED_AT))
    return 2 * sum(entry.suffix.lower() in SUFFIXES or "=" in entry.name for entry in some) >= max(1, len(some))


def is_folder_of_tables(folder: Located) -> bool:
    """Whether tables are all that is in a folder, hidden files and those that begin with _ aside.

    >>> is_folder_of_tables(getfixture("tmp_path"))
    False
    """
    if not folder.is_dir():
        return False
    empty = True
    for entry in _visible(folder):
        if entry.suffix.lower() not in SUFFIXES or entry.is_dir():
            return False
        empty = False
    return not empty


def _visible(folder: Located) -> Iterator[Located]:
    return (entry for entry in folder.iterdir() if not entry.name.startswith((".", "_")))


def _why_foreign(entry: Located) -> str:
    name = printable(entry.name)[:100]
    if "=" in entry.name and entry.is_dir():
        return (f"the parts are sorted into folders by a column ({name}), which is not read; name these folders "
                f"themselves: {printable(str(entry.parent))[:200]}/*/")  # fmt: skip
    if entry.is_dir():
        return "is a folder among the parts of a table; name it by itself, or move it elsewhere"
    return (f"is not a table ({', '.join(SUFFIXES[:4])}) and lies among the parts of one; move it elsewhere, or name "
            "the tables themselves")  # fmt: skip
