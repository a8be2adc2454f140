"""POST /v1/locate: photos → places."""

import asyncio

from starlette.requests import Request

from photoplanet.errors import InputError
from photoplanet.locate.prediction import Prediction
from photoplanet.locate.within import Cut
from photoplanet.server import openapi, problems
from photoplanet.server.api import answers
from photoplanet.server.api.answers import Count, LocatedPhoto, ModelName, UnreadablePhoto
from photoplanet.server.api.areas import cut_of
from photoplanet.server.api.parameters import EstimateQuery
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.problems import Problem
from photoplanet.server.service import Service
from photoplanet.server.uploads import Upload


class LocateAnswer(ModelName):
    """One answer for each photo, in the order sent; `failed` counts those that could not be read."""

    photos: list[LocatedPhoto | UnreadablePhoto]
    failed: Count


EXAMPLE: LocateAnswer = {
    "model": "toy",
    "world": "toy",
    "photos": [{"file": "IMG_1.jpg", **answers.ESTIMATE}],
    "failed": 0,
}


def endpoint(service: Service) -> Endpoint:
    """Make the endpoint."""

    async def locate(request: Request, query: EstimateQuery) -> LocateAnswer:
        """One photo as the body, or any number as multipart/form-data; one answer each, in the same order."""

        async def work(photos: list[Upload]) -> list[LocatedPhoto | UnreadablePhoto]:
            cut = await cut_of(service, query)
            if len(photos) == 1:
                return [await _located(service, photos[0], query, cut)]
            return await asyncio.gather(*(_located(service, photo, query, cut) for photo in photos))

        photos = await service.answer(request, work)
        if len(photos) == 1 and "error" in photos[0]:
            raise Problem(400, f"the photo: {photos[0]['error']}")
        failed = sum("error" in photo for photo in photos)
        return {**answers.model_name(service.locator), "photos": photos, "failed": failed}

    return Endpoint(
        "POST", "/v1/locate", locate, "Where photos were taken",
        body=openapi.photos_body(service.limits.photos), refusals=openapi.UPLOAD, example=EXAMPLE,
    )  # fmt: skip


async def _located(
    service: Service, photo: Upload, query: EstimateQuery, cut: Cut | None
) -> LocatedPhoto | UnreadablePhoto:
    def report(prediction: Prediction) -> LocatedPhoto:
        found = prediction if cut is None else cut(prediction)
        return answers.located(photo.name, found, query.options(), query.geojson, query.regions)

    try:
        found = await service.batcher.locate(photo.content, report)
    except InputError as error:
        service.metrics.photo(located=False)
        return {"file": photo.name, "error": problems.reason(error)}
    service.metrics.photo(located=True)
    return found
