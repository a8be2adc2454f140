"""Time joined with a made-up network: better where it is good, no worse where it is noise, wrong or silent."""

import numpy as np
import pytest

from photoplanet.albums.evidence import Evidence
from photoplanet.albums.movement import joined, moments, pixels, placing, surroundings, weights
from photoplanet.albums.movement.joined import Pixels, Sighting
from photoplanet.albums.movement.library import Library
from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition

TOWNS = np.array([(48.86, 2.35), (45.76, 4.84), (43.3, 5.37), (47.2, -1.55), (50.6, 3.06), (44.84, -0.58)])
DAYS, EACH = 36, 2


@pytest.fixture(scope="module")
def world():
    """Thirty-six days, each in a town drawn by chance, two photos a day; every third day's places are not known."""
    rng = np.random.default_rng(5)
    town = np.repeat(rng.integers(len(TOWNS), size=DAYS), EACH)
    places = TOWNS[town] + rng.normal(0, 0.02, (DAYS * EACH, 2))
    start = np.datetime64("2024-03-01T09:00:00")
    times = [start + np.timedelta64(day * 24 + 4 * photo, "h") for day in range(DAYS) for photo in range(EACH)]
    hidden = np.repeat(np.arange(DAYS) % 3 == 1, EACH)
    when = moments.of([str(time) for time in times], [""] * len(times))
    library = Library(when, np.where(hidden[:, None], np.nan, places), [str(row) for row in range(len(times))])
    partition = Partition.uniform(*TOWNS.T, level=8, min_photos=1)
    return library, places, hidden, partition, np.array(times, "datetime64[s]"), partition.assign(*TOWNS.T)[town]


def said(world, name, sure=0.9):
    """What a network of that name says of all photos."""
    _, _, _, partition, times, truth = world
    n, k = len(times), len(partition)
    rng = np.random.default_rng(9)
    wrong = (truth + rng.integers(1, k, n)) % k
    named = {"good": truth, "mediocre": np.where(rng.random(n) < 0.45, truth, wrong), "wrong": wrong,
             "noise": rng.integers(k, size=n), "stuck": np.zeros(n, int)}  # fmt: skip
    rows = np.full((n, k), (1 - sure) / (k - 1))
    rows[np.arange(n), named.get(name, truth)] = sure
    if name == "prior":
        rows[:] = partition.prior
    embeddings = rng.normal(size=(n, 8)).astype(np.float32)
    return pixels.heard(partition, Evidence(np.log(rows).astype(np.float32), embeddings, np.full(n, np.nan)), times)


def within(world, heard, weight=None, km=25):
    library, places, hidden, *_ = world
    hits = []
    for row in np.flatnonzero(hidden):
        own = heard.of(int(row), weight.far.power, weight.far.outside) if heard else None
        where = library.prediction(int(row), also=[own] if own else [])
        hits.append(geodesy.distance_km(*where.point, *places[row]) <= km)
    return float(np.mean(hits))


def learned(world, heard):
    library = world[0]
    given = [(int(row), heard.of(int(row), 1.0)) for row in library.known.rows]
    return weights.learned(library.known, library.experience, [each for each in given if each[1] is not None])


def test_a_good_network_places_days_of_which_nothing_is_known(world):
    heard = said(world, "good")
    weight = learned(world, heard)
    assert weight.far.power >= 0.5 and weight.far.days == 24 and weight.far.gain > 0.5
    assert within(world, heard, weight) > within(world, None) + 0.25


def test_a_mediocre_network_helps_and_counts_less(world):
    heard = said(world, "mediocre")
    weight = learned(world, heard)
    assert 0 < weight.far.power <= learned(world, said(world, "good")).far.power
    assert within(world, heard, weight) >= within(world, None)


@pytest.mark.parametrize(("name", "sure"), [("wrong", 0.5), ("wrong", 0.99), ("noise", 0.9), ("stuck", 0.99),
                                            ("prior", 0.5)])  # fmt: skip
def test_a_network_that_does_not_know_counts_for_nothing(world, name, sure):
    heard = said(world, name, sure)
    weight = learned(world, heard)
    assert weight.near.power == 0 and (weight.far.power <= 0.1 or (name == "prior" and weight.far.days == 0))
    assert within(world, heard, weight) >= within(world, None) - 0.03


def test_a_network_that_says_its_prior_changes_nothing_at_any_weight(world):
    library, _, hidden, partition, *_ = world
    nothing = Pixels(partition, np.zeros(len(partition)), 3.0)
    for row in np.flatnonzero(hidden)[::9]:
        alone, together = library.prediction(int(row)), library.prediction(int(row), also=[nothing])
        assert together.point == pytest.approx(alone.point, abs=1e-6)
        assert together.confidence["region"] == pytest.approx(alone.confidence["region"], abs=0.05)


def test_what_it_was_trained_on_does_not_teach(world):
    heard = said(world, "good")
    library = world[0]
    given = [(int(row), heard.of(int(row), 1.0)) for row in library.known.rows]
    found = weights.learned(library.known, library.experience, given, library.known.rows)
    assert found.far.seen and found.far.power == weights.CAREFUL and found.near.power == 0
    some = weights.learned(library.known, library.experience, given, library.known.rows[: len(given) // 2])
    assert not some.far.seen and some.far.power > weights.CAREFUL


def test_minutes_beside_a_known_place_the_network_moves_nothing(world):
    _, _, _, partition, _, truth = world
    when = moments.of(["2024-05-01T12:00:00", "2024-05-01T12:05:00"], [""] * 2)
    two = Library(when, np.array([TOWNS[0], (np.nan, np.nan)]), ["1", "2"])
    far = np.where(np.arange(len(partition)) == truth[TOWNS.tolist().index(TOWNS[3].tolist())], 0.999, 1e-4)
    where = two.prediction(1, also=[Pixels(partition, np.log(far / partition.prior), 1.0)])
    assert geodesy.distance_km(*where.point, *TOWNS[0]) < 5


def test_places_outside_all_cells_stay_possible(world):
    _, _, _, partition, *_ = world
    when = moments.of(["2024-05-01T12:00:00", "2024-05-02T12:00:00"], [""] * 2)
    iceland = Library(when, np.array([(64.15, -21.94), (np.nan, np.nan)]), ["1", "2"])
    sure = np.full(len(partition), -5.0)
    sure[0] = 1.5
    where = iceland.prediction(1, also=[Pixels(partition, sure, 1.0)])
    assert geodesy.distance_km(*where.point, 64.15, -21.94) < 100


def test_a_burst_is_one_observation(world):
    _, _, _, partition, *_ = world
    k = len(partition)
    rows = np.full((11, k), 0.01)
    rows[:10, 0] = rows[10, 1] = 1 - 0.01 * (k - 1)  # ten near copies say one thing, one other photo another
    times = np.datetime64("2024-05-01T12:00:00") + np.append(np.arange(10), 1800).astype("timedelta64[s]")
    embeddings = np.repeat(np.eye(2, dtype=np.float32), [10, 1], axis=0)
    heard = pixels.heard(partition, Evidence(np.log(rows).astype(np.float32), embeddings, np.full(11, np.nan)), times)
    assert heard.burst.tolist() == [0] * 10 + [1]
    ratio = heard.of(10, 1.0).log_ratio
    assert ratio[1] > ratio[0]  # its own counts more than ten copies of another


def test_a_photo_that_cannot_be_read_has_what_those_around_it_show(world):
    _, _, _, partition, *_ = world
    rows = np.full((2, len(partition)), -np.log(len(partition)))
    rows[0] = np.log(0.01)
    rows[0, 0] = np.log(1 - 0.01 * (len(partition) - 1))
    times = np.array(["2024-05-01T12:00:00", "2024-05-01T12:10:00"], "datetime64[s]")
    nothing = np.zeros((2, 4), np.float32)
    heard = pixels.heard(partition, Evidence(rows.astype(np.float32), nothing, np.full(2, np.nan)), times)
    assert heard.burst.tolist() == [0, -1] and heard.of(1, 1.0).log_ratio.argmax() == 0


def test_a_match_counts_with_its_chance():
    when = moments.of(["2024-05-01T12:00:00", "2024-05-09T12:00:00"], [""] * 2)
    two = Library(when, np.array([TOWNS[0], (np.nan, np.nan)]), ["1", "2"])
    lyon = geodesy.to_xyz(*TOWNS[1])
    for chance in (0.5, 0.95):
        where = two.prediction(1, also=[Sighting(lyon, chance)])
        near = geodesy.between_km(where.partition.xyz, lyon) < joined.SIGHT_KM
        assert where.probabilities[near].sum() == pytest.approx(chance, abs=0.03)
        assert geodesy.distance_km(*where.point, *TOWNS[1]) < 1


def test_nobody_gets_to_another_continent_in_minutes():
    when = moments.of(["2024-05-01T12:00:00", "2024-05-01T12:20:00"], [""] * 2)
    two = Library(when, np.array([TOWNS[0], (np.nan, np.nan)]), ["1", "2"])
    where = two.prediction(1, also=[Sighting(geodesy.to_xyz(40.7, -74.0), 0.6)])
    assert geodesy.distance_km(*where.point, *TOWNS[0]) < 5


def test_cells_finer_and_coarser_than_the_answers_have_the_same_mass():
    known = placing.known(TOWNS[:1], moments.of(["2024-05-01"], [""]))
    there = placing.place(known, moments.of(["2024-05-20"], [""]))
    part, mass = surroundings.spread(there, Library(known.moments, TOWNS[:1], ["1"]).experience.at(there.hours))
    rng = np.random.default_rng(1)
    spots = np.stack([rng.uniform(43, 51, 4000), rng.uniform(-4, 7, 4000)], axis=1)
    fine = Partition.adaptive(*spots.T, 20, 1)
    said_of = Pixels(fine, rng.normal(size=len(fine)), 1.0)
    assert float(said_of.ratios @ fine.prior) == pytest.approx(1.0)
    ratios = said_of.likelihood(part, mass)
    inside = fine.assign(*part.centers.T) >= 0
    assert (ratios >= joined.ASTRAY - 1e-9).all() and (ratios[~inside & (ratios != 1)] < ratios.max()).all()
    far = part.assign(np.array([-33.9]), np.array([151.2]))
    assert ratios[far] == pytest.approx(1.0)


def test_a_match_of_a_photo_is_joined_with_its_time():
    import photoplanet as pp
    from photoplanet.albums import locate_trip, trips
    from photoplanet.albums.movement import library as libraries

    shots = [
        trips.Shot("1.jpg", "1.jpg", taken_at="2024-05-01T12:00:00", place=(48.86, 2.35)),
        trips.Shot("2.jpg", "2.jpg", taken_at="2024-05-09T12:00:00"),
    ]
    (trip, *_), *_ = trips.split(shots, gap_hours=1000)
    toy = pp.load("toy")
    seen = Evidence.flat(2, toy.info.classes, toy.info.embedding_size)
    lyon = Sighting(geodesy.to_xyz(*TOWNS[1]), 0.9)
    whole = libraries.of(shots, [trip])
    by_time = locate_trip.decide(toy, trip, seen, library=whole)[1]
    matched = locate_trip.decide(toy, trip, seen, library=whole, sighted=lambda shot: lyon)
    assert (by_time.method, matched[1].method, matched[0].kind) == ("movement", "joined", "own GPS")
    assert geodesy.distance_km(*by_time.prediction.point, 48.86, 2.35) < 1
    assert geodesy.distance_km(*matched[1].prediction.point, *TOWNS[1]) < 1
