"""The whole Earth without any network: some 22,000 S2 cells, each as likely as people photograph there."""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from photoplanet.earth import geodesy
from photoplanet.earth import ground as earth_ground
from photoplanet.earth.ground import Ground
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.locate.point_estimates import DEFAULT_READOUT
from photoplanet.locate.prediction import Prediction

SITES = 20  # of the ground in a cell, at most
PHOTOS = 10_000_000  # that the prior stands for, so that what `Partition.prior` adds to every cell weighs nothing
PSEUDO_PHOTOS = 50  # of people in general, added to those of a table: somebody may go where they never were
NAME = "no model"  # what stands where a model's name would
PRIOR = "where people photograph"  # the prior that no table gave


@cache
def partition() -> Partition:
    """The cells: split while they hold more than `SITES` sites of the ground; their means are weighed by its weights.

    >>> len(partition()) > 20_000
    True
    """
    ground = earth_ground.read()
    cut = Partition.adaptive(ground.latitude, ground.longitude, SITES, 1)
    return _weighed(cut, ground)


def over(ground: Ground) -> Partition:
    """The same cells where people photograph otherwise, as `reweighted` says.

    >>> over(earth_ground.read()) == partition()
    True
    """
    return _weighed(partition(), ground)


def ground_of(cells: Partition) -> Ground | None:
    """The ground of a partition that `partition` or `over` made, so of the whole Earth; None for any other.

    >>> ground_of(partition()) is earth_ground.read(), ground_of(Partition.from_cells(partition().ids))
    (True, None)
    """
    ground: Ground | None = vars(cells).get("_ground")
    return ground


def reweighted(latitude: ArrayLike, longitude: ArrayLike) -> Ground:
    """The ground as the people photograph who took photos at these places, degrees (n,), and `PSEUDO_PHOTOS` more.

    The photos count per cell of `partition`, and within a cell people are where they always are. Photos outside every
    cell (at sea) say nothing. InputError without any that does.

    >>> there = reweighted([48.86] * 50, [2.35] * 50)
    >>> paris = partition().assign(there.latitude, there.longitude) == partition().assign([48.86], [2.35])
    >>> round(float(there.weight[paris].sum()), 2), round(float(there.weight.sum()), 6)
    (0.5, 1.0)
    """
    whole, ground = partition(), earth_ground.read()
    found = whole.assign(latitude, longitude)
    photos = np.bincount(found[found >= 0], minlength=len(whole))
    if not photos.any():
        raise InputError("none of these photos was taken on land, so they say nothing of where to expect others")
    labels = whole.assign(ground.latitude, ground.longitude)
    usual = np.bincount(labels, ground.weight, len(whole))
    share = (photos + PSEUDO_PHOTOS * usual) / (photos.sum() + PSEUDO_PHOTOS)
    return ground._replace(weight=ground.weight * (share / usual)[labels])


def nowhere(readout: str = DEFAULT_READOUT) -> Prediction:
    """The prediction for a photo of which nothing is known: the prior, which is no answer.

    >>> nowhere().abstains, nowhere().gain < 1e-6
    (True, True)
    """
    return Prediction(partition().prior.astype(np.float32), partition(), readout=readout, model=NAME)


def _weighed(cut: Partition, ground: Ground) -> Partition:
    labels = cut.assign(ground.latitude, ground.longitude)
    weight = np.bincount(labels, ground.weight, len(cut))
    middle = np.stack([np.bincount(labels, ground.weight * axis, len(cut)) for axis in ground.xyz.T], axis=1)
    means = np.stack(geodesy.from_xyz(middle), axis=1)
    made = {"method": "ground", "sites": SITES}
    found = Partition(cut.ids, np.round(weight * PHOTOS).astype(np.int64), means, made)
    vars(found)["_ground"] = ground
    return found
