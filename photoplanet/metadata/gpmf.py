"""The fixes in the telemetry of a GoPro (GPMF, github.com/gopro/gpmf-parser): keys of four letters, big-endian."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

_MOST = 10_000  # values of a sample, in all
_DEPTH = 4
_LOCKED = 2  # of GPSF: a fix in two dimensions; 3: with the height
_ROW9 = struct.Struct(">7i2H")
_EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)


class Fix(NamedTuple):
    """Degrees, and the receiver's time as ISO 8601 in UTC, None where it says none."""

    latitude: float
    longitude: float
    moment: str | None


def fixes(samples: Iterable[bytes]) -> Iterator[Fix]:
    """Yield the fixes that the receiver itself calls such; damage counts as absent.

    Up to HERO10 a sample, of a second or so, has one time, that of its first fix: only that one counts.

    >>> list(fixes([b"not telemetry"]))
    []
    """
    for sample in samples:
        with suppress(struct.error, ValueError, ArithmeticError):
            for stream in _streams(sample, [_MOST], 0):
                if fix := _gps5(stream):
                    yield fix
                yield from _gps9(stream)


def _values(data: bytes, left: list[int]) -> Iterator[tuple[bytes, int, bytes]]:
    """(key, type, content) of the values in a row, up to the first broken one."""
    at = 0
    while at + 8 <= len(data) and left[0] > 0:
        left[0] -= 1
        key, kind, size, repeat = struct.unpack_from(">4sBBH", data, at)
        length = size * repeat
        yield key, kind, data[at + 8 : at + 8 + length]
        at += 8 + length + -length % 4


def _streams(data: bytes, left: list[int], depth: int) -> Iterator[dict[bytes, bytes]]:
    """The values of each stream, which lie in those of a device."""
    for key, kind, content in _values(data, left):
        if key == b"STRM":
            yield {name: inner for name, _, inner in _values(content, left)}
        elif not kind and depth < _DEPTH:
            yield from _streams(content, left, depth + 1)


def _scaled(stream: dict[bytes, bytes], row: Sequence[int]) -> list[float]:
    scales = struct.unpack(f">{len(stream[b'SCAL']) // 4}i", stream[b"SCAL"])
    return [value / scale for value, scale in zip(row, scales, strict=False)]


def _gps5(stream: dict[bytes, bytes]) -> Fix | None:
    """Up to HERO10: latitude, longitude, height and two speeds; the fix and its time beside them."""
    if b"GPS5" not in stream or b"SCAL" not in stream or len(stream.get(b"GPSF", b"")) < 4:
        return None
    if struct.unpack_from(">I", stream[b"GPSF"])[0] < _LOCKED:
        return None
    latitude, longitude = _scaled(stream, struct.unpack_from(">5i", stream[b"GPS5"]))[:2]
    return Fix(latitude, longitude, _moment(stream.get(b"GPSU", b"")))


def _gps9(stream: dict[bytes, bytes]) -> Iterator[Fix]:
    """From HERO11 on: the same with days since 2000, seconds of the day, precision and fix."""
    if b"GPS9" not in stream or b"SCAL" not in stream:
        return
    rows = stream[b"GPS9"]
    for row in _ROW9.iter_unpack(rows[: len(rows) // _ROW9.size * _ROW9.size]):
        if row[8] >= _LOCKED:
            values = _scaled(stream, row)
            moment = _EPOCH + timedelta(days=values[5], seconds=values[6])
            yield Fix(values[0], values[1], moment.replace(microsecond=0).isoformat())


def _moment(text: bytes) -> str | None:
    """ISO 8601 of yymmddhhmmss.sss."""
    with suppress(ValueError):
        return datetime.strptime(text[:12].decode("ascii", "replace") + "+0000", "%y%m%d%H%M%S%z").isoformat()
    return None
