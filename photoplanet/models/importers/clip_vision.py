"""The vision transformer of CLIP (Radford et al., ICML 2021) as an ONNX graph, of any width, depth, patch and size.

Patches and a class token go through blocks that normalise first (Dosovitskiy et al., ICLR 2021); the class token,
normalised and projected, is the photo's embedding.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.onnx_graphs import Graph
from photoplanet.errors import ModelError
from photoplanet.models.importers.vision_layers import ACTIVATIONS, Layers, block_shapes
from photoplanet.models.importers.weights import shaped
from photoplanet.photos.preprocessing import Preprocessing

Array = NDArray[Any]

MEAN = (0.48145466, 0.4578275, 0.40821073)  # of CLIP's training photos, 0 … 1
STD = (0.26862954, 0.26130258, 0.27577711)
HEAD_WIDTH = 64  # of every published CLIP, where no configuration says how many heads there are
EPSILON = 1e-5
MAX_LAYERS = 200

# the names of OpenAI and open_clip → those of transformers
_RENAMED = (
    (r"^visual\.class_embedding$", "vision_model.embeddings.class_embedding"),
    (r"^visual\.positional_embedding$", "vision_model.embeddings.position_embedding.weight"),
    (r"^visual\.conv1\.", "vision_model.embeddings.patch_embedding."),
    (r"^visual\.ln_pre\.", "vision_model.pre_layrnorm."),
    (r"^visual\.ln_post\.", "vision_model.post_layernorm."),
    (r"^visual\.transformer\.resblocks\.(\d+)\.ln_", r"vision_model.encoder.layers.\1.layer_norm"),
    (r"^visual\.transformer\.resblocks\.(\d+)\.attn\.", r"vision_model.encoder.layers.\1.self_attn."),
    (r"^visual\.transformer\.resblocks\.(\d+)\.mlp\.c_fc\.", r"vision_model.encoder.layers.\1.mlp.fc1."),
    (r"^visual\.transformer\.resblocks\.(\d+)\.mlp\.c_proj\.", r"vision_model.encoder.layers.\1.mlp.fc2."),
)


@dataclass(frozen=True)
class Vision:
    """The facts of a CLIP ViT: sides of a photo and a patch in pixels, and what the tensors' shapes leave open."""

    size: int
    patch: int
    width: int
    layers: int
    heads: int
    activation: str = "quick_gelu"
    epsilon: float = EPSILON

    @property
    def preprocessing(self) -> Preprocessing:
        """How a photo becomes its input: the centred square."""
        return Preprocessing(self.size, "crop", MEAN, STD)


@dataclass(frozen=True)
class Features:
    """Names of values in a graph: the class token of the last block (n, width), normalised, and projected (n, d).

    `projected` is None where the weights have no projection.
    """

    token: str
    pooled: str
    projected: str | None


def is_vision(name: str) -> bool:
    """Whether a tensor belongs to the vision part: what to read of a file that holds all of CLIP.

    >>> is_vision("vision_model.post_layernorm.bias"), is_vision("text_model.final_layer_norm.bias")
    (True, False)
    """
    return name.startswith(("vision_model.", "visual_projection.", "visual."))


def renamed(tensors: Mapping[str, Array]) -> dict[str, Array]:
    """Return tensors by transformers' names, whether they have those or OpenAI's and open_clip's.

    >>> list(renamed({"visual.ln_post.bias": np.zeros(2)}))
    ['vision_model.post_layernorm.bias']
    """
    found: dict[str, Array] = {}
    for name, values in tensors.items():
        for old, new in _RENAMED:
            name = re.sub(old, new, name)
        if name == "visual.proj":
            found["visual_projection.weight"] = values.T
        elif "self_attn.in_proj_" in name:
            base, kind = name.split("in_proj_")
            for each, part in zip("qkv", np.split(values, 3), strict=True):
                found[f"{base}{each}_proj.{kind}"] = part
        else:
            found[name] = values
    return found


def vision(tensors: Mapping[str, Array], config: Mapping[str, Any] | None = None, what: str = "CLIP") -> Vision:
    """Read the facts off the tensors' shapes (by transformers' names), and check every one of them.

    `config`: transformers' config.json, or its `vision_config`: heads, activation and ε; without it CLIP's own: a head
    for each 64 of width, QuickGELU, 1e-5. ModelError for tensors that are missing or of another shape.

    >>> vision({})
    Traceback (most recent call last):
    photoplanet.errors.ModelError: CLIP: vision_model.embeddings.class_embedding is missing; is it the right model?
    """
    given = dict(config or {})
    given = given.get("vision_config", given)
    if not isinstance(given, dict):
        raise ModelError(f"{what}: its configuration is not one of CLIP; is it the right model?")
    at = "vision_model.embeddings."
    (width,) = shaped(tensors, f"{at}class_embedding", (None,), what).shape
    patch = shaped(tensors, f"{at}patch_embedding.weight", (width, 3, None, None), what).shape[-1]
    shaped(tensors, f"{at}patch_embedding.weight", (width, 3, patch, patch), what)
    tokens = shaped(tensors, f"{at}position_embedding.weight", (None, width), what).shape[0]
    across = round((tokens - 1) ** 0.5)
    found = [re.match(r"vision_model\.encoder\.layers\.(\d{1,4})\.", name) for name in tensors]
    layers = 1 + max((int(each[1]) for each in found if each), default=-1)
    heads, activation, epsilon = (
        given.get("num_attention_heads", max(1, width // HEAD_WIDTH)),
        given.get("hidden_act", "quick_gelu"),
        given.get("layer_norm_eps", EPSILON),
    )
    if across * across != tokens - 1 or not 0 < layers <= MAX_LAYERS or min(patch, width) < 1:
        raise ModelError(
            f"{what}: {tokens} positions and {layers} layers are not those of a CLIP; is it the right model?"
        )
    if type(heads) is not int or heads < 1 or width % heads or activation not in ACTIVATIONS:
        raise ModelError(
            f"{what}: {str(heads)[:20]} heads with {str(activation)[:40]} are not read; is it the right model?"
        )
    if not isinstance(epsilon, float) or not 0 < epsilon < 0.1:
        raise ModelError(f"{what}: layer_norm_eps {str(epsilon)[:20]} is not read; is it the right model?")
    _check(tensors, width, layers, what)
    return Vision(across * patch, patch, width, layers, heads, activation, epsilon)


def _check(tensors: Mapping[str, Array], width: int, layers: int, what: str) -> None:
    shapes: dict[str, tuple[int | None, ...]] = {}
    for name in ("pre_layrnorm", "post_layernorm"):
        shapes |= {f"vision_model.{name}.weight": (width,), f"vision_model.{name}.bias": (width,)}
    for layer in range(layers):
        shapes |= block_shapes(tensors, f"vision_model.encoder.layers.{layer}.", width, what)
    if "visual_projection.weight" in tensors:
        shapes["visual_projection.weight"] = (None, width)
    for name, shape in shapes.items():
        shaped(tensors, name, shape, what)


def pixels(graph: Graph, images: str, preprocessing: Preprocessing) -> str:
    """Add the normalisation: uint8 (n, size, size, 3) → float32 (n, 3, size, size).

    >>> graph = Graph()
    >>> name = pixels(graph, "images", Preprocessing(224))
    >>> [node.op_type for node in graph.nodes]
    ['Cast', 'Mul', 'Sub', 'Transpose']
    """
    std = np.array(preprocessing.std)
    scale, shift = 1 / (255 * std), np.array(preprocessing.mean) / std
    x = graph.add("Mul", [graph.add("Cast", [images], to=1), graph.constant("pixels.scale", scale.astype(np.float32))])
    x = graph.add("Sub", [x, graph.constant("pixels.shift", shift.astype(np.float32))])
    return graph.add("Transpose", [x], perm=[0, 3, 1, 2])


def add(layers: Layers, facts: Vision, images: str = "images") -> Features:
    """Add the network to `layers.graph`; `images` uint8 (n, size, size, 3) → the names of its `Features`.

    >>> add(Layers(Graph(), {}), Vision(28, 14, 8, 1, 1))
    Traceback (most recent call last):
    KeyError: 'vision_model.embeddings.patch_embedding.weight'
    """
    graph, tensors, at = layers.graph, layers.tensors, "vision_model.embeddings."
    kernel = graph.constant(f"{at}patch_embedding.weight", tensors[f"{at}patch_embedding.weight"])
    x = pixels(graph, images, facts.preprocessing)
    x = graph.add("Conv", [x, kernel], kernel_shape=[facts.patch] * 2, strides=[facts.patch] * 2)
    x = graph.add("Reshape", [x, graph.constant("shape.patches", np.array([0, 0, -1], np.int64))])
    x = graph.add("Transpose", [x], perm=[0, 2, 1])
    # The class token and its position come first; a row of zeros takes its place while patches are counted.
    positions = np.array(tensors[f"{at}position_embedding.weight"])
    positions[0] += tensors[f"{at}class_embedding"]
    x = graph.add("Pad", [x, graph.constant("pad.token", np.array([0, 1, 0, 0, 0, 0], np.int64))])
    x = layers.norm(layers.biased(x, f"{at}positions", positions), "vision_model.pre_layrnorm", facts.epsilon)
    for layer in range(facts.layers):
        x = layers.block(x, f"vision_model.encoder.layers.{layer}", facts.heads, facts.activation, facts.epsilon)
    token = graph.add("Gather", [x, graph.constant("index.0", np.int64(0))], axis=1)
    pooled = layers.norm(token, "vision_model.post_layernorm", facts.epsilon)
    projected = layers.linear(pooled, "visual_projection") if "visual_projection.weight" in tensors else None
    return Features(token, pooled, projected)
