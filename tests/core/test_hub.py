"""A plan says what would be fetched, pins it, and refuses what cannot be checked or used; nothing else is asked for."""

import hashlib
import os

import pytest
from hub_stand_in import COMMIT

from photoplanet.core import hub as hub_files
from photoplanet.errors import DownloadError, InputError

FILES = {"onnx/model.onnx": b"a network", "config.json": b"{}", "onnx/model_int8.onnx": b"small"}


@pytest.fixture
def served(hub):
    hub.add("org/name", FILES, "apache-2.0")
    return hub


def test_a_plan_pins_the_commit_and_knows_sizes_hashes_and_licence(served):
    plan = hub_files.plan("org/name", ["onnx/model.onnx", "config.json"], optional=["config.json", "no.json"])
    large, small = plan.files
    assert (plan.commit, plan.revision, plan.licence, plan.size) == (COMMIT, "main", "apache-2.0", 11)
    assert large.sha256 == hashlib.sha256(b"a network").hexdigest() and large.git_sha1 == ""
    assert small.git_sha1 == hashlib.sha1(b"blob 2\0{}").hexdigest() and small.sha256 == ""
    assert large.url == f"{served.address}/org/name/resolve/{COMMIT}/onnx/model.onnx"
    assert [path for path, _ in served.requests] == ["/api/models/org/name/revision/main"]
    assert hub_files.described(plan) == [
        f"org/name from {served.address} at commit 0123456789ab (main)",
        f"  onnx/model.onnx  9 bytes, SHA-256 {large.sha256[:12]}…",
        f"  config.json  2 bytes, git {small.git_sha1[:12]}…",
        "licence apache-2.0, 2 files, 0.0 MB",
    ]


def test_the_first_of_several_names_is_meant(served):
    plan = hub_files.plan("org/name", [("onnx/vision_model.onnx", "onnx/model.onnx", "config.json"), "config.json"])
    assert [file.path for file in plan.files] == ["onnx/model.onnx", "config.json"]
    with pytest.raises(InputError, match="no file a in it"):
        hub_files.plan("org/name", [("a", "b")])


def test_files_are_fetched_into_the_users_folder_and_forgotten(served, own_home):
    plan = hub_files.plan("org/name", ["onnx/model.onnx", "config.json"])
    folder = hub_files.fetch(plan)
    assert folder == own_home / "downloads" / "org--name@0123456789ab"
    assert {path: (folder / path).read_bytes() for path in ("onnx/model.onnx", "config.json")} == {
        path: FILES[path] for path in ("onnx/model.onnx", "config.json")
    }
    hub_files.forget(plan)
    assert list((own_home / "downloads").iterdir()) == []


def test_old_downloads_that_nobody_came_back_for_are_deleted(served, own_home):
    old = own_home / "downloads" / "org--other@0123456789ab"
    old.mkdir(parents=True)
    (old / "model.onnx.part").write_bytes(b"half")
    hub_files.fetch(hub_files.plan("org/name", ["config.json"]))
    assert old.exists()
    for path in (old / "model.onnx.part", old):
        os.utime(path, (1e9, 1e9))
    hub_files.fetch(hub_files.plan("org/name", ["config.json"]))
    assert not old.exists()


def test_by_hand_needs_no_connection_and_quotes_what_a_shell_would_read(served):
    lines = hub_files.by_hand("org/name", ["a b/model.onnx"], "refs/pr/1", "my folder")
    assert lines == [
        "curl -fL -C - --create-dirs -o 'my folder/a b/model.onnx' "
        f"{served.address}/org/name/resolve/refs%2Fpr%2F1/a%20b/model.onnx"
    ]
    assert served.requests == []


@pytest.mark.parametrize(("files", "words"), [
    (["model.onnx"], r"no file model\.onnx in it; of that kind it has onnx/model\.onnx, onnx/model_int8\.onnx"),
    (["no.txt"], r"no file no\.txt in it$"), (["../a"], "not the path of a file")])  # fmt: skip
def test_files_that_are_not_there(served, files, words):
    with pytest.raises(InputError, match=words):
        hub_files.plan("org/name", files)


@pytest.mark.parametrize(
    "repo", ["name", "org/name/more", "org/..", "../name", "org/na me", "-o/name", "org/", "org/x?y"]
)
def test_names_of_repositories(served, repo):
    with pytest.raises(InputError, match="not the name of a repository"):
        hub_files.plan(repo, ["config.json"])
    assert served.requests == []


@pytest.mark.parametrize("revision", ["", "..", "a/../b", "-x", "main?x", "a b"])
def test_names_of_revisions(served, revision):
    with pytest.raises(InputError, match="not a revision"):
        hub_files.plan("org/name", ["config.json"], revision)


def test_what_is_not_open_or_not_there(served):
    served.add("org/gated", FILES, gated="manual")
    for repo, revision, words in (("org/gated", "main", "agree to its terms"), ("org/no", "main", "no such repository"),
                                  ("org/name", "v9", "no such repository or revision")):  # fmt: skip
        with pytest.raises(InputError, match=words):
            hub_files.plan(repo, ["config.json"], revision)


@pytest.mark.parametrize(
    ("about", "licence"),
    [({"cardData": {"license": "mit"}}, "mit"), ({"cardData": {"license": ["cc-by-4.0", "mit"]}}, "cc-by-4.0"),
     ({"cardData": None, "tags": ["vision", "license:bsd"]}, "bsd"), ({"cardData": 3, "tags": 4}, None),
     ({"cardData": {"license": "other", "license_name": "own", "license_link": "LICENSE"}}, "own LICENSE"),
     ({"cardData": {"license": "other"}, "tags": ["license:other"]}, None),
     ({"cardData": {"license": "unknown"}}, None), ({"cardData": {"license": 3}}, None),
     ({"cardData": {"license": "a\nb\x1b"}}, "a?b?")],
)  # fmt: skip
def test_licences_as_cards_state_them(served, about, licence):
    served.add("org/name", FILES, **about)
    if licence:
        assert hub_files.plan("org/name", ["config.json"]).licence == licence
        return
    with pytest.raises(InputError, match=r"states no licence; .* give it with --licence TEXT"):
        hub_files.plan("org/name", ["config.json"])
    assert hub_files.plan("org/name", ["config.json"], licence="mine").licence == "mine"


@pytest.mark.parametrize("about", [
    {"sha": None}, {"sha": "main"}, {"sha": ["0" * 40]},
    {"siblings": [{"rfilename": "config.json", "size": "2", "blobId": "0" * 40}]},
    {"siblings": [{"rfilename": "config.json", "size": True, "blobId": "0" * 40}]},
    {"siblings": [{"rfilename": "config.json", "size": 2}]},
    {"siblings": [{"rfilename": "config.json", "size": 2, "blobId": "0" * 40, "lfs": {"sha256": "ab"}}]},
    {"siblings": [{"rfilename": "config.json", "size": 2, "blobId": 3, "lfs": {"sha256": 4}}]},
])  # fmt: skip
def test_answers_that_are_not_those_of_a_hub(served, about):
    served.add("org/name", FILES, **about)
    with pytest.raises(DownloadError, match=r"not the answer of a hub|states no size or no hash"):
        hub_files.plan("org/name", ["config.json"])


@pytest.mark.parametrize("siblings", [None, 3, [], [3, None], {"a": 1}, [{"rfilename": ["config.json"]}, {}]])
def test_lists_that_are_none(served, siblings):
    served.add("org/name", FILES, siblings=siblings)
    with pytest.raises(InputError, match=r"no file config\.json in it$"):
        hub_files.plan("org/name", ["config.json"])


@pytest.mark.parametrize(
    "address", ["http://example.org", "ftp://example.org", "example.org", "file:///srv", "https://"]
)
def test_the_hub_is_reached_by_https_only(monkeypatch, address):
    monkeypatch.setenv("PHOTOPLANET_HUB", address)
    with pytest.raises(InputError, match="not an https address"):
        hub_files.plan("org/name", ["config.json"])
