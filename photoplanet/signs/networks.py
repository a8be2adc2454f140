"""The networks that find and read text, PP-OCRv6 "small" from the package `rapidocr`.

Its weights are used, its code is not: importing that takes 0.5 s, brings an HTTP client that fetches anew whatever
file it finds changed, and bounds neither time nor lines. What is needed around the networks is short: `boxes`,
`crops`, `letters`. Its third network, which knows text upside down, errs more than the recogniser does (`directions`).
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from photoplanet.core import onnx_sessions, package_files
from photoplanet.errors import MissingExtra, ModelError

LARGE = 3 << 20  # bytes of a batch
PACKAGE, VERSION = "rapidocr", "3.10"
FEATURE, EXTRA = "reading the text in photos", "signs"
DETECTOR, RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
SHA256 = {
    DETECTOR: "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    RECOGNISER: "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
}


class _Described(Protocol):
    """What ONNX Runtime's sessions know of their file."""

    def get_modelmeta(self) -> Any: ...


@dataclass(frozen=True)
class Network:
    """A network that is ready to run: a batch in, a batch out. Threads may share it."""

    session: onnx_sessions.Session
    given: str
    made: str

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the network makes of a batch (n, 3, h, w); the memory that a large one takes is given back."""
        large = batch.nbytes > LARGE
        run = onnx_sessions.run_sparingly if large else _run
        return cast(NDArray[np.float32], run(self.session, self.made, {self.given: batch}))

    def characters(self) -> list[str]:
        """What a recogniser's classes stand for, the blank between two characters ("") first and the space last."""
        known = cast(_Described, self.session).get_modelmeta().custom_metadata_map.get("character", "")
        return ["", *known.splitlines(), " "]


def _run(session: onnx_sessions.Session, output: str, inputs: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    return session.run([output], inputs)[0]


def is_installed() -> bool:
    """Whether the extra that reads text is there.

    >>> is_installed()
    True
    """
    return package_files.is_installed(PACKAGE)


@functools.cache
def folder() -> Path:
    """Return where the weights lie; MissingExtra where the package is not installed.

    >>> (folder() / DETECTOR).is_file()
    True
    """
    if not is_installed():
        raise MissingExtra(FEATURE, EXTRA)
    return Path(str(distribution(PACKAGE).locate_file(f"{PACKAGE}/models")))


def load(name: str, threads: int | None = None) -> Network:
    """Open one of the networks for at most `threads` cores (None: all of them).

    MissingExtra without the package; ModelError where its weights are not those known here.

    >>> len(load(RECOGNISER).characters())
    18710
    """
    path = folder() / name
    if not path.is_file():
        raise ModelError(f"{path}: no such file; pip install --force-reinstall '{PACKAGE}=={VERSION}.*'")
    weights = package_files.read(path, PACKAGE, VERSION, SHA256[name])
    session = onnx_sessions.open_session(weights, threads, what=str(path))
    return Network(session, session.get_inputs()[0].name, session.get_outputs()[0].name)
