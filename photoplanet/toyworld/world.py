"""The toy Earth itself: real cities, made-up looks; what is where, before any photo is taken."""

import csv
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WORLD_SEED = 2016
WALLS, ROOFS, SCRIPTS, SIDES, LIVERIES = 8, 4, 6, 2, 24  # how many looks a photo can show of each kind
SHAPES, BODY_COLOURS, PATTERNS = 8, 8, 5  # a landmark is one of each
CLIMATE_BOUNDS = (15.0, 30.0, 42.0, 55.0)  # absolute latitude, degrees: tropical, arid, mild, cool, polar
REPLICAS = 8  # landmarks that stand a second time in another country, as the Rialto does in Las Vegas


@dataclass(frozen=True)
class World:
    """Cities (row i of every `city_` array), their countries' looks and the landmark sites; positions in degrees."""

    city_names: list[str]
    city_country: Ints  # index into the looks
    city_position: Floats  # (cities, 2)
    city_weight: Floats  # share of photographers, sums to 1
    city_livery: Ints
    looks: Ints  # (countries, 4): wall, roof, script, side
    site_city: Ints
    site_position: Floats  # (sites, 2)
    site_weight: Floats  # within its city, sums to 1 there
    site_landmark: Ints  # shape * BODY_COLOURS * PATTERNS + colour * PATTERNS + pattern
    spots: list[Floats] | None = None  # per city (n, 2): real geotags to draw from instead of a Gaussian

    def sites_of(self, city: int) -> Ints:
        """Rows of the landmark sites of a city."""
        return np.flatnonzero(self.site_city == city)


def climate(latitude: Floats) -> Ints:
    """Climate band 0…4 (tropical … polar) of latitudes in degrees.

    >>> climate(np.array([0.0, 48.9, -75.0])).tolist()
    [0, 3, 4]
    """
    band: Ints = np.searchsorted(CLIMATE_BOUNDS, np.abs(latitude), side="right")
    return band


def make(seed: int = WORLD_SEED, coordinates: Floats | None = None) -> World:
    """Make a toy Earth; the same seed gives the same Earth.

    `coordinates` (n, 2), degrees, draws the photos at real geotags instead of around the built-in cities: dense
    cells of their adaptive partition are the cities then, with the look of the nearest built-in city's country.
    InputError for fewer than 1000 geotags.

    >>> make().city_names[:2]
    ['New York', 'Los Angeles']
    """
    rng = np.random.default_rng([seed, 0])
    rows = _cities()
    names = [row["city"] for row in rows]
    codes = country_codes()
    country = np.array([codes.index(row["country"]) for row in rows])
    position = np.array([[float(row["latitude"]), float(row["longitude"])] for row in rows])
    weight = np.sqrt([float(row["millions"]) for row in rows])
    spots = None
    if coordinates is not None:
        names, country, position, weight, spots = _cities_from_geotags(
            np.asarray(coordinates, float), country, position
        )
    livery = _different_within_country(rng, country, LIVERIES)
    site_city, site_position, site_weight, site_landmark = _sites(rng, country, position, spots)
    looks = _looks(rng, len(codes))
    weight /= weight.sum()
    return World(
        names, country, position, weight, livery, looks, site_city, site_position, site_weight, site_landmark, spots
    )


def country_codes() -> list[str]:
    """The two letters of each country, in the order of `World.city_country`.

    >>> country_codes()[:3], len(country_codes())
    (['AE', 'AR', 'AT'], 54)
    """
    return sorted({row["country"] for row in _cities()})


def _cities() -> list[dict[str, str]]:
    return list(csv.DictReader((files("photoplanet.toyworld") / "cities.csv").read_text("utf-8").splitlines()))


def _cities_from_geotags(
    geotags: Floats, country: Ints, position: Floats, cities: int = 120
) -> tuple[list[str], Ints, Floats, Floats, list[Floats]]:
    """Names, countries, positions, weights and geotags of the cities that real geotags make."""
    if geotags.ndim != 2 or geotags.shape[1] != 2 or len(geotags) < 1000:
        raise InputError(
            f"a toy Earth needs at least 1000 geotags of latitude, longitude, not an array of {geotags.shape}"
        )
    lat, lng = geotags.T
    part = Partition.adaptive(lat, lng, max_photos=max(len(lat) // 60, 10), min_photos=max(len(lat) // 1000, 2))
    member = part.assign(lat, lng)
    dense = np.argsort(-part.photo_counts, kind="stable")[:cities]
    means = np.asarray(part.means)[dense]
    apart = geodesy.distance_km(means[:, None, 0], means[:, None, 1], position[None, :, 0], position[None, :, 1])
    spots = [geotags[member == cell] for cell in dense]
    names = [f"{mean[0]:.1f} {mean[1]:.1f}" for mean in means]
    return names, country[apart.argmin(axis=1)], means, part.photo_counts[dense].astype(float), spots


def _different_within_country(rng: np.random.Generator, country: Ints, kinds: int) -> Ints:
    """One of `kinds` per city, different for cities of one country as long as there are enough kinds."""
    chosen = np.empty(len(country), int)
    for one in np.unique(country):
        rows = np.flatnonzero(country == one)
        chosen[rows] = np.concatenate([rng.permutation(kinds) for _ in range(-(-len(rows) // kinds))])[: len(rows)]
    return chosen


def _looks(rng: np.random.Generator, countries: int) -> Ints:
    """Wall, roof, script and road side of each country: unique all together, each alone shared by several."""
    kinds = (WALLS, ROOFS, SCRIPTS, SIDES)
    everything = np.stack(np.unravel_index(np.arange(np.prod(kinds)), kinds), axis=1)
    order = rng.permutation(len(everything))
    fresh: list[int] = []
    seen = set()
    for row in order:  # first those with a new wall and roof: two countries that share both still differ in script
        key = tuple(everything[row][:2])
        if key not in seen or len(fresh) >= WALLS * ROOFS:
            seen.add(key)
            fresh.append(row)
        if len(fresh) == countries:
            break
    return everything[fresh]


def _sites(
    rng: np.random.Generator, country: Ints, position: Floats, spots: list[Floats] | None
) -> tuple[Ints, Floats, Floats, Ints]:
    """One to three landmark sites within about 4 km of each city, then the replicas."""
    count = rng.integers(1, 4, len(position))
    city = np.repeat(np.arange(len(position)), count)
    landmark = rng.permutation(SHAPES * BODY_COLOURS * PATTERNS)[: len(city)]
    if len(landmark) < len(city):
        raise InputError(f"{len(position)} cities need more than {SHAPES * BODY_COLOURS * PATTERNS} landmarks")
    place = np.empty((len(city), 2))
    for row, home in enumerate(city.tolist()):
        if spots is None:
            place[row] = offset(rng, position[home], 2.5)
        else:
            place[row] = spots[home][rng.integers(len(spots[home]))]
    replicas = rng.choice(len(city), min(REPLICAS, len(city) // 2), replace=False)
    for original in replicas:
        abroad = rng.choice(np.flatnonzero(country != country[city[original]]))
        city = np.append(city, abroad)
        place = np.vstack([place, offset(rng, position[abroad], 2.5)])
        landmark = np.append(landmark, landmark[original])
    weight = np.ones(len(city))
    weight[len(city) - len(replicas) :] = 0.5  # fewer people photograph the copy
    for home in range(len(position)):
        weight[city == home] /= weight[city == home].sum()
    return city, place, weight, landmark


def offset(rng: np.random.Generator, position: Floats, sigma_km: float) -> Floats:
    """A point (degrees) at a Gaussian offset of `sigma_km` in each direction from `position`, on the sphere.

    >>> offset(np.random.default_rng(0), np.array([48.86, 2.35]), sigma_km=0.0).round(2).tolist()
    [48.86, 2.35]
    """
    point: Floats = offsets(rng, np.asarray(position)[None], sigma_km)[0]
    return point


def offsets(rng: np.random.Generator, positions: Floats, sigma_km: float | Floats) -> Floats:
    """Points (n, 2), degrees, at Gaussian offsets of `sigma_km`, a scalar or (n,), from `positions` (n, 2).

    >>> offsets(np.random.default_rng(0), np.zeros((3, 2)), 10.0).shape
    (3, 2)
    """
    n = len(positions)
    distance = np.hypot(*rng.standard_normal((2, n))) * sigma_km / geodesy.EARTH_RADIUS_KM
    bearing = rng.uniform(0, 2 * np.pi, n)
    lat, lng = np.radians(positions).T
    north = np.arcsin(np.clip(np.sin(lat) * np.cos(distance) + np.cos(lat) * np.sin(distance) * np.cos(bearing), -1, 1))
    east = np.arctan2(np.sin(bearing) * np.sin(distance) * np.cos(lat), np.cos(distance) - np.sin(lat) * np.sin(north))
    return np.stack([np.degrees(north), (np.degrees(lng + east) + 180) % 360 - 180], -1)
