"""No command writes its result over what the result is made from."""

import os

import pytest
from PIL import Image

TABLE = "photo_id,path,latitude,longitude,taken_at\na,a.png,48.9,2.3,2020-05-01T10:00:00\n"
GPX = '<gpx><trk><trkseg><trkpt lat="48" lon="2"><time>2020-05-01T10:00:00Z</time></trkpt></trkseg></trk></gpx>'

COMMANDS = {
    "index": ["index", "t.csv", "-o", "t.csv"],
    "index, a second of its sources": ["index", "photos", "t.csv", "-o", "t.csv"],
    "index, by way of a link": ["index", "t.csv", "-o", "link.csv"],
    "index, by a second name": ["index", "t.csv", "-o", "hard.csv"],
    "index, by another path": ["index", "t.csv", "-o", "photos/../t.csv"],
    "index, the report": ["index", "t.csv", "-o", "o.csv", "--report", "t.csv"],
    "index, report and table": ["index", "photos", "-o", "o.csv", "--report", "o.csv"],
    "index, what lies beside a shard": ["index", "s.tar", "-o", "s.parquet"],
    "partition": ["partition", "t.csv", "-o", "t.csv"],
    "partition, the map": ["partition", "t.csv", "-o", "o.parquet", "--geojson", "t.csv"],
    "duplicates": ["duplicates", "t.csv", "-o", "t.csv"],
    "duplicates, the other table": ["duplicates", "t.csv", "--against", "u.csv", "-o", "u.csv"],
    "duplicates, the report": ["duplicates", "t.csv", "--report", "t.csv"],
    "evaluate": ["evaluate", "toy", "t.csv", "--predictions", "t.csv"],
    "locate, the list of names": ["locate", "--files-from", "names.txt", "--model", "toy", "--csv", "names.txt"],
    "locate, the library": ["locate", "a.png", "--model", "toy", "--library", "t.csv", "--csv", "t.csv"],
    "album, its table": ["album", "t.csv", "--model", "toy", "--csv", "t.csv"],
    "album, the track": ["album", "photos", "--model", "toy", "--gpx", "t.gpx", "--gpx-out", "t.gpx"],
    "similar, the library": ["similar", "a.png", "--library", "t.csv", "--csv", "t.csv"],
    "explain": ["explain", "a.png", "--model", "toy", "-o", "a.png"],
    "explain, the array": ["explain", "a.png", "--model", "toy", "-o", "o.png", "--array", "o.png"],
    "figure": ["figure", "distribution", "a.png", "--model", "toy", "-o", "a.png"],
    "figure, of a folder": ["figure", "album", "photos", "--model", "toy", "-o", "photos/b.png"],
    "review": ["review", "photos", "--decisions", "photos/b.png", "--no-open"],
    "play": ["play", "t.csv", "--model", "toy", "--results", "t.csv", "--no-open"],
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of everything that the commands take, and the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    for name in ("a.png", "photos/b.png"):
        Image.new("RGB", (32, 32), "green").save(tmp_path / name)
    for name in ("t.csv", "u.csv"):
        (tmp_path / name).write_text(TABLE)
    (tmp_path / "names.txt").write_text("a.png\n")
    (tmp_path / "t.gpx").write_text(GPX)
    (tmp_path / "s.tar").write_bytes(bytes(10240))
    (tmp_path / "s.parquet").write_bytes(b"what img2dataset wrote")
    (tmp_path / "link.csv").symlink_to("t.csv")
    os.link(tmp_path / "t.csv", tmp_path / "hard.csv")
    return tmp_path


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_result_never_takes_the_place_of_what_it_is_made_from(run, here, arguments):
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    status, out, err = run(*arguments)
    assert status == 2 and out == "" and err.count("\n") == 1, err
    assert "give" in err and "name" in err
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before
