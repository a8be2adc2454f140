"""Lists that name photos by id alone find them in a folder, as MP-16's, OSV-5M's and Im2GPS's do."""

import pytest
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.index import build
from photoplanet.photos import image_folder


@pytest.fixture
def images(tmp_path):
    for name in ("00/123.jpg", "01/456.PNG.jpg", "789.png", "01/same.jpg", "02/same.jpg"):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (200, 30, 60)).save(path)
    return tmp_path / "images"


def test_by_id_by_path_and_by_bare_name(images):
    folder = image_folder.ImageFolder(images)
    assert folder.find("123") == str(images / "00" / "123.jpg")
    assert folder.find("x", "01/456.PNG.jpg") == str(images / "01" / "456.PNG.jpg")
    assert folder.find("x", "elsewhere/789.png") == str(images / "789.png")
    assert folder.find("x", "02/same.jpg") == str(images / "02" / "same.jpg")
    assert folder.find("x", "data/02/same.jpg") == folder.find("x", r"C:\data\02\same.jpg") == folder.find("02/same")
    assert folder.find("x", "data/02/same.jpg") == str(images / "02" / "same.jpg")
    assert folder.find("same") is folder.find("x", "03/same.jpg") is None, "the place of one, and the pixels of another"
    assert folder.find("unknown") is None


def test_a_file_is_no_folder(images):
    with pytest.raises(InputError, match="no such folder"):
        image_folder.ImageFolder(images / "789.png")


def test_index_of_a_list_without_paths(images, tmp_path):
    listing = tmp_path / "train.csv"
    listing.write_text("id,latitude,longitude\n123,10,20\n789,-30,40\n999,1,2\n")
    table, left_out = build.index([listing], tmp_path / "photos.parquet", images=images)
    assert table["photo_id"].to_pylist() == ["123", "789"]
    assert table["latitude"].to_pylist() == [10, -30]
    assert [entry["reason"] for entry in left_out] == ["missing"] and "999" in left_out[0]["path"]
