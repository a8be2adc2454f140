import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from photoplanet.errors import InputError
from photoplanet.retrieval.local_features.visual_words import InvertedIndex, Vocabulary, words_for


def clouds(seed=0, clusters=12, each=40):
    """Descriptors in well separated clouds, and which cloud each is of."""
    rng = np.random.default_rng(seed)
    centers = rng.integers(20, 200, (clusters, 128))
    label = np.repeat(np.arange(clusters), each)
    return np.clip(centers[label] + rng.normal(0, 3, (len(label), 128)), 0, 255).astype(np.uint8), label


def test_words_are_the_clouds_that_descriptors_lie_in():
    descriptors, label = clouds()
    vocabulary = Vocabulary.train(descriptors, 48)
    words = vocabulary.assign(descriptors)[:, 0]
    assert words.dtype == np.int32 and len(vocabulary) <= 48
    clouds_of_word = [len(set(label[words == word])) for word in np.unique(words)]
    assert np.mean(np.equal(clouds_of_word, 1)) > 0.9


def test_assign_finds_the_nearest_centres():
    rng = np.random.default_rng(1)
    descriptors = rng.integers(0, 256, (3000, 128), dtype=np.uint8)
    for words, least in ((60, 1.0), (900, 0.6)):  # up to 8 lists are searched whole; noise is the worst case beyond
        vocabulary = Vocabulary.train(descriptors, words)
        got = vocabulary.assign(descriptors[:200], 2)
        apart = ((descriptors[:200, None].astype(float) - vocabulary.centers) ** 2).sum(axis=2)
        assert got.shape == (200, 2)
        near = np.take_along_axis(apart, got.astype(np.int64), axis=1)
        nearly = 1 + 1e-5  # centres as far to seven digits may come in either order
        assert (near[:, 0] <= nearly * apart.min(axis=1)).mean() >= least
        assert (near[:, 0] <= nearly * near[:, 1]).all()


def test_the_same_descriptors_and_seed_give_the_same_words():
    descriptors, _ = clouds()
    first, again = Vocabulary.train(descriptors, 40, seed=3), Vocabulary.train(descriptors, 40, seed=3)
    np.testing.assert_array_equal(first.centers, again.centers)
    assert not np.array_equal(first.centers, Vocabulary.train(descriptors, 40, seed=4).centers)


@pytest.mark.parametrize("count", [1, 2, 3, 30])
def test_few_or_equal_descriptors_make_a_vocabulary_too(count):
    descriptors, _ = clouds(2, 30, 1)
    for given_ones in (descriptors[:count], np.repeat(descriptors[:1], count, axis=0)):
        vocabulary = Vocabulary.train(given_ones, 8)
        words = vocabulary.assign(given_ones, 3)
        assert 1 <= len(vocabulary) <= 8
        assert words.shape == (count, 3) and (words[:, 0] >= 0).all() and words.max() < len(vocabulary)
    assert vocabulary.assign(descriptors[:0], 3).shape == (0, 3)
    with pytest.raises(InputError, match="add photos"):
        Vocabulary.train(descriptors[:0], 8)


def test_a_larger_library_has_more_words_up_to_a_limit():
    counts = [words_for(n) for n in (0, 1, 1000, 100_000, 10**9)]
    assert counts == sorted(counts) and counts[0] == 1 and counts[2] == 50 and counts[-1] == 16_384


PHOTOS = st.lists(st.lists(st.integers(-1, 9), max_size=40), min_size=1, max_size=12)


@settings(deadline=None, max_examples=30)
@given(PHOTOS, st.lists(st.integers(-1, 9), max_size=40))
def test_scores_are_those_of_a_plain_tf_idf(photos, query):
    index = InvertedIndex.build((np.array(words, np.int32) for words in photos), 10)
    table = np.array([[words.count(word) for word in range(10)] for words in photos], float)
    frequency = (table > 0).sum(axis=0)
    idf = np.log(1 + len(photos) / np.maximum(frequency, 1))
    asked = np.array([[query.count(word) for word in range(10)]], float)
    expected = cosine_similarity(np.sqrt(asked) * idf, np.sqrt(table) * idf)[0]
    rows, scores = index.search(np.array(query, np.int32), 5)
    assert rows.dtype == np.int64 and scores.dtype == np.float32
    assert len(rows) == min(5, (expected > 0).sum())
    np.testing.assert_allclose(scores, expected[rows], rtol=1e-4)
    np.testing.assert_allclose(scores, np.sort(expected)[::-1][: len(rows)], rtol=1e-4)


def test_a_word_of_a_hundred_windows_counts_less_than_ten_different_ones():
    photos = [np.zeros(100, np.int32), np.arange(10, dtype=np.int32)]
    rows, scores = InvertedIndex.build(photos, 10).search(np.r_[np.zeros(100, int), np.arange(1, 10)], 2)
    assert rows.tolist() == [0, 1] and scores[1] > 0.6  # by plain counts it would be 0.1


def test_an_index_takes_a_stream_and_any_shape_and_says_what_is_wrong():
    index = InvertedIndex.build(iter([np.array([[1, -1], [2, 3]]), np.zeros((0, 1), np.int32)]), 4)
    assert index.photos == 2 and index.search(np.array([3]), 9)[0].tolist() == [0]
    assert index.search(np.zeros(0, np.int32), 3)[0].shape == (0,)
    assert InvertedIndex.build(iter([]), 4).search(np.array([1]), 3)[0].shape == (0,)
    with pytest.raises(InputError, match="photo 1: word 4 of a vocabulary of 4"):
        InvertedIndex.build([np.array([0]), np.array([4])], 4)


def test_saved_and_read_again_they_answer_the_same(tmp_path):
    descriptors, _ = clouds()
    vocabulary = Vocabulary.train(descriptors, 40)
    photos = [vocabulary.assign(part) for part in np.array_split(descriptors, 15)]
    index = InvertedIndex.build(photos, len(vocabulary))
    vocabulary.save(tmp_path / "words.npy")
    index.save(tmp_path / "inverted.npz")
    read, again = Vocabulary.load(tmp_path / "words.npy"), InvertedIndex.load(tmp_path / "inverted.npz")
    np.testing.assert_array_equal(read.assign(descriptors, 3), vocabulary.assign(descriptors, 3))
    for one, other in zip(index.search(photos[3], 10), again.search(photos[3], 10), strict=True):
        np.testing.assert_array_equal(one, other)
    assert again.nbytes == index.nbytes >= 5 * len(index.rows)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inverted.npz", "words.npy"]


def npy(values, **others):
    body = io.BytesIO()
    np.savez(body, **values) if isinstance(values, dict) else np.save(body, values)
    return body.getvalue()


INDEX = {"offsets": np.array([0, 1, 2]), "rows": np.int32([0, 1]), "counts": np.uint8([1, 1]), "photos": np.int64(2)}
DAMAGED = [
    b"", b"junk" * 50, npy(np.zeros(3)), npy(np.zeros((4, 128), np.float64)), npy(np.ones((2, 128), np.float32)),
    npy(np.full((9, 128), np.nan, np.float32)), npy(np.full((9, 128), 8, np.float32)), npy(np.array([{}], object)),
    npy({"offsets": np.zeros(3)}), npy(INDEX)[:-30], npy(INDEX | {"rows": np.int32([0, 7])}),
    npy(INDEX | {"rows": np.int32([0, -1])}), npy(INDEX | {"offsets": np.array([0, 5, 2])}),
    npy(INDEX | {"offsets": np.array([0, 1, 9])}), npy(INDEX | {"photos": np.int64(-3)}),
    npy(INDEX | {"counts": np.uint8([1])}), npy(INDEX | {"rows": np.array([{}, {}], object)}),
]  # fmt: skip


@pytest.mark.parametrize("body", DAMAGED, ids=range(len(DAMAGED)))
def test_damaged_files_are_refused_by_name(tmp_path, body):
    for read, name in ((Vocabulary.load, "words.npy"), (InvertedIndex.load, "inverted.npz")):
        (tmp_path / name).write_bytes(body)
        with pytest.raises(InputError, match=name):
            read(tmp_path / name)
        with pytest.raises(InputError, match="build it first"):
            read(tmp_path / "missing")
