"""One very long album: `photoplanet album` on a folder of so many photos, to every kind of output, and back.

    photoplanet toyworld -o runs/albums-test --photos 10000 --seed 13
    python benchmarks/long_album.py runs/albums-test runs/long --photos 500 2000 10000 [--model toy]

The toy Earth's photos become one folder by one camera, a minute to hours apart, without GPS. Each row is a process of
its own: seconds, seconds of processor (of all cores), photos/s, and the most memory it ever held.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image

DATE_ORIGINAL, EXIF_IFD, MAKE, MODEL = 0x9003, 0x8769, 0x010F, 0x0110
START = datetime(2015, 1, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("toy", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--photos", type=int, nargs="+", default=[500, 2000, 10_000])
    parser.add_argument("--model", default="toy")
    given = parser.parse_args()
    sources = sorted(given.toy.glob("*/*/*.jpg"))
    if len(sources) < max(given.photos):
        parser.error(f"{given.toy} has {len(sources):,} photos; make more, or ask for fewer")
    print("| photos | step | s | s of processor | photos/s | peak MB |\n|---:|---|---:|---:|---:|---:|")
    for n in given.photos:
        folder = given.work / f"{n}-photos"
        if not folder.is_dir():
            make(sources[:n], folder)
        before = sum(path.stat().st_size for path in folder.iterdir())
        outputs = [f"--{kind}={given.work / f'{n}.{kind}'}" for kind in ("map", "csv", "geojson", "gpx-out")]
        for name, options in {
            "album, five outputs, xmp dry run": [*outputs, "--write=xmp", "--dry-run"],
            "album, xmp written": ["--write=xmp"],
            "undo": ["--undo"],
            "album, EXIF written": ["--write=exif"],
            "undo of EXIF": ["--undo"],
        }.items():
            row(n, name, [str(folder), *([] if "--undo" in options else ["--model", given.model]), *options])
        left = sum(path.stat().st_size for path in folder.iterdir())
        files = len(list(folder.iterdir()))
        print(f"after undo {files:,} files, {'the same' if left == before else 'OTHER'} bytes in all")


def make(sources: list[Path], folder: Path) -> None:
    """One folder, one camera, in the order of `sources`; gaps of a minute to hours, log-uniform."""
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    minutes = np.exp(np.random.default_rng(0).uniform(0, np.log(300), len(sources))).cumsum()
    for number, (source, at) in enumerate(zip(sources, minutes, strict=True)):
        exif = Image.Exif()
        exif[MAKE], exif[MODEL] = "Toy", "One"
        exif[EXIF_IFD] = {DATE_ORIGINAL: (START + timedelta(minutes=float(at))).strftime("%Y:%m:%d %H:%M:%S")}
        with Image.open(source) as image:
            image.save(part / f"{number:06d}.jpg", "JPEG", quality="keep", exif=exif)
    part.rename(folder)


def row(n: int, name: str, arguments: list[str]) -> None:
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "photoplanet", "album", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    errors = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        sys.exit(f"{name}: {errors}")
    print(
        f"| {n:,} | {name} | {seconds:.1f} | {used.ru_utime + used.ru_stime:.1f} | {n / seconds:,.0f} | "
        f"{used.ru_maxrss / 1024:,.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
