"""A set of numbers of any size in bounded memory: Python's own while it is small, then a temporary file of SQLite's."""

import errno
import sqlite3
import tempfile

IN_MEMORY = 1 << 20  # numbers: some 100 MB
_CACHED = 64  # MB of the file


class HashSet:
    """Numbers of 64 bits that were there before; the file goes away with the set.

    OSError where temporary files have no room (TMPDIR or SQLITE_TMPDIR say where they go).

    >>> seen = HashSet(in_memory=2)
    >>> [seen.add(number) for number in (1, 2, -3, 1, 2, -3)]
    [True, True, True, False, False, False]
    """

    def __init__(self, in_memory: int = IN_MEMORY):
        self._most, self._few = in_memory, set[int]()
        self._file: sqlite3.Connection | None = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, number: int) -> bool:
        """Add a number; return whether it is new."""
        if self._file is None:
            new = number not in self._few
            self._few.add(number)
            if len(self._few) > self._most:
                self._spill()
        else:
            new = self._stored(self._file, number)
        self._count += new
        return new

    def _spill(self) -> None:
        """Put all numbers into a file, in their order, which is how it grows best."""
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)  # "": one that nobody else sees
        for setting in (
            "journal_mode = OFF",
            "synchronous = OFF",
            f"cache_size = -{_CACHED << 10}",
            "temp_store = FILE",
        ):
            self._file.execute(f"PRAGMA {setting}")
        self._file.execute("CREATE TABLE seen (number INTEGER PRIMARY KEY)")
        self._file.execute("BEGIN")
        for number in sorted(self._few):
            self._stored(self._file, number)
        self._few = set()

    @staticmethod
    def _stored(file: sqlite3.Connection, number: int) -> bool:
        try:
            return file.execute("INSERT OR IGNORE INTO seen VALUES (?)", (number,)).rowcount > 0
        except sqlite3.OperationalError as error:
            place = tempfile.gettempdir()
            raise OSError(errno.ENOSPC, f"no room for temporary files ({error}); set TMPDIR", place) from None
