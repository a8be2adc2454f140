"""From a trained network to a model folder: ONNX checked against torch, and the same weights as safetensors."""

import copy
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from photoplanet.core import atomic, atomic_folders, onnx_sessions
from photoplanet.encoders.kept import encoder_of
from photoplanet.errors import InputError, ModelError, TrainingError
from photoplanet.models import device_parity
from photoplanet.models import folder as model_folder
from photoplanet.training import checkpoint, onnx_files
from photoplanet.training.classifier import Classifier
from photoplanet.training.unknown import bank

if TYPE_CHECKING:
    from photoplanet.earth.partition.partition import Partition

MAX_BYTES = 2_000_000_000  # a protobuf file ends at 2 GiB
Network = TypeVar("Network", bound=nn.Module)
INPUT, OUTPUTS = "images", ("log_probabilities", "embedding")


class Parity(NamedTuple):
    """Largest differences between ONNX Runtime and torch on random photos, float32, in shares of the largest value."""

    log_probabilities: float
    embedding: float


class Exported(nn.Module):
    """The network as the ONNX file has it: uint8 (n, size, size, 3) → log-probabilities and embedding."""

    def __init__(self, classifier: Classifier):
        super().__init__()
        self.classifier = classifier

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-probabilities (n, classes) and embedding (n, d)."""
        outputs = self.classifier(images)
        return outputs.logits.log_softmax(dim=1), outputs.embedding


def write_onnx(classifier: Classifier, path: str | os.PathLike[str], tolerance: float = onnx_files.TOLERANCE) -> Parity:
    """Write `classifier` as one ONNX file (atomic; any batch size) and return how far it is from torch.

    Input `images` uint8 (n, size, size, 3); outputs `log_probabilities` float32 (n, classes) at temperature 1 and
    `embedding` float32 (n, d). Equal weights give equal bytes. Raises InputError for a network over 2 GB, and
    TrainingError for weights that are not finite, or with the figures when ONNX Runtime and torch differ by more than
    `tolerance`.

    >>> from photoplanet.photos.decode import Preprocessing
    >>> network = Classifier("mobile", 5, Preprocessing(size=32))
    >>> _ = nn.init.constant_(network.head.bias, float("nan"))
    >>> write_onnx(network, "model.onnx")
    Traceback (most recent call last):
    photoplanet.errors.TrainingError: the network holds weights that are not finite; export an earlier checkpoint
    """
    size = sum(value.numel() * value.element_size() for value in classifier.state_dict().values())
    if size > MAX_BYTES:
        raise InputError(f"a network of {size / 1e9:.1f} GB does not fit an ONNX file (2 GB): use fewer cells or width")
    if not all(value.isfinite().all() for value in classifier.state_dict().values()):
        raise TrainingError("the network holds weights that are not finite; export an earlier checkpoint")
    plain = copy.deepcopy(classifier).to("cpu", torch.float32).eval()
    folded = Exported(fold_batch_norms(copy.deepcopy(plain)))
    example = torch.zeros((2, classifier.preprocessing.size, classifier.preprocessing.size, 3), dtype=torch.uint8)
    data = onnx_files.serialised(onnx_files.traced(folded, example, INPUT, OUTPUTS))
    parity = _compare(plain, data, tolerance)
    atomic.write_bytes(path, data)
    return parity


def fold_batch_norms(network: Network) -> Network:
    """Fold each batch norm into the convolution or linear layer right before it, in place; for eval mode only.

    >>> fold_batch_norms(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).eval())[1]
    Identity()
    """
    for module in list(network.modules()):
        before = ""
        for name, child in list(module.named_children()):
            previous = getattr(module, before) if before else None
            if isinstance(child, nn.BatchNorm2d) and isinstance(previous, nn.Conv2d):
                setattr(module, before, fuse_conv_bn_eval(previous, child))
                setattr(module, name, nn.Identity())
            elif isinstance(child, nn.BatchNorm1d) and isinstance(previous, nn.Linear):
                setattr(module, before, fuse_linear_bn_eval(previous, child))
                setattr(module, name, nn.Identity())
            before = name
    return network


def export_model(
    classifier: Classifier,
    partition: "Partition",
    folder: str | os.PathLike[str],
    name: str,
    calibration: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    known: bank.Bank | None = None,
) -> model_folder.Bundle:
    """Write the model folder of `classifier`, one class per cell of `partition`; atomic, as `models.folder.write`.

    `known`: embeddings of training photos, which give the network the output `similarity`. `calibration` and `training`
    go into model.json (see `ModelInfo`); `training` gains the parity with torch. Raises as `write_onnx` and
    `models.folder.write` do.

    >>> from photoplanet.earth import cells
    >>> from photoplanet.earth.partition.partition import Partition
    >>> from photoplanet.photos.decode import Preprocessing
    >>> network = Classifier("mobile", 5, Preprocessing(size=32))
    >>> export_model(network, Partition.from_cells(cells.from_token("89c25")), getfixture("tmp_path") / "model", "mine")
    Traceback (most recent call last):
    photoplanet.errors.ModelError: 1 cells for a network of 5 classes; use its own cells
    """
    target = Path(folder).resolve()
    model_folder.check_target(target)
    if len(partition) != classifier.classes:
        raise ModelError(f"{len(partition)} cells for a network of {classifier.classes} classes; use its own cells")
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_folders.scratch(target) as scratch:
        network, weights = scratch / model_folder.NETWORK, scratch / model_folder.WEIGHTS
        parity = write_onnx(classifier, network)
        save_weights(classifier, weights)
        facts = {**(training or {}), "onnx_parity": parity._asdict()}
        if known is not None:
            facts["onnx_parity"] |= {"similarity": bank.add(network, known)}
        if on_devices := device_parity.measured(network, classifier.preprocessing.size):
            facts["device_parity"] = on_devices
        info = model_folder.ModelInfo(
            name=name,
            backbone=classifier.arguments(),
            preprocessing=classifier.preprocessing,
            classes=classifier.classes,
            embedding_size=classifier.embedding_size,
            calibration=dict(calibration or {}),
            training=facts,
        )
        return model_folder.write(target, info, partition, network, weights)


def export_run(run: str | os.PathLike[str], folder: str | os.PathLike[str], name: str = "") -> model_folder.Bundle:
    """Write the model folder of a training run's newest checkpoint, finished or not; averaged weights if it has them.

    `run` is the folder that `photoplanet train` keeps beside its model. The temperature stays 1, since fitting it takes
    photos. Raises InputError for a folder without a run, ModelError for a damaged one.

    >>> export_run("no-such.run", "model")
    Traceback (most recent call last):
    photoplanet.errors.InputError: no-such.run: is not a training run; give the folder OUTPUT.run that ...
    """
    from photoplanet.earth.partition.partition import Partition

    source, target = Path(run), Path(folder)
    found = checkpoint.read(source) if source.is_dir() else None
    if found is None:
        raise InputError(f"{source}: is not a training run; give the folder OUTPUT.run that `photoplanet train` made")
    model_folder.check_target(target)
    tensors, facts, _ = found
    classifier = Classifier.from_arguments(facts.get("network"))
    kind = "average." if any(key.startswith("average.") for key in tensors) else "model."
    weights = {key.removeprefix(kind): value for key, value in tensors.items() if key.startswith(kind)}
    _fill(classifier, weights, source)
    try:
        partition = Partition.load(source / model_folder.CELLS)
    except InputError as error:
        raise ModelError(f"{source}: {error}; a run is exported with its own cells") from error
    history = facts.get("history") or [None]
    training: dict[str, Any] = {key: facts.get(key) for key in ("recipe", "seconds", "precision")}
    training |= {"steps": facts.get("step"), "steps_planned": facts.get("total"), "validation": history[-1]}
    if facts.get("toy"):  # toy coordinates must never pass for real ones
        training["world"] = "toy"
    return export_model(classifier, partition, target, name or target.resolve().name, None, training)


def save_weights(classifier: Classifier, path: str | os.PathLike[str]) -> None:
    """Write all weights and running statistics as safetensors, atomically.

    >>> from photoplanet.photos.decode import Preprocessing
    >>> network, path = Classifier("mobile", 5, Preprocessing(size=32)), getfixture("tmp_path") / "weights.safetensors"
    >>> save_weights(network, path)
    >>> load_weights(network, path)
    """
    from safetensors.torch import save

    data = save({name: value.detach().cpu().contiguous() for name, value in classifier.state_dict().items()})
    atomic.write_bytes(path, data)


def load_weights(classifier: Classifier, path: str | os.PathLike[str]) -> None:
    """Fill `classifier` from a safetensors file; ModelError names the first tensor that is missing, extra or unlike.

    >>> from photoplanet.photos.decode import Preprocessing
    >>> load_weights(Classifier("mobile", 5, Preprocessing(size=32)), "none.safetensors")
    Traceback (most recent call last):
    photoplanet.errors.ModelError: none.safetensors: not readable as safetensors ...
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path}: not readable as safetensors ({error}); copy or export the model again") from error
    _fill(classifier, found, path)


def load_classifier(bundle: model_folder.Bundle) -> Classifier:
    """Return the torch network of a model folder, for further training; ModelError when its parts do not fit.

    >>> from photoplanet.models import installed
    >>> load_classifier(model_folder.read(installed.resolve("toy"))).name
    'mobile'
    """
    if bundle.weights_path is None:
        if encoder_of(bundle.info.backbone):
            raise ModelError(f"{bundle.folder}: was trained on features, so there is no network of its own to train on")
        raise ModelError(f"{bundle.folder}: has no {model_folder.WEIGHTS}; export it again from its training run")
    classifier = Classifier.from_arguments(bundle.info.backbone)
    if classifier.classes != bundle.info.classes:
        raise ModelError(
            f"{bundle.folder}: the network has {classifier.classes} classes, the folder {bundle.info.classes}; "
            "copy or export the model again"
        )
    load_weights(classifier, bundle.weights_path)
    return classifier


def _fill(classifier: Classifier, found: dict[str, Tensor], source: str | os.PathLike[str]) -> None:
    expected = classifier.state_dict()
    for name in sorted(expected.keys() | found.keys()):
        if name not in found or name not in expected:
            reason = f"{name} is missing" if name not in found else f"the network has no {name}"
        elif found[name].shape != expected[name].shape:
            reason = f"{name} is {list(found[name].shape)}, the network has {list(expected[name].shape)}"
        else:
            continue
        raise ModelError(f"{source}: weights of another network ({reason}); take both from one model folder or version")
    classifier.load_state_dict(found, strict=True)


def _compare(plain: Classifier, data: bytes, tolerance: float) -> Parity:
    session = onnx_sessions.open_session(data, torch.get_num_threads())
    size, worst = plain.preprocessing.size, [0.0, 0.0]
    random = torch.Generator().manual_seed(0)
    for count in (1, 3):  # the batch size must be free
        images = torch.randint(0, 256, (count, size, size, 3), dtype=torch.uint8, generator=random)
        with torch.inference_mode():
            expected = Exported(plain)(images)
        found = session.run(list(OUTPUTS), {INPUT: images.numpy()})
        for i, (got, want) in enumerate(zip(found, expected, strict=True)):
            scale = max(1.0, want.abs().max().item())
            difference = (torch.from_numpy(got) - want).abs().max().item() / scale
            worst[i] = max(worst[i], difference) if difference == difference else float("inf")
    if max(worst) > tolerance:
        raise TrainingError(
            f"ONNX Runtime and torch differ by {worst[0]:.2g} in log-probabilities and {worst[1]:.2g} in the embedding "
            f"(allowed: {tolerance:g}); try another version of torch or onnxruntime"
        )
    return Parity(*worst)
