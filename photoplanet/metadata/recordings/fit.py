"""The recorded points of a FIT file (Garmin, Wahoo, Coros, Suunto): its record messages, as far as the file goes.

The format is Garmin's, described in its FIT SDK: definition messages say of which fields the data messages that follow
consist. Files may follow each other in one. Checksums are not checked: a cut or damaged file gives what comes before.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from photoplanet.errors import InputError
from photoplanet.metadata.recordings.recording import UNTIMED, Gathering, Points

LIKE = rb".{8}\.FIT"
MAX_BYTES = 64 << 20  # a week at a point a second, with every sensor
_EPOCH = 631_065_600  # 1989-12-31 in seconds since 1970
_CLOCK = 0x10000000  # smaller values count the seconds since the device was switched on
_FILE, _RECORD = 0, 20  # messages
_COURSE = 6  # the type of a file that is a plan
_TYPE, _LATITUDE, _LONGITUDE, _ACCURACY, _TIME = 0, 0, 1, 31, 253  # fields
_NO_ANGLE, _NO_ACCURACY, _NO_TIME = 0x7FFFFFFF, 0xFF, 0xFFFFFFFF
_HALF_TURN = 2**31  # semicircles


class _Definition(NamedTuple):
    message: int
    order: Literal["big", "little"]
    size: int
    places: dict[int, tuple[int, int]]  # where a field is, and how long, by its number


def scan(pieces: Iterable[bytes]) -> Points:
    """Read the record messages in pieces of bytes, UTC; InputError for a course, a larger file and too many points.

    >>> scan([b"not FIT at all"]).fault
    'is damaged from byte 0'
    """
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > MAX_BYTES:
            raise InputError(f"over {MAX_BYTES >> 20} MiB; split the track")
    gathering, faults, at, file = Gathering(), list[str](), 0, 0
    while at < len(data) and not faults:
        begins = at + data[at]
        if data[at] < 12 or data[at + 8 : at + 12] != b".FIT":
            faults.append(f"is damaged from byte {at:,}" if data[at:].strip(b"\0") else "")
            break
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        ends = begins + size if size else len(data)  # 0: the device was switched off before it wrote how long it is
        if ends > len(data):
            faults.append("ends early")
        _Reader(data, gathering, file).run(begins, min(ends, len(data)), faults)
        at, file = ends + 2, file + 1  # behind the checksum
    return gathering.points(0, list(filter(None, faults)))


class _Reader:
    """One of the files that may follow each other."""

    def __init__(self, data: bytearray, gathering: Gathering, file: int) -> None:
        self.data, self.gathering, self.file = data, gathering, file
        self.definitions: dict[int, _Definition] = {}
        self.time = 0  # the last that any message had

    def run(self, at: int, end: int, faults: list[str]) -> None:
        """Read the messages from `at` to `end`; `faults` gets why it stops before."""
        data = self.data
        while at < end:
            head = data[at]
            if head & 0x80:  # a data message whose header has the last five bits of the time
                self.time += ((head & 0x1F) - self.time) & 0x1F
                kind, plain = (head >> 5) & 3, False
            else:
                kind, plain = head & 15, True
            if plain and head & 0x40:
                size = self._define(at + 1, kind, bool(head & 0x20))
            elif definition := self.definitions.get(kind):
                size = definition.size
                if at + 1 + size <= end:
                    self._read(definition, at + 1)
            else:
                faults[:] = [f"is damaged from byte {at:,}"]
                return
            at += 1 + size
        if at > end and not faults:
            faults.append("ends early")

    def _define(self, at: int, kind: int, extended: bool) -> int:
        """Read a definition; return its length in bytes."""
        order: Literal["big", "little"] = "big" if self.data[at + 1 : at + 2] == b"\1" else "little"
        count = int.from_bytes(self.data[at + 4 : at + 5], "little")
        places, offset = {}, 0
        for place in range(at + 5, at + 5 + 3 * count, 3):
            number, size = (*self.data[place : place + 2], 0, 0)[:2]
            places[number] = (offset, size)
            offset += size
        length = 5 + 3 * count
        if extended:  # fields that an app added
            more = int.from_bytes(self.data[at + length : at + length + 1], "little")
            offset += sum(self.data[at + length + 2 : at + length + 1 + 3 * more : 3])
            length += 1 + 3 * more
        message = int.from_bytes(self.data[at + 2 : at + 4], order)
        self.definitions[kind] = _Definition(message, order, offset, places)
        return length

    def _read(self, definition: _Definition, at: int) -> None:
        time = self._number(definition, at, _TIME, 4)
        if time is not None and time != _NO_TIME:
            self.time = time
        if definition.message == _FILE and self._number(definition, at, _TYPE, 1) == _COURSE:
            raise InputError("it is a course, which is a plan; give the activity that was recorded")
        if definition.message != _RECORD:
            return
        latitude, longitude = (self._number(definition, at, field, 4) for field in (_LATITUDE, _LONGITUDE))
        accuracy = self._number(definition, at, _ACCURACY, 1)
        self.gathering.add(
            self.time + _EPOCH if self.time >= _CLOCK else UNTIMED,
            _degrees(latitude), _degrees(longitude), self.file,
            float("nan") if accuracy in (None, _NO_ACCURACY) else float(accuracy or 0),
        )  # fmt: skip

    def _number(self, definition: _Definition, at: int, field: int, size: int) -> int | None:
        """The bits of a field as a number, None where it is missing or of another length."""
        place, length = definition.places.get(field, (0, 0))
        if length != size:
            return None
        raw = self.data[at + place : at + place + size]
        return int.from_bytes(raw, definition.order)


def _degrees(angle: int | None) -> float:
    if angle is None or angle == _NO_ANGLE:
        return float("nan")
    return (angle - 2 * _HALF_TURN if angle >= _HALF_TURN else angle) * 180 / _HALF_TURN
