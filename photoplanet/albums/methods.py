"""Every album method by name. A new one is one file and one line here."""

from collections.abc import Callable
from typing import Any, NamedTuple

from photoplanet.albums import attention, average, baselines, hmm, log_average, lstm, timed_hmm
from photoplanet.albums.evidence import Decoded
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
    "single": Method(baselines.decode, False, "each photo by itself"),
    "average": Method(average.decode, False, "the mean of the confidences, for all photos of the album"),
    "log-average": Method(log_average.decode, False, "the mean of the log-probabilities, for all photos of the album"),
    "hmm": Method(hmm.decode, True, "the paper's hidden Markov model: transitions counted on training albums"),
    "timed-hmm": Method(timed_hmm.decode, False, "a hidden Markov model that knows elapsed time and distance"),
    "lstm": Method(lstm.decode, True, "the paper's LSTM over the photos' embeddings"),
    "lstm-offset1": Method(lstm.decode, True, "… that answers one photo later"),
    "lstm-offset2": Method(lstm.decode, True, "… that answers two photos later"),
    "lstm-repeat": Method(lstm.decode, True, "… that reads the album twice and answers the second time"),
    "lstm-repeat25": Method(lstm.decode, True, "… twice, 25 photos at a time"),
    "blstm25": Method(lstm.decode, True, "the paper's LSTM in both directions, 25 photos at a time"),
    "attention": Method(attention.decode, True, "a small network that weighs the evidence of all photos for each"),
}
AUTO = "auto"  # the default: see `chosen`


def chosen(name: str | None, learned: dict[str, Any], places_known: bool) -> str:
    """The method that `name` stands for; None and "auto": "attention" or "timed-hmm", whichever suits the album.

    Attention is as accurate at half the time, where the model has learned it (docs/albums.md); where places are
    known, elapsed time and distance say most about their neighbours, and that is what the timed HMM is about.
    """
    if name not in (None, AUTO):
        return str(name)
    return "attention" if "attention" in learned and not places_known else "timed-hmm"


def get(name: str) -> Method:
    """Return the method called `name`; InputError lists the known ones."""
    if name not in METHODS:
        raise InputError(f"no album method is called {name!r}; the methods are {', '.join(METHODS)}")
    return METHODS[name]


def usable(learned: dict[str, Any]) -> list[str]:
    """The methods that a model can do which has learned this."""
    return [name for name, method in METHODS.items() if not method.needs or name in learned]


def check(name: str, learned: dict[str, Any], model: str) -> None:
    """InputError for a method that `model` cannot do, having learned nothing for it; lists what it can."""
    can = usable(learned)
    if name != AUTO and get(name) and name not in can:
        raise InputError(f"the model {model} has learned nothing for the method {name}; it can do {', '.join(can)}")


def decode(name: str, log_probabilities: Any, embeddings: Any, album: Any, partition: Any, learned: Any) -> Decoded:
    """Run one method; `learned`: a dict method name → what was learned for it (`learned.read`)."""
    method = get(name)
    return method.decode(log_probabilities, embeddings, album, partition, learned.get(name))
