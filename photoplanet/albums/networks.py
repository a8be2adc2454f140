"""Album networks as parts of a model folder: how each reads an album (paper, Fig. 12), and opening their ONNX files."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums.album import Album
from photoplanet.albums.evidence import LogProbabilities, with_anchors
from photoplanet.core import onnx_sessions
from photoplanet.errors import ModelError
from photoplanet.models import folder

PAPER_CUT = 25  # §4: "we had to limit the length of the sequences to 25 images"
MOST_BYTES = 2 << 30  # of a file: where a protobuf ends
REMEDY = "train it again, or copy the model again"


@dataclass(frozen=True)
class Reading:
    """`passes`: how often the album is read, answers come from the last; `offset`: photos read before the first answer.

    `cut`: photos read at a time, 0 for no limit; `both_ways`: the network sees all of them at once. `truncate`: photos
    after the first `cut` are not read at all, in training neither, and the CNN answers them; else they are read in
    further pieces of `cut`.
    """

    passes: int = 1
    offset: int = 0
    cut: int = 0
    both_ways: bool = False
    truncate: bool = False


LSTMS = {
    "lstm": Reading(),
    "lstm-offset1": Reading(offset=1),
    "lstm-offset2": Reading(offset=2),
    "lstm-repeat": Reading(passes=2),
    "lstm-repeat25": Reading(passes=2, cut=PAPER_CUT, truncate=True),
    "blstm25": Reading(both_ways=True, cut=PAPER_CUT, truncate=True),
    "lstm-repeat25-pieces": Reading(passes=2, cut=PAPER_CUT),
    "blstm25-pieces": Reading(both_ways=True, cut=PAPER_CUT),
}
READINGS = {**LSTMS, "attention": Reading(both_ways=True)}


class AlbumNetwork(Protocol):
    """An album network of a model folder."""

    @property
    def classes(self) -> int:
        """How many classes it answers."""
        ...

    @property
    def embedding(self) -> int:
        """How long the embeddings are that it reads."""
        ...


Network = TypeVar("Network", bound=AlbumNetwork)


def part_name(method: str) -> str:
    """The name of a method's part in a model folder.

    >>> part_name("blstm25")
    'album-blstm25'
    """
    return f"album-{method}"


def facts_of(
    model: folder.Bundle, method: str, expected: dict[str, Any], files: dict[str, str]
) -> dict[str, Any] | None:
    """The facts of a method's part, None where the model has none; ModelError unless it is of this version.

    `expected`: facts that must be as given. `files`: role → file name.

    >>> import photoplanet as pp
    >>> facts_of(pp.load("toy").bundle, "lstm", expected={}, files={}) is None  # the toy has no LSTM
    True
    """
    facts = model.info.parts.get(part_name(method))
    if facts is None:
        return None
    where = f"{model.folder}: the part {part_name(method)!r}"
    for name, value in expected.items():
        if facts.get(name) != value:
            raise ModelError(f"{where} has {name} {facts.get(name)!r}, and {value!r} is needed; train it again")
    if sorted(facts["files"]) != sorted(files.values()):
        raise ModelError(f"{where} has the files {facts['files']}, not {sorted(files.values())}; train it again")
    return facts


@dataclass(frozen=True)
class Files:
    """The ONNX files of one part, opened and checked on first use: (role, path, SHA-256) of each."""

    files: tuple[tuple[str, str, str], ...]
    threads: int | None = None

    @classmethod
    def of(cls, model: folder.Bundle, names: dict[str, str], threads: int | None = None) -> "Files":
        """Those of a model folder by role → file name."""
        listed = ((role, str(model.folder / name), model.info.hashes[name]) for role, name in names.items())
        return cls(tuple(listed), threads)

    def run(
        self, role: str, given: dict[str, NDArray[np.float32]], wanted: list[tuple[int, ...]]
    ) -> list[NDArray[np.float32]]:
        """What a file answers, arrays of the shapes `wanted`; ModelError for a damaged file and other answers."""
        path, digest = next((path, digest) for name, path, digest in self.files if name == role)
        session = _open(path, digest, self.threads)
        try:
            found: list[NDArray[np.float32]] = session.run(None, given)
        except Exception as error:  # ONNX Runtime's dozen types share no base but Exception
            raise ModelError(f"{path}: {onnx_sessions.one_line(error)}; {REMEDY}") from None
        shapes = [np.shape(array) for array in found]
        if shapes != wanted:
            raise ModelError(f"{path}: answers of shape {shapes}, not {wanted}; {REMEDY}")
        if not all(np.isfinite(array).all() for array in found):
            raise ModelError(f"{path}: its answer is not finite, so its weights are bad; {REMEDY}")
        return found


@functools.lru_cache(maxsize=32)
def _open(path: str, digest: str, threads: int | None) -> onnx_sessions.Session:
    """The session of one file, checked against its SHA-256; kept, since every album asks for it."""
    file = Path(path)
    if not file.is_file() or file.stat().st_size > MOST_BYTES or folder.sha256(file) != digest:
        raise ModelError(f"{file}: missing or damaged (its SHA-256 is not that in {folder.INFO}); {REMEDY}")
    return onnx_sessions.open_session(file, threads, remedy=REMEDY)


def decode_with(
    network: Network | None,
    run: Callable[[Network, LogProbabilities], LogProbabilities],
    log_probabilities: LogProbabilities,
    embeddings: NDArray[np.float32],
    album: Album,
) -> LogProbabilities:
    """What `run(network, rows with anchors)` answers: a photo alone keeps the CNN's answer, anchors their places.

    ModelError without a network, or with one of other sizes.

    >>> import photoplanet as pp
    >>> from photoplanet.albums import attention
    >>> network, alone = attention.read(pp.load("toy").bundle)["attention"], Album(np.zeros(0), np.array([-1]))
    >>> rows = np.full((1, network.classes), -np.log(network.classes), np.float32)
    >>> bool((decode_with(network, lambda network, rows: rows, rows, np.zeros((1, 8)), alone) == rows).all())
    True
    """
    if network is None:
        raise ModelError("this method needs a trained album network; `photoplanet train-album` adds one to the model")
    rows = with_anchors(log_probabilities, album.known)
    if len(album) < 2:
        return rows
    if rows.shape[1] != network.classes or np.shape(embeddings)[1] != network.embedding:
        raise ModelError(
            f"an album network for {network.classes} classes and embeddings of {network.embedding}, given "
            f"{rows.shape[1]} and {np.shape(embeddings)[1]}; train it on this model"
        )
    found = run(network, rows)
    anchors = album.known >= 0
    found[anchors] = rows[anchors]
    return found
