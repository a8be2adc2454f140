"""GET /v1/models: the model and its facts, album methods, the library."""

from typing import Any

from starlette.requests import Request
from typing_extensions import TypedDict

from photoplanet.albums import album_parameters, methods
from photoplanet.server import openapi
from photoplanet.server.api.answers import Count, World, model_name
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.service import Service


class ModelFacts(TypedDict):
    """What is known of a model; `calibration` and `training` as its card has them."""

    name: str
    world: World
    cells: Count
    image_size: Count
    fit: str
    embedding_size: Count
    created: str
    calibration: dict[str, Any]
    training: dict[str, Any]


class LibraryFacts(TypedDict):
    """Photos that can be found, and whether by local features or embeddings."""

    photos: Count
    by: str


class EvidenceFacts(TypedDict):
    """What is looked at beside the network: the text in photos, the camera's clock."""

    signs: bool
    clock: bool


class ModelsAnswer(TypedDict):
    """The model that answers, the album methods it can do, evidence beside it, and the library for /v1/similar.

    Without a model, `models` is empty, and places come from the evidence alone.
    """

    default: str
    evidence: EvidenceFacts
    models: list[ModelFacts]
    album_methods: list[str]
    library: LibraryFacts | None


EXAMPLE: ModelsAnswer = {
    "default": "toy",
    "evidence": {"signs": True, "clock": True},
    "models": [{
        "name": "toy", "world": "toy", "cells": 1044, "image_size": 64, "fit": "crop", "embedding_size": 128,
        "created": "2026-01-31T12:00:00+00:00", "calibration": {"temperature": 1.1}, "training": {"photos": 200000},
    }],
    "album_methods": ["auto", "single", "timed-hmm"],
    "library": {"photos": 1200, "by": "local"},
}  # fmt: skip


def endpoint(service: Service) -> Endpoint:
    """Make the endpoint."""
    found = _models(service)

    async def models(request: Request) -> ModelsAnswer:
        return found

    return Endpoint(
        "GET", "/v1/models", models, "What there is: the model and its facts, album methods, the library",
        refusals=openapi.READ, example=EXAMPLE,
    )  # fmt: skip


def _models(service: Service) -> ModelsAnswer:
    info, library = service.locator.info, service.library
    by = "" if library is None else library.backend.name.partition("-")[0]  # "embedding-…" names one of a model's
    facts: ModelFacts = {
        "name": info.name,
        "world": model_name(service.locator)["world"],
        "cells": info.classes,
        "image_size": info.preprocessing.size,
        "fit": info.preprocessing.fit,
        "embedding_size": info.embedding_size,
        "created": info.created,
        "calibration": info.calibration,
        "training": {key: info.training[key] for key in ("photos", "date", "epochs") if key in info.training},
    }
    return {
        "default": info.name,
        "evidence": {"signs": service.finder.reads, "clock": service.finder.minds_clocks},
        "models": [facts] if service.model else [],
        "album_methods": [methods.AUTO, *methods.usable(album_parameters.read(service.locator.bundle))],
        "library": None if library is None else {"photos": len(library), "by": by},
    }
