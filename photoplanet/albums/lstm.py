"""The paper's album networks at work (§4, Fig. 12) through ONNX Runtime: LSTM, label offset, repeated and both ways.

A network is two or three small ONNX files of a model folder's part: `ahead` (and `back`), the LSTM of a direction from
embeddings and a state to its outputs and the state after them, and `head`, from outputs to log-probabilities. So an
album of any length passes through in pieces, the state carried over, and memory is that of its answer.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import networks
from photoplanet.albums.album import Album
from photoplanet.albums.evidence import LogProbabilities
from photoplanet.albums.networks import LSTMS, Reading
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import ModelError
from photoplanet.models import folder

STEPS = 512  # photos at a time
MOST_UNITS = 65_536

Floats = NDArray[np.float32]


def file_names(method: str) -> dict[str, str]:
    """Role → file of the model folder.

    >>> file_names("lstm")
    {'ahead': 'album-lstm-ahead.onnx', 'head': 'album-lstm-head.onnx'}
    """
    roles = ("ahead", "back", "head") if LSTMS[method].both_ways else ("ahead", "head")
    return {role: f"{networks.part_name(method)}-{role}.onnx" for role in roles}


@dataclass(frozen=True)
class Network:
    """An album network of a model folder, and its sizes."""

    method: str
    files: networks.Files
    units: int
    embedding: int
    classes: int

    @property
    def reading(self) -> Reading:
        """How it reads an album."""
        return LSTMS[self.method]

    def log_probabilities(self, embeddings: Floats) -> Floats:
        """One album in time order: embeddings (n, d) → calibrated log-probabilities (n, classes) float32.

        A reading that truncates gives rows for the photos that it reads only: (min(n, cut), classes). ModelError for
        files that are damaged, and for answers of a wrong shape or that are not finite.
        """
        if self.reading.truncate:
            embeddings = embeddings[: self.reading.cut]
        n, cut = len(embeddings), self.reading.cut or len(embeddings)
        found = np.empty((n, self.classes), np.float32)
        for start in range(0, n, max(cut, 1)):
            piece = slice(start, min(start + cut, n))
            hidden = self._hidden(embeddings[piece])
            for rows in _steps(piece.stop - piece.start):
                given = {role: values[rows] for role, values in hidden.items()}
                (found[piece][rows],) = self.files.run("head", given, [(rows.stop - rows.start, self.classes)])
        return found

    def _hidden(self, embeddings: Floats) -> dict[str, Floats]:
        """The outputs of each direction (n, units) for one piece of an album."""
        state = [np.zeros((1, 1, self.units), np.float32)] * 2
        if self.reading.both_ways:
            back, _ = self._through("back", embeddings[::-1], state)
            return {"ahead": self._through("ahead", embeddings, state)[0], "back": back[::-1]}
        for _ in range(self.reading.passes - 1):
            _, state = self._through("ahead", embeddings, state, keep=False)
        hidden, state = self._through("ahead", embeddings, state)
        if self.reading.offset:  # the last photos' answers come after the album's end, with nothing more to read
            late, _ = self._through("ahead", np.zeros((self.reading.offset, self.embedding), np.float32), state)
            hidden = np.concatenate([hidden, late])[self.reading.offset :]
        return {"ahead": hidden}

    def _through(
        self, role: str, embeddings: Floats, state: list[Floats], keep: bool = True
    ) -> tuple[Floats, list[Floats]]:
        """Run an LSTM over photos (n, d) from a state: outputs (n, units), none unless `keep`, and the state after."""
        hidden = np.empty((len(embeddings) if keep else 0, self.units), np.float32)
        for rows in _steps(len(embeddings)):
            given = {"embeddings": np.asarray(embeddings[rows], np.float32), "h": state[0], "c": state[1]}
            wanted = [(rows.stop - rows.start, self.units), (1, 1, self.units), (1, 1, self.units)]
            found, *state = self.files.run(role, given, wanted)
            if keep:
                hidden[rows] = found
        return hidden, state


def read(model: folder.Bundle, threads: int | None = None) -> dict[str, Network]:
    """Method name → the album network of that name, for those that the model has; ModelError for damaged facts.

    >>> import photoplanet as pp
    >>> read(pp.load("toy").bundle)  # it has none
    {}
    """
    found = {}
    for method, reading in LSTMS.items():
        names = file_names(method)
        expected = asdict(reading)
        if _is_older(model, method) and expected.pop("truncate"):
            continue  # a network of this name read on in pieces then: it is another one
        facts = networks.facts_of(model, method, {"reading": expected}, names)
        if facts is None:
            continue
        units = facts.get("units")
        if isinstance(units, bool) or not isinstance(units, int) or not 0 < units <= MOST_UNITS:
            raise ModelError(
                f"{model.folder}: {method}: units must be 1 to {MOST_UNITS}, not {units!r}; train it again"
            )
        files = networks.Files.of(model, names, threads)
        found[method] = Network(method, files, units, model.info.embedding_size, model.info.classes)
    return found


def _is_older(model: folder.Bundle, method: str) -> bool:
    """Whether a method's part is there, from before readings could truncate."""
    reading = model.info.parts.get(networks.part_name(method), {}).get("reading")
    return isinstance(reading, dict) and "truncate" not in reading


def decode(
    log_probabilities: LogProbabilities,
    embeddings: NDArray[np.float32],
    album: Album,
    partition: Partition | None,
    parameters: Network | None = None,
) -> LogProbabilities:
    """Every slot's distribution from the LSTM `parameters`; a photo alone, or cut off, is answered by the CNN.

    Anchors keep their places, but these networks read photos only, so anchors do not help their neighbours.
    ModelError without a network, or with one of other sizes.

    >>> album = Album(gaps=np.zeros(0), known=np.array([-1]))
    >>> decode(np.log([[0.5, 0.5]]), np.zeros((1, 8)), album, None)
    Traceback (most recent call last):
    photoplanet.errors.ModelError: this method needs a trained album network; `photoplanet train-album` adds one to ...
    """

    def run(network: Network, rows: LogProbabilities) -> LogProbabilities:
        found = network.log_probabilities(embeddings)
        return np.concatenate([found, rows[len(found) :]])

    return networks.decode_with(parameters, run, log_probabilities, embeddings, album)


def _steps(n: int) -> Iterator[slice]:
    for start in range(0, n, STEPS):
        yield slice(start, min(start + STEPS, n))
