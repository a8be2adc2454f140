"""The text of a line made plain, so that every kind of evidence sees the same signs for the same thing."""

import unicodedata
from collections.abc import Iterable
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


@lru_cache(maxsize=512)
def words(text: str) -> tuple[str, ...]:
    """The words of a plain text without the marks at their edges; case and inner marks are kept.

    >>> words('"Gelateria S.p.A.", Via Roma 3')
    ('Gelateria', 'S.p.A', 'Via', 'Roma', '3')
    """
    stripped = (word.strip(_EDGES) for word in text.split())
    return tuple(word for word in stripped if word)


@lru_cache(maxsize=512)
def folded(text: str) -> tuple[str, ...]:
    """The words of a plain text in lower case.

    >>> folded("(Straße)")
    ('strasse',)
    """
    return tuple(word.casefold() for word in words(text))


class Phrases:
    """Phrases that are looked for in texts, by their first words; case does not matter, nor marks at words' edges.

    >>> Phrases(["parking", "parking lot", "sp. z o.o."]).found("No Parking Lot, Firma Sp. z o.o.")
    ['parking lot', 'sp z o.o']
    """

    def __init__(self, phrases: Iterable[str]):
        """`phrases` as they are written; `found` names them without marks at words' edges (`bare`)."""
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for phrase in dict.fromkeys(bare(phrase) for phrase in phrases):
            parts = tuple(phrase.split())
            self._by_first.setdefault(parts[0], []).append(parts)
        for some in self._by_first.values():
            some.sort(key=len, reverse=True)

    def found(self, text: str) -> list[str]:
        """The phrases in a plain text, each once, in its order; of those with the same first word the longest."""
        every = folded(text)
        found: dict[str, None] = {}
        end = 0  # of the last phrase: what lies inside it is a part of it
        for start, word in enumerate(every):
            for parts in self._by_first.get(word, ()):
                if every[start : start + len(parts)] == parts and start + len(parts) > end:
                    found[" ".join(parts)] = None
                    end = start + len(parts)
                    break
        return list(found)


def bare(phrase: str) -> str:
    """A phrase as `Phrases` compares it.

    >>> bare("Sp. z o.o.")
    'sp z o.o'
    """
    return " ".join(words(phrase)).casefold()


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
