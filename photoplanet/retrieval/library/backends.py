"""What a library can be searched by: the protocol of a backend, and what the two that there are have in common."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from photoplanet.core.cache import Cache, Found, Key
from photoplanet.core.progress import Bar
from photoplanet.errors import InputError
from photoplanet.models.folder import sha256
from photoplanet.photos.decode import Source
from photoplanet.retrieval.library.listing import Listing
from photoplanet.retrieval.library.times import UNKNOWN, Moment
from photoplanet.retrieval.local_features.chances import Chance
from photoplanet.retrieval.local_features.root_sift import Features

if TYPE_CHECKING:
    from photoplanet.retrieval.library.trust import Trust

Facts = dict[str, Any]  # what the manifest keeps of one backend's files, plain JSON


class Hit(NamedTuple):
    """A row of the library that is like a query; the values as in `matching.Match`."""

    row: int
    score: float
    inliers: int | None = None
    distance: float | None = None
    trusted: bool | None = None
    pairs: NDArray[np.int32] | None = None
    details: int | None = None
    chance: Chance | None = None
    impossible: bool = False


class Searcher(Protocol):
    """An index in memory, or mapped. `lost`: how many photos' part of it is damaged, so that they are not found."""

    lost: int

    def similar(
        self, photo: Source | Features, k: int, exclude: Collection[int], threads: int | None, when: Moment = UNKNOWN
    ) -> list[Hit]:
        """Return the k rows most like a photo of the moment `when`, best first; rows of `exclude` are passed over."""
        ...

    @property
    def trust(self) -> "Trust | None":
        """What is known about matches being right, None where the library is searched by vectors."""
        ...

    def features_of(self, row: int) -> Features | None:
        """Return the local features of a row, None where the library is searched by vectors."""
        ...


class Backend(Protocol):
    """One way to search a library: it computes arrays from each photo, builds an index of all, and opens it."""

    @property
    def name(self) -> str:
        """Of its folder in the index."""
        ...

    @property
    def label(self) -> str:
        """What a person reads."""
        ...

    @property
    def fields(self) -> Mapping[str, DTypeLike]:
        """The arrays of a photo, for the cache."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """How the arrays are computed; the cache of others is started anew."""
        ...

    @property
    def choices(self) -> Mapping[str, Any]:
        """How the index of them is built."""
        ...

    def extract(self, sources: Iterable[str], threads: int | None = None) -> Iterator[Found]:
        """Yield what is computed from each photo, in order; the InputError of one that cannot be read."""
        ...

    def build(
        self, cache: Cache, listing: Listing, keys: Sequence[Key], folder: Path, token: str, before: Facts, bar: Bar
    ) -> Facts:
        """Write the index of the photos listed as new files of `folder`, named with `token`; return their facts.

        `keys`: theirs in the cache. `before`: the facts of the generation before, of which parts may be used on.
        """
        ...

    def load(self, cache: Cache, listing: Listing, keys: Sequence[Key], folder: Path, facts: Facts) -> Searcher:
        """Open what `build` wrote; InputError for damaged files. The cache stays open while the searcher lives."""
        ...

    def files(self, facts: Facts) -> set[str]:
        """Return the names in the folder that belong to a generation."""
        ...


def checked_file(folder: Path, facts: Mapping[str, Any]) -> Path:
    """Return the path of a file that is as its facts (`file`, `sha256`) say; InputError for one that is not.

    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "rows.npy").write_bytes(b"rows")
    >>> checked_file(folder, {"file": "rows.npy", "sha256": sha256(folder / "rows.npy")}).name
    'rows.npy'
    """
    path = folder / plain_name(facts["file"])
    if not path.is_file() or sha256(path) != facts["sha256"]:
        raise InputError(f"{path}: missing or damaged; open the library again to rebuild it")
    return path


def plain_name(name: Any) -> str:
    """Return a plain file name as it is; InputError for others: a manifest must not lead elsewhere.

    >>> plain_name("vocabulary-1f.npy")
    'vocabulary-1f.npy'
    >>> plain_name("../../secret.npy")
    Traceback (most recent call last):
    photoplanet.errors.InputError: "../../secret.npy": not the name of a file of an index
    """
    if not isinstance(name, str) or Path(name).name != name or name.startswith("."):
        raise InputError(f"{json.dumps(name)[:100]}: not the name of a file of an index")
    return name
