"""How each of the paper's networks reads an album (Fig. 12), with a network that only adds up what it has seen.

Its LSTM's output is the sum of the embeddings so far, its head their log softmax: what a photo's answer has seen can be
worked out by hand.
"""

import numpy as np
import pytest

from photoplanet.albums import lstm, networks
from photoplanet.albums.album import Album
from photoplanet.albums.networks import Files
from photoplanet.models import folder

UNITS = 3


def adder(path, backwards=False):
    """ONNX: embeddings (n, 3) and a state → running sums (n, 3) and the state after them."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    state = [1, 1, UNITS]
    nodes = [
        helper.make_node("CumSum", ["embeddings", "axis"], ["sums"]),
        helper.make_node("Reshape", ["h", "flat"], ["before"]),
        helper.make_node("Add", ["sums", "before"], ["hidden"]),
        helper.make_node("ReduceSum", ["embeddings", "axes"], ["total"], keepdims=1),
        helper.make_node("Add", ["total", "before"], ["after"]),
        helper.make_node("Reshape", ["after", "state"], ["h_after"]),
        helper.make_node("Identity", ["c"], ["c_after"]),
    ]
    constants = {"axis": np.array(0), "axes": np.array([0]), "flat": np.array([1, UNITS]), "state": np.array(state)}
    kind = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "adder",
        [helper.make_tensor_value_info("embeddings", kind, ["n", UNITS])]
        + [helper.make_tensor_value_info(name, kind, state) for name in ("h", "c")],
        [helper.make_tensor_value_info("hidden", kind, ["n", UNITS])]
        + [helper.make_tensor_value_info(name, kind, state) for name in ("h_after", "c_after")],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    save(onnx, helper, graph, path)


def head(path, roles):
    """ONNX: the outputs of each direction (n, 3) → log softmax of their sum."""
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("Sum", roles, ["sum"]), helper.make_node("LogSoftmax", ["sum"], ["out"], axis=1)],
        "head",
        [helper.make_tensor_value_info(role, TensorProto.FLOAT, ["n", UNITS]) for role in roles],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", UNITS])],
    )
    save(onnx, helper, graph, path)


def save(onnx, helper, graph, path):
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))


@pytest.fixture
def network(tmp_path):
    """A function: the network of a method, made of adders."""

    def make(method):
        listed = []
        for role, name in lstm.file_names(method).items():
            path = tmp_path / name
            if role == "head":
                head(path, [role for role in lstm.file_names(method) if role != "head"])
            else:
                adder(path)
            listed.append((role, str(path), folder.sha256(path)))
        return lstm.Network(method, Files(tuple(listed)), UNITS, UNITS, UNITS)

    return make


def seen_by(method, x):
    """What each photo's answer has seen, from the paper: a sum of embeddings (n, 3)."""
    n, first = len(x), x[:25]
    whole = np.cumsum(x, axis=0)
    pieces = [x[start : start + 25] for start in range(0, n, 25)]
    return {
        "lstm": whole,
        "lstm-offset1": whole[np.minimum(np.arange(n) + 1, n - 1)],  # one more photo is read before each answer
        "lstm-offset2": whole[np.minimum(np.arange(n) + 2, n - 1)],
        "lstm-repeat": whole[-1] + whole,  # the album was read once before
        "lstm-repeat25": first.sum(axis=0) + np.cumsum(first, axis=0),  # §4: "sequences truncated to 25 images"
        "blstm25": np.cumsum(first, axis=0) + np.cumsum(first[::-1], axis=0)[::-1],
        "lstm-repeat25-pieces": np.concatenate([piece.sum(axis=0) + np.cumsum(piece, axis=0) for piece in pieces]),
        "blstm25-pieces": np.concatenate(
            [np.cumsum(piece, axis=0) + np.cumsum(piece[::-1], axis=0)[::-1] for piece in pieces]
        ),
    }[method]


@pytest.mark.parametrize("n", [1, 25, 26, 60, 600])
@pytest.mark.parametrize("method", networks.LSTMS)
def test_a_network_has_read_the_photos_that_the_paper_says(method, n, network):
    x = np.random.default_rng(n).normal(0, 0.3, (n, UNITS)).astype(np.float32)
    summed = seen_by(method, x.astype(np.float64))
    wanted = summed - np.log(np.exp(summed).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(network(method).log_probabilities(x), wanted, atol=1e-3)


@pytest.mark.parametrize("method", ["lstm-repeat25", "blstm25"])
def test_photos_that_the_paper_cuts_off_keep_the_answer_of_the_cnn(method, network):
    random = np.random.default_rng(4)
    x = random.normal(0, 0.3, (30, UNITS)).astype(np.float32)
    own = np.log(random.dirichlet(np.ones(UNITS), 30)).astype(np.float32)
    found = lstm.decode(own, x, Album(np.ones(29), np.full(30, -1, np.int32)), None, network(method))
    assert found.shape == (30, UNITS) and (found[25:] == own[25:]).all()
    np.testing.assert_array_equal(found[:25], network(method).log_probabilities(x[:25]))
