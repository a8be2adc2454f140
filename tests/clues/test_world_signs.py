"""Signs of all continents, written by hand: what codes and words say of them, together and each alone."""

import numpy as np
import pytest
from sign_text import bits, posterior, reading, spread
from world_signs import NOTHING, SIGNS

from photoplanet.clues import collect, language, place_names
from photoplanet.earth import gazetteer, ground

KINDS = [kind for kind in collect.kinds() if kind not in (language.clues, place_names.clues)]


def found(*texts):
    sites = ground.read()
    return [clue for kind in KINDS for clue in kind(reading(*texts), sites)]


@pytest.fixture(scope="module")
def clues():
    return [found(*texts) for _, texts in SIGNS]


def test_there_are_signs_of_all_continents():
    continents = {gazetteer.CONTINENT_OF[code] for code, _ in SIGNS}
    assert continents == {"Africa", "Asia", "Europe", "North America", "Oceania", "South America"}
    assert len({code for code, _ in SIGNS}) >= 75 and len(SIGNS) >= 140


def test_every_sign_says_something(clues):
    assert [code for (code, _), some in zip(SIGNS, clues, strict=True) if not some] == []


def test_the_right_country_comes_first(clues):
    held = [posterior(some) for some in clues]
    first = [max(each, key=each.get) == code for each, (code, _) in zip(held, SIGNS, strict=True)]
    assert np.mean(first) >= 0.97
    assert np.mean([each[code] for each, (code, _) in zip(held, SIGNS, strict=True)]) >= 0.93


def test_no_clue_speaks_much_against_the_truth(clues):
    against = [
        (code, clue.kind, clue.says)
        for (code, _), some in zip(SIGNS, clues, strict=True)
        for clue in some
        if bits([clue], code) < -1
    ]
    assert against == []


def test_every_kind_speaks_for_the_truth_in_the_mean(clues):
    by_kind = {}
    for (code, _), some in zip(SIGNS, clues, strict=True):
        for clue in some:
            by_kind.setdefault(clue.kind, []).append(bits([clue], code))
    means = {kind: float(np.mean(values)) for kind, values in by_kind.items() if kind != "number plate"}
    assert len(means) >= 14
    assert min(means.values()) > 1


@pytest.mark.parametrize("text", NOTHING)
def test_what_says_no_place_is_no_clue_or_a_weak_one(text):
    assert all(spread(clue) < 6 and max(posterior([clue]).values()) < 0.45 for clue in found(text))


def test_few_texts_that_say_no_place_are_any_clue():
    assert [text for text in NOTHING if found(text)] in ([], ["A4"], ["A4", "B-52"])
