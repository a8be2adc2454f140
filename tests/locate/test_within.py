"""Predictions cut to an area: where the points are, what the shares are, and what is said of a contradiction."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import photoplanet as pp
from photoplanet.earth import cells, geodesy
from photoplanet.earth.areas.parse import area, areas
from photoplanet.errors import InputError
from photoplanet.locate import given_area, pieces
from photoplanet.locate.answers import no_answer
from photoplanet.locate.given_area import GivenArea
from photoplanet.locate.point_estimates import READOUTS
from photoplanet.locate.prediction import Prediction, prepare
from photoplanet.locate.within import Cut

FEW = settings(max_examples=15, deadline=None)
AREAS = ["DE", "AT,CH", "48.85,2.35,40", "51.5,-0.12,900", "45,6,48,14", "-20,170,-10,-170", "Bavaria", "Fiji"]


def photos_of(seed, n=400):
    """Places around a few spots, two of them on a border and one across ±180°."""
    rng = np.random.default_rng(seed)
    spots = np.array([[48.86, 2.35], [47.57, 7.6], [51.5, -0.1], [-17.5, 179.9], [48.1, 11.6], [46.9, 8.2]])
    lat, lng = (spots[rng.integers(0, len(spots), n)] + rng.normal(0, 1.2, (n, 2))).T
    return lat, (lng + 180) % 360 - 180


def partition(seed=0, max_photos=40):
    return pp.Partition.adaptive(*photos_of(seed), max_photos=max_photos, min_photos=1)


def prediction(part, seed=0, **more):
    weights = np.random.default_rng(seed).exponential(1, len(part)) ** 3
    return Prediction((weights / weights.sum()).astype(np.float32), part, **more)


@FEW
@given(
    st.sampled_from(AREAS),
    st.booleans(),
    st.sampled_from(list(READOUTS)),
    st.integers(0, 99),
    st.sampled_from([5, 40, 200]),
)
def test_every_point_lies_in_the_area(text, outside, readout, seed, max_photos):
    part = partition(seed % 5, max_photos)
    here = areas(not_within=text) if outside else area(text)
    cut = Cut(part, here)
    found = cut(prediction(part, seed, readout=readout))
    assert here.contains(*found.point)
    assert here.contains(*np.array([[place.latitude, place.longitude] for place in found.top(20)]).T).all()
    assert here.contains(*cut.partition.means.T).all() and here.contains(*cut.partition.centers.T).all()
    assert float(found.probabilities.sum(dtype=np.float64)) == pytest.approx(1, abs=1e-5)
    assert np.isfinite(found.probabilities).all() and 0 <= found.inside_before <= 1
    assert (part.assign(*cut.partition.means.T) == cut.partition.parents).all()


@FEW
@given(st.sampled_from(AREAS), st.integers(0, 4))
def test_what_lies_inside_and_what_lies_outside_is_everything(text, seed):
    part = partition(seed)
    inside, outside = Cut(part, area(text)), Cut(part, areas(not_within=text))
    both = inside.partition.whole_shares + outside.partition.whole_shares
    assert both == pytest.approx(np.ones(len(part)), abs=0.12)  # cut apart, each with its own pieces
    whole = prediction(part, seed)
    assert inside(whole).inside_before + outside(whole).inside_before == pytest.approx(1, abs=0.05)


def test_cells_far_from_the_border_are_kept_or_dropped_whole():
    part = partition()
    found = pieces.cut(part, area("48.86,2.35,300"))
    away = geodesy.distance_km(*part.centers.T, 48.86, 2.35)
    inner = np.flatnonzero(away + part.center_reaches_km < 290)
    outer = np.flatnonzero(away - part.center_reaches_km > 310)
    assert len(inner) and len(outer)
    assert set(inner.tolist()) <= set(found.parents.tolist()) and not set(outer.tolist()) & set(found.parents.tolist())
    whole = np.isin(found.parents, inner)
    assert (found.shares[whole] == 1).all() and (found.ids[whole] == part.ids[found.parents[whole]]).all()


def test_crossed_cells_are_cut_into_pieces_that_cover_the_area():
    part = pp.Partition.from_cells(cells.from_latlng([48.86], [2.35], 4))  # 400 km wide
    circle = area("48.86,2.35,50")
    found = pieces.cut(part, circle)
    assert cells.area_km2(found.ids).sum() == pytest.approx(np.pi * 50**2, rel=0.15)
    assert (cells.level(found.ids) > 4).all()
    rng = np.random.default_rng(0)
    lat, lng = 48.86 + rng.uniform(-0.44, 0.44, 500), 2.35 + rng.uniform(-0.66, 0.66, 500)
    inside = circle.contains(lat, lng)
    assert (pp.Partition(found.ids).assign(lat, lng) >= 0)[inside].mean() > 0.98


def test_a_tiny_area_in_a_huge_cell_is_found_and_so_is_a_tiny_hole():
    part = pp.Partition.from_cells(cells.from_token(["5", "1", "3"]))
    circle = area("48.86,2.35,0.5")
    cut = Cut(part, circle)
    assert (geodesy.distance_km(*cut.partition.means.T, 48.86, 2.35) <= 0.5).all()
    hole = Cut(part, areas(not_within="48.86,2.35,0.5"))
    assert (geodesy.distance_km(*hole.partition.means.T, 48.86, 2.35) > 0.5).all()
    assert hole.partition.areas_km2.sum() == pytest.approx(part.areas_km2.sum(), rel=1e-3)


def test_photos_lie_around_their_mean_and_so_do_their_shares():
    """Half of the cell is inside, and so are hardly any photos where their mean is far outside."""
    cell = cells.from_latlng(48.86, 2.35, 7)
    lat, lng = cells.center(cell)
    box = area(f"{lat},-10,60,20")  # the northern half
    share = {}
    for side in (-0.25, 0.0, 0.25):
        part = pp.Partition(np.array([cell]), [100], [[lat + side, lng]])
        share[side] = float(Cut(part, box).partition.whole_shares[0])
    assert share[0.0] == pytest.approx(0.5, abs=0.05)
    assert share[-0.25] < 0.2 and share[0.25] > 0.8


def test_the_mean_stays_where_it_is_in_the_area():
    part = partition()
    cut = Cut(part, area("47.57,7.6,60"))
    own = cut.area.contains(*part.means.T)
    for label in np.flatnonzero(own):
        rows = np.flatnonzero(cut.partition.parents == label)
        assert (cut.partition.means[rows] == part.means[label]).all(axis=1).any()


def test_the_cut_is_that_of_conditional_probability():
    part = partition(0, 5)
    whole = prediction(part, 3, unknown=0.3)
    cut = Cut(part, area("51.5,-0.12,900"))
    found = cut(whole)
    mass = np.bincount(cut.partition.parents, found.probabilities, len(part))
    expected = whole.probabilities * cut.partition.whole_shares
    assert mass == pytest.approx(expected / expected.sum(), abs=1e-6)
    assert found.inside_before == pytest.approx(expected.sum(), abs=1e-6)
    assert cut.partition.prior.sum() == pytest.approx(1)
    prior = part.prior * cut.partition.whole_shares
    some = mass > 0
    bits = (mass[some] * np.log2(mass[some] / (prior / prior.sum())[some])).sum()
    assert found.gain == pytest.approx(bits, abs=1e-3)
    assert found.within.gain_before == whole.gain and found.within.inside_any == pytest.approx(prior.sum())
    strange = 0.3 * prior.sum()
    assert found.unknown == pytest.approx(strange / (strange + 0.7 * expected.sum()), rel=1e-4)
    kept = ("embedding", "readout", "abstain_below", "model", "toy", "licence", "correction", "sharpness", "least_gain")
    assert all(getattr(found, name) == getattr(whole, name) for name in kept)


def test_an_area_that_holds_everything_changes_nothing():
    part = partition()
    whole = prediction(part, 1, unknown=0.2)
    found = Cut(part, area("-90,-180,90,180"))(whole)
    assert found.point == whole.point and found.inside_before == pytest.approx(1)
    assert (found.partition.ids == part.ids).all() and found.unknown == pytest.approx(0.2)
    assert found.probabilities == pytest.approx(whole.probabilities, rel=1e-5)


def concentrated(part, place, share):
    """All of the mass but `share` in the cell at a place."""
    mass = np.full(len(part), share / (len(part) - 1))
    mass[part.assign(*place)] = 1 - share
    return Prediction(mass.astype(np.float32), part, abstain_below=0.0, least_gain=0.0)


def test_nothing_inside_is_no_answer_and_never_nan():
    part = partition(0, 40)
    cut = Cut(part, area("-17.5,179.9,500"))
    none = concentrated(part, (48.86, 2.35), 0.0)
    found = cut(replace(none, unknown=0.1))
    assert found.inside_before == 0 and found.abstains and found.within.nothing and found.within.doubt
    assert np.isfinite(found.probabilities).all() and cut.area.contains(*found.point)
    assert 0.1 < found.unknown <= 1
    json.dumps(found.to_dict(), allow_nan=False)
    assert no_answer(found) == f"no answer: nothing lay inside {cut.area.name}"
    assert cut(none).unknown is None


@pytest.mark.parametrize("share, doubt, nothing", [(0.5, False, False), (0.011, False, False), (0.009, True, False),
                                                   (2e-6, True, False), (5e-7, True, True)])  # fmt: skip
def test_hardly_anything_inside_is_said(share, doubt, nothing):
    given = GivenArea("Germany", share, 0.3, 4.0)
    assert (given.doubt, given.nothing) == (doubt, nothing)
    assert ("doubt the area or the model" in given.line()) == doubt
    assert given.to_dict()["doubt"] == doubt


def test_a_small_area_alone_is_no_reason_for_doubt():
    """1 in 1,000 of all photos are from there; one that shows nothing says so, and is no contradiction."""
    assert not GivenArea("a village", 0.001, 0.001, 0.0).doubt
    assert GivenArea("a village", 0.00009, 0.001, 6.0).doubt and not GivenArea("a village", 0.00011, 0.001, 6.0).doubt
    assert (given_area.DOUBT_BELOW, given_area.DOUBT_FACTOR, given_area.NOTHING_BELOW) == (0.01, 0.1, 1e-6)


def test_a_known_place_outside_stays_and_is_said():
    part = partition()
    whole = prediction(part, 0, at=(48.86, 2.35), unknown=0.0)
    outside = Cut(part, area("GB"))(whole)
    assert outside.point == (48.86, 2.35) and outside.within.at_outside and outside.partition is part
    assert outside.within.line() == "its known place is not inside United Kingdom"
    assert outside.to_dict()["within"]["known_place_outside"] is True and not outside.within.nothing
    inside = Cut(part, area("FR"))(whole)
    assert inside.point == (48.86, 2.35) and not inside.within.at_outside


def test_abstention_asks_the_whole_distribution():
    """A photo that surely is from Germany does not lose its answer to being told so, where one cell is all there is."""
    part = pp.Partition.from_cells(cells.from_latlng([48.86, -33.9, 35.7], [2.35, 151.2, 139.7], 5))
    sure = Prediction(np.array([0.98, 0.01, 0.01], np.float32), part)
    found = Cut(part, area("48.86,2.35,5"))(sure)
    assert found.gain < 0.01 and not sure.abstains and not found.abstains
    flat = Prediction(part.prior.astype(np.float32), part)
    assert flat.abstains and Cut(part, area("48.86,2.35,5"))(flat).abstains


def test_predictions_over_different_cells_are_prepared_together():
    part = partition()
    cut = Cut(part, area("GB"))
    made = [prediction(part, seed, at=place) for seed, place in enumerate([None, (48.86, 2.35), (51.5, -0.1), None])]
    mixed = [cut(each) for each in made] + made
    prepared = [cut(each) for each in made] + [replace(each) for each in made]
    prepare(prepared)
    for one, other in zip(mixed, prepared, strict=True):
        assert one == other and one.to_dict() == other.to_dict()


def test_what_cannot_be_cut_is_refused():
    part = partition()
    with pytest.raises(InputError, match="cells that the model knows lies there"):
        Cut(part, area("Antarctica"))
    cut = Cut(part, area("GB"))
    other = partition(1)
    assert cut(prediction(other)) == Cut(other, area("GB"))(prediction(other))  # over other cells, it is cut anew
    with pytest.raises(InputError, match="cut to United Kingdom already"):
        cut(cut(prediction(part)))


def test_leaf_cells_are_taken_by_their_photos():
    leaves = cells.from_latlng([48.86, 51.5], [2.35, -0.1], 30)
    part = pp.Partition.from_cells(leaves)
    assert Cut(part, area("FR")).partition.ids.tolist() == [int(leaves[0])]


def test_what_is_shown_says_how_much_lay_inside():
    part = partition()
    found = Cut(part, area("GB"))(prediction(part))
    assert "lay inside United Kingdom before" in repr(found) and "United Kingdom" in found._repr_html_()
    properties = found.to_geojson()["features"][0]["properties"]
    assert properties["within"] == found.to_dict()["within"]
    assert "within" not in prediction(part).to_dict() and prediction(part).inside_before is None


def test_a_loaded_model_takes_areas_and_keeps_what_it_cut():
    model = pp.load("toy")
    black = np.zeros((64, 64, 3), np.uint8)
    where = model.locate(black, within=["DE", "AT"], not_within="52.5,13.4,30")
    assert where.within.name == "Germany or Austria, outside 30 km around 52.5, 13.4"
    assert all(place.near.country_code in ("DE", "AT") for place in where.top(10))
    several = model.locate([black, black], within="FR")
    assert [each.top(1)[0].near.country_code for each in several] == ["FR", "FR"]
    ((_, streamed),) = model.locate_many([black], within="FR")
    assert streamed == several[0]
    assert model.cut("FR") is model.cut("france")
    with pytest.raises(InputError, match="not an area"):
        model.locate(black, within="Atlantis")
    album = model.locate_album([black, black], anchors=[None, (51.5, -0.1)], within="FR")
    assert album[0].top(1)[0].near.country_code == "FR" and album[1].point == (51.5, -0.1)
    assert album[1].within.at_outside and not album[0].within.at_outside
    spot = model.explain(black, within="FR", positions=2)
    assert area("FR").contains(spot.latitude, spot.longitude)
