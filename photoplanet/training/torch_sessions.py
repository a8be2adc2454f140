"""A model's network on a GPU through torch: the weights of its folder, where ONNX Runtime has no package for GPUs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from photoplanet.core.openvino_sessions import Node
from photoplanet.errors import ModelError
from photoplanet.models import folder
from photoplanet.training.export import INPUT, OUTPUTS, Exported, load_classifier
from photoplanet.training.unknown import bank


class TorchSession:
    """A model folder's network, computed by torch on `device`; an `onnx_sessions.Session`.

    Channels-last; convolutions as torch does them unasked, on newer GPUs in TF32, which keeps ten bits of each factor.
    ModelError for a folder without `weights.safetensors`, and where torch finds no GPU.

    >>> from photoplanet.models import installed
    >>> session = TorchSession(folder.read(installed.resolve("toy")), "cpu")
    >>> [node.name for node in session.get_outputs()]
    ['log_probabilities', 'embedding', 'similarity']
    """

    def __init__(self, bundle: folder.Bundle, device: str = "cuda"):
        if device == "cuda" and not torch.cuda.is_available():
            raise ModelError("torch finds no GPU (is it the package for CUDA?); use --device cpu")
        if bundle.weights_path is None:
            raise ModelError(f"{bundle.folder}: has no {folder.WEIGHTS}, so only ONNX Runtime's package for GPUs "
                             "(onnxruntime-gpu) can run it on one; use --device cpu")  # fmt: skip
        self.device = torch.device(device)
        info, classifier = bundle.info, load_classifier(bundle)
        self._bank = bank.read(bundle.onnx_path)
        network = Exported(classifier.eval()).to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        self._network: torch.nn.Module = network
        size = info.preprocessing.size
        self._inputs = [Node(INPUT, "tensor(uint8)", [None, size, size, 3])]
        sizes = dict(zip(OUTPUTS, (info.classes, info.embedding_size), strict=True))
        self._outputs = [Node(name, "tensor(float)", [None, number]) for name, number in sizes.items()]
        if self._bank is not None:
            self._outputs.append(Node(bank.OUTPUT, "tensor(float)", [None]))

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, NDArray[Any]], /) -> list[NDArray[Any]]:
        """Compute the outputs of these names (None: all) from `images` uint8 (n, size, size, 3)."""
        wanted = [node.name for node in self._outputs] if outputs is None else list(outputs)
        images = torch.from_numpy(np.ascontiguousarray(inputs[INPUT]))
        with torch.inference_mode():
            found = self._network(images.to(self.device, non_blocking=True))
        made = {name: value.float().cpu().numpy() for name, value in zip(OUTPUTS, found, strict=True)}
        if self._bank is not None and bank.OUTPUT in wanted:
            made[bank.OUTPUT] = self._bank.similarity(made["embedding"])
        return [made[name] for name in wanted]

    def get_inputs(self) -> Sequence[Node]:
        """Return what the network takes."""
        return self._inputs

    def get_outputs(self) -> Sequence[Node]:
        """Return what the network gives."""
        return self._outputs
