import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError, ModelError
from photoplanet.photos.decode import Preprocessing
from photoplanet.training.backbones import BACKBONES
from photoplanet.training.classifier import Classifier

SMALL = Preprocessing(size=96)


def photos(count, size=96):
    return torch.randint(0, 256, (count, size, size, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("backbone", BACKBONES)
def test_bytes_in_logits_and_embedding_out(backbone):
    network = Classifier(backbone, 7, SMALL, width=0.125).eval()
    with torch.inference_mode():
        outputs = network(photos(3))
        log_p = network.log_probabilities(photos(3))
    assert outputs.logits.shape == (3, 7) and outputs.embedding.shape == (3, network.embedding_size)
    assert outputs.logits.dtype == outputs.embedding.dtype == torch.float32
    assert torch.allclose(log_p.exp().sum(1), torch.ones(3), atol=1e-5)
    assert torch.allclose(log_p, outputs.logits.log_softmax(1))


def test_auxiliary_logits_while_training_inception_only():
    inception, mobile = (Classifier(name, 5, SMALL, width=0.125).train() for name in ("inception", "mobile"))
    assert inception(photos(2)).auxiliary_logits.shape == (2, 5)
    assert mobile(photos(2)).auxiliary_logits is None
    assert inception.eval()(photos(2)).auxiliary_logits is None


def test_normalisation_is_inside_and_follows_mean_and_std():
    seen = {}
    network = Classifier("mobile", 5, Preprocessing(size=96, mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 1.0)))
    network.backbone.register_forward_pre_hook(lambda module, inputs: seen.update(pixels=inputs[0]))
    network.eval()(torch.full((1, 96, 96, 3), 255, dtype=torch.uint8))
    assert seen["pixels"].shape == (1, 3, 96, 96)
    assert seen["pixels"].is_contiguous(memory_format=torch.channels_last)  # no copy was needed
    assert torch.allclose(seen["pixels"].amax((2, 3)), torch.tensor([[1.0, 3.0, 1.0]]), atol=1e-5)
    assert torch.allclose(seen["pixels"].amin((2, 3)), torch.tensor([[1.0, 3.0, 1.0]]), atol=1e-5)


def test_normalisation_is_not_among_the_weights():
    assert not [name for name in Classifier("mobile", 5, SMALL).state_dict() if "pixel" in name]


@settings(max_examples=12, deadline=None)
@given(
    classes=st.integers(1, 60),
    width=st.sampled_from([0.1, 0.25, 0.5]),
    embedding=st.none() | st.integers(1, 80),
    backbone=st.sampled_from(sorted(BACKBONES)),
)
def test_arguments_rebuild_the_same_network(classes, width, embedding, backbone):
    network = Classifier(backbone, classes, SMALL, width, embedding)
    again = Classifier.from_arguments(network.arguments())
    again.load_state_dict(network.state_dict(), strict=True)
    assert again.arguments() == network.arguments()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"backbone": "vgg"}, "vgg.*inception, .*mobile"),
        ({"classes": 0}, "classes 0"),
        ({"classes": 10**9}, "classes"),
        ({"classes": "many"}, "many"),
        ({"classes": None}, "network arguments"),
        ({"width": float("nan")}, "width"),
        ({"width": 1000}, "width"),
        ({"embedding": -1}, "embedding"),
        ({"preprocessing": {"size": 10_000_000}}, "size"),
        ({"preprocessing": 3}, "preprocessing"),
        ({"preprocessing": {"size": 16}}, "32 px"),
    ],
)
def test_hostile_arguments_are_refused_in_one_line(change, message):
    good = Classifier("mobile", 5, SMALL).arguments()
    with pytest.raises(ModelError, match=message) as caught:
        Classifier.from_arguments({**good, **change})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("arguments", [None, [], "mobile", {}, {"backbone": "mobile"}])
def test_arguments_that_are_none(arguments):
    with pytest.raises(ModelError, match="network arguments"):
        Classifier.from_arguments(arguments)


def test_unknown_backbone_lists_the_known_ones():
    with pytest.raises(InputError, match=r"inception, lite0, .*mobile"):
        Classifier("resnet", 5, SMALL)


def test_size_under_the_backbones_minimum():
    with pytest.raises(InputError, match="96 px"):
        Classifier("inception", 5, Preprocessing(size=64))
