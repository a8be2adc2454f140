"""One camera's clock as a line for people and as a record: how far ahead of UTC, by what, and how sure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from photoplanet.albums.clocks import matched, on_track, received, stops
from photoplanet.albums.clocks.found import Found
from photoplanet.albums.clocks.pieces import Piece
from photoplanet.albums.clocks.readings import DAY
from photoplanet.locate.precision import percent

STATED, GIVEN, ZONE, LOCAL, UNKNOWN = "stated", "given", "time zone", "local time", "unknown"
BESIDE = "XMP or Google"


@dataclass(frozen=True)
class Clock:
    """The clock of `camera`, which shows the time of `photos` photos, and in `known` of them what that is in UTC.

    `found` says by what; None where nothing does. `remarks`: what a person should know beside that, a line each.
    """

    camera: str
    photos: int
    known: int
    found: Found | None
    remarks: list[str] = field(default_factory=list)

    @property
    def how(self) -> str:
        """By what it was found, in a word or two."""
        return UNKNOWN if self.found is None else self.found.how

    @property
    def lines(self) -> list[str]:
        """What is said before anything is placed: one line, and one for each remark."""
        begin = f"clock of {self.camera}: "
        if self.found is None:
            said = [f"{UNKNOWN}; {remark}" for remark in self.remarks]
            return [begin + line for line in said or [f"{UNKNOWN}; its {_photos(self.photos)} count as of local time"]]
        less = self.photos - self.known
        rest = f"; {_photos(less)} unknown, since nothing near them in time says more" if less else ""
        return [f"{begin}{self._text()}{rest}", *(begin + remark for remark in self.remarks)]

    def record(self) -> dict[str, Any]:
        """As plain values for JSON: seconds, and None for what is not known."""
        facts: dict[str, Any] = {"camera": self.camera, "photos": self.photos, "known": self.known, "found": self.how}
        if self.found is None:
            return facts | {"remarks": self.remarks}
        low, high = self._range()
        facts |= {"beside": self.found.other or "UTC", "seconds_ahead": [low, high], "local": self.found.local,
                  "from_photos": self.found.used, "sure": _rounded(self.found.sure)}  # fmt: skip
        facts["settings"] = [
            {"from": _moment(piece.start), "to": _moment(piece.end), "seconds_ahead": round(piece.offset, 1),
             "interval": [round(piece.low, 1), round(piece.high, 1)], "drift_seconds_a_day": round(piece.drift, 3),
             "from_photos": piece.count} for piece in self.found.pieces]  # fmt: skip
        return facts | {"remarks": [*self.found.remarks, *self.remarks]}

    def _range(self) -> tuple[float, float]:
        known = self.found.ahead[~np.isnan(self.found.ahead)] if self.found else np.zeros(0)
        return (round(float(known.min()), 1), round(float(known.max()), 1)) if len(known) else (0.0, 0.0)

    def _text(self) -> str:
        found = self.found
        assert found is not None
        low, high = self._range()
        behind = f"of {found.other}" if found.other else "of UTC"
        spread = offset(low) if round(low) == round(high) else f"{offset(low)} to {offset(high)}"
        if len(found.pieces) > 1 and not found.local:
            where = (
                ", then ".join(f"{offset(piece.offset)} {_days(piece)}" for piece in found.pieces) + f" ahead {behind}"
            )
        elif found.pieces and not found.local:
            piece = found.pieces[0]
            where = f"{offset(piece.offset)} ahead {behind}{_within(piece)}{_drifts(piece)}"
        elif found.local and found.pieces and abs(found.pieces[0].offset) >= 1:
            off = found.pieces[0].offset
            where = f"local time, {span(abs(off))} {'fast' if off > 0 else 'slow'} ({spread})"
        elif found.local:
            where = f"local time ({spread})"
        else:
            where = f"{spread} ahead {behind}"
        return "; ".join([f"{where}, {self._by()}", *found.remarks])

    def _by(self) -> str:
        found = self.found
        assert found is not None
        sure = "" if found.sure is None else f" ({percent(found.sure)} sure)"
        some = f"{'' if found.used == found.asked else f'{found.used:,} of '}its {_photos(found.asked)}"
        return {
            STATED: f"as {some} say",
            BESIDE: f"as XMP or Google says of {some}",
            GIVEN: "as given",
            ZONE: "by the time zone given",
            LOCAL: "by the places on the way",
            received.HOW: f"by the GPS time of {some}",
            on_track.HOW: f"by the track: {found.used:,} of {_photos(found.asked)} with a place lie on it{sure}",
            stops.HOW: f"by where the track stands when {_photos(found.used)} were taken{sure}",
            matched.HOW: f"by {found.used:,} of {found.asked:,} pairs of matching photos"
                         f" (by chance: 1 in {1 / max(1 - (found.sure or 0), 1e-3):.0f})",
        }[found.how]  # fmt: skip


def offset(seconds: float) -> str:
    """Seconds ahead of UTC as people write them.

    >>> offset(7110), offset(-19800), offset(-725857200)
    ('+01:58:30', '-05:30', '-8,401 d 03:00')
    """
    size = round(abs(seconds))
    days, rest = divmod(size, round(DAY))
    sign = "-" if seconds < 0 and size else "+"
    text = f"{rest // 3600:02}:{rest % 3600 // 60:02}" + (f":{rest % 60:02}" if rest % 60 else "")
    return f"{sign}{f'{days:,} d ' if days else ''}{text}"


def span(seconds: float) -> str:
    """So many seconds in words.

    >>> span(90), span(7200)
    ('1 min 30 s', '2 h')
    """
    size = round(seconds)
    parts = ((size // 86400, "d"), (size % 86400 // 3600, "h"), (size % 3600 // 60, "min"), (size % 60, "s"))
    return " ".join(f"{count:,} {unit}" for count, unit in parts if count) or "0 s"


def _within(piece: Piece) -> str:
    half = max(piece.high - piece.offset, piece.offset - piece.low)
    return f" (± {span(half)})"


def _drifts(piece: Piece) -> str:
    if not piece.drift:
        return ""
    low, high = sorted((abs(piece.drift_low), abs(piece.drift_high)))
    verb = "gains" if piece.drift > 0 else "loses"
    return f", {verb} {abs(piece.drift):.1f} s a day ({low:.1f} to {high:.1f})"


def _days(piece: Piece) -> str:
    return f"from {_moment(piece.start)[:16]} to {_moment(piece.end)[:16]}".replace("T", " ")


def _moment(shown: float) -> str:
    return (datetime(1970, 1, 1) + timedelta(seconds=round(shown))).isoformat()


def _photos(count: int) -> str:
    return f"{count:,} photo{'' if count == 1 else 's'}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
