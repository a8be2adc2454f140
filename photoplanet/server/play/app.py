"""The game over HTTP, for one player: the page, its photos, and what it may know of them and when."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import Field
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request

from photoplanet.evaluation.game.game_log import MOST_SECONDS
from photoplanet.server import openapi, pages, problems
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.json_body import JsonBody, read_json
from photoplanet.server.metrics import Metrics, MetricsMiddleware
from photoplanet.server.play.answers import GameSummary, RoundState
from photoplanet.server.play.game import Game
from photoplanet.server.security import Guard

TITLE = "photoplanet play"
ABOUT = "Where were these photos taken? A person guesses against the model."
MAX_BYTES = 2000  # of a guess
BODY_SECONDS = 10.0
READ = (*openapi.OPEN, 401, 503)
SENT = (*READ, 408, 409, 413, 415, 422)
ROUTES = {
    "/": "server/play/page/play.html",
    **pages.folder("/play", "server/play/page"),
    **{url: path for url, path in pages.ROUTES.items() if url.startswith("/map/")},
    **{url: pages.ROUTES[url] for url in ("/page/api.js", "/page/token.js", "/page/base.css", "/page/icon.svg")},
}


class PlacedGuess(JsonBody):
    """A click on the map: degrees, and seconds since the photo was seen."""

    photo: Annotated[str, Field(max_length=100)]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    seconds: Annotated[float, Field(ge=0, le=MOST_SECONDS)] | None = None


class After(JsonBody):
    """The finished round after which another is wanted."""

    round: Annotated[str, Field(max_length=100)]


def create_app(game: Game, token: str | None = None, hosts: Sequence[str] | None = None) -> Starlette:
    """Make the application for a game. `token`, `hosts`: who may play (`server.security.Guard`)."""
    endpoints = _endpoints(game)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(game.close)

    described = openapi.route(TITLE, ABOUT, endpoints)
    return Starlette(
        routes=[*(endpoint.route() for endpoint in endpoints), described, *pages.routes(ROUTES)],
        middleware=[
            Middleware(Guard, token=token, hosts=hosts),
            Middleware(MetricsMiddleware, metrics=Metrics()),  # nothing asks for the metrics; a fault is answered
        ],
        exception_handlers=problems.HANDLERS,
        lifespan=lifespan,
    )


def _endpoints(game: Game) -> list[Endpoint]:
    async def state(request: Request) -> RoundState:
        return await run_in_threadpool(game.state)

    async def photo(request: Request) -> bytes:
        return await run_in_threadpool(game.photo, request.path_params["key"])

    async def guess(request: Request) -> RoundState:
        given = await read_json(request, PlacedGuess, MAX_BYTES, BODY_SECONDS)
        return await run_in_threadpool(game.guess, given.photo, (given.latitude, given.longitude), given.seconds)

    async def following(request: Request) -> RoundState:
        return await run_in_threadpool(game.next, (await read_json(request, After, MAX_BYTES, BODY_SECONDS)).round)

    async def summary(request: Request) -> GameSummary:
        return await run_in_threadpool(game.summary)

    return [
        Endpoint("GET", "/v1/game/round", state, "The round as it stands", refusals=READ),
        Endpoint("GET", "/v1/game/photo/{key}", photo, "A photo of the round: pixels only",
                 refusals=(*READ, 404), media_type="image/jpeg"),
        Endpoint("POST", "/v1/game/guess", guess, "Guess the current photo; gives the round with its truth",
                 body=openapi.json_body(PlacedGuess), refusals=(*SENT, 404)),
        Endpoint("POST", "/v1/game/next", following, "Begin the next round",
                 body=openapi.json_body(After), refusals=SENT),
        Endpoint("GET", "/v1/game/summary", summary, "People and model compared, as in the paper", refusals=READ),
    ]  # fmt: skip
