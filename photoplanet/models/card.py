"""`MODEL_CARD.md`: what a model is for, what it knows and how good it is, written from the facts in `model.json`."""

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.models import card_measured, card_origin

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition
    from photoplanet.models.folder import ModelInfo

TOY_NOTE = "This model knows the toy Earth only: toy coordinates are not real places."
COUNTRIES = 12
_INTENDED = """\
For estimating roughly where a photo was taken, from its pixels alone, on the machine of the person who holds it:
putting an old collection on the map, checking where a picture could be from, finding out which of one's own photos give
a place away. An answer is a distribution over cells; report the region and its confidence together with the point.

Not for finding, following or identifying people, and not as the only evidence for anything that harms someone."""
_ELSEWHERE = """\
- A photo from a place without a cell is put somewhere else: the model cannot say "none of these"."""
_UNKNOWN = """\
- A photo from a place without a cell can only be put somewhere else. The model says how likely that is ("unknown"), by
  what it learned of places left out of its training, and may miss it."""
_LIMITS = """\
- It is good where the training photos are many, and worse elsewhere; the lists above show where that is.
- Cues that were replicated elsewhere (a copy of a landmark, a style of building) mislead it as they mislead people.
- Confidence is calibrated on photos like the training photos; on other kinds of photos it may be wrong."""
_DUAL_USE = """\
The same answer helps an archivist and a stalker. photoplanet runs locally, sends nothing anywhere, rounds what it
prints to city level unless asked for more, and abstains when the evidence is weak. Whoever publishes this model, or a
service on top of it, takes over that duty; do not publish a place that a person on the photo, or its owner, would not
want published."""


def markdown(info: "ModelInfo", partition: "Partition") -> str:
    """Return the model card as Markdown; what was not measured is left out, never guessed.

    >>> from photoplanet.models import folder, installed
    >>> toy = folder.read(installed.resolve("toy"))
    >>> markdown(toy.info, toy.partition).splitlines()[0]
    '# Model card: toy'
    """
    sections = {
        "What it is for": _INTENDED,
        "What it knows": _knows(info, partition),
        "How it was made": _made(info),
        "Licence": card_origin.licence(info),
        "Where its weights are from": card_origin.provenance(info),
        "How it was made small": card_measured.int8(info),
        "On other devices": card_measured.devices(info),
        "What was trained on top of it": _parts(info),
        "How good it is": _accuracy(info.training.get("validation")) + _prior(info.training.get("against_prior")),
        "What was published about it": card_origin.published(info),
        "How far its confidence can be trusted": _calibration(info.calibration),
        "Limits": f"{_UNKNOWN if 'unknown' in info.calibration else _ELSEWHERE}\n{_LIMITS}",
        "Dual use": _DUAL_USE,
    }
    head = f"# Model card: {_plain(info.name)}\n\n" + (f"**{TOY_NOTE}**\n\n" if info.is_toy else "")
    return head + "\n".join(f"## {title}\n\n{text}\n" for title, text in sections.items() if text)


def _knows(info: "ModelInfo", partition: "Partition") -> str:
    counts = np.asarray(partition.photo_counts)
    what = _plain(info.training.get("counted", "training photos"))  # not photos where somebody else trained it
    lines = [f"{len(partition):,} cells of the Earth's surface (S2), which held {int(counts.sum()):,} {what}."]
    countries = _countries(partition, counts)
    if countries:
        shown = ", ".join(f"{name} {share:.0%}" for name, share in countries[:COUNTRIES])
        rest = len(countries) - COUNTRIES
        lines.append(
            f"{'Photos' if what == 'training photos' else what.capitalize()} by country: {shown}"
            + (f", and {rest} more." if rest > 0 else ".")
        )
    if info.is_toy:
        lines.append("The toy Earth borrows the positions of real cities; its photos are painted by a program.")
    return "\n\n".join(lines)


def _countries(partition: "Partition", counts: NDArray[np.int64]) -> list[tuple[str, float]]:
    """Countries and their share of the training photos, by the mean position of each cell's photos, most first."""
    photos: Counter[str] = Counter()
    for country, count in zip(_countries_at(partition.means.tobytes()), counts.tolist(), strict=True):
        photos[country or "at sea"] += count
    total = photos.total()
    return [(name, count / total) for name, count in photos.most_common()] if total else []


@lru_cache(maxsize=1)  # a card is written anew with each part that is added to a folder
def _countries_at(means: bytes) -> list[str]:
    """The country of each position, (n, 2) float64, latitude first."""
    from photoplanet.earth import gazetteer

    places = np.frombuffer(means, np.float64).reshape(-1, 2)
    return [place.country for place in gazetteer.name(places[:, 0], places[:, 1])]


def _made(info: "ModelInfo") -> str:
    size = info.preprocessing.size
    facts = {
        "network": ", ".join(f"{key} {value}" for key, value in info.backbone.items() if _is_fact(value)),
        "photo size": f"{size} × {size} pixels, {info.preprocessing.fit}",
        "embedding": f"{info.embedding_size} numbers a photo",
        "made": f"{info.created} by photoplanet {info.photoplanet_version}",
        **{
            key.replace("_", " "): value for key, value in info.training.items() if _is_fact(value) and key != "counted"
        },
    }
    return "\n".join(f"- {_plain(key)}: {_plain(value)}" for key, value in facts.items() if value != "")


def _parts(info: "ModelInfo") -> str:
    """A line for each part: its plain facts, and its shares of 0…1 (recall, accuracy) by what they hold for."""
    lines = []
    for name, part in sorted(info.parts.items()):
        said = [f"{key.replace('_', ' ')} {_plain(value)}" for key, value in part.items() if _is_fact(value)]
        for key, value in part.items():
            if isinstance(value, dict) and key.startswith(("recall", "accuracy")):
                shares = [f"{share:.1%} {at}" for at, share in value.items() if isinstance(share, float)]
                said.append(f"{key.replace('_', ' ')} {', '.join(shares)}")
        lines.append(f"- {_plain(name)}: {_plain('; '.join(said))}")
    return "\n".join(lines)


def _accuracy(measured: Any) -> str:
    """Accuracy at the five radii as a table, from what `evaluation.accuracy.summary` returned on validation photos."""
    shares = measured.get("accuracy") if isinstance(measured, dict) else None
    if not isinstance(shares, dict) or not all(isinstance(shares.get(name), int | float) for name in RADII_KM):
        return "Not measured. `photoplanet evaluate MODEL photos.parquet` measures it, on photos it never saw."
    head = " | ".join(f"{name} {km:g} km" for name, km in RADII_KM.items())
    row = " | ".join(f"{shares[name]:.1%}" for name in RADII_KM)
    lines = [f"| {head} |", "|" + "---:|" * len(RADII_KM), f"| {row} |", ""]
    words = {"photos": "{:,} validation photos", "median_km": "median error {:.4g} km", "geoscore": "GeoScore {:.0f}"}
    said = [form.format(measured[key]) for key, form in words.items() if isinstance(measured.get(key), int | float)]
    return "\n".join([*lines, "; ".join(said) + "."]) if said else "\n".join(lines)


def _prior(tested: Any) -> str:
    """A sentence about one place for all, from what `evaluation.prior.compared` returned on held-out groups."""
    shares = [tested.get(key) for key in ("mean", "constant_mean")] if isinstance(tested, dict) else []
    if not shares or not all(isinstance(share, int | float) for share in shares):
        return ""
    verdict = "It beats" if tested.get("beats") is True else "It was not shown to beat"
    return (
        f"\n\n{verdict} one place for all, the best constant answer of its training photos: {shares[0]:.1%} against "
        f"{shares[1]:.1%} on average over these radii."
    )


def _calibration(figures: dict[str, Any]) -> str:
    if not figures:
        return "Not calibrated: read its confidence as a ranking, not as a probability."
    said = {key.replace("_", " "): value for key, value in figures.items() if not isinstance(value, dict)}
    if isinstance(fitted := figures.get("calibrated_on"), dict):
        said["calibrated on"] = ", ".join(f"{key} {value}" for key, value in fitted.items())
    if "correction" in figures:
        said["odds of a right answer"] = "corrected at every distance (`correction` in model.json)"
    if "unknown" in figures:
        facts = {key: value for key, value in figures["unknown"].items() if key != "bias" and _is_fact(value)}
        weighed = f"told by {', '.join(figures['unknown']['weights']) or 'nothing'}"
        listed = [f"{key.replace('_', ' ')} {_plain(value)}" for key, value in facts.items()]
        said["unknown, what the model does not know"] = "; ".join([weighed, *listed])
    return "\n".join(f"- {_plain(key)}: {_plain(value)}" for key, value in said.items())


def _is_fact(value: Any) -> bool:
    return isinstance(value, str | int | float) and value is not None


def _plain(value: Any) -> str:
    """One line of printable text, so that no fact from a foreign model.json breaks the page or a terminal."""
    text = f"{value:.6g}" if isinstance(value, float) else f"{value:,}" if type(value) is int else str(value)
    return "".join(sign if sign.isprintable() else " " for sign in text)[:500]
