import gzip
import io
import tarfile
import threading

import pytest

from photoplanet.errors import InputError
from photoplanet.photos import shards


def test_addresses_split_at_the_tar():
    assert shards.split_address("a/b.tar#c/d#e.jpg") == ("a/b.tar", "c/d#e.jpg")
    assert shards.split_address("a/b.jpg") is shards.split_address("a.tar#") is shards.split_address("x#y") is None


def test_members_are_read_by_name_from_many_threads(make, tmp_path):
    contents = {f"{i:05}.bin": bytes([i % 256]) * (i + 1) for i in range(200)}
    contents |= {"x" * 200 + ".bin": b"long name", "é.bin": b"accent"}
    shard = str(make.shard(tmp_path / "s.tar", contents))
    wrong = []

    def check():
        wrong.extend(name for name, data in contents.items() if shards.read_member(shard, name, 1000) != data)

    threads = [threading.Thread(target=check) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_rewritten_shard_is_read_anew_and_the_last_of_two_members_counts(make, tmp_path):
    shard = str(make.shard(tmp_path / "s.tar", {"a": b"old"}))
    assert shards.read_member(shard, "a", 10) == b"old"
    make.shard(tmp_path / "s.tar", {"b": bytes(9000), "a": b"new"})
    with tarfile.open(shard, "a") as archive:
        entry = tarfile.TarInfo("a")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"newer"))
    assert shards.read_member(shard, "a", 10) == b"newer"


def test_links_and_oversized_members_are_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    path = tmp_path / "s.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in (
            ("link.jpg", tarfile.SYMTYPE),
            ("hard.jpg", tarfile.LNKTYPE),
            ("pipe.jpg", tarfile.FIFOTYPE),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, str(secret)
            archive.addfile(entry)
        entry = tarfile.TarInfo("big.jpg")
        entry.size = 5000
        archive.addfile(entry, io.BytesIO(bytes(5000)))
    assert [name for name, _, _ in shards.members(path)] == ["big.jpg"]
    with pytest.raises(InputError, match="no such member"):
        shards.read_member(str(path), "link.jpg", 10_000)
    with pytest.raises(InputError, match="over the limit"):
        shards.read_member(str(path), "big.jpg", 4999)


def test_a_member_that_claims_more_than_there_is_is_refused(tmp_path):
    entry = tarfile.TarInfo("huge.jpg")
    entry.size = 1 << 40
    (tmp_path / "s.tar").write_bytes(entry.tobuf() + bytes(10_000))
    with pytest.raises(InputError, match=r"s\.tar.*beyond the end"):
        list(shards.members(tmp_path / "s.tar"))


@pytest.mark.parametrize("content", [b"no tar" * 200, gzip.compress(bytes(2000)), b"x"], ids=["text", "gzip", "byte"])
def test_what_is_no_tar_is_refused(tmp_path, content):
    (tmp_path / "s.tar").write_bytes(content)
    with pytest.raises(InputError, match=r"s\.tar"):
        shards.read_member(str(tmp_path / "s.tar"), "a", 10)
    with pytest.raises(InputError, match="none"):
        shards.read_member(str(tmp_path / "none.tar"), "a", 10)


def test_a_member_that_ends_with_the_file_is_whole_and_one_byte_less_is_not(make, tmp_path):
    data = make.shard(tmp_path / "s.tar", {"a.jpg": bytes(512)}).read_bytes()
    for size, whole in ((1024, True), (1023, False)):
        (tmp_path / "s.tar").write_bytes(data[:size])
        if whole:
            assert list(shards.members(tmp_path / "s.tar")) == [("a.jpg", 512, 512)]
        else:
            with pytest.raises(InputError, match="beyond the end"):
                list(shards.members(tmp_path / "s.tar"))


def test_members_are_found_by_their_name_in_another_unicode_form(make, tmp_path):
    composed, apart = "café.jpg", "cafe\u0301.jpg"
    shard = str(make.shard(tmp_path / "s.tar", {apart: b"apart"}))
    assert shards.read_member(shard, composed, 10) == shards.read_member(shard, apart, 10) == b"apart"
    both = str(make.shard(tmp_path / "both.tar", {apart: b"apart", composed: b"one"}))
    assert shards.read_member(both, composed, 10) == b"one" and shards.read_member(both, apart, 10) == b"apart"
