"""Tables, tracks, sidecars, shards, undo lists, games and predictions from a seed."""

import gzip
import io
import json
import random
import tarfile

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from fuzzing import mutations, photos

_NAMED = (
    ("photo_id", "path", "latitude", "longitude", "taken_at", "album", "photographer", "width", "height", "source"),
    ("id", "lat", "lng", "captured_at", "creator"), ("IMG_ID", "LAT", "LON"),
    ("filename", "lat_ref", "lat", "lon_ref", "lon"),
    ("SourceFile", "GPSLatitude", "GPSLongitude", "DateTimeOriginal", "Make"), ("key", "url", "latitude", "longitude"),
    ("photo_id", "latitude", "longitude", "rank", "confidence", "region_radius_km"),
)  # fmt: skip


def rows(random: random.Random, names: list[str], odd: float = 0.1) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of a table that names some of `names` (photos that are there)."""
    columns = list(random.choices(_NAMED, (6, 1, 1, 1, 1, 1, 2))[0])
    if random.random() < odd:
        columns[random.randrange(len(columns))] = mutations.word(random)[:200]
    found = []
    for number in range(random.choices((0, 1, 5, 12, 60), (1, 2, 5, 5, 2))[0]):
        found.append([_value(column, number, names, random, odd) for column in columns])
    return columns, found


def _value(column: str, number: int, names: list[str], random: random.Random, odd: float) -> str:
    if random.random() < odd / 2:
        return mutations.word(random)
    low = column.lower()
    if low in ("path", "filename", "sourcefile", "key", "url"):
        return names[number % len(names)] if names else "none.jpg"
    if low.endswith("_ref"):
        return random.choice("NS" if "lat" in low else "EW")
    if "lat" in low:
        return f"{random.uniform(-89, 89):.5f}"
    if "lon" in low or "lng" in low:
        return f"{random.uniform(-179, 179):.5f}"
    if "at" in low or "date" in low:
        return random.choice(mutations.TIMES)
    if low in ("width", "height", "rank"):
        return str(1 + number)
    if low in ("confidence", "region_radius_km"):
        return f"{random.random():.3f}"
    return f"{'ab'[number % 2]}{number}" if "id" in low else random.choice(("Ann", "Bo", "album 1", ""))


def text_table(random: random.Random, names: list[str]) -> tuple[str, bytes]:
    """A CSV or TSV: its ending and its bytes."""
    columns, found = rows(random, names)
    ending = random.choice((".csv", ".csv", ".tsv", ".txt", ".CSV"))
    sign = "\t" if ending == ".tsv" else random.choice((",", ",", ";", "\t", "|"))
    quote = random.random() < 0.3
    lines = [sign.join(f'"{value}"' if quote else value for value in row) for row in [columns, *found]]
    return ending, mutations.mutated_text("\n".join(lines) + "\n", random)


def parquet(random: random.Random, names: list[str]) -> bytes:
    """A Parquet table, of strings and numbers as they come, its bytes changed two times in five."""
    columns, found = rows(random, names)
    arrays, kept = [], []
    for at, column in enumerate(columns):
        values = [row[at].encode("utf-8", "replace").decode() for row in found]
        kind = random.choices(("text", "number", "odd"), (4, 8, 1))[0]
        if kind != "text" and ("lat" in column.lower() or "lon" in column.lower()):
            arrays.append(pa.array([_float(value) for value in values], random.choice((pa.float64(), pa.float32()))))
        elif kind == "odd":
            arrays.append(_odd(values, random))
        else:
            arrays.append(pa.array(values, pa.string()))
        kept.append(column.encode("utf-8", "replace").decode())
    file = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(arrays, names=kept), file)
    data = file.getvalue()
    return mutations.mutated(data, random) if random.random() < 0.4 else data


def _float(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _odd(values: list[str], random: random.Random) -> pa.Array:
    kind = random.choice(("binary", "list", "struct", "dictionary", "null", "time", "decimal"))
    if kind == "binary":
        return pa.array([value.encode("utf-16") for value in values], pa.binary())
    if kind == "list":
        return pa.array([[value] for value in values], pa.list_(pa.string()))
    if kind == "struct":
        return pa.array([{"a": value} for value in values], pa.struct([("a", pa.string())]))
    if kind == "dictionary":
        return pa.array(values, pa.string()).dictionary_encode()
    if kind == "time":
        return pa.array(
            [random.choice((0, -(2**33), 2**35, 1710756000)) for _ in values], pa.timestamp(random.choice(("s", "ns")))
        )
    if kind == "decimal":
        return pa.array([None] * len(values), pa.decimal128(10, 2))
    return pa.nulls(len(values))


def gpx(random: random.Random) -> tuple[str, bytes]:
    """A track: its name and its bytes; sometimes gzipped, cut, in another encoding."""
    points = []
    for number in range(random.choices((0, 1, 3, 40), (1, 2, 5, 5))[0]):
        lat, lon = (48 + number / 100, 2 + number / 100) if random.random() < 0.9 else (mutations.word(random), "181")
        time = (
            f"2024-03-18T{9 + number // 20:02}:{number % 60:02}:00Z"
            if random.random() < 0.9
            else mutations.word(random)
        )
        points.append(f'<trkpt lat="{lat}" lon="{lon}"><ele>35</ele><time>{time}</time></trkpt>')
    body = "".join(points)
    encoding = random.choices(("UTF-8", "", "Shift_JIS", "utf-7", "windows-1252", "nonsense"), (30, 5, 1, 1, 1, 1))[0]
    version = f'<?xml version="1.0" encoding="{encoding}"?>' if encoding else ""
    doctype = '<!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' if random.random() < 0.05 else ""
    space = random.choice(("http://www.topografix.com/GPX/1/1", "http://www.topografix.com/GPX/1/0", ""))
    data = mutations.mutated_text(
        f'{version}{doctype}<gpx version="1.1" xmlns="{space}"><trk><name>a</name><trkseg>{body}</trkseg></trk></gpx>',
        random,
    )
    if random.random() < 0.1:
        return "t.gpx.gz", mutations.mutated(gzip.compress(data), random)
    return random.choices(("t.gpx", "t.GPX", "t.tcx", "t.kml"), (6, 1, 1, 1))[0], data


def shard(random: random.Random) -> bytes:
    """A WebDataset shard: photos and what is known of them; sometimes odd names, links, devices, damage."""
    file = io.BytesIO()
    form = random.choice((tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
    with tarfile.open(fileobj=file, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as archive:
        for number in range(random.choices((0, 1, 3), (1, 5, 5))[0]):
            key = f"{number:05}" if random.random() < 0.8 else mutations.name(random)[:-4].replace("\x00", "")
            about = json.dumps(
                {"lat": 1.5, "lon": number, "album": mutations.word(random), "key": key, "DateTaken": "1"}
            )
            members = {f"{key}.jpg": photos.photo(random, "jpg", photos.exif_block(random))}
            if random.random() < 0.8:
                members[f"{key}.json"] = mutations.mutated_text(about, random)
            for name, data in members.items():
                entry = tarfile.TarInfo(name[:90])
                entry.size = len(data)
                if random.random() < 0.05:
                    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE)
                    entry.type, entry.linkname, entry.size = random.choice(kinds), "/etc/passwd", 0
                try:
                    archive.addfile(entry, io.BytesIO(data) if entry.size else None)
                except (ValueError, UnicodeError):
                    continue
    return mutations.mutated(file.getvalue(), random) if random.random() < 0.4 else file.getvalue()


def sidecar(random: random.Random) -> bytes:
    """An XMP sidecar, changed."""
    return mutations.mutated_text(photos.XMP, random)


def game(random: random.Random) -> bytes:
    """The lines of a game's log, changed."""
    lines = []
    for number in range(random.choice((0, 1, 4))):
        ids = [f"p{each}" for each in range(5)]
        lines.append({
            "photoplanet game": 1, "round": f"r{number // 5}", "photos": ids, "photo_id": ids[number % 5],
            "player": "Ann", "model": "toy",
            "table": "photos", "guess": [48.0, 2.0], "model_guess": [40.0, 0.0], "truth": [48.86, 2.35],
            "seconds": 3.5,
        })  # fmt: skip
    return mutations.mutated_text("".join(json.dumps(line) + "\n" for line in lines), random)


def undo_list(random: random.Random, lines: bytes, names: list[str]) -> bytes:
    """An undo list as written, changed as text, as JSON, or as bytes."""
    if random.random() < 0.4:
        return mutations.mutated(lines, random)
    changed = []
    for text in lines.splitlines():
        line = json.loads(text) if text.strip() else {}
        for key in list(line):
            if random.random() < 0.15:
                texts = (mutations.word(random), "../" + random.choice(names), random.choice(names))
                line[key] = random.choice((None, "", 7, [], {}, -1, [[0, 1, ""]], [[0, 1 << 40, "AAAA"]], *texts))
        changed.append(json.dumps(line).encode() + b"\n")
    return b"".join(changed * random.choice((1, 1, 2)))
