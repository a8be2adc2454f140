"""How the API describes itself in /openapi.json: parameters, bodies, answers with an example each, and problems."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query

from photoplanet.albums.methods import AUTO, METHODS
from photoplanet.locate.precision import PRECISIONS

PROBLEM_TYPE = "application/problem+json"

Top = Annotated[int, Query(ge=1, le=100, description="Cells to list for a photo")]
Share = Annotated[float, Query(gt=0, le=1, description="Probability that the credible region holds")]
Precision = Annotated[str, Query(pattern=f"^({'|'.join(PRECISIONS)})$", description="What coordinates are rounded to")]
Method = Annotated[
    str, Query(pattern=f"^({'|'.join([AUTO, *METHODS])})$", description="How the photos inform each other")
]
Always = Annotated[bool, Query(description="Give a place even where the evidence is weak")]
Shapes = Annotated[bool, Query(description="Add the point and the cells of the region as GeoJSON")]
Regions = Annotated[bool, Query(description="Add the credible region at each share from 50 to 99 %")]

TEXT, NUMBER, COUNT = {"type": "string"}, {"type": "number"}, {"type": "integer", "minimum": 0}
FLAG = {"type": "boolean"}
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT},
}
WORDS = {
    400: "No usable photo, or a host name that is not this server's",
    401: "No token, or a wrong one",
    403: "Another web site may not call",
    404: "There is no such thing here",
    408: "The request arrives too slowly",
    413: "Too large, or too many photos",
    415: "Not a photo's bytes, nor multipart/form-data",
    422: "A parameter is out of range",
    429: "Too many photos a minute from this address; Retry-After says when to come back",
    500: "A fault inside",
    503: "Busy; Retry-After says when to come back",
    504: "Not answered in time",
}
READ, UPLOAD = (400, 401, 403, 422, 500), (400, 401, 403, 408, 413, 415, 422, 429, 500, 503, 504)


def record(required: str, **properties: Any) -> dict[str, Any]:
    """The schema of an object; `required`: the names of what is always there, in one string."""
    return {"type": "object", "required": required.split(), "properties": properties}


def listed(items: dict[str, Any]) -> dict[str, Any]:
    """The schema of an array."""
    return {"type": "array", "items": items}


def maybe(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of something that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


PLACE = record(
    "latitude longitude confidence radius_km cell place level country_code",
    latitude={**NUMBER, "minimum": -90, "maximum": 90}, longitude={**NUMBER, "minimum": -180, "maximum": 180},
    confidence={**NUMBER, "minimum": 0, "maximum": 1}, radius_km=NUMBER, cell=TEXT, place=TEXT, level=TEXT,
    country_code=TEXT,
)  # fmt: skip
GEOJSON = record("type features", type={"const": "FeatureCollection"}, features=listed({"type": "object"}))
REGION = record(
    "probability radius_km area_km2 cells", probability=NUMBER, radius_km=NUMBER, area_km2=NUMBER, cells=COUNT
)
FOUND = {
    "file": TEXT, "best": maybe(PLACE), "confidence": {"type": "object", "additionalProperties": NUMBER},
    "abstains": FLAG, "region": REGION,
    "top": listed(PLACE), "readout": TEXT, "model": TEXT, "world": {"enum": ["toy", "real"]}, "error": TEXT,
    "geojson": GEOJSON,
    "regions": listed(record("share probability radius_km area_km2 cells", share=NUMBER, **REGION["properties"])),
}  # fmt: skip

PARIS = {
    "latitude": 48.9, "longitude": 2.3, "confidence": 0.81, "radius_km": 25.0, "cell": "47e67", "level": "city",
    "place": "Paris, Île-de-France, France", "country_code": "FR",
}  # fmt: skip
PHOTO = {
    "file": "IMG_1.jpg", "best": PARIS, "abstains": False, "top": [PARIS], "readout": "expected", "model": "toy",
    "confidence": {"street": 0.05, "city": 0.81, "region": 0.9, "country": 0.97, "continent": 0.99}, "world": "toy",
    "region": {"probability": 0.9, "radius_km": 180.0, "area_km2": 90000.0, "cells": 14},
}  # fmt: skip


def answer(schema: dict[str, Any], example: dict[str, Any], problems: tuple[int, ...] = UPLOAD) -> dict[int | str, Any]:
    """The `responses` of an endpoint: JSON of this schema, and the problems it may answer with."""
    content = {"application/json": {"schema": schema, "example": example}}
    return {200: {"description": "Success", "content": content}, **refused(problems)}


def refused(problems: tuple[int, ...]) -> dict[int | str, Any]:
    """The problems among the `responses` of an endpoint, each with an example."""
    told: dict[int | str, Any] = {}
    for status in problems:
        example = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": WORDS[status],
        }
        told[status] = {
            "description": WORDS[status],
            "content": {PROBLEM_TYPE: {"schema": PROBLEM, "example": example}},
        }
    return told


def body(most: int | None = None, **parts: dict[str, Any]) -> dict[str, Any]:
    """What an endpoint takes: one photo as the body, or `most` files as multipart/form-data, `parts` beside them."""
    file = {"type": "string", "format": "binary"}
    photos = {**listed(file), "minItems": 1, **({"maxItems": most} if most else {})}
    form = {"type": "object", "required": ["photos"], "properties": {"photos": photos, **parts}}
    content = {"multipart/form-data": {"schema": form}, "image/*": {"schema": file}}
    return {"requestBody": {"required": True, "content": content}}
