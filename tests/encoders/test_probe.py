"""A strange network is tried in another process: one that crashes it, eats memory or never ends is one line here."""

import sys
import time

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from strange_networks import network

from photoplanet.core import bounded_processes
from photoplanet.core.onnx_graphs import Graph
from photoplanet.core.onnx_sessions import open_session
from photoplanet.encoders import onnx_wrapping, probe
from photoplanet.errors import ModelError
from photoplanet.photos.preprocessing import Preprocessing


def running(code):
    return [sys.executable, "-c", code]


def written(model, tmp_path):
    path = tmp_path / "network.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_a_good_network_is_measured_as_here(tmp_path):
    model = network(form="class")
    model = onnx_wrapping.wrapped(model, onnx_wrapping.taken(model, ""), "NCHW", "last_hidden_state", Preprocessing(16))
    path = written(model, tmp_path)
    found = probe.probed(path, 16, "net.onnx")
    assert found == probe.measure(path, 16) and found.shape == (6, 5, 5) and set(found.ways) == {"first", "mean"}


def test_one_that_wants_more_memory_than_there_is_is_refused(tmp_path, monkeypatch):
    """40 GB of ones, added up."""
    graph = Graph()
    many = graph.add("ConstantOfShape", [graph.constant("shape", np.int64([100_000, 100_000]))])
    total = graph.add("ReduceSum", [many], keepdims=0)
    sums = graph.add("ReduceSum", ["photos_", graph.constant("axes", np.int64([1, 2]))], keepdims=0)
    graph.add("Add", [sums, total], "features")
    graph.nodes.insert(0, helper.make_node("Cast", ["photos"], ["photos_"], to=TensorProto.FLOAT))
    shapes = {"photos": (np.uint8, ["n", 16, 16, 3])}, {"features": (np.float32, ["n", 3])}
    with pytest.raises(ModelError, match=r"net\.onnx: cannot compute a photo of 16 px \(it takes too much memory\)$"):
        probe.probed(written(graph.model("memory", *shapes), tmp_path), 16, "net.onnx")


def test_one_that_never_ends_is_stopped(tmp_path, monkeypatch):
    """A loop of 2⁶² rounds, in which something is done."""
    value = helper.make_tensor_value_info
    nodes = [helper.make_node("Identity", ["on"], ["still"]), helper.make_node("Sin", ["x"], ["y"])]
    given = [
        value("round", TensorProto.INT64, []),
        value("on", TensorProto.BOOL, []),
        value("x", TensorProto.FLOAT, None),
    ]
    made = [value("still", TensorProto.BOOL, []), value("y", TensorProto.FLOAT, None)]
    body = helper.make_graph(nodes, "body", given, made)
    graph = Graph()
    given = graph.add("Cast", ["photos"], to=TensorProto.FLOAT)
    model = graph.model("loop", {"photos": (np.uint8, ["n", 16, 16, 3])}, {"features": (np.float32, ["n", 16, 16, 3])})
    model.graph.initializer.extend([numpy_helper.from_array(np.asarray(1 << 62), "rounds"),
                                    numpy_helper.from_array(np.asarray(True), "go on")])  # fmt: skip
    model.graph.node.append(helper.make_node("Loop", ["rounds", "go on", given], ["features"], body=body))
    monkeypatch.setattr(probe, "SECONDS", 2.0)
    began = time.monotonic()
    with pytest.raises(ModelError, match=r"net\.onnx: took over 2 s for six photos"):
        probe.probed(written(model, tmp_path), 16, "net.onnx")
    assert time.monotonic() - began < 20


def test_a_process_that_breaks_down_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded_processes, "command", lambda *_: running("import os; os.abort()"))
    with pytest.raises(ModelError, match=r"net\.onnx: broke down when it was tried, or took over"):
        probe.probed(written(network(), tmp_path), 16, "net.onnx")


@pytest.mark.parametrize("printed", ["", "hello", "[1]", '{"shape": 3}', '{"shape": [1], "ways": {}} trailing'])
def test_words_that_are_not_an_answer(tmp_path, monkeypatch, printed):
    monkeypatch.setattr(bounded_processes, "command", lambda *_: running(f"print({printed!r})"))
    with pytest.raises(ModelError, match="broke down"):
        probe.probed(written(network(), tmp_path), 16, "net.onnx")


@pytest.mark.parametrize(("shape", "way"), [((4, 3), ""), ((4, 5, 3), "first"), ((4, 5, 3), "mean"),
                                            ((4, 3, 2, 2), "mean"), ((4, 2, 2, 3), "last mean")])  # fmt: skip
def test_pooling_in_the_graph_is_that_of_the_probe(shape, way):
    given = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    for opset in (11, 18):
        graph = Graph()
        x = graph.add("Identity", ["photos"])
        model = graph.model("g", {"photos": (np.float32, ["n", *shape[1:]])}, {x: (np.float32, ["n", *shape[1:]])})
        model.opset_import[0].version = opset
        made = onnx_wrapping.with_pooling(model, way, shape)
        [found] = open_session(made.SerializeToString()).run(["features"], {"photos": given})
        assert found == pytest.approx(probe.pooled(given, way), abs=1e-6) and found.shape == (4, 3)


@pytest.mark.parametrize("size", [8, 9, 224])
def test_made_up_photos_differ_and_are_always_the_same(size):
    made = probe.photos(size)
    assert made.shape == (6, size, size, 3) and made.dtype == np.uint8 and (made == probe.photos(size)).all()
    assert len({photo.tobytes() for photo in made}) == 6
