"""The model folder that a training adds a part to: the model's own, or a copy of it."""

import shutil
from pathlib import Path

from photoplanet.core import atomic_folders, leftovers
from photoplanet.errors import InputError
from photoplanet.models import folder


def target_folder(model: Path, out: Path) -> folder.Bundle:
    """Return the model folder `out`, made as a copy of `model` where it is missing or empty.

    InputError when it holds another network; ModelError for damaged folders.

    >>> from photoplanet.models import installed
    >>> target_folder(installed.resolve("toy"), getfixture("tmp_path") / "mine").info.name
    'toy'
    """
    folder.check_elsewhere(out)
    bundle = folder.read(model)
    if not leftovers.recover(out) or (out.is_dir() and leftovers.empty(out)):
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_folders.replacing(out) as fresh:
            for name in (*bundle.info.hashes, folder.INFO, folder.CARD):
                if (bundle.folder / name).is_file():
                    shutil.copyfile(bundle.folder / name, fresh / name)
    target = folder.read(out)
    if target.info.hashes[folder.NETWORK] != bundle.info.hashes[folder.NETWORK]:
        raise InputError(
            f"{out}: holds another network than {model}; give the name of a new folder, or the model's own"
        )
    return target
