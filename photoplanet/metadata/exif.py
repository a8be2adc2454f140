"""What a camera wrote beside the pixels: place, time, photographer; read with every malformed value taken as absent."""

import json
import struct
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from PIL import Image

from photoplanet.errors import InputError
from photoplanet.photos.decode import ORIENTATION
from photoplanet.photos.table import coordinate_fault

ARTIST, MAKE, MODEL, SOFTWARE = 0x013B, 0x010F, 0x0110, 0x0131
TOY_SOFTWARE = "photoplanet toyworld"  # of the toy Earth's photos, whose places are not real ones
EXIF_IFD, GPS_IFD = 0x8769, 0x8825
DATE, DATE_DIGITIZED, OFFSET, OFFSET_DIGITIZED, SUBSECONDS = 0x9003, 0x9004, 0x9011, 0x9012, 0x9291
SERIAL = 0xA431  # of the camera's body
LAT_REF, LAT, LNG_REF, LNG, GPS_TIME, GPS_METHOD, GPS_DATE = 1, 2, 3, 4, 7, 27, 29
FIRST_PHOTO = 1826  # Niépce; an earlier year is a camera's fantasy
_MAX_TEXT = 200
_MAX_CHUNKS, _MAX_EXIF = 100_000, 1 << 20  # of a PNG
_UNSIGNED, _TEXT, _LONG, _RATIONAL = 1, 2, 4, 5  # TIFF field types


def read(image: Image.Image) -> "Exif":
    """The EXIF of an opened PIL image (not decoded by this); never raises for what is in the file."""
    try:
        if image.format == "PNG":
            _find_png_exif(image)
        tags = image.getexif()
        gps, details = tags.get_ifd(GPS_IFD), tags.get_ifd(EXIF_IFD)
    except Exception:  # Pillow raises a dozen types on broken EXIF; the photo itself may be fine
        return Exif(gps_fault="EXIF unreadable")
    latitude, longitude, fault = _place(gps.get(LAT), gps.get(LAT_REF), gps.get(LNG), gps.get(LNG_REF))
    method = gps.get(GPS_METHOD)  # eight bytes of character code, then text
    if fault is None and "photoplanet" in (_text(method[8:] if isinstance(method, bytes) else method) or "").lower():
        fault = "GPS is an estimate"  # ours, written into a photo earlier: no truth to learn from
    orientation = tags.get(ORIENTATION)
    return Exif(
        latitude=latitude,
        longitude=longitude,
        gps_fault=fault,
        taken_at=_taken(details, gps),
        photographer=_text(tags.get(ARTIST)),
        camera=_text(" ".join(filter(None, (_text(tags.get(MAKE)), _text(tags.get(MODEL)))))),
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        serial=_text(details.get(SERIAL)),
        toy=_text(tags.get(SOFTWARE)) == TOY_SOFTWARE,
    )


def read_exifread(text: Any) -> "Exif":
    """The EXIF in an img2dataset sample's JSON, as exifread prints it: 'GPS GPSLatitude': '[48, 51, 59/2]'."""
    try:
        tags = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        tags = None
    if not isinstance(tags, dict):
        return Exif()

    def numbers(key: str) -> list[float] | None:
        parts = str(tags.get(key, "")).strip("[] ").split(",")
        try:
            halves = [part.split("/") for part in parts]
            return [float(h[0]) / (float(h[1]) if len(h) > 1 else 1) for h in halves]
        except (ValueError, ZeroDivisionError):
            return None

    place = (numbers("GPS GPSLatitude"), tags.get("GPS GPSLatitudeRef"))
    latitude, longitude, fault = _place(*place, numbers("GPS GPSLongitude"), tags.get("GPS GPSLongitudeRef"))
    taken = _moment(tags.get("EXIF DateTimeOriginal"), tags.get("EXIF OffsetTimeOriginal"))
    return Exif(latitude, longitude, fault, taken, _text(tags.get("Image Artist")))


def upright_size(image: Image.Image, orientation: int) -> tuple[int, int]:
    """(width, height) in pixels after orientation, of an opened image, without decoding."""
    width, height = image.size
    if image.format == "TIFF":  # newer Pillows report it upright, older ones as stored: ask the tags
        stored = getattr(image, "tag_v2", {})
        width, height = stored.get(256, width), stored.get(257, height)
    return (height, width) if orientation >= 5 else (width, height)


def gps_bytes(
    latitude: float,
    longitude: float,
    taken_at: str | datetime | None = None,
    artist: str | None = None,
    software: str | None = None,
) -> bytes:
    """An EXIF block for `PIL.Image.save(exif=…)`: a place in degrees to 3 mm, a time (ISO 8601), who and what made it.

    Raises InputError for coordinates out of range or a time that is no ISO 8601.
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise InputError(f"cannot write GPS {latitude}, {longitude}: needs −90 … 90 and −180 … 180 degrees")
    main: list[tuple[int, int, bytes]] = []
    for tag, text in ((SOFTWARE, software), (ARTIST, artist)):  # tags must rise
        if text:
            main.append((tag, _TEXT, text.encode() + b"\0"))
    blocks: list[tuple[int, list[tuple[int, int, bytes]]]] = []
    if taken_at is not None:
        try:
            moment = datetime.fromisoformat(taken_at.replace("Z", "+00:00")) if isinstance(taken_at, str) else taken_at
        except ValueError:
            raise InputError(f"cannot write the time {taken_at!r}: needs ISO 8601, as 2016-08-08T12:30:00") from None
        fields = [(DATE, _TEXT, moment.strftime("%Y:%m:%d %H:%M:%S").encode() + b"\0")]
        if (offset := moment.utcoffset()) is not None:
            minutes = round(abs(offset).total_seconds() / 60)
            sign = "-" if offset < timedelta(0) else "+"
            fields.append((OFFSET, _TEXT, f"{sign}{minutes // 60:02}:{minutes % 60:02}\0".encode()))
        blocks.append((EXIF_IFD, fields))
    place = [(0, _UNSIGNED, b"\2\3\0\0"), (LAT_REF, _TEXT, b"S\0" if latitude < 0 else b"N\0"),
             (LAT, _RATIONAL, _sexagesimal(latitude)), (LNG_REF, _TEXT, b"W\0" if longitude < 0 else b"E\0"),
             (LNG, _RATIONAL, _sexagesimal(longitude))]  # fmt: skip
    blocks.append((GPS_IFD, place))
    start = 8 + len(_directory(main + [(tag, _LONG, bytes(4)) for tag, _ in blocks], 8))
    tail = b""
    for tag, block in blocks:
        main.append((tag, _LONG, struct.pack("<I", start + len(tail))))
        tail += _directory(block, start + len(tail))
    return b"Exif\0\0II*\0\x08\0\0\0" + _directory(main, 8) + tail


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


def _directory(fields: list[tuple[int, int, bytes]], start: int) -> bytes:
    """One TIFF directory placed at `start`: entries sorted by tag, then the values longer than four bytes."""
    size = {_UNSIGNED: 1, _TEXT: 1, _LONG: 4, _RATIONAL: 8}
    entries, values = b"", b""
    after = start + 2 + 12 * len(fields) + 4
    for tag, kind, data in sorted(fields):
        entries += struct.pack("<HHI", tag, kind, len(data) // size[kind])
        if len(data) <= 4:
            entries += data.ljust(4, b"\0")
        else:
            entries += struct.pack("<I", after + len(values))
            values += data + b"\0" * (len(data) % 2)
    return struct.pack("<H", len(fields)) + entries + b"\0\0\0\0" + values


def _sexagesimal(degrees: float) -> bytes:
    ticks = round(abs(degrees) * 36_000_000)  # 1/10,000 second of arc
    return struct.pack("<6I", ticks // 36_000_000, 1, ticks // 600_000 % 60, 1, ticks % 600_000, 10_000)


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
    degrees = sum(number / 60**place for place, number in enumerate(numbers))
    hemisphere = (_text(reference) or "").upper()[:1]
    if hemisphere == negative:
        return -abs(degrees)
    if hemisphere == positive or degrees < 0:  # a signed value says its own hemisphere
        return degrees
    return 0.0 if degrees == 0 else None  # no hemisphere: half the globe away is worse than unknown


def _taken(details: Any, gps: Any) -> str | None:
    """ISO 8601: local time, with its offset where the camera wrote one; GPS time (UTC) as a last resort."""
    for date, offset in ((DATE, OFFSET), (DATE_DIGITIZED, OFFSET_DIGITIZED)):
        fraction = details.get(SUBSECONDS) if date == DATE else None
        if moment := _moment(details.get(date), details.get(offset), fraction):
            return moment
    day, clock = _text(gps.get(GPS_DATE)), gps.get(GPS_TIME)
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
    if not FIRST_PHOTO <= moment.year <= datetime.now(timezone.utc).year + 1:
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
