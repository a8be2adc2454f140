"""Where results must not go."""

import os
import socket

import pytest

from photoplanet.core import outputs
from photoplanet.errors import InputError


def test_a_folder_that_cannot_be_written_to_is_said_before_any_work(tmp_path, monkeypatch):
    (tmp_path / "old.csv").write_text("old")
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "old.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "closed" / "old.csv")
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("closed"))
    outputs.check([tmp_path / "old.csv", tmp_path / "new.csv", "/dev/null", None], [])
    for path in (tmp_path / "closed" / "old.csv", tmp_path / "closed" / "new.csv", tmp_path / "link.csv"):
        with pytest.raises(PermissionError, match="cannot be written to") as caught:
            outputs.check([path], [])
        assert caught.value.filename == str(path)


def test_names_of_one_file_are_one_and_devices_may_be_named_twice(tmp_path):
    (tmp_path / "a").write_text("")
    os.link(tmp_path / "a", tmp_path / "b")
    (tmp_path / "to-come").symlink_to(tmp_path / "none")
    for pair in (("a", "b"), ("a", "a"), ("to-come", "none"), ("none", "none")):
        with pytest.raises(InputError, match="two results"):
            outputs.check([tmp_path / name for name in pair], [])
        with pytest.raises(InputError, match="made from"):
            outputs.check([tmp_path / pair[0]], [tmp_path / pair[1]])
    outputs.check(["/dev/null", "/dev/null"], ["/dev/null"])
    outputs.check([], [tmp_path / "a"])


def test_a_socket_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("sock")
        with pytest.raises(InputError, match="sock: is a socket"):
            outputs.check(["sock"], [])
