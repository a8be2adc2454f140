"""Opening ONNX networks: the one place that chooses ONNX Runtime's options, and the device that it works on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from numpy.typing import NDArray

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


def providers() -> list[str]:
    """Return ONNX Runtime's names of the devices to use, the preferred one first.

    >>> providers()
    ['CPUExecutionProvider']
    """
    return ["CPUExecutionProvider"]


def open_session(
    model: str | Path | bytes,
    threads: int | None = None,
    what: str = "",
    remedy: str = "copy or export the model again",
) -> Session:
    """Open a network, a file or its bytes, for at most `threads` cores (None: all of them).

    ModelError for a file that is missing or is not a usable network; it begins with `what` (by default the file's
    path) and ends with `remedy`.

    >>> open_session(b"not a network", what="model.onnx")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    photoplanet.errors.ModelError: model.onnx: not a usable network ...; copy or export the model again
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # on Windows; elsewhere `photoplanet/__init__.py` does it before the import
    what = what or ("the network" if isinstance(model, bytes) else str(model))
    if not isinstance(model, bytes) and not Path(model).is_file():
        raise ModelError(f"{what}: no such file; {remedy}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    # Waiting threads would spin on the cores that decode the next photos: a quarter more processor time for nothing.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    given = model if isinstance(model, bytes) else str(model)
    if isinstance(given, str) and readable(given) != given:  # ONNX Runtime opens no path that is not Unicode
        given = Path(given).read_bytes()
    try:
        session: Session = onnxruntime.InferenceSession(given, options, providers=providers())
    except Exception as error:  # ONNX Runtime raises its own dozen types, which share no base but Exception
        raise ModelError(f"{what}: not a usable network ({one_line(error)}); {remedy}") from None
    return session


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
