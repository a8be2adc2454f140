"""Networks for benchmarks/trips.py: one of the library's own known days, and made-up ones as good as is published.

`own`: kernel ridge regression on the features of the encoder lite0, as `photoplanet train --features` has it, of the
known photos of a draw; the weight is learned on days that were left out of its training, four parts in turn.
`published`: where it looks is drawn, once a spot and day, with the errors of a public geolocator on Im2GPS3k.
`noise`: the same, around a cell drawn by chance. `sure and wrong`: one cell, the same for all, at 99 %.
"""

import numpy as np

from photoplanet.albums.evidence import Evidence
from photoplanet.albums.movement import pixels, weights
from photoplanet.albums.movement.library import Library
from photoplanet.albums.movement.pixels import Heard
from photoplanet.albums.movement.weights import Weights
from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.training.features import places, ridge
from photoplanet.training.features.settings import Settings

RADII = np.array([0.1, 1.0, 25.0, 200.0, 750.0, 2500.0])
SHARES = np.array([0.0, 0.14, 0.345, 0.507, 0.697, 1.0])  # GeoCLIP on Im2GPS3k, the rest within 2500 km
LEVEL, AROUND_KM = 8, 400.0  # cells some 36 km wide, so far around the library
FOLDS, SCORE = 4, 40.0


def of_own_days(features: np.ndarray, at: np.ndarray, days: np.ndarray, hours: np.ndarray, hidden: np.ndarray):
    """What a network of the known days says of the hidden photos, and of known ones by days left out."""
    known = np.flatnonzero(~hidden)
    fold = np.random.default_rng(0).integers(FOLDS, size=int(days.max()) + 1)[days]
    taught = []
    for each in range(FOLDS):
        heard = _ridge(features, at, days, hours, known[fold[known] != each])
        taught += [(int(row), heard.of(int(row), 1.0)) for row in known[fold[known] == each]]
    return _ridge(features, at, days, hours, known), taught


def _ridge(features: np.ndarray, at: np.ndarray, days: np.ndarray, hours: np.ndarray, rows: np.ndarray) -> Heard:
    settings = Settings()
    part = places.of(*at[rows].T, settings).fine
    _, number, counts = np.unique(days[rows], return_inverse=True, return_counts=True)
    xyz = geodesy.to_xyz(*at[rows].T)
    made = ridge.train(features[rows], features[rows], xyz, part.xyz, counts[number], settings.penalty)
    logs = made.scores(features @ features[rows].T) * SCORE + np.log(part.prior)
    return _heard(part, logs, features, hours)


def made_up(name: str, at: np.ndarray, days: np.ndarray, hours: np.ndarray, features: np.ndarray) -> Heard:
    """What a made-up network says of all photos: `published`, `noise` or `sure and wrong`."""
    rng = np.random.default_rng(4)
    xyz = geodesy.to_xyz(*at.T)
    coarse = np.unique(cells.parent(cells.from_latlng(*geodesy.from_xyz(_sphere(40_000)), level=LEVEL), 6))
    middles = geodesy.to_xyz(*cells.center(coarse))
    near = (geodesy.between_km(middles[:, None], xyz[None, ::3]) < AROUND_KM).any(axis=1)
    ids = coarse[near]
    for _ in range(LEVEL - 6):
        ids = cells.children(ids).ravel()
    part = Partition.from_cells(ids)
    spots = np.unique(np.column_stack([cells.from_latlng(*at.T, level=13), days.astype(np.uint64)]), axis=0,
                      return_inverse=True)[1].ravel()  # fmt: skip
    shown = part.xyz[rng.integers(len(part), size=len(xyz))] if name == "noise" else xyz
    logs = np.empty((len(xyz), len(part)), np.float32)
    for spot in range(spots.max() + 1):
        members = np.flatnonzero(spots == spot)
        guess = _moved(shown[members[0]], float(np.interp(rng.random(), SHARES, np.log(RADII))), rng)
        away = np.maximum(geodesy.between_km(part.xyz, guess), np.sqrt(part.areas_km2) / 3)
        logs[members] = np.log(_density(away) * part.areas_km2)
    if name == "sure and wrong":
        logs[:] = np.log(0.01 / len(part))
        logs[:, 0] = np.log(0.99)
    return _heard(part, logs, features, hours)


def learned(library: Library, said: list) -> Weights:
    """The weights that a library teaches of a network, by what it says of known photos."""
    return weights.learned(library.known, library.experience, [each for each in said if each[1] is not None])


def _sphere(n: int) -> np.ndarray:
    """Points (n, 3) evenly over the sphere."""
    turn, height = np.arange(n) * np.pi * (3 - np.sqrt(5)), 1 - 2 * (np.arange(n) + 0.5) / n
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), height], axis=1)


def _moved(xyz: np.ndarray, log_km: float, rng: np.random.Generator) -> np.ndarray:
    """A point so many km from another, in a direction drawn by chance."""
    side = np.cross(xyz, rng.normal(size=3))
    angle = np.exp(log_km) / geodesy.EARTH_RADIUS_KM
    return np.cos(angle) * xyz + np.sin(angle) * side / np.linalg.norm(side)


def _density(away: np.ndarray) -> np.ndarray:
    """The published errors as a density on a km²: between two radii evenly over the logarithm of the distance."""
    ring = np.clip(np.searchsorted(RADII, away) - 1, 0, len(RADII) - 2)
    share = np.diff(SHARES) / np.diff(np.log(RADII))
    return share[ring] / (2 * np.pi * np.maximum(away, RADII[0]) ** 2) * np.where(away > RADII[-1], 1e-3, 1.0)


def _heard(part: Partition, logs: np.ndarray, features: np.ndarray, hours: np.ndarray) -> Heard:
    logs = logs - logs.max(axis=1, keepdims=True)
    logs -= np.log(np.exp(logs).sum(axis=1, keepdims=True))
    times = np.round(hours * 3600).astype(np.int64).astype("datetime64[s]")
    seen = Evidence(logs.astype(np.float32), features.astype(np.float32), np.full(len(logs), np.nan))
    return pixels.heard(part, seen, times)
