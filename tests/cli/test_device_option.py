"""`--device`: the same on every command that runs a network over photos; what it became is said once on stderr."""

import click
import pytest

from photoplanet.cli import group
from photoplanet.core import devices
from photoplanet.core.devices import Device
from photoplanet.photos import table

TAKES = ("locate", "album", "evaluate", "explain", "similar", "train-album", "serve", "calibrate")
BROKEN = Device("cuda", "ONNX Runtime", "NVIDIA X through ONNX Runtime")
OTHER = Device("cpu", "ONNX Runtime", "another processor")


@pytest.mark.parametrize("command", TAKES)
def test_the_option_is_the_same_everywhere(command):
    (option,) = (each for each in group.get_command(None, command).params if each.name == "device")
    assert isinstance(option.type, click.Choice) and tuple(option.type.choices) == devices.NAMES


@pytest.fixture
def calls(photo, tiny_model, tmp_path):
    red = photo("red", "trip/red.png")
    rows = [{"photo_id": "a", "path": str(red), "latitude": 48.86, "longitude": 2.35}]
    known = table.write(table.from_rows(rows), tmp_path / "known.csv")
    return {
        "locate": ("locate", red, "--model", tiny_model),
        "album": ("album", red.parent, "--model", tiny_model),
        "evaluate": ("evaluate", known, "--model", tiny_model),
        "explain": ("explain", red, "--model", tiny_model, "--positions", 2),
        "similar": ("similar", red, "--library", known, "--by", "embedding", "--model", tiny_model, "--with-itself"),
    }


@pytest.mark.parametrize("command", ["locate", "album", "evaluate", "explain", "similar"])
def test_a_device_that_is_not_here_is_an_error_that_says_what_is(run, calls, command, monkeypatch):
    monkeypatch.setattr(devices, "gpus", lambda: ())
    code, out, err = run(*calls[command], "--device", "cuda")
    assert code == 2 and not out
    assert "--device cuda: no NVIDIA GPU with a driver was found; there is " in err and "Traceback" not in err


@pytest.mark.parametrize("command", ["locate", "album", "evaluate", "explain", "similar"])
def test_the_plain_processor_goes_without_saying(run, calls, command):
    code, _, err = run(*calls[command], "--device", "cpu")
    assert code == 0 and "computing on" not in err


@pytest.mark.parametrize("command", ["locate", "album", "evaluate", "explain", "similar"])
def test_another_device_is_said_once(run, calls, command, monkeypatch):
    monkeypatch.setattr(devices, "to_try", lambda name, size: [OTHER])
    code, out, err = run(*calls[command], "--device", "auto")
    assert code == 0, err
    assert err.count("computing on another processor; --device cpu is the plain processor") == 1
    assert "computing" not in out


def test_falling_back_is_said_with_its_reason(run, calls, monkeypatch):
    monkeypatch.setattr(devices, "to_try", lambda name, size: [BROKEN, devices.CPU])
    code, out, err = run(*calls["locate"], "--device", "auto", "--json")
    assert code == 0 and '"best"' in out
    (line,) = (line for line in err.splitlines() if "computing on" in line)
    assert "NVIDIA X through ONNX Runtime" in line and line.endswith("; computing on the processor instead")


def test_the_environment_chooses_for_all_commands(run, calls, monkeypatch):
    monkeypatch.setenv("PHOTOPLANET_DEVICE", "tpu")
    code, _, err = run(*calls["locate"])
    assert code == 2 and "PHOTOPLANET_DEVICE: 'tpu' is not a device; give one of auto, cpu, cuda, openvino" in err


def test_local_features_run_on_no_device(run, calls):
    code, _, err = run("similar", calls["locate"][1], "--library", calls["locate"][1].parent, "--device", "cpu")
    assert code == 2 and "--device are for --by embedding" in err


@pytest.mark.skipif(not devices.has_openvino(), reason="needs the extra 'openvino'")
@pytest.mark.parametrize("command", ["locate", "album", "evaluate", "explain", "similar"])
def test_openvino_runs_every_command(run, calls, command):
    code, _, err = run(*calls[command], "--device", "openvino")
    assert code == 0, err
    assert "computing on the processor through OpenVINO in " in err
