"""An open library: the photos of it that match a photo, and the place that they agree on."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.locate.precision import rounded
from photoplanet.locate.prediction import Prediction
from photoplanet.photos import decode, shards
from photoplanet.retrieval.library.backends import LocalEngine
from photoplanet.retrieval.library.listing import Listing
from photoplanet.retrieval.library.store import Row, Store
from photoplanet.retrieval.local_features import root_sift
from photoplanet.retrieval.vectors import within_cell_search

AGREE_KM = 25.0  # matches nearer than this to the best one tell the same place


@dataclass(frozen=True)
class Match:
    """A photo of the library that is like the query: where it was taken (degrees), and how alike they are.

    By local features: `inliers` (features that agree), `score` (cosine of visual words), `trusted` (they show the same
    place), `pairs` int32 (inliers, 2). By an embedding: `distance` (0 … 2), `score` (cosine), and `trusted` is None:
    a distance alone proves nothing.
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
    pairs: Any = None

    def to_dict(self, precision: str) -> dict[str, Any]:
        """Plain values for JSON without `row` and `pairs`; coordinates and the place's name as rough as `precision`."""
        from photoplanet.earth import gazetteer

        place = gazetteer.name(self.latitude, self.longitude)[0]
        found = {
            "photo_id": self.photo_id, "path": self.path, "score": round(self.score, 4),
            "latitude": rounded(self.latitude, precision), "longitude": rounded(self.longitude, precision),
            "place": place.text(precision), "country_code": place.country_code,
        }  # fmt: skip
        if self.inliers is not None:
            return found | {"inliers": self.inliers, "trusted": bool(self.trusted)}
        return found | {"distance": round(self.distance or 0.0, 4)}


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

    def to_dict(self, precision: str) -> dict[str, Any]:
        """Plain values for JSON: `best`, `matches` and `elsewhere`; coordinates and names as rough as `precision`."""
        from photoplanet.earth import gazetteer

        place = gazetteer.name(self.latitude, self.longitude)[0]
        best = {
            "latitude": rounded(self.latitude, precision), "longitude": rounded(self.longitude, precision),
            "place": place.text(precision), "country_code": place.country_code,
            "details": sum(match.inliers or 0 for match in self.matches), "spread_km": round(self.spread_km, 3),
        }  # fmt: skip
        return {
            "best": best,
            "matches": [_brief(match, precision) for match in self.matches],
            "elsewhere": [_brief(match, precision) for match in self.others],
        }


class Library:
    """An open library; `retrieval.library.open` makes it. `len`: photos that can be found.

    `left_out`: reason → photos without a usable place, `unreadable`: photos that could not be read, `bytes_per_photo`:
    of each index that is there, its parts → bytes on disk a photo; `lost`: photos whose part of the index is damaged.
    """

    def __init__(
        self, listing: Listing, engine: Any, searcher: Any, sizes: dict[str, dict[str, float]], unreadable: int,
        store: Store, rows: Sequence[Row | None],
    ):  # fmt: skip
        self.listing, self.engine, self.searcher = listing, engine, searcher
        self.bytes_per_photo, self.unreadable, self.lost, self.left_out = (
            sizes,
            unreadable,
            rows.count(None),
            listing.left_out,
        )
        self._store, self._rows = store, rows
        self._by_cell: within_cell_search.Library | None = None
        self._by_size: dict[int, list[int]] | None = None

    def __len__(self) -> int:
        return len(self.listing)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: how many photos can be found, which cannot and why, and what the index takes on disk."""
        sizes = {
            kind: {part: round(size, 1) for part, size in parts.items()}
            for kind, parts in self.bytes_per_photo.items()
        }  # fmt: skip
        return {
            "photos": len(self), "left_out": self.left_out, "unreadable": self.unreadable, "bytes_per_photo": sizes,
        }  # fmt: skip

    def itself(self, photo: Any) -> list[int]:
        """Rows of the library that are this very photo: the same file, or the same bytes."""
        name = os.fspath(photo) if isinstance(photo, str | os.PathLike) else ""
        real = os.path.realpath(name) if name else ""
        if isinstance(photo, bytes | bytearray | memoryview):
            data = bytes(photo)
        elif (
            name
            and not shards.split_address(name)
            and Path(name).is_file()
            and Path(name).stat().st_size <= decode.MAX_BYTES
        ):
            data = Path(name).read_bytes()
        else:
            return [row for row, address in enumerate(self.listing.addresses) if name and address == name]
        if self._by_size is None:
            self._by_size = {}
            for row, stamp in enumerate(self.listing.stamps):
                size = stamp.partition(":")[0]
                self._by_size.setdefault(int(size) if size.isdigit() else -1, []).append(row)
        found = []
        for row in self._by_size.get(len(data), ()):
            address = self.listing.addresses[row]
            if (real and os.path.realpath(address) == real) or _bytes(address) == data:
                found.append(row)
        return found

    def similar(
        self, photo: Any, k: int = 10, exclude: Collection[int] = (), threads: int | None = None
    ) -> list[Match]:
        """The k photos of the library most like `photo` (path, `shard.tar#member`, bytes, PIL image, uint8 array).

        A query whose `features` are there already may be given as these.
        By local features the trusted ones come first; the others are no matches, only the nearest. Rows of `exclude`
        are passed over (`itself(photo)`). InputError for a photo that cannot be read, or k below 1.
        """
        if k < 1:
            raise InputError(f"k is {k}; ask for at least one photo")
        if isinstance(self.engine, LocalEngine):
            features = photo if isinstance(photo, root_sift.Features) else root_sift.extract(photo)
            return self._by_features(features, k, exclude, threads)
        pixels = decode.load(photo, self.engine.embedder.locator.info.preprocessing)
        return self.by_vectors(self.engine.embedder.vectors(pixels[None]), k, exclude)

    def locate(self, photo: Any, exclude: Collection[int] = (), threads: int | None = None) -> Answer | None:
        """Where the trusted matches of a photo were taken; None where there is none. By local features only."""
        return agreed(self.similar(photo, 10, exclude, threads))

    def by_vectors(self, vectors: np.ndarray, k: int, exclude: Collection[int] = ()) -> list[Match]:
        """The k photos nearest to one unit vector (1, d)."""
        if not len(self):
            return []
        distances, rows = self.searcher.search(vectors, min(len(self), k + len(exclude)))
        found = [(int(row), float(far)) for row, far in zip(rows[0], distances[0], strict=True) if row >= 0]
        return [
            self._match(row, 1 - far * far / 2, distance=far) for row, far in found if row not in exclude
        ][:k]  # fmt: skip

    def locate_with(
        self, probabilities: np.ndarray, vectors: np.ndarray, exclude: Collection[int] = ()
    ) -> tuple[float, float, Match | None]:
        """The combined readout of one photo: degrees, and the library photo that speaks for them.

        `probabilities` (1, classes) and `vectors` (1, d) of the model that the library is searched by.
        """
        partition = self.engine.embedder.locator.partition
        if self._by_cell is None:
            codes, at = self.engine.codes(self._store, self._rows), self.listing
            self._by_cell = within_cell_search.Library(
                codes, at.latitude, at.longitude, partition, self.engine.embedder.scale
            )
        searched: Any = _Without(self._by_cell, exclude) if exclude else self._by_cell
        lat, lng, rows = within_cell_search.combined(probabilities, vectors, partition, searched)
        row = int(rows[0])
        if row < 0:
            return float(lat[0]), float(lng[0]), None
        cosine = float(self._by_cell.vectors[row].astype(np.float32) @ vectors[0] * self._by_cell.scale)
        near = self._match(row, cosine, distance=float(np.sqrt(max(0.0, 2 - 2 * cosine))))
        return float(lat[0]), float(lng[0]), near

    def refine(
        self, photo: Any, prediction: Prediction, exclude: Collection[int] = ()
    ) -> tuple[Prediction, str | None]:  # fmt: skip
        """Move a prediction's point to where the library's photos say, by the model that the library is searched by.

        Return it, and the `photo_id` of the library photo that supports it, if one does. Rows of `exclude` are passed
        over. InputError for a photo that cannot be read.
        """
        embedder = self.engine.embedder
        if embedder.own_pass:
            vectors = embedder.vectors(decode.load(photo, embedder.locator.info.preprocessing)[None])
        else:
            vectors = embedder.from_network(prediction.embedding[None])
        latitude, longitude, near = self.locate_with(prediction.probabilities[None], vectors, exclude)
        return replace(prediction, at=(latitude, longitude), readout="combined"), near.photo_id if near else None

    def features(self, photo: Any) -> root_sift.Features:
        """The local features of a query, as `pairs` of its matches count them."""
        return root_sift.extract(photo)

    def features_of(self, row: int) -> root_sift.Features | None:
        """The local features of a photo of the library, as `pairs` count them; None when it is searched by vectors."""
        return self.searcher.features_of(row) if isinstance(self.engine, LocalEngine) else None

    def _by_features(
        self, features: root_sift.Features, k: int, exclude: Collection[int], threads: int | None
    ) -> list[Match]:
        if self.searcher is None:
            return []
        found = self.searcher.search(features, k=k, exclude=exclude, threads=threads)
        return [
            self._match(each.row, each.score, inliers=each.inliers, trusted=each.trusted, pairs=each.pairs)
            for each in found
        ]

    def _match(self, row: int, score: float, **known: Any) -> Match:
        at = self.listing
        return Match(
            row, at.ids[row], at.addresses[row], float(at.latitude[row]), float(at.longitude[row]), score, **known
        )


class _Without:
    """A `combined.Library` in which some rows are never found: those of the query itself."""

    def __init__(self, library: within_cell_search.Library, rows: Collection[int]):
        self._library, self._rows = library, np.array(list(rows), np.int64)
        self.vectors, self.usual, self.latitude, self.longitude = (
            library.vectors, library.usual, library.latitude, library.longitude,
        )  # fmt: skip

    def nearest(self, vector: np.ndarray, cell: int, k: int) -> tuple[np.ndarray, np.ndarray]:
        """As in `combined.Library`."""
        rows, squared = self._library.nearest(vector, cell, k + len(self._rows))
        kept = ~np.isin(rows, self._rows)
        rows, squared = rows[kept], squared[kept]
        order = np.argsort(squared, kind="stable")[:k]
        return rows[order], squared[order]


def agreed(matches: Sequence[Match]) -> Answer | None:
    """Trusted matches → the place: the strongest group within 25 km of one of them, its median weighted by inliers."""
    believed = [match for match in matches if match.trusted]
    if not believed:
        return None
    lat, lng, inliers = (np.array([getattr(match, name) for match in believed], float)
                         for name in ("latitude", "longitude", "inliers"))  # fmt: skip
    near = geodesy.distance_km(lat[:, None], lng[:, None], lat, lng) <= AGREE_KM
    group = near[int((near * inliers).sum(axis=1).argmax())]
    place = geodesy.median(lat[group], lng[group], inliers[group])
    spread = float(np.max(geodesy.distance_km(*place, lat[group], lng[group])))
    same = tuple(match for match, inside in zip(believed, group, strict=True) if inside)
    others = tuple(match for match, inside in zip(believed, group, strict=True) if not inside)
    return Answer(float(place[0]), float(place[1]), spread, same, others)


def answer_to_dict(answer: Answer | None, precision: str) -> dict[str, Any]:
    """`Answer.to_dict`, and the same keys without values where there is no answer."""
    return {"best": None, "matches": [], "elsewhere": []} if answer is None else answer.to_dict(precision)


def _brief(match: Match, precision: str) -> dict[str, Any]:
    return {
        "photo_id": match.photo_id, "path": match.path, "inliers": match.inliers,
        "latitude": rounded(match.latitude, precision), "longitude": rounded(match.longitude, precision),
    }  # fmt: skip


def _bytes(address: str) -> bytes | None:
    try:
        return Path(address).read_bytes()
    except (OSError, ValueError):  # a member of a shard, or gone since
        return None
