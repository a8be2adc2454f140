"""A model on a device: the same answers within stated bounds, a clear error, and a clear way back to the processor."""

import numpy as np
import pytest

import photoplanet as pp
from photoplanet.core import devices, onnx_sessions
from photoplanet.core.devices import Device
from photoplanet.errors import InputError, ModelError
from photoplanet.locate.locator import Locator
from photoplanet.models import folder, installed
from photoplanet.training.torch_sessions import TorchSession

BROKEN = Device("cuda", "ONNX Runtime", "NVIDIA X through ONNX Runtime")


def photos(count=3):
    return np.random.default_rng(1).integers(0, 256, (count, 128, 128, 3), np.uint8)


def test_a_device_is_the_plain_processor_unless_something_else_is_asked_for(tiny_model):
    model = pp.load(tiny_model)
    assert (model.device, model.passed) == (devices.CPU, "")


def test_a_device_that_is_not_one_or_not_here_is_an_error(tiny_model, monkeypatch):
    monkeypatch.setattr(devices, "gpus", lambda: ())
    with pytest.raises(InputError, match="'gpu' is not a device; give one of auto, cpu, cuda, openvino"):
        pp.load(tiny_model, device="gpu")
    with pytest.raises(InputError, match="--device cuda: no NVIDIA GPU"):
        pp.load(tiny_model, device="cuda")


def test_auto_falls_back_to_the_processor_and_says_why(tiny_model, monkeypatch):
    monkeypatch.setattr(devices, "to_try", lambda name, size: [BROKEN, devices.CPU])
    model = pp.load(tiny_model, device="auto")
    assert model.device == devices.CPU
    assert "NVIDIA X through ONNX Runtime" in model.passed and "\n" not in model.passed


def test_a_device_that_was_named_is_not_replaced_by_another(tiny_model, monkeypatch):
    monkeypatch.setattr(devices, "to_try", lambda name, size: [BROKEN])
    with pytest.raises(ModelError, match="NVIDIA X through ONNX Runtime"):
        pp.load(tiny_model, device="cuda")


def test_onnx_runtime_that_leaves_the_gpu_in_silence_is_found_out(tiny_model, monkeypatch):
    """It goes on with the processor where CUDA's libraries do not load, and only logs it."""
    monkeypatch.setattr(onnx_sessions, "providers", lambda device=devices.CPU: ["CUDAExecutionProvider"])
    with (
        pytest.raises(ModelError, match="CUDA or cuDNN did not load"),
        pytest.warns(UserWarning, match="CUDAExecutionProvider"),
    ):
        onnx_sessions.open_session(tiny_model / "model.onnx", device=BROKEN)


def test_a_bad_network_is_the_networks_fault_on_every_device(tiny_model_copy, monkeypatch):
    facts = folder.read(tiny_model_copy)
    facts.onnx_path.write_bytes(b"not a network")
    monkeypatch.setattr(devices, "to_try", lambda name, size: [BROKEN, devices.CPU])
    with pytest.raises(ModelError, match=r"model.onnx: not a usable network \("):
        Locator(facts, device="auto")


def test_torch_answers_as_onnx_runtime():
    bundle = folder.read(installed.resolve("toy"))
    session, plain = TorchSession(bundle, "cpu"), onnx_sessions.open_session(bundle.onnx_path)
    names, given = ["log_probabilities", "embedding", "similarity"], {"images": photos()}
    for got, want in zip(session.run(names, given), plain.run(names, given), strict=True):
        assert np.abs(got - want).max() < 1e-4 * max(1, np.abs(want).max())
    (only,) = session.run(["embedding"], given)
    assert only.shape == (3, 192)
    assert [node.name for node in session.get_outputs()] == names


def test_a_model_locates_through_torch(monkeypatch):
    """As on a GPU, but for the device itself."""
    through = Device("cuda", "torch", "a GPU through torch")
    monkeypatch.setattr(devices, "to_try", lambda name, size: [through])
    monkeypatch.setattr(TorchSession.__init__, "__defaults__", ("cpu",))
    model, plain = pp.load("toy", device="cuda"), pp.load("toy", device="cpu")
    assert model.device == through
    got, want = model.locate(list(photos())), plain.locate(list(photos()))
    assert np.abs([one.probabilities - other.probabilities for one, other in zip(got, want, strict=True)]).max() < 1e-5


def test_torch_needs_the_weights_and_a_gpu(tiny_model, monkeypatch):
    bundle = folder.read(tiny_model)
    bare = folder.Bundle(bundle.folder, pp.load(tiny_model).info)
    bare.info.hashes.pop("weights.safetensors", None)
    with pytest.raises(ModelError, match=r"has no weights.safetensors, so only .*onnxruntime-gpu.*--device cpu"):
        TorchSession(bare, "cpu")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ModelError, match="torch finds no GPU"):
        TorchSession(bundle)


def test_without_a_model_there_is_nothing_to_compute(monkeypatch):
    monkeypatch.setattr(devices, "to_try", lambda name, size: pytest.fail("no network, no device"))
    assert pp.load("none", signs=True, device="cuda").device == devices.CPU


@pytest.mark.skipif(not devices.has_openvino(), reason="needs the extra 'openvino'")
def test_openvino_answers_as_the_processor_does():
    model, plain = pp.load("toy", device="openvino"), pp.load("toy", device="cpu")
    assert model.device.name == "openvino" and model.device.words.startswith("the processor through OpenVINO in ")
    got, want = model.locate(list(photos())), plain.locate(list(photos()))
    for one, other in zip(got, want, strict=True):
        assert 0.5 * np.abs(one.probabilities - other.probabilities).sum() < 0.06
        assert np.dot(one.embedding, other.embedding) > 0.99 * np.linalg.norm(one.embedding) * np.linalg.norm(
            other.embedding
        )


def test_auto_leaves_out_what_gave_other_answers_when_the_model_was_written(tiny_model_copy, monkeypatch):
    other = Device("openvino", "OpenVINO", "the processor through OpenVINO")
    bundle = folder.read(tiny_model_copy)
    bundle.info.training["device_parity"] = {"openvino": {"moved": 0.4, "within": False}}
    monkeypatch.setattr(devices, "to_try", lambda name, size: [other, devices.CPU])
    model = Locator(bundle, device="auto")
    assert model.device == devices.CPU
    assert model.passed == "the processor through OpenVINO: gave other answers when tiny was written"
