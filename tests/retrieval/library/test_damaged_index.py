"""An index that is damaged, of another version, or not an index: rebuilt, or refused and left alone."""

import json

import pytest
from libraries import PLACES, found_scene, opened, save
from pictures import scene

from photoplanet.errors import InputError
from photoplanet.retrieval.library import library, manifest

DAMAGE = {
    "features cut off": lambda home: cut(*home.glob("local/computed/*-descriptors.npy")),
    "no features": lambda home: [path.unlink() for path in home.glob("local/computed/*.npy")],
    "a state that is not one": lambda home: (home / "local/computed/state.sqlite").write_bytes(b"x" * 5000),
    "a vocabulary cut off": lambda home: cut(*home.glob("local/vocabulary-*.npy")),
    "an inverted index of zeros": lambda home: [path.write_bytes(bytes(500)) for path in home.glob("local/inverted*")],
    "no movable details": lambda home: [path.unlink() for path in home.glob("local/movable-*.npy")],
    "what was left out cut off": lambda home: [
        cut(*home.glob("local/left-out-*/*.npy")), cut(*home.glob("local/movable-*"))
    ],
    "words cut off": lambda home: [cut(*home.glob("local/words-*/*-words.npy")), cut(*home.glob("local/inverted*"))],
    "no rows": lambda home: [path.unlink() for path in home.glob("local/rows-*")],
    "rows that are not Parquet": lambda home: [path.write_text("no") for path in home.glob("local/rows-*")],
    "a manifest cut off": lambda home: cut(home / "index.json"),
    "a manifest of strange things": lambda home: (home / "index.json").write_text('{"format": 3, "kinds": {"a": 5}}'),
    "a manifest that leads elsewhere": lambda home: lead_elsewhere(home / "index.json"),
}  # fmt: skip


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def lead_elsewhere(path):
    about = json.loads(path.read_text())
    about["kinds"]["local"]["vocabulary"]["file"] = "../../../secret.npy"
    path.write_text(json.dumps(about))


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_index_is_rebuilt(indexed, what):
    DAMAGE[what](library.index_folder(indexed))
    found, _ = opened(indexed)
    assert [found_scene(found, seed) for seed in (1, 3, 8)] == ["sub/scene1.jpg", "sub/scene3.jpg", None]
    assert opened(indexed)[1] == []


def test_a_newer_format_is_refused_and_left_alone(indexed):
    path = library.index_folder(indexed) / "index.json"
    path.write_text(json.dumps({"format": manifest.FORMAT + 1, "kinds": {}}))
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"format 4.*up to 3.*update photoplanet"):
        opened(indexed)
    assert path.read_bytes() == before


def test_what_is_no_library_and_what_is_no_index_are_refused(album, tmp_path):
    with pytest.raises(InputError, match="no such folder or table"):
        opened(tmp_path / "nothing")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    with pytest.raises(InputError, match="holds 'diary"):
        opened(album, index=tmp_path / "mine")
    opened(album, index=tmp_path / "far" / "away")
    other = tmp_path / "other"
    save(other, "a.jpg", scene(1), PLACES[1])
    with pytest.raises(InputError, match="another library"):
        opened(other, index=tmp_path / "far" / "away")
    with pytest.raises(InputError, match="by 'magic'"):
        opened(album, by="magic")


def test_a_manifest_of_more_than_4_mib_is_not_read(tmp_path):
    whole = json.dumps({"format": manifest.FORMAT, "kinds": {"local": {"photos": 3}}})
    for size, kinds in ((4 << 20, 1), ((4 << 20) + 1, 0)):
        (tmp_path / "index.json").write_text(whole.ljust(size))
        assert len(manifest.read(tmp_path).get("kinds", {})) == kinds
