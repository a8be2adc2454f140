"""An ONNX graph written node by node: how networks are made of somebody's tensors without torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

OPSET, IR_VERSION = 18, 8


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
    constants: dict[str, "TensorProto"] = field(default_factory=dict)

    def constant(self, name: str, value: Any) -> str:
        """Add an array under `name`, as it is (its dtype counts); once is enough: a second one is not added."""
        from onnx import numpy_helper

        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def add(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        """Add a node with one output and return the output's name (`output`, or one made of `kind`)."""
        from onnx import helper

        name = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def model(
        self,
        name: str,
        inputs: Mapping[str, tuple[Any, Sequence[int | str]]],
        outputs: Mapping[str, tuple[Any, Sequence[int | str]]],
    ) -> "ModelProto":
        """Return the whole as a model; inputs and outputs: name → (dtype, shape, where a text is a free dimension)."""
        from onnx import helper

        def listed(values: Mapping[str, tuple[Any, Sequence[int | str]]]) -> list[Any]:
            return [
                helper.make_tensor_value_info(key, helper.np_dtype_to_tensor_dtype(np.dtype(kind)), list(shape))
                for key, (kind, shape) in values.items()
            ]

        whole = helper.make_graph(self.nodes, name, listed(inputs), listed(outputs), list(self.constants.values()))
        opsets = [helper.make_opsetid("", OPSET)]
        return helper.make_model(whole, opset_imports=opsets, ir_version=IR_VERSION, producer_name="photoplanet")
