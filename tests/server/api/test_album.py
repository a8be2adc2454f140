"""POST /v1/album: the same as `photoplanet album`, out of an upload; and what is refused."""

import gzip
import io
import json

import drone_files
import pytest
from PIL import Image

from photoplanet.cli import main
from photoplanet.server.limits import Limits
from photoplanet.server.uploads import MAX_TRACKS

GREY, GREEN = (128, 128, 128), (0, 255, 0)
GPX = """<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="48.0" lon="2.0"><time>2020-05-01T08:00:00Z</time></trkpt>
<trkpt lat="48.1" lon="2.0"><time>2020-05-01T08:10:00Z</time></trkpt></trkseg></trk></gpx>"""

CAPTIONS = drone_files.captions(drone_files.GENERATIONS["Air 2S"], [(48.858, 2.294)] * 3).decode()


def snap(colour, taken_at="", gps=None, make="Maker"):
    """A JPEG's bytes with time and camera, and perhaps GPS of its own."""
    tags, buffer = Image.Exif(), io.BytesIO()
    tags[0x010F] = make
    if taken_at:
        tags.get_ifd(0x8769)[0x9003] = f"2020:05:01 {taken_at}"
    if gps:
        tags.get_ifd(0x8825).update({1: "S", 2: (gps[0], 0.0, 0.0), 3: "W", 4: (gps[1], 0.0, 0.0)})
    Image.new("RGB", (32, 32), colour).save(buffer, "JPEG", exif=tags)
    return buffer.getvalue()


def trip():
    """Out of time order: one knows its place (Rio), one cannot be read, two do not know their place."""
    return [("4.jpg", snap(GREY, "10:04:00")), ("2.jpg", snap(GREEN, "10:02:00", (22.0, 43.0))),
            ("3.jpg", b"\xff\xd8\xff no photo"), ("1.jpg", snap(GREY, "10:01:00"))]  # fmt: skip


def files(photos, track=None):
    listed = [("photos", photo) for photo in photos]
    return listed + ([("track", ("t.gpx", track))] if track is not None else [])


def photos_of(answer):
    return [photo for album in answer["albums"] for photo in album["photos"]]


@pytest.mark.parametrize("options", [{}, {"method": "average", "no_anchors": True}, {"one_camera": True}])
def test_it_gives_what_the_command_gives(connect, tiny_model, tmp_path, capsys, options):
    """The command sees the same photos as files; in a folder their order is that of their names, as it is sent here."""
    (tmp_path / "trip").mkdir()
    sent = [*sorted(trip()), ("5.jpg", snap(GREEN, "10:03:00", make="Other")), ("6.jpg", snap(GREY))]
    for name, content in sent:
        (tmp_path / "trip" / name).write_bytes(content)
    flags = {"method": ["--method", "average"], "no_anchors": ["--no-anchors"], "one_camera": ["--one-camera"]}
    words = [word for option in options for word in flags[option]]
    alone = ["--no-signs", "--no-clock"]  # as the server
    with pytest.raises(SystemExit):
        main(
            ["album", str(tmp_path / "trip"), "--model", str(tiny_model), "--json", "--no-signs", "--no-clock", *words]
        )
    told = json.loads(capsys.readouterr().out.replace(f"{tmp_path}/trip/", ""))
    asked = {key: value for key, value in options.items() if key != "no_anchors"}
    asked |= {"anchors": False} if "no_anchors" in options else {}
    answer = connect().post("/v1/album", params=asked, files=files(sent))
    assert answer.status_code == 200 and answer.json().pop("failed") == 1
    found = answer.json()
    order = [name for name, _ in sent]
    for photo in photos_of(found):
        assert order[photo.pop("index")] == photo["file"]
    for album, alone in zip(found["albums"], told["albums"], strict=True):  # the folder's name is the command's only
        alone["title"] = alone["title"].removeprefix("trip, ")
        for photo, same in zip(album["photos"], alone["photos"], strict=True):
            error, its = photo.pop("error", ""), same.pop("error", "")
            assert its.endswith(error) and bool(error) == bool(its) == (photo["file"] == "3.jpg")
        assert album == alone
    del found["failed"]
    assert not (told.pop("signs") or told.pop("clock")) and found == told


def test_a_known_place_pulls_its_neighbours_and_indexes_say_which_photo_was_sent_where(connect):
    found = connect().post("/v1/album?top=3&geojson=true", files=files(trip())).json()
    assert [photo["index"] for photo in photos_of(found)] == [3, 1, 2, 0] and found["failed"] == 1
    kinds = [photo["kind"] for photo in photos_of(found)]
    assert kinds == ["estimated", "own GPS", "neighbours", "estimated"]
    assert found["method"] == "joined" and set(found["model_weight"]) == {"near", "far"}
    assert photos_of(found)[2]["best"] is None, "no pixels and no time: no neighbour"
    for photo in (photo for photo in photos_of(found) if photo["kind"] != "neighbours"):
        assert photo["best"]["country_code"] == "BR" and len(photo["top"]) == 3
        shapes = [feature["geometry"]["type"] for feature in photo["geojson"]["features"]]
        assert shapes[0] == "Point" and set(shapes[1:]) == {"Polygon"}
    known = photos_of(found)[1]
    assert known["geojson"]["features"][0]["geometry"]["coordinates"] == [-43, -22]
    alone = connect().post("/v1/album?anchors=false&method=single", files=files(trip())).json()
    assert [photo["kind"] for photo in photos_of(alone)][1] == "estimated" and photos_of(alone)[0]["best"] is None


def test_a_time_zone_sets_the_clocks_and_the_answer_says_how(connect, is_problem):
    photos = [(f"{n}.jpg", snap(GREY, f"10:0{n}:00")) for n in range(3)]
    (clock,) = connect().post("/v1/album", files=files(photos)).json()["clocks"]
    assert clock == {"camera": "Maker", "photos": 3, "known": 0, "found": "unknown", "remarks": []}
    found = connect().post("/v1/album?time_zone=Europe/Paris", files=files(photos, GPX)).json()
    assert found["clocks"][0]["found"] == "time zone" and found["clocks"][0]["seconds_ahead"] == [7200, 7200]
    assert {photo["kind"] for photo in photos_of(found)} == {"track"}
    is_problem(connect().post("/v1/album?time_zone=Paris", files=files(photos)), 422, "time_zone")
    is_problem(connect().post("/v1/album?time_zone=UTC&time_offset=Z", files=files(photos)), 400, "contradict")
    is_problem(connect().post("/v1/album?time_zone=local", files=files(photos)), 400, "no place is known")


def test_a_longer_pause_than_gap_hours_starts_another_album(connect):
    photos, client = [("1.jpg", snap(GREY, "10:00:00")), ("2.jpg", snap(GREY, "13:00:00"))], connect()
    for gap, albums in ((3.1, 1), (2.9, 2)):
        assert len(client.post(f"/v1/album?gap_hours={gap}", files=files(photos)).json()["albums"]) == albums


def test_a_measured_place_is_not_rounded_away_as_estimates_are_where_that_is_asked_for(connect):
    photos = [("1.jpg", snap(GREEN, "10:00:00", (22.1234, 43.5432))), ("2.jpg", snap(GREEN, "10:01:00"))]
    measured, estimated = photos_of(connect().post("/v1/album?geojson=true&precision=city", files=files(photos)).json())
    assert measured["geojson"]["features"][0]["geometry"]["coordinates"] == [-43.5432, -22.1234]
    longitude, latitude = estimated["geojson"]["features"][0]["geometry"]["coordinates"]
    assert (longitude, latitude) == (round(longitude, 1), round(latitude, 1))


def test_a_track_places_photos(connect, is_problem):
    photos = [(f"{n}.jpg", snap(GREY, f"10:0{n}:00")) for n in range(3)]
    found = connect().post("/v1/album", params={"time_offset": "+02:00"}, files=files(photos, GPX)).json()
    assert found == connect().post("/v1/album?time_offset=+02:00", files=files(photos, GPX)).json()
    assert [photo["kind"] for photo in photos_of(found)] == ["track"] * 3
    assert photos_of(found)[1]["best"]["latitude"] == pytest.approx(48.01)
    is_problem(connect().post("/v1/album", files=files(photos, GPX)), 400, "time_offset")


BOMB = """<!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><gpx><name>&b;</name></gpx>"""


@pytest.mark.parametrize(
    ("photos", "track", "query", "limits", "status", "words"),
    [
        ([], None, "", {}, 400, "no photo"),
        ([], GPX, "", {}, 400, "only a track"),
        (trip(), CAPTIONS, "", {}, 400, "what that clock showed: time_zone=local (of the places), time_zone=Europe"),
        (trip(), BOMB, "", {}, 400, "the track: not a track: it declares a document type"),
        (trip(), "<kml/>", "", {}, 400, "the track: no place with a time"),
        (trip(), GPX.replace("<gpx", '<?xml version="1.0" encoding="x-none"?><gpx'), "", {}, 400, "x-none"),
        (trip(), GPX * 50, "", {"track_bytes": 10_000}, 413, "the track is larger"),
        (trip(), None, "method=magic", {}, 422, "method"),
        (trip(), None, "method=lstm", {}, 422, "tiny was not trained for the method lstm"),
        (trip(), None, "gap_hours=0", {}, 422, "gap_hours"),
        (trip(), None, "gap_hours=inf", {}, 422, "gap_hours"),
        (trip(), None, "time_offset=2", {}, 422, "+02:00"),
        (trip(), None, "", {"photos": 3}, 413, "more than 3 photos"),
        (trip(), None, "", {"waiting": 3}, 503, "busy"),
        (trip(), None, "", {"memory_bytes": 1000}, 503, "memory"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(connect, is_problem, photos, track, query, limits, status, words):
    client = connect(Limits(**limits))
    sent = files(photos, track) or {"field": (None, "only")}
    is_problem(client.post(f"/v1/album?{query}", files=sent), status, words)
    assert client.get("/healthz").json()["waiting"] == client.app.state.service.admission.bytes == 0


def test_several_tracks_are_used_together_and_a_note_says_what_is_wrong_with_one(connect):
    photos = [("a.jpg", snap(GREY, "10:05:00")), ("b.jpg", snap(GREY, "12:05:00"))]
    later = GPX.replace("T08", "T10").replace('lat="48', 'lat="49')
    sent = [*files(photos, GPX), ("track", ("u.gpx", later.partition("</trkseg>")[0]))]
    found = connect().post("/v1/album", params={"time_offset": "+02:00"}, files=sent).json()
    assert [round(photo["best"]["latitude"], 2) for photo in photos_of(found)] == [48.05, 49.05]
    assert found["notes"] == ["the track u.gpx: ends early; 2 points used"]


def test_tracks_that_miss_all_photos_are_a_note(connect):
    found = connect().post("/v1/album", params={"time_offset": "+05:00"}, files=files(trip(), GPX)).json()
    assert "the track: no photo was taken while it was recorded; check time_offset" in found["notes"][0]


def test_tracks_are_not_counted_as_photos_and_have_a_bound_of_their_own(connect, is_problem):
    photos, query = [("a.jpg", snap(GREY, "10:05:00"))], "time_offset=%2B02:00"
    client, track = connect(Limits(photos=1)), ("track", ("t.gpx", GPX))
    found = client.post(f"/v1/album?{query}", files=[track] * 3 + files(photos) + [track] * (MAX_TRACKS - 3)).json()
    assert [photo["kind"] for photo in photos_of(found)] == ["track"]
    is_problem(client.post(f"/v1/album?{query}", files=files(photos) + [track] * (MAX_TRACKS + 1)), 413, "100 tracks")
    nothing = ("track", ("", b""))  # as a browser sends it where nothing was chosen
    is_problem(client.post(f"/v1/album?{query}", files=[nothing] * 5 + files(photos) * 2), 413, "more than 1 photo")
    both = [("track", ("b.jpg", photos[0][1])), *files(photos)]
    is_problem(client.post("/v1/locate", files=both), 413, "more than 1 photo")


def test_a_gzipped_track_has_the_same_limit_once_it_is_unpacked(connect, is_problem):
    photos = [("a.jpg", snap(GREY, "10:05:00"))]
    packed = [*files(photos), ("track", ("t.gpx.gz", gzip.compress(GPX.encode() + b" " * 20_000)))]
    query = {"time_offset": "+02:00"}
    found = connect(Limits(track_bytes=30_000)).post("/v1/album", params=query, files=packed).json()
    assert photos_of(found)[0]["kind"] == "track"
    is_problem(
        connect(Limits(track_bytes=10_000)).post("/v1/album", params=query, files=packed), 400, "split the track"
    )


def test_files_that_are_not_photos_or_too_large_keep_their_slots(connect):
    noise = Image.effect_noise((400, 300), 90)
    whole, buffer = io.BytesIO(), io.BytesIO()
    noise.save(whole, "JPEG")
    Image.new("L", (10_000, 10_000)).save(buffer, "PNG")
    sent = [("text.jpg", b"just text"), ("half.jpg", whole.getvalue()[:2000]), ("bomb.png", buffer.getvalue()),
            ("good.jpg", snap(GREEN, "10:00:00"))]  # fmt: skip
    found = connect(Limits(photo_pixels=1_000_000)).post("/v1/album", files=files(sent)).json()
    errors = {photo["file"]: photo.get("error") for photo in photos_of(found)}
    assert "not a JPEG" in errors["text.jpg"] and "truncated" in errors["half.jpg"] and "pixels" in errors["bomb.png"]
    assert errors["good.jpg"] is None and found["failed"] == 3
    assert all("photo bytes" not in str(error) for error in errors.values())
    assert {photo["kind"] for photo in photos_of(found)} == {"estimated", "neighbours"}


def test_nothing_readable_and_nothing_known(connect):
    found = connect().post("/v1/album?geojson=true", files=files([("a", b"no photo"), ("b", b"nor this")])).json()
    assert found["failed"] == 2 and all("best" not in photo and photo["error"] for photo in photos_of(found))


def test_names_are_shown_back_and_mean_nothing(connect, tmp_path):
    """Equal names, names with path parts, control signs and bytes that are not Unicode; none is opened or made."""
    inside = tmp_path / "inside.jpg"
    inside.write_bytes(snap(GREEN))
    names = ["a.jpg", "a.jpg", str(inside), "../../etc/passwd", "x\x01\x7f<b>.jpg", "ü.jpg", "n" * 1000]
    sent = [(name, snap(GREY, f"10:0{n}:00")) for n, name in enumerate(names)]
    found = connect().post("/v1/album", files=files(sent))
    told = [photo["file"] for photo in photos_of(found.json())]
    assert told[:4] == names[:4] and told[5] == "ü.jpg" and told[6] == "n" * 200
    assert [photo["index"] for photo in photos_of(found.json())] == list(range(7))
    assert found.json()["failed"] == 0 and inside.read_bytes() == snap(GREEN)
