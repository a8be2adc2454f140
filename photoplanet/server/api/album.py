"""POST /v1/album: the photos of a trip, located together, as `photoplanet album --json` tells it."""

import asyncio
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse

from photoplanet.albums import album_parameters, locate_trip, located_photos, methods, trips
from photoplanet.albums.album import GAP_HOURS
from photoplanet.albums.evidence import Evidence
from photoplanet.albums.shots import read_shot
from photoplanet.errors import InputError
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.precision import DEFAULT_PRECISION
from photoplanet.locate.prediction import prepare
from photoplanet.metadata import gpx
from photoplanet.server import openapi, service, uploads
from photoplanet.server.openapi import Always, Method, Precision, Regions, Shapes, Share, Top
from photoplanet.server.problems import Problem
from photoplanet.server.uploads import Upload

Offset = Annotated[
    str | None,
    Query(max_length=9, description="How far clocks that name no zone are ahead of UTC: +02:00, in a URL %2B02:00",
          json_schema_extra={"pattern": f"^({trips.OFFSET})$"}),
]  # fmt: skip
TRACK = "track"  # the form field of a GPX file
KINDS = [located_photos.OWN, located_photos.TRACK, located_photos.ESTIMATED, located_photos.NEIGHBOURS]
BODY = openapi.body(track={"type": "string", "format": "binary", "description": "A GPX track: known places"})
ANSWER = openapi.answer(
    openapi.record(
        "model world method albums failed",
        model=openapi.TEXT, world=openapi.TEXT, method=openapi.TEXT, failed=openapi.COUNT,
        albums=openapi.listed(openapi.record(
            "album title from to photos", album=openapi.COUNT, title=openapi.TEXT, to=openapi.TEXT,
            **{"from": openapi.TEXT},
            photos=openapi.listed(openapi.record(
                "file taken_at kind index", **openapi.FOUND, taken_at=openapi.maybe(openapi.TEXT),
                kind={"enum": KINDS}, index=openapi.COUNT,
            )),
        )),
    ),
    {"model": "toy", "world": "toy", "method": methods.AUTO, "failed": 0, "albums": [{
        "album": 1, "title": "Maker Camera", "from": "2020-05-01", "to": "2020-05-01",
        "photos": [{**openapi.PHOTO, "taken_at": "2020-05-01T10:01:00", "kind": "estimated", "index": 0}],
    }]},
)  # fmt: skip


def add(app: FastAPI, shared: service.Service) -> None:
    """Add the endpoint."""
    known = album_parameters.read(shared.locator.bundle)

    @app.post("/v1/album", summary="Where the photos of a trip were taken", openapi_extra=BODY, responses=ANSWER)
    async def album(
        request: Request,
        method: Method = methods.AUTO,
        gap_hours: Annotated[float, Query(gt=0, le=1e6, description="A longer pause starts another album")] = GAP_HOURS,
        one_camera: Annotated[bool, Query(description="Put the photos of all cameras into one album")] = False,
        anchors: Annotated[bool, Query(description="Take photos that have GPS for known places")] = True,
        time_offset: Offset = None,
        top: Top = 1,
        region: Share = REGION_SHARE,
        precision: Precision = DEFAULT_PRECISION,
        answer_always: Always = False,
        geojson: Shapes = False,
        regions: Regions = False,
    ) -> JSONResponse:
        """Photos as multipart/form-data, files in any field; a file in the field `track` is a GPX track.

        Times, cameras and known places come from the photos' EXIF. A photo that cannot be read keeps its slot, takes
        its place from its neighbours, and has its `error`; `index` says which of the photos sent each one is.
        """
        form = AnswerOptions(top, region, precision, answer_always)
        methods.check(method, known, shared.locator.info.name)
        # A plus sign in a URL that was not written as %2B arrives as a space.
        offset = trips.check_offset(time_offset.replace(" ", "+")) if time_offset else None

        async def work(files: list[Upload]) -> list[dict[str, Any]]:
            photos = [upload for upload in files if upload.field != TRACK]
            if not photos:
                raise Problem(400, "no photo in the request, only a track: send files in any other field")
            track = await _track(shared, [upload for upload in files if upload.field == TRACK])
            albums, utc = await _split(shared, photos, gap_hours, one_camera, offset)
            if track is not None and not utc:
                raise Problem(400, "tracks are in UTC, and some photos name no time zone; say what their clock showed: "
                                   "time_offset=+02:00 for two hours ahead")  # fmt: skip
            seen = await _see(shared, photos)

            def decide(number: int, trip: trips.Trip) -> dict[str, Any]:
                found = locate_trip.decide(shared.locator, trip, seen.take(trip.rows), method, anchors, track)
                prepare([each.prediction for each in found if each.prediction is not None], region)
                told = zip(trip.rows.tolist(), found, strict=True)
                return trip.record(number, [_record(each, row, form, geojson, regions) for row, each in told])

            return [await shared.aside("album", decide, number, trip) for number, trip in enumerate(albums, start=1)]

        albums = await shared.answer(request, work)
        failed = sum("error" in photo for each in albums for photo in each["photos"])
        return JSONResponse({**shared.about(), "method": method, "albums": albums, "failed": failed})


async def _track(shared: service.Service, files: list[Upload]) -> Any:
    """The track among the files of a request; None without one. Problem 400 or 413 for one that cannot be used."""
    if not files:
        return None
    if len(files) > 1:
        raise Problem(400, f"one track, not {len(files)}: join the GPX files")
    if len(files[0].content) > shared.limits.track_bytes:
        raise uploads.too_large(shared.limits.track_bytes, "the track")
    track, _ = await shared.batcher.decode(gpx.parse, files[0].content, "the track")
    return track


async def _split(
    shared: service.Service, photos: list[Upload], gap_hours: float, one_camera: bool, offset: str | None
) -> tuple[list[trips.Trip], bool]:
    """The photos of a request → trips, and whether their times are UTC."""
    most = shared.limits.photo_pixels
    shots = await asyncio.gather(
        *(shared.batcher.decode(read_shot, photo.content, {}, photo.name, most) for photo in photos)
    )
    albums, _, utc = trips.split(shots, gap_hours, one_camera, offset)
    return albums, utc


async def _see(shared: service.Service, photos: list[Upload]) -> Evidence:
    """What the network sees in the photos of a request, batched with those of other clients."""
    seen = Evidence.flat(len(photos), shared.locator.info.classes, shared.locator.info.embedding_size)

    async def one(row: int) -> None:
        try:
            seen.log_probabilities[row], seen.embeddings[row] = await shared.batcher.see(photos[row].content)
        except InputError as error:
            shared.metrics.photos.labels("unreadable").inc()
            seen.unreadable[row] = service.nameless(error)
        else:
            shared.metrics.photos.labels("located").inc()

    await asyncio.gather(*(one(row) for row in range(len(photos))))
    return seen


def _record(
    found: located_photos.LocatedPhoto, row: int, form: AnswerOptions, geojson: bool, regions: bool
) -> dict[str, Any]:
    facts = {**found.record(form), "index": row}
    if found.prediction is not None:
        facts |= service.more(found.prediction, found.shot.name, found.options(form), geojson, regions)
    return facts
