"""GeoJSON of flat distributions, 200 outlines a photo: `python benchmarks/geojson.py [--photos 60] [--json FILE]`.

A photo that could be anywhere costs the most: its region has more cells than are drawn. Measured are the lines of
`locate --geojson` where the cells were drawn before (the toy model's, again and again) and where most are new (200 of
24,576 each time), against `json.dumps` of the same features ready-made. Processor time, interleaved.
"""

import argparse
import statistics
import time

import figures
import numpy as np

import photoplanet as pp
from photoplanet.locate import geojson
from photoplanet.locate.prediction import Prediction


def flat(partition: pp.Partition, photos: int) -> list[Prediction]:
    """Predictions whose 90 % regions hold most of the cells, with other cells in front each time."""
    draw = np.random.default_rng(16)
    found = []
    for _ in range(photos):
        mass = draw.random(len(partition))
        found.append(Prediction((mass / mass.sum()).astype(np.float32), partition))
    return found


def turns(predictions: list[Prediction]) -> tuple[list[float], list[float]]:
    """Processor seconds of each prediction's lines, and of dumping its features."""
    ours, reference = [], []
    for each in predictions:
        each.best, each.credible_region(0.9), each.best.near  # are worked out with or without GeoJSON
        begin = time.process_time()
        lines = geojson.lines(each, "IMG_1.jpg")
        ours.append(time.process_time() - begin)
        features = geojson.features(each, "IMG_1.jpg")
        begin = time.process_time()
        dumped = [geojson.text(feature) for feature in features]
        reference.append(time.process_time() - begin)
        assert dumped == lines
    return ours, reference


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=60)
    figures.add_json(parser)
    given = parser.parse_args()
    lat, lng = np.meshgrid(np.arange(-89.5, 90), np.arange(-179.5, 180))
    toy, fine = pp.load("toy").partition, pp.Partition.uniform(lat.ravel(), lng.ravel(), 6, min_photos=1)
    turns(flat(toy, 10))
    rows = []
    for kind, partition in (("drawn before", toy), ("new", fine)):
        ours, reference = turns(flat(partition, given.photos))
        name = f"GeoJSON of a flat distribution, cells {kind}, against `json.dumps` of it ready-made"
        figure = f"{1e3 * statistics.median(ours):.2f} ms a photo"
        rows.append(figures.row(name, ours, reference, figure, limit="1: writing JSON alone, text anew each time"))
        print(f"{name}: {rows[-1]['ratio']} ({rows[-1]['low']} to {rows[-1]['high']}), {figure}")
    figures.write(given.json, rows)


if __name__ == "__main__":
    main()
