"""Opening networks: one set of options, and every fault a ModelError that names the file."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from photoplanet.core import onnx_sessions
from photoplanet.errors import ModelError


@pytest.fixture
def network(tiny_model) -> Path:
    return tiny_model / "model.onnx"


def test_a_file_and_its_bytes_answer_the_same(network):
    sessions = [onnx_sessions.open_session(given) for given in (network, str(network), network.read_bytes())]
    (images,) = sessions[0].get_inputs()
    assert (images.name, images.type) == ("images", "tensor(uint8)")
    photos = np.zeros((2, *images.shape[1:]), np.uint8)
    first, *others = (session.run(["log_probabilities"], {"images": photos})[0] for session in sessions)
    assert len(first) == 2
    for other in others:
        np.testing.assert_array_equal(first, other)
    assert {node.name for node in sessions[0].get_outputs()} == {"log_probabilities", "embedding"}


@pytest.mark.parametrize(("threads", "expected"), [(None, 0), (1, 1), (3, 3)])
def test_threads_work_and_do_not_spin(network, threads, expected):
    session = onnx_sessions.open_session(network, threads)
    assert isinstance(session, onnxruntime.InferenceSession)
    options = session.get_session_options()
    assert options.intra_op_num_threads == expected
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert options.log_severity_level == 3
    assert session.get_providers() == onnx_sessions.providers() == ["CPUExecutionProvider"]


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "model.onnx"
    with pytest.raises(ModelError, match=re.escape(f"{path}: no such file; copy or export the model again")):
        onnx_sessions.open_session(path)


@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_file_that_is_not_a_network_is_named(tmp_path, as_bytes):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x08\xff" * 100)
    with pytest.raises(ModelError) as caught:
        onnx_sessions.open_session(path.read_bytes() if as_bytes else path, what=str(path), remedy="train it again")
    text = str(caught.value)
    assert text.startswith(f"{path}: not a usable network (") and text.endswith("; train it again")
    assert "\n" not in text and len(text) < len(str(path)) + 300


def test_onnx_runtime_reports_to_nobody_and_keeps_no_id_of_the_machine(tmp_path):
    """Its packages have telemetry that is on by default: a device id and a queue of events in the home folder."""
    code = """if True:
        import photoplanet
        from photoplanet.core import onnx_sessions
        from photoplanet.models import installed
        onnx_sessions.open_session(installed.resolve("toy") / "model.onnx", threads=1)
    """
    places = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
    bare = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", code], check=True, env={**bare, **places}, cwd=tmp_path)
    assert list(tmp_path.rglob("*")) == []
