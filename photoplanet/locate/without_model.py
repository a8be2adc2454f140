"""A model that has no network: every photo is where people photograph, until its text or its clock says more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.onnx_sessions import Node
from photoplanet.earth.ground import Ground
from photoplanet.locate import world
from photoplanet.models.folder import Bundle
from photoplanet.models.info import ModelInfo
from photoplanet.photos.preprocessing import Preprocessing

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition

SIZE = 32  # pixels that photos are decoded to: only so that a file that is no photo is known for one


@dataclass(frozen=True)
class WithoutModel(Bundle):
    """What `Locator` takes for a model folder, over the cells of `world`; `session` stands for its network.

    `ground`: where photos are expected, None for where people photograph; `prior`: what that is, in words.

    >>> found = bundle()
    >>> found.info.name, found.info.is_toy, len(found.partition) == found.info.classes
    ('no model', False, True)
    """

    ground: Ground | None = field(default=None, compare=False, repr=False)
    prior: str = world.PRIOR

    @cached_property
    def partition(self) -> "Partition":
        """The cells of `world`, weighed by the ground."""
        return world.partition() if self.ground is None else world.over(self.ground)


class Prior:
    """A network that answers every photo with a partition's prior; an `onnx_sessions.Session`."""

    def __init__(self, partition: "Partition"):
        self._row = np.log(partition.prior).astype(np.float32)

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, NDArray[Any]], /) -> list[NDArray[Any]]:
        """Log-probabilities (n, cells) and empty embeddings (n, 1), float32."""
        n = len(inputs["images"])
        return [np.repeat(self._row[None], n, axis=0), np.zeros((n, 1), np.float32)]

    def get_inputs(self) -> Sequence[Node]:
        """None that has to be checked."""
        return []

    def get_outputs(self) -> Sequence[Node]:
        """None that has to be checked."""
        return []


def bundle(ground: Ground | None = None, prior: str = world.PRIOR) -> WithoutModel:
    """What stands for a model folder where there is no model; `ground`, `prior` as for `WithoutModel`.

    >>> bundle().info.embedding_size
    1
    """
    facts = {"data": f"{prior}: docs/signs.md"}
    info = ModelInfo(world.NAME, {}, Preprocessing(SIZE), len(world.partition()), 1, {}, facts)
    return WithoutModel(Path(), info, ground, prior)
