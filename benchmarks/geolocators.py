"""Public geolocators as model folders: seconds and bytes of the encoder, float32 and int8, and of GeoCLIP's gallery.

    python benchmarks/geolocators.py                  # a ViT-L/14 of random weights, the real gallery; 2 threads
    python benchmarks/geolocators.py --layers 2       # a shorter one, for a quick look

The speed of a network does not depend on its weights; that of the gallery is measured beside the smallest encoder,
whose own time is taken off. Needs the package `geoclip` (weights.txt) and 3 GB of memory. Nothing is downloaded.
"""

import argparse
import os
import sys
import tempfile
import time
from importlib.metadata import distribution
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from clip_nets import clip_tensors

from photoplanet.core.onnx_graphs import Graph
from photoplanet.core.onnx_sessions import open_session
from photoplanet.models.importers import clip_vision, geoclip, importer
from photoplanet.models.importers.importer import Files
from photoplanet.models.importers.vision_layers import Layers


def seconds(session, size: int, batch: int, rounds: int) -> np.ndarray:
    """Median seconds a photo: of a clock, and of processor time (all cores), which other work changes less."""
    photos = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), np.uint8)
    session.run(None, {"images": photos})
    found = []
    for _ in range(rounds):
        begin = time.perf_counter(), time.process_time()
        session.run(None, {"images": photos})
        found.append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
    return np.median(found, axis=0) / batch


def encoder(tensors, path: Path, int8: bool) -> clip_vision.Vision:
    """Write a CLIP by itself."""
    facts = clip_vision.vision(tensors)
    layers = Layers(Graph(), tensors, int8)
    projected = clip_vision.add(layers, facts).projected
    shape = ["n", facts.size, facts.size, 3]
    layers.graph.write(path, "clip", {"images": (np.uint8, shape)}, {projected: (np.float32, ["n", 768])})
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=24)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        tensors = clip_tensors(224, 14, 1024, given.layers, 4096, 768)
        answers = {}
        for int8 in (False, True):
            facts = encoder(tensors, path, int8)
            begin = time.perf_counter()
            session = open_session(path, given.threads)
            opened = time.perf_counter() - begin
            size = path.stat().st_size / 1e6
            one, many = (seconds(session, 224, batch, given.rounds) for batch in (1, 8))
            answers[int8] = session.run(None, {"images": np.zeros((1, 224, 224, 3), np.uint8)})[0][0]
            name = "int8" if int8 else "float32"
            print(f"ViT of {given.layers} layers, {name}: {size:,.0f} MB, opened in {opened:.1f} s, a photo in "
                  f"{one[0]:.2f} s alone and {many[0]:.2f} s of 8 ({many[1]:.2f} of the processor)",
                  flush=True)  # fmt: skip
            del session
        cosine = np.dot(answers[False], answers[True]) / np.linalg.norm(answers[False]) / np.linalg.norm(answers[True])
        print(f"cosine of the two: {cosine:.6f}")
        files = {Path(str(each.locate())).parent: "" for each in distribution("geoclip").files if each.suffix != ".py"}
        own = geoclip.read_own(Files(files))
        begin = time.perf_counter()
        places = geoclip.encoded(own)
        print(f"{len(places.counts):,} places encoded in {time.perf_counter() - begin:.0f} s", flush=True)
        small = clip_tensors(28, 14, 64, 1, 64, 768)
        facts = clip_vision.vision(small)
        partition, rows = geoclip.cells(places)
        made = geoclip.graph(small, facts, own, places, rows, len(partition))
        importer.write_network(made, path, 28, len(partition), geoclip.EMBEDDING)
        whole = open_session(path, given.threads)
        encoder(small, Path(folder, "small.onnx"), False)
        alone = open_session(Path(folder, "small.onnx"), given.threads)
        for batch in (1, 8, 32):
            took = seconds(whole, 28, batch, 5 * given.rounds) - seconds(alone, 28, batch, 5 * given.rounds)
            print(f"gallery of {len(partition):,} cells, batches of {batch}: {1e3 * took[0]:.1f} ms a photo, "
                  f"{1e3 * took[1]:.1f} of the processor")  # fmt: skip
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
