import numpy as np
import pytest
from PIL import Image

from photoplanet.training.near_duplicates.distortions import DISTORTIONS, distort

SIZES = [(160, 120), (1, 1), (3, 200), (64, 17)]


def picture(size, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", DISTORTIONS)
def test_each_gives_a_photo_of_its_own_and_leaves_the_first_alone(name, size):
    image = picture(size)
    before = image.tobytes()
    for seed in range(6):
        copy = DISTORTIONS[name](image, np.random.default_rng(seed))
        again = DISTORTIONS[name](image, np.random.default_rng(seed))
        assert copy.mode == "RGB"
        assert min(copy.size) >= 1
        assert (copy.size, copy.tobytes()) == (again.size, again.tobytes())  # the same draw, the same copy
    assert image.tobytes() == before


def difference(a, b):
    values = [np.asarray(image.resize((40, 30)), float) for image in (a, b)]
    return np.abs(values[0] - values[1]).mean()


@pytest.mark.parametrize("name", DISTORTIONS)
def test_each_changes_the_photo_and_keeps_what_it_shows(name):
    image, other = picture((160, 120)), picture((160, 120), 1)
    for seed in range(8):
        copy = DISTORTIONS[name](image, np.random.default_rng(seed))
        assert copy.size != image.size or copy.tobytes() != image.tobytes()
        upright = copy.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if name == "mirror" else copy
        if name not in ("grey", "crop", "light"):  # these move or pale everything, as far as pixels go
            assert difference(upright, image) < 0.8 * difference(other, image)


def test_a_mirrored_photo_mirrored_is_the_photo():
    image, rng = picture((50, 40)), np.random.default_rng(0)
    assert DISTORTIONS["mirror"](DISTORTIONS["mirror"](image, rng), rng).tobytes() == image.tobytes()


def test_several_at_once():
    image = picture((160, 120))
    copies = [distort(image, np.random.default_rng(seed)) for seed in range(20)]
    assert len({(copy.size, copy.tobytes()) for copy in copies}) >= 15
    assert all(min(copy.size) >= 16 for copy in copies)


def drawn(name, measure):
    """The least and the most of a measure of many distorted copies of a large photo."""
    image = Image.new("RGB", (1000, 1000), "grey")
    values = [measure(DISTORTIONS[name](image, np.random.default_rng(seed))) for seed in range(300)]
    return min(values), max(values)


# As docs/duplicates.md has them; 300 draws come within a few per cent of both ends.
@pytest.mark.parametrize(
    ("name", "measure", "least", "most"),
    [
        ("crop", lambda copy: copy.width / 1000, 0.70, 0.95),
        ("scale", lambda copy: copy.height / 1000, 0.25, 0.75),
        ("border", lambda copy: copy.width / 1000, 1.0, 1.24),
        ("light", lambda copy: copy.convert("L").getpixel((0, 0)) / 128, 0.6, 1.5),
    ],
)
def test_distortions_reach_their_documented_bounds_and_no_further(name, measure, least, most):
    low, high = drawn(name, measure)
    slack = 0.05 * (most - least)
    assert least - 0.01 <= low <= least + slack
    assert most - slack <= high <= most + 0.01
