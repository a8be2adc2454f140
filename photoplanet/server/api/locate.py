"""POST /v1/locate: photos → places."""

import asyncio
from typing import cast

from starlette.requests import Request

from photoplanet.errors import InputError
from photoplanet.locate import joining, why
from photoplanet.locate.own_place import OwnPlace
from photoplanet.locate.prediction import Prediction
from photoplanet.locate.within import Cut
from photoplanet.server import openapi, problems
from photoplanet.server.api import answers, evidence
from photoplanet.server.api.answers import Count, LocatedPhoto, ModelName, UnreadablePhoto
from photoplanet.server.api.areas import cut_of
from photoplanet.server.api.parameters import EstimateQuery
from photoplanet.server.batching import Report
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.finder import Text
from photoplanet.server.problems import Problem
from photoplanet.server.service import Service
from photoplanet.server.uploads import Upload
from photoplanet.signs.line import Reading


class LocateAnswer(ModelName):
    """One answer for each photo, in the order sent; `failed` counts those that could not be read."""

    photos: list[LocatedPhoto | UnreadablePhoto]
    failed: Count


EXAMPLE: LocateAnswer = {
    "model": "toy",
    "world": "toy",
    "photos": [{"file": "IMG_1.jpg", "own_gps": answers.OWN_GPS, **answers.ESTIMATE, **evidence.EXAMPLE}],
    "failed": 0,
}


def endpoint(service: Service) -> Endpoint:
    """Make the endpoint."""

    async def locate(request: Request, query: EstimateQuery) -> LocateAnswer:
        """One photo as the body, or any number as multipart/form-data; one answer each, in the same order.

        A form's field `readings` may hold what was read in the photos before (`reading=true`), so that an answer in
        which a piece of evidence is struck out comes at once.
        """
        fields = evidence.fields()

        async def work(photos: list[Upload]) -> list[LocatedPhoto | UnreadablePhoto]:
            cut = await cut_of(service, query)
            given = await evidence.given(service.batcher, fields, len(photos))
            located = (
                _located(service, photo, query, cut, number, given[number]) for number, photo in enumerate(photos)
            )
            if len(photos) == 1:
                return [await next(located)]
            return await asyncio.gather(*located)

        photos = await service.answer(request, work, fields=fields)
        if len(photos) == 1 and "error" in photos[0]:
            raise Problem(400, f"the photo: {photos[0]['error']}")
        failed = sum("error" in photo for photo in photos)
        return {**answers.model_name(service.locator), "photos": photos, "failed": failed}

    return Endpoint(
        "POST", "/v1/locate", locate, "Where photos were taken",
        body=openapi.photos_body(service.limits.photos, **evidence.form()), refusals=openapi.UPLOAD, example=EXAMPLE,
    )  # fmt: skip


async def _located(
    service: Service, photo: Upload, query: EstimateQuery, cut: Cut | None, number: int, given: Reading | None
) -> LocatedPhoto | UnreadablePhoto:
    def report(prediction: Prediction, own: OwnPlace | None) -> LocatedPhoto:
        found = prediction if cut is None else cut(prediction)
        return answers.located(photo.name, found, query.options(), query.geojson, query.regions, own)

    try:
        if service.finder.looks:
            found = await _joined(service, photo, query, number, given, report)
        else:
            found = await service.batcher.locate(photo.content, report)
    except InputError as error:
        service.metrics.photo(located=False)
        return {"file": photo.name, "error": problems.reason(error)}
    service.metrics.photo(located=True)
    return found


async def _joined(
    service: Service, photo: Upload, query: EstimateQuery, number: int, given: Reading | None,
    report: Report[LocatedPhoto],
) -> LocatedPhoto:  # fmt: skip
    """The answer to one photo, in which evidence is looked for while the network sees it."""

    def join(before: Prediction, own: OwnPlace | None, text: Text) -> LocatedPhoto:
        looked = service.finder.clues(photo.content, text, query.clock, query.struck(number))
        found = joining.joined(before, looked.clues, looked.reading, looked.struck)
        facts = evidence.about(text, query)
        if found.evidence is None or found.evidence.kept:
            return cast(LocatedPhoto, report(found, own) | facts)
        return cast(LocatedPhoto, report(before, own) | why.record(found.evidence) | facts)  # worked out already

    reading = service.finder.begin(photo.content, query.signs, given)
    try:
        before, own = await service.batcher.locate(photo.content, lambda prediction, own: (prediction, own))
        text = await reading
    finally:
        reading.cancel()
    return await service.finder.join(lambda: join(before, own, text))
