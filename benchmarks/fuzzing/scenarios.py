"""Every command that writes files: how its folder is made, what is run, and what it may leave there."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fuzzing import base, photos


@dataclass(frozen=True)
class Scenario:
    """`command` is what is killed; `make` and the commands `first` fill its folder. TINY and RICH stand for models.

    `models`: model folders that must be whole at any time.
    `free`: patterns of what may hold anything at any time (caches, runs), if nothing of it is a leftover at the end.
    `done`: exit statuses of the run after the kill; 2 where a finished command cannot be repeated. `back`: a command
    after which the folder is as it was made.
    """

    command: str
    make: Callable[[Path], None]
    first: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    done: tuple[int, ...] = (0,)
    back: str | None = None
    training: bool = False


CACHES = (".o.*", ".o.*/*", ".t.*", ".t.*/*", "x", "x/*")
RUNS = ("*.run", "*.run/*", "*.embedding", "*.embedding/*")
PACKED = ("s/*_stats.json", "s/.pack.lock*")
HOME = ("home", "home/*")
UNDO = "p/.photoplanet-undo.json"
FILES = "--csv o.csv --geojson o.json --map o.html"
WRITE = "album p --model TINY --answer-always --write"
ADD = "models add m --name mine"
TOYWORLD = "toyworld -o w --photos 8 --processes 1"
TRAIN = (
    "--image-size 32 --set width=0.25 --set steps=4 --batch-size 8 --precision float32 --min-photos 1 --max-photos 20 "
    "--threads 1 --no-tensorboard --checkpoint-steps 1 --seed 1"
)


def tagged(folder: Path) -> None:
    """Geotagged photos, their table, and older outputs of every name."""
    from photoplanet.metadata.exif_writer import gps_bytes

    (folder / "p").mkdir()
    lines = ["photo_id,path,latitude,longitude,photographer,album,taken_at"]
    for number in range(12):
        latitude, longitude = base.CITIES[number % len(base.CITIES)]
        place = latitude + number / 1000, longitude
        photos.picture(number, 96, 72).save(folder / "p" / f"{number}.jpg", exif=gps_bytes(*place))
        who = ("ann", "bo")[number // 5 % 2]
        rest = f"{place[0]},{place[1]},{who},a{number // 4},2024-03-18T10:{number:02}:00"
        lines.append(f"p{number},p/{number}.jpg,{rest}")
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    _older(folder)


def plain(folder: Path) -> None:
    """Photos without places."""
    (folder / "p").mkdir()
    for number in range(4):
        (folder / "p" / f"{number}.jpg").write_bytes(photos.photo(random.Random(number)))
    (folder / "p" / "1.jpg.xmp").write_text(photos.XMP.replace("exif:GPSL", "exif:X"))
    _older(folder)


def with_model(folder: Path) -> None:
    """As `tagged`, with a model folder of its own in which somebody keeps notes."""
    tagged(folder)
    from photoplanet.models import installed

    shutil.copytree(installed.resolve("toy"), folder / "m")
    (folder / "m" / "notes.txt").write_text("mine")
    (folder / "m" / "own").mkdir()
    (folder / "m" / "own" / "a.txt").write_text("mine too")


def with_network(folder: Path) -> None:
    """As `plain`, with a network that an encoder can be made of."""
    plain(folder)
    (folder / "net.onnx").write_bytes(base.strange_network(random.Random(0)))


def _older(folder: Path) -> None:
    (folder / "tmp").mkdir()
    for ending in ("csv", "json", "html", "gpx", "png", "npy", "parquet"):
        (folder / f"o.{ending}").write_text("older")
    (folder / "r.csv").write_text("older")


ALL = {
    "index": Scenario("index p -o o.parquet --report r.csv", tagged, free=CACHES),
    "index in processes": Scenario("index p -o o.csv --processes 2", tagged, free=CACHES),
    "partition": Scenario("partition t.csv -o o.parquet --min-photos 1 --max-photos 2 --geojson o.json", tagged),
    "pack": Scenario("pack t.csv -o s --size 32 --per-shard 5 --processes 1", tagged, free=PACKED),
    "locate": Scenario(f"locate p --model TINY {FILES}", tagged),
    "album": Scenario(f"album p --model TINY {FILES} --gpx-out o.gpx", tagged, free=HOME),
    "write exif": Scenario(f"{WRITE} exif", plain, free=(UNDO, *HOME), back="album p --undo"),
    "write xmp": Scenario(f"{WRITE} xmp", plain, free=(UNDO, *HOME), back="album p --undo"),
    "undo": Scenario("album p --undo", plain, (f"{WRITE} exif",), free=(UNDO, *HOME), done=(0, 2)),
    "audit": Scenario("audit p --strip --no-signs --page o.html", tagged, free=HOME, back="audit p --undo"),
    "similar": Scenario(
        "similar p/0.jpg --library p --index x --with-itself --csv o.csv --show o.html", tagged, free=CACHES
    ),
    "similar by embedding": Scenario(
        "similar p/0.jpg --library t.csv --index x --by embedding --model RICH --csv o.csv", tagged, free=CACHES
    ),
    "explain": Scenario("explain p/0.jpg --model TINY --positions 3 -o o.png --array o.npy", tagged),
    "evaluate": Scenario("evaluate TINY t.csv --predictions o.csv", tagged, free=CACHES),
    "duplicates": Scenario("duplicates t.csv -o o.csv --report r.csv", tagged, free=CACHES),
    "figure": Scenario("figure partition TINY -o o.png", tagged),
    "models add": Scenario(ADD, with_model, (), ("m",), HOME, (0, 2)),
    "models remove": Scenario("models remove mine", with_model, (ADD,), ("m",), HOME, (0, 2)),
    "encoders add": Scenario(
        "encoders add onnx:net.onnx --mean 0,0,0 --std 1,1,1 --name mine", with_network, (), (), HOME, (0, 2)
    ),
    "models default": Scenario("models default m", with_model, (ADD,), ("m", "home/models/mine"), ("home/d*",)),
    "toyworld": Scenario(TOYWORLD, tagged, free=("w/toyworld.json",)),
    "toyworld shards": Scenario(f"{TOYWORLD} --shards", tagged, free=("w/toyworld.json",)),
    "train": Scenario(f"train t.csv -o n {TRAIN}", tagged, (), ("n",), RUNS, training=True),
    "train over a model": Scenario(
        f"train t.csv -o m {TRAIN}", with_model, (), ("m",), RUNS, training=True
    ),
    "export": Scenario(
        "export n.run -o m", with_model, (f"train t.csv -o n {TRAIN}",), ("m", "n"), training=True
    ),
    "train-album": Scenario(
        "train-album t.csv --model RICH -o m --validation t.csv --method lstm --epochs 1 --units 8 --threads 1",
        with_model, (), ("m",), RUNS, training=True,
    ),
    "train-embedding": Scenario(
        "train-embedding t.csv --model RICH -o m --validation t.csv --steps 2 --places 3 --each 2 --threads 1",
        with_model, (), ("m",), RUNS, training=True,
    ),
}  # fmt: skip
