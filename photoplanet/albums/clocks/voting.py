"""Which offset do many photos agree on? Spans of offsets that each photo allows → the likeliest, and how likely it is.

Every photo allows some spans of offsets. Where these cover a share p of all that were possible, one that allows the
offset in question speaks for it by the factor 0.9 / p (it would be allowed by chance so often), and one that does not,
against it; a tenth of the photos may be wrong. Before any photo was looked at, clocks that are set right, to a whole
quarter of an hour, were the likeliest; any other offset of up to 14 hours was possible, and at a stretch every date;
and so was that the photos have nothing to do with the spans, which then allow what chance has it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from photoplanet.albums.clocks.local_time import LEAST_AHEAD, MOST_AHEAD, QUARTERS
from photoplanet.albums.clocks.readings import Floats

WRONG = 0.1  # of the photos, whatever the offset
QUARTER, NEAR, ANY = 0.6, 0.3, 0.1  # that a clock is set to whole quarters, within a day, or anyhow
NOTHING = 0.5  # that photos and spans have nothing to do with each other, to one that they have
SLACK = 150.0  # seconds that clocks set to whole quarters are off
TOGETHER = 150.0  # seconds around the best offset that count for it
FEWEST = 3  # photos that must allow an offset


class Vote(NamedTuple):
    """The best offset in seconds, between `low` and `high` by votes alone; `votes`, and how `sure` it is, 0 to 1."""

    offset: float
    low: float
    high: float
    votes: int
    sure: float


def best(allowed: Sequence[Floats]) -> Vote | None:
    """The offset that photos agree on, by the spans (k, 2) of offsets in seconds that each allows; None for none.

    >>> found = best([np.array([[3590.0, 3610.0]]), np.array([[3595.0, 3620.0], [9000.0, 9010.0]]),
    ...               np.array([[3580.0, 3605.0]])])
    >>> found.offset, found.votes, found.sure > 0.99
    (3600.0, 3, True)
    """
    allowed = [_merged(spans) for spans in allowed if len(spans)]
    if len(allowed) < FEWEST:
        return None
    every = np.concatenate(allowed)
    least, most = min(LEAST_AHEAD, every.min()) - SLACK, max(MOST_AHEAD, every.max()) + SLACK
    edges, near, far, votes = _scores(allowed, every, float(least), float(most))
    mass = _log_mass(edges, near, far, most - least)
    total = _log_sum(np.append(mass, np.log(NOTHING)))
    top = int(np.argmax(mass))
    for _ in range(3):  # to where most of the mass around lies
        middle = (edges[top] + edges[top + 1]) / 2
        here = np.flatnonzero((edges[:-1] <= middle + TOGETHER) & (edges[1:] >= middle - TOGETHER))
        better = here[np.lexsort((mass[here], votes[here]))[-1]]
        if better == top:
            break
        top = int(better)
    middle = (edges[top] + edges[top + 1]) / 2
    here = (edges[:-1] <= middle + TOGETHER) & (edges[1:] >= middle - TOGETHER)
    sure = float(np.exp(_log_sum(mass[here]) - total))
    low, high = float(edges[top]), float(edges[top + 1])
    quarter = float(QUARTERS[np.abs(QUARTERS - middle).argmin()])
    offset = quarter if low <= quarter <= high else float(middle)
    return Vote(offset, low, high, int(votes[top]), min(sure, 1.0)) if votes[top] >= FEWEST else None


def _merged(spans: Floats) -> Floats:
    """Spans of one photo without overlaps, so that it votes once."""
    spans = spans[np.argsort(spans[:, 0])]
    ends = np.maximum.accumulate(spans[:, 1])
    first = np.concatenate([[True], spans[1:, 0] > ends[:-1]])
    rows = np.flatnonzero(first)
    return np.column_stack([spans[rows, 0], ends[np.concatenate([rows[1:] - 1, [len(spans) - 1]])]])


def _scores(
    allowed: Sequence[Floats], every: Floats, least: float, most: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Edges (m + 1,) between which the votes are the same; the score (m,) as one near and as any offset; the votes."""
    whole, window = most - least, MOST_AHEAD - LEAST_AHEAD
    miss = np.log(WRONG)
    gain_near, gain_far = [], []
    for spans in allowed:
        inside = np.clip(spans, LEAST_AHEAD, MOST_AHEAD)
        share = (inside[:, 1] - inside[:, 0]).sum() / window
        gain_near.append(np.log((1 - WRONG) / np.clip(share, 1e-6, 1) + WRONG) - miss)
        share = (spans[:, 1] - spans[:, 0]).sum() / whole
        gain_far.append(np.log((1 - WRONG) / np.clip(share, 1e-6, 1) + WRONG) - miss)
    count = [len(spans) for spans in allowed]
    edges = np.unique(np.concatenate([every.ravel(), _prior_edges(), [least, most]]))
    found = []
    for gain in (gain_near, gain_far, np.ones(len(allowed))):
        each = np.repeat(gain, count)
        change = np.zeros(len(edges))
        np.add.at(change, np.searchsorted(edges, every[:, 0]), each)
        np.add.at(change, np.searchsorted(edges, every[:, 1]), -each)
        found.append(np.cumsum(change)[:-1])
    base = miss * len(allowed)
    return edges, found[0] + base, found[1] + base, np.round(found[2])


def _prior_edges() -> Floats:
    return np.concatenate([QUARTERS - SLACK, QUARTERS + SLACK, [LEAST_AHEAD, MOST_AHEAD]])


def _log_mass(edges: Floats, near: Floats, far: Floats, whole: float) -> Floats:
    """The logarithm (m,) of how likely the offset lies between each two edges: what was likely before, by its score."""
    middle, width = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
    inside = (middle > LEAST_AHEAD) & (middle < MOST_AHEAD)
    off = np.abs(middle - np.round(middle / 900) * 900)
    set_right = (off < SLACK) & (middle > LEAST_AHEAD - SLACK) & (middle < MOST_AHEAD + SLACK)
    before = QUARTER * set_right / (len(QUARTERS) * 2 * SLACK) + NEAR * inside / (MOST_AHEAD - LEAST_AHEAD)
    with np.errstate(divide="ignore"):
        return np.asarray(np.logaddexp(np.log(before * width) + near, np.log(ANY * width / whole) + far))


def _log_sum(values: Floats) -> float:
    top = float(values.max())
    return top + float(np.log(np.exp(values - top).sum()))
