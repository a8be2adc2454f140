"""Placing the photos of a library by its known places and times: `python benchmarks/trips.py TABLE [--seeds N]`.

TABLE is Parquet with a row a photo: `photo`, `latitude`, `longitude`, `taken_at` (the camera's time, or null),
`named_date` (the date in the file's name), and `embedding`, the features of the encoder lite0 before their square root.
Places are hidden in two ways, so often with other seeds: of 30 % of the photos, drawn at random, and of all photos of
30 % of the days. Each way of placing answers every hidden photo. Prints Markdown: how many are within 1, 25, 200 and
750 km, with 95 % intervals that resample the days of the library; how many of the truths lie within the 90 % region;
and how many answers are sure (a radius under 750 km) and more than 750 km off. `--without-order` renames the photos, so
that the order of the names of one day says nothing; `--camera-first` believes cameras over names. `--networks` adds
what networks say of the pixels (benchmarks/trip_networks.py), with the weight that each draw's library teaches.

A TABLE with a column `person` instead (and `taken_at`, `latitude`, `longitude`) holds many libraries: one draw of every
fifth person with 40 to 250 photos is answered, by times alone, and the intervals resample people.
"""

import argparse
import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import trip_networks as networks

from photoplanet.albums.movement import moments
from photoplanet.albums.movement.library import Library
from photoplanet.albums.movement.looks import Likeness
from photoplanet.albums.movement.moments import Moments
from photoplanet.earth import geodesy

HIDDEN = 0.3
RADII = (1, 25, 200, 750)
RESAMPLES = 2000
KERNEL_KM = 25.0
SURE_KM = 750.0
FEWEST, MOST, FIFTH = 40, 250, 5  # of many people, those with so many photos, and of these every fifth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--without-order", action="store_true")
    parser.add_argument("--camera-first", action="store_true")
    parser.add_argument("--networks", action="store_true")
    given = parser.parse_args()
    if "person" in pq.read_schema(given.table).names:
        return people(given.table)
    photos = Photos(given.table, given.without_order, given.camera_first)
    ways: dict[str, Callable] = {
        "constant: the middle of all known places": photos.constant,
        "nearest in time": photos.nearest,
        "kernel over those near in time": photos.kernel,
        "movement: times": photos.movement(None),
        "movement: times and looks": photos.movement(photos.likeness),
    }
    if given.networks:
        ways["joined: a network of the known days"] = photos.joined("own")
        for name in ("published", "noise", "sure and wrong"):
            ways[f"joined: {name}"] = photos.joined(name)
    print(f"{len(photos.days)} photos of {len(set(photos.days.tolist()))} days, {given.seeds} draws each\n")
    for mode in ("photos", "days"):
        print(f"**30 % of the {mode} hidden**\n")
        heading()
        draws = [photos.hidden(mode, seed) for seed in range(given.seeds)]
        found = {name: run(way, photos, draws) for name, way in ways.items()}
        for name, rows in found.items():
            print(line(name, rows, photos.days, found["nearest in time"]), flush=True)
        for name in found if given.networks else ():
            if name.startswith("joined"):
                print(f"\n{name}: beside times and looks")
                print(line(name, found[name], photos.days, found["movement: times and looks"]), flush=True)
                print(f"weights: {sorted(photos.powers[name.partition(': ')[2]])}")
                photos.powers[name.partition(": ")[2]].clear()
        print()


class Photos:
    """A library of which all is known; `hidden` draws what a trial hides."""

    def __init__(self, path: Path, without_order: bool, camera_first: bool):
        table = pq.read_table(path)
        columns = {name: table[name].to_pylist() for name in table.column_names if name != "embedding"}
        self.places = np.column_stack([columns["latitude"], columns["longitude"]]).astype(np.float64)
        self.xyz = geodesy.to_xyz(*self.places.T)
        self.names = [f"{day} {name}.jpg" for day, name in zip(columns["named_date"], columns["photo"], strict=True)]
        if without_order:
            shuffled = np.random.default_rng(0).permutation(len(self.names))
            self.names = [f"{name[:10]} {number}.jpg" for name, number in zip(self.names, shuffled, strict=True)]
        named = np.array(columns["named_date"], "datetime64[D]")
        self.days = named.astype(np.int64)
        self.moments = moments.of(columns["taken_at"], self.names)
        if camera_first:
            self.moments = replace(self.moments.trusting_cameras(), camera=np.full(len(self.days), np.nan))
        self.simple = simple(columns["taken_at"], named)
        features = np.array(table["embedding"].to_pylist(), np.float32)
        compared = np.sqrt(np.maximum(features, 0))
        self.likeness = Likeness(compared)
        self.features = compared / np.linalg.norm(compared, axis=1, keepdims=True)
        self.powers: dict[str, list] = {}

    def hidden(self, mode: str, seed: int) -> np.ndarray:
        """Which photos (n,) a draw hides."""
        return drawn_from(self.days, mode, seed)

    def constant(self, hidden: np.ndarray) -> Callable:
        """The median of all known places."""
        point = geodesy.to_xyz(*geodesy.median(*self.places[~hidden].T))
        return lambda row: (point, np.nan)

    def nearest(self, hidden: np.ndarray) -> Callable:
        """The place of the known photo nearest in time; by the camera's time, else by noon of the named day."""
        known = np.flatnonzero(~hidden)
        return lambda row: (self.xyz[known[self.simple[row, known].argmin()]], np.nan)

    def kernel(self, hidden: np.ndarray) -> Callable:
        """Of the 30 known places nearest in time the one with the most others around it, weighed by time."""
        known = np.flatnonzero(~hidden)

        def place(row: int) -> tuple:
            near = known[np.argsort(self.simple[row, known], kind="stable")[:30]]
            apart = geodesy.between_km(self.xyz[near][:, None], self.xyz[near][None])
            held = np.exp(-apart / KERNEL_KM) @ (self.simple[row, near] + 1) ** -2.0
            return self.xyz[near[held.argmax()]], np.nan

        return place

    def movement(self, likeness: Likeness | None) -> Callable:
        """As `photoplanet album` without a model."""

        def way(hidden: np.ndarray) -> Callable:
            places = np.where(hidden[:, None], np.nan, self.places)
            library = Library(self.moments, places, self.names, likeness)

            def place(row: int) -> tuple:
                where = library.prediction(row)
                return geodesy.to_xyz(*where.point), where.credible_region().radius_km

            return place

        return way

    def joined(self, name: str) -> Callable:
        """As `photoplanet album` with a model: `own` of the known days, or a made-up one."""
        hours = self.moments.middle
        made = None if name == "own" else networks.made_up(name, self.places, self.days, hours, self.features)
        powers = self.powers.setdefault("a network of the known days" if name == "own" else name, [])

        def way(hidden: np.ndarray) -> Callable:
            library = Library(self.moments, np.where(hidden[:, None], np.nan, self.places), self.names, self.likeness)
            if made is None:
                heard, taught = networks.of_own_days(self.features, self.places, self.days, hours, hidden)
            else:
                heard, taught = made, [(int(row), made.of(int(row), 1.0)) for row in np.flatnonzero(~hidden)]
            weights = networks.learned(library, taught)
            powers.append((weights.near.power, weights.far.power, weights.far.outside))

            def place(row: int) -> tuple:
                weight = weights.at(library.hours(row))
                said = heard.of(row, weight.power, weight.outside)
                where = library.prediction(row, also=[said] if said else [])
                return geodesy.to_xyz(*where.point), where.credible_region().radius_km

            return place

        return way


def people(path: Path) -> None:
    """Prints one table for each way of hiding: many people's libraries, without looks or names."""
    table = pq.read_table(path)
    person, taken = np.array(table["person"]), np.array(table["taken_at"].to_pylist())
    places = np.column_stack([table["latitude"], table["longitude"]]).astype(np.float64)
    ids, counts = np.unique(person, return_counts=True)
    for mode in ("photos", "days"):
        found: dict[str, list] = {"nearest in time": [], "movement: times": []}
        for each in ids[(counts >= FEWEST) & (counts <= MOST)][::FIFTH]:
            rows = np.flatnonzero(person == each)
            own = moments.of(taken[rows].tolist(), [""] * len(rows))
            hidden = drawn_from(own.days, mode, int(each))
            if not hidden.any() or hidden.all():
                continue
            library = Library(own, np.where(hidden[:, None], np.nan, places[rows]), list(map(str, range(len(rows)))))
            known = np.flatnonzero(~hidden)
            for row in np.flatnonzero(hidden):
                near = known[np.abs(own.middle[known] - own.middle[row]).argmin()]
                where = library.prediction(int(row))
                truth, radius = places[rows[row]], where.credible_region().radius_km
                found["nearest in time"].append((each, geodesy.distance_km(*places[rows[near]], *truth), np.nan))
                found["movement: times"].append((each, geodesy.distance_km(*where.point, *truth), radius))
        answers = {name: np.array(rows) for name, rows in found.items()}
        rows = answers["movement: times"]
        print(f"**30 % of the {mode} hidden**: {len(rows)} photos of {len(set(rows[:, 0]))} people, "
              f"median radius {np.median(rows[:, 2]):.2f} km\n")  # fmt: skip
        heading()
        for name, rows in answers.items():
            print(line(name, rows, np.arange(ids.max() + 1), answers["nearest in time"]), flush=True)
        print()


def heading() -> None:
    """The head of a table."""
    print("| placed by | " + " | ".join(f"≤ {km} km" for km in RADII) + " | in the 90 % region | sure, > 750 km off |")
    print("|---|" + "---:|" * (len(RADII) + 2))


def drawn_from(days: np.ndarray, mode: str, seed: int) -> np.ndarray:
    """Which of the photos of these `days` (n,) a draw hides."""
    rng = np.random.default_rng(seed)
    if mode == "photos":
        return rng.random(len(days)) < HIDDEN
    each = np.unique(days)
    return np.isin(days, rng.choice(each, max(1, round(HIDDEN * len(each))), replace=False))


def simple(taken_at: list, named: np.ndarray) -> np.ndarray:
    """Hours (n, n) between photos, by what a simple tool takes for their times."""
    day = named.astype("datetime64[s]").astype(np.int64) / 3600.0
    times = [datetime.datetime.fromisoformat(text) if text else None for text in taken_at]
    stated = np.array([np.nan if each is None else each.replace(tzinfo=datetime.timezone.utc).timestamp() / 3600
                       for each in times])  # fmt: skip
    none = np.isnan(stated)
    found = Moments(np.where(none, day + 8, stated), np.where(none, day + 20, stated), np.full(len(day), np.nan))
    return moments.apart(found, found)


def run(way: Callable, photos: Photos, draws: list) -> np.ndarray:
    """A row for each hidden photo of each draw: the photo, km off, the radius stated (NaN for none)."""
    rows = []
    for hidden in draws:
        place = way(hidden)
        for row in np.flatnonzero(hidden):
            point, radius = place(int(row))
            rows.append((row, float(geodesy.between_km(point, photos.xyz[row])), radius))
    return np.array(rows)


def line(name: str, rows: np.ndarray, days: np.ndarray, other: np.ndarray) -> str:
    """A row of the table: shares in per cent, each with its interval; beside it, how much more than `other` has."""
    day = np.unique(days[rows[:, 0].astype(int)], return_inverse=True)[1]
    cells = []
    for km in RADII:
        hit, rival = rows[:, 1] <= km, other[:, 1] <= km
        share, low, high = resampled(hit.astype(float), day)
        more, least, most = resampled(hit.astype(float) - rival, day)
        gain = "" if rows is other else f" ({more:+.1f}: {least:+.1f} … {most:+.1f})"
        cells.append(f"{share:.1f} [{low:.0f}–{high:.0f}]{gain}")
    if np.isnan(rows[:, 2]).all():
        return f"| {name} | " + " | ".join([*cells, "", ""]) + " |"
    share, low, high = resampled((rows[:, 1] <= rows[:, 2]).astype(float), day)
    wrong = 100 * ((rows[:, 2] < SURE_KM) & (rows[:, 1] > SURE_KM)).mean()
    return f"| {name} | " + " | ".join([*cells, f"{share:.1f} [{low:.0f}–{high:.0f}]", f"{wrong:.1f}"]) + " |"


def resampled(values: np.ndarray, day: np.ndarray) -> tuple[float, float, float]:
    """The mean of `values` in per cent, and its 95 % interval when days are drawn anew."""
    sums, counts = np.bincount(day, values), np.bincount(day)
    drawn = np.random.default_rng(0).integers(len(counts), size=(RESAMPLES, len(counts)))
    shares = 100 * sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(shares, [2.5, 97.5])
    return 100 * float(values.mean()), float(low), float(high)


if __name__ == "__main__":
    main()
