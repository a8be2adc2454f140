import csv
import hashlib
import io
import json
import os
import re
import xml.etree.ElementTree as ElementTree
from functools import partial

import film_files
import pytest
from PIL import Image

from photoplanet.metadata import exif, files

GREY, GREEN = (128, 128, 128), (0, 255, 0)
TRACK = """<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="48.0" lon="2.0"><time>2020-05-01T08:00:00Z</time></trkpt>
<trkpt lat="48.1" lon="2.0"><time>2020-05-01T08:10:00Z</time></trkpt></trkseg></trk></gpx>"""


@pytest.fixture
def run(run):
    """A function: `run(…)` → exit status, stdout, stderr of `photoplanet album …`."""
    return partial(run, "album")


def snap(path, colour, taken_at, gps=None, make="Maker"):
    """A JPEG with time and camera, and perhaps GPS of its own."""
    tags = Image.Exif()
    tags[0x010F] = make
    tags.get_ifd(0x8769)[0x9003] = taken_at
    if gps:
        tags.get_ifd(0x8825).update({1: "S", 2: (gps[0], 0.0, 0.0), 3: "W", 4: (gps[1], 0.0, 0.0)})
    Image.new("RGB", (32, 32), colour).save(path, exif=tags)


@pytest.fixture
def trip(tmp_path):
    """Four photos in Rio's time order: one knows its place, one cannot be read, two tell nothing of their place."""
    folder = tmp_path / "trip"
    folder.mkdir()
    snap(folder / "1.jpg", GREY, "2020:05:01 10:01:00")
    snap(folder / "2.jpg", GREEN, "2020:05:01 10:02:00", gps=(22.0, 43.0))
    (folder / "3.jpg").write_bytes(b"\xff\xd8\xff no photo")
    snap(folder / "4.jpg", GREY, "2020:05:01 10:04:00")
    return folder


def contents(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_table_says_where_each_place_comes_from(run, trip, tiny_model):
    status, out, err = run(trip, "--model", tiny_model)
    assert status == 0 and "3.jpg" in err and "1 of 4 photos could not be read" in err
    head, columns, *rows = out.splitlines()
    assert head.startswith("album 1 of 1: trip, Maker, 2020-05-01, 4 photos")
    assert columns.split()[:3] == ["time", "photo", "place"]
    sources = ["estimated", "own GPS", "neighbours (unreadable)", "estimated"]
    assert len(rows) == 4 and all(row.endswith(source) for row, source in zip(rows, sources, strict=True))
    assert all("Brazil" in rows[number] for number in (0, 1, 3)) and "-22.0000, -43.0000" in rows[1]
    assert "unknown" in rows[2] and "no answer" in rows[2]  # it has no time
    chained = run(trip, "--model", tiny_model, "--method", "timed-hmm")[1].splitlines()[2:]
    assert all("Brazil" in row for row in chained)
    alone = run(trip, "--model", tiny_model, "--no-anchors", "--method", "single")[1]
    assert "own GPS" not in alone and "no answer: the evidence is too weak" in alone


def test_the_table_says_what_the_model_does_not_know(run, tmp_path, doubting_model):
    folder = tmp_path / "dark"
    folder.mkdir()
    for minute in range(3):
        snap(folder / f"{minute}.jpg", (0, 0, 0), f"2020:05:01 10:0{minute}:00")
    _, out, _ = run(folder, "--model", doubting_model)
    _, columns, *rows = out.splitlines()
    assert columns.split()[5:7] == ["unknown", "city"]
    assert len(rows) == 3 and all("88 %: nowhere that this model knows" in row and "anywhere" in row for row in rows)
    snap(folder / "1.jpg", (0, 0, 0), "2020:05:01 10:01:00", gps=(22.9, 43.2))
    _, _, *rows = run(folder, "--model", doubting_model)[1].splitlines()
    assert all("Brazil" in row for row in rows) and rows[1].endswith("own GPS") and rows[0].endswith("estimated")
    chained = run(folder, "--model", doubting_model, "--method", "timed-hmm", "--json")[1]
    told = json.loads(chained)["albums"][0]["photos"]
    assert told[1]["unknown"] == 0.0 and 0 < told[0]["unknown"] < 0.1


def test_two_cameras_are_two_albums_unless_told(run, trip, tiny_model):
    snap(trip / "5.jpg", GREY, "2020:05:01 10:03:00", make="Other")
    assert "album 2 of 2: trip, Other" in run(trip, "--model", tiny_model)[1]
    assert "album 1 of 1" in run(trip, "--model", tiny_model, "--one-camera")[1]


def test_the_map_has_pictures_unless_they_are_left_out(run, trip, tiny_model, tmp_path):
    path = tmp_path / "trip.html"
    for words, pictures in (((), 3), (("--no-thumbnails",), 0)):
        assert run(trip, "--model", tiny_model, "--map", path, *words)[0] == 0
        assert path.read_text("utf-8").count("data:image/jpeg;base64,") == pictures  # one photo cannot be decoded


def test_files_hold_what_the_table_shows(run, trip, tiny_model, tmp_path):
    files = {name: tmp_path / f"out.{name}" for name in ("csv", "geojson", "gpx", "html")}
    options = ["--csv", files["csv"], "--geojson", files["geojson"], "--gpx-out", files["gpx"], "--map", files["html"]]
    status, out, _ = run(trip, "--model", tiny_model, "--json", "--answer-always", *options)
    page = json.loads(out)
    (album,) = page["albums"]
    assert status == 0 and page["method"] == "joined" and album["from"] == "2020-05-01"
    assert [each["kind"] for each in album["photos"]] == ["estimated", "own GPS", "neighbours", "estimated"]
    assert "error" in album["photos"][2] and album["photos"][0]["best"]["country_code"] == "BR"
    rows = list(csv.DictReader(io.StringIO(files["csv"].read_text())))
    assert [row["kind"] for row in rows] == ["estimated", "own GPS", "neighbours", "estimated"]
    assert rows[1]["latitude"] == "-22.0" and rows[2]["error"] and rows[0]["taken_at"] == "2020-05-01T10:01:00"
    features = json.loads(files["geojson"].read_text())["features"]
    assert len([each for each in features if each["properties"]["kind"] == "point"]) == 4
    (line,) = [each for each in features if each["properties"]["kind"] == "line"]
    assert len(line["geometry"]["coordinates"]) == 4
    points = ElementTree.parse(files["gpx"]).findall(".//{*}wpt")
    assert [point.find("{*}name").text for point in points] == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]
    assert "photoplanet estimate" in points[0].find("{*}desc").text and points[1].find("{*}desc").text == "own GPS"
    assert "2.jpg" in files["html"].read_text("utf-8")


def test_a_track_places_photos_whose_clock_is_told(run, trip, tiny_model, tmp_path):
    (tmp_path / "track.gpx").write_text(TRACK)
    status, out, err = run(trip, "--model", tiny_model, "--gpx", tmp_path / "track.gpx")
    assert status == 2 and out == "" and "--time-offset" in err and err.count("\n") == 2
    assert err.startswith("clock of Maker: unknown; by the track perhaps +02:00 (")
    told = run(trip, "--model", tiny_model, "--gpx", tmp_path / "track.gpx", "--time-offset", "+02:00")[1]
    assert "48.0100, 2.0000" in told and "own GPS" in told  # the camera's own place wins over the track's
    _, _, err = run(trip, "--model", tiny_model, "--gpx", tmp_path / "track.gpx", "--time-offset", "-09:00")
    assert "no photo was taken while it was recorded" in err


def test_a_film_is_one_of_the_photos(run, trip, tiny_model):
    film = film_files.film(film_files.apple(film_files.APPLE | {"com.apple.quicktime.make": "Maker",
                                                                "com.apple.quicktime.model": ""}),
                           created=0)  # fmt: skip
    (trip / "5.mov").write_bytes(film.replace(b"2024-05-01T12:00:00+0200", b"2020-05-01T10:05:00+0200"))
    status, out, err = run(trip, "--model", tiny_model)
    assert status == 0 and "5.mov" in err  # no frame of it can be read
    (row,) = (line for line in out.splitlines() if "5.mov" in line)
    assert row.startswith("2020-05-01 10:05") and "46.5000, 7.2500" in row and row.endswith("own GPS")


def test_all_tracks_that_are_named_are_used_and_faults_are_said(run, trip, tiny_model, tmp_path):
    (tmp_path / "earlier.gpx").write_text(TRACK.replace("T08", "T01"))
    cut = tmp_path / "cut.gpx"
    cut.write_text(TRACK.partition("</trkseg>")[0])
    given = ["--gpx", cut, "--gpx", tmp_path / "earlier.gpx", "--time-offset", "+02:00"]
    status, out, err = run(trip, "--model", tiny_model, *given)
    assert status == 0 and "48.0100, 2.0000" in out and f"{cut}: ends early; 2 points used" in err
    (tmp_path / "tracks").mkdir()
    cut.rename(tmp_path / "tracks" / "cut.GPX")
    assert run(trip, "--model", tiny_model, "--gpx", tmp_path / "tracks", "--time-offset", "+02:00")[1] == out


@pytest.mark.parametrize("kind", ["xmp", "exif"])
def test_write_and_undo(run, trip, tiny_model, kind):
    before = contents(trip)
    wide = ["--max-radius", 1000]
    status, out, _ = run(trip, "--model", tiny_model, "--write", kind, "--dry-run", *wide)
    assert status == 0 and contents(trip) == before and out.count("would write") == 2
    assert re.findall(r"± ([\d,]+|<1) km$", out, re.MULTILINE) and "e+" not in out
    status, out, _ = run(trip, "--model", tiny_model, "--write", kind, *wide)
    assert status == 0 and "2 geotags written" in out and "without GPS" not in out
    after = contents(trip)
    assert after["2.jpg"] == before["2.jpg"] and after["3.jpg"] == before["3.jpg"] and after != before
    if kind == "exif":
        with Image.open(trip / "1.jpg") as image:
            found = exif.read(image)
        assert found.gps_fault == "GPS is an estimate" and found.latitude == pytest.approx(-22.5, abs=0.6)
    else:
        assert b"photoplanet" in (trip / "1.jpg.xmp").read_bytes()
    again = run(trip, "--model", tiny_model)[1]
    assert again.count("own GPS") == 1, "an estimate of ours is no anchor"
    assert "would be restored" in run(trip, "--undo", "--dry-run")[1]
    assert run(trip, "--undo")[1].startswith("2 files restored, 0 left alone")
    assert contents(trip) == before
    assert run(trip, "--undo")[0] == 2


@pytest.mark.parametrize("kind", ["xmp", "exif"])
def test_what_is_too_coarse_for_a_pin_is_written_in_words_and_said(run, trip, tiny_model, kind):
    before, chained = contents(trip), ("--method", "timed-hmm")  # whose cells are coarse
    status, out, _ = run(trip, "--model", tiny_model, *chained, "--write", kind, "--dry-run")
    assert status == 0 and contents(trip) == before
    assert re.findall(r"1\.jpg\.xmp: no GPS, but ([\w ]+), ± \d+ km$", out, re.MULTILINE) == ["Brazil"]
    status, out, _ = run(trip, "--model", tiny_model, *chained, "--write", kind)
    assert status == 0 and "2 geotags written; --undo takes them back" in out
    assert "2 of these without GPS, with a radius over 25 km, which viewers would show as a pin" in out
    assert "(1.jpg, 4.jpg); --max-radius allows more" in out
    packet = (trip / "1.jpg.xmp").read_text()
    assert "GPS" not in packet and 'photoshop:Country="Brazil"' in packet
    status, out, _ = run(trip, "--model", tiny_model, *chained, "--write", kind, "--json")
    said = json.loads(out)["written"]
    assert said["unchanged"] == 2 and [name[-5:] for name in said["without_gps"]] == ["1.jpg", "4.jpg"]
    assert said["max_radius_km"] == 25.0
    assert run(trip, "--model", tiny_model)[1].count("own GPS") == 1  # nobody takes it for a place
    assert run(trip, "--undo")[1].startswith("2 files restored, 0 left alone")
    assert contents(trip) == before


def test_undo_names_what_has_changed_since(run, trip, tiny_model):
    run(trip, "--model", tiny_model, "--write", "xmp", "--sidecar", "xmp")
    (trip / "1.xmp").write_bytes(b"mine now")
    status, out, err = run(trip, "--undo")
    assert status == 1 and "1.xmp" in err and "1 file restored, 1 left alone" in out
    assert (trip / "1.xmp").read_bytes() == b"mine now" and not (trip / "4.xmp").exists()


def test_undo_of_one_photo_is_that_of_its_folder(run, trip, tiny_model):
    before = contents(trip)
    run(trip, "--model", tiny_model, "--write", "xmp")
    assert run(trip / "2.jpg", "--undo")[1].startswith("2 files restored, 0 left alone")
    assert contents(trip) == before


def test_one_photo_and_none(run, trip, tiny_model, tmp_path):
    assert "album 1 of 1" in run(trip / "1.jpg", "--model", tiny_model)[1]
    (tmp_path / "empty").mkdir()
    status, out, err = run(tmp_path / "empty", "--model", tiny_model)
    assert status == 2 and out == "" and err.count("\n") == 1
    assert run("--model", tiny_model)[0] == 2
    status, out, _ = run(trip / "3.jpg", "--model", tiny_model)
    assert status == 2 and out == ""


def test_bad_usage_takes_one_line(run, trip, tiny_model):
    for options in (["--dry-run"], ["--undo", "--write", "xmp"], ["--method", "x"], ["--gap-hours", 0],
                    ["--time-offset", "Paris"], ["--gpx", "none.gpx"], ["--method", "hmm"],
                    ["--csv", trip / "1.jpg"]):  # fmt: skip
        status, out, err = run(trip, "--model", tiny_model, *options)
        assert status == 2 and out == "" and err.count("\n") == 1, options


def test_times_that_cannot_be_true_are_named_and_their_photos_stay_in_place(run, trip, tiny_model):
    snap(trip / "0.jpg", GREY, "1980:01:01 00:00:00")
    status, out, err = run(trip, "--model", tiny_model, "--method", "timed-hmm")
    assert status == 0 and "1 of 5 photos: clock never set (0.jpg); each stays behind the one before it" in err
    assert "no time, and no date in the name (0.jpg, 3.jpg)" in run(trip, "--model", tiny_model)[2]
    assert out.splitlines()[2].split()[1] == "0.jpg"


def test_photos_named_from_their_own_folder_are_titled_by_it(run, trip, tiny_model, monkeypatch):
    monkeypatch.chdir(trip)
    assert run("1.jpg", "--model", tiny_model)[1].startswith("album 1 of 1: trip, Maker, 2020-05-01, 1 photo\n")


@pytest.mark.parametrize("kind", ["xmp", "exif"])
@pytest.mark.parametrize("number", [13, 28, 30], ids=["rights", "full disk", "read-only disk"])
def test_what_cannot_be_written_is_named_with_its_reason_and_the_rest_is_written(
    run, trip, tiny_model, monkeypatch, kind, number
):
    put = files.put

    def refuse_one(seen, data):
        if seen.path.name.startswith("1.jpg"):
            raise OSError(number, os.strerror(number), str(seen.path))
        put(seen, data)

    monkeypatch.setattr(files, "put", refuse_one)
    status, out, err = run(trip, "--model", tiny_model, "--write", kind)
    assert status == 1 and "1 geotag written, 1 failed" in out
    assert f"{trip / '1.jpg'} (" in err and os.strerror(number) in err
    monkeypatch.undo()
    assert run(trip, "--model", tiny_model, "--write", kind)[0] == 0
    assert run(trip, "--undo")[:2] == (0, "2 files restored, 0 left alone\n")


def test_a_photo_that_vanishes_while_it_is_located_is_named(run, trip, tiny_model, monkeypatch):
    look = files.look

    def vanish(path):
        (trip / "1.jpg").unlink(missing_ok=True)
        return look(path)

    monkeypatch.setattr(files, "look", vanish)
    status, out, err = run(trip, "--model", tiny_model, "--write", "exif", "--max-radius", 1000)
    assert status == 1 and "1 geotag written, 1 failed" in out and f"{trip / '1.jpg'} (No such file" in err
    assert not (trip / "1.jpg").exists()


@pytest.mark.parametrize("options", [["--dry-run"], []], ids=["dry run", "write"])
def test_a_pipe_in_the_place_of_a_sidecar_is_named_and_left_alone(run, trip, tiny_model, options):
    os.mkfifo(trip / "1.jpg.xmp")
    status, _, err = run(trip, "--model", tiny_model, "--write", "xmp", *options)
    assert status == 1 and "1.jpg.xmp is not a regular file" in err and (trip / "1.jpg.xmp").is_fifo()
    assert (trip / "4.jpg.xmp").exists() is not bool(options)


def test_written_again_nothing_changes(run, trip, tiny_model):
    for kind in ("exif", "xmp"):
        run(trip, "--model", tiny_model, "--write", kind)
        before, times = contents(trip), {path: path.stat().st_mtime_ns for path in trip.iterdir()}
        status, out, _ = run(trip, "--model", tiny_model, "--write", kind)
        assert status == 0 and "0 geotags written, 2 there already" in out
        assert contents(trip) == before and times == {path: path.stat().st_mtime_ns for path in trip.iterdir()}


def test_a_result_that_cannot_be_written_to_its_end_does_not_take_the_others_with_it(run, trip, tiny_model, tmp_path):
    files = {name: tmp_path / f"out.{name}" for name in ("geojson", "gpx", "html")}
    options = ["--geojson", files["geojson"], "--gpx-out", files["gpx"], "--map", files["html"]]
    status, out, err = run(trip, "--model", tiny_model, "--csv", "/dev/full", *options, "--write", "xmp")
    assert status == 1 and err.count("/dev/full: No space left on device") == 1 and "2 geotags written" in out
    assert all(path.stat().st_size for path in files.values())


def test_a_result_that_cannot_even_be_begun_ends_the_command_before_any_work(run, trip, tiny_model, tmp_path):
    for option in ("--csv", "--geojson", "--gpx-out", "--map"):
        status, out, err = run(trip, "--model", tiny_model, option, tmp_path / ("x" * 300))
        assert status == 2 and out == "" and err.endswith("x: File name too long; choose a shorter name\n"), option
