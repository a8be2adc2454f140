"""A whole training of the retrieval embedding: photo table and model folder in, the part `embedding` of it out."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from photoplanet.core import atomic_folders
from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.core.table_sets import Given
from photoplanet.models import folder as model_folder
from photoplanet.training import export, working_folder
from photoplanet.training.embedding import photos as embedded
from photoplanet.training.embedding import task as embedding_task
from photoplanet.training.embedding import triplet
from photoplanet.training.embedding.export import write_onnx
from photoplanet.training.embedding.task import EmbeddingTask, WholeNetwork
from photoplanet.training.embeddings import Embed
from photoplanet.training.loop import Loop, RunOptions
from photoplanet.training.model_copy import target_folder
from photoplanet.training.placement import device_of

PART, FILE = "embedding", "embedding.onnx"
FINETUNING = triplet.Settings(steps=500, learning_rate=1e-4)  # of the whole network, from the classifier's weights
# Other settings start anew: that costs minutes. The loss is on every line of progress.
OPTIONS = RunOptions(resume="if-same", log_every=1, curves=False)


def train(
    photos: Given, model: Path, out: Path, embed: Embed, validation: Given | None = None, network: bool = False,
    settings: triplet.Settings | None = None, bar: Bar = no_bar, say: Say = silent, threads: int | None = None,
    device: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Train on a photo table, add the part to the model folder `out` and return its facts.

    `embed`: uint8 photos (n, size, size, 3) → the classifier's embeddings (n, d). `network`: fine-tune the whole CNN
    instead of a layer on top of it. `device`: as `device_of` has it. `out` is `model` itself, or a copy of it that is
    made first. The classifier's embeddings (2·d bytes a photo) and checkpoints lie in `out`.embedding/; run again, it
    goes on where it was.
    InputError for tables it cannot use, TrainingError for too few places, `Stopped` after a signal.

    >>> from photoplanet.models import installed
    >>> embed = lambda pixels: np.zeros((len(pixels), 8))
    >>> train(Path("no-such.csv"), installed.resolve("toy"), getfixture("tmp_path") / "mine", embed)
    Traceback (most recent call last):
    photoplanet.errors.InputError: no-such.csv: no such file; give a photo table
    """
    if threads:
        torch.set_num_threads(threads)
    settings = settings or (FINETUNING if network else triplet.Settings())
    bundle = target_folder(Path(model), Path(out))
    with working_folder.held(bundle.folder.with_name(bundle.folder.name + ".embedding"), bundle.folder) as work:
        return _train(photos, bundle, work, embed, validation, network, settings, bar, say, device_of(device, say))


def _train(
    photos: Given, bundle: model_folder.Bundle, work: Path, embed: Embed, validation: Given | None, network: bool,
    settings: triplet.Settings, bar: Bar, say: Say, device: torch.device,
) -> dict[str, Any]:  # fmt: skip
    checkpoints = work / "checkpoint"
    checkpoints.mkdir(exist_ok=True)
    training, held_out = (
        embedded.read(rows, path, bundle.info, embed, work / "embeddings" / name, bar, say)
        for name, rows, path in embedded.tables(photos, validation, say)
    )
    sampler = triplet.PlaceSampler(training.places[:, 0], training.places[:, 1], training.photographer, settings)
    places, in_places = len(sampler.groups), sum(map(len, sampler.groups))
    say(f"{len(training):,} photos, {in_places:,} of them in {places:,} places; {len(held_out):,} held out")
    torch.manual_seed(settings.seed)
    head = triplet.Head(bundle.info.embedding_size)
    head.fit_inputs(training.embeddings)
    module = WholeNetwork(export.load_classifier(bundle), head) if network else head
    task = EmbeddingTask(module, training, held_out, bundle.info, sampler, settings, device)
    own = task.recall(embedding_task.unit_embeddings)
    say(f"recall@1 of the classifier's own embedding: {embedding_task.shares(own)}")
    loop = Loop(task, checkpoints, OPTIONS, say)
    with bar("training", settings.steps) as advance:
        loop.run(advance)
    facts: dict[str, Any] = {
        "input": "images" if network else "embedding",
        "numbers": triplet.NUMBERS,
        "photos": len(training),
        "places": places,
        "recall": loop.best["recall"] if loop.best else {},
        "recall_of_network": own,
        "validation_photos": len(task.queries),
        "settings": asdict(settings),
    }
    with atomic_folders.scratch(work / PART) as temporary:
        path = temporary / FILE
        facts["onnx_parity"] = write_onnx(
            loop.result().cpu().eval(), path, task.inputs(training.part(np.arange(3)[: len(training)]))
        )
        model_folder.add_part(bundle.folder, PART, facts, {FILE: path})
    return facts
