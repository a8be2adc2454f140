"""Small ONNX networks as exporters write them, and what they compute, by NumPy: patches of 8 px, times a matrix."""

import numpy as np

from photoplanet.core.onnx_graphs import Graph

PATCH, WIDTH = 8, 5
WEIGHTS = np.random.default_rng(7).normal(size=(WIDTH, 3, PATCH, PATCH)).astype(np.float32)


def network(
    layout="NCHW", kind=np.float32, size=16, batch="n", output="last_hidden_state", form="tokens", given="pixel_values"
):
    """A network. `form` of its output: "tokens" (patches), "class" (their mean before them), "places", "vector"."""
    graph, side = Graph(), size if isinstance(size, int) else 16
    x = graph.add("Cast", [given], to=1)
    x = x if layout == "NCHW" else graph.add("Transpose", [x], perm=[0, 3, 1, 2])
    x = graph.add(
        "Conv", [x, graph.constant("weights", WEIGHTS)], "" if form != "places" else output, strides=[PATCH] * 2
    )
    count = (side // PATCH) ** 2
    if form in ("tokens", "class"):
        x = graph.add("Reshape", [x, graph.constant("flat", np.int64([0, WIDTH, -1]))])
        x = graph.add("Transpose", [x], "" if form == "class" else output, perm=[0, 2, 1])
    if form == "class":
        token = graph.add("ReduceMean", [x, graph.constant("axes", np.int64([1]))], keepdims=1)
        graph.add("Concat", [token, x], output, axis=1)
    if form == "vector":
        graph.add("ReduceMean", [x, graph.constant("axes", np.int64([2, 3]))], output, keepdims=0)
    shapes = {
        "tokens": ["n", count, WIDTH],
        "class": ["n", "t", WIDTH],
        "places": ["n", WIDTH, "h", "w"],
        "vector": ["n", WIDTH],
    }
    pixels = [batch, 3, size, size] if layout == "NCHW" else [batch, size, size, 3]
    return graph.model("strange", {given: (kind, pixels)}, {output: (np.float32, shapes[form])})


def mean_features(photos, mean=(0, 0, 0), std=(1, 1, 1), scale=1 / 255, order=(0, 1, 2)):
    """The mean over patches that the networks above compute of photos uint8 (n, s, s, 3); `order` of colours."""
    pixels = ((photos[..., list(order)].astype(np.float64) * scale) - mean) / std
    side = pixels.shape[1] // PATCH
    cut = pixels.reshape(len(pixels), side, PATCH, side, PATCH, 3)
    return np.einsum("nhywxc,dcyx->nhwd", cut, WEIGHTS.astype(np.float64)).mean((1, 2))
