import json

import numpy as np
import pytest
from PIL import Image

from photoplanet.metadata import exif_writer


def test_regions_picture_and_array(run, photo, tiny_model, tmp_path):
    picture, array = tmp_path / "why.png", tmp_path / "map.npy"
    status, out, err = run("explain", photo("red"), "--model", tiny_model, "-o", picture, "--array", array)
    assert (status, err) == (0, "")
    assert "France" in out.splitlines()[0] and "predicted cell" in out.splitlines()[0]
    assert "speaks for it 1:" in out and "misleads" in out
    with Image.open(picture) as shown:
        assert shown.format == "PNG"
    assert np.load(array, allow_pickle=False).shape == (16, 16)


def test_what_the_model_does_not_know_is_said_first(run, photo, doubting_model):
    _, out, _ = run("explain", photo("black"), "--model", doubting_model)
    first, second, *_ = out.splitlines()
    assert first == "88 %: nowhere that this model knows" and "11.6 % for the predicted cell" in second
    told = json.loads(run("explain", photo("red"), "--model", doubting_model, "--json")[1])
    assert told["unknown"] == 0.01799


def test_the_photos_own_gps_is_the_truth_unless_told_otherwise(run, tmp_path, tiny_model):
    path = tmp_path / "rio.jpg"
    Image.new("RGB", (40, 30), (255, 0, 0)).save(path, exif=exif_writer.gps_bytes(-22.91, -43.17))
    status, out, _ = run("explain", path, "--model", tiny_model, "--json")
    assert status == 0 and json.loads(out)["cell_is"] == "true" and json.loads(out)["latitude"] == pytest.approx(-22.91)
    _, out, _ = run("explain", path, "--model", tiny_model, "--json", "--predicted")
    assert json.loads(out)["cell_is"] == "predicted" and json.loads(out)["latitude"] == pytest.approx(48.86)
    _, out, _ = run("explain", path, "--model", tiny_model, "--json", "--at", "35.68,139.69")
    assert json.loads(out)["latitude"] == pytest.approx(35.68)


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--at", "x"], "latitude,longitude"), (["--at", "91,0"], "--at"), (["--at", "1,2", "--predicted"], "not both"),
     (["-o", "absent/why.png"], "no such folder"), (["-o", "why.gif"], "ends in")],
)  # fmt: skip
def test_wrong_use_takes_one_line(run, photo, tiny_model, options, words):
    status, out, err = run("explain", photo("red"), "--model", tiny_model, *options)
    assert status == 2 and out == "" and words in err and len(err.splitlines()) == 1


def test_no_photo_takes_one_line(run, tmp_path, tiny_model):
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff no photo")
    status, _, err = run("explain", tmp_path / "bad.jpg", "--model", tiny_model)
    assert status == 2 and "bad.jpg" in err and len(err.splitlines()) == 1
