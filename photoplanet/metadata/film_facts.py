"""What a film says of its place, its time and its camera, as EXIF says it of a photo."""

import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone

from photoplanet.errors import InputError, printable
from photoplanet.metadata import clock_facts, exif_places, gpmf
from photoplanet.metadata.recordings import captions
from photoplanet.photos.film_boxes import Film

_APPLE = "com.apple.quicktime."
PLACES = (f"{_APPLE}location.ISO6709", "©xyz", "loci")
_DAYS = (f"{_APPLE}creationdate", "©day")
_EPOCH = datetime(1904, 1, 1, tzinfo=timezone.utc)
# ±DD.D±DDD.D, also with minutes or with minutes and seconds, and perhaps a height and a reference system behind it
_ISO_6709 = re.compile(r"([+-]\d{2}(?:\d{2}){0,2}(?:\.\d*)?)([+-]\d{3}(?:\d{2}){0,2}(?:\.\d*)?)", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(?:([+-]\d\d):?(\d\d)|(Z))?", re.ASCII)
_TEXT = 200


def place(film: Film) -> tuple[float | None, float | None, str | None]:
    """Return a film's place in degrees and no fault; or why there is none that can be used.

    >>> place(Film(texts={"©xyz": "+48.8577+002.295/"}))
    (48.8577, 2.295, None)
    """
    for key in PLACES:
        if text := film.texts.get(key, ""):
            return exif_places.checked(*_degrees(text))
    if fix := next(gpmf.fixes(film.telemetry), None):
        return exif_places.checked(fix.latitude, fix.longitude)
    said = captions.first_of_texts(film.captions)
    return said.latitude, said.longitude, said.fault


def taken_at(film: Film) -> str | None:
    """Return when a film was taken, ISO 8601: with its zone where the camera wrote one, else UTC.

    None for none; a drone's captions have the pilot's local time, without a zone.

    >>> taken_at(Film(created=3786912000)), taken_at(Film(texts={"©day": "2024-01-01T10:00:00+0100"}))
    ('2024-01-01T00:00:00+00:00', '2024-01-01T10:00:00+01:00')
    """
    for key in _DAYS:
        found = _MOMENT.fullmatch(film.texts.get(key, "")[:_TEXT])
        if found and (found[3] or found[5]):
            text = f"{found[1]}T{found[2]}{f'{found[3]}:{found[4]}' if found[3] else '+00:00'}"
            with suppress(ValueError):
                datetime.fromisoformat(text)
                return text
    if (fix := next(gpmf.fixes(film.telemetry), None)) and fix.moment:
        return fix.moment  # such cameras write local time as the film's
    if shown := captions.first_of_texts(film.captions).taken_at:
        return shown  # local time, and drones differ in which they write as the film's
    if not film.created:
        return None
    with suppress(OverflowError):
        return (_EPOCH + timedelta(seconds=film.created)).isoformat()
    return None


def camera(film: Film) -> str | None:
    """Return the make and model of a film's camera, None for none.

    >>> camera(Film(texts={"com.apple.quicktime.make": "Apple", "com.apple.quicktime.model": "iPhone 12"}))
    'Apple iPhone 12'
    """
    both = ((f"{_APPLE}make", "©mak"), (f"{_APPLE}model", "©mod"))
    parts = (next(filter(None, (film.texts.get(key, "") for key in keys)), "") for keys in both)
    return printable(" ".join(filter(None, parts)))[:_TEXT].strip() or None


def clock(film: Film) -> clock_facts.ClockFacts | None:
    """Return how far a film's clock was ahead of UTC, where its camera wrote that.

    >>> clock(Film(texts={"©day": "2024-01-01T10:00:00+0100"})).offset_minutes
    60
    """
    moment = datetime.fromisoformat(taken_at(film) or "1904-01-01")
    offset = moment.utcoffset()
    if offset is None or not any(film.texts.get(key) for key in _DAYS):
        return None
    with suppress(InputError):
        return clock_facts.ClockFacts(moment.replace(tzinfo=None), round(offset.total_seconds() / 60), "offset")
    return None


def _degrees(text: str) -> tuple[float | None, float | None]:
    """Degrees of ISO 6709, or of two plain numbers."""
    plain = text.split()
    if len(plain) == 2:
        with suppress(ValueError):
            return float(plain[0]), float(plain[1])
    found = _ISO_6709.match(text)
    return (_angle(found[1], 2), _angle(found[2], 3)) if found else (None, None)


def _angle(text: str, digits: int) -> float | None:
    """Degrees of ±DD.D, ±DDMM.M or ±DDMMSS.S; `digits` are those of whole degrees."""
    whole, _, fraction = text[1:].partition(".")
    parts = [whole[:digits], *(whole[at : at + 2] for at in range(digits, len(whole), 2))]
    parts[-1] += f".{fraction}"
    numbers = [float(part) for part in parts]
    if any(number >= 60 for number in numbers[1:]):
        return None
    value = float(sum(number / float(60**power) for power, number in enumerate(numbers)))
    return -value if text[0] == "-" else value
