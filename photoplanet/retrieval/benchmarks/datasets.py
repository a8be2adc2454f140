"""INRIA Holidays and Oxford5k as their authors lay them out, from the user's own copy, ranked by distance and scored.

Neither is downloaded: they are photographs of others, under their own terms. A photo that is missing or cannot be read
is counted and named, and a positive among them counts as never found.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from photoplanet.errors import InputError
from photoplanet.photos.formats import JPEG
from photoplanet.retrieval.benchmarks import mean_average_precision

HOLIDAYS_PHOTOS, HOLIDAYS_QUERIES = 1491, 500  # Jégou, Douze and Schmid, ECCV 2008
OXFORD_PHOTOS, OXFORD_QUERIES = 5062, 55  # Philbin et al., CVPR 2007
NAMES_SHOWN = 5
MAX_LIST_BYTES = 10 << 20  # of one ground-truth file

Box = tuple[float, float, float, float]
Features = NDArray[np.float32]

# PlaNet, Table 2a: mAP in per cent
TABLE_2A: dict[str, dict[str, float]] = {
    "BoVW": {"holidays": 57.2, "oxford": 38.4},
    "Hamming Embedding": {"holidays": 77.5, "oxford": 56.1},
    "Fine Vocabulary": {"holidays": 74.9, "oxford": 74.2},
    "ASMK+MA": {"holidays": 82.2, "oxford": 81.7},
    "GIST": {"holidays": 37.6},
    "Overfeat": {"holidays": 64.2, "oxford": 32.2},
    "Overfeat+aug+ss": {"holidays": 84.3, "oxford": 68.0},
    "AlexNet+LM Retraining": {"holidays": 79.3, "oxford": 54.5},
    "CNN+aug+ss": {"holidays": 90.0, "oxford": 79.0},
    "Aggr. local CNN features": {"holidays": 80.2, "oxford": 58.9},
    "Pooled CNN features+QE": {"oxford": 66.9},
    "NetVLAD": {"holidays": 83.1, "oxford": 71.6},
    "NBNN on CNN features": {"holidays": 88.7},
    "PlaNet (Weyand et al. 2016)": {"holidays": 73.3, "oxford": 34.9},
    "PlaNet+aug+ss (Weyand et al. 2016)": {"holidays": 89.9},
}


class Query(NamedTuple):
    """One query: a photo or a part of it (`box`: left, top, right, bottom in pixels), and what is right for it."""

    name: str
    photo: str
    box: Box | None
    positives: frozenset[str]
    ignored: frozenset[str]


class Reader(Protocol):
    """Reads a user's copy of a benchmark."""

    def __call__(self, folder: str | Path, partial: bool = False) -> "Dataset":
        """Return the dataset; InputError for an incomplete copy, unless it may be `partial`."""
        ...


class Dataset(NamedTuple):
    """A benchmark: photo name → file, the queries, and the names that the ground truth has and the folder has not."""

    name: str
    photos: dict[str, Path]
    queries: list[Query]
    missing: list[str]


def holidays(folder: str | Path, partial: bool = False) -> Dataset:
    """Read INRIA Holidays: `NNNNNN.jpg` below `folder`; queries end in 00, a group shares the first four digits.

    The query itself is taken out of its ranking. InputError for a folder without such photos, and, unless `partial`,
    for one without all 1,491.

    >>> folder = getfixture("tmp_path")
    >>> for name in ("100000", "100001", "100100"):
    ...     _ = (folder / f"{name}.jpg").write_bytes(b"")
    >>> [(query.name, sorted(query.positives)) for query in holidays(folder, partial=True).queries]
    [('100000', ['100001'])]
    """
    found = _photos(folder, re.compile(r"\d{6}"))
    _check_whole("INRIA Holidays", folder, len(found), HOLIDAYS_PHOTOS, partial)
    groups: dict[str, list[str]] = {}
    for name in found:
        groups.setdefault(name[:4], []).append(name)
    queries = [
        Query(name, name, None, frozenset(groups[name[:4]]) - {name}, frozenset({name}))
        for name in found
        if name.endswith("00") and len(groups[name[:4]]) > 1
    ]
    _check_queries("INRIA Holidays", folder, len(queries), HOLIDAYS_QUERIES, partial)
    return Dataset("holidays", found, queries, [])


def oxford(folder: str | Path, partial: bool = False) -> Dataset:
    """Read Oxford5k: photos and ground truth (`*_query.txt` with `oxc1_NAME x1 y1 x2 y2`, `*_good/_ok/_junk.txt`).

    Good and ok are positives, junk is taken out of the ranking, the query's photo stays in it, and the query is the
    part in the box. InputError for a folder without them, for a damaged list, and, unless `partial`, for a folder
    without all 5,062 photos and 55 queries.

    >>> oxford("/no/such/folder")
    Traceback (most recent call last):
    photoplanet.errors.InputError: /no/such/folder: no such folder; give the folder with the benchmark's photos
    """
    found = _photos(folder, re.compile(r"\w+_\d{6}"))
    _check_whole("Oxford5k", folder, len(found), OXFORD_PHOTOS, partial)
    queries, missing = [], set()
    for path in sorted(Path(folder).rglob("*_query.txt")):
        stem = path.name.removesuffix("_query.txt")
        photo, box = _query_line(path)
        lists = {kind: _list(path.with_name(f"{stem}_{kind}.txt")) for kind in ("good", "ok", "junk")}
        positives = frozenset(lists["good"] + lists["ok"])
        missing |= {name for name in (photo, *positives, *lists["junk"]) if name not in found}
        if positives:
            queries.append(Query(stem, photo, box, positives, frozenset(lists["junk"])))
    _check_queries("Oxford5k", folder, len(queries), OXFORD_QUERIES, partial)
    if missing and not partial:
        raise InputError(f"{folder}: {some_names(sorted(missing))} not there; complete the copy, or use --partial")
    return Dataset("oxford", found, queries, sorted(missing))


BENCHMARKS: dict[str, Reader] = {"holidays": holidays, "oxford": oxford}


def score(
    dataset: Dataset,
    reference: Mapping[str, Features],
    asked: Mapping[str, Features],
    distances: Callable[[Features, Features], Features],
) -> dict[str, Any]:
    """Return mAP and what it rests on, ready for JSON: `map` 0…1, `average_precision` by query, and the counts.

    `reference`: photo name → its features; `asked`: query name → its. `distances(query, all references stacked)` →
    (n,). Equal distances are ranked by name. A query that has no features is not a result of the method, but a fault
    of the copy: it is left out and named. InputError when nothing is left.

    >>> query = Query("a", "a", None, frozenset({"b"}), frozenset({"a"}))
    >>> dataset = Dataset("holidays", {name: Path(name) for name in "abc"}, [query], [])
    >>> features = {name: np.array([at], np.float32) for name, at in (("a", 0), ("b", 1), ("c", 9))}
    >>> score(dataset, features, features, lambda query, others: np.abs(others - query)[:, 0])["map"]
    1.0
    """
    names = sorted(name for name in dataset.photos if name in reference)
    if not names:
        raise InputError(f"{dataset.name}: no photo can be read; check the folder")
    stacked = np.stack([reference[name] for name in names])
    precision = {}
    for query in dataset.queries:
        if query.name in asked:
            order = np.argsort(distances(asked[query.name], stacked), kind="stable")
            ranking = [names[row] for row in order]
            precision[query.name] = mean_average_precision.of_ranking(ranking, query.positives, query.ignored)
    left_out = [query.name for query in dataset.queries if query.name not in asked]
    unreadable = sorted(name for name in dataset.photos if name not in reference)
    whole = (HOLIDAYS_PHOTOS, HOLIDAYS_QUERIES) if dataset.name == "holidays" else (OXFORD_PHOTOS, OXFORD_QUERIES)
    return {
        "benchmark": dataset.name,
        "map": mean_average_precision.mean(precision.values()),
        "photos": len(names),
        "queries": len(precision),
        "complete": (len(names), len(precision)) == whole,
        "missing": dataset.missing,
        "unreadable": unreadable,
        "queries_left_out": left_out,
        "average_precision": precision,
    }


def table(benchmark: str, rows: Iterable[tuple[str, float]]) -> str:
    """Return Table 2a's column of this benchmark in Markdown, per cent, with our `rows` (name, mAP 0…1) below.

    >>> print(table("oxford", [("ours", 0.5)]).splitlines()[-1])
    | **ours** | **50.0** |
    """
    lines = ["| | mAP |", "| --- | ---: |"]
    lines += [f"| {name} | {values[benchmark]:.1f} |" for name, values in TABLE_2A.items() if benchmark in values]
    lines += [f"| **{' '.join(name.split()).replace('|', '/')}** | **{100 * share:.1f}** |" for name, share in rows]
    return "\n".join(lines) + "\n"


def _photos(folder: str | Path, name: re.Pattern[str]) -> dict[str, Path]:
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"{folder}: no such folder; give the folder with the benchmark's photos")
    found: dict[str, Path] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in JPEG.suffixes and name.fullmatch(path.stem):
            if path.stem in found:
                raise InputError(f"{path}: there is {found[path.stem]} too; leave one of the two")
            found[path.stem] = path
    if not found:
        raise InputError(f"{folder}: no photo of the benchmark in it (names are like its own); check the folder")
    return dict(sorted(found.items()))


def _check_whole(what: str, folder: str | Path, photos: int, wanted: int, partial: bool) -> None:
    if photos != wanted and not partial:
        raise InputError(
            f"{folder}: {photos:,} photos, but {what} has {wanted:,}; complete the copy, or use --partial, "
            "whose result is not comparable"
        )


def _check_queries(what: str, folder: str | Path, queries: int, wanted: int, partial: bool) -> None:
    if not queries or (queries != wanted and not partial):
        raise InputError(f"{folder}: {queries} queries with positives, but {what} has {wanted}; complete the copy")


def _query_line(path: Path) -> tuple[str, Box]:
    words = " ".join(_list(path)).split()
    try:
        left, top, right, bottom = (float(word) for word in words[1:])
    except ValueError:
        raise InputError(f"{path}: needs 'oxc1_NAME x1 y1 x2 y2'; get the ground truth again") from None
    if not (0 <= left < right < 1e6 and 0 <= top < bottom < 1e6):
        raise InputError(f"{path}: box {left} {top} {right} {bottom} is empty or outside; get the ground truth again")
    return words[0].removeprefix("oxc1_"), (left, top, right, bottom)


def _list(path: Path) -> list[str]:
    try:
        if path.stat().st_size > MAX_LIST_BYTES:
            raise InputError(f"{path}: larger than {MAX_LIST_BYTES:,} bytes; get the ground truth again")
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read ({error}); get the ground truth again") from None
    return [line.strip() for line in lines if line.strip()]


def some_names(names: list[str]) -> str:
    """Return the first few names, and how many more there are.

    >>> some_names(["a", "b"]), some_names(list("abcdefg"))
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    more = f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
    return f"{', '.join(names[:NAMES_SHOWN])}{more}"
