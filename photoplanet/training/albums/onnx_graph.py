"""An ONNX graph made node by node, for networks that torch's exporter cannot write with albums of any length."""

from pathlib import Path
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper
from torch import Tensor, nn

from photoplanet.core import atomic
from photoplanet.training import onnx_files

Shape = list[str | int]
LARGE = 1024  # numbers from which a weight is stored in half precision


class Graph:
    """An ONNX graph in the making; large constants are stored in half precision and widened when the file is opened."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, name: str, value: Tensor, exact: bool = False) -> None:
        """Add a constant; a large one is rounded to half precision unless it has to be `exact`."""
        array = value.detach().cpu().numpy()
        if array.dtype == np.float32 and array.size >= LARGE and not exact:
            self.constants.append(numpy_helper.from_array(array.astype(np.float16), f"{name}_half"))
            self.nodes.append(helper.make_node("Cast", [f"{name}_half"], [name], to=1))
        else:
            self.constants.append(numpy_helper.from_array(array, name))

    def add(self, kind: str, inputs: list[str], outputs: list[str] | None = None, **attributes: Any) -> str:
        """Add a node; return the name of its first output."""
        outputs = outputs or [f"{kind.lower()}_{len(self.nodes)}"]
        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs[0]

    def linear(self, name: str, given: str, layer: nn.Linear) -> str:
        """Add a linear layer on the last axis; return its output's name."""
        self.constant(f"{name}_weight", layer.weight.T.contiguous())
        self.constant(f"{name}_bias", layer.bias)
        return self.add("Add", [self.add("MatMul", [given, f"{name}_weight"]), f"{name}_bias"])

    def save(self, path: Path, inputs: dict[str, Shape], outputs: dict[str, Shape]) -> None:
        """Write the graph with these inputs and outputs, float32 arrays of (named or given) sizes."""
        sides = [
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in side.items()]
            for side in (inputs, outputs)
        ]
        graph = helper.make_graph(self.nodes, "album", sides[0], sides[1], self.constants)
        opset = [helper.make_opsetid("", onnx_files.OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=onnx_files.IR_VERSION)
        atomic.write_bytes(path, onnx_files.serialised(model))
