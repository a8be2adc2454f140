"""The lines that a GPS receiver sends (NMEA 0183), as loggers, cameras and dashcams keep them.

RMC has a fix with its day and time. GGA has none of the day: it counts only in a file without RMC, on the day that ZDA
says. A line whose checksum is wrong is left out.
"""

import re
from collections.abc import Iterable

from photoplanet.metadata.recordings.recording import UNTIMED, Gathering, Points, degrees, seconds

LIKE = rb"(@Sonygps[^\n]*\n)?\s*([^$!\n]{0,40}(!AIVDM|\$P?[A-Z]{4,5})),"  # how such a file begins
_LONGEST = 1024  # characters of a line; the standard has 82
_SENTENCE = re.compile(r"\$([A-Z]{2}(?:RMC|GGA|ZDA)),([^$*\r\n]*)(?:\*([0-9A-Fa-f]{2}))?")
_ANGLE = re.compile(r"(\d{1,3})(\d\d(?:\.\d*)?)", re.ASCII)
_CLOCK = re.compile(r"(\d\d)(\d\d)(\d\d)(?:\.\d*)?", re.ASCII)
_DAY = re.compile(r"(\d\d)(\d\d)(\d\d)", re.ASCII)
_CENTURY = 80  # GPS began in 1980: a year of two digits below is of this century


def scan(pieces: Iterable[bytes]) -> Points:
    r"""Read the fixes in pieces of bytes, UTC; memory is bounded whatever the file's length.

    InputError for too many.

    >>> scan([b"$GPRMC,081836,A,3751.65,S,14507.36,E,000.0,360.0,130998,011.3,E*62\r\n"]).latitude.round(4)
    array([-37.8608])
    """
    reader = _Reader()
    kept = ""
    nuls = 0
    for piece in pieces:
        nuls += piece.count(0)
        *lines, kept = (kept + piece.decode("latin-1")).split("\n")
        for line in lines:
            reader.take(line[:_LONGEST])
        kept = kept[:_LONGEST]
    reader.take(kept, ended=False)
    return reader.points(nuls)


class _Reader:
    def __init__(self) -> None:
        self.whole, self.bare = Gathering(), Gathering()  # of RMC, and of GGA
        self.day = ""
        self.wrong = 0
        self.cut = False

    def take(self, line: str, ended: bool = True) -> None:
        """Take a line; the last one of a file may have no end, and then needs its checksum."""
        found = _SENTENCE.search(line)
        if found is None or not (ended or found[3]):
            self.cut = self.cut or (not ended and "$" in line)
            return
        name, body, checksum = found.groups()
        if checksum is not None:
            total = 0
            for letter in f"{name},{body}":
                total ^= ord(letter) & 0xFF
            if total != int(checksum, 16):
                self.wrong += 1
                return
        fields = [*body.split(","), *[""] * 12]
        {"RMC": self._rmc, "GGA": self._gga, "ZDA": self._zda}[name[2:]](fields)

    def _rmc(self, fields: list[str]) -> None:
        if fields[1] != "A":  # V: the receiver has no fix
            return
        if day := _DAY.fullmatch(fields[8]):
            year = int(day[3])
            self.day = f"{2000 + year if year < _CENTURY else 1900 + year}-{day[2]}-{day[1]}"
        moment = _moment(self.day if day else "", fields[0])
        self.whole.misread(fields[2], fields[4])
        self.whole.add(moment, _angle(fields[2], fields[3], "NS"), _angle(fields[4], fields[5], "EW"))

    def _gga(self, fields: list[str]) -> None:
        if fields[5] in ("", "0"):
            return
        moment = _moment(self.day, fields[0])
        self.bare.add(moment, _angle(fields[1], fields[2], "NS"), _angle(fields[3], fields[4], "EW"))

    def _zda(self, fields: list[str]) -> None:
        self.day = f"{fields[3]}-{fields[2]}-{fields[1]}"

    def points(self, nuls: int) -> Points:
        """Return what was read."""
        faults = [f"holds {self.wrong:,} lines with a wrong checksum"] if self.wrong else []
        faults += [f"holds {nuls:,} NUL bytes"] if nuls else []
        faults += ["ends early"] if self.cut else []
        return (self.whole if len(self.whole) else self.bare).points(0, faults)


def _moment(day: str, clock: str) -> int:
    found = _CLOCK.fullmatch(clock)
    return seconds(f"{day}T{found[1]}:{found[2]}:{found[3]}Z") if found and day else UNTIMED


def _angle(text: str, side: str, sides: str) -> float:
    """Degrees of "4807.038" (48° 7.038') and N, S, E or W; NaN for what is not written so."""
    found = _ANGLE.fullmatch(text)
    if found is None or side not in sides or not side:
        return degrees("")
    minutes = float(found[2])
    value = float(found[1]) + minutes / 60 if minutes < 60 else degrees("")
    return -value if side == sides[1] else value
