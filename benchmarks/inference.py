"""Locating: images/s of ONNX Runtime against eager float32 PyTorch, for every backbone, in one run on the same threads.

    python benchmarks/inference.py                    # all backbones, batches of 32 and of 1, 2 threads
    python benchmarks/inference.py --backbone mobile --threads 1

Weights are random: they do not change the speed. Eager (in PyTorch's default memory format, and in channels-last as our
networks get it) and ONNX Runtime take turns, so that other work on the machine meets all alike; the ratios are those
of the medians, and the parity is the largest difference in share of the largest value.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import figures
import onnxruntime
import torch
from torch.utils.flop_counter import FlopCounterMode

from photoplanet.core import onnx_sessions
from photoplanet.photos.decode import Preprocessing
from photoplanet.training import flops
from photoplanet.training.classifier import Classifier
from photoplanet.training.export import write_onnx

SIZES = {"inception": 299, "mobile": 128}
CELLS = 800
NAMES = ["log_probabilities", "embedding"]


def measure(classifier: Classifier, session, batch: int, rounds: int) -> list[list[float]]:
    """Seconds of a batch, a turn each: eager in PyTorch's default memory format, in channels-last, ONNX Runtime."""
    size = classifier.preprocessing.size
    # Seen as (n, h, w, 3) but stored by channels, photos reach the first convolution in the default format.
    default = torch.randint(0, 256, (batch, 3, size, size), dtype=torch.uint8).permute(0, 2, 3, 1)
    channels_last = default.contiguous()
    array = channels_last.numpy()

    def eager(images):
        with torch.inference_mode():
            classifier(images)

    turns = (lambda: eager(default), lambda: eager(channels_last), lambda: session.run(NAMES, {"images": array}))
    times: list[list[float]] = [[], [], []]
    for round_ in range(rounds + 2):
        for turn, seconds in zip(turns, times, strict=True):
            start = time.perf_counter()
            turn()
            if round_ > 1:  # the first two warm up
                seconds.append(time.perf_counter() - start)
    return times


def operations(classifier: Classifier) -> int:
    """Floating-point operations of one photo, a multiplication and an addition counted apart."""
    size = classifier.preprocessing.size
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        classifier(torch.zeros((1, size, size, 3), dtype=torch.uint8))
    return int(counter.get_total_flops())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", nargs="*", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--batch", nargs="*", type=int, default=[32, 1])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    figures.add_json(parser)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, {given.threads} threads, ", end="")
    print(f"load before {os.getloadavg()[0]:.1f}")
    print("| backbone | px | batch | eager/s | channels-last/s | ORT/s | ORT:eager | ORT:channels-last | parity |")
    print("|---|---|---|---|---|---|---|---|---|")
    rows, peak = [], flops.peak(torch.device("cpu"), "float32").flops
    for name in given.backbone:
        torch.manual_seed(0)
        classifier = Classifier(name, CELLS, Preprocessing(size=SIZES[name])).eval()
        with tempfile.TemporaryDirectory() as folder:
            parity = write_onnx(classifier, Path(folder) / "model.onnx")
            session = onnx_sessions.open_session(Path(folder) / "model.onnx", given.threads)
        for batch in given.batch:
            times = measure(classifier, session, batch, given.rounds)
            eager, channels_last, runtime = map(statistics.median, times)
            what = f"ONNX Runtime against eager float32, `{name}`, batches of {batch}"
            share = operations(classifier) * batch / runtime / peak
            limit = f"{share:.0%} of the {peak / 1e12:.2g} TFLOP/s of a large convolution here"
            rows.append(figures.row(what, times[2], times[0], f"{batch / runtime:,.0f} photos/s", limit=limit))
            speeds = " | ".join(f"{batch / seconds:.1f}" for seconds in (eager, channels_last, runtime))
            ratios = f"**{eager / runtime:.2f}** | {channels_last / runtime:.2f}"
            print(f"| {name} | {SIZES[name]} | {batch} | {speeds} | {ratios} | {max(parity):.1e} |", flush=True)
    figures.write(given.json, rows)


if __name__ == "__main__":
    main()
