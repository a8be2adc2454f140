"""CLIP's text transformer against torch's own layers, in float64; wrong tensors are refused."""

import numpy as np
import pytest
from clip_nets import text_features, text_tensors

from photoplanet.errors import ModelError
from photoplanet.models.importers import clip_text

TEXTS = [[98, 3, 5, 99], [98, 99], [98, 7, 7, 1, 0, 2, 50, 99], [98, 3, 6, 99], [98, 5, 3, 99]]


@pytest.mark.parametrize(("heads", "activation"), [(2, "quick_gelu"), (4, "gelu")])
def test_texts_become_what_torch_makes_of_them(heads, activation):
    tensors = text_tensors()
    config = {"text_config": {"num_attention_heads": heads, "hidden_act": activation}}
    found = clip_text.embed(tensors, TEXTS, config)
    expected = np.stack([text_features(tensors, text, heads, activation) for text in TEXTS])
    assert np.abs(found - expected).max() < 1e-5
    assert np.abs(expected[0] - expected[4]).max() > 0.1  # the order of words counts


def test_many_texts_of_one_length_come_back_in_their_order(monkeypatch):
    monkeypatch.setattr(clip_text, "BATCH", 2)
    tensors = text_tensors()
    counted = []
    found = clip_text.embed(tensors, TEXTS * 3, advance=counted.append)
    np.testing.assert_allclose(found, np.tile(clip_text.embed(tensors, TEXTS), (3, 1)), atol=1e-6)
    assert sum(counted) == 15 and max(counted) == 2


def test_text_tensors_are_told_apart():
    assert all(map(clip_text.is_text, text_tensors()))


@pytest.mark.parametrize(("change", "said"), [
    ({"text_model.final_layer_norm.bias": None}, "final_layer_norm.bias is missing"),
    ({"text_projection.weight": np.zeros((4, 3))}, "text_projection.weight is"),
    ({"text_model.encoder.layers.1.mlp.fc1.weight": None}, r"layers\.1\.mlp\.fc1\.weight is missing"),
    ({"text_model.embeddings.token_embedding.weight": np.zeros((99, 16), np.float32)}, "token 99"),
    ({"text_model.embeddings.position_embedding.weight": np.zeros((7, 16), np.float32)}, "a text of 8 tokens"),
    ({"text_projection.weight": np.full((8, 16), np.inf, np.float32)}, "not finite"),
])  # fmt: skip
def test_wrong_tensors_are_refused(change, said):
    tensors = {name: values for name, values in (text_tensors() | change).items() if values is not None}
    with np.errstate(all="ignore"), pytest.raises(ModelError, match=said):
        clip_text.embed(tensors, TEXTS)


@pytest.mark.parametrize("config", [{"num_attention_heads": 3}, {"num_attention_heads": "2"}, {"hidden_act": "relu"},
                                    {"layer_norm_eps": 1}, {"hidden_act": ["gelu"]}])  # fmt: skip
def test_a_configuration_that_is_not_read_is_refused(config):
    with pytest.raises(ModelError, match="right model"):
        clip_text.embed(text_tensors(), TEXTS, config)
