"""What docs/evaluation.md, docs/explain.md and docs/play.md promise; each line fails when a promise changes."""

from photoplanet.evaluation import accuracy, calibration, evaluate, regions
from photoplanet.evaluation.game import game_log, sampler
from photoplanet.explain import gallery, occlusion
from photoplanet.models import info


def test_figures_are_those_that_others_report():
    assert (accuracy.GEOSCORE_BEST, accuracy.GEOSCORE_SCALE_KM) == (5000, 1492.7)  # OSV-5M
    assert calibration.BINS == 15  # Guo et al. 2017
    assert (calibration.LOWEST_TEMPERATURE, calibration.HIGHEST_TEMPERATURE) == (0.05, 20)
    assert accuracy.RESAMPLES == 2000
    assert evaluate.TOP == 5
    assert regions.BY == ("continent", "country") and regions.AT_SEA == "at sea"


def test_the_box_that_hides_is_a_fifth_of_the_photo_at_400_places():
    assert (occlusion.POSITIONS, occlusion.BOX, occlusion.REGIONS) == (20, 0.2, 3)
    assert occlusion.MOST_POSITIONS == 200
    assert gallery.PHOTOS_A_CELL == 5


def test_a_round_is_five_photos_and_a_foreign_one_at_most_a_hundred():
    assert sampler.ROUND_PHOTOS == 5
    assert game_log.MOST_ROUND == 100
    assert game_log.MOST_LINE == 256 << 10


def test_foreign_facts_are_bounded():
    assert info.MAX_INFO_BYTES == 4 << 20
    assert info.MAX_CLASSES == 10_000_000
