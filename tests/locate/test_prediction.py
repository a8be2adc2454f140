import json
from dataclasses import replace

import numpy as np
import pytest

from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.locate.precision import PRECISIONS, rounded
from photoplanet.locate.prediction import Place, Prediction, prepare
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
