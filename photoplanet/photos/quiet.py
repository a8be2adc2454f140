"""Keeps to itself what image libraries say on their own: warnings, log lines, and what C code writes to stderr."""

import ctypes
import functools
import importlib.util
import logging
import threading
import warnings
from contextlib import suppress

logging.getLogger("PIL").addHandler(logging.NullHandler())  # else Python prints the errors that nobody handles


class _Silence:
    """Keeps warnings of Pillow's inside; counted, because `warnings.catch_warnings` alone is not safe with threads."""

    def __init__(self) -> None:
        self._lock, self._depth, self._filters = threading.Lock(), 0, warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._depth == 0:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)\b")
            self._depth += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                self._filters.__exit__(None, None, None)


silence = _Silence()


@functools.cache
def hush_libtiff() -> None:
    """Take away libtiff's error handler, which writes to stderr; what goes wrong arrives as Pillow's exception too.

    Pillow takes away the handler of warnings only. Where its libtiff cannot be reached (linked into Pillow, as on
    Windows), nothing changes.

    >>> hush_libtiff()
    """
    spec = importlib.util.find_spec("PIL._imaging")
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(spec.origin if spec else None)  # finds the symbols of what Pillow is linked with
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            function = getattr(library, name)
            function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_void_p
            function(None)
