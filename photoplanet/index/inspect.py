"""What one photo file says about itself, decoded only where that cannot be helped: the unit of indexing."""

import json
import math
from dataclasses import dataclass
from typing import Any

from PIL import Image

from photoplanet.core.cache import may_pass
from photoplanet.core.names import readable
from photoplanet.earth.coordinates.tables import place_of
from photoplanet.errors import InputError
from photoplanet.metadata import exif, facts
from photoplanet.metadata.times import never_set
from photoplanet.photos import avif_image, decoding_cost, foreign_times, graphics_filter, nsfw_filter
from photoplanet.photos.decode import ANY_PIXELS, MAX_PIXELS, PhotoError, open_photo, opened, reported
from photoplanet.photos.foreign_tables import matched
from photoplanet.photos.photo_error import MEMORY, NEEDS
from photoplanet.photos.raw_image import NO_PREVIEW
from photoplanet.photos.shards import read_range, split_address
from photoplanet.photos.table import SCHEMA, coordinate_fault
from photoplanet.photos.truncation import surely_whole

READER = 6  # raised when photos are read otherwise than before, so that earlier findings are not used
MAX_JSON = 1 << 20  # bytes of a sample's JSON
MAX_TEXT = 1000  # characters of a value in it
Record = dict[str, Any]  # JSON: see `inspect_photo`
TEXT_COLUMNS = ("photo_id", "taken_at", "album", "photographer", "licence", "source")


@dataclass(frozen=True)
class Candidate:
    """A photo to look at: its address, a stamp that changes with the file, and what its source says about it.

    `json_at`: offset and size of the sample's JSON in its shard. `file`: the numbers of its disk and of the file there,
    0 where there are none. `beside`: its sidecars.
    """

    address: str
    stamp: str
    photo_id: str
    given: dict[str, Any]
    json_at: tuple[int, int] | None = None
    file: tuple[int, int] = (0, 0)
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class IndexOptions:
    """What indexing asks of every photo; findings made with other options are not used."""

    max_pixels: int = MAX_PIXELS
    drop_graphics: bool = False
    filter: str | graphics_filter.Filter | None = None

    @property
    def decodes(self) -> bool:
        """Whether pixels are needed."""
        return self.drop_graphics or self.filter is not None

    @property
    def filter_name(self) -> str | None:
        """The filter in words that change when it does: the user's file, or the network and its threshold."""
        if self.filter == nsfw_filter.NAME:
            nsfw_filter.network()  # fail early if the extra is missing
            return f"{nsfw_filter.NAME}@{nsfw_filter.SHA256[:8]}:{nsfw_filter.THRESHOLD}"
        return None if self.filter is None else graphics_filter.hook_name(self.filter)

    @property
    def fingerprint(self) -> str:
        """A text that changes with every option."""
        return json.dumps([READER, self.max_pixels, self.drop_graphics, self.filter_name])


def inspect_photo(candidate: Candidate, options: IndexOptions) -> Record:
    """Return {"row": columns found, "fault": why it has no coordinate or None}, or why the photo is left out.

    The second is {"left": reason, "detail": message}. Either has "again": True where another try may find something
    else in the same file: it was missing, or an extra, the system failed to read it, or the user's filter failed.

    >>> inspect_photo(Candidate("/no/such.jpg", "", "such", {}), IndexOptions())["left"]
    'missing'
    """
    row: dict[str, Any] = {}
    known = True
    try:
        if candidate.json_at is not None:
            row.update(_from_json(candidate))
        with opened(candidate.address, ANY_PIXELS) as (image, name):
            found = facts.read(image, candidate.beside)
            row["width"], row["height"] = exif.upright_size(image, found.orientation)
            with reported(name):
                if not options.decodes and image.width * image.height <= options.max_pixels:
                    known = _check_whole(image, name)
        if refusal := _refusal(candidate.address, options):
            return refusal
    except InputError as error:
        reason = error.reason if isinstance(error, PhotoError) else "unreadable"
        again = {"again": True} if reason in ("missing", NEEDS, avif_image.NEEDS) or may_pass(error) else {}
        return {"left": reason, "detail": str(error), **again}
    own = {"taken_at": None if never_set(found.taken_at) else found.taken_at, "photographer": found.photographer}
    row = own | ({"source": exif.TOY_SOFTWARE} if found.toy else {}) | row
    fault = coordinate_fault(row.get("latitude"), row.get("longitude"))
    if row.get("latitude") is None:
        row["latitude"], row["longitude"], fault = found.latitude, found.longitude, found.gps_fault
    elif fault is not None:
        row["latitude"] = row["longitude"] = None
    found_row = {key: value for key, value in row.items() if value is not None}
    return {"row": found_row, "fault": fault, **({} if known else {"again": True})}


def _check_whole(image: Image.Image, name: str) -> bool:
    """PhotoError for a file that is cut off; one that takes much memory, or an extra, to know it has its place.

    Returns whether another try will say the same: not where an extra may be there by then.
    """
    file = getattr(image, "fp", None)
    if file and surely_whole(file, image):
        return True
    image.draft(None, (1, 1))  # the cheapest way to read a JPEG to its end
    try:
        with decoding_cost.held(image, name):
            image.load()
    except PhotoError as error:
        if error.reason not in (MEMORY, NEEDS, NO_PREVIEW):
            raise
        return error.reason != NEEDS
    return True


def sound(value: Any) -> bool:
    """Whether a value read back from a cache has the shape that `inspect_photo` returns.

    >>> sound({"left": "truncated", "detail": "a.jpg: cut off"}), sound({"row": {"latitude": "x"}, "fault": None})
    (True, False)
    """
    if not isinstance(value, dict):
        return False
    if "left" in value:
        return _fits(value["left"], "string") and _fits(value.get("detail"), "string")
    row, fault = value.get("row"), value.get("fault")
    return (
        isinstance(row, dict)
        and value.keys() == {"row", "fault"}
        and (fault is None or _fits(fault, "string"))
        and all(key in SCHEMA.names and _fits(row[key], str(SCHEMA.field(key).type)) for key in row)
        and (fault is not None or coordinate_fault(row.get("latitude"), row.get("longitude")) is None)
    )


def _fits(value: Any, kind: str) -> bool:
    """Whether a value can stand in a column of the table."""
    if kind == "string":
        return isinstance(value, str) and readable(value) == value
    if isinstance(value, bool) or not isinstance(value, int | float if kind == "double" else int):
        return False
    return math.isfinite(value) and (kind == "double" or abs(value) < 1 << 31)


def _refusal(address: str, options: IndexOptions) -> Record | None:
    """The verdicts that need pixels: graphics, and `filter`; both see the photo with a short side ≥ 512."""
    if not options.decodes:
        return None
    image = open_photo(address, options.max_pixels, size_hint=graphics_filter.SIDE)
    if options.drop_graphics and (score := graphics_filter.graphic_score(image)) >= graphics_filter.THRESHOLD:
        return {"left": "not a photo", "detail": f"{address}: looks like a graphic (score {score:.2f})"}
    if options.filter == nsfw_filter.NAME:
        if (score := nsfw_filter.score(image)) >= nsfw_filter.THRESHOLD:
            return {"left": "not safe for work", "detail": f"{address}: looks like pornography (score {score:.2f})"}
    elif options.filter is not None:
        try:
            keep = graphics_filter.hook(options.filter)(image)
        except Exception as error:  # the user's code may raise anything; the photo is named and the rest goes on
            detail = f"{address}: {type(error).__name__}: {error}"
            return {"left": "filter failed", "detail": detail, "again": True}
        if not keep:
            return {"left": "refused by the filter", "detail": f"{address}: refused by {options.filter_name}"}
    return None


def _from_json(candidate: Candidate) -> dict[str, Any]:
    """The columns in a shard sample's JSON, our names or others', and the EXIF that img2dataset keeps there."""
    shard = split_address(candidate.address)
    if shard is None or candidate.json_at is None or candidate.json_at[1] > MAX_JSON:
        return {}
    try:
        values = json.loads(read_range(shard[0], *candidate.json_at))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    row = row_of(values)
    kept = exif.read_exifread(values.get("exif"))
    row = {"taken_at": kept.taken_at, "photographer": kept.photographer} | row
    if row.get("latitude") is None and kept.latitude is not None:
        row["latitude"], row["longitude"] = kept.latitude, kept.longitude
    return row


def row_of(values: dict[str, Any]) -> dict[str, Any]:
    """Return what a sample's metadata say, under names of ours or others', in our types.

    Coordinates that cannot be read are NaN, and a time is "": other sources do not stand in for them.

    >>> row_of({"photo_id": 7, "lat": "48.9 N", "lon": 2.4, "date": 1612345678})
    {'photo_id': '7', 'latitude': 48.9, 'longitude': 2.4, 'taken_at': '2021-02-03T09:47:58+00:00'}
    """
    found = {ours: values[name] for ours, name in matched([name for name in values if isinstance(name, str)]).items()}
    row: dict[str, Any] = {}
    for name in TEXT_COLUMNS:
        if name != "taken_at" and isinstance(found.get(name), str | int) and str(found[name]).strip():
            row[name] = readable(str(found[name])[:MAX_TEXT])
    latitude, longitude = place_of(values)
    if latitude is not None:
        row |= {"latitude": latitude, "longitude": longitude}
    if (taken_at := foreign_times.stated(found.get("taken_at"))) is not None:
        row["taken_at"] = taken_at
    return row
