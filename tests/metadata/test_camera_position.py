"""The place that a camera wrote into a photo."""

import pytest
from PIL import Image

from photoplanet.metadata import geotags
from photoplanet.metadata.camera_position import camera_position
from photoplanet.metadata.estimate import Estimate
from photoplanet.metadata.exif_writer import gps_bytes


def test_the_cameras_own_place_counts_and_an_estimate_of_ours_does_not(tmp_path):
    camera, ours, none = tmp_path / "camera.jpg", tmp_path / "ours.jpg", tmp_path / "none.jpg"
    picture = Image.new("RGB", (20, 20), "red")
    picture.save(camera, exif=gps_bytes(-22.91, -43.17))
    picture.save(ours)
    picture.save(none)
    [outcome] = geotags.write([(ours, Estimate(48.9, 2.3, 25_000))], kind="exif")
    assert outcome.did == "written" and outcome.path == ours
    assert camera_position(camera) == pytest.approx((-22.91, -43.17), abs=1e-4)
    assert camera_position(ours) is None and camera_position(none) is None
