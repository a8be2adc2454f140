"""What every export to ONNX shares: torch's exporter without its noise, and files that say nothing of this machine."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 18  # read by every ONNX Runtime from 1.14 on
IR_VERSION = 8  # of files that are made node by node; as OPSET
TOLERANCE = 1e-3  # of the largest value of an output, or of 1 where that is larger
MAX_BATCH = 1 << 20


def traced(network: nn.Module, example: Tensor, name: str, outputs: Sequence[str]) -> "ModelProto":
    """Return a network of one input, called `name`, as ONNX; its batch size is free, `example` (2 or more, …).

    >>> model = traced(nn.Linear(3, 2), torch.zeros(2, 3), "given", ["found"])
    >>> [output.name for output in model.graph.output]
    ['found']
    """
    with _quiet():
        program = torch.onnx.export(
            network, (example,), input_names=[name], output_names=list(outputs), opset_version=OPSET, dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("n", min=1, max=MAX_BATCH)},), verbose=False,
        )  # fmt: skip
    assert program is not None  # dynamo=True always returns one
    return program.model_proto


def serialised(model: "ModelProto") -> bytes:
    """Return a checked model as bytes, without the source paths that exporters leave; equal models, equal bytes.

    >>> data = serialised(traced(nn.Linear(3, 2), torch.zeros(2, 3), "given", ["found"]))
    >>> b"photoplanet" in data, b".py" in data
    (True, False)
    """
    import onnx

    graph = model.graph
    holders: list[Any] = [model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output]
    for holder in holders:
        holder.doc_string = ""
        if hasattr(holder, "metadata_props"):
            del holder.metadata_props[:]
    del graph.value_info[:]
    model.producer_name, model.producer_version = "photoplanet", ""
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back the exporters' own warnings and log lines: they concern their authors, not our users."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
