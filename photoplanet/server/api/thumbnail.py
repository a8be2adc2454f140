"""GET /v1/similar/thumbnail: a photo of the server's library, small."""

from typing import Annotated

from pydantic import BaseModel, Field
from starlette.requests import Request

from photoplanet.errors import InputError
from photoplanet.photos import decode
from photoplanet.server import openapi
from photoplanet.server.api.similar import NO_LIBRARY
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.problems import Problem
from photoplanet.server.service import Service

LONGER_SIDE, QUALITY = 320, 80  # pixels at most; of the JPEG


class ThumbnailQuery(BaseModel):
    """Which photo."""

    photo_id: Annotated[str, Field(max_length=4096, description="As a match names it")]


def endpoint(service: Service) -> Endpoint:
    """Make the endpoint; without a library it answers 404."""
    library = service.library
    rows = {} if library is None else {name: row for row, name in enumerate(library.listing.ids)}

    async def thumbnail(request: Request, query: ThumbnailQuery) -> bytes:
        """A JPEG of at most 320 pixels, without any metadata."""
        if library is None:
            raise Problem(404, NO_LIBRARY)
        if query.photo_id not in rows:
            raise Problem(404, "no photo of the library has this photo_id")
        address, most = library.listing.addresses[rows[query.photo_id]], service.limits.photo_pixels
        try:
            jpeg, _ = await service.bounded(
                request, 1, lambda: service.batcher.decode(decode.plain_jpeg, address, LONGER_SIDE, QUALITY, most)
            )
        except InputError:
            raise Problem(404, "this photo of the library can no longer be read") from None
        return jpeg

    return Endpoint(
        "GET", "/v1/similar/thumbnail", thumbnail, "A photo of the library, small",
        refusals=(*openapi.READ, 404, 429, 503, 504), media_type="image/jpeg",
    )  # fmt: skip
