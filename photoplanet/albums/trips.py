"""What a user names → trips: photos of one camera in time order with what they say of themselves, located together."""

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import album, known_places, locate_album, methods
from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.locate.answers import AnswerOptions, record
from photoplanet.locate.locator import Locator
from photoplanet.locate.precision import PRECISIONS, rounded
from photoplanet.locate.prediction import Prediction
from photoplanet.metadata import exif
from photoplanet.metadata.estimate import Estimate
from photoplanet.metadata.times import parse_times
from photoplanet.metadata.track import Track
from photoplanet.photos import decode, inputs, table

TRACK_ERROR_M = 15.0  # of a receiver in the open, roughly

OWN, TRACK, ESTIMATED, NEIGHBOURS = "own GPS", "track", "estimated", "neighbours"  # where a place comes from
OFFSET = "[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9]|Z|UTC"  # less than a day


@dataclass(frozen=True)
class Shot:
    """One photo as its file or table tells of it: degrees or None, ISO 8601 or None, and why it cannot be opened."""

    source: str | bytes
    name: str
    folder: str = ""
    taken_at: str | None = None
    place: tuple[float, float] | None = None
    camera: str | None = None
    album: str | None = None
    photographer: str | None = None
    unreadable: bool = False


@dataclass(frozen=True)
class Trip:
    """Photos in time order: `times` (n,) datetime64[s], NaT unknown; `rows` (n,): which of the given photos each is."""

    shots: list[Shot]
    times: NDArray[np.datetime64]
    rows: NDArray[np.int64]

    @property
    def title(self) -> str:
        """Its album's name or its folder's, and its camera."""
        first = next((shot for shot in self.shots if shot.camera), self.shots[0])
        where = Path(first.folder).absolute().name if first.folder else ""
        return ", ".join(filter(None, (first.album or where, first.camera)))

    @property
    def days(self) -> tuple[str, str]:
        """First and last day, YYYY-MM-DD; empty where no time is known."""
        known = np.sort(self.times[~np.isnat(self.times)]).astype("datetime64[D]").astype(str)
        return (str(known[0]), str(known[-1])) if len(known) else ("", "")

    def record(self, number: int, photos: list[dict[str, Any]]) -> dict[str, Any]:
        """The album as plain values, around the records of its photos."""
        first, last = self.days
        return {"album": number, "title": self.title, "from": first, "to": last, "photos": photos}


@dataclass(frozen=True)
class Found:
    """One photo's answer: `kind` says where the place comes from; `error`: why the photo itself could not be read.

    `method` is the album method that answered. `prediction` is None where nothing is known: an unreadable photo in an
    album of which nothing could be read.
    """

    shot: Shot
    kind: str
    prediction: Prediction | None
    error: str | None = None
    radius_m: float | None = None
    method: str = ""

    def record(self, form: AnswerOptions) -> dict[str, Any]:
        """As `results.record`, with `taken_at`, `kind` and perhaps `error`; a known place is told to 0.0001°."""
        facts: dict[str, Any] = {"file": self.shot.name}
        if self.prediction is not None:
            facts = self.told(record(self.shot.name, self.prediction, self.form(form)))
        facts |= {"taken_at": self.shot.taken_at, "kind": self.kind}
        return facts | ({"error": self.error} if self.error else {})

    def told(self, facts: dict[str, Any]) -> dict[str, Any]:
        """A record or map item, in which a measured place is named in full and is as sure as it is."""
        if self.kind in (OWN, TRACK) and self.prediction is not None:
            place = self.prediction.best.near.text("street")
            facts["best"] |= {"place": place, "level": "street", "confidence": 1.0, "radius_km": 1.0}
            facts["confidence"] = dict.fromkeys(facts["confidence"], 1.0)
            facts["region"] |= {"probability": 1.0, "radius_km": round((self.radius_m or TRACK_ERROR_M) / 1000, 3)}
            facts["abstains"] = False
        return facts

    def form(self, form: AnswerOptions) -> AnswerOptions:
        """How this photo is told: a measured place is not rounded away."""
        return replace(form, precision="street", answer_always=True) if self.kind in (OWN, TRACK) else form

    def estimate(self, form: AnswerOptions) -> Estimate | None:
        """What may be written into the photo: None for its own GPS, no answer, and what nobody can read.

        Rounded to `form.precision` or to what is known, whichever is coarser; the radius holds `form.region` of the
        probability around the rounded point.
        """
        if self.prediction is None or self.error or self.kind == OWN:
            return None
        latitude, longitude = self.prediction.point
        if self.kind == TRACK:
            return Estimate(latitude, longitude, self.radius_m or TRACK_ERROR_M, "GPX track")
        if self.prediction.abstains and not form.answer_always:
            return None
        levels = list(PRECISIONS)
        level = self.prediction.best.level
        known = level if level in PRECISIONS else levels[-1]
        coarser = max(form.precision, known, key=levels.index)
        told = rounded(latitude, coarser), rounded(longitude, coarser)
        moved = float(geodesy.distance_km(latitude, longitude, *told))
        radius = self.prediction.credible_region(form.region).radius_km + moved
        world = " (toy Earth)" if self.prediction.toy else ""
        method = f"estimate, {self.method}, model {self.prediction.model}{world}"
        return Estimate(*told, radius * 1000, method, form.region)


def read(names: Sequence[str], advance: Callable[..., None] = lambda count=1, note="": None) -> list[Shot]:
    """The photos of folders, files, shards and photo tables, with time, camera and place as they state them.

    A table's values win over the files' EXIF. InputError where nothing is named, or a folder or table holds no photo.
    """
    if not names:
        raise InputError("no album is named; give a folder, a photo table or photos")
    shots = []
    for name in names:
        path = Path(name)
        if path.suffix.lower() in table.TABLE_SUFFIXES and path.is_file():
            rows, _ = table.read(path, require=("path",))
            listed = list(zip(table.paths(rows, path.parent), rows.to_pylist(), strict=True))
            if not listed:
                raise InputError(f"{path}: this table lists no photo")
        else:
            listed = [(source, {}) for source in inputs.sources([name])]  # type: ignore[misc]
        for source, row in listed:
            shots.append(read_one(source, row))
            advance(1)
    return shots


def split(
    shots: Sequence[Shot],
    gap_hours: float = album.GAP_HOURS,
    one_camera: bool = False,
    time_offset: str | None = None,
) -> tuple[list[Trip], dict[str, dict[str, Any]], bool]:
    """Trips in the order of their first photos; what was wrong with times; whether the times are UTC.

    Photos of one folder, photographer and camera (make, model, serial number) go together and are cut where the pause
    is longer than `gap_hours`; `one_camera` keeps cameras together. A table's albums stay as they are. A photo that
    tells neither camera nor time stays behind the one before it. `time_offset` ("+02:00"): what the clocks of photos
    that name no zone were ahead of UTC.
    """
    texts = [_zoned(shot.taken_at, time_offset) for shot in shots]
    times, report = parse_times(texts)
    cameras: list[Hashable] = []
    for row, shot in enumerate(shots):
        stays = shot.camera is None and np.isnat(times[row]) and row and shots[row - 1].folder == shot.folder
        cameras.append(cameras[row - 1] if stays else shot.camera)
    orders = album.form(
        times,
        [shot.album for shot in shots],
        [(shot.folder, shot.photographer) for shot in shots],
        None if one_camera else cameras,
        gap_hours,
    )
    trips = [Trip([shots[row] for row in order.rows], times[order.rows], order.rows) for order in orders]
    utc = all(text is None or _has_zone(text) for text in texts)
    return trips, report, utc


def locate(
    locator: Locator,
    trip: Trip,
    method: str = methods.AUTO,
    use_places: bool = True,
    track: Track | None = None,
    advance: Callable[..., None] = lambda count=1, note="": None,
    threads: int | None = None,
) -> list[Found]:
    """Locate one trip: one `Found` per photo, in time order. `use_places`: own GPS counts as known."""
    seen = locate_album.see(locator, [shot.source for shot in trip.shots], advance, threads)
    return decide(locator, trip, seen, method, use_places, track)


def decide(
    locator: Locator,
    trip: Trip,
    seen: locate_album.Evidence,
    method: str = methods.AUTO,
    use_places: bool = True,
    track: Track | None = None,
) -> list[Found]:
    """The second half of `locate`: what the network saw in the photos of a trip → one `Found` each."""
    places = known_places.points([shot.place if use_places else None for shot in trip.shots], len(trip.shots))
    errors = {row: str(error) for row, error in seen.unreadable.items()}
    if len(errors) == len(trip.shots) and np.isnan(places).all() and track is None:
        return [Found(shot, NEIGHBOURS, None, errors[row]) for row, shot in enumerate(trip.shots)]
    decoded, known, name = locate_album.infer(locator, seen, trip.times, places, track, method)
    found = []
    for row, prediction in enumerate(locate_album.predictions(locator, seen, decoded, known)):
        kind, radius = ESTIMATED, None
        if not np.isnan(places[row]).any():
            kind = OWN
        elif not np.isnan(known[row]).any():
            kind, radius = TRACK, _track_radius_m(track, trip.times[row])
        elif row in errors:
            kind = NEIGHBOURS
        found.append(Found(trip.shots[row], kind, prediction, errors.get(row), radius, name))
    return found


def compare(
    locator: Locator,
    trip: Trip,
    method: str = methods.AUTO,
    advance: Callable[..., None] = lambda count=1, note="": None,
) -> tuple[list[Found], list[Found]]:
    """One trip by its pixels and times only: (each photo by itself, all together), as `locate` without known places."""
    seen = locate_album.see(locator, [shot.source for shot in trip.shots], advance)
    return decide(locator, trip, seen, "single", False), decide(locator, trip, seen, method, False)


def covered(track: Track, trips: Iterable[Trip]) -> int:
    """How many photos were taken between the first and the last point of a track."""
    spans = ((trip.times >= track.times[0]) & (trip.times <= track.times[-1]) for trip in trips)
    return sum(int(inside.sum()) for inside in spans)


def check_offset(text: str) -> str:
    """A time offset as ISO 8601 writes it, "+02:00"; InputError for anything else."""
    if not re.fullmatch(OFFSET, text.strip(), re.IGNORECASE):
        raise InputError(f"the time offset {text!r} must look like +02:00 or -05:30: how far the clock is ahead of UTC")
    sign = text.strip().upper()
    return "+00:00" if sign in ("Z", "UTC") else f"{sign[:3]}:{sign[-2:]}"


def read_one(
    source: str | bytes, row: dict[str, Any], name: str | None = None, max_pixels: int = decode.MAX_PIXELS
) -> Shot:
    """What one photo says of itself: its EXIF under the values of its table `row` ({}: none), which win.

    `name`: what it is called, for bytes that came with one; it is no path, and all such photos are of one folder.
    """
    folder = str(Path(inputs.name_of(source)).parent) if name is None else ""
    facts, unreadable = exif.Exif(), False
    try:
        with decode.opened(source, max_pixels) as (image, _):
            facts = exif.read(image)
    except InputError:
        unreadable = True  # reading its pixels reports it
    place = (row.get("latitude"), row.get("longitude"))
    if table.coordinate_fault(*place):
        place = (facts.latitude, facts.longitude) if facts.gps_fault is None else (None, None)
    return Shot(
        source=source,
        name=inputs.name_of(source) if name is None else name,
        folder=folder,
        taken_at=row.get("taken_at") or facts.taken_at,
        place=None if None in place else place,  # type: ignore[arg-type]
        camera=" ".join(filter(None, (facts.camera, facts.serial))) or None,
        album=row.get("album"),
        photographer=row.get("photographer"),
        unreadable=unreadable,
    )


def _has_zone(text: str) -> bool:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return True  # no time, so no matter


def _zoned(text: str | None, offset: str | None) -> str | None:
    if not text or offset is None or _has_zone(text):
        return text
    return f"{text}{offset}" if len(text) > len("2000-01-01") else f"{text}T00:00:00{offset}"


def _track_radius_m(track: Track | None, time: np.datetime64) -> float:
    """Half the way between the points before and after, which is as far as it can be from both, and the receiver's."""
    if track is None:
        return TRACK_ERROR_M
    late = min(int(np.searchsorted(track.times, time)), len(track.times) - 1)
    early = max(late - 1, 0)
    ends = [(track.latitude[row], track.longitude[row]) for row in (early, late)]
    return TRACK_ERROR_M + 500 * float(geodesy.distance_km(*ends[0], *ends[1]))
