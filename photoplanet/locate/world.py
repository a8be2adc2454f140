"""The whole Earth without any network: some 22,000 S2 cells, each as likely as people photograph there."""

from functools import cache

import numpy as np

from photoplanet.earth import geodesy
from photoplanet.earth import ground as earth_ground
from photoplanet.earth.partition.partition import Partition
from photoplanet.locate.point_estimates import DEFAULT_READOUT
from photoplanet.locate.prediction import Prediction

SITES = 20  # of the ground in a cell, at most
PHOTOS = 10_000_000  # that the prior stands for, so that what `Partition.prior` adds to every cell weighs nothing
NAME = "no model"  # what stands where a model's name would


@cache
def partition() -> Partition:
    """The cells: split while they hold more than `SITES` sites of the ground; their means are weighed by its weights.

    >>> len(partition()) > 20_000
    True
    """
    ground = earth_ground.read()
    cut = Partition.adaptive(ground.latitude, ground.longitude, SITES, 1)
    labels = cut.assign(ground.latitude, ground.longitude)
    weight = np.bincount(labels, ground.weight, len(cut))
    middle = np.stack([np.bincount(labels, ground.weight * axis, len(cut)) for axis in ground.xyz.T], axis=1)
    means = np.stack(geodesy.from_xyz(middle), axis=1)
    return Partition(cut.ids, np.round(weight * PHOTOS).astype(np.int64), means, {"method": "ground", "sites": SITES})


def nowhere(readout: str = DEFAULT_READOUT) -> Prediction:
    """The prediction for a photo of which nothing is known: the prior, which is no answer.

    >>> nowhere().abstains, nowhere().gain < 1e-6
    (True, True)
    """
    return Prediction(partition().prior.astype(np.float32), partition(), readout=readout, model=NAME)
