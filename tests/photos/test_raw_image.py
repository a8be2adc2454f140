"""Raw files: known whatever their name, shown by their preview, with their own place and time."""

import contextlib

import numpy as np
import pytest
import raw_files

from photoplanet.albums.shots import read_shots
from photoplanet.index import build
from photoplanet.metadata import facts, geotags
from photoplanet.metadata.estimate import Estimate
from photoplanet.photos import decode, formats, inputs, jpeg_structure
from photoplanet.photos.decode import PhotoError, open_photo, opened

EIFFEL = (48.858333, 2.294444)


@pytest.mark.parametrize("ending", raw_files.KINDS)
def test_the_largest_preview_is_the_picture_and_the_files_own_exif_counts(ending, tmp_path):
    data = raw_files.KINDS[ending]()
    for source in (tmp_path / f"a{ending}", tmp_path / "a.jpg", data):
        if source is not data:
            source.write_bytes(data)
        image = open_photo(source)
        assert image.size == (240, 320)  # upright: the camera was turned
        assert np.abs(np.asarray(image, int) - (200, 30, 30)).max() < 12
        said = facts.of(source)
        assert (said.latitude, said.longitude) == pytest.approx(EIFFEL, abs=1e-4)
        assert said.taken_at == "2024-05-01T12:00:00" and said.camera and said.orientation == 6


def test_the_camera_is_named():
    cameras = [facts.of(make()).camera for make in (raw_files.nef, raw_files.cr3, raw_files.orf, raw_files.raf)]
    assert cameras == [
        "NIKON CORPORATION NIKON D850",
        "Canon Canon EOS R5",
        "OLYMPUS CORPORATION E-M1",
        "FUJIFILM X-T4",
    ]


def test_a_plain_tiff_is_none(make):
    with opened(make.encoded(make.scene(), "TIFF")) as (image, _):
        assert image.format == "TIFF"


def test_one_without_a_preview_keeps_its_place_and_time_and_says_what_is_missing(tmp_path):
    path = tmp_path / "a.dng"
    path.write_bytes(raw_files.dng(preview=False))
    with pytest.raises(PhotoError, match="holds no preview that can be read; export it as JPEG") as caught:
        open_photo(path)
    assert caught.value.reason == "no preview"
    assert facts.of(path).latitude == pytest.approx(EIFFEL[0], abs=1e-4)
    (shot,) = read_shots([str(path)])
    assert shot.place is not None and shot.taken_at == "2024-05-01T12:00:00"


def test_folders_index_and_albums_take_them(tmp_path):
    for ending, made in raw_files.KINDS.items():
        (tmp_path / f"a{ending}").write_bytes(made())
    assert len(inputs.sources([str(tmp_path)])) == len(raw_files.KINDS)
    rows, left_out = build.index([tmp_path])
    assert len(rows) == len(raw_files.KINDS) and not left_out
    assert rows["latitude"].to_pylist() == pytest.approx([EIFFEL[0]] * len(rows), abs=1e-4)
    assert set(rows["width"].to_pylist()) == {240}
    assert all(shot.place for shot in read_shots([str(tmp_path)]))


def test_geotags_go_beside_them_and_never_over_their_own(tmp_path):
    data = raw_files.nef()
    (tmp_path / "a.nef").write_bytes(data)
    (tmp_path / "b.nef").write_bytes(data.replace(b"\x88\x25\0\4", b"\x88\x26\0\4"))  # its pointer to GPS
    for kind in geotags.KINDS:
        done = list(geotags.write([(tmp_path / name, Estimate(1, 2, 3)) for name in ("a.nef", "b.nef")], kind))
        assert done[0].did == "own GPS"
    assert (tmp_path / "b.nef.xmp").exists() and (tmp_path / "a.nef").read_bytes() == data


def test_a_preview_over_the_limit_of_pixels_is_refused():
    with pytest.raises(PhotoError, match="the limit is 100"):
        open_photo(raw_files.arw(), max_pixels=100)


def test_values_that_are_named_again_and_again_are_refused():
    tiff = raw_files.Tiff()
    blob = tiff.add(bytes(2_000_000))
    fields = dict.fromkeys(range(40000, 40900), (raw_files.LONG, 1, blob))
    at = tiff.directory({0xC612: (1, 4, bytes(4)), 254: (raw_files.LONG, 1, 1), **fields})
    data = bytearray(tiff.done(at))
    for start in range(at + 2, at + 2 + 12 * 902, 12):  # each is the whole blob
        if int.from_bytes(data[start : start + 2], "little") in fields:
            data[start + 2 : start + 8] = (1).to_bytes(2, "little") + (2_000_000).to_bytes(4, "little")
    with pytest.raises(PhotoError, match="more metadata than a photo has"):
        open_photo(bytes(data))


@pytest.mark.parametrize("ending", raw_files.KINDS)
def test_damage_is_refused_or_read_and_never_anything_else(ending):
    data, rng = raw_files.KINDS[ending](), np.random.default_rng(7)
    for _ in range(150):
        broken = bytearray(data)
        for at in rng.integers(0, min(len(broken), 3000) if rng.random() < 0.7 else len(broken), rng.integers(1, 6)):
            broken[at] = rng.integers(256)
        broken = bytes(broken[: rng.integers(8, len(broken))] if rng.random() < 0.3 else broken)
        with contextlib.suppress(PhotoError):
            assert min(open_photo(broken).size) > 0
        with contextlib.suppress(PhotoError):
            place = facts.of(broken).latitude
            assert place is None or -90 <= place <= 90


def test_the_sensors_data_are_no_picture():
    import io

    frame = jpeg_structure.read_frame(io.BytesIO(raw_files.lossless_jpeg(6000, 4000)), "a.cr2")
    assert frame.lossless and not jpeg_structure.read_frame(io.BytesIO(raw_files.jpeg((8, 8))), "a.jpg").lossless
    assert formats.recognise(raw_files.cr2()[: formats.HEAD]) is formats.RAW and decode.MAX_BYTES
