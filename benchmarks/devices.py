"""Locating on what is there: photos/s of every device against eager float32 PyTorch, float32 and int8, in one run.

    python benchmarks/devices.py                                   # both backbones, batches of 32 and of 1, 2 threads
    python benchmarks/devices.py --backbone inception --batch 8 --threads 1 --processor-time

Weights are random, and ranges are those of made pictures: neither changes the speed. All take turns, so that other work
on the machine meets all alike; ratios are those of the medians, the spread is the middle half of the times. With
`--processor-time` the seconds of all threads are counted instead of those on the wall, which other work stretches less.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import figures
import numpy as np
import torch

from photoplanet.core import devices, onnx_sessions
from photoplanet.earth import cells
from photoplanet.earth.partition.partition import Partition
from photoplanet.models import folder as folders
from photoplanet.models.importers.parity import pictures
from photoplanet.photos.decode import Preprocessing
from photoplanet.quantisation.network import quantise
from photoplanet.training.classifier import Classifier
from photoplanet.training.export import export_model
from photoplanet.training.torch_sessions import TorchSession

SIZES = {"inception": 299, "mobile": 128}
CELLS = 800
NAMES = ["log_probabilities", "embedding"]
Turn = Callable[[], object]


def turns(name: str, folder: Path, batch: int, threads: int) -> dict[str, Turn]:
    """What is measured, by name: eager PyTorch in both memory formats, then every device with either network."""
    torch.manual_seed(0)
    classifier = Classifier(name, CELLS, Preprocessing(size=SIZES[name])).eval()
    bundle, small = _exported(classifier, folder / name), folder / f"{name}-int8.onnx"
    plain = bundle.onnx_path
    if not small.exists():
        quantise(plain, pictures(SIZES[name], 16), small)
    photos = pictures(SIZES[name], batch)
    channels_last = torch.from_numpy(photos)
    default = channels_last.permute(0, 3, 1, 2).contiguous().permute(0, 2, 3, 1)

    def eager(images: torch.Tensor) -> Turn:
        def run() -> None:
            with torch.inference_mode():
                classifier(images)

        return run

    def opened(path: Path, device: devices.Device) -> tuple[str, Turn]:
        session = onnx_sessions.open_session(path, threads, device=device)
        kind = "int8" if path is small else getattr(session, "precision", "float32")
        return f"{device.name} {kind}", lambda: session.run(NAMES, {"images": photos})

    found: dict[str, Turn] = {"eager": eager(default), "eager, channels last": eager(channels_last)}
    wanted = [each for each in (devices.CUDA, devices.OPENVINO) if _is_there(each)]
    for device in [devices.CPU, *(devices.to_try(each)[0] for each in wanted)]:
        if device.engine == devices.TORCH:
            through = TorchSession(bundle)
            found["cuda, torch"] = lambda through=through: through.run(NAMES, {"images": photos})
        else:
            found |= dict(opened(path, device) for path in (plain, small))
    return found


def _exported(classifier: Classifier, target: Path) -> folders.Bundle:
    if target.exists():
        return folders.read(target)
    random = np.random.default_rng(0)
    ids = np.unique(cells.from_latlng(random.uniform(-80, 80, 2 * CELLS), random.uniform(-180, 180, 2 * CELLS), 8))
    return export_model(classifier, Partition.from_cells(ids[:CELLS]), target, classifier.name)


def _is_there(name: str) -> bool:
    try:
        return bool(devices.to_try(name))
    except ValueError:
        return False


def measure(found: dict[str, Turn], rounds: int, clock: Callable[[], float]) -> dict[str, list[float]]:
    """Seconds of each turn, by name; the first two rounds warm up."""
    times: dict[str, list[float]] = {name: [] for name in found}
    for round_ in range(rounds + 2):
        for name, turn in found.items():
            start = clock()
            turn()
            if round_ > 1:
                times[name].append(clock() - start)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", nargs="*", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--batch", nargs="*", type=int, default=[32, 1])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--processor-time", action="store_true")
    figures.add_json(parser)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    clock = time.process_time if given.processor_time else time.perf_counter
    print(f"torch {torch.__version__}, {given.threads} threads, load before {os.getloadavg()[0]:.1f}, ", end="")
    print("processor time" if given.processor_time else "time on the wall")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in given.backbone:
            for batch in given.batch:
                times = measure(turns(name, Path(folder), batch, given.threads), given.rounds, clock)
                eager = float(np.median(times["eager"]))
                print(f"\n{name}, batches of {batch}\n| | photos/s | middle half | against eager |\n|---|---|---|---|")
                for what, seconds in times.items():
                    low, middle, high = np.percentile(seconds, [25, 50, 75])
                    print(f"| {what} | {batch / middle:.1f} | {batch / high:.1f} to {batch / low:.1f} | ", end="")
                    print(f"**{eager / middle:.2f}** |", flush=True)
                    called = (
                        f"{what.replace('cpu', 'ONNX Runtime')} against eager float32, `{name}`, batches of {batch}"
                    )
                    if not what.startswith("eager"):
                        rows.append(figures.row(called, seconds, times["eager"], f"{batch / middle:,.0f} photos/s"))
    figures.write(given.json, rows)


if __name__ == "__main__":
    main()
