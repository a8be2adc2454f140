"""All the evidence of one photo that needs no training: each kind of clue looks at its text, and one at its clock."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from photoplanet.clues.clue import Clue
from photoplanet.earth import ground as earth_ground
from photoplanet.earth.ground import Ground
from photoplanet.errors import InputError
from photoplanet.metadata.sidecars import Sidecars
from photoplanet.photos.decode import Source
from photoplanet.signs.line import Reading

Read = Callable[[Source], Reading]
ReadMany = Callable[[list[str]], Iterable[tuple[str | bytes, Reading | InputError]]]

Kind: TypeAlias = Callable[[Reading, Ground], Iterable[Clue]]


@dataclass(frozen=True)
class Found:
    """What was found in one photo: its text (None where nobody reads), and the clues; `struck`: those that are out."""

    reading: Reading | None
    clues: tuple[Clue, ...]
    struck: frozenset[int] = frozenset()


def of_reading(reading: Reading, ground: Ground | None = None) -> tuple[Clue, ...]:
    """Every clue that a photo's text gives, over the sites of `ground` (None: `earth.ground.read`).

    >>> of_reading(Reading((), 640, 480))
    ()
    """
    if not reading.lines:
        return ()
    sites = ground or earth_ground.read()
    return tuple(clue for kind in kinds() for clue in kind(reading, sites))


class Collector:
    """Collects the clues of photos.

    `read`: what reads their text, as `signs.reader.Reader.read` (None: nobody); `clock`: whether the offset of the
    camera's clock counts; `read_many`: what reads photos by their paths through what was read before, as
    `signs.kept.readings`.

    >>> import numpy as np
    >>> Collector(lambda photo: Reading((), 640, 480)).collect(np.zeros((8, 8, 3), np.uint8)).clues
    ()
    """

    def __init__(self, read: Read | None, clock: bool = True, read_many: ReadMany | None = None):
        self.read, self.clock, self.read_many = read, clock, read_many
        self.start()

    def start(self) -> None:
        """Begin a run: folders are listed anew, each once."""
        self._beside = Sidecars()
        self._ahead: dict[str, Reading] = {}

    def read_ahead(self, photos: Iterable[Source]) -> None:
        """Read the photos that are named by paths together; `collect` then takes each from here.

        >>> Collector(None).read_ahead(["IMG.jpg"])
        """
        if self.read_many is not None:
            names = [os.fspath(photo) for photo in photos if isinstance(photo, str | os.PathLike)]
            for name, found in self.read_many(names):
                if isinstance(found, Reading) and isinstance(name, str):
                    self._ahead[name] = found

    def collect(self, photo: Source) -> Found:
        """Look at one photo and return what was found; InputError for one that cannot be read.

        >>> import numpy as np
        >>> Collector(None).collect(np.zeros((8, 8, 3), np.uint8)).reading is None
        True
        """
        from photoplanet.clues import clock

        known = self._ahead.pop(os.fspath(photo), None) if isinstance(photo, str | os.PathLike) else None
        reading = known if known is not None or self.read is None else self.read(photo)
        found = of_reading(reading) if reading else ()
        return Found(reading, found + tuple(clock.of_photo(photo, beside=self._beside) if self.clock else ()))


@cache
def kinds() -> tuple[Kind, ...]:
    """Return what looks at a reading, one file a kind; imported when the first text is there: most starts see none.

    >>> len(kinds())
    14
    """
    from photoplanet.clues import (
        chinese_writing,
        currencies,
        domains,
        emergency_numbers,
        firms,
        language,
        place_names,
        plates,
        postcodes,
        roads,
        street_words,
        telephones,
        units,
        varieties,
    )

    return (
        language.clues, varieties.clues, chinese_writing.clues, place_names.clues, domains.clues, telephones.clues,
        emergency_numbers.clues, postcodes.clues, currencies.clues, units.clues, street_words.clues, roads.clues,
        firms.clues, plates.clues,
    )  # fmt: skip
