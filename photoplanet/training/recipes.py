"""Recipes: every setting that decides what a training run learns, in one dataclass with its defaults."""

import dataclasses
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from photoplanet.errors import InputError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

OPTIMIZERS = ("adagrad", "adamw", "sgd")
Settings = TypeVar("Settings", bound="DataclassInstance")
SCHEDULES = ("constant", "one-cycle")
PRECISIONS = ("auto", "float32", "tf32", "bf16")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a run learns from and how; two runs with equal recipes, photos and cells learn the same weights.

    These are the defaults, which are also the recipe `default`. InputError for values that cannot be meant.

    >>> Recipe(learning_rate=0.01).backbone
    'mobile'
    """

    name: str = "default"
    # the network
    backbone: str = "mobile"
    width: float = 1.0
    embedding: int = 0  # 0: the backbone's own
    # the backbone's first weights: random; for lite0, lite1, lite2 also pretrained, or the folder of a tuned model
    start: str = "random"
    tuned_layers: int = 0  # of the backbone's layers, so many of the last learn, and the head; 0: all
    layer_decay: float = 1.0  # of the learning rate, from each layer of the backbone to the one before it
    head_rate: float = 1.0  # the head's learning rate, in those of the backbone's last layer
    frozen_norms: bool = False  # the backbone's batch norms keep their running statistics and use them
    image_size: int = 128
    fit: str = "squash"  # how a photo becomes a square: see photos.decode.Preprocessing
    stored: int = 0  # over 0: keep photos in memory, shrunken to squares of so many px, after their first decoding
    # the cells, unless given as a file: the paper's t1 and t2; 0: chosen from the number of photos, see `cell_limits`
    max_photos: int = 0
    min_photos: int = 0
    validation: float = 0.1  # share of the photos, by photographer or album, unless a table is given
    validation_limit: int = 10_000  # photos looked at in each validation
    # how long, and in what steps
    epochs: float = 8.0  # with patience: at most
    steps: int = 0  # when over 0, counts instead of `epochs`
    patience: int = 0  # validations in a row without a better top-1 that end the run, its best weights kept; 0: none
    patience_epochs: float = 1.0  # epochs between the validations that patience counts
    batch_size: int = 128  # over all ranks together
    # the optimizer
    optimizer: str = "adamw"
    learning_rate: float = 3e-3
    schedule: str = "one-cycle"
    warmup: float = 0.05  # share of all steps with a rising rate
    final_rate: float = 0.01  # of the learning rate, where the one-cycle schedule ends
    weight_decay: float = 0.05  # of matrices and kernels; never of biases and norms
    momentum: float = 0.9  # sgd
    adagrad_start: float = 0.1  # first value of AdaGrad's accumulator
    clip_norm: float = 1.0  # longest gradient; 0: no clipping
    # the labels
    label_km: float = 25.0  # softening τ: q ∝ exp(−(d − d_min)/τ); 0: one-hot
    label_share: float = 0.5  # of the softened label in the target; the rest is one-hot
    label_cells: int = 16  # nearest cells that share the softened label
    hierarchy: tuple[float, ...] = (0.3, 0.3)  # weights of the losses on coarser cells, coarsest first
    hierarchy_shares: tuple[float, ...] = (0.1, 0.02)  # of all photos: the most that a coarser cell holds
    auxiliary: float = 0.3  # weight of the auxiliary head's loss, where the backbone has one
    # weight averaging
    average: float = 0.998  # decay a step of the averaged weights; 0: none
    # augmentation
    crop_area: float = 0.7  # least share of the photo's area that a random crop keeps; 1: none
    crop_ratio: float = 1.1  # most stretch of a random crop's sides; 1: none
    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2
    flip: float = 0.0  # share mirrored; off: a mirror turns letters round and changes the side of the road
    erase: float = 0.0  # share with a rectangle blanked
    # the machine
    precision: str = "auto"
    channels_last: bool = True
    compile: bool | str = False  # or auto: where it pays within the run
    sync_norm: bool = True  # batch norm over the whole batch of all ranks
    seed: int = 0

    def __post_init__(self) -> None:
        if self.compile not in (True, False, "auto"):
            raise InputError(f"recipe: compile {self.compile!r} is unknown; use true, false or auto")
        for choice, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES), ("precision", PRECISIONS)):
            if getattr(self, choice) not in known:
                raise InputError(f"recipe: {choice} {getattr(self, choice)!r} is unknown; use {', '.join(known)}")
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            numbers = value if isinstance(value, tuple) else (value,)
            if not all(math.isfinite(each) for each in numbers if isinstance(each, float)):
                raise InputError(f"recipe: {field.name} {value} is not a finite number")
        for name, low, high in _BOUNDS:
            if not low <= getattr(self, name) <= high:
                raise InputError(f"recipe: {name} {getattr(self, name)} lies outside {low:g} to {high:g}")
        if self.start != "random" and (self.width != 1 or self.embedding):
            raise InputError("recipe: pretrained weights need the network as it is; leave width and embedding out")
        if 0 < self.stored < self.image_size:
            raise InputError(f"recipe: stored {self.stored} is under the image_size of {self.image_size}")
        if self.fit == "crop" and not self.stored and (self.crop_area < 1 or self.crop_ratio > 1):
            raise InputError("recipe: random crops need fit=squash or stored photos, else crop_area=1 and crop_ratio=1")
        if self.patience and self.schedule != "constant":
            raise InputError(
                f"recipe: patience={self.patience} stops where validation converges, but the rate of schedule "
                f"{self.schedule} is made for a fixed end; use schedule=constant, or patience=0"
            )
        if len(self.hierarchy) != len(self.hierarchy_shares):
            raise InputError("recipe: hierarchy and hierarchy_shares need one number per coarser level each")
        shares = list(self.hierarchy_shares)
        if any(not 0 < share <= 1 for share in shares) or shares != sorted(shares, reverse=True):
            raise InputError("recipe: hierarchy_shares lie in 0 to 1, the largest (coarsest) first")
        if any(weight < 0 for weight in self.hierarchy):
            raise InputError("recipe: hierarchy weights must not be negative")

    def total_steps(self, photos: int) -> int:
        """Return the steps of the whole run over `photos` training photos; at least 1.

        >>> Recipe(epochs=8, batch_size=128).total_steps(1000)
        63
        """
        return self.steps or max(1, math.ceil(self.epochs * photos / self.batch_size))

    def cell_limits(self, photos: int) -> tuple[int, int]:
        """Return (t1, t2) of the adaptive partition: as set, or about 400 cells or more; 10,000 and 50 (paper) at most.

        >>> Recipe().cell_limits(100_000)
        (500, 12)
        """
        most = self.max_photos or min(10_000, max(20, photos // 200))
        return most, self.min_photos or min(50, max(2, most // 40))

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Recipe":
        """Return the recipe of `as_dict`; raises InputError for unknown keys or values that do not fit."""
        return changed(cls(), [f"{key}={_as_text(value)}" for key, value in values.items()])


_BOUNDS = (
    ("patience", 0, 1e6), ("patience_epochs", 1e-6, 1e6), ("epochs", 0, 1e6), ("steps", 0, 1e12),
    ("batch_size", 2, 1_000_000), ("learning_rate", 0, 100), ("warmup", 0, 1),
    ("final_rate", 0, 1), ("weight_decay", 0, 10), ("momentum", 0, 0.9999), ("adagrad_start", 0, 10),
    ("clip_norm", 0, 1e9), ("label_km", 0, 20_000), ("label_share", 0, 1), ("label_cells", 1, 10_000),
    ("auxiliary", 0, 10), ("average", 0, 0.999999), ("crop_area", 0.01, 1), ("crop_ratio", 1, 4), ("brightness", 0, 1),
    ("contrast", 0, 1), ("saturation", 0, 1), ("flip", 0, 1), ("erase", 0, 1), ("validation", 0, 0.9),
    ("validation_limit", 1, 1e9), ("max_photos", 0, 1e12), ("min_photos", 0, 1e12), ("embedding", 0, 65_536),
    ("tuned_layers", 0, 1000), ("layer_decay", 0, 1), ("head_rate", 0, 1e6),
    ("width", 0.01, 100), ("image_size", 8, 4096), ("stored", 0, 4096), ("seed", 0, 2**62),
)  # fmt: skip

# `paper`: Sect. 3 of PlaNet, trained "until the accuracy on the validation set converges"; what it leaves open (when it
# has converged, the batch) is ours.
RECIPES: dict[str, Recipe] = {
    "default": Recipe(),
    "paper": Recipe(
        name="paper", backbone="inception", image_size=299, max_photos=10_000, min_photos=50, epochs=100, patience=5,
        batch_size=256,
        optimizer="adagrad", learning_rate=0.045, schedule="constant", warmup=0.0, weight_decay=0.0, clip_norm=0.0,
        label_km=0.0, hierarchy=(), hierarchy_shares=(), average=0.0, crop_area=1.0, crop_ratio=1.0, brightness=0.0,
        contrast=0.0, saturation=0.0,
    ),
    # a pretrained encoder learns on: small steps from where it is, few epochs, and the features' softer labels
    "tune": Recipe(
        name="tune", backbone="lite0", start="pretrained", image_size=224, frozen_norms=True, epochs=4, batch_size=32,
        learning_rate=1e-3, tuned_layers=6, average=0.0, label_km=100.0,
    ),
}  # fmt: skip


def named(name: str) -> Recipe:
    """Return the recipe called `name`; raises InputError that lists the known ones.

    >>> named("paper").learning_rate
    0.045
    """
    if name not in RECIPES:
        raise InputError(f"recipe {name!r}: unknown; the recipes are {', '.join(RECIPES)}")
    return RECIPES[name]


def changed(recipe: Settings, settings: Iterable[str]) -> Settings:
    """Return a recipe (or any dataclass) with settings such as `learning_rate=0.01` changed; InputError names faults.

    >>> changed(named("default"), ["learning_rate=0.01", "hierarchy=0.3,0.1"]).hierarchy
    (0.3, 0.1)
    """
    fields = {field.name: field.type for field in dataclasses.fields(recipe)}
    new: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        key = key.strip().replace("-", "_")
        if not equals:
            raise InputError(f"setting {setting!r}: write it as key=value, for instance learning_rate=0.001")
        if key not in fields:
            raise InputError(f"setting {key!r}: unknown; the settings are {', '.join(fields)}")
        new[key] = _parsed(key, fields[key], text.strip())
    return dataclasses.replace(recipe, **new)


def _parsed(key: str, kind: Any, text: str) -> Any:
    if kind in (bool, bool | str):
        if kind is not bool and text.lower() == "auto":
            return "auto"
        if text.lower() not in ("true", "yes", "on", "1", "false", "no", "off", "0"):
            choices = "true or false" if kind is bool else "true, false or auto"
            raise InputError(f"setting {key}={text}: expected {choices}")
        return text.lower() in ("true", "yes", "on", "1")
    try:
        if kind in (int, float, str):
            return kind(text)
        return tuple(float(part) for part in text.strip("()[]").split(",") if part.strip())
    except ValueError as error:
        what = {int: "a whole number", float: "a number"}.get(kind, "numbers with commas between them")
        raise InputError(f"setting {key}={text}: expected {what}") from error


def _as_text(value: Any) -> str:
    return ",".join(repr(float(v)) for v in value) if isinstance(value, (list, tuple)) else str(value)
