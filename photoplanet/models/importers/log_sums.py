"""Probabilities that are added up by group inside a graph, as logarithms: cities by country, rectangles by cell."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.core.onnx_graphs import Graph

NOTHING = np.float32(-1e30)  # the logarithm of no probability at all, without an infinity that could become a NaN


def padded(groups: ArrayLike, count: int) -> NDArray[np.int64]:
    """Return the items of each group (count, most), with the number of items where a group has fewer than the largest.

    `groups` (items,): the group of each item, 0 … `count` − 1; ValueError for a group without an item.

    >>> padded([0, 1, 0], 2).tolist()
    [[0, 2], [1, 3]]
    """
    given = np.asarray(groups, np.int64)
    sizes = np.bincount(given, minlength=count)
    if len(sizes) != count or not sizes.all():
        raise ValueError(f"{count} groups, and one of them has no item or a number that is too high")
    order = np.argsort(given, kind="stable")
    table = np.full((count, int(sizes.max())), len(given), np.int64)
    starts = np.cumsum(sizes) - sizes
    table[given[order], np.arange(len(given)) - starts[given[order]]] = order
    return table


def log_sums(graph: Graph, values: str, groups: ArrayLike, count: int, output: str = "") -> str:
    """Add log Σ exp over each group: `values` float32 (n, items) → (n, count). As `padded`.

    >>> graph = Graph()
    >>> log_sums(graph, "x", [0, 1, 0], 2, "sums")
    'sums'
    """
    table = padded(groups, count)
    items = len(np.asarray(groups))
    if table.shape[1] == 1:  # a group an item: only their order changes
        return graph.add("Gather", [values, _constant(graph, "order", table[:, 0])], output, axis=1)
    if (table == items).any():
        pads = graph.constant("pads.last", np.array([0, 0, 0, 1], np.int64))
        values = graph.add("Pad", [values, pads, graph.constant("nothing", NOTHING)])
    apart = graph.add("Gather", [values, _constant(graph, "groups", table)], axis=1)
    axes = graph.constant("axes.2", np.array([2], np.int64))
    return graph.add("ReduceLogSumExp", [apart, axes], output, keepdims=0)


def _constant(graph: Graph, name: str, value: Any) -> str:
    return graph.constant(f"{name}.{len(graph.constants)}", value)
