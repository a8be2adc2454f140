"""Adding a public geolocator: its files are found, or fetched where a person says so, and become a model folder."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from photoplanet.core import atomic_folders, hub
from photoplanet.core.home import home
from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.errors import InputError, MissingExtra
from photoplanet.models import folder as model_folder
from photoplanet.models import installed
from photoplanet.models.importers import geoclip, osv5m, streetclip
from photoplanet.models.importers.importer import Files, Importer

IMPORTERS: dict[str, Importer] = {each.name: each for each in (geoclip.IMPORTER, streetclip.IMPORTER, osv5m.IMPORTER)}


def get(name: str) -> Importer:
    """Return the importer of a public geolocator; InputError lists the known ones.

    >>> get("geoclip").licence
    'MIT'
    """
    if name not in IMPORTERS:
        raise InputError(f"no public geolocator is called {name!r} here ({', '.join(IMPORTERS)})")
    return IMPORTERS[name]


def by_hand(name: str) -> list[str]:
    """Return the lines that fetch a geolocator's files into the folder that they are typed in; no connection.

    >>> by_hand("geoclip")[0]
    'python -m pip install --no-deps --target geoclip geoclip==1.3.0'
    """
    found = get(name)
    lines = list(found.by_hand)
    for each in found.repositories:
        if not found.by_hand or each.named is None:
            lines += hub.by_hand(each.repo, each.files, each.revision)
    return lines


def fetch(name: str, bar: Bar = no_bar, say: Say = silent) -> tuple[Files, list[hub.Plan]]:
    """Fetch a geolocator's files from the hub, saying first what they are; and the plans, to `hub.forget` them.

    Errors as `hub.plan` and `hub.fetch`.

    >>> fetch("no-such")
    Traceback (most recent call last):
    photoplanet.errors.InputError: no public geolocator is called 'no-such' here (...)
    """
    repositories = get(name).repositories
    plans = [hub.plan(each.repo, each.files, each.revision, each.licence, each.optional) for each in repositories]
    for planned in plans:
        _say(planned, say)
    origins = {}
    for planned, each in zip(plans, repositories, strict=True):
        folder = hub.fetch(planned, bar, say)
        if each.named is not None:
            more = hub.plan(each.repo, each.named(folder), planned.commit, each.licence)
            _say(more, say)
            hub.fetch(more, bar, say)  # of the same commit, so into the same folder
        origins[folder] = f"{planned.repo} at {planned.commit[:12]}"
    return Files(origins), plans


def _say(planned: hub.Plan, say: Say) -> None:
    for line in hub.described(planned):
        say(line)


def add(
    name: str, files: Files, own_name: str | None = None, int8: bool = False,
    published: Sequence[Mapping[str, Any]] = (), bar: Bar = no_bar,
) -> installed.Installed:  # fmt: skip
    """Make a model folder of a geolocator's files and add it to the user's own, under its name or `own_name`.

    `int8`: an encoder of a quarter of the size; `published`: rows for its card. ModelError for files that are missing,
    of another version or damaged; InputError for a name that is taken; MissingExtra without `onnx`.

    >>> from pathlib import Path
    >>> add("geoclip", Files({Path("no-such-folder"): ""}))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    photoplanet.errors.ModelError: no-such-folder: no image_encoder_mlp_weights.pth of GeoCLIP 1.3.0 in it; ...
    """
    found = get(name)
    called = installed.free_name(own_name or found.name)
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise MissingExtra(f"adding {found.name}", "pretrained") from None
    root = home() / "models"
    root.mkdir(parents=True, exist_ok=True)
    with atomic_folders.scratch(root / called) as scratch:
        network = scratch / model_folder.NETWORK
        made = found.make(files, network, int8, bar)
        training = {**made.info.training, **({"published": [dict(row) for row in published]} if published else {})}
        info = replace(made.info, name=called, training=training)
        model_folder.write(root / called, info, made.partition, network, texts=made.texts)
    return installed.added(called)
