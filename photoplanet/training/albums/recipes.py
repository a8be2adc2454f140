"""Recipes of the album networks: every setting that decides what one learns, with its defaults."""

from dataclasses import dataclass
from typing import Any

from photoplanet.albums.networks import READINGS, Reading
from photoplanet.errors import InputError
from photoplanet.training.recipes import Recipe


@dataclass(frozen=True)
class AlbumRecipe:
    """What decides what an album network learns; two runs with equal recipes and photos learn the same weights.

    >>> AlbumRecipe("lstm").window
    100
    """

    method: str = "attention"
    units: int = 256
    epochs: int = 9
    batch_photos: int = 1024
    window: int = 100  # photos that back-propagation reaches back over (truncated), for networks that read one way
    longest: int = 400  # photos of an album read at a time in training, for networks that read both ways
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    dropout: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in READINGS:
            raise InputError(f"album network {self.method!r}: unknown; use one of {', '.join(READINGS)}")
        for name in ("units", "epochs", "batch_photos", "window", "longest"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be 1 or more, not {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout must be 0 or more and under 1, not {self.dropout}")
        if not (0 < self.learning_rate < 10 and 0 <= self.weight_decay < 10):
            raise InputError("learning_rate must be over 0 and weight_decay 0 or more, both under 10")

    @property
    def reading(self) -> Reading:
        """How the network reads an album."""
        return READINGS[self.method]

    @property
    def optimization(self) -> Recipe:
        """The same for `training.optimizer`: AdamW with one cycle."""
        return Recipe(learning_rate=self.learning_rate, weight_decay=self.weight_decay, warmup=0.1, clip_norm=1.0)


# What the toy Earth's albums wanted (docs/experiments.md); every other setting is the dataclass's.
RECIPES: dict[str, dict[str, Any]] = {
    "attention": {"units": 32, "epochs": 3, "batch_photos": 512, "learning_rate": 1e-2, "dropout": 0.2}
}


def recipe(method: str, **settings: Any) -> AlbumRecipe:
    """Return a method's recipe with the settings that are not None changed; InputError for an unknown method.

    >>> recipe("attention", epochs=5, units=None).units
    32
    """
    chosen = {name: value for name, value in settings.items() if value is not None}
    return AlbumRecipe(method, **{**RECIPES.get(method, {}), **chosen})
