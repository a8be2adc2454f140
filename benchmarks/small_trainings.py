"""Are the trainings beside the CNN's fed, albums and the embedding? `python benchmarks/small_trainings.py --trial`.

Each trains on made-up photos, by turns on batches that are laid out as it goes and on one that lies in memory, and
prints photos a second, the ratio of the two with its range, and on a GPU whether a step waits for it: the network
itself is never the reason, so a ratio below 1 is time in which the device had nothing to do.
"""

import argparse
import json
import statistics
import time
import warnings
from types import SimpleNamespace

import numpy as np
import torch

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.models import folder
from photoplanet.photos.preprocessing import Preprocessing
from photoplanet.training.albums import recipes
from photoplanet.training.albums.data import AlbumPhotos
from photoplanet.training.albums.task import AlbumTask
from photoplanet.training.classifier import Classifier
from photoplanet.training.embedding import triplet
from photoplanet.training.embedding.photos import EmbeddedPhotos
from photoplanet.training.embedding.task import EmbeddingTask, WholeNetwork
from photoplanet.training.loop import Loop

METHODS = ("lstm", "blstm25", "attention")


def album_task(method, device, trial):
    """Albums of 1 to 60 photos, and a partition of some thousand cells."""
    rng = np.random.default_rng(0)
    photos, cells, size, units = (2_000, 100, 64, 32) if trial else (60_000, 4_000, 1_280, 512)
    lat, lng = geodesy.from_xyz(rng.normal(size=(photos, 3)))
    partition = Partition.adaptive(lat, lng, max(1, photos // cells), 1)
    starts = np.concatenate([[0], np.cumsum(rng.integers(1, 61, photos // 30))])
    starts = np.append(starts[starts < photos], photos)
    gaps = rng.exponential(2.0, photos).astype(np.float32)
    gaps[starts[:-1]] = np.nan
    embeddings = rng.normal(size=(photos, size)).astype(np.float16)
    known = AlbumPhotos(embeddings, lat, lng, partition.assign(lat, lng), gaps, starts)
    recipe = recipes.recipe(method, units=units, epochs=10_000)
    head = torch.randn(len(partition), size) / size**0.5, torch.zeros(len(partition))
    return AlbumTask(known, known, partition, recipe, head, device)


def embedding_task(whole, device, trial):
    """A thousand places of some photos each; pixels, where the whole CNN learns."""
    rng = np.random.default_rng(0)
    places, each = (100, 5) if trial else (1_000, 6)
    where = np.repeat(np.stack(geodesy.from_xyz(rng.normal(size=(places, 3))), axis=1), each, axis=0)
    size, backbone = (64, "mobile") if trial else (299, "inception")
    few = [rng.integers(0, 256, (size, size, 3), np.uint8) for _ in range(16)]
    sources = [few[row % len(few)] for row in range(len(where))]
    known = EmbeddedPhotos(sources, where, np.full(len(where), -1), rng.normal(size=(len(where), 1_280)))
    settings = triplet.Settings(steps=10**6, places=8 if trial else 64)
    sampler = triplet.PlaceSampler(where[:, 0], where[:, 1], known.photographer, settings)
    info = SimpleNamespace(preprocessing=Preprocessing(size, "squash"), hashes={folder.NETWORK: "0"})
    module = triplet.Head(1_280)
    if whole:
        classifier = Classifier(backbone, 100, info.preprocessing)
        module = WholeNetwork(classifier, triplet.Head(classifier.embedding_size))
    return EmbeddingTask(module, known, known, info, sampler, settings, device)


def remembered(task):
    """Make the task give each layout of a batch once only; return how to undo it."""
    holder = task.model if isinstance(task, AlbumTask) else task
    lay_out, kept = holder.inputs, {}

    def inputs(*about):
        name = str(about[-1]) if isinstance(task, AlbumTask) else ""
        if name not in kept:
            kept[name] = lay_out(*about)
        return kept[name]

    object.__setattr__(holder, "inputs", inputs)
    return lambda: object.__delattr__(holder, "inputs")


def turn(run, batches, seconds, device):
    """Photos a second of steps on the batches."""
    photos, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        batch = next(batches)
        run.take_step(batch)
        photos += getattr(batch, "photos", None) or len(batch)
        if run.step % 20 == 0 and device.type == "cuda":
            torch.cuda.synchronize()  # as the loop does to log
    if device.type == "cuda":
        torch.cuda.synchronize()
    return photos / (time.perf_counter() - started)


def again(batch):
    while True:
        yield batch


def waits(run, batches, device):
    """Where steps wait for the GPU, as torch warns of it; None elsewhere."""
    if device.type != "cuda":
        return None
    torch.cuda.set_sync_debug_mode("warn")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for _ in range(3):
            run.take_step(next(batches))
    torch.cuda.set_sync_debug_mode("default")
    return sorted({f"{one.filename.rsplit('/', 1)[-1]}:{one.lineno}" for one in seen})


def fed(device, trial, rounds=3):
    """{training: photos a second, fed against from memory, waits}."""
    tasks = {method: lambda method=method: album_task(method, device, trial) for method in METHODS}
    tasks |= {
        "embedding, a layer": lambda: embedding_task(False, device, trial),
        "embedding, the whole CNN": lambda: embedding_task(True, device, trial),
    }
    found, seconds = {}, 0.2 if trial else 1.2
    for name, make in tasks.items():
        task = make()
        run, stream = Loop(task, None), task.batches(0, task.total)
        one = next(stream)
        for _ in range(3):
            run.take_step(next(stream))
        waiting = waits(run, stream, device)
        rates = []
        for _ in range(rounds):
            given = turn(run, stream, seconds, device)
            undo = remembered(task)
            run.take_step(one)
            rates.append((given, turn(run, again(one), seconds, device)))
            undo()
        ratios = [given / held for given, held in rates]
        found[name] = {
            "photos_per_second": round(statistics.median(given for given, _ in rates)),
            "of_memory": round(statistics.median(ratios), 2),
            "range": [round(min(ratios), 2), round(max(ratios), 2)],
            "waits": waiting,
        }
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--trial", action="store_true", help="sizes at which it only shows that it runs")
    given = parser.parse_args()
    print(json.dumps(fed(torch.device(given.device), given.trial)))


if __name__ == "__main__":
    main()
