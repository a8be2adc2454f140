"""Photos → trips: who goes with whom, what a photo says of itself, and what may be written back."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import photoplanet as pp
from photoplanet.albums import known_places, locate_trip, located_photos, trips
from photoplanet.albums.shots import Shot, read_shots
from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.locate import locator
from photoplanet.locate.answers import AnswerOptions
from photoplanet.locate.credible_region import HALF_CIRCUMFERENCE_KM
from photoplanet.locate.precision import rounded_within
from photoplanet.metadata.track import Track

DAY = "2020-05-01T"


def shot(name, time=None, camera=None, folder="trip", **more):
    return Shot(name, name, folder, f"{DAY}{time}" if time else None, camera=camera, **more)


def names(found):
    return [[each.source for each in trip.shots] for trip in found]


def test_cameras_are_kept_apart_unless_told_otherwise():
    shots = [shot("a", "10:00", "A"), shot("b", "10:01", "B"), shot("c", "10:02", "A")]
    assert names(trips.split(shots)[0]) == [["a", "c"], ["b"]]
    assert names(trips.split(shots, one_camera=True)[0]) == [["a", "b", "c"]]


def test_a_pause_starts_another_album_and_folders_stay_apart():
    shots = [shot("a", "10:00"), shot("b", "12:00"), shot("c", "20:00"), shot("d", "20:00", folder="other")]
    assert names(trips.split(shots, gap_hours=3)[0]) == [["a", "b"], ["c"], ["d"]]


def test_folders_and_photographers_are_kept_apart_whatever_the_camera():
    shots = [shot("a", "10:00", "A"), shot("b", "10:01", "A", folder="other"), shot("c", "10:02", "A")]
    assert names(trips.split(shots)[0]) == [["a", "c"], ["b"]]
    assert names(trips.split(shots, one_camera=True)[0]) == [["a", "c"], ["b"]]
    people = [replace(each, folder="trip", photographer=who) for each, who in zip(shots, "xyx", strict=True)]
    assert names(trips.split(people)[0]) == [["a", "c"], ["b"]]


def test_a_photo_that_says_nothing_goes_with_its_own_folder_and_not_with_the_last_photo_of_another():
    shots = [shot("a", "10:00", "A"), shot("b", folder="other"), shot("c", "10:02", folder="other")]
    assert names(trips.split(shots)[0]) == [["a"], ["b", "c"]]


def test_a_pause_of_more_than_three_days_starts_another_album():
    shots = [shot(name, time) for name, time in zip("abcd", ["00:00"] * 4, strict=True)]
    days = ["2020-05-01T00:00:00", "2020-05-04T00:00:00", "2020-05-07T00:00:01", "2020-05-07T00:00:02"]
    shots = [replace(each, taken_at=day) for each, day in zip(shots, days, strict=True)]
    assert names(trips.split(shots)[0]) == [["a", "b"], ["c", "d"]]


def test_a_photo_that_says_nothing_stays_behind_the_one_before():
    shots = [shot("a", "10:00", "A"), shot("b"), shot("c", "10:02", "A"), shot("d", "10:00", "B"), shot("e")]
    assert names(trips.split(shots)[0]) == [["a", "b", "c"], ["d", "e"]]


def test_albums_of_a_table_stay_whole():
    shots = [replace(shot("a", "01:00", "A"), album="x"), replace(shot("b", "23:00", "B"), album="x")]
    assert names(trips.split(shots, gap_hours=1)[0]) == [["a", "b"]]


def test_a_great_many_photos_are_cut_so_that_memory_is_bounded():
    every = [f"{n:05}" for n in range(4001)]
    found = names(trips.split([shot(name) for name in every])[0])
    assert max(map(len, found)) <= 2000 and [name for trip in found for name in trip] == every


def test_times_are_utc_where_all_name_their_zone_and_days_count_as_utc_where_that_is_asked():
    shots = [shot("a", "10:00:00+02:00"), shot("b", "10:30:00+02:00"), replace(shot("c"), taken_at="2020-05-01")]
    assert not trips.split([shot("a", "10:00:00"), shots[1]])[2] and not trips.split(shots)[2]
    (trip,), _, utc = trips.split(shots, to_utc=True)
    assert utc and trip.times.astype(str).tolist() == [f"{DAY}{hour}:00" for hour in ("00:00", "08:00", "08:30")]


def test_cameras_whose_clocks_agree_go_together_unless_told_otherwise():
    shots = [shot("a", "10:00", "A"), shot("b", "10:01", "B"), shot("c", "10:02", "C"), shot("d")]
    by = ["UTC", "UTC", 2, None]
    assert names(trips.split(shots, by=by)[0]) == [["a", "b"], ["c", "d"]]
    assert names(trips.split(shots, one_camera=False, by=by)[0]) == [["a"], ["b"], ["c", "d"]]
    assert names(trips.split(shots, one_camera=True, by=by)[0]) == [["a", "b", "c", "d"]]
    assert [trip.title for trip in trips.split(shots, by=by)[0]] == ["trip, 2 cameras", "trip, C"]


@pytest.fixture
def album(photo, tmp_path):
    """Grey photos, of which the tiny model knows nothing, in time order; the third cannot be read."""
    found = []
    for number in range(4):
        path = tmp_path / f"{number}.png"
        Image.new("RGB", (20, 20), (128, 128, 128)).save(path)
        found.append(Shot(str(path), path.name, "trip", f"{DAY}10:0{number}"))
    (tmp_path / "2.png").write_bytes(b"no photo")
    return found


def zoned(shots):
    return [replace(each, taken_at=f"{each.taken_at}:00+00:00") for each in shots]


@pytest.fixture
def model(tiny_model):
    return locator.load(tiny_model)


def test_a_known_place_pulls_its_neighbours_and_the_unreadable(album, model, tiny_cities):
    rio = tiny_cities["Rio"]
    alone = locate_trip.locate(model, trips.split(album)[0][0])
    assert alone[0].prediction.confidence["country"] < 0.9
    album[1] = replace(album[1], place=(-22.9, -43.3))
    found = locate_trip.locate(model, trips.split(album)[0][0])
    assert [each.kind for each in found] == ["estimated", "own GPS", "neighbours", "estimated"]
    for each in found:
        assert each.prediction.point == pytest.approx(rio, abs=0.2) and each.prediction.confidence["country"] > 0.9
    assert found[1].prediction.point == (-22.9, -43.3) and "2.png" in found[2].error
    kept = locate_trip.locate(model, trips.split(album)[0][0], use_places=False)
    assert [each.kind for each in kept] == ["estimated", "estimated", "neighbours", "estimated"]


def test_a_track_places_photos_between_its_points(album, model):
    times = np.array([f"{DAY}10:00:00", f"{DAY}10:10:00"], "datetime64[s]")
    track = Track(times, np.array([48.0, 48.1]), np.array([2.0, 2.0]))
    found = locate_trip.locate(model, trips.split(zoned(album))[0][0], track=track)
    assert found[1].kind == "track" and found[1].prediction.point == pytest.approx((48.01, 2.0))
    assert found[1].record(AnswerOptions())["best"]["latitude"] == pytest.approx(48.01)  # measured: not rounded to 0.1°
    assert found[1].estimate(AnswerOptions()).radius_m == pytest.approx(5560 + located_photos.TRACK_ERROR_M, rel=0.01)
    (trip, *_), *_ = trips.split(zoned(album))
    assert known_places.silence(track, trip.times) == ""


def test_what_may_be_written(album, model):
    album[1] = replace(album[1], place=(-22.91, -43.17))
    found = locate_trip.locate(model, trips.split(album)[0][0])
    told = [each.estimate(AnswerOptions()) for each in found]
    assert told[1] is None and told[2] is None  # its own GPS; and a file that nobody can read
    best = found[0].prediction
    assert told[0].radius_m >= 1000 * best.credible_region().radius_km
    within = best.credible_region().radius_km
    assert told[0].latitude == rounded_within(best.point[0], within) != best.point[0]
    assert told[0].confidence == 0.9 and "timed-hmm" in told[0].method


@pytest.mark.parametrize("precision", ["auto", "street", "city", "region", "country"])
def test_the_written_radius_grows_by_what_rounding_moves_the_point(album, model, precision):
    album[1] = replace(album[1], place=(-22.91, -43.17))
    located = locate_trip.locate(model, trips.split(album)[0][0])[0]
    written = located.estimate(AnswerOptions(precision=precision))
    moved = geodesy.distance_km(*located.prediction.point, written.latitude, written.longitude)
    assert written.radius_m == pytest.approx(1000 * (located.prediction.credible_region(0.9).radius_km + moved))
    assert moved > {"auto": 0, "street": 0, "city": 0.1, "region": 10, "country": 100}[precision]


def test_the_written_radius_holds_the_share_that_was_asked_for(album, model):
    located = locate_trip.locate(model, trips.split(album)[0][0], method="single")[0]
    half, most = (located.estimate(AnswerOptions(region=share, answer_always=True)) for share in (0.5, 0.9))
    assert (half.confidence, most.confidence) == (0.5, 0.9)


def test_without_known_places_the_attention_network_answers_and_with_them_the_timed_hmm(album):
    toy = pp.load("toy")
    (trip,) = trips.split(album)[0]
    assert {each.method for each in locate_trip.locate(toy, trip)} == {"attention"}
    album[1] = replace(album[1], place=(48.86, 2.35))
    (trip,) = trips.split(album)[0]
    assert {each.method for each in locate_trip.locate(toy, trip)} == {"timed-hmm"}
    assert {each.method for each in locate_trip.locate(toy, trip, use_places=False)} == {"attention"}
    track = Track(np.array([f"{DAY}10:00:00", f"{DAY}10:10:00"], "datetime64[s]"), np.full(2, 48.0), np.full(2, 2.0))
    assert {each.method for each in locate_trip.locate(toy, trip, use_places=False, track=track)} == {"timed-hmm"}


def test_a_photo_on_a_track_is_as_exact_as_its_points_are(album, model):
    times, places = np.array([f"{DAY}10:00:00", f"{DAY}10:10:00"], "datetime64[s]"), (np.full(2, 48.0), np.full(2, 2.0))
    radii = []
    for accuracy in (None, np.array([100.0, np.nan]), np.array([20.0, 300.0]), np.array([2.0, 2.0])):
        shots = [replace(album[0], taken_at=f"{DAY}10:05:00", place=None)]
        (located,) = locate_trip.locate(model, trips.split(shots)[0][0], track=Track(times, *places, accuracy))
        assert located.kind == "track"
        radii.append(round(located.radius_m, 6))
    assert radii == [15, 142, 426, 15]  # the radius with 90 % is 1.42 times the one with 68 %
    exactly = [replace(album[0], taken_at=f"{DAY}10:10:00", place=None)]
    far = Track(times, np.array([48.0, 48.5]), places[1], np.array([3000.0, 100.0]))
    (located,) = locate_trip.locate(model, trips.split(exactly)[0][0], track=far)
    assert round(located.radius_m, 6) == 142  # at a point, the one before it does not matter


def test_an_estimate_of_a_continent_is_written_to_five_degrees(album, model):
    located = locate_trip.locate(model, trips.split(album)[0][0], method="single")[0]
    assert located.prediction.best.level == "continent"
    written = located.estimate(AnswerOptions(precision="city", answer_always=True))
    assert written.latitude % 5 == 0 and written.longitude % 5 == 0


def test_an_estimate_of_the_toy_model_says_that_its_places_are_not_real(album):
    located = locate_trip.locate(pp.load("toy"), trips.split(album)[0][0])[0]
    written = located.estimate(AnswerOptions(answer_always=True))
    assert written.method == "estimate, attention, model toy (toy Earth)"


def test_a_measured_place_is_reported_as_certain_and_exact(album, model):
    album[1] = replace(album[1], place=(-22.91234, -43.17))
    facts = locate_trip.locate(model, trips.split(album)[0][0])[1].record(AnswerOptions(precision="country"))
    assert facts["kind"] == "own GPS" and not facts["abstains"] and set(facts["confidence"].values()) == {1.0}
    assert facts["best"]["latitude"] == -22.9123 and facts["best"]["level"] == "street"
    assert facts["region"]["radius_km"] == 0.015 and facts["region"]["probability"] == 1.0


def test_a_place_that_may_be_anywhere_is_not_written_unless_asked(album, model):
    album[1] = replace(album[1], place=(-22.91, -43.17))
    located = locate_trip.locate(model, trips.split(album)[0][0])[0]
    assert located.estimate(AnswerOptions()) is not None
    doubted = replace(located, prediction=replace(located.prediction, unknown=0.3))
    assert not doubted.prediction.abstains and doubted.estimate(AnswerOptions()) is None
    assert doubted.estimate(AnswerOptions(region=0.5)) is not None
    always = doubted.estimate(AnswerOptions(answer_always=True))
    assert always.radius_m == pytest.approx(1000 * HALF_CIRCUMFERENCE_KM)


def test_weak_evidence_is_not_written_unless_asked(album, model):
    found = locate_trip.locate(model, trips.split(album)[0][0], method="single")
    assert found[0].prediction.abstains and found[0].estimate(AnswerOptions()) is None
    assert found[0].estimate(AnswerOptions(answer_always=True)) is not None


def test_nothing_readable_and_nothing_known(album, model, tmp_path):
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(b"no photo")
    found = locate_trip.locate(model, trips.split(album)[0][0])
    assert all(each.prediction is None and each.error for each in found)


def test_reading_folders_and_tables(photo, tmp_path):
    photo("red", "trip/1.png")
    (tmp_path / "photos.csv").write_text(
        "photo_id,path,latitude,longitude,taken_at,album\n"
        "a,trip/1.png,48.5,2.5,2020-01-01T10:00:00,x\nb,trip/none.png,,,,x\n"
    )
    (alone,) = read_shots([str(tmp_path / "trip")])
    assert alone.place is None and alone.folder.endswith("trip")
    one, two = read_shots([str(tmp_path / "photos.csv")])
    assert one.place == (48.5, 2.5) and one.taken_at == "2020-01-01T10:00:00" and one.album == two.album == "x"
    assert two.place is None and two.unreadable
    with pytest.raises(InputError, match="no photo in this folder"):
        (tmp_path / "empty").mkdir()
        read_shots([str(tmp_path / "empty")])
    with pytest.raises(InputError, match="no album is named"):
        read_shots([])
