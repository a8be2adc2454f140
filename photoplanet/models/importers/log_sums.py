"""Probabilities that are added up by group inside a graph, as logarithms: cities by country, rectangles by cell."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from photoplanet.core.onnx_graphs import Graph

NOTHING = np.float32(-1e30)  # the logarithm of no probability at all, without an infinity that could become a NaN


def tables(groups: ArrayLike, count: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the groups of like size together: which they are (k,), and the items of each (k, width).

    `groups` (items,): the group of each item, 0 … `count` − 1. Widths are powers of two, so that at most half of a
    table is filling: the number of items. ValueError for a group without an item.

    >>> [(which.tolist(), items.tolist()) for which, items in tables([0, 1, 0, 0], 2)]
    [([1], [[1]]), ([0], [[0, 2, 3, 4]])]
    """
    given = np.asarray(groups, np.int64)
    sizes = np.bincount(given, minlength=count)
    if len(sizes) != count or not sizes.all():
        raise ValueError(f"{count} groups, and one of them has no item or a number that is too high")
    order = np.argsort(given, kind="stable")
    starts = np.cumsum(sizes) - sizes
    widths = np.left_shift(1, np.ceil(np.log2(sizes)).astype(np.int64))
    found = []
    for width in np.unique(widths):
        which = np.flatnonzero(widths == width)
        places = starts[which, None] + np.arange(width)
        inside = np.arange(width) < sizes[which, None]
        found.append((which, np.where(inside, order[np.minimum(places, len(given) - 1)], len(given))))
    return found


def log_sums(graph: Graph, values: str, groups: ArrayLike, count: int, output: str = "") -> str:
    """Add log Σ exp over each group: `values` float32 (n, items) → (n, count). As `tables`.

    >>> graph = Graph()
    >>> log_sums(graph, "x", [0, 1, 0], 2, "sums")
    'sums'
    """
    listed, items = tables(groups, count), len(np.asarray(groups))
    if any((table == items).any() for _, table in listed):
        pads = graph.constant("pads.last", np.array([0, 0, 0, 1], np.int64))
        values = graph.add("Pad", [values, pads, graph.constant("nothing", NOTHING)])
    axes = graph.constant("axes.2", np.array([2], np.int64))
    sums = []
    for _, table in listed:
        last = output if len(listed) == 1 else ""
        if table.shape[1] == 1:  # a group an item: only their order changes
            sums.append(graph.add("Gather", [values, _constant(graph, "order", table[:, 0])], last, axis=1))
        else:
            apart = graph.add("Gather", [values, _constant(graph, "groups", table)], axis=1)
            sums.append(graph.add("ReduceLogSumExp", [apart, axes], last, keepdims=0))
    if len(listed) == 1:
        return sums[0]
    back = np.argsort(np.concatenate([which for which, _ in listed]))
    together = graph.add("Concat", sums, axis=1)
    return graph.add("Gather", [together, _constant(graph, "order", back)], output, axis=1)


def _constant(graph: Graph, name: str, value: Any) -> str:
    return graph.constant(f"{name}.{len(graph.constants)}", value)
