"""The user's own folder: models and encoders that were added, results of games, caches of what can be made again."""

import os
from pathlib import Path


def home() -> Path:
    """The user's own folder: PHOTOPLANET_HOME, else `photoplanet` in the XDG data folder (`~/.local/share`).

    >>> getfixture("monkeypatch").setenv("PHOTOPLANET_HOME", "/srv/photoplanet")
    >>> home()
    PosixPath('/srv/photoplanet')
    """
    own = os.environ.get("PHOTOPLANET_HOME")
    if own:
        return Path(own).expanduser()
    shared = os.environ.get("XDG_DATA_HOME")
    return (Path(shared) if shared else Path.home() / ".local" / "share") / "photoplanet"
