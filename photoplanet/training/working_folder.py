"""The folder of a run's working files: made where it is missing, and held by one process at a time."""

import errno
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from photoplanet.core import lock
from photoplanet.errors import InputError, TrainingError

LOCK = "lock"


@contextmanager
def held(folder: Path, out: Path) -> Iterator[Path]:
    """Hold the folder of working files of the model folder `out` for the block; the system lets go of it after a kill.

    InputError where another process holds it, or a file has its name; TrainingError where it cannot be written. Where
    the file system knows no locks, nothing is held.

    >>> out = getfixture("tmp_path") / "model"
    >>> with held(out.with_name("model.run"), out), held(out.with_name("model.run"), out):
    ...     pass
    Traceback (most recent call last):
    photoplanet.errors.InputError: ...model: another process is training it, with ...model.run; wait for its end, or ...
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise InputError(f"{folder} is a file; the run's working files need a folder of that name") from None
    except OSError as error:
        raise TrainingError(f"{folder}: cannot make it ({error.strerror}); choose another -o") from error
    with ExitStack() as stack:
        try:
            mine = stack.enter_context(lock.held(folder / LOCK, wait=False))
        except OSError as error:
            if error.errno != errno.EIO:
                raise TrainingError(f"{folder}: cannot be written ({error.strerror}); choose another -o") from error
            mine = True
        if not mine:
            raise InputError(
                f"{out}: another process is training it, with {folder}; wait for its end, or choose another -o"
            )
        yield folder
