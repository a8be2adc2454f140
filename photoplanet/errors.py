"""Every error that photoplanet raises on purpose: one line that says what, where, and what to do next."""


def printable(text: str) -> str:
    r"""One line that a terminal, a page or a file can hold: names of files and what others wrote may hold anything.

    >>> printable("one\ntwo.jpg")
    'one?two.jpg'
    """
    return "".join(sign if sign.isprintable() else "?" for sign in text)


class PhotoplanetError(Exception):
    """Base of all errors a caller may want to catch; `exit_status` is what the command line returns for it."""

    exit_status = 2


class InputError(PhotoplanetError, ValueError):
    """A photo, table, shard or argument from outside cannot be used; the message names the file, row or value."""


class ModelError(PhotoplanetError):
    """A model folder is missing, damaged, partial or of a newer format."""


class MissingExtra(PhotoplanetError, ImportError):
    """A feature needs an optional dependency; the message names the extra, and how to install it.

    >>> print(MissingExtra("drawing figures", "figures"))
    drawing figures needs the 'figures' extra: pip install '.[figures]' in a clone of photoplanet, or ...
    """

    def __init__(self, feature: str, extra: str):
        super().__init__(
            f"{feature} needs the '{extra}' extra: pip install '.[{extra}]' in a clone of photoplanet, "
            f"or pip install 'photoplanet[{extra}] @ git+URL' with the URL of its repository"
        )


class TrainingError(PhotoplanetError):
    """Training cannot start or go on: no photo in any cell, a loss that is not finite, a full disk."""

    exit_status = 1


class WorkerError(PhotoplanetError):
    """A worker process was killed, as a rule by the system because memory ran out; what is done already stays."""

    exit_status = 1


class DownloadError(PhotoplanetError):
    """A download cannot start or go on, or brought other bytes than were stated; `broken`: trying again may help."""

    exit_status = 1

    def __init__(self, message: str, broken: bool = False):
        super().__init__(message)
        self.broken = broken
