"""What pixels give away: thresholds of a prediction, evidence that is text, matches that are proven."""

from types import SimpleNamespace

import pytest

from photoplanet.audit import pixels
from photoplanet.clues.collect import of_reading
from photoplanet.locate import joining, world
from photoplanet.signs.line import Line, Reading


def answer(radius, abstains=False, country=0.9):
    near = SimpleNamespace(text=lambda level: "Paris, France")
    best = SimpleNamespace(near=near, name="France", latitude=48.86, longitude=2.35)
    return SimpleNamespace(evidence=None, abstains=abstains, best=best, confidence={"country": country},
                           credible_region=lambda share: SimpleNamespace(radius_km=radius))  # fmt: skip


@pytest.mark.parametrize(
    ("radius", "more", "levels"),
    [(25.0, {}, ["place"]), (25.1, {}, ["hint"]), (900.0, {"country": 0.49}, []), (900.0, {"country": 0.5}, ["hint"]),
     (5.0, {"abstains": True}, [])],
)  # fmt: skip
def test_an_answer_good_to_25_km_gives_the_place_away(radius, more, levels):
    assert [each.level for each in pixels.of_prediction(answer(radius, **more), "model")] == levels


def test_text_comes_with_its_bits_and_boxes():
    box = ((0.1, 0.1), (0.5, 0.1), (0.5, 0.2), (0.1, 0.2))
    reading = Reading((Line("Ajuntament d'Altafulla", 0.99, box),), 640, 480)
    found = pixels.of_prediction(joining.joined(world.nowhere(), of_reading(reading), reading), "text in the picture")
    named = next(each for each in found if "place name: Altafulla" in each.says)
    assert named.bits > 10 and named.boxes == (box,) and named.to_dict()["boxes"] == (box,)
    assert all(each.level in ("place", "hint") for each in found)


def test_only_a_proven_match_gives_a_place_away():
    match = SimpleNamespace(
        trusted=True, photo_id="7", latitude=48.86, longitude=2.35, to_dict=lambda precision: {"place": "Paris"}
    )
    library = SimpleNamespace(
        itself=lambda source: [3], similar=lambda source, k, rows, threads: [match] * (rows == [3])
    )
    [found] = pixels.of_library(library, "a.jpg")
    assert found.level == "place" and found.latitude == 48.86
    match.trusted = False
    assert pixels.of_library(library, "a.jpg") == []
