"""EfficientNet-Lite in torch is the encoder of the same name, and what is frozen stays as it was."""

import numpy as np
import pytest
import torch

from photoplanet.core.onnx_sessions import open_session
from photoplanet.encoders import lite
from photoplanet.errors import InputError, MissingExtra, ModelError
from photoplanet.models import folder as model_folder
from photoplanet.models import installed
from photoplanet.photos.decode import Preprocessing
from photoplanet.training import optimizer, recipes
from photoplanet.training.backbones import BACKBONES, Backbone
from photoplanet.training.classification import Classification
from photoplanet.training.classifier import Classifier

NAMES = ("lite0", "lite1", "lite2")


def encoded(network, photos):
    """What the encoder's ONNX file makes of the network's weights."""
    tensors = {name: value.numpy() for name, value in network.state_dict().items()}
    model = lite.graph(tensors, photos.shape[1])
    return open_session(model.SerializeToString()).run(None, {"photos": photos})[0]


def pixels(photos):
    """uint8 (n, h, w, 3) as the network takes them."""
    return torch.from_numpy(photos).permute(0, 3, 1, 2).float().sub(127).div(128)


def photos(count, size):
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)


@pytest.mark.parametrize("name", NAMES)
def test_with_the_packages_weights_it_is_the_encoder(name):
    size = lite.PACKAGES[name][0]
    network = BACKBONES[name]().eval()
    network.start_from("pretrained")
    given = photos(2, size)
    with torch.inference_mode():
        found = network.features(pixels(given)).numpy()
        embedding, auxiliary = network(pixels(given))
    expected = encoded(network, given)
    original = open_session(lite.graph(lite.weights(name), size).SerializeToString()).run(None, {"photos": given})[0]
    assert found.shape == (2, 1280) and auxiliary is None
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()
    assert np.array_equal(expected, original)
    roots = np.sqrt(original)
    assert np.abs(embedding.numpy() - roots / np.linalg.norm(roots, axis=1, keepdims=True)).max() < 1e-5


@pytest.mark.parametrize("size", [32, 45, 64, 97])
def test_padding_is_tensorflows_at_even_and_odd_sizes(size):
    torch.manual_seed(0)
    network = BACKBONES["lite0"]()
    for module in network.modules():  # running statistics that are not those of a fresh network
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(module.bias, 0, 1)
    given = photos(2, size)
    with torch.inference_mode():
        found = network.eval().features(pixels(given)).numpy()
    expected = encoded(network, given)
    assert expected.std() > 1e-3
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()


def test_the_three_have_the_papers_numbers_of_weights():
    counts = [sum(p.numel() for p in BACKBONES[name]().parameters()) / 1e6 for name in NAMES]
    assert counts == pytest.approx([3.37, 4.13, 4.81], abs=0.02)


def test_a_classifier_of_it_normalises_pixels_as_the_encoder_does(photo_table, small_recipe):
    seen = {}
    recipe = recipes.changed(small_recipe, ["backbone=lite0"])
    network = task(photo_table, recipe).model
    network.backbone.register_forward_pre_hook(lambda module, inputs: seen.update(pixels=inputs[0]))
    given = photos(1, 32)
    network.eval()(torch.from_numpy(given))
    assert torch.allclose(seen["pixels"], pixels(given), atol=1e-5)


def task(photo_table, recipe):
    from photoplanet.training import dataset
    from photoplanet.training.distributed import Ranks

    return Classification(dataset.prepare(photo_table, recipe), recipe, Ranks(), threads=1)


def after_two_steps(photo_table, recipe):
    """(weights before, weights after) of a task."""
    made = task(photo_table, recipe)
    before = {name: value.clone() for name, value in made.model.state_dict().items()}
    for batch in made.batches(0, 2):
        made.optimizer.zero_grad()
        made.backward(batch, 0)
        made.optimizer.step()
    return before, made.model.state_dict()


@pytest.mark.parametrize("norms", [True, False])
def test_what_is_frozen_stays_as_it_was(photo_table, small_recipe, norms):
    recipe = recipes.changed(small_recipe, ["backbone=lite0", "tuned_layers=2", f"frozen_norms={norms}"])
    before, after = after_two_steps(photo_table, recipe)
    moved = {name.removeprefix("backbone.") for name in before if not torch.equal(before[name], after[name])}
    ours = {name for name in moved if not name.startswith("head.")}
    blocks = len(BACKBONES["lite0"]()._blocks)
    assert ours and all(name.startswith((f"_blocks.{blocks - 1}.", "_conv_head", "_bn1")) for name in ours)
    assert {"head.weight", "_conv_head.weight", "_bn1.weight"} <= moved
    assert ("_bn1.running_mean" in moved) == (not norms)


def test_freezing_survives_validation_and_copies(photo_table, small_recipe):
    recipe = recipes.changed(small_recipe, ["backbone=lite0", "frozen_norms=yes"])
    made = task(photo_table, recipe)
    before = {k: v.clone() for k, v in made.model.state_dict().items() if "running" in k}
    made.validate(0)
    made.model.train()
    made.model(torch.from_numpy(photos(4, 32)))
    assert all(torch.equal(value, made.model.state_dict()[name]) for name, value in before.items())


def test_rates_decay_from_layer_to_layer_and_the_head_has_its_own():
    model = Classifier("lite0", 3, Preprocessing(size=32), width=0.125)
    recipe = recipes.Recipe(layer_decay=0.5, head_rate=10)
    scales = {p: group["scale"] for group in optimizer.build(recipe, model).param_groups for p in group["params"]}
    backbone = model.backbone
    assert len(scales) == len(list(model.parameters()))
    assert scales[model.head.weight] == scales[model.head.bias] == 10
    assert scales[backbone._conv_head.weight] == scales[backbone._bn1.bias] == 1
    assert scales[backbone._blocks[-1]._bn1.weight] == 0.5
    assert scales[backbone._blocks[0]._project_conv.weight] == 0.5 ** len(backbone._blocks)
    assert scales[backbone._conv_stem.weight] == 0.5 ** (1 + len(backbone._blocks))


def test_pretrained_weights_are_there_or_named(monkeypatch):
    with pytest.raises(InputError, match="mobile has no pretrained weights"):
        BACKBONES["mobile"]().start_from("pretrained")
    with pytest.raises(InputError, match="leave width and embedding out"):
        recipes.Recipe(start="pretrained", width=0.5)
    with pytest.raises(ModelError, match="imagenet"):
        BACKBONES["lite0"]().start_from("imagenet")
    toy = model_folder.read(installed.resolve("toy")).folder
    with pytest.raises(InputError, match="a model of mobile, not of a tuned lite0"):
        BACKBONES["lite0"]().start_from(str(toy))
    with pytest.raises(ModelError, match="weights of another network"):
        BACKBONES["lite0"](width=0.5).start_from("pretrained")
    monkeypatch.setitem(lite.PACKAGES, "lite0", (224, "no-such-package", "0", "0" * 64))
    with pytest.raises(MissingExtra, match="pretrained"):
        BACKBONES["lite0"]().start_from("pretrained")


def test_every_backbone_has_layers_that_hold_all_of_it():
    for kind in BACKBONES.values():
        network: Backbone = kind(width=0.125)
        held = {p for layer in network.layers() for p in layer.parameters()}
        assert held == set(network.parameters())
