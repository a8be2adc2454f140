"""A library searched by embeddings: one vector a photo from a model, and an index of vectors."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from photoplanet.core.cache import Cache, Entry, Found, Key, Rows
from photoplanet.core.progress import Bar
from photoplanet.encoders import kept
from photoplanet.errors import InputError
from photoplanet.photos import decode
from photoplanet.retrieval.extras import open_faiss
from photoplanet.retrieval.library.backends import Facts, Hit, plain_name
from photoplanet.retrieval.library.listing import Listing
from photoplanet.retrieval.library.times import UNKNOWN, Moment
from photoplanet.retrieval.local_features.root_sift import Features
from photoplanet.retrieval.vectors import vector_index as vectors
from photoplanet.retrieval.vectors.embedding import Embedder
from photoplanet.retrieval.vectors.vector_index import VectorIndex
from photoplanet.retrieval.vectors.within_cell_search import PhotosByCell

BATCH = 32  # photos in one pass of the network
CHUNK = 8192  # vectors read at a time


class VectorBackend:
    """Searches a library by the vectors of a model. MissingExtra without FAISS, InputError for an unknown `kind`.

    `kind`: one of `vector_index.KINDS`, how the vectors are kept.
    """

    def __init__(self, embedder: Embedder, kind: str = vectors.DEFAULT_KIND):
        if kind not in vectors.KINDS:
            raise InputError(f"{kind!r} is not a kind of vector index; give one of {', '.join(vectors.KINDS)}")
        open_faiss()  # fail early if the extra is missing
        self.embedder, self.kind = embedder, kind
        self.label = f"embedding {kind} of {embedder.locator.info.name}"
        self.name = f"embedding-{embedder.key[:16]}"
        self.settings: Mapping[str, Any] = {"key": embedder.key, "version": 1}
        self.choices: Mapping[str, Any] = {"kind": kind}
        self.fields: Mapping[str, DTypeLike] = {"vectors": (np.int8, embedder.dimensions)}

    def extract(self, sources: Iterable[str], threads: int | None = None) -> Iterator[Found]:
        """Yield the quantised vector of each photo, in order; the InputError of one that cannot be read.

        What is kept of a photo's features by the encoder that the model was trained on is taken from there.
        """
        info = self.embedder.locator.info
        shared = kept.OfModel({} if self.embedder.own_pass else info.backbone, info.preprocessing, info.embedding_size)
        return shared.fill(
            iter(sources),
            lambda features: self._entry(self.embedder.from_network(features[None])),
            lambda others: self._read(others, threads),
        )

    def _read(self, sources: Iterator[str], threads: int | None) -> Iterator[Found]:
        """Yield what the network makes of each photo."""
        decoded = decode.load_many(sources, self.embedder.locator.info.preprocessing, threads)
        while batch := list(islice(decoded, BATCH)):
            good = [pixels for pixels in batch if not isinstance(pixels, InputError)]
            made = iter(self.embedder.vectors(np.stack(good)) if good else ())
            for pixels in batch:
                yield pixels if isinstance(pixels, InputError) else self._entry(next(made)[None])

    def _entry(self, vectors: NDArray[np.float32]) -> Entry:
        return Entry({"vectors": self.embedder.quantise(vectors)})

    def build(
        self, cache: Cache, listing: Listing, keys: Sequence[Key], folder: Path, token: str, before: Facts, bar: Bar
    ) -> Facts:
        """Write the FAISS index of the photos; return the facts for the manifest. Memory: all vectors."""
        codes = np.zeros((len(keys), self.embedder.dimensions), np.int8)
        rows = cache.rows(keys, "vectors")
        with bar("indexing vectors", len(keys)) as advance:
            for start in range(0, len(keys), CHUNK):
                part = rows[start : start + CHUNK]
                codes[start : start + CHUNK] = part
                advance(len(part))
        path = folder / f"vectors-{token}"
        facts = VectorIndex.build(codes, self.kind).save(path)
        size = path.stat().st_size if keys else 0
        return {
            "vectors": {"file": path.name, **facts},
            "bytes": {"vectors": codes.nbytes, f"index ({self.kind})": size},
        }

    def load(self, cache: Cache, listing: Listing, keys: Sequence[Key], folder: Path, facts: Facts) -> "VectorSearcher":
        """Open the index of these photos; InputError for a damaged file."""
        about = facts["vectors"]
        found = VectorIndex.load(folder / plain_name(about["file"]), about)
        if len(found) != len(keys) or found.dimensions != self.embedder.dimensions:
            raise InputError(f"{folder}: its vectors are of {len(found):,} photos, not {len(keys):,}")
        return VectorSearcher(self.embedder, found, cache.rows(keys, "vectors"))

    def files(self, facts: Facts) -> set[str]:
        """Return the names in the folder that belong to a generation."""
        return {str(facts["vectors"]["file"])}


class VectorSearcher:
    """An open index of vectors. `codes` (n, d): the quantised vectors on disk, zeros for a photo that is lost."""

    trust = None

    def __init__(self, embedder: Embedder, index: VectorIndex, codes: Rows):
        self.embedder, self.index, self._codes = embedder, index, codes
        self.lost = int((~codes.known).sum())

    def similar(
        self, photo: decode.Source | Features, k: int, exclude: Collection[int] = (), threads: int | None = None,
        when: Moment = UNKNOWN,
    ) -> list[Hit]:  # fmt: skip
        """The k rows whose vectors are nearest to that of a photo, nearest first."""
        if isinstance(photo, Features):
            raise InputError("this library is searched by vectors; give the photo instead of its local features")
        pixels = decode.load(photo, self.embedder.locator.info.preprocessing)
        return self.nearest(self.embedder.vectors(pixels[None]), k, exclude)

    def nearest(self, vector: NDArray[np.float32], k: int, exclude: Collection[int] = ()) -> list[Hit]:
        """The k rows nearest to one unit vector (1, d), nearest first."""
        if not len(self.index):
            return []
        distances, rows = self.index.search(vector, min(len(self.index), k + len(exclude)))
        found = [(int(row), float(far)) for row, far in zip(rows[0], distances[0], strict=True) if row >= 0]
        return [Hit(row, 1 - far * far / 2, distance=far) for row, far in found if row not in exclude][:k]

    def by_cell(self, latitude: NDArray[np.float64], longitude: NDArray[np.float64]) -> PhotosByCell:
        """The photos listed by the cells of the embedder's model; positions (n,) in degrees. Memory: all vectors."""
        codes = np.empty(self._codes.shape, np.int8)
        try:
            for start in range(0, len(codes), CHUNK):
                codes[start : start + CHUNK] = self._codes[start : start + CHUNK]
        except InputError as error:
            raise InputError(f"the index was rebuilt since it was opened ({error}); open the library again") from None
        return PhotosByCell(codes, latitude, longitude, self.embedder.locator.partition, self.embedder.scale)

    def features_of(self, row: int) -> None:
        """None: a library of vectors has no local features."""
