"""Settings of training on features: all that decides what is learned, with its defaults."""

from dataclasses import dataclass, fields
from typing import Any

from photoplanet.errors import InputError
from photoplanet.training.features.blend import BY_NAME


@dataclass(frozen=True)
class Settings:
    """What a model learns from features and how; equal settings, photos and encoders give equal models.

    InputError for values that cannot be meant.

    >>> Settings(blend="ridge").blend
    'ridge'
    >>> Settings(folds=1)
    Traceback (most recent call last):
    photoplanet.errors.InputError: setting folds=1 lies outside 2 to 20
    """

    # the cells
    level: int = 15  # the finest cells: about 300 m
    cell_photos: int = 8  # cells of the head hold at most so many photos; more where photos are many, see `places`
    # the head: multinomial logistic regression, AdamW
    label_km: float = 100.0  # softening τ of the labels: q ∝ exp(−(d − d_min)/τ)
    label_share: float = 0.5  # of the softened label in the target; the rest is one-hot
    epochs: float = 30.0
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    # the neighbours
    width: float = 0.35  # of their softmax, in standard deviations of the cosines between training photos
    burst: float = 0.5  # n photos of one place and group count as n^(1 − burst); 0: as n, 1: as one
    neighbours: int = 50_000  # training photos that the model carries, at most
    # the ridge
    penalty: float = 0.2  # λ, per photo of a group of mean size
    # the blend, and how it is tested
    blend: str = ""  # one of blend.BLENDS; "": chosen on held-out groups
    folds: int = 4  # of whole groups, each held out once
    seed: int = 0

    def __post_init__(self) -> None:
        for name, low, high in _BOUNDS:
            if not low <= getattr(self, name) <= high:
                raise InputError(f"setting {name}={getattr(self, name):g} lies outside {low:g} to {high:g}")
        if self.blend and self.blend not in BY_NAME:
            raise InputError(f"setting blend={self.blend!r} is unknown; use one of {', '.join(BY_NAME)}")

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


_BOUNDS = (
    ("level", 8, 24), ("cell_photos", 1, 1e9), ("label_km", 1e-3, 20_000), ("label_share", 0, 1), ("epochs", 0.1, 1e4),
    ("learning_rate", 1e-7, 1), ("weight_decay", 0, 10), ("width", 1e-3, 100), ("burst", 0, 1),
    ("neighbours", 1, 500_000), ("penalty", 1e-4, 1e4), ("folds", 2, 20), ("seed", 0, 2**62),
)  # fmt: skip
