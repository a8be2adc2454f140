"""The CNN's embeddings of photos on disk: computed once for each photo, network and input size."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from photoplanet.models import folder
from photoplanet.training.embeddings import embeddings


@pytest.fixture
def info(tiny_model):
    return folder.read(tiny_model).info


@pytest.fixture
def sources(tmp_path):
    for number in range(3):
        Image.new("RGB", (20, 20), (80 * number, 0, 0)).save(tmp_path / f"{number}.png")
    (tmp_path / "2.png").write_bytes(b"not an image")
    return [str(tmp_path / f"{number}.png") for number in range(3)]


def run(sources, info, folder, value=1.0):
    """Embeddings, which photos are known, and how many photos were computed."""
    computed = []

    def embed(pixels):
        computed.append(len(pixels))
        return np.full((len(pixels), info.embedding_size), value, np.float32)

    found, known = embeddings(sources, info, embed, folder)
    return found[:], known.tolist(), sum(computed)


def test_photos_are_computed_once(sources, info, tmp_path):
    first, known, computed = run(sources, info, tmp_path / "kept")
    assert (known, computed) == ([True, True, False], 2)
    assert (first[:2] == 1).all() and (first[2] == 0).all() and first.dtype == np.float16
    again, known, computed = run(sources, info, tmp_path / "kept", value=9.0)
    assert (known, computed) == ([True, True, False], 0)
    np.testing.assert_array_equal(again, first)


def test_another_network_or_input_size_computes_all_anew(sources, info, tmp_path):
    run(sources, info, tmp_path / "kept")
    other = dataclasses.replace(info, hashes={**info.hashes, folder.NETWORK: "0" * 64})
    assert run(sources, other, tmp_path / "kept")[2] == 2
    larger = dataclasses.replace(info.preprocessing, size=info.preprocessing.size + 8)
    assert run(sources, dataclasses.replace(other, preprocessing=larger), tmp_path / "kept")[2] == 2


def test_numbers_too_large_for_half_precision_stay_finite(sources, info, tmp_path):
    found, _, _ = run(sources, info, tmp_path / "kept", value=1e9)
    assert found[0, 0] == 65504
