"""The losses against slow, plain computations; coarser cells; labels that fall with distance."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.earth import geodesy
from photoplanet.training import recipes
from photoplanet.training.classifier import Outputs
from photoplanet.training.objective import Objective, coarser, softened

MEANS = np.array([[48.9, 2.3], [51.5, -0.1], [35.7, 139.7], [-22.9, -43.2], [52.4, 4.9], [89.9, 10.0]])
PARENTS = np.array([0, 0, 1, 2, 0, 3], np.int32)


def vectors(coordinates):
    return torch.from_numpy(geodesy.to_xyz(coordinates[:, 0], coordinates[:, 1]))


def outputs(logits, auxiliary=None):
    return Outputs(logits, torch.zeros(len(logits), 2), auxiliary)


def loss(settings, logits, classes, coordinates, auxiliary=None, parents=()):
    recipe = recipes.changed(recipes.named("paper"), settings)
    objective = Objective(recipe, MEANS, list(parents))
    return objective(outputs(logits, auxiliary), torch.tensor(classes), vectors(np.array(coordinates)))


def test_the_papers_labels_are_one_hot():
    logits = torch.randn(3, 6)
    found = loss([], logits, [0, 3, 5], [[48.9, 2.3], [0, 0], [80, 0]])
    torch.testing.assert_close(
        found, torch.nn.functional.cross_entropy(logits, torch.tensor([0, 3, 5]), reduction="none")
    )


def test_softened_labels_are_the_formula():
    here, tau = (50.0, 3.0), 150.0
    cells, weights = softened(
        vectors(np.array([here])), torch.tensor([0]), torch.from_numpy(geodesy.to_xyz(*MEANS.T)), tau, 6
    )
    km = geodesy.distance_km(here[0], here[1], MEANS[:, 0], MEANS[:, 1])
    expected = np.exp(-(km - km.min()) / tau)
    expected /= expected.sum()
    np.testing.assert_allclose(weights[0].numpy(), expected[cells[0].numpy()], rtol=1e-5)
    assert sorted(cells[0].tolist()) == list(range(6))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 8), st.floats(1, 5000))
def test_softened_labels_are_a_distribution_that_holds_the_own_cell(seed, nearest, tau):
    random = np.random.default_rng(seed)
    means = np.stack([random.uniform(-90, 90, 12), random.uniform(-180, 180, 12)], axis=1)
    photos = np.stack([random.uniform(-90, 90, 5), random.uniform(-180, 180, 5)], axis=1)
    classes = torch.from_numpy(random.integers(0, 12, 5))
    cells, weights = softened(vectors(photos), classes, vectors(means), tau, nearest)
    assert cells.shape == weights.shape == (5, nearest)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(5))
    assert (cells == classes[:, None]).any(dim=1).all()
    assert all(len(set(row.tolist())) == nearest for row in cells)


def test_labels_get_sharp_as_the_softening_goes_and_where_the_share_is_none():
    logits = torch.randn(1, 6)
    one_hot = loss([], logits, [1], [[51.5, -0.1]])
    torch.testing.assert_close(loss(["label_km=0.5"], logits, [1], [[51.5, -0.1]]), one_hot)
    torch.testing.assert_close(loss(["label_km=500", "label_share=0"], logits, [1], [[51.5, -0.1]]), one_hot)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.1, 200))
def test_coarser_log_probabilities_are_those_of_the_summed_probabilities(seed, scale):
    random = torch.Generator().manual_seed(seed)
    log_p = (torch.randn((4, 6), generator=random, dtype=torch.float64) * scale).log_softmax(dim=1).requires_grad_()
    found = coarser(log_p, torch.from_numpy(PARENTS).long(), 4)
    for k in range(4):
        torch.testing.assert_close(found[:, k], log_p[:, k == PARENTS].logsumexp(dim=1))
    torch.testing.assert_close(found.logsumexp(dim=1), torch.zeros(4, dtype=torch.float64), atol=1e-9, rtol=0)
    found.sum().backward()
    assert log_p.grad.isfinite().all()


def test_the_loss_of_a_hierarchy_adds_the_coarser_cells_by_weight():
    logits = torch.randn(2, 6)
    coordinates = [[48.9, 2.3], [-22.9, -43.2]]
    fine = loss([], logits, [0, 3], coordinates)
    both = loss(["hierarchy=0.5", "hierarchy_shares=0.1"], logits, [0, 3], coordinates, parents=[PARENTS])
    log_p = logits.log_softmax(dim=1)
    west = log_p[0, [0, 1, 4]].logsumexp(dim=0)
    torch.testing.assert_close(both - fine, -0.5 * torch.stack([west, log_p[1, 3]]))


def test_the_auxiliary_head_weighs_three_tenths():
    logits, auxiliary = torch.randn(2, 6), torch.randn(2, 6)
    coordinates = [[48.9, 2.3], [0, 0]]
    found = loss([], logits, [0, 1], coordinates, auxiliary)
    cross_entropy = torch.nn.functional.cross_entropy
    expected = cross_entropy(logits, torch.tensor([0, 1]), reduction="none")
    torch.testing.assert_close(found, expected + 0.3 * cross_entropy(auxiliary, torch.tensor([0, 1]), reduction="none"))


@pytest.mark.parametrize("far", [50.0, 1e4])
def test_gradients_stay_finite_for_sure_and_wrong_networks(far):
    logits = torch.full((1, 6), -far)
    logits[0, 2] = far
    logits.requires_grad_()
    settings_of_all = ["label_km=50", "hierarchy=1", "hierarchy_shares=0.1"]
    value = loss(settings_of_all, logits, [0], [[48.9, 2.3]], parents=[PARENTS])
    value.sum().backward()
    assert math.isfinite(value.item()) and logits.grad.isfinite().all()
