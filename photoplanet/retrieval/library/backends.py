"""What a library can be searched by: local features, or the vectors of a model. Each extracts, builds and answers."""

import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError
from photoplanet.models.folder import sha256
from photoplanet.photos import decode
from photoplanet.retrieval.library.store import SHARD_PHOTOS, Row, Store
from photoplanet.retrieval.local_features import root_sift, search, visual_words
from photoplanet.retrieval.local_features.visual_words import InvertedIndex, Vocabulary
from photoplanet.retrieval.vectors import vector_index as vectors

GROWTH = 2.0  # the visual words are learnt again when a library holds this many times the photos they came from
BATCH = 32

Arrays = tuple[dict[str, NDArray], dict[str, Any]]  # a photo's arrays for the store, and its facts
Advance = Callable[..., Any]
Progress = Callable[[str, int | None], Any]


class LocalEngine:
    """SIFT, visual words, an inverted index, and geometric verification of what it finds."""

    name = label = "local"
    shard_photos = SHARD_PHOTOS
    choices: Mapping[str, Any] = {}  # how the search is built; `settings`: how a photo is read, what the store goes by

    def __init__(self) -> None:
        root_sift.opencv()  # what is not installed is better missed now than when all photos are listed
        visual_words.open_faiss()
        self.settings: dict[str, Any] = {
            "max_side": root_sift.MAX_SIDE, "max_features": root_sift.MAX_FEATURES, "version": 1,
        }  # fmt: skip
        self.fields: Mapping[str, tuple[Any, int]] = {"points": (np.float32, 4), "descriptors": (np.uint8, 128)}

    def extract(self, sources: Iterable[Any], threads: int | None = None) -> Iterator[Arrays | InputError]:
        """Features of photos, in order, on `threads` threads; the InputError of one that cannot be read."""
        workers = threads or min(8, os.cpu_count() or 1)
        cv2 = root_sift.opencv()
        before = cv2.getNumThreads()
        cv2.setNumThreads(1)  # one photo a thread beats one photo on all of them
        ahead: deque[Future] = deque()
        pool = ThreadPoolExecutor(workers, thread_name_prefix="features")
        try:
            for source in sources:
                ahead.append(pool.submit(_features, source))
                if len(ahead) >= 3 * workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            cv2.setNumThreads(before)

    def build(
        self, store: Store, rows: list[Row], folder: Path, token: str, before: dict[str, Any], progress: Progress
    ) -> dict[str, Any]:
        """Write vocabulary and inverted index of `rows` as new files of `folder`; facts for the manifest."""
        seen = [row for row in rows if row.count]
        if not seen:
            return {"trained_on": 0, "vocabulary": None, "inverted": None, "bytes": {}}
        vocabulary, name, trained_on = self._vocabulary(folder, before, len(seen))
        if vocabulary is None:
            with progress("learning visual words", None):
                vocabulary = search.train_vocabulary(lambda row: _read(store, seen[row]), len(seen))
            name, trained_on = f"vocabulary-{token}.npy", len(seen)
            vocabulary.save(folder / name)
        known = Store(folder / _words_of(name), {"words": (np.int32, 1)}, {}, repair=True, shard_photos=1024)
        with progress("looking up visual words", len(rows)) as advance:
            try:
                inverted = InvertedIndex.build(_words(store, known, vocabulary, rows, advance), len(vocabulary))
            finally:
                known.flush()
        path = folder / f"inverted-{token}.npz"
        inverted.save(path)
        return {
            "trained_on": trained_on,
            "vocabulary": {"file": name, "sha256": sha256(folder / name), "words": len(vocabulary)},
            "inverted": {"file": path.name, "sha256": sha256(path)},
            "bytes": {
                "features": store.bytes_of(rows), "words": known.bytes_of(known.rows()), "inverted": inverted.nbytes,
                "vocabulary": (folder / name).stat().st_size,
            },
        }  # fmt: skip

    def load(self, store: Store, rows: list[Row | None], folder: Path, facts: dict[str, Any]) -> Any:
        """A `LocalIndex` over `rows`, or None for a library without any feature; InputError for damaged files."""
        if facts["vocabulary"] is None:
            return None
        vocabulary = Vocabulary.load(_checked(folder, facts["vocabulary"]))
        inverted = InvertedIndex.load(_checked(folder, facts["inverted"]))
        if inverted.photos != len(rows) or len(inverted.idf) != len(vocabulary):
            raise InputError(f"{folder}: its index of words is of {inverted.photos:,} photos, not {len(rows):,}")
        return search.LocalIndex(lambda row: _read(store, rows[row]), vocabulary, inverted)

    def files(self, facts: dict[str, Any]) -> set[str]:
        """Names in the folder that belong to this generation."""
        names = {facts[part]["file"] for part in ("vocabulary", "inverted") if facts.get(part)}
        return names | {_words_of(name) for name in names if name.endswith(".npy")}

    def _vocabulary(self, folder: Path, before: dict[str, Any], photos: int) -> tuple[Vocabulary | None, str, int]:
        """The vocabulary of the generation before, while it is sound and the library has not outgrown it."""
        about, trained_on = before.get("vocabulary"), before.get("trained_on", 0)
        if not about or photos > GROWTH * trained_on:
            return None, "", 0
        try:
            return Vocabulary.load(_checked(folder, about)), about["file"], trained_on
        except InputError:
            return None, "", 0


class VectorEngine:
    """One vector a photo from a model (`retrieval.embedding.Embedder`), searched by FAISS."""

    shard_photos = 8192  # vectors are small: a million photos are some hundred shards

    def __init__(self, embedder: Any, kind: str = vectors.DEFAULT_KIND):
        if kind not in vectors.KINDS:
            raise InputError(f"no index is called {kind!r}; the kinds are {', '.join(vectors.KINDS)}")
        vectors.open_faiss()
        self.embedder, self.kind = embedder, kind
        self.label = f"embedding {kind} of {embedder.locator.info.name}"
        self.name = f"embedding-{embedder.key[:16]}"
        self.settings, self.choices = {"key": embedder.key, "version": 1}, {"kind": kind}
        self.fields: Mapping[str, tuple[Any, int]] = {"vectors": (np.int8, embedder.dimensions)}

    def extract(self, sources: Iterable[Any], threads: int | None = None) -> Iterator[Arrays | InputError]:
        """Quantised vectors of photos, in order; the InputError of one that cannot be read."""
        decoded = decode.load_many(sources, self.embedder.locator.info.preprocessing, threads)
        while batch := list(islice(decoded, BATCH)):
            good = [pixels for pixels in batch if not isinstance(pixels, InputError)]
            codes = iter(self.embedder.quantise(self.embedder.vectors(np.stack(good))) if good else ())
            for pixels in batch:
                yield pixels if isinstance(pixels, InputError) else ({"vectors": next(codes)[None]}, {})

    def build(
        self, store: Store, rows: list[Row], folder: Path, token: str, before: dict[str, Any], progress: Progress
    ) -> dict[str, Any]:
        """Write the FAISS index of `rows` as a new file of `folder`; facts for the manifest. Memory: all vectors."""
        with progress("indexing vectors", len(rows)) as advance:
            codes = self.codes(store, rows, advance)
        path = folder / f"vectors-{token}"
        facts = vectors.VectorIndex.build(codes, self.kind).save(path)
        return {"vectors": {"file": path.name, **facts}, "bytes": {
            "vectors": store.bytes_of(rows), f"index ({self.kind})": path.stat().st_size if rows else 0,
        }}  # fmt: skip

    def codes(
        self, store: Store, rows: Sequence[Row | None], advance: Advance = lambda count=1, note="": None
    ) -> NDArray[np.int8]:
        """The quantised vectors (n, d) of `rows`, zeros for a photo whose shard is gone."""
        codes = np.zeros((len(rows), self.embedder.dimensions), np.int8)
        for number, row in enumerate(rows):
            if row is not None:
                codes[number] = store.get(row)["vectors"][0]
            advance(1)
        return codes

    def load(self, store: Store, rows: list[Row | None], folder: Path, facts: dict[str, Any]) -> Any:
        """A `VectorIndex` over `rows`; InputError for a damaged file."""
        about = facts["vectors"]
        found = vectors.VectorIndex.load(folder / _name(about["file"]), about)
        if len(found) != len(rows) or found.dimensions != self.embedder.dimensions:
            raise InputError(f"{folder}: its vectors are of {len(found):,} photos, not {len(rows):,}")
        return found

    def files(self, facts: dict[str, Any]) -> set[str]:
        """Names in the folder that belong to this generation."""
        return {facts["vectors"]["file"]}


def _features(source: Any) -> Arrays | InputError:
    try:
        found = root_sift.extract(source)
    except InputError as error:
        return error
    facts = {"width": int(found.width), "height": int(found.height)}
    return {"points": found.points, "descriptors": found.descriptors}, facts


def _read(store: Store, row: Row | None) -> root_sift.Features:
    """A photo's features from disk; none for a photo whose shard is gone."""
    if row is None:
        return root_sift.Features(np.empty((0, 4), np.float32), np.empty((0, 128), np.uint8), 1, 1)
    found = store.get(row)
    width, height = (int(row.facts.get(side, 1)) for side in ("width", "height"))
    return root_sift.Features(found["points"], found["descriptors"], width, height)


def _words(
    store: Store, known: Store, vocabulary: Vocabulary, rows: Iterable[Row], advance: Advance
) -> Iterator[NDArray]:
    """The visual words of each photo: looked up once, then from the store of words."""
    for row in rows:
        advance(1)
        held = known.find(row.key, row.stamp)
        if held is not None and held.count == row.count:
            yield known.get(held)["words"]
            continue
        words = vocabulary.assign(store.get(row)["descriptors"]).reshape(-1, 1).astype(np.int32)
        known.add(row.key, row.stamp, {"words": words})
        yield words


def _words_of(vocabulary: str) -> str:
    """The folder of the words that photos have in a vocabulary, by the name of its file."""
    return vocabulary.removesuffix(".npy").replace("vocabulary", "words")


def _checked(folder: Path, about: Mapping[str, Any]) -> Path:
    path = folder / _name(about["file"])
    if not path.is_file() or sha256(path) != about["sha256"]:
        raise InputError(f"{path}: missing or damaged; open the library again to mend it")
    return path


def _name(name: Any) -> str:
    """A plain file name: a manifest must not lead elsewhere."""
    if not isinstance(name, str) or Path(name).name != name or name.startswith("."):
        raise InputError(f"{json.dumps(name)[:100]}: no name of a file of an index")
    return name
