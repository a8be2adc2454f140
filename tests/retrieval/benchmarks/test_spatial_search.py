"""Views and patches, whitening and the distance between sets of patches, by properties and by loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.photos.decode import Preprocessing
from photoplanet.retrieval.benchmarks import spatial_search as ss

SMALL = Preprocessing(size=16, fit="squash")


@given(st.integers(1, 6))
def test_patches_of_each_level_cover_the_photo(levels):
    views = ss.patches(levels)
    assert len(views) == sum(level**2 for level in range(1, levels + 1))
    covered = np.zeros((levels, 60, 60), int)
    start = 0
    for level in range(1, levels + 1):
        for _, (left, top, right, bottom) in views[start : start + level**2]:
            assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1
            assert right - left == pytest.approx(2 / (level + 1)) == bottom - top
            box = [round(60 * edge) for edge in (left, top, right, bottom)]
            covered[level - 1, box[1] : box[3], box[0] : box[2]] += 1
        start += level**2
    assert (covered >= 1).all()


def test_the_paper_needs_30_and_14_patches():
    assert (len(ss.patches(ss.REFERENCE_LEVELS)), len(ss.patches(ss.QUERY_LEVELS))) == (30, 14)
    for levels in (0, 11):
        with pytest.raises(InputError):
            ss.patches(levels)


@given(st.integers(0, 1000), st.integers(1, 5), st.integers(1, 4), st.integers(1, 300))
def test_distance_is_the_mean_of_the_least(seed, query_patches, patches, photos):
    random = np.random.default_rng(seed)
    query, references = random.normal(0, 1, (query_patches, 3)), random.normal(0, 1, (photos, patches, 3))
    slow = [
        sum(min(np.linalg.norm(mine - theirs) for theirs in reference) for mine in query) / query_patches
        for reference in references[:10]
    ]
    found = ss.spatial(query, references)
    assert found.shape == (photos,) and found[:10] == pytest.approx(slow, abs=1e-4)


def test_the_same_patches_have_no_distance_and_shapes_are_checked():
    patches = np.random.default_rng(0).normal(0, 1, (4, 5))
    assert ss.spatial(patches[:2], patches[None]) == pytest.approx([0], abs=1e-6)
    with pytest.raises(InputError):
        ss.spatial(patches, patches)


def test_whitened_features_have_unit_variance_and_no_correlation():
    random = np.random.default_rng(0)
    features = random.normal(0, 1, (500, 6)) @ random.normal(0, 1, (6, 6)) + 3
    whitening = ss.train_whitening(features)
    white = (ss.unit(features) - whitening.center) @ whitening.projection
    assert np.cov(white, rowvar=False) == pytest.approx(np.eye(white.shape[1]), abs=1e-2)
    assert ss.train_whitening(features, dimensions=2).projection.shape == (6, 2)
    assert ss.train_whitening(features[:9]).projection.shape[1] == 2


def test_whitening_with_few_photos_keeps_what_is_alike_together(monkeypatch):
    """More dimensions than photos: whitened to all of them, every photo would be equally far from every other."""
    random = np.random.default_rng(0)
    kinds = random.normal(0, 1, (4, 100))
    features = (kinds[:, None] + random.normal(0, 0.1, (4, 6, 100))).reshape(24, 100)
    same = np.arange(24)[:, None] // 6 == np.arange(24) // 6

    def ratio():
        white = ss.processed(features, ss.train_whitening(features))
        away = np.linalg.norm(white[:, None] - white[None], axis=-1)
        return away[same & ~np.eye(24, dtype=bool)].mean() / away[~same].mean()

    assert ratio() < 0.75
    monkeypatch.setattr(ss, "PHOTOS_PER_DIMENSION", 1)
    assert ratio() > 0.95


def test_processing_ends_with_the_signed_square_of_unit_vectors():
    features = np.random.default_rng(0).normal(0, 1, (50, 4)) * [4, 3, 2, 1]
    white = ss.processed(features, ss.train_whitening(features))
    assert np.sqrt(np.abs(white)).shape == (50, 4)
    assert np.linalg.norm(np.sqrt(np.abs(white)), axis=1) == pytest.approx(np.ones(50), abs=1e-5)
    assert (white < 0).any() and (white > 0).any()
    assert ss.processed(7 * features, ss.train_whitening(features)) == pytest.approx(
        white, abs=1e-5
    )  # length is nothing


def test_nothing_to_whiten_is_refused():
    for features in (np.ones((5, 3)), np.ones((1, 3))):
        with pytest.raises(InputError, match="whiten"):
            ss.train_whitening(features)


def test_views_show_their_part():
    photo = Image.new("RGB", (200, 100), "red")
    photo.paste("blue", (100, 0, 200, 100))
    left, right, whole = ss.cut(
        photo,
        [ss.View(0.0, (0, 0, 0.5, 1)), ss.View(0.0, (0.5, 0, 1, 1)), ss.View(0.0, ss.WHOLE)],
        SMALL,
    )
    # the outermost column is shrunk together with what lies beside the box
    assert (left[:, :-1] == [255, 0, 0]).all() and (right[:, 1:] == [0, 0, 255]).all()
    assert (whole[:, 0] == [255, 0, 0]).all() and (whole[:, -1] == [0, 0, 255]).all()


def test_the_query_box_is_in_pixels_of_the_photo_and_clipped_to_it(tmp_path):
    photo = Image.new("RGB", (400, 300), "red")
    photo.paste("blue", (100, 50, 300, 250))
    photo.save(tmp_path / "photo.png")
    for box in ((100, 50, 300, 250), (100.2, 49.9, 299.8, 250)):
        assert (ss.cut(tmp_path / "photo.png", ss.patches(1), SMALL, box) == [0, 0, 255]).all()
    assert (ss.cut(tmp_path / "photo.png", ss.patches(1), SMALL, (301, 0, 9999, 9999)) == [255, 0, 0]).all()
    with pytest.raises(InputError, match="outside its 400 × 300"):
        ss.cut(tmp_path / "photo.png", ss.patches(1), SMALL, (400, 0, 500, 100))
    with pytest.raises(InputError, match="no such file"):
        ss.cut(tmp_path / "none.png", ss.patches(1), SMALL)


def test_turned_views_have_no_black_corners():
    views = ss.jittered()
    assert {view.angle for view in views} == {0.0, ss.ROTATION, -ss.ROTATION}
    assert ss.cut(Image.new("RGB", (300, 300), "white"), views, SMALL).min() == 255


def test_augmentation_crops_to_four_fifths_and_turns_by_ten_degrees():
    views = ss.jittered()
    assert views[1].box == pytest.approx((0.1, 0.1, 0.9, 0.9))
    assert {(round(box[0], 9), round(box[1], 9)) for _, box in views[2:6]} == {(0, 0), (0, 0.2), (0.2, 0), (0.2, 0.2)}
    assert [view.angle for view in views[6:]] == [10, -10]


def test_whitening_keeps_500_dimensions_at_most_and_no_direction_of_noise():
    random = np.random.default_rng(0)
    assert ss.train_whitening(random.normal(size=(2400, 600))).projection.shape == (600, 500)
    # the largest direction has a deviation of 0.1, the second comes from unit length, the third has this share of 0.1
    for share, kept in ((0.5e-3, 2), (5e-3, 3)):
        rows = np.column_stack([np.ones(400), random.normal(size=(400, 2)) * [0.1, 0.1 * share]])
        assert ss.train_whitening(rows).projection.shape == (3, kept)
