"""POST /v1/read: the text in photos."""

import asyncio
from typing import cast

from starlette.requests import Request
from typing_extensions import TypedDict, final

from photoplanet.errors import InputError
from photoplanet.server import openapi, problems
from photoplanet.server.api.answers import Count, UnreadablePhoto
from photoplanet.server.api.evidence import ReadingAnswer
from photoplanet.server.api.parameters import PhotoQuery
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.problems import Problem
from photoplanet.server.service import Service
from photoplanet.server.uploads import Upload

NO_READER = "this server does not read text: it was started with --no-signs, or the extra 'signs' is not installed"


@final
class ReadPhoto(ReadingAnswer):
    """What stands in one photo."""

    file: str


class ReadAnswer(TypedDict):
    """What stands in each photo, in the order sent; `failed` counts those that could not be read."""

    photos: list[ReadPhoto | UnreadablePhoto]
    failed: Count


EXAMPLE: ReadAnswer = {
    "photos": [{
        "file": "IMG_1.jpg", "width": 4000, "height": 3000, "cut": False, "lines": [{
            "text": "Vesterbrogade", "score": 0.97, "role": "sign",
            "box": [[0.31, 0.42], [0.48, 0.41], [0.48, 0.45], [0.31, 0.46]],
        }],
    }],
    "failed": 0,
}  # fmt: skip


def endpoint(service: Service) -> Endpoint:
    """Make the endpoint; it answers 404 where the server reads no text."""

    async def read(request: Request, query: PhotoQuery) -> ReadAnswer:
        """One photo as the body, or any number as multipart/form-data → lines of text, each with its box.

        Nothing of it leaves the machine that the server runs on.
        """
        if not service.finder.reads:
            raise Problem(404, NO_READER)

        async def work(photos: list[Upload]) -> list[ReadPhoto | UnreadablePhoto]:
            return await asyncio.gather(*(_read(service, photo) for photo in photos))

        photos = await service.answer(request, work)
        if len(photos) == 1 and "error" in photos[0]:
            raise Problem(400, f"the photo: {photos[0]['error']}")
        return {"photos": photos, "failed": sum("error" in photo for photo in photos)}

    return Endpoint(
        "POST", "/v1/read", read, "What stands in photos",
        body=openapi.photos_body(service.limits.photos), refusals=(*openapi.UPLOAD, 404), example=EXAMPLE,
    )  # fmt: skip


async def _read(service: Service, photo: Upload) -> ReadPhoto | UnreadablePhoto:
    try:
        reading = await service.finder.read(photo.content)
    except InputError as error:
        return {"file": photo.name, "error": problems.reason(error)}
    return cast(ReadPhoto, {"file": photo.name, **reading.to_dict()})
