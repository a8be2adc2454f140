"""A network in int8: its convolutions and its matrices, by the values that they take on photos (static, QDQ)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.onnx_sessions import one_line
from photoplanet.core.progress import Advance, ignore
from photoplanet.errors import ModelError

if TYPE_CHECKING:
    from onnx import ModelProto

OUTPUTS = ("log_probabilities", "embedding")
AT_ONCE = 8  # photos
_HEAVY = ("Conv", "Gemm", "MatMul")
# What lies between convolutions, so that values do not go to float32 and back there; elsewhere it stays float32.
_BETWEEN = ("Add", "Relu", "Clip", "MaxPool", "AveragePool", "Concat")
_ENDS = ("Gemm", "MatMul", "ReduceMean", "GlobalAveragePool", "Flatten")  # where the part with convolutions ends


class _Photos:
    """Photos uint8 (n, size, size, 3) as ONNX Runtime's calibrators take them."""

    def __init__(self, photos: NDArray[np.uint8], advance: Advance):
        self._photos, self._advance, self._next = photos, advance, 0

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        some = self._photos[self._next : self._next + AT_ONCE]
        self._next += len(some)
        self._advance(len(some))
        return {"images": some} if len(some) else None


def quantise(network: Path, photos: NDArray[np.uint8], into: Path, advance: Advance = ignore) -> "ModelProto":
    """Write the int8 form of a network, whose ranges are those on `photos` uint8 (n, size, size, 3); return it.

    Weights by channel, both symmetric; the results of matrices stay float32, among them the logits, which int8
    would round to 256 steps over all cells. What comes before the first convolution and after the last, but for
    matrices, and what the output `similarity` alone needs, stays as it is. ModelError for a network that ONNX
    Runtime cannot do that with. `advance`: counts photos.

    >>> from photoplanet.models import installed
    >>> path = getfixture("tmp_path") / "small.onnx"
    >>> toy = installed.resolve("toy") / "model.onnx"
    >>> _ = quantise(toy, np.random.default_rng(0).integers(0, 256, (4, 128, 128, 3), np.uint8), path)
    >>> path.stat().st_size < toy.stat().st_size / 2
    True
    """
    import onnx

    with _quietly():
        from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    whole = onnx.load(network)
    del whole.graph.value_info[:]  # of other batch sizes, in what some exporters write
    _with_plain_names(whole)
    try:
        with _quietly():
            quantize_static(
                whole, into, _Photos(photos, advance), QuantFormat.QDQ, op_types_to_quantize=[*_HEAVY, *_BETWEEN],
                per_channel=True, activation_type=QuantType.QInt8, weight_type=QuantType.QInt8,
                nodes_to_exclude=_left(whole), calibrate_method=CalibrationMethod.MinMax,
                extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm", "MatMul"]},
            )  # fmt: skip
        made = onnx.load(into)
        made.producer_name, made.producer_version = "photoplanet", ""
        del made.metadata_props[:]
        into.write_bytes(made.SerializeToString(deterministic=True))
    except Exception as error:  # whatever a network of others makes of onnx and ONNX Runtime: they share no base
        raise ModelError(f"{network}: cannot be made int8 ({one_line(error)}); keep it as it is") from None
    if not any(node.op_type == "DequantizeLinear" for node in made.graph.node):
        raise ModelError(f"{network}: has no convolutions or matrices that can be int8; keep it as it is")
    return made


def _left(whole: "ModelProto") -> list[str]:
    """The nodes that stay float32: between others than convolutions, and all that no answer needs."""
    after, ended, needed = set[str](), set[str](), set(OUTPUTS)
    for node in whole.graph.node:
        if node.op_type in _ENDS or ended.intersection(node.input):
            ended.update(node.output)
        elif node.op_type == "Conv" or after.intersection(node.input):
            after.update(node.output)
    for node in reversed(whole.graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
    return [
        node.name
        for node in whole.graph.node
        if not needed.intersection(node.output) or (node.op_type not in _HEAVY and not after.intersection(node.output))
    ]


def _with_plain_names(whole: "ModelProto") -> None:
    """Give every node a name and every domain one line, as ONNX Runtime's quantiser wants them, in place."""
    for number, node in enumerate(whole.graph.node):
        node.name = node.name or f"node_{number}"
    versions = {each.domain: each.version for each in sorted(whole.opset_import, key=lambda each: each.version)}
    del whole.opset_import[:]
    for domain, version in versions.items():
        whole.opset_import.add(domain=domain, version=version)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the advice that ONNX Runtime's quantiser logs; the root logger, which importing it sets up, as it was."""
    before, root = logging.root.manager.disable, logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
        root.setLevel(level)
        root.handlers[:] = handlers
