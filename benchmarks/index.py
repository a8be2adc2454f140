"""Rates of indexing and decoding on this machine: `python benchmarks/index.py [FOLDER_OF_PHOTOS]`.

Makes 5,000 small JPEGs and a 100,000-row table in a temporary folder; prints photos or rows per second of wall time and
per second of this process's CPU time (the one to compare on a busy machine), and ratios of the latter.
"""

import argparse
import io
import itertools
import statistics
import tempfile
import time
from pathlib import Path

import figures
import numpy as np
from PIL import Image

from photoplanet.index import build
from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.photos import decode, table


def rate(what, count, action, repeat=1):
    """Run and print the best of `repeat`; returns the rate per CPU second."""
    wall = cpu = float("inf")
    for _ in range(repeat):
        start, used = time.perf_counter(), time.process_time()
        action()
        wall, cpu = min(wall, time.perf_counter() - start), min(cpu, time.process_time() - used)
    print(f"{what:<52} {count / wall:>11,.0f} /s {count / cpu:>11,.0f} /CPU s {wall:>7.2f} s")
    return count / cpu


def picture(width, height):
    """A JPEG with about the bytes per pixel of a photo."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (height // 12, width // 12, 3), dtype=np.uint8))
    pixels = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), np.float32)
    noisy = pixels + rng.normal(0, 6, pixels.shape)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def indexing(folder, photos):
    """Rows of the table: indexing against reading the same files' bytes, and a second run against the first."""
    many = folder / "many"
    many.mkdir()
    body = io.BytesIO()
    small = picture(160, 120)
    for i in range(5000):
        body.seek(0)
        body.truncate()
        small.save(body, "JPEG", exif=gps_bytes(i / 100 - 25 + 1e-4, i / 50 - 50))
        (many / f"{i:05}.jpg").write_bytes(body.getvalue())
    out = folder / "many.parquet"
    rate("5,000 JPEGs, one thread", 5000, lambda: build.index([many], threads=1))
    rate("5,000 JPEGs, threads as by default", 5000, lambda: build.index([many]))
    rate("5,000 JPEGs, two processes (with their start)", 5000, lambda: build.index([many], processes=2))
    first = rate("5,000 JPEGs, first run with a cache", 5000, lambda: build.index([many], out))
    again = rate("5,000 JPEGs, second run", 5000, lambda: build.index([many], out))
    turns = {"one": [], "bytes": [], "again": []}
    for _ in range(5):
        for name, action in (
            ("one", lambda: build.index([many], threads=1)),
            ("bytes", lambda: [path.read_bytes() for path in sorted(many.iterdir())]),
            ("again", lambda: build.index([many], out)),
        ):
            start = time.process_time()
            action()
            turns[name].append(time.process_time() - start)
    rate("500 JPEGs with --drop-graphics", 500, lambda: build.index(sorted(many.iterdir())[:500], drop_graphics=True))
    print(f"second run / first {again / first:.1f}")
    if photos:
        count = sum(1 for _ in photos.rglob("*.jpg"))
        rate(f"{count} real photos", count, lambda: build.index([photos], keep_without_gps=True), 3)
    one, again = (5000 / statistics.median(turns[name]) for name in ("one", "again"))
    return [
        figures.row("index of 5,000 JPEGs, against reading their bytes (processor time)", turns["one"], turns["bytes"],
                    f"{one:,.0f} photos/s of one core"),
        figures.row("the same again from the cache, against the first time (processor time)", turns["again"],
                    turns["one"], f"{again:,.0f} photos/s of one core"),
    ]  # fmt: skip


def tables(folder):
    n = 100_000
    rng = np.random.default_rng(0)
    rows = [
        {"photo_id": f"{i:07}", "path": f"p/{i:07}.jpg", "latitude": a, "longitude": b, "album": f"a{i // 30}"}
        for i, a, b in zip(range(n), rng.uniform(-90, 90, n).tolist(), rng.uniform(-180, 180, n).tolist(), strict=True)
    ]
    for name in ("t.csv", "t.parquet"):
        path = table.write(table.from_rows(rows), folder / name)
        rate(f"table.read of 100,000 rows, {name}", n, lambda path=path: table.read(path), 3)
    rate("index of a 100,000-row CSV whose photos are missing", n, lambda: build.index([folder / "t.csv"]))


def decoding():
    """Rows of the table: decoding for the network against decoding all pixels."""
    rows = []
    for width, height, count in ((4000, 3000, 12), (500, 375, 200)):
        body = io.BytesIO()
        picture(width, height).save(body, "JPEG", quality=88)
        data = body.getvalue()
        to = decode.Preprocessing(299)

        def plain(data=data, to=to):
            side = min((image := Image.open(io.BytesIO(data)).convert("RGB")).size)
            left, top = (image.width - side) / 2, (image.height - side) / 2
            box = (left, top, left + side, top + side)
            return np.asarray(image.resize((to.size, to.size), Image.Resampling.BICUBIC, box))

        repeat = range(count)
        slow = rate(f"{width} × {height} → 299, whole decoding", count, lambda f=plain, r=repeat: [f() for _ in r])
        name = f"{width} × {height} → 299, images.load"
        fast = rate(name, count, lambda d=data, t=to, r=repeat: [decode.load(d, t) for _ in r])
        copies = itertools.repeat(data, count)
        rate(f"{name}_many, 2 threads", count, lambda c=copies, t=to: list(decode.load_many(c, t, threads=2)))
        turns = [], []
        for _ in range(5):
            for action, seconds in zip((lambda d=data, t=to: decode.load(d, t), plain), turns, strict=True):
                start = time.process_time()
                for _ in range(max(1, count // 4)):
                    action()
                seconds.append(time.process_time() - start)
        what = f"decoding {width} × {height} for 299 px, against all its pixels"
        rows.append(figures.row(what, *turns, f"{1000 * statistics.median(turns[0]) / max(1, count // 4):.1f} ms"))
        print(f"load / whole decoding {fast / slow:.2f}")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="?", type=Path)
    figures.add_json(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = decoding()
        tables(Path(folder))
        rows += indexing(Path(folder), options.photos)
    figures.write(options.json, rows)


if __name__ == "__main__":
    main()
