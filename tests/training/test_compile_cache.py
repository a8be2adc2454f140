"""What torch compiled lies beside the run: signed, bounded, written in one step, and harmless when damaged."""

import os

import pytest

from photoplanet.training import compile_cache
from photoplanet.training.compile_cache import CompileCache

CODE = b"machine code " * 100


def written(folder) -> CompileCache:
    """A cache into which something was compiled."""
    cache = CompileCache(folder)
    cache.open()
    place = folder / compile_cache.WORKING / "ab"
    place.mkdir(exist_ok=True)
    (place / "kernel.so").write_bytes(CODE)
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str((folder / compile_cache.WORKING).resolve())
    return cache


def reopened(folder) -> tuple[bool, list[str]]:
    cache = CompileCache(folder)
    cache.open()
    names = [path.name for path in (folder / compile_cache.WORKING).rglob("*.so")]
    found = cache.found
    cache.close()
    return found, names


@pytest.fixture
def kept(tmp_path):
    """A run's folder with a cache of one kernel."""
    cache = written(tmp_path)
    assert cache.keep()
    cache.close()
    assert [path.name for path in tmp_path.iterdir()] == [compile_cache.NAME]
    return tmp_path


def test_what_was_compiled_is_there_again_and_nothing_else_stays(kept, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "/elsewhere")
    assert reopened(kept) == (True, ["kernel.so"])
    assert [path.name for path in kept.iterdir()] == [compile_cache.NAME]
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == "/elsewhere"


@pytest.mark.parametrize("place", [0, 30, 60, 300, -1])
def test_a_damaged_cache_is_as_good_as_none(kept, place):
    path = kept / compile_cache.NAME
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert reopened(kept) == (False, [])
    path.write_bytes(content[:100])
    assert reopened(kept) == (False, [])
    path.write_bytes(b"")
    assert reopened(kept) == (False, [])


def test_a_cache_of_another_user_or_another_torch_is_not_run(kept, own_home, monkeypatch):
    with monkeypatch.context() as other:
        other.setattr("torch.__version__", "1.0")
        assert reopened(kept) == (False, [])
    assert reopened(kept) == (True, ["kernel.so"])
    key = own_home / compile_cache.KEY
    assert key.stat().st_mode & 0o077 == 0
    key.write_bytes(bytes(len(key.read_bytes())))
    assert reopened(kept) == (False, [])


def test_what_a_killed_run_left_is_removed_and_links_are_not_followed(kept, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "photo.jpg").write_bytes(b"mine")
    left = written(kept)  # and never closed
    assert left.found
    assert reopened(kept) == (True, ["kernel.so"])
    (kept / compile_cache.WORKING).symlink_to(elsewhere)
    assert reopened(kept) == (True, ["kernel.so"])
    assert [path.name for path in elsewhere.iterdir()] == ["photo.jpg"]
    left.close()


def test_too_much_is_not_kept_and_the_cache_before_stays(kept, monkeypatch):
    before = (kept / compile_cache.NAME).read_bytes()
    monkeypatch.setattr(compile_cache, "MOST", 100)
    cache = CompileCache(kept)
    cache.open()
    assert not cache.found  # too large by far
    (kept / compile_cache.WORKING / "noise.so").write_bytes(os.urandom(5000))
    assert not cache.keep()
    cache.close()
    assert (kept / compile_cache.NAME).read_bytes() == before


def test_where_no_key_can_be_kept_nothing_is(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("PHOTOPLANET_HOME", str(tmp_path / "file" / "home"))
    (tmp_path / "run").mkdir()
    cache = written(tmp_path / "run")
    assert not cache.keep()
    cache.close()
    assert not list((tmp_path / "run").iterdir())
