"""Commands that need an optional extra: one error where it is missing, and the same words in the help."""

from collections.abc import Iterator
from contextlib import contextmanager

from photoplanet.errors import MissingExtra


@contextmanager
def needs(feature: str, extra: str) -> Iterator[None]:
    """Raise `MissingExtra` when an import in the block fails because an optional dependency is not installed.

    >>> with needs("drawing", "figures"):
    ...     import no_such_module
    Traceback (most recent call last):
    photoplanet.errors.MissingExtra: drawing needs the 'figures' extra: ...
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("photoplanet"):
            raise
        raise MissingExtra(feature, extra) from error


def hint(feature: str, extra: str) -> str:
    """Return what `needs` would say, as a line for the end of a command's help.

    >>> hint("drawing", "figures")
    "Drawing needs the 'figures' extra: ..."
    """
    text = str(MissingExtra(feature, extra))
    return f"{text[:1].upper()}{text[1:]}."
