"""Small models: an ordinary folder, near the float32 one, of a size that was asked for; and photos of all kinds."""

import json
import shutil
import subprocess
import sys

import numpy as np
import onnx
import pytest
from PIL import Image

import photoplanet as pp
from photoplanet.errors import InputError, ModelError
from photoplanet.models import folder, installed
from photoplanet.photos import table
from photoplanet.quantisation import network, operators, parity
from photoplanet.quantisation.export import export
from photoplanet.toyworld import write as toyworld

COUNT = 96


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Painted photos of the toy Earth in a folder, with their table."""
    home = tmp_path_factory.mktemp("toyworld")
    toyworld.write(home, toyworld.Order(photos=COUNT, seed=3, size=128), processes=1)
    return home


@pytest.fixture(scope="module")
def small(photos, tmp_path_factory):
    return export(installed.resolve("toy"), tmp_path_factory.mktemp("small") / "toy8",
                  photos=photos / "photos.parquet")  # fmt: skip


def paths(photos, count=24):
    rows, _ = table.read(photos / "photos.parquet")
    return list(table.paths(rows, photos))[-count:]


def test_it_is_an_ordinary_folder_a_quarter_of_the_size(small):
    read = folder.read(small.bundle.folder)
    plain = folder.read(installed.resolve("toy"))
    assert read.info.name == "toy-int8" and read.info.is_toy and read.weights_path is None
    assert read.info.calibration == plain.info.calibration
    assert read.info.parts == plain.info.parts  # album methods and the embedding go along
    assert read.onnx_path.stat().st_size < 0.45 * plain.onnx_path.stat().st_size  # a bank of int8 rows stays
    assert small.size == sum(path.stat().st_size for path in read.folder.iterdir())


def test_it_answers_nearly_as_the_float32_model(small, photos):
    ours, plain = pp.load(small.bundle.folder), pp.load("toy")
    got, want = ours.locate(paths(photos)), plain.locate(paths(photos))
    moved = [0.5 * np.abs(one.probabilities - other.probabilities).sum() for one, other in zip(got, want, strict=True)]
    assert np.mean(moved) < 0.03 and max(moved) < 0.15
    assert np.abs([one.unknown - other.unknown for one, other in zip(got, want, strict=True)]).max() < 0.3


def test_every_use_of_a_model_takes_it(small, photos):
    model = pp.load(small.bundle.folder)
    some = paths(photos, 4)
    assert len(model.locate_album(some, method="attention")) == 4
    assert model.explain(some[0], positions=2).heat.ndim == 2
    assert model.evaluate(photos / "photos.parquet")["photos"] == COUNT
    found = model.similar(
        some[0], photos / "photos.parquet", k=1, by="embedding", index=small.bundle.folder.parent / "i"
    )
    assert found[0].path == some[0]


def test_the_figures_stand_in_the_folder_and_on_its_card(small):
    facts = json.loads((small.bundle.folder / "model.json").read_text("utf-8"))["training"]["int8"]
    assert facts == small.figures
    assert (facts["ranges_from"], facts["photos"], facts["measured_on_others"]) == (48, 48, True)
    assert facts["same_top_cell"] > 0.85 and facts["moved"] < 0.03 and facts["cosine"] > 0.98
    assert facts["known_places"] == 48 and abs(facts["top_cell"]["int8"] - facts["top_cell"]["float32"]) < 0.1
    assert set(facts["accuracy"]["int8"]) == {"street", "city", "region", "country", "continent"}
    card = (small.bundle.folder / "MODEL_CARD.md").read_text("utf-8")
    assert "## How it was made small" in card and f"is the same for {facts['same_top_cell']:.1%} of them" in card
    assert "All other figures of this card are those of the float32 network" in card


def test_it_runs_on_phones(small):
    made = onnx.load(small.bundle.onnx_path)
    assert operators.unknown_to_phones(made) == small.figures["unknown_to_phones"] == []
    kinds = {node.op_type for node in made.graph.node}
    assert "DequantizeLinear" in kinds
    made.graph.node[0].domain = "com.example"
    assert operators.unknown_to_phones(made) == [f"com.example.{made.graph.node[0].op_type}"]


def test_logits_are_not_rounded_to_256_steps(small, photos):
    """Where they were, a fifth of all photos changed their likeliest cell."""
    rows = pp.load(small.bundle.folder).locate(paths(photos, 1)[0]).probabilities
    assert len(np.unique(np.log(rows[rows > 0]).round(5))) > 800


def test_equal_photos_give_equal_bytes(small, photos, tmp_path):
    again = export(installed.resolve("toy"), tmp_path / "again", photos=photos / "photos.parquet", name="another")
    assert again.bundle.info.name == "another"
    assert again.bundle.info.hashes["model.onnx"] == small.bundle.info.hashes["model.onnx"]


def test_a_folder_of_photos_without_places_will_do(photos, tmp_path):
    some = tmp_path / "photos"
    some.mkdir()
    for number, path in enumerate(paths(photos, 40)):
        shutil.copy(path, some / f"{number}.jpg")
    (some / "broken.jpg").write_bytes(b"\xff\xd8\xff not a photo")
    figures = export(installed.resolve("toy"), tmp_path / "out", photos=some).figures
    assert figures["ranges_from"] + figures["photos"] == 40 and figures["unreadable"] == 1
    assert "top_cell" not in figures and figures["photos_from"] == "photos"


def test_few_photos_give_ranges_and_figures_and_the_figures_say_so(photos, tmp_path):
    some = tmp_path / "photos"
    some.mkdir()
    for number, path in enumerate(paths(photos, 16)):
        shutil.copy(path, some / f"{number}.jpg")
    figures = export(installed.resolve("toy"), tmp_path / "out", photos=some).figures
    assert (figures["ranges_from"], figures["photos"], figures["measured_on_others"]) == (16, 16, False)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda home: None, "no photo"),
        (lambda home: [(home / f"{n}.jpg").write_bytes(b"junk") for n in range(20)], "0 of 20 photos can be read"),
        (lambda home: [Image.new("RGB", (9, 9)).save(home / f"{n}.png") for n in range(15)], "15 of 15 photos"),
    ],
    ids=["empty", "hostile", "too few"],
)  # fmt: skip
def test_photos_that_cannot_be_used_are_refused_and_nothing_is_written(tmp_path, make, says):
    home = tmp_path / "photos"
    home.mkdir()
    make(home)
    with pytest.raises(InputError, match=says):
        export(installed.resolve("toy"), tmp_path / "out", photos=home)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_photos_of_one_grey_make_another_model_and_that_is_refused(tmp_path):
    home = tmp_path / "photos"
    home.mkdir()
    for number in range(20):
        Image.new("RGB", (32, 32), (0, 0, number % 2)).save(home / f"{number}.png")
    with pytest.raises(ModelError, match=r"toy: the photos are too much alike .*; nothing was written"):
        export(installed.resolve("toy"), tmp_path / "out", photos=home)
    assert not (tmp_path / "out").exists()


def test_without_photos_the_models_own_are_taken(write_model, photos, tmp_path):
    """Those of its training table that validated it, where that lies beside the model."""
    home = tmp_path / "home"
    home.mkdir()
    rows, _ = table.read(photos / "photos.parquet")
    rows = table.from_rows(
        [{**row, "path": str(photos / row["path"])} for row in rows.select(["photo_id", "path", "latitude", "longitude",
                                                                            "album"]).to_pylist()]
    )  # fmt: skip
    table.write(rows, home / "mine.parquet")
    toy = folder.read(installed.resolve("toy"))
    training = {**toy.info.training, "table": {"file": "mine.parquet", "photos": COUNT}, "recipe": {"validation": 0.4}}
    mine = folder.write(home / "model", folder.ModelInfo(**{**vars(toy.info), "training": training}), toy.partition,
                        toy.onnx_path)  # fmt: skip
    figures = export(mine.folder, home / "small").figures
    assert figures["photos_from"] == "the model's own validation photos of mine.parquet"
    assert 0 < figures["ranges_from"] + figures["photos"] < COUNT
    with pytest.raises(InputError, match=r"toy: the model does not name its training photos; give .* --photos FOLDER"):
        export(installed.resolve("toy"), home / "other")


def test_a_size_that_float32_keeps_changes_nothing_but_the_training_weights(tmp_path):
    made = export(installed.resolve("toy"), tmp_path / "out", int8=False, most_bytes=10_000_000)
    assert made.figures == {} and made.bundle.info.name == "toy" and made.bundle.weights_path is None
    assert made.bundle.info.hashes["model.onnx"] == folder.read(installed.resolve("toy")).info.hashes["model.onnx"]
    assert made.size < 10_000_000


def test_a_size_that_needs_int8_gets_it(photos, tmp_path):
    made = export(installed.resolve("toy"), tmp_path / "out", int8=False, most_bytes=2_500_000,
                  photos=photos / "photos.parquet")  # fmt: skip
    assert made.figures and made.size <= 2_500_000


def test_a_size_that_int8_does_not_reach_is_an_error(photos, tmp_path):
    with pytest.raises(
        InputError, match=r"toy: 2\.\d MB in int8, more than 1 MB; a model with fewer cells \(1,044 now\)"
    ):
        export(installed.resolve("toy"), tmp_path / "out", most_bytes=1_000_000, photos=photos / "photos.parquet")
    assert not (tmp_path / "out").exists()


def test_int8_of_int8_and_a_model_onto_itself_are_refused(small, tmp_path):
    with pytest.raises(ModelError, match="is int8 already; export the model that it was made of"):
        export(small.bundle.folder, tmp_path / "out")
    with pytest.raises(InputError, match="is the model itself"):
        export(small.bundle.folder, small.bundle.folder)


def test_a_network_without_convolutions_or_matrices_is_refused(tmp_path):
    from photoplanet.core.onnx_graphs import Graph

    graph = Graph()
    pixels = graph.add("Cast", ["images"], to=1)
    graph.add("ReduceMean", [pixels, graph.constant("sides", np.array([1, 2]))], "embedding", keepdims=0)
    graph.add("LogSoftmax", ["embedding"], "log_probabilities", axis=1)
    inputs = {"images": (np.uint8, ["n", 8, 8, 3])}
    outputs = {name: (np.float32, ["n", 3]) for name in ("log_probabilities", "embedding")}
    path = tmp_path / "model.onnx"
    path.write_bytes(graph.model("mean colour", inputs, outputs).SerializeToString())
    with pytest.raises(ModelError, match="has no convolutions or matrices that can be int8"):
        network.quantise(path, np.zeros((8, 8, 8, 3), np.uint8), tmp_path / "small.onnx")


def test_figures_are_those_of_a_calculation_by_hand(tiny_model):
    partition = pp.load(tiny_model).partition
    compared = parity.Compared(partition, 1.0)
    here, there = partition.means[0], partition.means[1]
    plain = [np.log(np.float32([[0.6, 0.4, 0, 0, 0], [0.3, 0.7, 0, 0, 0]]) + 1e-30), np.float32([[1, 0], [0, 2]])]
    small = [np.log(np.float32([[0.5, 0.5, 0, 0, 0], [0.6, 0.4, 0, 0, 0]]) + 1e-30), np.float32([[1, 0], [2, 2]])]
    compared.add(plain, small, np.array([here, there]))
    found = compared.figures()
    assert (found["photos"], found["same_top_cell"], found["probability"]) == (2, 0.5, 0.3)
    assert (found["moved"], found["moved_most"], found["cosine"]) == (0.2, 0.3, 0.7071)
    assert found["top_cell"] == {"float32": 1.0, "int8": 0.5}
    assert found["accuracy"]["float32"]["street"] == 1.0 and found["accuracy"]["int8"]["street"] == 0.5


def test_heads_between_convolutions_and_the_answer_stay_float32(tmp_path):
    """Of a model on an encoder's features: what joins neighbours and cells is no convolution, and no name is needed."""
    from photoplanet.core.onnx_graphs import Graph

    graph, random = Graph(), np.random.default_rng(0)
    pixels = graph.add("Transpose", [graph.add("Cast", ["images"], to=1)], perm=[0, 3, 1, 2])
    weights = graph.constant("w", random.normal(size=(4, 3, 3, 3)).astype(np.float32))
    lines = graph.add("Clip", [graph.add("Conv", [pixels, weights]), graph.constant("zero", np.float32(0))])
    sides = graph.constant("sides", np.array([2, 3]))
    graph.add("ReduceMean", [lines], "embedding", keepdims=0)
    graph.nodes[-1].input.append(sides)
    logits = graph.add("MatMul", ["embedding", graph.constant("m", random.normal(size=(4, 5)).astype(np.float32))])
    prior = graph.add("Add", [logits, graph.constant("prior", np.float32([-9, -9, 0, 0, 9]))])
    graph.add("LogSoftmax", [prior], "log_probabilities", axis=1)
    inputs = {"images": (np.uint8, ["n", 8, 8, 3])}
    outputs = {"log_probabilities": (np.float32, ["n", 5]), "embedding": (np.float32, ["n", 4])}
    made = graph.model("on features", inputs, outputs)
    made.opset_import.add(domain="", version=18)  # a network that was joined of two may have one line too many
    for node in made.graph.node:
        node.name = ""
    path = tmp_path / "model.onnx"
    path.write_bytes(made.SerializeToString())
    found = network.quantise(path, random.integers(0, 256, (8, 8, 8, 3), np.uint8), tmp_path / "small.onnx")
    by_output = {node.output[0]: node for node in found.graph.node}
    for kind, integer in (("Conv", True), ("MatMul", True), ("Add", False), ("LogSoftmax", False)):
        (node,) = (node for node in found.graph.node if node.op_type == kind)
        source = by_output.get(node.input[0])
        assert (source is not None and source.op_type == "DequantizeLinear") == integer, kind


def test_the_loggers_of_the_process_stay_as_they_were(tmp_path):
    """ONNX Runtime's quantiser gives the root logger a level and a handler where it is imported."""
    script = (
        "import logging, numpy as np, sys; from pathlib import Path\n"
        "from photoplanet.models import installed; from photoplanet.quantisation import network\n"
        "photos = np.random.default_rng(0).integers(0, 256, (2, 128, 128, 3), np.uint8)\n"
        "network.quantise(installed.resolve('toy') / 'model.onnx', photos, Path(sys.argv[1]))\n"
        "print(logging.getLogger().level, logging.getLogger().handlers, logging.root.manager.disable)"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path / "a.onnx"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("30 [] 0\n", "")
