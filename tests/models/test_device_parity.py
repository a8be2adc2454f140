"""What is measured of other devices when a network is written, with a device that is made up."""

import numpy as np
import pytest

from photoplanet.core import devices, onnx_sessions
from photoplanet.core.devices import Device
from photoplanet.models import card_measured, device_parity
from photoplanet.models.info import ModelInfo
from photoplanet.photos.decode import Preprocessing

OTHER = Device("openvino", "OpenVINO", "the processor through OpenVINO")


class Shifted:
    """A session whose answers are those of the processor, with so much of the mass moved to the first cell."""

    precision = "bfloat16"

    def __init__(self, session, moved):
        self._session, self._moved = session, moved

    def run(self, outputs, inputs):
        rows, embedding = self._session.run(outputs, inputs)
        masses = np.exp(rows) * (1 - self._moved)
        masses[:, 0] += self._moved
        return [np.log(masses), embedding]


@pytest.fixture
def device(monkeypatch):
    """`device(moved)`: OpenVINO is there, and moves so much; None: it fails."""
    opened = onnx_sessions.open_session

    def make(moved):
        def open_session(network, device=devices.CPU):
            if device == OTHER and moved is None:
                raise RuntimeError("no such\noperator")
            return Shifted(opened(network), moved) if device == OTHER else opened(network)

        monkeypatch.setattr(devices, "has_openvino", lambda: True)
        monkeypatch.setattr(devices, "to_try", lambda name, size=0: [OTHER])
        monkeypatch.setattr(onnx_sessions, "open_session", open_session)

    return make


def card(found):
    return card_measured.devices(ModelInfo("m", {}, Preprocessing(16), 5, 3, training={"device_parity": found}))


@pytest.mark.parametrize(("moved", "within"), [(0.05, True), (0.3, False)])
def test_the_largest_share_that_lies_elsewhere_is_measured(device, tiny_model, moved, within):
    device(moved)
    found = device_parity.measured(tiny_model / "model.onnx", 16)
    assert found["openvino"]["within"] is within and found["openvino"]["precision"] == "bfloat16"
    assert 0 < found["openvino"]["moved"] <= moved + 1e-6
    assert found["openvino"]["cosine"] == pytest.approx(1)
    assert f"at most {found['openvino']['moved']:.2%} of an answer's mass lay elsewhere on 8 made pictures" in card(
        found
    )


def test_a_device_that_fails_keeps_no_model_from_being_written(device, tiny_model):
    device(None)
    found = device_parity.measured(tiny_model / "model.onnx", 16)
    assert found == {"openvino": {"fault": "no such operator", "within": False}}
    assert card(found) == "- openvino: does not run it (no such operator)"


def test_without_the_device_nothing_is_said(monkeypatch, tiny_model):
    monkeypatch.setattr(devices, "has_openvino", lambda: False)
    assert device_parity.measured(tiny_model / "model.onnx", 16) == {}


@pytest.mark.parametrize("facts", [None, "x", {"openvino": 3}, {"openvino": {"within": "no"}}, {"openvino": {}}])
def test_facts_of_others_are_taken_with_care(facts):
    assert not device_parity.too_far({"device_parity": facts}, "openvino")
    card(facts)
