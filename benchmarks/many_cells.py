"""The paper's 26,263 cells in int8, on the toy Earth: the size of the whole network, and what its last layer loses.

    python benchmarks/many_cells.py TRAINING.parquet TEST.parquet --embeddings kept.npz

Two halves, since nobody trains Inception-v3 on two cores. (1) Inception-v3 with 26,263 cells and random weights goes
through `export --int8`: a folder's size does not depend on its weights. (2) The model `toy` gets a last layer over
26,263 cells of the toy Earth, learned from its own embeddings of TRAINING (its own last layer, by parent cell, is the
start); the float32 and the int8 network then locate TEST. Intervals resample the groups of TEST (albums, travellers).
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from photoplanet.core import onnx_sessions
from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.evaluation import resampling
from photoplanet.models import folder, installed
from photoplanet.models.importers.parity import pictures
from photoplanet.photos import decode, table
from photoplanet.photos.decode import Preprocessing
from photoplanet.quantisation.network import quantise
from photoplanet.training.classifier import Classifier
from photoplanet.training.export import export_model, load_classifier, write_onnx

CELLS, RANGES = 26_263, 256
RADII = {"city": 25.0, "region": 200.0, "country": 750.0}


def cut(latitude: np.ndarray, longitude: np.ndarray) -> Partition:
    """A partition of exactly so many cells: the finest that hold photos, the fullest ones of them."""
    for level in range(6, 31):
        ids, counts = np.unique(cells.from_latlng(latitude, longitude, level), return_counts=True)
        if len(ids) >= CELLS:
            kept = np.sort(ids[np.argsort(-counts, kind="stable")[:CELLS]])
            return counted(Partition.from_cells(kept), latitude, longitude)
    raise SystemExit(f"{len(latitude):,} photos stand at fewer than {CELLS:,} places; give more")


def counted(partition: Partition, latitude: np.ndarray, longitude: np.ndarray) -> Partition:
    """The same cells, with how many photos each holds and where they are on average."""
    labels = partition.assign(latitude, longitude)
    inside = labels >= 0
    counts = np.bincount(labels[inside], minlength=len(partition))
    means = np.column_stack([
        np.bincount(labels[inside], each[inside], minlength=len(partition)) / np.maximum(counts, 1)
        for each in (latitude, longitude)
    ])  # fmt: skip
    return Partition(partition.ids, counts, means)


def embedded(bundle: folder.Bundle, path: Path, kept: Path | None) -> tuple[np.ndarray, Any]:
    """The embeddings of a table's photos (n, d), kept in a file between runs; and its rows."""
    rows, _ = table.read(path)
    if kept is not None and kept.exists():
        return np.load(kept)["embeddings"], rows
    session, found, some = onnx_sessions.open_session(bundle.onnx_path), [], []
    for pixels in decode.load_many(table.paths(rows, path.parent), bundle.info.preprocessing):
        some.append(pixels)
        if len(some) == 64:
            found += session.run(["embedding"], {"images": np.stack(some)})
            some = []
    found += session.run(["embedding"], {"images": np.stack(some)}) if some else []
    if kept is not None:
        np.savez(kept, embeddings=np.concatenate(found))
    return np.concatenate(found), rows


def places(rows: Any) -> tuple[np.ndarray, np.ndarray]:
    return rows["latitude"].to_numpy(), rows["longitude"].to_numpy()


def learned(classifier: Classifier, old: Partition, new: Partition, vectors: np.ndarray, labels: np.ndarray,
            epochs: int) -> Classifier:  # fmt: skip
    """The network with a last layer over `new` cells: its own weights by parent cell, then trained on embeddings."""
    parents = old.assign(*new.means.T)
    near = np.where(parents >= 0, parents, 0)
    share = np.log(np.maximum(new.photo_counts, 0.5) / np.maximum(old.photo_counts[near], 1))
    made = Classifier.from_arguments({**classifier.arguments(), "classes": len(new)})
    state = {key: value for key, value in classifier.state_dict().items() if not key.startswith("head.")}
    state["head.weight"] = classifier.head.weight.detach()[near].clone()
    state["head.bias"] = (classifier.head.bias.detach()[near] + torch.tensor(share, dtype=torch.float32)).clone()
    made.load_state_dict(state)
    head = torch.nn.Linear(vectors.shape[1], len(new))
    head.load_state_dict({"weight": state["head.weight"], "bias": state["head.bias"]})
    optimizer = torch.optim.Adam(head.parameters(), 1e-3)
    order = np.random.default_rng(0)
    inputs, targets = torch.from_numpy(vectors), torch.from_numpy(labels.astype(np.int64))
    for epoch in range(epochs):
        losses = []
        for rows in np.array_split(order.permutation(len(vectors)), len(vectors) // 512):
            loss = F.cross_entropy(head(inputs[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}", flush=True)
    made.head.load_state_dict(head.state_dict())
    return made.eval()


def compare(paths: dict[str, Path], bundle: folder.Bundle, cut: Partition, test: Path, most: int) -> None:
    """Locate the test photos with either network, and print what is right, by groups."""
    rows, _ = table.read(test)
    rows = rows.slice(0, most)
    truth, units = np.column_stack(places(rows)), resampling.units(rows)
    labels = cut.assign(*truth.T)
    sessions = {name: onnx_sessions.open_session(path) for name, path in paths.items()}
    tops: dict[str, list[np.ndarray]] = {name: [] for name in paths}
    moved, pixels = [], list(decode.load_many(table.paths(rows, test.parent), bundle.info.preprocessing))
    for start in range(0, len(pixels), 32):
        given = {"images": np.stack(pixels[start : start + 32])}
        found = {name: session.run(["log_probabilities"], given)[0] for name, session in sessions.items()}
        for name, each in found.items():
            tops[name].append(each.argmax(axis=1))
        masses = [np.exp(each.astype(np.float64)) for each in found.values()]
        moved.append(0.5 * np.abs(masses[0] - masses[1]).sum(axis=1))
    top = {name: np.concatenate(each) for name, each in tops.items()}
    print(
        f"{len(rows):,} photos, {(labels >= 0).mean():.1%} of them in a cell; the likeliest cell is the same "
        f"for {(top['float32'] == top['int8']).mean():.1%}"
    )
    print(f"{np.concatenate(moved).mean():.2%} of an answer's mass lies elsewhere")
    right = {name: {"top-1 cell": each == labels} for name, each in top.items()}
    for name, each in top.items():
        km = geodesy.distance_km(*cut.means[each].T, *truth.T)
        right[name] |= {f"{radius} ({most:g} km)": km <= most for radius, most in RADII.items()}
    drawn = np.random.default_rng(0).integers(0, units.count, (2000, units.count))
    print(f"| {units.described} | float32 | int8 | points | 95 % |\n|---|---:|---:|---:|---|")
    for what in right["int8"]:
        one, other = (right[name][what].astype(float) for name in ("float32", "int8"))
        totals = [np.bincount(units.number, each, units.count) for each in (other - one, np.ones(len(one)))]
        shares = totals[0][drawn].sum(axis=1) / totals[1][drawn].sum(axis=1)
        low, high = np.percentile(shares, [2.5, 97.5])
        print(f"| {what} | {one.mean():.2%} | {other.mean():.2%} | {100 * (other - one).mean():+.2f} | "
              f"{100 * low:+.2f} to {100 * high:+.2f} |")  # fmt: skip


def size_of_inception(home: Path, partition: Partition) -> None:
    """Print the size of the paper's network as a model folder, float32 and int8."""
    torch.manual_seed(0)
    network = Classifier("inception", CELLS, Preprocessing(size=299)).eval()
    parameters = sum(value.numel() for name, value in network.named_parameters() if not name.startswith("auxiliary"))
    write_onnx(network, home / "inception.onnx")
    quantise(home / "inception.onnx", pictures(299, 8), home / "inception-int8.onnx")
    partition.save(home / "cells.parquet")
    for name in ("inception", "inception-int8"):
        size = sum(path.stat().st_size for path in (home / f"{name}.onnx", home / "cells.parquet"))
        print(f"{name}: {parameters / 1e6:.1f} M parameters, {CELLS:,} cells, {size / 1e6:.1f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("training", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--embeddings", type=Path, help="keep those of TRAINING there (.npz)")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--photos", type=int, default=5000, help="of TEST, at most")
    given = parser.parse_args()
    bundle = folder.read(installed.resolve("toy"))
    vectors, rows = embedded(bundle, given.training, given.embeddings)
    partition = cut(*places(rows))
    labels = partition.assign(*places(rows))
    kept = labels >= 0
    network = learned(load_classifier(bundle), bundle.partition, partition, vectors[kept], labels[kept], given.epochs)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        size_of_inception(home, partition)
        made = export_model(network, partition, home / "toy", "toy", training={"world": "toy"})
        ranges = np.random.default_rng(1).permutation(len(rows))[:RANGES]
        paths = list(table.paths(rows.take(ranges), given.training.parent))
        small = home / "small.onnx"
        quantise(made.onnx_path, np.stack(list(decode.load_many(paths, made.info.preprocessing))), small)
        sizes = [path.stat().st_size / 1e6 for path in (made.onnx_path, small)]
        print(f"toy, {CELLS:,} cells: {sizes[0]:.1f} MB, int8 {sizes[1]:.1f} MB")
        compare({"float32": made.onnx_path, "int8": small}, bundle, partition, given.test, given.photos)


if __name__ == "__main__":
    main()
