"""What docs/local-features.md promises in figures: each test fails when the figure moves."""

import numpy as np
import pytest
from PIL import Image

from photoplanet.retrieval.local_features.root_sift import Features, extract, resized
from photoplanet.retrieval.local_features.search import LocalIndex, train_vocabulary
from photoplanet.retrieval.local_features.verification import NOTHING, alike, match, overlay, trusted, verify
from photoplanet.retrieval.local_features.visual_words import InvertedIndex, words_for

WIDTH, HEIGHT = 800, 600


def described(rng, count):
    values = rng.gamma(0.5, 1, (count, 128))
    return np.clip(np.sqrt(values / values.sum(axis=1, keepdims=True)) * 512, 0, 255).astype(np.uint8)


def features(places, descriptors):
    points = np.column_stack([places, np.full(len(places), 5.0), np.zeros(len(places))])
    return Features(points.astype(np.float32), descriptors, WIDTH, HEIGHT)


def noise(seed, width, height):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize(("near", "matches"), [(84, True), (86, False)])
def test_a_match_is_nearer_than_85_per_cent_of_the_second_nearest(near, matches):
    query, other = np.zeros((2, 128), np.uint8), np.zeros((3, 128), np.uint8)
    other[0, 0], other[1, 1] = near, 100  # how far two features are from the query's first
    query[1, 5] = other[2, 5] = 255  # and one that has its own
    assert ([0, 0] in match(query, other).tolist()) == matches


@pytest.mark.parametrize(("turn", "zoom", "agrees"), [(29, 0, True), (31, 0, False), (0, 1.45, True), (0, 1.55, False)])
def test_matches_are_turned_by_30_degrees_and_zoomed_by_an_octave_and_a_half_at_most(turn, zoom, agrees):
    here = np.tile(np.float32([0, 0, 4, 0]), (6, 1))
    there = here.copy()
    there[5, 3], there[5, 2] = turn, 4 * 2**zoom
    assert alike(here, there).tolist() == [*[True] * 5, agrees]


def grid():
    """A feature in each of the 8 × 8 squares."""
    column, row = np.meshgrid(np.arange(8) + 0.5, np.arange(8) + 0.5)
    return np.column_stack([column.ravel() * WIDTH / 8, row.ravel() * HEIGHT / 8])


@pytest.mark.parametrize(("share", "dropped"), [(0.014, True), (0.016, False)])
def test_what_moves_less_than_one_and_a_half_per_cent_of_a_side_travels_with_the_camera(share, dropped):
    looks = np.zeros((64, 128), np.uint8)
    moved = features(grid() + np.array([share * WIDTH, 0]), looks)
    assert overlay(features(grid(), looks), moved, np.int32([[7, 7]])).tolist() == [dropped]


@pytest.mark.parametrize(("squares", "dropped"), [(19, True), (20, False)])
def test_what_stays_in_less_than_30_per_cent_of_the_squares_is_a_logo_and_in_more_a_copy(squares, dropped):
    photo = features(grid(), np.zeros((64, 128), np.uint8))
    pairs = np.column_stack([np.arange(squares)] * 2).astype(np.int32)
    assert overlay(photo, photo, pairs).all() == dropped


@pytest.mark.parametrize(("count", "kind"), [(7, ""), (8, "homography")])
def test_no_model_is_fitted_to_fewer_than_eight_matches(count, kind):
    rng = np.random.default_rng(3)
    places, looks = rng.uniform([0, 0], [WIDTH - 60, HEIGHT - 60], (count, 2)), described(rng, count)
    found = verify(features(places, looks), features(places + np.array([40, 25]), looks))
    assert found.kind == kind and found.matched == count


@pytest.mark.parametrize(("off", "most"), [(1.0, 60), (8.0, 52)])
def test_an_inlier_lies_within_three_pixels(off, most):
    rng = np.random.default_rng(4)
    places, looks = rng.uniform([0, 0], [WIDTH - 60, HEIGHT - 60], (60, 2)), described(rng, 60)
    angle = rng.uniform(0, 2 * np.pi, 20)
    there = places + np.array([40, 25])
    there[:20] += off * np.column_stack([np.cos(angle), np.sin(angle)])
    inliers = verify(features(places, looks), features(there, looks)).inliers
    assert most - 12 < inliers <= most


def test_a_match_needs_15_details_that_agree_and_30_per_cent_of_those_that_matched():
    asked = [(15, 50), (15, 51), (14, 14), (30, 100), (29, 100)]
    answers = [trusted(NOTHING._replace(inliers=inliers, matched=matched)) for inliers, matched in asked]
    assert answers == [True, False, False, True, False]


def test_photos_are_resized_to_720_pixels_and_small_ones_enlarged_to_384_fourfold_at_most():
    sizes = {(1440, 1000): (720, 500), (720, 10): (720, 10), (100, 50): (384, 192), (60, 40): (240, 160)}
    assert {size: resized(Image.new("L", size)).size for size in sizes} == sizes


def test_a_photo_has_1000_features_at_most():
    assert len(extract(noise(1, 720, 540)).points) == 1000


def test_a_strip_of_more_than_fifty_to_one_has_none():
    assert len(extract(noise(2, 700, 14)).points) > 0
    assert len(extract(noise(2, 714, 14)).points) == 0


def test_faint_details_count_those_of_old_prints():
    blobs = np.full((300, 400), 120.0)
    y, x = np.mgrid[:300, :400]
    for cy in range(30, 300, 40):
        for cx in range(30, 400, 40):
            blobs += 20 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 50)
    found = extract(Image.fromarray(blobs.astype(np.uint8)))
    assert len(found.points) >= 50


def test_the_20_photos_with_most_words_in_common_are_verified_three_words_for_each_detail_of_the_query():
    rng = np.random.default_rng(5)
    shared = described(rng, 30)
    photos = [features(rng.uniform(0, 500, (30, 2)), np.concatenate([shared[:20], described(rng, 10)]))
              for _ in range(25)]  # fmt: skip
    vocabulary = train_vocabulary(photos.__getitem__, len(photos), words=40)
    words = [vocabulary.assign(photo.descriptors) for photo in photos]
    inverted = InvertedIndex.build(words, len(vocabulary))
    query = features(rng.uniform(0, 500, (30, 2)), shared)
    found = LocalIndex(photos.__getitem__, vocabulary, inverted).search(query, k=100)
    rows, scores = inverted.search(vocabulary.assign(query.descriptors, 3), 20)
    assert {each.row: each.score for each in found} == pytest.approx(dict(zip(rows.tolist(), scores, strict=True)))
    assert len(found) == 20


def test_a_trusted_match_stands_before_one_with_more_details_of_which_most_disagree():
    rng = np.random.default_rng(6)
    good, doubtful = described(rng, 20), described(rng, 120)
    place_good, place_doubtful = rng.uniform(50, 500, (20, 2)), rng.uniform(50, 500, (120, 2))
    elsewhere = np.concatenate([place_doubtful[:25] + np.array([40, 25]), rng.uniform(50, 500, (95, 2))])
    photos = [features(elsewhere, doubtful), features(place_good + np.array([60, -20]), good)]
    query = features(np.concatenate([place_good, place_doubtful]), np.concatenate([good, doubtful]))
    vocabulary = train_vocabulary(photos.__getitem__, 2, words=30)
    inverted = InvertedIndex.build([vocabulary.assign(photo.descriptors) for photo in photos], len(vocabulary))
    first, second = LocalIndex(photos.__getitem__, vocabulary, inverted).search(query)
    assert (first.row, first.trusted, second.trusted) == (1, True, False) and second.inliers > first.inliers


def test_a_vocabulary_is_trained_on_4000_photos_at_most_and_has_a_word_for_20_details():
    asked = []

    def one(row):
        asked.append(row)
        return Features(np.zeros((1, 4), np.float32), described(np.random.default_rng(row % 50), 1), 100, 100)

    train_vocabulary(one, 5000, words=4)
    assert len(asked) == len(set(asked)) == 4000
    assert (words_for(19), words_for(40), words_for(20 * 16_384), words_for(10**9)) == (1, 2, 16_384, 16_384)
