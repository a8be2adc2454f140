"""What was learned from features, as one ONNX network behind its encoder: uint8 photos in, log-probabilities out."""

from typing import TYPE_CHECKING, Any

import numpy as np

from photoplanet.core.onnx_graphs import IR_VERSION, OPSET, Graph
from photoplanet.core.onnx_sessions import one_line, open_session
from photoplanet.encoders.encoder import Encoder
from photoplanet.errors import ModelError
from photoplanet.training.features.blend import FLOOR
from photoplanet.training.features.fitted import Fitted
from photoplanet.training.features.neighbours import NEAREST
from photoplanet.training.features.ridge import WIDTH

if TYPE_CHECKING:
    from onnx import ModelProto

MOST_BYTES = 2_000_000_000  # where a protobuf file ends
FEATURES = "features"
OUTPUTS = ("log_probabilities", "embedding", "similarity")


def network(encoder: Encoder, fitted: Fitted) -> bytes:
    """Return the whole network as bytes; equal parts, equal bytes. ModelError where the encoder cannot be joined.

    Input `images` uint8 (n, size, size, 3); outputs `log_probabilities` float32 (n, classes) at temperature 1,
    `embedding` float32 (n, d): the compared features, and `similarity` float32 (n,).

    >>> from photoplanet.encoders import lite
    >>> from photoplanet.training.features.fitted import learned
    >>> from photoplanet.training.features.settings import Settings
    >>> made = learned(np.eye(4, 1280, dtype=np.float32), np.arange(4.0), np.arange(4.0), np.arange(4), Settings())
    >>> len(network(lite.load("lite0", getfixture("tmp_path")), made)) > 10_000_000
    True
    """
    import onnx

    back = readout(fitted, encoder.dimension, encoder.transform)
    try:
        whole = _joined(onnx.load_model(encoder.network), back)
        onnx.checker.check_model(whole)
    except Exception as error:  # onnx raises its own types, which share no base but Exception
        raise ModelError(
            f"encoder {encoder.name}: cannot be joined with what was learned ({one_line(error)})"
        ) from None
    data: bytes = whole.SerializeToString(deterministic=True)
    return data


def _joined(front: "ModelProto", back: "ModelProto") -> "ModelProto":
    from onnx import compose, version_converter

    if front.opset_import[0].version != OPSET:
        front = version_converter.convert_version(front, OPSET)
    front.ir_version = back.ir_version = IR_VERSION
    source = front.graph.input[0].name
    whole = compose.merge_models(
        compose.add_prefix(front, "encoder."), back, io_map=[(f"encoder.{front.graph.output[0].name}", FEATURES)],
        producer_name="photoplanet",
    )  # fmt: skip
    for node in whole.graph.node:
        node.input[:] = ["images" if name == f"encoder.{source}" else name for name in node.input]
    whole.graph.input[0].name = "images"
    del whole.graph.value_info[:]
    return whole


def readout(fitted: Fitted, dimension: int, transform: str) -> "ModelProto":
    """Return what comes behind the encoder: `features` float32 (n, dimension) as the encoder gives them → all outputs.

    >>> from photoplanet.training.features.fitted import learned
    >>> from photoplanet.training.features.settings import Settings
    >>> made = learned(np.eye(4, dtype=np.float32), np.arange(4.0), np.arange(4.0), np.arange(4), Settings())
    >>> [output.name for output in readout(made, 4, "sqrt").graph.output]
    ['log_probabilities', 'embedding', 'similarity']
    """
    graph, classes = Graph(), len(fitted.partition)
    embedding = _compared(graph, transform)
    bank = graph.constant("bank", np.ascontiguousarray(fitted.bank.features.T))
    cosines = graph.add("MatMul", [embedding, graph.add("Cast", [bank], to=1)])
    terms = [_counted(graph, fitted)] if fitted.blend.counts else []
    if fitted.blend.ridge:
        terms.append(_scaled(graph, _scores(graph, fitted, cosines), "ridge", fitted.blend.ridge))
    if fitted.blend.neighbours:
        mass = graph.add("Add", [_near(graph, fitted, cosines, classes), graph.constant("floor", np.float32(FLOOR))])
        terms.append(_scaled(graph, graph.add("Log", [mass]), "neighbours", fitted.blend.neighbours))
    if fitted.blend.head:
        terms.append(_scaled(graph, _head(graph, fitted, embedding), "head", fitted.blend.head))
    total = terms[-1]
    for term in terms[:-1]:
        total = graph.add("Add", [total, term])
    graph.add("LogSoftmax", [total], OUTPUTS[0], axis=1)
    nearest = min(NEAREST, len(fitted.bank.classes))
    largest = _top(graph, cosines, nearest)
    graph.add("ReduceMean", [largest, _axis(graph)], OUTPUTS[2], keepdims=0)
    shapes: dict[str, Any] = {
        OUTPUTS[0]: (np.float32, ["n", classes]), OUTPUTS[1]: (np.float32, ["n", dimension]),
        OUTPUTS[2]: (np.float32, ["n"]),
    }  # fmt: skip
    return graph.model("readout", {FEATURES: (np.float32, ["n", dimension])}, shapes)


def _compared(graph: Graph, transform: str) -> str:
    """The features as `Encoder.compared` makes them."""
    features = FEATURES
    if transform == "sqrt":
        features = graph.add("Sqrt", [graph.add("Max", [features, graph.constant("nothing", np.float32(0))])])
    length = graph.add("ReduceL2", [features, _axis(graph)], keepdims=1)
    length = graph.add("Max", [length, graph.constant("least length", np.float32(1e-12))])
    return graph.add("Div", [features, length], OUTPUTS[1])


def _scaled(graph: Graph, value: str, name: str, weight: float) -> str:
    return graph.add("Mul", [value, graph.constant(f"weight of {name}", np.float32(weight))])


def _counted(graph: Graph, fitted: Fitted) -> str:
    photos = np.log(fitted.partition.photo_counts).astype(np.float32)
    return graph.constant("photos", np.float32(fitted.blend.counts) * photos[None])


def _scores(graph: Graph, fitted: Fitted, cosines: str) -> str:
    """The ridge's scores (n, classes)."""
    ridge = fitted.ridge
    if len(ridge.landmarks) < len(fitted.bank.classes):
        cosines = graph.add("Gather", [cosines, graph.constant("landmarks", ridge.landmarks)], axis=1)
    apart = graph.add("Sub", [cosines, graph.constant("one", np.float32(1))])
    kernel = graph.add("Exp", [graph.add("Div", [apart, graph.constant("kernel width", np.float32(WIDTH))])])
    score = graph.add("MatMul", [kernel, graph.constant("ridge weights", ridge.weights)])
    score = graph.add("Add", [score, graph.constant("ridge mean", ridge.mean)])
    if len(ridge.mean) < len(fitted.partition):
        score = graph.add("Gather", [score, _parents(graph, fitted)], axis=1)
    return score


def _parents(graph: Graph, fitted: Fitted) -> str:
    return graph.constant("parents", fitted.places.parents.astype(np.int64))


def _near(graph: Graph, fitted: Fitted, cosines: str, classes: int) -> str:
    """The neighbours' mass in each cell (n, classes)."""
    width = graph.constant("width", np.float32(fitted.width))
    weights = graph.constant("log weights", fitted.bank.log_weights)
    each = graph.add("Softmax", [graph.add("Add", [graph.add("Div", [cosines, width]), weights])], axis=1)
    photos = graph.add("Shape", [each], end=1)
    empty = graph.add("Expand", [
        graph.constant("zero", np.zeros((1, 1), np.float32)),
        graph.add("Concat", [photos, graph.constant("classes", np.array([classes], np.int64))], axis=0),
    ])  # fmt: skip
    rows = graph.constant("rows", fitted.bank.classes.astype(np.int64)[None])
    rows = graph.add("Expand", [rows, graph.add("Shape", [each])])
    return graph.add("ScatterElements", [empty, rows, each], axis=1, reduction="add")


def _head(graph: Graph, fitted: Fitted, embedding: str) -> str:
    """The head's log-probabilities (n, classes)."""
    logits = graph.add("Gemm", [
        embedding, graph.constant("weights", fitted.head.weights), graph.constant("bias", fitted.head.bias)
    ])  # fmt: skip
    coarse = graph.add("LogSoftmax", [logits], axis=1)
    fine = graph.add("Gather", [coarse, _parents(graph, fitted)], axis=1)
    return graph.add("Add", [fine, graph.constant("within", fitted.places.within)])


def _top(graph: Graph, values: str, count: int) -> str:
    from onnx import helper

    k = graph.constant("nearest", np.array([count], np.int64))
    graph.nodes.append(helper.make_node("TopK", [values, k], ["largest", "which"], axis=1))
    return "largest"


def _axis(graph: Graph) -> str:
    return graph.constant("axis", np.array([1], np.int64))


def parity(network: bytes, encoder: Encoder, fitted: Fitted) -> dict[str, float]:
    """Return the largest differences of the network's outputs from NumPy's on random photos, by output.

    >>> from photoplanet.encoders import lite
    >>> from photoplanet.training.features.fitted import learned
    >>> from photoplanet.training.features.settings import Settings
    >>> made = learned(np.eye(4, 1280, dtype=np.float32), np.arange(4.0), np.arange(4.0), np.arange(4), Settings())
    >>> encoder = lite.load("lite0", getfixture("tmp_path"))
    >>> max(parity(network(encoder, made), encoder, made).values()) < 1e-4
    True
    """
    session = open_session(network, what="the network")
    size, worst = encoder.preprocessing.size, dict.fromkeys(OUTPUTS, 0.0)
    random = np.random.default_rng(0)
    for count in (1, 3):  # the number of photos must be free
        photos = random.integers(0, 256, (count, size, size, 3), np.uint8)
        features = encoder.compared(encoder.embed(photos))
        wanted = (fitted.log_probabilities(features), features, fitted.similarity(features))
        for name, found, want in zip(OUTPUTS, session.run(OUTPUTS, {"images": photos}), wanted, strict=True):
            apart = float(np.abs(found - want).max()) if found.shape == want.shape else np.inf
            worst[name] = max(worst[name], apart if apart == apart else np.inf)
    return worst
