import io
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photoplanet.errors import InputError, MissingExtra
from photoplanet.retrieval.local_features.root_sift import MAX_SIDE, extract, resized, root_sift


def textured(seed=0, width=320, height=240):
    """A photo full of corners: blocks of several sizes, smoothed."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for cell in (8, 20, 48):
        blocks = rng.integers(0, 256, (height // cell + 1, width // cell + 1, 3))
        total += np.kron(blocks, np.ones((cell, cell, 1)))[:height, :width] / 3
    return Image.fromarray(total.astype(np.uint8))


def test_features_are_points_of_the_resized_photo_the_strongest_first():
    many, few = extract(textured()), extract(textured(), max_features=50)
    assert (many.width, many.height) == (384, 288)  # a small photo is enlarged to 384 pixels
    assert many.points.dtype == np.float32 and many.points.shape == (len(many.points), 4)
    assert many.descriptors.dtype == np.uint8 and many.descriptors.shape == (len(many.points), 128)
    assert len(many.points) > 300 and len(few.points) == 50
    assert (many.points[:, :2] >= 0).all() and (many.points[:, :2] <= [384, 288]).all()
    strongest = {point.tobytes() for point in few.points}
    assert len(strongest & {point.tobytes() for point in many.points[:60]}) >= 45


def test_every_kind_of_source_gives_the_same_features(tmp_path):
    photo, body = textured(), io.BytesIO()
    photo.save(body, "PNG")
    (tmp_path / "photo.png").write_bytes(body.getvalue())
    expected = extract(photo)
    for source in (tmp_path / "photo.png", body.getvalue(), np.asarray(photo)):
        found = extract(source)
        np.testing.assert_array_equal(found.points, expected.points)
        np.testing.assert_array_equal(found.descriptors, expected.descriptors)


def test_a_large_photo_works_at_the_size_asked_for():
    photo = textured(1, 1000, 500)
    assert (extract(photo).width, extract(photo).height) == (MAX_SIDE, MAX_SIDE // 2)
    found = extract(photo, max_side=200)
    assert (found.width, found.height) == (200, 100) and len(found.points) > 50
    assert resized(photo, 200).size == (200, 100)


def test_a_photo_turned_by_its_exif_has_the_features_of_the_upright_one():
    photo, body = textured(), io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # stored turned; shown after a quarter turn clockwise
    photo.transpose(Image.Transpose.ROTATE_90).save(body, "PNG", exif=exif)
    np.testing.assert_array_equal(extract(body.getvalue()).points, extract(photo).points)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 2), (9, 7), (200, 200), (3, 4000)])
def test_photos_without_corners_have_no_features(shape):
    found = extract(np.full((*shape, 3), 77, np.uint8))
    assert found.points.shape == (0, 4) and found.descriptors.shape == (0, 128)
    assert found.descriptors.dtype == np.uint8 and found.width >= 1 and found.height >= 1


def test_thumbnails_are_enlarged_so_that_they_have_features():
    thumbnail = textured(3, 96, 72)
    assert extract(thumbnail).width == 384 and len(extract(thumbnail).points) > 50


@settings(deadline=None, max_examples=8)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 9))
def test_tiny_noise_never_breaks_it(width, height, seed):
    found = extract(np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8))
    assert len(found.points) == len(found.descriptors)


def test_what_is_no_photo_is_refused_by_name(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff" + b"x" * 100)
    for source in (tmp_path / "broken.jpg", tmp_path / "missing.jpg"):
        with pytest.raises(InputError, match=source.name):
            extract(source)
    for arguments in ({"max_side": 3}, {"max_features": 0}):
        with pytest.raises(InputError, match="needs at least"):
            extract(textured(), **arguments)


def test_threads_find_what_one_finds():
    photos = [textured(seed, 160, 120) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(extract, photos))
    for photo, found in zip(photos, together, strict=True):
        np.testing.assert_array_equal(found.descriptors, extract(photo).descriptors)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 99), st.floats(0.1, 10))
def test_root_sift_is_the_root_of_the_shares(seed, scale):
    sift = np.random.default_rng(seed).gamma(0.5, 20, (4, 128))
    got = root_sift(sift * scale).astype(float)
    expected = np.sqrt(sift / np.abs(sift).sum(1, keepdims=True)) * 512
    assert np.abs(got - np.minimum(expected, 255)).max() <= 0.51
    assert (root_sift(np.zeros((2, 128))) == 0).all()


def test_without_opencv_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtra, match=r"photoplanet\[retrieval\]"):
        extract(textured())
