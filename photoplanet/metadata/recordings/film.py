"""The places in a film: a GoPro's telemetry (GPMF), in UTC, or the captions in a DJI's, in the pilot's local time."""

from collections.abc import Iterable
from typing import IO, NamedTuple

from photoplanet.errors import InputError
from photoplanet.metadata import gpmf
from photoplanet.metadata.recordings import captions
from photoplanet.metadata.recordings.recording import UNTIMED, Gathering, Points, seconds
from photoplanet.photos import film_boxes, film_samples
from photoplanet.photos.film_boxes import CAPTIONS

_TELEMETRY = b"gpmd"


class Found(NamedTuple):
    """The points of a film, and whether their times are local, of a zone that nothing names."""

    points: Points
    local: bool


def like(file: IO[bytes]) -> bool:
    """Whether a film has telemetry, or captions with a place among the first ones.

    >>> import io
    >>> like(io.BytesIO(b"not a film"))
    False
    """
    found = film_boxes.read(file)
    return bool(found.telemetry) or any(captions.has_place(each) for each in found.captions)


def scan(file: IO[bytes], most: int) -> Found:
    """Read the places in a film, one a second; `most`: bytes of telemetry.

    InputError for a film that has no track with such, and for too many.

    >>> import io
    >>> scan(io.BytesIO(b"not a film"), 100)
    Traceback (most recent call last):
    photoplanet.errors.InputError: this is a photo or video without telemetry that is read (GoPro's, DJI's...
    """
    found = film_samples.find(file, (_TELEMETRY, *CAPTIONS), most)
    if found is None:
        raise InputError("this is a photo or video without telemetry that is read (GoPro's, DJI's captions); give the "
                         "track that was recorded")  # fmt: skip
    kind, samples = found
    if kind == _TELEMETRY:
        return Found(_of_fixes(gpmf.fixes(samples)), False)
    return Found(captions.of_texts(samples), True)


def _of_fixes(fixes: Iterable[gpmf.Fix]) -> Points:
    gathering, last = Gathering(), UNTIMED
    for fix in fixes:
        moment = seconds(fix.moment or "")
        if moment == UNTIMED or moment != last:
            gathering.add(moment, fix.latitude, fix.longitude)
            last = moment
    return gathering.points()
