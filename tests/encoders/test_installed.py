"""Names lead to encoders, those of packages and those that were added; only the latter can be removed."""

import subprocess
import sys

import pytest
from strange_networks import network

from photoplanet.encoders import installed, lite
from photoplanet.encoders.encoder import Encoder, write
from photoplanet.encoders.onnx_file import Asked
from photoplanet.errors import InputError, ModelError
from photoplanet.photos.preprocessing import Preprocessing


@pytest.fixture
def mine(own_home):
    facts = Encoder("mine", own_home / "encoders" / "mine", Preprocessing(224), 8, "CC0-1.0", "my own")
    return write(facts, b"a network")


def test_names_of_packages_and_of_what_was_added(mine, own_home):
    assert installed.resolve("lite0") == lite.load("lite0", own_home)
    assert installed.resolve("mine") == mine
    assert installed.added() == ["mine"]  # not what was made of a package
    with pytest.raises(InputError, match=r"known here \(lite0, lite1, lite2, mine, onnx:PATH, hf:ORG/NAME\)"):
        installed.resolve("other")


def test_a_damaged_one_is_named(mine):
    mine.network.write_bytes(b"another")
    with pytest.raises(ModelError, match=r"encoder\.onnx: not the file that was added"):
        installed.resolve("mine")


def test_only_added_ones_are_removed(mine, own_home):
    installed.resolve("lite0")
    for name, words in (("lite0", "comes with a package and stays"), ("lite0-57934424", "no encoder that was added"),
                        ("../mine", "no encoder"), ("", "no encoder")):  # fmt: skip
        with pytest.raises(InputError, match=words):
            installed.remove(name)
    installed.remove("mine")
    assert installed.added() == [] and not mine.folder.exists() and lite.folder_of("lite0", own_home).is_dir()
    with pytest.raises(InputError, match=r"called 'mine' \(added: none\)"):
        installed.remove("mine")


@pytest.mark.parametrize(("name", "words"), [
    ("mine", "there already"), ("lite2", "is taken"), ("lite0-57934424", "is taken"), ("a b", "not a name"),
    ("../x", "not a name"), (".x", "not a name"), ("x" * 65, "not a name"), ("", "not a name"), ("a\nb", "not a name"),
])  # fmt: skip
def test_names_that_cannot_be_given(mine, name, words):
    with pytest.raises(InputError, match=words):
        installed.check_name(name)
    installed.check_name("lite0-mine")


def test_a_file_is_added_once_with_what_was_said_of_it(tmp_path, own_home):
    path = tmp_path / "net.onnx"
    path.write_bytes(network(form="class").SerializeToString())
    with pytest.raises(InputError, match="how are its photos normalised"):
        installed.resolve(f"onnx:{path}")
    made = installed.add(f"onnx:{path}", asked=Asked(mean=(0, 0, 0), std=(1, 1, 1)))
    assert made.name == "net" and installed.added() == ["net"]
    assert installed.resolve(f"onnx:{path}") == made == installed.resolve("net")
    (tmp_path / "preprocessor_config.json").write_text('{"size": 16, "do_normalize": false}')
    other = path.rename(tmp_path / "other.onnx")
    assert installed.resolve(f"onnx:{other}") == made  # the same bytes
    other.write_bytes(network(form="vector").SerializeToString())
    assert installed.resolve(f"onnx:{other}").name == "other"
    with pytest.raises(InputError, match="there already"):
        installed.add(f"onnx:{other}")


def test_a_link_to_somebodys_folder_is_removed_and_not_the_folder(mine, tmp_path):
    mine.folder.rename(tmp_path / "own")
    mine.folder.symlink_to(tmp_path / "own")
    assert installed.added() == ["mine"]
    installed.remove("mine")
    assert installed.added() == [] and (tmp_path / "own" / "encoder.json").is_file()


def test_facts_for_lists(mine, monkeypatch):
    assert installed.describe("mine") == {
        "name": "mine", "kind": "added", "installed": True, "size": 224, "dimension": 8, "licence": "CC0-1.0",
        "source": "my own",
    }  # fmt: skip
    assert installed.describe("lite2")["kind"] == "package" and installed.describe("lite2")["installed"]
    monkeypatch.setitem(lite.PACKAGES, "lite2", (260, "no-such-package", "0", "0" * 64))
    assert not installed.describe("lite2")["installed"]
    (mine.folder / "encoder.json").write_text("{}")
    assert "not an encoder" in installed.describe("mine")["error"]
    installed.remove("mine")  # damaged ones can be removed


def test_what_a_killed_addition_leaves_is_gone_with_the_next_look(own_home):
    code = "import os, sys; from photoplanet.encoders import installed, onnx_file, probe\n" \
        "probe.probed = lambda *arguments: os.kill(os.getpid(), 9)\n" \
        "installed.add('onnx:' + sys.argv[1], asked=onnx_file.Asked(mean=(0, 0, 0), std=(1, 1, 1)))"  # fmt: skip
    path = own_home / "net.onnx"
    path.write_bytes(network().SerializeToString())
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -9
    left = list((own_home / "encoders").iterdir())
    assert [path.name[:5] for path in left] == [".net."]
    assert installed.added() == [] and list((own_home / "encoders").iterdir()) == []
