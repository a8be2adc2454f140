"""Photos of the same library, with places of their own, that show the same details: with the lines between them."""

import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from photoplanet.core.progress import Say, silent
from photoplanet.errors import InputError
from photoplanet.show import matches as pictures

if TYPE_CHECKING:
    from photoplanet.retrieval.library.matching import Library, Match

MOST = 5  # matches of a photo
MOST_UNPROVEN = 2  # of which only may match
KEPT = 64  # photos whose matches are remembered
QUALITY = 85
NOT_ASKED = "start with --matches to compare the details of photos"
NOT_READY = "the details of the library's photos are still being read"


class Matches:
    """Matches within one folder or table of photos; `open` reads its details, which takes long the first time.

    `state`: "" before it is open, "ready", or why there are none.

    >>> Matches("no/such/folder", Path("index")).state
    ''
    """

    def __init__(self, source: str, index: Path, threads: int | None = None):
        self.state = ""
        self._source, self._index, self._threads = source, index, threads
        self._library: Library | None = None
        self._found: dict[str, list[Match]] = {}
        self._lock = threading.Lock()

    def open(self, say: Say = silent, stop: Callable[[], bool] = lambda: False) -> None:
        """Read the details of all photos that have places, or what is new of them."""
        from photoplanet.retrieval.library import library

        if stop():
            return
        try:
            self._library = library.open(self._source, index=self._index, threads=self._threads, say=say)
            self.state = "ready"
        except (InputError, OSError) as error:
            self.state = str(error)

    def of(self, photo: str) -> "list[Match]":
        """The photos most like one, those first that geometry proves; InputError before the library is open."""
        library = self._library
        if library is None:
            raise InputError(self.state or NOT_READY)
        with self._lock:
            if photo not in self._found:
                found = library.similar(photo, MOST, library.itself(photo), self._threads)
                proven = [match for match in found if match.trusted]
                maybe = [match for match in found if match.inliers and not match.trusted and not match.impossible]
                self._found[photo] = [*proven, *maybe[:MOST_UNPROVEN]]
                while len(self._found) > KEPT:
                    del self._found[next(iter(self._found))]
            return self._found[photo]

    def picture(self, photo: str, number: int) -> bytes:
        """A photo beside its match of that number, from 0, as a JPEG; lines join the details that agree."""
        found = self.of(photo)
        library = self._library
        if library is None or not 0 <= number < len(found):
            raise InputError("there is no such match")
        match = found[number]
        file = io.BytesIO()
        drawn = pictures.pair(photo, match, library.features(photo), library.features_of(match.row))
        drawn.save(file, "JPEG", quality=QUALITY)
        return file.getvalue()
