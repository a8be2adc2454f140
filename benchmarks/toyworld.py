"""Toy Earth photos per second of one core, painted and written as JPEG with EXIF, beside encoding alone.

python benchmarks/toyworld.py [--photos 600] [--repeats 5]
"""

import argparse
import io
import statistics
import time

import figures

from photoplanet.toyworld import paint, travellers, world, write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=600)
    parser.add_argument("--repeats", type=int, default=5)
    figures.add_json(parser)
    given = parser.parse_args()
    order = write.Order(given.photos)
    photos = travellers.travel(world.make(), given.photos)
    images = [
        paint.photo(paint.cues_of(row), travellers.SCENES[scene], (0, n))
        for n, (row, scene) in enumerate(zip(photos.cues, photos.scene, strict=True))
    ]
    whole, encode = [], []
    for _ in range(given.repeats):
        start = time.process_time()
        size = sum(map(len, write.jpegs(photos, order)))
        middle = time.process_time()
        for image in images:
            image.save(io.BytesIO(), "JPEG", quality=write.QUALITY)
        whole.append(middle - start)
        encode.append(time.process_time() - middle)
    rate = given.photos / statistics.median(whole)
    spread = f"median of {given.repeats}; {given.photos / max(whole):.0f}…{given.photos / min(whole):.0f}"
    print(f"{order.size} px: {rate:.0f} photos/s of one core ({spread})")
    print(f"{size / given.photos / 1000:.1f} kB each")
    print(f"encoding alone takes {statistics.median(encode) / statistics.median(whole):.0%} of that time")
    what = "toy Earth photos painted and encoded, against encoding alone"
    figures.write(given.json, [figures.row(what, whole, encode, f"{rate:.0f} photos/s of one core")])


if __name__ == "__main__":
    main()
