"""Photo tables of the paper's size, made up: `python benchmarks/synthetic_tables.py FOLDER --photos 126_000_000`.

Writes FOLDER/photos/part-00000.parquet … with ids and paths of twenty characters, as MP-16 has them, all different,
places around 20,000 towns, and a photographer for every 300 photos; with --predictions N also
FOLDER/predictions.parquet, answers to the first N photos, 200 km off in the median; with --shards N also
FOLDER/shards/00000.tar … with N tiny JPEGs and FOLDER/shards/photos.parquet, the table of their photos. The same --seed
makes the same files. --photos 1000 takes a second.
"""

import argparse
import io
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

PART = 1_000_000  # rows of a file
PER_SHARD = 10_000  # photos of a shard
TOWNS = 20_000
_STEP, _NUMBERS = 7_654_327, 10**10  # coprime: photo i has the number i * step modulo 10^10, so all differ
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def names(rows: np.ndarray, between: bytes) -> pa.Array:
    """Names such as 3f_9a_5133463568.jpg: two bytes of a hash, ten digits."""
    numbers = rows.astype(np.int64) * _STEP % _NUMBERS
    letters = np.empty((len(rows), 20), np.uint8)
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(48)
    for at, shift in ((0, 12), (1, 8), (3, 4), (4, 0)):
        letters[:, at] = _HEX[(mixed >> np.uint64(shift)) & np.uint64(15)]
    letters[:, [2, 5]] = between[0]
    for at in range(10):
        numbers, digit = np.divmod(numbers, 10)
        letters[:, 15 - at] = digit + ord("0")
    letters[:, 16:] = np.frombuffer(b".jpg", np.uint8)
    offsets = np.arange(0, 20 * len(rows) + 1, 20, dtype=np.int32)
    return pa.StringArray.from_buffers(len(rows), pa.py_buffer(offsets), pa.py_buffer(letters))


def places(rows: int, towns: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Degrees (n,) to five places, around towns whose sizes follow Zipf's law."""
    town = np.minimum((TOWNS ** random.random(rows)).astype(np.int64), TOWNS) - 1
    spread = random.normal(0, 0.05, (2, rows))
    lat, lng = towns[town].T + spread
    return np.round(np.clip(lat, -89.9, 89.9), 5), np.round(np.clip(lng, -179.9, 179.9), 5)


def parts(photos: int, seed: int) -> Iterator[pa.Table]:
    """The photo table, a million rows at a time; each part depends on the seed and its number alone."""
    first = np.random.default_rng([seed, 0])
    towns = np.stack([np.degrees(np.arcsin(first.uniform(-0.7, 0.95, TOWNS))), first.uniform(-180, 180, TOWNS)], 1)
    people = max(1, photos // 300)
    for number, start in enumerate(range(0, photos, PART), 1):
        random, rows = np.random.default_rng([seed, number]), np.arange(start, min(start + PART, photos))
        lat, lng = places(len(rows), towns, random)
        users = np.char.add(np.char.zfill(np.arange(people).astype("S8"), 8), b"@N00").astype(str)
        who = pa.array(random.integers(0, people, len(rows), dtype=np.int32))
        person = pa.DictionaryArray.from_arrays(who, pa.array(users)).cast(pa.string())
        yield pa.table({"photo_id": names(rows, b"_"), "path": names(rows, b"/"), "latitude": lat, "longitude": lng,
                        "photographer": person})  # fmt: skip


def write_parts(folder: Path, photos: int, seed: int) -> Path:
    """FOLDER/photos: a folder of parts."""
    out = folder / "photos"
    out.mkdir(parents=True)
    for number, part in enumerate(parts(photos, seed)):
        pq.write_table(part, out / f"part-{number:05}.parquet", compression="zstd", compression_level=1)
    return out


def write_predictions(folder: Path, count: int, photos: int, seed: int) -> Path:
    """FOLDER/predictions.parquet: an answer to each of the first photos."""
    out, random = folder / "predictions.parquet", np.random.default_rng([seed, 2**32])
    writer, left = None, count
    for part in parts(photos, seed):
        part, off = part.slice(0, left), random.normal(0, 2, (2, min(left, len(part))))
        found = pa.table({"photo_id": part["photo_id"],
                          "latitude": np.clip(part["latitude"].to_numpy() + off[0], -90, 90),
                          "longitude": np.clip(part["longitude"].to_numpy() + off[1], -180, 180),
                          "confidence": random.random(len(part))})  # fmt: skip
        writer = writer or pq.ParquetWriter(out, found.schema, compression="zstd", compression_level=1)
        writer.write_table(found)
        left -= len(part)
        if not left:
            break
    if writer is not None:
        writer.close()
    return out


def write_shards(folder: Path, photos: int, seed: int) -> Path:
    """FOLDER/shards: tars of tiny JPEGs, and the table of their photos."""
    out, random = folder / "shards", np.random.default_rng([seed, 2**33])
    out.mkdir(parents=True)
    bodies = []
    for colour in random.integers(0, 256, (64, 3)).tolist():
        file = io.BytesIO()
        Image.new("RGB", (16, 12), tuple(colour)).save(file, "JPEG")
        bodies.append(file.getvalue())
    writer, shard = None, 0
    for part in parts(photos, seed):
        ids, paths = part["photo_id"].to_pylist(), list[str]()
        for start in range(0, len(ids), PER_SHARD):
            name, some = f"{shard:05}.tar", ids[start : start + PER_SHARD]
            with tarfile.open(out / name, "w", format=tarfile.USTAR_FORMAT) as archive:
                for row, photo in enumerate(some):
                    member, body = tarfile.TarInfo(photo), bodies[row % len(bodies)]
                    member.size = len(body)
                    archive.addfile(member, io.BytesIO(body))
            paths += [f"{name}#{photo}" for photo in some]
            shard += 1
        part = part.set_column(1, "path", pa.array(paths))
        writer = writer or pq.ParquetWriter(out / "photos.parquet", part.schema, compression="zstd")
        writer.write_table(part)
    if writer is not None:
        writer.close()
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=126_000_000)
    parser.add_argument("--predictions", type=int, default=0)
    parser.add_argument("--shards", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start = time.perf_counter()
    if options.photos:
        write_parts(options.folder, options.photos, options.seed)
    if options.predictions:
        options.folder.mkdir(parents=True, exist_ok=True)
        write_predictions(options.folder, options.predictions, max(options.photos, options.predictions), options.seed)
    if options.shards:
        write_shards(options.folder, options.shards, options.seed)
    size = sum(file.stat().st_size for file in options.folder.rglob("*") if file.is_file())
    print(f"{options.folder}: {size / 1e9:,.2f} GB in {time.perf_counter() - start:,.0f} s")


if __name__ == "__main__":
    main()
