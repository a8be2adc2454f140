"""StreetCLIP, small and random, against torch: from pixels and texts to the mass of every S2 cell."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from clip_nets import clip_config, clip_features, clip_tensors, real_files, text_features, text_tensors

from photoplanet.core.onnx_sessions import open_session
from photoplanet.earth import cells
from photoplanet.errors import ModelError
from photoplanet.models.importers import clip_tokens, streetclip
from photoplanet.models.importers.cities import Cities

PLACES = Cities(
    ["France", "Brazil", "Monaco"],
    ["Paris", "Lyon", "Nice", "São Paulo", "Rio", "Monaco", "Elsewhere"],
    np.array([0, 0, 0, 1, 1, 2, 1]),
    np.array([48.86, 45.76, 43.7, -23.55, -22.91, 43.73, -22.91]),
    np.array([2.35, 4.84, 7.26, -46.63, -43.17, 7.42, -43.17]),
)
CONFIG = clip_config(2) | {"text_config": {"num_attention_heads": 2}}


@pytest.fixture(scope="module")
def tensors():
    """Its tensors by the names of the published file; 49,408 words, as the real tokenizer numbers them."""
    made = clip_tensors(28, 7, 32, projection=8) | text_tensors(49408, 16, projection=8, places=77)
    return made | {"logit_scale": np.array(3.2, np.float32)}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return clip_tokens.read(real_files(tmp_path_factory.mktemp("tokens") / "clip"))


def photos(count=4):
    return np.random.default_rng(5).integers(0, 256, (count, 28, 28, 3), np.uint8)


def run(made, partition, facts):
    inputs = {"images": (np.uint8, ["n", facts.size, facts.size, 3])}
    outputs = {"log_probabilities": (np.float32, ["n", len(partition)]), "embedding": (np.float32, ["n", 8])}
    session = open_session(made.model("streetclip", inputs, outputs).SerializeToString())
    return session.run(list(outputs), {"images": photos()})


def expected(tensors, tokenizer, scale):
    """The two-stage choice by torch's softmax, and the sums by city."""
    _, _, vectors = clip_features(tensors, photos())
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    def likeness(text):
        return np.exp(scale) * vectors @ text_features(tensors, tokenizer.encode(text))

    countries = torch.tensor(np.stack([likeness(f"A Street View photo in {name}.") for name in PLACES.countries], 1))
    named = torch.tensor(np.stack([likeness(f"A Street View photo from {name}.") for name in PLACES.names], 1))
    country = torch.softmax(countries, dim=1).numpy()
    city = np.zeros(named.shape)
    for row in range(len(PLACES.countries)):
        its = np.flatnonzero(PLACES.country == row)
        city[:, its] = country[:, [row]] * torch.softmax(named[:, its], dim=1).numpy()
    return vectors, city


def test_the_whole_path_is_what_torch_computes(tensors, tokenizer):
    counted = []
    made, partition, facts = streetclip.graph(tensors, CONFIG, tokenizer, PLACES, advance=counted.append)
    assert sum(counted) == 10
    logs, embedding = run(made, partition, facts)
    vectors, city = expected(tensors, tokenizer, 3.2)
    np.testing.assert_allclose(embedding, vectors, atol=1e-5)
    at = partition.assign(PLACES.latitude, PLACES.longitude)
    mass = np.zeros((len(vectors), len(partition)))
    for number, row in enumerate(at):
        mass[:, row] += city[:, number]
    assert np.abs(np.exp(logs) - mass).max() < 1e-5
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1, rtol=1e-5)
    assert city.max() > 0.4  # the choice is not even, or the test would prove little


def test_each_city_has_a_cell_of_its_own_and_is_its_mean(tensors):
    partition, at = streetclip.cells(PLACES)
    assert len(partition) == 6 and at[4] == at[6]  # two cities at one place
    np.testing.assert_allclose(partition.means[at[:6]], np.stack([PLACES.latitude, PLACES.longitude], 1)[:6], atol=1e-6)
    held = cells.range_min(partition.ids[at]) <= cells.from_latlng(PLACES.latitude, PLACES.longitude)
    assert held.all()


def test_only_what_is_needed_is_read(tensors):
    assert all(map(streetclip.is_wanted, tensors))
    assert not streetclip.is_wanted("vision_model.embeddings.position_ids")
    assert not streetclip.is_wanted("optimizer.state")


@pytest.mark.parametrize(("change", "said"), [
    ({"logit_scale": None}, "logit_scale is missing"),
    ({"logit_scale": np.array(np.nan)}, "logit_scale is not a number"),
    ({"logit_scale": np.array(50.0)}, "logit_scale is not a number"),
    ({"logit_scale": np.zeros(2)}, "logit_scale is not a number"),
    ({"visual_projection.weight": None}, "visual_projection.weight is missing"),
    ({"visual_projection.weight": np.ones((7, 32), np.float32)}, "vectors of two sizes"),
    ({"text_projection.weight": None}, "text_projection.weight is missing"),
    ({"vision_model.post_layernorm.weight": None}, "post_layernorm.weight is missing"),
])  # fmt: skip
def test_wrong_tensors_are_refused(change, said, tensors, tokenizer):
    wrong = {name: values for name, values in (tensors | change).items() if values is not None}
    with pytest.raises(ModelError, match=said) as caught:
        streetclip.graph(wrong, CONFIG, tokenizer, PLACES)
    assert "\n" not in str(caught.value)


def test_one_country_with_one_city_is_certain(tensors, tokenizer):
    alone = replace(PLACES, countries=["Monaco"], names=["Monaco"], country=np.array([0]),
                    latitude=np.array([43.73]), longitude=np.array([7.42]))  # fmt: skip
    made, partition, facts = streetclip.graph(tensors, CONFIG, tokenizer, alone)
    assert np.abs(run(made, partition, facts)[0]).max() < 1e-6
