"""Locating: images/s of ONNX Runtime against eager float32 PyTorch, for every backbone, in one run on the same threads.

    python benchmarks/inference.py                    # all backbones, batches of 32 and of 1, 2 threads
    python benchmarks/inference.py --backbone mobile --threads 1

Weights are random: they do not change the speed. Eager and ONNX Runtime take turns, so that other work on the machine
meets both alike; the medians are printed, the ratio is that of the medians, and the parity is the largest difference
in share of the largest value.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from photoplanet.network.classifier import BACKBONES, Classifier
from photoplanet.network.export import write_onnx
from photoplanet.photos.images import Preprocessing

SIZES = {"inception": 299, "mobile": 128}
CELLS = 800


def measure(classifier: Classifier, session, batch: int, rounds: int) -> tuple[float, float]:
    """Median seconds of a batch: eager, ONNX Runtime."""
    size = classifier.preprocessing.size
    images = torch.randint(0, 256, (batch, size, size, 3), dtype=torch.uint8)
    eager, runtime = [], []
    for round_ in range(rounds + 2):
        start = time.perf_counter()
        with torch.inference_mode():
            classifier(images)
        middle = time.perf_counter()
        session.run(None, {"images": images.numpy()})
        end = time.perf_counter()
        if round_ > 1:  # the first two warm up
            eager.append(middle - start)
            runtime.append(end - middle)
    return float(np.median(eager)), float(np.median(runtime))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", nargs="*", default=list(BACKBONES), choices=list(BACKBONES))
    parser.add_argument("--batch", nargs="*", type=int, default=[32, 1])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = given.threads
    print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, {given.threads} threads, ", end="")
    print(f"load before {os.getloadavg()[0]:.1f}")
    print("| backbone | px | batch | eager, images/s | ONNX Runtime, images/s | ratio | parity |")
    print("|---|---|---|---|---|---|---|")
    for name in given.backbone:
        torch.manual_seed(0)
        classifier = Classifier(name, CELLS, Preprocessing(size=SIZES[name])).eval()
        with tempfile.TemporaryDirectory() as folder:
            parity = write_onnx(classifier, Path(folder) / "model.onnx")
            session = onnxruntime.InferenceSession(str(Path(folder) / "model.onnx"), options)
        for batch in given.batch:
            eager, runtime = measure(classifier, session, batch, given.rounds)
            speeds = f"{batch / eager:.0f} | {batch / runtime:.0f} | **{eager / runtime:.2f}**"
            print(f"| {name} | {SIZES[name]} | {batch} | {speeds} | {max(parity):.1e} |", flush=True)


if __name__ == "__main__":
    main()
