"""A model on a retrieval benchmark: photos → views → features on disk → rankings → mAP (PlaNet §3, Table 2a)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from photoplanet.core.cache import Cache, Entry, Found, Key, file_stamp
from photoplanet.core.progress import Advance, ignore
from photoplanet.errors import InputError
from photoplanet.locate.locator import Locator
from photoplanet.photos.decode import Box
from photoplanet.retrieval.benchmarks import datasets, spatial_search
from photoplanet.retrieval.benchmarks.datasets import Features
from photoplanet.retrieval.vectors.embedding import Embedder

BATCH = 32  # views in one pass of the network
VERSION = 1

Part = tuple[str, Box | None]  # a photo's path, and the part of it, in pixels


def run(
    dataset: datasets.Dataset,
    network: Locator,
    folder: Path,
    embedding: str = "raw",
    augmentation: bool = False,
    spatial: bool = False,
    advance: Advance = ignore,
) -> dict[str, Any]:
    """Return `datasets.score` of a model, and `name`, `embedding` and `whitening` (dimensions, or None).

    `embedding`: raw (the layer below the softmax), network (that in unit length) or trained. Features are kept in
    `folder`; a stopped run goes on. Whitening is trained on the benchmark's own photos, without their labels. Memory:
    the features of all photos (4 d bytes a view). InputError for a folder of other settings and when no photo can be
    read.

    >>> from PIL import Image
    >>> from photoplanet.locate import locator
    >>> folder = getfixture("tmp_path")
    >>> for name, colour in (("100000", "red"), ("100001", "darkred"), ("100100", "blue")):
    ...     Image.new("RGB", (80, 60), colour).save(folder / f"{name}.jpg")
    >>> run(datasets.holidays(folder, partial=True), locator.load("toy"), folder / "features")["map"]
    1.0
    """
    embed, key = _embedding(network, embedding)
    mean = augmentation and not spatial  # patches are crops already
    wanted = {
        "references": (_whole_photos(dataset), _views(augmentation, spatial, spatial_search.REFERENCE_LEVELS)),
        "queries": (_query_parts(dataset), _views(augmentation, spatial, spatial_search.QUERY_LEVELS)),
    }
    sides = []
    for kind, (parts, views) in wanted.items():
        about = json.dumps({"version": VERSION, "embedding": embedding, "network": key, "views": views})
        (folder / kind).mkdir(parents=True, exist_ok=True)
        sides.append(_described(folder / kind, about, parts, views, network, embed, advance))
    if mean:
        sides = [{name: row.mean(0, keepdims=True) for name, row in side.items()} for side in sides]
    whitening = None
    if augmentation:
        if not sides[0]:
            raise InputError(f"{dataset.name}: no photo can be read; check the folder")
        whitening = spatial_search.train_whitening(np.stack(list(sides[0].values())))
        sides = [{name: spatial_search.processed(row, whitening) for name, row in side.items()} for side in sides]
    found = datasets.score(dataset, sides[0], sides[1], spatial_search.spatial)
    words = [network.info.name, *([] if embedding == "raw" else [embedding])]
    name = " ".join(words) + "+aug" * augmentation + "+ss" * spatial
    found["name"] = name if found["complete"] else f"{name}, {found['photos']} photos only"
    return found | {"embedding": embedding, "whitening": whitening.projection.shape[1] if whitening else None}


def _whole_photos(dataset: datasets.Dataset) -> dict[str, Part]:
    return {name: (str(path), None) for name, path in dataset.photos.items()}


def _query_parts(dataset: datasets.Dataset) -> dict[str, Part]:
    return {query.name: (str(dataset.photos.get(query.photo, query.photo)), query.box) for query in dataset.queries}


def _views(augmentation: bool, spatial: bool, levels: int) -> list[spatial_search.View]:
    if spatial:
        return spatial_search.patches(levels)
    return spatial_search.jittered() if augmentation else spatial_search.patches(1)


def _embedding(network: Locator, which: str) -> tuple[spatial_search.Embed, str]:
    """The function from pixels to features, and a name for its weights."""
    embedder = Embedder(network, "network" if which == "raw" else which)
    if which == "raw":
        return lambda photos: network.log_probabilities(photos)[1], embedder.key
    return embedder.vectors, embedder.key


def _described(
    folder: Path,
    about: str,
    parts: Mapping[str, Part],
    views: Sequence[spatial_search.View],
    network: Locator,
    embed: spatial_search.Embed,
    advance: Advance,
) -> dict[str, Features]:
    """Features (views, d) by name, kept in `folder`; without the names of photos that cannot be read."""
    preprocessing = network.info.preprocessing
    blank = np.zeros((1, preprocessing.size, preprocessing.size, 3), np.uint8)
    numbers = embed(blank).shape[1]

    def compute(wanted: Iterator[tuple[str, Part]]) -> Iterator[Found]:
        for _, (path, box) in wanted:
            try:
                pixels = spatial_search.cut(path, views, preprocessing, box)
            except InputError as error:
                yield error
                continue
            passes = [embed(pixels[start : start + BATCH]) for start in range(0, len(pixels), BATCH)]
            yield Entry({"features": np.concatenate(passes)[None].astype(np.float32)})

    def key(part: tuple[str, Part]) -> Key:
        path, box = part[1]
        return f"{path}\n{box}", file_stamp(path)

    features: dict[str, Features] = {}
    fields = {"features": (np.float32, (len(views), numbers))}
    with Cache(folder, about, fields, refuse_others=True) as cache:
        for (name, _), found in cache.fill(parts.items(), compute, key):
            if isinstance(found, Entry):
                features[name] = found.arrays["features"][0]
            advance(1)
    return features
