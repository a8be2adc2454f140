"""How photos lie in their cell: the constants `locate.region.SPREAD` against real geotags.

    python benchmarks/spread_in_cells.py coordinates.csv     # any table with latitudes and longitudes

Cells are made from one half of the photos. For the other half it prints which share lies within 1 … 200 km of the mean
position of its cell, and which share SPREAD expects; it also prints what an even spread over the cell would expect.
"""

import argparse

import numpy as np

from photoplanet.earth import cells, geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.locate.credible_region import SPREAD
from photoplanet.photos import table

DISTANCES_KM = (1, 5, 25, 100, 200)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("coordinates", help="CSV or Parquet")
    options = parser.parse_args()
    points, _ = table.read(options.coordinates, require=("latitude", "longitude"))
    lat, lng = (points.column(name).to_numpy() for name in ("latitude", "longitude"))
    first = np.random.default_rng(0).random(len(lat)) < 0.5
    sizes, shares = np.array(SPREAD).T
    for max_photos in (len(lat) // 200, len(lat) // 1000, len(lat) // 2000):
        partition = Partition.adaptive(lat[first], lng[first], max_photos, max(1, max_photos // 10))
        labels = partition.assign(lat[~first], lng[~first])
        inside = labels >= 0
        means = partition.means[labels[inside]]
        away = geodesy.distance_km(lat[~first][inside], lng[~first][inside], means[:, 0], means[:, 1])
        side = np.sqrt(cells.area_km2(partition.ids) / np.pi)[labels[inside]]
        print(f"{len(partition)} cells, {inside.sum():,} held-out photos in them")
        for km in DISTANCES_KM:
            expected = (np.minimum(1, (km / np.outer(side, sizes)) ** 2) @ shares).mean()
            even = np.minimum(1, (km / side) ** 2).mean()
            print(f"  within {km:>3} km: {(away <= km).mean():6.1%}; SPREAD expects {expected:6.1%}, even {even:6.1%}")


if __name__ == "__main__":
    main()
