"""A model's network opened, with what goes in and comes out of it checked against the model's facts."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from photoplanet.core import devices, onnx_sessions
from photoplanet.core.devices import CPU, PLAIN, Device
from photoplanet.errors import MissingExtra, ModelError, PhotoplanetError
from photoplanet.locate import without_model
from photoplanet.models import folder

SIMILARITY = "similarity"  # the output that a network may have beside the two that it must have


class Opened(NamedTuple):
    """A network that is ready, the device that it works on, and `passed`: what did not work before, in one line."""

    session: onnx_sessions.Session
    device: Device
    passed: str = ""


def open_network(bundle: folder.Bundle, threads: int | None, device: str = PLAIN) -> Opened:
    """Open a model's network on a device (one of `devices.NAMES`), its inputs and outputs checked against `model.json`.

    "auto" takes the best device that works, and says what did not. ModelError for a bad network, and for a device that
    was named and cannot run it; InputError for one that is not there.

    >>> from photoplanet.models import installed
    >>> session, device, _ = open_network(folder.read(installed.resolve("toy")), threads=1)
    >>> session.get_inputs()[0].name, device.name
    ('images', 'cpu')
    """
    if isinstance(bundle, without_model.WithoutModel):
        return Opened(without_model.Prior(bundle.partition), CPU)
    passed: list[str] = []
    *others, last = devices.to_try(device, bundle.onnx_path.stat().st_size)
    for each in others:
        from photoplanet.models import device_parity

        if device == devices.AUTO and device_parity.too_far(bundle.info.training, each.name):
            passed.append(f"{each.words}: gave other answers when {bundle.info.name} was written")
            continue
        try:
            return _opened(bundle, threads, each, passed)
        except PhotoplanetError as error:
            passed.append(str(error))
    return _opened(bundle, threads, last, passed)


def _opened(bundle: folder.Bundle, threads: int | None, device: Device, passed: list[str]) -> Opened:
    if device.engine == devices.TORCH:
        session = _by_torch(bundle)
    else:
        session = onnx_sessions.open_session(bundle.onnx_path, threads, device=device)
    _check(bundle, session)
    if precision := getattr(session, "precision", ""):
        device = device._replace(words=f"{device.words} in {precision}")
    return Opened(session, device, "; ".join(passed))


def _by_torch(bundle: folder.Bundle) -> onnx_sessions.Session:
    try:
        from photoplanet.training.torch_sessions import TorchSession
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("photoplanet"):
            raise
        raise MissingExtra("a GPU through torch", "train") from None
    return TorchSession(bundle)


def _check(bundle: folder.Bundle, session: onnx_sessions.Session) -> None:
    info, size = bundle.info, bundle.info.preprocessing.size
    _check_signature(bundle, "input", session.get_inputs(), {"images": ("tensor(uint8)", [size, size, 3])})
    outputs = {
        "log_probabilities": ("tensor(float)", [info.classes]),
        "embedding": ("tensor(float)", [info.embedding_size]),
    }
    if any(node.name == SIMILARITY for node in session.get_outputs()):
        outputs[SIMILARITY] = ("tensor(float)", [])
    elif SIMILARITY in info.calibration.get("unknown", {"weights": {}})["weights"]:
        raise bad_network(bundle, f"no output {SIMILARITY}, which calibration.unknown in {folder.INFO} weighs")
    _check_signature(bundle, "output", session.get_outputs(), outputs)


def _check_signature(
    bundle: folder.Bundle, side: str, found: Iterable[onnx_sessions.Node], wanted: dict[str, tuple[str, list[int]]]
) -> None:
    by_name = {node.name: node for node in found}
    for name, (kind, shape) in wanted.items():
        node = by_name.get(name)
        if node is None or node.type != kind or not _fits(node.shape, shape):
            have = "missing" if node is None else f"{node.type} {node.shape}"
            sizes = ", ".join(map(str, ["photos", *shape]))
            raise bad_network(bundle, f"the {side} {name} must be {kind} ({sizes}), but is {have}")


def _fits(found: list[Any], wanted: list[int]) -> bool:
    """Any number of photos, then `wanted`; what has no fixed size comes as a name or None, and is checked later."""
    if len(found) != len(wanted) + 1 or isinstance(found[0], int):
        return False
    return all(have == want or not isinstance(have, int) for have, want in zip(found[1:], wanted, strict=True))


def bad_network(bundle: folder.Bundle, what: str) -> ModelError:
    """The error for a network that is not as its model says.

    >>> from photoplanet.models import installed
    >>> bad_network(folder.read(installed.resolve("toy")), "its answer is not finite").args[0].partition(": ")[2]
    'its answer is not finite; copy or export the model again'
    """
    return ModelError(f"{bundle.onnx_path}: {what}; copy or export the model again")
