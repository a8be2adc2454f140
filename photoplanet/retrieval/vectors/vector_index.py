"""Nearest neighbours among vectors: FAISS behind a few functions, exact or compressed, with files that are checked."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from photoplanet.core import atomic
from photoplanet.errors import InputError
from photoplanet.models.folder import sha256
from photoplanet.retrieval.extras import open_faiss

LEVELS = 127  # int8 on either side of 0
LEAST = 1_000  # fewer vectors than this are stored exactly: a compressed kind's own tables would be larger than they
PROBES = 16  # inverted lists that a query looks into
TRAINED_ON = 64  # vectors per inverted list, at most
_CHUNK = 65_536  # rows converted at a time
_MOST_ROWS = 2_000_000_000
_MOST_DIMENSIONS = 65_536


def _flat(d: int, n: int) -> Any:
    return open_faiss().IndexFlatL2(d)


def _int8(d: int, n: int) -> Any:
    faiss = open_faiss()
    return faiss.IndexScalarQuantizer(d, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_L2)


def _ivf(d: int, n: int) -> Any:
    faiss = open_faiss()
    coarse = faiss.IndexFlatL2(d)
    made = faiss.IndexIVFScalarQuantizer(coarse, d, _lists(n), faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_L2)
    return _owning(made, coarse)


def _pq(d: int, n: int) -> Any:
    coarse = open_faiss().IndexFlatL2(d)
    pieces = max(pieces for pieces in range(1, min(64, d) + 1) if d % pieces == 0)
    return _owning(open_faiss().IndexIVFPQ(coarse, d, _lists(n), pieces, 8), coarse)


def _owning(made: Any, coarse: Any) -> Any:
    """Let the index free its coarse quantiser: else Python frees it first."""
    made.own_fields = True
    coarse.this.disown()
    made.nprobe = PROBES
    made.cp.min_points_per_centroid = 1  # else FAISS prints warnings on stdout
    made.cp.max_points_per_centroid = TRAINED_ON
    return made


def _lists(n: int) -> int:
    return 1 << max(4, round(math.log2(max(n, 1)) / 2))


# name -> (d, n) to an empty FAISS index. Bytes a photo at d = 256: 1024, 256, 265 and 73 (docs/embeddings.md)
KINDS: dict[str, Callable[[int, int], Any]] = {
    "float32": _flat,  # exact
    "int8": _int8,  # exact except for rounding
    "ivf": _ivf,  # int8 in inverted lists: a query reads few of them
    "pq": _pq,  # at most 64 bytes in inverted lists
}
EXACT: dict[str, type[np.float32] | type[np.int8]] = {
    "float32": np.float32,
    "int8": np.int8,
}  # kept as the vectors themselves: type of their file
DEFAULT_KIND = "int8"

Floats = NDArray[np.float32]


def unit_scale(d: int) -> float:
    """Return the step of int8 for unit vectors of d numbers: their range is ±8/√d (8 standard deviations), at most ±1.

    >>> unit_scale(16) == 1 / 127, unit_scale(256) == 0.5 / 127
    (True, True)
    """
    return float(min(1.0, 8 / np.sqrt(d)) / LEVELS)


def quantise(vectors: NDArray[Any], scale: float | None = None) -> NDArray[np.int8]:
    """Round vectors (n, d) to int8 (n, d), d bytes a photo: v / scale, clipped to ±127; `scale` None: `unit_scale(d)`.

    At 256 numbers the rounding moves a unit vector by about 0.02.

    >>> quantise(np.array([[0.6, -0.8]])).tolist()
    [[76, -102]]
    """
    rows = np.asarray(vectors, np.float32)
    step = np.float32(unit_scale(rows.shape[1]) if scale is None else scale)
    codes: NDArray[np.int8] = np.clip(np.rint(rows / step), -LEVELS, LEVELS).astype(np.int8)
    return codes


def dequantise(codes: NDArray[np.int8], scale: float | None = None) -> NDArray[np.float32]:
    """Return the float32 (n, d) that `quantise` made int8 (n, d) of, up to rounding.

    >>> dequantise(np.array([[127, -127]], np.int8)).tolist()
    [[1.0, -1.0]]
    """
    step = np.float32(unit_scale(codes.shape[1]) if scale is None else scale)
    vectors: Floats = codes.astype(np.float32) * step
    return vectors


class VectorIndex:
    """Vectors and their nearest neighbours by Euclidean distance; row numbers are the order in which they were added.

    For unit vectors it is also the order of cosine similarity (paper §3: L2 on embeddings). Made by `build` or `load`.

    >>> index = VectorIndex.build(np.eye(3, 4, dtype=np.float32))
    >>> distances, rows = index.search(np.array([[0.1, 0.9, 0, 0]]), k=2)
    >>> rows.tolist()
    [[1, 0]]
    """

    def __init__(self, index: Any, kind: str, scale: float):
        self._index, self.kind, self.scale = index, kind, scale

    @classmethod
    def build(
        cls, vectors: NDArray[Any], kind: str = DEFAULT_KIND, seed: int = 0, scale: float | None = None
    ) -> "VectorIndex":
        """Index `vectors` (n, d), float32, or int8 as `quantise` makes them; n may be 0, memory is O(n).

        `scale` is the value of one step of int8; None: `unit_scale(d)` for int8 vectors, and what just holds the
        largest number for float32 ones. A compressed kind is exact below 1,000 vectors. `seed` sets the start of its
        k-means. InputError for an unknown kind, another type or shape, or numbers that are not finite.
        """
        if kind not in KINDS:
            raise InputError(f"{kind!r} is not a kind of vector index; give one of {', '.join(KINDS)}")
        rows = _checked(vectors, "vectors")
        n, d = rows.shape
        if scale is None:
            largest = float(np.abs(rows).max()) if rows.dtype == np.float32 and n else 0.0
            scale = largest / LEVELS if largest else unit_scale(d)
        made = cls(KINDS["int8" if kind not in EXACT and n < LEAST else kind](d, n), kind, scale)
        if not made._index.is_trained:
            made._train(rows, seed)
        made.add(rows)
        return made

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""
        return int(self._index.d)

    @property
    def bytes_per_photo(self) -> float:
        """Bytes of memory a vector, with row numbers and the tables of a compressed kind."""
        if not len(self):
            return float(self._index.sa_code_size())
        faiss = open_faiss()
        total = len(self) * self._index.sa_code_size()
        if isinstance(self._index, faiss.IndexIVF):
            coarse = self._index.nlist * self.dimensions * 4
            codes = self._index.code_size + 8  # and the row number
            books = self._index.pq.ksub * self.dimensions * 4 if isinstance(self._index, faiss.IndexIVFPQ) else 0
            total = len(self) * codes + coarse + books
        return float(total / len(self))

    def add(self, vectors: NDArray[Any]) -> None:
        """Add vectors (n, d) of either type after those that are there; outside the range of int8 they are clipped."""
        rows = _checked(vectors, "vectors", self.dimensions)
        for start in range(0, len(rows), _CHUNK):
            self._index.add(self._stored(rows[start : start + _CHUNK]))

    def search(self, queries: NDArray[Any], k: int) -> tuple[Floats, NDArray[np.int64]]:
        """Return Euclidean distances float32 (q, k) and rows int64 (q, k) of the k nearest to queries (q, d).

        The nearest comes first. Where there are fewer than k (or a compressed kind finds fewer), row −1 at infinite
        distance fills up. InputError for queries of another shape, and k below 1.
        """
        rows = _checked(queries, "queries", self.dimensions)
        if k < 1:
            raise InputError(f"k is {k}; ask for at least one neighbour")
        if not len(rows) or not len(self):
            return np.full((len(rows), k), np.inf, np.float32), np.full((len(rows), k), -1, np.int64)
        wanted = min(k, len(self))
        squared, found = self._index.search(self._compared(rows), wanted)
        distances = np.sqrt(squared.clip(0)) * np.float32(self.scale if self._is_int8 else 1)
        distances[found < 0] = np.inf
        spare = ((0, 0), (0, k - wanted))
        return np.pad(distances, spare, constant_values=np.inf), np.pad(found, spare, constant_values=-1)

    def save(self, path: str | Path) -> dict[str, Any]:
        """Write the index to `path`, atomically, and return the facts (plain JSON) that `load` checks it against.

        Exact kinds are written as a plain `.npy` array, compressed ones in FAISS's own format.
        """
        target, exact = Path(path), self._exact
        with atomic.replacing(target) as temporary:
            if exact:
                _write_array(temporary, self._raw(), EXACT[exact])
            else:
                open_faiss().write_index(self._index, str(temporary))
            digest = sha256(temporary)
        facts = {"kind": self.kind, "rows": len(self), "dimensions": self.dimensions, "scale": self.scale}
        return {**facts, "stored": exact or "faiss", "sha256": digest}

    @classmethod
    def load(cls, path: str | Path, facts: dict[str, Any]) -> "VectorIndex":
        """Read what `save` wrote; `facts` are what it returned.

        InputError when the file is not the one that the facts describe. Its SHA-256 is compared before FAISS, which
        is native code, reads a byte of it: keep the facts where only their owner writes.
        """
        source = Path(path)
        kind, rows, d, scale, stored, digest = _facts(facts, source)
        if not source.is_file() or sha256(source) != digest:
            raise InputError(f"{source}: missing or damaged (its SHA-256 differs); build the index again")
        if stored in EXACT:
            made = cls(KINDS[stored](d, rows), kind, scale)
            made.add(_read_array(source, EXACT[stored], (rows, d)))
            return made
        made = cls(open_faiss().read_index(str(source)), kind, scale)
        if (len(made), made.dimensions) != (rows, d):
            raise InputError(f"{source}: {len(made)} × {made.dimensions}, not {rows} × {d}; build the index again")
        return made

    @property
    def _exact(self) -> str:
        """The exact kind in which the vectors lie, or an empty string."""
        return "int8" if self._is_int8 else "float32" if self.kind == "float32" else ""

    @property
    def _is_int8(self) -> bool:
        return type(self._index) is open_faiss().IndexScalarQuantizer

    def _stored(self, rows: NDArray[Any]) -> Floats:
        """As the FAISS index takes them: whole numbers where it keeps int8, else the values."""
        if self._is_int8:
            return (rows if rows.dtype == np.int8 else quantise(rows, self.scale)).astype(np.float32)
        return dequantise(rows, self.scale) if rows.dtype == np.int8 else np.ascontiguousarray(rows)

    def _compared(self, rows: NDArray[Any]) -> Floats:
        """Queries in the units of what is stored, not rounded: only one side of a distance suffers."""
        if self._is_int8:
            return rows.astype(np.float32) if rows.dtype == np.int8 else rows / np.float32(self.scale)
        return self._stored(rows)

    def _train(self, rows: NDArray[Any], seed: int) -> None:
        wanted = self._index.nlist * TRAINED_ON
        sample = rows
        if len(rows) > wanted:
            sample = rows[np.sort(np.random.default_rng(seed).choice(len(rows), wanted, replace=False))]
        self._index.cp.seed = 1 + seed
        if hasattr(self._index, "pq"):
            self._index.pq.cp.seed = 1 + seed
            self._index.pq.cp.min_points_per_centroid = 1
        self._index.train(self._stored(sample))

    def _raw(self) -> NDArray[Any]:
        """The vectors of an exact index as they are kept, (n, d) float32 or int8, a view where possible."""
        faiss = open_faiss()
        if not self._is_int8:
            flat: NDArray[np.float32] = faiss.rev_swig_ptr(self._index.get_xb(), len(self) * self.dimensions)
            return flat.reshape(len(self), self.dimensions)
        if not len(self):
            return np.empty((0, self.dimensions), np.int8)
        codes: NDArray[np.uint8] = faiss.rev_swig_ptr(self._index.codes.data(), len(self) * self.dimensions)
        return codes.reshape(len(self), self.dimensions)


def _write_array(path: Path, raw: NDArray[Any], kind: DTypeLike) -> None:
    """A `.npy` in pieces, so that a large index is not copied in memory; FAISS keeps int8 as uint8 around 128."""
    made = np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=raw.shape)
    for start in range(0, len(raw), _CHUNK):
        piece = raw[start : start + _CHUNK]
        made[start : start + _CHUNK] = (piece ^ 128).view(np.int8) if piece.dtype == np.uint8 else piece
    made.flush()


def _read_array(path: Path, kind: DTypeLike, shape: tuple[int, int]) -> NDArray[Any]:
    try:
        rows: NDArray[Any] = np.load(path, mmap_mode="r" if shape[0] else None, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{path}: not readable as an array ({error}); build the index again") from None
    if rows.dtype != kind or rows.shape != shape:
        found = f"{rows.dtype} {rows.shape}"
        raise InputError(f"{path}: {found}, not {np.dtype(kind)} {shape}; build the index again")
    return rows


def _facts(facts: dict[str, Any], source: Path) -> tuple[str, int, int, float, str, str]:
    try:
        kind, stored, digest = str(facts["kind"]), str(facts["stored"]), str(facts["sha256"])
        rows, d, scale = int(facts["rows"]), int(facts["dimensions"]), float(facts["scale"])
        sound = kind in KINDS and stored in (*EXACT, "faiss") and 0 <= rows <= _MOST_ROWS and 0 < d <= _MOST_DIMENSIONS
        sound = sound and np.isfinite(scale) and scale > 0
    except (KeyError, TypeError, ValueError, OverflowError):
        sound = False
    if not sound:
        raise InputError(f"{source}: its facts are not those of an index; build the index again")
    return kind, rows, d, scale, stored, digest


def _checked(vectors: NDArray[Any], what: str, d: int | None = None) -> NDArray[Any]:
    """float32 or int8 (n, d), finite."""
    rows = np.asarray(vectors)
    if rows.dtype != np.int8:
        if rows.dtype.kind not in "fiu":
            raise InputError(f"{what} are {rows.dtype}; give float32 or int8")
        rows = rows.astype(np.float32, copy=False)
    if rows.ndim != 2 or not 0 < rows.shape[1] <= _MOST_DIMENSIONS or (d is not None and rows.shape[1] != d):
        raise InputError(f"{what} have shape {rows.shape}; give (n, {d or 'd'})")
    for start in range(0, len(rows), _CHUNK):
        if rows.dtype == np.float32 and not np.isfinite(rows[start : start + _CHUNK]).all():
            raise InputError(f"{what} hold numbers that are not finite")
    return rows
