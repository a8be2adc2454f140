"""What Prometheus may know: counts and times, never names or places."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST


class Metrics:
    """Counters of one server; `text()` is what /metrics answers."""

    content_type = CONTENT_TYPE_LATEST

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

    def watch(self, name: str, value: float) -> None:
        """What the batcher tells: photos waiting, or the size of a batch."""
        if name == "waiting":
            self.waiting.set(value)
        else:
            self.batches.observe(value)

    def text(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)
