"""Travellers of the toy Earth: albums of photos with places, times and the cues that each photo shows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.toyworld.letters import Letters
from photoplanet.toyworld.world import World, climate, offsets

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SCENES = ("landmark", "street", "country road", "no cue")
SCENE_SHARES = (0.36, 0.42, 0.22)  # of the places where people stop to take photos
NO_CUE_SHARE = 0.2  # of all photos: food, a wall, a pet
PLACE_SIGMA_KM = (0.1, 5.0, 100.0)  # how far from the site, from the city's centre, from the city's centre
AWAY_SHARE = 0.6  # of the albums start in a city about FAR_KM from home, the others at home
FAR_KM, NEAR_KM = 5000.0, 1200.0  # cities are chosen by weight and exp(−distance / km): from home, from the stop before
#          landmark street road: probability that the cue is in a photo of that scene
SHOWN = {"building": (0.6, 0.95, 0.5), "script": (0.3, 0.6, 0.7), "side": (0.3, 0.6, 0.8), "livery": (0.2, 0.65, 0.0)}
CUES = ("climate", "wall", "roof", "script", "side", "livery", "landmark")
_YEAR_2024 = np.datetime64("2024-01-01T00:00:00")


@dataclass(frozen=True)
class ToyPhotos:
    """Columns of n photos: place (degrees), time, who, which album, scene, and the cues as ints, −1 where not shown."""

    latitude: Floats
    longitude: Floats
    taken_at: NDArray[np.datetime64]  # seconds, naive local
    photographer: Ints
    album: Ints
    city: Ints
    scene: Ints  # index into SCENES
    cues: NDArray[np.int16]  # (n, len(CUES))
    sign: Ints  # row of `Letters.texts`, −1 where no sign with letters is shown

    def __len__(self) -> int:
        return len(self.latitude)

    def part(self, rows: slice | NDArray[np.bool_] | Ints) -> "ToyPhotos":
        """The photos at `rows` (slice, mask or indices)."""
        return ToyPhotos(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def travel(world: World, photos: int, seed: int = 0, letters: Letters | None = None) -> ToyPhotos:
    """Let people travel until `photos` photos are taken; albums follow one another, each in time order.

    The same world, count and seed give the same photos; with `letters`, signs hang on some of them and all else is as
    it was. Memory grows with `photos` (about 100 bytes each).

    >>> from photoplanet.toyworld import world
    >>> photos = travel(world.make(), photos=100, seed=1)
    >>> len(photos), photos.cues.shape
    (100, (100, 7))
    """
    rng = np.random.default_rng([seed, 1])
    city, person, album, second = _moments(rng, *_stops(world, rng, photos))
    scene = rng.choice(3, len(city), p=SCENE_SHARES)
    site = _choose_sites(world, rng, city, scene)
    place = _places(world, rng, city, scene, site)
    burst = rng.integers(1, 4, len(city))
    moment = np.repeat(np.arange(len(city)), burst)[:photos]
    within = (np.arange(burst.sum()) - np.repeat(np.cumsum(burst) - burst, burst))[:photos]
    position = offsets(rng, place[moment], 0.03)
    taken_at = _YEAR_2024 + (second[moment] + 40 * within).astype("timedelta64[s]")
    scene = np.where(rng.random(len(moment)) < NO_CUE_SHARE, SCENES.index("no cue"), scene[moment])
    cues = _cues(world, rng, city[moment], site[moment], scene, position[:, 0])
    sign = np.full(len(moment), -1)
    if letters is not None:
        sign = letters.choose(np.random.default_rng([seed, 8]), city[moment], scene != SCENES.index("no cue"))
    latitude, longitude = position.T
    return ToyPhotos(latitude, longitude, taken_at, person[moment], album[moment], city[moment], scene, cues, sign)


def _stops(world: World, rng: np.random.Generator, photos: int) -> Ints:
    """Rows: city, person, album, first second and count of moments; columns: stays, enough for `photos` photos."""
    apart = geodesy.distance_km(
        world.city_position[:, None, 0], world.city_position[:, None, 1], *world.city_position.T[:, None, :]
    )
    reach = {km: np.cumsum(world.city_weight * np.exp(-apart / km), axis=1) for km in (FAR_KM, NEAR_KM)}

    def near(city: int, km: float) -> int:
        return int(np.searchsorted(reach[km][city], rng.random() * reach[km][city][-1], side="right"))

    stays: list[tuple[int, ...]] = []  # city, person, album, second, moments of one to three photos
    person = album = taken = 0
    while taken < photos * 1.05 + 50:
        home = int(rng.choice(len(world.city_weight), p=world.city_weight))
        cursor = 0
        for start in np.sort(rng.integers(0, 360 * 86400, rng.integers(1, 5))):
            cursor = max(int(start), cursor)
            for stop in range(1 if rng.random() < 0.35 else int(rng.integers(2, 5))):
                if stop == 0:
                    here = near(home, FAR_KM) if rng.random() < AWAY_SHARE else home
                else:
                    here = near(here, NEAR_KM)
                stay = int(rng.integers(1, 6))
                stays.append((here, person, album, cursor, stay))
                cursor += int(rng.uniform(1.0, 4.0) * 86400)
                taken += 2 * stay
            album += 1
        person += 1
    columns: Ints = np.array(stays).T
    return columns


def _moments(
    rng: np.random.Generator, cities: Ints, people: Ints, albums: Ints, seconds: Ints, counts: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Every stay as its moments, about an hour apart: city, person, album and second of each."""
    stay = np.repeat(np.arange(len(counts)), counts)
    nth = np.arange(len(stay)) - np.repeat(np.cumsum(counts) - counts, counts)
    second = seconds[stay] + nth * 3600 + rng.integers(0, 3000, len(stay))
    return cities[stay], people[stay], albums[stay], second


def _choose_sites(world: World, rng: np.random.Generator, city: Ints, scene: Ints) -> Ints:
    site = np.full(len(city), -1)
    for one in np.unique(city[scene == 0]):
        rows = np.flatnonzero((city == one) & (scene == 0))
        sites = world.sites_of(one)
        site[rows] = rng.choice(sites, len(rows), p=world.site_weight[sites])
    return site


def _places(world: World, rng: np.random.Generator, city: Ints, scene: Ints, site: Ints) -> Floats:
    start = np.where((scene == 0)[:, None], world.site_position[site], world.city_position[city])
    place = offsets(rng, start, np.array(PLACE_SIGMA_KM)[scene])
    if world.spots is not None:
        for one in np.unique(city):
            rows = np.flatnonzero((city == one) & (scene != 0))
            place[rows] = rng.choice(world.spots[one], len(rows))
    return place


def _cues(
    world: World, rng: np.random.Generator, city: Ints, site: Ints, scene: Ints, latitude: Floats
) -> NDArray[np.int16]:
    """What each photo shows, as columns of CUES; −1 where a cue is out of the picture."""
    look = world.looks[world.city_country[city]]
    cues = np.full((len(city), len(CUES)), -1, np.int16)
    shown = {}
    for name, chances in SHOWN.items():
        shown[name] = rng.random(len(city)) < np.array([*chances, 0.0])[scene]
    outdoors = scene != SCENES.index("no cue")
    values = {
        "climate": (outdoors, climate(latitude)),
        "wall": (shown["building"], look[:, 0]),
        "roof": (shown["building"], look[:, 1]),
        "script": (shown["script"], look[:, 2]),
        "side": (shown["side"], look[:, 3]),
        "livery": (shown["livery"], world.city_livery[city]),
        "landmark": (scene == 0, world.site_landmark[site]),
    }
    for column, name in enumerate(CUES):
        visible, value = values[name]
        cues[visible, column] = value[visible]
    return cues
