"""POST /v1/similar: the photos of the server's library that show what a photo shows."""

from typing import TYPE_CHECKING, Annotated, cast

from pydantic import Field
from starlette.requests import Request
from typing_extensions import NotRequired, TypedDict

from photoplanet.albums.known_places import from_photo
from photoplanet.earth import geodesy
from photoplanet.earth.areas.area import Area
from photoplanet.locate.precision import DEFAULT_PRECISION
from photoplanet.server import openapi
from photoplanet.server.api.answers import Count, Latitude, Longitude
from photoplanet.server.api.areas import area_of
from photoplanet.server.api.parameters import AreaQuery, Precision
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.problems import Problem
from photoplanet.server.service import Service
from photoplanet.server.uploads import Upload

if TYPE_CHECKING:
    from photoplanet.retrieval.library.matching import Library

NO_LIBRARY = "this server was started without --library, so there are no photos to compare with"


class SimilarQuery(AreaQuery):
    """What to list."""

    count: Annotated[int, Field(ge=1, le=100, description="Photos to list, at most")] = 5
    all: Annotated[bool, Field(description="List the nearest even where geometry proves nothing")] = False
    precision: Precision = DEFAULT_PRECISION


class LikeIt(TypedDict):
    """Of the library's own photos, left out: how many of the matches with as much evidence were within 25 km."""

    right: Count
    of: Count


class MatchAnswer(TypedDict):
    """A photo of the library; `distance` for embeddings, the following for local features.

    `inliers` agree, `details` of these are not of movable things, `chance`: that it is right within 25 km, `trusted`:
    at least 0.95, `like_it`: what that was measured on, `impossible`: "time" where nobody can have been there then.

    `km`: from where the photo's own GPS says it was taken.
    """

    photo_id: str
    score: float
    latitude: Latitude
    longitude: Longitude
    place: str
    country_code: str
    inliers: NotRequired[Count]
    trusted: NotRequired[bool]
    details: NotRequired[Count]
    chance: NotRequired[Annotated[float, Field(ge=0, le=1)]]
    like_it: NotRequired[LikeIt]
    impossible: NotRequired[str]
    distance: NotRequired[float]
    km: NotRequired[float]


class SimilarAnswer(TypedDict):
    """Matches, best first; `itself`: photos of the library that are the very photo sent.

    `outside`: how many of the photos most like it are not from the area that was given, and left out.
    """

    file: str
    itself: list[str]
    matches: list[MatchAnswer]
    outside: NotRequired[Count]


EXAMPLE: SimilarAnswer = {
    "file": "IMG_1.jpg", "itself": [], "matches": [{
        "photo_id": "trip/IMG_7.jpg", "score": 0.41, "latitude": 48.9, "longitude": 2.3, "country_code": "FR",
        "place": "Paris, Île-de-France, France", "inliers": 125, "trusted": True,
        "details": 118, "chance": 0.977, "like_it": {"right": 42, "of": 42},
    }],
}  # fmt: skip


def endpoint(service: Service) -> Endpoint:
    """Make the endpoint; without a library it answers 404."""

    async def similar(request: Request, query: SimilarQuery) -> SimilarAnswer:
        """One photo → the photos of the library (`photoplanet serve --library`) that match it, best first.

        `km`: how far a match is from where the photo's own GPS says it was taken, where it says so.
        """
        library = service.library
        if library is None:
            raise Problem(404, NO_LIBRARY)

        async def work(photos: list[Upload]) -> SimilarAnswer:
            area = await area_of(service, query)
            photo = await service.one(photos, "similar")
            return await service.aside("search", lambda: _similar(library, photo, query, area))

        return await service.answer(request, work)

    return Endpoint(
        "POST", "/v1/similar", similar, "The library's photos that show the same",
        body=openapi.photos_body(1), refusals=(*openapi.UPLOAD, 404), example=EXAMPLE,
    )  # fmt: skip


def _similar(library: "Library", photo: Upload, query: SimilarQuery, area: Area | None) -> SimilarAnswer:
    """One photo's matches, as `photoplanet similar --json` reports them but without the paths of the server's files."""
    itself = library.itself(photo.content)
    own = from_photo(photo.content)[1]
    matches = []
    similar, outside = library.similar_in(photo.content, query.count, area, itself)
    for match in similar:
        if match.trusted is False and not query.all:
            continue
        facts = match.to_dict(query.precision)
        del facts["path"]
        if own is not None:
            facts["km"] = round(float(geodesy.distance_km(*own, match.latitude, match.longitude)), 3)
        matches.append(cast(MatchAnswer, facts))
    found: SimilarAnswer = {
        "file": photo.name, "itself": [library.listing.ids[row] for row in itself], "matches": matches,
    }  # fmt: skip
    if area is not None:
        found["outside"] = outside
    return found
