"""The text of a line made plain, so that every kind of evidence sees the same signs for the same thing."""

import unicodedata
from functools import lru_cache

MOST_CHARACTERS = 200  # of one line that are searched
_EDGES = ".,;:!?()[]{}<>\"'«»„“”‘’|*·•…¡¿-"


@lru_cache(maxsize=512)
def plain(text: str) -> str:
    r"""`text` in one form: NFKC, ASCII digits, plain dashes, single spaces, nothing invisible, at most 200 characters.

    >>> plain("〒１００－０００１　東京都"), plain("Tel.:\u200e ٠٤ ٣٢١")
    ('〒100-0001 東京都', 'Tel.: 04 321')
    """
    normal = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS])[:MOST_CHARACTERS]
    signs = (_sign(sign) for sign in normal)
    return " ".join("".join(signs).split())


def words(text: str) -> list[str]:
    """The words of a plain text without the marks at their edges; case and inner marks are kept.

    >>> words('"Gelateria S.p.A.", Via Roma 3')
    ['Gelateria', 'S.p.A', 'Via', 'Roma', '3']
    """
    stripped = (word.strip(_EDGES) for word in text.split())
    return [word for word in stripped if word]


def phrases(text: str, longest: int = 3) -> list[str]:
    """All runs of one to `longest` words of a plain text, in lower case, longest first.

    >>> phrases("Car Park only", 2)
    ['car park', 'park only', 'car', 'park', 'only']
    """
    found = [word.casefold() for word in words(text)]
    return [
        " ".join(found[start : start + count])
        for count in range(min(longest, len(found)), 0, -1)
        for start in range(len(found) - count + 1)
    ]


def listed(text: str) -> frozenset[str]:
    """The words of a list that is written as one text.

    >>> sorted(listed("tel fax phone"))
    ['fax', 'phone', 'tel']
    """
    return frozenset(text.split())


def _sign(sign: str) -> str:
    if sign < "\x7f":
        return sign if sign >= " " else " "
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category == "Pd" or sign == "\u2212":
        return "-"
    if category in ("Cf", "Cc", "Cs", "Co", "Cn"):
        return ""
    return sign
