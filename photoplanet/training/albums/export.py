"""From a trained album network to a part of the model folder: ONNX with albums of any length, checked against torch."""

import copy
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from photoplanet.albums import attention, lstm, networks
from photoplanet.albums.networks import READINGS
from photoplanet.core import atomic_folders
from photoplanet.errors import TrainingError
from photoplanet.models import folder as model_folder
from photoplanet.training import onnx_files
from photoplanet.training.albums import data
from photoplanet.training.albums.attention import COVERS, FLOOR, HIGHEST, LOWEST, AlbumAttention
from photoplanet.training.albums.networks import AlbumLSTM, AlbumNetwork
from photoplanet.training.albums.onnx_graph import LARGE, Graph, Shape

Network = TypeVar("Network", bound=AlbumNetwork)


def export(
    network: AlbumNetwork, method: str, folder: Path, temperature: float = 1.0, facts: dict[str, Any] | None = None
) -> model_folder.Bundle:
    """Add the part `album-<method>` to the model in `folder`; return the model.

    Weights are stored in half precision, and the temperature is divided out inside. The facts gain the sizes and the
    parity: the largest difference of probabilities from torch with the same half-precision weights; TrainingError when
    it exceeds `onnx_files.TOLERANCE`.

    >>> network = AlbumLSTM(READINGS["lstm"], 4, 3, 8, 0.0)
    >>> export(network, "lstm", Path("no-such-model"))
    Traceback (most recent call last):
    photoplanet.errors.ModelError: ...no-such-model: no such model folder; `photoplanet models list` shows ...
    """
    plain = halved(network)
    folder = Path(folder).resolve()
    with atomic_folders.scratch(folder) as scratch:
        files, parity = _checked(plain, method, scratch, temperature)
        if not parity <= onnx_files.TOLERANCE:
            raise TrainingError(
                f"ONNX Runtime and torch differ by {parity:.2g} in the probabilities of {method} (allowed: "
                f"{onnx_files.TOLERANCE:g}); try another version of torch or onnxruntime"
            )
        about = {
            "method": method, "reading": asdict(READINGS[method]), **network.sizes(), "temperature": temperature,
            "parameters": sum(p.numel() for p in network.parameters()), "onnx_parity": parity, **(facts or {}),
        }  # fmt: skip
        return model_folder.add_part(folder, networks.part_name(method), about, files)


def _checked(
    plain: AlbumNetwork, method: str, folder: Path, temperature: float
) -> tuple[dict[str, Path], float]:  # fmt: skip
    """Write a network's files; return them by name, and the largest difference of probabilities from torch."""
    if isinstance(plain, AlbumLSTM):
        files = _write_lstm(plain, method, folder, temperature)
        return files, _compare_lstm(plain, method, files, temperature)
    assert isinstance(plain, AlbumAttention)
    files = _write_attention(plain, folder, temperature)
    return files, _compare_attention(plain, files, temperature)


def halved(network: Network) -> Network:
    """Return a copy in eval mode whose large weights are rounded to half precision, as the files have them.

    >>> plain = halved(nn.Linear(1, 1))
    >>> plain.training
    False
    """
    plain = copy.deepcopy(network).eval()
    with torch.no_grad():
        for parameter in plain.parameters():
            if parameter.numel() >= LARGE:
                parameter.copy_(parameter.half())
    return plain


def _write_lstm(network: AlbumLSTM, method: str, folder: Path, temperature: float) -> dict[str, Path]:
    """Write the files of an LSTM; file name → path."""
    names = lstm.file_names(method)
    _write_direction(network, folder / names["ahead"], network.ahead)
    if network.back is not None:
        _write_direction(network, folder / names["back"], network.back)
    _write_head(network, folder / names["head"], temperature)
    return {name: folder / name for name in names.values()}


def _write_direction(network: AlbumLSTM, path: Path, layer: nn.LSTM) -> None:
    """One direction: `embeddings` (n, d), `h` and `c` (1, 1, units) → `hidden` (n, units), `h_after`, `c_after`."""
    units, weights, graph = layer.hidden_size, layer.state_dict(), Graph()
    graph.constant("shift", network.shift, exact=True)
    graph.constant("scale", network.scale, exact=True)
    graph.constant("W", _gates(weights["weight_ih_l0"])[None])
    graph.constant("R", _gates(weights["weight_hh_l0"])[None])
    graph.constant("B", torch.cat([_gates(weights["bias_ih_l0"]), _gates(weights["bias_hh_l0"])])[None])
    graph.constant("one", torch.tensor([1]))
    graph.constant("flat", torch.tensor([-1, units]))
    graph.add("Add", ["embeddings", "shift"], ["shifted"])
    graph.add("Mul", ["shifted", "scale"], ["scaled"])
    graph.add("Unsqueeze", ["scaled", "one"], ["sequence"])
    graph.add("LSTM", ["sequence", "W", "R", "B", "", "h", "c"], ["all", "h_after", "c_after"], hidden_size=units)
    graph.add("Reshape", ["all", "flat"], ["hidden"])
    state: Shape = [1, 1, units]
    graph.save(
        path, {"embeddings": ["n", network.embedding], "h": state, "c": state},
        {"hidden": ["n", units], "h_after": state, "c_after": state},
    )  # fmt: skip


def _write_head(network: AlbumLSTM, path: Path, temperature: float) -> None:
    """`ahead` (n, units) and, for a network that reads both ways, `back` → `answer` (n, classes)."""
    graph, hidden = Graph(), "ahead"
    given: dict[str, Shape] = {"ahead": ["n", network.units]}
    if network.back is not None:
        given["back"], hidden = ["n", network.units], "both"
        graph.add("Concat", ["ahead", "back"], [hidden], axis=1)
    graph.constant("weight", network.head.weight.T.contiguous())
    graph.constant("bias", network.head.bias)
    graph.constant("sharpness", torch.tensor(1 / temperature))
    graph.add("MatMul", [hidden, "weight"], ["product"])
    graph.add("Add", ["product", "bias"], ["logits"])
    graph.add("Mul", ["logits", "sharpness"], ["sharpened"])
    graph.add("LogSoftmax", ["sharpened"], ["answer"], axis=1)
    graph.save(path, given, {"answer": ["n", network.classes]})


def _write_attention(network: AlbumAttention, folder: Path, temperature: float) -> dict[str, Path]:
    """Write the attention network's one file; file name → path. The graph is `AlbumAttention.answer`, line by line."""
    graph, classes = Graph(), network.classes
    graph.constant("share", network.share, exact=True)
    graph.constant("log_share", network.share.log(), exact=True)
    for name, number in (("one", 1.0), ("floor", FLOOR), ("above", 1 + FLOOR), ("seen", 1e-3), ("third", 1 / 3)):
        graph.constant(name, torch.tensor(number))
    for axis in range(4):
        graph.constant(f"axis{axis}", torch.tensor([axis]))
    graph.constant("axes13", torch.tensor([1, 3]))
    probabilities = graph.add("Exp", ["log_probabilities"])
    masses, first = _masses(graph, network, probabilities)
    evidence = [graph.add("Sub", ["log_probabilities", "log_share"])]
    graph.constant("by_cover", torch.tensor([1, -1, COVERS, classes]))
    for scale, mass in enumerate(masses):
        each = graph.add("Reshape", [graph.add("Gather", [mass, f"division{scale}"], axis=2), "by_cover"])
        mean = graph.add("ReduceMean", [each, "axis2"], keepdims=0)
        evidence.append(graph.add("Log", [graph.add("Div", [graph.add("Add", [mean, "floor"]), "above"])]))
    weights = _weights(graph, network, probabilities, first)
    graph.constant("prior", network.prior)
    logits = graph.add("Mul", ["prior", "log_share"])
    for channel, found in enumerate(evidence):
        graph.constant(f"channel{channel}", torch.tensor(channel))
        weight = graph.add("Gather", [weights, f"channel{channel}"], axis=3)
        logits = graph.add("Add", [logits, graph.add("MatMul", [weight, found])])
    graph.constant("sharpness", torch.tensor(1 / temperature))
    graph.add("LogSoftmax", [graph.add("Mul", [logits, "sharpness"])], ["answer"], axis=2)
    path, channels = folder / attention.FILES["network"], attention.TIME_FEATURES
    graph.save(
        path,
        {
            "log_probabilities": [1, "m", classes], "embeddings": [1, "m", network.embedding],
            "times": [1, "t", "m", channels], "itself": [1, "t", "m"], "there": [1, "m"],
        },
        {"answer": [1, "t", classes]},
    )  # fmt: skip
    return {path.name: path}


def _masses(graph: Graph, network: AlbumAttention, probabilities: str) -> tuple[list[str], list[str]]:
    """`_mass` of each scale, and the first division of it times the root of its shares."""
    graph.constant("zero", torch.tensor(0.0))
    repeated = graph.add("Concat", [probabilities] * COVERS, axis=2)
    shape = graph.add("Shape", [repeated])
    photos = graph.add("Gather", [shape, "axis1"], axis=0)
    masses, first = [], []
    for scale, size in enumerate(network.sizes_of):
        few, share = network.first_of[scale], torch.split(network.shares, network.sizes_of)[scale]
        graph.constant(f"division{scale}", network.divisions[scale])
        graph.constant(f"size{scale}", torch.tensor([size]))
        graph.constant(f"share{scale}", share, exact=True)
        graph.constant(f"few{scale}", torch.tensor([few]))
        graph.constant(f"root{scale}", share[:few].sqrt(), exact=True)
        empty = graph.add("Expand", ["zero", graph.add("Concat", ["axis1", photos, f"size{scale}"], axis=0)])
        places = graph.add("Expand", [f"division{scale}", shape])
        summed = graph.add("ScatterElements", [empty, places, repeated], axis=2, reduction="add")
        masses.append(graph.add("Div", [summed, f"share{scale}"]))
        part = graph.add("Slice", [masses[-1], "axis0", f"few{scale}", "axis2"])
        first.append(graph.add("Mul", [part, f"root{scale}"]))
    return masses, first


def _weights(graph: Graph, network: AlbumAttention, probabilities: str, first: list[str]) -> str:
    """`AlbumAttention._weights`, (1, t, m, channels)."""
    graph.constant("shift", network.shift, exact=True)
    graph.constant("scale", network.scale, exact=True)
    graph.constant("root", network.share.sqrt(), exact=True)
    product = graph.add("Mul", [probabilities, "log_probabilities"])
    entropy = graph.add("Neg", [graph.add("ReduceSum", [product, "axis2"], keepdims=1)])
    sure = graph.add("ReduceMax", ["log_probabilities", "axis2"], keepdims=1)
    scaled = graph.add("Mul", [graph.add("Add", ["embeddings", "shift"]), "scale"])
    seen = graph.add("Concat", [scaled, sure, entropy], axis=2)
    layer = network.photo[0]
    assert isinstance(layer, nn.Linear)
    photo = graph.add("Relu", [graph.linear("photo", seen, layer)])
    given = graph.add("Unsqueeze", [graph.linear("given", photo, network.given), "axis1"])
    taken = graph.add("MatMul", ["itself", graph.linear("taken", photo, network.taken)])
    alike = []
    for part in [graph.add("Div", [probabilities, "root"]), *first]:
        asked = graph.add("MatMul", ["itself", part])
        both = graph.add("MatMul", [asked, graph.add("Transpose", [part], perm=[0, 2, 1])])
        alike.append(graph.add("Unsqueeze", [both, "axis3"]))
    logs = graph.add(
        "Mul", [graph.add("Log", [graph.add("Add", [graph.add("Concat", alike, axis=3), "seen"])]), "third"]
    )
    for name in ("agreement", "time"):
        graph.constant(name, getattr(network, name).T.contiguous(), exact=True)
    for name in ("gain", "sharing"):
        graph.constant(name, getattr(network, name), exact=True)
    graph.constant("own", network.itself, exact=True)
    graph.constant("lowest", torch.tensor(LOWEST))
    graph.constant("highest", torch.tensor(HIGHEST))
    others = graph.add("Add", [graph.add("MatMul", ["times", "time"]), graph.add("MatMul", [logs, "agreement"])])
    same = graph.add("Unsqueeze", ["itself", "axis3"])
    others = graph.add("Mul", [others, graph.add("Sub", ["one", same])])
    logarithm = graph.add("Add", [others, graph.add("Mul", [same, "own"])])
    logarithm = graph.add("Add", [graph.add("Add", [logarithm, given]), graph.add("Unsqueeze", [taken, "axis2"])])
    weight = graph.add("Exp", [graph.add("Clip", [logarithm, "lowest", "highest"])])
    weight = graph.add("Mul", [weight, graph.add("Unsqueeze", ["there", "axes13"])])
    total = graph.add("Add", [graph.add("ReduceSum", [weight, "axis2"], keepdims=1), "one"])
    return graph.add("Div", [graph.add("Mul", [weight, "gain"]), graph.add("Pow", [total, "sharing"])])


def _compare_lstm(plain: AlbumLSTM, method: str, files: dict[str, Path], temperature: float) -> float:
    """Largest difference of probabilities between the files, run as albums are, and torch, on random albums."""
    sizes = (plain.units, plain.embedding, plain.classes)
    opened = lstm.Network(method, _listed(lstm.file_names(method), files), *sizes)
    random, worst = np.random.default_rng(0), 0.0
    for n in (2, 3, 60):
        embeddings = random.normal(size=(n, plain.embedding)).astype(np.float32)
        embeddings = embeddings / plain.scale.numpy() - plain.shift.numpy()
        worst = _worse(worst, opened.log_probabilities(embeddings), by_torch(plain, embeddings, temperature))
    return worst


@torch.inference_mode()
def _compare_attention(plain: AlbumAttention, files: dict[str, Path], temperature: float) -> float:
    """As `_compare_lstm`."""
    opened, worst = _listed(attention.FILES, files), 0.0
    for n in (1, 2, 40):
        given = _random(plain, n)
        logits = plain.answer(*(torch.from_numpy(array) for array in given))
        expected = (logits / temperature).log_softmax(dim=2).numpy()
        names = ("log_probabilities", "embeddings", "times", "itself", "there")
        (found,) = opened.run("network", dict(zip(names, given, strict=True)), [expected.shape])
        worst = _worse(worst, found, expected)
    return worst


@torch.inference_mode()
def by_torch(network: AlbumLSTM, embeddings: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float32]:
    """Return a torch LSTM's log-probabilities (n, classes) for one album of embeddings (n, d), as the files' are.

    >>> network = AlbumLSTM(READINGS["lstm"], 4, 3, 8, 0.0).eval()
    >>> np.exp(by_torch(network, np.zeros((2, 4)))).sum(axis=1).round(3).tolist()
    [1.0, 1.0]
    """
    some = data.pieces(np.array([0, len(embeddings)]), network.reading.cut, network.reading.truncate)
    found = np.empty((some[:, 1].sum(), network.classes), np.float32)
    for piece in some:
        batch = data.read(piece[None], network.reading)
        there = (batch.rows >= 0)[..., None]
        given = torch.from_numpy((embeddings[np.maximum(batch.rows, 0)] * there).astype(np.float32))
        logits, _ = network(given, torch.from_numpy(batch.lengths))
        asked = batch.targets >= 0
        found[batch.targets[asked]] = (logits[torch.from_numpy(asked)] / temperature).log_softmax(dim=1).numpy()
    return found


def _random(network: AlbumAttention, n: int) -> list[NDArray[np.float32]]:
    """One made-up album of n photos, the last of which is not asked for where there are two or more."""
    random = np.random.default_rng(n)
    embeddings = random.normal(size=(1, n, network.embedding)).astype(np.float32)
    embeddings = embeddings / network.scale.numpy() - network.shift.numpy()
    own = network.own(torch.from_numpy(embeddings)).numpy()
    hours, spells = attention.apart(random.exponential(5.0, n))
    rows = slice(0, max(n - 1, 1))
    times = attention.pairs(hours, spells, slice(None), rows)[None]
    return [own, embeddings, times, np.eye(n, dtype=np.float32)[None, rows], np.ones((1, n), np.float32)]


def _listed(names: dict[str, str], files: dict[str, Path]) -> networks.Files:
    listed = ((role, str(files[name]), model_folder.sha256(files[name])) for role, name in names.items())
    return networks.Files(tuple(listed), threads=1)


def _worse(worst: float, found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    difference = float(np.abs(np.exp(found) - np.exp(expected)).max())
    return max(worst, difference) if difference == difference else float("inf")


def _gates(weight: Tensor) -> Tensor:
    """Torch orders an LSTM's gates as input, forget, cell, output; ONNX as input, output, forget, cell."""
    i, f, c, o = weight.chunk(4)
    return torch.cat([i, o, f, c])
