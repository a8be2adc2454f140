"""The layers of CLIP's transformers as ONNX nodes, from tensors by the names that Hugging Face's library gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.onnx_graphs import Graph
from photoplanet.errors import ModelError
from photoplanet.models.importers.weights import shaped

Array = NDArray[Any]

ACTIVATIONS = ("quick_gelu", "gelu", "gelu_pytorch_tanh")
INT8 = 127.0  # the largest
FLOAT = 1  # ONNX's number of float32


def block_shapes(tensors: Mapping[str, Array], at: str, width: int, what: str) -> dict[str, tuple[int | None, ...]]:
    """Return the shapes of the tensors of a block of CLIP; `at`: how their names begin. ModelError without `fc1`.

    >>> len(block_shapes({"a.mlp.fc1.weight": np.zeros((4, 2))}, "a.", 2, "a model"))
    15
    """
    shapes: dict[str, tuple[int | None, ...]] = {}
    for name in ("layer_norm1", "layer_norm2"):
        shapes |= {f"{at}{name}.weight": (width,), f"{at}{name}.bias": (width,)}
    for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
        shapes |= {f"{at}self_attn.{name}.weight": (width, width), f"{at}self_attn.{name}.bias": (width,)}
    inner = shaped(tensors, f"{at}mlp.fc1.weight", (None, width), what).shape[0]
    shapes |= {f"{at}mlp.fc1.bias": (inner,), f"{at}mlp.fc2.weight": (width, inner), f"{at}mlp.fc2.bias": (width,)}
    return shapes


@dataclass(frozen=True)
class Layers:
    """Adds layers to `graph` from `tensors` by the layers' names; `int8`: weights as int8, with a scale per output.

    int8 weights make a file a quarter of the size. They are widened when the network is opened (ONNX Runtime folds the
    Cast) and the products scaled, so that activations keep their precision and the network its speed.

    >>> layers = Layers(Graph(), {"a.weight": np.ones((3, 2), np.float32), "a.bias": np.zeros(3, np.float32)})
    >>> name = layers.linear("x", "a")
    >>> [node.op_type for node in layers.graph.nodes]
    ['MatMul', 'Add']
    """

    graph: Graph
    tensors: Mapping[str, Array]
    int8: bool = False

    def product(self, x: str, name: str, weights: Array) -> str:
        """Multiply x (…, in) by `weights` (out, in), called `name` in the file."""
        if not self.int8:
            return self.graph.add("MatMul", [x, self.graph.constant(name, weights.T)])
        scale = np.abs(weights).max(axis=1) / INT8
        scale[scale == 0] = 1
        whole = self.graph.constant(f"{name}.int8", np.rint(weights / scale[:, None]).astype(np.int8).T)
        x = self.graph.add("MatMul", [x, self.graph.add("Cast", [whole], to=FLOAT)])
        return self.graph.add("Mul", [x, self.graph.constant(f"{name}.scale", scale)])

    def linear(self, x: str, name: str) -> str:
        """A linear layer, with its bias where it has one: (…, in) → (…, out)."""
        x = self.product(x, f"{name}.weight", self.tensors[f"{name}.weight"])
        return self.biased(x, f"{name}.bias", self.tensors[f"{name}.bias"]) if f"{name}.bias" in self.tensors else x

    def biased(self, x: str, name: str, values: Array) -> str:
        """Add a constant."""
        return self.graph.add("Add", [x, self.graph.constant(name, values)])

    def norm(self, x: str, name: str, epsilon: float) -> str:
        """Layer normalisation over the last axis."""
        names = [self.graph.constant(f"{name}.{each}", self.tensors[f"{name}.{each}"]) for each in ("weight", "bias")]
        return self.graph.add("LayerNormalization", [x, *names], axis=-1, epsilon=epsilon)

    def activation(self, x: str, kind: str) -> str:
        """One of `ACTIVATIONS`; ModelError for another."""
        add, number = self.graph.add, self._number
        if kind == "quick_gelu":  # Radford et al. 2021's code: x · sigmoid(1.702 x)
            return add("Mul", [x, add("Sigmoid", [add("Mul", [x, number(1.702)])])])
        if kind == "gelu":
            inner = add("Erf", [add("Div", [x, number(2**0.5)])])
        elif kind == "gelu_pytorch_tanh":
            cubed = add("Mul", [add("Mul", [x, x]), add("Mul", [x, number(0.044715)])])
            inner = add("Tanh", [add("Mul", [add("Add", [x, cubed]), number((2 / np.pi) ** 0.5)])])
        else:
            raise ModelError(f"activation {kind[:40]!r}: not one of {', '.join(ACTIVATIONS)}; this model is not read")
        return add("Mul", [add("Mul", [x, add("Add", [inner, number(1.0)])]), number(0.5)])

    def attention(self, x: str, name: str, heads: int, mask: str = "") -> str:
        """Self-attention over (n, tokens, width), with `q_proj`, `k_proj`, `v_proj` and `out_proj` (Vaswani 2017).

        `mask`: what is added before the softmax, for instance −∞ where a token may not look.
        """
        add = self.graph.add
        width = self.tensors[f"{name}.q_proj.weight"].shape[0]
        scale = np.float32((width // heads) ** -0.5)
        parts = [(f"{name}.{each}_proj", scale if each == "q" else np.float32(1)) for each in "qkv"]
        together = np.concatenate([self.tensors[f"{part}.weight"] * by for part, by in parts])
        x = self.product(x, f"{name}.qkv.weight", together)
        if f"{name}.q_proj.bias" in self.tensors:
            biases = np.concatenate([self.tensors[f"{part}.bias"] * by for part, by in parts])
            x = self.biased(x, f"{name}.qkv.bias", biases)
        x = add("Reshape", [x, self._sizes(0, 0, 3, heads, width // heads)])
        x = add("Transpose", [x], perm=[2, 0, 3, 1, 4])  # 3, n, heads, tokens, width of a head
        q, k, v = (add("Gather", [x, self.graph.constant(f"index.{at}", np.int64(at))], axis=0) for at in range(3))
        likeness = add("MatMul", [q, add("Transpose", [k], perm=[0, 1, 3, 2])])
        weights = add("Softmax", [add("Add", [likeness, mask]) if mask else likeness], axis=-1)
        x = add("Transpose", [add("MatMul", [weights, v])], perm=[0, 2, 1, 3])
        return self.linear(add("Reshape", [x, self._sizes(0, 0, width)]), f"{name}.out_proj")

    def block(self, x: str, name: str, heads: int, activation: str, epsilon: float, mask: str = "") -> str:
        """A block that normalises first: attention, then two linear layers, each added to what it was given."""
        inner = self.attention(self.norm(x, f"{name}.layer_norm1", epsilon), f"{name}.self_attn", heads, mask)
        x = self.graph.add("Add", [x, inner])
        inner = self.linear(self.norm(x, f"{name}.layer_norm2", epsilon), f"{name}.mlp.fc1")
        return self.graph.add("Add", [x, self.linear(self.activation(inner, activation), f"{name}.mlp.fc2")])

    def _number(self, value: float) -> str:
        return self.graph.constant(f"number.{value:.9g}", np.float32(value))

    def _sizes(self, *sizes: int) -> str:
        """A shape; 0 keeps a size as it is."""
        return self.graph.constant(f"shape.{'.'.join(map(str, sizes))}", np.array(sizes, np.int64))
