"""What IPTC's records give away: names of places, people, captions; as Photoshop keeps them in a JPEG or a TIFF."""

from collections.abc import Iterator
from typing import NamedTuple

from photoplanet.audit import places
from photoplanet.audit.finding import Finding, Level, line

PHOTOSHOP = b"Photoshop 3.0\0"
IPTC, DIGEST = 0x0404, 0x0425  # resources: the records, and their MD5
_PLACES: dict[int, tuple[Level, str]] = {
    90: ("place", "city"), 92: ("place", "sub-location"), 27: ("place", "content location"), 95: ("hint", "state"),
    100: ("hint", "country code"), 101: ("hint", "country"), 26: ("hint", "content location code"),
}  # fmt: skip
REMOVED = frozenset(_PLACES)
_TEXTS = {120: "caption", 25: "keyword", 105: "headline", 5: "title", 40: "instructions"}
_PEOPLE = {80: "photographer", 122: "writer of the caption"}
_MOST = 5000  # records of a block


class Resource(NamedTuple):
    """One of Photoshop's resources: its number, and where its bytes lie."""

    number: int
    start: int
    stop: int


class Record(NamedTuple):
    """A record of IPTC: its number, where it begins, where its value does, and where it ends."""

    record: int
    number: int
    start: int
    value: int
    stop: int


def resources(data: bytes, start: int, stop: int) -> Iterator[Resource]:
    """Yield Photoshop's resources in `data` from `start` to `stop`, up to the first broken one.

    >>> list(resources(b"8BIM" + bytes([4, 4, 0, 0, 0, 0, 0, 2]) + b"xy", 0, 14))
    [Resource(number=1028, start=12, stop=14)]
    """
    at = start
    while data[at : at + 4] == b"8BIM" and at + 12 <= stop:
        number = int.from_bytes(data[at + 4 : at + 6], "big")
        name = 1 + data[at + 6]
        begins = at + 6 + name + name % 2 + 4
        length = int.from_bytes(data[begins - 4 : begins], "big")
        if begins > stop:
            return
        yield Resource(number, begins, min(begins + length, stop))
        at = begins + length + length % 2


def records(data: bytes, start: int, stop: int) -> Iterator[Record]:
    """Yield the records of IPTC in `data` from `start` to `stop`, up to the first broken one.

    >>> [(each.number, each.value) for each in records(bytes([0x1C, 2, 90, 0, 2]) + b"Rm", 0, 7)]
    [(90, 5)]
    """
    at = start
    for _ in range(_MOST):
        if at + 5 > stop or data[at] != 0x1C:
            return
        length, value = int.from_bytes(data[at + 3 : at + 5], "big"), at + 5
        if length & 0x8000:  # the length of the length
            more = length & 0x7FFF
            if more > 4:
                return
            length, value = int.from_bytes(data[value : value + more], "big"), value + more
        if value + length > stop:
            return
        yield Record(data[at + 1], data[at + 2], at, value, value + length)
        at = value + length


def findings(data: bytes, start: int, stop: int, where: str, strips: bool) -> list[Finding]:
    """Return what IPTC's records from `start` to `stop` of `data` give away.

    >>> findings(bytes([0x1C, 2, 90, 0, 4]) + b"Rome", 0, 9, "IPTC", True)[0].says
    'Rome'
    """
    found = []
    for each in records(data, start, stop):
        text = line(_text(data[each.value : each.stop]))
        if each.record != 2 or not text:
            continue
        if each.number in _PLACES:
            level, kind = _PLACES[each.number]
            found.append(Finding(level, kind, where, text, strips))
        elif each.number in _TEXTS:
            found.append(places.of_text(_TEXTS[each.number], where, text))
        elif each.number in _PEOPLE:
            found.append(Finding("hint", _PEOPLE[each.number], where, text))
    return found


def _text(value: bytes) -> str:
    try:
        return value[:4096].decode("utf-8")
    except UnicodeDecodeError:
        return value[:4096].decode("latin-1")
