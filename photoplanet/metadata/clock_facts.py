"""How far ahead of UTC a camera's clock was, by the photo's own words; a contradiction is never resolved by guess."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from photoplanet.errors import InputError
from photoplanet.metadata import exif_tags as tags
from photoplanet.metadata import exif_times
from photoplanet.metadata.times import LAST_YEAR, never_set

Source = Literal["offset", "GPS time", "XMP", "Google"]

LEAST_OFFSET, MOST_OFFSET = -12 * 60, 14 * 60  # minutes: no clocks on Earth are set otherwise
FIRST_YEAR = 1970  # from which on the rules of all zones are known
STEP = 15  # minutes: every zone since then is a whole number of these ahead of UTC, but for a few in the seventies
MOST_DRIFT = 5  # minutes: of a camera's clock, or of a GPS receiver's last fix

Fields = list[tuple[str | None, str | None]]  # (date and time, offset), as written


@dataclass(frozen=True)
class ClockFacts:
    """What a camera's clock showed, and how many minutes that was ahead of UTC.

    `source`: "offset", where the camera wrote it; "GPS time", where the clock is compared with a GPS receiver's; "XMP"
    and "Google", where a program or a service wrote it or another time. InputError for offsets that no clocks on Earth
    have, and for years in which zones are not known.

    >>> ClockFacts(datetime(2023, 7, 14, 10), 120, "offset").utc
    datetime.datetime(2023, 7, 14, 8, 0)
    """

    local: datetime
    offset_minutes: int
    source: Source

    def __post_init__(self) -> None:
        if self.local.tzinfo is not None:
            raise InputError(f"{self.local.isoformat()}: a camera's clock shows no offset; give it apart, in minutes")
        if not LEAST_OFFSET <= self.offset_minutes <= MOST_OFFSET:
            raise InputError(f"{self.offset_minutes} minutes ahead of UTC: give an offset of -12 to +14 hours")
        if not FIRST_YEAR <= self.local.year < LAST_YEAR:
            raise InputError(f"the year {self.local.year}: zones are known from {FIRST_YEAR} on")

    @property
    def utc(self) -> datetime:
        """The moment in UTC, without an offset."""
        return self.local - timedelta(minutes=self.offset_minutes)


def of_camera(fields: Fields, gps: str | None) -> ClockFacts | None:
    """Return what a camera's fields say of its clock, None where they say nothing or contradict each other.

    `fields`: date and time as written, with the offset beside it, first those of taking; offsets of another moment do
    not count (that of the last change is the editor's). `gps`: the receiver's time, ISO 8601 in UTC. It is compared to
    a quarter of an hour, since clocks drift and receivers lag. Where the two are off otherwise, one of them is wrong,
    and nothing is measured; where they are the same, the receiver's may be local time. A stated offset then counts all
    the same, but against a measured one it does not.

    >>> of_camera([("2023:07:14 10:00:00", "+02:00")], None).offset_minutes
    120
    >>> of_camera([("2023:07:14 10:00:00", None)], "2023-07-14T04:14:10+00:00").offset_minutes
    345
    """
    read = [moment for date, offset in fields if (moment := _moment(exif_times.moment(date, offset)))]
    if not read:
        return None
    local = read[0].replace(tzinfo=None)
    stated = {ahead for each in read if each.replace(tzinfo=None) == local and (ahead := _ahead(each)) is not None}
    receiver = _moment(gps)
    measured = None if receiver is None else ahead_of(local, receiver)
    if len(stated) > 1:
        return None
    offset = next(iter(stated), None)
    if offset is None or (offset == 0 and measured):
        return None if measured is None else _facts(local, measured, "GPS time")
    return _facts(local, offset, "offset") if measured in (None, 0, offset) else None


def of_program(taken_at: str | None, said: str | None, source: Source) -> ClockFacts | None:
    """Return what a program's time `said` says of a camera's clock: ISO 8601; None where it says nothing.

    `taken_at`: what the clock showed, where the photo has that; the other time then is the same with an offset, or the
    same moment in UTC. Programs write +00:00 where they know nothing, so that 0 says nothing here.

    >>> of_program("2023-07-14T10:00:00", "2023-07-14T08:00:00+00:00", "Google").offset_minutes
    120
    >>> of_program(None, "2023-07-14T10:00:00+02:00", "XMP").offset_minutes
    120
    """
    camera, other = _moment(taken_at), _moment(said)
    if other is None or (ahead := _ahead(other)) is None or (camera and camera.tzinfo):
        return None
    local = other.replace(tzinfo=None) if camera is None else camera
    if ahead == 0 and camera is not None:
        ahead = ahead_of(camera, other) or 0
    elif abs(local - other.replace(tzinfo=None)) >= timedelta(seconds=1):
        return None
    return _facts(local, ahead, source) if ahead else None


def ahead_of(local: datetime, utc: datetime) -> int | None:
    """Return how many minutes a clock is ahead of a moment that is right, to a quarter of an hour.

    None where it is over five minutes off such a quarter, or off what clocks on Earth show. Offsets in either do not
    count.

    >>> when = datetime(2023, 7, 14, 10, 0)
    >>> ahead_of(when, when.replace(hour=8, minute=3)), ahead_of(when, when.replace(hour=8, minute=7))
    (120, None)
    """
    minutes = (local.replace(tzinfo=None) - utc.replace(tzinfo=None)) / timedelta(minutes=1)
    ahead = round(minutes / STEP) * STEP
    return ahead if abs(minutes - ahead) <= MOST_DRIFT and LEAST_OFFSET <= ahead <= MOST_OFFSET else None


def fields_of(main: Any, details: Any, text: Any) -> Fields:
    """Return the dates of EXIF's directories with their offsets, as `of_camera` takes them; `text` reads a value.

    >>> fields_of({}, {0x9003: "2023:07:14 10:00:00", 0x9011: "+02:00"}, lambda value: value)[0]
    ('2023:07:14 10:00:00', '+02:00')
    """
    pairs = ((details, tags.DATE_ORIGINAL, tags.OFFSET_ORIGINAL), (details, tags.DATE_DIGITIZED, tags.OFFSET_DIGITIZED),
             (main, tags.DATE_CHANGED, tags.OFFSET_CHANGED))  # fmt: skip
    return [(text(where.get(date)), text(details.get(offset))) for where, date, offset in pairs]


def _facts(local: datetime, ahead: int, source: Source) -> ClockFacts | None:
    known = LEAST_OFFSET <= ahead <= MOST_OFFSET and FIRST_YEAR <= local.year < LAST_YEAR
    return ClockFacts(local, ahead, source) if known and not never_set(local.isoformat()) else None


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _ahead(moment: datetime) -> int | None:
    """Whole minutes, or None without an offset."""
    offset = moment.utcoffset()
    return None if offset is None else round(offset / timedelta(minutes=1))
