"""Arrow, which tables of photos need and the light install goes without: one error that says so."""

from collections.abc import Iterator
from contextlib import contextmanager

from photoplanet.errors import MissingExtra

FEATURE, EXTRA = "a table of photos", "tables"


@contextmanager
def needed() -> Iterator[None]:
    """Raise MissingExtra where an import in the block, or one that follows from it, fails since there is no Arrow.

    >>> with needed():
    ...     raise ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow")
    Traceback (most recent call last):
    photoplanet.errors.MissingExtra: a table of photos needs the 'tables' extra: ...
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if lacks(error):
            raise MissingExtra(FEATURE, EXTRA) from None
        raise


def lacks(error: BaseException) -> bool:
    """Whether an error says that Arrow is not installed.

    >>> lacks(ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow")), lacks(OSError())
    (True, False)
    """
    return isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == "pyarrow"
