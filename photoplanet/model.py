"""What `photoplanet.load` gives: a Locator with the methods that are built on top of it."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from photoplanet.locate.locator import READ, Locator
from photoplanet.locate.prediction import Prediction
from photoplanet.models import folder, installed

if TYPE_CHECKING:
    from photoplanet.metadata.track import Track


def load(model: str | os.PathLike | None = None, threads: int | None = None) -> "Model":
    """Load a model: an installed name, a folder, or (None) the user's default; ModelError without one, or a bad one.

    `threads`: cores that the network may use (None: all).
    """
    return Model(folder.read(installed.resolve(model), verify=READ), threads)


class Model(Locator):
    """A loaded model: all of `Locator`, and albums.

    It stands here and not in `locate`, which must not import what is built on it.
    """

    def locate_album(
        self,
        photos: Iterable[Any],
        times: Iterable[Any] | None = None,
        method: str | None = None,
        anchors: Iterable[tuple[float, float] | None] | None = None,
        track: "Track | None" = None,
        readout: str | None = None,
    ) -> list[Prediction]:
        """Locate the photos of one album together → one Prediction per photo, in the given order.

        As `albums.locate_album.locate_album`, which says what the arguments are; by default times and known places
        (GPS) are those in the photos' EXIF.
        """
        from photoplanet.albums.locate_album import locate_album

        return locate_album(self, photos, times, method, anchors, track, readout)
