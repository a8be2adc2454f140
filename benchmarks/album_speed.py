"""What album methods cost beside the network: processor time per photo, in one run, of `locate` and of each method.

    python benchmarks/album_speed.py runs/albums-test --model toy [--albums 60]

Times are of one thread, on the cached answers of the test albums; `locate` is decoding and the network on their files.
The last column is what locating an album costs against its photos one by one.
"""

import argparse
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from photoplanet.albums import album, album_parameters, attention, lstm, methods
from photoplanet.locate import locator
from photoplanet.photos import table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("test", type=Path)
    parser.add_argument("--model", default="toy")
    parser.add_argument("--albums", type=int, default=60)
    given = parser.parse_args()
    model = locator.load(given.model, threads=1)
    column = {file.stem: np.load(file, mmap_mode="r") for file in (given.test / "cache").glob("*.npy")}
    starts = np.concatenate([[0], np.flatnonzero(np.diff(column["album"])) + 1])[: given.albums + 1]
    photos = table.paths(table.read(given.test / "photos.parquet")[0], given.test)[: starts[-1]]
    alone = clocked(lambda: [model.locate(photo) for photo in photos]) / len(photos)
    print(f"{len(photos)} photos of {len(starts) - 1} albums; one by one {1e3 * alone:.2f} ms a photo")
    print("| method | ms a photo | album / one by one |\n|---|---|---|")
    batched = clocked(lambda: list(model.locate_many(photos, decode_threads=0))) / len(photos)
    taken = album_parameters.read_counted(model.bundle) | lstm.read(model.bundle, 1) | attention.read(model.bundle, 1)
    parts = [slice(start, stop) for start, stop in pairwise(starts.tolist())]
    gaps = [np.diff(column["taken_at"][part]) / np.timedelta64(3600, "s") for part in parts]
    own = [column["log_probabilities"][part].astype(np.float32) for part in parts]
    albums = [album.Album(gap, np.full(len(gap) + 1, -1, np.int32)) for gap in gaps]
    for name, method in methods.METHODS.items():
        if method.needs and name not in taken:
            continue

        def decode(name=name):
            for part, rows, one in zip(parts, own, albums, strict=True):
                methods.decode(name, rows, column["embeddings"][part], one, model.partition, taken)

        decode()  # opens files, makes kernels
        spent = clocked(decode) / len(photos)
        print(f"| `{name}` | {1e3 * spent:.2f} | {(batched + spent) / alone:.2f} |", flush=True)


def clocked(work) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
