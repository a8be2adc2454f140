"""Names of towns, states and countries in the languages of people: a written form → the places that bear it.

The table, place_names.npz, is written by tools/make_place_names.py from GeoNames (CC BY 4.0) and CLDR. A place is a
number: a row of the gazetteer's towns, then of its states, then of its countries, one after the other.
"""

import unicodedata
from bisect import bisect_left
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LONGEST = 60  # letters that a form may have; longer text is not looked up
LEAST_CLASS, PER_CLASS = (
    -10.0,
    0.5,
)  # a form of commonness class c is 10 ** (-10 + c / 2) of the words that people write
_SLIP_FROM = 7  # letters of a name from which one may be misread or missing
_SLIP_PREFIX = 4  # its first letters, in which only letters that look alike are taken for each other
_SCAN = 400  # forms with one beginning that are compared
_ALIKE = {
    "a": "oe", "b": "h", "c": "eo", "d": "o", "e": "co", "f": "t", "g": "q", "h": "bn", "i": "ltj", "j": "i", "l": "it",
    "m": "n", "n": "rhmu", "o": "cae", "q": "g", "r": "n", "t": "fil", "u": "vn", "v": "uy", "w": "v", "y": "v",
}  # fmt: skip
_LETTERS = str.maketrans({
    "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŋ": "n",
    "ə": "e", "ŧ": "t", "ґ": "г", "ς": "σ",
})  # fmt: skip


class Named(NamedTuple):
    """What bears one written form. `places` (n,) int64; `own` (n,) bool: it is a name in use at the place itself.

    `common`: which share of the words that people write is this form without the place being meant ("nice", "most").
    """

    form: str
    places: NDArray[np.int64]
    own: NDArray[np.bool_]
    common: float


class _Table(NamedTuple):
    forms: list[str]  # in ascending order
    first: NDArray[np.int64]  # (forms + 1,): where the places of each begin
    low: NDArray[np.uint16]  # of each place's number
    high: NDArray[np.uint8]
    own: NDArray[np.uint8]  # eight a byte
    common: NDArray[np.uint8]  # (forms,)


def fold(text: str) -> str:
    """Small letters without diacritics, words apart by one space, marks left out: as forms are written in the table.

    >>> fold("L'Hospitalet — KØBENHAVN/Łódź"), fold("東京・ガ")
    ('l hospitalet kobenhavn lodz', '東京 ガ')
    """
    return " ".join("".join(map(_folded, unicodedata.normalize("NFC", text))).split())


def find(name: str) -> Named | None:
    """The places of that name, written in any case and with or without diacritics; None where there are none.

    >>> from photoplanet.earth import gazetteer
    >>> [gazetteer.read().names[place] for place in find("VILANOVA I LA GELTRU").places]
    ['Vilanova i la Geltrú']
    >>> find("no such town") is None
    True
    """
    return find_folded(fold(name[:LONGEST]))


def find_folded(form: str) -> Named | None:
    """As `find`, for text that `fold` has been through.

    >>> find_folded("malmo").form
    'malmo'
    """
    table = read()
    row = bisect_left(table.forms, form)
    return _named(row) if row < len(table.forms) and table.forms[row] == form else None


def find_alike(form: str) -> list[Named]:
    """Names that differ from a long folded `form` by one letter misread, missing or too many.

    >>> "barcelona" in [named.form for named in find_alike("barcelna")], find_alike("pari")
    (True, [])
    """
    if not _SLIP_FROM <= len(form) <= LONGEST:
        return []
    forms = read().forms
    rows: set[int] = set()
    for start in _beginnings(form):
        low = bisect_left(forms, start)
        high = bisect_left(forms, start + chr(0x10FFFF), lo=low)
        rows.update(row for row in range(low, min(high, low + _SCAN)) if _one_slip(form, forms[row], start))
    return [_named(row) for row in sorted(rows)]


def find_beginning(form: str, limit: int = 40) -> list[Named]:
    """Names that begin with a folded `form` and go on for one to three letters, at most `limit`: text cut by an edge.

    >>> "barcelona" in [named.form for named in find_beginning("barcelo")]
    True
    """
    forms = read().forms
    low = bisect_left(forms, form)
    high = bisect_left(forms, form + chr(0x10FFFF), lo=low)
    if high - low > limit:
        return []
    return [_named(row) for row in range(low, high) if 1 <= len(forms[row]) - len(form) <= 3]


@cache
def read() -> _Table:
    """The table as it lies on disk, read once a process, in well under 0.1 s.

    >>> len(read().forms) > 100_000
    True
    """
    with np.load(Path(__file__).with_name("place_names.npz"), allow_pickle=False) as file:
        forms = file["forms"].tobytes().decode().split("\n")
        first = np.concatenate([[0], np.cumsum(file["count"], dtype=np.int64)])
        return _Table(forms, first, file["low"], file["high"], file["own"], file["common"])


def _named(row: int) -> Named:
    table = read()
    inside = np.arange(table.first[row], table.first[row + 1])
    places = table.low[inside].astype(np.int64) + (table.high[inside].astype(np.int64) << 16)
    own = (table.own[inside // 8] >> (7 - inside % 8) & 1).astype(bool)
    return Named(table.forms[row], places, own, float(10 ** (LEAST_CLASS + PER_CLASS * table.common[row])))


@cache
def _folded(sign: str) -> str:
    """One sign of a text as it stands in a form: nothing, letters, or a space."""
    sign = unicodedata.normalize("NFKC", sign).casefold().translate(_LETTERS)
    if max(map(ord, sign), default=0) < 0x2000:  # alphabets: Kana and Hangul would fall apart
        sign = "".join(each for each in unicodedata.normalize("NFD", sign) if not unicodedata.combining(each))
    return "".join(each if each.isalnum() or each == "ー" else " " for each in sign)


def _beginnings(form: str) -> list[str]:
    start, rest = form[:_SLIP_PREFIX], form[_SLIP_PREFIX:]
    alike = [start[:i] + other + start[i + 1 :] for i, each in enumerate(start) for other in _ALIKE.get(each, "")]
    # where one letter of the beginning is misread, the rest is as it should be
    return [start + rest[: max(0, len(form) // 2 - _SLIP_PREFIX)], *(other + rest for other in alike)]


def _one_slip(form: str, other: str, start: str) -> bool:
    """Whether two forms with the same beginning differ in one letter there or after it, and in nothing else."""
    if start[:_SLIP_PREFIX] != form[:_SLIP_PREFIX]:
        return other == start
    if form == other or abs(len(form) - len(other)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(form, other, strict=False)) if a != b), min(len(form), len(other)))
    return form[same + (len(form) >= len(other)) :] == other[same + (len(other) >= len(form)) :]
