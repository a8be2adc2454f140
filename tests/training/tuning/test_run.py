"""Tuning from table to model folder: where it starts, what it learns, who decides, and what is refused."""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from photoplanet.cli.train import command
from photoplanet.core.home import home
from photoplanet.encoders import encoder, lite
from photoplanet.errors import InputError, TrainingError
from photoplanet.locate import locator
from photoplanet.models import folder as model_folder
from photoplanet.photos import decode
from photoplanet.training import dataset, recipes
from photoplanet.training.classification import Classification
from photoplanet.training.distributed import Ranks
from photoplanet.training.features import tested
from photoplanet.training.features.settings import Settings
from photoplanet.training.loop import RunOptions
from photoplanet.training.tuning import choice, learn, run

QUIET = RunOptions(curves=False, threads=1)
SMALL = recipes.changed(
    recipes.named("tune"), ["image_size=32", "batch_size=16", "steps=2", "tuned_layers=2", "precision=float32"]
)


@pytest.fixture(scope="module")
def arranged(few_photos, tmp_path_factory):
    """The data of the small recipe and the compared features that lite0 at 32 px has of its training photos."""
    recipe = recipes.changed(SMALL, ["max_photos=20", "min_photos=1"])
    data = dataset.prepare(few_photos, recipe)
    given = lite.load("lite0", tmp_path_factory.mktemp("home"))
    at_32 = learn.encoder(given, learn.Tuned(lite.weights("lite0"), {}), recipe, tmp_path_factory.mktemp("e") / "32")
    return data, at_32.compared(np.stack(at_32.features(data.training.sources, 1))), at_32


def test_it_starts_as_what_the_features_teach(arranged):
    """The first network answers as the head on the encoder's features does, not as one of random weights."""
    data, features, at_32 = arranged
    head = learn.taught(data, features, SMALL)
    network = Classification(data, SMALL, Ranks(), 1, head=head).model.eval()
    pixels = np.stack(list(decode.load_many(data.training.sources[:8], at_32.preprocessing, 1)))
    with torch.inference_mode():
        outputs = network(torch.from_numpy(pixels))
    assert np.abs(outputs.embedding.numpy() - features[:8]).max() < 1e-5
    found = outputs.logits.log_softmax(1).numpy()
    assert np.abs(found - head.log_probabilities(features[:8])).max() < 1e-3
    right = head.log_probabilities(features).argmax(axis=1) == data.training.classes
    assert right.mean() > 0.5  # of five colours and cities; 0.85 here


def test_steps_lower_the_loss_and_change_the_last_layers_alone(arranged):
    data, features, _ = arranged
    # a head that knows nothing leaves much to learn: the first loss is that of an even guess
    recipe = recipes.changed(SMALL, ["steps=12", "hierarchy=", "hierarchy_shares=", "head_rate=10"])
    log = []
    made = learn.tuned(data, np.zeros_like(features), None, recipe, Ranks(), QUIET, say=log.append)
    before = lite.weights("lite0")
    moved = {name for name in before if name in made.tensors and not np.array_equal(before[name], made.tensors[name])}
    last = max(int(name.split(".")[1]) for name in before if name.startswith("_blocks."))
    assert moved and all(name.startswith((f"_blocks.{last}.", "_conv_head", "_bn1")) for name in moved)
    assert not [name for name in moved if "running" in name]
    assert made.facts["steps"] == 12 and made.facts["photos"] == len(data.training)


def trained(few_photos, tmp_path):
    said = []
    facts = run.train(few_photos, tmp_path / "model", SMALL, QUIET, say=said.append)
    return facts, said, model_folder.read(tmp_path / "model")


@pytest.mark.parametrize("kept", [True, False])
def test_who_is_held_out_decides_which_encoder_the_model_gets(few_photos, tmp_path, monkeypatch, kept):
    real = choice.compared
    monkeypatch.setattr(choice, "compared", lambda *given: {**real(*given), "kept": kept})
    facts, said, bundle = trained(few_photos, tmp_path)
    assert bundle.info.backbone["backbone"] == ("lite0-tuned" if kept else "lite0")
    assert bundle.info.preprocessing.size == (32 if kept else 224)
    tuning = facts["tuning"]
    assert (tuning["kept"], tuning["steps"], tuning["held_out_groups"]) == (kept, 2, tuning["held_out_photos"])
    assert tuning["photos"] + tuning["held_out_photos"] == 24
    assert any(line.startswith("tuning helped") for line in said) == kept
    assert json.loads((tmp_path / "model" / model_folder.INFO).read_text())["training"]["tuning"]["kept"] == kept
    used = encoder.read(tmp_path / "model.run" / "encoder") if kept else lite.load("lite0", home())
    photo = few_photos.parent / "photos" / "7.jpg"
    found = locator.load(tmp_path / "model").locate(photo)
    expected = used.compared(np.stack(used.features([photo], 1)))[0]
    assert np.abs(found.embedding - expected).max() < 1e-4
    if not kept:
        assert bundle.weights_path is None
        return
    first = bundle.onnx_path.read_bytes()
    _, said, bundle = trained(few_photos, tmp_path)
    assert "resuming from step 2" in said
    assert bundle.onnx_path.read_bytes() == first
    # and what it says of itself is enough to train further
    further = recipes.changed(SMALL, [f"start={bundle.folder}"])
    facts = run.train(few_photos, tmp_path / "further", further, QUIET)
    assert facts["tuning"]["recipe"]["start"] == str(bundle.folder)
    assert model_folder.read(tmp_path / "further").info.backbone["encoder_source"].count("tuned") == 1
    began = encoder.read(tmp_path / "further.run" / "start").network.read_bytes()
    assert began == used.network.read_bytes()


def test_a_tuned_encoder_is_tested_on_photos_kept_out_alone():
    random = np.random.default_rng(0)
    features = random.normal(size=(40, 6)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    latitude, longitude = random.uniform(-60, 60, 40), random.uniform(-180, 180, 40)
    held = np.arange(40) % 4 == 1
    found = tested.held_out(
        features, latitude, longitude, np.arange(40), Settings(), fold=np.where(held, 0, -1)
    )  # fmt: skip
    assert found.rows.tolist() == np.flatnonzero(held).tolist() and len(found.km) == 10
    assert found.facts["validation"]["photos"] == 10
    # those held out are of no use to what is tested: moved anywhere, their features change nothing for one of them
    others = np.flatnonzero(held)[1:]
    features[others] = -features[others]
    again = tested.held_out(features, latitude, longitude, np.arange(40), Settings(blend=found.blend),
                            fold=np.where(held, 0, -1))  # fmt: skip
    assert again.km[0] == found.km[0]


def test_too_few_photos_are_named(few_photos, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "LEAST", 25)
    with pytest.raises(TrainingError, match="24 photos are too few to tell whether tuning helps; leave --tune out"):
        run.train(few_photos, tmp_path / "model", SMALL, QUIET)
    assert not (tmp_path / "model").exists()


def test_what_cannot_be_tuned_is_refused(few_photos, tmp_path):
    for setting, said in (("backbone=mobile", "cannot be tuned"), ("start=random", "goes on from pretrained")):
        recipe = recipes.changed(SMALL, [setting])
        with pytest.raises(InputError, match=said):
            run.train(few_photos, tmp_path / "model", recipe, QUIET)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tune", "0"], "--tune 0"),
        (["--tune", "most"], "--tune most"),
        (["--tune", "--recipe", "paper"], "--recipe does not go with --tune"),
        (["--tune", "--backbone", "mobile"], "lite0, lite1, lite2"),
    ],
)
def test_usage_errors_are_one_line(few_photos, tmp_path, arguments, said):
    result = CliRunner().invoke(command, [str(few_photos), "-o", str(tmp_path / "model"), *arguments])
    assert result.exit_code == 2 and said in result.output
    assert not list(tmp_path.iterdir())


def test_the_command_tunes_and_says_what_became_of_it(few_photos, tmp_path):
    arguments = ["--tune", "1", "--image-size", "32", "--set", "steps=1", "--batch-size", "8", "--no-tensorboard"]
    result = CliRunner().invoke(command, [str(few_photos), "-o", str(tmp_path / "model"), *arguments])
    assert result.exit_code == 0, result.output
    assert "on the features of lite0" in result.stdout and "next: photoplanet locate" in result.stdout
    tuning = model_folder.read(tmp_path / "model").info.training["tuning"]
    assert (tuning["recipe"]["tuned_layers"], tuning["steps"], tuning["recipe"]["image_size"]) == (1, 1, 32)
