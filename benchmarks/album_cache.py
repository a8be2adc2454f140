"""A model's answers to the photos of tables, kept as arrays, so that album methods are tried and trained in seconds.

python benchmarks/album_cache.py runs/albums-train/photos.parquet --model toy    writes runs/albums-train/cache/
"""

import argparse
from pathlib import Path

import numpy as np

from photoplanet.errors import InputError
from photoplanet.locate import locator
from photoplanet.photos import decode, table

BATCH = 128
README = """{n} photos, in the order of {name}: albums one after another, each in the order of its times.

ids.npy                {n} strings, photo_id
log_probabilities.npy  ({n}, {classes}) float16, calibrated (temperature {temperature:.4f}), model {model}
embeddings.npy         ({n}, {d}) float16, the layer below the softmax
read.npy               ({n},) bool, False for a photo that could not be read (its rows are flat and 0)
latitude.npy, longitude.npy  ({n},) float64 degrees, the truth
classes.npy            ({n},) int32, the true class, -1 outside every cell
album.npy              ({n},) int32 album numbers; taken_at.npy ({n},) datetime64[s]
"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("tables", nargs="+", type=Path)
    arguments.add_argument("--model", default="toy")
    arguments.add_argument("--threads", type=int, default=1)
    given = arguments.parse_args()
    model = locator.load(given.model, threads=given.threads)
    for path in given.tables:
        write(model, path, given.threads)


def write(model, path: Path, threads: int) -> None:
    """The answers to one table's photos, into the folder `cache` beside it."""
    photos, _ = table.read(path)
    n, classes, size = len(photos), model.info.classes, model.info.embedding_size
    folder = path.parent / "cache"
    folder.mkdir(exist_ok=True)
    found = np.full((n, classes), -np.log(classes), np.float16)
    embeddings, read = np.zeros((n, size), np.float16), np.zeros(n, bool)
    rows: list = []
    batch: list = []

    def finish():
        if batch:
            answer, embedding = model.log_probabilities(np.stack(batch))
            found[rows], embeddings[rows], read[rows] = answer, embedding, True
            rows.clear()
            batch.clear()

    sources = table.paths(photos, path.parent)
    for row, pixels in enumerate(decode.load_many(sources, model.info.preprocessing, threads)):
        if not isinstance(pixels, InputError):
            rows.append(row)
            batch.append(pixels)
        if len(batch) == BATCH:
            finish()
        if row % 5000 == 0:
            print(f"{path}: {row} of {n}", flush=True)
    finish()
    lat, lng = photos["latitude"].to_numpy(), photos["longitude"].to_numpy()
    arrays = {
        "ids": np.array(photos["photo_id"].to_pylist()),
        "log_probabilities": found,
        "embeddings": embeddings,
        "read": read,
        "latitude": lat,
        "longitude": lng,
        "classes": model.partition.assign(lat, lng),
        "album": np.unique(photos["album"].to_pylist(), return_inverse=True)[1].astype(np.int32),
        "taken_at": np.array(photos["taken_at"].to_pylist(), "datetime64[s]"),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    facts = {"n": n, "classes": classes, "d": size, "temperature": model.info.temperature, "model": model.info.name}
    (folder / "README.txt").write_text(README.format(name=path.name, **facts), encoding="utf-8")


if __name__ == "__main__":
    main()
