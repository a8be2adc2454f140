import errno
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from photoplanet.core.cache import Cache
from photoplanet.duplicates import binary_codes
from photoplanet.errors import ModelError
from photoplanet.photos import decode


def picture(seed, size=(240, 180)):
    """A picture of its own: overlapping shapes in colours of one palette."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", size, tuple(map(int, rng.integers(0, 256, 3))))
    draw = ImageDraw.Draw(image)
    for _ in range(30):
        x, y, w, h = rng.uniform(0, 1, 4) * (*size, 80, 80)
        (draw.ellipse if rng.random() < 0.5 else draw.rectangle)(
            (x, y, x + w, y + h), tuple(map(int, rng.integers(0, 256, 3)))
        )
    return image


@pytest.fixture
def folder(tmp_path):
    for seed in range(6):
        picture(seed).save(tmp_path / f"{seed}.png")
    return tmp_path


def apart(a, b):
    return int(np.unpackbits(a ^ b).sum())


def test_near_duplicates_are_near_and_others_far(tmp_path):
    originals = [picture(seed) for seed in range(8)]
    changed = []
    for image in originals:
        image.save(tmp_path / "small.jpg", quality=20)
        with Image.open(tmp_path / "small.jpg") as file:
            small = file.convert("RGB")
        changed += [
            image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), image.resize((100, 75)), small, image.convert("L"),
            ImageEnhance.Brightness(image).enhance(0.8), image.crop((6, 5, 234, 175)),
        ]  # fmt: skip
    codes, bad = binary_codes.codes(originals, threads=1)
    copies, _ = binary_codes.codes(changed, threads=1)
    assert not bad
    rows, others, _ = binary_codes.find(copies, codes, binary_codes.facts()["threshold"])
    truth = np.repeat(np.arange(8), 6)
    assert np.isin(np.arange(48), rows).mean() >= 0.8  # 45 or more of 48, for three sets of pictures
    assert (truth[rows] == others).all()


def test_the_mirrored_photo_has_the_same_code():
    pixels = np.asarray(picture(3, (64, 64)))  # of the network's own size, so that nothing is resampled
    codes, _ = binary_codes.codes([pixels, pixels[:, ::-1]], threads=1)
    assert apart(*codes) <= 2  # sums in another order


def test_bytes_paths_and_arrays_have_one_code_and_bad_ones_are_named(folder):
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    sources = [
        folder / "1.png",
        folder / "bad.png",
        (folder / "1.png").read_bytes(),
        np.asarray(picture(1)),
        "gone.jpg",
    ]
    codes, bad = binary_codes.codes(sources, threads=1)
    assert codes.shape == (5, binary_codes.facts()["bits"] // 8)
    assert (codes[[2, 3]] == codes[0]).all()
    assert list(bad) == [1, 4]
    assert "bad.png" in bad[1]
    assert "gone.jpg" in bad[4]
    assert not codes[[1, 4]].any()


@pytest.fixture
def read(monkeypatch):
    """Counts the photos that are decoded."""
    seen = []
    load_many = decode.load_many

    def counting(sources, *args):
        for source, pixels in zip(sources := list(sources), load_many(sources, *args), strict=True):
            seen.append(source)
            yield pixels

    monkeypatch.setattr(decode, "load_many", counting)
    return seen


def test_codes_are_kept_until_the_file_changes(folder, read):
    paths = [str(folder / f"{seed}.png") for seed in range(6)]
    cache = binary_codes.place(folder / "photos.csv")
    assert cache.name == ".photos.csv.duplicates"
    assert binary_codes.missing(paths, cache) == 6
    first, _ = binary_codes.codes(paths[:4], 1, cache=cache)
    assert binary_codes.missing(paths, cache) == 2
    read.clear()
    counted = []
    codes, _ = binary_codes.codes(paths, 1, lambda count=1, note="": counted.append(count), cache)
    assert read == paths[4:]
    assert sum(counted) == 6
    assert (codes[:4] == first).all()
    picture(77).save(paths[0])
    read.clear()
    again, _ = binary_codes.codes(paths, 1, cache=cache)
    assert read == paths[:1]
    assert (again[1:] == codes[1:]).all()
    assert (again[0] != codes[0]).any()
    moved = folder.with_name("moved")
    folder.rename(moved)  # a folder that moves as a whole keeps its codes
    assert binary_codes.missing([str(moved / f"{seed}.png") for seed in range(6)], moved / cache.name) == 0


def test_a_stopped_run_goes_on_and_leaves_no_trace_of_photos_that_it_did_not_try(folder, read):
    (folder / "5.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    paths, cache = [str(folder / f"{seed}.png") for seed in range(6)], folder / ".codes"

    def stop(count=1, note=""):
        if count == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        binary_codes.codes(paths, 1, stop, cache)
    assert binary_codes.missing(paths, cache) == 5, "the first was coded; nothing is known of the others"
    codes, bad = binary_codes.codes(paths, 1, cache=cache)
    assert codes[:5].any(axis=1).all() and list(bad) == [5]
    read.clear()
    again, bad_again = binary_codes.codes(paths, 1, cache=cache)
    assert read == [] and (again == codes).all() and bad_again == bad, "what cannot be read is known, too"


def test_a_photo_that_is_away_for_a_moment_is_tried_again(folder, monkeypatch):
    paths, cache, opened = [str(folder / "1.png")], folder / ".codes", Path.open

    def failing(path, *args, **options):
        if path.name == "1.png":
            raise OSError(errno.EIO, "Input/output error")
        return opened(path, *args, **options)

    monkeypatch.setattr(Path, "open", failing)
    assert "Input/output error" in binary_codes.codes(paths, 1, cache=cache)[1][0]
    monkeypatch.setattr(Path, "open", opened)
    codes, bad = binary_codes.codes(paths, 1, cache=cache)
    assert codes.any() and not bad


@pytest.mark.parametrize("name", ["state.sqlite", "*.npy"])
@pytest.mark.parametrize("content", [b"", b"garbage" * 30])
def test_damaged_kept_codes_cost_time_only(folder, name, content):
    paths, cache = [str(folder / f"{seed}.png") for seed in range(3)], folder / ".codes"
    expected, _ = binary_codes.codes(paths, 1, cache=cache)
    (damaged,) = cache.glob(name)
    damaged.write_bytes(content)
    for _ in range(2):
        codes, bad = binary_codes.codes(paths, 1, cache=cache)
        assert not bad and (codes == expected).all()
    assert binary_codes.missing(paths, cache) == 0


def test_two_runs_at_a_time_both_get_their_codes(folder):
    paths, cache = [str(folder / f"{seed}.png") for seed in range(3)], folder / ".codes"
    first, _ = binary_codes.codes(paths[:2], 1, cache=cache)
    with Cache(cache, "another run that writes"):
        codes, bad = binary_codes.codes(paths, 1, cache=cache)
    assert not bad and (codes[:2] == first).all() and codes[2].any()


def test_a_cache_that_cannot_be_written_changes_nothing(folder):
    (folder / "file").write_text("not a folder")
    codes, bad = binary_codes.codes([str(folder / "1.png")], 1, cache=folder / "file")
    assert codes.any()
    assert not bad


def test_facts_that_do_not_fit_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(binary_codes, "NETWORK", tmp_path / "n.onnx")
    for text in ("", "[]", json.dumps({"bits": 7, "size": 64, "threshold": 3}), json.dumps({"bits": 256, "size": 64})):
        (tmp_path / "n.json").write_text(text)
        binary_codes.facts.cache_clear()
        with pytest.raises(ModelError, match="install photoplanet again"):
            binary_codes.facts()
    binary_codes.facts.cache_clear()
