"""From a photo table to a model folder, without torch: what is written, what is kept, and what is refused."""

import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from PIL import Image

import photoplanet as pp
from photoplanet.encoders import kept
from photoplanet.encoders.encoder import Encoder
from photoplanet.errors import InputError, ModelError, TrainingError
from photoplanet.metadata import exif
from photoplanet.models import folder as model_folder
from photoplanet.photos import table
from photoplanet.retrieval.library.vector_backend import VectorBackend
from photoplanet.retrieval.vectors.embedding import Embedder
from photoplanet.training import embeddings
from photoplanet.training.features import run

PLACES = {"red": (48.9, 2.3), "green": (35.7, 139.7), "blue": (-22.9, -43.2)}


@pytest.fixture
def photos(tmp_path):
    """A table of 24 photos in 8 albums, whose colour tells the city."""
    random, rows = np.random.default_rng(0), []
    for number in range(24):
        channel = number % 3
        pixels = random.integers(0, 90, (20, 20, 3), np.uint8)
        pixels[..., channel] += 150
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        latitude, longitude = list(PLACES.values())[channel] + random.normal(0, 0.01, 2)
        rows.append({"photo_id": f"p{number}", "path": f"{number}.png", "latitude": latitude, "longitude": longitude,
                     "album": f"a{number // 3}"})  # fmt: skip
    return table.write(table.from_rows(rows), tmp_path / "photos.csv")


def colour(channel):
    pixels = np.full((30, 40, 3), 45, np.uint8)
    pixels[..., channel] = 195
    return pixels


def test_a_model_folder_that_locates(photos, write_encoder, tmp_path):
    said = []
    facts = run.train(photos, tmp_path / "model", write_encoder(), say=said.append)
    model = pp.load(tmp_path / "model")
    for channel, (latitude, longitude) in enumerate(PLACES.values()):
        best = model.locate(colour(channel)).best
        assert pp.geodesy.distance_km(best.latitude, best.longitude, latitude, longitude) < 25
    info = model.info
    assert info.backbone["backbone"] == "means" and info.backbone["encoder_licence"] == "CC0-1.0"
    assert info.embedding_size == 48 and info.classes == len(model.partition) == facts["cells"]
    assert info.calibration["readout_sharpness"] == info.temperature
    assert info.training["validation"]["photos"] == 24 and max(info.training["onnx_parity"].values()) < 1e-4
    card = (tmp_path / "model" / model_folder.CARD).read_text()
    for words in ("encoder_licence CC0-1.0", "24 validation photos", "tested: 4 folds of whole groups", "means"):
        assert words in card
    assert said[0] == f"features of 24 photos by means, kept in {kept.folder(*_named(write_encoder()))}"


def _named(encoder):
    return encoder.sha256, encoder.preprocessing


def test_features_are_computed_once_by_whoever_wants_them(photos, write_encoder, tmp_path, monkeypatch):
    encoder = write_encoder()
    first = run.train(photos, tmp_path / "model", encoder)
    monkeypatch.setattr(Encoder, "embed", lambda *_: pytest.fail("computed again"))
    monkeypatch.setattr(run.graph, "parity", lambda *_: {"embedding": 0.0})
    again = run.train(photos, tmp_path / "again", encoder)
    assert {**again, "seconds": 0, "seconds_embedding": 0} == {**first, "seconds": 0, "seconds_embedding": 0}
    assert (tmp_path / "again/model.onnx").read_bytes() == (tmp_path / "model/model.onnx").read_bytes()

    model = pp.load(tmp_path / "model")
    monkeypatch.setattr(type(model), "log_probabilities", lambda *_: pytest.fail("computed again"))
    addresses = [str(tmp_path / f"{number}.png") for number in range(24)]
    backend = VectorBackend(Embedder(model))
    found = [entry.arrays["vectors"][0] for entry in backend.extract(addresses)]
    want = encoder.compared(kept.features(encoder, addresses)[0].astype(np.float32))
    assert backend.embedder.dequantise(np.stack(found)) == pytest.approx(want, abs=0.01)

    rows, readable = embeddings.embeddings(addresses, model.info, lambda *_: pytest.fail(), tmp_path / "kept")
    assert readable.all() and rows[:] == pytest.approx(want, abs=1e-3)


@pytest.mark.parametrize("weights", [None, {"layer": np.zeros(3, np.float32)}])  # those of an encoder that was tuned
def test_album_networks_that_need_a_softmax_layer_are_refused_at_once(photos, write_encoder, tmp_path, weights):
    from photoplanet.training.albums import recipes, train

    run.train(photos, tmp_path / "model", write_encoder(), tuning=run.Tuning(weights=weights))
    model, out = pp.load(tmp_path / "model"), tmp_path / "albums"
    with pytest.raises(InputError, match=r"attention starts from a softmax layer, .* --method lstm"):
        train.train(photos, model, out, [recipes.recipe("lstm"), recipes.recipe("attention")])
    assert not out.exists() and not out.with_name("albums.run").exists()
    done = train.train(photos, model, out, [recipes.recipe("lstm", epochs=1, units=4)])
    assert any("lstm" in name for name in done)


def test_another_head_on_the_same_encoder_keeps_the_key_of_a_library(photos, write_encoder, tmp_path):
    encoder = write_encoder()
    run.train(photos, tmp_path / "model", encoder)
    run.train(photos, tmp_path / "other", encoder, run.Settings(blend="head"))
    run.train(photos, tmp_path / "another", write_encoder("darker", scale=1 / 300))
    keys = [Embedder(pp.load(tmp_path / name)).key for name in ("model", "other", "another")]
    assert keys[0] == keys[1] != keys[2]


def test_a_changed_photo_is_computed_again_and_unreadable_ones_are_left_out(photos, write_encoder, tmp_path):
    encoder, said = write_encoder(), []
    run.train(photos, tmp_path / "model", encoder)
    (tmp_path / "0.png").write_bytes(b"no photo")
    (tmp_path / "1.png").unlink()
    Image.fromarray(colour(0)).save(tmp_path / "2.png")
    facts = run.train(photos, tmp_path / "model", encoder, say=said.append)
    assert facts["unreadable_photos"] == 2 and facts["photos"] == 22 and facts["table"]["photos"] == 24
    assert "2 of 24 photos cannot be read and are left out" in said
    fresh = kept.features(encoder, [str(tmp_path / "2.png")])[0]
    assert fresh[0] == pytest.approx(encoder.features([str(tmp_path / "2.png")])[0], abs=1e-3)


def test_what_a_stopped_run_computed_is_there(photos, write_encoder, tmp_path, monkeypatch):
    encoder, calls = write_encoder(), []
    embed = Encoder.embed
    addresses = [str(tmp_path / f"{number}.png") for number in range(24)]

    def stop(count=1, note=""):
        calls.append(count)
        if len(calls) == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.features(encoder, addresses, advance=stop)
    computed = []
    monkeypatch.setattr(Encoder, "embed", lambda self, pixels: computed.append(len(pixels)) or embed(self, pixels))
    _, readable, why = kept.features(encoder, addresses)
    assert sum(computed) in (14, 15) and readable.all() and why == []


def test_where_nothing_can_be_kept_everything_is_computed(photos, write_encoder, tmp_path, own_home):
    (own_home / "features").mkdir()
    kept.folder(*_named(encoder := write_encoder())).write_text("a file")
    assert run.train(photos, tmp_path / "model", encoder)["photos"] == 24


def test_a_model_of_one_place_says_that_it_cannot_tell_places_apart(photos, write_encoder, tmp_path):
    rows, said = table.read(photos)[0], []
    for name in ("latitude", "longitude"):
        rows = rows.set_column(rows.column_names.index(name), name, pa.array([9.0] * 24))
    run.train(table.write(rows, tmp_path / "one.csv"), tmp_path / "model", write_encoder(), say=said.append)
    assert run.ONE_PLACE in said
    assert all(pp.load(tmp_path / "model").locate(colour(channel)).abstains for channel in range(3))
    said.clear()
    run.train(photos, tmp_path / "model", write_encoder(), say=said.append)
    assert run.ONE_PLACE not in said


def test_photos_without_a_group_are_tested_one_by_one_and_it_says_so(photos, write_encoder, tmp_path):
    rows, _ = table.read(photos, columns=("photo_id", "path", "latitude", "longitude"))
    lone, said = table.write(rows, tmp_path / "lone.csv"), []
    facts = run.train(lone, tmp_path / "model", write_encoder(), say=said.append)
    assert facts["grouped_by"] == ["photo"] and "24 groups" in facts["tested"]
    assert sum("no album, photographer or day tells the photos apart" in line for line in said) == 1


def test_the_world_of_toy_photos_is_told(photos, write_encoder, tmp_path):
    rows, _ = table.read(photos)
    source = pa.array([exif.TOY_SOFTWARE] * 24)
    toy = table.write(rows.set_column(rows.column_names.index("source"), "source", source), tmp_path / "toy.parquet")
    run.train(toy, tmp_path / "model", write_encoder())
    assert pp.load(tmp_path / "model").info.is_toy


@pytest.mark.parametrize(("change", "error", "words"), [
    (lambda rows: rows.slice(0, 0), TrainingError, "no photo to train on; index some"),
    (lambda rows: rows.set_column(1, "path", [["no.jpg"] * 24]), TrainingError, "none of its 24 photos can be read"),
])  # fmt: skip
def test_tables_without_a_photo(photos, write_encoder, tmp_path, change, error, words):
    rows, _ = table.read(photos)
    with pytest.raises(error, match=words):
        run.train(table.write(change(rows), tmp_path / "bad.csv"), tmp_path / "model", write_encoder())
    assert not (tmp_path / "model").exists()


def test_what_is_refused_leaves_what_was_there(photos, write_encoder, tmp_path):
    with pytest.raises(InputError, match="give the name of a new folder"):
        run.train(photos, photos, write_encoder())
    run.train(photos, tmp_path / "model", write_encoder())
    before = (tmp_path / "model/model.json").read_bytes()
    with pytest.raises(TrainingError, match="all 24 photos look the same"):
        run.train(photos, tmp_path / "model", write_encoder("dark", scale=0.0))
    with pytest.raises(ModelError, match="encoder wild: features that are not finite"):
        run.train(photos, tmp_path / "model", write_encoder("wild", scale=np.inf))
    assert (tmp_path / "model/model.json").read_bytes() == before


WITHOUT_TORCH = """
import sys
from pathlib import Path
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "scipy", "safetensors", "tensorboard"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
from photoplanet.__main__ import main
sys.argv = ["photoplanet", *sys.argv[1:]]
sys.exit(main())
"""


def command(*arguments):
    run_it = [sys.executable, "-c", WITHOUT_TORCH, *map(str, arguments)]
    return subprocess.run(run_it, capture_output=True, text=True, timeout=120)


def test_the_command_needs_no_torch_and_takes_the_encoder_by_itself(photos, write_encoder, tmp_path):
    write_encoder()
    done = command("train", photos, "-o", tmp_path / "model", "--backbone", "means", "--set", "blend=ridge", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["blend"] == "ridge" and facts["photos"] == 24
    done = command("train", photos, "-o", tmp_path / "lite")
    assert done.returncode == 0, done.stderr
    assert "on the features of lite0" in done.stdout and "--backbone mobile trains a network" in done.stdout
    assert "without a look at the photo: street" in done.stdout and "now the default model" not in done.stderr
    assert pp.load(tmp_path / "lite").info.backbone["backbone"] == "lite0"


@pytest.mark.parametrize(("arguments", "words"), [
    (["--backbone", "means", "--epochs", "3"], "--epochs is for networks that are trained from pixels"),
    (["--backbone", "means", "--set", "epoch=3"], "setting 'epoch': unknown; the settings are level, cell_photos"),
    (["--backbone", "means", "--set", "blend=x"], "blend='x' is unknown"),
    (["--epochs", "3"], "training needs the 'train' extra"),  # of a network from pixels, so that torch is wanted
    (["--backbone", "lite9"], "--backbone lite9 is unknown; give an encoder (lite0, lite1, lite2, means, onnx:PATH,"),
    (["--backbone", "mobile"], "training needs the 'train' extra"),
])  # fmt: skip
def test_options_that_do_not_go_together(photos, write_encoder, tmp_path, arguments, words):
    write_encoder()
    done = command("train", photos, "-o", tmp_path / "model", *arguments)
    assert done.returncode == 2 and words in " ".join(done.stderr.split()), done.stderr
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(("installed", "arguments", "trained"), [
    (True, [], "lite0"), (True, ["--seed", "1"], "lite0"), (False, [], "mobile"), (True, ["--epochs", "1"], "mobile"),
    (True, ["--set", "width=0.25"], "mobile"),
    (True, ["--set", "penalty=0.1", "--set", "seed=2"], "lite0"), (True, ["--backbone", "mobile"], "mobile"),
    (False, ["--backbone", "lite1"], "lite1"),
])  # fmt: skip
def test_what_is_trained_without_being_asked(photos, tmp_path, monkeypatch, installed, arguments, trained):
    """`lite0` where its package is there and nothing was said that only a network from pixels understands."""
    from photoplanet.cli import train as command
    from photoplanet.training import run as pixels

    called = []
    monkeypatch.setattr(command, "_is_installed", lambda: installed)
    monkeypatch.setattr(pixels, "train", lambda photos, out, recipe, *more: called.append(recipe.backbone))
    monkeypatch.setattr(command, "_on_features", lambda photos, out, name, *more: called.append(name) or 0)
    CliRunner().invoke(command.command, [str(photos), "-o", str(tmp_path / "model"), *arguments], standalone_mode=False)
    assert called == [trained]


def test_the_command_knows_every_network_from_pixels():
    from photoplanet.cli import train as command
    from photoplanet.encoders import installed
    from photoplanet.training.backbones import BACKBONES

    assert set(BACKBONES) - set(installed.FAMILIES) == set(command.PIXELS)
