"""Which photos a game shows: shuffled by a seed, none twice until all were shown, no two of one place in a round."""

from collections import deque
from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from photoplanet.earth.geodesy import RADII_KM, distance_km
from photoplanet.errors import InputError
from photoplanet.photos.grouping import codes

ROUND_PHOTOS = 5  # as in the game of the paper, GeoGuessr
_LOOK_AHEAD = 500  # photos passed over for the place they share before one is shown all the same


class Deck:
    """The photos of a table (`photo_id`, `latitude`, `longitude`, optional `album`) in the order of a game.

    Two photos of one album, or taken within a kilometre of each other (near-duplicates are), do not meet in a round
    while there are others. `seen`: ids of photos that come last, since the player knows them already. InputError for a
    table with fewer photos than a round.

    >>> towns = {"photo_id": list("abcdefg"), "latitude": [0.0, 1, 2, 3, 4, 5, 6], "longitude": [0.0] * 7}
    >>> deck = Deck(pa.table(towns), seed=1)
    >>> len(set(deck.deal())), deck.rows(["g", "nowhere"])
    (5, [6])
    """

    def __init__(self, photos: pa.Table, seed: int = 0, seen: Collection[str] = ()):
        self._ids, self._seed, self._pass = photos["photo_id"], seed, 0
        self._latitude, self._longitude = photos["latitude"].to_numpy(), photos["longitude"].to_numpy()
        self._album = codes(photos["album"]) if "album" in photos.column_names else np.full(len(photos), -1)
        self._gone: set[int] = set()
        self._passed: deque[int] = deque()  # looked at in this pass and not shown yet
        self._require(ROUND_PHOTOS)
        known = np.zeros(len(photos), bool)
        known[self.rows(seen)] = True
        order = self._shuffled()
        self._order, self._at = order[np.argsort(known[order], kind="stable")], 0

    def deal(self, count: int = ROUND_PHOTOS, beside: Sequence[int] = ()) -> list[int]:
        """Row numbers of the next `count` photos, none of them in `beside`, the rest of their round.

        InputError when so many are not left.
        """
        dealt: list[int] = []
        self._require(count + len(beside))
        while len(dealt) < count:
            dealt.append(self._next([*beside, *dealt]))
        return dealt

    def discard(self, row: int) -> None:
        """Never deal this photo again: it cannot be read."""
        self._gone.add(row)

    def rows(self, photo_ids: Collection[str]) -> list[int]:
        """The rows of these photos, in the order given; ids that the table lacks are left out."""
        wanted = pa.array(list(photo_ids), pa.string())
        return [row for row in pc.index_in(wanted, value_set=self._ids).to_pylist() if row is not None]

    def _next(self, taken: list[int]) -> int:
        looked: list[int] = []
        while len(looked) < _LOOK_AHEAD:
            row = self._draw()
            if row is None:
                break
            if not self._clashes(row, taken):
                self._passed.extendleft(reversed(looked))
                return row
            looked.append(row)
        found = next((row for row in looked if row not in taken), None)
        self._passed.extendleft(row for row in reversed(looked) if row != found)
        if found is not None:
            return found
        self._pass += 1
        self._order, self._at = self._shuffled(), 0
        return self._next(taken)

    def _draw(self) -> int | None:
        while self._passed or self._at < len(self._order):
            if self._passed:
                row = self._passed.popleft()
            else:
                row, self._at = int(self._order[self._at]), self._at + 1
            if row not in self._gone:
                return row
        return None

    def _clashes(self, row: int, taken: list[int]) -> bool:
        if not taken:
            return False
        same_album = self._album[row] >= 0 and (self._album[taken] == self._album[row]).any()
        away = distance_km(self._latitude[row], self._longitude[row], self._latitude[taken], self._longitude[taken])
        return bool(same_album or (away <= RADII_KM["street"]).any())

    def _shuffled(self) -> NDArray[np.int64]:
        return np.random.default_rng([self._seed, self._pass]).permutation(len(self._ids))

    def _require(self, count: int) -> None:
        left = len(self._ids) - len(self._gone)
        if left < count:
            unread = f", {len(self._gone)} of them unreadable" if self._gone else ""
            raise InputError(f"a game needs {count} photos; the table has {len(self._ids)}{unread}")
