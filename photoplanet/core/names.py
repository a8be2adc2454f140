"""Names of files, which may hold any bytes: as text that can be written everywhere, and in the order people expect."""

import codecs
import re
from typing import Any

READABLE = "photoplanet-readable"  # how text files are encoded (`errors=`), so that no name can end a run
_DIGITS = re.compile("([0-9]+)")


def readable(name: str) -> str:
    r"""Return a name as valid Unicode: bytes that are not UTF-8 are written as \xe9, so that two names stay two.

    >>> readable("café.jpg"), readable("caf\udce9.jpg")
    ('café.jpg', 'caf\\xe9.jpg')
    """
    return name.encode("utf-8", READABLE).decode()


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""As `readable` writes them: a byte as \xe9, another surrogate as \ud83d."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    codes = map(ord, error.object[error.start : error.end])
    return "".join(f"\\x{c - 0xDC00:02x}" if 0xDC80 <= c <= 0xDCFF else f"\\u{c:04x}" for c in codes), error.end


codecs.register_error(READABLE, _escaped)


def natural_key(name: str) -> tuple[list[Any], str]:
    """Return what names are sorted by so that IMG_8 comes before IMG_10, and small letters beside capitals.

    >>> sorted(["IMG_10.jpg", "img_9.jpg", "IMG_8.jpg"], key=natural_key)
    ['IMG_8.jpg', 'img_9.jpg', 'IMG_10.jpg']
    """
    parts = _DIGITS.split(name.casefold())
    return [int(part) if at % 2 else part for at, part in enumerate(parts)], name
