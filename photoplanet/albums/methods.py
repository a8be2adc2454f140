"""Every album method by name. A new one is one file and one line here."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import attention, baselines, hmm, lstm, timed_hmm
from photoplanet.albums.album import Album
from photoplanet.albums.evidence import LogProbabilities
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError


class Decoder(Protocol):
    """What an album method does: each slot's own log-probabilities → those given the whole album.

    `log_probabilities` (n, classes) float32, calibrated; `embeddings` (n, d) float32. Rows are in time order; a flat
    row is a slot of which nothing is known. `parameters`: what the model holds for this method, of the method's own
    type; None where it holds nothing. Returns a new array (n, classes) float32.
    """

    def __call__(
        self,
        log_probabilities: LogProbabilities,
        embeddings: NDArray[np.float32],
        album: Album,
        partition: Partition,
        parameters: Any = None,  # each method has its own type
    ) -> LogProbabilities:
        """Return the log-probabilities of every slot."""
        ...


class Method(NamedTuple):
    """A decoder; whether it `needs` parameters fitted on training albums; and one line `about` it for lists."""

    decode: Decoder
    needs: bool
    about: str


METHODS: dict[str, Method] = {
    "single": Method(baselines.single, False, "each photo by itself"),
    "average": Method(baselines.average, False, "the mean of the confidences, for all photos of the album"),
    "log-average": Method(
        baselines.log_average, False, "the mean of the log-probabilities, for all photos of the album"
    ),
    "hmm": Method(hmm.decode, True, "the paper's hidden Markov model: transitions counted on training albums"),
    "timed-hmm": Method(timed_hmm.decode, False, "a hidden Markov model that knows elapsed time and distance"),
    "lstm": Method(lstm.decode, True, "the paper's LSTM over the photos' embeddings"),
    "lstm-offset1": Method(lstm.decode, True, "… that answers one photo later"),
    "lstm-offset2": Method(lstm.decode, True, "… that answers two photos later"),
    "lstm-repeat": Method(lstm.decode, True, "… that reads the album twice and answers the second time"),
    "lstm-repeat25": Method(lstm.decode, True, "… twice, of an album's first 25 photos only"),
    "blstm25": Method(lstm.decode, True, "the paper's LSTM in both directions, of an album's first 25 photos only"),
    "lstm-repeat25-pieces": Method(lstm.decode, True, "… that reads each 25 photos of the album twice"),
    "blstm25-pieces": Method(lstm.decode, True, "… in both directions, 25 photos at a time"),
    "attention": Method(attention.decode, True, "a small network that weighs the evidence of all photos for each"),
}
ALONE = "single"  # the one that joins nothing
MOVEMENT = "movement"  # no method of a model: known places and times (`albums.movement`)
JOINED = "joined"  # the same with what a model says of the pixels (`albums.movement.joined`)
AUTO = "auto"  # the default: see `chosen`; of `album`, MOVEMENT or JOINED wherever places with a time are known


def chosen(name: str | None, parameters: Mapping[str, object], places_known: bool) -> str:
    """The method that `name` stands for; None and "auto": "attention" or "timed-hmm", whichever suits the album.

    Attention is as accurate at half the time, where the model has it (docs/albums.md). Where places are known, elapsed
    time and distance say most about their neighbours, so the timed HMM is taken.

    >>> chosen("auto", {"attention": ...}, places_known=False), chosen("auto", {"attention": ...}, places_known=True)
    ('attention', 'timed-hmm')
    """
    if name not in (None, AUTO):
        return str(name)
    return "attention" if "attention" in parameters and not places_known else "timed-hmm"


def get(name: str) -> Method:
    """Return the method called `name`; InputError lists the known ones.

    >>> get("average").needs
    False
    """
    if name not in METHODS:
        raise InputError(f"no album method is called {name!r}; the methods are {', '.join(METHODS)}")
    return METHODS[name]


def usable(parameters: Mapping[str, object]) -> list[str]:
    """The methods that a model with these parameters offers.

    >>> usable({})
    ['single', 'average', 'log-average', 'timed-hmm']
    """
    return [name for name, method in METHODS.items() if not method.needs or name in parameters]


def check(name: str, parameters: Mapping[str, object], model: str) -> None:
    """InputError for a method that `model` does not offer, for want of parameters; it lists those that it does.

    >>> check("lstm", {}, "mine")
    Traceback (most recent call last):
    photoplanet.errors.InputError: the model mine was not trained for the method lstm; it offers single, average, ...
    """
    can = usable(parameters)
    if name != AUTO and get(name) and name not in can:
        raise InputError(
            f"the model {model} was not trained for the method {name}; it offers {', '.join(can)} "
            "(`photoplanet train-album` adds others)"
        )


def decode(
    name: str,
    log_probabilities: LogProbabilities,
    embeddings: NDArray[np.float32],
    album: Album,
    partition: Partition,
    parameters: Mapping[str, object],
) -> LogProbabilities:
    """Run one method; `parameters`: method name → what the model holds for it (`album_parameters.read`).

    >>> rows = np.log([[0.9, 0.1], [0.6, 0.4]])
    >>> album = Album(gaps=np.array([0.5]), known=np.array([-1, -1]))
    >>> np.exp(decode("average", rows, np.zeros((2, 8)), album, None, {})).round(2).tolist()
    [[0.75, 0.25], [0.75, 0.25]]
    """
    return get(name).decode(log_probabilities, embeddings, album, partition, parameters.get(name))
