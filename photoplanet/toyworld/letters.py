"""Real letters on signs of the toy Earth: which texts stand in which city, how often, and what each gives away.

A text depends on the photo's city and on chance alone, so that the probability of every text at every city is known,
and with it the ceiling of an observer who reads everything.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.toyworld import boards, sign_texts
from photoplanet.toyworld.lettering import CAPITAL, Face, Packaged
from photoplanet.toyworld.world import World, country_codes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KIND_SHARES = {"words": 0.5, "town": 0.25, "address": 0.15, "prefix": 0.1}  # where a city has all of them
_WIDEST = 0.92  # of the photo's width


@dataclass(frozen=True)
class Letters:
    """The texts of a world's signs, and the `share` of its outdoor photos that shows one.

    `kinds`: of each text, a key of KIND_SHARES; `probability` (texts, cities): of a text on a sign of a city.
    """

    share: float
    texts: tuple[str, ...]
    kinds: tuple[str, ...]
    probability: Floats

    def choose(self, rng: np.random.Generator, city: Ints, outdoors: NDArray[np.bool_]) -> Ints:
        """A row of `texts` for each photo (n,), by its city; −1 for photos without a sign, as all indoors.

        >>> from photoplanet.toyworld import world
        >>> made = make(world.make(), share=1.0)
        >>> rows = made.choose(np.random.default_rng(1), np.array([34, 34]), np.array([True, False]))
        >>> made.texts[rows[0]], int(rows[1])
        ('Calle Ancha', -1)
        """
        shown, drawn = rng.random((2, len(city)))
        found = np.full(len(city), -1)
        shown_here = outdoors & (shown < self.share)
        for one in np.unique(city[shown_here]):
            rows = np.flatnonzero(shown_here & (city == one))
            upto = np.cumsum(self.probability[:, one])
            found[rows] = np.searchsorted(upto, drawn[rows] * upto[-1], side="right")
        return found

    @cached_property
    def meaning(self) -> Ints:
        """A number for each text (texts,): the same for two that are as likely as each other in all cities alike."""
        relative = self.probability / self.probability.max(axis=1, keepdims=True)
        return np.unique(relative.round(9), axis=0, return_inverse=True)[1].ravel()


def make(world: World, share: float, face: Face | None = None) -> Letters:
    """The texts that `face` (default: what is packaged) can write in the countries of a world.

    A city's signs show words in the languages of its country, names of the largest towns around it, an address in the
    country's domain, or a telephone prefix. InputError for a share that is not one.

    >>> from photoplanet.toyworld import world
    >>> made = make(world.make(), share=0.3)
    >>> row = made.texts.index("www.example.fr")
    >>> [world.make().city_names[city] for city in np.flatnonzero(made.probability[row])]
    ['Paris', 'Lyon', 'Marseille']
    """
    if not 0 < share <= 1:
        raise InputError(f"the share of photos with a sign is above 0 and at most 1, not {share}")
    face = face or Packaged()
    rows: dict[tuple[str, str], dict[int, float]] = {}
    for city, number in enumerate(world.city_country.tolist()):
        country = sign_texts.countries()[country_codes()[number]]
        kinds = _texts(country, world.city_position[city], face)
        total = sum(KIND_SHARES[kind] for kind in kinds)
        for kind, texts in kinds.items():
            for text, part in texts.items():
                cities = rows.setdefault((kind, text), {})
                cities[city] = cities.get(city, 0.0) + part * KIND_SHARES[kind] / total
    probability = np.zeros((len(rows), len(world.city_names)))
    for row, cities in enumerate(rows.values()):
        probability[row, list(cities)] = list(cities.values())
    return Letters(share, tuple(text for _, text in rows), tuple(kind for kind, _ in rows), probability)


def right_country(made: Letters, world: World, city_share: Floats) -> dict[str, float]:
    """How often the best guess from a sign's text alone names the right country, by kind of text and for "all".

    `city_share` (cities,): of the photos. Exact: the sum, over all texts, of the probability of the likeliest country.

    >>> from photoplanet.toyworld import world
    >>> earth = world.make()
    >>> right_country(make(earth, share=1.0), earth, earth.city_weight)["address"]
    1.0
    """
    countries = np.zeros((len(world.city_country), int(world.city_country.max()) + 1))
    countries[np.arange(len(countries)), world.city_country] = city_share / city_share.sum()
    joint = made.probability @ countries
    kinds = np.array(made.kinds)
    found = {kind: joint[kinds == kind] for kind in KIND_SHARES if (kinds == kind).any()} | {"all": joint}
    return {kind: round(float(each.max(axis=1).sum() / each.sum()), 12) for kind, each in found.items()}


def _texts(country: sign_texts.Country, position: Floats, face: Face) -> dict[str, dict[str, float]]:
    """By kind, the texts of a city and their shares, which add up to 1; a kind that cannot be written is left out."""
    words: dict[str, float] = {}
    for code, share in country.languages.items():
        language = sign_texts.writable(sign_texts.languages()[code], {"Latin": face})
        for text in language.phrases if language else ():
            words[text] = words.get(text, 0.0) + share / len(language.phrases if language else ())
    towns = [
        town
        for town in sign_texts.towns_near(float(position[0]), float(position[1]), country.code)
        if face.covers(town)
    ]
    found = {
        "words": {text: share / sum(words.values()) for text, share in words.items()},
        "town": {town: 1 / len(towns) for town in towns},
        "address": {sign_texts.address(country): 1.0},
        "prefix": {f"+{country.prefix}": 1.0},
    }
    return {kind: texts for kind, texts in found.items() if texts}


def sign(picture: Image.Image, text: str, seed: tuple[int, ...], face: Face | None = None) -> Floats:
    """Hang a board with `text` into a square picture; return the text's corners (4, 2) as shares of its width.

    All chance comes from `seed`, so that the corners are known without the picture that they were painted in.

    >>> sign(Image.new("RGB", (320, 320)), "Lyon", seed=(1,)).shape
    (4, 2)
    """
    rng = np.random.default_rng([*seed, 6])
    big, face = picture.width, face or Packaged()
    capital = rng.uniform(0.055, 0.08) * big
    widest = _WIDEST * big - 2 * capital
    width = face.line(text, capital / CAPITAL).width
    made = boards.board((text,), face, capital * min(1.0, widest / width), boards.COLOURS[int(rng.integers(5))])
    place = boards.corners(*made.image.size, rng.uniform(-25, 25), rng.uniform(-4, 4))
    extent = np.ptp(place, axis=0)
    left = rng.uniform(0.02, 0.98 - extent[0] / big) * big
    place += (left, rng.uniform(0.02, 0.12) * big) - place.min(axis=0)
    return boards.hang(picture, made, place)[0][1] / big
