"""A model that has no network: every photo is where people photograph, until its text or its clock says more."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.onnx_sessions import Node
from photoplanet.locate import world
from photoplanet.models.folder import Bundle
from photoplanet.models.info import ModelInfo
from photoplanet.photos.preprocessing import Preprocessing

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition

SIZE = 32  # pixels that photos are decoded to: only so that a file that is no photo is known for one


class WithoutModel(Bundle):
    """What `Locator` takes for a model folder, over the cells of `world`; `session` stands for its network.

    >>> found = bundle()
    >>> found.info.name, found.info.is_toy, len(found.partition) == found.info.classes
    ('no model', False, True)
    """

    @property
    def partition(self) -> "Partition":
        """The cells of `world`."""
        return world.partition()


class Prior:
    """A network that answers every photo with the prior; an `onnx_sessions.Session`."""

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, NDArray[Any]], /) -> list[NDArray[Any]]:
        """Log-probabilities (n, cells) and empty embeddings (n, 1), float32."""
        n = len(inputs["images"])
        rows = np.log(world.partition().prior).astype(np.float32)
        return [np.repeat(rows[None], n, axis=0), np.zeros((n, 1), np.float32)]

    def get_inputs(self) -> Sequence[Node]:
        """None that has to be checked."""
        return []

    def get_outputs(self) -> Sequence[Node]:
        """None that has to be checked."""
        return []


def bundle() -> WithoutModel:
    """What stands for a model folder where there is no model.

    >>> bundle().info.embedding_size
    1
    """
    facts = {"data": "where people photograph: docs/signs.md"}
    info = ModelInfo(world.NAME, {}, Preprocessing(SIZE), len(world.partition()), 1, {}, facts)
    return WithoutModel(Path(), info)
