"""Files that others named are opened without waiting for anybody."""

import os
import socket
import subprocess
import sys

import pytest

from photoplanet.core import regular
from photoplanet.errors import InputError


@pytest.mark.parametrize(
    "opener", [regular.open_regular, regular.open_stream, lambda path: regular.read_regular(path, 9)]
)
def test_what_is_not_a_regular_file_is_refused_and_not_waited_for(tmp_path, opener):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    places = [tmp_path / "pipe", tmp_path / "link", tmp_path / "folder", "/dev/null", "/dev/zero"]
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "socket"))
        for path in [*places, tmp_path / "socket"]:
            with pytest.raises((InputError, IsADirectoryError), match=r"regular file|directory"):
                opener(path)
    with pytest.raises(FileNotFoundError):
        opener(tmp_path / "none")


def test_a_regular_file_is_read_to_its_limit_and_links_as_is_asked_for(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert regular.read_regular(tmp_path / "link", 5) == b"12345"
    with pytest.raises(InputError, match="over"):
        regular.read_regular(tmp_path / "a", 4)
    with pytest.raises(InputError, match="is a link"):
        regular.open_regular(tmp_path / "link", follow_links=False)


def test_a_pipe_that_is_open_already_is_read():
    code = "import sys; from photoplanet.core import regular; print(regular.open_stream('/dev/stdin').read())"
    done = subprocess.run([sys.executable, "-c", code], input=b"names", capture_output=True, check=True)
    assert done.stdout == b"b'names'\n"
