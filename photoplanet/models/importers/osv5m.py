"""The OSV-5M baseline (Astruc et al., CVPR 2024) as a model folder: CLIP, and the 11,399 rectangles of a quadtree.

A head chooses among rectangles; another says where in each the photo would be, from −1 at one edge over 0 at the mean
of its training photos to 1 at the other. The authors take the likeliest rectangle and that place in it. Here each
rectangle's mass is spread over its S2 cells, with a normal density around that place (`SPREAD`), and added up.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.onnx_graphs import Graph
from photoplanet.core.progress import Bar
from photoplanet.errors import ModelError
from photoplanet.models.importers import clip_vision, importer, parity, weights
from photoplanet.models.importers.importer import Files, Importer, Made, Repository
from photoplanet.models.importers.log_sums import log_sums
from photoplanet.models.importers.rectangles import POINTS, TOLERANCE, Cover, Rectangles, cover
from photoplanet.models.importers.rectangles import read as read_table
from photoplanet.models.importers.vision_layers import Layers
from photoplanet.models.importers.weights import shaped

Array = NDArray[Any]

MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
REPO = "osv5m/baseline"
REPORTED = (
    "on OSV-5M's own test photos, by the authors' point: GeoScore 3361, country 68 %, region 39.4 %, city 5.9 % "
    "(Astruc et al., CVPR 2024)"
)
LICENCES = (
    """\
OSV-5M baseline, by Guillaume Astruc, Nicolas Dufour, Ioannis Siglidis and others (CVPR 2024):
MIT License, Copyright (c) 2023 Guillaume Astruc.
CLIP ViT-L/14 of DataComp, which it was trained from: MIT License, LAION.

"""
    + MIT
)
BACKBONE, HEADS = "backbone.clip.", ("mid.classif.", "mid.reg.")
GEOMETRY = ("head.cell_center", "head.cell_size_down", "head.cell_size_up")
TABLE = "quadtree_10_1000.csv"  # in the folder utils/ of the authors' repository
TWICE = "model."  # the file holds everything twice: under its own name, and under this
DEGREES = np.array([90.0, 180.0])  # what latitude and longitude are divided by
# laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K, whose configuration the file does not repeat
CLIP = {"hidden_act": "gelu", "layer_norm_eps": 1e-5}
GROUPS, EPSILON = 4, 1e-5  # of the heads' norms
TANH = 1.2  # places may lie a little outside
SPREAD = 0.5  # of the place in a rectangle, where its edges are at ±1: chosen, since nothing says how far it errs


def is_wanted(name: str) -> bool:
    """Whether a tensor of the file is needed: each once, by its own name or by that with `model.` before it.

    >>> is_wanted("mid.reg.0.bias"), is_wanted("model.head.cell_center"), is_wanted("model.mid.auxiliary")
    (True, True, False)
    """
    own = name.removeprefix(TWICE)
    return (own.startswith((BACKBONE, *HEADS)) and not own.endswith("position_ids")) or own in GEOMETRY


def read(files: Iterable[Path]) -> dict[str, Array]:
    """Read the tensors that are needed, by their own names; those of CLIP by transformers' names. As `weights.read`.

    >>> read([])
    {}
    """
    listed = list(files)
    found = weights.read(listed, lambda name: name.startswith(TWICE) and is_wanted(name))
    return named(found or weights.read(listed, is_wanted))


def named(tensors: Mapping[str, Array]) -> dict[str, Array]:
    """Return the tensors by their own names, and those of CLIP by transformers' names.

    >>> list(named({"model.backbone.clip.vision_model.post_layernorm.bias": np.zeros(2)}))
    ['vision_model.post_layernorm.bias']
    """
    return {name.removeprefix(TWICE).removeprefix(BACKBONE): values for name, values in tensors.items()}


def rectangles(tensors: Mapping[str, Array], listed: Rectangles | None = None, what: str = "OSV-5M") -> Rectangles:
    """Return the rectangles that the file holds, or those `listed` in the authors' CSV where it holds none.

    ModelError where there are none, or where both are there and differ by more than 0.0001°.

    >>> rectangles({})
    Traceback (most recent call last):
    photoplanet.errors.ModelError: OSV-5M: no rectangles in it; put quadtree_10_1000.csv beside it
    """
    if not all(name in tensors for name in GEOMETRY):
        if listed is None:
            raise ModelError(f"{what}: no rectangles in it; put {TABLE} beside it")
        return listed
    mean, down, up = (shaped(tensors, name, (None, 2), what).astype(np.float64) for name in GEOMETRY)
    if not len(mean) == len(down) == len(up):
        raise ModelError(f"{what}: its rectangles have not as many edges; is it the right model?")
    low, high = DEGREES * (mean - down), DEGREES * (mean + up)
    found = Rectangles(low, high, DEGREES * mean)
    if listed is None:
        return found
    if len(listed) != len(found) or not all(
        np.abs(getattr(listed, name) - getattr(found, name)).max() <= TOLERANCE for name in ("low", "high", "mean")
    ):
        raise ModelError(f"{what}: {TABLE} beside it has other rectangles; get the files again")
    return listed


def graph(
    tensors: Mapping[str, Array], covered: Cover, config: Mapping[str, Any] | None = None, int8: bool = False
) -> tuple[Graph, clip_vision.Vision]:
    """Build the network: `images` uint8 (n, size, size, 3) → `log_probabilities` over `covered.partition`, `embedding`.

    `tensors`: as `named` gives them; `config`: where CLIP differs from `CLIP`. The embedding is CLIP's class token, of
    length 1. ModelError for tensors that are missing or of another shape.

    >>> from photoplanet.models.importers import rectangles as R
    >>> earth = R.Rectangles(np.array([[-90.0, -180]]), np.array([[90.0, 180]]), np.zeros((1, 2)))
    >>> graph({}, R.cover(earth))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    photoplanet.errors.ModelError: OSV-5M: vision_model.embeddings.class_embedding is missing; is it the right model?
    """
    what = "OSV-5M"
    facts = clip_vision.vision(tensors, CLIP | dict(config or {}), what)
    count = int(covered.rectangle.max()) + 1
    layers = Layers(Graph(), tensors, int8)
    made = layers.graph
    token = clip_vision.add(layers, facts).token
    made.add("LpNormalization", [token], "embedding", axis=-1, p=2)
    logits = _head(layers, token, HEADS[0], facts.width, count, what)
    places = made.add("Tanh", [_head(layers, token, HEADS[1], facts.width, 2 * count, what)])
    places = made.add("Mul", [places, made.constant("tanh", np.float32(TANH))])
    pair = made.constant("pairs.rectangle", covered.rectangle)
    shares = _shares(made, places, pair, covered, count)
    rectangle = made.add("LogSoftmax", [logits], axis=-1)
    of_rectangle = made.add("Sub", [rectangle, log_sums(made, shares, covered.rectangle, count)])
    mass = made.add("Add", [shares, made.add("Gather", [of_rectangle, pair], axis=1)])
    log_sums(made, mass, covered.cell, len(covered.partition), "log_probabilities")
    return made, facts


def _shares(made: Graph, places: str, pair: str, covered: Cover, count: int) -> str:
    """The logarithm of what each pair has of its rectangle's mass (n, pairs), but for a constant of the rectangle."""
    where = made.add("Reshape", [places, made.constant("shape.places", np.array([0, count, 2], np.int64))])
    off = made.add("Sub", [made.add("Gather", [where, pair], axis=1), made.constant("pairs.where", covered.where)])
    axes = made.constant("axes.last", np.array([-1], np.int64))
    far = made.add("ReduceSumSquare", [off, axes], keepdims=0)
    falling = made.add("Mul", [far, made.constant("spread", np.float32(-0.5 / SPREAD**2))])
    return made.add("Add", [falling, made.constant("pairs.share", np.log(covered.share))])


def _head(layers: Layers, x: str, at: str, width: int, out: int, what: str) -> str:
    """A head of the authors' `MLPCentroid`: norm, then three linear layers with group norms and GELU between them."""
    tensors, names = layers.tensors, {number: f"{at}{number}" for number in (0, 1, 2, 4, 5, 7)}
    inner = shaped(tensors, f"{names[4]}.weight", (None, None), what).shape[0]
    middle = shaped(tensors, f"{names[1]}.weight", (None, width), what).shape[0]
    for number, shape in ((1, (middle, width)), (4, (inner, middle)), (7, (out, inner))):
        shaped(tensors, f"{names[number]}.weight", shape, what)
        shaped(tensors, f"{names[number]}.bias", shape[:1], what)
    for number, size in ((0, width), (2, middle), (5, inner)):
        for kind in ("weight", "bias"):
            shaped(tensors, f"{names[number]}.{kind}", (size,), what)
    if middle % GROUPS or inner % GROUPS:
        raise ModelError(f"{what}: layers of {middle} and {inner} do not make {GROUPS} groups; is it the right model?")
    x = layers.norm(x, names[0], EPSILON)
    for linear, norm, size in ((1, 2, middle), (4, 5, inner)):
        x = layers.activation(_group_norm(layers, layers.linear(x, names[linear]), names[norm], size), "gelu")
    return layers.linear(x, names[7])


def _group_norm(layers: Layers, x: str, name: str, size: int) -> str:
    """Group normalisation of (n, size) in `GROUPS` groups (Wu and He, ECCV 2018)."""
    made, each = layers.graph, size // GROUPS
    x = made.add("Reshape", [x, made.constant(f"shape.groups.{size}", np.array([0, GROUPS, each], np.int64))])
    plain = [
        made.constant(f"{kind}.{each}", np.full(each, value, np.float32)) for kind, value in (("one", 1), ("zero", 0))
    ]
    x = made.add("LayerNormalization", [x, *plain], axis=-1, epsilon=EPSILON)
    x = made.add("Reshape", [x, made.constant(f"shape.flat.{size}", np.array([0, size], np.int64))])
    x = made.add("Mul", [x, made.constant(f"{name}.weight", layers.tensors[f"{name}.weight"])])
    return layers.biased(x, f"{name}.bias", layers.tensors[f"{name}.bias"])


def make(files: Files, network: Path, int8: bool, bar: Bar) -> Made:
    """Make the model of the files: as `Importer.make`.

    >>> from photoplanet.core.progress import no_bar
    >>> make(Files({Path("no-such-folder"): ""}), Path("model.onnx"), False, no_bar)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    photoplanet.errors.ModelError: no-such-folder: no model.safetensors or pytorch_model.bin of osv5m/baseline in ...
    """
    listed = [files.wanted("model.safetensors", "pytorch_model.bin", of=REPO)]
    table = files.named(TABLE)
    tensors = read(listed)
    found = rectangles(tensors, read_table(table) if table else None, str(listed[0]))
    covered = cover(found)
    plain, facts = graph(tensors, covered)
    written = graph(tensors, covered, int8=True)[0] if int8 else plain
    importer.write_network(written, network, facts.size, len(covered.partition), facts.width)
    with bar("checking the network", len(plain.nodes)) as advance:
        agreement = parity.check(plain, network, facts.size, int8, advance)
    training = {
        "imported": f"OSV-5M baseline ({REPO})",
        "licence": "MIT",
        "provenance": importer.provenance(files, [*listed, *([table] if table else [])], f"{REPO}, as its giver says"),
        "cells": f"{len(found):,} rectangles of a quadtree, each {POINTS} points of the same ground; a cell has the "
        "mass of its points, more of it near the place that the network gives within the rectangle "
        f"(a normal density, {SPREAD} of the way to an edge)",
        "counted": f"points, {POINTS} a rectangle",
        "confidence": "the softmax of its training; not fitted to any photo here",
        "not_for": "indoor photos, portraits, landmarks from afar: it knows what street-level cameras see",
        "reported": REPORTED,
        "parity": agreement,
    }
    shape = {key: getattr(facts, key) for key in ("width", "layers", "heads", "patch", "activation")}
    backbone = {"backbone": "osv5m", **shape, "weights": "int8" if int8 else "float32"}
    classes = len(covered.partition)
    info = importer.info("osv5m", backbone, facts.preprocessing, classes, facts.width, training)
    return Made(info, covered.partition, {"LICENCES.txt": LICENCES})


IMPORTER = Importer(
    "osv5m", "OSV-5M baseline (CLIP ViT-L/14, 11,399 rectangles)", "MIT",
    (Repository(REPO, ("config.json", "pytorch_model.bin")),), make,
    published="OSV-5M baseline",
)  # fmt: skip
