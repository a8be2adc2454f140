"""What packing saves: decoding photos of 12 megapixels for a network against the same photos packed, in turns.

python benchmarks/pack.py                                         # made-up photos
python benchmarks/pack.py FOLDER                                  # smaller photos are enlarged to 12 megapixels
python benchmarks/pack.py FOLDER --photos 30 --image-size 128 --size 160
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import figures
import numpy as np
from input_pipeline import natural
from PIL import Image

from photoplanet.packing import pack
from photoplanet.packing.plan import Settings, make
from photoplanet.photos import decode, formats, table
from photoplanet.photos.preprocessing import Preprocessing
from photoplanet.training import augment, sampling
from photoplanet.training.recipes import Recipe


def enlarged(source: Path, target: Path, megapixels: float) -> None:
    """Write a photo as a JPEG of so many megapixels, with the grain that a camera's has, so of a camera's size."""
    image = decode.open_photo(source)
    scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    if scale > 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    pixels = np.asarray(image, np.int16)
    grain = np.random.default_rng(0).normal(0, 3, pixels.shape[:2]).astype(np.int16)[..., None]
    Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8)).save(target, quality=90)


def photos(given: argparse.Namespace, folder: Path) -> int:
    """Write the large photos, numbered, into a folder; how many there are."""
    if given.folder is None:
        random = np.random.default_rng(0)
        height = round((given.megapixels * 1e6 * 3 / 4) ** 0.5)
        for number in range(given.photos):
            natural(random, height, height * 4 // 3).save(folder / f"{number}.jpg", quality=90)
        return int(given.photos)
    found = sorted(path for path in given.folder.rglob("*") if path.suffix.lower() in formats.STILL_SUFFIXES)
    count = min(given.photos, len(found))
    for number in range(count):
        enlarged(found[number * len(found) // count], folder / f"{number}.jpg", given.megapixels)
    return count


def seconds(rows, folder: Path, preprocessing: Preprocessing, epoch: int) -> float:
    """Processor seconds a photo to decode an epoch of a table in one thread, with the crops of training."""
    recipe = Recipe()
    paths = table.paths(rows, folder)
    started = time.process_time()
    for photo in sampling.Order(len(paths), 0).of(epoch):
        box = augment.crop_box(recipe, sampling.uniforms(0, epoch, photo, augment.DRAWS))
        decode.load(paths[photo], preprocessing, box)
    return (time.process_time() - started) / len(paths)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="photos, with all below it; default: made-up ones")
    parser.add_argument("--photos", type=int, default=60, help="at most, evenly spread")
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--image-size", type=int, default=299)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=0)
    figures.add_json(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = photos(given, folder)
        rows = table.from_rows({"photo_id": str(n), "path": f"{n}.jpg"} for n in range(count))
        source = table.write(rows, folder / "photos.parquet")
        started = time.perf_counter()
        packed = pack.pack(make(source, Settings(given.size, per_shard=20)), folder / "shards", given.processes)
        packing = time.perf_counter() - started
        small, _ = table.read(packed.table, ("photo_id", "path"))
        preprocessing = Preprocessing(given.image_size, "squash")
        turns = {"as they are": (rows, folder), "packed": (small, packed.table.parent)}
        for turn in turns.values():
            seconds(*turn, preprocessing, 0)  # from here on the files are in memory
        times = {name: [] for name in turns}
        for epoch in range(given.rounds):
            for name, turn in turns.items():
                times[name].append(seconds(*turn, preprocessing, epoch))
        large = sum(path.stat().st_size for path in folder.glob("*.jpg"))
    large_ms, small_ms = (1000 * statistics.median(each) for each in times.values())
    what = (
        f"decoding photos packed to {given.size} px for {given.image_size} px, against {given.megapixels:g} megapixels"
    )
    figures.write(given.json, [
        figures.row(what, times["packed"], times["as they are"], f"{small_ms:.1f} of {large_ms:.1f} ms", rate=False)
    ])  # fmt: skip
    ratios = sorted(b / a for a, b in zip(*times.values(), strict=True))
    print(json.dumps({
        "photos": count, "megapixels": given.megapixels, "size": given.size, "image_size": given.image_size,
        "decoding_processor_ms": {name: round(1000 * statistics.median(each), 2) for name, each in times.items()},
        "ratio": round(statistics.median(ratios), 4), "ratios": [round(ratio, 4) for ratio in ratios],
        "megabytes": {"as they are": round(large / 1e6, 1), "packed": round(packed.bytes / 1e6, 2)},
        "packing_photos_per_second": round(count / packing, 1),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
