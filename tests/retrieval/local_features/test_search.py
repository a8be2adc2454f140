import numpy as np
import pytest
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.retrieval.local_features.root_sift import Features, extract
from photoplanet.retrieval.local_features.search import LocalMatch, build, draw

NONE = Features(np.zeros((0, 4), np.float32), np.zeros((0, 128), np.uint8), 10, 10)


def textured(seed):
    """A photo full of corners: blocks of several sizes."""
    rng, total = np.random.default_rng(seed), np.zeros((210, 280, 3))
    for cell in (8, 20, 48):
        total += np.kron(rng.integers(0, 256, (30, 40, 3)), np.ones((cell, cell, 1)))[:210, :280] / 3
    return Image.fromarray(total.astype(np.uint8))


def warped(photo, turn=8.0, zoom=1.2):
    """The same wall from elsewhere: turned, nearer, darker."""
    turned = photo.rotate(turn, Image.Resampling.BICUBIC, fillcolor=(90, 90, 90))
    w, h = turned.size
    cut = turned.crop((int(w * 0.08), int(h * 0.08), int(w * 0.92), int(h * 0.92)))
    return cut.resize((int(w * 0.84 * zoom), int(h * 0.84 * zoom)), Image.Resampling.BICUBIC).point(lambda v: v * 0.8)


@pytest.fixture(scope="module")
def photos():
    return [textured(seed) for seed in range(8)]


@pytest.fixture(scope="module")
def library(photos):
    return [extract(photo, max_features=400) for photo in photos]


@pytest.fixture(scope="module")
def index(library):
    return build(library.__getitem__, len(library))


def test_another_view_of_a_place_is_found_and_trusted_and_nothing_else_is(index, photos):
    for row in (0, 5, 7):
        matches = index.search(extract(warped(photos[row])), k=4)
        assert [match.row for match in matches if match.trusted] == [row] and matches[0].row == row
        assert matches[0].inliers == len(matches[0].pairs) > 50 > matches[1].inliers


def test_a_place_that_is_not_in_the_library_has_no_trusted_match(index, photos):
    matches = index.search(extract(textured(99)), k=20)
    assert matches and not any(match.trusted for match in matches)
    assert [match.inliers for match in matches] == sorted((match.inliers for match in matches), reverse=True)
    assert not any(match.trusted for match in index.search(extract(photos[3]), exclude=[3]))


def test_what_is_left_out_never_comes_back_and_takes_nobodys_room(index, library):
    matches = index.search(library[3], k=12, candidates=2, exclude=np.array([3]))
    assert len(matches) == 2 and 3 not in [match.row for match in matches]


def test_the_answer_does_not_depend_on_threads(index, library):
    one, four = (index.search(library[2], threads=threads) for threads in (1, 4))
    assert [match[:4] for match in one] == [match[:4] for match in four]


def test_libraries_of_two_photos_and_photos_without_features(photos, library):
    counted = []
    two = build([library[0], NONE].__getitem__, 2, advance=lambda count=1, note="": counted.append(count))
    assert sum(counted) == 2
    best = two.search(extract(warped(photos[0])))
    assert [match.row for match in best] == [0] and best[0].trusted
    assert two.search(NONE) == []
    for nothing in ([NONE, NONE], []):
        with pytest.raises(InputError, match="local features; add photos"):
            build(nothing.__getitem__, len(nothing))


def test_a_match_is_drawn_as_lines_between_both_photos(photos, library, index):
    other = warped(photos[4])
    found = extract(other, max_features=400)
    match = index.search(found)[0]
    picture = draw(other, photos[4], match, found, library[4])
    assert picture.mode == "RGB" and picture.size == (found.width + 8 + library[4].width, library[4].height)
    bare = draw(other, photos[4], match._replace(pairs=match.pairs[:0]), found, library[4])
    changed = (np.asarray(picture) != np.asarray(bare)).any(axis=2)
    a, b = match.pairs[0]
    x, y = found.points[a, :2]
    u, v = library[4].points[b, :2] + [found.width + 8, 0]
    middle = changed[int((y + v) / 2) - 2 : int((y + v) / 2) + 3, int((x + u) / 2) - 2 : int((x + u) / 2) + 3]
    assert middle.any() and 0.001 < changed.mean() < 0.9


def test_a_drawing_finds_the_features_again_and_refuses_a_match_of_others(photos):
    found = extract(photos[1])
    same = LocalMatch(0, 3, 1.0, True, np.int32([[0, 0], [5, 5], [9, 9]]))
    assert draw(photos[1], photos[1], same).tobytes() == draw(photos[1], photos[1], same, found, found).tobytes()
    with pytest.raises(InputError, match="other features"):
        draw(photos[1], photos[1], same._replace(pairs=np.int32([[0, 99_999]])))
