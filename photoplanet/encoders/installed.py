"""Names of encoders → encoders: those of packages (lite0, lite1, lite2), and those that the user added."""

import re
from pathlib import Path

from photoplanet.core import atomic_folders, leftovers
from photoplanet.core.home import home as users_home
from photoplanet.encoders import encoder, lite
from photoplanet.encoders.encoder import Encoder
from photoplanet.errors import InputError, printable

# name → what loads it, from that name and the user's own folder; each needs a package (extra `pretrained`)
FAMILIES = dict.fromkeys(lite.PACKAGES, lite.load)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def resolve(name: str, home: Path | None = None) -> Encoder:
    """Return the encoder of a name: `lite0`, `lite1`, `lite2`, or one that was added.

    `home`: the user's own folder (None: as `core.home`). InputError for a name that is not known; MissingExtra where
    its package is not installed; ModelError for one that is damaged.

    >>> resolve("lite0", getfixture("tmp_path")).dimension
    1280
    """
    home = home or users_home()
    if name in FAMILIES:
        return FAMILIES[name](name, home)
    if name in added(home):
        return encoder.read(home / "encoders" / name)
    known = ", ".join([*FAMILIES, *added(home)])
    raise InputError(f"{printable(name)[:200]!r}: not an encoder that is known here ({known})")


def added(home: Path | None = None) -> list[str]:
    """Return the names of the encoders that the user added, sorted; nothing is read but the folders' names.

    >>> added(getfixture("tmp_path"))
    []
    """
    root = (home or users_home()) / "encoders"
    leftovers.tidy(root)  # a killed process may have left one out of the way
    found = sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    return [name for name in found if _NAME.fullmatch(name) and not _reserved(name)]


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
    """Delete an encoder that the user added; InputError for an unknown one, and for those of packages, which stay.

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
    atomic_folders.remove(home / "encoders" / name)


def _reserved(name: str) -> bool:
    """Whether a name is that of a family, or of a folder where one keeps what was made of its package."""
    return re.sub(r"-[0-9a-f]{8}$", "", name) in FAMILIES
