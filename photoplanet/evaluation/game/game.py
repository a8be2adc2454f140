"""People against a model, as in the paper's "Comparison to Human Performance": who was nearer, and by how much.

The paper's 50 "rounds" are 50 photos: ten people, five photos each (its counts within the radii are out of 50, too).
Here a round is five photos, as the page serves them, and both are counted: photos won, by distance, and rounds won,
by the sum of the points (GeoScore), which is how the game that the paper played decides one.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.errors import InputError
from photoplanet.evaluation import accuracy, tables
from photoplanet.evaluation.game import bootstrap

SIDES = ("person", "model")
PAPER: dict[str, Any] = {  # §3; "28 of the 50 rounds", the rest the people's at most
    "photos": 50,
    "photos_won": {"person": 22, "model": 28, "tie": 0},
    "person": {"median_km": 2320.75, "within": {"street": 0, "city": 0, "region": 2, "country": 11, "continent": 26}},
    "model": {"median_km": 1131.7, "within": {"street": 0, "city": 0, "region": 4, "country": 17, "continent": 32}},
}


def winner(person: float, model: float, less: bool = True) -> str:
    """Who has less (km), or with `less` false who has more (points): "person", "model" or "tie".

    >>> winner(10.0, 20.0), winner(10, 20, less=False), winner(5.0, 5.0)
    ('person', 'model', 'tie')
    """
    if person == model:
        return "tie"
    return "person" if (person < model) == less else "model"


def points(errors_km: npt.ArrayLike) -> NDArray[np.int64]:
    """What each photo (n,) scores, int64 0…5000: the GeoScore in whole points, as the game shows and adds them.

    >>> points([0.0, 1492.7, 20000.0])
    array([5000, 1839,    0])
    """
    return np.asarray(np.rint(accuracy.geoscore(errors_km)).astype(np.int64))


def compare(
    person_km: npt.ArrayLike, model_km: npt.ArrayLike, rounds: Sequence[Any], resamples: int = accuracy.RESAMPLES
) -> dict[str, Any]:
    """All figures of a comparison, ready for JSON, from the distances (n,) to the truth and the round of each photo.

    `photos_won` and `rounds_won`: {"person", "model", "tie", "p_value"}, the last of a two-sided sign test. `person`
    and `model`: `median_km`, `geoscore` (mean, 0…5000), `accuracy` by radius (shares 0…1), each with a 95 % bootstrap
    `…_interval` over rounds, whose photos one person saw (None with fewer than two), and `within` (counts). InputError
    for distances that are negative, not finite, or of another number; None in place of figures without photos.

    >>> found = compare([10.0, 900.0], [20.0, 300.0], ["one", "one"])
    >>> found["photos_won"]["person"], found["rounds_won"]["model"]
    (1, 1)
    """
    person, model = (np.asarray(km, np.float64).ravel() for km in (person_km, model_km))
    if not person.shape == model.shape == (len(rounds),):
        raise InputError(f"{person.size} and {model.size} distances in {len(rounds)} places: give one each per photo")
    both = np.concatenate([person, model])
    if not (np.isfinite(both) & (both >= 0)).all():
        raise InputError("a distance in a game must be a finite number of km, 0 or more")
    names, number = np.unique(np.asarray(rounds, dtype=str), return_inverse=True)
    # Sums of whole numbers are exact, so that a tie is one.
    own, others = [np.bincount(number, points(km), len(names)) for km in (person, model)]
    return {
        "rounds": len(names),
        "photos": int(person.size),
        "rounds_won": _won(own, others, less=False),
        "photos_won": _won(person, model),
        "person": _side(person, number, resamples),
        "model": _side(model, number, resamples),
    }


def sign_test(won: int, lost: int) -> float:
    """Two-sided p-value of so many wins and losses if both were equally likely; exact, ties left out beforehand.

    >>> sign_test(28, 22)
    0.479...
    """
    n, fewer = won + lost, min(won, lost)
    term = tail = 1
    for k in range(fewer):
        term = term * (n - k) // (k + 1)
        tail += term
    return float(min(1.0, 2 * tail / 2**n))


def text(found: dict[str, Any], name: str = "the game", who: str = "people") -> str:
    """A comparison of `compare` to be read: a Markdown table beside the paper's figures; `who` played the model.

    >>> found = compare([10.0, 900.0], [20.0, 300.0], ["one", "one"])
    >>> print(text(found))
    the game: 1 round, 2 photos
    ...
    """
    if not found["photos"]:
        return f"{name}: no round was finished yet\n"
    head, *body = (f"| {' | '.join(row)} |" for row in rows(found, who))
    lines = [head, "| --- | ---: | ---: | ---: | ---: |", *body]
    about = f"{name}: {found['rounds']} round{'s' if found['rounds'] != 1 else ''}, {found['photos']} photos"
    return "\n".join([about, "", *lines, "", significance(found)]) + "\n"


def rows(found: dict[str, Any], who: str = "people") -> list[list[str]]:
    """The table of a comparison with photos, head first: `who`, the model, and the paper's people and PlaNet.

    >>> found = compare([10.0, 900.0], [20.0, 300.0], ["one", "one"])
    >>> rows(found)[3][:3]
    ['median error, km', '455', '160']
    """
    sides = [found["person"], found["model"]]
    made = [
        ["", who, "model", "paper: people", "paper: PlaNet"],
        ["rounds won (five photos, by points)", *_wins(found["rounds_won"]), "–", "–"],
        ["photos won (the paper's rounds)", *_wins(found["photos_won"]), *_wins(PAPER["photos_won"])],
        ["median error, km", *(_bounded(side, "median_km", tables.distance) for side in sides)],
        ["GeoScore, mean (best: 5000)", *(_bounded(side, "geoscore", "{:.0f}".format) for side in sides), "–", "–"],
    ]
    made[3] += [f"{PAPER[side]['median_km']:,}" for side in SIDES]
    for radius, km in RADII_KM.items():
        own = [f"{side['within'][radius]}{_share_bounds(side, radius)}" for side in sides]
        made.append(
            [f"photos within {km:g} km ({radius})", *own, *(str(PAPER[side]["within"][radius]) for side in SIDES)]
        )
    made.append(["photos", *[str(found["photos"])] * 2, *[str(PAPER["photos"])] * 2])
    return made


def significance(found: dict[str, Any]) -> str:
    """Whether who won could be chance, in one line.

    >>> found = compare([10.0, 900.0], [20.0, 300.0], ["one", "one"])
    >>> significance(found)
    "Sign test: rounds: 0 ties, p = 1; ..."
    """
    won = {what: found[f"{what}_won"] for what in ("rounds", "photos")}
    said = [f"{what}: {each['tie']} ties, p = {each['p_value']:.2g}" for what, each in won.items()]
    paper = sign_test(PAPER["photos_won"]["model"], PAPER["photos_won"]["person"])
    return f"Sign test: {'; '.join(said)} (the paper's photos: p = {paper:.2g}). In brackets: 95 % intervals."


def _wins(won: dict[str, Any]) -> list[str]:
    return [str(won[side]) for side in SIDES]


def _bounded(side: dict[str, Any], key: str, turn: Callable[[float], str]) -> str:
    bounds = side[f"{key}_interval"]
    return turn(side[key]) + (f" [{turn(bounds[0])}, {turn(bounds[1])}]" if bounds else "")


def _share_bounds(side: dict[str, Any], radius: str) -> str:
    bounds = side["accuracy_interval"] and side["accuracy_interval"][radius]
    share = f"{tables.percent(side['accuracy'][radius])} %"
    return f" ({share} [{tables.percent(bounds[0])}, {tables.percent(bounds[1])}])" if bounds else f" ({share})"


def _won(person: NDArray[Any], model: NDArray[Any], less: bool = True) -> dict[str, Any]:
    count = dict.fromkeys((*SIDES, "tie"), 0)
    for pair in zip(person.tolist(), model.tolist(), strict=True):
        count[winner(*pair, less)] += 1
    return {**count, "p_value": sign_test(count["person"], count["model"])}


def _side(errors: NDArray[np.float64], number: NDArray[np.int64], resamples: int) -> dict[str, Any]:
    """The figures of one side from its errors (n,) in km; `number` (n,): the round of each photo, from 0."""
    if not errors.size:
        return {"median_km": None, "median_km_interval": None, "geoscore": None, "geoscore_interval": None,
                "within": dict.fromkeys(RADII_KM, 0), "accuracy": None, "accuracy_interval": None}  # fmt: skip
    shares = accuracy.accuracy(errors)
    found: dict[str, Any] = {
        "median_km": float(np.median(errors)),
        "median_km_interval": None,
        "geoscore": float(accuracy.geoscore(errors).mean()),
        "geoscore_interval": None,
        "within": {name: int((errors <= radius).sum()) for name, radius in RADII_KM.items()},
        "accuracy": shares,
        "accuracy_interval": None,
    }
    if number.max() > 0:
        medians, scores, hits = bootstrap.figures(errors, number, resamples)
        found["median_km_interval"], found["geoscore_interval"] = _interval(medians), _interval(scores)
        found["accuracy_interval"] = {
            name: _share_interval(hits[:, i], shares[name], errors.size) for i, name in enumerate(RADII_KM)
        }
    return found


def _interval(values: NDArray[Any]) -> list[float]:
    return [float(bound) for bound in np.percentile(values, [2.5, 97.5])]


def _share_interval(values: NDArray[Any], share: float, photos: int) -> list[float]:
    """Where all or no photos hit, every resample does, too: there the open end is the exact bound over photos."""
    low, high = _interval(values)
    if share in (0.0, 1.0):
        exact = accuracy.share_interval(share, photos)
        return [min(low, exact[0]), max(high, exact[1])]
    return [low, high]
