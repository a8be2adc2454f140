"""A model on a retrieval benchmark: photos → views → features on disk → rankings → mAP (PlaNet §3, Table 2a)."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError
from photoplanet.locate.locator import Locator
from photoplanet.retrieval.benchmarks import datasets, spatial_search
from photoplanet.retrieval.im2gps import blocks
from photoplanet.retrieval.vectors.embedding import Embedder

BATCH = 32  # views in one pass of the network
VERSION = 1


def run(
    dataset: datasets.Dataset,
    network: Locator,
    folder: Path,
    embedding: str = "raw",
    augmentation: bool = False,
    spatial: bool = False,
    advance: Callable[..., None] = lambda count=1, note="": None,
) -> dict[str, Any]:
    """`benchmarks.score` of a model, and `name`, `embedding` and `whitening` (dimensions, or None).

    `embedding`: raw (the layer below the softmax), network (that in unit length) or trained. Features are kept in
    `folder`; a stopped run goes on. Whitening is learned on the benchmark's own photos, without their labels. Memory:
    the features of all photos (4 d bytes a view). InputError for an unusable folder and when no photo can be read.
    """
    embed, key = _embedding(network, embedding)
    mean = augmentation and not spatial  # patches are crops already
    reference_views = _views(augmentation, spatial, spatial_search.REFERENCE_LEVELS)
    query_views = _views(augmentation, spatial, spatial_search.QUERY_LEVELS)
    sources = {name: (str(path), None) for name, path in dataset.photos.items()}
    asked = {query.name: (str(dataset.photos.get(query.photo, query.photo)), query.box) for query in dataset.queries}
    features = []
    for kind, named, views in (("references", sources, reference_views), ("queries", asked, query_views)):
        about = {"version": VERSION, "embedding": embedding, "network": key, "views": [list(view) for view in views]}
        blocks.open_folder(folder / kind, about)
        rows = _describe(folder / kind, list(named.values()), views, network, embed, advance)
        features.append({name: row for name, row in zip(named, rows, strict=True) if row is not None})
    reference, query = features
    if mean:
        reference, query = ({name: row.mean(0, keepdims=True) for name, row in side.items()} for side in features)
    whitening = None
    if augmentation:
        if not reference:
            raise InputError(f"{dataset.name}: no photo can be read; check the folder")
        whitening = spatial_search.learn_whitening(np.stack(list(reference.values())))
        reference, query = (
            {name: spatial_search.processed(row, whitening) for name, row in side.items()}
            for side in (reference, query)
        )
    found = datasets.score(dataset, reference, query, spatial_search.spatial)
    words = [network.info.name, *([] if embedding == "raw" else [embedding])]
    name = " ".join(words) + "+aug" * augmentation + "+ss" * spatial
    found["name"] = name if found["complete"] else f"{name}, {found['photos']} photos only"
    return found | {"embedding": embedding, "whitening": whitening.projection.shape[1] if whitening else None}


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


def _describe(
    folder: Path,
    sources: Sequence[tuple[str, spatial_search.Box | None]],
    views: Sequence[spatial_search.View],
    network: Locator,
    embed: spatial_search.Embed,
    advance: Callable[..., None],
) -> list[NDArray | None]:
    """Features (views, d) of each source, None for one that cannot be read."""
    preprocessing = network.info.preprocessing
    blank = np.zeros((1, preprocessing.size, preprocessing.size, 3), np.uint8)
    dtype = np.dtype([("features", "<f4", (len(views), embed(blank).shape[1])), ("usable", "?")])

    def records(part: Sequence[tuple[str, spatial_search.Box | None]]) -> NDArray:
        found = np.zeros(len(part), dtype)
        for row, (path, box) in enumerate(part):
            try:
                pixels = spatial_search.cut(path, views, preprocessing, box)
            except InputError:
                continue
            passes = [embed(pixels[start : start + BATCH]) for start in range(0, len(pixels), BATCH)]
            found[row]["features"], found[row]["usable"] = np.concatenate(passes), True
        return found

    kept = folder / "features"
    kept.mkdir(exist_ok=True)
    parts = blocks.build(kept, dtype, sources, records, advance)
    return [row["features"] if row["usable"] else None for block in parts for row in block]
