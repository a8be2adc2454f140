"""The gazetteer on disk, gazetteer.npz: towns, states and countries, decoded as far as somebody asks.

tools/make_gazetteer.py writes it: 155,000 towns of GeoNames (CC BY 4.0) and a quarter-degree grid of countries from
Natural Earth. It is not compressed, so that reading takes a few milliseconds; the package's own archive is.
"""

from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth.geodesy import to_xyz

Floats = NDArray[np.float64]


class Lines(Sequence[str]):
    r"""Lines of UTF-8 text, decoded when they are asked for.

    >>> lines = Lines("Bühl\nRust\nUlm".encode())
    >>> lines[0], lines[-1], len(lines), "Rust" in lines, lines[1:]
    ('Bühl', 'Ulm', 3, True, ['Rust', 'Ulm'])
    """

    def __init__(self, text: bytes):
        self._text = text
        breaks = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
        self._starts = np.concatenate([[0], breaks + 1])
        self._ends = np.concatenate([breaks, [len(text)]])

    @cached_property
    def _all(self) -> list[str]:
        return self._text.decode().split("\n")

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, row: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: SupportsIndex | slice) -> str | list[str]:
        if isinstance(row, slice):
            return self._all[row]
        return self._text[self._starts[row] : self._ends[row]].decode()

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __contains__(self, line: object) -> bool:
        return line in self._all


class Gazetteer:
    """n towns, the states and countries that they lie in, and a grid of the countries' ground.

    >>> towns = read()
    >>> towns.names[towns.names.index("Lisbon")], len(towns.names) == len(towns.latitude)
    ('Lisbon', True)
    """

    def __init__(self, path: Path):
        with np.load(path, allow_pickle=False) as file:
            self._stored: dict[str, NDArray[Any]] = dict(file.items())
        self._worked_out = 0  # unit vectors so far

    def _texts(self, key: str) -> Lines:
        return Lines(self._stored[key].tobytes())

    @cached_property
    def names(self) -> Lines:
        """The names of the n towns."""
        return self._texts("names")

    @cached_property
    def latitude(self) -> Floats:
        """(n,) degrees."""
        return np.asarray(self._stored["latitude"] / 1000)

    @cached_property
    def longitude(self) -> Floats:
        """(n,) degrees."""
        return np.asarray(self._stored["longitude"] / 1000)

    @cached_property
    def xyz(self) -> Floats:
        """(n, 3) unit vectors."""
        return to_xyz(self.latitude, self.longitude)

    def vectors(self, rows: NDArray[Any]) -> Floats:
        """Unit vectors (k, 3) of these towns; those of all are worked out once that is the cheaper.

        >>> read().vectors(np.array([7])).shape
        (1, 3)
        """
        if "xyz" not in vars(self) and self._worked_out + rows.size <= len(self.latitude) // 2:
            self._worked_out += rows.size
            return to_xyz(self.latitude[rows], self.longitude[rows])
        found: Floats = self.xyz[rows]
        return found

    @cached_property
    def radius(self) -> Floats:
        """(n,) km that each town's population fills."""
        return np.asarray(self._stored["radius"] / 20)

    @cached_property
    def state(self) -> NDArray[Any]:
        """(n,) integers: rows of `states`."""
        return self._stored["state"]

    @cached_property
    def states(self) -> Lines:
        """The names of the states."""
        return self._texts("states")

    @cached_property
    def state_country(self) -> NDArray[Any]:
        """One for each state: row of the countries."""
        return self._stored["state_country"]

    @cached_property
    def country_codes(self) -> list[str]:
        """ISO 3166, two letters."""
        return list(self._texts("country_codes"))

    @cached_property
    def country_names(self) -> list[str]:
        """As `country_codes`."""
        return list(self._texts("country_names"))

    @cached_property
    def grid(self) -> NDArray[Any]:
        """(rows from the north, columns from the west): row of the countries + 1, 0 at sea."""
        return self._stored["grid"]


@cache
def read() -> Gazetteer:
    """Return the gazetteer that comes with the package, one for all.

    >>> read().country_codes.index("FR") == read().country_names.index("France")
    True
    """
    return Gazetteer(Path(__file__).with_name("gazetteer.npz"))
