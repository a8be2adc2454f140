import json
from dataclasses import replace

import numpy as np
import pytest

from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.locate.place import Place, cached
from photoplanet.locate.precision import PRECISIONS, rounded
from photoplanet.locate.prediction import ABSTAIN_BELOW, KNOWN_AT, Prediction, Predictions, prepare
from photoplanet.models import folder


@pytest.fixture(scope="module")
def partition(tiny_model):
    return folder.read(tiny_model).partition


@pytest.fixture
def prediction(partition, tiny_cities):
    """A function: `prediction(Paris=0.7, Brussels=0.3)`; the readout is the mean of the likeliest cell's photos."""

    def build(readout="mean", **masses):
        row = np.zeros(len(partition), np.float32)
        for name, mass in masses.items():
            lat, lng = tiny_cities[name]
            row[partition.assign(np.array([lat]), np.array([lng]))[0]] = mass
        return Prediction(row, partition, readout=readout)

    return build


def test_top_lists_the_likeliest_cells_in_order(prediction, tiny_cities):
    found = prediction(Paris=0.6, Brussels=0.3, Rio=0.1).top(3)
    assert [place.confidence for place in found] == pytest.approx([0.6, 0.3, 0.1])
    for place, city in zip(found, ("Paris", "Brussels", "Rio"), strict=True):
        assert (place.latitude, place.longitude) == pytest.approx(tiny_cities[city], abs=1e-3)
        corners = cells.vertices(cells.from_token(place.cell))
        away = geodesy.distance_km(place.latitude, place.longitude, corners[:, 0], corners[:, 1])
        assert place.radius_km == pytest.approx(away.max())
    assert len(prediction(Paris=1.0).top(100)) == 5
    with pytest.raises(InputError, match="top needs 1"):
        prediction(Paris=1.0).top(0)


def test_the_best_point_says_the_finest_radius_that_is_likelier_than_not(prediction, tiny_cities):
    sure = prediction(Paris=1.0).best
    assert (sure.latitude, sure.longitude) == pytest.approx(tiny_cities["Paris"], abs=1e-3)
    assert (sure.radius_km, sure.level) == (200, "region") and sure.confidence == pytest.approx(1)
    torn = prediction(Paris=0.4, Brussels=0.35, Sydney=0.25).best
    assert (torn.radius_km, torn.level) == (750, "country") and torn.confidence == pytest.approx(0.75)
    lost = prediction(Paris=0.28, Sydney=0.24, Rio=0.24, Tokyo=0.24).best
    assert lost.radius_km == 2500 and lost.confidence == pytest.approx(0.28)


def test_a_sharper_readout_moves_the_point_and_not_the_mass(prediction, tiny_cities):
    even = prediction(readout="expected", Paris=0.33, Brussels=0.33, Sydney=0.34)
    assert geodesy.distance_km(*even.point, *tiny_cities["Sydney"]) > 10_000  # two near each other are worth more
    sharp = replace(even, sharpness=20.0)
    assert sharp.point == pytest.approx(tiny_cities["Sydney"], abs=1e-3)
    assert sharp.confidence["country"] == pytest.approx(0.34) and sharp != even
    assert np.array_equal(sharp.probabilities, even.probabilities)
    together = replace(even, sharpness=20.0)
    prepare([together])
    assert together.point == sharp.point


def test_names_are_no_finer_than_what_is_known(prediction):
    assert prediction(Paris=1.0).best.name == "Île-de-France, France"
    assert prediction(Paris=0.4, Brussels=0.35, Sydney=0.25).best.name == "France"
    exact = Place(48.86, 2.35, 1.0, 25.0, "47e66e2")
    assert exact.name == "Paris, Île-de-France, France"
    assert exact.to_dict("country")["place"] == "France"


def test_the_best_cell_is_the_one_that_holds_the_point(prediction):
    found = prediction(Paris=0.4, Brussels=0.35, Sydney=0.25).best
    cell = cells.from_token(found.cell)
    leaf = cells.from_latlng(found.latitude, found.longitude)
    assert cells.range_min(cell) <= leaf <= cells.range_max(cell)
    between = prediction("local", Paris=0.51, Brussels=0.49)
    assert between.best.cell in {place.cell for place in between.top(2)}


def test_the_credible_region_is_the_smallest_set_that_holds_the_mass(prediction):
    found = prediction(Paris=0.6, Brussels=0.3, Rio=0.1)
    region = found.credible_region(0.9)
    assert len(region) == 2 and region.probability == pytest.approx(0.9)
    assert region.tokens == [place.cell for place in found.top(2)]
    assert region.area_km2 == pytest.approx(cells.area_km2(region.ids).sum())
    assert 264 < region.radius_km < 264 + 110  # Brussels is 264 km away, and its cell some 100 km wide
    assert len(found.credible_region(0.5)) == 1
    assert len(found.credible_region(1.0)) == 3
    for wrong in (0, -1, 1.1, float("nan")):
        with pytest.raises(InputError, match="between 0 and 1"):
            found.credible_region(wrong)


def test_confidence_grows_with_the_radius(prediction):
    found = prediction(Paris=0.6, Brussels=0.3, Rio=0.1)
    assert list(found.confidence) == ["street", "city", "region", "country", "continent"]
    assert list(found.confidence.values()) == sorted(found.confidence.values())
    assert found.confidence["country"] == pytest.approx(0.9)
    assert found.confidence_within(20_100) == pytest.approx(1, abs=2e-4)


def test_it_abstains_when_not_even_the_country_is_known(prediction):
    weak = prediction(Paris=0.3, Sydney=0.25, Rio=0.25, Tokyo=0.2)
    assert weak.abstains
    assert not replace(weak, abstain_below=0.2).abstains
    assert not prediction("local", Paris=0.35, Brussels=0.3, Tokyo=0.35).abstains
    assert not prediction(Paris=0.6, Tokyo=0.4).abstains


def test_the_dictionary_is_json_and_rounds_as_asked(prediction):
    found = prediction(Paris=0.6, Brussels=0.3, Rio=0.1)
    facts = json.loads(json.dumps(found.to_dict(top=2, precision="city"), allow_nan=False))
    assert facts["best"]["latitude"] == 48.9 and facts["best"]["longitude"] in (2.3, 2.4)  # of 2.35
    assert len(facts["top"]) == 2 and facts["region"]["cells"] == 2
    assert facts["world"] == "real" and facts["abstains"] is False
    exact = found.to_dict(precision="street")
    assert exact["best"]["latitude"] == pytest.approx(48.86, abs=1e-4)
    assert replace(found, toy=True).to_dict()["world"] == "toy"


@pytest.mark.parametrize(
    ("precision", "expected"), [("street", 48.8567), ("city", 48.9), ("region", 49), ("country", 50)]
)
def test_degrees_are_rounded_to_the_precision(precision, expected):
    assert rounded(48.85672, precision) == expected
    assert str(rounded(-0.00001, precision)) == "0.0"
    assert abs(rounded(89.99, precision)) <= 90 and abs(rounded(-179.99, precision)) <= 180


def test_unknown_precisions_and_readouts_list_the_known(prediction):
    with pytest.raises(InputError, match=", ".join(PRECISIONS)):
        prediction(Paris=1.0).to_dict(precision="exact")
    with pytest.raises(InputError, match="center, mean, local"):
        prediction("middle", Paris=1.0).best  # noqa: B018


def test_geojson_holds_the_point_and_the_cells_of_the_region(prediction):
    page = prediction(Paris=0.6, Brussels=0.3, Rio=0.1).to_geojson(0.9)
    point, *outlines = page["features"]
    assert page["type"] == "FeatureCollection"
    assert point["geometry"]["type"] == "Point"
    assert point["geometry"]["coordinates"] == pytest.approx([2.35, 48.86], abs=1e-3)  # GeoJSON: longitude first
    assert [each["properties"]["probability"] for each in outlines] == pytest.approx([0.6, 0.3])
    for outline in outlines:
        ring = outline["geometry"]["coordinates"][0]
        assert ring[0] == ring[-1] and len(ring) >= 5
    json.dumps(page, allow_nan=False)


@pytest.mark.parametrize("readout", ["expected", "local", "center"])
def test_predictions_prepared_together_tell_what_each_tells_alone(readout):
    """Sharp, broad and flat distributions; with a place that is known, and more than go through at a time."""
    random = np.random.default_rng(0)
    part = Partition.uniform(random.uniform(-60, 60, 4000), random.uniform(-170, 170, 4000), level=4, min_photos=1)
    rows = np.exp(random.normal(size=(150, len(part))) * random.uniform(0, 9, (150, 1))).astype(np.float32)
    rows[7] = 1
    rows /= rows.sum(axis=1, keepdims=True)

    def fresh():
        found = [Prediction(row, part, readout=readout) for row in rows]
        return [*found, Prediction(rows[0], part, readout=readout, at=(12.3456, 65.4321))]

    together = fresh()
    prepare(together, 0.8)
    assert [each.to_dict(3, 0.8) for each in together] == [each.to_dict(3, 0.8) for each in fresh()]
    assert together[0].credible_region(0.5).radius_km == fresh()[0].credible_region(0.5).radius_km
    assert together[-1].point == (12.3456, 65.4321)
    prepare([])


def test_a_prediction_reads_as_the_place_and_how_sure(prediction, partition):
    assert repr(prediction(Paris=1.0)) == 'Prediction("Île-de-France, France", >99 % within 200 km, abstains=False)'
    weak = prediction(Paris=0.28, Sydney=0.24, Rio=0.24, Tokyo=0.24)
    assert repr(weak) == 'Prediction("Europe", 28 % within 2500 km, abstains=True)'
    assert repr(replace(weak, toy=True)).endswith('abstains=True, world="toy")')


def test_predictions_are_compared_by_what_they_hold(prediction):
    one, same, other = prediction(Paris=1.0), prediction(Paris=1.0), prediction(Paris=0.9, Rio=0.1)
    assert one == same and hash(one) == hash(same)
    assert one != other and one != "Paris"
    seen = np.ones(3, np.float32)
    assert replace(one, embedding=seen) == replace(one, embedding=seen.copy())
    assert replace(one, embedding=seen) != one
    assert replace(one, embedding=seen) != replace(one, embedding=np.zeros(3, np.float32))
    for change in ({"readout": "local"}, {"toy": True}, {"at": (1.0, 2.0)}, {"model": "m"}, {"abstain_below": 0.1}):
        assert replace(one, **change) != one
    assert len({one, same, other}) == 2
    assert [one, other].index(other) == 1


def test_a_prediction_is_read_by_what_reads_geojson(prediction):
    found = prediction(Paris=0.6, Brussels=0.3, Rio=0.1)
    assert found.__geo_interface__ == found.to_geojson()
    several = Predictions([found, InputError("a.jpg: truncated"), found])
    features = several.__geo_interface__["features"]
    assert [each["properties"]["photo"] for each in features] == ["1"] * 3 + ["3"] * 3
    assert isinstance(several[:2], Predictions) and several[0] is found


def test_a_name_needs_half_of_the_mass_and_no_more(prediction):
    assert KNOWN_AT == 0.5
    even = prediction(Paris=0.55, Tokyo=0.45).best
    assert (even.level, even.name) == ("region", "Île-de-France, France")
    assert prediction(Paris=0.45, Tokyo=0.55).best.near.country == "Japan"


def test_it_abstains_by_the_mass_within_750_km(prediction):
    assert ABSTAIN_BELOW == 0.5
    torn = prediction(Paris=0.45, Tokyo=0.3, Rio=0.25)
    assert torn.confidence["country"] == pytest.approx(0.45) and torn.abstains
    assert not prediction(Paris=0.51, Tokyo=0.49).abstains


def test_mass_within_a_continent_is_no_reason_to_answer():
    random = np.random.default_rng(0)
    madrid, warsaw = (40.42, -3.7), (52.23, 21.01)  # 2,290 km apart
    lat, lng = (
        np.concatenate([city[axis] + random.normal(0, 0.01, 50) for city in (madrid, warsaw)]) for axis in (0, 1)
    )
    part = Partition.uniform(lat, lng, level=8, min_photos=1)
    row = np.zeros(len(part), np.float32)
    row[part.assign(*np.array([madrid]).T)[0]], row[part.assign(*np.array([warsaw]).T)[0]] = 0.49, 0.48
    row[np.flatnonzero(row == 0)[:1]] = 0.03
    found = Prediction(row, part, readout="mean")
    assert found.confidence["continent"] > 0.95
    assert found.confidence["country"] < 0.5
    assert found.abstains


def test_where_a_camera_was_is_never_kept_in_memory(prediction, tiny_cities):
    at = (47.123456, 9.654321)
    known = replace(prediction(Paris=0.6, Brussels=0.4), at=at)
    assert known.to_dict()["best"]["place"].endswith("Austria")
    assert at not in cached()
    guessed = prediction(Paris=0.6, Brussels=0.4)
    guessed.to_dict()
    assert guessed.point in cached()


def test_the_cells_that_geojson_leaves_out_are_counted():
    random = np.random.default_rng(0)
    part = Partition.uniform(random.uniform(-60, 60, 4000), random.uniform(-170, 170, 4000), level=4, min_photos=1)
    flat = Prediction(np.full(len(part), 1 / len(part), np.float32), part)
    held = len(flat.credible_region(0.9))
    assert held > 300
    first, *others = flat.to_geojson(0.9)["features"]
    assert len(others) == 200  # the 200 most probable cells are drawn
    assert first["properties"]["cells_left_out"] == held - 200
    sharp = replace(flat, probabilities=np.eye(1, len(part), dtype=np.float32)[0])
    assert sharp.to_geojson(0.9)["features"][0]["properties"]["cells_left_out"] == 0
