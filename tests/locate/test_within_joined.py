"""A cut of what was joined with evidence: evidence first, then the area, and striking a clue out cuts again."""

import numpy as np
import pytest

import photoplanet as pp
from photoplanet.clues.clue import Clue
from photoplanet.earth import gazetteer, ground
from photoplanet.earth.areas.parse import area
from photoplanet.locate import joining, world
from photoplanet.locate.within import Cut


def says(code, odds=1e4):
    """A clue that speaks for a country by so much."""
    sites = ground.read()
    there = sites.country == gazetteer.read().country_codes.index(code)
    return Clue("language", code, (), np.where(there, np.log(odds), 0.0).astype(np.float32))


@pytest.fixture(scope="module")
def alps():
    return Cut(world.partition(), area("AT,CH"))


def test_evidence_is_kept_and_the_point_lies_in_the_area(alps):
    whole = joining.joined(world.nowhere(), [says("CH")])
    found = alps(whole)
    assert found.top(1)[0].near.country_code == "CH" and found.evidence.clues == whole.evidence.clues
    assert alps.area.contains(*found.point) and not found.within.doubt and found.inside_before > 0.3
    far = alps(joining.joined(world.nowhere(), [says("JP")]))
    assert alps.area.contains(*far.point) and far.inside_before < 0.01


def test_a_clue_that_is_struck_out_leaves_an_answer_in_the_area(alps):
    both = alps(joining.joined(world.nowhere(), [says("CH"), says("JP")]))
    without = both.evidence.without(1)
    assert without.within.name == "Austria or Switzerland" and without.partition is both.partition
    assert without == alps(joining.joined(world.nowhere(), [says("CH"), says("JP")], struck=[1]))
    assert without.inside_before > both.inside_before
    assert without.evidence.without(0).within is not None


def test_evidence_that_leads_to_the_whole_earth_is_cut_there():
    model = pp.load("toy")
    cut = model.cut("AT,CH")
    seen = model.locate(np.zeros((64, 64, 3), np.uint8))
    joined = joining.joined(seen, [says("CH")])
    found = cut(joined)
    assert found.partition.area is cut.area and cut.area.contains(*found.point)
    assert found.top(1)[0].near.country_code in ("AT", "CH")
