"""What a line of text is: a sign in the scene, the date that a camera wrote over the photo, or a watermark.

A date is a stamp only in a corner of the photo, straight and small; a name or an address is a watermark only at an
edge, or repeated over the photo. A sign that happens to be there and to say that is taken for one.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from photoplanet.signs.line import Line, Role

CORNER = 0.2, 0.15  # shares of the width and of the height: how far the nearer end of a stamp is from a corner
EDGE = 0.1  # share of the shorter side: how far the middle of a watermark is from an edge
SMALL = 0.08  # share of the height
STRAIGHT = 6.0  # degrees from the photo's edges; the box of a short line may be off by four
TILED = 4  # times that the same text makes a watermark

_NUMBER = r"\d{1,2}"
_MONTH = r"(?:jan|feb|m[aä]r|apr|ma[yi]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zé]{0,6}\.?"
_YEAR = r"(?:['’]\d\d|(?:19|20)?\d\d)"
_DATE = re.compile(
    rf"(?<!\d)(?:{_YEAR}[-./: ]{{1,2}}{_NUMBER}[-./: ]{{1,2}}{_NUMBER}|"
    rf"{_NUMBER}[-./: ]{{1,2}}{_NUMBER}[-./: ]{{1,2}}{_YEAR}|"
    rf"{_NUMBER}[-./ ]?{_MONTH}[-./ ]?{_YEAR}|{_MONTH}[-./ ]?{_NUMBER},?[-./ ]?{_YEAR}|"
    rf"(?:19|20)\d\d年{_NUMBER}月{_NUMBER}日)(?!\d)",
    re.IGNORECASE,
)
_TIME = re.compile(rf"{_NUMBER}[:.]\d\d(?:[:.]\d\d)?\s*(?:[AaPp]\.?[Mm]\.?)?")
_BESIDE = re.compile(r"[\W_]|[AaPp][Mm]")
_AGENCY = re.compile(r"shutterstock|getty\s?images|alamy|istock|dreamstime|depositphotos|adobe\s?stock|123rf", re.I)
_CLAIM = re.compile(
    r"©|\(c\)\s|copyright|\ball rights reserved|^@\w|\bwww\.|https?:|"
    r"\b(?:photo(?:graph(?:y|ed|er)?)?|foto(?:graf(?:ie|o|ia|ía)?)?|picture|image|bild)\b\s*(?:by\b|:|de\b|von\b|di\b|par\b)|"
    r"\b(?:photography|fotografie|photographie|fotografía)\b",
    re.I,
)


def assigned(lines: Sequence[Line], width: int, height: int) -> tuple[Line, ...]:
    """Return the lines of a photo of `width` × `height` pixels, each with its role.

    >>> box = ((0.75, 0.93), (0.97, 0.93), (0.97, 0.97), (0.75, 0.97))
    >>> [line.role for line in assigned([Line("2004 07 15 12:30", 0.9, box), Line("C-17", 0.9, box)], 640, 480)]
    ['stamp', 'sign']
    """
    often = Counter(line.text.casefold() for line in lines if line.letters >= TILED)
    return tuple(replace(line, role=_role(line, width, height, often[line.text.casefold()])) for line in lines)


def is_date(text: str) -> bool:
    """Whether a text is a date with or without a time, and nothing else.

    >>> [is_date(text) for text in ("'98 7 14", "15.07.2004 18:22", "JUL 15 2004", "Mo-Fr 10:00-18:00", "12:30")]
    [True, True, True, False, False]
    """
    found = _DATE.search(text)
    if found is None:
        return False
    rest = _TIME.sub("", text[: found.start()] + " " + text[found.end() :])
    return not _BESIDE.sub("", rest)


def is_claim(text: str) -> bool:
    """Whether a text says whose photo it is, or where more of them are.

    >>> [is_claim(text) for text in ("© Ana Sá 2019", "www.example.org", "Photo by Ana", "Fotografie verboten 2")]
    [True, True, True, True]
    """
    return bool(_CLAIM.search(text))


def _role(line: Line, width: int, height: int, times: int) -> Role:
    if _AGENCY.search(line.text) or times >= TILED:
        return "watermark"
    xs, ys = [x for x, _ in line.box], [y for _, y in line.box]
    tall = (max(ys) - min(ys)) * height
    wide = (max(xs) - min(xs)) * width
    if not _is_straight(line, width, height) or min(tall, wide) > SMALL * min(width, height):
        return "sign"
    beside = min(min(xs), 1 - max(xs)) <= CORNER[0] and min(min(ys), 1 - max(ys)) <= CORNER[1]
    if beside and is_date(line.text):
        return "stamp"
    x, y = sum(xs) / 4 * width, sum(ys) / 4 * height
    away = min(x, width - x, y, height - y) / min(width, height)
    return "watermark" if away <= EDGE and is_claim(line.text) else "sign"


def _is_straight(line: Line, width: int, height: int) -> bool:
    """Whether a line runs along the photo's edges."""
    (x, y), (u, v) = line.box[0], line.box[1]
    angle = math.degrees(math.atan2((v - y) * height, (u - x) * width)) % 90
    return min(angle, 90 - angle) <= STRAIGHT
