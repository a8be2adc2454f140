"""A library searched by local features: SIFT, visual words, an inverted index, and geometric verification."""

import json
import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from photoplanet.core.cache import Cache, Entry, Found, Key
from photoplanet.core.progress import Bar
from photoplanet.errors import InputError
from photoplanet.models.folder import sha256
from photoplanet.photos.decode import Source
from photoplanet.retrieval.extras import open_faiss, open_opencv
from photoplanet.retrieval.library import format_1, leaving_out, trust
from photoplanet.retrieval.library.backends import Facts, Hit, checked_file
from photoplanet.retrieval.library.listing import Listing
from photoplanet.retrieval.library.times import UNKNOWN, Moment, Moments
from photoplanet.retrieval.library.voting import Places
from photoplanet.retrieval.local_features import root_sift, search
from photoplanet.retrieval.local_features.root_sift import Features
from photoplanet.retrieval.local_features.visual_words import InvertedIndex, Vocabulary

GROWTH = 2.0  # the vocabulary is trained again when a library holds more than this many times the photos it came from
NO_FEATURES = Features(np.empty((0, 4), np.float32), np.empty((0, 128), np.uint8), 1, 1)


class LocalBackend:
    """Searches a library by what geometry proves. MissingExtra where OpenCV or FAISS is not installed."""

    name = label = "local"
    fields: Mapping[str, DTypeLike] = {"points": (np.float32, 4), "descriptors": (np.uint8, 128)}
    choices: Mapping[str, Any] = {"trust": trust.VERSION}

    def __init__(self) -> None:
        open_opencv()  # fail early if the extra is missing, before all photos are listed
        open_faiss("visual words")
        self.settings: Mapping[str, Any] = {
            "max_side": root_sift.MAX_SIDE, "max_features": root_sift.MAX_FEATURES, "version": 1,
        }  # fmt: skip

    def extract(self, sources: Iterable[str], threads: int | None = None) -> Iterator[Found]:
        """Yield the features of photos, in order, found on `threads` threads; the InputError of one that has none."""
        workers = threads or min(8, os.cpu_count() or 1)
        cv2 = open_opencv()
        before = cv2.getNumThreads()
        cv2.setNumThreads(1)  # one photo a thread beats one photo on all of them
        ahead: deque[Future[Found]] = deque()
        pool = ThreadPoolExecutor(workers, thread_name_prefix="features")
        try:
            for source in sources:
                ahead.append(pool.submit(_extracted, source))
                if len(ahead) >= 3 * workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            cv2.setNumThreads(before)

    def build(
        self, cache: Cache, listing: Listing, keys: Sequence[Key], folder: Path, token: str, before: Facts, bar: Bar
    ) -> Facts:
        """Write vocabulary, inverted index and what leaving photos out says; return the facts for the manifest."""
        counts = [len(_features(found).points) for found in cache.look_up(keys)]
        seen = [key for key, count in zip(keys, counts, strict=True) if count]
        if not seen:
            return {"trained_on": 0, "vocabulary": None, "inverted": None, "trust": None, "bytes": {}}
        kept = _kept_vocabulary(folder, before, len(seen))
        if kept is None:
            with bar("training visual words", None):
                vocabulary = search.train_vocabulary(lambda row: _features(cache.get(seen[row])), len(seen))
            name, trained_on = f"vocabulary-{token}.npy", len(seen)
            vocabulary.save(folder / name)
        else:
            vocabulary, name, trained_on = kept
        inverted, size = self._inverted(cache, keys, folder / _words_folder(name), vocabulary, bar)
        path = folder / f"inverted-{token}.npz"
        inverted.save(path)
        searched = search.LocalIndex(lambda row: _features(cache.get(keys[row])), vocabulary, inverted)
        measured = self._measured(searched, listing, keys, folder / _left_out_folder(name), bar)
        item = root_sift.BYTES_PER_FEATURE
        return {
            "trained_on": trained_on,
            "vocabulary": {"file": name, "sha256": sha256(folder / name), "words": len(vocabulary)},
            "inverted": {"file": path.name, "sha256": sha256(path)},
            "trust": trust.save(measured, folder / f"movable-{token}.npy"),
            "bytes": {
                "features": item * sum(counts), "words": size, "inverted": inverted.nbytes,
                "vocabulary": (folder / name).stat().st_size,
            },
        }  # fmt: skip

    def load(self, cache: Cache, listing: Listing, keys: Sequence[Key], folder: Path, facts: Facts) -> "LocalSearcher":
        """Open the index of these photos; InputError for damaged files."""
        if facts["vocabulary"] is None:
            return LocalSearcher(cache, keys, None, None)
        vocabulary = Vocabulary.load(checked_file(folder, facts["vocabulary"]))
        inverted = InvertedIndex.load(checked_file(folder, facts["inverted"]))
        if inverted.photos != len(keys) or len(inverted.idf) != len(vocabulary):
            raise InputError(f"{folder}: its index of words is of {inverted.photos:,} photos, not {len(keys):,}")
        measured = trust.load(folder, facts["trust"], len(keys))
        known = trust.Trust(measured, Places(listing.latitude, listing.longitude), Moments(listing.taken_at))
        return LocalSearcher(cache, keys, (vocabulary, inverted), known)

    def files(self, facts: Facts) -> set[str]:
        """Return the names in the folder that belong to a generation."""
        names = {str(facts[part]["file"]) for part in ("vocabulary", "inverted", "trust") if facts.get(part)}
        vocabulary = str(facts["vocabulary"]["file"]) if facts.get("vocabulary") else ""
        return names | ({_words_folder(vocabulary), _left_out_folder(vocabulary)} if vocabulary else set())

    def _inverted(
        self, cache: Cache, keys: Sequence[Key], folder: Path, vocabulary: Vocabulary, bar: Bar
    ) -> tuple[InvertedIndex, int]:
        """The inverted index of the photos, and the bytes of their words, each looked up once and then cached."""

        def compute(wanted: Iterator[Key]) -> Iterator[Entry]:
            for key in wanted:
                descriptors = _features(cache.get(key)).descriptors
                held = older.get(*key[0].rsplit("\n", 1))
                if isinstance(held, Entry) and len(held.arrays["words"]) == len(descriptors):
                    yield held
                else:
                    yield Entry({"words": vocabulary.assign(descriptors).ravel().astype(np.int32)})

        def words(known: Cache) -> Iterator[NDArray[np.int32]]:
            for _, found in known.fill(keys, compute, lambda key: key):
                array = found.arrays["words"] if isinstance(found, Entry) else np.empty(0, np.int32)
                sizes.append(array.nbytes)
                advance(1)
                yield array

        sizes: list[int] = []
        fields: Mapping[str, DTypeLike] = {"words": np.int32}
        older = format_1.Photos(folder, fields, {})
        about = json.dumps({"vocabulary": folder.name, "features": dict(self.settings)}, sort_keys=True)
        with (
            Cache(folder, about, fields) as known,
            bar("looking up visual words", len(keys)) as advance,
        ):
            inverted = InvertedIndex.build(words(known), len(vocabulary))
            known.keep(keys)
        return inverted, sum(sizes)

    def _measured(
        self, index: search.LocalIndex, listing: Listing, keys: Sequence[Key], folder: Path, bar: Bar
    ) -> leaving_out.Measured:
        """How often the matches of photos left out are right; what was verified before is used on."""
        moments = Moments(listing.taken_at)
        rows = leaving_out.sample(keys)
        about = json.dumps(
            {"vocabulary": folder.name, "features": dict(self.settings), "version": leaving_out.VERSION}, sort_keys=True
        )
        by_name = {key[0]: row for row, key in enumerate(keys)}
        looked = {}
        with (
            Cache(folder, about, {"pairs": (np.int32, 2)}) as known,
            bar("leaving photos out", len(rows)) as advance,
        ):
            found = known.fill(
                rows, lambda wanted: leaving_out.look_for(wanted, index, keys, moments), lambda row: keys[row]
            )
            for row, entry in found:
                if isinstance(entry, Entry):
                    looked[row] = leaving_out.candidates(entry, by_name)
                advance(1)
            known.keep([keys[row] for row in rows])
        places = Places(listing.latitude, listing.longitude)
        return leaving_out.measure(looked, index.features_of, places, moments)


class LocalSearcher:
    """An open index of local features; the features themselves are read from the cache when they are needed."""

    def __init__(
        self,
        cache: Cache,
        keys: Sequence[Key],
        index: tuple[Vocabulary, InvertedIndex] | None,
        known: trust.Trust | None,
    ):
        self._cache, self._keys, self.trust = cache, keys, known
        self.lost = int((~cache.known(keys)).sum())
        self.index = search.LocalIndex(self.features_of, *index) if index else None

    def similar(
        self, photo: Source | Features, k: int, exclude: Collection[int] = (), threads: int | None = None,
        when: Moment = UNKNOWN,
    ) -> list[Hit]:  # fmt: skip
        """The k rows most like a photo of the moment `when`, or its `Features`: trusted ones first.

        All that are verified are weighed against each other, also where k is less.
        """
        features = photo if isinstance(photo, Features) else root_sift.extract(photo)
        if self.index is None or self.trust is None:
            return []
        found = self.index.search(features, search.CANDIDATES, exclude=exclude, threads=threads)
        return self.trust.judge(features, when, found, self.features_of)[:k]

    def features_of(self, row: int) -> Features:
        """The features of a row; none for a photo whose part of the index is damaged."""
        return _features(self._cache.get(self._keys[row]))


def _extracted(source: str) -> Found:
    try:
        found = root_sift.extract(source)
    except InputError as error:
        return error
    record = {"width": int(found.width), "height": int(found.height)}
    return Entry({"points": found.points, "descriptors": found.descriptors}, record)


def _features(found: Found | None) -> Features:
    """What the cache holds of a photo as features; none for a photo that is not there."""
    if not isinstance(found, Entry):
        return NO_FEATURES
    record = found.record if isinstance(found.record, dict) else {}
    width, height = (int(record.get(side, 1)) for side in ("width", "height"))
    return Features(found.arrays["points"], found.arrays["descriptors"], width, height)


def _kept_vocabulary(folder: Path, before: Facts, photos: int) -> tuple[Vocabulary, str, int] | None:
    """The vocabulary of the generation before, its name, and how many photos it came from; None if it has to be new."""
    about, trained_on = before.get("vocabulary"), before.get("trained_on", 0)
    if about and photos <= GROWTH * trained_on:
        with suppress(InputError):
            return Vocabulary.load(checked_file(folder, about)), about["file"], trained_on
    return None


def _words_folder(vocabulary: str) -> str:
    """The folder of the words that photos have in a vocabulary, by the name of its file."""
    return vocabulary.removesuffix(".npy").replace("vocabulary", "words")


def _left_out_folder(vocabulary: str) -> str:
    """The folder of what was verified of the photos left out, by the name of the vocabulary's file."""
    return vocabulary.removesuffix(".npy").replace("vocabulary", "left-out")
