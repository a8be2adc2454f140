"""Photos in, predictions out: order, EXIF, anchors, tracks, damaged photos, through the model a user loads."""

import numpy as np
import pytest
from PIL import Image

import photoplanet as pp
from photoplanet.albums import album_parameters, hmm, locate_album, transition_model
from photoplanet.errors import InputError, ModelError
from photoplanet.metadata import exif_writer
from photoplanet.metadata.track import Track
from photoplanet.models import installed


@pytest.fixture(scope="module")
def model(tiny_model):
    return pp.load(tiny_model)


def minutes(*numbers):
    return [None if number is None else f"2023-05-01T{number // 60:02}:{number % 60:02}:00" for number in numbers]


def country(prediction):
    return prediction.best.near.country


def test_one_photo_is_located_as_by_itself(model, photo):
    path = photo("red")
    for method in ("single", "average", "log-average", "timed-hmm"):
        (found,) = model.locate_album([path], method=method)
        alone = model.locate(path)
        np.testing.assert_allclose(found.probabilities, alone.probabilities, rtol=1e-5)
        np.testing.assert_array_equal(found.embedding, alone.embedding)
        assert found.point == alone.point and found.model == "tiny"


def test_predictions_come_in_the_given_order_whatever_the_times(model, photo):
    photos = [photo("red"), photo("green"), photo("blue")]
    alone = [model.locate(each).point for each in photos]
    found = model.locate_album(photos, times=["2023-05-20", "2023-01-01", "2022-05-01"])
    assert [each.point for each in found] == alone


def test_an_unsure_photo_takes_the_place_of_those_beside_it_in_time(model, photo):
    photos = [photo("black"), photo("blue"), *(photo("green", f"{number}.png") for number in range(4))]
    assert country(model.locate(photos[0])) == "Japan"
    times = ["2023-05-01T10:02", "2023-06-01T10:00", *(f"2023-05-01T10:0{minute}" for minute in (0, 1, 3, 4))]
    found = model.locate_album(photos, times=times)
    assert [country(each) for each in found] == ["Brazil", "Australia", "Brazil", "Brazil", "Brazil", "Brazil"]


def test_an_empty_album_is_an_empty_list(model):
    assert model.locate_album([]) == []


def test_damaged_photos_keep_their_slot_and_are_named(model, photo, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    notes = []
    found = locate_album.locate_album(
        model, [photo("green"), broken, photo("green", "b.png")], times=minutes(0, 1, 2),
        advance=lambda count=1, note="": notes.append((count, note)),
    )  # fmt: skip
    assert len(found) == 3 and country(found[1]) == "Brazil" and found[1].embedding is None
    assert sum(count for count, _ in notes) == 3
    assert any("broken.jpg" in note for _, note in notes)
    with pytest.raises(InputError, match=r"broken\.jpg"):
        model.locate_album([broken, broken])


def test_gps_in_exif_is_an_anchor_by_default_and_can_be_ignored(model, tmp_path):
    paths = []
    for number in range(3):
        path = tmp_path / f"{number}.jpg"
        block = exif_writer.gps_bytes(-33.9, 151.2, taken_at="2023-05-01T10:00:30") if number == 1 else b""
        Image.new("RGB", (40, 30), (0, 0, 0)).save(path, exif=block)
        paths.append(path)
    found = model.locate_album(paths)
    assert found[1].point == pytest.approx((-33.9, 151.2), abs=1e-5)
    assert [country(each) for each in found] == ["Australia"] * 3
    assert [country(each) for each in model.locate_album(paths, anchors=[])] == ["Japan"] * 3
    given = model.locate_album(paths, times=minutes(0, 1, 2), anchors=[None, None, (48.86, 2.35)])
    assert [country(each) for each in given] == ["France"] * 3 and given[2].point == (48.86, 2.35)


def test_an_anchor_outside_every_cell_stands_for_the_nearest_one(model, photo):
    photos = [photo("black"), photo("black", "b.png")]
    found = model.locate_album(photos, times=minutes(0, 1), anchors=[(47.0, 2.0), None])
    assert found[0].point == (47.0, 2.0) and country(found[1]) == "France"


def test_a_track_places_the_photos_between_its_points_and_pulls_those_beside_it(model, photo):
    photos = [photo("black", f"{number}.png") for number in range(3)]
    times = np.array(minutes(600, 602, 700), "datetime64[s]")
    track = Track(times[[0, 0]] + np.array([60, 180], "timedelta64[s]"), np.array([-22.90, -22.92]),
                          np.array([-43.1, -43.1]))  # fmt: skip
    found = model.locate_album(photos, times=times, track=track)
    assert [country(each) for each in found] == ["Brazil"] * 3
    assert found[1].point == pytest.approx((-22.91, -43.1), abs=1e-4)
    assert found[0].at is None and found[2].at is None
    later = model.locate_album(photos, times=times, track=track.shifted(1 / 60))
    assert later[1].point == pytest.approx((-22.90, -43.1), abs=1e-4)


def test_bad_arguments_are_named(model, photo):
    red = photo("red")
    with pytest.raises(InputError, match="times has 2 values for 1 photos"):
        model.locate_album([red], times=[None, None])
    with pytest.raises(InputError, match="anchors has 2 places for 1 photos"):
        model.locate_album([red], anchors=[None, None])
    with pytest.raises(InputError, match="photo 1: GPS out of range"):
        model.locate_album([red], anchors=[(100, 0)])
    with pytest.raises(InputError, match="not a latitude and longitude"):
        model.locate_album([red], anchors=["Paris"])
    with pytest.raises(InputError, match="the methods are single"):
        model.locate_album([red], method="magic")
    with pytest.raises(InputError, match="time order"):
        Track(np.array(["2023-01-02", "2023-01-01"], "datetime64[s]"), np.zeros(2), np.zeros(2))


def test_fitted_parameters_live_in_the_model_folder_and_are_checked(tiny_model_copy, photo):
    model = pp.load(tiny_model_copy)
    with pytest.raises(ModelError, match="training albums"):
        model.locate_album([photo("red"), photo("green")], method="hmm")
    trips = [(np.array([0, 0, 1, 1]), np.array([0.1, 3.0, 0.2])), (np.array([2, -1, 4]), np.array([1.0, 1.0]))]
    bundle = album_parameters.fit(model.bundle, trips, {"data": "made up"})
    assert bundle.info.parts["album-hmm"]["albums"] == 2 and bundle.info.parts["album-hmm"]["data"] == "made up"
    loaded = pp.load(tiny_model_copy)
    kept = album_parameters.read(loaded.bundle)
    expected = hmm.count([classes for classes, _ in trips], 5)
    for name in ("photos", "origin", "target", "steps"):
        np.testing.assert_array_equal(getattr(kept["hmm"], name), getattr(expected, name))
    np.testing.assert_allclose(kept["timed-hmm"].shares, transition_model.fit(trips, loaded.partition).shares)
    assert len(loaded.locate_album([photo("red"), photo("green")], method="hmm")) == 2
    file = tiny_model_copy / "album-hmm.npz"
    file.write_bytes(file.read_bytes()[:-7] + b"changed")
    with pytest.raises(ModelError, match="damaged"):
        pp.load(tiny_model_copy).locate_album([photo("red"), photo("green")])


def test_parameters_of_another_partition_are_refused(tiny_model_copy):
    bundle = pp.load(tiny_model_copy).bundle
    album_parameters.save(bundle.folder, hmm.count([np.arange(9)], 9), transition_model.default(), {})
    with pytest.raises(ModelError, match="counted over 9 classes, the model has 5"):
        album_parameters.read(pp.load(tiny_model_copy).bundle)


def test_a_track_places_even_photos_that_cannot_be_read(model, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"not a photo")
    times = np.array(minutes(600, 602, 604), "datetime64[s]")
    track = Track(times, np.array([-22.90, -22.91, -22.92]), np.full(3, -43.1))
    found = model.locate_album([broken, broken], times=times[:2], track=track)
    assert [each.point for each in found] == [pytest.approx((-22.90, -43.1)), pytest.approx((-22.91, -43.1))]


def test_photos_times_and_places_may_come_from_generators(model, photo):
    photos = [photo("black"), photo("black", "b.png")]
    places = [(47.0, 2.0), None]
    found = model.locate_album(iter(photos), times=iter(minutes(0, 1)), anchors=iter(places))
    again = model.locate_album(photos, times=minutes(0, 1), anchors=places)
    assert [each.point for each in found] == [each.point for each in again]
    assert country(found[1]) == "France"


def test_hostile_array_files_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    path.write_bytes(b"PK not a zip")
    with pytest.raises(ModelError, match="not a file of counted albums"):
        album_parameters.load(path)
    good = {name: np.zeros((7, 5) if name == "shares" else 3, kind) for name, kind in album_parameters.ARRAYS.items()}
    np.savez(path, **{**good, "photos": np.array([object()])})
    with pytest.raises(ModelError, match="photos is object"):
        album_parameters.load(path)
    np.savez(path, **{**good, "steps": np.zeros(3, np.float32)})
    with pytest.raises(ModelError, match="steps is float32"):
        album_parameters.load(path)
    np.savez(path, **{name: array for name, array in good.items() if name != "shares"})
    with pytest.raises(ModelError, match="shares"):
        album_parameters.load(path)
    np.savez_compressed(path, **good)
    monkeypatch.setattr(album_parameters, "MAX_BYTES", 100)
    with pytest.raises(ModelError, match=r"over \d+ MiB"):
        album_parameters.load(path)
    with pytest.raises(ModelError, match="sum to 1"):
        transition_model.TransitionModel(np.full((7, 5), 0.3))
    with pytest.raises(ModelError, match="do not fit together"):
        hmm.Counts(np.ones(2, np.int64), np.array([5], np.int32), np.array([0], np.int32), np.array([1]))


@pytest.mark.parametrize("seed", range(12))
def test_damage_anywhere_in_a_file_of_counted_albums_is_one_line(tmp_path, seed):
    """NotImplementedError, zlib.error and the like are what Python's readers of archives raise."""
    chance = np.random.default_rng(seed)
    data = bytearray((installed.resolve("toy") / album_parameters.FILE).read_bytes())
    for at in chance.integers(0, len(data), 40):
        data[at] ^= 1 << int(chance.integers(0, 8))
    (tmp_path / "damaged.npz").write_bytes(data)
    with pytest.raises(ModelError, match="not a file of counted albums"):
        album_parameters.load(tmp_path / "damaged.npz")
