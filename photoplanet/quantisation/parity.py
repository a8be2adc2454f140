"""How far an int8 network is from the one that it was made of: the same photos through both."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.onnx_sessions import Session
from photoplanet.core.progress import Advance, ignore
from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import ModelError
from photoplanet.evaluation import accuracy, calibration
from photoplanet.locate.seen import softmax_at
from photoplanet.models import device_parity
from photoplanet.models.importers.parity import pictures

Array = NDArray[np.float32]

OUTPUTS = ("log_probabilities", "embedding")
AT_ONCE, PICTURES = 32, 8
MOST_MOVED = 0.1  # the mean share of an answer's mass that may lie elsewhere: more, and the model is another one
LEAST_SAME = 0.8  # of photos keep their likeliest cell
LEAST_COSINE = 0.9  # of embeddings of made pictures: less, and the photos for the ranges were all alike
_NUMBERS = 20_000_000  # of all distributions at a time


class Compared:
    """What is gathered of two networks' answers, some photos after the others."""

    def __init__(self, partition: Partition, temperature: float):
        self.partition, self.temperature = partition, temperature
        self.rows: list[dict[str, NDArray[Any]]] = []

    def add(self, plain: list[Array], small: list[Array], places: NDArray[np.float64]) -> None:
        """Add n photos: log-probabilities at temperature 1 and embeddings of either, and their places (n, 2)."""
        before, after = (np.exp(softmax_at(each[0], self.temperature).astype(np.float64)) for each in (plain, small))
        tops = [each.argmax(axis=1) for each in (before, after)]
        truth = np.full(len(places), -1)
        known = np.isfinite(places).all(axis=1)
        truth[known] = self.partition.assign(*places[known].T)
        lengths = np.linalg.norm(plain[1], axis=1) * np.linalg.norm(small[1], axis=1)
        found = {
            "moved": 0.5 * np.abs(before - after).sum(axis=1), "difference": np.abs(before - after).max(axis=1),
            "same": tops[0] == tops[1], "cosine": (plain[1] * small[1]).sum(axis=1) / np.maximum(lengths, 1e-12),
            "known": known, "truth": truth,
        }  # fmt: skip
        for name, top, row in zip(("float32", "int8"), tops, (before, after), strict=True):
            found[f"top {name}"], found[f"sure {name}"] = top, row.max(axis=1)
            found[f"km {name}"] = np.full(len(places), np.nan)
            means = self.partition.means[top[known]]
            found[f"km {name}"][known] = geodesy.distance_km(*means.T, *places[known].T)
        self.rows.append(found)

    def figures(self) -> dict[str, Any]:
        """Return the figures for JSON: of all photos, and of those whose places are known, how often either is right.

        Keys: `photos`, `same_top_cell` (a share), `probability` (the largest difference of one), `moved` (the mean
        share of an answer's mass that lies elsewhere) and `moved_most`, `cosine` (the least one of embeddings); with
        places also `known_places`, `top_cell`, `accuracy` and `expected_calibration_error`, each by network.
        """
        whole = {key: np.concatenate([row[key] for row in self.rows]) for key in self.rows[0]}
        found: dict[str, Any] = {
            "photos": len(whole["same"]), "same_top_cell": round(float(whole["same"].mean()), 4),
            "probability": round(float(whole["difference"].max()), 4), "moved": round(float(whole["moved"].mean()), 4),
            "moved_most": round(float(whole["moved"].max()), 4), "cosine": round(float(whole["cosine"].min()), 4),
        }  # fmt: skip
        known = whole["known"]
        if known.any():
            found["known_places"] = int(known.sum())
            right = {name: (whole[f"top {name}"] == whole["truth"])[known] for name in ("float32", "int8")}
            found["top_cell"] = {name: round(float(each.mean()), 4) for name, each in right.items()}
            found["accuracy"] = {name: _rounded(accuracy.accuracy(whole[f"km {name}"][known])) for name in right}
            found["expected_calibration_error"] = {
                name: round(calibration.expected_calibration_error(whole[f"sure {name}"][known], each), 4)
                for name, each in right.items()
            }
        return found


def measure(
    plain: Session, small: Session, photos: NDArray[np.uint8], places: NDArray[np.float64], partition: Partition,
    temperature: float, advance: Advance = ignore,
) -> dict[str, Any]:  # fmt: skip
    """Run both networks on photos uint8 (n, size, size, 3) → `Compared.figures`. `advance`: counts photos.

    `made_pictures` says of pictures that are like no photos in particular how far apart the answers are, at most.

    >>> import photoplanet as pp
    >>> model = pp.load("toy", device="cpu")
    >>> photos, nowhere = pictures(128, 2), np.full((2, 2), np.nan)
    >>> found = measure(model.session, model.session, photos, nowhere, model.partition, model.info.temperature)
    >>> found["photos"], found["same_top_cell"], found["moved"]
    (2, 1.0, 0.0)
    """
    compared = Compared(partition, temperature)
    each = max(1, min(AT_ONCE, _NUMBERS // len(partition)))
    for start in range(0, len(photos), each):
        some = slice(start, start + each)
        before, after = (session.run(OUTPUTS, {"images": photos[some]}) for session in (plain, small))
        compared.add(before, after, places[some])
        advance(len(photos[some]))
    given = {"images": pictures(photos.shape[1], PICTURES)}
    made = device_parity.compared(plain.run(OUTPUTS, given), small.run(OUTPUTS, given))
    return compared.figures() | {"made_pictures": {key: round(value, 4) for key, value in made.items()}}


def check(figures: dict[str, Any], name: str) -> None:
    """Raise ModelError where an int8 network is another model: too much of its answers lies elsewhere.

    Photos that are all alike would find nothing wrong with ranges for such photos; made pictures do.

    >>> check({"moved": 0.3, "same_top_cell": 0.5, "photos": 100, "made_pictures": {"cosine": 0.99}}, "europe")
    Traceback (most recent call last):
    photoplanet.errors.ModelError: europe: int8 changes its answers too much (30.0% of their mass lies elsewhere, ...
    """
    if not figures["made_pictures"]["cosine"] >= LEAST_COSINE:
        raise ModelError(f"{name}: the photos are too much alike to say what numbers occur in the network; nothing was "
                         "written: give others with --photos, as different as those that it will locate")  # fmt: skip
    if not (figures["moved"] <= MOST_MOVED and figures["same_top_cell"] >= LEAST_SAME):
        raise ModelError(
            f"{name}: int8 changes its answers too much ({figures['moved']:.1%} of their mass lies elsewhere, "
            f"{figures['same_top_cell']:.1%} of {figures['photos']:,} photos keep their likeliest cell); nothing was "
            "written: try more photos, or photos that are more like those it will locate, with --photos"
        )


def _rounded(shares: dict[str, float]) -> dict[str, float]:
    return {name: round(share, 4) for name, share in shares.items()}
