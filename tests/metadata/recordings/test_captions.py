"""The captions of DJI's drones: of each generation, cut, in odd encodings, hostile; as tracks and beside films."""

import random
import tracemalloc

import drone_files
import film_files
import numpy as np
import pytest
from drone_files import GENERATIONS, captions, texts
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.albums.clocks import given as given_clocks
from photoplanet.errors import InputError
from photoplanet.metadata import facts, geotags, track_files
from photoplanet.metadata.estimate import Estimate
from photoplanet.metadata.recordings import captions as reader
from photoplanet.metadata.sidecars import Sidecars

PLACES = [(0.0, 0.0), (48.858, 2.294), (48.859, 2.296)]
UTC = np.array(["2023-05-01T08:00:16", "2023-05-01T08:00:17"], "datetime64[s]")


def paris(**said):
    return given_clocks.read(**(said or {"zone": "Europe/Paris"})).of_tracks()


@pytest.mark.parametrize("name", GENERATIONS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_each_generation_as_a_track(name, ends):
    data = captions(GENERATIONS[name], PLACES, ends)
    for said in ({"zone": "Europe/Paris"}, {"zone": "local"}, {"offsets": ["+02:00"]}):
        found = track_files.parse([("DJI_0001.SRT", data)], ahead=paris(**said))
        np.testing.assert_array_equal(found.track.times, UTC)
        np.testing.assert_allclose(found.track.latitude, [48.858, 48.859])
        np.testing.assert_allclose(found.track.longitude, [2.294, 2.296])
        assert found.left_out == 1  # 0, 0 is no fix


@pytest.mark.parametrize("name", GENERATIONS)
def test_the_first_fix_is_the_place_of_the_film_beside_it_and_its_beginning_the_time(name, tmp_path):
    (tmp_path / "DJI_0001.MP4").write_bytes(film_files.film())
    assert facts.of(tmp_path / "DJI_0001.MP4").taken_at == "2024-05-01T10:00:00+00:00"
    (tmp_path / "DJI_0001.SRT").write_bytes(captions(GENERATIONS[name], PLACES))
    said = facts.of(tmp_path / "DJI_0001.MP4")
    assert (said.latitude, said.longitude, said.gps_fault) == (48.858, 2.294, None)
    assert said.taken_at == "2023-05-01T10:00:15" and said.place_by == "DJI_0001.SRT" and said.clock is None
    (tmp_path / "DJI_0001.jpg").write_bytes(b"\xff\xd8\xff")
    assert facts.of(tmp_path / "DJI_0001.MP4").latitude == 48.858
    (done,) = geotags.write([(tmp_path / "DJI_0001.MP4", Estimate(10, 10, 1000))])
    assert done.did == "own GPS" and done.detail == "DJI_0001.SRT holds a place"


def test_what_the_camera_itself_or_a_person_says_wins(tmp_path):
    path = tmp_path / "DJI_0001.mov"
    path.with_suffix(".srt").write_bytes(captions(GENERATIONS["Air 2S"], PLACES))
    path.write_bytes(film_files.film(film_files.apple(film_files.APPLE)))
    said = facts.of(path)
    assert said.latitude == 46.5 and said.taken_at == "2024-05-01T12:00:00+02:00"


def test_captions_are_a_films_not_a_photos(tmp_path):
    (tmp_path / "a.srt").write_bytes(captions(GENERATIONS["Air 2S"], PLACES))
    assert Sidecars().of(tmp_path / "a.jpg") == () and len(Sidecars().of(tmp_path / "a.mp4")) == 1


def test_a_track_of_a_clock_without_a_zone_is_refused_and_says_what_to_do(tmp_path):
    data = captions(GENERATIONS["Air 2S"], PLACES)
    with pytest.raises(InputError, match=r"^a\.SRT: its times are of a clock .* --time-zone .* --time-offset") as said:
        track_files.parse([("a.SRT", data)])
    assert "\n" not in str(said.value)
    with pytest.raises(InputError, match="no point with a time among 3"):
        track_files.parse([("a.SRT", captions(drone_files.UNTIMED, PLACES))], ahead=paris())
    with pytest.raises(InputError, match="no caption with a place in it"):
        track_files.parse([("a.srt", b"1\n00:00:00,000 --> 00:00:01,000\nHello there.\n")], ahead=paris())


def test_in_a_folder_only_captions_with_places_count(tmp_path):
    (tmp_path / "DJI_0001.SRT").write_bytes(captions(GENERATIONS["Air 2S"], PLACES))
    (tmp_path / "film.srt").write_bytes(b"1\n00:00:00,000 --> 00:00:01,000\nHello there.\n")
    found = track_files.read([tmp_path], ahead=paris())
    assert len(found.track.times) == 2 and len(found.notes) == 1
    with pytest.raises(InputError, match=r"no usable track in it .*its times are of a clock"):
        track_files.read([tmp_path])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_other_encodings(encoding):
    data = captions(GENERATIONS["Mavic 2"], PLACES).decode().encode(encoding)
    assert reader.first(data).latitude == 48.858
    assert len(track_files.parse([("a", data)], ahead=paris()).track.times) == 2


@pytest.mark.parametrize(("text", "place"), [
    ("GPS(149.0251,-20.2533,16)", (-20.2533, 149.0251)), ("GPS(-20.2533,149.0251,16)", (-20.2533, 149.0251)),
    ("GPS (36.6146,-6.1120,0.0M)", (36.6146, -6.112)), ("GPS(-6.1120,36.6146,0)", (36.6146, -6.112)),
    ("GPS(91,95,1)", None), ("GPS(n/a,n/a)", None), ("GPS(2.2,48", None), ("HOME(2.2,48.8)", None),
    ("[latitude: 48.8] [longitude: 181]", None), ("[latitude: 48.8]", None), ("[latitude: ٤٨] [longitude: 2]", None),
])  # fmt: skip
def test_the_order_of_both_degrees_and_what_is_no_place(text, place):
    said = reader.first(f"1\n00:00:00,000 --> 00:00:01,000\n{text}\n".encode())
    assert (None if said.latitude is None else (said.latitude, said.longitude)) == place


def test_a_film_with_captions_in_a_track_of_its_own(tmp_path):
    samples = texts(GENERATIONS["Mavic 2"], PLACES)
    for entry in (b"tx3g", b"text"):
        (tmp_path / "a.mp4").write_bytes(drone_files.film(samples, entry))
        said = facts.of(tmp_path / "a.mp4")
        assert (said.latitude, said.longitude) == (48.858, 2.294) and said.taken_at == "2023-05-01T10:00:15"
        found = track_files.read([tmp_path / "a.mp4"], ahead=paris())
        np.testing.assert_array_equal(found.track.times, UTC)
        with pytest.raises(InputError, match="its times are of a clock"):
            track_files.read([tmp_path / "a.mp4"])


def test_frames_of_one_second_are_one_point_and_a_fix_later_in_it_counts():
    cue = "{}\n00:00:00,000 --> 00:00:00,016\n2023-05-01 10:00:00.{}\n[latitude: {}] [longitude: 2.0]\n\n"
    data = "".join(cue.format(n, n, 48 + n / 1000) for n in range(60)).encode()
    points = reader.scan([data])
    assert points.latitude.tolist() == [48.0]
    zero = b"1\n00:00:00,000 --> 00:00:00,016\n2023-05-01 10:00:00.0\nGPS(0.0,0.0,0)\n\n"
    assert reader.scan([zero + data]).latitude.tolist() == [0.0, 48.0]


def test_a_huge_line_takes_little_memory():
    head = b"1\n00:00:00,000 --> 00:00:01,000\n"
    tracemalloc.start()
    points = reader.scan(iter([head, *[b"GPS(" * 16_384] * 500, b"\nGPS(2.0,48.0,1)"]))
    assert tracemalloc.get_traced_memory()[1] < 4 << 20 and points.latitude.tolist() == [48.0]
    tracemalloc.stop()


def test_damage_never_raises_and_pieces_do_not_matter():
    rng = random.Random(5)
    whole = b"".join(captions(make, PLACES) for make in GENERATIONS.values())
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 30)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        data = bytes(data[: rng.randrange(len(data))])
        reader.first(data)
        cut = rng.randrange(len(data) + 1)
        one, other = reader.scan([data]), reader.scan([data[:cut], data[cut:]])
        np.testing.assert_array_equal(one.times, other.times)
        np.testing.assert_array_equal(one.latitude, other.latitude)


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_noise_gives_nothing_or_points_on_the_earth(pieces):
    for found in (reader.scan(pieces), reader.of_texts(pieces)):
        assert len(found.times) == len(found.latitude) == len(found.longitude)
        assert (np.abs(found.latitude) <= 90).all() and (np.abs(found.longitude) <= 180).all()
    reader.first(b"".join([b"1\n00:00:00,000 --> 00:00:01,000\n", *pieces]))


@given(st.sampled_from(list(GENERATIONS)), st.floats(-89, 89), st.floats(-179, 179))
def test_any_place_is_read_as_it_was_written(name, latitude, longitude):
    latitude, longitude = round(latitude, 6), round(longitude, 6)
    make = GENERATIONS[name]
    said = reader.first(captions(lambda n, *_: make(n, f"{latitude:.6f}", f"{longitude:.6f}"), [(0, 0)]))
    if latitude or longitude:
        assert (said.latitude, said.longitude) == (latitude, longitude)
