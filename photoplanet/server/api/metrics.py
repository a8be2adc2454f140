"""GET /metrics: counts and times for Prometheus."""

from starlette.requests import Request

from photoplanet.server import openapi
from photoplanet.server.endpoint import Endpoint
from photoplanet.server.metrics import CONTENT_TYPE
from photoplanet.server.service import Service


def endpoint(service: Service) -> Endpoint:
    """Make the endpoint."""

    async def metrics(request: Request) -> bytes:
        return service.metrics.text()

    return Endpoint(
        "GET", "/metrics", metrics, "Counts and times for Prometheus",
        refusals=(*openapi.OPEN, 401), media_type=CONTENT_TYPE,
    )  # fmt: skip
