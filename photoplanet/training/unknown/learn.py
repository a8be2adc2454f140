"""From the evidence of known and unknown photos to `calibration["unknown"]` of model.json."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.evaluation.unknown import auroc
from photoplanet.photos import splits
from photoplanet.training.unknown import logistic
from photoplanet.training.unknown.left_out import Round, rounds

Floats = NDArray[np.float64]
Evidence = dict[str, Floats]  # of `locate.unknown.evidence`
Answer = Callable[[Round, NDArray[np.int64]], Evidence]  # a round and rows (m,) → the evidence of these photos, (m,)

SIGNS = {"similarity": -1.0, "gain": -1.0, "peak": -1.0}  # the evidence that is weighed: more of it, less unknown
SHARE = 0.08  # of photos that are unknown: what probabilities are calibrated to
SMALLER = (0.06, 0.04, 0.03, 0.02, 0.01)  # where that would cost too many sure answers about known photos
SURE, MOST_LOST = 0.9, 0.1  # mass within 750 km of a sure answer; the share of them that may be lost
FEWEST_REGIONS = 5  # left out, or distances alone have to do
FEWEST_KNOWN = 20  # known photos, or nothing can be said
PARTS = 5  # regions are fitted on four fifths and judged on the rest, in turn
_MOST = 900.0  # of a weight: model.json takes up to 1,000, of the bias that makes up for it as well
_ODDS_MOST = 30.0  # log-odds of the photos on average
_UNLIKE, _TYPICAL = 1.0, 50.0  # percentiles of the similarity of known photos
_DOUBLED = 3.0  # log-odds by which unknown is likelier when similarity falls from typical to the least usual


def learned(
    latitude: Floats, longitude: Floats, groups: NDArray[np.int64], answer: Answer, seed: int = 0,
    found: Sequence[Round] | None = None,
) -> tuple[dict[str, Any] | None, str]:  # fmt: skip
    """Return `calibration["unknown"]` (None where it cannot be learned) of photos at degrees (n,), and a line about it.

    `answer` is asked for the evidence of rows, as a model would give it that learned from a round's training photos
    only; `found`: the rounds, where they are not those of `left_out.rounds`. With regions to leave out, a logistic
    model weighs similarity, gain and peak; without, similarity alone, by how similar photos of held-out groups are.

    >>> learned(np.zeros(2), np.zeros(2), np.arange(2), lambda one, rows: {"similarity": np.ones(len(rows))})[0] is None
    True
    """
    found = rounds(latitude, longitude, groups, seed=seed) if found is None else found
    region = splits.regions(latitude, longitude)
    left_out = np.unique(np.concatenate([region[each.unknown] for each in found])) if found else np.empty(0)
    if left_out.size < FEWEST_REGIONS:
        return _by_distance(latitude, longitude, groups, answer, seed)
    evidence: dict[str, list[Floats]] = {name: [] for name in SIGNS}
    unknown, place = [], []
    for one in found:
        for rows, far in ((one.known, False), (one.unknown, True)):
            got = answer(one, rows)
            for name in SIGNS:
                evidence[name].append(got[name])
            unknown.append(np.full(len(rows), far))
            place.append(region[rows])
    table = np.column_stack([np.concatenate(evidence[name]) for name in SIGNS])
    return _weighed(table, np.concatenate(unknown), np.concatenate(place))


def _weighed(table: Floats, unknown: NDArray[np.bool_], region: NDArray[np.int64]) -> tuple[dict[str, Any], str]:
    fitted = _bounded(_fitted(table, unknown, region), table)
    crossed = _crossed(table, unknown, region)
    area = auroc(crossed, unknown)
    share = _share(crossed[~unknown], table[~unknown, list(SIGNS).index("peak")])
    photos, far, regions = int((~unknown).sum()), int(unknown.sum()), np.unique(region[unknown]).size
    facts = {
        "bias": round(fitted.bias + _odds(share) - _odds(SHARE), 6),
        "weights": {name: round(float(w), 6) + 0.0 for name, w in zip(SIGNS, fitted.weights, strict=True)},
        "unlike": _unlike(table[~unknown, list(SIGNS).index("similarity")]),
        "share": share,
        "learned_from": f"{regions} regions left out: {far} unknown photos against {photos} of held-out groups",
        "auroc": round(area, 3),
    }
    return facts, f"unknown is learned from {facts['learned_from']}; AUROC {area:.2f} elsewhere"


def _bounded(fitted: logistic.Logistic, table: Floats) -> logistic.Logistic:
    """The same with weights and a bias that model.json takes, and as unknown on average.

    Where all photos are alike (cosines of 0.9999, say), weights are very large, and so is what makes up for them.
    """
    middle = table.mean(axis=0)
    level = float(np.clip(fitted.bias + fitted.weights @ middle, -_ODDS_MOST, _ODDS_MOST))
    weights = fitted.weights.clip(-_MOST, _MOST)
    weights = weights * min(1.0, (_MOST + _ODDS_MOST) / max(abs(float(weights @ middle)), 1.0))
    return logistic.Logistic(level - float(weights @ middle), weights)


def _share(logit: Floats, peak: Floats) -> float:
    """The share of unknown photos to assume: `SHARE`, or less where a tenth of the sure answers would be lost to it.

    `logit` (n,): the log-odds of known photos to be unknown at `SHARE`; `peak` (n,): those of the mass within 750 km.
    """
    mass = 1 / (1 + np.exp(-peak[peak >= _odds(SURE)]))
    for share in (SHARE, *SMALLER):
        unknown = 1 / (1 + np.exp(-(logit[peak >= _odds(SURE)] + _odds(share) - _odds(SHARE))))
        if not mass.size or np.mean((1 - unknown) * mass < SURE) <= MOST_LOST:
            break
    return share


def _odds(share: float) -> float:
    return float(np.log(share / (1 - share)))


def _by_distance(
    latitude: Floats, longitude: Floats, groups: NDArray[np.int64], answer: Answer, seed: int
) -> tuple[dict[str, Any] | None, str]:
    """Similarity alone, without any unknown photo: what known photos hardly ever have is as likely unknown as not."""
    fold = splits.folds(groups, latitude, longitude, 4, seed)
    found: list[Floats] = []
    for number in range(int(fold.max(initial=0)) + 1 if fold.max(initial=0) else 0):
        held = fold == number
        one = Round(~held, np.flatnonzero(held), np.empty(0, np.int64))
        found.append(answer(one, one.known)["similarity"])
    known = np.concatenate(found) if found else np.empty(0)
    if known.size < FEWEST_KNOWN:
        return None, (
            f"what is unknown cannot be learned: {known.size} photos of held-out groups, {FEWEST_KNOWN} are needed"
        )
    typical, least = np.percentile(known, [_TYPICAL, _UNLIKE])
    weight = min(_MOST, _DOUBLED / max(typical - least, 1e-3))
    bias = _odds(SHARE) + weight * float(typical)
    facts = {
        "bias": round(bias, 6), "weights": {"similarity": round(-float(weight), 6)}, "unlike": _unlike(known),
        "share": SHARE, "learned_from": f"similarity alone: {known.size} photos of held-out groups",
    }  # fmt: skip
    return facts, f"too few regions to leave any out, so what is unknown is told by {facts['learned_from']}"


def _unlike(known: Floats) -> dict[str, float]:
    """From the least usual similarity of known photos on: as far below it as it is below typical, and it is unknown."""
    typical, least = np.percentile(known, [_TYPICAL, _UNLIKE])
    return {"below": round(float(least), 6), "weight": round(min(_MOST, 6 / max(float(typical - least), 1e-3)), 6)}


def weights(unknown: NDArray[np.bool_], region: NDArray[np.int64]) -> Floats:
    """Return what each photo (n,) counts: unknown ones `SHARE` of all together, a region by the root of its photos.

    >>> weights(np.array([True, False, False]), np.array([0, 1, 1])).round(2)
    array([0.24, 1.38, 1.38])
    """
    found = np.ones(len(unknown))
    for far, share in ((True, SHARE), (False, 1 - SHARE)):
        rows = unknown == far
        size = np.bincount(region[rows], minlength=int(region.max()) + 1)
        found[rows] = 1 / np.sqrt(size[region[rows]])
        found[rows] *= share * len(unknown) / found[rows].sum()
    return found


def _fitted(table: Floats, unknown: NDArray[np.bool_], region: NDArray[np.int64]) -> logistic.Logistic:
    return logistic.fit(table, unknown, np.array(list(SIGNS.values())), weights(unknown, region))


def _crossed(table: Floats, unknown: NDArray[np.bool_], region: NDArray[np.int64]) -> Floats:
    """The log-odds of each photo by weights that were fitted without its region."""
    part = np.random.default_rng(0).permutation(int(region.max()) + 1) % PARTS
    found = np.empty(len(table))
    for number in range(PARTS):
        there = part[region] == number
        rest = ~there
        if there.any():
            both = unknown[rest].any() and not unknown[rest].all()
            model = _fitted(table[rest], unknown[rest], region[rest]) if both else _fitted(table, unknown, region)
            found[there] = model.logit(table[there])
    return found
