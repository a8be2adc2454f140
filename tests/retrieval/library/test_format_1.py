"""An index of format 1, written here as its photoplanet wrote it, is taken over without reading an unchanged photo.

To be removed together with `photoplanet.retrieval.library.format_1`.
"""

import hashlib
import json
import os
import subprocess
import sys
import textwrap
import zlib

import numpy as np
import pytest
from pictures import scene, view

from photoplanet.errors import InputError
from photoplanet.locate import locator
from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.photos import decode, table
from photoplanet.retrieval.library import library, listing
from photoplanet.retrieval.local_features import root_sift
from photoplanet.retrieval.local_features.visual_words import InvertedIndex, Vocabulary
from photoplanet.retrieval.vectors.embedding import Embedder
from photoplanet.retrieval.vectors.vector_index import VectorIndex

SEEDS = (1, 2, 3)
SETTINGS = {"max_side": 720, "max_features": 1000, "version": 1}
LEFT = "a photo of which format 1 noted that it cannot be read"


def stamp(path):
    status = path.stat()
    return f"{status.st_size}:{status.st_mtime_ns}"


def write_shard(folder, settings, rows):
    """One shard; `rows`: path from the library's folder, stamp, arrays, facts, error."""
    folder.mkdir(parents=True)
    files = {}
    for name in rows[0][2]:
        path = folder / f"{name}.npy"
        np.save(path, np.concatenate([arrays[name] for _, _, arrays, _, _ in rows]))
        files[name] = {"bytes": path.stat().st_size, "crc32": zlib.crc32(path.read_bytes())}
    lines = [[key, mark, len(next(iter(arrays.values()))), facts, error] for key, mark, arrays, facts, error in rows]
    (folder / "rows.json").write_text(json.dumps({"format": 1, "settings": settings, "files": files, "rows": lines}))


def write_local(index, photos):
    """The folder of local features, the first photo and an unreadable one in one shard, the others in another."""
    home = index / "local"
    found = [root_sift.extract(path) for path in photos]
    names = [(f"photos/{path.name}", stamp(path)) for path in photos]
    rows = [
        (*name, {"points": each.points, "descriptors": each.descriptors},
         {"width": each.width, "height": each.height}, "")
        for name, each in zip(names, found, strict=True)
    ]  # fmt: skip
    none = {"points": np.empty((0, 4), np.float32), "descriptors": np.empty((0, 128), np.uint8)}
    bad = photos[0].with_name("bad.jpg")
    write_shard(home / "photos/000000", SETTINGS, [rows[0], ("photos/bad.jpg", stamp(bad), none, {}, LEFT)])
    write_shard(home / "photos/000001", SETTINGS, rows[1:])
    vocabulary = Vocabulary.train(np.concatenate([each.descriptors for each in found]))
    vocabulary.save(home / "vocabulary-0a.npy")
    words = [vocabulary.assign(each.descriptors).reshape(-1, 1) for each in found]
    write_shard(
        home / "words-0a/000000",
        {},
        [(*name, {"words": each}, {}, "") for name, each in zip(names, words, strict=True)],
    )
    InvertedIndex.build(words, len(vocabulary)).save(home / "inverted-0a.npz")
    files = {"vocabulary": "vocabulary-0a.npy", "inverted": "inverted-0a.npz"}
    about = {
        part: {"file": name, "sha256": hashlib.sha256((home / name).read_bytes()).hexdigest()}
        for part, name in files.items()
    }
    return about | {"trained_on": len(photos), "bytes": {}}


def write_vectors(index, photos, embedder):
    home = index / f"embedding-{embedder.key[:16]}"
    pixels = np.stack([decode.load(path, embedder.locator.info.preprocessing) for path in photos])
    codes = embedder.quantise(embedder.vectors(pixels))
    rows = [
        (f"photos/{path.name}", stamp(path), {"vectors": code[None]}, {}, "")
        for path, code in zip(photos, codes, strict=True)
    ]
    write_shard(home / "photos/000000", {"key": embedder.key, "version": 1}, rows)
    facts = VectorIndex.build(codes, "int8").save(home / "vectors-0a")
    return {"vectors": {"file": "vectors-0a", **facts}, "bytes": {}}


@pytest.fixture(scope="module")
def embedder():
    return Embedder(locator.load("toy"))


@pytest.fixture
def old(tmp_path, embedder):
    """A table of photos with an index of format 1, both ways to search; then the photos lose all that is in them."""
    (tmp_path / "photos").mkdir()
    photos = [tmp_path / f"photos/scene{seed}.jpg" for seed in SEEDS]
    for seed, path in zip(SEEDS, photos, strict=True):
        scene(seed).save(path, quality=92)
    (tmp_path / "photos/bad.jpg").write_bytes(b"bad")
    paths = [*photos, tmp_path / "photos/bad.jpg"]
    rows = [{"photo_id": path.stem, "path": str(path), "latitude": 10.0 + at, "longitude": 2.0}
            for at, path in enumerate(paths)]  # fmt: skip
    source = table.write(table.from_rows(rows), tmp_path / "list.csv")
    index = tmp_path / "list.csv.index"
    kinds = {
        "local": write_local(index, photos),
        f"embedding-{embedder.key[:16]}": write_vectors(index, photos, embedder),
    }
    for name, facts in kinds.items():
        where = np.array([10.0, 11.0, 12.0]), np.array([2.0, 2.0, 2.0])
        ids, keys, stamps = zip(*[(path.stem, f"photos/{path.name}", stamp(path)) for path in photos], strict=True)
        listing.save(
            listing.Listing(ids, keys, keys, stamps, [""] * len(ids), *where), index / name / "rows-0a.parquet"
        )
        facts |= {"photos": 3, "rows": "rows-0a.parquet", "digest": "0", "label": name, "left_out": {}, "unreadable": 1}
    (index / "index.json").write_text(json.dumps({"format": 1, "kinds": kinds, "source": "../list.csv"}))
    for path in photos:
        hollow(path)
    return source


def hollow(path):
    """Leave nothing of a file but its size and time, so that whoever reads it fails."""
    status = path.stat()
    path.write_bytes(bytes(status.st_size))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def restore(source):
    """Put the scenes back, with the times that they had."""
    for seed in SEEDS:
        path = source.parent / f"photos/scene{seed}.jpg"
        status = path.stat()
        scene(seed).save(path, quality=92)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def opened(source, **options):
    said = []
    return library.open(source, say=said.append, threads=1, **options), said


def reads(said):
    return [line for line in said if line.startswith("reading ")]


def told(found):
    """The scene that each view is told to be; None for one that is not in the library."""
    trusted = [[match.photo_id for match in found.similar(view(seed)) if match.trusted] for seed in (*SEEDS, 77)]
    return [names[0] if names else None for names in trusted]


def check_local(source, index):
    """The library answers, its old words still in use, and a second opening has nothing to do."""
    found, said = opened(source)
    assert said == [] and found.unreadable == 1
    assert told(found) == ["scene1", "scene2", "scene3", None]
    assert not (index / "local/photos").exists() and not list((index / "local").glob("words-*/0*/"))
    assert [path.name for path in (index / "local").glob("vocabulary-*")] == ["vocabulary-0a.npy"]


def test_local_features_are_taken_over_and_no_photo_is_read(old, monkeypatch):
    index = library.index_folder(old)
    held = {name: np.load(index / f"local/photos/000001/{name}.npy") for name in ("points", "descriptors")}
    look_up = Vocabulary.assign

    def of_queries(self, descriptors, k=1):
        assert k > 1, "the words of the photos are taken over too"
        return look_up(self, descriptors, k)

    monkeypatch.setattr(Vocabulary, "assign", of_queries)
    found, said = opened(old)
    monkeypatch.undo()
    assert reads(said) == [] and len(said) == 1 and "older photoplanet" in said[0] and "taken over" in said[0]
    assert len(found) == 3 and found.unreadable == 1 and told(found) == ["scene1", "scene2", "scene3", None]
    match = found.similar(view(2))[0]
    assert (match.latitude, match.longitude) == (11.0, 2.0)
    second, third = (found.searcher.features_of(row) for row in (1, 2))
    for name, array in held.items():
        np.testing.assert_array_equal(np.concatenate([getattr(second, name), getattr(third, name)]), array)
    fresh = root_sift.extract(scene(2))
    assert (second.width, second.height) == (fresh.width, fresh.height)
    manifest = json.loads((index / "index.json").read_text())
    assert manifest["format"] == 3 and list(manifest["kinds"]) == ["local"] and len(manifest["older"]) == 1
    check_local(old, index)


def test_vectors_are_taken_over_and_what_waits_stays_usable_in_any_order(old, embedder):
    index = library.index_folder(old)
    (tmp := old.parent / "query.jpg").write_bytes(b"")
    scene(3).save(tmp, quality=92)
    hollow_before = {path: path.read_bytes() for path in (index / "local").rglob("*") if path.is_file()}
    found, said = opened(old, by="embedding", model=embedder.locator)
    assert reads(said) == ["reading 1 photos for the index (3 are there already)"]  # which it had not known
    assert len(found) == 3 and found.unreadable == 1
    best = found.similar(tmp)[0]
    assert best.photo_id == "scene3" and best.distance < 0.05
    assert opened(old, by="embedding", model=embedder.locator)[1] == []
    assert not list(index.glob("embedding-*/photos"))
    assert {path: path.read_bytes() for path in (index / "local").rglob("*") if path.is_file()} == hollow_before
    assert reads(opened(old)[1]) == []
    check_local(old, index)
    assert "older" not in json.loads((index / "index.json").read_text())


def rewrite(path, change):
    path.write_bytes(change(path.read_bytes()))


def change_rows(path, change):
    """Let `change` have what a rows.json says."""
    about = json.loads(path.read_text())
    change(about)
    path.write_text(json.dumps(about))


def flip(path):
    """Change a byte, later than all was written."""
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(path.stat().st_mtime_ns + 10**9,) * 2)


def set_row(at, value):
    return lambda about: about["rows"][0].__setitem__(at, value)


DAMAGE = {
    "an array cut off": lambda shard: rewrite(shard / "points.npy", lambda data: data[:-100]),
    "an array without its array": lambda shard: (shard / "points.npy").unlink(),
    "a byte that changed": lambda shard: flip(shard / "descriptors.npy"),
    "rows cut off": lambda shard: rewrite(shard / "rows.json", lambda data: data[:-50]),
    "rows too large": lambda shard: rewrite(shard / "rows.json", lambda data: data + b" " * (16 << 20)),
    "rows that are a list": lambda shard: (shard / "rows.json").write_text("[]"),
    "nothing but brackets": lambda shard: (shard / "rows.json").write_text("[" * 100_000),
    "another format": lambda shard: change_rows(shard / "rows.json", lambda about: about.update(format=0)),
    "other settings": lambda shard: change_rows(shard / "rows.json", lambda about: about["settings"].update(version=2)),
    "no checksums": lambda shard: change_rows(shard / "rows.json", lambda about: about.update(files={})),
    "an endless size": lambda shard: change_rows(
        shard / "rows.json", lambda about: about["files"]["points"].update(bytes=float("inf"))
    ),
    "a negative count": lambda shard: change_rows(shard / "rows.json", set_row(2, -1)),
    "a count that is true": lambda shard: change_rows(shard / "rows.json", set_row(2, True)),
    "a count beyond bounds": lambda shard: change_rows(shard / "rows.json", set_row(2, (1 << 20) + 1)),
    "a key that is a number": lambda shard: change_rows(shard / "rows.json", set_row(0, 5)),
    "facts that are text": lambda shard: change_rows(shard / "rows.json", set_row(3, {"width": "wide"})),
    "a photo of no width": lambda shard: change_rows(shard / "rows.json", set_row(3, {"width": 0})),
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
def test_the_photos_of_a_damaged_shard_are_read_again_and_only_they(old, what):
    DAMAGE[what](library.index_folder(old) / "local/photos/000001")
    restore(old)
    hollow(old.parent / "photos/scene1.jpg")
    found, said = opened(old)
    assert "shard 000001" in said[1] and "read again" in said[1]
    assert reads(said) == ["reading 2 photos for the index (2 are there already)"]
    assert told(found) == ["scene1", "scene2", "scene3", None]
    check_local(old, library.index_folder(old))


def test_arrays_of_another_shape_are_not_taken(old):
    shard = library.index_folder(old) / "local/photos/000001"
    np.save(shard / "points.npy", np.load(shard / "points.npy").astype(np.float64))
    data = (shard / "points.npy").read_bytes()
    facts = {"bytes": len(data), "crc32": zlib.crc32(data)}
    change_rows(shard / "rows.json", lambda about: about["files"].update(points=facts))
    restore(old)
    found, said = opened(old)
    assert reads(said) == ["reading 2 photos for the index (2 are there already)"]
    assert told(found) == ["scene1", "scene2", "scene3", None]


def test_a_photo_that_has_changed_since_is_read(old):
    scene(5).save(old.parent / "photos/scene2.jpg", quality=92)
    found, said = opened(old)
    assert reads(said) == ["reading 1 photos for the index (3 are there already)"]
    assert told(found) == ["scene1", None, "scene3", None]
    assert [match.photo_id for match in found.similar(view(5)) if match.trusted] == ["scene2"]


def test_without_update_it_is_refused_with_the_way_out_and_left_alone(old):
    index = library.index_folder(old)
    before = {path: path.read_bytes() for path in index.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match="of an older photoplanet; run it without --no-update"):
        opened(old, update=False)
    assert {path: path.read_bytes() for path in index.rglob("*") if path.is_file()} == before


def test_an_old_index_of_another_library_is_refused(old, tmp_path):
    other = tmp_path / "other.csv"
    other.write_bytes(old.read_bytes())
    with pytest.raises(InputError, match="index of another library"):
        opened(other, index=library.index_folder(old))


KILLED = """
    import os, signal, sys
    from contextlib import contextmanager
    from photoplanet.core import atomic, cache
    from photoplanet.retrieval.library import format_1, library
    cache.FLUSH_SECONDS = 0.0  # as if each photo took long
    source, moment = sys.argv[1:]

    def stop(*args):
        os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def bar(what, total=None):
        yield stop if what == moment else lambda count=1, note="": None

    if moment == "removing":
        format_1.remove = stop
    library.open(source, threads=1, bar=bar)
"""


@pytest.mark.parametrize("moment", ["taking over the index", "looking up visual words", "removing"])
def test_a_kill_at_any_moment_loses_nothing(old, moment):
    index = library.index_folder(old)
    before = {path: path.read_bytes() for path in index.rglob("*") if path.is_file() and path.name != "lock"}
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(old), moment], env=environment, capture_output=True
    )
    assert ended.returncode == -9, ended.stderr
    after = {path: path.read_bytes() for path in before}
    written = {index / "index.json"} if moment == "removing" else set()
    assert {path for path in before if before[path] != after[path]} == written
    _, said = opened(old)
    assert reads(said) == [] and bool(said) == (moment != "removing")
    check_local(old, index)


def test_the_photos_of_a_folder_are_not_even_looked_at(tmp_path):
    album = tmp_path / "photos"
    album.mkdir()
    photos = [album / f"scene{seed}.jpg" for seed in SEEDS]
    for at, (seed, path) in enumerate(zip(SEEDS, photos, strict=True)):
        scene(seed).save(path, quality=92, exif=gps_bytes(10.0 + at, 2.0))
    (album / "bad.jpg").write_text("bad")
    index = tmp_path / "photos.index"
    facts = write_local(index, photos)
    change = {f"photos/{path.name}": path.name for path in [*photos, album / "bad.jpg"]}  # from the library's folder
    for path in (index / "local").rglob("rows.json"):
        change_rows(path, lambda about: about.update(rows=[[change[row[0]], *row[1:]] for row in about["rows"]]))
    (index / "index.json").write_text(json.dumps({"format": 1, "kinds": {"local": facts}, "source": "../photos"}))
    head = {"options": {"drop_graphics": False, "filter": None, "max_pixels": 100_000_000}, "photoplanet journal": 1}
    records = [
        [str(path), f"{stamp(path)};", {"row": {"latitude": 10.0 + at, "longitude": 2.0}, "fault": None}]
        for at, path in enumerate(photos)
    ]
    lines = [json.dumps(line) for line in (head, [1, 2, 3], ["a", "b", {"row": 5}], *records)]
    (index / ".photos.parquet.journal").write_text("\n".join([*lines, lines[-1][:30]]))
    for path in photos:
        hollow(path)
    found, said = opened(album)
    assert reads(said) == [] and told(found) == ["scene1.jpg", "scene2.jpg", "scene3.jpg", None]
    assert found.left_out == {"not a photo file": 1} and found.similar(view(3))[0].latitude == 12.0
    assert not (index / ".photos.parquet.journal").exists() and opened(album)[1] == []
