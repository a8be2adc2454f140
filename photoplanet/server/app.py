"""The HTTP API: photos in, places out, with bounds on everything; nothing of an upload is written to disk or log."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response

from photoplanet import __version__
from photoplanet.errors import InputError, PhotoplanetError
from photoplanet.locate.locator import Locator
from photoplanet.server import pages, problems
from photoplanet.server.api import about, album, explain, locate, similar
from photoplanet.server.limits import Limits
from photoplanet.server.metrics import Timed
from photoplanet.server.security import Guard
from photoplanet.server.service import Service, unnamed

TITLE = "photoplanet"
ABOUT = "Where on Earth was this photo taken? From its pixels alone, with honest uncertainty."


def create_app(
    locator: Locator,
    limits: Limits | None = None,
    token: str | None = None,
    hosts: Sequence[str] | None = None,
    origins: Sequence[str] = (),
    library: Any = None,
) -> FastAPI:
    """The application for a loaded model. `token`, `hosts`, `origins`: who may ask (`server.security.Guard`).

    `library`: what `retrieval.library.library.open` returns, for /v1/similar.
    """
    service = Service(locator, limits or Limits(), library)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        service.batcher.start()
        yield
        await service.stop()

    # FastAPI's own pages for /docs load scripts from elsewhere, so they are off; /openapi.json describes everything.
    app = FastAPI(title=TITLE, description=ABOUT, version=__version__, lifespan=life, docs_url=None, redoc_url=None)
    app.state.service = service
    problems.add(app)
    _errors(app)
    for endpoints in (locate, album, explain, similar, about):
        endpoints.add(app, service)
    pages.add(app)
    app.add_middleware(Timed, metrics=service.metrics)
    app.add_middleware(Guard, token=token, hosts=hosts, origins=origins)
    return app


def _errors(app: FastAPI) -> None:
    """What the library refuses, as problem+json too."""

    @app.exception_handler(PhotoplanetError)
    async def ours(request: Request, error: PhotoplanetError) -> Response:
        if isinstance(error, InputError):
            return problems.response(400, unnamed(error))
        return problems.response(500, "the model cannot answer; see the server's log")
