"""How a photo becomes a network's input: part of every model folder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from photoplanet.errors import InputError, ModelError

MIN_SIZE, MAX_SIZE = 8, 4096  # of a preprocessed photo, in pixels


@dataclass(frozen=True)
class Preprocessing:
    """How a photo becomes a network's input: side in pixels, how it is made square, the network's own normalisation.

    `fit` "crop": short side → size, then the centre; "squash": both sides → size. `mean`, `std`: of pixels in 0 … 1.
    InputError for impossible values.

    >>> Preprocessing(size=224).fit
    'crop'
    """

    size: int = 299
    fit: str = "crop"
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)

    def __post_init__(self) -> None:
        if not isinstance(self.size, int) or isinstance(self.size, bool) or not MIN_SIZE <= self.size <= MAX_SIZE:
            raise InputError(f"preprocessing size {self.size!r}: must be an integer, {MIN_SIZE} … {MAX_SIZE} pixels")
        if self.fit not in ("crop", "squash"):
            raise InputError(f"preprocessing fit {self.fit!r}: must be crop or squash")
        for name, low in (("mean", -10.0), ("std", 1e-6)):
            values = getattr(self, name)
            numbers = isinstance(values, tuple | list) and len(values) == 3
            if not numbers or not all(isinstance(v, int | float) and low <= v <= 10 for v in values):
                raise InputError(f"preprocessing {name} {values!r}: must be three numbers, {low} … 10")
            object.__setattr__(self, name, tuple(float(v) for v in values))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; `from_dict` reads them back.

        >>> Preprocessing(size=224).to_dict()["size"]
        224
        """
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Preprocessing":
        """Read the preprocessing of a model folder; ModelError for unknown keys or impossible values.

        >>> Preprocessing.from_dict({"size": 224, "fit": "squash"}).fit
        'squash'
        """
        known = set(cls.__dataclass_fields__)
        if not isinstance(values, Mapping) or not set(values) <= known:
            raise ModelError(
                f"preprocessing {str(values)[:200]}: must be an object with only {', '.join(sorted(known))}"
            )
        try:
            return cls(**values)
        except InputError as error:
            raise ModelError(str(error)) from None
