"""POST /v1/explain: which parts of a photo speak for its place."""

import threading
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse

from photoplanet.server import openapi, service
from photoplanet.server.problems import Problem
from photoplanet.server.uploads import Upload

EXAMPLE = {
    "model": "toy", "world": "toy", "file": "IMG_1.jpg", "cell": "47e67", "cell_is": "predicted", "confidence": 0.62,
    "positions": 20, "box": 0.2, "supports": [{"box": [0.1, 0.4, 0.3, 0.6], "confidence": 0.21}], "misleads": [],
}  # fmt: skip


def add(app: FastAPI, shared: service.Service) -> None:
    """Add the endpoint."""
    from photoplanet.explain.occlusion import occlude

    answer = openapi.answer(
        openapi.record("model world file cell_is", model=openapi.TEXT, world=openapi.TEXT, file=openapi.TEXT,
                         cell_is={"enum": ["true", "predicted"]}, map=openapi.listed(openapi.listed({}))),
        EXAMPLE,
    )  # fmt: skip

    @app.post("/v1/explain", summary="Which parts of a photo speak for its place", openapi_extra=openapi.body(1),
              responses=answer)  # fmt: skip
    async def explain(
        request: Request,
        latitude: Annotated[float | None, Query(ge=-90, le=90)] = None,
        longitude: Annotated[float | None, Query(ge=-180, le=180)] = None,
        positions: Annotated[int, Query(ge=2, le=40)] = 20,
        box: Annotated[float, Query(gt=0, lt=1)] = 0.2,
        map: Annotated[bool, Query(description="Add the map itself: rows of confidences")] = False,
    ) -> JSONResponse:
        """A grey box slides over one photo (paper, Fig. 10); give the true place where it is known."""
        if (latitude is None) != (longitude is None):
            raise Problem(400, "give latitude and longitude together, or neither")
        truth = None if latitude is None or longitude is None else (latitude, longitude)

        async def work(photos: list[Upload]) -> dict[str, Any]:
            upload = await shared.one(photos, "explain")
            gone = threading.Event()

            def advance(count: int = 1, note: str = "") -> None:
                if gone.is_set():
                    raise TimeoutError  # nobody waits for it, so nobody hears of it

            def run() -> dict[str, Any]:
                found = occlude(shared.locator, upload.content, truth, positions, box, advance=advance)
                facts = {"file": upload.name, **found.to_dict()}
                return facts | ({"map": [[round(float(v), 5) for v in row] for row in found.heat]} if map else {})

            try:
                return await shared.batcher.run(run)
            finally:
                gone.set()

        return JSONResponse({**shared.about(), **await shared.answer(request, work)})
