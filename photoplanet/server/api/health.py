"""GET /healthz: whether the server works."""

from typing import Literal

from starlette.requests import Request
from typing_extensions import TypedDict

from photoplanet import __version__
from photoplanet.server import openapi
from photoplanet.server.api.answers import Count
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.service import Service


class HealthAnswer(TypedDict):
    """`waiting`: photos accepted and not yet answered."""

    status: Literal["ok"]
    waiting: Count
    version: str


def endpoint(service: Service) -> Endpoint:
    """Make the endpoint."""

    async def health(request: Request) -> HealthAnswer:
        return {"status": "ok", "waiting": service.admission.photos, "version": __version__}

    return Endpoint(
        "GET", "/healthz", health, "Whether the server works; needs no token", refusals=openapi.OPEN,
        example={"status": "ok", "waiting": 0, "version": __version__},
    )  # fmt: skip
