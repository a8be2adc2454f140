"""Photos of the toy Earth as files: JPEGs with EXIF in folders by photographer and album, or WebDataset shards."""

import io
import json
import os
import random
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from photoplanet.core import leftovers
from photoplanet.core.atomic import replacing, write_bytes, write_text
from photoplanet.core.progress import Advance, ignore
from photoplanet.core.workers import process_pool
from photoplanet.errors import InputError
from photoplanet.metadata import exif, exif_writer
from photoplanet.photos import table
from photoplanet.toyworld import letters, paint, travellers, world

QUALITY = 88  # of the JPEGs
SHARD_PHOTOS = 1000
FACTS = "toyworld.json"
TABLE = "photos.parquet"
TRUTH = "signs.jsonl"


@dataclass(frozen=True)
class Order:
    """What to make: so many photos of the travellers `seed`, `size` pixels wide, as shards or as single files.

    `signs`: the share of the outdoor photos that shows a sign with letters. `without_gps`: the share of all photos
    whose place stands in the table only, and not in the file.
    """

    photos: int
    seed: int = 0
    size: int = paint.SIZE
    shards: bool = False
    coordinates: str | None = None
    signs: float = 0.0
    without_gps: float = 0.0


Job = tuple[Path, Order, int, travellers.ToyPhotos]  # the folder, what to make, the first photo's number, the photos


def write(
    folder: str | os.PathLike[str], order: Order, processes: int | None = None, advance: Advance = ignore
) -> Path:
    """Write a toy Earth's photos and their table `photos.parquet` into `folder`; return the table's path.

    With signs, `signs.jsonl` says what stands on which photo, and where. Runs again where it was stopped: files that
    are there already are kept. A folder that holds anything else is refused with InputError. `processes`: default one
    per core.

    >>> write(getfixture("tmp_path") / "toy", Order(photos=3, size=32)).name
    'photos.parquet'
    """
    folder = Path(folder)
    if order.photos < 1 or not 32 <= order.size <= 2048:
        raise InputError(f"a toy Earth needs at least 1 photo of 32 to 2048 pixels, not {order.photos} of {order.size}")
    _claim(folder, order)
    photos = travellers.travel(make_world(order), order.photos, order.seed, make_letters(order))
    chunk = SHARD_PHOTOS if order.shards else 250
    jobs = [(folder, order, start, photos.part(slice(start, start + chunk))) for start in range(0, len(photos), chunk)]
    for written in _run(jobs, processes or os.cpu_count() or 1):
        advance(written)
    rows = columns(photos, order)
    table.write(rows, folder / TABLE)
    if order.signs:
        write_text(folder / TRUTH, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in truth(photos, order)))
    write_text(folder / FACTS, json.dumps({**asdict(order), "complete": True}, indent=2))
    return folder / TABLE


def make_world(order: Order) -> world.World:
    """The Earth of an order: the built-in cities, or those of its coordinate file.

    >>> len(make_world(Order(photos=1)).city_names)
    106
    """
    if order.coordinates is None:
        return world.make()
    geotags, _ = table.read(order.coordinates, require=("latitude", "longitude"))
    return world.make(coordinates=np.column_stack([geotags["latitude"], geotags["longitude"]]))


@cache
def make_letters(order: Order) -> letters.Letters | None:
    """The texts on the signs of an order, None for one without signs.

    >>> make_letters(Order(photos=1)), len(make_letters(Order(photos=1, signs=0.5)).texts) > 500
    (None, True)
    """
    return letters.make(make_world(order), order.signs) if order.signs else None


def truth(photos: travellers.ToyPhotos, order: Order) -> Iterator[dict[str, Any]]:
    """A record for each photo with a sign: its text, its kind, its country, and its corners as shares of the photo.

    >>> order = Order(photos=20, signs=1.0)
    >>> rows = truth(travellers.travel(make_world(order), 20, 0, make_letters(order)), order)
    >>> sorted(next(rows))
    ['country', 'kind', 'lines', 'photo', 'photo_id']
    """
    said, earth, codes = make_letters(order), make_world(order), world.country_codes()
    if said is None:
        return
    for row in np.flatnonzero(photos.sign >= 0).tolist():
        text, kind = said.texts[photos.sign[row]], said.kinds[photos.sign[row]]
        country = codes[earth.city_country[photos.city[row]]]
        box = letters.sign(Image.new("RGB", (2 * order.size, 2 * order.size)), text, (order.seed, row))
        line = {"text": text, "box": box.round(4).tolist()}
        about = {"photo_id": _name(row), "photo": address(photos, row, row, order)}
        yield about | {"country": country, "kind": kind, "lines": [line]}


def columns(photos: travellers.ToyPhotos, order: Order, first: int = 0) -> pa.Table:
    """The photo table of `photos`, numbered from `first`; `scene` is a column of its own.

    >>> order = Order(photos=2)
    >>> columns(travellers.travel(make_world(order), order.photos), order)["photo_id"].to_pylist()
    ['toy-0000000', 'toy-0000001']
    """
    number = np.arange(first, first + len(photos))
    return pa.table(
        {
            "photo_id": [_name(n) for n in number.tolist()],
            "path": [address(photos, row, n, order) for row, n in enumerate(number.tolist())],
            "latitude": photos.latitude,
            "longitude": photos.longitude,
            "taken_at": np.datetime_as_string(photos.taken_at),
            "album": [f"album-{n:05d}" for n in photos.album.tolist()],
            "photographer": [f"traveller-{n:05d}" for n in photos.photographer.tolist()],
            "width": np.full(len(photos), order.size, np.int32),
            "height": np.full(len(photos), order.size, np.int32),
            "licence": ["CC0-1.0"] * len(photos),
            "source": [exif.TOY_SOFTWARE] * len(photos),
            "scene": [travellers.SCENES[n] for n in photos.scene.tolist()],
        }
    )


def _name(number: int) -> str:
    return f"toy-{number:07d}"


def address(photos: travellers.ToyPhotos, row: int, number: int, order: Order) -> str:
    """Where photo `number` (row `row` of `photos`) lies, relative to the folder.

    >>> order = Order(photos=2, shards=True)
    >>> address(travellers.travel(make_world(order), order.photos), row=1, number=1, order=order)
    '00000.tar#000000001.jpg'
    """
    if order.shards:
        return f"{number // SHARD_PHOTOS:05d}.tar#{number:09d}.jpg"
    return f"traveller-{photos.photographer[row]:05d}/album-{photos.album[row]:05d}/{number:07d}.jpg"


def jpegs(photos: travellers.ToyPhotos, order: Order, first: int = 0) -> Iterator[bytes]:
    """Paint and encode the photos one after another, with GPS position, time and artist in their EXIF.

    Without the position where `order.without_gps` hides it.

    >>> order = Order(photos=1, size=32)
    >>> next(jpegs(travellers.travel(make_world(order), order.photos), order))[6:10]
    b'JFIF'
    """
    said = make_letters(order)
    for row in range(len(photos)):
        text = said.texts[photos.sign[row]] if said and photos.sign[row] >= 0 else ""
        cues, scene = paint.cues_of(photos.cues[row]), travellers.SCENES[photos.scene[row]]
        image = paint.photo(cues, scene, (order.seed, first + row), order.size, text)
        hidden = random.Random(f"gps:{order.seed}:{first + row}").random() < order.without_gps
        latitude, longitude = (None, None) if hidden else (photos.latitude[row], photos.longitude[row])
        block = exif_writer.gps_bytes(
            latitude,
            longitude,
            taken_at=str(photos.taken_at[row]),
            artist=f"traveller-{photos.photographer[row]:05d}",
            software=exif.TOY_SOFTWARE,
        )
        file = io.BytesIO()
        image.save(file, "JPEG", quality=QUALITY, exif=block)
        yield file.getvalue()


def _claim(folder: Path, order: Order) -> None:
    facts = folder / FACTS
    if facts.is_file():
        try:
            found = json.loads(facts.read_text("utf-8"))
        except ValueError:
            found = {}
        defaults = {"signs": 0.0, "without_gps": 0.0}  # what came later
        if {key: found.get(key, defaults.get(key)) for key in asdict(order)} != asdict(order):
            raise InputError(f"{folder}: holds another toy Earth; give an empty folder")
        return
    if not leftovers.empty(folder):
        raise InputError(f"{folder}: is not empty and does not hold a toy Earth; give an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    write_text(facts, json.dumps({**asdict(order), "complete": False}, indent=2))


def _run(jobs: list[Job], processes: int) -> Iterator[int]:
    if processes == 1 or len(jobs) < 4:
        yield from map(_write_chunk, jobs)
        return
    with process_pool(processes) as pool:
        try:
            yield from pool.map(_write_chunk, jobs)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _write_chunk(job: Job) -> int:
    folder, order, first, photos = job
    if order.shards:
        _write_shard(folder, order, first, photos)
        return len(photos)
    targets = [folder / address(photos, row, first + row, order) for row in range(len(photos))]
    if all(target.is_file() for target in targets):
        return len(photos)
    for target, data in zip(targets, jpegs(photos, order, first), strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, data)
    return len(photos)


def _write_shard(folder: Path, order: Order, first: int, photos: travellers.ToyPhotos) -> None:
    """One shard as img2dataset writes it: NNNNN.tar of key.jpg and key.json, NNNNN.parquet, NNNNN_stats.json."""
    name = f"{first // SHARD_PHOTOS:05d}"
    if (folder / f"{name}_stats.json").is_file():
        return
    rows = columns(photos, order, first)
    keys = [f"{first + row:09d}" for row in range(len(photos))]
    with replacing(folder / f"{name}.tar") as partial, tarfile.open(partial, "w", format=tarfile.USTAR_FORMAT) as tar:
        for key, row, data in zip(keys, rows.to_pylist(), jpegs(photos, order, first), strict=True):
            about = {"key": key, "status": "success", "error_message": None, **row}
            for suffix, content in ((".jpg", data), (".json", json.dumps(about).encode())):
                member = tarfile.TarInfo(key + suffix)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    rows = rows.append_column("key", pa.array(keys)).append_column("status", pa.array(["success"] * len(keys)))
    table.write(rows, folder / f"{name}.parquet")
    stats = {"count": len(keys), "successes": len(keys), "failed_to_download": 0, "failed_to_resize": 0}
    write_text(folder / f"{name}_stats.json", json.dumps(stats))
