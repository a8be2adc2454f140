"""OpenVINO beside ONNX Runtime; skipped where the extra is not installed, which the tests' own environment has."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from photoplanet.core import devices, onnx_sessions
from photoplanet.core.devices import has_openvino
from photoplanet.errors import ModelError
from photoplanet.models import installed as models

pytestmark = pytest.mark.skipif(not has_openvino(), reason="needs the extra 'openvino'")
NETWORK = models.resolve("toy") / "model.onnx"


def photos(count=4):
    return np.random.default_rng(0).integers(0, 256, (count, 128, 128, 3), np.uint8)


@pytest.fixture(scope="module")
def session():
    (device,) = devices.to_try("openvino")
    return onnx_sessions.open_session(NETWORK, 1, device=device)


@pytest.fixture(scope="module")
def plain():
    return onnx_sessions.open_session(NETWORK, 1)


def test_answers_are_those_of_onnx_runtime_within_what_bfloat16_keeps(session, plain):
    given, names = {"images": photos()}, ["log_probabilities", "embedding", "similarity"]
    got, want = session.run(names, given), plain.run(names, given)
    bound = 0.06 if session.precision == "bfloat16" else 1e-4  # the share of an answer's mass that lies elsewhere
    assert (0.5 * np.abs(np.exp(got[0]) - np.exp(want[0])).sum(1)).max() < bound
    assert all(each.dtype == np.float32 and each.shape == other.shape for each, other in zip(got, want, strict=True))


def test_what_goes_in_and_out_is_described_as_by_onnx_runtime(session, plain):
    for mine, other in ((session.get_inputs(), plain.get_inputs()), (session.get_outputs(), plain.get_outputs())):
        assert [(node.name, node.type, node.shape[1:]) for node in mine] == [
            (node.name, node.type, node.shape[1:]) for node in other
        ]
        assert all(node.shape[0] is None for node in mine)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 8, 43])
def test_any_number_of_photos_goes_through(session, plain, count):
    given = {"images": photos(count)}
    [got], [want] = session.run(["embedding"], given), plain.run(["embedding"], given)
    assert got.shape == want.shape == (count, 192)
    lengths = np.linalg.norm(got, axis=1) * np.linalg.norm(want, axis=1)
    assert ((got * want).sum(1) > 0.99 * lengths).all()


def test_outputs_come_in_the_order_that_was_asked_for_and_stay(session):
    given = photos(2)
    embedding, rows = session.run(["embedding", "log_probabilities"], {"images": given})
    assert (embedding.shape, rows.shape) == ((2, 192), (2, 1044))
    kept = rows.copy()
    session.run(None, {"images": photos(2) // 2})
    assert (rows == kept).all()  # a copy, not the memory that the next run fills


def test_photos_that_are_views_of_others_are_taken(session):
    given = photos(4)
    [some] = session.run(["embedding"], {"images": given[::2]})
    [same] = session.run(["embedding"], {"images": given[::2].copy()})
    assert (some == same).all()


def test_threads_run_it_at_the_same_time(session):
    given = [photos(4)[number : number + 1] for number in range(4)]
    alone = [session.run(["embedding"], {"images": each})[0] for each in given]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda each: session.run(["embedding"], {"images": each})[0], given * 8))
    assert all((one == other).all() for one, other in zip(found, alone * 8, strict=True))


@pytest.mark.parametrize("given", [b"not a network", b""])
def test_what_is_not_a_network_is_an_error_of_one_line(given, tmp_path):
    (device,) = devices.to_try("openvino")
    path = tmp_path / "model.onnx"
    path.write_bytes(given)
    with pytest.raises(ModelError, match=r"not a usable network on the processor through OpenVINO \(.*\); copy") as at:
        onnx_sessions.open_session(path, device=device)
    assert "\n" not in str(at.value)


def test_nothing_is_reported_to_its_maker(tmp_path):
    """OpenVINO counts imports where openvino_telemetry can be imported, and keeps an id in the person's home."""
    code = (
        "import sys; from photoplanet.core.openvino_sessions import library; library();"
        "print([name for name, module in sys.modules.items() if ('telemetry' in name or 'absl' in name) and module])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"HOME": str(tmp_path)}
    )
    assert "openvino_telemetry" not in done.stdout and "absl" not in done.stdout, "whose handler closes stderr"
    assert not any(tmp_path.iterdir())
