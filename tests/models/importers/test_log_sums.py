import numpy as np
import pytest

from photoplanet.core.onnx_graphs import Graph
from photoplanet.core.onnx_sessions import open_session
from photoplanet.models.importers.log_sums import log_sums, tables


def run(tmp_path, values, groups, count):
    graph = Graph()
    made = log_sums(graph, "x", groups, count, "sums")
    shape = ["n", values.shape[1]]
    model = graph.model("sums", {"x": (np.float32, shape)}, {made: (np.float32, ["n", count])})
    (tmp_path / "sums.onnx").write_bytes(model.SerializeToString())
    return open_session(tmp_path / "sums.onnx").run(["sums"], {"x": values})[0]


@pytest.mark.parametrize("groups", [[0, 1, 2, 3], [3, 1, 0, 2], [0, 0, 0, 0], [1, 0, 1, 1], [0, 1, 1, 0]])
def test_each_group_is_the_logarithm_of_its_sum(groups, tmp_path):
    rng = np.random.default_rng(1)
    values = rng.normal(0, 30, (5, 4)).astype(np.float32)
    count = max(groups) + 1
    found = run(tmp_path, values, groups, count)
    wanted = [np.logaddexp.reduce(values.astype(float)[:, np.array(groups) == group], axis=1) for group in range(count)]
    np.testing.assert_allclose(found, np.stack(wanted, axis=1), rtol=1e-5, atol=1e-5)


def test_groups_of_all_sizes(tmp_path):
    rng = np.random.default_rng(2)
    groups = rng.permutation(np.repeat(np.arange(12), [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 30, 1]))
    values = rng.normal(0, 30, (3, len(groups))).astype(np.float32)
    wanted = [np.logaddexp.reduce(values.astype(float)[:, groups == group], axis=1) for group in range(12)]
    np.testing.assert_allclose(run(tmp_path, values, groups, 12), np.stack(wanted, axis=1), rtol=1e-5, atol=1e-5)
    listed = tables(groups, 12)
    assert [table.shape for _, table in listed] == [(2, 1), (1, 2), (2, 4), (3, 8), (2, 16), (2, 32)]
    assert sum(table.size for _, table in listed) < 2 * len(groups)


def test_values_near_nothing_stay_numbers(tmp_path):
    found = run(tmp_path, np.full((1, 3), -1e4, np.float32), [0, 0, 1], 2)
    np.testing.assert_allclose(found, [[-1e4 + np.log(2), -1e4]], rtol=1e-6)


def test_a_group_without_an_item_is_a_mistake():
    with pytest.raises(ValueError, match="2 groups"):
        tables([0, 0], 2)
    with pytest.raises(ValueError, match="1 groups"):
        tables([0, 1], 1)
