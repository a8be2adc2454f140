"""A small model folder of a model folder: its network in int8 where that is wanted or needed, checked and measured."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from photoplanet.core import atomic_folders, onnx_sessions
from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.errors import InputError, ModelError
from photoplanet.models import device_parity, folder
from photoplanet.models.info import ModelInfo
from photoplanet.quantisation import network, operators, parity
from photoplanet.quantisation.photos import Chosen, choose

MEGABYTE = 1_000_000
KEY = "int8"  # in `training`


class Exported(NamedTuple):
    """The small model, its size in bytes, and the figures of `parity.measure` with what was measured; {}: float32."""

    bundle: folder.Bundle
    size: int
    figures: dict[str, Any]


def export(
    model: str | os.PathLike[str], target: str | os.PathLike[str], *, int8: bool = True, photos: Path | None = None,
    most_bytes: int | None = None, name: str = "", threads: int | None = None, bar: Bar = no_bar, say: Say = silent,
) -> Exported:  # fmt: skip
    """Write a model folder without `weights.safetensors` and, with `int8`, its network in int8 → a folder as any other.

    `photos`: a folder or table that ranges are taken from and answers are compared on (`photos.choose`); by default the
    model's own. `most_bytes`: what the whole folder may have; without `int8` the network stays float32 where that fits.
    `say` gets a line on what is left out. The calibration stays; it is measured where the places of the photos are
    known. InputError for a target that cannot be written, photos that cannot be used, and where the folder would be
    larger; ModelError for a network that int8 changes too much, or that is int8 already.

    >>> export("no-such-model", "small")
    Traceback (most recent call last):
    photoplanet.errors.ModelError: no-such-model: no such model folder; ...
    """
    bundle = folder.read(model)
    out = Path(target).resolve()
    folder.check_target(out)
    if out == bundle.folder.resolve():
        raise InputError(f"{target}: is the model itself; give the name of a new folder")
    if KEY in bundle.info.training:
        raise ModelError(f"{bundle.folder}: is int8 already; export the model that it was made of")
    out.parent.mkdir(parents=True, exist_ok=True)
    if not int8 and (most_bytes is None or _size(bundle) <= most_bytes):
        return _written(bundle, out, bundle.onnx_path, {}, name or bundle.info.name)
    chosen = choose(bundle, photos, threads, bar, say)
    with atomic_folders.scratch(out) as scratch:
        small = scratch / folder.NETWORK
        figures = _quantised(bundle, small, chosen, threads, bar)
        parity.check(figures, bundle.info.name)
        size = _size(bundle, small)
        if most_bytes is not None and size > most_bytes:
            raise InputError(
                f"{bundle.info.name}: {size / MEGABYTE:.1f} MB in int8, more than {most_bytes / MEGABYTE:g} MB; a "
                f"model with fewer cells ({bundle.info.classes:,} now) or a narrower network is smaller"
            )
        return _written(bundle, out, small, figures, name or f"{bundle.info.name}-int8")


def _quantised(bundle: folder.Bundle, into: Path, chosen: Chosen, threads: int | None, bar: Bar) -> dict[str, Any]:
    """Write the int8 network, and return what model.json says of it."""
    with bar("taking ranges", len(chosen.ranges)) as advance:
        made = network.quantise(bundle.onnx_path, chosen.ranges, into, advance)
    plain, small = (onnx_sessions.open_session(path, threads) for path in (bundle.onnx_path, into))
    with bar("comparing", len(chosen.measured)) as advance:
        found = parity.measure(
            plain, small, chosen.measured, chosen.places, bundle.partition, bundle.info.temperature, advance
        )  # fmt: skip
    return {
        "made_of": bundle.info.name, "made_of_sha256": bundle.info.hashes[folder.NETWORK], "photos_from": chosen.words,
        "ranges_from": len(chosen.ranges), "measured_on_others": chosen.held_out, "unreadable": chosen.unreadable,
        "unknown_to_phones": operators.unknown_to_phones(made), **found,
    }  # fmt: skip


def _written(bundle: folder.Bundle, out: Path, onnx: Path, figures: dict[str, Any], name: str) -> Exported:
    """Assemble the folder with its parts beside the target, and put it there in one step."""
    training = {key: value for key, value in bundle.info.training.items() if key != "device_parity"}
    training |= {KEY: figures} if figures else {}
    if on_devices := device_parity.measured(onnx, bundle.info.preprocessing.size):
        training["device_parity"] = on_devices
    info = replace(bundle.info, name=name, training=training, created="")
    texts = {each: (bundle.folder / each).read_text(encoding="utf-8") for each in _texts(bundle.info)}
    with atomic_folders.scratch(out) as scratch:
        made = folder.write(scratch / "model", info, bundle.partition, onnx, None, texts)
        for part, facts in bundle.info.parts.items():
            files = {file: bundle.folder / file for file in facts["files"]}
            made = folder.add_part(made.folder, part, {key: facts[key] for key in facts if key != "files"}, files)
        with atomic_folders.replacing(out, folder.others_in) as assembled:
            for file in (*made.info.hashes, folder.INFO, folder.CARD):
                atomic_folders.link(made.folder / file, assembled / file)
            size = sum(path.stat().st_size for path in assembled.iterdir())
    return Exported(folder.Bundle(out, made.info), size, figures)


def _texts(info: ModelInfo) -> list[str]:
    """Files that are neither networks nor cells nor of a part, such as the licence of the weights."""
    own = {folder.CELLS, folder.NETWORK, folder.WEIGHTS}
    return [name for name in info.hashes if name not in own.union(*(part["files"] for part in info.parts.values()))]


def _size(bundle: folder.Bundle, onnx: Path | None = None) -> int:
    """The bytes that the folder has without its weights for training, with another network where one is given."""
    names = {folder.INFO, folder.CARD, *bundle.info.hashes} - {folder.WEIGHTS, folder.NETWORK}
    files = [onnx or bundle.onnx_path, *(bundle.folder / name for name in names)]
    return sum(path.stat().st_size for path in files if path.is_file())
