"""Real letters on the toy Earth: what they give away is known exactly, and they change nothing else."""

import numpy as np
import pytest
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.toyworld import album_ceiling, ceiling, letters, paint, sign_texts, travellers, world
from photoplanet.toyworld.lettering import Packaged
from photoplanet.toyworld.world import World


@pytest.fixture(scope="module")
def earth():
    return world.make()


@pytest.fixture(scope="module")
def everywhere(earth):
    return letters.make(earth, share=1.0)


def two_cities(*countries: str, weight=(0.75, 0.25)) -> World:
    """Two cities half a world apart, alike in everything but their countries, with no town of theirs near."""
    return World(
        city_names=["a", "b"],
        city_country=np.array([world.country_codes().index(code) for code in countries]),
        city_position=np.array([[40.0, -30.0], [40.0, 170.0]]),
        city_weight=np.array(weight),
        city_livery=np.array([3, 3]),
        looks=np.ones((54, 4), int),
        site_city=np.array([0, 1]),
        site_position=np.array([[40.0, -30.0], [40.0, 170.0]]),
        site_weight=np.array([1.0, 1.0]),
        site_landmark=np.array([5, 5]),
    )


def test_probabilities_of_the_texts_of_a_city_add_up_to_one(everywhere):
    assert np.allclose(everywhere.probability.sum(axis=0), 1)
    assert everywhere.probability.min() >= 0 and everywhere.probability.max(axis=1).min() > 0
    for kind, share in letters.KIND_SHARES.items():
        mine = np.array(everywhere.kinds) == kind
        paris = everywhere.probability[mine, 36].sum()
        assert paris == pytest.approx(share), kind


def test_a_kind_that_cannot_be_written_leaves_its_share_to_the_others(earth, everywhere):
    moscow = earth.city_names.index("Moscow")  # no word of Russian is written in Latin letters
    kinds = {everywhere.kinds[row] for row in np.flatnonzero(everywhere.probability[:, moscow])}
    assert kinds == {"town", "address", "prefix"}


def test_texts_are_drawn_as_often_as_the_probabilities_say(earth, everywhere):
    photos = travellers.travel(earth, 60_000, 4, everywhere)
    outdoors = photos.scene != travellers.SCENES.index("no cue")
    assert ((photos.sign >= 0) == outdoors).all()
    city = np.bincount(photos.city).argmax()
    mine = photos.sign[(photos.city == city) & outdoors]
    drawn = np.bincount(mine, minlength=len(everywhere.texts)) / len(mine)
    error = np.sqrt(everywhere.probability[:, city] / len(mine))
    assert (np.abs(drawn - everywhere.probability[:, city]) <= 5 * error).all()


def test_the_share_is_of_the_outdoor_photos(earth):
    photos = travellers.travel(earth, 20_000, 4, letters.make(earth, share=0.3))
    outdoors = photos.scene != travellers.SCENES.index("no cue")
    assert (photos.sign[outdoors] >= 0).mean() == pytest.approx(0.3, abs=0.02)
    assert (photos.sign[~outdoors] < 0).all()


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01, float("nan")])
def test_a_share_is_above_0_and_at_most_1(earth, share):
    with pytest.raises(InputError, match="above 0 and at most 1"):
        letters.make(earth, share)


def test_signs_change_nothing_else_of_the_travels(earth, everywhere):
    bare, signed = travellers.travel(earth, 500, 7), travellers.travel(earth, 500, 7, everywhere)
    for name in ("latitude", "longitude", "taken_at", "album", "scene", "cues"):
        assert np.array_equal(getattr(bare, name), getattr(signed, name)), name
    assert (bare.sign == -1).all()


def test_a_sign_changes_no_pixel_away_from_its_board():
    cues = dict.fromkeys(travellers.CUES, -1) | {"climate": 3, "wall": 1, "roof": 0}
    bare, signed = (np.asarray(paint.photo(cues, "street", (3,), text=text)).astype(int) for text in ("", "Lyon"))
    box = letters.sign(Image.new("RGB", (320, 320)), "Lyon", (3,)) * paint.SIZE
    changed = np.argwhere(np.abs(signed - bare).max(axis=-1) > 0)
    rim = 0.2 * paint.SIZE  # of the board around its text
    low, high = box.min(axis=0) - rim, box.max(axis=0) + rim
    assert len(changed) > 100
    assert ((changed[:, ::-1] >= low) & (changed[:, ::-1] <= high)).all()


@pytest.mark.parametrize("text", ["Ski", "www.example.com", "Pharmacie", "Mag-ingat sa aso at pusa"])
def test_every_text_fits_into_the_photo(text):
    for seed in range(20):
        box = letters.sign(Image.new("RGB", (320, 320)), text, (seed,))
        assert box.min() > 0 and box.max() < 1


@pytest.mark.parametrize(
    "countries", [("AR", "IS"), ("AR", "CL"), ("ES", "MX"), ("GB", "AU"), ("NL", "ZA"), ("US", "CA")]
)
def test_the_ceiling_is_what_the_probabilities_allow(countries):
    """The oracle sums, over all texts, the probability of the likelier city; it knows nothing of how photos group."""
    earth = two_cities(*countries, weight=(0.6, 0.4))
    made = letters.make(earth, share=0.7)
    photos = travellers.travel(earth, 40_000, 1, made)
    prior = np.bincount(photos.city, minlength=2) / len(photos)
    signed = (photos.sign >= 0).mean()
    expected = signed * (made.probability * prior).max(axis=1).sum() + (1 - signed) * prior.max()
    found = ceiling.ceiling(earth, sample=40_000, letters=made)["continent"]
    assert found.low == pytest.approx(expected, abs=0.02)
    assert found.high == pytest.approx(expected, abs=0.02)


def test_letters_raise_the_ceiling_and_its_ends_stay_close(earth, everywhere):
    bare = ceiling.ceiling(earth, sample=60_000)
    signed = ceiling.ceiling(earth, sample=60_000, letters=everywhere)
    for name in ("region", "country", "continent"):
        assert signed[name].low > bare[name].high
    assert all(bound.high - bound.low < 0.08 for bound in signed.values())


def test_the_observer_of_albums_is_as_sure_as_it_is_right(earth, everywhere):
    reach = album_ceiling.ceiling(earth, sample=1500, seed=2, letters=everywhere)
    for name, reached in reach.reached.items():
        assert reached == pytest.approx(reach.expected[name], abs=0.06), name


def test_an_album_with_one_telling_sign_is_in_its_country():
    earth = two_cities("AR", "IS", weight=(0.5, 0.5))
    made = letters.make(earth, share=1.0)
    photos = travellers.travel(earth, 300, 1, made)
    album = np.flatnonzero(photos.album == photos.album[0])
    parts = album_ceiling.components(earth)
    for rows, posterior, _ in album_ceiling.moments(earth, parts, photos, album, made):
        if (photos.sign[rows] >= 0).any():
            here = posterior[parts.city == photos.city[rows[0]]].sum() / posterior.sum()
            assert here == pytest.approx(1.0)


def test_every_text_can_be_written_and_is_of_its_country(everywhere):
    face = Packaged()
    assert all(face.covers(text) for text in everywhere.texts)
    prefixes = {f"+{country.prefix}" for country in sign_texts.countries().values()}
    for text, kind in zip(everywhere.texts, everywhere.kinds, strict=True):
        assert (text in prefixes) == (kind == "prefix")


def test_the_country_at_best_from_a_sign_alone_is_what_the_best_guesser_reaches(earth, everywhere):
    """The guesser learns from one half of the photos which country each text comes from most, and is tried on both."""
    photos = travellers.travel(earth, 300_000, 3, everywhere)
    signed = photos.sign >= 0
    text, country = photos.sign[signed], earth.city_country[photos.city[signed]]
    counts = np.zeros((len(everywhere.texts), 54))
    first = np.arange(len(text)) < len(text) // 2
    np.add.at(counts, (text[first], country[first]), 1)
    right = counts.argmax(axis=1)[text] == country
    share = np.bincount(photos.city[signed], minlength=len(earth.city_names))
    best = letters.right_country(everywhere, earth, share)
    assert best["all"] == pytest.approx(right[~first].mean(), abs=0.01)
    kinds = np.array(everywhere.kinds)[text]
    for kind in letters.KIND_SHARES:
        assert best[kind] == pytest.approx(right[~first & (kinds == kind)].mean(), abs=0.02), kind
