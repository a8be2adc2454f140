"""The network of a model on features answers as NumPy does, whatever the blend, the encoder and the photos' number."""

import numpy as np
import onnx
import pytest

from photoplanet.core.onnx_sessions import open_session
from photoplanet.errors import ModelError
from photoplanet.training.features import graph, places, ridge
from photoplanet.training.features.blend import BY_NAME
from photoplanet.training.features.fitted import learned
from photoplanet.training.features.settings import Settings


@pytest.fixture
def fit_for(planted):
    """A function that learns from 48 features a photo, as the tiny encoder has them."""

    def made(**settings):
        features, *rest = planted(60)
        wide = np.concatenate([features, features[:, :16]], axis=1)
        return learned(wide / np.linalg.norm(wide, axis=1, keepdims=True), *rest, Settings(**settings))

    return made


@pytest.mark.parametrize("blend", BY_NAME)
@pytest.mark.parametrize("transform", ["", "sqrt"])
def test_parity(write_encoder, fit_for, blend, transform):
    encoder, fitted = write_encoder(transform=transform), fit_for(blend=blend)
    network = graph.network(encoder, fitted)
    assert max(graph.parity(network, encoder, fitted).values()) < 1e-4
    photos = np.random.default_rng(1).integers(0, 256, (5, 16, 16, 3), np.uint8)
    features = encoder.compared(encoder.embed(photos))
    log_p, embedding, near = open_session(network).run(list(graph.OUTPUTS), {"images": photos})
    assert embedding == pytest.approx(features, abs=1e-5) and near == pytest.approx(
        fitted.similarity(features), abs=1e-4
    )
    assert log_p == pytest.approx(fitted.log_probabilities(features), abs=1e-3) and near.shape == (5,)
    assert np.linalg.norm(embedding, axis=1) == pytest.approx(1, abs=1e-5)


def test_parity_where_photos_are_many(write_encoder, fit_for, monkeypatch):
    """The bank is thinned, the ridge has landmarks and coarse cells, and coarse cells are few."""
    monkeypatch.setattr(ridge, "EXACT", 10)
    monkeypatch.setattr(ridge, "LANDMARKS", 12)
    monkeypatch.setattr(places, "COARSE_CELLS", 4)
    encoder, fitted = write_encoder(), fit_for(neighbours=30)
    assert len(fitted.bank.classes) == 30 and len(fitted.ridge.landmarks) == 12
    assert len(fitted.ridge.mean) == len(fitted.places.coarse_xyz) < len(fitted.partition)
    assert max(graph.parity(graph.network(encoder, fitted), encoder, fitted).values()) < 1e-4


def test_equal_parts_give_equal_bytes_with_the_training_photos_in_half_precision(write_encoder, fit_for):
    encoder, fitted = write_encoder(), fit_for()
    network = graph.network(encoder, fitted)
    assert network == graph.network(encoder, fitted)
    kinds = {tensor.name: tensor.data_type for tensor in onnx.load_from_string(network).graph.initializer}
    assert kinds["bank"] == onnx.TensorProto.FLOAT16


def test_an_encoder_of_an_older_opset_is_converted(write_encoder, fit_for):
    encoder, fitted = write_encoder(opset=13), fit_for()
    network = graph.network(encoder, fitted)
    assert onnx.load_from_string(network).opset_import[0].version == 18
    assert max(graph.parity(network, encoder, fitted).values()) < 1e-4


def test_a_file_that_is_no_network_is_named(write_encoder, fit_for):
    encoder = write_encoder()
    encoder.network.write_bytes(b"no network")
    with pytest.raises(ModelError, match="encoder means: cannot be joined with what was learned"):
        graph.network(encoder, fit_for())


def test_a_network_that_answers_otherwise_is_noticed(write_encoder, fit_for):
    encoder, other = write_encoder(), write_encoder("darker", scale=1 / 2)
    network = graph.network(write_encoder("sqrt", transform="sqrt"), fit_for())
    assert graph.parity(network, encoder, fit_for())["embedding"] > 0.01
    assert graph.parity(graph.network(other, fit_for()), other, fit_for())["embedding"] < 1e-4
