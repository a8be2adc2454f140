"""Names of encoders → encoders: those of packages (lite0, lite1, lite2), added ones, `onnx:PATH` and `hf:ORG/NAME`."""

import re
from pathlib import Path
from typing import Any

from photoplanet.core import atomic_folders, downloads, leftovers
from photoplanet.core.home import home as users_home
from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.encoders import encoder, hub_file, lite, onnx_file
from photoplanet.encoders.encoder import Encoder
from photoplanet.encoders.onnx_file import NOTHING, Asked
from photoplanet.errors import InputError, ModelError, printable

# name → what loads it, from that name and the user's own folder; each needs a package (extra `pretrained`)
FAMILIES = dict.fromkeys(lite.PACKAGES, lite.load)
ONNX, HUB = "onnx:", "hf:"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def resolve(name: str, home: Path | None = None) -> Encoder:
    """Return the encoder of a name: `lite0`, `lite1`, `lite2`, one that was added, `onnx:PATH` or `hf:ORG/NAME`.

    `onnx:PATH` is added with what its files say of it, if that file was not added before. `hf:ORG/NAME` has to be
    there: nothing is fetched. `home`: the user's own folder (None: as `core.home`). InputError for a name that is not
    known; MissingExtra where its package is not installed; ModelError for one that is damaged; else as `onnx_file.add`.

    >>> resolve("lite0", getfixture("tmp_path")).dimension
    1280
    """
    home = home or users_home()
    if name in FAMILIES:
        return FAMILIES[name](name, home)
    if name in added(home):
        return encoder.read(home / "encoders" / name)
    if name.startswith((ONNX, HUB)):
        found = _with_source(_source(name), home)
        if found or name.startswith(ONNX):
            return found or add(name, home=home)
        hand = hub_file.by_hand(name.removeprefix(HUB))
        raise InputError(f"{name}: not here yet; `photoplanet encoders add {name} --download` fetches it, or: {hand}")
    known = ", ".join([*FAMILIES, *added(home), f"{ONNX}PATH", f"{HUB}ORG/NAME"])
    raise InputError(f"{printable(name)[:200]!r}: not an encoder that is known here ({known})")


def is_encoder(name: str, home: Path | None = None) -> bool:
    """Whether a name stands for an encoder, so that `resolve` finds it or says what it lacks.

    >>> is_encoder("lite0"), is_encoder("onnx:model.onnx"), is_encoder("inception")
    (True, True, False)
    """
    return name in FAMILIES or name.startswith((ONNX, HUB)) or name in added(home)


def add(
    source: str, name: str = "", asked: Asked = NOTHING, file: str = "", revision: str = "main",
    download: bool = False, given: Path | None = None, home: Path | None = None, bar: Bar = no_bar, say: Say = silent,
) -> Encoder:  # fmt: skip
    """Add an encoder, `onnx:PATH` or `hf:ORG/NAME`, under a name (default: made of the source's).

    A hub's is fetched only with `download`, or taken from the folder `given`; `file` and `revision` say which.
    InputError where neither is there, which says what to type, and for a name that is taken; else as `onnx_file.add`
    and `hub_file.download`.

    >>> add("lite0")
    Traceback (most recent call last):
    photoplanet.errors.InputError: 'lite0': name what to add as onnx:PATH or hf:ORG/NAME (lite0, lite1, lite2 are there)
    """
    home = home or users_home()
    if not source.startswith((ONNX, HUB)):
        there = ", ".join(FAMILIES)
        said = printable(source)[:200]
        raise InputError(f"{said!r}: name what to add as {ONNX}PATH or {HUB}ORG/NAME ({there} are there)")
    kind, _, what = source.partition(":")
    path = Path(what) if kind == "onnx" else None
    name = name or (onnx_file.name_of(path) if path else what.rpartition("/")[2])
    check_name(name, home)
    folder = home / "encoders" / name
    if path:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return onnx_file.add(path, folder, asked)
    if not download and given is None:
        hand = hub_file.by_hand(what, file, revision)
        raise InputError(f"{source}: nothing is fetched without --download; or by hand: {hand}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    if given is not None:
        return hub_file.from_folder(what, given, folder, asked, file)
    return hub_file.download(what, folder, asked, file, revision, bar, say)


def added(home: Path | None = None) -> list[str]:
    """Return the names of the encoders that the user added, sorted; nothing is read but the folders' names.

    >>> added(getfixture("tmp_path"))
    []
    """
    root = (home or users_home()) / "encoders"
    leftovers.tidy(root)  # a killed process may have left one out of the way
    found = sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    return [name for name in found if _NAME.fullmatch(name) and not _reserved(name)]


def describe(name: str, home: Path | None = None) -> dict[str, Any]:
    """Return the facts that `encoders list` prints of one; damage is reported, not raised.

    `installed`: whether it can be used: an added one always, one of a package where that is there.

    >>> describe("lite1", getfixture("tmp_path"))["dimension"]
    1280
    """
    home = home or users_home()
    kind = "package" if name in FAMILIES else "added"
    try:
        if name in FAMILIES:
            found, there = lite.facts(name, home), lite.is_installed(name) or lite.folder_of(name, home).is_dir()
        else:
            found, there = encoder.read(home / "encoders" / name, verify=False), True
    except ModelError as error:
        return {"name": name, "kind": kind, "error": str(error)}
    return {
        "name": name, "kind": kind, "installed": there, "size": found.preprocessing.size, "dimension": found.dimension,
        "licence": found.licence, "source": found.source,
    }  # fmt: skip


def check_name(name: str, home: Path | None = None) -> None:
    """Raise InputError for a name that an added encoder cannot have: unfit for a folder, or taken.

    >>> check_name("lite0", getfixture("tmp_path"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: 'lite0' is taken; give another --name
    """
    if not _NAME.fullmatch(name):
        rules = "letters, digits, '.', '_' and '-'; give one with --name"
        raise InputError(f"{printable(name)[:200]!r} is not a name for an encoder: {rules}")
    if name in added(home):
        raise InputError(f"an encoder called {name} is there already; give another --name, or remove that one first")
    if _reserved(name):
        raise InputError(f"{name!r} is taken; give another --name")


def remove(name: str, home: Path | None = None) -> None:
    """Delete an encoder that the user added; InputError for an unknown one, and for those of packages.

    Models that were trained on it have it within them, and stay; so do the features of photos that they go on using.

    >>> remove("lite0", getfixture("tmp_path"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: lite0 comes with a package and stays; only encoders that you added can be removed
    """
    home = home or users_home()
    if name in FAMILIES:
        raise InputError(f"{name} comes with a package and stays; only encoders that you added can be removed")
    if name not in added(home):
        known = ", ".join(added(home)) or "none"
        raise InputError(f"no encoder that was added is called {printable(name)[:200]!r} (added: {known})")
    folder = home / "encoders" / name
    if folder.is_symlink():
        folder.unlink()  # the folder itself is somebody's own
    else:
        atomic_folders.remove(folder)


def _source(name: str) -> str:
    """How the source of an encoder ends or begins that `name` stands for."""
    if name.startswith(HUB):
        return f"{name} "
    path = Path(name.removeprefix(ONNX))
    return f", SHA-256 {downloads.file_hashes(path)[0]}" if path.is_file() else "\0"


def _with_source(mark: str, home: Path) -> Encoder | None:
    """The first encoder that was added from such a source, if any."""
    for name in added(home):
        try:
            found = encoder.read(home / "encoders" / name, verify=False)
        except ModelError:
            continue
        if found.source.startswith(mark) or found.source.endswith(mark):
            return encoder.read(found.folder)
    return None


def _reserved(name: str) -> bool:
    """Whether a name is that of a family, or of a folder where one keeps what was made of its package."""
    return re.sub(r"-[0-9a-f]{8}$", "", name) in FAMILIES
