"""Average precision: worked by hand, against definitions written otherwise, and in the limit of scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.errors import InputError
from photoplanet.retrieval.benchmarks.mean_average_precision import average_precision, mean, of_ranking


def by_curve(ranking, positives, junk):
    """The area under the curve point by point, as compute_ap.cpp defines it: each photo but junk is a point."""
    kept = [name for name in ranking if name not in junk]
    recall, precision = [0.0], [1.0]
    for length in range(1, len(kept) + 1):
        right = len([name for name in kept[:length] if name in positives])
        recall.append(right / len(positives))
        precision.append(right / length)
    return float(np.trapezoid(precision, recall))


def by_holidays(results, query, positives):
    """holidays_map.py's scoring: ranks counted from 0, those behind the query moved up by one."""
    shift, ranks = 0, []
    for rank, name in enumerate(results):
        if name == query:
            shift = -1
        elif name in positives:
            ranks.append(rank + shift)
    step, total = 1.0 / len(positives), 0.0
    for i in range(len(ranks)):
        y0 = 1.0 if ranks[i] == 0 else i / float(ranks[i])
        y1 = (i + 1) / float(ranks[i] + 1)
        total += (y0 + y1) * step / 2.0
    return total


def test_worked_by_hand():
    # first place: the trapezoid from precision 1 to 1/1, width 1
    assert average_precision([0], 1) == 1.0
    # second place: from 0/1 to 1/2, so (0 + 1/2) / 2
    assert average_precision([1], 1) == 0.25
    # places 1 and 3 of two: (1 + 1)/2 · 1/2 + (1/2 + 2/3)/2 · 1/2 = 1/2 + 7/24
    assert average_precision([0, 2], 2) == pytest.approx(1 / 2 + 7 / 24, abs=1e-15)
    # place 4 and one never found: (0 + 1/4)/2 · 1/2
    assert average_precision([3], 2) == pytest.approx(1 / 16, abs=1e-15)
    assert average_precision([], 3) == 0.0


def test_holidays_ignores_the_query_wherever_it_stands():
    # without 'q': b x c, positives b and c at ranks 0 and 2
    for ranking in (["q", "b", "x", "c"], ["b", "q", "x", "c"], ["b", "x", "c", "q"], ["b", "x", "c"]):
        assert of_ranking(ranking, {"b", "c"}, {"q"}) == pytest.approx(1 / 2 + 7 / 24, abs=1e-15)


def test_oxford_takes_junk_out_but_keeps_the_query():
    # without junk: query, x, ok — positives at ranks 0 and 2 of 2
    ranking = ["junk1", "query", "junk2", "x", "junk3", "ok"]
    assert of_ranking(ranking, {"query", "ok"}, {"junk1", "junk2", "junk3"}) == pytest.approx(19 / 24, abs=1e-15)


@given(st.permutations(range(12)), st.sets(st.integers(0, 11), min_size=1), st.sets(st.integers(0, 11)))
def test_agrees_with_the_curve_and_with_the_published_tools(ranking, positives, junk):
    junk = junk - positives
    assert of_ranking(ranking, positives, junk) == pytest.approx(by_curve(ranking, positives, junk), abs=1e-12)
    for query in set(range(12)) - positives:
        assert of_ranking(ranking, positives, {query}) == pytest.approx(
            by_holidays(ranking, query, positives), abs=1e-12
        )


@given(st.permutations(range(10)), st.sets(st.integers(0, 9), min_size=1), st.integers(0, 8))
def test_moving_a_positive_up_never_hurts_and_one_is_the_best(ranking, positives, place):
    before = of_ranking(ranking, positives)
    assert 0 <= before <= 1
    assert (before == pytest.approx(1)) == all(name in positives for name in ranking[: len(positives)])
    if ranking[place + 1] in positives and ranking[place] not in positives:
        ranking[place], ranking[place + 1] = ranking[place + 1], ranking[place]
        assert of_ranking(ranking, positives) > before


def test_nears_sklearn_where_trapezoids_and_rectangles_agree():
    """With thousands of positives spread over the list a step's two ends are equal but for 1/n."""
    from sklearn.metrics import average_precision_score

    random = np.random.default_rng(0)
    right = random.random(20_000) < np.linspace(0.9, 0.1, 20_000)
    ours = average_precision(np.flatnonzero(right), int(right.sum()))
    assert ours == pytest.approx(average_precision_score(right, -np.arange(20_000)), abs=2e-4)


def test_repeated_names_count_once_and_nonsense_is_refused():
    assert of_ranking(["a", "a", "b", "b"], {"b"}) == of_ranking(["a", "b"], {"b"})
    for ranks, positives in (([2, 1], 3), ([1, 1], 3), ([-1], 1), ([0, 1], 1), ([], 0)):
        with pytest.raises(InputError):
            average_precision(ranks, positives)
    with pytest.raises(InputError, match="leave it out"):
        of_ranking(["a"], set())
    assert mean([0.5, 1.0]) == 0.75
    with pytest.raises(InputError):
        mean([])
