"""CLIP vision transformers of random weights, and what torch computes from them: shared by the importers' tests."""

import json
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

MERGES = Path(__file__).parent / "data" / "clip_merges.txt"


def clip_tensors(size=28, patch=7, width=32, layers=2, inner=48, projection=24, seed=0):
    """Tensors by transformers' names, float32, drawn so that every layer has something to do."""
    random = np.random.default_rng(seed)

    def drawn(*shape, by=1.0):
        return (by * random.standard_normal(shape)).astype(np.float32)

    at, tensors = "vision_model.", {}

    def linear(name, out, deep):
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = drawn(out, deep, by=deep**-0.5), drawn(out, by=0.1)

    def norm(name):
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = 1 + drawn(width, by=0.2), drawn(width, by=0.2)

    tensors[f"{at}embeddings.class_embedding"] = drawn(width)
    tensors[f"{at}embeddings.patch_embedding.weight"] = drawn(width, 3, patch, patch, by=(3 * patch * patch) ** -0.5)
    tensors[f"{at}embeddings.position_embedding.weight"] = drawn((size // patch) ** 2 + 1, width, by=0.3)
    norm(f"{at}pre_layrnorm")
    norm(f"{at}post_layernorm")
    for layer in range(layers):
        block = f"{at}encoder.layers.{layer}"
        norm(f"{block}.layer_norm1")
        norm(f"{block}.layer_norm2")
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            linear(f"{block}.self_attn.{name}", width, width)
        linear(f"{block}.mlp.fc1", inner, width)
        linear(f"{block}.mlp.fc2", width, inner)
    tensors["visual_projection.weight"] = drawn(projection, width, by=width**-0.5)
    return tensors


def clip_config(heads=2, activation="quick_gelu"):
    """What config.json says of it."""
    return {"model_type": "clip", "vision_config": {"num_attention_heads": heads, "hidden_act": activation}}


MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


ACTIVE = {
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "gelu": functional.gelu,
    "gelu_pytorch_tanh": lambda x: functional.gelu(x, approximate="tanh"),
}


def norm(given, x, name):
    return functional.layer_norm(x, x.shape[-1:], given[f"{name}.weight"], given[f"{name}.bias"], 1e-5)


def transformer(given, x, at, heads, activation, causal=False):
    """The blocks under `at`, which pictures and texts have alike; texts see only what came before."""

    def linear(x, name):
        return functional.linear(x, given[f"{name}.weight"], given[f"{name}.bias"])

    layers = 1 + max(int(name.split(".")[3]) for name in given if ".encoder.layers." in name)
    for layer in range(layers):
        block = f"{at}encoder.layers.{layer}"
        y = norm(given, x, f"{block}.layer_norm1")
        q, k, v = (
            linear(y, f"{block}.self_attn.{each}_proj").unflatten(-1, (heads, -1)).transpose(1, 2) for each in "qkv"
        )
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).flatten(2)
        x = x + linear(y, f"{block}.self_attn.out_proj")
        y = ACTIVE[activation](linear(norm(given, x, f"{block}.layer_norm2"), f"{block}.mlp.fc1"))
        x = x + linear(y, f"{block}.mlp.fc2")
    return x


def clip_features(tensors, photos, heads=2, activation="quick_gelu"):
    """The network in torch, float64, by torch's own layers: token 0, pooled and projected features of uint8 photos."""
    given = {name: torch.tensor(np.array(values), dtype=torch.float64) for name, values in tensors.items()}
    at = "vision_model."
    x = (torch.tensor(photos).double() / 255 - torch.tensor(MEAN).double()) / torch.tensor(STD).double()
    kernel = given[f"{at}embeddings.patch_embedding.weight"]
    x = functional.conv2d(x.permute(0, 3, 1, 2), kernel, stride=kernel.shape[-1]).flatten(2).transpose(1, 2)
    token = given[f"{at}embeddings.class_embedding"].expand(len(x), 1, -1)
    x = torch.cat([token, x], 1) + given[f"{at}embeddings.position_embedding.weight"]

    x = norm(given, x, f"{at}pre_layrnorm")
    x = transformer(given, x, at, heads, activation)
    token = x[:, 0]
    pooled = norm(given, token, f"{at}post_layernorm")
    return token.numpy(), pooled.numpy(), (pooled @ given["visual_projection.weight"].T).numpy()


def text_tensors(words=100, width=16, layers=2, inner=24, projection=8, places=12, seed=0):
    """Tensors of a text transformer by transformers' names; as `clip_tensors`."""
    like = clip_tensors(14, 7, width, layers, inner, projection, seed)
    random = np.random.default_rng(seed + 1)
    tensors = {
        name.replace("vision_model.", "text_model."): values for name, values in like.items() if ".encoder." in name
    }
    tensors["text_model.embeddings.token_embedding.weight"] = random.standard_normal((words, width)).astype(np.float32)
    tensors["text_model.embeddings.position_embedding.weight"] = (0.5 * random.standard_normal((places, width))).astype(
        np.float32
    )
    for kind in ("weight", "bias"):
        tensors[f"text_model.final_layer_norm.{kind}"] = like[f"vision_model.post_layernorm.{kind}"]
    tensors["text_projection.weight"] = like["visual_projection.weight"]
    return tensors


def text_features(tensors, numbers, heads=2, activation="quick_gelu"):
    """The vector of length 1 of one text as token numbers, in torch, float64: filled up to the end, as CLIP does it."""
    given = {name: torch.tensor(np.array(values), dtype=torch.float64) for name, values in tensors.items()}
    at = "text_model."
    places = given[f"{at}embeddings.position_embedding.weight"]
    filled = torch.tensor(list(numbers) + [numbers[-1]] * (len(places) - len(numbers)))
    x = (given[f"{at}embeddings.token_embedding.weight"][filled] + places)[None]

    x = transformer(given, x, at, heads, activation, causal=True)
    last = norm(given, x, f"{at}final_layer_norm")[0, list(numbers).index(numbers[-1])]
    vector = last @ given["text_projection.weight"].T
    return (vector / vector.norm()).numpy()


def real_files(folder: Path) -> Path:
    """The tokenizer's files as the hub has them, but for the merges that these words do not need."""
    rows = [line.split(" ") for line in MERGES.read_text().splitlines() if not line.startswith("#")]
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    signs = [chr(byte) for byte in seen] + [chr(256 + at) for at in range(256 - len(seen))]
    numbers = {sign: at for at, sign in enumerate(signs)} | {f"{sign}</w>": 256 + at for at, sign in enumerate(signs)}
    numbers |= {one + other: 512 + int(rank) for rank, one, other in rows}
    numbers |= {"<|startoftext|>": 49406, "<|endoftext|>": 49407}
    folder.mkdir(exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(numbers))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{one} {other}\n" for _, one, other in rows))
    return folder
