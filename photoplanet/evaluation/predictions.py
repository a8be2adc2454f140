"""Anybody's predictions: reading a file of them, and joining it with the truth so that nothing is lost in silence."""

import csv
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from photoplanet.core import atomic, names, repeats, table_files, table_sets
from photoplanet.earth.coordinates import arrays, tables
from photoplanet.earth.coordinates.names import TRUE, Columns, may_be_guess, pairs, pieces, with_both
from photoplanet.earth.coordinates.tables import Named
from photoplanet.errors import InputError
from photoplanet.locate.credible_region import REGION_SHARE
from photoplanet.photos import foreign_tables
from photoplanet.photos.foreign_tables import PHOTO_COLUMNS
from photoplanet.photos.formats import is_photo_name

if TYPE_CHECKING:
    from photoplanet.locate.prediction import Prediction

Sink = Callable[[int, "Prediction | Exception"], None]  # takes the answer to the photo of one row

# our column → what it may be called; coordinates are known by the kind of their names
_ALIASES = {
    "photo_id": (*PHOTO_COLUMNS["photo_id"], *PHOTO_COLUMNS["path"]),
    "rank": ("rank", "top", "k"),
    "confidence": ("confidence", "probability", "prob", "score"),
    "radius": ("region_radius_km", "radius_km", "radius", "uncertainty_km", "accuracy_km", "error_radius_km"),
    "radius_m": (
        "radius_m", "uncertainty_m", "accuracy_m", "coordinate_uncertainty_in_meters", "gps_h_positioning_error",
    ),
    "world": ("world",),
}  # fmt: skip
_NULLS = ("", "nan", "NaN", "null", "None")  # how others write that there is no answer
_SHOWN = 5
_SAME, _TOO_MANY = 1e-6, 5  # degrees; so many answers, all of them exactly right, are not a prediction
_WHOLE_PAIR = re.compile(r"[\[(]?\s*[+-]?\d{1,2},\s*[+-]?\d{1,3}\s*[\])]?")
_AT_A_TIME = 1 << 16  # ids that are Python's
_LOOKED_AT = 1000  # rows in which columns that could be places are looked at


@dataclass(frozen=True, eq=False)
class PredictionRows:
    """A file of predictions, photo by photo.

    `photo_id` (n,) large_string, sorted; `latitude`, `longitude` (n, k) degrees by rank; of the first `confidence`
    (n,), and `radius` (n,) km, which is said to hold the truth; all NaN for none.

    `report`: `rows`, `photos`, `without_answer` (rows that give no coordinates), `bad_rows`, `bad_radii` and
    `duplicates` (each {reason: {"count", "rows"}}, rows counted from 1 below the header), `world` ("toy" or "real").
    """

    photo_id: pa.LargeStringArray
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    confidence: NDArray[np.float64]
    radius: NDArray[np.float64]
    report: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Matched:
    """One row per photo of the truth, in its order.

    The true point (n,), candidates (n, k), and the confidence and radius in km of the first (n,). `report` adds
    `missing` (photos of the truth without a prediction: they count as wrong), `without_truth` (predictions that are
    left out) and `matched_by` ("photo_id", "file name" or "file name without suffix").
    """

    photo_id: pa.ChunkedArray
    true_latitude: NDArray[np.float64]
    true_longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    confidence: NDArray[np.float64]
    radius: NDArray[np.float64]
    report: dict[str, Any]


def read(path: table_sets.Named, top: int = 5, coordinates: Named | None = None) -> PredictionRows:
    r"""Read a predictions file, or a folder of them: CSV, TSV or Parquet.

    Columns: photo_id, latitude and longitude in degrees, optional rank (1 … `top` are read), confidence, a radius that
    is said to hold the truth (km, or metres where its name says so) and world. Foreign column names and notations are
    understood as in the photo table. `coordinates`: the file's names for latitude and longitude. A row without
    coordinates is an answer withheld. A row that cannot be used and a second prediction of one photo and rank are
    counted and named, and the rest goes on. InputError when the file or a required column is missing, when two pairs of
    coordinates are there and none is named, or no row can be used.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "guesses.csv"
    >>> _ = path.write_text("photo_id,lat,lon\na,48.9,2.3\n")
    >>> read(path).latitude
    array([[48.9]])
    """
    layout = table_files.layout(path, "a predictions file")
    places = _places(layout, coordinates)
    found = foreign_tables.read(layout, _ALIASES, _NULLS, places.names)
    if "photo_id" not in found.columns.column_names:
        foreign_tables.check_columns(path, ["photo_id"], found.names, _ALIASES)
    raw, gone = found.columns, found.gone
    ids = names.composed(raw["photo_id"].cast(pa.large_string()))
    lat, lng, withheld = tables.degrees(raw, [places], path)
    rank = _ranks(raw)
    sure = _numbers(raw["confidence"])[0] if "confidence" in raw.column_names else np.full(len(raw), np.nan)
    radius, bad_radii = _radii(raw, gone)
    problems = foreign_tables.counted(gone)
    with np.errstate(invalid="ignore"):
        keep = ~withheld & ~(rank > top)
        later = int((~withheld & (rank > top)).sum())

    def leave_out(bad: NDArray[np.bool_], reason: str) -> None:
        rows = np.flatnonzero(bad & keep)
        if rows.size:
            problems[reason] = {"count": int(rows.size), "rows": foreign_tables.row_numbers(rows.tolist(), gone)}
            keep[rows] = False

    leave_out(pc.fill_null(pc.equal(ids, ""), True).to_numpy().astype(bool), "no photo_id")
    leave_out(np.isnan(lat) | np.isnan(lng), "coordinates are not numbers")
    with np.errstate(invalid="ignore"):
        leave_out(~((np.abs(lat) <= 90) & (np.abs(lng) <= 180)), "coordinates out of range")
        leave_out(~((rank >= 1) & (rank % 1 == 0)), "rank is not 1, 2, …")
    if len(ids) and not keep.any() and not withheld.any() and not later:
        raise InputError(f"{path}: none of its {len(ids):,} rows can be used ({describe(problems)})")
    kept = np.flatnonzero(keep)
    photos, number = _distinct(ids.filter(pa.array(keep)))
    columns = [values[kept] for values in (lat, lng, sure, radius)]
    best, again = _by_rank(number, rank[kept].astype(np.int64) - 1, columns, len(photos), top)
    report = {
        "rows": len(ids),
        "photos": len(photos),
        "without_answer": int(withheld.sum()),
        "bad_rows": problems,
        "bad_radii": bad_radii,
        "duplicates": _again(again, kept, ids, gone),
        "world": _world(raw),
    }
    return PredictionRows(photos, best[0], best[1], best[2][:, 0], best[3][:, 0], report)


def match(predictions: PredictionRows, truth: pa.Table) -> Matched:
    r"""Join predictions with a truth table (photo_id, latitude, longitude), as `photos.table.read` returns it.

    Photos are matched by id; where no id matches at all, by file name, then by file name without suffix, when those
    name one photo each. InputError when nothing matches or the truth is empty.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "guesses.csv"
    >>> _ = path.write_text("photo_id,lat,lon\na,48.9,2.3\n")
    >>> truth = pa.table({"photo_id": ["b", "a"], "latitude": [0.5, 48.86], "longitude": [0.5, 2.35]})
    >>> match(read(path), truth).latitude
    array([[ nan],
           [48.9]])
    """
    ids = truth["photo_id"].cast(pa.large_string())
    if not len(ids):
        raise InputError("the truth holds no usable photo to score against; its rows need photo_id and coordinates")
    predicted = pa.chunked_array([predictions.photo_id])
    for how, key in (("photo_id", None), ("file name", _file_name), ("file name without suffix", _stem)):
        known, wanted = (names.composed(each) if key is None else _keys(each, key) for each in (predicted, ids))
        if repeats.repeated(known).any() or repeats.repeated(wanted).any():
            continue
        rows = pc.fill_null(pc.index_in(wanted, known.combine_chunks()), -1).to_numpy().astype(np.int64)
        if (rows >= 0).any() or not len(predicted):
            return _joined(predictions, truth, ids, rows, how)
    raise InputError(
        f"no prediction belongs to a photo of the truth: predictions have photo_id "
        f"{str(predicted[0])[:100]!r}, the truth {str(ids[0])[:100]!r}; give both the same photo_id"
    )


@contextmanager
def writing(
    path: str | os.PathLike[str], ids: Sequence[str], top: int = 5, region: float = REGION_SHARE
) -> Iterator[Sink]:
    """Write a predictions file that `read` reads and that appears when the block ends well.

    `region_radius_km` is the radius around the first answer that holds `region` of the probability; `unknown` is empty
    where the model cannot tell.

    Yields a function that adds the candidates of one photo: its row in `ids`, and its `locate.Prediction`. An error in
    its place adds nothing, so that the photo counts as not answered.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "guesses.csv"
    >>> import numpy as np, photoplanet as pp
    >>> with writing(path, ["a"], top=2) as add:
    ...     add(0, pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8)))
    >>> read(path).latitude.shape
    (1, 2)
    """
    with atomic.replacing(Path(path)) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ("photo_id", "rank", "latitude", "longitude", "confidence", "region_radius_km", "unknown", "world")
        )

        def add(row: int, answer: "Prediction | Exception") -> None:
            if isinstance(answer, Exception):
                return
            for rank, (point, cell) in enumerate(zip(*answer.candidates(top), strict=True), start=1):
                numbers = (f"{point[0]:.6f}", f"{point[1]:.6f}", f"{answer.probabilities[cell] * answer.inside:.6g}")
                radius = f"{answer.credible_region(region).radius_km:.6g}" if rank == 1 else ""
                doubt = "" if answer.unknown is None else f"{answer.unknown:.6g}"
                writer.writerow((ids[row], rank, *numbers, radius, doubt, "toy" if answer.toy else "real"))

        yield add


def ignore(row: int, answer: "Prediction | Exception") -> None:
    """Write no prediction: what stands for `writing` where no file is asked for.

    >>> ignore(0, ValueError("no photo"))
    """


def describe(problems: dict[str, dict[str, Any]]) -> str:
    """'no photo_id: 2 (rows 4, 9); …' of a report's `bad_rows` or `duplicates`; empty when there are none.

    >>> describe({"no photo_id": {"count": 2, "rows": [4, 9]}})
    'no photo_id: 2 (rows 4, 9)'
    """
    parts = []
    for reason, entry in problems.items():
        more = ", …" if entry["count"] > len(entry["rows"]) else ""
        rows = f" (rows {', '.join(map(str, entry['rows']))}{more})" if entry["rows"] else ""
        parts.append(f"{reason}: {entry['count']:,}{rows}")
    return "; ".join(parts)


def _distinct(ids: pa.ChunkedArray) -> tuple[pa.LargeStringArray, NDArray[np.int64]]:
    """The distinct ids in their order, and the number of each row's among them."""
    encoded = ids.dictionary_encode().combine_chunks()
    encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return encoded.dictionary.take(pa.array(order)), rank[encoded.indices.to_numpy()]


def _keys(ids: pa.ChunkedArray, key: Callable[[str], str]) -> pa.ChunkedArray:
    parts = [pa.array(map(key, some.column(0).to_pylist()), pa.large_string())
             for some in pa.table({"id": ids}).to_batches(max_chunksize=_AT_A_TIME)]  # fmt: skip
    return pa.chunked_array(parts, pa.large_string())


def _joined(predictions: PredictionRows, truth: pa.Table, ids: pa.ChunkedArray, rows: np.ndarray, how: str) -> Matched:
    found = rows >= 0
    used = np.zeros(len(predictions.photo_id), bool)
    used[rows[found]] = True
    lat, lng = (np.full((len(ids), predictions.latitude.shape[1]), np.nan) for _ in range(2))
    lat[found], lng[found] = predictions.latitude[rows[found]], predictions.longitude[rows[found]]
    confidence, radius = (np.full(len(ids), np.nan) for _ in range(2))
    confidence[found], radius[found] = predictions.confidence[rows[found]], predictions.radius[rows[found]]
    absent, extra = np.flatnonzero(~found), np.flatnonzero(~used)
    unknown = predictions.photo_id.take(pa.array(extra[:_SHOWN])).to_pylist()
    report = predictions.report | {
        "matched_by": how,
        "missing": {"count": int(absent.size), "first": ids.take(pa.array(absent[:_SHOWN])).to_pylist()},
        "without_truth": {"count": int(extra.size), "first": unknown},
    }
    true_lat, true_lng = (truth[name].to_numpy().astype(np.float64) for name in ("latitude", "longitude"))
    apart = np.maximum(np.abs(lat[found, 0] - true_lat[found]), np.abs(lng[found, 0] - true_lng[found]))
    apart = apart[~np.isnan(apart)]
    report["same_as_truth"] = bool(apart.size >= _TOO_MANY and (apart <= _SAME).all())
    return Matched(ids, true_lat, true_lng, lat, lng, confidence, radius, report)


def _places(layout: table_files.Layout, named: Named | None) -> Columns:
    """The columns of the predicted places; InputError where there is none, or more than one pair and none is named."""
    if named is not None:
        return tables.of_name(layout, named)
    found = pairs(layout.names)
    paired = {name for columns in found for name in columns.names}
    both = [Columns(name, None) for name in layout.names if name not in paired]
    if layout.delimiter is None:  # a column of Parquet may hold whole photos
        both = with_both([columns.latitude for columns in both])
    found += [columns for columns in both if _may_hold_places(layout, columns)]
    if not found:
        known = foreign_tables.matched(layout.names)
        lacking = [name for name in ("latitude", "longitude") if name not in known]
        foreign_tables.check_columns(layout.path, lacking or ["latitude"], layout.names, PHOTO_COLUMNS)
    if len(found) == 1 and not found[0].predicted and (others := _guesses(layout, found[0].names)):
        found.append(Columns(others[0], others[1]))  # pred_y and pred_x, beside the truth
    if len(found) == 1 and TRUE.intersection(found[0].beside):
        raise InputError(
            f"{layout.path}: {found[0]} are the truth by their names, and no other coordinates are there; name the "
            "prediction's columns with --latitude-column and --longitude-column"
        )
    if len(found) > 1:
        untrue = [columns for columns in found if not TRUE.intersection(columns.beside)] or found
        likely = next((columns for columns in untrue if columns.predicted), untrue[-1])
        raise InputError(
            f"{layout.path}: which coordinates are the prediction? It has {', '.join(map(str, found))}; name them, for "
            f"instance --latitude-column {likely.latitude!r} --longitude-column {likely.longitude or likely.latitude!r}"
        )
    return tables.with_hemispheres(layout, found[0])


def _may_hold_places(layout: table_files.Layout, columns: Columns) -> bool:
    """Whether a column may hold the predicted places, as texts with both coordinates.

    One that is called a prediction also does where some rows are no place ("unknown"), or have two whole numbers, which
    could be one with a decimal comma: it must not give way to the truth beside it.
    """
    guess = may_be_guess(columns.latitude)
    if tables.holds_places(layout, columns, every=not guess):
        return True
    if not guess or layout.names.count(columns.latitude) > 1:
        return False
    texts = table_files.first_rows(layout, [columns.latitude], _LOOKED_AT)[columns.latitude].to_pylist()
    return any(isinstance(text, str) and _WHOLE_PAIR.fullmatch(text) for text in texts)


def _guesses(layout: table_files.Layout, known: Sequence[str]) -> list[str]:
    """Two columns of numbers whose names say that they are predicted, and that could be degrees; else []."""
    taken = {*known, *foreign_tables.matched(layout.names, _ALIASES).values()}
    names = [
        name for name in layout.names if name not in taken and layout.names.count(name) == 1 and may_be_guess(name)
    ]
    if len(names) < 2:
        return []
    rows = table_files.first_rows(layout, names, _LOOKED_AT)
    columns = {name: arrays.read(rows[name], "") for name in names}
    degrees = [
        name
        for name, column in columns.items()
        if np.isfinite(column.values).any() and not (np.abs(column.values) > 360).any()
    ]
    return sorted(degrees, key=lambda name: "x" in pieces(name)) if len(degrees) == 2 else []


def _numbers(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """(values float64 with NaN for what is not a number, empty), each (n,)."""
    found = arrays.read(column, "")
    return found.values, found.empty


def _ranks(raw: pa.Table) -> np.ndarray:
    """Ranks (n,), 1 where none is stated, NaN for what is not a number."""
    if "rank" not in raw.column_names:
        return np.ones(len(raw))
    rank, none = _numbers(raw["rank"])
    return np.where(none, 1.0, rank)


def _radii(raw: pa.Table, gone: dict[str, list[int]]) -> tuple[np.ndarray, dict[str, dict[str, Any]]]:
    """Radii in km (n,), NaN for none; and what cannot be one, which does not cost the row its place."""
    name = next((each for each in ("radius", "radius_m") if each in raw.column_names), None)
    if name is None:
        return np.full(len(raw), np.nan), {}
    km, empty = _numbers(raw[name])
    with np.errstate(invalid="ignore"):
        bad = (np.isnan(km) & ~empty) | (km < 0)
    rows = np.flatnonzero(bad)
    km = np.where(bad, np.nan, km / 1000 if name == "radius_m" else km)
    numbers = foreign_tables.row_numbers(rows.tolist(), gone)
    return km, {"radius is not a number of 0 or more": {"count": int(rows.size), "rows": numbers}} if rows.size else {}


def _world(raw: pa.Table) -> str:
    """Whether any row says that it is of the toy Earth."""
    said = raw["world"].cast(pa.string()).unique().to_pylist() if "world" in raw.column_names else []
    return "toy" if any((each or "").strip().lower() == "toy" for each in said) else "real"


def _by_rank(
    number: NDArray[np.int64], order: NDArray[np.int64], columns: list[NDArray[np.float64]], photos: int, top: int
) -> tuple[list[NDArray[np.float64]], NDArray[np.int64]]:
    """Each column as (photos, ranks), NaN for none, by photo `number` and rank `order`; the rows left."""
    first = np.unique(number * top + order, return_index=True)[1]
    width = int(order[first].max()) + 1 if first.size else 1
    filled = [np.full((photos, width), np.nan) for _ in columns]
    for table, values in zip(filled, columns, strict=True):
        table[number[first], order[first]] = values[first]
    return filled, np.setdiff1d(np.arange(order.size), first)


def _again(
    again: NDArray[np.int64], kept: NDArray[np.int64], ids: pa.ChunkedArray, gone: dict[str, list[int]]
) -> dict[str, dict[str, Any]]:
    if not again.size:
        return {}
    rows = np.sort(kept[again])
    names = ", ".join(dict.fromkeys(str(ids[row]) for row in rows[:_SHOWN]))
    reason = f"photo and rank seen before, the first counts ({names})"
    return {reason: {"count": int(rows.size), "rows": foreign_tables.row_numbers(rows.tolist(), gone)}}


def _file_name(photo: str) -> str:
    return names.same(photo).replace("\\", "/").rsplit("/", 1)[-1]


def _stem(photo: str) -> str:
    name = _file_name(photo)
    return name.rsplit(".", 1)[0] if is_photo_name(name) else name
