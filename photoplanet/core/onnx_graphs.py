"""An ONNX graph written node by node: how networks are made of somebody's tensors without torch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import ModelError

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

OPSET, IR_VERSION = 18, 8
LARGEST = (1 << 31) - 1  # bytes of a file that ONNX Runtime reads as one

Values = Mapping[str, tuple[Any, Sequence[int | str]]]
"""Inputs or outputs: name → (dtype, shape, where a text is a free dimension)."""


@dataclass
class Graph:
    """Nodes and constants in the order in which they are added; every value has a name of its own.

    >>> graph = Graph()
    >>> doubled = graph.add("Mul", ["x", graph.constant("two", np.float32(2))], "doubled")
    >>> made = graph.model("doubling", {"x": (np.float32, ["n"])}, {doubled: (np.float32, ["n"])})
    >>> [node.op_type for node in made.graph.node]
    ['Mul']
    """

    nodes: list["NodeProto"] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)

    def constant(self, name: str, value: Any) -> str:
        """Add an array under `name`, as it is (its dtype counts); once is enough: a second one is not added."""
        if name not in self.constants:
            self.constants[name] = np.asarray(value)
        return name

    def add(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        """Add a node with one output and return the output's name (`output`, or one made of `kind`)."""
        from onnx import helper

        name = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def model(self, name: str, inputs: Values, outputs: Values) -> "ModelProto":
        """Return the whole as a model in memory; `write` is for large ones."""
        made = self._without_constants(name, inputs, outputs)
        made.graph.initializer.extend(_tensor(key, value) for key, value in self.constants.items())
        return made

    def write(self, path: Path, name: str, inputs: Values, outputs: Values) -> None:
        """Write the whole to a file, one constant in memory at a time; ModelError where it would be over 2 GiB.

        >>> graph = Graph()
        >>> doubled = graph.add("Mul", ["x", graph.constant("two", np.float32(2))], "doubled")
        >>> path = getfixture("tmp_path") / "model.onnx"
        >>> graph.write(path, "doubling", {"x": (np.float32, ["n"])}, {doubled: (np.float32, ["n"])})
        >>> from photoplanet.core.onnx_sessions import open_session
        >>> open_session(path).run(None, {"x": np.ones(2, np.float32)})
        [array([2., 2.], dtype=float32)]
        """
        made = self._without_constants(name, inputs, outputs)
        size = sum(value.nbytes for value in self.constants.values())
        if size + made.ByteSize() + 1024 * (1 + len(self.constants)) > LARGEST:
            raise ModelError(f"{path}: {size:,} bytes of weights, and a network has at most 2 GiB; make a smaller one")
        with path.open("wb") as file:
            file.write(made.SerializeToString(deterministic=True))
            for key, value in self.constants.items():
                _append(file, _tensor(key, value).SerializeToString(deterministic=True))

    def _without_constants(self, name: str, inputs: Values, outputs: Values) -> "ModelProto":
        from onnx import helper

        whole = helper.make_graph(self.nodes, name, list(_listed(inputs)), list(_listed(outputs)))
        opsets = [helper.make_opsetid("", OPSET)]
        return helper.make_model(whole, opset_imports=opsets, ir_version=IR_VERSION, producer_name="photoplanet")


def _listed(values: Values) -> Iterator[Any]:
    from onnx import helper

    for key, (kind, shape) in values.items():
        yield helper.make_tensor_value_info(key, helper.np_dtype_to_tensor_dtype(np.dtype(kind)), list(shape))


def _tensor(name: str, value: NDArray[Any]) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(value, name)


def _append(file: BinaryIO, tensor: bytes) -> None:
    """Append a constant to a model file: a message that comes twice is merged, so the file goes on with a graph.

    7 is ModelProto's `graph`, 5 GraphProto's `initializer`; both are messages (wire type 2) with their length before.
    https://protobuf.dev/programming-guides/encoding/#last-one-wins
    """
    inner = bytes([5 << 3 | 2]) + _length(len(tensor))
    file.write(bytes([7 << 3 | 2]) + _length(len(inner) + len(tensor)) + inner)
    file.write(tensor)


def _length(number: int) -> bytes:
    """A varint: seven bits a byte, the low ones first."""
    found = []
    while True:
        number, low = number >> 7, number & 127
        found.append(low | (128 if number else 0))
        if not number:
            return bytes(found)
