"""What needs a GPU, in one prepared script: each part takes less than a minute, and prints a line of JSON.

python benchmarks/gpu.py                                  # every part on the GPU
python benchmarks/gpu.py feeding --device cpu --trial     # sizes at which a CPU shows that it runs
"""

import argparse
import json
import os
import statistics
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from input_pipeline import generated, measure, told
from small_trainings import fed
from step import BARE, NOTHING_MORE, OURS, OURS_BARE, SAME, bare, made, ours, ratios, same_work
from step import measure as in_turns
from torch.profiler import ProfilerActivity, profile

from photoplanet.photos import decode
from photoplanet.photos.preprocessing import Preprocessing
from photoplanet.training import compile_cache, compiling, cuda_decoding, flops, recipes
from photoplanet.training.classification import Classification
from photoplanet.training.data import Batch, Loader, default_threads
from photoplanet.training.dataset import Data
from photoplanet.training.distributed import start


@dataclass(frozen=True)
class Setting:
    """What the parts measure on: photos of 320 px, a device, and sizes; `gpu`: nvJPEG, where it is there."""

    data: Data
    device: torch.device
    trial: bool
    gpu: Callable[[], cuda_decoding.CudaDecoding] | None

    @property
    def batch(self) -> int:
        """Photos a batch."""
        return 16 if self.trial else 256

    @property
    def preprocessing(self) -> Preprocessing:
        """The network's input."""
        return Preprocessing(64 if self.trial else 299, "squash")


def decoding(setting: Setting) -> dict[str, object]:
    """Photos a second that are decoded and shrunk, by nothing else: threads, processes, nvJPEG."""
    cores = default_threads()
    counts = sorted({1, min(4, cores), cores})
    recipe = recipes.Recipe(batch_size=setting.batch, image_size=setting.preprocessing.size)
    ways: dict[str, dict] = {f"{count} threads": {"threads": count} for count in counts}
    ways |= {f"{count} processes": {"processes": count} for count in counts}
    ways |= {"nvJPEG": {"gpu": setting.gpu()}} if setting.gpu else {}
    found, seconds = {}, 0.5 if setting.trial else 4.0
    for name, how in ways.items():
        with closing(Loader(setting.data.training, recipe, setting.preprocessing, ahead=3, **how)) as loader:
            stream = loader.batches(0, 1_000_000)
            next(stream)  # starts what has to start
            batches, started = 0, time.perf_counter()
            while time.perf_counter() - started < seconds:
                next(stream)
                batches += 1
            if setting.device.type == "cuda":
                torch.cuda.synchronize()
            found[name] = round(batches * setting.batch / (time.perf_counter() - started))
            stream.close()
    return {"photos_per_second": found}


def feeding(setting: Setting) -> dict[str, object]:
    """Training fed from 320 px JPEGs against the same step fed from memory; goals 0.95 by nvJPEG, 0.9 by processes."""
    backbone = ["backbone=mobile"] if setting.trial else ["backbone=inception", "precision=bf16"]
    size = setting.preprocessing.size
    settings = [*backbone, f"image_size={size}", f"batch_size={setting.batch}", "epochs=100000"]
    recipe = recipes.changed(recipes.named("default"), settings)
    task = Classification(setting.data, recipe, start(str(setting.device)))
    one = task.loader
    ways: dict[str, dict] = {"threads": {}, "processes": {"processes": max(2, default_threads())}}
    ways |= {"nvJPEG": {"gpu": setting.gpu()}} if setting.gpu else {}
    loaders = {
        name: Loader(setting.data.training, recipe, one.preprocessing, ahead=one.ahead, pin=one.pin, **how)
        for name, how in ways.items()
    }
    seconds = measure(task, loaders, 2 if setting.trial else 12, 1 if setting.trial else 3)
    for loader in (one, *loaders.values()):
        loader.close()
    memory = seconds.pop("memory")
    rate = setting.batch / statistics.median(memory["step"])
    return {
        "images_per_second_from_memory": round(rate, 1), "precision": task.precision,
        **{name: told(found, memory, setting.batch) for name, found in seconds.items()},
    }  # fmt: skip


def pixels(setting: Setting) -> dict[str, object]:
    """How far the pixels of nvJPEG and our shrinking are from those of Pillow, in levels of 255."""
    if setting.gpu is None:
        return {"nvJPEG": "not here"}
    size, photos = setting.preprocessing.size, list(setting.data.training.sources[: 2 * setting.batch])
    box = (0.1, 0.05, 0.9, 0.95)
    into = torch.empty((len(photos), size, size, 3), dtype=torch.uint8, device=setting.device)
    with closing(setting.gpu()) as gpu:
        faults = gpu.start(into, [(photo, box) for photo in photos], setting.preprocessing).finish()
    ours = np.stack([decode.load(photo, setting.preprocessing, box) for photo in photos])
    difference = np.abs(into.cpu().numpy().astype(np.int16) - ours)
    levels = {f"{share} %": int(np.percentile(difference, share)) for share in (50, 99)}
    return {
        "photos": len(photos), "faults": len([fault for fault in faults if fault]),
        "mean": round(float(difference.mean()), 3), "most": int(difference.max()), **levels,
    }  # fmt: skip


def small_trainings(setting: Setting) -> dict[str, object]:
    """Training albums and the embedding, from batches that are laid out as it goes against the same one from memory."""
    return fed(setting.device, setting.trial)


def step(setting: Setting) -> dict[str, object]:
    """Our step from memory against plain loops over the same network (goal 1.0), its parts, and whether it ever waits.

    `waits`: the first place where a step makes the processor wait for the GPU, by torch's own guard; "" for none.
    """
    settings = _step_settings(setting)
    task, reference = (made(setting.data, settings, str(setting.device)) for _ in range(2))
    little = made(setting.data, [*settings, *NOTHING_MORE], str(setting.device))
    ways = {OURS: ours(task), OURS_BARE: ours(little), SAME: same_work(reference), BARE: bare(reference)}
    batches = _batches(task)
    count, rounds = (1, 3) if setting.trial else (4, 7)
    seconds = in_turns(ways, batches, setting.device, count, rounds)
    rate = setting.batch / statistics.median(seconds[OURS])
    peak = flops.peak(setting.device, task.precision)
    waits = ""
    if setting.device.type == "cuda":
        torch.cuda.set_sync_debug_mode("error")
        try:
            ways[OURS](batches[0])
        except RuntimeError as error:
            waits = "".join(traceback.format_exception(error)[-3:])
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return {
        "photos_per_second": {name: round(setting.batch / statistics.median(s), 1) for name, s in seconds.items()},
        "ours_is_so_many_times_as_fast_as": ratios(seconds),
        "ours_doing_as_little_as_bare": ratios(seconds, OURS_BARE)[BARE], "precision": task.precision, "waits": waits,
        "mfu": round(rate * task.flops_a_photo / peak.flops, 4), "of": peak.described,
        "kernels": _kernels(task, batches),
    }  # fmt: skip


def formats(setting: Setting) -> dict[str, object]:
    """Photos a second of our step by number format, memory layout, and cuDNN's search for the fastest algorithm."""
    names = ("float32", "tf32", "bf16") if setting.device.type == "cuda" else ("float32", "bf16")
    found = {}
    for number_format in names:
        for layout in ("true", "false"):
            for search in (False, True) if setting.device.type == "cuda" else (False,):
                torch.backends.cudnn.benchmark = search
                settings = [*_step_settings(setting), f"precision={number_format}", f"channels_last={layout}"]
                task = made(setting.data, settings, str(setting.device))
                seconds = in_turns({OURS: ours(task)}, _batches(task), setting.device, 2, 1 if setting.trial else 3)
                name = f"{number_format}, channels {'last' if layout == 'true' else 'first'}{', searched' * search}"
                found[name] = round(setting.batch / statistics.median(seconds[OURS]), 1)
                task.close()
    torch.backends.cudnn.benchmark = False
    return {"photos_per_second": found}


def compiled(setting: Setting) -> dict[str, object]:
    """Our step compiled against not, what compiling takes, and what it takes again from the cache beside the run.

    No further region is compiled after 35 s: the rate is that of so many parts.
    """
    settings = _step_settings(setting)
    found: dict[str, object] = {}
    compiling.LIMIT = 35.0
    with tempfile.TemporaryDirectory() as folder:
        plain = made(setting.data, settings, str(setting.device))
        for how in ("cold", "cached"):
            torch.compiler.reset()
            task = made(setting.data, [*settings, "compile=true"], str(setting.device))
            task.start(Path(folder), 0)
            found |= {f"{what}_{how}": value for what, value in task.compiled.items() if what != "compiled"}
            file = Path(folder) / compile_cache.NAME
            found["cache_megabytes"] = round(file.stat().st_size / 1e6, 1) if file.exists() else None
        ways = {OURS: ours(task), "not compiled": ours(plain), BARE: bare(plain)}
        seconds = in_turns(ways, _batches(task), setting.device, 2, 3 if setting.trial else 7)
        task.close()
    rates = {name: round(setting.batch / statistics.median(s), 1) for name, s in seconds.items()}
    return {"photos_per_second": rates, "ours_is_so_many_times_as_fast_as": ratios(seconds), **found}


def _step_settings(setting: Setting) -> list[str]:
    backbone = ["backbone=mobile", "width=0.25"] if setting.trial else ["backbone=inception"]
    return [*backbone, f"image_size={setting.preprocessing.size}", f"batch_size={setting.batch}", "min_photos=1"]


def _batches(task: Classification) -> list[Batch]:
    """Two batches on the device."""
    return [batch.to(task.ranks.device) for batch in task.batches(0, 2)]


def _kernels(task: Classification, batches: list[Batch]) -> dict[str, float]:
    """Milliseconds of the device in one step, by what takes the most of it."""
    run, cuda = ours(task), task.ranks.device.type == "cuda"
    kinds = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if cuda else [])]
    with profile(activities=kinds) as profiler:
        run(batches[0])
    times = [(e.self_device_time_total if cuda else e.self_cpu_time_total, e.key) for e in profiler.key_averages()]
    return {name[:60]: round(microseconds / 1000, 2) for microseconds, name in sorted(times, reverse=True)[:12]}


PARTS = {part.__name__: part for part in (decoding, feeding, pixels, step, formats, compiled, small_trainings)}


def nvjpeg(device: torch.device) -> Callable[[], cuda_decoding.CudaDecoding] | None:
    """What makes a decoder on the GPU; None where there is none."""
    try:
        jpegs = cuda_decoding.nvjpeg(device)
    except ValueError:
        return None
    return lambda: cuda_decoding.CudaDecoding(device, jpegs, default_threads())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"default: all of {', '.join(PARTS)}")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--photos", type=int, default=768, help="generated JPEGs of 320 px")
    parser.add_argument("--trial", action="store_true", help="sizes at which it only shows that it runs")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    device = torch.device(given.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    with tempfile.TemporaryDirectory() as folder:
        data = generated(Path(folder), 64 if given.trial else given.photos, (320, 320))
        setting = Setting(data, device, given.trial, nvjpeg(device))
        for part in given.parts or PARTS:
            started = time.perf_counter()
            found = PARTS[part](setting)
            seconds = round(time.perf_counter() - started, 1)
            machine = {"device": name, "cores": os.cpu_count(), "torch": str(torch.__version__)}
            print(json.dumps({"part": part, "seconds": seconds, **machine, **found}), flush=True)


if __name__ == "__main__":
    main()
