"""What Prometheus may know: counts and times, never names or places."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from photoplanet.server import problems

CONTENT_TYPE = CONTENT_TYPE_LATEST
OTHER = "other"  # the path of every request that no route takes


class Metrics:
    """Counters of one server; `text()` is what /metrics answers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "photoplanet_requests", "Answers by path and status", ["path", "status"], registry=self.registry
        )
        self.photos = Counter("photoplanet_photos", "Photos by result", ["result"], registry=self.registry)
        self.seconds = Histogram("photoplanet_request_seconds", "Time to answer", ["path"], registry=self.registry)
        self.waiting = Gauge(
            "photoplanet_photos_waiting", "Photos accepted and not yet answered", registry=self.registry
        )
        self.batches = Histogram("photoplanet_batch_photos", "Photos that went through the network together",
                                 buckets=(1, 2, 4, 8, 16, 32), registry=self.registry)  # fmt: skip
        self.signs = Counter("photoplanet_signs", "Photos by what came of reading their text: text, none, late, "
                             "unreadable", ["result"], registry=self.registry)  # fmt: skip
        self.reading_seconds = Histogram("photoplanet_reading_seconds", "Time to read a photo's text, without waiting",
                                         registry=self.registry)  # fmt: skip
        self.workers = Gauge(
            "photoplanet_workers", "Processes that decode photos; 0: threads do", registry=self.registry
        )
        self.replaced = Counter("photoplanet_workers_replaced", "Processes that decoded photos, ended, and have a "
                                "successor", registry=self.registry)  # fmt: skip

    def photo(self, located: bool) -> None:
        """Count one photo that was located, or could not be read."""
        self.photos.labels("located" if located else "unreadable").inc()

    def text(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)


class MetricsMiddleware:
    """ASGI middleware: counts and times answers by their route, never by the path as it was asked for.

    A fault becomes a problem that says nothing of what is inside, and goes on to the server's log.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and count its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except Exception:
            if not status:
                fault = problems.response(500, "a fault in photoplanet; see the server's log")
                await fault(scope, receive, answer)
            raise
        finally:
            path = getattr(scope.get("endpoint"), "path", OTHER)
            self.metrics.requests.labels(path, str(status)).inc()
            self.metrics.seconds.labels(path).observe(time.perf_counter() - start)
