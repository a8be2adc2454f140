"""POST /v1/similar: the photos of the server's library that show what a photo shows, and their thumbnails."""

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse

from photoplanet.albums.known_places import from_exif
from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.locate.precision import DEFAULT_PRECISION
from photoplanet.photos import decode
from photoplanet.server import openapi, service
from photoplanet.server.openapi import Precision
from photoplanet.server.problems import Problem
from photoplanet.server.uploads import Upload

THUMBNAIL, THUMBNAIL_QUALITY = 320, 80  # pixels, the longer side at most
NO_LIBRARY = "this server was started without --library, so there are no photos to compare with"
EXAMPLE = {
    "photo_id": "trip/IMG_7.jpg", "score": 0.41, "latitude": 48.9, "longitude": 2.3, "country_code": "FR",
    "place": "Paris, Île-de-France, France", "inliers": 125, "trusted": True,
}  # fmt: skip
ANSWER = openapi.answer(
    openapi.record(
        "file itself matches",
        file=openapi.TEXT, itself=openapi.listed(openapi.TEXT),
        matches=openapi.listed(openapi.record(
            "photo_id score latitude longitude place country_code",
            photo_id=openapi.TEXT, score=openapi.NUMBER, latitude=openapi.NUMBER, longitude=openapi.NUMBER,
            place=openapi.TEXT, country_code=openapi.TEXT, inliers=openapi.COUNT, trusted=openapi.FLAG,
            distance=openapi.NUMBER, km=openapi.NUMBER,
        )),
    ),
    {"file": "IMG_1.jpg", "itself": [], "matches": [EXAMPLE]},
    (*openapi.UPLOAD, 404),
)  # fmt: skip
PICTURE = {
    200: {
        "description": "A JPEG",
        "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
    },
    **openapi.refused((*openapi.READ, 404, 429, 503, 504)),
}


def add(app: FastAPI, shared: service.Service) -> None:
    """Add both endpoints; without a library they answer 404."""
    library = shared.library
    rows = {} if library is None else {name: row for row, name in enumerate(library.listing.ids)}

    @app.post("/v1/similar", summary="The library's photos that show the same", openapi_extra=openapi.body(1),
              responses=ANSWER)  # fmt: skip
    async def similar(
        request: Request,
        count: Annotated[int, Query(ge=1, le=100, description="Photos to list, at most")] = 5,
        all: Annotated[bool, Query(description="List the nearest even where geometry proves nothing")] = False,
        precision: Precision = DEFAULT_PRECISION,
    ) -> JSONResponse:
        """One photo → the photos of the library (`photoplanet serve --library`) that match it, best first.

        `km`: how far a match is from where the photo's own GPS says it was taken, where it says so.
        """
        if library is None:
            raise Problem(404, NO_LIBRARY)

        async def work(photos: list[Upload]) -> dict[str, Any]:
            upload = await shared.one(photos, "similar")
            return await shared.aside("search", _facts, library, upload, count, all, precision)

        return JSONResponse(await shared.answer(request, work))

    @app.get("/v1/similar/thumbnail", summary="A photo of the library, small", response_class=Response,
             responses=PICTURE)  # fmt: skip
    async def thumbnail(
        request: Request,
        photo_id: Annotated[str, Query(max_length=4096, description="As a match names it")],
    ) -> Response:
        """A JPEG of at most 320 pixels, without any metadata."""
        if library is None:
            raise Problem(404, NO_LIBRARY)
        if photo_id not in rows:
            raise Problem(404, "no photo of the library has this photo_id")
        address = library.listing.addresses[rows[photo_id]]
        try:
            small, _ = await shared.bounded(
                request,
                1,
                lambda: shared.batcher.decode(
                    decode.plain_jpeg, address, THUMBNAIL, THUMBNAIL_QUALITY, shared.limits.photo_pixels
                ),
            )
        except InputError:
            raise Problem(404, "this photo of the library can no longer be read") from None
        return Response(small, media_type="image/jpeg")


def _facts(library: Any, upload: Upload, count: int, unproven: bool, precision: str) -> dict[str, Any]:
    """One photo's matches, as `photoplanet similar --json` tells them but without the paths of the server's files."""
    itself = library.itself(upload.content)
    matches = library.similar(upload.content, count, itself)
    own = from_exif(upload.content)[1]
    told = []
    for match in matches:
        if not unproven and match.trusted is False:
            continue
        facts = {key: value for key, value in match.to_dict(precision).items() if key != "path"}
        if own is not None:
            facts["km"] = round(float(geodesy.distance_km(*own, match.latitude, match.longitude)), 3)
        told.append(facts)
    return {"file": upload.name, "itself": [library.listing.ids[row] for row in itself], "matches": told}
