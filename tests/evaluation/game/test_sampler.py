import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError
from photoplanet.evaluation.game.sampler import ROUND_PHOTOS, Deck


def photos(n, albums=None, latitude=None):
    """Photos 100 km apart, each its own album unless given otherwise."""
    columns = {"photo_id": [f"p{i}" for i in range(n)], "longitude": [0.0] * n,
               "latitude": [i - n / 2 for i in range(n)] if latitude is None else latitude}  # fmt: skip
    return pa.table(columns | ({} if albums is None else {"album": pa.array(albums, pa.string())}))


def test_the_same_seed_deals_the_same_and_another_seed_something_else():
    table = photos(60)
    first, second, other = (Deck(table, seed).deal() for seed in (7, 7, 8))
    assert first == second != other and len(set(first)) == ROUND_PHOTOS


@settings(max_examples=50, deadline=None)
@given(st.integers(5, 60), st.integers(0, 3))
def test_no_photo_twice_until_all_were_shown(n, seed):
    deck = Deck(photos(n), seed)
    dealt = [row for _ in range(3 * n // 5) for row in deck.deal()]
    for start in range(0, len(dealt) - n + 1, n):
        assert sorted(dealt[start : start + n]) == list(range(n))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=5, max_size=60), st.integers(0, 3))
def test_albums_meet_only_where_nothing_else_is_left(albums, seed):
    deck = Deck(photos(len(albums), [str(album) for album in albums]), seed)
    left = list(albums)
    for _ in range(len(albums) // 5):
        dealt = [albums[row] for row in deck.deal()]
        assert len(set(dealt)) >= min(5, len(set(left))), (dealt, left)
        for album in dealt:
            left.remove(album)


def test_photos_of_one_spot_do_not_meet():
    """A burst of thirty near-duplicates, 10 m apart, among thirty others."""
    latitude = [10 + i * 1e-4 for i in range(30)] + list(range(20, 50))
    deck = Deck(photos(60, latitude=latitude), 1)
    for _ in range(7):
        assert sum(row < 30 for row in deck.deal()) <= 1


def test_seen_photos_come_last_and_unknown_ids_do_no_harm():
    table = photos(20)
    deck = Deck(table, 3, seen=["p0", "p1", "p2", "p3", "p4", "nothing"])
    assert not {row for _ in range(3) for row in deck.deal()} & {0, 1, 2, 3, 4}
    assert set(deck.deal()) == {0, 1, 2, 3, 4}
    assert len(Deck(table, 3, seen=table["photo_id"].to_pylist()).deal()) == 5


def test_a_replacement_does_not_clash_with_what_stays_and_never_comes_back():
    deck = Deck(photos(12, ["a"] * 3 + ["b"] * 3 + ["c"] * 3 + list("xyz")), 0)
    dealt = deck.deal()
    deck.discard(dealt[0])
    [other] = deck.deal(1, beside=dealt[1:])
    assert other not in dealt
    later = {row for _ in range(20) for row in deck.deal()}
    assert dealt[0] not in later and len(later) == 11


def test_too_few_photos():
    with pytest.raises(InputError, match="needs 5 photos; the table has 4"):
        Deck(photos(4))
    deck = Deck(photos(6))
    for row in deck.deal()[:2]:
        deck.discard(row)
    with pytest.raises(InputError, match="the table has 6, 2 of them unreadable"):
        deck.deal()


def test_one_album_is_still_a_game_and_empty_album_names_are_none():
    assert len(set(Deck(photos(10, ["only"] * 10), 0).deal())) == 5
    table = photos(40, [""] * 20 + [None] * 20)
    assert len(np.unique(Deck(table, 5).deal())) == 5


@pytest.mark.parametrize(("others", "found"), [(400, 20), (5000, 5)])
def test_a_photo_of_another_album_is_looked_for_among_the_next_500(others, found):
    """All photos but one are of one album: the one is in the first round of every seed, unless it lies too deep."""
    albums = ["same"] * others + ["other"]
    latitude = [i / 100 for i in range(others + 1)]
    rounds = [Deck(photos(others + 1, albums, latitude), seed).deal() for seed in range(20)]
    assert all(len(set(each)) == ROUND_PHOTOS for each in rounds)
    assert sum(others in each for each in rounds) == pytest.approx(found, abs=0 if found == 20 else 4)
