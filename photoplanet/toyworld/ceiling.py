"""The best accuracy that any model could reach on the toy Earth, bounded by computation.

A photo is painted from its cues and from chance alone, so no model can know more of its place than an observer who is
given the cues themselves (data processing inequality). That ideal observer's best guess is computed here: photos with
the same evidence are put together, and for each group and radius the disc that holds most of them is searched.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.toyworld.letters import Letters
from photoplanet.toyworld.travellers import CUES, ToyPhotos, travel
from photoplanet.toyworld.world import World

Floats = NDArray[np.float64]

SAMPLE = 400_000
_CANDIDATES, _MEMBERS = 300, 4000  # of a group: discs tried, photos counted


class Bound(NamedTuple):
    """`low`: what the ideal observer reaches on photos it did not choose its guesses on; `high`: on those it did."""

    low: float
    high: float


def ceiling(
    world: World,
    sample: int = SAMPLE,
    seed: int = 1,
    radii: Mapping[str, float] = geodesy.RADII_KM,
    letters: Letters | None = None,
) -> dict[str, Bound]:
    """Bracket, for each named radius, the share of single photos that the best possible model places within it.

    The true ceiling lies between the two ends but for the error of a sample of this size (half a per cent at 400,000
    photos). Each radius has guesses of its own, which a model with one guess per photo cannot have: for such a model
    the bound holds all the more. With `letters` the observer reads every sign, and knows where each text stands.

    >>> from photoplanet.toyworld import world
    >>> list(ceiling(world.make(), sample=500, radii={"city": 25.0}))
    ['city']
    """
    photos = travel(world, sample, seed, letters)
    group = evidence(world, photos, letters)
    choose = np.zeros(len(photos), bool)  # whole albums on either side: photos of one album share their places
    choose[np.isin(photos.album, np.unique(photos.album)[::2])] = True
    low, high = dict.fromkeys(radii, 0), dict.fromkeys(radii, 0)
    xyz = geodesy.to_xyz(photos.latitude, photos.longitude)
    order = np.argsort(group, kind="stable")
    rng = np.random.default_rng([seed, 2])
    for rows in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        known, fresh = xyz[rows[choose[rows]]], xyz[rows[~choose[rows]]]
        for name, radius in radii.items():
            if len(known):
                low[name] += _inside(fresh, _densest(known, radius, rng), radius)
            high[name] += _inside(xyz[rows], _densest(xyz[rows], radius, rng), radius)
    return {name: Bound(float(low[name] / (~choose).sum()), float(high[name] / len(photos))) for name in radii}


def _inside(points: Floats, guess: Floats, radius_km: float) -> int:
    return int((points @ guess >= np.cos(radius_km / geodesy.EARTH_RADIUS_KM)).sum())


def evidence(world: World, photos: ToyPhotos, letters: Letters | None = None) -> NDArray[np.int64]:
    """Group number per photo: equal where all that the cues say of the place is equal.

    >>> from photoplanet.toyworld import world
    >>> earth = world.make()
    >>> len(evidence(earth, travel(earth, 50)))
    50
    """
    cue = dict(zip(CUES, photos.cues.T, strict=True))
    look = world.looks[world.city_country]
    possible = np.ones((len(photos), len(world.city_names)), bool)
    for name, column in zip(("wall", "roof", "script", "side"), look.T, strict=True):
        possible &= (cue[name][:, None] < 0) | (cue[name][:, None] == column)
    possible &= (cue["livery"][:, None] < 0) | (cue["livery"][:, None] == world.city_livery)
    stands = np.zeros((world.site_landmark.max() + 2, len(world.city_names)), bool)
    stands[world.site_landmark, world.site_city] = True
    stands[-1] = True  # no landmark in the picture
    possible &= stands[cue["landmark"]]
    said = np.zeros(len(photos), np.int64)
    if letters is not None:
        possible &= (photos.sign[:, None] < 0) | (letters.probability[photos.sign] > 0)
        # between several cities it matters how likely a text is in each; where one is left, no text says more
        open_yet = (photos.sign >= 0) & (possible.sum(axis=1) > 1)
        said[open_yet] = letters.meaning[photos.sign[open_yet]] + 1
    # two landmarks of one city are different evidence
    words = np.column_stack(
        [
            np.packbits(possible, axis=1),
            photos.scene,
            cue["climate"] + 1,
            *_two_bytes(cue["landmark"] + 1),
            *_two_bytes(said),
        ]
    )
    words = np.ascontiguousarray(words.astype(np.uint8))
    group: NDArray[np.int64] = np.unique(words.view(f"V{words.shape[1]}").ravel(), return_inverse=True)[1]
    return group


def _two_bytes(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    return values & 255, values >> 8


def _densest(points: Floats, radius_km: float, rng: np.random.Generator) -> Floats:
    """The unit vector whose disc of `radius_km` holds most of `points` (n, 3), by trial and mean shift."""
    cosine = np.cos(radius_km / geodesy.EARTH_RADIUS_KM)
    members = points if len(points) <= _MEMBERS else points[rng.choice(len(points), _MEMBERS, replace=False)]
    tried = members if len(members) <= _CANDIDATES else members[rng.choice(len(members), _CANDIDATES, replace=False)]
    best: Floats = members[0]
    most = -1
    for _ in range(3):
        inside = tried @ members.T >= cosine
        count = inside.sum(axis=1)
        top = int(count.argmax())
        if count[top] <= most:
            break
        best, most = tried[top], int(count[top])
        densest = np.argsort(-count, kind="stable")[:20]
        means = inside[densest].astype(float) @ members
        tried = means / np.linalg.norm(means, axis=1, keepdims=True)
    return best
