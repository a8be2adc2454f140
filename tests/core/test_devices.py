"""Which devices there are, and in which order they are tried: with drivers and packages that are made up."""

import pytest

from photoplanet.core import devices
from photoplanet.errors import InputError


@pytest.fixture
def here(monkeypatch):
    """Make up what is here: `here(gpus=…, provider=…, modules=…, fast=…)`."""
    for name in ("DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA"):
        monkeypatch.delenv(name, raising=False)

    def make(gpus=(), provider=False, modules=(), fast=True):
        monkeypatch.setattr(devices, "gpus", lambda: gpus)
        monkeypatch.setattr(devices, "_has_provider", lambda: provider)
        monkeypatch.setattr(devices, "installed", lambda module: module in modules)
        monkeypatch.setattr(devices, "_is_fast", lambda: fast)

    return make


def tried(name, size=devices.LARGE):
    return [(device.name, device.engine) for device in devices.to_try(name, size)]


CUDA_RUNTIME, CUDA_TORCH = ("cuda", "ONNX Runtime"), ("cuda", "torch")
OPENVINO, CPU = ("openvino", "OpenVINO"), ("cpu", "ONNX Runtime")


def test_with_nothing_special_the_processor_is_all(here):
    here()
    assert tried("auto") == tried("cpu") == [CPU]


@pytest.mark.parametrize(
    ("provider", "modules", "expected"),
    [
        (True, ("torch", "openvino"), [CUDA_RUNTIME, CUDA_TORCH, OPENVINO, CPU]),
        (False, ("torch", "openvino"), [CUDA_TORCH, OPENVINO, CPU]),
        (False, ("torch",), [CUDA_TORCH, CPU]),
        (False, (), [CPU]),
    ],
)
def test_auto_tries_gpus_then_openvino_then_the_processor(here, provider, modules, expected):
    here(("NVIDIA H100",), provider, modules)
    assert tried("auto") == expected
    assert all("NVIDIA H100" in each.words for each in devices.to_try("auto", devices.LARGE) if each.name == "cuda")


def test_auto_takes_openvino_only_where_it_pays(here):
    here(modules=("openvino",))
    assert tried("auto") == [OPENVINO, CPU]
    assert tried("auto", devices.LARGE - 1) == [CPU]
    here(modules=("openvino",), fast=False)
    assert tried("auto") == [CPU]
    assert tried("openvino", 1) == [OPENVINO]


def test_packages_for_gpus_without_a_gpu_change_nothing(here):
    here((), True, ("torch",))
    assert tried("auto") == [CPU]


def test_a_device_that_is_named_is_tried_alone(here):
    here(("NVIDIA H100",), True, ("torch", "openvino"))
    assert tried("openvino") == [OPENVINO]
    assert tried("cuda") == [CUDA_RUNTIME, CUDA_TORCH]


@pytest.mark.parametrize(
    ("name", "gpus", "modules", "says"),
    [
        ("openvino", (), ("torch",), r"--device openvino: OpenVINO is not installed \(.*'openvino'.*there is cpu here"),
        ("cuda", (), ("openvino",), r"--device cuda: no NVIDIA GPU with a driver was found; there is openvino, cpu"),
        ("cuda", ("NVIDIA H100",), (), r"--device cuda: neither .*onnxruntime-gpu.*torch.*installed; there is cpu"),
    ],
)
def test_a_device_that_is_not_there_is_an_error_that_says_what_is(here, name, gpus, modules, says):
    here(gpus, False, modules)
    with pytest.raises(InputError, match=says):
        devices.to_try(name)


@pytest.mark.parametrize("variable", ["DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA"])
def test_openvino_is_left_alone_where_it_would_crash(here, monkeypatch, variable):
    here(modules=("openvino",))
    monkeypatch.setenv(variable, "SSE41")
    assert tried("auto") == [CPU]
    with pytest.raises(
        InputError, match=r"--device openvino: OpenVINO crashes where DNNL_MAX.* is set; unset it; there"
    ):
        devices.to_try("openvino")


def test_the_environment_stands_for_a_device_that_is_not_named(monkeypatch):
    monkeypatch.setenv("PHOTOPLANET_DEVICE", "openvino")
    assert devices.chosen() == "openvino"
    assert devices.chosen("cpu") == "cpu"
    monkeypatch.setenv("PHOTOPLANET_DEVICE", "tpu\x1b[31m")
    with pytest.raises(InputError, match=r"PHOTOPLANET_DEVICE: 'tpu\?\[31m' is not a device; give one of auto, cpu"):
        devices.chosen()
    monkeypatch.setenv("PHOTOPLANET_DEVICE", "")
    assert devices.chosen() == "auto"


class Driver:
    """What libcuda answers; `fails`: the call that does not return 0."""

    def __init__(self, fails=""):
        self.fails = fails

    def cuInit(self, flags):
        return self.fails == "cuInit"

    def cuDeviceGetCount(self, count):
        count._obj.value = 2
        return 0

    def cuDeviceGetName(self, name, size, number):
        name.value = b"NVIDIA \x1bX"
        return number == 1


@pytest.mark.parametrize(("fails", "expected"), [("", ("NVIDIA ?X", "GPU 1")), ("cuInit", ())])
def test_gpus_are_those_that_the_driver_names(monkeypatch, fails, expected):
    monkeypatch.setattr(devices.ctypes, "CDLL", lambda name: Driver(fails))
    assert devices.gpus.__wrapped__() == expected


def test_without_a_driver_there_is_no_gpu(monkeypatch):
    def missing(name):
        raise OSError(name)

    monkeypatch.setattr(devices.ctypes, "CDLL", missing)
    assert devices.gpus.__wrapped__() == ()
