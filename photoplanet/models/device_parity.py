"""How far a network's answers on other devices are from the plain processor's, measured when it is written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import devices, onnx_sessions
from photoplanet.models.importers.parity import pictures

PICTURES = 8
MOVED, TURNED = 0.1, 0.02  # mass that may lie elsewhere, and 1 − the cosine of embeddings, at most: bfloat16
OUTPUTS = ("log_probabilities", "embedding")


def measured(network: Path, size: int) -> dict[str, dict[str, Any]]:
    """Run a network of photos (n, size, size, 3) on OpenVINO where that is installed → {device: figures}.

    `precision`, `pictures`, `moved` (the largest share of an answer's mass that lies elsewhere), `cosine` (the least
    one of embeddings) and `within`: whether these are within `MOVED` and `TURNED`. {} where there is no such device;
    `fault` instead of figures where it cannot run the network, which is no reason not to write it.

    >>> from photoplanet.models import installed
    >>> found = measured(installed.resolve("toy") / "model.onnx", 128)
    >>> all(its["within"] for its in found.values())
    True
    """
    if not devices.has_openvino():
        return {}
    (device,) = devices.to_try(devices.OPENVINO)
    photos = pictures(size, PICTURES)
    plain = onnx_sessions.open_session(network).run(OUTPUTS, {"images": photos})
    try:
        session = onnx_sessions.open_session(network, device=device)
        figures = compared(plain, session.run(OUTPUTS, {"images": photos}))
    except Exception as error:  # OpenVINO's errors are RuntimeErrors and whatever its plugins raise
        return {device.name: {"fault": onnx_sessions.one_line(error), "within": False}}
    within = figures["moved"] <= MOVED and 1 - figures["cosine"] <= TURNED
    facts = {"precision": getattr(session, "precision", ""), "pictures": PICTURES}
    return {device.name: {**facts, **figures, "within": bool(within)}}


def too_far(training: Mapping[str, Any], device: str) -> bool:
    """Whether a model's facts say that its answers on a device were not `within` bounds when it was written.

    >>> too_far({"device_parity": {"openvino": {"within": False}}}, "openvino"), too_far({}, "openvino")
    (True, False)
    """
    listed = training.get("device_parity")
    its = listed.get(device) if isinstance(listed, dict) else None
    return isinstance(its, dict) and its.get("within") is False


def compared(plain: Sequence[NDArray[Any]], other: Sequence[NDArray[Any]]) -> dict[str, float]:
    """Return `moved` and `cosine` of log-probabilities (n, classes) and embeddings (n, d) of two sessions.

    >>> rows = np.log(np.array([[0.5, 0.5]])), np.array([[1.0, 0.0]])
    >>> compared(rows, (np.log(np.array([[0.75, 0.25]])), rows[1]))
    {'moved': 0.25, 'cosine': 1.0}
    """
    masses = [np.exp(each[0].astype(np.float64)) for each in (plain, other)]
    vectors = [each[1].astype(np.float64) for each in (plain, other)]
    lengths = np.linalg.norm(vectors[0], axis=1) * np.linalg.norm(vectors[1], axis=1)
    return {
        "moved": float(0.5 * np.abs(masses[0] - masses[1]).sum(axis=1).max()),
        "cosine": float(((vectors[0] * vectors[1]).sum(axis=1) / np.maximum(lengths, 1e-12)).min()),
    }
