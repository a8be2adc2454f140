"""A match is trusted when such matches are right: movable things, times, and what leaving photos out says."""

import json

import numpy as np
import pytest
from libraries import opened, save
from movable_things import far_apart, place, seen_again, with_thing
from pictures import scene, view

from photoplanet.errors import InputError
from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.photos import table
from photoplanet.retrieval.library import leaving_out, library, trust, voting
from photoplanet.retrieval.library.leaving_out import Measured
from photoplanet.retrieval.library.times import Moments, moment
from photoplanet.retrieval.library.voting import Candidate, Places
from photoplanet.retrieval.local_features import chances, root_sift, verification
from photoplanet.retrieval.local_features.chances import Chances
from photoplanet.retrieval.local_features.root_sift import Features
from photoplanet.retrieval.local_features.search import LocalMatch


@pytest.fixture(scope="module")
def travelled(tmp_path_factory):
    """A library of 14 places far apart, each seen twice; the same thing is in a photo of eight of them."""
    folder = tmp_path_factory.mktemp("travelled") / "album"
    for number, where in enumerate(far_apart(14)):
        first = place(100 + number)
        save(folder, f"{number}-a.jpg", with_thing(first, number) if number < 8 else first, where)
        save(folder, f"{number}-b.jpg", seen_again(100 + number, turn=3), where)
    library.open(folder, threads=2)
    return folder


def test_a_thing_that_travels_is_no_match_and_the_place_behind_it_is_one(travelled):
    found, _ = opened(travelled)
    stranger = with_thing(place(500), 77)
    proven = [found.features_of(row) for row, name in enumerate(found.listing.ids) if name.endswith("-a.jpg")]
    query = root_sift.extract(stranger)
    agreeing = [verification.verify(query, photo) for photo in proven[:8]]
    assert sum(verification.trusted(each) for each in agreeing) >= 3  # geometry alone is sure of the thing
    assert found.locate(stranger) is None
    assert all(not match.trusted for match in found.similar(stranger))
    for number in (2, 5, 11):
        answer = found.locate(with_thing(seen_again(100 + number, turn=-4), 900 + number))
        assert (answer.latitude, answer.longitude) == pytest.approx(far_apart(14)[number], abs=1e-6)


def test_what_was_measured_is_kept_printed_and_used_on(travelled):
    found, said = opened(travelled)
    about = found.to_dict()["trust"]
    assert about["left_out"] == 28 and about["trusted_from"] == 0.95 and about["within_km"] == 25
    measured = found.searcher.trust.measured
    movable = {found.listing.ids[row] for row, details in measured.marks.items() if len(details) >= 8}
    assert {f"{number}-a.jpg" for number in range(8)} <= movable
    assert not any(name.endswith("-b.jpg") for name in movable) and said == []
    again = trust.load(library.index_folder(travelled) / "local", json.loads(
        (library.index_folder(travelled) / "index.json").read_text())["kinds"]["local"]["trust"], 28)  # fmt: skip
    assert again.chances == measured.chances and again.marks.keys() == measured.marks.keys()


def test_a_damaged_file_of_movable_details_is_refused(tmp_path):
    measured = trust.NOTHING_MEASURED._replace(photos=2, marks={1: np.array([3], np.int32)})
    facts = trust.save(measured, tmp_path / "movable.npy")
    with pytest.raises(InputError, match="not the movable details"):
        trust.load(tmp_path, facts, photos=1)  # it speaks of a second photo
    with pytest.raises(InputError, match="chances of matches are damaged"):
        trust.load(tmp_path, facts | {"same_day": {"count": "many"}}, photos=2)
    (tmp_path / "movable.npy").write_bytes(b"x")
    with pytest.raises(InputError, match="missing or damaged"):
        trust.load(tmp_path, facts, photos=2)


def test_time_makes_a_match_impossible(tmp_path):
    """The library was in Paris five minutes before; the query's scene is in Sydney."""
    folder = tmp_path / "album"
    paris, sydney = (48.86, 2.35), (-33.87, 151.21)
    rows = []
    for name, seed, where, when in (("p", 2, paris, "2024-05-01T10:00:00"), ("s", 3, sydney, "2023-01-01T10:00:00")):
        path = save(folder, f"{name}.jpg", scene(seed), where)
        rows.append(dict(zip(("photo_id", "path", "latitude", "longitude", "taken_at"), (name, str(path), *where, when),
                             strict=True)))  # fmt: skip
    found, _ = opened(table.write(table.from_rows(rows), tmp_path / "photos.csv"))
    free = found.similar(view(3))[0]
    bound = found.similar(view(3), when=moment("2024-05-01T10:05:00"))[0]
    later = found.similar(view(3), when=moment("2024-05-02T10:05:00"))[0]
    assert (free.photo_id, free.trusted, free.impossible) == ("s", True, False)
    assert (bound.photo_id, bound.trusted, bound.impossible, bound.chance.share) == ("s", False, True, 0.0)
    assert later.trusted and bound.to_dict("city")["impossible"] == "time" and "impossible" not in free.to_dict("city")


def test_the_time_of_a_query_is_read_from_its_file(tmp_path, built):
    path = tmp_path / "q.jpg"
    exif = scene(1).getexif()
    exif.get_ifd(0x8769)[36867] = "2024:05:01 10:05:00"
    scene(1).save(path, exif=exif)
    found, _ = opened(built)
    assert found.moment_of(str(path)) == moment("2024-05-01T10:05:00")
    assert np.isnan(found.moment_of(gps_bytes(1, 2)).seconds)  # not a photo


def photo(count):
    spots = np.array([[30 * (row % 10) + 5, 22 * (row // 10) + 5, 4, 0] for row in range(count)], np.float32)
    return Features(spots, np.zeros((count, 128), np.uint8), 320, 240)


def agree(row, first, last):
    return Candidate(row, np.tile(np.arange(first, last), (2, 1)).T.astype(np.int32), last - first)


@pytest.mark.parametrize(("km", "kept"), [(49.0, 100), (51.0, 0)])
def test_details_seen_more_than_50_km_apart_have_moved(km, kept):
    places = Places(np.array([0.0, 0.0]), np.array([0.0, km / 111.1949]))
    both = [agree(0, 0, 100), agree(1, 0, 100)]
    found = voting.count(photo(100), both, lambda row: photo(100), places, lambda row: [])
    assert [each.details for each in found] == [kept, kept]


@pytest.mark.parametrize(("agreeing", "kept"), [(7, 100), (8, 92)])
def test_fewer_than_eight_details_elsewhere_are_chance(agreeing, kept):
    places = Places(np.array([0.0, 0.0]), np.array([0.0, 90.0]))
    found = voting.count(
        photo(100), [agree(0, 0, 100), agree(1, 0, agreeing)], lambda row: photo(100), places, lambda row: []
    )
    assert found[0].details == kept or (agreeing == 8 and found[0].details <= kept)


def test_a_photo_marks_nothing_where_it_is_itself_looked_for():
    """Two photos far apart that agree with each other alone: each is a wrong match with all its evidence."""
    places, moments = Places(np.array([0.0, 0.0]), np.array([0.0, 90.0])), Moments(["", ""])
    looked = {0: [agree(1, 0, 60)], 1: [agree(0, 0, 60)]}
    found = leaving_out.measure(looked, lambda row: photo(100), places, moments)
    assert found.chances["unknown_day"].count == 1  # the pair counts once
    assert sorted(found.marks) == [0, 1] and found.marks[0].tolist() == list(range(60))


def test_days_are_measured_apart_and_one_answer_a_place_counts():
    count = 60
    hours = [f"2024-05-{1 + row // 20:02}T10:{row % 20:02}:00" for row in range(count)] + [""]
    places, moments = Places(np.zeros(count + 1), np.full(count + 1, 10.0)), Moments(hours)
    looked = {row: [agree((row + 1) % count, 0, 80), agree((row + 2) % count, 0, 70)] for row in range(count)}
    found = leaving_out.measure(looked | {count: [agree(0, 0, 80)]}, lambda row: photo(100), places, moments).chances
    assert [found[kind].count for kind in ("other_days", "same_day", "unknown_day")] == [6, 57, 1]
    assert found["same_day"].trusted.share == 1.0 and found["other_days"].trusted is None


def test_a_kind_that_is_too_rare_is_judged_as_that_of_other_days():
    sure, rare = chances.measure([40.0] * 60, [True] * 60), Chances((), 3)
    known = Measured(60, {}, {"other_days": sure, "same_day": rare, "unknown_day": rare})
    assert known.of("same_day") == known.of("unknown_day") == sure
    assert trust.NOTHING_MEASURED.of("same_day").levels == ()


def test_photos_of_one_day_at_one_place_are_left_out_together(monkeypatch):
    """Two days with two places each, three photos at each of the four stays; each matches the same photo of the end."""
    given = []
    monkeypatch.setattr(chances, "measure", lambda values, right, groups: given.append(groups) or Chances())
    hours = [f"2024-05-{1 + row // 6:02}T{10 + row % 6}:00:00" for row in range(12)] + ["2024-06-01"]
    places = Places(
        np.zeros(13), np.array([10 + 0.3 * (row // 3 % 2) + 0.01 * (row % 3) for row in range(12)] + [10.4])
    )
    leaving_out.measure({row: [agree(12, 0, 60)] for row in range(12)}, lambda row: photo(100), places, Moments(hours))
    groups = given[0]
    assert len(groups) == 12 and len(set(groups)) == 4
    assert all(len(set(groups[start : start + 3])) == 1 for start in range(0, 12, 3))


def test_what_was_kept_of_a_photo_is_checked():
    from photoplanet.core.cache import Entry

    arrays = {"pairs": np.zeros((4, 2), np.int32)}
    good = [["a", 2, 5], ["b", 2, 5]]
    assert len(leaving_out.candidates(Entry(arrays, good), {"a": 0, "b": 1})) == 2
    for record in (None, [["a", -1, 5]], [["a", "2", 5]], [[1, 2, 5]], [["a", 2]]):
        assert leaving_out.candidates(Entry(arrays, record), {"a": 0, "b": 1}) == []


def test_an_index_of_format_2_is_taken_over_and_measured(indexed):
    path = library.index_folder(indexed) / "index.json"
    about = json.loads(path.read_text())
    vocabulary = about["kinds"]["local"]["vocabulary"]
    del about["kinds"]["local"]["trust"]
    path.write_text(json.dumps(about | {"format": 2}))
    with pytest.raises(InputError, match="older photoplanet"):
        library.open(indexed, update=False)
    found, said = opened(indexed)
    after = json.loads(path.read_text())
    assert after["format"] == 3 and after["kinds"]["local"]["vocabulary"] == vocabulary and "older" not in after
    assert len(said) == 1 and "older photoplanet" in said[0] and found.to_dict()["trust"]["left_out"] == 3


def test_trusted_matches_are_one_a_minute_and_never_the_photo_itself(tmp_path):
    rows, where = [], (48.86, 2.35)
    for name, turn, when in (("a", 0, "10:00:00"), ("b", 1, "10:00:40"), ("c", 2, "10:09:00")):
        picture = scene(2).rotate(turn, fillcolor="white")
        path = save(tmp_path / "album", f"{name}.jpg", picture, where)
        rows.append(dict(zip(("photo_id", "path", "latitude", "longitude", "taken_at"),
                             (name, str(path), *where, f"2024-05-01T{when}"), strict=True)))  # fmt: skip
    found, _ = opened(table.write(table.from_rows(rows), tmp_path / "photos.csv"))
    trusted = found.trusted_matches(view(2))
    assert len(found.similar(view(2))) == 3 and {match.photo_id for match in trusted} in ({"a", "c"}, {"b", "c"})
    assert all(match.trusted and match.chance.share >= 0.95 for match in trusted)
    assert "a" not in {match.photo_id for match in found.trusted_matches(tmp_path / "album" / "a.jpg")}
    assert found.trusted_matches(view(2), exclude=[0, 1, 2]) == [] == found.trusted_matches(scene(9))
    assert len(found.trusted_matches(view(2), least=0.999)) == 0


def test_what_is_at_the_place_of_a_trusted_match_is_trusted_with_it_if_it_has_evidence():
    def found(row, details):
        return LocalMatch(row, len(details), 0.5, True, np.tile(details, (2, 1)).T.astype(np.int32), len(details))

    many, few, others = (np.array([row for row in range(100) if (row % 8 == 4) == far and row % step == 0], int)
                         for far, step in ((False, 1), (False, 8), (True, 1)))  # fmt: skip
    places = Places(np.zeros(4), np.array([0.0, 0.2, 0.24, 90.0]))
    known = trust.Trust(trust.NOTHING_MEASURED, places, Moments([""] * 4))
    matches = [found(0, many), found(1, few), found(2, few), found(3, others)]
    hits = {hit.row: hit for hit in known.judge(photo(100), moment(""), matches, lambda row: photo(100))}
    assert [hits[row].details for row in range(4)] == [len(many), len(few), len(few), len(others)]
    assert [hits[row].trusted for row in range(4)] == [True, True, False, False]  # 0, 22, 27 km and far away
    matches[1] = found(1, few[:5])
    again = known.judge(photo(100), moment(""), matches, lambda row: photo(100))
    assert [hit.row for hit in again if hit.trusted] == [0]
