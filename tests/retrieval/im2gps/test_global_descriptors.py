"""What each descriptor must see, worked out for pictures whose answer is known."""

import numpy as np
import pytest
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.retrieval.im2gps import geometric_context, gist
from photoplanet.retrieval.im2gps import global_descriptors as descriptors

SIDE = gist.SIDE


@pytest.fixture(scope="module")
def dictionary():
    random = np.random.default_rng(0)
    sources = [painted(random) for _ in range(12)]
    return descriptors.train(sources)


def painted(random):
    """A noisy picture with blocks, so that it has colours, corners and textures."""
    picture = random.integers(0, 255, (8, 8, 3)).astype(np.uint8).repeat(20, 0).repeat(20, 1)
    return np.clip(picture + random.normal(0, 12, picture.shape), 0, 255).astype(np.uint8)


def stripes(cycles, degrees):
    """A grey grating: `cycles` waves across the picture, the direction of its waves in degrees."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    angle = np.radians(degrees)
    return (0.5 + 0.4 * np.sin(2 * np.pi * cycles * (x * np.cos(angle) + y * np.sin(angle)))).astype(np.float32)


def test_filters_answer_to_their_own_scale_and_direction():
    for scale in range(gist.SCALES):
        for orientation in range(gist.ORIENTATIONS):
            cycles = SIDE * gist.FINEST / 2**scale
            fine, coarse = gist.respond(stripes(cycles, 180 * orientation / gist.ORIENTATIONS))
            energy = gist.gist(np.abs(fine), np.abs(coarse)).reshape(gist.SCALES, gist.ORIENTATIONS, -1).mean(-1)
            assert np.unravel_index(energy.argmax(), energy.shape) == (scale, orientation)


def test_half_sized_responses_are_every_second_of_the_full_ones():
    """Independent of the shortcut in the frequency domain: the same filters over the whole spectrum."""
    grey = np.random.default_rng(1).random((SIDE, SIDE), np.float32)
    _, coarse = gist.respond(grey)
    spectrum = np.fft.fft2(gist.evened(grey))
    for row in (0, 5, 11):
        whole = np.fft.ifft2(spectrum * gist.bank()[gist.FINE + row])[::2, ::2]
        assert np.abs(coarse[row] - whole).max() < 0.03 * np.abs(whole).max()


def test_gist_ignores_the_light_and_sees_where_things_are():
    def of(grey):
        fine, coarse = gist.respond(grey)
        return gist.gist(np.abs(fine), np.abs(coarse))

    left = np.full((SIDE, SIDE), 0.5, np.float32)
    left[:, :64] = stripes(16, 0)[:, :64]
    bright, mirrored = of(left), of(left[:, ::-1])
    dim = of(left * 0.6)
    assert np.linalg.norm(bright - dim) < 0.3 * np.linalg.norm(bright - mirrored)
    grid = bright.reshape(-1, gist.GRID, gist.GRID)
    assert grid[:, :, 0].sum() > 3 * grid[:, :, -1].sum()


def test_pooling_is_the_mean_of_equal_parts():
    picture = np.arange(SIDE * SIDE, dtype=np.float32).reshape(1, SIDE, SIDE)
    assert gist.pooled(picture, 8)[0] == pytest.approx(picture.reshape(8, 16, 8, 16).mean((1, 3)), rel=1e-5)
    assert gist.pooled(picture, 5).mean() == pytest.approx(picture.mean(), rel=1e-5)  # borders are shared by area


def test_geometric_context_tells_sky_ground_and_leaves():
    random = np.random.default_rng(0)
    photo = np.zeros((SIDE, SIDE, 3), np.uint8)
    photo[:60] = (130, 180, 250)
    photo[60:] = (150, 130, 100)
    photo[40:80, 80:] = random.integers(0, 60, (40, 48, 1)) + np.array([20, 90, 10])
    fine, _ = gist.respond(descriptors.grey(photo))
    found = geometric_context.probabilities(photo, np.abs(fine))
    assert found.sum(axis=0) == pytest.approx(np.ones(found.shape[1:]), abs=1e-5)
    parts = dict(zip(geometric_context.CLASSES, found, strict=True))
    assert parts["sky"][1:8, 2:16].mean() > 0.7
    assert parts["ground"][-8:, 2:16].mean() > 0.7
    assert parts["porous"][12:18, 22:30].mean() > parts["porous"][-8:].mean()


def test_lines_see_angle_and_length():
    photo = np.full((SIDE, SIDE, 3), 255, np.uint8)
    photo[:, 60:64] = 0  # one bar: two long vertical edges
    angles, lengths = descriptors.line_histograms(photo).reshape(2, -1)
    vertical = round(descriptors.LINE_BINS / 2 + 1e-9)
    assert angles.argmax() in (vertical, vertical - 1) and angles.max() > 0.8 * angles.sum()
    assert lengths.argmax() >= descriptors.LINE_BINS - 2
    assert angles.sum() == pytest.approx(2 * SIDE / (4 * SIDE), rel=0.15)
    turned = descriptors.line_histograms(np.ascontiguousarray(photo.transpose(1, 0, 2))).reshape(2, -1)[0]
    assert turned.argmax() == 0
    assert not descriptors.line_histograms(np.full((SIDE, SIDE, 3), 90, np.uint8)).any()


def test_records_of_flat_colour(dictionary):
    record = descriptors.describe([np.full((50, 70, 3), 255, np.uint8)], dictionary)
    assert record["usable"].all()
    tiny = descriptors.decoded(record, "tiny")[0].reshape(3, -1)
    assert (tiny[0] == 1).all() and tiny[1:] == pytest.approx(np.full((2, 256), 128 / 255))  # white: L 100, a = b = 0
    for name in descriptors.HISTOGRAMS[:2]:
        shares = descriptors.decoded(record, name)[0]
        assert np.sort(shares)[-1] == 1 and shares.sum() == 1  # one colour, one texton
    assert (record["words"] == descriptors.NO_WORD).all()


def test_part_histograms_add_up_to_the_whole(dictionary):
    record = descriptors.describe([painted(np.random.default_rng(5))], dictionary)
    for whole, part in (("colour", "part_colour"), ("textons", "part_textons")):
        summed = descriptors.decoded(record, part)[0].reshape(4, -1).sum(0)
        assert summed == pytest.approx(descriptors.decoded(record, whole)[0], abs=0.01)


def test_textons_are_the_nearest_centres(dictionary):
    texture = gist.texture(gist.respond(descriptors.grey(painted(np.random.default_rng(9))[:SIDE, :SIDE]))[0])[::37]
    distances = ((texture[:, None] - dictionary.textons[None]) ** 2).sum(-1)
    assert (descriptors.nearest_textons(texture, dictionary.textons) == distances.argmin(1)).all()


def test_unreadable_photos_are_marked_and_the_rest_goes_on(dictionary, tmp_path):
    Image.fromarray(painted(np.random.default_rng(2))).save(tmp_path / "good.png")
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff no photo")
    records = descriptors.describe([tmp_path / "bad.jpg", tmp_path / "good.png", tmp_path / "none.jpg"], dictionary)
    assert records["usable"].tolist() == [False, True, False]
    with pytest.raises(InputError, match="none of 1 photos"):
        descriptors.train([tmp_path / "bad.jpg"])


def test_a_dictionary_is_read_as_it_was_written_and_damage_is_named(dictionary, tmp_path):
    assert descriptors.read(tmp_path) is None
    descriptors.save(dictionary, tmp_path)
    again = descriptors.read(tmp_path)
    photo = painted(np.random.default_rng(4))
    assert (descriptors.describe([photo], again) == descriptors.describe([photo], dictionary)).all()
    whole = (tmp_path / "textons.npy").read_bytes()
    for damaged in (whole[:-50], b"", b"junk" * 40):
        (tmp_path / "textons.npy").write_bytes(damaged)
        with pytest.raises(InputError, match=r"textons\.npy"):
            descriptors.read(tmp_path)
    np.save(tmp_path / "textons.npy", np.zeros((3, 5), np.float32))
    with pytest.raises(InputError, match="not a texton dictionary"):
        descriptors.read(tmp_path)
