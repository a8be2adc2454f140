"""Opening ONNX networks: the one place that chooses ONNX Runtime's options, and what opens them on other devices."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from numpy.typing import NDArray

from photoplanet.core import devices
from photoplanet.core.devices import CPU, Device
from photoplanet.core.names import readable
from photoplanet.errors import ModelError


class Node(Protocol):
    """An input or output of a network: its name, its type such as "tensor(float)", and its sizes (a name: any)."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def type(self) -> str:
        """Its type, such as "tensor(float)"."""
        ...

    @property
    def shape(self) -> list[Any]:
        """Its sizes; a name stands for any."""
        ...


class Session(Protocol):
    """A network that is ready to run; what `onnxruntime.InferenceSession` offers, and other engines can."""

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, NDArray[Any]], /) -> list[NDArray[Any]]:
        """Compute the outputs of these names (None: all) from arrays by input name."""
        ...

    def get_inputs(self) -> Sequence[Node]:
        """Return what the network takes."""
        ...

    def get_outputs(self) -> Sequence[Node]:
        """Return what the network gives."""
        ...


def providers(device: Device = CPU) -> list[str]:
    """Return ONNX Runtime's names of what to use for a device, the preferred one first.

    >>> providers()
    ['CPUExecutionProvider']
    """
    return [devices.CUDA_PROVIDER] * (device.name == devices.CUDA) + ["CPUExecutionProvider"]


def open_session(
    model: str | Path | bytes,
    threads: int | None = None,
    what: str = "",
    remedy: str = "copy or export the model again",
    device: Device = CPU,
) -> Session:
    """Open a network, a file or its bytes, on a device, for at most `threads` cores (None: all of them).

    ModelError for a file that is missing or is not a usable network; it begins with `what` (by default the file's
    path) and ends with `remedy`. ModelError, too, where the device cannot be used: there is no falling back in silence.

    >>> open_session(b"not a network", what="model.onnx")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    photoplanet.errors.ModelError: model.onnx: not a usable network ...; copy or export the model again
    """
    what = what or ("the network" if isinstance(model, bytes) else str(model))
    if not isinstance(model, bytes) and not Path(model).is_file():
        raise ModelError(f"{what}: no such file; {remedy}")
    given = model if isinstance(model, bytes) else str(model)
    if isinstance(given, str) and readable(given) != given:  # neither library opens a path that is not Unicode
        given = Path(given).read_bytes()
    opened = _by_openvino if device.name == devices.OPENVINO else _by_onnx_runtime
    try:
        return opened(given, threads, device)
    except ModelError:
        raise
    except Exception as error:  # ONNX Runtime raises its own dozen types, which share no base but Exception
        where = "" if device == CPU else f" on {device.words}"
        raise ModelError(f"{what}: not a usable network{where} ({one_line(error)}); {remedy}") from None


def _by_onnx_runtime(given: str | bytes, threads: int | None, device: Device) -> Session:
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # on Windows; elsewhere `photoplanet/__init__.py` does it before the import
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    # Waiting threads would spin on the cores that decode the next photos: a quarter more processor time for nothing.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # int8 alike on all processors: without VNNI, sums of products would overflow 16 bits (AVX2, AVX-512).
    options.add_session_config_entry("session.x64quantprecision", "1")
    wanted = providers(device)
    if device.name == devices.CUDA and hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()  # CUDA's libraries where they came as Python packages
    session = onnxruntime.InferenceSession(given, options, providers=wanted)
    if session.get_providers()[:1] != wanted[:1]:
        raise ModelError(
            f"{device.words}: CUDA or cuDNN did not load, or is of another version than this ONNX Runtime wants"
        )
    return cast(Session, session)


def _by_openvino(given: str | bytes, threads: int | None, device: Device) -> Session:
    from photoplanet.core.openvino_sessions import OpenVinoSession

    return OpenVinoSession(given, threads)


def run_sparingly(session: Session, output: str, inputs: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """Compute one output, and give the memory that it took back to the system afterwards.

    A session keeps what its largest batch took. For large batches that are rare: a third slower, hundreds of MB less.

    >>> import numpy as np
    >>> session = open_session(Path(__file__).parents[1] / "duplicates" / "binary_codes.onnx")
    >>> run_sparingly(session, "code", {"images": np.zeros((3, 64, 64, 3), np.uint8)}).shape
    (3, 256)
    """
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    found: list[NDArray[Any]] = cast(Any, session).run([output], inputs, options)
    return found[0]


def one_line(error: Exception) -> str:
    r"""Return what ONNX Runtime says in one line of at most 200 characters.

    >>> one_line(ValueError("bad\n  shape"))
    'bad shape'
    """
    return " ".join(str(error).split())[:200]
