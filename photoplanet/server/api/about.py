"""What the server says of itself: /healthz, /metrics, /v1/models."""

from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from photoplanet import __version__
from photoplanet.albums import album_parameters, methods
from photoplanet.server import openapi
from photoplanet.server.service import Service

HEALTH = openapi.answer(
    openapi.record("status waiting version", status={"const": "ok"}, waiting=openapi.COUNT,
                     version=openapi.TEXT),
    {"status": "ok", "waiting": 0, "version": __version__}, (400, 403, 500),
)  # fmt: skip
MODELS = openapi.answer(
    openapi.record(
        "default models album_methods library", default=openapi.TEXT, models=openapi.listed({"type": "object"}),
        album_methods=openapi.listed(openapi.TEXT),
        library=openapi.maybe(openapi.record("photos by", photos=openapi.COUNT, by=openapi.TEXT)),
    ),
    {"default": "toy", "models": [{"name": "toy", "world": "toy", "cells": 1044}],
     "album_methods": ["auto", "single", "timed-hmm"], "library": {"photos": 1200, "by": "local"}},
    openapi.READ,
)  # fmt: skip


def add(app: FastAPI, shared: Service) -> None:
    """Add the endpoints."""
    told = _models(shared)

    @app.get("/healthz", summary="Whether the server works; needs no token", responses=HEALTH)
    async def health() -> JSONResponse:
        return JSONResponse({"status": "ok", "waiting": shared.room.photos, "version": __version__})

    @app.get("/metrics", summary="Counts and times for Prometheus", response_class=PlainTextResponse,
             responses=openapi.refused((400, 401, 403, 500)))  # fmt: skip
    async def metrics() -> Response:
        return Response(shared.metrics.text(), media_type=shared.metrics.content_type)

    @app.get("/v1/models", summary="What there is: the model and its facts, album methods, the library",
             responses=MODELS)  # fmt: skip
    async def models() -> JSONResponse:
        return JSONResponse(told)


def _models(shared: Service) -> dict[str, Any]:
    info, library = shared.locator.info, shared.library
    facts = {
        "name": info.name,
        "world": shared.about()["world"],
        "cells": info.classes,
        "image_size": info.preprocessing.size,
        "fit": info.preprocessing.fit,
        "embedding_size": info.embedding_size,
        "created": info.created,
        "calibration": info.calibration,
        "training": {k: info.training[k] for k in ("photos", "date", "epochs") if k in info.training},
    }
    by = "" if library is None else library.backend.name.partition("-")[0]  # "embedding-…" names one of a model's
    return {
        "default": info.name,
        "models": [facts],
        "album_methods": [methods.AUTO, *methods.usable(album_parameters.of(shared.locator.bundle))],
        "library": None if library is None else {"photos": len(library), "by": by},
    }
