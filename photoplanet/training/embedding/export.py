"""From a trained retrieval embedding to ONNX, checked against torch."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from photoplanet.core import atomic, onnx_sessions
from photoplanet.errors import TrainingError
from photoplanet.training import onnx_files
from photoplanet.training.embedding.triplet import Head

if TYPE_CHECKING:
    from onnx import ModelProto


def write_onnx(module: nn.Module, path: Path, example: Tensor, tolerance: float = onnx_files.TOLERANCE) -> float:
    """Write `module` as ONNX, any batch size, and return its largest difference from torch on `example`.

    Input `images` where the example is uint8, else `embedding` (then `module` is a `Head`); output `vectors`.
    TrainingError above `tolerance`.

    >>> bool(write_onnx(Head(8), getfixture("tmp_path") / "embedding.onnx", torch.ones(2, 8)) < 1e-3)
    True
    """
    pixels = example.dtype == torch.uint8
    if pixels:
        given = example if len(example) > 1 else torch.cat([example, example])
        made = onnx_files.traced(module, given, "images", ["vectors"])
    else:
        assert isinstance(module, Head)
        made = _drawn(module)
    data = onnx_files.serialised(made)
    session = onnx_sessions.open_session(data, what=path.name)
    with torch.no_grad():
        expected = module(example).numpy()
    worst = 0.0
    for count in (1, len(example)):  # the batch size must be free
        (found,) = session.run(["vectors"], {"images" if pixels else "embedding": example[:count].numpy()})
        worst = max(worst, float(np.abs(found - expected[:count]).max()))
    if not worst <= tolerance:
        raise TrainingError(
            f"ONNX Runtime and torch differ by {worst:.2g} (allowed: {tolerance:g}); "
            "try another version of torch or onnxruntime"
        )
    atomic.write_bytes(path, data)
    return worst


def _drawn(head: Head) -> "ModelProto":
    """The head node by node: at four nodes torch's exporter takes seconds for what is plain to see."""
    from onnx import TensorProto, helper, numpy_helper

    weight = (head.linear.weight / head.deviation).detach()  # what the inputs are divided by goes into the layer
    bias = head.linear.bias.detach() - weight @ head.mean
    constants = {"weight": weight.T.contiguous().numpy(), "bias": bias.numpy(), "least": np.float32(1e-12)}
    nodes = [
        helper.make_node("Gemm", ["embedding", "weight", "bias"], ["linear"]),
        helper.make_node("ReduceL2", ["linear", "axis"], ["length"], keepdims=1),
        helper.make_node("Max", ["length", "least"], ["divisor"]),
        helper.make_node("Div", ["linear", "divisor"], ["vectors"]),
    ]
    graph = helper.make_graph(
        nodes,
        "embedding",
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", weight.shape[1]])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", weight.shape[0]])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
        + [numpy_helper.from_array(np.array([1], np.int64), "axis")],
    )
    opset = [helper.make_opsetid("", onnx_files.OPSET)]
    return helper.make_model(graph, opset_imports=opset, ir_version=onnx_files.IR_VERSION)
