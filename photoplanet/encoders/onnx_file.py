"""An encoder made of a person's own ONNX file: read, understood, tried on made-up photos, and kept in one form."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from photoplanet.core import atomic_folders, downloads, regular
from photoplanet.encoders import encoder, model_card, onnx_wrapping, preprocessor_config, probe
from photoplanet.encoders.encoder import Encoder
from photoplanet.errors import InputError, MissingExtra, ModelError
from photoplanet.photos.preprocessing import Preprocessing

if TYPE_CHECKING:
    from onnx import ModelProto

MAX_BYTES = (2 << 30) - 1  # of a file that is an ONNX network by itself
NOT_STATED = "not stated"
_SAID = {"": "", "first": ", its first token", "mean": ", their mean", "last mean": ", their mean"}
# names of files and folders that say nothing
_GENERIC = re.compile(r"(model|vision_model|encoder|onnx|network|visual)(_(q\w*|u?int8|fp16|bnb4))?", re.IGNORECASE)

Three = tuple[float, float, float]


@dataclass(frozen=True)
class Asked:
    """What a person says of a network; what is left out is read from its files, or found out.

    `size`, `fit`, `mean`, `std`: as `Preprocessing`. `blue_first`: it wants blue, green, red. `output`: the name of its
    features. `pool`: "first" (token) or "mean". `transform`: "sqrt" or "none". `licence`: what it may be used for.

    >>> Asked(size=224, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)).output
    ''
    """

    size: int | None = None
    fit: str | None = None
    mean: Three | None = None
    std: Three | None = None
    blue_first: bool = False
    output: str = ""
    pool: str = ""
    transform: str = ""
    licence: str = ""


NOTHING = Asked()


def add(path: Path, folder: Path, asked: Asked = NOTHING, source: str = "", beside: Path | None = None) -> Encoder:
    """Make an encoder of an ONNX file, and write it to `folder`, which is named like it.

    `beside`: where its preprocessor_config.json and README.md are (default: beside the file, or the folder above one
    called `onnx`). `source` (default: the file's name and hash) says where it is from. MissingExtra without `onnx`;
    InputError or ModelError, one line, for a file that is not an ONNX network, needs other files or operators, does not
    take square photos in three colours of a known size and normalisation, or gives no features.

    >>> add(Path("no-such.onnx"), getfixture("tmp_path") / "mine")
    Traceback (most recent call last):
    photoplanet.errors.InputError: no-such.onnx: no such file; check the path
    """
    what = str(path)
    with _readable(what):
        data = regular.read_regular(path, MAX_BYTES)
    model = onnx_wrapping.parsed(data, what)
    del data
    given = onnx_wrapping.taken(model, what)
    chosen = onnx_wrapping.output(model, asked.output, what)
    beside = beside or (path.parent.parent if path.parent.name == "onnx" else path.parent)
    known, notes = _preprocessing(beside / preprocessor_config.NAME, asked, given, what)
    with atomic_folders.scratch(folder) as scratch:
        network = scratch / encoder.NETWORK
        model, found = _tried(model, given, chosen, known, asked.blue_first, network, what)
        way = _way(found, asked.pool, what)
        least = found.ways[way]
        transform = asked.transform or ("sqrt" if isinstance(least, float) and least >= 0 else "none")
        data = onnx_wrapping.with_pooling(model, way, found.shape).SerializeToString(deterministic=True)
        del model
        network.write_bytes(data)
        licence = asked.licence or model_card.licence(beside) or NOT_STATED
        source = source or f"file {path.name}, SHA-256 {downloads.file_hashes(path)[0]}"
        transform = "" if transform == "none" else transform
        note = "; ".join([f"output {chosen}{_SAID[way]}", *notes])
        trial = Encoder(folder.name, scratch, known, 0, licence, source, transform=transform, note=note)
        features = trial.embed(probe.photos(known.size)[:1])
    return encoder.write(replace(trial, folder=folder, dimension=features.shape[1]), data)


def name_of(path: Path) -> str:
    """Return a name for the encoder of a file: the file's, or where that says nothing, its folder's.

    >>> name_of(Path("dinov2-small/onnx/model.onnx")), name_of(Path("my net.onnx"))
    ('dinov2-small', 'my-net')
    """
    parts = [path.stem, *(each.name for each in path.absolute().parents)]
    found = next((part for part in parts if part and not _GENERIC.fullmatch(part)), path.stem)
    return re.sub(r"[^A-Za-z0-9._-]+", "-", found).strip("-._")[:64] or "encoder"


@contextmanager
def _readable(what: str) -> Iterator[None]:
    """One line for a file that cannot be read, and for the missing package that reads it."""
    try:
        import onnx  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtra("an encoder from an ONNX file", "pretrained") from None
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{what}: no such file; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{what}: is a folder; name the ONNX file in it") from None


def _preprocessing(
    config: Path, asked: Asked, given: onnx_wrapping.Taken, what: str
) -> tuple[Preprocessing, list[str]]:  # fmt: skip
    """How photos become the network's input: as asked, else as the file beside it says, else as the network shows."""
    known: Preprocessing | None = None
    notes: list[str] = []
    if config.is_file() and None in (asked.size, asked.fit, asked.mean, asked.std):
        known, notes = preprocessor_config.read(config)
    sides = {side for side in given.sides.values() if side}
    size = asked.size or (known.size if known else next(iter(sides)) if len(sides) == 1 else None)
    if size is None:
        raise InputError(f"{what}: of which size are its photos? There is no {config.name} beside it; give --size")
    if sides and size not in sides and None not in given.sides.values():
        raise InputError(f"{what}: takes photos of {min(sides)} px, not of {size}; give --size {min(sides)}")
    if given.kind == onnx_wrapping.UINT8:
        fit = asked.fit or (known.fit if known else "crop")
        return Preprocessing(size, fit, (0, 0, 0), (1 / 255,) * 3), [*notes, "it takes bytes, and normalises by itself"]
    mean, std = asked.mean or (known.mean if known else None), asked.std or (known.std if known else None)
    if mean is None or std is None:
        raise InputError(
            f"{what}: how are its photos normalised? Put its {config.name} beside it, or give --mean and --std"
        )
    return Preprocessing(size, asked.fit or (known.fit if known else "crop"), mean, std), notes


def _tried(
    model: "ModelProto", given: onnx_wrapping.Taken, chosen: str, known: Preprocessing, blue_first: bool, network: Path,
    what: str,
) -> tuple["ModelProto", probe.Output]:  # fmt: skip
    """The network in the form of encoders, and what it gives: in the first layout in which it can be run.

    A network of one photo may take several all the same; it gets them one at a time only where it does not.
    """
    errors = []
    layouts = [name for name, side in given.sides.items() if side in (None, known.size)]
    forms = list(product((False, True) if given.batch == 1 else (False,), layouts))
    for form in forms:
        copy = model
        if form != forms[-1]:  # a network may be a gigabyte
            copy = type(model)()
            copy.CopyFrom(model)
        made = onnx_wrapping.wrapped(copy, given, form[1], chosen, known, blue_first, singly=form[0])
        network.write_bytes(made.SerializeToString())
        try:
            return made, probe.probed(network, known.size, what)
        except ModelError as error:
            errors.append(error)
    raise errors[-1 if given.batch == 1 else 0]


def _way(found: probe.Output, pool: str, what: str) -> str:
    """How one vector a photo is made of the output: as asked, else the first token, or the mean where there is none."""
    shape, ways = found.shape, found.ways
    if not ways:
        raise InputError(f"{what}: gives {len(shape)} axes; features have two, three or four: name another --output")
    if pool and not (way := next((each for each in ways if pool in each), "")):
        raise InputError(f"{what}: its output is one vector a photo, or has no tokens; leave out --pool {pool}")
    if not pool:
        way = next(iter(ways))
    squares = len(shape) == 3 and int(shape[1] ** 0.5) ** 2 == shape[1]  # patches, and no token before them
    if squares and not pool:
        way = "mean"
    if len(shape) == 4 and shape[1] == shape[2] != shape[3]:
        way = "last mean"
    if isinstance(ways[way], str):
        raise ModelError(f"{what}: {ways[way]}; name another --output, or use another network")
    return way
