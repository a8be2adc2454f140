"""What docs/locate.md promises of answers; each line here fails when a promise changes, and so should its page."""

import numpy as np
import pytest

from photoplanet.earth.partition.partition import Partition
from photoplanet.locate import answers, credible_region, locator, place, point_estimates, precision, prediction
from photoplanet.locate.place import Place, cached, look_up


def test_defaults():
    form = answers.AnswerOptions()
    assert (form.top, form.region, form.precision, form.answer_always) == (1, 0.9, "auto", False)
    assert credible_region.REGION_SHARE == 0.9
    assert point_estimates.DEFAULT_READOUT == "expected"
    assert list(point_estimates.READOUTS) == ["center", "mean", "local", "expected"]
    assert precision.CHOICES == ("auto", "street", "city", "region", "country")
    assert precision.PRECISIONS == {"street": 0.0001, "city": 0.1, "region": 1.0, "country": 5.0}
    assert prediction.REGION_SHARES == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99)
    assert locator.MAX_THREADS == 1024


def test_a_cells_mass_lies_in_four_discs_as_real_photos_do():
    """A tenth of a cell's photos within 0.15 √(area/π) of their mean, 26 % within 0.3 and so on, each disc even."""
    partition = Partition.uniform([0.001], [0.001], level=4, min_photos=1)
    side = float(np.sqrt(partition.areas_km2[0] / np.pi))
    mass = credible_region.MassAround(partition.means, np.ones((1, 1)), partition, np.zeros((1, 1), np.int32))
    discs = {0.15: 0.10, 0.3: 0.16, 0.6: 0.33, 1.1: 0.41}
    for radius in (0.1, 0.15, 0.2, 0.3, 0.5, 0.6, 0.9, 1.1):
        expected = sum(share * min(1, radius / size) ** 2 for size, share in discs.items())
        assert mass.within(radius * side)[0] == pytest.approx(expected, abs=1e-6)


def test_the_last_of_the_mass_is_infinitely_far():
    """A ten-thousandth of the mass may lie in most of the cells; it is left out of every radius."""
    lng = np.arange(0.5, 40)
    partition = Partition.uniform(np.zeros(40), lng, level=8, min_photos=1)
    row = np.full((1, 40), 0.00005 / 39, np.float32)
    row[0, 0] = 0.99995
    mass = credible_region.MassAround(partition.means[:1], row, partition, credible_region.descending(row))
    assert mass.within(20_100)[0] == pytest.approx(0.99995, abs=1e-7)
    row[0, :2] = 0.9995, 0.00045
    mass = credible_region.MassAround(partition.means[:1], row, partition, credible_region.descending(row))
    assert mass.within(20_100)[0] == pytest.approx(0.99995, abs=1e-6)


def test_a_point_is_chosen_by_the_128_most_probable_cells():
    """A lone cell that is the likeliest, and a crowd of small ones far away that outweighs it if counted in full."""
    lng = np.linspace(0.0, 0.2, 300)
    partition = Partition.uniform(np.r_[np.full(300, 10.0), -40.0], np.r_[lng, 100.0], level=18, min_photos=1)
    assert len(partition) == 301
    alone = int(partition.assign(np.array([-40.0]), np.array([100.0]))[0])
    for crowd, wins in ((100 / 127, False), (110 / 127, True), (100 / 300, False)):
        row = np.full((1, 301), crowd, np.float32)  # of which 127 are looked at beside the lone one
        row[0, alone] = 105
        lat, _ = point_estimates.local(row / row.sum(), partition)
        assert (lat[0] > 0) == wins


def test_names_are_kept_for_20_000_points_at_most():
    assert place.MOST_CACHED == 20_000
    for start in range(3):
        lat = 40 + start * 0.1 + np.linspace(0, 0.09, 10_001)
        look_up((Place(float(each), 2.0, 1.0, 25.0, "") for each in lat), keep=True)
    assert len(cached()) <= 30_002
    look_up([Place(10.0, 10.0, 1.0, 25.0, "")], keep=True)
    assert len(cached()) <= 20_003
