"""The best of k answers has one definition, whoever lists them."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.evaluation import accuracy, predictions, scoring
from photoplanet.locate.answers import AnswerOptions, record
from photoplanet.locate.point_estimates import READOUTS, positions
from photoplanet.locate.prediction import Prediction, prepare
from photoplanet.show import result_files

RANDOM = np.random.default_rng(5)
PARTITION = Partition.uniform(RANDOM.uniform(-60, 60, 60), RANDOM.uniform(-170, 170, 60), level=3, min_photos=1)
TRUTH = RANDOM.uniform(-60, 60, 40), RANDOM.uniform(-170, 170, 40)


def drawn(seed: int, readout: str, count: int = 1) -> list[Prediction]:
    rows = np.random.default_rng(seed).dirichlet(np.full(len(PARTITION), 0.1), count).astype(np.float32)
    return [Prediction(row, PARTITION, readout=readout) for row in rows]


def errors(found: list[Prediction], k: int) -> np.ndarray:
    places = np.stack([each.candidates(k)[0] for each in found])
    return accuracy.top_k_errors(places[..., 0], places[..., 1], *(axis[: len(found)] for axis in TRUTH))


@pytest.mark.parametrize("readout", READOUTS)
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_rank_1_is_the_readout_and_the_others_are_the_other_cells_by_probability(readout, seed):
    (found,) = drawn(seed, readout)
    points, classes = found.candidates(5)
    assert points[0].tolist() == pytest.approx(found.point)
    assert found.best.cell == PARTITION.tokens[classes[0]]
    assert len(set(classes.tolist())) == 5
    assert classes[1:].tolist() == [each for each in found.order.tolist() if each != classes[0]][:4]
    np.testing.assert_array_equal(points[1:], positions(readout, PARTITION)[classes[1:]])
    assert found.order[0] in classes[:2]  # the most probable cell is never lost


@pytest.mark.parametrize(("readout", "places"), [("center", PARTITION.centers), ("mean", PARTITION.means)])
def test_by_cells_the_first_k_are_those_of_the_k_most_probable(readout, places):
    for found in drawn(1, readout, 20):
        for k in (1, 3, len(PARTITION), 1000):
            np.testing.assert_allclose(found.candidates(k)[0], places[found.order[:k]], atol=1e-9)


@pytest.mark.parametrize("readout", READOUTS)
def test_more_candidates_are_never_worse_and_one_is_the_plain_error(readout):
    found = drawn(2, readout, 40)
    km = errors(found, len(PARTITION))
    assert (np.diff(km, axis=1) <= 0).all()
    plain = geodesy.distance_km(*np.array([each.point for each in found]).T, *TRUTH)
    np.testing.assert_allclose(km[:, 0], plain)
    np.testing.assert_allclose(errors(found, 3), km[:, :3])  # the first three do not depend on how many are asked for


def test_with_every_centre_the_best_is_what_any_centre_can_do():
    found = drawn(3, "center", 40)
    nearest = geodesy.distance_km(
        TRUTH[0][:, None], TRUTH[1][:, None], PARTITION.centers[None, :, 0], PARTITION.centers[None, :, 1]
    )
    np.testing.assert_allclose(errors(found, len(PARTITION))[:, -1], nearest.min(axis=1))


@pytest.mark.parametrize("readout", READOUTS)
def test_all_that_list_answers_list_the_same(readout, tmp_path):
    found = drawn(4, readout, 6)
    prepare(found[:3])
    wanted = np.stack([each.candidates(4)[0] for each in found])
    got = scoring.collect(enumerate(found), np.zeros(6, int), top=4)
    np.testing.assert_array_equal(np.stack([got.latitude, got.longitude], axis=-1), wanted)

    ids = [str(row) for row in range(6)]
    with predictions.writing(tmp_path / "p.csv", ids, top=4) as add:
        for row, each in enumerate(found):
            add(row, each)
    read = predictions.read(tmp_path / "p.csv", 4)
    np.testing.assert_allclose(np.stack([read.latitude, read.longitude], axis=-1), wanted, atol=1e-6)

    form = AnswerOptions(top=4, precision="street", answer_always=True)
    with result_files.csv_file(tmp_path / "r.csv") as put:
        for name, each in zip(ids, found, strict=True):
            facts = record(name, each, form)
            listed = [(place["latitude"], place["longitude"]) for place in facts["top"]]
            assert listed[0] == (facts["best"]["latitude"], facts["best"]["longitude"])
            np.testing.assert_allclose(listed, wanted[int(name)], atol=1e-4)
            put(name, each, facts)
    with (tmp_path / "r.csv").open() as file:
        rows = [(float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(file)]
    np.testing.assert_allclose(np.reshape(rows, wanted.shape), wanted, atol=1e-4)


@pytest.mark.parametrize("readout", READOUTS)
def test_the_radius_of_a_listed_place_reaches_the_corners_of_its_cell(readout):
    (found,) = drawn(6, readout)
    for place in [*found.top(4), *replace(found, at=(1.0, 2.0)).top(2)]:
        corners = cells.vertices(cells.from_token(place.cell))
        away = geodesy.distance_km(place.latitude, place.longitude, corners[..., 0], corners[..., 1])
        assert place.radius_km == pytest.approx(away.max())


def test_a_known_place_is_rank_1_and_stands_for_the_nearest_cell():
    (found,) = drawn(7, "expected")
    part = Partition.uniform([48.86, -33.87], [2.35, 151.2], level=6, min_photos=1)
    known = Prediction(np.array([0.9, 0.1], np.float32), part, at=(-35.0, 149.0))  # outside both, near Sydney
    points, classes = known.candidates(5)
    assert points[0].tolist() == [-35.0, 149.0] and known.best.cell == part.tokens[classes[0]]
    assert part.centers[classes, 0].round(-1).tolist() == [-30, 50]
    with pytest.raises(InputError, match="1 place or more"):
        found.candidates(0)
