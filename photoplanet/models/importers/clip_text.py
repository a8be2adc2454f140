"""The text transformer of CLIP (Radford et al., ICML 2021, §2.4): texts → vectors. It runs once, at import."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.onnx_graphs import Graph, Values
from photoplanet.core.onnx_sessions import open_session
from photoplanet.core.progress import Advance, ignore
from photoplanet.errors import ModelError
from photoplanet.models.importers.clip_vision import EPSILON, HEAD_WIDTH, MAX_LAYERS
from photoplanet.models.importers.vision_layers import ACTIVATIONS, Layers, block_shapes
from photoplanet.models.importers.weights import shaped

Array = NDArray[Any]

BATCH = 256  # texts that go through the network together
MASKED = np.float32(-1e30)
_AT = "text_model.embeddings."


def is_text(name: str) -> bool:
    """Whether a tensor belongs to the text part, by the names of transformers.

    >>> is_text("text_model.final_layer_norm.bias"), is_text("logit_scale")
    (True, False)
    """
    return name.startswith(("text_model.", "text_projection."))


def embed(
    tensors: Mapping[str, Array],
    texts: Sequence[Sequence[int]],
    config: Mapping[str, Any] | None = None,
    what: str = "CLIP",
    advance: Advance = ignore,
) -> NDArray[np.float32]:
    """Return the vectors (n, d) of length 1 of texts as token numbers, whose last is the end of the text.

    `tensors`: by the names of transformers; `config`: its config.json or `text_config`, for heads, activation and ε. A
    token sees those before it only, so texts of one length go together and nothing is filled up. ModelError for tensors
    that are missing or of another shape, and for token numbers without a vector.

    >>> embed({}, [[1, 2]])
    Traceback (most recent call last):
    photoplanet.errors.ModelError: CLIP: text_model.embeddings.token_embedding.weight is missing; is it the right model?
    """
    given = dict(config or {})
    given = given.get("text_config", given)
    vocabulary = shaped(tensors, f"{_AT}token_embedding.weight", (None, None), what)
    width = vocabulary.shape[1]
    position = shaped(tensors, f"{_AT}position_embedding.weight", (None, width), what)
    longest, highest = max(map(len, texts), default=0), max(map(max, texts), default=0)
    if longest > len(position) or highest >= len(vocabulary):
        raise ModelError(
            f"{what}: token {highest} or a text of {longest} tokens is too much for it; is it the right model?"
        )
    session = open_session(_network(tensors, width, given, what).SerializeToString())
    dimension = tensors["text_projection.weight"].shape[0]
    found = np.empty((len(texts), dimension), np.float32)
    lengths = np.array([len(text) for text in texts])
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length)
        for some in np.split(rows, range(BATCH, len(rows), BATCH)):
            numbers = np.array([texts[row] for row in some.tolist()], np.int64)
            mask = np.triu(np.full((length, length), MASKED, np.float32), 1)
            [vectors] = session.run(None, {"tokens": vocabulary[numbers] + position[:length], "mask": mask})
            found[some] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
            advance(len(some))
    if not np.isfinite(found).all():
        raise ModelError(f"{what}: vectors of texts that are not finite; is it the right model?")
    return found


def _network(tensors: Mapping[str, Array], width: int, given: Mapping[str, Any], what: str) -> Any:
    """The network: `tokens` float32 (n, length, width), `mask` float32 (length, length) → float32 (n, d)."""
    found = [re.match(r"text_model\.encoder\.layers\.(\d{1,4})\.", name) for name in tensors]
    count = 1 + max((int(each[1]) for each in found if each), default=-1)
    heads = given.get("num_attention_heads", max(1, width // HEAD_WIDTH))
    activation, epsilon = given.get("hidden_act", "quick_gelu"), given.get("layer_norm_eps", EPSILON)
    if not 0 < count <= MAX_LAYERS or type(heads) is not int or heads < 1 or width % heads:
        raise ModelError(f"{what}: {count} layers of {str(heads)[:20]} heads for texts; is it the right model?")
    if activation not in ACTIVATIONS or not isinstance(epsilon, float) or not 0 < epsilon < 0.1:
        raise ModelError(f"{what}: {str(activation)[:40]} or ε {str(epsilon)[:20]} is not read; is it the right model?")
    _check(tensors, width, count, what)
    graph = Graph()
    layers = Layers(graph, tensors)
    x = "tokens"
    for layer in range(count):
        x = layers.block(x, f"text_model.encoder.layers.{layer}", heads, activation, epsilon, "mask")
    last = graph.add("Gather", [x, graph.constant("last", np.int64(-1))], axis=1)
    last = layers.norm(last, "text_model.final_layer_norm", epsilon)
    vectors = layers.linear(last, "text_projection")
    inputs: Values = {"tokens": (np.float32, ["n", "length", width]), "mask": (np.float32, ["length", "length"])}
    return graph.model("texts", inputs, {vectors: (np.float32, ["n", tensors["text_projection.weight"].shape[0]])})


def _check(tensors: Mapping[str, Array], width: int, layers: int, what: str) -> None:
    shapes: dict[str, tuple[int | None, ...]] = {"text_projection.weight": (None, width)}
    shapes |= {f"text_model.final_layer_norm.{kind}": (width,) for kind in ("weight", "bias")}
    for layer in range(layers):
        shapes |= block_shapes(tensors, f"text_model.encoder.layers.{layer}.", width, what)
    for name, shape in shapes.items():
        shaped(tensors, name, shape, what)
