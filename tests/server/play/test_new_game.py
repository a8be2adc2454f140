"""A game from a photo table: photos that the player knows come last, and names have bounds."""

import pytest

from photoplanet.errors import InputError
from photoplanet.evaluation.game import game_log
from photoplanet.evaluation.game.game_log import Guess
from photoplanet.locate import locator
from photoplanet.photos import table
from photoplanet.server.play.new_game import check_player, new_game


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


def test_a_players_name_has_at_most_100_printable_characters():
    assert check_player("") == "" and check_player("Ä" * 100) == "Ä" * 100
    for name in ("x" * 101, "two\nlines", "\x1b[2J"):
        with pytest.raises(InputError, match="at most 100 printable characters"):
            check_player(name)
