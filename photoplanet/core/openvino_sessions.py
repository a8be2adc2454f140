"""Networks on OpenVINO: an ONNX file computed by its kernels, in bfloat16 where the processor has it."""

import functools
import queue
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SIZES = (32, 8, 4, 1)  # of batches, descending
_FILLED = 3  # so many rows and more are filled up to the least size above one
_TELEMETRY, _ABSEIL = "openvino_telemetry", "absl"
_TYPES = {"u8": "tensor(uint8)", "i8": "tensor(int8)", "f32": "tensor(float)", "f16": "tensor(float16)",
          "i64": "tensor(int64)", "i32": "tensor(int32)"}  # fmt: skip


class Node(NamedTuple):
    """An input or output of a network, as `onnx_sessions.Node`: None stands for any size."""

    name: str
    type: str
    shape: list[Any]


class OpenVinoSession:
    """A network on OpenVINO; an `onnx_sessions.Session`. Threads may run it at the same time.

    Photos go through in batches of `SIZES`, for each of which the network is compiled when it first comes up: for sizes
    that are known beforehand OpenVINO's kernels are twice as fast. `precision`: what it computes in, "float32" or
    "bfloat16" (int8 where the network itself says so).
    """

    def __init__(self, model: str | bytes, threads: int | None):
        core = _core()
        self._settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False}
        if threads:
            self._settings["INFERENCE_NUM_THREADS"] = threads
        self._model = core.read_model(model)
        self._inputs = [_node(each) for each in self._model.inputs]
        self._outputs = [_node(each) for each in self._model.outputs]
        self._compiling, self._compiled = threading.Lock(), dict[int, Any]()
        self._idle: defaultdict[int, queue.SimpleQueue[Any]] = defaultdict(queue.SimpleQueue)  # that nobody uses
        kind = self._of_size(1).get_property("INFERENCE_PRECISION_HINT").get_type_name()
        self.precision = {"bf16": "bfloat16", "f16": "float16"}.get(kind, "float32")

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, NDArray[Any]], /) -> list[NDArray[Any]]:
        """Compute the outputs of these names (None: all) from arrays by input name, all of as many rows."""
        names = [node.name for node in self._outputs]
        places = [names.index(name) for name in (names if outputs is None else outputs)]
        rows = len(next(iter(inputs.values())))
        parts: list[list[NDArray[Any]]] = [[] for _ in places]
        for start, count, size in _batches(rows):
            with self._request(size) as request:
                request.infer({name: _padded(value[start : start + count], size) for name, value in inputs.items()})
                for place, part in zip(places, parts, strict=True):
                    part.append(np.array(request.get_output_tensor(place).data[:count]))
        return [part[0] if len(part) == 1 else np.concatenate(part) for part in parts]

    def get_inputs(self) -> Sequence[Node]:
        """Return what the network takes."""
        return self._inputs

    def get_outputs(self) -> Sequence[Node]:
        """Return what the network gives."""
        return self._outputs

    def _of_size(self, size: int) -> Any:
        """The network compiled for batches of one size."""
        with self._compiling:
            if size not in self._compiled:
                shapes = {node.name: [size, *(-1 if each is None else each for each in node.shape[1:])]
                          for node in self._inputs}  # fmt: skip
                model = self._model.clone()
                model.reshape(shapes)
                self._compiled[size] = _core().compile_model(model, "CPU", self._settings)
            return self._compiled[size]

    @contextmanager
    def _request(self, size: int) -> Iterator[Any]:
        compiled, idle = self._of_size(size), self._idle[size]
        try:
            request = idle.get_nowait()
        except queue.Empty:
            request = compiled.create_infer_request()
        try:
            yield request
        finally:
            idle.put(request)


def _batches(rows: int) -> Iterator[tuple[int, int, int]]:
    """Cut rows into batches: the first row, how many there are, and the size that they are filled up to.

    >>> list(_batches(42))
    [(0, 32, 32), (32, 8, 8), (40, 1, 1), (41, 1, 1)]
    >>> list(_batches(7))
    [(0, 4, 4), (4, 3, 4)]
    """
    if not rows:
        yield 0, 0, 1  # what comes out is cut to no row
    start = 0
    while start < rows:
        left = rows - start
        size = next((each for each in SIZES if each <= left), 1)
        if size == 1 and left >= _FILLED:
            size = SIZES[-2]
        count = min(left, size)
        yield start, count, size
        start += count


def _padded(rows: NDArray[Any], size: int) -> NDArray[Any]:
    if len(rows) < size:
        rows = np.concatenate([rows, np.zeros((size - len(rows), *rows.shape[1:]), rows.dtype)])
    return np.ascontiguousarray(rows)


def library() -> ModuleType:
    """Import OpenVINO without what reports to its maker: nothing here calls out. ImportError where it is missing.

    Without Abseil's loggers, too, which it would import where they are: their handler closes the stream that was
    stderr then, when somebody sets up logging anew, as a server does.

    >>> from photoplanet.core.devices import installed
    >>> not installed("openvino") or library().__name__ == "openvino"
    True
    """
    if _TELEMETRY not in sys.modules:
        # None: cannot be imported, and then OpenVINO falls back on a stand-in of its own that does nothing
        sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    absent = _ABSEIL not in sys.modules
    if absent:
        sys.modules[_ABSEIL] = None  # type: ignore[assignment]
    try:
        import openvino
    finally:
        if absent:
            del sys.modules[_ABSEIL]
    return openvino  # type: ignore[no-any-return]


def has_bfloat16() -> bool:
    """Whether OpenVINO computes in bfloat16 here; without that it is about as fast as ONNX Runtime.

    >>> from photoplanet.core.devices import has_openvino
    >>> isinstance(has_openvino() and has_bfloat16(), bool)
    True
    """
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@functools.lru_cache(1)
def _core() -> Any:
    return library().Core()


def _node(each: Any) -> Node:
    kind = each.get_element_type().get_type_name()
    shape = [size.get_length() if size.is_static else None for size in each.get_partial_shape()]
    return Node(each.get_any_name(), _TYPES.get(kind, kind), shape)
