"""The triplet loss and its pairs, worked by hand and by loops; a run on tiny photos, stopped and gone on with."""

import json
import os
import shutil
import signal
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from PIL import Image

from photoplanet.errors import InputError, TrainingError
from photoplanet.locate import locator
from photoplanet.models import folder
from photoplanet.photos import table
from photoplanet.photos.decode import Preprocessing
from photoplanet.retrieval.vectors.embedding import Embedder
from photoplanet.training import export
from photoplanet.training.backbones import BACKBONES
from photoplanet.training.classifier import Classifier
from photoplanet.training.embedding import train, triplet
from photoplanet.training.loop import Stopped

SETTINGS = triplet.Settings(places=4, each=4, steps=10)


def by_loops(vectors, positive, negative, margin):
    """FaceNet's loss as its paper words it: for each pair the nearest negative farther than the positive."""
    terms = []
    for a in range(len(vectors)):
        away = [(vectors[a] - vectors[n]).pow(2).sum().item() for n in range(len(vectors))]
        for p in range(len(vectors)):
            if positive[a][p] and any(negative[a]):
                negatives = [away[n] for n in range(len(vectors)) if negative[a][n]]
                semi = [value for value in negatives if value > away[p]]
                terms.append(max(0.0, away[p] - (min(semi) if semi else max(negatives)) + margin))
    return float(np.mean(terms)) if terms else 0.0


@pytest.mark.parametrize("seed", range(8))
def test_the_loss_is_facenets(seed):
    random = torch.Generator().manual_seed(seed)
    vectors = torch.nn.functional.normalize(torch.randn(12, 5, generator=random), dim=1)
    place = torch.randint(0, 4, (12,), generator=random)
    positive = (place[:, None] == place[None]) & ~torch.eye(12, dtype=torch.bool)
    negative = place[:, None] != place[None]
    assert triplet.loss(vectors, positive, negative, 0.3).item() == pytest.approx(
        by_loops(vectors, positive.tolist(), negative.tolist(), 0.3), abs=1e-5
    )


def test_a_solved_batch_costs_nothing_and_one_without_pairs_has_a_gradient_of_zero():
    vectors = torch.tensor([[1.0, 0], [1, 0], [-1, 0]], requires_grad=True)
    positive = torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=torch.bool)
    negative = torch.tensor([[0, 0, 1], [0, 0, 1], [1, 1, 0]], dtype=torch.bool)
    assert triplet.loss(vectors, positive, negative, 0.2).item() == 0
    lost = triplet.loss(vectors, positive & False, negative, 0.2)
    lost.backward()
    assert lost.item() == 0 and (vectors.grad == 0).all()


def test_pairs_by_distance_and_photographer():
    km = 1 / 111.195  # degrees of latitude
    latitude = np.array([0, 0.5, 0.9, 10, 40]) * km
    positive, negative = triplet.pairs(latitude, np.zeros(5), np.array([1, 1, 2, -1, -1]), triplet.Settings())
    found = [[row.tolist() for row in mask.astype(int)] for mask in (positive, negative)]
    assert found[0] == [[0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [1, 1, 0, 0, 0], [0] * 5, [0] * 5]
    assert found[1] == [[0, 0, 0, 0, 1]] * 4 + [[1, 1, 1, 1, 0]]
    unknown, _ = triplet.pairs(np.zeros(2), np.zeros(2), np.array([-1, -1]), triplet.Settings())
    assert unknown.tolist() == [[False, True], [True, False]]  # of whom nobody knows they may well be two


def test_positives_lie_within_1_km_and_negatives_beyond_25():
    km = 1 / 111.195
    latitude = np.array([0, 0.98, 1.02, 24.9, 25.1]) * km
    positive, negative = triplet.pairs(latitude, np.zeros(5), np.arange(5), triplet.Settings())
    assert positive[0].tolist() == [False, True, False, False, False]
    assert negative[0].tolist() == [False, False, False, False, True]


def test_a_place_is_about_a_kilometre_wide():
    """S2 cells of level 13: of photos 1 km apart an eighth share one, of those 300 m apart seven in ten."""
    random = np.random.default_rng(0)
    latitude, longitude = random.uniform(-60, 60, 2000), random.uniform(-180, 180, 2000)

    def shared(km):
        both = np.concatenate([latitude, latitude + km / 111.195]), np.tile(longitude, 2)
        return len(triplet.PlaceSampler(*both, np.arange(4000), SETTINGS).groups) / 2000

    assert 0.68 < shared(0.3) < 0.76
    assert 0.09 < shared(1.0) < 0.17
    with pytest.raises(TrainingError, match="0 places"):
        shared(3.0)


def test_batches_hold_several_photos_of_each_place_and_depend_on_seed_and_step_alone():
    latitude, longitude = np.repeat([10, 20, 30, 40, 50], 6).astype(float), np.zeros(30)
    photographer = np.tile([0, 0, 1, 1, 2, 2], 5)
    photographer[24:] = 7  # all photos of the last place are one person's
    places = triplet.PlaceSampler(latitude, longitude, photographer, SETTINGS)
    assert len(places.groups) == 4
    rows = places.batch(3)
    assert len(set(rows.tolist())) == 16 and (np.bincount(rows // 6, minlength=5) == [4, 4, 4, 4, 0]).all()
    again = triplet.PlaceSampler(latitude, longitude, photographer, SETTINGS)
    assert again.batch(3).tolist() == rows.tolist() != again.batch(4).tolist()
    with pytest.raises(TrainingError, match="photographer"):
        triplet.PlaceSampler(latitude, longitude, np.zeros(30, np.int64), SETTINGS)


def test_recall_counts_the_nearest_ones_place():
    library, places = np.eye(3, dtype=np.float32), np.array([[0, 0], [0, 0.1], [50, 50.0]])
    queries = np.array([[1, 0.1, 0], [0, 1, 0.2], [0, 0.9, 1]], np.float32)
    where = np.array([[0, 0], [0, 0.0], [0, 0]], float)  # right, 11 km off, far off
    found = triplet.recall(library, places, queries, where, (1.0, 25.0))
    assert found == {"1 km": pytest.approx(1 / 3), "25 km": pytest.approx(2 / 3)}
    assert triplet.recall(library[:0], places[:0], queries, where, (1.0,)) == {"1 km": 0}


PLACES = np.array([[48.86, 2.35], [35.68, 139.69], [-22.91, -43.17], [-33.87, 151.21]])
COLOURS = np.array([[200, 60, 60], [60, 200, 60], [60, 60, 200], [190, 190, 60]])


@pytest.fixture
def model(tiny_model):
    """Its embedding is the mean colour: enough to tell four places apart."""
    torch.set_num_threads(1)
    return tiny_model


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """48 photos of four places by three people; the colour tells the place; one is no image. 32 more are held out."""
    home, random = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    rows = []
    for i in range(80):
        place = i % 4
        pixels = np.clip(COLOURS[place] + random.normal(0, 20, (36, 36, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(home / f"{i}.png")
        latitude, longitude = PLACES[place] + random.normal(0, 0.0005, 2)
        rows.append({"photo_id": f"p{i}", "path": f"{i}.png", "latitude": latitude, "longitude": longitude,
                     "photographer": f"person {i // 4 % 3}"})  # fmt: skip
    (home / "47.png").write_bytes(b"no image")
    table.write(table.from_rows(rows[48:]), home / "held-out.parquet")
    return table.write(table.from_rows(rows[:48]), home / "photos.parquet")


def run(photos, model, out, said=None, **more):
    loaded = locator.load(model, threads=1)
    say = (said if said is not None else []).append
    settings = more.pop("settings", SETTINGS)
    return train.train(
        photos,
        model,
        out,
        more.pop("embed", lambda pixels: loaded.log_probabilities(pixels)[1]),
        photos.with_name("held-out.parquet"),
        settings=settings,
        say=say,
        **more,
    )


def test_the_part_is_added_and_answers_as_it_was_measured(photos, model, tmp_path):
    said: list[str] = []
    facts = run(photos, model, tmp_path / "out", said)
    assert facts["recall"]["25 km"] == 1.0 and facts["photos"] == 47 and facts["places"] >= 4
    assert any("1 photos cannot be read" in line for line in said)
    assert facts["onnx_parity"] < 1e-4
    old, new = folder.read(model), folder.read(tmp_path / "out")  # reads and checks every hash
    assert new.info.parts["embedding"] == {**facts, "files": ["embedding.onnx"]}
    assert {name: new.info.hashes[name] for name in old.info.hashes} == old.info.hashes
    assert not old.info.parts
    embedder = Embedder(locator.load(tmp_path / "out", threads=1))
    assert (embedder.which, embedder.dimensions) == ("trained", 256)
    pixels = np.stack([np.full((16, 16, 3), colour, np.uint8) for colour in COLOURS])
    vectors = embedder.vectors(pixels)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embedder.quantise(vectors).nbytes == 4 * 256


def test_training_finds_the_place_where_other_things_drown_it(photos, model, tmp_path):
    """The difference of the first two numbers is the place's, and both vary far more than that between photos.

    An untrained layer gets 0.56 to 0.63 of the held-out photos right, the trained one all (six seeds).
    """

    def embed(pixels):
        place = np.linalg.norm(pixels.mean(axis=(1, 2))[:, None] - COLOURS, axis=2).argmin(axis=1)
        other = np.array([np.random.default_rng(photo.sum(dtype=int)).normal(0, 2, 2) for photo in pixels])
        return np.column_stack([place + other[:, 0], other]).astype(np.float32)

    facts = run(photos, model, tmp_path / "out", embed=embed, settings=replace(SETTINGS, steps=100, learning_rate=0.03))
    assert facts["recall"]["25 km"] > 0.8
    assert facts["recall_of_network"]["25 km"] < 0.6


def test_stopped_it_goes_on_and_ends_with_the_same_weights(photos, model, tmp_path):
    run(photos, model, tmp_path / "whole")
    steps: list[int] = []

    @contextmanager
    def bar(what, total=None):
        def advance(count=1, note=""):
            steps.extend([1] * count if what == "training" else ())
            if len(steps) == 7 and count:
                os.kill(os.getpid(), signal.SIGINT)

        yield advance

    with pytest.raises(Stopped):
        run(photos, model, tmp_path / "cut", bar=bar)
    assert 7 <= len(steps) < SETTINGS.steps and not folder.read(tmp_path / "cut").info.parts

    def never(pixels):
        raise AssertionError("the embeddings were kept")

    run(photos, model, tmp_path / "cut", embed=never)
    parts = [(tmp_path / name / "embedding.onnx").read_bytes() for name in ("whole", "cut")]
    assert parts[0] == parts[1]


def test_a_run_has_five_validations_and_other_settings_start_anew(photos, model, tmp_path):
    longer = replace(SETTINGS, steps=20)
    said: list[str] = []
    facts = run(photos, model, tmp_path / "out", said, settings=longer)
    validations = [line.split(":")[0] for line in said if line.startswith("step")]
    assert validations == [f"step {step}" for step in (4, 8, 12, 16, 20)]
    assert facts["recall"] == {"1 km": 1.0, "25 km": 1.0}
    again: list[str] = []
    run(photos, model, tmp_path / "out", again, settings=longer)
    assert "resuming from step 20" in again
    other: list[str] = []
    run(photos, model, tmp_path / "out", other, settings=replace(longer, margin=0.3))
    assert not any("resuming" in line for line in other) and sum(line.startswith("step") for line in other) == 5


def test_an_interrupt_marks_no_photo_as_unreadable(photos, model, tmp_path):
    """Ctrl-C while the network works: the good photos in hand are computed in the next run, not left out for ever."""

    def interrupted(pixels):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(photos, model, tmp_path / "out", embed=interrupted)
    said: list[str] = []
    facts = run(photos, model, tmp_path / "out", said)
    assert facts["photos"] == 47 and facts["validation_photos"] == 32
    assert [line for line in said if "cannot be read" in line] == [
        f"{photos}: 1 photos cannot be read and are left out"
    ]


def test_only_photos_that_changed_are_computed_again(photos, model, tmp_path):
    home = tmp_path / "photos"
    shutil.copytree(photos.parent, home)
    run(home / photos.name, model, tmp_path / "out")
    Image.new("RGB", (36, 36), (200, 60, 60)).save(home / "47.png")  # it was not an image
    seen: list[int] = []

    def counted(pixels):
        seen.append(len(pixels))
        return np.ones((len(pixels), folder.read(model).info.embedding_size), np.float32)

    facts = run(home / photos.name, model, tmp_path / "out", embed=counted)
    assert seen == [1] and facts["photos"] == 48


class OneLayer(torch.nn.Module):
    """The least backbone there is: torch's exporter takes a minute for a real one on a busy machine."""

    embedding, auxiliary, minimum_size = 6, 0, 16

    def __init__(self, width, embedding):
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 6, 8, stride=8)

    def forward(self, pixels):
        return self.layer(pixels).relu().mean(dim=(2, 3)), None


def test_the_whole_network_learns_and_is_exported_with_pixels_going_in(photos, model, tmp_path, monkeypatch):
    monkeypatch.setitem(BACKBONES, "one layer", OneLayer)
    torch.manual_seed(0)
    network = Classifier("one layer", 5, Preprocessing(size=32)).eval()
    export.save_weights(network, tmp_path / "weights")
    info = folder.ModelInfo("small", network.arguments(), network.preprocessing, 5, network.embedding_size)
    partition = folder.read(model).partition
    folder.write(tmp_path / "out", info, partition, model / folder.NETWORK, tmp_path / "weights")

    @torch.inference_mode()
    def embed(pixels):
        return network(torch.from_numpy(pixels)).embedding.numpy()

    settings = replace(SETTINGS, steps=4, learning_rate=1e-3, margin=2.0)  # at the usual one nothing is left to learn
    facts = train.train(photos, tmp_path / "out", tmp_path / "out", embed, photos, True, settings)
    assert facts["input"] == "images" and facts["onnx_parity"] < 1e-3
    session = onnxruntime.InferenceSession(tmp_path / "out" / "embedding.onnx", providers=["CPUExecutionProvider"])
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    (vectors,) = session.run(["vectors"], {"images": pixels})
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), np.ones(3), atol=1e-4)
    kept = json.loads((tmp_path / "out" / "model.json").read_text("utf-8"))["parts"]["embedding"]
    assert kept["settings"]["learning_rate"] == 1e-3
    weights = {tuple(each.dims): each for each in onnx.load(tmp_path / "out" / "embedding.onnx").graph.initializer}
    before = network.backbone.layer.weight.detach().numpy()  # of the CNN, not of the layer on top of it
    moved = np.abs(onnx.numpy_helper.to_array(weights[before.shape]) - before)
    assert moved.max() > 5e-4  # AdamW's first step is as long as its rate; weight decay alone moves 1e-8


def test_another_models_folder_is_not_built_upon(photos, model, write_model, tmp_path):
    other = write_model(tmp_path / "other", bias={"Rio": 3})
    with pytest.raises(InputError, match="another network"):
        run(photos, model, other.folder)
    assert not folder.read(other.folder).info.parts
