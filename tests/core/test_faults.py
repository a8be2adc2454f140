"""Faults of the system: named, with what to do next, and told apart from what a person named wrongly."""

import errno
import os

import pytest

from photoplanet.core.faults import described


@pytest.mark.parametrize(
    ("number", "advice", "status"),
    [(errno.ENOSPC, "free some space", 1), (errno.EIO, "check the disk", 1), (errno.EROFS, "write elsewhere", 1),
     (errno.EACCES, "choose a place", 2), (errno.EISDIR, "name a file", 2), (errno.ENOENT, "check the name", 2),
     (errno.ENAMETOOLONG, "shorter name", 2), (errno.EMFILE, "ulimit", 1), (errno.EADDRINUSE, "--port", 2)],
)  # fmt: skip
def test_each_says_what_where_and_what_next(number, advice, status):
    text, found = described(OSError(number, os.strerror(number), "out.csv"))
    assert text.startswith(f"out.csv: {os.strerror(number)}; ") and advice in text and found == status


def test_one_without_a_name_and_one_with_two():
    assert described(OSError(errno.ENOSPC, "No space left on device"))[0].startswith("a file or connection: No space")
    assert (
        described(OSError(errno.EXDEV, "Invalid cross-device link", "a", None, "b"))[0]
        == "a -> b: Invalid cross-device link"
    )
    assert described(OSError("odd")) == ("a file or connection: odd", 1)
