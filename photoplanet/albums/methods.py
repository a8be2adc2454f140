"""Every album method by name. A new one is one file and one line here."""

from collections.abc import Callable
from typing import Any, NamedTuple

from photoplanet.albums import average, hmm, log_average, single, timed_hmm
from photoplanet.albums.decoded import Decoded
from photoplanet.errors import InputError


class Method(NamedTuple):
    """`decode(log_probabilities, embeddings, album, partition, learned) → Decoded`, and what to know about it.

    `log_probabilities` (n, classes) float32, calibrated; `embeddings` (n, d). Rows are in time order; a flat row is a
    slot of which nothing is known. `needs`: whether it works only with what was learned on training albums (then
    `learned` is that, never None). `about`: one line for lists.
    """

    decode: Callable[..., Decoded]
    needs: bool
    about: str


METHODS: dict[str, Method] = {
    "single": Method(single.decode, False, "each photo by itself"),
    "average": Method(average.decode, False, "the mean of the confidences, for all photos of the album"),
    "log-average": Method(log_average.decode, False, "the mean of the log-probabilities, for all photos of the album"),
    "hmm": Method(hmm.decode, True, "the paper's hidden Markov model: transitions counted on training albums"),
    "timed-hmm": Method(timed_hmm.decode, False, "a hidden Markov model that knows elapsed time and distance"),
}
DEFAULT_METHOD = "timed-hmm"  # the best that needs no training: docs/albums.md


def get(name: str) -> Method:
    """Return the method called `name`; InputError lists the known ones."""
    if name not in METHODS:
        raise InputError(f"no album method is called {name!r}; the methods are {', '.join(METHODS)}")
    return METHODS[name]


def decode(name: str, log_probabilities: Any, embeddings: Any, album: Any, partition: Any, learned: Any) -> Decoded:
    """Run one method; `learned`: a dict method name → what was learned for it (`learned.read`)."""
    method = get(name)
    return method.decode(log_probabilities, embeddings, album, partition, learned.get(name))
