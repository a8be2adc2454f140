"""Names of models → their folders: what came with the package, what the user added, and which one is the default."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photoplanet.core import atomic, atomic_folders, leftovers, regular
from photoplanet.core.home import home
from photoplanet.errors import InputError, ModelError, PhotoplanetError
from photoplanet.models import folder as model_folder

BUNDLED = Path(__file__).parent
_MAX_DEFAULT = 1 << 16  # bytes of the file that names the default
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NO_MODEL = (
    "no model is chosen, and none for real photos comes with photoplanet. Ways to an answer (docs/first-answer.md): "
    "a public model (`photoplanet models add geoclip`); one trained on geotagged photos of your own in a minute "
    "(`photoplanet train photos.parquet -o model/`); your geotagged photos without any model (`photoplanet locate "
    "PHOTO --library FOLDER`); or try things out with `--model toy`, which knows a made-up Earth only"
)


@dataclass(frozen=True)
class Installed:
    """A model that has a name here; `bundled`: it came with the package, so it cannot be removed."""

    name: str
    folder: Path
    bundled: bool
    default: bool


def models() -> list[Installed]:
    """Return the models that have a name, the bundled ones first; nothing is read but the folders' names.

    >>> models()[0].name, models()[0].bundled
    ('toy', True)
    """
    chosen = default()
    leftovers.tidy(home() / "models")  # a killed process may have left a model out of the way
    found: dict[str, Installed] = {}
    for root, bundled in ((BUNDLED, True), (home() / "models", False)):
        for path in sorted(root.iterdir()) if root.is_dir() else ():
            if path.name not in found and _NAME.fullmatch(path.name) and model_folder.is_model(path):
                found[path.name] = Installed(path.name, path, bundled, path.name == chosen)
    return list(found.values())


def resolve(model: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of a model: an installed name, a folder, or (None) the user's default; ModelError without one.

    A bare word is a name first; write `./word` for a folder called like an installed model.

    >>> resolve("toy").name
    'toy'
    """
    if model is None:
        chosen = default()
        if chosen is None:
            raise ModelError(NO_MODEL)
        try:
            return resolve(chosen)
        except ModelError as error:
            raise ModelError(
                f"the default model is gone: {chosen}; choose another with `photoplanet models default NAME`"
            ) from error
    named = {installed.name: installed.folder for installed in models()}
    if os.fspath(model) in named:
        return named[os.fspath(model)]
    path = Path(model).expanduser()
    if not leftovers.recover(path) or not path.is_dir():
        known = ", ".join(named) or "none"
        raise ModelError(f"{os.fspath(model)}: neither a model folder nor an installed model (installed: {known})")
    return path


def default() -> str | None:
    """Return the user's default, a name or a folder; None where none was chosen. It is never the toy by itself.

    >>> getfixture("monkeypatch").setenv("PHOTOPLANET_HOME", str(getfixture("tmp_path")))
    >>> default() is None
    True
    """
    try:
        text = regular.read_regular(_default_file(), _MAX_DEFAULT).decode().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:  # not UTF-8, not a regular file
        raise ModelError(f"{_default_file()}: not readable; choose again: `photoplanet models default NAME`") from error
    return text or None


def set_default(model: str | os.PathLike[str]) -> str:
    """Make an installed name or a model folder the default; return what was stored (a name, or an absolute path).

    >>> getfixture("monkeypatch").setenv("PHOTOPLANET_HOME", str(getfixture("tmp_path")))
    >>> set_default("toy"), default()
    ('toy', 'toy')
    """
    path = resolve(model)
    model_folder.read(path, verify=False)
    named = {installed.name: installed.folder for installed in models()}
    stored = os.fspath(model) if os.fspath(model) in named else str(path.resolve())
    _write_default(stored)
    return stored


def offer_default(model: str | os.PathLike[str]) -> bool:
    """Make a newly trained or added model the default where there is none yet; return whether it did.

    Never a toy, and never one whose test did not show that it beats its own prior (`training["against_prior"]`).

    >>> getfixture("monkeypatch").setenv("PHOTOPLANET_HOME", str(getfixture("tmp_path")))
    >>> offer_default("toy")
    False
    """
    info = model_folder.read(resolve(model), verify=False).info
    if default() is not None or info.is_toy or info.beats_prior is False:
        return False
    set_default(model)
    return True


def add(source: str | os.PathLike[str], name: str | None = None) -> Installed:
    """Copy a sound model folder into the user's own, under its name or `name`; the first real one becomes the default.

    InputError for a name that is taken or unfit for a folder; ModelError for a folder that is not a sound model.

    >>> getfixture("monkeypatch").setenv("PHOTOPLANET_HOME", str(getfixture("tmp_path")))
    >>> add(resolve("toy"), "mine").name, [model.name for model in models()]
    ('mine', ['toy', 'mine'])
    """
    bundle = model_folder.read(source)
    name = free_name(name or re.sub(r"[^A-Za-z0-9._-]+", "-", bundle.info.name).strip("-._"))
    root = home() / "models"
    root.mkdir(parents=True, exist_ok=True)
    with atomic_folders.replacing(root / name) as copy:
        for file in (model_folder.INFO, *bundle.info.hashes, model_folder.CARD):
            if (bundle.folder / file).is_file():
                shutil.copyfile(bundle.folder / file, copy / file)
    return added(name)


def free_name(name: str) -> str:
    """Return `name` where a model of the user's can have it; InputError where it is taken, or unfit for a folder.

    >>> free_name("toy")
    Traceback (most recent call last):
    photoplanet.errors.InputError: a model called toy is there already; give another --name, or remove that one first
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is not a name for a model: letters, digits, '.', '_' and '-'; give one with --name")
    if name in {installed.name for installed in models()} or (home() / "models" / name).exists():
        raise InputError(f"a model called {name} is there already; give another --name, or remove that one first")
    return name


def added(name: str) -> Installed:
    """Say that a model lies among the user's own now; it becomes the default where there is none yet.

    >>> getfixture("monkeypatch").setenv("PHOTOPLANET_HOME", str(getfixture("tmp_path")))
    >>> added(add(resolve("toy"), "mine").name).default
    False
    """
    offer_default(name)
    return Installed(name, home() / "models" / name, False, default() == name)


def remove(name: str) -> None:
    """Delete a model that the user added; InputError for an unknown or bundled one. The default ends with its model.

    >>> getfixture("monkeypatch").setenv("PHOTOPLANET_HOME", str(getfixture("tmp_path")))
    >>> remove(add(resolve("toy"), "mine").name)
    >>> [model.name for model in models()]
    ['toy']
    """
    known = {installed.name: installed for installed in models()}
    if name not in known:
        raise InputError(f"no installed model is called {name!r} (installed: {', '.join(known) or 'none'})")
    if known[name].bundled:
        raise InputError(f"{name} came with photoplanet and stays; only models that you added can be removed")
    if known[name].default:
        _default_file().unlink(missing_ok=True)
    if known[name].folder.is_symlink():
        known[name].folder.unlink()  # the folder itself is somebody's own
    else:
        atomic_folders.remove(known[name].folder)


def describe(installed: Installed) -> dict[str, Any]:
    """Return the facts about an installed model that `models list --json` prints; damage is reported, not raised.

    >>> describe(models()[0])["world"]
    'toy'
    """
    facts = {"name": installed.name, "default": installed.default, "bundled": installed.bundled}
    try:
        info = model_folder.read(installed.folder, verify=False).info
    except PhotoplanetError as error:
        return {**facts, "folder": str(installed.folder), "error": str(error)}
    return {
        **facts,
        "world": "toy" if info.is_toy else "real",
        "classes": info.classes,
        "backbone": info.backbone.get("backbone"),
        "size": info.preprocessing.size,
        "created": info.created,
        "beats_prior": info.beats_prior,
        "folder": str(installed.folder),
    }


def _default_file() -> Path:
    return home() / "default-model"


def _write_default(value: str) -> None:
    path = _default_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(path, value + "\n")
