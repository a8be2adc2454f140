"""The most pixels that a photo may have to be decoded, here and now: what `--max-pixels` of every command sets."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

MAX_PIXELS = 250_000_000  # phones and panoramas have 200 million; `decoding_cost` bounds memory and work
ANY = sys.maxsize  # for what stands beside the pixels, which is read however many these are

_limit = MAX_PIXELS


def current() -> int:
    """Return the limit in force.

    >>> current() == MAX_PIXELS
    True
    """
    return _limit


@contextmanager
def limited(pixels: int) -> Iterator[None]:
    """Decode no photo with more pixels, in all threads of this process, as long as this lasts.

    >>> with limited(100):
    ...     current()
    100
    """
    global _limit
    before, _limit = _limit, pixels
    try:
        yield
    finally:
        _limit = before
