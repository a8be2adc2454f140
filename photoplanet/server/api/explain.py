"""POST /v1/explain: which parts of a photo speak for its place."""

import time
from typing import Annotated, Any, Literal, cast

import numpy as np
from pydantic import ConfigDict, Field
from starlette.requests import Request
from typing_extensions import NotRequired, TypedDict

from photoplanet.explain.occlusion import BATCH, Occlusion, runs, steps
from photoplanet.server import openapi
from photoplanet.server.api import answers
from photoplanet.server.api.answers import Latitude, Longitude, ModelName
from photoplanet.server.api.areas import cut_of
from photoplanet.server.api.evidence import Share
from photoplanet.server.api.parameters import AreaQuery
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.problems import Problem
from photoplanet.server.service import NO_MODEL, Service
from photoplanet.server.uploads import Upload

SLICE_SECONDS = 0.1  # for which an explanation may keep the network from others
FIRST = 4  # runs, before it is known how long one takes


class ExplainQuery(AreaQuery):
    """The place to explain, and how finely."""

    model_config = ConfigDict(json_schema_extra={openapi.TOGETHER: {"place": ["latitude", "longitude"]}})

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
    unknown: Share | None
    confidence: Share
    supports: list[SpotAnswer]
    misleads: list[SpotAnswer]
    map: NotRequired[list[list[Share]]]


class Slices:
    """How many runs of the network one explanation takes at a time: what `SLICE_SECONDS` allow, up to `BATCH`.

    >>> slices = Slices()
    >>> slices.took(4, 0.4)
    >>> slices.size()
    1
    """

    def __init__(self) -> None:
        self._size, self._first = FIRST, True

    def size(self) -> int:
        """Runs of the next slice."""
        return self._size

    def took(self, runs: int, seconds: float) -> None:
        """Learn from a slice; the first has one run more, of the whole photo."""
        runs, self._first = runs + self._first, False
        self._size = max(1, min(BATCH, int(SLICE_SECONDS * runs / max(seconds, 1e-9))))


EXAMPLE: ExplainAnswer = {
    "model": "toy", "world": "toy", "file": "IMG_1.jpg", "cell": "47e67", "latitude": 48.86, "longitude": 2.35,
    "cell_is": "predicted", "unknown": 0.03, "confidence": 0.62, "misleads": [],
    "supports": [{"box": [0.1, 0.4, 0.3, 0.6], "confidence": 0.21, "change": -0.41}],
}  # fmt: skip


def endpoint(service: Service) -> Endpoint:
    """Make the endpoint."""

    async def explain(request: Request, query: ExplainQuery) -> ExplainAnswer:
        """A grey box slides over one photo (paper, Fig. 10); give the true place where it is known."""
        if not service.model:
            raise Problem(404, NO_MODEL)
        if (query.latitude is None) != (query.longitude is None):
            raise Problem(422, "latitude, longitude: give both together, or neither")

        async def work(photos: list[Upload]) -> dict[str, Any]:
            photo = await service.one(photos, "explain")
            return {"file": photo.name} | await _explained(service, photo, query)

        found = await service.answer(request, work, runs(query.positions))
        return cast(ExplainAnswer, answers.model_name(service.locator) | found)

    return Endpoint(
        "POST", "/v1/explain", explain, "Which parts of a photo speak for its place",
        body=openapi.photos_body(1), refusals=(*openapi.UPLOAD, 404), example=EXAMPLE,
    )  # fmt: skip


async def _explained(service: Service, photo: Upload, query: ExplainQuery) -> dict[str, Any]:
    """The explanation, a slice at a time, so that photos of others pass through the network in between."""
    partition = service.locator.partition
    truth = None if query.latitude is None or query.longitude is None else (query.latitude, query.longitude)
    if truth is not None and partition.assign(np.array([truth[0]]), np.array([truth[1]]))[0] < 0:
        raise Problem(404, f"no cell of the model holds {truth[0]:.4f}, {truth[1]:.4f}; leave the place out, "
                           "and the predicted cell is explained")  # fmt: skip
    cut = await cut_of(service, query)
    pixels = await service.batcher.pixels(photo.content)
    slices = Slices()
    work = steps(service.locator, pixels, truth, query.positions, query.box, cut=cut, batch=slices.size)

    def step() -> Occlusion | None:
        began = time.perf_counter()
        try:
            done = next(work)
        except StopIteration as end:
            return cast(Occlusion, end.value)
        slices.took(done, time.perf_counter() - began)
        return None

    while (found := await service.batcher.run(step)) is None:
        pass
    rows = [[round(float(value), 5) for value in row] for row in found.heat] if query.map else None
    return found.to_dict() | ({} if rows is None else {"map": rows})
