"""Average precision of a ranking as the tools of INRIA Holidays and of Oxford Buildings compute it.

Both add up trapezoids under the precision–recall curve: `holidays_map.py` by the ranks of the true positives,
`compute_ap.cpp` by walking down the list with what is neither right nor wrong taken out. The curve starts at precision
1, so this is not scikit-learn's `average_precision_score`, which adds up rectangles and is a little lower or higher.
"""

from collections.abc import Collection, Hashable, Iterable, Sequence
from itertools import pairwise

import numpy as np

from photoplanet.errors import InputError


def average_precision(ranks: Iterable[int], positives: int) -> float:
    """Return the area (0…1) under the precision–recall curve by trapezoids.

    `ranks`: where the true positives stand, from 0, each once and ascending; `positives`: how many there are, found or
    not. InputError for ranks that do not ascend or are more than `positives`, and for no positive at all.

    >>> average_precision([0, 1], positives=2), average_precision([1], positives=2)
    (1.0, 0.125)
    """
    where = [int(rank) for rank in ranks]
    if positives < 1 or len(where) > positives:
        raise InputError(f"{len(where)} of {positives} positives ranked: there must be one, and no more than there are")
    if any(rank < 0 for rank in where[:1]) or any(b <= a for a, b in pairwise(where)):
        raise InputError("the ranks of the positives must ascend from 0 or more, each once")
    area = 0.0
    for found, rank in enumerate(where):
        before = found / rank if rank else 1.0
        after = (found + 1) / (rank + 1)
        area += (before + after) / 2
    return area / positives  # divided once, so that a perfect ranking is exactly 1


def of_ranking(
    ranking: Sequence[Hashable], positives: Collection[Hashable], ignored: Collection[Hashable] = ()
) -> float:
    """Return the average precision of one ranking, best first, with the names in `ignored` taken out of it.

    Holidays: `ignored` is the query. Oxford: it is the junk, `positives` are good and ok, and the query, which is one
    of them, stays in. A positive that is not ranked counts as never found; a name ranked twice counts where it first
    stands. InputError without positives.

    >>> of_ranking(["query", "right", "wrong"], positives={"right"}, ignored={"query"})
    1.0
    """
    wanted, out = set(positives), set(ignored)
    if not wanted:
        raise InputError("a query without positives has no average precision; leave it out")
    ranks, rank = [], 0
    seen: set[Hashable] = set()
    for name in ranking:
        if name in out or name in seen:
            continue
        seen.add(name)
        if name in wanted:
            ranks.append(rank)
        rank += 1
    return average_precision(ranks, len(wanted))


def mean(values: Iterable[float]) -> float:
    """Return the mean over queries (mAP); InputError for none.

    >>> mean([1.0, 0.5])
    0.75
    """
    found = [float(value) for value in values]
    if not found:
        raise InputError("no query to average over")
    return float(np.mean(found))
