"""Places, head, neighbours, ridge and blend, each against an independent computation or a property of it."""

import numpy as np
import pytest
import torch

from photoplanet.earth import cells, geodesy
from photoplanet.errors import InputError
from photoplanet.training.features import head, neighbours, places, ridge
from photoplanet.training.features.blend import BLENDS, Blend
from photoplanet.training.features.settings import Settings
from photoplanet.training.features.softmax import log_softmax

RANDOM = np.random.default_rng(3)


def scattered(count=200):
    return RANDOM.uniform(-60, 60, count), RANDOM.uniform(-180, 180, count)


def test_a_fine_cell_holds_one_photo_and_lies_in_its_coarse_cell():
    latitude, longitude = scattered()
    found = places.of(latitude, longitude, Settings())
    assert len(found.fine) == 200 and set(found.fine.photo_counts) == {1}
    members = np.bincount(found.parents[found.classes])
    assert members.max() <= Settings().cell_photos and len(members) == len(found.coarse_xyz)
    assert np.exp(found.within) == pytest.approx(1 / members[found.parents], rel=1e-5)
    for parent in range(len(members)):  # a coarse cell's mean is that of the photos whose fine cells it holds
        photos = geodesy.to_xyz(latitude, longitude)[found.parents[found.classes] == parent].sum(axis=0)
        assert found.coarse_xyz[parent] == pytest.approx(photos / np.linalg.norm(photos), abs=1e-6)


def test_one_place_is_one_cell_of_the_finest_level_and_many_photos_make_larger_coarse_cells():
    here = np.full(5000, 48.86), np.full(5000, 2.35)
    found = places.of(*here, Settings())
    assert found.fine.photo_counts.tolist() == [5000] and cells.level(found.fine.ids).tolist() == [15]
    found = places.of(*scattered(5000), Settings())
    assert 250 < len(found.coarse_xyz) < 1000 and len(found.fine) == 5000


def test_labels_are_half_one_hot_and_half_by_distance():
    latitude, longitude = scattered(40)
    found = places.of(latitude, longitude, Settings(cell_photos=1))
    xyz, own = geodesy.to_xyz(latitude, longitude), found.parents[found.classes]
    made = places.labels(found, xyz, own, Settings())
    lat, lng = geodesy.from_xyz(found.coarse_xyz)
    for row in range(40):
        away = geodesy.distance_km(latitude[row], longitude[row], lat, lng)
        soft = np.exp(-(away - away.min()) / 100)
        want = 0.5 * soft / soft.sum() + 0.5 * (np.arange(40) == own[row])
        assert made[row] == pytest.approx(want, abs=1e-3)


def test_the_head_takes_the_steps_of_adamw():
    slopes = RANDOM.normal(size=(20, 6, 3)).astype(np.float32)
    ours, theirs = head._Adam((6, 3), 0.1), torch.nn.Parameter(torch.zeros(6, 3))
    optimizer = torch.optim.AdamW([theirs], lr=0.01, weight_decay=0.1)
    for slope in slopes:
        ours.step(slope, 0.01)
        theirs.grad = torch.from_numpy(slope)
        optimizer.step()
    assert ours.value == pytest.approx(theirs.detach().numpy(), abs=1e-5)


def test_the_head_learns_the_same_whatever_the_features_unit_and_zero():
    features, cell = RANDOM.normal(size=(60, 8)).astype(np.float32), np.arange(60) % 3
    features[np.arange(60), cell] += 5
    one_hot = np.eye(3, dtype=np.float32)[cell]
    made = head.train(features, lambda rows: one_hot[rows], 3, Settings())
    again = head.train(features, lambda rows: one_hot[rows], 3, Settings())
    moved = head.train(features * 50 + 7, lambda rows: one_hot[rows], 3, Settings())
    assert np.array_equal(made.weights, again.weights) and np.array_equal(made.bias, again.bias)
    assert moved.probabilities(features * 50 + 7) == pytest.approx(made.probabilities(features), abs=1e-3)
    assert (made.probabilities(features).argmax(axis=1) == cell).mean() > 0.8


def test_the_head_of_many_photos_takes_larger_batches_and_no_more_steps():
    assert head._plan(60, 30) == (60, 30) and head._plan(800, 30) == (128, 188)
    assert head._plan(3000, 30) == (450, 200) and head._plan(100_000, 30) == (2048, 200)


def test_masses_are_a_softmax_summed_by_cell():
    bank = neighbours.Bank(np.eye(4, dtype=np.float16), np.array([2, 0, 2, 1], np.int32),
                           np.log([1, 2, 1, 0.5]).astype(np.float32), 0.1)  # fmt: skip
    cosines = RANDOM.uniform(-1, 1, (5, 4)).astype(np.float32)
    found = bank.masses(cosines, 0.3, 4)
    weights = np.exp(cosines / 0.3) * [1, 2, 1, 0.5]
    weights /= weights.sum(axis=1, keepdims=True)
    assert found[:, 2] == pytest.approx(weights[:, 0] + weights[:, 2], rel=1e-4)
    assert found[:, [0, 1, 3]] == pytest.approx(
        np.stack([weights[:, 1], weights[:, 3], 0 * weights[:, 0]], 1), rel=1e-4
    )


def test_a_burst_is_one_group_in_one_place_and_counts_as_the_root_of_its_photos():
    latitude = np.array([48.86] * 9 + [48.86] + [51.5])
    groups = np.array([0] * 9 + [1] + [0])
    burst = neighbours.bursts(latitude, np.full(11, 2.35), groups)
    assert len(set(burst[:9])) == 1 and len(set(burst)) == 3
    features = RANDOM.normal(size=(11, 8)).astype(np.float32)
    for share, weight in ((0.0, 9.0), (0.5, 3.0), (1.0, 1.0)):
        made = neighbours.bank(features, np.zeros(11, np.int32), burst, groups, Settings(burst=share))
        assert np.exp(made.log_weights)[:9].sum() == pytest.approx(weight, rel=1e-5)


def test_too_many_photos_are_thinned_where_they_are_most_and_their_weight_stays():
    burst = np.array([0] * 50 + list(range(1, 11)))
    features = RANDOM.normal(size=(60, 8)).astype(np.float32)
    made = neighbours.bank(features, burst.astype(np.int32), burst, burst, Settings(neighbours=20))
    assert len(made.classes) == 20 and set(made.classes) == set(range(11))
    assert np.exp(made.log_weights[made.classes == 0]).sum() == pytest.approx(np.sqrt(50), rel=1e-5)


def test_similarity_is_the_mean_of_the_three_nearest():
    cosines = RANDOM.uniform(-1, 1, (6, 9)).astype(np.float32)
    assert neighbours.similarity(cosines) == pytest.approx(np.sort(cosines)[:, -3:].mean(axis=1))
    assert neighbours.similarity(cosines[:, :2]) == pytest.approx(cosines[:, :2].mean(axis=1))


def test_worth_is_that_of_great_circle_distances():
    latitude, longitude = scattered(30)
    near = latitude + 1e-3, longitude
    found = ridge.worth(geodesy.to_xyz(latitude, longitude), geodesy.to_xyz(*near))
    km = geodesy.distance_km(latitude[:, None], longitude[:, None], *near)
    want = np.mean([np.exp(-km / scale) for scale in (5, 25, 200, 750)], axis=0)
    assert found == pytest.approx(want, abs=2e-3)
    assert np.diag(found) == pytest.approx(np.diag(want), abs=1e-4)


def unit(count, seed):
    made = np.random.default_rng(seed).normal(size=(count, 12)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_the_ridge_solves_its_normal_equations_and_so_does_its_approximation(monkeypatch):
    features, asked = unit(40, 1), unit(7, 2)
    xyz, cells_xyz = geodesy.to_xyz(*scattered(40)), geodesy.to_xyz(*scattered(9))
    counts = np.repeat([1, 4, 10, 25], 10)
    made = ridge.train(features, features, xyz, cells_xyz, counts, 0.2)
    share = (1 / counts) / (1 / counts).mean()
    wanted = ridge.worth(xyz, cells_xyz).astype(float)
    mean = (share[:, None] * wanted).sum(axis=0) / 40
    likeness = np.exp((features.astype(float) @ features.T - 1) / 0.5)
    exact = np.exp((asked.astype(float) @ features.T - 1) / 0.5) @ np.linalg.inv(likeness + np.diag(0.2 / share))
    want = exact @ (wanted - mean) + mean
    assert made.scores(asked @ features.T) == pytest.approx(want, abs=1e-4)
    monkeypatch.setattr(ridge, "EXACT", 1)  # every photo is a landmark still: only the way to the solution differs
    monkeypatch.setattr(ridge, "ROWS", 7)
    rough = ridge.train(features, features, xyz, cells_xyz, counts, 0.2)
    assert rough.scores(asked @ features.T) == pytest.approx(want, abs=1e-3)
    monkeypatch.setattr(ridge, "LANDMARKS", 20)
    rough = ridge.train(features, features, xyz, cells_xyz, counts, 0.2)
    assert rough.mean == pytest.approx(mean, abs=1e-5), "a group counts once, here too"
    assert len(rough.landmarks) == 20 and np.isfinite(rough.scores(asked @ features.T)).all()


def test_documented_sizes_of_the_ridge():
    assert (ridge.WIDTH, ridge.EXACT, ridge.LANDMARKS) == (0.5, 4096, 1500)


def test_the_ridge_without_likeness_falls_back_to_the_mean():
    xyz = geodesy.to_xyz(*scattered(30))
    made = ridge.train(unit(30, 1), unit(30, 1), xyz, xyz[:5], np.ones(30, int), 1e6)
    assert made.scores(unit(4, 2) @ unit(30, 1).T) == pytest.approx(np.tile(made.mean, (4, 1)), abs=1e-3)


def test_blends_are_what_the_documents_say():
    all_three, *others = BLENDS
    assert all_three == Blend("all", ridge=20.0, neighbours=0.5, head=0.5)
    assert [blend.name for blend in others] == ["ridge", "neighbours and head", "neighbours", "head"]
    score, mass = RANDOM.uniform(0, 1, (2, 3, 6)).astype(np.float32)
    coarse = log_softmax(RANDOM.normal(size=(3, 6)).astype(np.float32))
    found = all_three.log_probabilities(score, mass, coarse, np.ones(6, int))
    want = np.exp(20 * score) * np.sqrt(mass + 1e-6) * np.sqrt(np.exp(coarse))
    assert np.exp(found) == pytest.approx(want / want.sum(axis=1, keepdims=True), rel=1e-3)
    counted = others[0].log_probabilities(score, None, None, np.array([1, 1, 5, 1, 1, 1]))
    want = np.exp(40 * score) * [1, 1, 5, 1, 1, 1]
    assert np.exp(counted) == pytest.approx(want / want.sum(axis=1, keepdims=True), rel=1e-3)


@pytest.mark.parametrize(("settings", "words"), [
    ({"level": 31}, "level=31 lies outside 8 to 24"), ({"burst": -0.1}, "burst=-0.1 lies outside 0 to 1"),
    ({"penalty": 0.0}, "penalty=0 lies outside"), ({"blend": "best"}, "blend='best' is unknown; use one of all, ridge"),
    ({"width": float("nan")}, "width=nan lies outside"),
])  # fmt: skip
def test_settings_that_cannot_be_meant(settings, words):
    with pytest.raises(InputError, match=words):
        Settings(**settings)
