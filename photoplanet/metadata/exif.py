"""Reading what a camera wrote beside the pixels: place, time, photographer; a malformed value counts as absent."""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from PIL import Image

from photoplanet.metadata import clock_facts, exif_places, exif_times, png_text
from photoplanet.metadata import exif_tags as tags
from photoplanet.metadata.estimate import MARK
from photoplanet.photos import formats
from photoplanet.photos.decode import ORIENTATION
from photoplanet.photos.film_boxes import Film

TOY_SOFTWARE = "photoplanet toyworld"  # of the toy Earth's photos, whose places are not real ones
ESTIMATE = "GPS is an estimate"  # ours, written into or beside a photo earlier: not a truth to learn from
_MAX_TEXT = 200
_SCANNERS = (1, 2)  # of FileSource: a scanner of films, of prints


@dataclass(frozen=True)
class Exif:
    """Degrees or None, and if None, why; `taken_at` ISO 8601; `camera`: make and model; `orientation` 1 … 8.

    A place that photoplanet estimated itself is there, with `ESTIMATE` as its fault. `toy`: whether the photo says that
    it is of the toy Earth. `place_by`: what states the place. `clock`: how far ahead of UTC the camera's clock was,
    where that is known; a scanner's, and one of the toy Earth, say nothing. `receiver_at`: the time of the GPS
    receiver, ISO 8601 in UTC.
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
    clock: clock_facts.ClockFacts | None = None
    receiver_at: str | None = None
    place_by: str = "EXIF"


def read(image: Image.Image) -> Exif:
    """Read the EXIF of an opened PIL image, without decoding it; never raises for what is in the file.

    >>> read(Image.new("RGB", (8, 8))).gps_fault
    'no GPS'
    """
    if isinstance(film := getattr(image, "film", None), Film):
        from photoplanet.metadata import film_facts

        latitude, longitude, fault = film_facts.place(film)
        return Exif(latitude, longitude, fault, film_facts.taken_at(film), camera=film_facts.camera(film),
                    clock=film_facts.clock(film), place_by="film")  # fmt: skip
    try:
        main, orientation = _block(image)
        gps, details = main.get_ifd(tags.GPS_IFD), main.get_ifd(tags.EXIF_IFD)
    except Exception:  # Pillow raises a dozen types on broken EXIF; the photo itself may be fine
        return Exif(gps_fault="EXIF unreadable")
    latitude, longitude, fault = exif_places.place(
        gps.get(tags.LAT), _text(gps.get(tags.LAT_REF)), gps.get(tags.LNG), _text(gps.get(tags.LNG_REF))
    )
    method = gps.get(tags.GPS_METHOD)  # eight bytes of character code, then text
    if fault is None and MARK in (_text(method[8:] if isinstance(method, bytes) else method) or "").lower():
        fault = ESTIMATE
    camera = _text(" ".join(filter(None, (_text(main.get(tags.MAKE)), _text(main.get(tags.MODEL))))))
    software = _text(main.get(tags.SOFTWARE))
    fields, receiver = clock_facts.fields_of(main, details, _text), _receiver(gps)
    scanned = _source(details) in _SCANNERS or "scan" in f"{camera} {software}".lower()
    return Exif(
        latitude=latitude,
        longitude=longitude,
        gps_fault=fault,
        taken_at=_taken(details, gps, scanned),
        photographer=_text(main.get(tags.ARTIST)),
        camera=camera,
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        serial=_text(details.get(tags.BODY_SERIAL)),
        toy=software == TOY_SOFTWARE,
        clock=None if scanned or software == TOY_SOFTWARE else clock_facts.of_camera(fields, receiver),
        receiver_at=None if scanned else receiver,
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

    place = (numbers("GPS GPSLatitude"), _text(found.get("GPS GPSLatitudeRef")))
    latitude, longitude, fault = exif_places.place(
        *place, numbers("GPS GPSLongitude"), _text(found.get("GPS GPSLongitudeRef"))
    )
    names = ("EXIF DateTimeOriginal", "EXIF OffsetTimeOriginal", "EXIF SubSecTimeOriginal")
    taken = exif_times.moment(*(_text(found.get(name)) for name in names))
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


def _block(image: Image.Image) -> tuple[Image.Exif, Any]:
    """The EXIF of an image and the orientation that decoding applies; a PNG's may lie behind its pixels, or as text."""
    if formats.of_pillow(image.format) is not formats.PNG:
        main = image.getexif()
        return main, main.get(ORIENTATION)
    found = png_text.read(image)
    if not found.turned:
        image.info.setdefault("exif", b"")  # else Pillow decodes the whole file to look for it
        main = Image.Exif()
        main.load(found.exif)
        return main, 1
    image.info["exif"] = found.exif
    main = image.getexif()
    return main, main.get(ORIENTATION)


def _source(details: Any) -> int | None:
    """FileSource as a number, which comes as one byte."""
    value = details.get(tags.FILE_SOURCE)
    if isinstance(value, bytes) and len(value) == 1:
        return value[0]
    return value if isinstance(value, int) else None


def _taken(details: Any, gps: Any, scanned: bool) -> str | None:
    """ISO 8601: local time, with its offset where the camera wrote one; GPS time (UTC) as a last resort.

    The time of digitizing is that of a camera's photo too; but where a scanner wrote it, or where the time of taking is
    there and blank, as in scans, it says when the print lay on the glass.
    """
    original, digitized = details.get(tags.DATE_ORIGINAL), _text(details.get(tags.DATE_DIGITIZED))
    if not (scanned and digitized and _text(original) == digitized):
        fields = (original, details.get(tags.OFFSET_ORIGINAL), details.get(tags.SUBSECONDS_ORIGINAL))
        if moment := exif_times.moment(*map(_text, fields)):
            return moment
    if original is None and not scanned:
        offset, fraction = _text(details.get(tags.OFFSET_DIGITIZED)), _text(details.get(tags.SUBSECONDS_DIGITIZED))
        if moment := exif_times.moment(digitized, offset, fraction):
            return moment
    return _receiver(gps)


def _receiver(gps: Any) -> str | None:
    """The time of a GPS receiver: UTC."""
    return exif_times.from_gps(_text(gps.get(tags.GPS_DATE)), gps.get(tags.GPS_TIME))


def _text(value: Any) -> str | None:
    """One printable line, at most 200 characters; None when nothing is left."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    if not value.isascii():  # Pillow takes EXIF text for Latin-1; most writers of today mean UTF-8
        with suppress(UnicodeError):
            value = value.encode("latin-1").decode("utf-8")
    line = value.partition("\0")[0][:_MAX_TEXT]
    if not line.isprintable():
        line = "".join(sign for sign in line if sign.isprintable())
    return line.strip() or None
