"""Clocks of made-up journeys: what is found of them, how near it is, and what is left unknown."""

from dataclasses import replace

import numpy as np
import pytest
from journeys import DAY, START, Journey, naive, utc

from photoplanet.albums.clocks import given
from photoplanet.albums.clocks.settled import settled
from photoplanet.albums.shots import Shot
from photoplanet.errors import InputError
from photoplanet.metadata.track import Track

HOUR = 3600.0
ALPS = [(46.5, 7.2), (46.7, 7.6), (47.0, 8.3)]
OFFSETS = [2 * HOUR, 2 * HOUR + 90, -3.5 * HOUR, 7110.0, -11 * HOUR - 1234, 13 * HOUR + 7]


@pytest.mark.parametrize("ahead", OFFSETS)
def test_gps_times_set_a_clock_to_the_second(ahead):
    journey = Journey(ALPS)
    rows = journey.moments(40)
    shots = journey.photos(rows, ahead, place=False)
    with_gps = journey.photos(rows, ahead, place=False, receiver=True)
    found = settled([*with_gps[:6], *shots[6:]])
    assert np.abs(journey.off(found.shots, rows)).max() <= 1
    assert found.clocks[0].how == "GPS time" and found.clocks[0].found.used == 6
    assert found.lines()[0].endswith("by the GPS time of 6 of its 40 photos")


def test_a_receiver_that_lags_now_and_then_does_not_move_a_clock():
    journey = Journey(ALPS)
    rows = journey.moments(40)
    lag = np.where(np.arange(40) % 4 == 0, 1200.0 + 37 * np.arange(40), np.arange(40) % 3)
    shots = [journey.photos(rows[at : at + 1], 7110.0, receiver=True, lag=lag[at])[0] for at in range(40)]
    assert np.abs(journey.off(settled(shots).shots, rows)).max() <= 2


def test_a_drift_is_found_where_it_is_shown_and_not_made_up():
    journey = Journey([ALPS[0]] * 12)
    rows = journey.moments(60)
    for drift in (4.0, 0.0):
        ahead = 7200 + drift * (journey.utc[rows] - START) / DAY
        shots = [shot if at % 2 else replace(shot, receiver_at=None)
                 for at, shot in enumerate(journey.photos(rows, ahead, place=False, receiver=True))]  # fmt: skip
        found = settled(shots)
        piece = found.clocks[0].found.pieces[0]
        assert np.abs(journey.off(found.shots, rows)).max() <= 2
        assert piece.drift == pytest.approx(drift, abs=0.3) and piece.drift_low <= piece.drift <= piece.drift_high
        assert (piece.drift == 0) == (drift == 0) and ("gains 4.0 s a day" in found.lines()[0]) == (drift > 0)


def test_a_clock_that_was_set_on_the_way_has_two_settings():
    journey = Journey(ALPS * 2)
    rows = journey.moments(40)
    late = journey.utc[rows] > START + 3 * DAY
    shots = journey.photos(rows, np.where(late, 7200 - 300, -18000.0), place=False, receiver=True)
    shots = [shot if at % 3 else replace(shot, receiver_at=None) for at, shot in enumerate(shots)]
    found = settled(shots)
    assert np.abs(journey.off(found.shots, rows)).max() <= 1
    assert [piece.offset for piece in found.clocks[0].found.pieces] == [-18000, 6900]
    assert "-05:00 from 2023-06-1" in found.lines()[0] and "then +01:55 from" in found.lines()[0]


def test_a_phone_that_follows_the_local_time_is_told_from_a_camera_that_was_never_set():
    journey = Journey([(48.86, 2.35), (48.86, 2.35), (40.71, -74.01), (40.71, -74.01), (34.05, -118.24)])
    rows = journey.moments(60)
    zone = np.select([journey.places[rows, 1] > 0, journey.places[rows, 1] > -100], [2 * HOUR, -4 * HOUR], -7 * HOUR)
    phone = journey.photos(rows, zone, "Phone", receiver=True)
    phone = [shot if at % 3 else replace(shot, receiver_at=None, place=None) for at, shot in enumerate(phone)]
    camera = journey.photos(rows, 2 * HOUR, "Camera", receiver=True)
    camera = [shot if at % 3 else replace(shot, receiver_at=None, place=None) for at, shot in enumerate(camera)]
    found = settled([*phone, *camera])
    assert np.abs(journey.off(found.shots[:60], rows)).max() <= 1
    assert np.abs(journey.off(found.shots[60:], rows)).max() <= 1
    assert [clock.found.local for clock in found.clocks] == [True, False]
    assert len(set(found.by)) == 1
    assert found.shots[-1].taken_at.endswith("-07:00")  # the camera's times are told in the place's own


def test_a_receiver_that_writes_local_time_is_not_believed():
    journey = Journey(ALPS)
    rows = journey.moments(20)
    shots = [replace(shot, receiver_at=f"{shot.taken_at}+00:00") for shot in journey.photos(rows, 2 * HOUR)]
    found = settled(shots)
    assert found.clocks[0].how == "unknown" and "says nothing" in found.lines()[0]
    assert [shot.taken_at for shot in found.shots] == [shot.taken_at for shot in shots]


def test_a_clock_of_the_year_2000_and_a_receiver_that_lost_1024_weeks():
    journey = Journey(ALPS)
    rows = journey.moments(20)
    ahead = 2 * HOUR - 8500 * DAY
    found = settled(journey.photos(rows, ahead, receiver=True))
    assert np.abs(journey.off(found.shots, rows)).max() <= 1 and "-8,499 d 22:00 ahead" in found.lines()[0]
    shots = [replace(shot, receiver_at=f"{naive(journey.utc[row] - 1024 * 7 * DAY)}+00:00")
             for row, shot in zip(rows, journey.photos(rows, 2 * HOUR), strict=True)]  # fmt: skip
    assert np.abs(journey.off(settled(shots).shots, rows)).max() <= 1


@pytest.mark.parametrize("ahead", [*OFFSETS, -8000 * DAY + 77.0])
def test_places_on_a_track_set_a_clock_to_a_minute(ahead):
    journey = Journey(ALPS)
    rows = journey.moments(24)
    shots = journey.photos(rows, ahead)
    shots = [shot if at % 2 else replace(shot, place=None) for at, shot in enumerate(shots)]
    found = settled(shots, journey.track)
    assert found.clocks[0].how == "track" and found.clocks[0].found.sure > 0.95
    assert np.abs(journey.off(found.shots, rows)).max() <= 60


@pytest.mark.parametrize("places", [[(-17.0, 179.9)] * 3, [(-45.0, 168.7)] * 3, [(78.2, 15.6)] * 2])
def test_tracks_across_the_date_line_in_the_south_and_near_the_pole(places):
    journey = Journey(places)
    rows = journey.moments(24)
    found = settled(journey.photos(rows, 12 * HOUR - 130), journey.track)
    assert np.abs(journey.off(found.shots, rows)).max() <= 60


def test_a_track_shows_that_a_clock_was_set_on_the_way():
    journey = Journey(ALPS * 2)
    rows = journey.moments(60)
    late = journey.utc[rows] > START + 3 * DAY
    found = settled(journey.photos(rows, np.where(late, 2 * HOUR, 9 * HOUR)), journey.track)
    assert len(found.clocks[0].found.pieces) == 2 and np.abs(journey.off(found.shots, rows)).max() <= 60


def test_places_that_are_not_on_the_track_set_no_clock():
    rng = np.random.default_rng(0)
    journey = Journey(ALPS)
    for seed in range(5):
        other = Journey(ALPS, seed=100 + seed)
        rows = other.moments(24, seed)
        shots = other.photos(rows, float(rng.uniform(-12, 14)) * HOUR)
        found = settled(shots, journey.track)
        assert found.clocks[0].how in ("unknown", "stops of the track")


def test_a_track_alone_gives_the_local_time_where_its_stops_say_so_and_else_says_what_is_likely():
    journey = Journey(ALPS)
    rows = journey.moments(40, still=True)
    found = settled(journey.photos(rows, 2 * HOUR, place=False), journey.track)
    assert found.clocks[0].how == "stops of the track" and found.clocks[0].found.sure > 0.95
    assert np.abs(journey.off(found.shots, rows)).max() <= 1
    few = settled(journey.photos(rows[:1], 2 * HOUR, place=False), journey.track)
    assert few.clocks[0].how == "unknown" and "perhaps +02:00 (" in few.lines()[0]
    assert few.shots[0].taken_at == naive(journey.utc[rows[0]] + 2 * HOUR)


def test_photos_that_match_those_of_a_camera_that_is_known_set_a_clock():
    journey = Journey(ALPS)
    rows = journey.moments(60)
    phone = [replace(shot, taken_at=f"{naive(utc_of + 2 * HOUR)}+02:00") for shot, utc_of in
             zip(journey.photos(rows, 0.0, "Phone", place=False), journey.utc[rows], strict=True)]  # fmt: skip
    later = rows + 1  # half a minute
    camera = journey.photos(later, 2 * HOUR + 3723, "Camera", place=False)
    asked = []

    def matches(shots, cameras):
        asked.append([len(each) for each in cameras])
        rng = np.random.default_rng(0)
        right = np.column_stack([np.arange(0, 60, 3), 60 + np.arange(0, 60, 3)])
        wrong = np.column_stack([rng.integers(0, 60, 20), 60 + rng.integers(0, 60, 20)])
        return np.concatenate([right, wrong])

    found = settled([*phone, *camera], matches=matches)
    assert asked == [[60, 60]] and found.clocks[1].how == "matching photos"
    assert np.abs(journey.off(found.shots[60:], later)).max() <= 60 and len(set(found.by)) == 1
    at_random = settled([*phone, *camera], matches=lambda shots, cameras: matches(shots, cameras)[20:])
    assert at_random.clocks[1].how == "unknown" and len(set(at_random.by)) == 2
    settled(phone, matches=matches)
    assert len(asked) == 2  # one camera has nothing to be compared with, and a known one needs none


def test_two_cameras_of_which_neither_is_known_are_put_on_the_clock_of_the_larger():
    journey = Journey(ALPS)
    rows = journey.moments(60)
    one = journey.photos(rows, 2 * HOUR, "One", place=False)
    other = journey.photos(rows[::2], 5 * HOUR + 200, "Other", place=False)
    found = settled([*one, *other], matches=lambda *_: np.column_stack([np.arange(0, 60, 2), 60 + np.arange(30)]))
    assert [shot.taken_at for shot in found.shots[60:]] == [shot.taken_at for shot in one[::2]]
    assert len(set(found.by)) == 1 and "ahead of One" in found.lines()[1]


def test_what_a_person_gives_counts_before_all_and_contradictions_are_said():
    journey = Journey(ALPS)
    rows = journey.moments(10)
    shots = journey.photos(rows, 2 * HOUR, "Maker A1", receiver=True) + journey.photos(rows, HOUR, "Maker B2")
    found = settled(shots, given=given.read(["+02:00", "b2=+01:00:00"]))
    assert np.abs(journey.off(found.shots, [*rows, *rows])).max() <= 1 and len(found.lines()) == 2
    assert [clock.how for clock in found.clocks] == ["given", "given"]
    wrong = settled(shots, given=given.read(["A1=+05:00"]))
    assert "the GPS time of 10 photos says +02:00, not what is given" in "".join(wrong.lines())
    with pytest.raises(InputError, match=r"C3.*there are Maker A1, Maker B2"):
        settled(shots, given=given.read(["C3=+01:00"]))
    with pytest.raises(InputError, match="fits 2 cameras"):
        settled(shots, given=given.read(["maker=+01:00"]))


def test_a_time_zone_keeps_its_summer_time_and_says_which_hours_are_in_doubt():
    walls = ["2023-03-25T12:00:00", "2023-03-26T01:30:00", "2023-03-26T12:00:00", "2023-10-29T01:30:00",
             "2023-10-29T12:00:00"]  # fmt: skip
    shots = [Shot(wall, wall, taken_at=wall, camera="A") for wall in walls]
    found = settled(shots, given=given.read(zone="Europe/Lisbon"))
    assert [utc(shot.taken_at) - utc(f"{wall}+00:00") for shot, wall in zip(found.shots, walls, strict=True)] == [
        0, 0, -HOUR, -HOUR, 0,
    ]  # fmt: skip
    (line,) = found.lines()
    assert "1 photo is of an hour that came twice" in line and "1 photo is of an hour that the clocks left out" in line
    south = settled(
        [Shot("a", "a", taken_at="2023-01-15T12:00:00", camera="A")], given=given.read(zone="Australia/Sydney")
    )
    assert utc(south.shots[0].taken_at) == utc("2023-01-15T01:00:00+00:00")


def test_local_takes_the_zone_of_the_place_on_the_way():
    journey = Journey([(48.86, 2.35), (48.86, 2.35), (40.71, -74.01), (40.71, -74.01)])
    rows = journey.moments(40)
    zone = np.where(journey.places[rows, 1] > 0, 2 * HOUR, -4 * HOUR)
    phone = journey.photos(rows, zone, "Phone")
    camera = journey.photos(rows, zone, "Camera", place=False)
    local = given.read(zone="local")
    found = settled([*phone, *camera], given=local)
    assert np.abs(journey.off(found.shots, [*rows, *rows])).max() <= 1 and len(set(found.by)) == 1
    by_track = settled(camera, journey.track, local)
    assert np.abs(journey.off(by_track.shots, rows)).max() <= 1
    with pytest.raises(InputError, match="no place is known on the way"):
        settled(camera, given=local)


def test_local_is_not_believed_of_a_camera_that_the_track_shows_was_never_set():
    journey = Journey([(48.86, 2.35), (48.86, 2.35), (40.71, -74.01), (40.71, -74.01)])
    rows = journey.moments(60)
    shots = journey.photos(rows, 2 * HOUR + 45, "Camera")
    found = settled(shots, journey.track, given.read(zone="local"))
    assert found.clocks[0].how == "track" and np.abs(journey.off(found.shots, rows)).max() <= 60


@pytest.mark.parametrize("receiver", [True, False])
def test_the_end_of_summer_time_on_the_way(receiver):
    start = int(np.datetime64("2023-10-27T00:00:00").astype(np.int64))
    journey = Journey([(46.5, 7.2)] * 5, start=start)
    rows = journey.moments(50)
    zone = np.where(journey.utc[rows] < start + 2 * DAY + HOUR, 2 * HOUR, HOUR)
    for ahead, local in ((zone, True), (np.full(50, 2 * HOUR), False)):
        found = settled(journey.photos(rows, ahead, receiver=receiver), None if receiver else journey.track)
        assert np.abs(journey.off(found.shots, rows)).max() <= (1 if receiver else 60)
        assert found.clocks[0].found.local == local
        assert [shot.taken_at[19:] for shot in found.shots] == [f"+0{int(each // HOUR)}:00" for each in zone]


def test_a_time_that_is_stated_in_utc_is_told_in_the_local_time_of_its_place():
    shots = [Shot("a.mov", "a.mov", taken_at="2023-06-10T08:00:00+00:00", camera="A", place=(48.86, 2.35)),
             Shot("b.mov", "b.mov", taken_at="2023-06-10T08:00:00+00:00", camera="A")]  # fmt: skip
    assert [shot.taken_at for shot in settled(shots).shots] == ["2023-06-10T10:00:00+02:00"] * 2
    assert settled(shots[1:]).shots == shots[1:]


def test_of_a_clock_that_was_never_set_only_the_receiver_counts():
    shots = [Shot("a", "a", taken_at="1980-01-01T00:13:00", camera="A", receiver_at="2023-06-10T08:00:00+00:00"),
             Shot("b", "b", taken_at="1980-01-01T00:15:00", camera="A")]  # fmt: skip
    found = settled(shots)
    assert utc(found.shots[0].taken_at) == utc("2023-06-10T08:00:00+00:00") and found.shots[1] == shots[1]


def test_what_is_known_in_one_zone_only_is_said_to_be_open_in_another():
    journey = Journey([(48.86, 2.35), (48.86, 2.35), (40.71, -74.01)])
    rows = journey.moments(40)
    there = journey.places[rows, 1] < 0
    shots = journey.photos(rows, 2 * HOUR, "Camera", receiver=True)
    shots = [replace(shot, receiver_at=None) if away else shot for shot, away in zip(shots, there, strict=True)]
    found = settled(shots)
    assert np.abs(journey.off(found.shots, rows)).max() <= 1
    assert f"{there.sum()} photos are of other time zones" in found.lines()[0]
    zone = np.where(there, -4 * HOUR, 2 * HOUR)
    shots = journey.photos(rows, zone, "Camera", receiver=True)
    shots = [replace(shot, receiver_at=None) if away else shot for shot, away in zip(shots, there, strict=True)]
    assert np.abs(journey.off(settled(shots, given=given.read(zone="local")).shots, rows)).max() <= 1


def test_cameras_that_were_elsewhere_at_the_same_time_are_told_apart():
    here, there = Journey(ALPS), Journey([(40.7, -74.0)] * 3, begin=4, end=13)
    rows = here.moments(40)
    together = here.photos(rows, 2 * HOUR, "A", receiver=True) + here.photos(rows + 1, 2 * HOUR, "B", receiver=True)
    third = there.photos(there.moments(40), -4 * HOUR, "C", receiver=True)
    by = settled(together + third + [Shot("d", "d", camera="C"), Shot("e", "e", taken_at="2023-06-10", camera="A")]).by
    assert len(set(by[:80])) == 1 and len(set(by[80:121])) == 1 and len(set(by)) == 2 and by[-1] == by[0]


def test_edited_copies_take_the_offset_that_their_camera_states_nearby():
    shots = [Shot("a", "a", taken_at="2023-06-10T10:00:00+02:00", camera="A"),
             Shot("b", "b", taken_at="2023-06-10T10:05:00", camera="A"),
             Shot("c", "c", taken_at="2023-09-10T10:05:00", camera="A")]  # fmt: skip
    found = settled(shots)
    assert [shot.taken_at[19:] for shot in found.shots] == ["+02:00", "+02:00", ""]
    assert "1 photo unknown" in found.lines()[0] and len(set(found.by)) == 2
    utc_only = settled([replace(shots[0], taken_at="2023-06-10T08:00:00+00:00"), shots[1]])
    assert utc_only.shots[1].taken_at == shots[1].taken_at  # a film's UTC is no camera's clock


def test_a_stated_zone_is_corrected_only_where_receivers_show_it_to_be_wrong():
    journey = Journey(ALPS)
    rows = journey.moments(10)
    for error in (30.0, 600.0):
        shots = journey.photos(rows, 2 * HOUR + error, receiver=True)
        shots = [replace(shot, taken_at=f"{shot.taken_at}+02:00") for shot in shots]
        found = settled(shots)
        assert np.abs(journey.off(found.shots, rows)).max() <= max(1, 30 * (error < 60))
        assert (found.clocks[0].how == "stated") == (error < 60)


@pytest.mark.parametrize("days", [0, 1, 365, 4000])
def test_when_a_journey_was_made_does_not_matter(days):
    journey = Journey(ALPS, start=START - days * DAY)
    rows = journey.moments(24)
    found = settled(journey.photos(rows, 7110.0), journey.track)
    assert np.abs(journey.off(found.shots, rows)).max() <= 60


def test_the_order_in_which_photos_come_does_not_matter():
    journey = Journey(ALPS)
    rows = journey.moments(24)
    shots = journey.photos(rows, 7110.0, "A") + journey.photos(rows, -300.0, "B", receiver=True)
    found = settled(shots, journey.track)
    order = np.random.default_rng(0).permutation(len(shots))
    other = settled([shots[at] for at in order], journey.track)
    assert [found.shots[at] for at in order] == other.shots
    assert sorted(found.lines()) == sorted(other.lines())


def test_odd_times_and_places_change_nothing_and_raise_nothing():
    odd = ["", "yesterday", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "2023-06-10T10:00:00+24:00", "NaN",
           "2023-06-10T25:00:00", "1970-01-01T00:00:00", "2023-06-10", "2023-06-10T10:00:00.999999999"]  # fmt: skip
    places = [(float("nan"), 0.0), (91.0, 0.0), (0.0, 0.0), None, (float("inf"), 5.0)]
    shots = [
        Shot(f"{text}{at}", "a", taken_at=text, camera="A", place=place, receiver_at=again, ahead_minutes=-99999)
        for text in odd for at, place in enumerate(places) for again in (None, *odd)
    ]  # fmt: skip
    track = Track(np.array(["1900-01-01", "2100-01-01"], "datetime64[s]"), np.zeros(2), np.array([-180.0, 180.0]))
    for zone in (None, "local", "Asia/Tokyo"):
        found = settled(shots, track, given.read(zone=zone))
        assert len(found.shots) == len(found.by) == len(shots) and found.records() and found.lines()
    assert settled([]).lines() == [] and settled([Shot("a", "a")]).shots == [Shot("a", "a")]


def test_many_cameras_are_named_up_to_a_number():
    shots = [Shot(f"{n}", "a", taken_at="2023-06-10T10:00:00", camera=f"Camera {n}") for n in range(300)]
    lines = settled(shots).lines()
    assert len(lines) == 21 and "280 more cameras" in lines[-1]
