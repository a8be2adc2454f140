"""A strange ONNX network put into the form of encoders: photos uint8 (n, size, size, 3) → features float32 (n, d).

Before its first node come the order of colours, the normalisation and the layout that it wants; behind the chosen
output, one vector a photo. The network itself stays as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from photoplanet.errors import InputError, printable
from photoplanet.photos.preprocessing import Preprocessing

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

# outputs by the names that exporters give them, the best features first
OUTPUTS = ("image_embeds", "image_features", "image_embedding", "pooler_output", "pooled_output", "embeddings",
           "embedding", "features", "last_hidden_state")  # fmt: skip
OWN_OPERATORS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")  # domains of which ONNX Runtime has the operators
OLDEST_OPSET = 7  # the first in which shapes are matched as in NumPy
FLOAT, UINT8, FLOAT16, DOUBLE = 1, 2, 10, 11  # onnx.TensorProto
_OURS = "photoplanet/"  # how the names begin that are added within


@dataclass(frozen=True)
class Taken:
    """What a network takes: the name of its input, its kind (of onnx.TensorProto), how many photos at once, and which.

    `batch`: None for any number. `sides`: "NCHW" or "NHWC" → the side of photos in pixels, None for any; both layouts
    where nothing says which it is.
    """

    name: str
    kind: int
    sides: dict[str, int | None]
    batch: int | None = None


def parsed(data: bytes, what: str) -> "ModelProto":
    """Read an ONNX network; InputError, which begins with `what`, where it is none, or is not whole in itself.

    >>> parsed(b"hello", "model.onnx")
    Traceback (most recent call last):
    photoplanet.errors.InputError: model.onnx: not an ONNX network, or a damaged one; export it again
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, ValueError, RecursionError):
        raise InputError(f"{what}: not an ONNX network, or a damaged one; export it again") from None
    nodes = list(_nodes(model))
    if not _is_text(model, nodes):
        raise InputError(f"{what}: a damaged ONNX network (names that are not text); export it again")
    opsets = {each.domain: each.version for each in model.opset_import}
    if not model.graph.node or not model.graph.output or not opsets:
        raise InputError(f"{what}: not an ONNX network, or an empty one; export it again")
    standard = opsets.get("", opsets.get("ai.onnx", 0))
    if standard < OLDEST_OPSET:
        raise InputError(f"{what}: of opset {standard}; {OLDEST_OPSET} or newer is read, export it again")
    foreign = _foreign(nodes, {(each.domain, each.name) for each in model.functions})
    if foreign:
        raise InputError(f"{what}: needs operators that ONNX Runtime does not have ({foreign}); export it without them")
    if any(tensor.data_location == tensor.EXTERNAL for tensor in _tensors(model, nodes)):
        raise InputError(f"{what}: its weights are in another file; save it as one (onnx.save of what onnx.load reads)")
    return model


def taken(model: "ModelProto", what: str) -> Taken:
    """Return what a network takes; InputError where that is not one batch of photos in three colours.

    >>> from onnx import TensorProto, helper
    >>> value = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 224, 224])
    >>> taken(helper.make_model(helper.make_graph([], "g", [value], [])), "model.onnx").sides
    {'NCHW': 224}
    """
    constants = {each.name for each in model.graph.initializer}
    inputs = [each for each in model.graph.input if each.name not in constants]
    if len(inputs) != 1:
        names = printable(", ".join(each.name for each in inputs))[:200] or "none"
        raise InputError(
            f"{what}: takes {len(inputs)} inputs ({names}), not photos alone; use the vision part of the model"
        )
    [given] = inputs
    kind, shape = given.type.tensor_type.elem_type, given.type.tensor_type.shape
    if kind not in (FLOAT, UINT8, FLOAT16, DOUBLE):
        raise InputError(f"{what}: takes neither floats nor bytes; an encoder takes photos")
    known = given.type.tensor_type.HasField("shape")
    sizes = [each.dim_value if each.HasField("dim_value") and each.dim_value > 0 else None for each in shape.dim]
    sizes = sizes if known else [None] * 4
    said = " × ".join(str(size or "any") for size in sizes)
    if len(sizes) != 4:
        raise InputError(f"{what}: takes {said or 'one number'}; photos have four axes")
    first = sizes[1] == 3 or (sizes[1] is None and sizes[3] != 3)
    last = sizes[1] != 3 and sizes[3] in (3, None)
    places = {"NCHW": sizes[2:], "NHWC": sizes[1:3]}
    fitting = {name: places[name] for name, fits in (("NCHW", first), ("NHWC", last)) if fits}
    if not fitting:
        raise InputError(f"{what}: takes {said}; photos have three colours, on the second or the last axis")
    square = {name: pair for name, pair in fitting.items() if None in pair or pair[0] == pair[1]}
    if not square:
        raise InputError(f"{what}: takes {said}; only square photos are made")
    return Taken(given.name, kind, {name: pair[0] or pair[1] for name, pair in square.items()}, sizes[0])


def output(model: "ModelProto", asked: str, what: str) -> str:
    """Return the name of the output to use: `asked`, else the first of OUTPUTS, the first of one vector, the only one.

    InputError for one that is not there, and where none stands out.

    >>> from onnx import TensorProto, helper
    >>> values = [helper.make_tensor_value_info(x, TensorProto.FLOAT, ["n", 8]) for x in ("logits", "pooler_output")]
    >>> output(helper.make_model(helper.make_graph([], "g", [], values)), "", "model.onnx")
    'pooler_output'
    """
    ranks = {each.name: len(each.type.tensor_type.shape.dim) for each in model.graph.output}
    names = printable(", ".join(ranks))[:300]
    if asked:
        if asked not in ranks:
            raise InputError(f"{what}: no output is called {printable(asked)[:100]!r}; it has {names}")
        return asked
    if named := next((name for name in OUTPUTS if name in ranks), None):
        return named
    flat = [name for name, rank in ranks.items() if rank == 2]
    found = flat if len(flat) == 1 else list(ranks) if len(ranks) == 1 else []
    if not found:
        raise InputError(f"{what}: which of its outputs are features? Name one with --output: {names}")
    return str(found[0])


def wrapped(
    model: "ModelProto", given: Taken, layout: str, chosen: str, preprocessing: Preprocessing, blue_first: bool = False,
    singly: bool = False,
) -> "ModelProto":  # fmt: skip
    """Return the network with `photos` as its input, and the chosen output alone; `model` is used up.

    `layout`: one of `given.sides`. `blue_first`: it wants blue, green, red; mean and std are in its own order.
    `singly`: photos go through it one at a time (Scan), for a network that takes one.

    >>> from photoplanet.encoders import lite
    >>> model = lite.graph(lite.weights("lite0"), 224)
    >>> made = wrapped(model, Taken("photos", UINT8, {"NHWC": 224}), "NHWC", "features", Preprocessing(224))
    >>> [each.name for each in (*made.graph.input, *made.graph.output)]
    ['photos', 'photoplanet/output']
    """
    from onnx import helper, numpy_helper

    inner = _renamed(model)
    nodes: list[NodeProto] = []
    constants: list[TensorProto] = []

    def add(kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        name = f"{_OURS}{kind.lower()}"
        nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(name: str, value: Any) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value), _OURS + name))
        return _OURS + name

    size = preprocessing.size
    x = "photos"
    if singly:
        x = add("Reshape", [f"{_OURS}photo", constant("one photo", np.asarray([1, size, size, 3], np.int64))])
    if blue_first:
        x = add("Gather", [x, constant("blue first", np.asarray([2, 1, 0], np.int64))], axis=3)
    if given.kind != UINT8:
        x = add("Cast", [x], to=FLOAT)
        x = add("Sub", [x, constant("mean", 255 * np.asarray(preprocessing.mean, np.float32))])
        x = add("Div", [x, constant("std", 255 * np.asarray(preprocessing.std, np.float32))])
    if layout == "NCHW":
        x = add("Transpose", [x], perm=[0, 3, 1, 2])
    nodes.append(helper.make_node("Cast", [x], [inner.get(given.name, given.name)], to=given.kind))
    output, graph = f"{_OURS}output", model.graph
    nodes += [*graph.node, helper.make_node("Cast", [inner.get(chosen, chosen)], [output], to=FLOAT)]
    if singly:
        nodes.append(helper.make_node("Gather", [output, constant("zero", np.asarray(0, np.int64))], [f"{_OURS}one"]))
        one = helper.make_tensor_value_info(f"{_OURS}photo", UINT8, [size, size, 3])
        body = helper.make_graph(nodes, "one", [one], [helper.make_tensor_value_info(f"{_OURS}one", FLOAT, None)])
        nodes = [helper.make_node("Scan", ["photos"], [output], body=body, num_scan_inputs=1)]
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.extend(constants)
    graph.input.append(helper.make_tensor_value_info("photos", UINT8, ["n", size, size, 3]))
    graph.output.append(helper.make_tensor_value_info(output, FLOAT, None))
    model.ir_version = max(model.ir_version, 4)  # before, constants had to be inputs too
    return model


def with_pooling(model: "ModelProto", way: str, shape: Sequence[int]) -> "ModelProto":
    """Return what `wrapped` made with the output "features" (n, d), made of the chosen one; `model` is used up.

    `way`: as `probe.pooled`; `shape`: of the chosen output.

    >>> from photoplanet.core.onnx_graphs import Graph
    >>> graph = Graph()
    >>> x = graph.add("Identity", ["photos"], "x")
    >>> made = graph.model("g", {"photos": (np.float32, ["n", 2, 3])}, {"x": (np.float32, ["n", 2, 3])})
    >>> [node.op_type for node in with_pooling(made, "first", [6, 2, 3]).graph.node]
    ['Identity', 'Gather']
    """
    from onnx import helper, numpy_helper

    graph, added = model.graph, []
    given = graph.output[0].name
    width = shape[1] if way == "mean" and len(shape) == 4 else shape[-1]
    if way == "first":
        graph.initializer.append(numpy_helper.from_array(np.asarray(0, np.int64), f"{_OURS}token"))
        added.append(helper.make_node("Gather", [given, f"{_OURS}token"], ["features"], axis=1))
    elif way:
        axes = [1] if len(shape) == 3 else [1, 2] if way == "last mean" else [2, 3]
        opset = max(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
        if opset >= 18:  # axes became an input
            graph.initializer.append(numpy_helper.from_array(np.asarray(axes, np.int64), f"{_OURS}axes"))
            added.append(helper.make_node("ReduceMean", [given, f"{_OURS}axes"], ["features"], keepdims=0))
        else:
            added.append(helper.make_node("ReduceMean", [given], ["features"], axes=axes, keepdims=0))
    else:
        added.append(helper.make_node("Identity", [given], ["features"]))
    graph.node.extend(added)
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("features", FLOAT, ["n", width]))
    return model


def _foreign(nodes: Sequence["NodeProto"], own: set[tuple[str, str]]) -> str:
    """Operators of other domains than ONNX Runtime's, and than the model's own functions, as text."""
    found = {
        f"{node.domain}.{node.op_type}"
        for node in nodes
        if node.domain not in OWN_OPERATORS and (node.domain, node.op_type) not in own
    }
    return printable(", ".join(sorted(found)))[:200]


def _nodes(model: "ModelProto") -> Iterator["NodeProto"]:
    """Every node, those of the model's functions and of graphs within nodes too."""
    waiting = [*model.graph.node, *(node for function in model.functions for node in function.node)]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [inner for graph in _within(node) for inner in graph.node]


def _within(node: "NodeProto") -> Iterator["GraphProto"]:
    """The graphs that a node holds, such as the branches of If."""
    for attribute in node.attribute:
        yield from attribute.graphs
        if attribute.HasField("g"):
            yield attribute.g


def _tensors(model: "ModelProto", nodes: Sequence["NodeProto"]) -> Iterator["TensorProto"]:
    """Every array that is kept in a model."""
    for graph in (model.graph, *(graph for node in nodes for graph in _within(node))):
        yield from graph.initializer
        yield from (each for sparse in graph.sparse_initializer for each in (sparse.values, sparse.indices))
    for attribute in (attribute for node in nodes for attribute in node.attribute):
        yield from (*attribute.tensors, attribute.t)
        for sparse in (*attribute.sparse_tensors, attribute.sparse_tensor):
            yield from (sparse.values, sparse.indices)


def _named(model: "ModelProto", nodes: Sequence["NodeProto"]) -> tuple[list[Any], list[Any]]:
    """What has a name in a model and its graphs, and the lists of names that nodes and functions take and give."""
    graphs = [model.graph, *(graph for node in nodes for graph in _within(node))]
    listed = [each for graph in graphs for each in (*graph.input, *graph.output, *graph.value_info, *graph.initializer)]
    listed += [each.values for graph in graphs for each in graph.sparse_initializer]
    formal = [names for node in nodes for names in (node.input, node.output)]
    formal += [names for function in model.functions for names in (function.input, function.output)]
    return listed, formal


def _is_text(model: "ModelProto", nodes: Sequence["NodeProto"]) -> bool:
    """Whether all names are; those that are not UTF-8 come as bytes."""
    listed, formal = _named(model, nodes)
    names = [each.name for each in (*listed, *model.functions)] + [name for each in formal for name in each]
    kinds = [text for node in nodes for text in (node.op_type, node.domain)]
    return all(isinstance(each, str) for each in (*names, *kinds, *(each.domain for each in model.opset_import)))


def _renamed(model: "ModelProto") -> dict[str, str]:
    """Give other names to values of a model that have those that are wanted here; returns old → new."""
    listed, formal = _named(model, [*_nodes(model)])  # in functions it does no harm
    names = {each.name for each in listed} | {name for each in formal for name in each}
    mark = "inner/"
    while any(name.startswith(mark) for name in names):
        mark = f"inner {mark}"
    new = {name: mark + name for name in names if name in ("photos", "features") or name.startswith(_OURS)}
    for each in listed:
        each.name = new.get(each.name, each.name)
    for each in formal:
        each[:] = [new.get(name, name) for name in each]
    return new
