"""The training step from memory against plain PyTorch loops over the same network, step by step in turns.

python benchmarks/step.py                                            # `mobile`, 128 px, float32
python benchmarks/step.py --backbone inception --image-size 299 --batch-size 4 --steps 1
python benchmarks/step.py --threads 1 --processor-time --set channels_last=false
python benchmarks/step.py --steps 1 --rounds 3 --batch-size 16      # small
"""

import argparse
import copy
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import figures
import torch
from input_pipeline import generated
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from photoplanet.training import flops, precision, recipes
from photoplanet.training.classification import Classification
from photoplanet.training.data import Batch
from photoplanet.training.dataset import Data
from photoplanet.training.distributed import start
from photoplanet.training.loop import Loop

GREY = (0.299, 0.587, 0.114)
NOTHING_MORE = ["label_km=0", "hierarchy=", "hierarchy_shares=", "average=0", "clip_norm=0", "brightness=0",
                "contrast=0", "saturation=0"]  # fmt: skip
SAME, BARE, OURS, OURS_BARE = "the same work in plain PyTorch", "a bare loop", "ours", "ours, doing as little as bare"
Step = Callable[[Batch], None]


def bare(task: Classification) -> Step:
    """The least that is training: the network, cross-entropy with one-hot labels, AdamW; nothing is augmented."""
    model = copy.deepcopy(task.model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=task.settings.weight_decay)

    def step(batch: Batch) -> None:
        batch = batch.to(task.ranks.device)
        optimizer.zero_grad()
        with precision.autocast(task.precision, task.ranks.device):
            outputs = model(batch.images)
            loss = nn.functional.cross_entropy(outputs.logits, batch.classes)
            if outputs.auxiliary_logits is not None:
                loss = loss + 0.3 * nn.functional.cross_entropy(outputs.auxiliary_logits, batch.classes)
        loss.backward()
        optimizer.step()

    return step


def same_work(task: Classification) -> Step:
    """What the recipe asks for, as one writes it with torch's own tools: colours, soft labels, clipping, averaging."""
    recipe, device = task.settings, task.ranks.device
    model = copy.deepcopy(task.model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=recipe.weight_decay)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)
    members = [nn.functional.one_hot(torch.from_numpy(each).long()).float().to(device) for each in task.photos.parents]
    means = task.learning.objective.means

    def step(batch: Batch) -> None:
        batch = batch.to(device)
        optimizer.zero_grad()
        pixels = coloured(batch.images, batch.draws.float(), recipe)
        with precision.autocast(task.precision, device):
            outputs = model((pixels - 0.5) / 0.5)  # float pixels are taken as they are
        km = 2 * 6371 * torch.asin((torch.cdist(batch.positions, means) / 2).clamp(max=1))
        own = nn.functional.one_hot(batch.classes, len(means)).float()
        target = recipe.label_share * torch.softmax(-km / recipe.label_km, dim=1).float()
        target = target + (1 - recipe.label_share) * own
        log_p = outputs.logits.log_softmax(dim=1)
        loss = nn.functional.cross_entropy(outputs.logits, target)
        for weight, member in zip(recipe.hierarchy, members, strict=False):
            loss = loss - weight * ((target @ member) * (log_p.exp() @ member).clamp(min=1e-30).log()).sum(1).mean()
        if outputs.auxiliary_logits is not None:
            loss = loss + recipe.auxiliary * nn.functional.cross_entropy(outputs.auxiliary_logits, target)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm)
        optimizer.step()
        average.update_parameters(model)

    return step


def coloured(images: Tensor, draws: Tensor, recipe: recipes.Recipe) -> Tensor:
    """Brightness, contrast and saturation one after the other, in 0 … 1."""
    light, contrast, saturation = (
        (1 + strength * (2 * draws[:, 4 + i] - 1))[:, None, None, None]
        for i, strength in enumerate((recipe.brightness, recipe.contrast, recipe.saturation))
    )
    pixels = images.float() / 255
    grey_of = torch.tensor(GREY, device=images.device)
    grey = (pixels * grey_of).sum(dim=3, keepdim=True)
    pixels = saturation * pixels + (1 - saturation) * grey
    grey = (pixels * grey_of).sum(dim=3, keepdim=True).mean(dim=(1, 2), keepdim=True)
    return (light * (contrast * pixels + (1 - contrast) * grey)).clamp(0, 1)


def ours(task: Classification) -> Step:
    """The loop's own step."""
    return Loop(task, None).take_step


def made(data: Data, settings: list[str], device: str) -> Classification:
    """A task with these settings of the recipe."""
    recipe = recipes.changed(recipes.named("default"), [*settings, "epochs=100000"])
    return Classification(data, recipe, start(device))


def measure(
    steps: dict[str, Step], batches: list[Batch], device: torch.device, count: int, rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:  # fmt: skip
    """Seconds a step, in turns of `count` steps each; the ways take turns at being the first."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    names = list(steps)
    for turn in range(-1, rounds):  # the first warms up
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            flops.wait(device)
            started = clock()
            for i in range(count):
                steps[name](batches[i % len(batches)])
            flops.wait(device)
            if turn >= 0:
                seconds[name].append((clock() - started) / count)
    return seconds


def ratios(seconds: dict[str, list[float]], mine: str = OURS) -> dict[str, list[float]]:
    """How many times as fast `mine` is as each other way: lower quartile, median, upper quartile over the turns."""
    found = {}
    for name, theirs in seconds.items():
        if name != mine:
            each = [other / own for own, other in zip(seconds[mine], theirs, strict=True)]
            found[name] = [round(value, 3) for value in statistics.quantiles(each, n=4)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", default="mobile")
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=0, help="torch's; default: one per core")
    parser.add_argument("--processor-time", action="store_true", help="instead of wall time: for a busy machine")
    parser.add_argument("--steps", type=int, default=2, help="in a turn")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--compiled", action="store_true", help="also our step compiled, and what that takes")
    parser.add_argument("--set", action="append", default=[], help="settings of our recipe, key=value")
    figures.add_json(parser)
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    settings = [f"backbone={given.backbone}", f"image_size={given.image_size}", f"batch_size={given.batch_size}",
                f"precision={given.precision}"]  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        data = generated(Path(name), 2 * given.batch_size, (160, 160))
        task, reference = made(data, [*settings, *given.set], given.device), made(data, settings, given.device)
        device = task.ranks.device
        little = made(data, [*settings, *NOTHING_MORE], given.device)
        ways = {OURS: ours(task), OURS_BARE: ours(little), SAME: same_work(reference), BARE: bare(reference)}
        more = {}
        if given.compiled:
            fast = made(data, [*settings, *given.set, "compile=true"], given.device)
            fast.start(Path(name), 0)
            ways["compiled"], more["compiled"] = ours(fast), fast.compiled
        batches = [batch.to(device) for batch in task.batches(0, 2)]
        clock = time.process_time if given.processor_time else time.perf_counter
        seconds = measure(ways, batches, device, given.steps, given.rounds, clock)
    rate = given.batch_size / statistics.median(seconds[OURS])
    peak = flops.peak(device, task.precision)
    limit = f"{rate * task.flops_a_photo / peak.flops:.1%} of {peak.described}"
    print(json.dumps({
        "photos_per_second": {name: round(given.batch_size / statistics.median(s), 1) for name, s in seconds.items()},
        "ours_is_so_many_times_as_fast_as": ratios(seconds),
        "ours_doing_as_little_as_bare": ratios(seconds, OURS_BARE)[BARE],
        "mfu": limit, "precision": task.precision, **more,
        "clock": "processor" if given.processor_time else "wall", "device": str(device),
        "threads": torch.get_num_threads(),
    }))  # fmt: skip
    figures.write(given.json, [
        figures.row(
            f"a training step from memory, `{given.backbone}` at {given.image_size} px: {mine} against {name}",
            seconds[mine], seconds[name], f"{given.batch_size / statistics.median(seconds[mine]):.0f} photos/s",
            limit=limit,
        )
        for mine, name in ((OURS, SAME), (OURS_BARE, BARE), (OURS, BARE))
    ])  # fmt: skip


if __name__ == "__main__":
    main()
