"""A few real photos, every one scored once by a model that has not seen its album, beside what needs no network.

    python benchmarks/real_photos.py fold PHOTOS.csv WORK   writes WORK/fold-*/train.parquet and held-out.parquet
    python benchmarks/real_photos.py results WORK           of WORK/fold-*/*: the table of docs/results.md

Folds hold whole albums; the photos of one `place` are an album where they have none. scripts/real-photos.sh runs all.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import pyarrow as pa

from photoplanet.earth.geodesy import RADII_KM, distance_km
from photoplanet.evaluation import baselines, resampling, tables, truth
from photoplanet.locate import locator
from photoplanet.locate.point_estimates import DEFAULT_READOUT
from photoplanet.photos import table

FOLDS = 4
READOUTS = ("center", DEFAULT_READOUT)
MODELS = {"lite0": "features of `lite0`", "mobile": "`mobile` from random weights"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["fold", "results"])
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    given = parser.parse_args()
    if given.step == "fold":
        fold(given.paths[0], given.paths[1])
    else:
        results(given.paths[0])


def fold(listed: Path, work: Path) -> None:
    """Write the photos of each fold, the largest albums first, each to the fold with the fewest photos."""
    photos, left_out = table.read(listed)
    if left_out:
        print(table.describe(left_out))
    with listed.open(newline="", encoding="utf-8") as file:
        places = {row["photo_id"]: row.get("place") or "" for row in csv.DictReader(file)}
    ids, named = photos["photo_id"].to_pylist(), photos["album"].to_pylist()
    albums = [album or places[photo] or photo for photo, album in zip(ids, named, strict=True)]
    photos = photos.set_column(photos.column_names.index("album"), "album", pa.array(albums))
    paths = [str(Path(path).absolute()) for path in table.paths(photos, listed.parent)]
    photos = photos.set_column(photos.column_names.index("path"), "path", pa.array(paths))
    sizes = {album: albums.count(album) for album in albums}
    held: list[set[str]] = [set() for _ in range(FOLDS)]
    for album in sorted(sizes, key=lambda album: (-sizes[album], album)):
        min(held, key=lambda some: sum(sizes[each] for each in some)).add(album)
    for number, some in enumerate(held):
        folder = work / f"fold-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        mask = np.array([album in some for album in albums])
        table.write(photos.filter(pa.array(~mask)), folder / "train.parquet")
        table.write(photos.filter(pa.array(mask)), folder / "held-out.parquet")
        print(f"{folder}: {(~mask).sum()} to train on, {mask.sum()} of {len(some)} albums held out")


def results(work: Path) -> None:
    """Join the folds and print baselines, the models, and what these are ahead by."""
    errors: dict[str, list[np.ndarray]] = {}
    parts = []
    for folder in sorted(work.glob("fold-*")):
        held = truth.of(folder / "held-out.parquet")
        parts.append(held.photos)
        for name, km in baselines.errors(folder / "train.parquet", held).items():
            errors.setdefault(name, []).append(km)
        places = (held.photos[name].to_numpy() for name in ("latitude", "longitude"))
        true = np.stack(list(places))
        for model, called in MODELS.items():
            opened = locator.load(folder / model)
            for readout in READOUTS:
                found = opened.locate([path or "" for path in held.paths], readout=readout)
                km = distance_km(*true, *np.array([each.point for each in found]).T)
                errors.setdefault(f"{called}, `{readout}`", []).append(km[:, None])
    photos = pa.concat_tables(parts)
    units = resampling.units(photos)
    joined = {name: np.concatenate(parts) for name, parts in errors.items()}
    print(f"{len(photos)} photos, each scored once; intervals: {units.described}\n")
    rows = [{"name": name, **baselines.summary(km, units)} for name, km in joined.items()]
    print(tables.markdown(rows, intervals=True))
    limits = np.array(list(RADII_KM.values()))
    for called in MODELS.values():
        ours = joined[f"{called}, `{DEFAULT_READOUT}`"]
        for name in baselines.NAMES:
            theirs = (joined[name][..., None] <= limits).mean(axis=1)
            gains = 100 * resampling.gains(ours <= limits, theirs, units)
            listed = (
                f"{radius} {gain:+.1f} [{low:+.1f}, {high:+.1f}]"
                for radius, (gain, low, high) in zip(RADII_KM, gains, strict=True)
            )
            print(f"{called}, ahead of {name!r}: {', '.join(listed)}")
    albums = photos["album"].to_pylist()
    for name, km in joined.items():
        hits = [album for album, near in zip(albums, km[:, 0] <= RADII_KM["country"], strict=True) if near]
        first = {album: hits.count(album) for album in hits}
        most = sorted(first, key=lambda album: -first[album])[:3]
        print(f"within 750 km, {name}: {len(hits)} photos of {len(first)} albums; most: "
              + ", ".join(f"{album} {first[album]} of {albums.count(album)}" for album in most))  # fmt: skip


if __name__ == "__main__":
    main()
