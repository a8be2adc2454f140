"""The best accuracy that any album method could reach on the toy Earth: an ideal observer of whole albums.

As in `ceiling`, nobody can know more of a photo's place than an observer who is given its cues. Here the observer has
the cues of all photos of one album, and their times, and knows how travellers travel. From the times it reads which
photos share a moment (seconds apart: one place within 30 m) and a stop (hours apart: one city); it then computes the
exact posterior of each moment's city and scene by forward–backward over the stops, and for each radius takes the disc
that holds most of the posterior. It does not know the traveller's other albums; nor does a method that is given one
album.
"""

from collections.abc import Iterator, Mapping
from math import erf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.toyworld import travellers
from photoplanet.toyworld.letters import Letters
from photoplanet.toyworld.travellers import CUES, PLACE_SIGMA_KM, SCENE_SHARES, SCENES, ToyPhotos, travel
from photoplanet.toyworld.world import CLIMATE_BOUNDS, World, offsets

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAMPLE = 20_000
SAME_MOMENT = np.timedelta64(60, "s")  # photos of a moment are 40 s apart, moments at least 500 s
SAME_STOP = np.timedelta64(6, "h")  # moments of a stop are under 2 hours apart, stops at least 19
_POINTS = 200  # that stand for a countryside
_NEGLIGIBLE = 1e-4
_KM_PER_DEGREE = geodesy.EARTH_RADIUS_KM * np.pi / 180


class Reach(NamedTuple):
    """Shares by radius: `reached` by the observer on the sample's truth; `expected` by its own posterior.

    The two agree but for chance where the posterior is right. The disc is searched among the centres of cities and
    landmarks and by two steps of mean shift, so the true ceiling may lie a little higher.
    """

    reached: dict[str, float]
    expected: dict[str, float]


class Components(NamedTuple):
    """What a moment can be, k of them: a landmark site, the streets of a city, the countryside of a city."""

    city: Ints
    scene: Ints
    landmark: Ints  # −1 for streets and countryside
    weight: Floats  # given the city
    center: Floats  # (k, 3) unit vectors
    band: Floats  # (k, 5): probability of each climate


def ceiling(
    world: World,
    sample: int = SAMPLE,
    seed: int = 1,
    radii: Mapping[str, float] = geodesy.RADII_KM,
    letters: Letters | None = None,
) -> Reach:
    """What the ideal observer of albums reaches, for each named radius, on `sample` photos (20,000: a minute).

    With `letters` it reads every sign.

    >>> from photoplanet.toyworld import world
    >>> reach = ceiling(world.make(), sample=50, radii={"city": 25.0})
    >>> 0 < reach.reached["city"] <= 1
    True
    """
    photos = travel(world, sample, seed, letters)
    parts = components(world)
    rng = np.random.default_rng([seed, 3])
    discs = _Discs(world, parts, radii, rng)
    xyz = geodesy.to_xyz(photos.latitude, photos.longitude)
    hits, hoped = dict.fromkeys(radii, 0), dict.fromkeys(radii, 0.0)
    for album in np.split(np.arange(len(photos)), np.flatnonzero(np.diff(photos.album)) + 1):
        for rows, posterior, climate in moments(world, parts, photos, album, letters):
            for name, radius in radii.items():
                guess, mass = discs.best(posterior, climate, name)
                inside = xyz[rows] @ guess >= np.cos(radius / geodesy.EARTH_RADIUS_KM)
                hits[name] += int(inside.sum())
                hoped[name] += mass * len(rows)
    n = len(photos)
    return Reach({name: hits[name] / n for name in radii}, {name: hoped[name] / n for name in radii})


def components(world: World) -> Components:
    """All sites, then the streets of every city, then its countryside.

    >>> from photoplanet.toyworld import world
    >>> earth = world.make()
    >>> parts = components(earth)
    >>> len(parts.city) == len(earth.site_city) + 2 * len(earth.city_names)
    True
    """
    cities = np.arange(len(world.city_names))
    city = np.concatenate([world.site_city, cities, cities])
    scene = np.repeat([0, 1, 2], [len(world.site_city), len(cities), len(cities)])
    center = np.concatenate([world.site_position, world.city_position, world.city_position])
    within = np.concatenate([world.site_weight, np.ones(2 * len(cities))])
    landmark = np.concatenate([world.site_landmark, np.full(2 * len(cities), -1)])
    spread = np.array(PLACE_SIGMA_KM)[scene] / _KM_PER_DEGREE
    band = bands(center[:, 0], spread)
    return Components(city, scene, landmark, within * np.array(SCENE_SHARES)[scene], geodesy.to_xyz(*center.T), band)


def moments(
    world: World, parts: Components, photos: ToyPhotos, album: Ints, letters: Letters | None = None
) -> Iterator[tuple[Ints, Floats, int]]:
    """For each moment of an album (rows in time order): its rows, the posterior (k,) of the components, its climate.

    >>> from photoplanet.toyworld import world
    >>> earth = world.make()
    >>> photos = travel(earth, photos=50, seed=1)
    >>> album = np.flatnonzero(photos.album == 0)
    >>> rows = [rows for rows, posterior, climate in moments(earth, components(earth), photos, album)]
    >>> np.concatenate(rows).tolist() == album.tolist()
    True
    """
    pause = np.diff(photos.taken_at[album])
    pieces = np.split(album, np.flatnonzero(pause > SAME_MOMENT) + 1)
    stop = np.concatenate([[0], np.cumsum(pause > SAME_STOP)])[np.cumsum([0, *map(len, pieces)])[:-1]]
    seen = [likelihood(world, parts, photos, rows, letters) for rows in pieces]
    cities = len(world.city_names)
    by_city = np.array([np.bincount(parts.city, each, minlength=cities) for each, _ in seen])
    stays = np.ones((stop[-1] + 1, cities))
    for number, each in zip(stop, by_city, strict=True):
        stays[number] *= each / each.max()
    where = _stops(world, stays)
    for number, rows, (each, climate), total in zip(stop, pieces, seen, by_city, strict=True):
        share = np.divide(where[number], total, out=np.zeros(cities), where=total > 0)
        yield rows, each * share[parts.city], climate


def likelihood(
    world: World, parts: Components, photos: ToyPhotos, rows: Ints, letters: Letters | None = None
) -> tuple[Floats, int]:
    """Weight times likelihood of each component (k,) for the cues of one moment, and its climate (−1: not shown).

    >>> from photoplanet.toyworld import world
    >>> earth = world.make()
    >>> parts, photos = components(earth), travel(earth, photos=1, seed=1)
    >>> fits, climate = likelihood(earth, parts, photos, np.array([0]))
    >>> bool(fits[parts.city == photos.city[0]].max() > 0)  # the true city is possible
    True
    """
    possible = np.ones(len(world.city_names))
    fits, climate = parts.weight.copy(), -1
    for row in rows:
        if photos.scene[row] == SCENES.index("no cue"):
            continue
        cue = dict(zip(CUES, photos.cues[row].tolist(), strict=True))
        for name, column in zip(("wall", "roof", "script", "side"), world.looks[world.city_country].T, strict=True):
            if cue[name] >= 0:
                possible *= column == cue[name]
        if cue["livery"] >= 0:
            possible *= world.city_livery == cue["livery"]
        if letters is not None and photos.sign[row] >= 0:
            possible *= letters.probability[photos.sign[row]]
        fits = fits * (parts.scene == photos.scene[row]) * (parts.landmark == cue["landmark"])
        climate = cue["climate"]
    if climate >= 0:
        fits = fits * parts.band[:, climate]
    return fits * possible[parts.city], climate


def _stops(world: World, stays: Floats) -> Floats:
    """The posterior of the city of every stop, (stops, cities), from the likelihood of what was seen there."""
    start, step = _travel_law(world)
    forward = [start * stays[0]]
    for seen in stays[1:]:
        ahead = (forward[-1] / forward[-1].sum()) @ step
        forward.append(ahead * seen)
    backward = np.ones(len(start))
    found = np.empty_like(stays)
    for number in range(len(stays) - 1, -1, -1):
        joint = forward[number] * backward
        found[number] = joint / joint.sum()
        backward = step @ (backward * stays[number])
        backward /= backward.max()
    return found


def _travel_law(world: World) -> tuple[Floats, Floats]:
    """P(first city) and P(next city | city) of `travellers._stops`."""
    lat, lng = world.city_position.T
    apart = geodesy.distance_km(lat[:, None], lng[:, None], lat, lng)
    far, near = (world.city_weight * np.exp(-apart / km) for km in (travellers.FAR_KM, travellers.NEAR_KM))
    far, near = (each / each.sum(axis=1, keepdims=True) for each in (far, near))
    away = travellers.AWAY_SHARE
    return world.city_weight @ (away * far + (1 - away) * np.eye(len(lat))), near


def bands(latitude: Floats, spread: Floats) -> Floats:
    """Probability (k, 5) of each climate for a latitude of Gaussian `spread`, both in degrees.

    >>> bands(np.array([0.0, 48.9]), np.array([0.1, 0.1])).round(2).tolist()
    [[1.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0, 0.0]]
    """
    edges = np.array([-90.0, *(-bound for bound in CLIMATE_BOUNDS[::-1]), *CLIMATE_BOUNDS, 90.0])
    scaled = (edges - latitude[:, None]) / (spread[:, None] * np.sqrt(2))
    below = (1 + np.vectorize(erf)(scaled)) / 2
    share = np.diff(below, axis=1)  # from the southern polar band to the northern one
    middle = len(CLIMATE_BOUNDS)
    folded: Floats = share[:, middle:].copy()
    folded[:, 1:] += share[:, middle - 1 :: -1]
    return folded


class _Discs:
    """Discs over mixtures of components: a Gaussian's share of a disc from curves, a countryside's from points."""

    def __init__(self, world: World, parts: Components, radii: Mapping[str, float], rng: np.random.Generator):
        self.parts, self.radii = parts, radii
        normal = rng.standard_normal((2, 20_000))
        self.curves: dict[tuple[str, int], tuple[Floats, Floats]] = {}
        for name, radius in radii.items():
            for scene in (0, 1):
                sigma = np.hypot(PLACE_SIGMA_KM[scene], 0.03)
                away = np.linspace(0, radius + 6 * sigma, 120)
                share = [(np.hypot(normal[0] + km / sigma, normal[1]) <= radius / sigma).mean() for km in away]
                self.curves[name, scene] = away, np.array(share)
        roads = np.flatnonzero(parts.scene == 2)
        self.first_road = int(roads[0])
        start = np.repeat(world.city_position, _POINTS * 8, axis=0)
        spots = offsets(rng, start, PLACE_SIGMA_KM[2]).reshape(len(roads), -1, 2)
        climates = np.searchsorted(CLIMATE_BOUNDS, np.abs(spots[..., 0]), side="right")
        self.points: dict[tuple[int, int], Floats] = {}
        for road in range(len(roads)):
            for climate in (-1, *range(len(CLIMATE_BOUNDS) + 1)):
                kept = spots[road] if climate < 0 else spots[road][climates[road] == climate]
                if len(kept):
                    self.points[road, climate] = geodesy.to_xyz(*kept[:_POINTS].T)

    def best(self, posterior: Floats, climate: int, name: str) -> tuple[Floats, float]:
        """The unit vector whose disc of the named radius holds most of a moment's posterior, and how much that is."""
        posterior = posterior / posterior.sum()
        used = np.flatnonzero(posterior > _NEGLIGIBLE)
        tight, roads = used[used < self.first_road], used[used >= self.first_road]
        scattered = [self.points.get((road - self.first_road, climate), self.parts.center[[road]]) for road in roads]
        points = np.concatenate([self.parts.center[tight], *scattered])
        each = [np.full(len(spots), posterior[road] / len(spots)) for road, spots in zip(roads, scattered, strict=True)]
        mass = np.concatenate([posterior[tight], *each])
        tried = np.concatenate([self.parts.center[used], *(spots.mean(axis=0, keepdims=True) for spots in scattered)])
        tried /= np.linalg.norm(tried, axis=1, keepdims=True)
        guess, most = tried[0], -1.0
        for _ in range(3):
            away = geodesy.EARTH_RADIUS_KM * np.arccos((tried @ points.T).clip(-1, 1))
            inside = away <= self.radii[name]
            share = inside[:, len(tight) :] @ mass[len(tight) :]
            for scene in (0, 1):
                some = np.flatnonzero(self.parts.scene[tight] == scene)
                if len(some):
                    km, curve = self.curves[name, scene]
                    share += np.interp(away[:, some], km, curve, right=0.0) @ mass[some]
            top = int(share.argmax())
            if share[top] <= most + 1e-12:
                break
            guess, most = tried[top], float(share[top])
            tried = (inside[np.argsort(-share)[:10]] * mass) @ points
            length = np.linalg.norm(tried, axis=1, keepdims=True)
            tried = tried[length[:, 0] > 0] / length[length[:, 0] > 0]
            if not len(tried):
                break
        return guess, min(most, 1.0)
