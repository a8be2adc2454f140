import pytest
import torch

from photoplanet.errors import InputError
from photoplanet.photos.decode import Preprocessing
from photoplanet.training.backbones.inception import Inception
from photoplanet.training.classifier import Classifier


@pytest.fixture(scope="module")
def full():
    return Inception().eval()


def parameters(module):
    return sum(p.numel() for p in module.parameters())


# Table 1b and Sect. 3.2: classes, what the paper counts, what we count (millions)
TABLE_1B = [(214, 23.9, 24.9), (2_056, 29.1, 30.1), (3_852, 34.2, 35.2), (16_307, 69.3, 70.3), (26_263, 97.3, 98.4)]


@pytest.mark.parametrize(("classes", "paper", "ours"), TABLE_1B)
def test_parameters_as_in_table_1b(full, classes, paper, ours):
    total = parameters(full) + classes * (full.embedding + 1 + full.auxiliary + 1)
    assert round(total / 1e6, 1) == ours
    assert total / 1e6 - paper == pytest.approx(1.03, abs=0.06)  # the paper rounds to 0.1 M


def test_a_class_costs_2818_parameters():
    with torch.device("meta"):  # shapes without numbers
        few, more = (Classifier("inception", n, Preprocessing(size=96)) for n in (3, 4))
    assert parameters(more) - parameters(few) == 2818
    assert parameters(few) == 24_343_264 + 3 * 2818


def test_grids_are_those_of_inception_v3(full):
    with torch.inference_mode():
        stem = full.stem(torch.zeros(1, 3, 299, 299))
        grid35 = full.grid35(stem)
        grid17 = full.grid17(full.reduce17(grid35))
        grid8 = full.grid8(full.reduce8(grid17))
    shapes = [tuple(x.shape[1:]) for x in (stem, grid35, grid17, grid8)]
    assert shapes == [(192, 35, 35), (288, 35, 35), (768, 17, 17), (2048, 8, 8)]


@pytest.mark.parametrize("size", [96, 131])
def test_small_photos_train_too(size):
    network = Inception(width=0.25).train()
    embedding, auxiliary = network(torch.zeros(2, 3, size, size))
    assert embedding.shape == (2, 512)
    assert auxiliary is not None and auxiliary.shape == (2, 192)


def test_too_small_a_photo_is_refused(full):
    with pytest.raises(InputError, match="96 px"):
        full(torch.zeros(1, 3, 95, 120))


def test_auxiliary_head_only_while_training():
    network = Inception(width=0.125).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 96, 96))[1] is None


def test_width_scales_the_network_and_embedding_is_free():
    with torch.device("meta"):
        half, full_size = parameters(Inception(width=0.5)), 24_343_264
    assert 0.2 < half / full_size < 0.3  # quadratic in the width
    assert Inception(width=0.125, embedding=100).embedding == 100


def test_first_weights_are_random_and_truncated():
    network = Inception(width=0.25)
    weights = torch.cat([p.flatten() for name, p in network.named_parameters() if name.endswith("conv.weight")])
    assert weights.abs().max() <= 0.2 + 1e-6
    assert 0.05 < weights.std() < 0.12
