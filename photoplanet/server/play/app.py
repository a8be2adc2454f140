"""The game over HTTP, for one player: the page, its photos, and what may be told of them and when."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from photoplanet import __version__
from photoplanet.evaluation.game.game_log import MOST_SECONDS
from photoplanet.server import pages, problems
from photoplanet.server.metrics import Metrics, Timed
from photoplanet.server.play.game import Game
from photoplanet.server.problems import Problem
from photoplanet.server.security import Guard

MOST_BYTES = 2000  # of a guess
BODY_SECONDS = 10.0
ROUTES = {
    "/": "server/play/page/play.html",
    **pages.folder("/play", "server/play/page"),
    **{url: path for url, path in pages.ROUTES.items() if url.startswith("/map/")},
    **{url: pages.ROUTES[url] for url in ("/page/api.js", "/page/token.js", "/page/base.css", "/page/icon.svg")},
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class PlacedGuess(_Body):
    """A click on the map: degrees, and seconds since the photo was seen."""

    photo: Annotated[str, Field(max_length=100)]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    seconds: Annotated[float, Field(ge=0, le=MOST_SECONDS)] | None = None


class After(_Body):
    """The finished round after which another is wanted."""

    round: Annotated[str, Field(max_length=100)]


_Given = TypeVar("_Given", bound=_Body)


def create_app(game: Game, token: str | None = None, hosts: Sequence[str] | None = None) -> FastAPI:
    """The application for a game. `token`, `hosts`: who may play (`server.security.Guard`)."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(game.close)

    app = FastAPI(title="photoplanet play", version=__version__, lifespan=life, docs_url=None, redoc_url=None)
    problems.add(app)

    @app.get("/v1/game/round", summary="The round as it stands")
    def state() -> dict[str, Any]:
        return game.state()

    @app.get("/v1/game/photo/{key}", summary="A photo of the round: pixels only", response_class=Response)
    def photo(key: str) -> Response:
        return Response(game.photo(key), media_type="image/jpeg")

    @app.post(
        "/v1/game/guess",
        summary="Guess the current photo; gives the round with its truth",
        openapi_extra=_takes(PlacedGuess),
    )
    async def guess(request: Request) -> dict[str, Any]:
        given = await _read(request, PlacedGuess)
        return await run_in_threadpool(game.guess, given.photo, (given.latitude, given.longitude), given.seconds)

    @app.post("/v1/game/next", summary="Begin the next round", openapi_extra=_takes(After))
    async def following(request: Request) -> dict[str, Any]:
        return await run_in_threadpool(game.next, (await _read(request, After)).round)

    @app.get("/v1/game/summary", summary="People and model compared, as in the paper")
    def summary() -> dict[str, Any]:
        return game.summary()

    pages.add(app, ROUTES)
    app.add_middleware(Timed, metrics=Metrics())  # nothing asks for the metrics; a fault is answered
    app.add_middleware(Guard, token=token, hosts=hosts)
    return app


def _takes(kind: type[_Body]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": kind.model_json_schema()}}}}


async def _read(request: Request, kind: type[_Given]) -> _Given:
    """A small JSON body, bounded while it arrives; Problem 408, 413, 415 or 422 for another."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "send application/json")
    body = b""

    async def arrive() -> None:
        nonlocal body
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                raise Problem(413, f"more than {MOST_BYTES:,} bytes")

    try:
        await asyncio.wait_for(arrive(), BODY_SECONDS)
        return kind.model_validate_json(body)
    except asyncio.TimeoutError:  # another class than the built-in one before Python 3.11
        raise Problem(408, f"the request did not arrive within {BODY_SECONDS:g} s") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Problem(422, f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}") from None
