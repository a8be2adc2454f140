"""POST /v1/album: the photos of a trip, located together, as `photoplanet album --json` reports them."""

import asyncio
import re
import time
from collections.abc import Awaitable, Sequence
from typing import Annotated, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field
from starlette.requests import Request
from typing_extensions import NotRequired, TypedDict

from photoplanet.albums import album_parameters, clues, known_places, locate_trip, methods, trips
from photoplanet.albums.album import GAP_HOURS
from photoplanet.albums.clocks import given as given_clocks
from photoplanet.albums.clocks.settled import Settled, settled
from photoplanet.albums.evidence import Evidence
from photoplanet.albums.movement import library as movement
from photoplanet.albums.movement import teaching
from photoplanet.albums.movement.library import Library
from photoplanet.albums.movement.weights import Weights
from photoplanet.albums.shots import Shot, read_shot
from photoplanet.clues.collect import Found
from photoplanet.earth import zones
from photoplanet.errors import InputError
from photoplanet.evaluation import leakage
from photoplanet.locate.prediction import prepare
from photoplanet.locate.within import Cut
from photoplanet.metadata.track import Track
from photoplanet.server import openapi, problems, tracks, uploads
from photoplanet.server.api import answers, evidence
from photoplanet.server.api.answers import Count, EstimateAnswer, ModelName
from photoplanet.server.api.areas import cut_of
from photoplanet.server.api.parameters import EstimateQuery, Top, one_of
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.finder import PATIENCE, Text
from photoplanet.server.problems import Problem
from photoplanet.server.service import Service
from photoplanet.server.uploads import TRACK, Upload
from photoplanet.signs.line import Reading

MAX_LIKELIHOODS = 300  # of clues of one album, 0.8 MB each; from there on, no other photo is looked at
MUCH = "this album has more text than can be weighed at a time; send fewer photos"
# A plus sign in a URL that was not written as %2B arrives as a space.
OFFSET = f"^({given_clocks.OFFSET.replace('[+-]', '[ +-]')}|Z|UTC|z|utc)$"
_ZONES = ("local", "UTC", *sorted(zones.zone_of_towns()[0]))


def _offset(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(OFFSET, text):
        raise ValueError(f"{text[:40]!r} must look like +02:00 or -05:30: how far the clock is ahead of UTC")
    return text


def _zone(text: str | None) -> str | None:
    if text is not None and text not in _ZONES:
        raise ValueError(f"{text[:40]!r} is not local, UTC or the zone of a town, such as Europe/Lisbon")
    return text


class AlbumQuery(EstimateQuery):
    """How photos form albums, and how estimates are reported."""

    top: Top = 1
    method: Annotated[str, Field(description="How the photos inform each other")] = methods.AUTO
    gap_hours: Annotated[float, Field(gt=0, le=1e6, description="A longer pause starts another album")] = GAP_HOURS
    one_camera: Annotated[
        bool | None,
        Field(description="Put all cameras into one album, or each into its own; by default one where clocks agree"),
    ] = None
    anchors: Annotated[bool, Field(description="Treat photos with GPS as known places")] = True
    time_offset: Annotated[
        str | None,
        AfterValidator(_offset),
        Field(description="How far clocks that name no zone are ahead of UTC: +02:00, in a URL %2B02:00",
              json_schema_extra={"pattern": OFFSET}),
    ] = None  # fmt: skip
    time_zone: Annotated[
        str | None,
        AfterValidator(_zone),
        Field(description="What clocks that name no zone showed: Europe/Lisbon, or local (of the place on the way)",
              json_schema_extra={"pattern": one_of(*_ZONES)}),
    ] = None  # fmt: skip


class AlbumPhoto(TypedDict):
    """What an album says of each of its photos; `index`: which of the photos sent it is."""

    file: str
    taken_at: str | None
    kind: Literal["own GPS", "track", "estimated", "neighbours"]
    index: Count


class PlacedPhoto(AlbumPhoto, EstimateAnswer):
    """A photo with its place; one with an `error` could not be read, and has it from its neighbours."""

    error: NotRequired[str]


class UnplacedPhoto(AlbumPhoto):
    """A photo of an album in which none could be read and no place is known."""

    error: str


# "from" cannot be written as the name of an attribute.
_Days = TypedDict("_Days", {"from": str, "to": str})


class AlbumRecord(_Days):
    """Photos of one camera in time order; days as YYYY-MM-DD, empty where no time is known."""

    album: Annotated[int, Field(ge=1)]
    title: str
    photos: list[PlacedPhoto | UnplacedPhoto]


class ClockSetting(TypedDict):
    """How far a clock was ahead while it went evenly; moments as the clock showed them."""

    seconds_ahead: float
    interval: list[float]
    drift_seconds_a_day: float
    from_photos: Count


_Setting = TypedDict("_Setting", {"from": str, "to": str})


class Setting(_Setting, ClockSetting):
    """With the first and the last moment it was shown."""


class ClockRecord(TypedDict):
    """What is known of one camera's clock, and by what; `seconds_ahead`: least and most, of UTC or another camera."""

    camera: str
    photos: Count
    known: Count
    found: str
    remarks: list[str]
    beside: NotRequired[str]
    seconds_ahead: NotRequired[list[float]]
    local: NotRequired[bool]
    from_photos: NotRequired[Count]
    sure: NotRequired[float | None]
    settings: NotRequired[list[Setting]]


class ModelWeight(TypedDict):
    """How much what the model says counts beside times: photos within hours of known ones, and `far` from all."""

    near: float
    far: float


class AlbumAnswer(ModelName):
    """The albums that the photos sent form, and the clocks of their cameras.

    `failed` counts the photos that could not be read; `notes`: of tracks.
    """

    method: str
    clocks: list[ClockRecord]
    albums: list[AlbumRecord]
    failed: Count
    model_weight: NotRequired[ModelWeight]
    notes: NotRequired[list[str]]


EXAMPLE: AlbumAnswer = {
    "model": "toy", "world": "toy", "method": methods.AUTO, "failed": 0,
    "clocks": [{"camera": "Maker Camera", "photos": 1, "known": 0, "found": "unknown", "remarks": []}],
    "albums": [{
        "album": 1, "title": "Maker Camera", "from": "2020-05-01", "to": "2020-05-01",
        "photos": [cast(PlacedPhoto, {
            "file": "IMG_1.jpg", **answers.ESTIMATE, "taken_at": "2020-05-01T10:01:00", "kind": "estimated", "index": 0,
        })],
    }],
}  # fmt: skip


def endpoint(service: Service) -> Endpoint:
    """Make the endpoint."""
    parameters = album_parameters.read(service.locator.bundle)

    def offered(method: str) -> str:
        methods.check(method, parameters, service.locator.info.name)
        return method

    class Query(AlbumQuery):
        """With the methods that this server's model offers."""

        method: Annotated[
            str,
            AfterValidator(offered),
            Field(description="How the photos inform each other",
                  json_schema_extra={"pattern": one_of(methods.AUTO, *methods.usable(parameters))}),
        ] = methods.AUTO  # fmt: skip

    async def album(request: Request, query: Query) -> AlbumAnswer:
        """Photos as multipart/form-data, files in any field; files in the field `track` are tracks, gzipped or not.

        Times, cameras and known places come from the photos' EXIF. A photo that cannot be read keeps its slot, takes
        its place from its neighbours, and has its `error`; `index` says which of the photos sent each one is.
        """
        fields = evidence.fields()
        if query.time_offset and query.time_zone:
            raise Problem(400, "time_offset and time_zone contradict each other; send one of them")
        offset = (query.time_offset.replace(" ", "+"),) if query.time_offset else ()
        told = given_clocks.read(offset, query.time_zone)

        def work(files: list[Upload]) -> Awaitable[Located]:
            return _located(service, files, query, told, fields)

        found = await service.answer(request, work, tracks=True, fields=fields)
        failed = sum("error" in photo for each in found.albums for photo in each["photos"])
        about = answers.model_name(service.locator)
        answer: AlbumAnswer = {
            "model": about["model"], "world": about["world"], "method": found.joint.method or query.method,
            "clocks": found.clocks, "albums": found.albums, "failed": failed,
        }  # fmt: skip
        if found.joint.weights:
            answer["model_weight"] = cast(ModelWeight, found.joint.weights.to_dict())
        if found.notes:
            answer["notes"] = found.notes
        return answer

    track = openapi.files(
        uploads.MAX_TRACKS,
        "Tracks (GPX, KML, KMZ, TCX, FIT, NMEA, Google Timeline, DJI's SRT), gzipped or not: known places",
    )
    return Endpoint(
        "POST", "/v1/album", album, "Where the photos of a trip were taken",
        body=openapi.photos_body(service.limits.photos, track=track, **evidence.form()), refusals=openapi.UPLOAD,
        example=EXAMPLE,
    )  # fmt: skip


class Joint(NamedTuple):
    """What places the photos of a request beside the method: their `library`, and how much the model counts in it."""

    library: Library | None = None
    weights: Weights | None = None

    @property
    def method(self) -> str:
        """The album method that answers; "" where that is the one that was asked for."""
        return "" if self.library is None else methods.JOINED if self.weights else methods.MOVEMENT


class Located(NamedTuple):
    """What a request is answered with: its albums, the clocks, what is to be noted of its tracks, what placed it."""

    albums: list[AlbumRecord]
    clocks: list[ClockRecord]
    notes: list[str]
    joint: Joint


async def _located(
    service: Service, files: list[Upload], query: AlbumQuery, told: given_clocks.Given, fields: uploads.Fields
) -> Located:
    """The albums that the files of a request form, located."""
    photos = [upload for upload in files if upload.field != TRACK]
    if not photos:
        raise Problem(400, "no photo in the request, only a track: send files in any other field")
    given = await evidence.given(service.batcher, fields, len(photos))
    track, notes = await tracks.read(service, [upload for upload in files if upload.field == TRACK], told)
    clocks = await _settled(service, photos, query, told, track)
    places = known_places.any_known([shot.place for shot in clocks.shots], query.anchors, track)
    by_movement = query.method == methods.AUTO and (places or not service.model)
    shots = movement.dated(clocks.shots) if by_movement and track is None else clocks.shots
    found, _, utc = trips.split(shots, query.gap_hours, query.one_camera, clocks.by, track is not None)
    if track is not None:
        notes += tracks.check(track, found, utc)
    cut = await cut_of(service, query)
    seen, texts = await _see(service, photos, query, given)
    joint = Joint()
    if by_movement and places:
        joint = await service.aside("album", lambda: _joint(service, shots, found, seen, query, track))

    async def locate(number: int, trip: trips.Trip) -> AlbumRecord:
        def work() -> AlbumRecord:
            own = seen.take(trip.rows)
            _find(service, trip, own, photos, texts, query)
            return _album(service, number, trip, own, texts, query, track, cut, joint)

        return await service.aside("album", work)

    albums = [await locate(number, trip) for number, trip in enumerate(found, start=1)]
    return Located(albums, cast(list[ClockRecord], clocks.records()), notes, joint)


def _joint(
    service: Service, shots: list[Shot], found: list[trips.Trip], seen: Evidence, query: AlbumQuery, track: Track | None
) -> Joint:
    """The photos of a request as one library, and how much the model counts in it; without looks, which take long."""
    library = movement.of(shots, found, query.anchors, track)
    if not service.model:
        return Joint(library)
    if not len(library.known):
        return Joint()
    chosen = teaching.chosen(found, library, service.locator.info.classes)
    own = {number: seen.take(found[number].rows) for number in chosen}
    suspected = leakage.trained_on(service.locator.bundle, [shot.source for shot in shots])
    return Joint(library, teaching.learned(service.locator, found, library, own, suspected))


async def _settled(
    service: Service, photos: list[Upload], query: AlbumQuery, told: given_clocks.Given, track: Track | None
) -> Settled:
    """The photos of a request → shots with their times, by what is known of the clocks."""
    most = service.limits.photo_pixels
    shots = await asyncio.gather(
        *(service.batcher.decode(read_shot, photo.content, {}, photo.name, most) for photo in photos)
    )
    try:
        return await service.aside("album", lambda: settled(shots, track, told, query.anchors))
    except InputError as error:
        raise Problem(400, str(error)) from None


async def _see(
    service: Service, photos: list[Upload], query: AlbumQuery, given: Sequence[Reading | None]
) -> tuple[Evidence, list[Text]]:
    """What the network sees in the photos of a request, batched with those of other clients; and what is read there."""
    seen = Evidence.flat(len(photos), service.locator.info.classes, service.locator.info.embedding_size)

    async def one(row: int) -> Text:
        reading = service.finder.begin(photos[row].content, query.signs, given[row])
        try:
            mass, embedding, unknown = await service.batcher.see(photos[row].content)
            seen.log_probabilities[row], seen.embeddings[row] = mass, embedding
            seen.unknown[row] = np.nan if unknown is None else unknown
            text = await reading
        except InputError as error:
            service.metrics.photo(located=False)
            seen.unreadable[row] = InputError(problems.reason(error))
            return Text()
        finally:
            reading.cancel()
        service.metrics.photo(located=True)
        return text

    return seen, await asyncio.gather(*(one(row) for row in range(len(photos))))


def _find(
    service: Service, trip: trips.Trip, seen: Evidence, photos: list[Upload], texts: list[Text], query: AlbumQuery
) -> None:
    """Put what is evidence in the photos of a trip into `seen`, which is of them; `photos`, `texts`: of the request.

    Equal likelihoods are held once, and neither too many of them nor for too long: what is left out is `unread`.
    """
    likelihoods: dict[bytes, NDArray[np.float32]] = {}
    until = time.monotonic() + PATIENCE * service.limits.seconds
    for at, row in enumerate(trip.rows.tolist() if service.finder.looks else ()):
        if at in seen.unreadable:
            continue
        own = Found(texts[row].reading, ())
        if len(likelihoods) < MAX_LIKELIHOODS and time.monotonic() < until:
            own = service.finder.clues(photos[row].content, texts[row], query.clock, query.struck(row))
        else:
            texts[row] = Text(texts[row].reading, MUCH)
        seen.found[at] = clues.interned(own, likelihoods)


def _album(
    service: Service,
    number: int,
    trip: trips.Trip,
    seen: Evidence,
    texts: list[Text],
    query: AlbumQuery,
    track: Track | None,
    cut: Cut | None,
    joint: Joint,
) -> AlbumRecord:
    """The photos of one trip, located together. `texts`: of all photos of the request."""
    found = locate_trip.decide(service.locator, trip, seen, query.method, query.anchors, track, cut, *joint)
    prepare([each.prediction for each in found if each.prediction is not None], query.region)
    photos = []
    for row, each in zip(trip.rows.tolist(), found, strict=True):
        photo = {**each.record(query.options()), "index": row}
        if each.prediction is not None:
            options = each.options(query.options())
            photo |= answers.extras(each.shot.name, each.prediction, options, query.geojson, query.regions)
            photo |= evidence.about(texts[row], query)
        photos.append(photo)
    return cast(AlbumRecord, trip.record(number, photos))
