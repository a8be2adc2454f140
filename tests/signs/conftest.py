"""What tests of the reader share: one reader that takes its time, since the machine may be busy."""

import pytest

from photoplanet.signs.reader import Reader


@pytest.fixture(scope="session")
def reader():
    return Reader(seconds=600)
