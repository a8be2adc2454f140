import numpy as np
import pytest

from photoplanet.errors import InputError
from photoplanet.training.unknown import logistic


def _photos(n=300, seed=0):
    """Three columns of evidence, of which the second says the opposite of what its sign claims."""
    random = np.random.default_rng(seed)
    evidence = random.normal([5.0, 0.0, -2.0], [3.0, 0.1, 1.0], (n, 3))
    odds = -(evidence[:, 0] - 5) + 4 * evidence[:, 1] - 0.5 * (evidence[:, 2] + 2)
    return evidence, random.random(n) < 1 / (1 + np.exp(-odds)), random.uniform(0.5, 2, n)


SIGNS = np.array([-1.0, -1.0, -1.0])


def test_it_is_the_constrained_minimum():
    evidence, unknown, weight = _photos()
    found = logistic.fit(evidence, unknown, SIGNS, weight, penalty=2.0)
    assert found.weights[1] == 0 and (found.weights[[0, 2]] < 0).all()
    middle = np.average(evidence, axis=0, weights=weight)
    spread = np.sqrt(np.average((evidence - middle) ** 2, axis=0, weights=weight))

    def loss(bias, weights):
        z = bias + evidence @ weights
        return weight @ (np.logaddexp(0, z) - unknown * z) + 2.0 * ((weights * spread) ** 2).sum()

    best = loss(*found)
    random = np.random.default_rng(1)
    for _ in range(500):
        step = random.normal(0, 10 ** random.uniform(-4, -0.5), 4)
        other = np.minimum(found.weights + step[1:] / spread, 0)
        assert loss(found.bias + step[0] + (found.weights - other) @ middle, other) >= best - 1e-9


def test_evidence_that_never_varies_and_photos_of_one_kind():
    evidence, unknown, weight = _photos()
    evidence[:, 2] = 7.0
    assert np.isfinite(logistic.fit(evidence, unknown, SIGNS, weight).logit(evidence)).all()
    with pytest.raises(InputError, match="known and unknown"):
        logistic.fit(evidence, np.ones(len(evidence), bool), SIGNS, weight)
