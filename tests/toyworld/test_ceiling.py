"""The ceiling is right where it can be worked out by hand, and no guesser beats it."""

import numpy as np
import pytest

from photoplanet.earth import geodesy
from photoplanet.toyworld import travellers, world
from photoplanet.toyworld.ceiling import ceiling, evidence
from photoplanet.toyworld.world import World


def two_cities(**changes) -> World:
    """Two cities half a world apart with one landmark each; alike in everything unless changed."""
    parts = {
        "city_names": ["a", "b"],
        "city_country": np.array([0, 1]),
        "city_position": np.array([[40.0, 0.0], [40.0, 150.0]]),
        "city_weight": np.array([0.75, 0.25]),
        "city_livery": np.array([3, 3]),
        "looks": np.array([[1, 1, 1, 1], [1, 1, 1, 1]]),
        "site_city": np.array([0, 1]),
        "site_position": np.array([[40.0, 0.0], [40.0, 150.0]]),
        "site_weight": np.array([1.0, 1.0]),
        "site_landmark": np.array([5, 5]),
    }
    return World(**(parts | changes))


def test_without_any_difference_the_prior_is_the_ceiling():
    earth = two_cities()
    photos = travellers.travel(earth, 30_000, 9)
    first = (photos.city == 0).mean()
    bound = ceiling(earth, sample=30_000)["continent"]
    assert bound.low == pytest.approx(first, abs=0.03) and bound.high == pytest.approx(first, abs=0.03)


def test_with_unlike_countries_only_photos_without_a_country_cue_stay_open():
    earth = two_cities(
        looks=np.array([[1, 1, 1, 1], [2, 2, 2, 0]]), city_livery=np.array([3, 4]), site_landmark=np.array([5, 6])
    )
    photos = travellers.travel(earth, 30_000, 9)
    told = (photos.cues[:, 1:] >= 0).any(axis=1)
    first = (photos.city[~told] == 0).mean()
    expected = told.mean() + (1 - told.mean()) * max(first, 1 - first)
    assert ceiling(earth, sample=30_000)["continent"].low == pytest.approx(expected, abs=0.02)


def test_the_two_ends_are_close_and_grow_with_the_radius():
    bounds = ceiling(world.make(), sample=60_000)
    highs = [bound.high for bound in bounds.values()]
    assert highs == sorted(highs) and list(bounds) == list(geodesy.RADII_KM)
    for bound in bounds.values():
        assert 0 < bound.low <= bound.high <= 1 and bound.high - bound.low < 0.08


def test_a_guesser_that_reads_the_cues_stays_below():
    earth = world.make()
    photos = travellers.travel(earth, 40_000, 11)
    cue = dict(zip(travellers.CUES, photos.cues.T, strict=True))
    known = cue["landmark"] >= 0  # guess the first site of the landmark seen, else the heaviest city
    guess = np.tile(earth.city_position[earth.city_weight.argmax()], (len(photos), 1))
    first = {
        mark: earth.site_position[np.flatnonzero(earth.site_landmark == mark)[0]]
        for mark in np.unique(earth.site_landmark)
    }
    guess[known] = [first[mark] for mark in cue["landmark"][known]]
    away = geodesy.distance_km(photos.latitude, photos.longitude, *guess.T)
    for name, bound in ceiling(earth, sample=60_000).items():
        assert (away <= geodesy.RADII_KM[name]).mean() < bound.high + 0.01


def test_evidence_joins_what_cannot_be_told_apart():
    earth = world.make()
    photos = travellers.travel(earth, 5_000, 3)
    group = evidence(earth, photos)
    assert len(np.unique(group[photos.scene == 3])) == 1
    alone = photos.scene == 0
    for one in np.unique(group[alone]):
        assert len(np.unique(photos.cues[group == one, travellers.CUES.index("landmark")])) == 1


def test_no_guess_is_tried_on_photos_of_the_album_that_it_was_chosen_on():
    earth = world.make()
    few = [ceiling(earth, sample=200, seed=seed)["city"].low for seed in range(5)]
    many = ceiling(earth, sample=20_000)["city"].low
    assert np.mean(few) < many - 0.12  # photos of one moment on both sides would make few photos look like enough
