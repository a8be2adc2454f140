"""An album network of our own: every photo sums the album's evidence, weighed by time, reliability and agreement.

For a photo t and each scale k (the cell itself, then neighbourhoods of 20 … 3,000 km) the network chooses weights
w_k(t, s) for all photos s, from the time between them, what each photo's embedding says of its reliability, and how
well the two photos' own distributions agree at that scale. The answer is

    log p(c | album) ∝ π·log q_c + Σ_s Σ_k w_k(t, s)·log(p_k(c | s) / q_k(c)),

p_k(c | s) being the CNN's probability that photo s lies in c's neighbourhood, q the share of all photos there: evidence
is added up as Bayes' rule adds it, blurred by how far people get in between. It starts out as the CNN alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import networks
from photoplanet.albums.album import Album
from photoplanet.albums.evidence import LogProbabilities
from photoplanet.earth.partition.partition import Partition
from photoplanet.models import folder

Floats = NDArray[np.float64]

METHOD = "attention"
FILES = {"network": f"{networks.part_name(METHOD)}.onnx"}
KNOTS = (1 / 60, 0.25, 1.0, 6.0, 24.0, 168.0, 8760.0)  # hours: a minute, a quarter, an hour, … a week, a year
TIME_FEATURES = len(KNOTS) + 1
TOGETHER, REACH = 256, 256  # photos answered at a time, and how many before and after them are read: bounded memory


def time_features(hours: Floats) -> NDArray[np.float32]:
    """Hours (…,) between two photos, NaN for unknown → (…, TIME_FEATURES) float32 that sum to 1.

    Weights of the two KNOTS around it, linear in log time; the last one says "unknown".

    >>> time_features(np.array([1.0, np.nan])).tolist()
    [[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]]
    """
    known = ~np.isnan(hours)
    knots = np.log(KNOTS)
    place = np.interp(np.log(np.maximum(np.where(known, hours, 1.0), KNOTS[0])), knots, np.arange(len(knots)))
    near = np.maximum(1 - np.abs(place[..., None] - np.arange(len(knots))), 0) * known[..., None]
    return np.concatenate([near, ~known[..., None]], axis=-1, dtype=np.float32)


def apart(gaps: Floats, axis: int = -1) -> tuple[Floats, NDArray[np.int64]]:
    """From the gap before each photo (…, n), hours, NaN unknown → hours since the first, and the unknown gaps before.

    Two photos are as far apart as their hours differ where their counts of unknown gaps are the same, else unknown.

    >>> hours, unknown = apart(np.array([0.0, 2.0, np.nan, 1.0]))
    >>> hours.tolist(), unknown.tolist()
    ([0.0, 2.0, 2.0, 3.0], [0, 0, 1, 1])
    """
    unknown = np.isnan(gaps)
    hours = np.cumsum(np.where(unknown, 0.0, gaps).astype(np.float64), axis=axis)
    return hours, np.cumsum(unknown, axis=axis)


def pairs(hours: Floats, spells: NDArray[np.int64], others: slice, rows: slice) -> NDArray[np.float32]:
    """Time features (…, t, m, TIME_FEATURES) between photos `rows` and `others` of what `apart` gave for (…, n).

    >>> hours, unknown = apart(np.array([0.0, 1.0, np.nan]))
    >>> pairs(hours, unknown, others=slice(0, 3), rows=slice(0, 1)).argmax(axis=-1).tolist()  # 0 h, 1 h, unknown
    [[0, 2, 7]]
    """
    between = np.abs(hours[..., rows, None] - hours[..., None, others])
    unknown = spells[..., rows, None] != spells[..., None, others]
    return time_features(np.where(unknown, np.nan, between))


@dataclass(frozen=True)
class Network:
    """The attention network of a model folder, and its sizes."""

    files: networks.Files
    embedding: int
    classes: int

    def log_probabilities(
        self, own: LogProbabilities, embeddings: NDArray[np.float32], gaps: Floats
    ) -> LogProbabilities:
        """One album in time order: the CNN's (n, classes) and (n, d), gaps (n − 1,) hours → (n, classes), calibrated.

        Beside the answer, memory does not grow with n: each photo reads at least the REACH photos before and after it.
        """
        n = len(own)
        hours, spells = apart(np.concatenate([[0.0], gaps]))
        found = np.empty((n, self.classes), np.float32)
        for start in range(0, n, TOGETHER):
            rows = slice(start, min(start + TOGETHER, n))
            read = slice(max(0, rows.start - REACH), min(n, rows.stop + REACH))
            size = read.stop - read.start
            itself = np.eye(size, dtype=np.float32)[rows.start - read.start : rows.stop - read.start]
            given = {
                "log_probabilities": np.asarray(own[read], np.float32),
                "embeddings": np.asarray(embeddings[read], np.float32),
                "times": pairs(hours, spells, read, rows),
                "itself": itself,
                "there": np.ones(size, np.float32),
            }
            given = {name: array[None] for name, array in given.items()}  # the network knows batches of albums
            (answer,) = self.files.run("network", given, [(1, rows.stop - rows.start, self.classes)])
            found[rows] = answer[0]
        return found


def read(model: folder.Bundle, threads: int | None = None) -> dict[str, Network]:
    """{"attention": the network} where the model has one, else nothing; ModelError for damaged facts.

    >>> import photoplanet as pp
    >>> read(pp.load("toy").bundle)["attention"].classes
    1044
    """
    expected = {"version": 1, "classes": model.info.classes, "embedding": model.info.embedding_size}
    if networks.facts_of(model, METHOD, expected, FILES) is None:
        return {}
    return {METHOD: Network(networks.Files.of(model, FILES, threads), model.info.embedding_size, model.info.classes)}


def decode(
    log_probabilities: LogProbabilities,
    embeddings: NDArray[np.float32],
    album: Album,
    partition: Partition | None,
    parameters: Network | None = None,
) -> LogProbabilities:
    """Every slot's distribution from the attention network `parameters`; a photo alone is answered by the CNN.

    Anchors keep their places and are evidence for their neighbours. ModelError without a network, or of other sizes.

    >>> import photoplanet as pp
    >>> from photoplanet.albums.evidence import Evidence
    >>> network = read(pp.load("toy").bundle)["attention"]
    >>> seen = Evidence.flat(2, network.classes, network.embedding)
    >>> album = Album(gaps=np.array([0.1]), known=np.array([-1, 7]))  # the second photo's place is known
    >>> decode(seen.log_probabilities, seen.embeddings, album, None, network).argmax(axis=1).tolist()
    [7, 7]
    """
    return networks.decode_with(
        parameters,
        lambda network, rows: network.log_probabilities(rows, embeddings, album.gaps),
        log_probabilities,
        embeddings,
        album,
    )
