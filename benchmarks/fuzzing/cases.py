"""Kinds of input: each puts files into an empty folder and says which commands are to read them."""

import json
import random
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fuzzing import base, documents, films, mutations, photos, tracks

Command = list[str]


@dataclass
class Case:
    """What to run in a folder: `commands` one after another; `may_make`: the files that may be new at the end.

    `may_change`: file → what it may hold at the end besides what it held (None: it may be gone). `same`: pairs of files
    that have to be equal at the end.
    """

    commands: list[Command]
    may_make: set[str] = field(default_factory=set)
    may_change: dict[str, set[bytes | None]] = field(default_factory=dict)
    same: list[tuple[str, str]] = field(default_factory=list)
    free: set[str] = field(default_factory=set)  # may hold anything at the end
    between: Callable[[], None] | None = None  # after the first command


def _read_commands(random: random.Random, names: Iterable[str], sets: base.Base, most: int = 2) -> Case:
    """Some of the commands that read photos, with what they write."""
    given = ["--", *names]
    model = ["--model", str(sets.model)]
    outs = {
        "locate": ["locate", *model, "--json", "--answer-always", *given],
        "locate files": ["locate", *model, "--csv", "o1.csv", "--geojson", "o1.json", "--map", "o1.html", *given],
        "index": ["index", "-o", "o2.csv", "--report", "r2.json", "--keep-without-gps", *given],
        "index graphics": ["index", "-o", "o3.parquet", "--report", "r3.csv", "--drop-graphics", *given],
        "read": ["read", "--json", "--csv", "o6.csv", "--page", "o6.html", *given],
        "similar": ["similar", "--library", str(sets.library), "--no-update", "--json", *given],
        "audit": ["audit", "--json", "--page", "o7.html", "--no-signs", *given],
        "strip": ["audit", "--strip", "--no-signs", *given],
        "album": ["album", *model, "--csv", "o4.csv", "--geojson", "o4.json", "--gpx-out", "o4.gpx", "--map", "o4.html",
                  "--time-offset", "+02:00", *given],
        "explain": ["explain", *model, "--positions", "3", "--json", "-o", "o5.png", "--", next(iter(names))],
        "undo": ["album", *model, "--write", random.choice(("xmp", "exif")), "--answer-always", *given],
    }  # fmt: skip
    picked = random.sample(sorted(outs), random.choice((1, most)))
    commands = [outs[name] for name in picked]
    backs = {"undo": ["album", "--undo", "."], "strip": ["audit", "--undo", "."]}
    commands += [backs[name] for name in reversed(picked) if name in backs]
    return Case(commands, {"o*", "r*", ".o*", "home*"})  # home: readings and features that are kept


def image(folder: Path, random: random.Random, sets: base.Base) -> Case:
    kind = random.choice(photos.FORMATS)
    data = mutations.mutated(photos.photo(random, kind), random)
    name = mutations.name(random, f".{random.choice((kind, kind, kind, 'jpg', 'tiff'))}")
    _put(folder, name, data)
    return _read_commands(random, [name], sets)


def exif(folder: Path, random: random.Random, sets: base.Base) -> Case:
    names = []
    for number in range(random.choice((1, 3))):
        kind = random.choice(("jpg", "jpg", "jpg", "png", "webp", "tif", "heic", "avif", "jxl"))
        name = f"{number}{mutations.name(random)[:-4][:200]}.{kind}"
        _put(folder, name, photos.photo(random, kind, photos.exif_block(random)))
        names.append(name)
    return _read_commands(random, names, sets)


def xmp(folder: Path, random: random.Random, sets: base.Base) -> Case:
    kind = random.choice(("jpg", "jpg", "png", "webp", "avif", "jxl"))
    _put(folder, f"a.{kind}", photos.photo(random, kind, None, documents.sidecar(random)[:60_000]))
    return _read_commands(random, [f"a.{kind}"], sets)


def sidecar(folder: Path, random: random.Random, sets: base.Base) -> Case:
    kind = random.choice(("jpg", "JPG", "heic", "png"))
    _put(folder, f"a.{kind}", photos.photo(random, kind.lower()))
    for name in random.sample((f"a.{kind}.xmp", "a.xmp", "a.XMP", f"a.{kind}.XMP"), random.choice((1, 2))):
        _put(folder, name, documents.sidecar(random))
    return _read_commands(random, [f"a.{kind}"], sets)


def film(folder: Path, random: random.Random, sets: base.Base) -> Case:
    name = f"a.{random.choice(('mp4', 'mov', 'MOV', '3gp', 'jpg'))}"
    _put(folder, name, films.film(random))
    return _read_commands(random, [name], sets)


def gpx(folder: Path, random: random.Random, sets: base.Base) -> Case:
    return _track_case(folder, random, sets, *documents.gpx(random))


def track(folder: Path, random: random.Random, sets: base.Base) -> Case:
    return _track_case(folder, random, sets, *tracks.track(random))


def _track_case(folder: Path, random: random.Random, sets: base.Base, name: str, data: bytes) -> Case:
    for number in range(3):
        _put(folder, f"{number}.jpg", photos.photo(random, "jpg", photos.exif_block(random, 0.0)))
    _put(folder, name, data)
    offset = random.choice(("+02:00", "-11:00", "+00:00"))
    rest = random.choice((["--csv", "o.csv", "--gpx-out", "o.gpx", "--map", "o.html"], ["--write", "xmp", "--dry-run"]))
    track = random.choice((name, name, "."))
    command = ["album", "--model", str(sets.model), "--track", track, "--time-offset", offset, *rest, "."]
    return Case([command], {"o.*", "home*"})


def table(folder: Path, random: random.Random, sets: base.Base) -> Case:
    return _table(folder, random, sets, *documents.text_table(random, _some_photos(folder, random)))


def parquet(folder: Path, random: random.Random, sets: base.Base) -> Case:
    return _table(folder, random, sets, ".parquet", documents.parquet(random, _some_photos(folder, random)))


def predictions(folder: Path, random: random.Random, sets: base.Base) -> Case:
    truth = "photo_id,latitude,longitude\n" + "".join(f"{'ab'[n % 2]}{n},{n},{n}\n" for n in range(12))
    _put(folder, "truth.csv", truth.encode())
    ending, data = documents.text_table(random, ["a.jpg"])
    _put(folder, "p" + ending, data)
    given = ["p" + ending, "truth.csv"] if random.random() < 0.7 else ["truth.csv", "p" + ending]
    return Case([["score", *given, *random.choice((["--json"], ["--table", "latex"], ["--by", "continent"]))]])


def shard(folder: Path, random: random.Random, sets: base.Base) -> Case:
    name = random.choice(("00000.tar", "00000.tar", "a#b.tar", "0.TAR"))
    _put(folder, name, documents.shard(random))
    return _read_commands(random, [random.choice((name, name, f"{name}#00000.jpg"))], sets, 1)


def model(folder: Path, random: random.Random, sets: base.Base) -> Case:
    """A model folder of which one file is changed; half the time with the right hash, so that it is read."""
    source = random.choice((sets.model, sets.model, sets.rich_model))
    target = folder / "model"
    target.mkdir()
    for path in source.iterdir():
        shutil.copyfile(path, target / path.name)
    victim = random.choice(sorted(path for path in target.iterdir() if path.suffix != ".md"))
    data = victim.read_bytes()
    if victim.suffix == ".json":
        victim.write_bytes(mutations.mutated_text(data.decode(), random))
    else:
        victim.write_bytes(mutations.mutated(data, random))
        if random.random() < 0.7:
            base.rehash(target, victim.name)
    _put(folder, "a.jpg", photos.photo(random))
    _put(folder, "t.csv", b"photo_id,path,latitude,longitude\na,a.jpg,1,2\n")
    commands = [
        ["locate", "--model", "model", "--json", "a.jpg"], ["album", "--model", "model", "."],
        ["models", "card", "model"],
        ["models", "add", "model", "--name", "mine"], ["evaluate", "model", "t.csv"], ["models", "list", "--json"],
        ["explain", "--model", "model", "--positions", "3", "a.jpg"],
        ["similar", "--by", "embedding", "--model", "model", "--library", "t.csv", "--index", "o", "a.jpg"],
    ]  # fmt: skip
    return Case(random.sample(commands, 2), {"home", "home/*", "o", "o/*"})


def undo(folder: Path, random: random.Random, sets: base.Base) -> Case:
    """An undo list that `album --write` made and somebody changed: photos are as they are or as they were."""
    names, change = ["0.jpg", "1.jpg"], {}
    for name in names:
        data = photos.photo(random, "jpg", None)
        _put(folder, name, data)
        change[name] = {data}
    _put(folder, "0.jpg.xmp", photos.XMP.encode().replace(b"exif:GPSL", b"exif:X"))
    change["0.jpg.xmp"] = {(folder / "0.jpg.xmp").read_bytes()}
    base.run_quietly(
        ["album", "--model", str(sets.model), "--answer-always", "--write", random.choice(("xmp", "exif")), "."], folder
    )
    journal = folder / ".photoplanet-undo.json"
    if journal.exists():
        journal.write_bytes(documents.undo_list(random, journal.read_bytes(), names))
    made = {path.name for path in folder.iterdir()} - set(change) - {journal.name}
    change |= {name: {None} for name in made}  # sidecars that were made
    return Case([["album", "--undo", *random.choice(([], ["--dry-run"])), "."]], set(), change, free={journal.name})


def game(folder: Path, random: random.Random, sets: base.Base) -> Case:
    _put(folder, "games.jsonl", documents.game(random))
    return Case([["play", "--summary", "--results", "games.jsonl", *random.choice(([], ["--json"]))]])


def cache(folder: Path, random: random.Random, sets: base.Base) -> Case:
    """A cache that was damaged: the next run gives the same as the first."""
    (folder / "p").mkdir()
    for number in range(4):
        _put(folder / "p", f"{number}.jpg", photos.photo(random, "jpg", photos.exif_block(random, 0.0)))
    how = random.choice(("index", "similar", "duplicates"))
    if how == "index":
        commands = [["index", "p", "-o", "o.csv"]] * 2
    elif how == "similar":
        commands = [["similar", "p/0.jpg", "--library", "p", "--index", "x", "--with-itself", "--csv", "o.csv"]] * 2
    else:
        _put(folder, "t.csv", b"photo_id,path\n" + b"".join(b"%d,p/%d.jpg\n" % (n % 3, n % 3) for n in range(6)))
        commands = [["duplicates", "t.csv", "-o", "o.csv"]] * 2
    case = Case(
        [list(command) for command in commands],
        {"o*", ".o*", "x", "x/*", ".t*", "p.index", "p.index/*", "first"},
        same=[("first", "o.csv")],
    )

    def damage() -> None:
        (folder / "o.csv").rename(folder / "first") if (folder / "o.csv").exists() else None
        kept = [
            p for p in folder.rglob("*") if p.is_file() and p.parent not in (folder, folder / "p") and p.name != "lock"
        ]
        for path in random.sample(sorted(kept), min(len(kept), random.choice((1, 1, 3)))):
            data = path.read_bytes()
            path.write_bytes(random.choice((mutations.mutated(data, random), b"", data[: len(data) // 2])))

    case.between = damage
    return case


def encoder(folder: Path, random: random.Random, sets: base.Base) -> Case:
    """An ONNX file, how it wants photos, and its card: one of them changed, or none."""
    config = {"size": random.choice((16, {"shortest_edge": 16}, {"height": 16, "width": 16})), "crop_size": 16,
              "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "rescale_factor": 1 / 255}  # fmt: skip
    files = {
        "net.onnx": base.strange_network(random), "preprocessor_config.json": json.dumps(config).encode(),
        "README.md": b"---\nlicense: mit\ntags:\n- vision\n---\n# A network\n",
    }  # fmt: skip
    victim = random.choice((*files, "net.onnx"))
    for name, data in files.items():
        changed = (
            mutations.mutated(data, random) if name.endswith(".onnx") else mutations.mutated_text(data.decode(), random)
        )
        _put(folder, name, changed if name == victim else data)
    given = random.choice(([], [], ["--pool", "mean"], ["--output", "x"], ["--size", "24"], ["--licence", "mine"]))
    commands = [
        [
            "encoders",
            "add",
            *random.choice((["onnx:net.onnx"], ["hf:org/net", "--from", ".", "--file", "net.onnx"])),
            *given,
        ],
        random.choice((["encoders", "card", "net", "--json"], ["encoders", "list"], ["encoders", "remove", "net"])),
    ]
    return Case(commands, {"home", "home/*"})


def _some_photos(folder: Path, random: random.Random) -> list[str]:
    names = []
    for number in range(3):
        _put(folder, f"{number}.jpg", photos.photo(random, "jpg", photos.exif_block(random) if number else None))
        names.append(f"{number}.jpg")
    return names


def _table(folder: Path, random: random.Random, sets: base.Base, ending: str, data: bytes) -> Case:
    name = "t" + ending
    _put(folder, name, data)
    model = str(sets.model)
    commands = [
        ["index", name, "-o", "o.parquet", "--report", "r.csv"], ["index", name, "-o", "o.csv", "--keep-without-gps"],
        ["partition", name, "-o", "o.parquet", "--min-photos", "1", "--max-photos", "3", "--geojson", "o.json"],
        ["pack", name, "-o", "o", "--size", "32", "--per-shard", "2", "--processes", "1", "--report", "r.csv"],
        ["evaluate", model, name, "--predictions", "o.csv"], ["duplicates", name, "-o", "o.csv", "--report", "r.csv"],
        ["album", "--model", model, "--json", name], ["score", name, name],
        ["similar", "--library", name, "--index", "o", "--json", "0.jpg"],
    ]  # fmt: skip
    return Case([random.choice(commands)], {"o*", "r*", ".o*", f".{name}*", "o/*", "home*"})


def _put(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)


KINDS: dict[str, Callable[[Path, random.Random, base.Base], Case]] = {
    kind.__name__: kind
    for kind in (
        image,
        exif,
        xmp,
        film,
        sidecar,
        gpx,
        track,
        table,
        parquet,
        predictions,
        shard,
        model,
        undo,
        game,
        cache,
        encoder,
    )
}


def facts(case: Case) -> str:
    """The commands as one may type them, for the report."""
    return json.dumps([["photoplanet", *command] for command in case.commands], ensure_ascii=True)
