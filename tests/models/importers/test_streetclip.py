"""StreetCLIP, small and random, against torch: from pixels and texts to the mass of every S2 cell."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from clip_nets import clip_features, real_files, text_features
from geolocator_files import CONFIG, PLACES, streetclip_tensors, write_streetclip

from photoplanet.core.onnx_sessions import open_session
from photoplanet.core.progress import ignore, no_bar
from photoplanet.earth import cells as s2
from photoplanet.errors import ModelError
from photoplanet.locate import locator
from photoplanet.models import folder
from photoplanet.models.importers import cities, clip_tokens, clip_vision, streetclip
from photoplanet.models.importers.importer import Files


@pytest.fixture(scope="module")
def tensors():
    """Its tensors by the names of the published file; 49,408 words, as the real tokenizer numbers them."""
    return streetclip_tensors()


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return clip_tokens.read(real_files(tmp_path_factory.mktemp("tokens") / "clip"))


def photos(count=4):
    return np.random.default_rng(5).integers(0, 256, (count, 28, 28, 3), np.uint8)


def build(tensors, tokenizer, places=PLACES, advance=ignore):
    facts = clip_vision.vision(tensors, CONFIG, "StreetCLIP")
    against = streetclip.vectors(tensors, CONFIG, tokenizer, places, advance)
    partition, cell = streetclip.cells(places)
    return streetclip.graph(tensors, facts, places, against, cell), partition, facts


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
    made, partition, facts = build(tensors, tokenizer, advance=counted.append)
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
    levels = s2.level(partition.ids)
    assert levels.min() == streetclip.COARSEST and levels.max() > 8  # Rio is far from others, Nice is not
    held = s2.range_min(partition.ids[at]) <= s2.from_latlng(PLACES.latitude, PLACES.longitude)
    held &= s2.range_max(partition.ids[at]) >= s2.from_latlng(PLACES.latitude, PLACES.longitude)
    assert held.all()


def test_only_what_is_needed_is_read(tensors):
    assert all(map(streetclip.is_wanted, tensors))
    assert not streetclip.is_wanted("vision_model.embeddings.position_ids")
    assert not streetclip.is_wanted("optimizer.state")


@pytest.mark.parametrize(("change", "said"), [
    ({"logit_scale": None}, "logit_scale is missing"),
    ({"logit_scale": np.array(np.nan)}, "logit_scale nan is not one"),
    ({"logit_scale": np.array(50.0)}, "logit_scale 50 is not one"),
    ({"logit_scale": np.zeros(2)}, "logit_scale is "),
    ({"visual_projection.weight": None}, "visual_projection.weight is missing"),
    ({"visual_projection.weight": np.ones((7, 32), np.float32)}, r"visual_projection.weight is \(7, 32\)"),
    ({"text_projection.weight": None}, "text_projection.weight is missing"),
    ({"vision_model.post_layernorm.weight": None}, "post_layernorm.weight is missing"),
])  # fmt: skip
def test_wrong_tensors_are_refused(change, said, tensors, tokenizer):
    wrong = {name: values for name, values in (tensors | change).items() if values is not None}
    with pytest.raises(ModelError, match=said) as caught:
        build(wrong, tokenizer)
    assert "\n" not in str(caught.value)


def test_one_country_with_one_city_is_certain(tensors, tokenizer):
    alone = replace(PLACES, countries=["Monaco"], names=["Monaco"], country=np.array([0]),
                    latitude=np.array([43.73]), longitude=np.array([7.42]))  # fmt: skip
    made, partition, facts = build(tensors, tokenizer, alone)
    assert np.abs(run(made, partition, facts)[0]).max() < 1e-6


@pytest.fixture
def given(tmp_path, monkeypatch):
    """The files as they are published, of a small network; the world is seven cities."""
    monkeypatch.setattr(cities, "choose", lambda: PLACES)
    return write_streetclip(tmp_path / "StreetCLIP")


@pytest.mark.parametrize("int8", [False, True])
def test_a_model_folder_is_made_of_the_published_files(int8, given, tensors, tokenizer, tmp_path):
    made = streetclip.IMPORTER.make(Files({given: ""}), tmp_path / "model.onnx", int8, no_bar)
    bundle = folder.write(tmp_path / "model", made.info, made.partition, tmp_path / "model.onnx")
    found = locator.Locator(bundle).locate(photos(1)[0])
    assert found.licence == bundle.info.licence_note == streetclip.NOTE
    assert found.probabilities.sum() == pytest.approx(1, abs=1e-5)
    _, city = expected(tensors, tokenizer, 3.2)
    paris = bundle.partition.assign(48.86, 2.35)
    assert found.probabilities[paris] == pytest.approx(city[0, 0], abs=0.05 if int8 else 1e-5)
    assert bundle.info.training["parity"]["moved"] < (0.1 if int8 else 1e-4)
    assert "CC BY-NC 4.0" in bundle.info.training["licence"] and "NonCommercial" in made.texts["LICENCES.txt"]


@pytest.mark.parametrize(("name", "said"), [("config.json", "no config.json of a CLIP"), ("merges.txt", "no tokenizer"),
                                            ("pytorch_model.bin", "no weights")])  # fmt: skip
def test_a_folder_that_lacks_a_file_is_told_which(name, said, given, tmp_path):
    (given / name).unlink()
    with pytest.raises(ModelError, match=said) as caught:
        streetclip.IMPORTER.make(Files({given: ""}), tmp_path / "model.onnx", False, no_bar)
    assert "\n" not in str(caught.value)
