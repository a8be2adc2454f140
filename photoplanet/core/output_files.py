"""The files that results are written into while they come: one that fails takes no other with it, nor the work."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from typing import Any

from photoplanet.core import faults

Put = Callable[..., None]


class OutputFiles(AbstractContextManager["OutputFiles"]):
    """Open result files; `faults` says in a line each which could not be written to their end, as `report` is told.

    A file that cannot even be opened raises OSError, before any work. Later a full disk, say, is reported, and the
    other files go on: results of hours are worth more than that all are complete.

    >>> with OutputFiles(print) as files:
    ...     files.faults
    []
    """

    def __init__(self, report: Callable[[str], object] = lambda line: None) -> None:
        self.faults: list[str] = []
        self._report = report
        self._open: list[AbstractContextManager[Put]] = []

    def add(self, file: AbstractContextManager[Put]) -> Put:
        """Open a file; return what puts one result into it.

        >>> from photoplanet.show.result_files import csv_file
        >>> with OutputFiles(print) as files:
        ...     put = files.add(csv_file(getfixture("tmp_path") / "where.csv"))
        """
        inner = file.__enter__()
        self._open.append(file)

        def put(*result: Any) -> None:
            if file in self._open:
                try:
                    inner(*result)
                except OSError as error:
                    self._close(file, error)

        return put

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Complete the files, or, where the command failed, leave what was there before."""
        for file in reversed(self._open[:]):
            if error is None:
                self._close(file)
            else:
                with suppress(Exception):  # the command's own fault is reported, once
                    file.__exit__(kind, error, trace)

    def _close(self, file: AbstractContextManager[Put], fault: OSError | None = None) -> None:
        self._open.remove(file)
        try:
            file.__exit__(type(fault) if fault else None, fault, fault.__traceback__ if fault else None)
        except OSError as error:
            fault = error
        if fault and not isinstance(fault, BrokenPipeError):  # what reads a pipe may have seen enough
            self.faults.append(faults.described(fault)[0])
            self._report(self.faults[-1])
