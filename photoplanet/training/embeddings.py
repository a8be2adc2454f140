"""The fixed CNN's embeddings of photos, computed once and kept on disk, for what is trained on top of them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.cache import Cache, Entry, Found, Rows, file_stamp
from photoplanet.core.progress import Advance, ignore
from photoplanet.encoders import kept as features_kept
from photoplanet.errors import InputError
from photoplanet.models import folder
from photoplanet.photos import decode

BATCH = 64  # photos that go through the network together
HALF_MAX = 65504.0  # the largest number in half precision

# uint8 photos (n, size, size, 3) → the CNN's embeddings (n, d)
Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def embeddings(
    sources: Sequence[Any], info: folder.ModelInfo, embed: Embed, kept: Path, threads: int | None = None,
    advance: Advance = ignore,
) -> tuple[Rows, NDArray[np.bool_]]:  # fmt: skip
    """Return the embeddings float16 (n, d) of photos, and bool (n,): which of them could be read; others have zeros.

    `info`, `embed`: the model, whose network's hash and input make the cache in the folder `kept` valid. What is known
    is not computed again, also after a stop, and features of the encoder that a model was trained on come from
    `encoders.kept`; a photo is only recorded as unreadable once it was tried. `advance` counts photos. OSError when the
    folder cannot be written to.

    >>> from photoplanet.models import installed
    >>> info = folder.read(installed.resolve("toy")).info
    >>> embed = lambda pixels: np.ones((len(pixels), info.embedding_size))
    >>> photos = [np.zeros((64, 64, 3), np.uint8), b"not a photo"]
    >>> found, readable = embeddings(photos, info, embed, getfixture("tmp_path"))
    >>> found.shape == (2, info.embedding_size), readable.tolist()
    (True, [True, False])
    """
    kept.mkdir(parents=True, exist_ok=True)
    encoder = features_kept.encoder_of(info.backbone)
    fingerprint = f"{encoder or info.hashes[folder.NETWORK]} {info.preprocessing.to_dict()}"
    keys = [(str(source), file_stamp(source) if isinstance(source, str) else "") for source in sources]
    with Cache(kept, fingerprint, {"embedding": (np.float16, info.embedding_size)}) as cache:
        unknown = np.flatnonzero(~cache.known(keys))
        advance(len(sources) - len(unknown))
        shared = features_kept.OfModel(info.backbone, info.preprocessing, info.embedding_size)

        def compute(rows: Iterator[int]) -> Iterator[Found]:
            return shared.fill(
                (sources[row] for row in rows), _entry, lambda others: _computed(others, info, embed, threads)
            )

        for _ in cache.fill(unknown.tolist(), compute, keys.__getitem__):
            advance(1)
        found = cache.rows(keys, "embedding")
        return found, found.known


def _computed(sources: Iterator[Any], info: folder.ModelInfo, embed: Embed, threads: int | None) -> Iterator[Found]:
    """Yield the embedding of each photo, or why it cannot be read, in order."""
    decoded = decode.load_many(sources, info.preprocessing, threads)
    while some := list(islice(decoded, BATCH)):
        good = [pixels for pixels in some if not isinstance(pixels, InputError)]
        made = iter(embed(np.stack(good)) if good else ())
        for pixels in some:
            yield pixels if isinstance(pixels, InputError) else _entry(next(made))


def _entry(embedding: NDArray[np.float32]) -> Entry:
    return Entry({"embedding": embedding.clip(-HALF_MAX, HALF_MAX).astype(np.float16)[None]})
