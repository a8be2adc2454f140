"""How often a camera's clock is found: `python benchmarks/clocks.py TABLE [--draws N]`, with a clock that is put wrong.

TABLE is Parquet with a row a photo: `taken_at`, `latitude`, `longitude`, and perhaps `camera` and `embedding` (one
person's library, as benchmarks/trips.py has it), or a column `person` (many libraries; those with 40 to 250 photos
count). The moments and places are real; what is made up is written here. A draw puts a clock wrong: half of the clocks
show the zone of the place to a minute or so, a quarter another whole hour, a quarter anything within a day. Then it is
to be found, from one of these:

- GPS times of 1, 3 and 10 photos, of which one in five has the time of an earlier fix;
- a track (a point a minute, on the straight way between the photos' places where they are at most 8 hours apart, by
  foot, else at 40 km/h, with a rest at either end, before and after these for up to half an hour; 10 m of noise), and
  the places of 5, 10 or 20 photos, 15 m of noise;
- the track alone, and 5, 20 or 40 photos without places;
- photos of another camera that match: 5, 10 or 20 true pairs, taken within a minute or two, one in four hours apart,
  and as many false ones;
- with `embedding`: photos of two cameras that look most alike, each the nearest of the other, as real matches go wrong.

Prints Markdown: the share of draws in which the clock was found to a minute and to an hour, not found, and wrong by
more than an hour though it was said to be known, with 95 % intervals that resample people, or weeks of a library; and
how often the stated interval holds the truth, of those that state one.
"""

import argparse
import datetime
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from photoplanet.albums.clocks import local_time
from photoplanet.albums.clocks.settled import Settled, settled
from photoplanet.albums.shots import Shot
from photoplanet.metadata.track import Track

FEWEST, MOST = 40, 250  # photos of a person that counts
TOGETHER_HOURS = 8.0
RESAMPLES = 2000
DAY = 86400.0


class Library:
    """One person's moments in UTC (n,), places (n, 2), features (n, d) or None; the zone's offset at each (n,)."""

    def __init__(self, taken_at: list, places: np.ndarray, features: np.ndarray | None):
        wall = np.array([seconds(text) for text in taken_at])
        order = np.argsort(wall, kind="stable")
        self.places, wall = places[order], wall[order]
        self.zone = local_time.in_zones(local_time.zones_of(self.places), wall, by_clock=True)
        self.utc = wall - self.zone
        self.features = None if features is None else features[order]

    def window(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """The rows of n photos: some of a stretch of three weeks, or as many more as it takes."""
        first = int(rng.integers(0, max(len(self.utc) - n, 0) + 1))
        last = int(np.searchsorted(self.utc, self.utc[first] + 21 * DAY))
        last = max(last, min(first + n, len(self.utc)))
        return np.sort(rng.choice(np.arange(first, last), min(n, last - first), replace=False))


def seconds(text: object) -> float:
    moment = text if isinstance(text, datetime.datetime) else datetime.datetime.fromisoformat(str(text))
    return (moment.replace(tzinfo=None) - datetime.datetime(1970, 1, 1)).total_seconds()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--draws", type=int, default=200, help="of each kind")
    parser.add_argument("--only", default="", help="kinds with this in their names")
    given = parser.parse_args()
    libraries = read(given.table)
    print(f"{len(libraries)} libraries, {given.draws} draws of each kind\n")
    print("| found from | ≤ 1 min | ≤ 1 h | not found | wrong by > 1 h | in the interval |")
    print("|---|" + "---:|" * 5)
    kinds: list[tuple[str, Callable]] = [
        *((f"GPS times of {n} photos", by_receiver(n)) for n in (1, 3, 10)),
        *((f"a track and {n} places", by_track(n)) for n in (5, 10, 20)),
        *((f"a track alone, {n} photos", by_track_alone(n)) for n in (5, 20, 40)),
        *((f"{n} matching pairs and {n} false ones", by_matches(n)) for n in (5, 10, 20)),
    ]
    if all(library.features is not None for library in libraries):
        kinds.append(("photos that look most alike", by_looks))
    for name, kind in ((name, kind) for name, kind in kinds if given.only in name):
        print(line(name, list(drawn(libraries, kind, given.draws))), flush=True)


def read(path: Path) -> list[Library]:
    table = pq.read_table(path)
    columns = {name: table[name].to_pylist() for name in table.column_names if name != "embedding"}
    places = np.column_stack([columns["latitude"], columns["longitude"]]).astype(np.float64)
    timed = np.array([time is not None for time in columns["taken_at"]])
    if "person" in columns:
        person = np.array(columns["person"])
        names, counts = np.unique(person, return_counts=True)
        some = names[(counts >= FEWEST) & (counts <= MOST)]
        groups = [np.flatnonzero(timed & (person == name)) for name in some]
        features = None
    else:
        camera = np.array([str(name) for name in columns["camera"]])
        names, counts = np.unique(camera[timed], return_counts=True)
        groups = [np.flatnonzero(timed & (camera == names[counts.argmax()]))]
        features = np.sqrt(np.maximum(np.array(table["embedding"].to_pylist(), np.float32), 0))
    return [
        Library([columns["taken_at"][row] for row in rows], places[rows], None if features is None else features[rows])
        for rows in groups
    ]


def drawn(libraries: list[Library], kind: Callable, draws: int) -> Iterator[tuple[tuple, tuple[float, float]]]:
    """What each draw is of (a library and a week), and what `error` says of it."""
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        number = int(rng.integers(0, len(libraries)))
        library = libraries[number]
        rows, off = kind(library, rng, wrong_clock(library, rng))
        yield (number, int(library.utc[rows[0]] // (7 * DAY)) if len(libraries) == 1 else 0), off


def wrong_clock(library: Library, rng: np.random.Generator) -> float:
    """Seconds ahead of UTC."""
    kind = rng.integers(0, 4)
    if kind < 2:
        return float(np.median(library.zone) + rng.normal(0, 60))
    return float(rng.integers(-12, 15) * 3600 + rng.normal(0, 60) if kind == 2 else rng.uniform(-12, 14) * 3600)


def wall(utc: float) -> str:
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=float(np.round(utc)))).isoformat()


def shot(number: int, shown: float, camera: str = "A", **more: object) -> Shot:
    return Shot(f"{camera}{number}", f"{camera}{number}", "trip", wall(shown), camera=camera, **more)


def error(found: Settled, utc: np.ndarray, ahead: float) -> tuple[float, float]:
    """By how many seconds (the median) the last of settled shots are off, and whether the interval holds the truth.

    NaN where none is in UTC, and where no interval is stated.
    """
    shots, clock = found.shots[-len(utc) :], found.clocks[-1].found
    moments = [datetime.datetime.fromisoformat(str(each.taken_at)) for each in shots]
    off = [moment.timestamp() - at for moment, at in zip(moments, utc, strict=True) if moment.tzinfo]
    if not off:
        return np.nan, np.nan
    inside = [piece.low <= ahead <= piece.high for piece in clock.pieces] if clock else []
    return float(np.median(np.abs(off))), float(any(inside)) if inside else np.nan


def by_receiver(n: int) -> Callable:
    def kind(library: Library, rng: np.random.Generator, ahead: float) -> tuple[np.ndarray, tuple[float, float]]:
        rows = library.window(30, rng)
        utc = library.utc[rows]
        lag = np.where(rng.random(len(rows)) < 0.2, rng.exponential(1800, len(rows)), rng.exponential(1, len(rows)))
        some = set(rng.choice(len(rows), min(n, len(rows)), replace=False).tolist())
        shots = [
            shot(at, moment + ahead, receiver_at=f"{wall(moment - lag[at])}+00:00" if at in some else None)
            for at, moment in enumerate(utc)
        ]
        return rows, error(settled(shots), utc, ahead)

    return kind


def track_of(library: Library, rng: np.random.Generator) -> Track:
    """A way that leads through all places at their moments."""
    times, points, last = [], [], len(library.utc) - 1
    for row in range(-1, last + 1):
        begin, end = library.utc[max(row, 0)], library.utc[min(row + 1, last)]
        here, there = library.places[max(row, 0)], library.places[min(row + 1, last)]
        turn = np.cos(np.radians(here[0]))
        if end - begin > TOGETHER_HOURS * 3600 or row in (-1, last):  # the device is off; before and after it stays
            for first, until, place in ((begin, begin + rng.uniform(2, 30) * 60, here),
                                        (end - rng.uniform(2, 30) * 60, end, there)):  # fmt: skip
                if (row >= 0 or place is there) and (row < last or place is here):
                    at = np.arange(first, until, 60.0)
                    times.append(at)
                    points.append(place + rng.normal(0, 0.01 / 111.2, (len(at), 2)) / [1, max(turn, 0.1)])
            continue
        if end - begin < 60:
            continue
        km = 111.2 * float(np.hypot(there[0] - here[0], ((there[1] - here[1] + 180) % 360 - 180) * turn))
        way = min(km / (4 if km < 3 else 40) * 3600, end - begin)
        leaves = begin + rng.random() * (end - begin - way)
        at = np.arange(begin, end, 60.0)
        part = np.clip((at - leaves) / max(way, 1), 0, 1)[:, None]
        noise = rng.normal(0, 0.01 / 111.2, (len(at), 2)) / [1, max(turn, 0.1)]
        times.append(at)
        points.append(here + part * ((there - here + [0, 180]) % [1e9, 360] - [0, 180] if km else 0) + noise)
    utc, place = np.concatenate(times), np.concatenate(points)
    order = np.argsort(utc, kind="stable")
    utc, place = utc[order], place[order]
    return Track(utc.astype("datetime64[s]"), np.clip(place[:, 0], -90, 90), (place[:, 1] + 180) % 360 - 180)


def by_track(n: int) -> Callable:
    def kind(library: Library, rng: np.random.Generator, ahead: float) -> tuple[np.ndarray, tuple[float, float]]:
        rows = library.window(n, rng)
        noise = rng.normal(0, 0.015 / 111.2, (len(rows), 2))
        shots = [
            shot(at, library.utc[row] + ahead, place=tuple((library.places[row] + noise[at]).tolist()))
            for at, row in enumerate(rows)
        ]
        found = settled(shots, track_of(library, rng))
        if found.clocks[0].how != "track":
            return rows, (np.nan, np.nan)
        return rows, error(found, library.utc[rows], ahead)

    return kind


def by_track_alone(n: int) -> Callable:
    def kind(library: Library, rng: np.random.Generator, ahead: float) -> tuple[np.ndarray, tuple[float, float]]:
        rows = library.window(n, rng)
        shots = [shot(at, library.utc[row] + ahead) for at, row in enumerate(rows)]
        return rows, error(settled(shots, track_of(library, rng)), library.utc[rows], ahead)

    return kind


def two_cameras(library: Library, rows: np.ndarray, others: np.ndarray, ahead: float, later: np.ndarray) -> list[Shot]:
    """A phone that states its zone, at `rows`, and a camera that is wrong, `later` than the `others`."""
    phone = [
        Shot(f"P{at}", f"P{at}", "trip", f"{wall(library.utc[row])}+00:00", camera="Phone")
        for at, row in enumerate(rows)
    ]
    return phone + [shot(at, library.utc[row] + later[at] + ahead) for at, row in enumerate(others)]


def by_matches(n: int) -> Callable:
    def kind(library: Library, rng: np.random.Generator, ahead: float) -> tuple[np.ndarray, tuple[float, float]]:
        rows = library.window(3 * n, rng)
        later = np.where(
            rng.random(len(rows)) < 0.25, rng.normal(0, 4 * 3600, len(rows)), rng.laplace(0, 40, len(rows))
        )
        shots = two_cameras(library, rows, rows, ahead, later)
        true = rng.choice(len(rows), min(n, len(rows)), replace=False)
        false = rng.integers(0, len(rows), (n, 2))
        pairs = np.vstack([np.column_stack([true, true]), false]) + np.array([0, len(rows)])
        found = settled(shots, matches=lambda *_: pairs)
        return rows, error(found, library.utc[rows] + later, ahead)

    return kind


def by_looks(library: Library, rng: np.random.Generator, ahead: float) -> tuple[np.ndarray, tuple[float, float]]:
    """Every photo goes to one of the two cameras at random."""
    first = rng.random(len(library.utc)) < 0.5
    rows, others = np.flatnonzero(first), np.flatnonzero(~first)
    features = library.features - library.features.mean(axis=0)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    alike = features[rows] @ features[others].T
    best, back = alike.argmax(axis=1), alike.argmax(axis=0)
    mutual = np.flatnonzero(back[best] == np.arange(len(rows)))
    pairs = np.column_stack([mutual, len(rows) + best[mutual]])
    found = settled(two_cameras(library, rows, others, ahead, np.zeros(len(others))), matches=lambda *_: pairs)
    return others, error(found, library.utc[others], ahead)


def line(name: str, found: list[tuple[tuple, tuple[float, float]]]) -> str:
    groups = sorted({group for group, _ in found})
    off, inside = np.array([each for _, each in found]).T
    of = np.array([groups.index(group) for group, _ in found])
    counts = [off <= 60, off <= 3600, np.isnan(off), off > 3600]
    rng, cells = np.random.default_rng(0), []
    drawn_groups = rng.integers(0, len(groups), (RESAMPLES, len(groups)))
    size = np.bincount(of, minlength=len(groups))
    for hit in counts:
        per = np.bincount(of, hit, minlength=len(groups))
        shares = per[drawn_groups].sum(axis=1) / size[drawn_groups].sum(axis=1)
        low, high = np.percentile(shares, [2.5, 97.5])
        low, high = 1 - 3 / len(off) if hit.all() else low, high if hit.any() else 3 / len(off)  # the rule of three
        cells.append(f"{100 * hit.mean():.1f} % ({100 * low:.1f} to {100 * high:.1f})")
    stated = inside[~np.isnan(inside)]
    cells.append(f"{stated.mean():.0%} of {len(stated)}".replace("%", " %") if len(stated) else "")
    return f"| {name} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
