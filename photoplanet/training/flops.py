"""MFU, the share of a device's arithmetic that training uses: what a photo costs, and what the device can do."""

import copy
import functools
import re
import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from photoplanet.training.classifier import Classifier

# Dense TFLOP/s from the makers' data sheets, by a word of the GPU's name: bf16, TF32, float32.
_GPUS = {
    "H100 PCIe": (756, 378, 51), "H100 NVL": (835, 417, 60), "H100": (989, 495, 67), "H200": (989, 495, 67),
    "GH200": (989, 495, 67), "B200": (2250, 1100, 75), "A100": (312, 156, 19.5), "A40": (150, 75, 37),
    "A10": (125, 62, 31), "L40S": (362, 183, 91), "L4": (121, 60, 30), "RTX 4090": (165, 83, 83),
    "RTX 3090": (71, 36, 36),
}  # fmt: skip
_FORMATS = ("bf16", "tf32", "float32")
# Where no data sheet is known, a 3×3 convolution over 256 channels is timed, and the best time counts: on CPUs whose
# products of matrices MKL leaves at half speed, convolutions still reach the peak.
_CHANNELS, _SIZES = 256, {"cpu": (1, 28), "cuda": (64, 56)}  # photos, and the side of their grid
_TRIES = 15


@dataclass(frozen=True)
class Peak:
    """What a device can do: `flops` per second, and whether that was `measured` or is from a data sheet.

    >>> Peak(989e12, False).described
    '989 TFLOP/s'
    """

    flops: float
    measured: bool

    @property
    def described(self) -> str:
        """The figure with its unit, and where it is from."""
        text = f"{self.flops / 1e12:.3g} TFLOP/s"
        return f"the {text} of a large convolution here" if self.measured else text


def a_photo(model: Classifier) -> int:
    """Return the floating-point operations of training on one photo: forwards, and backwards to what learns.

    Those of convolutions and linear layers, a multiplication and an addition counting as two; nothing else is
    counted, as is usual. Nothing is computed for it.

    >>> from photoplanet.photos.preprocessing import Preprocessing
    >>> f"{a_photo(Classifier('mobile', 10, Preprocessing(size=128))) / 1e9:.2f} GFLOP"
    '0.21 GFLOP'
    """
    total = 0

    def note(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        forwards = 2 * output.numel() * (layer.weight.numel() // layer.weight.shape[0])
        total += forwards * (1 + inputs[0].requires_grad + layer.weight.requires_grad)

    tensors = [*model.parameters(), *model.buffers()]
    empty = {id(t): torch.empty_like(t, device="meta", requires_grad=t.requires_grad) for t in tensors}
    kinds = {id(p): nn.Parameter(empty[id(p)], p.requires_grad) for p in model.parameters()}
    shadow = copy.deepcopy(model, {**empty, **kinds}).train()
    for layer in shadow.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.eval()  # of one photo it could tell no variance
        elif isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(note)
    side = model.preprocessing.size
    shadow(torch.empty((1, side, side, 3), dtype=torch.uint8, device="meta"))
    return total


@functools.cache
def peak(device: torch.device, number_format: str) -> Peak:
    """Return what a device can do in a format: from the data sheet of a known GPU, or else by timing it.

    >>> peak(torch.device("cpu"), "float32").measured
    True
    """
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        for part, rates in _GPUS.items():
            if re.search(rf"\b{part}\b", name):
                return Peak(rates[_FORMATS.index(number_format)] * 1e12, False)
    kind = torch.bfloat16 if number_format == "bf16" else torch.float32
    photos, side = _SIZES[device.type]
    grid = torch.ones((photos, _CHANNELS, side, side), dtype=kind, device=device)
    kernel = torch.ones((_CHANNELS, _CHANNELS, 3, 3), dtype=kind, device=device)
    grid, kernel = (each.to(memory_format=torch.channels_last) for each in (grid, kernel))
    best = float("inf")
    for _ in range(_TRIES):  # the first makes the kernel
        wait(device)
        started = time.perf_counter()
        torch.conv2d(grid, kernel, padding=1)
        wait(device)
        best = min(best, time.perf_counter() - started)
    return Peak(2 * grid.numel() * _CHANNELS * 9 / best, True)


def wait(device: torch.device) -> None:
    """Return when a device has done all it was asked to.

    >>> wait(torch.device("cpu"))
    """
    if device.type == "cuda":
        torch.cuda.synchronize(device)
