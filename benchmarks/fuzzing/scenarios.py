"""Every command that writes files: how its folder is made, what is run, and what it may leave there."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fuzzing import base, photos

Command = list[str]


@dataclass(frozen=True)
class Scenario:
    """`command` is what is killed; `make` fills its folder. `models`: model folders that must be whole at any time.

    `free`: patterns of what may hold anything at any time (caches, runs), if nothing of it is a leftover at the end.
    `done`: exit statuses of the run after the kill; 2 where a finished command cannot be repeated. `back`: a command
    after which the folder is as it was made. `weight`: how often it is taken.
    """

    command: Command
    make: Callable[[Path, base.Base], None]
    models: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    done: tuple[int, ...] = (0,)
    back: Command | None = None
    weight: float = 1.0
    training: bool = False


TRAIN = [
    "--image-size", "32", "--set", "width=0.25", "--set", "steps=4", "--batch-size", "8", "--precision", "float32",
    "--min-photos", "1", "--max-photos", "20", "--threads", "1", "--no-tensorboard", "--checkpoint-steps", "1", "--seed", "1",
]  # fmt: skip


def tagged(folder: Path, sets: base.Base) -> None:
    """Geotagged photos, their table, and older outputs of every name."""
    from photoplanet.metadata.exif_writer import gps_bytes

    (folder / "p").mkdir()
    lines = ["photo_id,path,latitude,longitude,photographer,album,taken_at"]
    for number in range(12):
        latitude, longitude = base.CITIES[number % len(base.CITIES)]
        place = latitude + number / 1000, longitude
        photos.picture(number, 96, 72).save(folder / "p" / f"{number}.jpg", exif=gps_bytes(*place))
        lines.append(f"p{number},p/{number}.jpg,{place[0]},{place[1]},ann,a{number // 4},2024-03-18T10:{number:02}:00")
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    _older(folder)


def plain(folder: Path, sets: base.Base) -> None:
    """Photos without places."""
    (folder / "p").mkdir()
    for number in range(4):
        (folder / "p" / f"{number}.jpg").write_bytes(photos.photo(random.Random(number)))
    (folder / "p" / "1.jpg.xmp").write_text(photos.XMP.replace("exif:GPSL", "exif:X"))
    _older(folder)


def written(folder: Path, sets: base.Base) -> None:
    """Photos with estimates written into them, to take back."""
    plain(folder, sets)
    _must(["album", "p", "--model", str(sets.model), "--answer-always", "--write", "exif"], folder)


def with_model(folder: Path, sets: base.Base) -> None:
    """As `tagged`, with a model folder of its own in which somebody keeps notes."""
    tagged(folder, sets)
    shutil.copytree(sets.rich_model, folder / "m")
    (folder / "m" / "notes.txt").write_text("mine")
    (folder / "m" / "own").mkdir()
    (folder / "m" / "own" / "a.txt").write_text("mine too")


def trained(folder: Path, sets: base.Base) -> None:
    """As `with_model`, with a run beside it to export."""
    with_model(folder, sets)
    _must(["train", "t.csv", "-o", "n", *TRAIN], folder)


def installed(folder: Path, sets: base.Base) -> None:
    """As `with_model`, with a model of one's own installed."""
    with_model(folder, sets)
    _must(["models", "add", "m", "--name", "mine"], folder)


def _older(folder: Path) -> None:
    (folder / "tmp").mkdir()
    for ending in ("csv", "json", "html", "gpx", "png", "npy", "parquet"):
        (folder / f"o.{ending}").write_text("older")
    (folder / "r.csv").write_text("older")


def _must(arguments: Command, folder: Path) -> None:
    status, text = base.run(arguments, folder)
    if status != 0:
        raise RuntimeError(f"{arguments}: {text}")


def scenarios(sets: base.Base) -> dict[str, Scenario]:
    """By name."""
    tiny, rich = ["--model", str(sets.model)], ["--model", str(sets.rich_model)]
    files = ["--csv", "o.csv", "--geojson", "o.json", "--map", "o.html"]
    caches, run = (".o.*", ".o.*/*", ".t.*", ".t.*/*", "x", "x/*"), ("*.run", "*.run/*", "*.embedding", "*.embedding/*")
    write = ["album", "p", *tiny, "--answer-always", "--write"]
    return {
        "index": Scenario(["index", "p", "-o", "o.parquet", "--report", "r.csv"], tagged, free=caches),
        "index in processes": Scenario(["index", "p", "-o", "o.csv", "--processes", "2"], tagged, free=caches, weight=0.3),
        "partition": Scenario(["partition", "t.csv", "-o", "o.parquet", "--min-photos", "1", "--max-photos", "2", "--geojson",
                               "o.json"], tagged),
        "locate": Scenario(["locate", "p", *tiny, *files], tagged),
        "album": Scenario(["album", "p", *tiny, *files, "--gpx-out", "o.gpx"], tagged),
        "write exif": Scenario([*write, "exif"], plain, free=("p/.photoplanet-undo.json",), back=["album", "p", "--undo"], weight=2),
        "write xmp": Scenario([*write, "xmp"], plain, free=("p/.photoplanet-undo.json",), back=["album", "p", "--undo"], weight=2),
        "undo": Scenario(["album", "p", "--undo"], written, free=("p/.photoplanet-undo.json",), done=(0, 2), weight=2),
        "similar": Scenario(["similar", "p/0.jpg", "--library", "p", "--index", "x", "--with-itself", "--csv", "o.csv", "--show",
                             "o.html"], tagged, free=caches, weight=2),
        "similar by embedding": Scenario(["similar", "p/0.jpg", "--library", "t.csv", "--index", "x", "--by", "embedding", *rich,
                                          "--csv", "o.csv"], tagged, free=caches),
        "explain": Scenario(["explain", "p/0.jpg", *tiny, "--positions", "3", "-o", "o.png", "--array", "o.npy"], tagged),
        "evaluate": Scenario(["evaluate", str(sets.model), "t.csv", "--predictions", "o.csv"], tagged, free=caches),
        "duplicates": Scenario(["duplicates", "t.csv", "-o", "o.csv", "--report", "r.csv"], tagged, free=caches),
        "figure": Scenario(["figure", "partition", str(sets.model), "-o", "o.png"], tagged, weight=0.5),
        "models add": Scenario(["models", "add", "m", "--name", "mine"], with_model, ("m",), ("home", "home/*"), (0, 2)),
        "models remove": Scenario(["models", "remove", "mine"], installed, ("m",), ("home", "home/*"), (0, 2)),
        "models default": Scenario(["models", "default", "m"], installed, ("m", "home/models/mine"), ("home/default-model",)),
        "toyworld": Scenario(["toyworld", "-o", "w", "--photos", "8", "--processes", "1"], tagged),
        "toyworld shards": Scenario(["toyworld", "-o", "w", "--photos", "8", "--processes", "1", "--shards"], tagged),
        "train": Scenario(["train", "t.csv", "-o", "n", *TRAIN], tagged, ("n",), run, weight=0.7, training=True),
        "train over a model": Scenario(["train", "t.csv", "-o", "m", *TRAIN], with_model, ("m",), run, weight=0.7, training=True),
        "export": Scenario(["export", "n.run", "-o", "m"], trained, ("m", "n"), weight=1.5, training=True),
        "train-album": Scenario(["train-album", "t.csv", *rich, "-o", "m", "--validation", "t.csv", "--method", "lstm", "--epochs",
                                 "1", "--units", "8", "--threads", "1"], with_model, ("m",), run, weight=0.7, training=True),
        "train-embedding": Scenario(["train-embedding", "t.csv", *rich, "-o", "m", "--validation", "t.csv", "--steps", "2",
                                     "--places", "3", "--each", "2", "--threads", "1"], with_model, ("m",), run, weight=0.7,
                                    training=True),
    }  # fmt: skip
