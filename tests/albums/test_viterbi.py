"""Viterbi and forward–backward against going through every path, for both hidden Markov models and a plain matrix."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.albums import hmm, timed_hmm, transition_model
from photoplanet.albums.viterbi import forward_backward, viterbi
from photoplanet.earth.partition.partition import Partition


class Dense:
    """A chain as one matrix per gap, the slow and obvious way."""

    def __init__(self, matrices):
        self.matrices = matrices

    def forward(self, gap, mass):
        return mass @ self.matrices[gap]

    def backward(self, gap, worth):
        return self.matrices[gap] @ worth

    def best(self, gap, score):
        return (score[:, None] + np.log(self.matrices[gap])).max(axis=0)

    def origin(self, gap, score, state):
        return int((score + np.log(self.matrices[gap][:, state])).argmax())


def every_path(log_start, log_emission, matrices):
    """(best path, its joint log-probability, posteriors (n, k), log-likelihood) by enumeration."""
    n, k = log_emission.shape
    paths = list(itertools.product(range(k), repeat=n))
    joint = np.array([
        log_start[path[0]] + sum(log_emission[t, path[t]] for t in range(n))
        + sum(np.log(matrices[t][path[t], path[t + 1]]) for t in range(n - 1))
        for path in paths
    ])  # fmt: skip
    weight = np.exp(joint - joint.max())
    posterior = np.zeros((n, k))
    for path, each in zip(paths, weight, strict=True):
        posterior[np.arange(n), path] += each
    likelihood = joint.max() + np.log(weight.sum())
    return paths[int(joint.argmax())], joint.max(), posterior / weight.sum(), likelihood


def matrices_of(chain, k, gaps):
    """What a chain's steps say its matrices are, asked state by state."""
    return [np.stack([chain.forward(gap, row) for row in np.eye(k)]) for gap in range(gaps)]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 5), k=st.integers(1, 4))
def test_a_plain_matrix_agrees_with_every_path(seed, n, k):
    rng = np.random.default_rng(seed)
    matrices = rng.dirichlet(np.ones(k), (max(n - 1, 1), k))
    log_start, log_emission = np.log(rng.dirichlet(np.ones(k))), rng.normal(0, 3, (n, k))
    best, joint, posterior, likelihood = every_path(log_start, log_emission, matrices)
    path, score = viterbi(log_start, log_emission, Dense(matrices))
    assert tuple(path) == best and score == pytest.approx(joint, abs=1e-4)
    found, evidence = forward_backward(log_start, log_emission, Dense(matrices))
    np.testing.assert_allclose(np.exp(found), posterior, atol=1e-5)
    assert evidence == pytest.approx(likelihood, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 5), k=st.integers(2, 4), pseudo=st.floats(0.1, 50))
def test_the_counted_chain_is_its_matrix_and_agrees_with_every_path(seed, n, k, pseudo):
    rng = np.random.default_rng(seed)
    counts = hmm.count([rng.integers(-1, k, 12), rng.integers(0, k, 5)], k)
    chain = hmm.CountedChain(counts, pseudo)
    seen = np.zeros((k, k))
    seen[counts.origin, counts.target] = counts.steps
    stay = (np.trace(seen) + 0.5) / (seen.sum() + 1)
    smooth = stay * np.eye(k) + (1 - stay) * chain.prior
    matrix = (seen + pseudo * smooth) / (seen.sum(axis=1, keepdims=True) + pseudo)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    vector = rng.random(k)
    np.testing.assert_allclose(chain.forward(0, vector), vector @ matrix)
    np.testing.assert_allclose(chain.backward(0, vector), matrix @ vector)
    log_emission = rng.normal(0, 3, (n, k))
    best, joint, posterior, _ = every_path(chain.log_prior, log_emission, [matrix] * n)
    path, score = viterbi(chain.log_prior, log_emission, chain)
    assert tuple(path) == best and score == pytest.approx(joint, abs=1e-4)
    found, _ = forward_backward(chain.log_prior, log_emission, chain)
    np.testing.assert_allclose(np.exp(found), posterior, atol=1e-5)


def test_by_default_half_a_photo_is_added_to_every_class_and_one_step_to_the_steps_from_each():
    counts = hmm.count([np.zeros(10, int), np.array([1, 2])], 3)  # nine steps stay in class 0, one leads from 1 to 2
    chain = hmm.CountedChain(counts)
    prior = np.array([10.5, 1.5, 1.5]) / 13.5
    np.testing.assert_allclose(np.exp(chain.log_prior), prior)
    stay = 9.5 / 11
    one_more = stay * np.eye(3) + (1 - stay) * prior
    wanted = (np.array([[9, 0, 0], [0, 0, 1], [0, 0, 0]]) + one_more) / [[10], [2], [1]]
    np.testing.assert_allclose([chain.forward(0, row) for row in np.eye(3)], wanted)


def made_up_partition(seed, cells=6):
    rng = np.random.default_rng(seed)
    lat, lng = rng.uniform(-60, 60, cells), rng.uniform(-179, 179, cells)
    return Partition.uniform(np.repeat(lat, 3), np.repeat(lng, 3), level=8, min_photos=1)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 4), kept=st.integers(2, 6))
def test_the_timed_chain_is_a_distribution_whose_steps_fit_together(seed, n, kept):
    partition = made_up_partition(seed)
    kept = min(kept, len(partition))
    rng = np.random.default_rng(seed)
    shares = transition_model.default().at(rng.uniform(0, 100, n - 1))
    chain = timed_hmm.TimedChain(partition, np.arange(kept), shares)
    k = kept + (kept < len(partition))
    matrices = matrices_of(chain, k, n - 1)
    worth = rng.random(k)
    for gap, matrix in enumerate(matrices):
        np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-5)
        assert (matrix > 0).all()
        np.testing.assert_allclose(chain.backward(gap, worth), matrix @ worth, atol=1e-5)
    log_emission = rng.normal(0, 3, (n, k))
    _, _, posterior, likelihood = every_path(np.log(chain.share), log_emission, matrices)
    found, evidence = forward_backward(np.log(chain.share), log_emission, chain)
    np.testing.assert_allclose(np.exp(found), posterior, atol=1e-5)
    assert evidence == pytest.approx(likelihood, abs=1e-4)


def test_long_albums_do_not_underflow():
    rng = np.random.default_rng(0)
    matrix = rng.dirichlet(np.ones(3), 3)
    log_emission = rng.normal(-500, 200, (3000, 3))
    found, likelihood = forward_backward(np.log(np.ones(3) / 3), log_emission, Dense([matrix] * 3000))
    assert np.isfinite(found).all() and np.isfinite(likelihood)
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, atol=1e-5)
