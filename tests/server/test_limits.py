"""The bounds that docs/server.md promises."""

from dataclasses import asdict

from photoplanet.server.limits import OPEN, Limits

MB = 1024 * 1024
PRIVATE = {"photo_bytes": 50 * MB, "photo_pixels": 100_000_000, "photos": 200, "request_bytes": 200 * MB, "seconds": 30,
           "waiting": 400, "memory_bytes": 1024 * MB, "track_bytes": 10 * MB, "rate": 0}  # fmt: skip


def test_on_this_machine_only():
    assert asdict(Limits()) == PRIVATE


def test_where_others_can_reach_it():
    assert asdict(OPEN) == PRIVATE | {"photo_bytes": 20 * MB, "photos": 50, "request_bytes": 60 * MB, "rate": 600}
