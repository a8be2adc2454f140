"""Files that Arrow reads, also in stores, and in folders whose names are not Unicode."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from photoplanet.core.names import readable
from photoplanet.core.stores import Located, Stored, fault


@contextmanager
def opened(path: Located) -> Iterator[Any]:
    """Give Arrow a file to read: by its path, or opened where it is in a store, or not Unicode.

    InputError for what a store refuses.

    >>> from pathlib import Path
    >>> with opened(Path("photos.parquet")) as source:
    ...     source
    'photos.parquet'
    """
    if isinstance(path, Stored):
        with path.open() as file:
            try:
                yield file
            except OSError as error:
                raise fault(path, error) from None
        return
    name = str(path)
    if readable(name) == name:
        yield name
        return
    with path.open("rb") as file:
        yield file
