"""A graph written in pieces is the one made in memory; what no network can hold is refused before it is written."""

import numpy as np
import onnx
import pytest

from photoplanet.core.onnx_graphs import Graph
from photoplanet.core.onnx_sessions import open_session
from photoplanet.errors import ModelError

SIGNATURE = {"x": (np.float32, ["n", 300])}, {"y": (np.float32, ["n", 70])}


def graph():
    """A constant of each length of varint: 1 byte, 2 and 3."""
    random = np.random.default_rng(0)
    made = Graph()
    weights = made.constant("weights", random.standard_normal((70, 300)).astype(np.float32).T)  # not contiguous
    x = made.add("MatMul", ["x", weights])
    x = made.add("Add", [x, made.constant("bias", random.standard_normal(70).astype(np.float32))])
    made.add("Mul", [x, made.constant("two", np.float32(2))], "y")
    return made


def test_a_file_in_pieces_is_the_model_in_memory(tmp_path):
    path = tmp_path / "a.onnx"
    graph().write(path, "name", *SIGNATURE)
    whole = graph().model("name", *SIGNATURE)
    assert onnx.load(path) == whole
    onnx.checker.check_model(path)
    x = np.random.default_rng(1).standard_normal((4, 300)).astype(np.float32)
    [one], [other] = (open_session(each).run(None, {"x": x}) for each in (path, whole.SerializeToString()))
    assert np.array_equal(one, other) and one.std() > 1
    assert one == pytest.approx(2 * (x @ graph().constants["weights"] + graph().constants["bias"]), abs=1e-3)


def test_more_than_a_network_can_hold_is_refused_before_it_is_written(tmp_path):
    made = Graph()
    made.constant("large", np.broadcast_to(np.float32(0), (1 << 29,)))  # 2 GiB that take no memory
    with pytest.raises(ModelError, match=r"2,147,483,648 bytes of weights, and a network has at most 2 GiB"):
        made.write(tmp_path / "a.onnx", "name", {}, {})
    assert not list(tmp_path.iterdir())
