"""A network beside the page: what it says counts as much as the library shows it to be right."""

from datetime import datetime, timedelta

import pytest
import review_photos

import photoplanet as pp
from photoplanet.albums import trips
from photoplanet.albums.movement import library
from photoplanet.albums.shots import read_shots
from photoplanet.earth.geodesy import distance_km
from photoplanet.review import opening
from photoplanet.review.kept import Kept
from photoplanet.review.looking import Looker

PARIS, RIO = (48.86, 2.35), (-22.91, -43.17)
RED, GREEN = (255, 0, 0), (0, 255, 0)


@pytest.fixture
def seen(tiny_model, tmp_path):
    """A function: `seen(folder)` → a session on its photos, with the tiny model's looker; all looked at."""
    running = []

    def look(folder):
        shots = library.dated(read_shots([str(folder)]))
        split = trips.split(shots)[0]
        looker = Looker(pp.load(tiny_model, signs=False, clock=False), split)
        session = opening.open_session(
            opening.Sources(shots, split), [str(folder)], Kept(tmp_path / "kept.jsonl"), looker=looker
        )
        running.append(session)
        session.settle()
        while session.look():
            pass
        session.settle()
        return session

    yield look
    for session in running:
        session.kept.close()


def test_a_network_that_is_right_on_known_days_chooses_between_places(seen, tmp_path):
    day = datetime(2020, 5, 1, 12)
    for number in range(16):
        colour, place = ((RED, PARIS), (GREEN, RIO))[number % 2]
        review_photos.save(
            tmp_path / "all" / f"known-{number:02}.png.jpg", day + timedelta(days=2 * number), place, colour
        )
    for number in range(3):
        review_photos.save(
            tmp_path / "all" / f"red-{number}.jpg", day + timedelta(days=4 * number + 3, hours=1), None, RED
        )
    session = seen(tmp_path / "all")
    assert session.looker.weights and session.looker.done == session.looker.total == 19
    found = [session.standing(n) for n in range(19) if session.photos[n].name.startswith("red")]
    assert [distance_km(*each.point, *PARIS) < 300 for each in found] == [True] * 3
    assert {each.proposal.by for each in found} == {"model"}
    number = next(n for n in range(19) if session.photos[n].name == "red-0.jpg")
    assert session.accept([number]) == 1 and session.standing(number).decision.note == "model tiny"


def test_without_any_known_place_the_network_answers_by_itself(seen, tmp_path):
    for number in range(3):
        review_photos.save(tmp_path / "red" / f"{number}.jpg", None, None, RED)
    session = seen(tmp_path / "red")
    assert [session.standing(n).proposal.by for n in range(3)] == ["model"] * 3
    session.place([0], RIO, 1.0, "map")
    session.settle()
    assert session.standing(0).point == RIO and session.standing(1).point is not None
