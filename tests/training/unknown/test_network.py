"""What a trained network does not know: its answers without the cells and the embeddings around what is left out."""

import numpy as np
import pytest

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.models import calibration_facts
from photoplanet.training.unknown import bank, left_out, network

CITIES = np.array([(48.9, 2.3), (48.9, 9.1), (36.7, -4.4), (-33.9, 151.2), (40.7, -74.0), (35.7, 139.7), (-12.0, -77.0),
                   (1.3, 103.8), (60.0, 100.0), (-1.3, 36.8)])  # fmt: skip


def _seen(each=20):
    """Held-out photos and a partition of one cell a city; similar photos are from the same city."""
    city = np.repeat(np.arange(len(CITIES)), each)
    random = np.random.default_rng(0)
    lat, lng = CITIES[city].T + random.normal(0, 0.05, (2, len(city)))
    partition = Partition.uniform(*CITIES.T, level=7, min_photos=1)
    embeddings = (np.eye(len(CITIES))[city] + random.normal(0, 0.1, (len(city), len(CITIES)))).astype(np.float32)
    logits = np.full((len(city), len(partition)), -3.0, np.float32)
    logits[np.arange(len(city)), partition.assign(lat, lng)] = 2
    rows = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return network.Seen(lat, lng, np.arange(len(city)) // 2, rows, embeddings), partition


def _km(seen, rows, places):
    return geodesy.distance_km(seen.latitude[rows, None], seen.longitude[rows, None], *places)


def test_nothing_within_750_km_of_what_is_left_out_stays():
    seen, partition = _seen()
    places = seen.latitude, seen.longitude
    made = bank.of(seen.embeddings)
    found = network.left_out(seen, partition, places)
    assert found
    for one in found:
        near = (_km(seen, one.unknown, places) <= 750).any(axis=0)
        assert not near[one.known].any(), "what is known is far from what is not"
        kept = ~near
        assert (_km(seen, one.known, (seen.latitude[kept], seen.longitude[kept])).min(axis=1) <= 200).all()
        cells, rest, others = network.without(seen, one, partition, made, places)
        assert cells.tolist() == (_km(seen, one.unknown, partition.means.T) > 750).all(axis=0).tolist()
        assert np.array_equal(rest.ids, partition.ids[cells]) and np.array_equal(others.values, made.values[kept])


def test_known_photos_are_near_what_the_bank_keeps_and_not_only_near_what_it_lost():
    seen, partition = _seen()
    first = seen.latitude[:20], seen.longitude[:20]  # the bank has the first city alone
    found = network.left_out(seen, partition, first)
    assert found
    for one in found:
        assert (one.known < 20).all(), "near no other place is anything known"
        assert (_km(seen, one.unknown, first) > 750).all()


def test_a_round_that_would_leave_no_cell_is_none():
    seen, _ = _seen()
    rounds = left_out.rounds(seen.latitude, seen.longitude, seen.groups)
    gone = seen.latitude[rounds[0].unknown], seen.longitude[rounds[0].unknown]
    partition = Partition.uniform(*gone, level=7, min_photos=1)
    found = network.left_out(seen, partition, (seen.latitude, seen.longitude))
    away = [(_km(seen, one.unknown, partition.means.T) > 750).all(axis=0).any() for one in found]
    assert len(found) < len(rounds) and all(away)


def test_what_is_unlike_the_rest_is_learned_and_fits_model_json():
    seen, partition = _seen()
    facts, line = network.facts(seen, partition, 1.0, bank.of(seen.embeddings), (seen.latitude, seen.longitude))
    calibration_facts.check({"unknown": facts})
    assert facts["auroc"] > 0.95 and facts["weights"]["similarity"] < 0 and "regions left out" in line
    assert network.facts(seen, partition, 1.0, bank.of(seen.embeddings), (seen.latitude, seen.longitude))[0] == facts


def test_temperature_is_that_of_the_model(monkeypatch):
    seen, partition = _seen()
    said = []
    real = network.evidence
    monkeypatch.setattr(network, "evidence", lambda rows, *rest: said.append(rows) or real(rows, *rest))
    for temperature in (1.0, 4.0):
        network.facts(seen, partition, temperature, bank.of(seen.embeddings), (seen.latitude, seen.longitude))
    flat, sharp = said[len(said) // 2], said[0]
    assert np.exp(sharp).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert flat.max() < sharp.max()


@pytest.mark.parametrize(
    ("photo", "banked", "known"),
    [
        (8.0, 7.5, True),  # 890 km from what is left out, 56 km from a photo that stays in the bank
        (6.2, 7.0, False),  # 689 km: too near what is left out, though 89 km from what stays
        (7.2, 6.4, False),  # 801 km, and 89 km from what the bank loses
        (8.0, 10.0, False),  # 222 km from the bank
    ],
)
def test_known_is_what_is_far_from_what_is_left_out_and_near_what_stays(monkeypatch, photo, banked, known):
    lat, lng = np.array([0.0, photo, 60.0]), np.zeros(3)
    one = left_out.Round(np.array([False, False, True]), np.array([1]), np.array([0]))
    monkeypatch.setattr(network, "rounds", lambda *_, **__: [one])
    nothing = np.zeros((3, 1), np.float32)
    seen = network.Seen(lat, lng, np.arange(3), nothing, nothing)
    partition = Partition.uniform(lat, lng, level=7, min_photos=1)
    found = network.left_out(seen, partition, (np.array([banked, -60.0]), np.zeros(2)))
    assert [each.known.tolist() for each in found] == ([[1]] if known else [])


def test_what_is_left_out_takes_cells_and_bank_within_750_km_with_it():
    lat, lng = np.array([0.0, 6.2, 7.2, -60.0]), np.zeros(4)
    rows = np.eye(4, dtype=np.float32)
    seen = network.Seen(lat, lng, np.arange(4), rows, rows)
    partition = Partition.uniform(lat, lng, level=7, min_photos=1)
    one = left_out.Round(np.array([False, True, True, True]), np.array([3]), np.array([0]))
    cells, rest, others = network.without(seen, one, partition, bank.of(rows), (lat, lng))
    assert sorted(partition.means[cells, 0].round(1)) == sorted(rest.means[:, 0].round(1)) == [-60.0, 7.2]
    assert (others.values[:, [2, 3]] > 0).any(axis=1).tolist() == [True, True] and len(others.values) == 2
