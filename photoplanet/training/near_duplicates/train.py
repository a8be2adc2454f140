"""Trains the network that gives near-duplicates close binary codes (paper, Sect. 3), and writes it as ONNX.

A photo must be nearer to its own distorted copy than to any other photo of the batch, and photos come in groups that
are hard to tell apart (`pool`). `scripts/duplicates.sh` goes all the way.
"""

import copy
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from photoplanet.core import atomic
from photoplanet.core.progress import Advance, ignore
from photoplanet.errors import InputError
from photoplanet.training import export, onnx_files
from photoplanet.training.loop import Loop, RunOptions
from photoplanet.training.near_duplicates.network import BITS, SIZE, Coder
from photoplanet.training.near_duplicates.task import NearDuplicateTask, balance

if TYPE_CHECKING:
    from onnx import ModelProto

NETWORK, FACTS = "binary_codes.onnx", "binary_codes.json"
THRESHOLD = 32  # bits: chosen on the precision/recall curve in docs/duplicates.md
SMALLEST_HALVED = 256  # weights of more numbers are kept in half precision
OPTIONS = RunOptions(log_every=1)


def train(
    pool: NDArray[np.uint8], steps: int, groups: int = 32, seed: int = 0, rate: float = 2e-3, bits: int = BITS,
    seconds: float = math.inf, advance: Advance = ignore,
) -> Coder:  # fmt: skip
    """Return a Coder trained on a pool (`pool.pool_of`), uint8 (n, 4, size, size, 3); equal seeds give equal networks.

    Learns in batches of `groups` whole groups; the rate falls to 0 over `steps`, or over `seconds` where these end
    first (then the network depends on the machine). InputError for too few photos, TrainingError when the loss is not
    finite, `Stopped` after a signal.

    >>> train(np.zeros((4, 4, 112, 112, 3), np.uint8), steps=100)
    Traceback (most recent call last):
    photoplanet.errors.InputError: 4 groups of photos; a batch needs 32: give more photos
    """
    if len(pool) < groups:
        raise InputError(f"{len(pool)} groups of photos; a batch needs {groups}: give more photos")
    torch.manual_seed(seed)
    task = NearDuplicateTask(Coder(bits), pool, steps, groups, seed, rate, seconds)
    Loop(task, None, OPTIONS).run(advance)
    balance(task.model, pool, task.rng)
    return task.model.eval()


def write(model: Coder, folder: Path, facts: dict[str, Any]) -> Path:
    """Write `binary_codes.onnx` (weights as float16) and `binary_codes.json` into `folder`; return the first's path.

    >>> path = write(Coder(8, widths=(1, 1, 1, 1, 1)), getfixture("tmp_path"), {"photos": 0})
    >>> path.name, json.loads(path.with_name(FACTS).read_text())["bits"]
    ('binary_codes.onnx', 8)
    """
    folder.mkdir(parents=True, exist_ok=True)
    folded = copy.deepcopy(model).eval()
    export.fold_batch_norms(folded.features)
    network = onnx_files.traced(folded, torch.zeros(2, SIZE, SIZE, 3, dtype=torch.uint8), "images", ["code"])
    _halve(network)
    atomic.write_bytes(folder / NETWORK, onnx_files.serialised(network))
    facts = {"bits": model.head.out_features, "size": SIZE, "threshold": THRESHOLD, **facts}
    atomic.write_text(folder / FACTS, json.dumps(facts, indent=2) + "\n")
    return folder / NETWORK


def _halve(network: "ModelProto") -> None:
    """Keep large weights as float16 and cast them when they are read: half the file, no slower."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in network.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size > SMALLEST_HALVED:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *network.graph.node]
    del network.graph.node[:]
    network.graph.node.extend(nodes)
