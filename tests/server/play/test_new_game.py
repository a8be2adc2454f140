"""A game from a photo table: photos that the player knows come last, and names have bounds."""

from dataclasses import replace

import pytest

from photoplanet.errors import InputError
from photoplanet.evaluation.game import game_log
from photoplanet.evaluation.game.game_log import Guess
from photoplanet.locate import locator
from photoplanet.photos import table
from photoplanet.server.play.new_game import check_player, new_game
from photoplanet.server.problems import Problem


@pytest.fixture
def photos(photo, tmp_path):
    """Ten photos, two degrees apart."""
    rows = [{"photo_id": f"p{i}", "path": photo("red", f"{i}.png").name, "latitude": 2.0 * i, "longitude": 2.0}
            for i in range(10)]  # fmt: skip
    return table.write(table.from_rows(rows), tmp_path / "photos.csv")


@pytest.fixture
def first_round(photos, tiny_model, tmp_path):
    """A function: `first_round(before, **options)` → the ids of the five photos that a game shows first."""

    def play(before=(), **options):
        results = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl"
        game = new_game(photos, locator.load(tiny_model), results, before, seed=3, **options)
        try:
            for _ in range(5):
                game.guess(game.state()["current"], (0.0, 0.0), None)
        finally:
            game.close()
        return {guess.photo_id for guess in game_log.read(results)[0]}

    return play


def seen(ids, player, of):
    """A finished round of a player on a table."""
    return [Guess("r", tuple(ids), each, player, "tiny", of, (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)) for each in ids]


def test_photos_that_the_player_has_seen_in_this_table_come_last(first_round, photos):
    fresh = first_round()
    name = f"{photos.parent.name}/photos.csv"
    assert first_round(seen(fresh, "Ann", name), player="Ann").isdisjoint(fresh)
    assert first_round(seen(fresh, "Bob", name), player="Ann") == fresh
    assert first_round(seen(fresh, "Ann", "elsewhere/photos.csv"), player="Ann") == fresh


def test_by_the_papers_protocol_no_two_players_see_one_photo_and_nobody_plays_twice(first_round, photos, tmp_path):
    name = f"{photos.parent.name}/photos.csv"
    ann = first_round(player="Ann", by_protocol=True)
    before = seen(ann, "Ann", name)
    bob = first_round(before, player="Bob", by_protocol=True)
    assert len(ann | bob) == 10
    before += [replace(guess, round="s") for guess in seen(bob, "Bob", name)]
    with pytest.raises(InputError, match=r"0 photos of the table were not shown yet.*a larger table"):
        first_round(before, player="Cleo", by_protocol=True)
    with pytest.raises(InputError, match="Ann has played 5 photos of this table against tiny, readout center"):
        first_round([replace(guess, model="tiny, readout center") for guess in before], player="Ann", by_protocol=True)
    with pytest.raises(InputError, match="--player NAME"):
        first_round(by_protocol=True)
    assert len(first_round(seen(ann, "Ann", "elsewhere/photos.csv"), player="Bob", by_protocol=True)) == 5


def test_by_the_papers_protocol_one_round_is_played_against_cell_centres_and_an_unfinished_one_goes_on(
    photos, tiny_model, tmp_path
):
    results = tmp_path / "games.jsonl"

    def start(before=()):
        return new_game(photos, locator.load(tiny_model), results, before, player="Ann", by_protocol=True)

    game = start()
    first = game.state()
    game.guess(first["current"], (0.0, 0.0), None)
    game.close()
    game = start(game_log.read(results)[0])
    state = game.state()
    assert state["round"] == first["round"] and state["of"] == 1 and state["zoom"] is False
    assert sum(photo["answer"] is not None for photo in state["photos"]) == 1
    while state["current"]:
        state = game.guess(state["current"], (0.0, 0.0), None)
    summary = game.summary()
    game.close()
    assert state["over"] and summary["model"] == "tiny, readout center" and summary["all"]["protocol"]["follows"]


def test_of_two_players_who_start_at_once_with_the_same_photos_the_second_is_stopped(photos, tiny_model, tmp_path):
    results = tmp_path / "games.jsonl"
    games = [
        new_game(photos, locator.load(tiny_model), results, player=player, seed=3, by_protocol=True)
        for player in ("Ann", "Bob")
    ]
    try:
        games[0].guess(games[0].state()["current"], (0.0, 0.0), None)
        with pytest.raises(Problem, match="another player was shown one of these photos"):
            games[1].guess(games[1].state()["current"], (0.0, 0.0), None)
        games[0].guess(games[0].state()["current"], (0.0, 0.0), None)
    finally:
        for game in games:
            game.close()
    assert {guess.player for guess in game_log.read(results)[0]} == {"Ann"}


def test_a_players_name_has_at_most_100_printable_characters():
    assert check_player("") == "" and check_player("Ä" * 100) == "Ä" * 100
    for name in ("x" * 101, "two\nlines", "\x1b[2J"):
        with pytest.raises(InputError, match="at most 100 printable characters"):
            check_player(name)
