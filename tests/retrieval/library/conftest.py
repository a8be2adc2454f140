"""Libraries of three geotagged scenes."""

import shutil

import pytest
from libraries import PLACES, save
from pictures import scene

from photoplanet.retrieval.library import library


@pytest.fixture
def album(tmp_path):
    """A folder of three geotagged scenes, one photo without a place, and a text that is called .jpg."""
    folder = tmp_path / "album"
    for seed, place in PLACES.items():
        save(folder, f"sub/scene{seed}.jpg", scene(seed), place)
    save(folder, "nowhere.jpg", scene(9), None)
    (folder / "text.jpg").write_text("this is no photo")
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder of three geotagged scenes with its index, not to be changed."""
    folder = tmp_path_factory.mktemp("built") / "album"
    for seed, place in PLACES.items():
        save(folder, f"sub/scene{seed}.jpg", scene(seed), place)
    library.open(folder, threads=1)
    return folder


@pytest.fixture
def indexed(built, tmp_path):
    """A copy of `built` that a test may change, with times kept as a backup keeps them."""
    shutil.copytree(library.index_folder(built), tmp_path / "album.index")
    return shutil.copytree(built, tmp_path / "album")
