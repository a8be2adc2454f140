"""How likely a name in a photo is from each site: near the place, some way off, in its country, or anywhere.

A name is meant with a probability that grows with how often photos are taken at places of that name, and falls with how
often people write the word for something else. If it is meant, the photo is near the place, or farther off, in shares
that depend on how the name stands in the text: `KINDS`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.clues.place_name_search import Mention
from photoplanet.earth import gazetteer
from photoplanet.earth.geodesy import EARTH_RADIUS_KM
from photoplanet.earth.ground import Ground

Floats = NDArray[np.float64]
_last: list[tuple[Floats, "Weights"]] = []


class Kind(NamedTuple):
    """Where photos are whose text has a name of one kind. The four shares are 1 together.

    `near`: within the town or some kilometres around; `region`: farther off, falling with the distance; `country`: any
    other place of its country; `anywhere`: on Earth. `odds`: how much likelier such words make it that a place is
    meant.
    """

    near: float
    region: float
    country: float
    anywhere: float
    odds: float


KINDS = {
    "office": Kind(0.88, 0.07, 0.02, 0.03, 200.0),
    "address": Kind(0.55, 0.22, 0.15, 0.08, 50.0),
    "institution": Kind(0.65, 0.15, 0.10, 0.10, 5.0),
    "distance": Kind(0.10, 0.70, 0.12, 0.08, 5.0),
    "domain": Kind(0.40, 0.22, 0.20, 0.18, 0.3),
    "alone": Kind(0.40, 0.25, 0.15, 0.20, 1.5),
    "plain": Kind(0.40, 0.23, 0.17, 0.20, 1.0),
    "street": Kind(0.10, 0.30, 0.40, 0.20, 2.0),
    "business": Kind(0.35, 0.15, 0.15, 0.35, 1.0),
    "food": Kind(0.08, 0.05, 0.12, 0.75, 0.5),
    "origin": Kind(0.03, 0.02, 0.02, 0.93, 3.0),
    "claim": Kind(0.40, 0.12, 0.13, 0.35, 0.7),
}
NEAR_KM = 7.0  # how far "near" reaches beyond the radius that the town's people fill
REGION_KM = 40.0  # where the share of a name farther off is half of that beside it
ABROAD = 0.2  # of that share, across a border
ROAD = 1.25  # kilometres by road per kilometre
ROAD_SPREAD = 0.35  # how far the logarithm of a stated distance is off
MILES = ("US", "GB", "LR")
MEANT_TOWN, MEANT_STATE, MEANT_COUNTRY = 0.25, 0.1, 0.05  # how often photos with text name the place they are taken at
FOREIGN = 0.2  # as often, in a language that is not the place's
STATE_ODDS = 50.0  # for places in the state whose code stands behind the name
FEWEST_WORDS = 10  # that a photo's chance matches are reckoned from
LEAST_WHOLE = 0.01  # of the photos: for fewer, no region is drawn around a place
MOST_WHOLE, MOST_PLACES = 3, 200  # places of one name: with a region around them; at all


class Weights(NamedTuple):
    """Shares of people's photos: of every place (towns, states, countries, as numbered by `earth.place_names`)."""

    place: Floats
    country: Floats
    xyz: NDArray[np.float32]  # (sites, 3): the ground's, rounded
    weight: NDArray[np.float32]  # (sites,)


def weights(ground: Ground) -> Weights:
    """Sums over the ground, for `log_likelihood`; kept for the ground that was asked for last.

    >>> from photoplanet.earth import ground
    >>> sums = weights(ground.read())
    >>> round(float(sums.country.sum()), 6)
    1.0
    """
    if not _last or _last[0][0] is not ground.weight:
        data = gazetteer.read()
        own = ground.state >= 0
        state = np.bincount(ground.state[own], ground.weight[own], minlength=len(data.states)).astype(np.float64)
        country = np.bincount(ground.country, ground.weight, minlength=len(data.country_codes)).astype(np.float64)
        place = np.concatenate([ground.weight[: ground.towns], state, country])
        _last[:] = [(ground.weight, Weights(place, country, *map(np.float32, (ground.xyz, ground.weight))))]
    return _last[0][1]


def meant(mention: Mention, sums: Weights, words: int) -> tuple[float, NDArray[np.int64], Floats]:
    """How likely a mention means a place, of `words` words that the photo holds; its places and the share of each.

    >>> from photoplanet.earth import ground, place_names
    >>> sums = weights(ground.read())
    >>> town, word = (Mention(place_names.find(name), "plain", 1.0, (0,), "") for name in ("Stuttgart", "Nice"))
    >>> meant(town, sums, 10)[0] > 0.9, meant(word, sums, 10)[0] < 0.1
    (True, True)
    """
    data = gazetteer.read()
    towns, states = len(data.names), len(data.states)
    places = mention.named.places[:MOST_PLACES]
    rate = np.where(places < towns, MEANT_TOWN, np.where(places < towns + states, MEANT_STATE, MEANT_COUNTRY))
    share = sums.place[places] * rate * np.where(mention.named.own[:MOST_PLACES], 1.0, FOREIGN)
    if mention.state:
        state = _states_of(places)
        inside = [row >= 0 and (data.country_codes[data.state_country[row]], data.states[row]) == mention.state
                  for row in state.tolist()]  # fmt: skip
        share = share * np.where(inside, STATE_ODDS, 1.0)
    total = float(share.sum()) * mention.odds * KINDS[mention.kind].odds
    chance = mention.named.common * max(words, FEWEST_WORDS)
    return total / (total + chance), places, share / max(float(share.sum()), 1e-30)


def log_likelihood(mention: Mention, ground: Ground, sums: Weights, words: int) -> NDArray[np.float32]:
    """(sites,) the natural logarithm of how likely the mention is from each site, against all of Earth.

    >>> from photoplanet.earth import ground, place_names
    >>> sites = ground.read()
    >>> malmo = Mention(place_names.find("Malmö"), "office", 1.0, (0,), "Malmö stad")
    >>> found = log_likelihood(malmo, sites, weights(sites), 2)
    >>> bool(found[malmo.named.places[0]] > 6), bool(found.min() < -3)
    (True, True)
    """
    sure, places, share = meant(mention, sums, words)
    kind = KINDS[mention.kind]
    order = np.argsort(-share, kind="stable")
    ratio = np.full(len(ground.weight), 1 - sure + sure * kind.anywhere, np.float32)
    national = np.zeros(len(sums.country))
    for rank, i in enumerate(order.tolist()):
        place, part = int(places[i]), sure * float(share[i])
        near, region, country = part * kind.near, part * kind.region, part * kind.country
        if not mention.named.own[i]:  # a language of elsewhere speaks of the place rather from afar
            near, region, country = near / 2, region / 2, country / 2
            ratio += np.float32(near + region + country)
        if place >= ground.towns:
            _wider(ratio, national, place, (near, region, country), ground, sums)
            continue
        home = int(ground.country[place])
        whole = rank < MOST_WHOLE and near + region > LEAST_WHOLE
        national[home] += (country if whole else country + region) / sums.country[home]
        if whole:
            _around(ratio, place, near, region, ground, sums, mention.number)
        else:
            _in_state(ratio, place, near, ground)
    ratio += np.float32(national)[ground.country]
    return np.asarray(np.log(ratio))


def _wider(
    ratio: NDArray[np.float32],
    national: Floats,
    place: int,
    shares: tuple[float, float, float],
    ground: Ground,
    sums: Weights,
) -> None:
    """Add a state or a country to the ratios at sites and in countries; `shares`: near, in the region, in the country.

    Half of those in the region are beyond the border, somewhere in the country of a state, anywhere for a country.
    """
    near, region, country = shares
    row = place - ground.towns - (len(sums.place) - ground.towns - len(sums.country))
    if row >= 0:
        national[row] += (near + 0.5 * region + country) / max(float(sums.country[row]), 1e-12)
        ratio += np.float32(0.5 * region)
        return
    row = place - ground.towns
    home = int(gazetteer.read().state_country[row])
    low, high = np.searchsorted(ground.state[: ground.towns], [row, row + 1])
    ratio[low:high] += (near + 0.5 * region) / max(float(sums.place[place]), 1e-12)
    national[home] += (0.5 * region + country) / max(float(sums.country[home]), 1e-12)


def _around(
    ratio: NDArray[np.float32], place: int, near: float, region: float, ground: Ground, sums: Weights, number: int
) -> None:
    """Add to the ratio what is near a town, and what falls with the distance from it, or lies about `number` km off."""
    here = ground.xyz[place]
    squared = sums.xyz @ np.float32(here)  # of chords, km²: to some 10 km², in single precision
    squared *= np.float32(-2 * EARTH_RADIUS_KM**2)
    squared += np.float32(2 * EARTH_RADIUS_KM**2)
    np.maximum(squared, 1.0, out=squared)
    reach = NEAR_KM + float(gazetteer.read().radius[place])
    close = np.flatnonzero(squared < (4 * reach) ** 2)
    there = np.exp(-np.maximum(2 - 2 * (ground.xyz[close] @ here), 0.0) * (EARTH_RADIUS_KM / reach) ** 2)
    ratio[close] += near * there / float(there @ ground.weight[close])
    if number:
        miles = gazetteer.read().country_codes[int(ground.country[place])] in MILES
        off = 0.5 * np.log(squared) - np.float32(np.log(number * (1.6 if miles else 1.0) / ROAD))
        around = np.exp(np.float32(-0.5 / ROAD_SPREAD**2) * off * off) + np.float32(1e-4)
    else:
        squared += np.float32(REGION_KM**2)
        around = np.reciprocal(squared, out=squared)
    around[ground.country != ground.country[place]] *= np.float32(ABROAD)
    around *= np.float32(region / float(around @ sums.weight))
    ratio += around


def _in_state(ratio: NDArray[np.float32], place: int, near: float, ground: Ground) -> None:
    """As `_around`, without the region, for the many lesser places of a name: only sites of the same state are seen."""
    own = np.arange(*np.searchsorted(ground.state[: ground.towns], ground.state[place] + np.array([0, 1])))
    squared = np.maximum(2 - 2 * (ground.xyz[own] @ ground.xyz[place]), 0.0) * EARTH_RADIUS_KM**2
    there = np.exp(-squared / (NEAR_KM + float(gazetteer.read().radius[place])) ** 2)
    ratio[own] += near * there / float(there @ ground.weight[own])


def _states_of(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row of the state that each place lies in or is; −1 for countries."""
    data = gazetteer.read()
    towns, states = len(data.names), len(data.states)
    state = np.where(places < towns + states, places - towns, -1)
    town = places < towns
    state[town] = data.state[places[town]]
    return state
