"""Decoding on the GPU, with a stand-in for nvJPEG that decodes on the CPU: which photos go there, and their pixels."""

from contextlib import closing

import numpy as np
import pytest
import torch
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.photos import decode
from photoplanet.photos.decode import Preprocessing
from photoplanet.training import device_resize, recipes
from photoplanet.training.cuda_decoding import CudaDecoding, nvjpeg
from photoplanet.training.data import LabelledPhotos, Loader

CPU = torch.device("cpu")


@pytest.fixture
def photos(tmp_path):
    """Photos that go to the GPU, and one of every kind that does not; and how many do."""
    smooth = np.random.default_rng(0).integers(0, 255, (9, 12, 3), np.uint8)
    image = Image.fromarray(smooth).resize((320, 240), Image.Resampling.BICUBIC)
    turned = Image.Exif()
    turned[decode.ORIENTATION] = 6
    saved = {
        "a.jpg": {}, "b.jpg": {"subsampling": 0, "quality": 97}, "turned.jpg": {"exif": turned},
        "progressive.jpg": {"progressive": True}, "c.png": {}, "large.jpg": {},
    }  # fmt: skip
    for name, how in saved.items():
        (image.resize((2000, 1500)) if name == "large.jpg" else image).save(tmp_path / name, **how)
    image.convert("L").save(tmp_path / "grey.jpg")
    image.convert("CMYK").save(tmp_path / "cmyk.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:3000])
    (tmp_path / "text.jpg").write_bytes(b"no photo")
    names = [*saved, "grey.jpg", "cmyk.jpg", "cut.jpg", "text.jpg", "none.jpg"]
    return [str(tmp_path / name) for name in names], {"a.jpg", "b.jpg", "grey.jpg"}


class StandIn:
    """Decodes JPEGs as nvJPEG does, by Pillow; `count`: how many it was given."""

    def __init__(self, fails=False):
        self.count, self.fails = 0, fails

    def __call__(self, jpegs):
        self.count += len(jpegs)
        if self.fails:
            raise RuntimeError("nvjpeg: bad stream")
        photos = [np.asarray(decode.open_photo(each.numpy().tobytes())) for each in jpegs]
        return [torch.from_numpy(each.transpose(2, 0, 1).copy()) for each in photos]


def decoded(names, boxes, jpegs, preprocessing):
    into = torch.zeros((len(names), preprocessing.size, preprocessing.size, 3), dtype=torch.uint8)
    with closing(CudaDecoding(CPU, jpegs, 2)) as gpu:
        faults = gpu.start(into, list(zip(names, boxes, strict=True)), preprocessing).finish()
    return into.numpy(), faults


@pytest.mark.parametrize("fails", [False, True])
def test_all_photos_come_as_from_the_cpu_whoever_decodes_them(photos, fails):
    names, for_gpu = photos
    jpegs, preprocessing = StandIn(fails), Preprocessing(200, "squash")
    boxes = [(0.1, 0.05, 0.93, 0.9)] * len(names)
    pixels, faults = decoded(names, boxes, jpegs, preprocessing)
    assert jpegs.count == len(for_gpu)
    for name, box, mine, fault in zip(names, boxes, pixels, faults, strict=True):
        try:
            expected = decode.load(name, preprocessing, box)
        except InputError as error:
            assert fault == str(error)
            continue
        assert fault is None
        most = 1 if any(name.endswith(each) for each in for_gpu) and not fails else 0
        assert np.abs(mine.astype(int) - expected).max() <= most, name


@pytest.mark.parametrize("box", [None, (0.0, 0.0, 1.0, 1.0), (0.31, 0.2, 0.62, 0.9), (0.5, 0.5, 0.501, 0.501)])
@pytest.mark.parametrize(
    ("width", "height", "size"), [(320, 240, 299), (97, 211, 48), (211, 97, 48), (40, 30, 64), (33, 33, 33)]
)
def test_shrinking_is_that_of_pillow_within_one_level(box, width, height, size):
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    edges = np.array(box or (0, 0, 1, 1)) * (width, height, width, height)
    expected = Image.fromarray(pixels).resize((size, size), Image.Resampling.HAMMING, tuple(edges))
    photo = torch.from_numpy(pixels.transpose(2, 0, 1).copy())
    found = device_resize.shrunk([photo], [box or (0.0, 0.0, 1.0, 1.0)], size)[0].numpy()
    difference = np.abs(found.astype(int) - np.asarray(expected))
    assert difference.max() <= 1 and (difference > 0).mean() < 0.01


def test_photos_of_different_sizes_are_shrunk_together_and_in_bounded_memory(monkeypatch):
    random = torch.Generator().manual_seed(0)
    photos = [torch.randint(0, 256, (3, 20 + 7 * i, 90 - 6 * i), generator=random, dtype=torch.uint8) for i in range(9)]
    boxes = [(0.02 * i, 0.0, 1.0, 1.0 - 0.05 * i) for i in range(9)]
    one = torch.cat([device_resize.shrunk([p], [b], 24) for p, b in zip(photos, boxes, strict=True)])
    assert torch.equal(device_resize.shrunk(photos, boxes, 24), one)
    monkeypatch.setattr(device_resize, "MOST_BYTES", 100_000)
    assert torch.equal(device_resize.shrunk(photos, boxes, 24), one)


def test_the_centred_square_is_taken_without_a_box(photos):
    names, _ = photos
    preprocessing = Preprocessing(120, "crop")
    pixels, _ = decoded(names[:2], [None, None], StandIn(), preprocessing)
    for name, mine in zip(names[:2], pixels, strict=True):
        expected = np.asarray(decode.load(name, preprocessing), int)
        assert np.abs(mine - expected).mean() < 1.5  # the CPU lets the JPEG shrink itself first


def test_a_loader_gives_the_same_labels_and_stand_ins(photos):
    names, _ = photos
    count = len(names)
    some = LabelledPhotos(
        names, np.linspace(-60, 60, count), np.linspace(0, 90, count), np.arange(count, dtype=np.int32)
    )
    recipe = recipes.Recipe(batch_size=8, image_size=200)
    gpu = CudaDecoding(CPU, StandIn(), 2)
    with (
        closing(Loader(some, recipe, Preprocessing(200, "squash"), gpu=gpu)) as mine,
        closing(Loader(some, recipe, Preprocessing(200, "squash"), threads=2)) as threads,
    ):
        found = list(mine.batches(0, 4))
        assert any(batch.unreadable for batch in found)
        for left, right in zip(found, threads.batches(0, 4), strict=True):
            assert all(torch.equal(a, b) for a, b in zip(left.tensors[1:], right.tensors[1:], strict=True))
            assert left.unreadable == right.unreadable
            assert (left.images.int() - right.images.int()).abs().max() <= 1


def test_without_cuda_or_torchvision_it_is_refused_in_a_line():
    with pytest.raises(InputError, match="needs --device cuda"):
        nvjpeg(CPU)
    with pytest.raises(InputError, match="needs torchvision"):
        nvjpeg(torch.device("cuda"))
