"""Training images/s fed with real JPEGs against the same step fed from memory, both in one run, in turns.

python benchmarks/input_pipeline.py                                  # generated JPEGs of 160 to 500 px
python benchmarks/input_pipeline.py --photos photos.parquet --backbone inception --image-size 299 --device cuda
python benchmarks/input_pipeline.py --short-side 320 320 --processes 0 2  # threads beside processes
"""

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from pathlib import Path

import figures
import numpy as np
import torch
from PIL import Image

from photoplanet.earth.partition.partition import Partition
from photoplanet.evaluation import resampling
from photoplanet.training import recipes
from photoplanet.training.classification import Classification
from photoplanet.training.data import LabelledPhotos, Loader
from photoplanet.training.dataset import Data, prepare
from photoplanet.training.distributed import start
from photoplanet.training.loop import Loop


def generated(folder: Path, count: int, sides: tuple[int, int]) -> Data:
    """Photos with a short side between `sides`, in pixels, at random places."""
    random = np.random.default_rng(0)
    names = []
    for i in range(count):
        side = int(random.integers(sides[0], sides[1] + 1))
        names.append(str(folder / f"{i}.jpg"))
        natural(random, side, side * 4 // 3).save(names[-1], quality=85)
    latitude, longitude = random.uniform(-60, 60, count), random.uniform(-180, 180, count)
    partition = Partition.adaptive(latitude, longitude, max_photos=max(4, count // 100), min_photos=1)
    photos = LabelledPhotos(names, latitude, longitude, partition.assign(latitude, longitude))
    return Data(photos, photos, partition, [], {"data": "generated"}, resampling.photos(count))


def natural(random: np.random.Generator, height: int, width: int) -> Image.Image:
    """A random picture with as many bits per pixel as a JPEG as photos of that size (2.1 at quality 85)."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = np.inf
    planes = []
    for contrast in (50, 12, 12):
        spectrum = random.normal(size=frequency.shape) + 1j * random.normal(size=frequency.shape)
        plane = np.fft.irfft2(spectrum / frequency**1.45, (height, width))
        planes.append(128 + contrast * plane / plane.std())
    picture = np.clip(np.stack(planes, axis=-1), 0, 255).astype(np.uint8)
    return Image.fromarray(picture, "YCbCr").convert("RGB")


def measure(task: Classification, loaders: dict[str, Loader], steps: int, rounds: int) -> dict[str, dict[str, list]]:
    """Seconds a step from memory and from files by each loader, in turns; each turn starts with nothing decoded."""
    cached = list(task.loader.batches(0, min(4, steps)))
    names = ("memory", *loaders)
    seconds = {name: {"step": [], "processor": [], "waited": [], "decode": []} for name in names}

    def note(name: str, both: tuple[float, float]) -> None:
        for what, value in zip(("step", "processor"), both, strict=True):
            seconds[name][what].append(value / steps)

    run(task, (cached[i % len(cached)] for i in range(3)))  # warm up
    for loader in loaders.values():
        next(loader.batches(0, 1))  # starts the processes
    position = 0
    for _ in range(rounds):
        note("memory", run(task, (cached[i % len(cached)] for i in range(steps))))
        for name, loader in loaders.items():
            before = loader.waited
            stream = loader.batches(position, position + steps + 1)
            next(stream)  # the first batch of a run has nothing to hide behind
            note(name, run(task, stream))
            seconds[name]["waited"].append((loader.waited - before) / steps)
            started = time.perf_counter()
            for _batch in loader.batches(position + steps + 1, position + steps + 3):
                pass
            seconds[name]["decode"].append((time.perf_counter() - started) / 2)
        position += steps + 3
    return seconds


def run(task: Classification, batches) -> tuple[float, float]:
    """Seconds that training on `batches` takes, and seconds of processors, those of decoding processes included."""
    loop = Loop(task, None)
    synchronize(task)
    started, used = time.perf_counter(), processor_seconds()
    for batch in batches:
        loop.take_step(batch)
    synchronize(task)
    return time.perf_counter() - started, processor_seconds() - used


def processor_seconds() -> float:
    """What this process and its workers, which Linux lists, have used so far."""
    total = time.process_time()
    for child in multiprocessing.active_children():
        fields = Path(f"/proc/{child.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def synchronize(task: Classification) -> None:
    if task.ranks.device.type == "cuda":
        torch.cuda.synchronize()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, help="a photo table; default: generated JPEGs")
    parser.add_argument("--backbone", default="mobile")
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--processes", type=int, nargs="+", default=[0], help="0: threads; several: each in turn")
    parser.add_argument("--steps", type=int, default=8, help="in a turn")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=1024, help="generated JPEGs")
    parser.add_argument("--set", action="append", default=[], help="settings of the recipe, key=value")
    parser.add_argument("--short-side", type=int, nargs=2, default=(160, 500), help="of generated JPEGs, in pixels")
    parser.add_argument("--torch-threads", type=int, default=0, help="default: torch's own choice, one per core")
    figures.add_json(parser)
    given = parser.parse_args()
    if given.torch_threads:
        torch.set_num_threads(given.torch_threads)
    settings = [f"backbone={given.backbone}", f"image_size={given.image_size}", f"batch_size={given.batch_size}",
                f"precision={given.precision}", "epochs=100000", *given.set]  # fmt: skip
    recipe = recipes.changed(recipes.named("default"), settings)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = prepare(given.photos, recipe) if given.photos else generated(folder, given.count, given.short_side)
        task = Classification(data, recipe, start(given.device), given.threads)
        one = task.loader
        more = {"ahead": one.ahead, "pin": one.pin, "threads": given.threads}
        loaders = {
            f"{count} processes" if count else f"{one.threads} threads": Loader(
                data.training, recipe, one.preprocessing, **more, processes=count
            )
            for count in given.processes
        }
        seconds = measure(task, loaders, given.steps, given.rounds)
        for loader in loaders.values():
            loader.close()
    memory = seconds.pop("memory")
    figures.write(given.json, [in_table(name, found, memory, given) for name, found in seconds.items()])
    print(json.dumps({
        "images_per_second_from_memory": round(given.batch_size / statistics.median(memory["step"]), 1),
        **{name: told(found, memory, given.batch_size) for name, found in seconds.items()},
        "device": str(task.ranks.device), "precision": task.precision, "torch_threads": torch.get_num_threads(),
    }))  # fmt: skip


def in_table(name: str, found: dict[str, list[float]], memory: dict[str, list[float]], given) -> dict[str, object]:
    """The row of docs/performance.md: fed from files, against from memory; all cores do both by turns."""
    sides = "its own photos" if given.photos else "JPEGs of {} to {} px".format(*given.short_side)
    what = f"training fed by {name}, {sides}, against from memory: `{given.backbone}`, {given.image_size} px"
    step, decoding = (statistics.median(each) / given.batch_size for each in (memory["step"], found["decode"]))
    limit = f"{step / (step + decoding):.2f} where decoding and steps share the cores"
    return figures.row(
        what, found["step"], memory["step"], f"{given.batch_size / statistics.median(found['step']):,.0f} photos/s",
        limit=limit,
    )  # fmt: skip


def told(found: dict[str, list[float]], memory: dict[str, list[float]], batch: int) -> dict[str, object]:
    """What feeding comes to: photos a second, and the ratio to the step from memory in the same round.

    The ratio of processor time is that of a quiet machine whose cores are all busy; a busy one does not change it much.
    """
    wall, processor = (
        [round(m / f, 3) for m, f in zip(memory[what], found[what], strict=True)] for what in ("step", "processor")
    )
    return {
        "images_per_second": round(batch / statistics.median(found["step"]), 1),
        "images_per_second_decoding_alone": round(batch / statistics.median(found["decode"]), 1),
        "share_of_time_waiting_for_photos": round(
            statistics.median(found["waited"]) / statistics.median(found["step"]), 3
        ),
        "processor_ms_a_photo": {
            "step": round(1000 * statistics.median(memory["processor"]) / batch, 2),
            "step_and_decoding": round(1000 * statistics.median(found["processor"]) / batch, 2),
        },
        "ratio": statistics.median(wall),
        "ratios": sorted(wall),
        "ratio_of_processor_time": statistics.median(processor),
        "ratios_of_processor_time": sorted(processor),
    }


if __name__ == "__main__":
    main()
