"""The maker of small photos, as a fixture: tests are no package, so the module is loaded from its file."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def make():
    """tests/data/make_photos.py as a module."""
    path = Path(__file__).parent.parent / "data" / "make_photos.py"
    spec = importlib.util.spec_from_file_location("make_photos", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
