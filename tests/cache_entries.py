"""What the tests of the cache keep in it: small arrays made of photos' names."""

from pathlib import Path

import numpy as np

from photoplanet.core.cache import Cache, Entry
from photoplanet.errors import InputError

FIELDS = {"vector": (np.float16, 3), "points": np.uint8}
NAMES = ["a/one.jpg", "a/two.jpg", "bad.jpg", "", "b/three.jpg"]


def entry(name: str) -> Entry:
    """A photo of as many items as its name has letters."""
    letters = np.frombuffer(name.encode(), np.uint8)
    return Entry({"vector": np.repeat(letters, 3).reshape(-1, 3).astype(np.float16), "points": letters}, {"name": name})


class Computing:
    """Computes entries, and remembers what it was asked for; photos of a `bad` name cannot be read."""

    def __init__(self, bad: str = "bad"):
        self.asked: list[str] = []
        self.bad = bad

    def __call__(self, items):
        for item in items:
            self.asked.append(item)
            yield InputError(f"{item}: truncated") if item.startswith(self.bad) else entry(item)


def key(name: str) -> tuple[str, str]:
    return name, "1"


def filled(folder: Path, names: list[str], key=key, **options):
    """What a cache says of photos, and which of them it had computed."""
    compute = Computing()
    with Cache(folder, "test 1", FIELDS, **options) as cache:
        return [found for _, found in cache.fill(names, compute, key)], compute.asked


def check(name: str, found) -> None:
    if name.startswith("bad"):
        assert isinstance(found, InputError) and str(found) == f"{name}: truncated"
        return
    assert found.record == {"name": name}
    for field, array in entry(name).arrays.items():
        np.testing.assert_array_equal(found.arrays[field], array)
        assert found.arrays[field].dtype == array.dtype
