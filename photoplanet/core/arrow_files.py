"""Files that Arrow reads, also in folders whose names are not Unicode."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from photoplanet.core.names import readable


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Give Arrow a file to read: by its path, or opened where the path is not Unicode, of which Arrow makes nothing.

    >>> with opened(Path("photos.parquet")) as source:
    ...     source
    'photos.parquet'
    """
    name = str(path)
    if readable(name) == name:
        yield name
        return
    with path.open("rb") as file:
        yield file
