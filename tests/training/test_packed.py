"""Training on packed photos: read in the order of their shards, resumed bit for bit, and what packing would save."""

import dataclasses
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.packing import estimate, pack, packed_table
from photoplanet.packing.plan import Settings, make
from photoplanet.photos import shards, table
from photoplanet.training import checkpoint, data, dataset, sampling
from photoplanet.training.classification import Classification
from photoplanet.training.distributed import Ranks
from photoplanet.training.loop import Loop, RunOptions


@pytest.fixture(scope="module")
def packed(photo_table, tmp_path_factory):
    """The photo table of the 60 tiny photos packed into 8 shards, not to be changed."""
    out = tmp_path_factory.mktemp("packed") / "shards"
    return pack.pack(make(photo_table, Settings(32, per_shard=8)), out, 1).table


@pytest.fixture
def small_window(monkeypatch):
    monkeypatch.setattr(sampling, "WINDOW", 16)


def test_photos_of_a_packed_table_come_a_few_shards_at_a_time(packed, small_recipe, small_window):
    photos = dataset.prepare(packed, small_recipe).training
    names = [source.partition("#")[0] for source in photos.sources]
    assert len(photos.starts) == 8 == len(set(names))
    order = sampling.Order(len(photos), 0, photos.starts).of(0)
    for at in range(0, len(order), 16):
        assert len({names[row] for row in order[at : at + 16]}) <= 4


def test_other_tables_keep_their_order_also_where_their_photos_are_in_shards(packed, photo_table, small_recipe):
    assert not len(dataset.prepare(photo_table, small_recipe).training.starts)
    rows, _ = table.read(packed)
    plain = table.write(rows, packed.with_name("copy.parquet"))
    assert not packed_table.is_packed(plain)
    one, two = dataset.prepare(packed, small_recipe), dataset.prepare(plain, small_recipe)
    assert not len(two.training.starts)
    assert one.facts["data"] == two.facts["data"] + dataset.IN_SEQUENCE  # a run does not go on in another order


def run(photos, recipe, folder, steps=None, **options):
    """Train, in part or to the end; return the last checkpoint's tensors."""
    task = Classification(dataset.prepare(photos, recipe), recipe, Ranks(), processes=options.pop("processes", 0))
    folder.mkdir(exist_ok=True)
    with closing(task):
        loop = Loop(task, folder, RunOptions(curves=False, **options))
        if steps is None:
            loop.run()
        else:
            loop.resume()
            with closing(task.batches(loop.step, steps)) as batches:
                for batch in batches:
                    loop.take_step(batch)
            loop.save()
    return checkpoint.read(folder)[0]


@pytest.mark.parametrize("source", ["packed", "photo_table"])
def test_a_run_goes_on_bit_for_bit_with_threads_then_processes(source, request, small_recipe, small_window, tmp_path):
    photos = request.getfixturevalue(source)
    recipe = dataclasses.replace(small_recipe, steps=9, epochs=1.0)
    whole = run(photos, recipe, tmp_path / "whole")
    run(photos, recipe, tmp_path / "parts", steps=3, processes=2)
    run(photos, recipe, tmp_path / "parts", steps=5)
    parts = run(photos, recipe, tmp_path / "parts", processes=1)
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_shards_are_read_ahead_of_their_photos(packed, small_recipe, small_window, monkeypatch):
    asked = []
    monkeypatch.setattr(data, "read_ahead", asked.append)
    photos = dataset.prepare(packed, small_recipe).training
    recipe = dataclasses.replace(small_recipe, batch_size=8)
    with closing(data.Loader(photos, recipe, data.Preprocessing(32, "squash"), ahead=0)) as loader:
        used = set()
        for step, _ in enumerate(loader.batches(0, 5)):
            _, rows = loader.order.photos_at(np.arange(8 * step, 8 * step + 8))
            used |= {photos.sources[row].partition("#")[0] for row in rows}
            assert used <= set(asked)
    shards.read_ahead(next(iter(used)))


def test_train_says_what_packing_would_save_on_large_photos_only(tmp_path, packed):
    rows = []
    for i in range(4):
        pixels = np.random.default_rng(i).integers(0, 255, (24, 32, 3), np.uint8)
        Image.fromarray(pixels).resize((3200, 2400)).save(tmp_path / f"{i}.jpg")
        rows.append(str(tmp_path / f"{i}.jpg"))
    line = estimate.advice(rows * 5000, tmp_path / "photos.parquet", 128, 0.7)
    assert line.startswith("photos of 8 megapixels take ")
    assert f"`photoplanet pack {tmp_path}/photos.parquet -o shards/ --size 160`" in line
    assert "of processor time in each epoch" in line
    small, _ = table.read(packed)
    assert estimate.advice(table.paths(small, packed.parent), packed, 128, 0.7) is None
    assert estimate.advice([tmp_path / "none.jpg", "none.jpg"], packed, 128, 0.7) is None
    assert estimate.advice([], packed, 128, 0.7) is None


def test_the_saving_is_worked_out_for_one_epoch():
    found = estimate.Estimate(6, 6, 12.0, 1.0, 1.0, 0.036, 0.001)
    assert "would save 9 h 43 min of processor time" in estimate.saving(found, 1_000_000, 320, Path("a"))
    assert estimate.saving(found, 290, 320, Path("a")) and not estimate.saving(found, 280, 320, Path("a"))
    assert estimate.saving(dataclasses.replace(found, decoding_packed=0.019), 1_000_000, 320, Path("a")) is None


def test_nothing_is_resumed_in_another_order(packed, small_recipe, tmp_path):
    recipe = dataclasses.replace(small_recipe, steps=3)
    run(packed, recipe, tmp_path / "run", steps=1)
    plain = table.write(table.read(packed)[0], packed.with_name("plain.parquet"))
    with pytest.raises(InputError, match="other photos or cells"):
        run(plain, recipe, tmp_path / "run")
