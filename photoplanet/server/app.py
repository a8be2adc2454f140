"""The HTTP API: photos in, places out, with bounds on everything; nothing of an upload is written to disk or log."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from photoplanet import __version__
from photoplanet.errors import InputError, PhotoplanetError
from photoplanet.locate.locator import Locator
from photoplanet.locate.prediction import DEFAULT_PRECISION, PRECISIONS, REGION_SHARE, Prediction
from photoplanet.locate.results import Form, record
from photoplanet.server import pages, problems, uploads
from photoplanet.server.batching import Batcher
from photoplanet.server.limits import Limits
from photoplanet.server.metrics import Metrics
from photoplanet.server.problems import Problem
from photoplanet.server.security import Guard, Rates

TITLE = "photoplanet"
ABOUT = "Where on Earth was this photo taken? From its pixels alone, with honest uncertainty."
_PHOTOS = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"photos": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                }
            },
            "image/*": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    "responses": {
        code: {"description": words, "content": {"application/problem+json": {}}}
        for code, words in (("400", "no usable photo"), ("401", "no token"), ("413", "too large"), ("429", "too many"),
                            ("503", "busy"), ("504", "took too long"))
    },
}  # fmt: skip

Top = Annotated[int, Query(ge=1, le=100, description="Cells to list for a photo")]
Share = Annotated[float, Query(gt=0, le=1, description="Probability that the credible region holds")]
Precision = Annotated[str, Query(pattern=f"^({'|'.join(PRECISIONS)})$", description="What coordinates are rounded to")]


class Service:
    """What the endpoints share: the model, its batcher, limits, rates and metrics."""

    def __init__(self, locator: Locator, limits: Limits):
        self.locator, self.limits = locator, limits
        self.metrics, self.rates = Metrics(), Rates(limits.rate)
        self.batcher = Batcher(locator, limits, self.metrics.watch)

    async def answer(self, request: Request, work: Callable[[list[uploads.Upload], dict[str, str]], Any]) -> Any:
        """Read the photos of a request, find room for them, and await `work`; Problem where a bound is passed."""
        found, fields = await uploads.read(request, self.limits)
        address = request.client.host if request.client else ""
        self.rates.spend(address, len(found))
        self.batcher.enter(len(found))
        try:
            return await asyncio.wait_for(work(found, fields), self.limits.seconds)
        except asyncio.TimeoutError:  # another class than the built-in one before Python 3.11
            raise Problem(504, f"not answered within {self.limits.seconds:g} s; send fewer or smaller photos") from None
        finally:
            self.batcher.leave(len(found))

    def about(self) -> dict[str, Any]:
        """What each answer says of the model."""
        info = self.locator.info
        return {"model": info.name, "world": "toy" if info.is_toy else "real"}


def create_app(
    locator: Locator,
    limits: Limits | None = None,
    token: str | None = None,
    hosts: Sequence[str] | None = None,
    origins: Sequence[str] = (),
) -> FastAPI:
    """The application for a loaded model. `token`, `hosts`, `origins`: who may ask (`server.security.Guard`)."""
    service = Service(locator, limits or Limits())

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        service.batcher.start()
        yield
        await service.batcher.stop()

    # FastAPI's own pages for /docs load scripts from elsewhere, so they are off; /openapi.json describes everything.
    app = FastAPI(title=TITLE, description=ABOUT, version=__version__, lifespan=life, docs_url=None, redoc_url=None)
    app.state.service = service
    _errors(app)
    _timing(app, service)
    _health(app, service)
    _locate(app, service)
    _explain(app, service)
    pages.add(app)
    app.add_middleware(Guard, token=token, hosts=hosts, origins=origins)
    return app


def _health(app: FastAPI, service: Service) -> None:
    @app.get("/healthz", summary="Whether the server works; needs no token")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "waiting": service.batcher.inside, "version": __version__}

    @app.get("/metrics", summary="Counts and times for Prometheus", response_class=Response)
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type=service.metrics.content_type)

    @app.get("/v1/models", summary="The model that answers, and its facts")
    async def models() -> dict[str, Any]:
        info = service.locator.info
        facts = {
            "name": info.name,
            "world": service.about()["world"],
            "cells": info.classes,
            "image_size": info.preprocessing.size,
            "embedding_size": info.embedding_size,
            "created": info.created,
            "calibration": info.calibration,
            "training": {k: info.training[k] for k in ("photos", "date", "epochs") if k in info.training},
        }
        return {"default": info.name, "models": [facts]}


def _locate(app: FastAPI, service: Service) -> None:
    @app.post("/v1/locate", summary="Where photos were taken", openapi_extra=_PHOTOS)
    async def locate(
        request: Request,
        top: Top = 5,
        region: Share = REGION_SHARE,
        precision: Precision = DEFAULT_PRECISION,
        answer_always: bool = False,
        geojson: Annotated[bool, Query(description="Add the cells of the region as GeoJSON")] = False,
    ) -> dict[str, Any]:
        """One photo as the body, or any number as multipart/form-data; one answer each, in the same order."""
        form = Form(top, region, precision, answer_always)

        async def one(upload: uploads.Upload) -> dict[str, Any]:
            def facts(prediction: Prediction) -> dict[str, Any]:
                found = record(upload.name, prediction, form)
                if geojson:
                    found["geojson"] = _shapes(prediction, upload.name, form)
                return found

            try:
                found = await service.batcher.locate(upload.content, facts)
            except InputError as error:
                service.metrics.photos.labels("unreadable").inc()
                return {"file": upload.name, "error": unnamed(error)}
            service.metrics.photos.labels("located").inc()
            return found

        async def all_of(photos: list[uploads.Upload], fields: dict[str, str]) -> list[dict[str, Any]]:
            return await asyncio.gather(*(one(upload) for upload in photos))

        answers = await service.answer(request, all_of)
        if len(answers) == 1 and "error" in answers[0]:
            raise Problem(400, answers[0]["error"])
        return {
            **service.about(),
            "photos": answers,
            "failed": sum("error" in answer for answer in answers),
        }


def _explain(app: FastAPI, service: Service) -> None:
    @app.post("/v1/explain", summary="Which parts of a photo speak for its place", openapi_extra=_PHOTOS)
    async def explain(
        request: Request,
        latitude: Annotated[float | None, Query(ge=-90, le=90)] = None,
        longitude: Annotated[float | None, Query(ge=-180, le=180)] = None,
        positions: Annotated[int, Query(ge=2, le=40)] = 20,
        box: Annotated[float, Query(gt=0, lt=1)] = 0.2,
        map: Annotated[bool, Query(description="Add the map itself: rows of confidences")] = False,
    ) -> dict[str, Any]:
        """A grey box slides over one photo (paper, Fig. 10); give the true place where it is known."""
        from photoplanet.explain.occlusion import occlude

        if (latitude is None) != (longitude is None):
            raise Problem(400, "give latitude and longitude together, or neither")
        truth = None if latitude is None or longitude is None else (latitude, longitude)

        async def work(photos: list[uploads.Upload], fields: dict[str, str]) -> dict[str, Any]:
            if len(photos) != 1:
                raise Problem(400, f"explain takes one photo, not {len(photos)}")

            def run() -> dict[str, Any]:
                found = occlude(service.locator, photos[0].content, truth, positions, box)
                facts = {"file": photos[0].name, **found.to_dict()}
                return facts | ({"map": [[round(float(v), 5) for v in row] for row in found.heat]} if map else {})

            return await service.batcher.run(run)

        return {**service.about(), **await service.answer(request, work)}


def _shapes(prediction: Prediction, name: str, form: Form) -> dict[str, Any]:
    from photoplanet.locate import geojson

    pointed = form.answer_always or not prediction.abstains
    features = geojson.features(prediction, name, form.region, form.precision, pointed)
    return {"type": "FeatureCollection", "features": features}


def unnamed(error: Exception) -> str:
    """An error's words without "photo bytes:", which is what a photo that came over the wire is called inside."""
    return str(error).removeprefix("photo bytes: ")


def _errors(app: FastAPI) -> None:
    """Every error as problem+json; a fault says nothing of what is inside."""

    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        return problems.response(error.status, error.detail, error.headers)

    @app.exception_handler(PhotoplanetError)
    async def ours(request: Request, error: PhotoplanetError) -> Response:
        if isinstance(error, InputError):
            return problems.response(400, unnamed(error))
        return problems.response(500, "the model cannot answer; see the server's log")

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return problems.response(422, f"{'.'.join(map(str, first['loc'][1:]))}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return problems.response(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> Response:
        return problems.response(500, "a fault in photoplanet; see the server's log")


def _timing(app: FastAPI, service: Service) -> None:
    """Counts and times each answer by its route, never by the path as it was asked for."""
    known = ("/v1/locate", "/v1/album", "/v1/explain", "/v1/similar", "/v1/models", "/healthz", "/metrics", "/")

    @app.middleware("http")
    async def timed(request: Request, call: Callable[..., Any]) -> Response:
        start = time.perf_counter()
        path = request.url.path if request.url.path in known else "other"
        status = 500
        try:
            response = await call(request)
            status = response.status_code
            return response
        finally:
            service.metrics.requests.labels(path, str(status)).inc()
            service.metrics.seconds.labels(path).observe(time.perf_counter() - start)
