"""POST /v1/locate: photos → places."""

import asyncio
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from photoplanet.errors import InputError
from photoplanet.locate.prediction import DEFAULT_PRECISION, REGION_SHARE, Prediction
from photoplanet.locate.results import Form, record
from photoplanet.server import described, service
from photoplanet.server.described import Always, Precision, Regions, Shapes, Share, Top
from photoplanet.server.problems import Problem
from photoplanet.server.uploads import Upload

ANSWER = described.answer(
    described.record(
        "model world photos failed",
        model=described.TEXT, world=described.TEXT, failed=described.COUNT,
        photos=described.listed(described.record("file", **described.FOUND)),
    ),
    {"model": "toy", "world": "toy", "photos": [described.PHOTO], "failed": 0},
)  # fmt: skip


def add(app: FastAPI, shared: service.Service) -> None:
    """Add the endpoint."""

    @app.post("/v1/locate", summary="Where photos were taken", openapi_extra=described.body(), responses=ANSWER)
    async def locate(
        request: Request,
        top: Top = 5,
        region: Share = REGION_SHARE,
        precision: Precision = DEFAULT_PRECISION,
        answer_always: Always = False,
        geojson: Shapes = False,
        regions: Regions = False,
    ) -> JSONResponse:
        """One photo as the body, or any number as multipart/form-data; one answer each, in the same order."""
        form = Form(top, region, precision, answer_always)

        async def all_of(photos: list[Upload]) -> list[dict[str, Any]]:
            if len(photos) == 1:
                return [await _one(shared, photos[0], form, geojson, regions)]
            return await asyncio.gather(*(_one(shared, upload, form, geojson, regions) for upload in photos))

        answers = await shared.answer(request, all_of)
        if len(answers) == 1 and "error" in answers[0]:
            raise Problem(400, answers[0]["error"])
        failed = sum("error" in answer for answer in answers)
        return JSONResponse({**shared.about(), "photos": answers, "failed": failed})


async def _one(shared: service.Service, upload: Upload, form: Form, geojson: bool, regions: bool) -> dict[str, Any]:
    def facts(prediction: Prediction) -> dict[str, Any]:
        return record(upload.name, prediction, form) | service.more(prediction, upload.name, form, geojson, regions)

    try:
        found = await shared.batcher.locate(upload.content, facts)
    except InputError as error:
        shared.metrics.photos.labels("unreadable").inc()
        return {"file": upload.name, "error": service.unnamed(error)}
    shared.metrics.photos.labels("located").inc()
    return found
