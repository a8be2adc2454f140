"""Files are found wherever a person has them, within bounds; what a model card says of them cannot break the card."""

import dataclasses

import pytest

from photoplanet.errors import InputError, ModelError
from photoplanet.models import card, folder, installed
from photoplanet.models.importers import importer
from photoplanet.models.importers.importer import Files


def write(path, text="{}"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_file_that_lies_least_deep_is_found_in_any_of_the_folders(tmp_path):
    deep, near = write(tmp_path / "one/a/b/w.bin"), write(tmp_path / "two/z/w.bin")
    write(tmp_path / "two/z/y/w.bin")
    files = Files({tmp_path / "one": "here", tmp_path / "two": "there"})
    assert files.named("w.bin") == near and files.named("none", "w.bin") == near and files.named("none") is None
    assert files.origin(near) == "there" and files.origin(deep) == "here" and files.origin(tmp_path) == ""
    assert files.wanted("w.bin", of="X") == near
    with pytest.raises(
        ModelError, match=r"one and .*two: no v\.bin or u\.bin of X in it; `photoplanet models add` says"
    ):
        files.wanted("v.bin", "u.bin", of="X")


def test_links_are_followed_as_the_hubs_own_cache_needs_it_and_circles_end(tmp_path):
    blob = write(tmp_path / "blobs/1234", '{"model_type": "clip"}')
    link = tmp_path / "cache/snapshots/ab/config.json"
    link.parent.mkdir(parents=True)
    link.symlink_to(blob)
    (tmp_path / "cache/circle").symlink_to(tmp_path / "cache")
    assert Files({tmp_path / "cache": ""}).snapshot("clip") == link.parent
    assert Files({tmp_path / "cache": ""}).snapshot("other") is None


def test_a_folder_with_everything_in_it_is_not_searched(tmp_path, monkeypatch):
    for number in range(6):
        write(tmp_path / f"{number}.txt")
    monkeypatch.setattr(importer, "MAX_ENTRIES", 5)
    with pytest.raises(InputError, match="over 5 files to search; name a folder with the model's only"):
        Files({tmp_path: ""}).named("a")


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, "\xff"])
def test_a_configuration_that_is_none_is_refused(tmp_path, text):
    path = tmp_path / "config.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ModelError, match=r"config\.json: not a configuration"):
        importer.read_config(path)


def test_what_others_wrote_into_model_json_breaks_no_card():
    toy = folder.read(installed.resolve("toy"))
    hostile = {
        "licence": "MIT\n# Not a heading | `x`",
        "provenance": [{"file": "a`|\nb", "sha256": None}, "no", {"from": ["a"]}],
        "published": [{"benchmark": "x|y\n", "accuracy": {"city": 0.25, "street": "0.1"}}, {"accuracy": 3}, None],
        "parity": {"moved": "0", "cosine": 1},
    }
    info = dataclasses.replace(toy.info, training={**toy.info.training, **hostile})
    made = card.markdown(info, toy.partition)
    assert "MIT # Not a heading" in made and "\n# Not" not in made
    rows = [line for line in made.splitlines() if line.startswith("| x")]
    assert rows == ["| x y  | – | 25.0% | – | – | – |  |"]
    assert "- `a   b`, SHA-256 ``\n" in made and "Checked when it was made" not in made
    for wrong in (3, "text", None, {"a": 1}):
        info = dataclasses.replace(toy.info, training=dict.fromkeys(hostile, wrong))
        assert "What was published" not in card.markdown(info, toy.partition)
