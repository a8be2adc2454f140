"""An open library: the photos of it that match a photo, and the place that they agree on."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.earth.areas.area import Area
from photoplanet.errors import InputError
from photoplanet.locate import world
from photoplanet.locate.precision import finest, rounded
from photoplanet.locate.prediction import Prediction
from photoplanet.locate.within import CutPartition
from photoplanet.metadata import facts as metadata_facts
from photoplanet.photos import decode, shards
from photoplanet.photos.decode import Source
from photoplanet.retrieval.library.backends import Backend, Hit, Searcher
from photoplanet.retrieval.library.listing import Listing
from photoplanet.retrieval.library.times import UNKNOWN, Moment, moment, one_witness, stated_or_named
from photoplanet.retrieval.library.vector_backend import VectorSearcher
from photoplanet.retrieval.local_features import root_sift
from photoplanet.retrieval.local_features.chances import TRUSTED, Chance
from photoplanet.retrieval.vectors import within_cell_search
from photoplanet.retrieval.vectors.within_cell_search import PhotosByCell

MOST = 100  # matches of a photo that are listed
AGREE_KM = 25.0  # matches that are nearer than this to each other show the same place


@dataclass(frozen=True)
class Match:
    """A photo of the library that is like the query: where it was taken (degrees), and how alike they are.

    By local features: `inliers` (features that agree), `score` (cosine of visual words), `pairs` int32 (inliers, 2),
    `details` (inliers that are not of movable things), `chance` (that it is right within 25 km), `trusted` (at least
    95 %), `impossible` (nobody can have been there then); `moment`: when it was taken.
    By an embedding: `distance` (0 … 2), `score` (cosine), and `trusted` is None: a distance alone proves nothing.
    """

    row: int
    photo_id: str
    path: str
    latitude: float
    longitude: float
    score: float
    inliers: int | None = None
    distance: float | None = None
    trusted: bool | None = None
    pairs: NDArray[np.int32] | None = None
    details: int | None = None
    chance: Chance | None = None
    impossible: bool = False
    moment: Moment = UNKNOWN

    def to_dict(self, precision: str) -> dict[str, Any]:
        """Plain values for JSON without `row` and `pairs`; coordinates and the place's name as rough as `precision`."""
        from photoplanet.earth import gazetteer

        place = gazetteer.name(self.latitude, self.longitude)[0]
        found = {
            "photo_id": self.photo_id, "path": self.path, "score": round(self.score, 4),
            "latitude": rounded(self.latitude, precision), "longitude": rounded(self.longitude, precision),
            "place": place.text(finest(precision)), "country_code": place.country_code,
        }  # fmt: skip
        if self.inliers is not None:
            return found | {"inliers": self.inliers, "trusted": bool(self.trusted), **self._why()}
        return found | {"distance": round(self.distance or 0.0, 4)}

    def _why(self) -> dict[str, Any]:
        """Why it is trusted, or not: without keys where nothing is known of that."""
        if self.chance is None:
            return {}
        why = {"details": self.details, **chance_to_dict(self.chance)}
        return why | ({"impossible": "time"} if self.impossible else {})


@dataclass(frozen=True)
class Answer:
    """Where a photo was taken, by its matches: degrees; `spread_km`: the farthest of `matches` from it.

    `others`: trusted matches elsewhere, which do not agree.
    """

    latitude: float
    longitude: float
    spread_km: float
    matches: tuple[Match, ...]
    others: tuple[Match, ...] = ()

    @property
    def chance(self) -> Chance | None:
        """The chance of the surest of its matches, None where nothing is known of that."""
        return max((match.chance for match in self.matches if match.chance), key=lambda each: each.share, default=None)

    def to_dict(self, precision: str) -> dict[str, Any]:
        """Plain values for JSON: `best`, `matches` and `elsewhere`; coordinates and names as rough as `precision`."""
        from photoplanet.earth import gazetteer

        place = gazetteer.name(self.latitude, self.longitude)[0]
        best = {
            "latitude": rounded(self.latitude, precision), "longitude": rounded(self.longitude, precision),
            "place": place.text(finest(precision)), "country_code": place.country_code,
            "details": sum(match.inliers or 0 for match in self.matches), "spread_km": round(self.spread_km, 3),
            **chance_to_dict(self.chance),
        }  # fmt: skip
        return {
            "best": best,
            "matches": [_brief(match, precision) for match in self.matches],
            "elsewhere": [_brief(match, precision) for match in self.others],
        }


class Library:
    """An open library; `library.open` makes it. `len`: photos that can be found.

    `left_out`: reason → photos without a usable place, `unreadable`: photos that could not be read, `bytes_per_photo`:
    of each index that is there, its parts → bytes on disk a photo; `lost`: photos whose part of the index is damaged.
    """

    def __init__(
        self,
        listing: Listing,
        backend: Backend,
        searcher: Searcher,
        sizes: dict[str, dict[str, float]],
        unreadable: int,
    ):
        self.listing, self.backend, self.searcher = listing, backend, searcher
        self.bytes_per_photo, self.unreadable = sizes, unreadable
        self.left_out, self.lost = listing.left_out, searcher.lost
        self._by_cell: PhotosByCell | None = None
        self._by_size: dict[int, list[int]] | None = None
        self._outside: tuple[Area, frozenset[int]] | None = None

    def __len__(self) -> int:
        return len(self.listing)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: how many photos can be found, which cannot and why, what the index takes on disk."""
        sizes = {
            kind: {part: round(size, 1) for part, size in parts.items()} for kind, parts in self.bytes_per_photo.items()
        }
        trust = self.searcher.trust
        return {
            "photos": len(self), "left_out": self.left_out, "unreadable": self.unreadable, "bytes_per_photo": sizes,
            **({"trust": trust.to_dict()} if trust else {}),
        }  # fmt: skip

    def itself(self, photo: Source) -> list[int]:
        """Rows of the library that are this very photo: the same file, or the same bytes."""
        name = os.fspath(photo) if isinstance(photo, str | os.PathLike) else ""
        data = _content(photo, name)
        if data is None:
            return [row for row, address in enumerate(self.listing.addresses) if name and address == name]
        real = os.path.realpath(name) if name else ""
        found = []
        for row in self._of_size(len(data)):
            address = self.listing.addresses[row]
            if (real and os.path.realpath(address) == real) or _bytes(address) == data:
                found.append(row)
        return found

    def similar(
        self, photo: Source | root_sift.Features, k: int = 10, exclude: Collection[int] = (),
        threads: int | None = None, when: Moment | None = None,
    ) -> list[Match]:  # fmt: skip
        """The k photos of the library most like `photo` (path, `shard.tar#member`, bytes, PIL image, uint8 array).

        A query whose `features` are there already may be given as these. By local features the trusted ones come
        first; the others are not matches, only the nearest. `when`: the moment of the photo, by default as it says
        itself: what time makes impossible is not trusted. Rows of `exclude` are passed over (`itself(photo)`).
        InputError for a photo that cannot be read, or k below 1.
        """
        if k < 1:
            raise InputError(f"k is {k}; ask for at least one photo")
        moment = self.moment_of(photo) if when is None else when
        return [self._match(hit) for hit in self.searcher.similar(photo, k, exclude, threads, moment)]

    def trusted_matches(
        self, photo: Source | root_sift.Features, exclude: Collection[int] = (), when: Moment | None = None,
        least: float = TRUSTED, threads: int | None = None,
    ) -> list[Match]:  # fmt: skip
        """The photos of the library whose chance to show the same place (within 25 km) is at least `least`, best first.

        `chance` says how large it is, and on how many matches that was measured. Photos of one minute are one witness:
        only the best of them is listed. The very photo is passed over, with the rows of `exclude`. Always empty in a
        library that is searched by an embedding, where a distance proves nothing.
        InputError for a photo that cannot be read.

        >>> from photoplanet.retrieval.library import library
        >>> folder = getfixture("tmp_path") / "photos"
        >>> folder.mkdir()
        >>> library.open(folder).trusted_matches(np.zeros((40, 60, 3), np.uint8))
        []
        """
        itself = [] if isinstance(photo, root_sift.Features) else self.itself(photo)
        found = self.similar(photo, MOST, {*itself, *exclude}, threads, when)
        sure = [match for match in found if match.chance is not None and 0 < match.chance.share >= least]
        return [match for match, first in zip(sure, _first_of_minute(sure), strict=True) if first]

    def similar_in(
        self, photo: Source | root_sift.Features, k: int, area: Area | None, exclude: Collection[int] = (),
        threads: int | None = None, when: Moment | None = None,
    ) -> tuple[list[Match], int]:  # fmt: skip
        """As `similar`, of photos that were taken in an area; with how many of the k most like lie outside of it."""
        found = self.similar(photo, k, exclude, threads, when)
        outside = self.outside(area)
        left_out = sum(match.row in outside for match in found)
        return (self.similar(photo, k, outside.union(exclude), threads, when) if left_out else found), left_out

    def outside(self, area: Area | None) -> frozenset[int]:
        """Rows of the library whose photos were not taken in an area; those of the last one are kept."""
        if area is None:
            return frozenset()
        if self._outside is None or self._outside[0] != area:
            inside = area.contains(self.listing.latitude, self.listing.longitude)
            self._outside = area, frozenset(np.flatnonzero(~inside).tolist())
        return self._outside[1]

    def locate(
        self, photo: Source, exclude: Collection[int] = (), threads: int | None = None, area: Area | None = None
    ) -> Answer | None:
        """Where the trusted matches of a photo were taken, those in `area` where one is given; None without any.

        By local features only.
        """
        return agreed(self.similar(photo, 10, self.outside(area).union(exclude), threads))

    def refine(
        self, photo: Source, prediction: Prediction, exclude: Collection[int] = ()
    ) -> tuple[Prediction, str | None]:  # fmt: skip
        """Move a prediction's point to where the library's photos say, by the model that the library is searched by.

        Return it, and the `photo_id` of the library photo that supports it, if one does. Rows of `exclude` are passed
        over. In a prediction that is cut to an area, only photos from there count; one that a sign has moved out of the
        model's cells stays as it is. InputError for a photo that cannot be read, and for a library that is searched by
        local features.
        """
        if not isinstance(self.searcher, VectorSearcher):
            raise InputError("this library is searched by local features; open it by embedding to refine a prediction")
        embedder = self.searcher.embedder
        if prediction.evidence is not None and world.ground_of(prediction.evidence.partition) is not None:
            return prediction, None
        if embedder.own_pass or prediction.embedding is None:
            vectors = embedder.vectors(decode.load(photo, embedder.locator.info.preprocessing)[None])
        else:
            vectors = embedder.from_network(prediction.embedding[None])
        if self._by_cell is None:
            self._by_cell = self.searcher.by_cell(self.listing.latitude, self.listing.longitude)
        part, mass = prediction.partition, prediction.probabilities
        if isinstance(part, CutPartition):
            mass, exclude = part.whole_mass(mass), self.outside(part.area).union(exclude)
        lat, lng, rows = within_cell_search.locate(
            mass[None], vectors, embedder.locator.partition, self._by_cell, exclude
        )
        if part.area is not None and not part.area.contains(lat[0], lng[0]):
            return prediction, None  # the point of a cell that the border crosses, without a photo of the library
        supporter = self.listing.ids[int(rows[0])] if rows[0] >= 0 else None
        return replace(prediction, at=(float(lat[0]), float(lng[0])), readout="combined"), supporter

    def moment_of(self, photo: Source | root_sift.Features) -> Moment:
        """When a photo was taken, as its file, its sidecars or its name say; unknown by an embedding."""
        if self.searcher.trust is None or isinstance(photo, root_sift.Features):
            return UNKNOWN
        try:
            name = os.fspath(photo) if isinstance(photo, str | os.PathLike) else ""
            return moment(stated_or_named(metadata_facts.of(photo).taken_at, name))
        except InputError:
            return UNKNOWN

    def features(self, photo: Source) -> root_sift.Features:
        """The local features of a query, as `pairs` of its matches count them."""
        return root_sift.extract(photo)

    def features_of(self, row: int) -> root_sift.Features | None:
        """The local features of a photo of the library, as `pairs` count them; None when it is searched by vectors."""
        return self.searcher.features_of(row)

    def _match(self, hit: Hit) -> Match:
        at, row = self.listing, hit.row
        place = float(at.latitude[row]), float(at.longitude[row])
        return Match(
            row, at.ids[row], at.addresses[row], *place, hit.score, hit.inliers, hit.distance, hit.trusted, hit.pairs,
            hit.details, hit.chance, hit.impossible, moment(at.taken_at[row]),
        )  # fmt: skip

    def _of_size(self, size: int) -> list[int]:
        """Rows of files that had so many bytes when they were listed."""
        if self._by_size is None:
            self._by_size = {}
            for row, stamp in enumerate(self.listing.stamps):
                noted = stamp.partition(":")[0]
                self._by_size.setdefault(int(noted) if noted.isdigit() else -1, []).append(row)
        return self._by_size.get(size, [])


def agreed(matches: Sequence[Match]) -> Answer | None:
    """Return the place that trusted matches agree on, None without any.

    It is the median, weighted by inliers, of the strongest group: all within 25 km of one of them, most inliers. Of
    photos that were taken within the same minute only the one with most inliers counts: a burst is one witness.

    >>> there = Match(0, "a", "a.jpg", 48.86, 2.35, 0.5, inliers=40, trusted=True)
    >>> answer = agreed([there, Match(1, "b", "b.jpg", 48.86, 2.35, 0.4, inliers=20, trusted=True)])
    >>> round(answer.latitude, 2), round(answer.longitude, 2), len(answer.matches)
    (48.86, 2.35, 2)
    """
    believed = [match for match in matches if match.trusted]
    if not believed:
        return None
    lat, lng, inliers = (np.array([getattr(match, name) for match in believed], float)
                         for name in ("latitude", "longitude", "inliers"))  # fmt: skip
    inliers = np.where(_first_of_minute(believed), inliers, 1e-6)
    near = geodesy.distance_km(lat[:, None], lng[:, None], lat, lng) <= AGREE_KM
    group = near[int((near * inliers).sum(axis=1).argmax())]
    place = geodesy.median(lat[group], lng[group], inliers[group])
    spread = float(np.max(geodesy.distance_km(*place, lat[group], lng[group])))
    same = tuple(match for match, inside in zip(believed, group, strict=True) if inside)
    others = tuple(match for match, inside in zip(believed, group, strict=True) if not inside)
    return Answer(float(place[0]), float(place[1]), spread, same, others)


def chance_to_dict(chance: Chance | None) -> dict[str, Any]:
    """Return plain values for JSON: the `chance`, and what it was measured on where it was; nothing for None.

    >>> chance_to_dict(Chance(0.97, 57, 59)), chance_to_dict(Chance(0.3)), chance_to_dict(None)
    ({'chance': 0.97, 'like_it': {'right': 57, 'of': 59}}, {'chance': 0.3}, {})
    """
    if chance is None:
        return {}
    share, right, count = chance
    return {"chance": round(share, 3), **({"like_it": {"right": right, "of": count}} if count else {})}


def answer_to_dict(answer: Answer | None, precision: str) -> dict[str, Any]:
    """Return `Answer.to_dict`, and the same keys without values where there is no answer.

    >>> answer_to_dict(None, "city")
    {'best': None, 'matches': [], 'elsewhere': []}
    """
    return {"best": None, "matches": [], "elsewhere": []} if answer is None else answer.to_dict(precision)


def _first_of_minute(matches: Sequence[Match]) -> list[bool]:
    """Which matches have most inliers of those taken within a minute of them; all where times are unknown."""
    kept: list[int] = []
    for row in sorted(range(len(matches)), key=lambda row: (-(matches[row].inliers or 0), row)):
        if not any(one_witness(matches[one].moment, matches[row].moment) for one in kept):
            kept.append(row)
    return [row in kept for row in range(len(matches))]


def _brief(match: Match, precision: str) -> dict[str, Any]:
    return {
        "photo_id": match.photo_id, "path": match.path, "inliers": match.inliers,
        "latitude": rounded(match.latitude, precision), "longitude": rounded(match.longitude, precision),
    }  # fmt: skip


def _content(photo: Source, name: str) -> bytes | None:
    """The bytes of a photo that is bytes or a file of its own; None for what is neither, and for what is too large."""
    if isinstance(photo, bytes | bytearray | memoryview):
        return bytes(photo)
    if not name or shards.split_address(name) or not Path(name).is_file():
        return None
    return Path(name).read_bytes() if Path(name).stat().st_size <= decode.MAX_BYTES else None


def _bytes(address: str) -> bytes | None:
    try:
        return Path(address).read_bytes()
    except (OSError, ValueError):  # a member of a shard, or gone since
        return None
