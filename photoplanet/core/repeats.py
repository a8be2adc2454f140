"""Which texts of a long column came before: by hashes, in parts that fit into memory, and exactly."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

AT_A_TIME = 1 << 24  # texts whose hashes are sorted together: some 400 MB
_CHUNK = 1 << 16  # texts that are Python's at a time


def repeated(texts: pa.ChunkedArray, at_a_time: int = AT_A_TIME) -> NDArray[np.bool_]:
    """Return for each text whether an equal one came before it, bool (n,); null is a text, too.

    Texts are hashed to 64 bits; only those whose hash is there twice are compared, so that a collision of hashes
    changes nothing. Besides the column, 8 bytes a text are held, and the hashes of `at_a_time` texts are sorted at
    once.

    >>> repeated(pa.chunked_array([["a", "b"], ["a"]])).tolist()
    [False, False, True]
    """
    again = np.zeros(len(texts), bool)
    hashes = hashed(texts)
    parts = -(-len(texts) // at_a_time)
    for part in range(parts):
        rows = np.arange(len(texts)) if parts == 1 else np.flatnonzero(hashes % np.uint64(parts) == np.uint64(part))
        order = rows[np.argsort(hashes[rows], kind="stable")]  # equal hashes in the order of their rows
        same = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
        if same.size:
            few = np.unique(order[np.concatenate([same, same + 1])])
            again[few] = _not_first(_taken(texts, few))
    return again


def hashed(texts: pa.ChunkedArray) -> NDArray[np.uint64]:
    """Return Python's hash of each text, uint64 (n,): equal for equal texts, and other ones in every process.

    >>> first, second = hashed(pa.chunked_array([["a", "a"]]))
    >>> bool(first == second)
    True
    """
    found = np.empty(len(texts), np.int64)
    start = 0
    for chunk in texts.chunks:
        for begin in range(0, len(chunk), _CHUNK):
            some = chunk.slice(begin, _CHUNK)
            found[start : start + len(some)] = np.fromiter(map(hash, some.to_pylist()), np.int64, len(some))
            start += len(some)
    return found.view(np.uint64)


def _taken(texts: pa.ChunkedArray, rows: NDArray[np.int64]) -> pa.ChunkedArray:
    """Some texts, `rows` ascending, with 64-bit offsets: all of them may hold over 2 GiB."""
    ends = np.cumsum([len(chunk) for chunk in texts.chunks])
    parts = np.split(rows, np.searchsorted(rows, ends[:-1])) if len(ends) else []
    starts = [0, *ends[:-1].tolist()]
    found = [
        chunk.take(pa.array(some - start)).cast(pa.large_string())
        for chunk, some, start in zip(texts.chunks, parts, starts, strict=True)
    ]
    return pa.chunked_array(found, pa.large_string())


def _not_first(texts: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which of a few texts equal an earlier one, by the texts themselves."""
    encoded = texts.dictionary_encode(null_encoding="encode").combine_chunks()
    codes = (encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded).indices.to_numpy()
    again = np.ones(len(codes), bool)
    again[np.unique(codes, return_index=True)[1]] = False
    return again
