"""A bank of training photos' embeddings inside a network: how similar a photo is to what it has learned from."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import atomic, onnx_sessions
from photoplanet.core.onnx_graphs import Graph
from photoplanet.errors import ModelError, TrainingError

if TYPE_CHECKING:
    from onnx import ModelProto

MOST = 3000  # photos in a bank
NEAREST = 3
TOLERANCE = 1e-3
OUTPUT = "similarity"
_SHORT = np.float32(1e-12)  # least length of an embedding

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Bank:
    """Embeddings of length 1, as whole numbers `values` int8 (m, d) times `scale`: a quarter of the size."""

    values: NDArray[np.int8]
    scale: np.float32

    def similarity(self, embeddings: Array) -> Array:
        """Return the mean cosine of the 3 nearest in the bank, float32 (n,), for embeddings (n, d)."""
        cosines = unit(embeddings) @ (self.values.astype(np.float32) * self.scale).T
        nearest = min(NEAREST, cosines.shape[1])
        found: Array = np.partition(cosines, -nearest, axis=1)[:, -nearest:].mean(axis=1)
        return found

    def some(self, rows: NDArray[np.bool_]) -> "Bank":
        """Return the bank of some of its photos, bool (m,)."""
        return Bank(self.values[rows], self.scale)


def of(embeddings: Array) -> Bank:
    """Return the bank of embeddings (m, d).

    >>> made = of(np.array([[3.0, 4.0]], np.float32))
    >>> made.values.tolist(), made.similarity(np.array([[6.0, 8.0]], np.float32)).round(2)
    ([[95, 127]], array([1.], dtype=float32))
    """
    rows = unit(embeddings)
    scale = np.float32(max(float(np.abs(rows).max(initial=0)), 1e-6) / 127)
    return Bank(np.round(rows / scale).astype(np.int8), scale)


def unit(embeddings: Array) -> Array:
    """Return embeddings (n, d) of length 1.

    >>> unit(np.array([[0.0, 2.0]], np.float32))
    array([[0., 1.]], dtype=float32)
    """
    length = np.sqrt((embeddings * embeddings).sum(axis=1, keepdims=True))
    made: Array = embeddings / np.maximum(length, _SHORT)
    return made


def chosen(photos: int, most: int = MOST, seed: int = 0) -> NDArray[np.int64]:
    """Return the rows of at most so many of the photos, by chance, ascending.

    By chance and not evenly over the cells: a bank is then as dense as the photos are, which tells more apart.

    >>> chosen(4, 2).size, chosen(4, 9).tolist()
    (2, [0, 1, 2, 3])
    """
    found: NDArray[np.int64] = np.sort(np.random.default_rng(seed).permutation(photos)[:most])
    return found


def add(path: Path, bank: Bank) -> float:
    """Give the network in a file the output `similarity`, in place; return how far it is from NumPy's, at most 1e-3.

    TrainingError where it is farther; else as `append`.

    >>> graph, path = Graph(), getfixture("tmp_path") / "model.onnx"
    >>> sides = graph.constant("sides", np.array([1, 2]))
    >>> _ = graph.add("ReduceMean", [graph.add("Cast", ["images"], to=1), sides], "embedding", keepdims=0)
    >>> inputs, outputs = {"images": (np.uint8, ["n", 2, 2, 3])}, {"embedding": (np.float32, ["n", 3])}
    >>> _ = path.write_bytes(graph.model("mean colour", inputs, outputs).SerializeToString())
    >>> add(path, of(np.eye(3, dtype=np.float32))) < 1e-5
    True
    """
    import onnx

    network = onnx.load(path)
    append(network, bank)
    onnx.checker.check_model(network)
    data = network.SerializeToString(deterministic=True)
    session = onnx_sessions.open_session(data, 1)
    given = session.get_inputs()[0]
    images = np.random.default_rng(0).integers(0, 256, [3, *given.shape[1:]], np.uint8)
    embedding, found = session.run(["embedding", OUTPUT], {given.name: images})
    worst = float(np.abs(found - bank.similarity(embedding)).max())
    if not worst <= TOLERANCE:
        raise TrainingError(f"the network's similarity differs from NumPy's by {worst:.2g}; report this")
    atomic.write_bytes(path, data)
    return worst


def read(path: Path) -> Bank | None:
    """Return the bank inside a network's file; None where it has none.

    >>> from photoplanet.models import installed
    >>> read(installed.resolve("toy") / "model.onnx").values.shape
    (3000, 192)
    """
    import onnx
    from onnx import numpy_helper

    named = {each.name: each for each in onnx.load(path).graph.initializer if each.name in ("bank", "bank.scale")}
    if len(named) < 2:
        return None
    rows, scale = (numpy_helper.to_array(named[name]) for name in ("bank", "bank.scale"))
    return Bank(np.ascontiguousarray(rows.T), np.float32(scale))


def append(network: "ModelProto", bank: Bank) -> None:
    """Give a network with the output `embedding` (n, d) the output `similarity` (n,) too, in place.

    ModelError where it has no `embedding`, or a `similarity` already.

    >>> none = Graph().model("nothing", {}, {"embedding": (np.float32, ["n", 3])})
    >>> append(none, of(np.eye(5, 7, dtype=np.float32)))
    Traceback (most recent call last):
    photoplanet.errors.ModelError: a bank of 7 numbers a photo does not fit a network whose embedding has 3
    """
    outputs = {output.name: output.type.tensor_type.shape.dim for output in network.graph.output}
    if "embedding" not in outputs or OUTPUT in outputs:
        raise ModelError(f"a bank goes into a network with the output embedding, and without {OUTPUT}")
    size = outputs["embedding"][-1].dim_value
    if size and size != bank.values.shape[1]:
        raise ModelError(
            f"a bank of {bank.values.shape[1]} numbers a photo does not fit a network whose embedding has {size}"
        )
    graph = Graph()

    def named(kind: str, inputs: list[str], **attributes: Any) -> str:
        return graph.add(kind, inputs, f"bank.{kind.lower()}_{len(graph.nodes)}", **attributes)

    last = graph.constant("bank.last", np.array([1], np.int64))
    squares = named("ReduceSum", [named("Mul", ["embedding", "embedding"]), last], keepdims=1)
    length = named("Max", [named("Sqrt", [squares]), graph.constant("bank.short", _SHORT)])
    rows = named("Cast", [graph.constant("bank", np.ascontiguousarray(bank.values.T))], to=1)
    cosines = named("MatMul", [named("Div", ["embedding", length]), rows])
    nearest = graph.constant("bank.nearest", np.array([min(NEAREST, len(bank.values))], np.int64))
    mean = named("ReduceMean", [_top(graph, cosines, nearest), last], keepdims=0)
    graph.add("Mul", [mean, graph.constant("bank.scale", bank.scale)], OUTPUT)
    made = graph.model("bank", {}, {OUTPUT: (np.float32, [_photos(network)])})
    network.graph.node.extend(made.graph.node)
    network.graph.initializer.extend(made.graph.initializer)
    network.graph.output.extend(made.graph.output)


def _top(graph: Graph, cosines: str, count: str) -> str:
    from onnx import helper

    graph.nodes.append(helper.make_node("TopK", [cosines, count], ["bank.top", "bank.rows"], axis=1))
    return "bank.top"


def _photos(network: "ModelProto") -> str:
    """The name of the free dimension of the network's photos."""
    name: str = network.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    return name or "n"
