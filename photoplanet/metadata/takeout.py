"""The JSON that Google Photos exports beside a photo (Takeout): its place and time, and how such a file is called."""

import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from photoplanet.metadata import exif_places

if TYPE_CHECKING:
    from photoplanet.metadata.xmp_facts import Said

MAX_BYTES = 1 << 20
_ENDING = ".supplemental-metadata"
_LONGEST = 46  # characters of the name before ".json"; the rest is cut off
_UPLOADED = 60  # seconds within which the time of taking is but the time of the upload
_NUMBERED = re.compile(r"(.*)(\(\d+\))(\.[^.]*)")
# What Google Photos adds to the name of an edited copy, by the language of the account; the JSON is the original's.
_EDITED = re.compile(
    r"(.+)-(?:edited|bearbeitet|modifié|editado|ha editado|editada|modificato|bewerkt|edytowane|redigerad|editat"
    r"|編集済み)"
    r"((?:\(\d+\))?\.[^.]*)",
    re.IGNORECASE,
)


def names(photo: str) -> Iterator[str]:
    """Yield what the JSON beside a photo may be called, the likeliest first.

    A name that is cut off counts where what is left is the photo's up to its ending; else it may be another's. An
    edited copy ("a-edited.jpg") has the JSON of its original.

    >>> list(names("a.jpg"))[:2], next(names("b(2).jpg"))
    (['a.jpg.supplemental-metadata.json', 'a.jpg.json'], 'b.jpg.supplemental-metadata(2).json')
    """
    yield from _own_names(photo)
    if edited := _EDITED.fullmatch(unicodedata.normalize("NFC", photo)):
        yield from _own_names(edited[1] + edited[2])


def _own_names(photo: str) -> Iterator[str]:
    numbered = _NUMBERED.fullmatch(photo)
    plain, number = (numbered[1] + numbered[3], numbered[2]) if numbered else (photo, "")
    whole = f"{plain}{_ENDING}"[:_LONGEST]
    shortest = min(len(plain), _LONGEST)
    if len(whole) < len(plain.rpartition(".")[0]):
        return
    lengths = [len(whole), shortest, *range(len(whole) - 1, shortest, -1)]
    yield from dict.fromkeys(f"{whole[:length]}{number}.json" for length in lengths)
    if number:
        yield f"{photo}.json"


def read(data: bytes) -> "Said":
    """Read the place (degrees) and time (UTC) in such a file; 0, 0 stands for none; never raises for what is in it.

    The place is the one that Google Photos shows (`geoData`), else the one in the photo as it was uploaded. A photo
    without a time of its own is given that of its upload, which is none.

    >>> read(b'{"geoData": {"latitude": 48.9, "longitude": 2.4}}').latitude
    48.9
    """
    from photoplanet.metadata.xmp_facts import Said  # late: `names` needs none of it

    try:
        found = json.loads(data) if len(data) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return Said()
    taken, uploaded = (_seconds(found.get(name)) for name in ("photoTakenTime", "creationTime"))
    taken_at = None
    if taken is not None and (uploaded is None or abs(taken - uploaded) > _UPLOADED):
        with suppress(ValueError, OverflowError, OSError):
            taken_at = datetime.fromtimestamp(taken, timezone.utc).isoformat()
    for name in ("geoData", "geoDataExif"):
        place = found.get(name)
        if isinstance(place, dict):
            latitude, longitude, fault = exif_places.checked(*(_number(place.get(key)) for key in _KEYS))
            if fault is None:
                return Said(latitude, longitude, None, taken_at)
    return Said(taken_at=taken_at)


_KEYS = ("latitude", "longitude")


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and abs(value) < 1000 else None


def _seconds(moment: Any) -> int | None:
    """Seconds since 1970 of Takeout's {"timestamp": "1551123684"}."""
    with suppress(TypeError, ValueError, KeyError):
        return int(str(moment["timestamp"])[:20])
    return None
