"""POST /v1/explain: which parts of a photo speak for its place."""

import threading
from typing import Annotated, Any, Literal, cast

from pydantic import Field
from starlette.requests import Request
from typing_extensions import NotRequired, TypedDict

from photoplanet.server import openapi
from photoplanet.server.api import answers
from photoplanet.server.api.answers import Latitude, Longitude, ModelName, Share
from photoplanet.server.api.parameters import PhotoQuery
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.problems import Problem
from photoplanet.server.service import Service
from photoplanet.server.uploads import Upload


class ExplainQuery(PhotoQuery):
    """The place to explain, and how finely."""

    latitude: Annotated[float | None, Field(ge=-90, le=90)] = None
    longitude: Annotated[float | None, Field(ge=-180, le=180)] = None
    positions: Annotated[int, Field(ge=2, le=40, description="Places of the box along each side")] = 20
    box: Annotated[float, Field(gt=0, lt=1, description="Side of the box as a share of the photo's")] = 0.2
    map: Annotated[bool, Field(description="Add the map itself: rows of confidences")] = False


class SpotAnswer(TypedDict):
    """A part of the photo: left, top, right and bottom as shares of its side, and the confidence with it covered."""

    box: Annotated[list[Share], Field(min_length=4, max_length=4)]
    confidence: Share
    change: float


class ExplainAnswer(ModelName):
    """Parts that speak for a cell (without them it is less likely), and parts that mislead."""

    file: str
    cell: str
    latitude: Latitude
    longitude: Longitude
    cell_is: Literal["true", "predicted"]
    confidence: Share
    supports: list[SpotAnswer]
    misleads: list[SpotAnswer]
    map: NotRequired[list[list[Share]]]


EXAMPLE: ExplainAnswer = {
    "model": "toy", "world": "toy", "file": "IMG_1.jpg", "cell": "47e67", "latitude": 48.86, "longitude": 2.35,
    "cell_is": "predicted", "confidence": 0.62, "misleads": [],
    "supports": [{"box": [0.1, 0.4, 0.3, 0.6], "confidence": 0.21, "change": -0.41}],
}  # fmt: skip


def endpoint(service: Service) -> Endpoint:
    """Make the endpoint."""

    async def explain(request: Request, query: ExplainQuery) -> ExplainAnswer:
        """A grey box slides over one photo (paper, Fig. 10); give the true place where it is known."""
        if (query.latitude is None) != (query.longitude is None):
            raise Problem(400, "give latitude and longitude together, or neither")

        async def work(photos: list[Upload]) -> dict[str, Any]:
            photo = await service.one(photos, "explain")
            gone = threading.Event()
            try:
                return {"file": photo.name} | await service.batcher.run(lambda: _explained(service, photo, query, gone))
            finally:
                gone.set()

        return cast(ExplainAnswer, answers.model_name(service.locator) | await service.answer(request, work))

    return Endpoint(
        "POST", "/v1/explain", explain, "Which parts of a photo speak for its place",
        body=openapi.photos_body(1), refusals=openapi.UPLOAD, example=EXAMPLE,
    )  # fmt: skip


def _explained(service: Service, photo: Upload, query: ExplainQuery, gone: threading.Event) -> dict[str, Any]:
    from photoplanet.explain.occlusion import occlude

    def advance(count: int = 1, note: str = "") -> None:
        if gone.is_set():
            raise TimeoutError  # nobody waits for the answer: break off

    truth = None if query.latitude is None or query.longitude is None else (query.latitude, query.longitude)
    found = occlude(service.locator, photo.content, truth, query.positions, query.box, advance=advance)
    rows = [[round(float(value), 5) for value in row] for row in found.heat] if query.map else None
    return found.to_dict() | ({} if rows is None else {"map": rows})
