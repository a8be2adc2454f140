"""The small trainings on a device of its own: "meta", which has no numbers, refuses to mix and cannot be waited for."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.photos.preprocessing import Preprocessing
from photoplanet.training.albums import recipes
from photoplanet.training.albums.data import AlbumPhotos
from photoplanet.training.albums.task import AlbumTask
from photoplanet.training.classifier import Classifier
from photoplanet.training.embedding import triplet
from photoplanet.training.embedding.photos import EmbeddedPhotos
from photoplanet.training.embedding.task import EmbeddingTask, WholeNetwork
from photoplanet.training.loop import Loop
from photoplanet.training.placement import device_of

META = torch.device("meta")
D = 6


@pytest.fixture
def elsewhere(monkeypatch):
    """Seeds are set on real devices only."""
    monkeypatch.setattr(torch, "manual_seed", lambda seed: None)


@pytest.mark.parametrize("method", ["lstm", "blstm25", "lstm-repeat", "attention"])
def test_an_album_step_stays_on_the_device_and_never_waits_for_it(method, elsewhere):
    rng = np.random.default_rng(0)
    lat, lng = rng.uniform(-60, 60, 60), rng.uniform(-170, 170, 60)
    partition = Partition.uniform(lat, lng, level=2, min_photos=1)
    starts = np.arange(0, 61, 4)
    gaps = rng.exponential(2, 60).astype(np.float32)
    photos = AlbumPhotos(
        rng.normal(size=(60, D)).astype(np.float16), lat, lng, partition.assign(lat, lng), gaps, starts
    )
    recipe = recipes.recipe(method, units=4, batch_photos=30, epochs=1)
    head = torch.ones(len(partition), D), torch.zeros(len(partition))
    task = AlbumTask(photos, photos, partition, recipe, head, META)
    task.optimizer = torch.optim.SGD(task.model.parameters())  # the fused AdamW is for real devices only
    run = Loop(task, None)
    for batch in task.batches(0, task.total):
        run.take_step(batch)
    assert run.step == task.total > 1
    assert {part.device for part in (*task.model.parameters(), *task.model.buffers())} == {META}


@pytest.mark.parametrize("whole", [False, True])
def test_an_embedding_step_stays_on_the_device_and_never_waits_for_it(whole, elsewhere):
    rng = np.random.default_rng(0)
    place = np.repeat([[10.0, 10], [20, 20], [30, 30]], 6, axis=0)
    pixels = [rng.integers(0, 256, (32, 32, 3), np.uint8) for _ in place]
    photos = EmbeddedPhotos(pixels, place, np.full(18, -1), rng.normal(size=(18, D)).astype(np.float16))
    settings = triplet.Settings(places=3, each=3, steps=2)
    sampler = triplet.PlaceSampler(place[:, 0], place[:, 1], photos.photographer, settings)
    info = SimpleNamespace(preprocessing=Preprocessing(32, "squash"), hashes={"model.onnx": "0"})
    module = triplet.Head(D)
    if whole:
        classifier = Classifier("mobile", 3, info.preprocessing, width=0.1)
        module = WholeNetwork(classifier, triplet.Head(classifier.head.in_features))
    task = EmbeddingTask(module, photos, photos, info, sampler, settings, META)
    run = Loop(task, None)
    for batch in task.batches(0, 2):
        run.take_step(batch)
    assert run.step == 2 and {part.device for part in task.model.parameters()} == {META}


def test_what_torch_trains_on(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    said = []
    assert [device_of(name, said.append).type for name in ("cpu", "cuda", "auto", "openvino")] == ["cpu"] * 4
    assert len(said) == 1 and "torch sees no GPU" in said[0]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [device_of(name).type for name in ("cpu", "cuda", "auto", "openvino")] == ["cpu", "cuda", "cuda", "cpu"]
    with pytest.raises(InputError, match="not a device"):
        device_of("gpu")
