"""Files of tracks: several and folders of them, packed ones, each kind by its content, and what is not a track."""

import gzip
import io
import json
import os
import threading
import zipfile

import fit_files
import numpy as np
import pytest

from photoplanet.errors import InputError
from photoplanet.metadata import track_files

HEAD = '<gpx version="1.0"><trk><trkseg>'
TAIL = "</trkseg></trk></gpx>"


def gpx(latitude, *minutes, day="2019-05-01"):
    points = (f'<trkpt lat="{latitude}" lon="7"><time>{day}T10:{m:02}:00Z</time></trkpt>' for m in minutes)
    return (HEAD + "".join(points) + TAIL).encode()


def places(found):
    return [
        (str(time)[14:16], latitude) for time, latitude in zip(found.track.times, found.track.latitude, strict=True)
    ]


def test_all_files_count_and_where_two_overlap_the_one_named_first(tmp_path):
    first, second = tmp_path / "1.gpx", tmp_path / "2.gpx"
    first.write_bytes(gpx(1, 10, 20))
    second.write_bytes(gpx(2, 5, 10, 15, 20, 25))
    found = track_files.read([first, second])
    assert places(found) == [("05", 2), ("10", 1), ("20", 1), ("25", 2)]
    assert found.left_out == 3
    assert found.notes == ["3 points left out: a track named before theirs was recorded at the same time"]
    assert places(track_files.read([second, first])) == [(f"{m:02}", 2) for m in (5, 10, 15, 20, 25)]
    assert places(track_files.read([first, first])) == [("10", 1), ("20", 1)]


def test_a_pause_of_one_track_is_filled_by_another(tmp_path):
    found = track_files.parse([("a", gpx(1, 0, 5, 30, 35)), ("b", gpx(2, 3, 15, 20))])
    assert places(found) == [("00", 1), ("05", 1), ("15", 2), ("20", 2), ("30", 1), ("35", 1)]


def test_two_tracks_of_one_file_that_overlap_do_not_mix():
    both = gpx(1, 0, 5, 10)[: -len("</gpx>")] + gpx(2, 1, 6, 12)[len('<gpx version="1.0">') :]
    assert places(track_files.parse([("a", both)])) == [("00", 1), ("05", 1), ("10", 1), ("12", 2)]


def test_points_out_of_order_and_in_one_second(tmp_path):
    found = track_files.parse([("a", gpx(1, 5, 3, 3, 4))])
    assert [minute for minute, _ in places(found)] == ["03", "03", "04", "05"] and found.left_out == 0


def test_a_folder_gives_its_tracks_and_names_what_it_cannot_use(tmp_path):
    with pytest.raises(InputError, match=r"no usable track in it \(GPX, KML"):
        track_files.read([tmp_path])
    (tmp_path / "a.jpg").write_bytes(b"a photo")
    (tmp_path / "b.gpx").write_text("<kml/>")
    with pytest.raises(InputError, match=r"no usable track in it \(.*b.gpx: no place with a time"):
        track_files.read([tmp_path])
    (tmp_path / "c.GPX").write_bytes(gpx(1, 0))
    (tmp_path / "d.gpx.gz").write_bytes(gzip.compress(gpx(2, 40)))
    found = track_files.read([tmp_path])
    assert places(found) == [("00", 1), ("40", 2)]
    assert len(found.notes) == 1 and "b.gpx: no place with a time" in found.notes[0] and "passed over" in found.notes[0]


def test_gzip_is_known_by_its_content_and_read_as_far_as_it_goes(tmp_path):
    random = np.random.default_rng(0)
    texts = [
        gpx(1.5, minute).replace(b"<trk>", f"<name>{random.integers(1 << 60)}</name><trk>".encode())
        for minute in range(60)
    ]
    packed = gzip.compress(b"".join(texts))
    path = tmp_path / "t.gpx"
    path.write_bytes(packed)
    assert len(track_files.read([path]).track.times) == 60
    path.write_bytes(gzip.compress(texts[0]) + gzip.compress(texts[1]) + b"\0" * 512)
    assert len(track_files.read([path]).track.times) == 2 and not track_files.read([path]).notes
    path.write_bytes(packed[: len(packed) // 2])
    cut = track_files.read([path])
    assert 0 < len(cut.track.times) < 60 and "its gzip ends early" in cut.notes[0]
    path.write_bytes(packed[: len(packed) // 2] + bytes(100) + packed[len(packed) // 2 + 100 :])
    assert 0 < len(track_files.read([path]).track.times) < 60
    for data in (packed[:5], b"\x1f\x8b" + b"\xff" * 50, gzip.compress(b"")):
        path.write_bytes(data)
        with pytest.raises(InputError, match="export the track again"):
            track_files.read([path])


def test_what_is_unpacked_is_bounded(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="grows more than 100 times"):
        track_files.parse(
            [("bomb", gzip.compress(HEAD.encode() + (b"<a>" + bytes(1 << 16).replace(b"\0", b" ")) * 1000))]
        )
    monkeypatch.setattr(track_files, "MAX_BYTES", 500)
    (tmp_path / "a.gpx").write_bytes(gpx(1, *range(50)))
    (tmp_path / "b.gpx").write_bytes(gzip.compress(gpx(1, *range(50))))
    for name in ("a.gpx", "b.gpx"):
        with pytest.raises(InputError, match="split the track"):
            track_files.read([tmp_path / name])


KML = (
    b'<?xml version="1.0"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><gx:Track><when>2019-05-01'
    b"T10:07:00Z</when><gx:coord>7 3 0</gx:coord></gx:Track></Placemark></Document></kml>"
)
KINDS = {
    "a.gpx": gpx(3, 7),
    "a.kml": KML,
    "a.tcx": b'\xef\xbb\xbf<?xml version="1.0"?><TrainingCenterDatabase><Activities><Activity><Trackpoint><Time>'
    b"2019-05-01T10:07:00Z</Time><Position><LatitudeDegrees>3</LatitudeDegrees><LongitudeDegrees>7</LongitudeDegrees></Position>"
    b"</Trackpoint></Activity></Activities></TrainingCenterDatabase>",
    "a.fit": fit_files.activity([(0, (3, 7), None)], begin=1_556_705_220 - fit_files.EPOCH),
    "a.nmea": b"$GPRMC,100700,A,0300.00,N,00700.00,E,000.0,360.0,010519,,\r\n",
    "Records.json": json.dumps(
        {"locations": [{"latitudeE7": 30000000, "longitudeE7": 70000000, "timestamp": "2019-05-01T10:07:00Z"}]}
    ).encode(),
}


def zipped(members, **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize("name", KINDS)
def test_what_a_file_is_its_content_says_whatever_its_name(name, tmp_path):
    for data in (KINDS[name], gzip.compress(KINDS[name])):
        (minute, latitude), *others = places(track_files.parse([("file", data)]))
        assert (minute, round(latitude, 6)) == ("07", 3) and not others
    (tmp_path / name).write_bytes(KINDS[name])
    assert len(track_files.read([tmp_path]).track.times) == 1
    assert len(track_files.parse([("a.zip", zipped({f"x/{name}": KINDS[name], "b.gpx": gpx(1, 9)}))]).track.times) == (
        1 + (name != "Records.json")
    )


def test_a_folder_counts_with_all_below_it_and_other_json_and_text_do_not(tmp_path):
    below = tmp_path / "Semantic Location History" / "2019"
    below.mkdir(parents=True)
    for name, data in KINDS.items():
        (below / name).write_bytes(data)
    (tmp_path / "IMG_1.jpg.json").write_text('{"title": "IMG_1.jpg", "photoTakenTime": {"timestamp": "1"}}')
    (tmp_path / "notes.txt").write_text("$ 5 a day")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "a.gpx").write_bytes(b"not GPX")
    found = track_files.read([tmp_path])
    assert len(found.track.times) == 1 and found.left_out == len(KINDS) - 1
    assert len(found.notes) == 1 and "recorded at the same time" in found.notes[0]


def test_a_kmz_is_read_from_a_file_and_from_a_pipe(tmp_path):
    data = zipped(
        {"doc.kml": KML, "files/icon.png": b"x", "__MACOSX/._doc.kml": b"x"}, compression=zipfile.ZIP_DEFLATED
    )
    (tmp_path / "a.kmz").write_bytes(data)
    assert places(track_files.read([tmp_path / "a.kmz"])) == [("07", 3)]
    assert places(track_files.read([tmp_path])) == [("07", 3)]
    found = track_files.parse([("a.kmz", zipped({"bad.kml": b"<kml/>", "doc.kml": KML}))])
    assert len(found.notes) == 1 and "a.kmz#bad.kml: no place with a time" in found.notes[0]
    with pytest.raises(InputError, match="without a track in it"):
        track_files.parse([("a.zip", zipped({"a.txt": b"x"}))])
    with pytest.raises(InputError, match=r"^a.kmz: a.kmz#doc.kml: no place with a time"):
        track_files.parse([("a.kmz", zipped({"doc.kml": b"<kml/>"}))])


def test_archives_that_are_cut_hostile_or_odd_are_refused_in_a_line():
    data = zipped({"doc.kml": KML}, compression=zipfile.ZIP_DEFLATED)
    bomb = zipped({"doc.kml": b"<kml>" + (b"<a>" + b" " * (1 << 16)) * 2000}, compression=zipfile.ZIP_DEFLATED)
    large = bytearray(data)
    large[-10:-6] = (1 << 30).to_bytes(4, "little")
    encrypted = data.replace(b"PK\1\2\x14\x03\x14\0\0\0", b"PK\1\2\x14\x03\x14\0\1\0")
    for bad, why in (
        (data[:-30], "ends early|cut or damaged"), (bomb, "grows more than 100 times"),
        (bytes(large), "too many files"),
        (encrypted, "encrypted"), (zipped({"doc.kml": KML}, compression=zipfile.ZIP_BZIP2), "unpack it first"),
        (b"PK\3\4" + b"x" * 100, "ends early"), (data[:40] + bytes(30) + data[70:], "damaged|no track|ends early"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=why) as refused:
            track_files.parse([("a.kmz", bad)])
        assert "\n" not in str(refused.value)


def test_what_states_its_accuracy_keeps_it(tmp_path):
    exact = KINDS["Records.json"].replace(b'"timestamp"', b'"accuracy": 40, "timestamp"')
    found = track_files.parse([("a", gpx(1, 3)), ("b", exact)])
    np.testing.assert_array_equal(found.track.accuracy_m, [np.nan, 40])
    assert track_files.parse([("a", gpx(1, 3))]).track.accuracy_m is None
    coarse = KINDS["Records.json"].replace(b'"timestamp"', b'"accuracy": 5001, "timestamp"')
    found = track_files.parse([("a", gpx(1, 3)), ("b", coarse[:-2] + b"," + exact[15:])])
    assert found.notes == ["b: 1 of 2 points coarser than 5 km left out"] and found.left_out == 1
    with pytest.raises(InputError, match="no point finer than 5 km among 1"):
        track_files.parse([("b", coarse)])


@pytest.mark.parametrize(
    ("data", "what", "advice"),
    [
        (b"AXXX123\r\nHFDTE010519\r\n", "IGC", "-i igc"),
        (b"BZh91AY", "packed", "unpack it first"),
        (b"\xff\xd8\xff\xe0", "a photo", "give the track"),
        (b"<!DOCTYPE html><html></html>", "a web page", "give the track"),
        (b"SQLite format 3\0", "a database", "give the track"),
    ],
)
def test_other_formats_are_named_with_what_to_do(data, what, advice):
    for each in (data, gzip.compress(data)):
        with pytest.raises(InputError, match="this is") as refused:
            track_files.parse([("t", each)])
        assert what in str(refused.value) and advice in str(refused.value) and "\n" not in str(refused.value)


def test_empty_missing_and_unreadable_files_are_named(tmp_path):
    with pytest.raises(InputError, match="a: empty"):
        track_files.parse([("a", b"")])
    with pytest.raises(InputError, match="none was named"):
        track_files.read([])
    with pytest.raises(InputError, match="No such file or directory; give a track"):
        track_files.read([tmp_path / "none.gpx"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_read_and_one_that_nobody_writes_to_does_not_hang(tmp_path):
    pipe = tmp_path / "pipe.gpx"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="not a regular file"):
        track_files.read([pipe])
    read, write = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(write, gpx(1, 0)), os.close(write)))
    writer.start()
    try:
        assert len(track_files.read([f"/dev/fd/{read}"]).track.times) == 1
    finally:
        writer.join()
        os.close(read)
