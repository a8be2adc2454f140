"""What a model's name stands for: a folder that is read, or no model at all; and who looks for evidence in photos."""

import os
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from photoplanet.core import tables_extra
from photoplanet.earth.ground import Ground
from photoplanet.errors import InputError, ModelError
from photoplanet.locate import without_model, world
from photoplanet.models import folder, installed
from photoplanet.models.info import ModelInfo

if TYPE_CHECKING:
    from photoplanet.clues.collect import Collector

NONE = "none"  # the name of no model
READ = (folder.CELLS, folder.NETWORK)  # what locating reads, and so what is hashed first


def bundle_of(
    model: str | os.PathLike[str] | None, signs: bool | None = None, neighbours: bool = False,
    prior: str | os.PathLike[str] | None = None,
) -> folder.Bundle:  # fmt: skip
    """A model folder by name or path; for "none", or None without a default, what stands for no model.

    `prior`: a table of geotagged photos, which says where others are expected where there is no model. ModelError for a
    bad folder, and without any model where photos are not read either (`signs` is False, or None and the extra is not
    installed): then nothing could be said of any photo, but by its `neighbours`. InputError for a table that cannot be
    used, and for one where there is a model.

    >>> bundle_of("toy").info.name, bundle_of("none", signs=True).info.name
    ('toy', 'no model')
    """
    named = model is not None and model != NONE
    if not named and (neighbours or _reads(signs)) and (model == NONE or installed.default() is None):
        if prior is None:
            return without_model.bundle()
        return without_model.bundle(_ground_of(prior), f"where the photos of {os.fspath(prior)} were taken")
    if model == NONE:
        raise ModelError("without a model, only what stands in photos says where they are: " + installed.NO_MODEL)
    found = folder.read(installed.resolve(model), verify=READ)
    if prior is not None:
        raise InputError(f"{os.fspath(prior)}: a prior is for answers without a model, and {found.info.name} has its "
                         f"own; leave the prior out, or name the model {NONE}")  # fmt: skip
    return found


def _ground_of(table: str | os.PathLike[str]) -> Ground:
    """The ground as the photos of a table say; InputError for a table without places."""
    with tables_extra.needed():
        from photoplanet.earth.partition.point_reader import Tables

    points = [chunk() for chunk in Tables(os.fspath(table), skip_bad=True)()]
    nothing = np.empty(0)
    try:
        return world.reweighted(
            np.concatenate([nothing, *(each.lat for each in points)]),
            np.concatenate([nothing, *(each.lng for each in points)]),
        )
    except InputError as error:
        raise InputError(f"{os.fspath(table)}: {error}") from None


def collector_of(
    info: ModelInfo, signs: bool | None = None, clock: bool = True, threads: int | None = None
) -> "Collector | None":
    """Who looks for evidence beside a model's network; None where nobody does.

    `signs` None: text is read where the extra is installed, but not for the toy Earth's painted photos. MissingExtra
    where `signs` is True and the extra is not installed.

    >>> from photoplanet.models import installed
    >>> collector_of(folder.read(installed.resolve("toy")).info, clock=False) is None
    True
    """
    reads = bool(signs) if info.is_toy else _reads(signs)
    if not reads and (not clock or info.is_toy):
        return None
    from photoplanet.clues.collect import Collector

    if not reads:
        return Collector(None, clock)
    from photoplanet.signs import kept, reader

    opened = reader.Reader(threads)
    return Collector(opened.read, clock, partial(kept.readings, opened))


def _reads(signs: bool | None) -> bool:
    """Whether the text in photos is read: as is asked for, or where the extra is installed."""
    from photoplanet.signs import networks  # late: most starts name a model, and need to know nothing of it

    return networks.is_installed() if signs is None else signs
