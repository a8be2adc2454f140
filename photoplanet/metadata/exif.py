"""Reading what a camera wrote beside the pixels: place, time, photographer; a malformed value counts as absent."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from PIL import Image

from photoplanet.metadata import exif_tags as tags
from photoplanet.metadata.estimate import MARK
from photoplanet.metadata.times import FIRST_YEAR
from photoplanet.photos import formats
from photoplanet.photos.decode import ORIENTATION
from photoplanet.photos.table import coordinate_fault

TOY_SOFTWARE = "photoplanet toyworld"  # of the toy Earth's photos, whose places are not real ones
_MAX_TEXT = 200
_MAX_CHUNKS, _MAX_EXIF = 100_000, 1 << 20  # of a PNG


@dataclass(frozen=True)
class Exif:
    """Degrees or None, and if None, why; `taken_at` ISO 8601; `camera`: make and model; `orientation` 1 … 8.

    `toy`: whether the photo says that it is of the toy Earth.
    """

    latitude: float | None = None
    longitude: float | None = None
    gps_fault: str | None = "no GPS"
    taken_at: str | None = None
    photographer: str | None = None
    camera: str | None = None
    orientation: int = 1
    serial: str | None = None
    toy: bool = False


def read(image: Image.Image) -> Exif:
    """Read the EXIF of an opened PIL image, without decoding it; never raises for what is in the file.

    >>> read(Image.new("RGB", (8, 8))).gps_fault
    'no GPS'
    """
    try:
        if formats.of_pillow(image.format) is formats.PNG:
            _find_png_exif(image)
        main = image.getexif()
        gps, details = main.get_ifd(tags.GPS_IFD), main.get_ifd(tags.EXIF_IFD)
    except Exception:  # Pillow raises a dozen types on broken EXIF; the photo itself may be fine
        return Exif(gps_fault="EXIF unreadable")
    latitude, longitude, fault = _place(
        gps.get(tags.LAT), gps.get(tags.LAT_REF), gps.get(tags.LNG), gps.get(tags.LNG_REF)
    )
    method = gps.get(tags.GPS_METHOD)  # eight bytes of character code, then text
    if fault is None and MARK in (_text(method[8:] if isinstance(method, bytes) else method) or "").lower():
        fault = "GPS is an estimate"  # ours, written into a photo earlier: not a truth to learn from
    orientation = main.get(ORIENTATION)
    return Exif(
        latitude=latitude,
        longitude=longitude,
        gps_fault=fault,
        taken_at=_taken(details, gps),
        photographer=_text(main.get(tags.ARTIST)),
        camera=_text(" ".join(filter(None, (_text(main.get(tags.MAKE)), _text(main.get(tags.MODEL)))))),
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        serial=_text(details.get(tags.BODY_SERIAL)),
        toy=_text(main.get(tags.SOFTWARE)) == TOY_SOFTWARE,
    )


def read_exifread(text: Any) -> Exif:
    """Read the EXIF in an img2dataset sample's JSON (text or an object), as exifread prints it; never raises.

    >>> read_exifread({"EXIF DateTimeOriginal": "2016:08:08 12:30:00"}).taken_at
    '2016-08-08T12:30:00'
    """
    try:
        found = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return Exif()

    def numbers(key: str) -> list[float] | None:
        parts = str(found.get(key, "")).strip("[] ").split(",")
        try:
            halves = [part.split("/") for part in parts]
            return [float(h[0]) / (float(h[1]) if len(h) > 1 else 1) for h in halves]
        except (ValueError, ZeroDivisionError):
            return None

    place = (numbers("GPS GPSLatitude"), found.get("GPS GPSLatitudeRef"))
    latitude, longitude, fault = _place(*place, numbers("GPS GPSLongitude"), found.get("GPS GPSLongitudeRef"))
    taken = _moment(found.get("EXIF DateTimeOriginal"), found.get("EXIF OffsetTimeOriginal"))
    return Exif(latitude, longitude, fault, taken, _text(found.get("Image Artist")))


def upright_size(image: Image.Image, orientation: int) -> tuple[int, int]:
    """Return (width, height) in pixels of an opened image once it is upright, without decoding it.

    >>> upright_size(Image.new("RGB", (40, 30)), orientation=6)
    (30, 40)
    """
    width, height = image.size
    if (
        formats.of_pillow(image.format) is formats.TIFF
    ):  # newer Pillows report it upright, older ones as stored: ask the tags
        stored = getattr(image, "tag_v2", {})
        width, height = stored.get(256, width), stored.get(257, height)
    return (height, width) if orientation >= 5 else (width, height)


def _find_png_exif(image: Image.Image) -> None:
    """Hand Pillow a PNG's EXIF chunk, which may come after the pixels: Pillow would decode them all to find it."""
    file = getattr(image, "fp", None)
    if file is None or "exif" in image.info or "Raw profile type exif" in image.info:
        return
    position = file.tell()
    at, found = 8, b""
    for _ in range(_MAX_CHUNKS):
        file.seek(at)
        head = file.read(8)
        length = int.from_bytes(head[:4], "big")
        if len(head) < 8 or head[4:] == b"IEND":
            break
        if head[4:] == b"eXIf" and length < _MAX_EXIF:
            found = b"Exif\0\0" + file.read(length)
            break
        at += 12 + length
    file.seek(position)
    image.info["exif"] = found


def _place(lat: Any, lat_ref: Any, lng: Any, lng_ref: Any) -> tuple[float | None, float | None, str | None]:
    """(latitude, longitude, fault): both degrees or both None."""
    if lat is None and lng is None:
        return None, None, "no GPS"
    latitude, longitude = _degrees(lat, lat_ref, "N", "S"), _degrees(lng, lng_ref, "E", "W")
    if latitude is None or longitude is None:
        return None, None, "GPS unreadable"
    fault = coordinate_fault(latitude, longitude)
    return (None, None, fault) if fault else (latitude, longitude, None)


def _degrees(value: Any, reference: Any, positive: str, negative: str) -> float | None:
    """Degrees from 1 to 3 rationals and a hemisphere; None unless all is sound. Seconds of 0/0 mean "not measured"."""
    if value is None:
        return None
    parts = list(value) if isinstance(value, tuple | list) else [value]
    if not 1 <= len(parts) <= 3:
        return None
    numbers = []
    for place, part in enumerate(parts):
        try:
            number = float(part)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            number = float("nan")
        if place == 2 and number != number and getattr(part, "numerator", None) == 0:
            number = 0.0
        if number != number or abs(number) == float("inf") or (place and not 0 <= number <= 60):
            return None
        numbers.append(number)
    degrees = float(sum(number / float(60**place) for place, number in enumerate(numbers)))
    hemisphere = (_text(reference) or "").upper()[:1]
    if hemisphere == negative:
        return -abs(degrees)
    if hemisphere == positive or degrees < 0:  # a signed value says its own hemisphere
        return degrees
    return 0.0 if degrees == 0 else None  # no hemisphere: half the globe away is worse than unknown


def _taken(details: Any, gps: Any) -> str | None:
    """ISO 8601: local time, with its offset where the camera wrote one; GPS time (UTC) as a last resort."""
    for date, offset in (
        (tags.DATE_ORIGINAL, tags.OFFSET_ORIGINAL),
        (tags.DATE_DIGITIZED, tags.OFFSET_DIGITIZED),
    ):
        fraction = details.get(tags.SUBSECONDS_ORIGINAL) if date == tags.DATE_ORIGINAL else None
        if moment := _moment(details.get(date), details.get(offset), fraction):
            return moment
    day, clock = _text(gps.get(tags.GPS_DATE)), gps.get(tags.GPS_TIME)
    if not day or not isinstance(clock, tuple | list) or len(clock) != 3:
        return None
    try:
        hour, minute, second = (int(float(part)) for part in clock)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return _moment(f"{day} {hour:02}:{minute:02}:{second:02}", "+00:00")


def _moment(text: Any, offset: Any = None, fraction: Any = None) -> str | None:
    digits = (_text(text) or "").replace("-", ":").replace("T", " ")
    try:
        moment = datetime.strptime(digits[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    if not FIRST_YEAR <= moment.year <= datetime.now(timezone.utc).year + 1:
        return None
    part = _text(fraction) or ""
    if part.isascii() and part.isdigit():
        moment = moment.replace(microsecond=int(part[:6].ljust(6, "0")))
    zone = _text(offset) or ""
    try:
        zoned = datetime.strptime(zone, "%z") if zone else None
    except ValueError:
        zoned = None
    return (moment.replace(tzinfo=zoned.tzinfo) if zoned else moment).isoformat()


def _text(value: Any) -> str | None:
    """One printable line, at most 200 characters; None when nothing is left."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    if not value.isascii():  # Pillow takes EXIF text for Latin-1; most writers of today mean UTF-8
        with suppress(UnicodeError):
            value = value.encode("latin-1").decode("utf-8")
    line = "".join(c for c in value.split("\0")[0][:_MAX_TEXT] if c.isprintable()).strip()
    return line or None
