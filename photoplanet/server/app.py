"""The HTTP API: photos in, places out, with bounds on everything; nothing of an upload is written to disk or log."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware

from photoplanet.locate.locator import Locator
from photoplanet.server import openapi, pages, problems
from photoplanet.server.api import album, areas, explain, health, locate, metrics, models, read, similar, thumbnail
from photoplanet.server.limits import Limits
from photoplanet.server.metrics import MetricsMiddleware
from photoplanet.server.security import Guard
from photoplanet.server.service import Service

if TYPE_CHECKING:
    from photoplanet.retrieval.library.matching import Library

TITLE = "photoplanet"
ABOUT = "Where on Earth was this photo taken? From its pixels, and the text in them, with honest uncertainty."
PATHS = (locate, album, read, explain, similar, thumbnail, models, areas, health, metrics)


def create_app(
    locator: Locator,
    limits: Limits | None = None,
    token: str | None = None,
    hosts: Sequence[str] | None = None,
    origins: Sequence[str] = (),
    library: "Library | None" = None,
    workers: int = 0,
) -> Starlette:
    """Make the application for a loaded model. `token`, `hosts`, `origins`: who may ask (`server.security.Guard`).

    `library`: what `retrieval.library.library.open` returns, for /v1/similar. `workers`: processes that decode photos
    (0: threads of this one do); they import the main module, so that a script has to guard it.

    >>> import photoplanet as pp
    >>> app = create_app(pp.load("toy"), Limits(photos=10))
    >>> [route.path for route in app.routes][:2]
    ['/v1/locate', '/v1/album']
    """
    service = Service(locator, limits or Limits(), library, workers)
    endpoints = [path.endpoint(service) for path in PATHS]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        service.batcher.start()
        with suppress(asyncio.CancelledError):  # a second Ctrl-C waits for nothing
            yield
            await service.stop()

    described = openapi.route(TITLE, ABOUT, endpoints)
    app = Starlette(
        routes=[*(endpoint.route() for endpoint in endpoints), described, *pages.routes()],
        middleware=[
            Middleware(Guard, token=token, hosts=hosts, origins=origins),
            Middleware(MetricsMiddleware, metrics=service.metrics),
        ],
        exception_handlers=problems.HANDLERS,
        lifespan=lifespan,
    )
    app.state.service = service
    return app
