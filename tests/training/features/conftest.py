"""What the tests of training on features share: a tiny encoder, and features whose direction tells the place."""

import numpy as np
import pytest

from photoplanet.core.onnx_graphs import Graph
from photoplanet.encoders.encoder import Encoder, write
from photoplanet.photos.preprocessing import Preprocessing

SIZE, SIDE = 16, 4  # pixels, and blocks whose mean colours are the features
PLACES = np.array([[48.9, 2.3], [35.7, 139.7], [-22.9, -43.2], [-33.9, 151.2], [40.7, -74.0]])


@pytest.fixture
def write_encoder(own_home):
    """A function that writes an encoder of mean colours: `write_encoder(transform="sqrt")`; dimension 48."""

    def made(name="means", transform="", opset=18, scale=1 / 255):
        graph = Graph()
        pixels = graph.add("Cast", ["photos"], to=1)
        pixels = graph.add("Mul", [pixels, graph.constant("scale", np.float32(scale))])
        pixels = graph.add("Transpose", [pixels], perm=[0, 3, 1, 2])
        blocks = graph.add("AveragePool", [pixels], kernel_shape=[SIZE // SIDE] * 2, strides=[SIZE // SIDE] * 2)
        graph.add("Flatten", [blocks], "features", axis=1)
        network = graph.model(
            "means", {"photos": (np.uint8, ["n", SIZE, SIZE, 3])}, {"features": (np.float32, ["n", 3 * SIDE**2])}
        )
        network.opset_import[0].version = opset
        facts = Encoder(name, own_home / "encoders" / name, Preprocessing(SIZE, fit="squash"), 3 * SIDE**2,
                        licence="CC0-1.0", source="a test", transform=transform)  # fmt: skip
        return write(facts, network.SerializeToString())

    return made


@pytest.fixture
def planted():
    """A function that makes photos of five cities: compared features (n, 32), latitude, longitude and groups of 4."""

    def made(count=100, noise=0.5, seed=0):
        random = np.random.default_rng(seed)
        looks = np.random.default_rng(7).normal(size=(len(PLACES), 32))
        city = np.arange(count) // 4 % len(PLACES)
        features = np.abs(looks[city] + random.normal(0, noise, (count, 32))).astype(np.float32)
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        where = PLACES[city] + random.normal(0, 0.02, (count, 2))
        return features, where[:, 0], where[:, 1], np.arange(count) // 4

    return made
