"""Writing a file in one step: whoever reads its path sees the old file or the new one, never half of it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from photoplanet.errors import InputError


def check_folder(path: Path) -> None:
    """`InputError` when the folder that `path` is to be written to does not exist."""
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: no such folder; make it first")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it becomes `path` when the block ends well, else it vanishes."""
    check_folder(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0o022)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # temporary files are private, the file it becomes should not be
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
