import numpy as np
import pytest

from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.locate import held_names
from photoplanet.locate.prediction import Prediction
from photoplanet.metadata.estimate import NAMELESS, PlaceNames

LYON, PARIS, ZURICH, OCEAN = (45.76, 4.84), (48.86, 2.35), (47.37, 8.54), (-40.0, -120.0)
FRANCE = PlaceNames(country="France", country_code="FR")


def answer(*shares, level=8, unknown=None):
    """A prediction with each ((latitude, longitude), share of the mass) in a cell of its own."""
    ids = np.array([cells.from_latlng(*place, level) for place, _ in shares], np.uint64)
    order = np.argsort(ids)
    part = Partition(ids[order], np.ones(len(ids), np.int64))
    mass = np.array([share for _, share in shares], np.float32)[order]
    return Prediction(mass, part, unknown=unknown)


def test_a_name_holds_where_its_share_is_reached_and_no_finer_name_does():
    where = answer((LYON, 0.5), (PARIS, 0.42), (ZURICH, 0.08))
    assert held_names.of_prediction(where, 0.9) == FRANCE
    assert held_names.of_prediction(where, 0.95) == NAMELESS
    assert held_names.of_prediction(answer((LYON, 0.5), (ZURICH, 0.5)), 0.9) == NAMELESS
    within = held_names.of_prediction(answer((LYON, 0.95), (PARIS, 0.05), level=12), 0.9)
    assert within == FRANCE._replace(state="Auvergne-Rhône-Alpes", city="Lyon")


def test_what_the_model_does_not_know_counts_against_every_name():
    assert held_names.of_prediction(answer((LYON, 1.0), unknown=0.2), 0.9) == NAMELESS
    assert held_names.of_prediction(answer((LYON, 1.0), unknown=0.05), 0.9).country == "France"


def test_a_large_cell_counts_by_its_corners_and_the_sea_has_no_name():
    assert held_names.of_prediction(answer((LYON, 1.0), level=3), 0.9) == NAMELESS  # it reaches into four countries
    assert held_names.of_prediction(answer((OCEAN, 1.0)), 0.9) == NAMELESS


@pytest.mark.parametrize("radius_km", [3.0, 100.0, 300.0])
def test_a_circle_is_named_by_what_holds_of_all_of_it(radius_km):
    names = held_names.of_circle(*PARIS, radius_km)
    turns = np.linspace(0, 2 * np.pi, 200)
    north = PARIS[0] + np.degrees(radius_km / geodesy.EARTH_RADIUS_KM) * np.sin(turns)
    east = PARIS[1] + np.degrees(radius_km / geodesy.EARTH_RADIUS_KM) * np.cos(turns) / np.cos(np.radians(PARIS[0]))
    from photoplanet.earth import gazetteer

    countries = {each.country for each in gazetteer.name(north, east) if each.country}
    assert names.country == ("France" if countries == {"France"} else "")
    assert bool(names.city) == (radius_km == 3.0)
