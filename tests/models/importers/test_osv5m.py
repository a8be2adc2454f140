"""OSV-5M's network, small and random, against torch: from pixels to the mass of every S2 cell."""

import numpy as np
import pytest
import torch
from clip_nets import clip_features
from geolocator_files import HIGH, INNER, LOW, SIZE, TREE, WIDTH, network, saved, write_osv5m

from photoplanet.core.onnx_sessions import open_session
from photoplanet.core.progress import no_bar
from photoplanet.errors import ModelError
from photoplanet.evaluation import published
from photoplanet.locate import locator
from photoplanet.models import folder
from photoplanet.models.importers import osv5m
from photoplanet.models.importers.importer import Files
from photoplanet.models.importers.rectangles import Rectangles, cover


def photos(count=4):
    return np.random.default_rng(5).integers(0, 256, (count, SIZE, SIZE, 3), np.uint8)


def expected(vision, classify, place, made):
    """What the paper's formulas give, one photo, rectangle and cell after another."""
    token, _, _ = clip_features(vision | {"visual_projection.weight": np.zeros((1, WIDTH))}, photos(), 2, "gelu")
    with torch.no_grad():
        rectangle = torch.softmax(classify(torch.tensor(token)), dim=1).numpy()
        places = (1.2 * torch.tanh(place(torch.tensor(token)))).reshape(len(token), -1, 2).numpy()
    mass = np.zeros((len(token), len(made.partition)))
    for photo in range(len(token)):
        for number in range(len(TREE)):
            pairs = np.flatnonzero(made.rectangle == number)
            off = made.where[pairs].astype(float) - places[photo, number]
            weight = made.share[pairs] * np.exp(-(off**2).sum(axis=1) / (2 * 0.5**2))
            np.add.at(mass[photo], made.cell[pairs], rectangle[photo, number] * weight / weight.sum())
    return token, mass


def run(made, facts, count):
    inputs = {"images": (np.uint8, ["n", facts.size, facts.size, 3])}
    outputs = {"log_probabilities": (np.float32, ["n", count]), "embedding": (np.float32, ["n", facts.width])}
    session = open_session(made.model("osv5m", inputs, outputs).SerializeToString())
    return session.run(list(outputs), {"images": photos()})


@pytest.mark.parametrize("prefix", ["model.", ""])
def test_the_whole_path_is_what_torch_computes(prefix, tmp_path):
    tensors, *parts = network(prefix)
    read = osv5m.read([saved(tensors, tmp_path / "pytorch_model.bin")])
    made = cover(osv5m.rectangles(read))
    found, facts = osv5m.graph(read, made, {"num_attention_heads": 2})
    logs, embedding = run(found, facts, len(made.partition))
    token, mass = expected(*parts, made)
    assert np.abs(np.exp(logs) - mass).max() < 1e-5
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(embedding, token / np.linalg.norm(token, axis=1, keepdims=True), atol=1e-5)
    assert mass.max() > 0.05 and (mass.argmax(axis=1) != mass.argmax(axis=1)[0]).any()


def test_the_mass_of_each_rectangle_is_the_heads_own_and_its_place_counts(tmp_path):
    """Cells that only one rectangle has hold its softmax; the place moves mass within it, towards itself."""
    tensors, vision, classify, place = network()
    tensors = osv5m.named({name: values.astype(np.float32) for name, values in tensors.items()})
    made = cover(TREE)
    alone = [set(made.cell[made.rectangle == number]) for number in range(len(TREE))]
    last = sorted(alone[4] - set().union(*alone[:4]))
    token, _ = expected(vision, classify, place, made)
    with torch.no_grad():
        share = torch.softmax(classify(torch.tensor(token)), dim=1)[:, 4].numpy()
    found, facts = osv5m.graph(tensors, made, {"num_attention_heads": 2})
    logs, _ = run(found, facts, len(made.partition))
    np.testing.assert_allclose(np.exp(logs)[:, last].sum(axis=1), share, rtol=1e-4)
    tensors["mid.reg.7.weight"][:] = 0
    tensors["mid.reg.7.bias"][:] = np.tile([2.0, 0.0], len(TREE))  # north, in the middle
    found, facts = osv5m.graph(tensors, made, {"num_attention_heads": 2})
    logs, _ = run(found, facts, len(made.partition))
    pairs = made.rectangle == 4
    north = made.cell[pairs][made.where[pairs][:, 0] > 0]
    assert (np.exp(logs)[:, north].sum(axis=1) > 0.8 * share).all()


def test_the_file_holds_everything_twice_and_each_is_read_once(tmp_path):
    tensors, *_ = network()
    twice = tensors | {name.removeprefix("model."): np.zeros_like(values) for name, values in tensors.items()}
    read = osv5m.read([saved(twice | {"model.mid.classif.9.weight": np.zeros(3)}, tmp_path / "pytorch_model.bin")])
    assert np.array_equal(read["mid.reg.0.bias"], tensors["model.mid.reg.0.bias"].astype(np.float32))


def test_rectangles_come_from_the_file_the_table_or_both():
    tensors = osv5m.named(network()[0])
    found = osv5m.rectangles(tensors)
    for name in ("low", "high", "mean"):
        np.testing.assert_allclose(getattr(found, name), getattr(TREE, name), atol=1e-9)
    assert osv5m.rectangles(tensors, TREE) is TREE
    assert osv5m.rectangles(osv5m.named(network(geometry=False)[0]), TREE) is TREE
    moved = Rectangles(LOW - 0.001, HIGH - 0.001, TREE.mean - 0.001)
    for other in (moved, Rectangles(LOW[:4], HIGH[:4], TREE.mean[:4])):
        with pytest.raises(ModelError, match="has other rectangles"):
            osv5m.rectangles(tensors, other)
    with pytest.raises(ModelError, match=r"quadtree_10_1000\.csv"):
        osv5m.rectangles({})


def test_the_geometry_may_be_float32_as_the_file_is_read(tmp_path):
    read = osv5m.read([saved(network()[0], tmp_path / "pytorch_model.bin")])
    assert read["head.cell_center"].dtype == np.float32
    np.testing.assert_allclose(osv5m.rectangles(read).low, LOW, atol=5e-5)


@pytest.mark.parametrize(("name", "values", "said"), [
    ("mid.classif.7.weight", np.zeros((4, INNER), np.float32), r"mid\.classif\.7\.weight is \(4, 16\), not \(5, 16\)"),
    ("mid.reg.7.weight", np.zeros((5, INNER), np.float32), r"not \(10, 16\)"),
    ("mid.reg.2.bias", None, r"mid\.reg\.2\.bias is missing"),
    ("mid.classif.0.weight", np.zeros(3, np.float32), r"mid\.classif\.0\.weight"),
    ("vision_model.pre_layrnorm.bias", None, "pre_layrnorm"),
])  # fmt: skip
def test_wrong_tensors_are_refused(name, values, said):
    tensors = {key: each for key, each in (osv5m.named(network()[0]) | {name: values}).items() if each is not None}
    with pytest.raises(ModelError, match=said):
        osv5m.graph(tensors, cover(TREE), {"num_attention_heads": 2})


def test_edges_that_are_no_rectangles_are_refused():
    tensors = osv5m.named(network()[0])
    for name, values, said in (
        ("head.cell_size_up", -tensors["head.cell_size_up"], "rectangle 0"),
        ("head.cell_center", tensors["head.cell_center"] * np.nan, "is not on Earth"),
        ("head.cell_size_down", tensors["head.cell_size_down"][:3], "not as many edges"),
        ("head.cell_size_up", tensors["head.cell_size_up"] * 40, "is not on Earth|overlap"),
    ):
        with pytest.raises(ModelError, match=said):
            osv5m.rectangles(tensors | {name: values})


@pytest.mark.parametrize("int8", [False, True])
def test_a_model_folder_is_made_of_the_published_files(int8, tmp_path, monkeypatch):
    monkeypatch.setattr(osv5m, "CLIP", osv5m.CLIP | {"num_attention_heads": 2})
    given = write_osv5m(tmp_path / "baseline")
    made = osv5m.IMPORTER.make(Files({given: ""}), tmp_path / "model.onnx", int8, no_bar)
    bundle = folder.write(tmp_path / "model", made.info, made.partition, tmp_path / "model.onnx")
    found = locator.Locator(bundle).locate(photos(1)[0])
    assert found.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert bundle.info.training["licence"] == "MIT" and bundle.info.licence_note == ""
    assert bundle.info.training["provenance"][0]["file"] == "pytorch_model.bin"
    assert bundle.info.training["parity"]["moved"] < (0.1 if int8 else 1e-4)
    assert "Copyright (c) 2023 Guillaume Astruc" in made.texts["LICENCES.txt"]


def test_the_published_figures_are_those_of_the_table():
    [row] = [row for row in published.get("osv5m").published if row["name"] == "OSV-5M baseline"]
    assert f"GeoScore {row['geoscore']:.0f}" in osv5m.REPORTED


def test_a_folder_without_the_weights_is_told_what_it_needs(tmp_path):
    with pytest.raises(ModelError, match=r"no model\.safetensors or pytorch_model\.bin of osv5m/baseline"):
        osv5m.IMPORTER.make(Files({tmp_path: ""}), tmp_path / "model.onnx", False, no_bar)


def test_the_table_beside_the_weights_is_read_and_has_to_agree(tmp_path, monkeypatch):
    monkeypatch.setattr(osv5m, "CLIP", osv5m.CLIP | {"num_attention_heads": 2})
    given = write_osv5m(tmp_path / "baseline")
    saved(network(geometry=False)[0], given / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"no rectangles in it; put quadtree_10_1000\.csv beside it"):
        osv5m.make(Files({given: ""}), tmp_path / "model.onnx", False, no_bar)
    head = "cluster_id,min_lat,min_lon,max_lat,max_lon,mean_lat,mean_lon\n"
    rows = np.concatenate([TREE.low, TREE.high, TREE.mean], axis=1)
    lines = [",".join(map(str, [number, *row])) for number, row in enumerate(rows.tolist())]
    (given / osv5m.TABLE).write_text(head + "\n".join(lines) + "\n")
    made = osv5m.make(Files({given: ""}), tmp_path / "model.onnx", False, no_bar)
    assert made.partition == cover(TREE).partition
    assert [each["file"] for each in made.info.training["provenance"]] == ["pytorch_model.bin", osv5m.TABLE]
    (given / osv5m.TABLE).write_text(head + "\n".join(lines[:-1]) + "\n")
    with pytest.raises(ModelError, match=r"mid\.classif\.7\.weight is \(5, 16\), not \(4, 16\)"):
        osv5m.make(Files({given: ""}), tmp_path / "model.onnx", False, no_bar)
