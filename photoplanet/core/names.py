"""Names of files, which may hold any bytes: as text that can be written everywhere, and in the order people expect."""

import re
from typing import Any

_DIGITS = re.compile("([0-9]+)")


def readable(name: str) -> str:
    r"""Return a name as valid Unicode: bytes that are not UTF-8 are written as \xe9, so that two names stay two.

    >>> readable("café.jpg"), readable("caf\udce9.jpg")
    ('café.jpg', 'caf\\xe9.jpg')
    """
    try:
        name.encode()
        return name
    except UnicodeEncodeError:
        pass
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return name.encode("utf-8", "backslashreplace").decode()


def natural_key(name: str) -> tuple[list[Any], str]:
    """Return what names are sorted by so that IMG_8 comes before IMG_10, and small letters beside capitals.

    >>> sorted(["IMG_10.jpg", "img_9.jpg", "IMG_8.jpg"], key=natural_key)
    ['IMG_8.jpg', 'img_9.jpg', 'IMG_10.jpg']
    """
    parts = _DIGITS.split(name.casefold())
    return [int(part) if at % 2 else part for at, part in enumerate(parts)], name
