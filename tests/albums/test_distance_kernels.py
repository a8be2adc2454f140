"""The timed HMM's fast steps against its definition, written out as matrices of all cells in double precision."""

import numpy as np
import pytest

from photoplanet.albums import distance_kernels, timed_hmm, transition_model
from photoplanet.albums.album import Album
from photoplanet.albums.viterbi import forward_backward
from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.partition import Partition

GAPS = np.array([1 / 60, 0.1, 1.0, np.nan, 30.0, 5000.0])


@pytest.fixture(scope="module")
def partition():
    """Some 300 cells in 40 towns, as photos are taken, a few of them in no town."""
    rng = np.random.default_rng(1)
    towns = np.column_stack([rng.uniform(-60, 65, 40), rng.uniform(-179, 179, 40)])
    places = np.repeat(towns, 40, axis=0) + rng.normal(0, 0.15, (1600, 2))
    lat, lng = np.concatenate([places, np.column_stack([rng.uniform(-60, 65, 30), rng.uniform(-179, 179, 30)])]).T
    return Partition.uniform(lat, lng, level=9, min_photos=1)


def matrix(partition, shares):
    """P(j | i) (c, c) float64 of one gap, as the text of `travel` has it."""
    share = partition.prior
    lat, lng = partition.means.T
    away = geodesy.distance_km(lat[:, None], lng[:, None], lat, lng)
    found = shares[0] * np.eye(len(share)) + shares[-1] * share
    for scale, weight in zip(transition_model.SCALES_KM, shares[1:-1], strict=True):
        near = share * np.exp(-away / scale)
        found += weight * near / near.sum(axis=1, keepdims=True)
    return found


def peaked(rng, n, c):
    """Evidence as photos give it: nearly all of the probability in a few cells, the rest down to 1e-30 and below."""
    rows = (-rng.exponential(25, (n, c))).astype(np.float32)
    return rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))


def test_every_step_of_all_cells_is_its_matrix(partition):
    rng = np.random.default_rng(0)
    c = len(partition)
    chain = timed_hmm.TimedChain(partition, np.arange(c), transition_model.default().at(GAPS))
    assert (
        chain.kernels[0].columns is not None
        and sum(map(len, chain.kernels[0].columns)) < c * c / distance_kernels.BLOCK / 4
    )
    for gap in range(len(GAPS)):
        whole = matrix(partition, chain.shares[gap])
        for row in np.exp(peaked(rng, 5, c).astype(float)):
            np.testing.assert_allclose(chain.forward(gap, row / row.sum()), row / row.sum() @ whole, rtol=2e-5)
            np.testing.assert_allclose(chain.backward(gap, row / row.max()), whole @ (row / row.max()), rtol=2e-5)


def test_every_step_of_some_cells_and_the_rest_is_its_matrix(partition):
    rng = np.random.default_rng(0)
    states = np.sort(rng.choice(len(partition), 120, replace=False))
    chain = timed_hmm.TimedChain(partition, states, transition_model.default().at(GAPS))
    share = partition.prior
    out = np.append(share[states], 1 - share[states].sum())
    for gap, shares in enumerate(chain.shares):
        whole = np.empty((121, 121))
        whole[:-1, :-1] = matrix(partition, shares)[np.ix_(states, states)]
        whole[:-1, -1] = 1 - whole[:-1, :-1].sum(axis=1)
        whole[-1] = (1 - shares[0]) * out  # from nowhere in particular, by popularity
        whole[-1, -1] += shares[0]
        for row in np.exp(peaked(rng, 5, 121).astype(float)):
            np.testing.assert_allclose(chain.forward(gap, row / row.sum()), row / row.sum() @ whole, rtol=5e-5)
            np.testing.assert_allclose(chain.backward(gap, row / row.max()), whole @ (row / row.max()), rtol=5e-5)


@pytest.mark.parametrize("anchored", [False, True])
def test_an_album_is_decoded_as_by_matrices(partition, anchored):
    class Dense:
        def __init__(self, shares):
            self.matrices = [matrix(partition, each) for each in shares]

        def forward(self, gap, mass):
            return mass @ self.matrices[gap]

        def backward(self, gap, worth):
            return self.matrices[gap] @ worth

    rng = np.random.default_rng(2)
    n, c = len(GAPS) + 1, len(partition)
    rows = peaked(rng, n, c)
    rows[3] = -np.log(c)  # a photo that could not be read
    known = np.full(n, -1, np.int32)
    if anchored:
        known[5] = 11
    log_share = np.log(partition.prior)
    told = np.array(rows, float)
    told[known < 0] -= log_share
    told[3] = 0
    if anchored:
        told[5] = np.log(1e-6 / (c - 1))
        told[5, 11] = np.log1p(-1e-6)
    neighbours = np.where(known[:, None] < 0, timed_hmm.NEIGHBOURS * told, told)
    joint = forward_backward(log_share, neighbours, Dense(transition_model.default().at(GAPS)))[0] + (told - neighbours)
    wanted = np.exp(joint - joint.max(axis=1, keepdims=True))
    wanted /= wanted.sum(axis=1, keepdims=True)
    found = np.exp(timed_hmm.decode(rows, None, Album(GAPS, known), partition))
    np.testing.assert_allclose(found, wanted, atol=2e-6)


@pytest.mark.parametrize(("component", "km"), [(1, 10.0), (2, 100.0), (3, 1000.0)])
def test_a_walk_a_drive_and_a_flight_fall_off_over_10_100_and_1000_km(component, km):
    lng = np.degrees(np.array([0.0, 1.0, 2.0]) * km / geodesy.EARTH_RADIUS_KM)
    partition = Partition.from_cells(cells.from_latlng(np.zeros(3), lng, level=16))
    start, near, far = partition.assign(np.zeros(3), lng)
    chain = timed_hmm.TimedChain(partition, np.arange(3), np.eye(5)[[component]])
    reached = chain.forward(0, np.eye(3)[start])
    away = geodesy.distance_km(*partition.means[start], *partition.means[[near, far]].T)
    assert np.log(reached[near] / reached[far]) == pytest.approx((away[1] - away[0]) / km, rel=1e-3)


def test_no_sum_runs_over_subnormal_numbers(partition):
    for kernel in distance_kernels.kernels(partition, np.arange(len(partition))):
        for block in kernel.blocks:
            assert block[block > 0].min() > 1e-20
