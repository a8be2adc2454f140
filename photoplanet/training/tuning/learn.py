"""An encoder learns on: its torch twin behind a head that its features have taught, in the one training loop."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.earth import geodesy
from photoplanet.encoders import lite
from photoplanet.encoders.encoder import Encoder
from photoplanet.photos.preprocessing import Preprocessing
from photoplanet.training.backbones import pretrained
from photoplanet.training.classification import Classification
from photoplanet.training.classifier import Classifier
from photoplanet.training.dataset import Data
from photoplanet.training.distributed import Ranks
from photoplanet.training.features import head as heads
from photoplanet.training.features.settings import Settings
from photoplanet.training.loop import DEFAULTS, Loop, RunOptions
from photoplanet.training.objective import Objective
from photoplanet.training.recipes import Recipe

Array = NDArray[np.float32]


class Tuned(NamedTuple):
    """`tensors`: the tuned encoder's, by torch's names; `facts`: of the run, for the model card."""

    tensors: dict[str, Array]
    facts: dict[str, Any]


def tuned(
    data: Data, features: Array, folder: Path | None, recipe: Recipe, ranks: Ranks, options: RunOptions = DEFAULTS,
    bar: Bar = no_bar, say: Say = silent,
) -> Tuned:  # fmt: skip
    """Tune `recipe.backbone` on the training photos of `data`, whose compared features (n, d) it gave so far.

    The head starts as what these features teach, since a head that knows nothing would spoil the encoder first (Kumar
    et al. 2022). Checkpoints and the log go to `folder`. Raises as `Loop` does.

    >>> from photoplanet.earth.partition.partition import Partition
    >>> from photoplanet.evaluation import resampling
    >>> from photoplanet.training.data import LabelledPhotos
    >>> places, black = (np.array([10.0, 20.0]), np.array([0.0, 90.0])), np.zeros((40, 40, 3), np.uint8)
    >>> photos = LabelledPhotos([black, black], *places, np.arange(2, dtype=np.int32))
    >>> facts, cells = {"data": "", "toy": False}, Partition.adaptive(*places, 1, 1)
    >>> data = Data(photos, photos, cells, [], facts, resampling.photos(2))
    >>> recipe = Recipe(backbone="lite0", start="pretrained", image_size=32, steps=1, batch_size=2)
    >>> tuned(data, np.eye(2, 1280, dtype=np.float32), None, recipe, Ranks()).facts["steps"]
    1
    """
    start = taught(data, features, recipe)
    task = Classification(data, recipe, ranks, options.threads, say, start, options.processes, options.decoder)
    with closing(task):
        loop = Loop(task, folder, options, say)
        say(f"tuning {recipe.backbone}: {task.total:,} steps of {recipe.batch_size} photos")
        with bar("tuning", task.total) if ranks.writes else no_bar("") as advance:
            loop.run(advance)
    network = loop.result()
    assert isinstance(network, Classifier)
    tensors = {name: value.detach().cpu().numpy() for name, value in network.backbone.state_dict().items()}
    facts = {
        "recipe": recipe.as_dict(), "photos": len(data.training), "cells": len(data.partition), "steps": loop.step,
        "seconds": round(loop.seconds, 1), "unreadable_photos": int(task.unreadable.sum()),
        "torch": str(torch.__version__),
    }  # fmt: skip
    return Tuned(tensors, facts)


def taught(data: Data, features: Array, recipe: Recipe) -> heads.Head:
    """Return the head that compared features (n, d) of the training photos teach, with the recipe's labels.

    >>> from photoplanet.earth.partition.partition import Partition
    >>> from photoplanet.evaluation import resampling
    >>> from photoplanet.training.data import LabelledPhotos
    >>> places = np.array([10.0, 20.0]), np.array([0.0, 90.0])
    >>> photos = LabelledPhotos(["a.jpg", "b.jpg"], *places, np.arange(2, dtype=np.int32))
    >>> data = Data(photos, photos, Partition.adaptive(*places, 1, 1), [], {}, resampling.photos(2))
    >>> taught(data, np.eye(2, dtype=np.float32), Recipe()).log_probabilities(np.eye(2)).argmax(axis=1).tolist()
    [0, 1]
    """
    photos = data.training
    classes = torch.from_numpy(photos.classes.astype(np.int64))
    positions = torch.from_numpy(geodesy.to_xyz(photos.latitude, photos.longitude))
    objective = Objective(recipe, data.partition.means, [])

    def targets(rows: NDArray[np.int64]) -> Array:
        some = torch.from_numpy(rows)
        cells, weights = objective.targets(classes[some], positions[some])
        shares = torch.zeros(len(rows), len(data.partition)).scatter_add_(1, cells, weights)
        return shares.numpy()

    return heads.train(features, targets, len(data.partition), Settings(seed=recipe.seed))


def encoder(given: Encoder, made: Tuned, recipe: Recipe, folder: Path) -> Encoder:
    """Write the tuned encoder to `folder` and return it; `given` is the one that it was.

    >>> home, start = getfixture("tmp_path"), Tuned(lite.weights("lite0"), {})
    >>> encoder(lite.load("lite0", home), start, Recipe(image_size=64), home / "tuned").name
    'lite0-tuned'
    """
    preprocessing = Preprocessing(recipe.image_size, fit=recipe.fit)
    name, source = given.name.removesuffix(pretrained.TUNED), given.source.removesuffix(", tuned")
    about = replace(
        given, name=name + pretrained.TUNED, folder=folder, preprocessing=preprocessing, source=f"{source}, tuned"
    )
    return lite.written(about, made.tensors)
