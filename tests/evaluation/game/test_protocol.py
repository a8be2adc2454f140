"""Whether a log of games follows the paper's protocol: each player one round of five photos that no other sees."""

import pytest

from photoplanet.evaluation.game import game_log, protocol
from photoplanet.evaluation.game.game_log import Guess

CENTRES = protocol.opponent("toy", "center")


def a_round(player, photos, name=None, model=CENTRES, count=None):
    ids = tuple(photos)
    places = [(48.0, 2.0), (50.0, 4.0), (48.9, 2.4)]
    return [Guess(name or f"{player}-{ids[0]}", ids, each, player, model, "photos", *places) for each in ids[:count]]


def as_in_the_paper():
    """Ten people, five photos each, all different."""
    return [guess for i in range(10) for guess in a_round(f"player {i}", [f"p{5 * i + j}" for j in range(5)])]


def test_ten_people_with_five_photos_each_follow_it():
    found = game_log.compare(as_in_the_paper())
    assert found["protocol"] == {"follows": True, "departures": [], "players": 10, "of": 10}
    assert found["photos"] == 50
    assert protocol.text(found["protocol"]) == "The paper's protocol was followed, by 10 players (the paper: 10)."


MORE = {
    "the model did not answer with the centre of its likeliest cell": a_round("new", "abcde", model="toy"),
    "not every round had 5 photos": a_round("new", "abcd"),
    "there are rounds without a player's name": a_round("", "abcde"),
    "1 of 10 players began more than one round": a_round("player 3", "abcde", count=2),  # unfinished
    "1 of 54 photos were shown in more than one round": a_round("new", ["p0", *"abcd"]),
}


@pytest.mark.parametrize("departure", MORE)
def test_each_departure_is_named_by_itself(departure):
    assert protocol.departures([*as_in_the_paper(), *MORE[departure]]) == [departure]
    found = game_log.compare([*as_in_the_paper(), *MORE[departure]])["protocol"]
    assert not found["follows"] and departure in protocol.text(found)


def test_a_photo_that_only_an_unfinished_round_shared_counts_too():
    shared = a_round("new", ["a", "b", "c", "d", "p7"], count=1)  # the shared one was not reached
    assert protocol.departures([*as_in_the_paper(), *shared]) == ["1 of 54 photos were shown in more than one round"]


def test_another_readout_is_another_opponent():
    assert protocol.opponent("toy", "expected") == "toy" and CENTRES == "toy, readout center"
    assert protocol.departures(a_round("Ann", "abcde", model="toy, readout mean"))
