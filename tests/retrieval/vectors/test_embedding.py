"""Vectors of photos: the classifier's own and a trained part, each from hostile folders too."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from photoplanet.errors import InputError, ModelError
from photoplanet.locate import locator
from photoplanet.models import folder
from photoplanet.retrieval.vectors.embedding import PART, Embedder, normalised

RANDOM = np.random.default_rng(0)
MATRIX = RANDOM.normal(size=(3, 8)).astype(np.float32)


def head(path, name="embedding", d=3, out=8, numbers=MATRIX, output="vectors"):
    """A part: embedding (n, 3) × matrix → vectors (n, 8), of no particular length."""
    pixels = name == "images"
    given = ["n", 16, 16, 3] if pixels else ["n", d]
    kind = TensorProto.UINT8 if pixels else TensorProto.FLOAT
    nodes = [helper.make_node("MatMul", ["colour", "m"], [output])]
    if pixels:
        nodes = [helper.make_node("Cast", [name], ["p"], to=TensorProto.FLOAT),
                 helper.make_node("ReduceMean", ["p"], ["colour"], axes=[1, 2], keepdims=0), *nodes]  # fmt: skip
    else:
        nodes = [helper.make_node("Identity", [name], ["colour"]), *nodes]
    graph = helper.make_graph(
        nodes, "part", [helper.make_tensor_value_info(name, kind, given)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", out])],
        [numpy_helper.from_array(numbers, "m")],
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(made.SerializeToString())
    return path


def photos(n=5):
    return np.random.default_rng(1).integers(0, 256, (n, 16, 16, 3), dtype=np.uint8)


def test_the_networks_own_embedding_at_unit_length(tiny_model):
    made = Embedder(locator.load(tiny_model))
    assert (made.which, made.dimensions, made.own_pass) == ("network", 3, False)
    colours = photos().astype(np.float64).mean(axis=(1, 2))
    wanted = colours / np.linalg.norm(colours, axis=1, keepdims=True)
    np.testing.assert_allclose(made.vectors(photos()), wanted, atol=1e-5)
    assert made.vectors(photos(0)).shape == (0, 3)


@pytest.mark.parametrize("name", ["embedding", "images"])
def test_a_trained_part_is_taken_where_the_model_has_it(name, tiny_model_copy, tmp_path):
    folder.add_part(tiny_model_copy, PART, {}, {"embedding.onnx": head(tmp_path / "part.onnx", name)})
    model = locator.load(tiny_model_copy)
    made = Embedder(model)
    assert (made.which, made.dimensions, made.own_pass) == ("trained", 8, name == "images")
    wanted = photos().astype(np.float64).mean(axis=(1, 2)) @ MATRIX
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    np.testing.assert_allclose(made.vectors(photos()), wanted, atol=1e-5)
    assert np.linalg.norm(made.dequantise(made.quantise(made.vectors(photos()))) - wanted, axis=1).max() < 0.02
    if name == "images":
        with pytest.raises(InputError, match="pixels"):
            made.from_network(np.ones((2, 3)))
    else:
        np.testing.assert_allclose(made.from_network(model.log_probabilities(photos())[1]), wanted, atol=1e-5)
    assert made.vectors(photos(0)).shape == (0, 8)
    assert Embedder(model, "network").dimensions == 3


def test_the_key_changes_with_the_weights_and_the_kind(tiny_model, tiny_model_copy, tmp_path):
    keys = [Embedder(locator.load(tiny_model)).key]
    for scale in (1, 2):
        part = head(tmp_path / "part.onnx", numbers=MATRIX * np.float32(scale))
        folder.add_part(tiny_model_copy, PART, {}, {"embedding.onnx": part})
        keys.append(Embedder(locator.load(tiny_model_copy)).key)
    assert len(set(keys)) == 3
    assert Embedder(locator.load(tiny_model_copy), "network").key == keys[0]
    assert Embedder(locator.load(tiny_model_copy)).key == keys[2]


def test_what_is_not_there_is_named(tiny_model):
    model = locator.load(tiny_model)
    with pytest.raises(ModelError, match="train-embedding"):
        Embedder(model, "trained")
    with pytest.raises(InputError, match="trained, network"):
        Embedder(model, "clip")
    with pytest.raises(InputError, match=r"\(photos, 3\)"):
        Embedder(model).from_network(np.ones((2, 4)))
    with pytest.raises(InputError, match="uint8"):
        Embedder(model).vectors(np.ones((2, 16, 16, 3)))


def test_a_damaged_part_is_refused_and_costs_nothing_else(tiny_model_copy, tmp_path):
    folder.add_part(tiny_model_copy, PART, {}, {"embedding.onnx": head(tmp_path / "part.onnx")})
    (tiny_model_copy / "embedding.onnx").write_bytes(b"nothing")
    model = locator.load(tiny_model_copy)  # locating does not need the part
    assert len(model.locate(photos(1)[0]).probabilities) == 5
    with pytest.raises(ModelError, match="SHA-256"):
        Embedder(model)
    assert Embedder(model, "network").vectors(photos()).shape == (5, 3)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"name": "x"}, "inputs"), ({"d": 4, "numbers": np.ones((4, 8), np.float32)}, "input is"),
     ({"output": "y"}, "output"), ({"out": 4097, "numbers": np.ones((3, 4097), np.float32)}, "output"),
     ({"numbers": np.full((3, 8), np.inf, np.float32)}, "finite")],
)  # fmt: skip
def test_a_part_of_another_shape_is_refused(wrong, says, tiny_model_copy, tmp_path):
    folder.add_part(tiny_model_copy, PART, {}, {"embedding.onnx": head(tmp_path / "part.onnx", **wrong)})
    with pytest.raises(ModelError, match=says):
        Embedder(locator.load(tiny_model_copy)).vectors(photos())


def test_a_part_that_is_no_network_or_two_is_refused(tiny_model_copy, tmp_path):
    (tmp_path / "junk").write_bytes(b"\x08\x07 not a network")
    folder.add_part(tiny_model_copy, PART, {}, {"embedding.onnx": tmp_path / "junk"})
    with pytest.raises(ModelError, match="not a usable network"):
        Embedder(locator.load(tiny_model_copy))
    part = head(tmp_path / "part.onnx")
    folder.add_part(tiny_model_copy, PART, {}, {"a.onnx": part, "b.onnx": part})
    with pytest.raises(ModelError, match="2 networks"):
        Embedder(locator.load(tiny_model_copy))


def test_pixels_of_a_part_with_its_own_cnn_are_checked(tiny_model_copy, tmp_path):
    folder.add_part(tiny_model_copy, PART, {}, {"embedding.onnx": head(tmp_path / "part.onnx", "images")})
    with pytest.raises(InputError, match="uint8"):
        Embedder(locator.load(tiny_model_copy)).vectors(np.zeros((1, 8, 8, 3), np.uint8))


def test_zero_stays_zero():
    assert (normalised(np.zeros((2, 4))) == 0).all()
    assert normalised(np.array([[3.0, 4.0]])).tolist() == [pytest.approx([0.6, 0.8])]
