"""Whether a network that was written answers as its weights say: ONNX Runtime beside a plain computation in NumPy.

The plain computation is that of ONNX's own reference (`onnx.reference`), from the float32 weights as they were read,
so it shows what a processor, an optimisation or int8 changes. That the graph is the right one, the tests show.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.onnx_graphs import Graph
from photoplanet.core.onnx_sessions import open_session
from photoplanet.core.progress import Advance, ignore
from photoplanet.errors import ModelError

Array = NDArray[Any]

OUTPUTS = ("log_probabilities", "embedding")
PICTURES = 2
MOVED = {False: 1e-3, True: 0.1}  # the share of an answer's mass that may lie elsewhere: float32, int8
TURNED = {False: 1e-5, True: 5e-3}  # 1 − the cosine of the embeddings, at most
_NODES = 16  # that are computed between two looks at what is needed no more


def pictures(size: int, count: int = PICTURES) -> NDArray[np.uint8]:
    """Return made pictures uint8 (count, size, size, 3) as rough as photos: noise whose power falls with frequency.

    >>> pictures(32).shape, int(pictures(32).min()), int(pictures(32).max())
    ((2, 32, 32, 3), 0, 255)
    """
    random = np.random.default_rng(20161008)
    across, down = np.fft.rfftfreq(size), np.fft.fftfreq(size)[:, None]
    falling = 1 / np.maximum(np.hypot(across, down), 1 / size)
    waves = np.fft.rfft2(random.standard_normal((count, 3, size, size))) * falling
    plain = np.fft.irfft2(waves, (size, size))
    low, high = plain.min((1, 2, 3), keepdims=True), plain.max((1, 2, 3), keepdims=True)
    found: NDArray[np.uint8] = np.rint(255 * (plain - low) / (high - low)).astype(np.uint8).transpose(0, 2, 3, 1)
    return found


def check(graph: Graph, network: Path, size: int, int8: bool = False, advance: Advance = ignore) -> dict[str, float]:
    """Compare `network`, what was written, with the plain computation of `graph`, its float32 form, on made pictures.

    Returns `moved`, the largest share of an answer's mass that lies elsewhere, and `cosine`, the least one of
    embeddings; ModelError where they are more than `MOVED` and `TURNED` allow. `advance`: counts nodes.

    >>> check(Graph(), Path("no-such.onnx"), 32)
    Traceback (most recent call last):
    photoplanet.errors.ModelError: no-such.onnx: no such file; copy or export the model again
    """
    photos = pictures(size)
    [found, embedding] = open_session(network).run(list(OUTPUTS), {"images": photos})
    expected, vectors = computed(graph, {"images": photos}, OUTPUTS, advance)
    moved = float(0.5 * np.abs(np.exp(found.astype(np.float64)) - np.exp(expected)).sum(axis=1).max())
    lengths = np.linalg.norm(embedding, axis=1) * np.linalg.norm(vectors, axis=1)
    cosine = float(((embedding * vectors).sum(axis=1) / lengths).min())
    if not moved <= MOVED[int8] or not 1 - cosine <= TURNED[int8]:
        what = f"{moved:.2g} of an answer's mass lies elsewhere, and embeddings have a cosine of {cosine:.6f}"
        remedy = "import it without --int8" if int8 else "report it with the versions of onnxruntime and this processor"
        raise ModelError(f"{network.name}: does not answer as its weights say ({what}); {remedy}")
    return {"moved": moved, "cosine": cosine}


def computed(graph: Graph, given: dict[str, Array], outputs: Iterable[str], advance: Advance = ignore) -> list[Array]:
    """Compute a graph node by node in NumPy; what is needed no more is forgotten on the way. `advance`: counts nodes.

    >>> made = Graph()
    >>> _ = made.add("Mul", ["x", made.constant("two", np.float32(2))], "y")
    >>> computed(made, {"x": np.ones(2, np.float32)}, ["y"])
    [array([2., 2.], dtype=float32)]
    """
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    from photoplanet.core.onnx_graphs import IR_VERSION, OPSET

    wanted, nodes = list(outputs), graph.nodes
    last = {name: at for at, node in enumerate(nodes) for name in node.input} | dict.fromkeys(wanted, len(nodes))
    values = dict(given)
    for at in range(0, len(nodes), _NODES):
        some = nodes[at : at + _NODES]
        names = {name for node in some for name in node.input}
        kept = [name for node in some for name in node.output if last.get(name, -1) >= at + len(some)]
        feeds = {
            name: values[name] if name in values else graph.constants[name]
            for name in names
            if name in values or name in graph.constants
        }
        sides = (
            [helper.make_empty_tensor_value_info(name) for name in feeds],
            [helper.make_empty_tensor_value_info(name) for name in kept],
        )
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(helper.make_graph(some, "part", *sides), opset_imports=opsets, ir_version=IR_VERSION)
        made = dict(zip(kept, ReferenceEvaluator(model).run(kept, feeds), strict=True))
        values = {name: value for name, value in values.items() if last.get(name, -1) >= at + len(some)} | made
        advance(len(some))
    return [values[name] for name in wanted]
