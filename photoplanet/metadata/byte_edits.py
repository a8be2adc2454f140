"""Edits of a file as bytes: whatever is not named in them cannot change, and each list of edits can be taken back."""

from collections.abc import Sequence
from typing import NamedTuple

from photoplanet.errors import InputError


class Edit(NamedTuple):
    """Bytes `start` … `stop` become `new`."""

    start: int
    stop: int
    new: bytes


def applied(data: bytes, changes: Sequence[Edit]) -> tuple[bytes, list[Edit]]:
    """Return the data after `changes`, and the edits that lead back from there to `data`.

    InputError for edits that are out of order, overlap, or reach beyond the data.

    >>> after, back = applied(b"no place", [Edit(0, 2, b"a")])
    >>> after, applied(after, back)[0]
    (b'a place', b'no place')
    """
    parts: list[bytes] = []
    back: list[Edit] = []
    at = grown = 0
    for start, stop, new in changes:
        if not at <= start <= stop <= len(data):
            raise InputError("edits must be in order, apart and within the file")
        parts += [data[at:start], new]
        back.append(Edit(start + grown, start + grown + len(new), data[start:stop]))
        at, grown = stop, grown + len(new) - (stop - start)
    return b"".join([*parts, data[at:]]), back
