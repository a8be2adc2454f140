"""A photo table of so many of a table's photos, drawn by chance; the photos of a smaller draw are among a larger one's.

    python benchmarks/sample_photos.py photos.parquet 3100 -o sample.parquet

Paths in a photo table are relative to its folder, so the new one lies beside the old.
"""

import argparse
from pathlib import Path

import numpy as np

from photoplanet.photos import table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("-o", "--name", required=True, help="file name of the new table")
    given = parser.parse_args()
    photos, _ = table.read(given.photos)
    if not 0 < given.count <= len(photos):
        raise SystemExit(f"{given.photos}: has {len(photos):,} photos, not {given.count:,}")
    drawn = np.random.default_rng(0).permutation(len(photos))[: given.count]
    table.write(photos.take(np.sort(drawn)), given.photos.with_name(given.name))


if __name__ == "__main__":
    main()
