"""The CLIP vision transformer as ONNX computes what torch computes, whatever its size; wrong tensors are refused."""

import numpy as np
import pytest
from clip_nets import clip_config, clip_features, clip_tensors

from photoplanet.core.onnx_graphs import Graph
from photoplanet.core.onnx_sessions import open_session
from photoplanet.errors import ModelError
from photoplanet.models.importers import clip_vision
from photoplanet.models.importers.vision_layers import Layers


def computed(tensors, facts, photos, int8=False):
    layers = Layers(Graph(), tensors, int8)
    found = clip_vision.add(layers, facts)
    names = [found.token, found.pooled] + ([found.projected] if found.projected else [])
    model = layers.graph.model(
        "clip",
        {"images": (np.uint8, ["n", facts.size, facts.size, 3])},
        {name: (np.float32, ["n", "d"]) for name in names},
    )
    return open_session(model.SerializeToString()).run(names, {"images": photos})


def photos(size, count=3):
    return np.random.default_rng(1).integers(0, 256, (count, size, size, 3), np.uint8)


SIZES = {
    "small": ({}, 2, "quick_gelu"),
    "deep, GELU": ({"layers": 5, "width": 48, "inner": 64}, 3, "gelu"),
    "large patches, tanh": ({"size": 64, "patch": 16, "projection": 7}, 1, "gelu_pytorch_tanh"),
    "as wide as deep": ({"size": 32, "patch": 4, "width": 64, "layers": 1, "inner": 256}, 8, "quick_gelu"),
}


@pytest.mark.parametrize("kind", SIZES)
def test_the_onnx_network_computes_what_torch_does(kind):
    given, heads, activation = SIZES[kind]
    tensors = clip_tensors(**given)
    facts = clip_vision.vision(tensors, clip_config(heads, activation))
    size, patch = given.get("size", 28), given.get("patch", 7)
    assert (facts.size, facts.patch, facts.heads, facts.activation) == (size, patch, heads, activation)
    found = computed(tensors, facts, photos(size))
    for have, expected in zip(found, clip_features(tensors, photos(size), heads, activation), strict=True):
        assert have.shape == expected.shape and expected.std() > 0.1
        assert np.abs(have - expected).max() < 1e-5 * np.abs(expected).max()


def openai_names(tensors):
    """The same tensors as OpenAI and open_clip call them, written the other way round than the importer reads them."""
    at, layers, made = "vision_model.", 2, {}
    made["visual.class_embedding"] = tensors[f"{at}embeddings.class_embedding"]
    made["visual.positional_embedding"] = tensors[f"{at}embeddings.position_embedding.weight"]
    made["visual.conv1.weight"] = tensors[f"{at}embeddings.patch_embedding.weight"]
    made["visual.proj"] = tensors["visual_projection.weight"].T
    for kind in ("weight", "bias"):
        made[f"visual.ln_pre.{kind}"] = tensors[f"{at}pre_layrnorm.{kind}"]
        made[f"visual.ln_post.{kind}"] = tensors[f"{at}post_layernorm.{kind}"]
        for layer in range(layers):
            old, new = f"{at}encoder.layers.{layer}.", f"visual.transformer.resblocks.{layer}."
            made[f"{new}ln_1.{kind}"] = tensors[f"{old}layer_norm1.{kind}"]
            made[f"{new}ln_2.{kind}"] = tensors[f"{old}layer_norm2.{kind}"]
            made[f"{new}attn.in_proj_{kind}"] = np.concatenate(
                [tensors[f"{old}self_attn.{each}_proj.{kind}"] for each in "qkv"]
            )
            made[f"{new}attn.out_proj.{kind}"] = tensors[f"{old}self_attn.out_proj.{kind}"]
            made[f"{new}mlp.c_fc.{kind}"] = tensors[f"{old}mlp.fc1.{kind}"]
            made[f"{new}mlp.c_proj.{kind}"] = tensors[f"{old}mlp.fc2.{kind}"]
    return made


def test_the_names_of_openai_and_open_clip_are_read_too():
    tensors = clip_tensors()
    found = clip_vision.renamed(openai_names(tensors))
    assert set(found) == set(tensors)
    assert all(np.array_equal(found[name], values) for name, values in tensors.items())
    assert clip_vision.renamed(tensors) == tensors
    assert all(map(clip_vision.is_vision, [*tensors, *openai_names(tensors)]))
    assert not any(
        map(clip_vision.is_vision, ["text_model.a", "logit_scale", "text_projection.weight", "transformer.a"])
    )


def test_without_a_configuration_it_is_openais():
    facts = clip_vision.vision(clip_tensors(width=192, inner=8))
    assert facts == clip_vision.Vision(28, 7, 192, 2, 3, "quick_gelu", 1e-5)
    assert facts.preprocessing.to_dict()["mean"] == [0.48145466, 0.4578275, 0.40821073]
    assert clip_vision.vision(clip_tensors(), {"num_attention_heads": 4, "layer_norm_eps": 1e-6}).heads == 4


def test_int8_weights_are_near():
    tensors = clip_tensors(width=64, inner=128, layers=4)
    facts = clip_vision.vision(tensors)
    full, small = computed(tensors, facts, photos(28))[2], computed(tensors, facts, photos(28), int8=True)[2]
    cosine = (full * small).sum(1) / np.linalg.norm(full, axis=1) / np.linalg.norm(small, axis=1)
    assert 0.999 < cosine.min() < 1 - 1e-7


def without(name):
    return {key: values for key, values in clip_tensors().items() if key != name}


LAYER = "vision_model.encoder.layers.1.self_attn.k_proj"
POSITIONS = "vision_model.embeddings.position_embedding.weight"
WRONG = {
    f"{LAYER}.bias is missing": (without(f"{LAYER}.bias"), {}),
    r"k_proj.weight is \(32, 31\), not \(32, 32\)": (clip_tensors() | {f"{LAYER}.weight": np.zeros((32, 31))}, {}),
    r"is \(32,\), not \(any, 32\)": (clip_tensors() | {POSITIONS: np.zeros(32)}, {}),
    "18 positions and 2 layers": (clip_tensors() | {POSITIONS: np.zeros((18, 32))}, {}),
    "5 heads with quick_gelu": (clip_tensors(), {"num_attention_heads": 5}),
    "its configuration is not one of CLIP": (clip_tensors(), {"vision_config": [3]}),
    "True heads": (clip_tensors(), {"num_attention_heads": True}),
    "2 heads with relu": (clip_tensors(), {"num_attention_heads": 2, "hidden_act": "relu"}),
    "layer_norm_eps nan": (clip_tensors(), {"num_attention_heads": 2, "layer_norm_eps": float("nan")}),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_no_clip_is_refused(message):
    with pytest.raises(ModelError, match=f"a file: .*{message}.*; is it the right model"):
        clip_vision.vision(*WRONG[message], what="a file")
