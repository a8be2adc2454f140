"""Albums of the toy Earth: chronological, one photographer each, in places that fit together, with the stated cues."""

import hashlib

import numpy as np
import pytest

from photoplanet.earth import geodesy
from photoplanet.toyworld import album_ceiling, travellers, world


@pytest.fixture(scope="module")
def earth():
    return world.make()


@pytest.fixture(scope="module")
def photos(earth):
    return travellers.travel(earth, 20_000, seed=5)


def test_same_seed_same_photos(earth, photos):
    again = travellers.travel(earth, 20_000, seed=5)
    other = travellers.travel(earth, 20_000, seed=6)
    assert np.array_equal(photos.latitude, again.latitude) and np.array_equal(photos.cues, again.cues)
    assert not np.array_equal(photos.latitude, other.latitude)


def test_a_seed_gives_the_photos_that_published_figures_were_measured_on(earth):
    photos, digest = travellers.travel(earth, 500, seed=1), hashlib.sha256()
    for name in ("city", "scene", "cues", "album", "photographer"):
        digest.update(getattr(photos, name).astype("<i8").tobytes())
    assert digest.hexdigest()[:16] == "dc59f64b00cf8972"


def test_of_five_photos_one_shows_nothing_and_of_a_hundred_29_a_landmark(photos):
    assert np.mean(photos.scene == 3) == pytest.approx(0.2, abs=0.02)
    assert np.mean(photos.cues[:, travellers.CUES.index("landmark")] >= 0) == pytest.approx(0.29, abs=0.02)


def test_stays_are_told_from_trips_by_their_times(photos):
    hours = np.diff(photos.taken_at)[np.diff(photos.album) == 0] / np.timedelta64(1, "h")
    stay = hours < album_ceiling.SAME_STOP / np.timedelta64(1, "h")
    assert hours[stay].max() < 2 < 19 < hours[~stay].min()


def test_albums_are_in_time_order_and_have_one_photographer(photos):
    same = photos.album[1:] == photos.album[:-1]
    assert (photos.taken_at[1:][same] > photos.taken_at[:-1][same]).all()
    assert (photos.photographer[1:][same] == photos.photographer[:-1][same]).all()
    assert (np.diff(photos.album) >= 0).all()


def test_neighbours_in_an_album_are_near_each_other_mostly(photos):
    same = photos.album[1:] == photos.album[:-1]
    step = geodesy.distance_km(photos.latitude[1:], photos.longitude[1:], photos.latitude[:-1], photos.longitude[:-1])
    assert np.median(step[same]) < 10 < 1000 < np.median(step[~same])


def test_scenes_come_in_their_stated_shares(photos):
    share = np.bincount(photos.scene, minlength=4) / len(photos)
    assert share[3] == pytest.approx(travellers.NO_CUE_SHARE, abs=0.02)
    assert share[:3] == pytest.approx(np.array(travellers.SCENE_SHARES) * (1 - travellers.NO_CUE_SHARE), abs=0.02)


def test_cues_are_those_of_the_place(earth, photos):
    cue = dict(zip(travellers.CUES, photos.cues.T, strict=True))
    wall = cue["wall"] >= 0
    assert (cue["wall"][wall] == earth.looks[earth.city_country[photos.city[wall]], 0]).all()
    seen = photos.scene == 0
    assert (cue["landmark"][seen] >= 0).all() and (cue["landmark"][~seen] == -1).all()
    assert (photos.cues[photos.scene == 3] == -1).all()
    for row in np.flatnonzero(seen)[:300]:  # the landmark in the picture stands within a kilometre or so
        sites = np.flatnonzero(earth.site_landmark == cue["landmark"][row])
        away = geodesy.distance_km(photos.latitude[row], photos.longitude[row], *earth.site_position[sites].T)
        assert away.min() < 1.5


def test_part_keeps_columns_together(photos):
    few = photos.part(slice(10, 20))
    assert len(few) == 10 and np.array_equal(few.cues, photos.cues[10:20])
