"""Deciding, and what that does to the others: on five photos of a walk, and on a journey."""

import numpy as np
import pytest
import review_photos

from photoplanet.earth.geodesy import distance_km
from photoplanet.errors import InputError
from photoplanet.metadata.track import Track

ELSEWHERE = (43.3, 5.37)


def named(session, name):
    return next(number for number, photo in enumerate(session.photos) if photo.name == name)


def states(session):
    return [session.standing(number).state for number in range(len(session.photos))]


def test_photos_stand_in_time_order_with_what_is_proposed_and_why_not(start):
    session = start()
    assert [photo.name for photo in session.photos] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg", "z.jpg"]
    assert [photo.time for photo in session.photos][1::4] == ["2020-05-01 10:03", ""]
    assert states(session) == ["known", "open", "open", "open", "known", "open"]
    between, timeless = session.standing(2), session.standing(5)
    assert between.proposal.by == "time" and between.proposal.hours == pytest.approx(0.1)
    assert distance_km(*between.point, 48.86, 2.3635) < 2 and 0 < between.radius_km < 20
    assert timeless.point is None and "no time" in timeless.proposal.silent
    assert session.standing(0).point == pytest.approx((48.86, 2.35), abs=1e-4)


def test_what_is_put_by_hand_places_the_others_at_once_and_undo_takes_that_back(start):
    session = start()
    session.place([1], ELSEWHERE, 0.5, "map")
    session.settle()
    before = [session.standing(number).point for number in range(5)]
    assert distance_km(*before[3], *ELSEWHERE) > 600
    assert session.place([2], ELSEWHERE, 0.5, "map") == 1 and session.settle()
    placed, follows = session.standing(2), session.standing(3)
    assert (placed.state, placed.point, placed.radius_km) == ("placed", ELSEWHERE, 0.5)
    assert distance_km(*follows.point, *ELSEWHERE) < 1 and follows.state == "open"
    assert session.undo().label == "place" and session.settle()
    assert [session.standing(number).point for number in range(5)] == before
    assert session.redo().label == "place" and session.standing(2).point == ELSEWHERE


def test_an_anchor_says_the_same_now_and_after_a_restart(start, tmp_path):
    session = start()
    session.place([2], ELSEWHERE, 0.5, "map")
    session.settle()
    now = [session.standing(number).proposal for number in (1, 3)]
    session.kept.close()
    again = review_photos.opened(tmp_path / "walk", tmp_path / "kept.jsonl")
    assert [again.standing(number).proposal for number in (1, 3)] == now
    assert again.undo().label == "place"
    again.kept.close()


def test_an_anchor_that_is_rough_makes_its_neighbours_rough(start):
    session = start()
    session.place([2], (48.86, 2.36), 0.1, "map")
    session.settle()
    fine = session.standing(1).radius_km
    session.place([2], (48.86, 2.36), 50.0, "map")
    session.settle()
    assert session.standing(1).radius_km > fine + 5


def test_accepting_one_places_others_and_accepting_many_does_not(start):
    session = start()
    assert session.accept([1]) == 1 and session.anchored.is_anchor(session.photos[1].row)
    assert session.accept_all(day="2020-05-01") == 2
    assert states(session) == ["known", "accepted", "accepted", "accepted", "known", "open"]
    assert not session.anchored.is_anchor(session.photos[2].row)
    assert session.standing(2).decision.how == "time"
    assert session.undo() and states(session)[2:4] == ["open", "open"]


def test_accepting_all_under_a_radius_takes_the_open_ones_within_it(start):
    session = start()
    radii = {number: session.standing(number).radius_km for number in (1, 2, 3)}
    least = min(radii.values())
    expected = [number for number, km in radii.items() if km <= least * 1.0001]
    assert session.accept_all(within_km=least * 1.0001) == len(expected)
    assert [number for number in radii if session.standing(number).state == "accepted"] == expected
    assert session.accept_all(within_km=1e4, day="2001-01-01") == 0


def test_own_gps_is_never_decided_but_may_be_distrusted(start):
    session = start()
    with pytest.raises(InputError, match="GPS of its own"):
        session.place([0], ELSEWHERE, 1.0, "map")
    with pytest.raises(InputError, match="no proposal"):
        session.accept([0])
    with pytest.raises(InputError, match="GPS of its own"):
        session.put_aside([0], "skipped")
    before = session.standing(1).point
    assert session.put_aside([0], "rejected") == 1
    session.settle()
    assert session.standing(1).point != before  # only the last photo's GPS speaks now
    assert distance_km(*session.standing(1).point, 48.86, 2.377) < 0.1
    assert session.standing(0).point is not None and not session.chosen()
    assert session.put_aside([0], "open") == 1 and session.settle() and session.standing(1).point == before


def test_what_has_no_proposal_cannot_be_accepted_but_put(start):
    session = start()
    with pytest.raises(InputError, match="no proposal to accept"):
        session.accept([5])
    assert session.place([5], ELSEWHERE, 2.0, "town", "Marseille") == 1
    assert session.standing(5).decision.note == "Marseille" and [each.state for _, each in session.chosen()] == [
        "placed"
    ]


def test_rejected_and_skipped_are_not_written_and_can_be_opened_again(start):
    session = start()
    session.put_aside([1], "rejected")
    session.put_aside([2], "skipped")
    session.accept([3])
    assert [source[-5:] for source, _ in session.chosen()] == ["3.jpg"]
    assert session.put_aside([1, 2, 3], "open") == 3 and states(session)[1:4] == ["open"] * 3
    assert session.put_aside([1, 2, 3], "open") == 0
    with pytest.raises(InputError, match="put aside as"):
        session.put_aside([1], "lost")


def test_without_any_place_one_hand_made_anchor_places_the_rest(start, tmp_path):
    for number in range(3):
        review_photos.save(tmp_path / "none" / f"2020-05-0{number + 1}.jpg")
    session = start(tmp_path / "none")
    assert all("no place is known yet" in session.standing(number).proposal.silent for number in range(3))
    session.place([1], ELSEWHERE, 1.0, "map")
    session.settle()
    assert [distance_km(*session.standing(number).point, *ELSEWHERE) < 1 for number in range(3)] == [True] * 3


def test_only_what_changed_is_reported(start):
    session = start()
    seen = session.revision
    assert session.changes(seen) == [] and len(session.changes()) == 6
    session.put_aside([5], "skipped")
    assert session.changes(seen) == [5]
    with pytest.raises(InputError, match="there is no photo 6"):
        session.standing(6)


def test_a_decision_on_a_photo_whose_time_changed_is_taken_back_and_said(start, tmp_path):
    session = start()
    session.accept([1])
    session.put_aside([2], "skipped")
    session.kept.close()
    review_photos.save(tmp_path / "walk" / "1.jpg", review_photos.datetime(2021, 1, 1))
    (tmp_path / "walk" / "2.jpg").unlink()
    said = []
    again = review_photos.opened(tmp_path / "walk", tmp_path / "kept.jsonl", said.append)
    assert any("1 decisions are taken back" in line and "1.jpg" in line for line in said)
    assert any("1 decisions are on photos that are not here (2.jpg)" in line for line in said)
    assert again.standing(named(again, "1.jpg")).state == "open"
    assert again.kept.history.decisions["2.jpg"].state == "skipped"
    again.kept.close()


def test_a_track_says_where_photos_are(start, tmp_path):
    times = np.array(["2020-05-01T10:02", "2020-05-01T10:04"], "datetime64[s]")
    track = Track(times, np.array([50.0, 50.0]), np.array([3.0, 3.001]))
    session = start(track=track)
    found = session.standing(1)
    assert found.proposal.by == "track" and found.point == pytest.approx((50.0, 3.0005), abs=1e-5)
    assert 0.01 < found.radius_km < 0.2
    assert session.accept([1]) == 1 and session.standing(1).decision.how == "track"


def test_many_are_placed_anew_near_a_change_first_and_others_keep_their_place(start, tmp_path):
    session = start(review_photos.journey(tmp_path / "journey", 200))
    open_ = [
        number for number in range(200) if session.standing(number).state == "open" and session.standing(number).point
    ]
    middle = open_[len(open_) // 2]
    before = {number: session.standing(number).point for number in open_}
    session.place([middle], ELSEWHERE, 0.1, "map")
    session.settle()
    moved = [number for number in open_ if number != middle and session.standing(number).point != before[number]]
    assert moved and max(abs(number - middle) for number in moved) < 100
    everything = dict.fromkeys(photo.row for photo in session.photos if photo.own is None)
    placed = {number: session.standing(number).proposal for number in open_}
    session._make_stale(everything)
    session.settle()
    assert {number: session.standing(number).proposal for number in open_} == placed  # none was forgotten
