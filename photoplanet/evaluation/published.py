"""The public benchmarks by name: how large they are, whether a user's copy is complete, and the published rows.

The images are not ours to hand out. Rows are copied from the papers named beside them, in per cent; a figure that could
not be confirmed in a second source is None. Rows differ in training data and backbone: a guide, not a ranking.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.errors import InputError
from photoplanet.photos import image_folder

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN = 5  # names in a message


class _Row(NamedTuple):
    """A method, its year, accuracy in per cent at 1, 25, 200, 750 and 2500 km, where it is printed, its readout."""

    name: str
    year: int
    values: tuple[float | None, ...]
    source: str
    geoscore: float | None = None
    readout: str | None = None  # how the method turns its answer into a point, where that was read in the paper


_VO = "Vo et al., ICCV 2017"
_SEO = "Seo et al., ECCV 2018"
_MUELLER = "Müller-Budack et al., ECCV 2018"
_KORDOPATIS = "Kordopatis-Zilos et al., ICMR 2021"
_PRAMANICK = "Pramanick et al., ECCV 2022"
_CLARK = "Clark et al., CVPR 2023"
_STREETCLIP = "Haas et al., arXiv:2302.00275"
_GEOCLIP = "Vivanco et al., NeurIPS 2023"
_PIGEON = "Haas et al., CVPR 2024"
_IMG2LOC = "Zhou et al., SIGIR 2024"
_G3 = "Jia et al., NeurIPS 2024"
_WEYAND = "Weyand et al., ECCV 2016, Table 1a"
_GRE = "GRE Suite, arXiv:2505.18700"
_ISN_PYTORCH = "README of TIBHannover/GeoEstimation, PyTorch"
_GEORANKER = "Jia et al., NeurIPS 2025, as quoted for Geo-R, AAAI 2026"
_CHIPOINT = "model card of chiikabu-labs/chipoint-2"
_NO_RADII = (None,) * 5
_CENTER, _NEAREST = "cell centre", "nearest photo"

_IM2GPS: list[_Row] = [
    _Row(
        "Im2GPS",
        2008,
        (None, 12.0, 15.0, 23.0, 47.0),
        f"Hays and Efros, CVPR 2008, read off a plot by {_WEYAND}",
        readout=_NEAREST,
    ),
    _Row(
        "Im2GPS, new", 2015, (2.5, 21.9, 32.1, 35.4, 51.9), f"Hays and Efros 2015, in {_WEYAND}", readout="cluster mean"
    ),
    _Row("PlaNet, 900 k photos", 2016, (0.4, 3.8, 7.6, 21.6, 43.5), _WEYAND, readout=_CENTER),
    _Row("PlaNet, 6.2 M photos", 2016, (6.3, 18.1, 30.0, 45.6, 65.8), _WEYAND, readout=_CENTER),
    _Row("PlaNet, 91 M photos", 2016, (8.4, 24.5, 37.6, 53.6, 71.3), _WEYAND, readout=_CENTER),
    _Row("ISNs (M, f*, S3)", 2018, (16.9, 43.0, 51.9, 66.7, 80.2), _MUELLER),
    _Row(
        "CLIP, nearest of 1 M",
        2021,
        (13.9, 32.9, 43.0, 62.0, 79.3),
        "Radford et al., ICML 2021, Table 17",
        readout=_NEAREST,
    ),
    _Row("base (M, f*) in PyTorch", 2020, (14.8, 37.6, 48.9, 68.4, 78.9), _ISN_PYTORCH),
    _Row("TransLocator", 2022, (19.9, 48.1, 64.6, 75.6, 86.7), _PRAMANICK),
    _Row("StreetCLIP", 2023, (None, 28.3, 45.1, 74.7, 88.2), _STREETCLIP),
]
_IM2GPS3K: list[_Row] = [
    _Row("PlaNet, retrained", 2018, (8.5, 24.8, 34.3, 48.4, 64.6), _SEO),
    _Row("CPlaNet", 2018, (10.2, 26.5, 34.6, 48.6, 64.6), _SEO),
    _Row("ISNs (M, f*, S3)", 2018, (10.5, 28.0, 36.6, 49.7, 66.0), _MUELLER),
    _Row("base (M, f*) in PyTorch", 2020, (10.1, 28.0, 36.9, 51.1, 67.0), _ISN_PYTORCH),
    _Row("Search within cell", 2021, (15.0, 30.0, 38.0, 52.3, 67.6), _KORDOPATIS),
    _Row("TransLocator", 2022, (11.8, 31.1, 46.7, 58.9, 80.1), _PRAMANICK),
    _Row("GeoDecoder", 2023, (12.8, 33.5, 45.9, 61.0, 76.1), _CLARK),
    _Row("StreetCLIP", 2023, (None, 22.4, 37.4, 61.3, 80.4), _STREETCLIP),
    _Row("GeoCLIP", 2023, (14.11, 34.47, 50.65, 69.67, 83.82), _GEOCLIP),
    _Row("PIGEOTTO", 2024, (11.3, 36.7, 53.8, 72.4, 85.3), _PIGEON),
    _Row("Img2Loc (GPT-4V)", 2024, (17.1, 45.1, 57.9, 72.9, 84.7), _IMG2LOC),
    _Row("G3", 2024, (16.65, 40.94, 55.56, 71.24, 84.68), _G3),
    _Row("GRE", 2025, (11.3, 35.3, 51.7, 69.3, 85.7), _GRE),
    _Row("GeoRanker", 2025, (18.79, 45.05, 61.49, 76.31, 89.29), _GEORANKER),
]
_YFCC4K: list[_Row] = [
    _Row("PlaNet, retrained", 2018, (5.6, 14.3, 22.2, 36.4, 55.8), _SEO),
    _Row("CPlaNet", 2018, (7.9, 14.8, 21.9, 36.4, 55.5), _SEO),
    _Row("ISNs (M, f*, S3)", 2018, (6.5, 16.2, 23.8, 37.4, 55.0), f"in {_PRAMANICK}"),
    _Row("Search within cell", 2021, (7.9, 14.3, 21.9, 37.4, 56.5), _KORDOPATIS),
    _Row("TransLocator", 2022, (8.4, 18.6, 27.0, 41.1, 60.4), _PRAMANICK),
    _Row("GeoDecoder", 2023, (10.3, 24.4, 33.9, 50.0, 68.7), _CLARK),
    _Row("GeoCLIP", 2023, (9.59, 19.31, 32.63, 55.0, 74.7), f"in {_G3}"),
    _Row("PIGEOTTO", 2024, (10.4, 23.7, 40.6, 62.2, 77.7), _PIGEON),
    _Row("Img2Loc (GPT-4V)", 2024, (14.1, 29.6, 41.4, 59.3, 76.9), _IMG2LOC),
    _Row("G3", 2024, (23.99, 35.89, 46.98, 64.3, 78.2), _G3),
]
_YFCC26K: list[_Row] = [
    _Row("PlaNet, retrained", 2022, (4.4, 11.0, 16.9, 28.5, 47.7), f"in {_PRAMANICK}"),
    _Row("TransLocator", 2022, (7.2, 17.8, 28.0, 41.3, 60.6), _PRAMANICK),
]
_GWS15K: list[_Row] = [
    _Row("ISNs", 2018, (0.05, 0.6, 4.2, 15.5, 38.5), f"in {_GRE}"),
    _Row("TransLocator", 2022, (0.5, 1.1, 8.0, 25.5, 48.3), f"in {_GRE}"),
    _Row("GeoDecoder", 2023, (0.7, 1.5, 8.7, 26.9, 50.5), _CLARK),
    _Row("GeoCLIP", 2023, (0.6, 3.1, 16.9, 45.7, 74.1), _GEOCLIP),
    _Row("PIGEOTTO", 2024, (0.7, 9.2, 31.2, 65.7, 85.1), _PIGEON),
    _Row("GRE", 2025, (0.9, 4.1, 18.9, 54.8, 78.3), _GRE),
]
_OSV5M: list[_Row] = [
    _Row(
        "OSV-5M baseline",
        2024,
        _NO_RADII,  # its paper gives shares of the right city, region and country instead
        "Astruc et al., CVPR 2024",
        3361,
    ),
    _Row("GeoCLIP", 2023, (None, 21.5, 52.1, 72.1, None), f"in the {_CHIPOINT}"),
    _Row("PLONK", 2024, _NO_RADII, f"in the {_CHIPOINT}", 3767),
    _Row("HierLoc", 2025, _NO_RADII, f"in the {_CHIPOINT}", 3963),
    _Row("LocDiff", 2025, (None, 11.0, 46.3, 77.0, 88.2), "Wang et al., arXiv:2503.18142"),
    _Row("GRE", 2025, (None, 9.7, 35.6, 72.5, 91.1), f"in the {_CHIPOINT}"),
    _Row("Pinpoint", 2026, (None, 35.6, 67.5, 83.7, 93.2), f"arXiv:2606.04133, in the {_CHIPOINT}", 4114),
    _Row("Chipoint v1", 2026, (None, 37.63, 70.56, 84.94, 93.36), _CHIPOINT, 4174),
]


@dataclass(frozen=True)
class Benchmark:
    """A public test set: its photos, what its list looks like, where it comes from, and the published rows."""

    name: str
    photos: int
    list_columns: str
    origin: str
    published: tuple[dict[str, Any], ...]

    def rows(self) -> list[dict[str, Any]]:
        """The published rows as table rows: `name`, `year`, `accuracy` by radius (shares 0…1 or None), `source`.

        Where known also `geoscore`, and `readout`: how the method's answer becomes a point.

        >>> get("im2gps").rows()[4]["name"]
        'PlaNet, 91 M photos'
        """
        return [dict(row) for row in self.published]


def _rows(rows: list[_Row]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "name": name,
            "year": year,
            "accuracy": {
                radius: None if value is None else round(value / 100, 6)
                for radius, value in zip(RADII_KM, values, strict=True)
            },
            "source": source,
            **({} if geoscore is None else {"geoscore": geoscore}),
            **({} if readout is None else {"readout": readout}),
        }
        for name, year, values, source, geoscore, readout in rows
    )


_PLACES365 = "IMG_ID, LAT, LON, as GeoEstimation's *_places365.csv has them"
_ALL = (
    Benchmark("im2gps", 237, _PLACES365, "Hays and Efros, CVPR 2008", _rows(_IM2GPS)),
    Benchmark("im2gps3k", 2_997, _PLACES365, _VO, _rows(_IM2GPS3K)),
    Benchmark("yfcc4k", 4_536, "IMG_ID, LAT, LON", _VO, _rows(_YFCC4K)),
    Benchmark(
        "yfcc26k", 25_600, "IMG_ID, LAT, LON (yfcc25600_places365.csv)", "Theiner et al., WACV 2022", _rows(_YFCC26K)
    ),
    # Google Street View panoramas, never released as files: copies rebuilt by others differ
    Benchmark("gws15k", 15_000, "photo_id, latitude, longitude", _CLARK, _rows(_GWS15K)),
    Benchmark("osv5m", 210_122, "id, latitude, longitude (test.csv)", "Astruc et al., CVPR 2024", _rows(_OSV5M)),
)
BENCHMARKS = {benchmark.name: benchmark for benchmark in _ALL}


def get(name: str) -> Benchmark:
    """The benchmark called `name`; InputError lists the known ones.

    >>> get("im2gps3k").photos
    2997
    """
    if name not in BENCHMARKS:
        raise InputError(f"no benchmark is called {name!r}; the benchmarks are {', '.join(BENCHMARKS)}")
    return BENCHMARKS[name]


def rows_of(method: str) -> list[dict[str, Any]]:
    """The published rows of a method on all benchmarks, as `Benchmark.rows`, each with its `benchmark`.

    >>> [row["benchmark"] for row in rows_of("GeoCLIP")]
    ['im2gps3k', 'yfcc4k', 'gws15k', 'osv5m']
    """
    return [{"benchmark": each.name, **row} for each in _ALL for row in each.rows() if row["name"] == method]


def size_note(name: str, photos: int) -> str:
    """Return one line where a list of so many photos is not the whole benchmark, else an empty string.

    >>> size_note("im2gps", 200)
    '200 photos, but im2gps has 237: not comparable as it stands'
    """
    expected = get(name).photos
    return "" if photos == expected else f"{photos:,} photos, but {name} has {expected:,}: not comparable as it stands"


def check(
    name: str,
    table: "pa.Table",
    folder: str | Path,
    readable: Callable[[str], bool] | None = None,
) -> tuple[list[str | None], dict[str, Any]]:
    """Whether the user's copy of a benchmark is complete: (per row of `table` its file or None, facts ready for JSON).

    `table` has `photo_id` and perhaps `path`; a photo is looked for in `folder` and below under its path, its id, or
    its id with a suffix. Facts: `expected`, `listed`, `missing` and `unreadable` (counts with first names; the second
    only when `readable`, path → bool, is given), `complete`. InputError when the folder holds none of the photos.

    >>> import tempfile, pathlib
    >>> import pyarrow as pa
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.jpg").write_bytes(b"")
    >>> check("im2gps", pa.table({"photo_id": ["a", "b"]}), folder)[1]["missing"]
    {'count': 1, 'first': ['b']}
    """
    benchmark, root = get(name), image_folder.ImageFolder(folder)
    ids = table["photo_id"].to_pylist()
    given = table["path"].to_pylist() if "path" in table.column_names else ids
    paths = [root.find(photo, path) for photo, path in zip(ids, given, strict=True)]
    missing = [photo for photo, path in zip(ids, paths, strict=True) if path is None]
    if ids and len(missing) == len(ids):
        raise InputError(f"{folder}: holds none of the {len(ids):,} photos of the list, for instance {ids[0]!r}")
    broken = [path for path in paths if path and not readable(path)] if readable else []
    return paths, {
        "benchmark": name,
        "expected": benchmark.photos,
        "listed": len(ids),
        "missing": {"count": len(missing), "first": missing[:_SHOWN]},
        "unreadable": {"count": len(broken), "first": broken[:_SHOWN]} if readable else None,
        "complete": len(ids) == benchmark.photos and not missing and not broken,
    }


def describe(facts: dict[str, Any]) -> str:
    """One line about a copy: complete, or what is missing and what that means.

    >>> facts = {"benchmark": "im2gps", "expected": 237, "complete": True}
    >>> describe(facts)
    'im2gps: complete, 237 photos'
    """
    if facts["complete"]:
        return f"{facts['benchmark']}: complete, {facts['expected']:,} photos"
    parts = []
    if facts["listed"] != facts["expected"]:
        parts.append(f"the list has {facts['listed']:,} photos, the benchmark {facts['expected']:,}")
    for what in ("missing", "unreadable"):
        if facts[what] and facts[what]["count"]:
            first = ", ".join(map(str, facts[what]["first"]))
            parts.append(f"{facts[what]['count']:,} {what} (first: {first})")
    return f"{facts['benchmark']}: not the full benchmark, so not comparable as it stands: {'; '.join(parts)}"
