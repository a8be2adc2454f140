"""What the server accepts; every number has its home here, and docs/server.md lists them."""

from dataclasses import dataclass, replace
from typing import Any

from photoplanet.photos.decode import MAX_PIXELS

MEGABYTE = 1 << 20
MOST_WORKERS = 64  # processes


@dataclass(frozen=True)
class Limits:
    """Bounds on a request and on all requests together; what is beyond is refused with a status and a reason.

    `photo_bytes`, `photo_pixels`: of one photo; `photos`: in one request; `request_bytes`: of its body; `seconds`: for
    the body to arrive, and again for the answer; `waiting`: photos accepted and not yet answered, `memory_bytes`: of
    requests in memory, of all clients together (beyond: 503); `track_bytes`: of tracks; `rate`: photos a minute
    from one address (beyond: 429), 0: no such limit.

    >>> Limits(photos=10).photos
    10
    """

    photo_bytes: int = 50 * MEGABYTE
    photo_pixels: int = MAX_PIXELS
    photos: int = 200
    request_bytes: int = 200 * MEGABYTE
    seconds: float = 30.0
    waiting: int = 400
    memory_bytes: int = 256 * MEGABYTE  # with what decoding takes (`photos.decoding_cost`), under 1 GB in all
    track_bytes: int = 10 * MEGABYTE
    rate: int = 0


OPEN = Limits(photo_bytes=20 * MEGABYTE, photos=50, request_bytes=60 * MEGABYTE, rate=600)  # when others can reach it


def choose(private: bool, **given: Any) -> Limits:
    """Return the limits of a server: `given` where they are not None, else the defaults.

    `private`: whether only this machine can reach the server; others get `OPEN`. A request may be as large as a photo.

    >>> choose(True, photos=3, rate=None).photos, choose(False).rate
    (3, 600)
    """
    known = {key: value for key, value in given.items() if value is not None}
    found = replace(Limits() if private else OPEN, **known)
    return replace(found, request_bytes=max(found.request_bytes, found.photo_bytes))
