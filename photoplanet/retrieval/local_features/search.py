"""Search by local features: visual words choose candidates, geometry decides which of them show the same place."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from photoplanet.core.progress import Advance, ignore
from photoplanet.errors import InputError
from photoplanet.photos.decode import Source, open_photo
from photoplanet.retrieval.local_features.root_sift import MAX_SIDE, Features, extract
from photoplanet.retrieval.local_features.verification import Verified, trusted, verify
from photoplanet.retrieval.local_features.visual_words import DESCRIPTORS_PER_WORD, MAX_WORDS, InvertedIndex, Vocabulary

TRAINING_PHOTOS = 4000  # that the vocabulary is trained on, at most
CANDIDATES = 20  # verified per query, 10 ms each on a core
QUERY_WORDS = 3  # of a query's feature, one of a library's: forgives a word's border at no cost in the index
SAMPLE = DESCRIPTORS_PER_WORD * MAX_WORDS  # descriptors that the vocabulary is trained on, 42 MB


class LocalMatch(NamedTuple):
    """A photo of the library: its row, how many features agree, its tf-idf cosine, whether geometry agrees, which."""

    row: int
    inliers: int
    score: float
    trusted: bool
    pairs: NDArray[np.int32]  # (inliers, 2): rows of the query's features and of the photo's
    matched: int = 0  # before geometry


class HasPairs(Protocol):
    """A match of whatever kind."""

    @property
    def pairs(self) -> NDArray[np.int32] | None:
        """Which rows of the query's features and of the photo's agree, int32 (inliers, 2)."""
        ...


class LocalIndex:
    """A library searched by local features; `features_of(row)` reads the features of one photo, from disk as a rule."""

    def __init__(self, features_of: Callable[[int], Features], vocabulary: Vocabulary, inverted: InvertedIndex):
        self.features_of, self.vocabulary, self.inverted = features_of, vocabulary, inverted

    def search(
        self,
        features: Features,
        k: int = 10,
        candidates: int = CANDIDATES,
        exclude: Iterable[int] = (),
        threads: int | None = None,
    ) -> list[LocalMatch]:
        """Return the k best photos for a query's features: trusted ones first, then by inliers, then by score.

        `candidates` are verified, those with the most words in common; rows of `exclude` (the query itself) are not.
        Verifies on `threads` threads (default: one per core, at most 8); the answer does not depend on them.

        >>> random = np.random.default_rng(0)
        >>> photos = [extract(random.integers(0, 255, (90, 120, 3), np.uint8)) for _ in range(2)]
        >>> index = build(photos.__getitem__, photos=2)
        >>> [match.row for match in index.search(photos[1], k=2, exclude=[1])]  # without the query itself
        [0]
        """
        left_out = {int(row) for row in exclude}
        words = self.vocabulary.assign(features.descriptors, QUERY_WORDS)
        rows, scores = self.inverted.search(words, candidates + len(left_out))
        found = [(int(row), float(score)) for row, score in zip(rows, scores, strict=True) if row not in left_out]
        found = found[:candidates]

        def check(row: int) -> Verified:
            return verify(features, self.features_of(row))

        with ThreadPoolExecutor(threads or min(8, os.cpu_count() or 1)) as pool:
            verified = list(pool.map(check, [row for row, _ in found]))
        matches = [
            LocalMatch(row, seen.inliers, score, trusted(seen), seen.pairs, seen.matched)
            for (row, score), seen in zip(found, verified, strict=True)
        ]
        return sorted(matches, key=lambda match: (-match.trusted, -match.inliers, -match.score, match.row))[:k]


def train_vocabulary(
    features_of: Callable[[int], Features], photos: int, words: int | None = None, seed: int = 0, sample: int = SAMPLE
) -> Vocabulary:
    """Train a vocabulary on at most `sample` descriptors of photos 0 … photos − 1, of up to 4,000 drawn by `seed`.

    Memory: the sample. InputError where no photo has features.

    >>> random = np.random.default_rng(0)
    >>> one = Features(np.zeros((60, 4), np.float32), random.integers(0, 99, (60, 128), np.uint8), 320, 240)
    >>> len(train_vocabulary(lambda row: one, photos=2)) < 10
    True
    """
    rng = np.random.default_rng(seed)
    drawn = (
        np.sort(rng.choice(photos, min(photos, TRAINING_PHOTOS), replace=False)) if photos else np.zeros(0, np.int64)
    )
    each = max(1, sample // max(1, len(drawn)))
    parts = []
    for row in drawn:
        descriptors = features_of(int(row)).descriptors
        parts.append(descriptors[rng.permutation(len(descriptors))[:each]])
    taken = np.concatenate([np.zeros((0, 128), np.uint8), *parts])
    if not len(taken):
        raise InputError(f"none of {len(drawn):,} photos has local features; add photos that show something")
    return Vocabulary.train(taken, words, seed)


def build(
    features_of: Callable[[int], Features],
    photos: int,
    words: int | None = None,
    seed: int = 0,
    advance: Advance = ignore,
) -> LocalIndex:
    """Train the vocabulary on a sample of photos 0 … photos − 1 and index them all, one at a time.

    Memory: the sample, then 5 bytes per photo and different word (twice at the end), never the features of all.

    >>> photos = [extract(np.random.default_rng(seed).integers(0, 255, (90, 120, 3), np.uint8)) for seed in (1, 2)]
    >>> index = build(photos.__getitem__, photos=2)
    >>> [(match.row, match.trusted) for match in index.search(photos[1], k=1)]
    [(1, True)]
    """
    vocabulary = train_vocabulary(features_of, photos, words, seed)

    def each() -> Iterator[NDArray[np.int32]]:
        for row in range(photos):
            yield vocabulary.assign(features_of(row).descriptors)
            advance(1)

    return LocalIndex(features_of, vocabulary, InvertedIndex.build(each(), len(vocabulary)))


def draw(
    query_photo: Source,
    other_photo: Source,
    match: HasPairs,
    query: Features | None = None,
    other: Features | None = None,
    max_side: int = MAX_SIDE,
) -> Image.Image:
    """Draw both photos side by side, a line for each pair of features that agree; RGB, about 2 × `max_side` wide.

    `match.pairs` counts in the features `query` and `other`; without them, in those that `extract` finds as before.
    InputError for photos that cannot be read, and for a match of other features.

    >>> photo = Image.new("RGB", (400, 300), "navy")
    >>> draw(photo, photo, verify(extract(photo), extract(photo))).size
    (808, 300)
    """
    query = extract(query_photo, max_side) if query is None else query
    other = extract(other_photo, max_side) if other is None else other
    pairs = np.empty((0, 2), np.int32) if match.pairs is None else match.pairs
    if len(pairs) and (pairs.min() < 0 or (pairs.max(axis=0) >= (len(query.points), len(other.points))).any()):
        raise InputError("the match counts in other features than these photos have; index the library again")
    size = ((query.width, query.height), (other.width, other.height))
    photos = [open_photo(photo).resize(to) for photo, to in zip((query_photo, other_photo), size, strict=True)]
    gap = 8
    canvas = Image.new("RGB", (size[0][0] + gap + size[1][0], max(size[0][1], size[1][1])), "white")
    canvas.paste(photos[0], (0, 0))
    canvas.paste(photos[1], (size[0][0] + gap, 0))
    pen = ImageDraw.Draw(canvas)
    for number, (a, b) in enumerate(pairs):
        x, y = (float(v) for v in query.points[a, :2])
        u, v = (float(v) for v in other.points[b, :2])
        u += size[0][0] + gap
        colour = f"hsl({360 * number // max(1, len(pairs))}, 90%, 50%)"
        pen.line((x, y, u, v), fill=colour, width=1)
        for cx, cy in ((x, y), (u, v)):
            pen.ellipse((cx - 3, cy - 3, cx + 3, cy + 3), outline=colour, width=2)
    return canvas
