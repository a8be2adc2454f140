"""What a film gives away by its boxes: its place, its time, its camera, its texts; frames and sound are not seen."""

from photoplanet.audit import places
from photoplanet.audit.finding import Finding
from photoplanet.core import regular
from photoplanet.errors import InputError, printable
from photoplanet.metadata import film_facts
from photoplanet.photos import decode, formats
from photoplanet.photos.film_boxes import Film

NOT_STRIPPED = "a film, which is not stripped; ffmpeg -i FILE -map_metadata -1 -c copy NEW leaves its metadata out"
_MOST = 100  # characters of one text


def is_film(path: str) -> bool:
    """Whether a file is a film by its first bytes; False for one that cannot be read.

    >>> is_film("/no/such.mov")
    False
    """
    try:
        with regular.open_regular(path) as file:
            return formats.recognise(file.read(formats.HEAD)) is formats.VIDEO
    except (OSError, ValueError, InputError):
        return False


def findings(path: str) -> list[Finding]:
    """Return what the boxes of a film say; nothing of it can be stripped here. InputError for what is not a film.

    >>> findings("/no/such.mov")
    Traceback (most recent call last):
    photoplanet.photos.photo_error.PhotoError: /no/such.mov: no such file; check the path
    """
    with decode.opened(path) as (image, _):
        film = getattr(image, "film", Film())
    found = []
    latitude, longitude, fault = film_facts.place(film)
    if fault is None and latitude is not None and longitude is not None:
        found.append(places.at("GPS", "film", latitude, longitude, False))
    for key, text in film.texts.items():
        if text and key not in film_facts.PLACES:
            found.append(Finding("hint", "text", f"film, {printable(key)[:_MOST]}", printable(text)[:_MOST]))
    if film.xmp:
        found.append(Finding("hint", "XMP", "film", f"{len(film.xmp):,} bytes"))
    note = "frames, sound and the film's other tracks (as of a drone's telemetry)"
    return [*found, Finding("note", "not looked into", "film", note)]
