"""The words of a photo's lines, folded, with what stands between them."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from photoplanet.earth.place_names import fold
from photoplanet.signs.line import Line, Reading

LINES, SIGNS, TOKENS = 200, 200, 1500  # of a photo that are looked at: lines, signs of each, words of all
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
_DOMAIN = re.compile(r"(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,6}(?![\w.])")


class Token(NamedTuple):
    """One word: folded, as written, the row of its line, and what stands between it and the word before."""

    form: str
    text: str
    line: int
    gap: str
    domain: bool


def tokens(reading: Reading) -> list[Token]:
    """The words of a reading, line by line; of too much text, the first.

    >>> box = ((0, 0), (1, 0), (1, 1), (0, 1))
    >>> [(each.form, each.gap) for each in tokens(Reading((Line("Köln-Ehrenfeld", 0.9, box),), 640, 480))]
    [('koln', ''), ('ehrenfeld', '-')]
    """
    return [token for row, line in enumerate(reading.lines[:LINES]) for token in _tokens(line, row)][:TOKENS]


def below(upper: Line, lower: Line) -> bool:
    """Whether one line stands right under another, by their boxes; lines that share a box do, as far as is known.

    >>> upper = Line("VILLE DE", 0.9, ((0, 0), (1, 0), (1, 0.1), (0, 0.1)))
    >>> below(upper, Line("PARIS", 0.9, ((0, 0.1), (1, 0.1), (1, 0.2), (0, 0.2))))
    True
    """
    if upper.box == lower.box:
        return True
    height = max(y for _, y in upper.box) - min(y for _, y in upper.box)
    gap = min(y for _, y in lower.box) - max(y for _, y in upper.box)
    left, right = min(x for x, _ in lower.box), max(x for x, _ in lower.box)
    return (
        -0.5 * height <= gap <= height and left < max(x for x, _ in upper.box) and right > min(x for x, _ in upper.box)
    )


def _tokens(line: Line, row: int) -> Iterator[Token]:
    text = unicodedata.normalize("NFC", line.text[:SIGNS])
    domains = [match.span() for match in _DOMAIN.finditer(text)]
    end = 0
    for match in _WORD.finditer(text):
        domain = any(low <= match.start() < high for low, high in domains)
        for start, stop in _halves(match.group()):
            part = match.group()[start:stop]
            gap = text[end : match.start() + start]
            end = match.start() + stop
            form = fold(part)
            if form:
                yield Token(form, part, row, gap, domain)


def _halves(word: str) -> list[tuple[int, int]]:
    """A word, or its halves where a small letter is followed by a capital: "KölnBonn"."""
    for i in range(3, len(word) - 2):
        if word[i].isupper() and word[i - 1].islower() and word[i + 1].islower():
            return [(0, i), (i, len(word))]
    return [(0, len(word))]
