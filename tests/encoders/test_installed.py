"""Names lead to encoders, those of packages and those that were added; only the latter can be removed."""

import pytest

from photoplanet.encoders import installed, lite
from photoplanet.encoders.encoder import Encoder, write
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
    with pytest.raises(InputError, match=r"not an encoder that is known here \(lite0, lite1, lite2, mine\)"):
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
