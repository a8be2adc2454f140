"""POST /v1/locate: photos → places."""

import asyncio
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from photoplanet.errors import InputError
from photoplanet.locate.answers import AnswerOptions, record
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.locate.precision import DEFAULT_PRECISION
from photoplanet.locate.prediction import Prediction
from photoplanet.server import openapi, service
from photoplanet.server.openapi import Always, Precision, Regions, Shapes, Share, Top
from photoplanet.server.problems import Problem
from photoplanet.server.query_cache import Remembering
from photoplanet.server.uploads import Upload

ANSWER = openapi.answer(
    openapi.record(
        "model world photos failed",
        model=openapi.TEXT, world=openapi.TEXT, failed=openapi.COUNT,
        photos=openapi.listed(openapi.record("file", **openapi.FOUND)),
    ),
    {"model": "toy", "world": "toy", "photos": [openapi.PHOTO], "failed": 0},
)  # fmt: skip


def add(app: FastAPI, shared: service.Service) -> None:
    """Add the endpoint."""

    async def locate(
        request: Request,
        top: Top = 5,
        region: Share = REGION_SHARE,
        precision: Precision = DEFAULT_PRECISION,
        answer_always: Always = False,
        geojson: Shapes = False,
        regions: Regions = False,
    ) -> Response:
        """One photo as the body, or any number as multipart/form-data; one answer each, in the same order."""
        asked = _Asked(AnswerOptions(top, region, precision, answer_always), geojson, regions)
        return await request.scope["route"].answer(request, answer, asked)

    async def answer(request: Request, asked: "_Asked") -> Response:
        async def all_of(photos: list[Upload]) -> list[dict[str, Any]]:
            if len(photos) == 1:
                return [await _one(shared, photos[0], asked)]
            return await asyncio.gather(*(_one(shared, upload, asked) for upload in photos))

        answers = await shared.answer(request, all_of)
        if len(answers) == 1 and "error" in answers[0]:
            raise Problem(400, answers[0]["error"])
        failed = sum("error" in answer for answer in answers)
        return JSONResponse({**shared.about(), "photos": answers, "failed": failed})

    app.router.add_api_route(
        "/v1/locate", locate, methods=["POST"], summary="Where photos were taken", openapi_extra=openapi.body(),
        responses=ANSWER, route_class_override=Remembering,
    )  # fmt: skip


@dataclass(frozen=True)
class _Asked:
    """How answers are told, and what is added to them."""

    form: AnswerOptions
    geojson: bool
    regions: bool


async def _one(shared: service.Service, upload: Upload, asked: _Asked) -> dict[str, Any]:
    def facts(prediction: Prediction) -> dict[str, Any]:
        more = service.more(prediction, upload.name, asked.form, asked.geojson, asked.regions)
        return record(upload.name, prediction, asked.form) | more

    try:
        found = await shared.batcher.locate(upload.content, facts)
    except InputError as error:
        shared.metrics.photos.labels("unreadable").inc()
        return {"file": upload.name, "error": service.unnamed(error)}
    shared.metrics.photos.labels("located").inc()
    return found
