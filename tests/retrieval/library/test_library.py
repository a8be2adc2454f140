"""The library as a person uses it: built once, kept up to date, mended, and never answering wrongly in silence."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
from contextlib import contextmanager

import numpy as np
import pytest
from pictures import scene, view
from PIL import Image

from photoplanet.core import lock
from photoplanet.errors import InputError, MissingExtra
from photoplanet.locate import locator
from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.photos import table
from photoplanet.retrieval.library import library, listing, manifest

PLACES = {1: (55.7, 13.2), 2: (48.86, 2.35), 3: (-33.87, 151.21)}


def save(folder, name, picture, place):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, quality=92, **({"exif": gps_bytes(*place)} if place else {}))
    return path


@pytest.fixture
def album(tmp_path):
    """A folder of three geotagged scenes, one photo without a place, and a text that is called .jpg."""
    folder = tmp_path / "album"
    for seed, place in PLACES.items():
        save(folder, f"sub/scene{seed}.jpg", scene(seed), place)
    save(folder, "nowhere.jpg", scene(9), None)
    (folder / "text.jpg").write_text("this is no photo")
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder of three geotagged scenes with its index, not to be changed."""
    folder = tmp_path_factory.mktemp("built") / "album"
    for seed, place in PLACES.items():
        save(folder, f"sub/scene{seed}.jpg", scene(seed), place)
    library.open(folder, threads=1)
    return folder


@pytest.fixture
def indexed(built, tmp_path):
    """A copy of `built` that a test may change, with times kept as a backup keeps them."""
    shutil.copytree(library.index_folder(built), tmp_path / "album.index")
    return shutil.copytree(built, tmp_path / "album")


def opened(source, **options):
    said = []
    found = library.open(source, say=said.append, threads=1, **options)
    return found, said


def found_scene(found, seed):
    """The scene of the library that a new view of scene `seed` is told to be, or None."""
    trusted = [match for match in found.similar(view(seed)) if match.trusted]
    return trusted[0].photo_id if trusted else None


def reads(said):
    return [line for line in said if line.startswith("reading ")]


def test_a_new_view_finds_its_scene_and_place_and_an_unknown_scene_nothing(album):
    found, said = opened(album)
    assert len(found) == 3 and found.left_out == {"no GPS": 1, "not a photo file": 1}
    assert reads(said) == ["reading 3 photos for the index"]
    for seed, place in PLACES.items():
        (match, *_) = found.similar(view(seed))
        assert (match.photo_id, match.trusted) == (f"sub/scene{seed}.jpg", True)
        assert match.inliers == len(match.pairs) >= 15
        assert (match.latitude, match.longitude) == pytest.approx(place, abs=1e-4)
        answer = found.locate(view(seed))
        assert (answer.latitude, answer.longitude) == pytest.approx(place, abs=1e-4) and answer.spread_km < 0.1
    assert found.locate(view(77)) is None
    assert found.locate(Image.new("RGB", (300, 200), "grey")) is None
    assert sum(found.bytes_per_photo["local"].values()) > 10_000


def test_opening_again_reads_no_photo_and_changes_no_file(indexed):
    index = library.index_folder(indexed)
    before = {path: path.stat().st_mtime_ns for path in index.rglob("*") if path.is_file()}
    found, said = opened(indexed)
    assert said == [] and found_scene(found, 2) == "sub/scene2.jpg"
    after = {path: path.stat().st_mtime_ns for path in index.rglob("*") if path.is_file()}
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    ours = {"photos.parquet", "state.sqlite", "state.sqlite-journal"}  # the list itself; no feature, no index
    assert {path.name for path in changed} <= ours and all("photos.parquet" in str(path) for path in changed)


def test_photos_that_come_go_and_change_are_followed_and_only_they_are_read(indexed):
    (indexed / "sub/scene1.jpg").unlink()
    save(indexed, "sub/scene2.jpg", scene(5), PLACES[2])
    save(indexed, "scene4.jpg", scene(4), (35.68, 139.69))
    found, said = opened(indexed)
    assert reads(said) == ["reading 2 photos for the index (1 are there already)"]
    told = {seed: found_scene(found, seed) for seed in (1, 2, 3, 4, 5)}
    assert told == {1: None, 2: None, 3: "sub/scene3.jpg", 4: "scene4.jpg", 5: "sub/scene2.jpg"}


def test_a_corrected_place_is_taken_over_without_reading_pixels(album, tmp_path):
    rows = [{"photo_id": f"s{seed}", "path": f"album/sub/scene{seed}.jpg", "latitude": 1.0, "longitude": 2.0}
            for seed in PLACES]  # fmt: skip
    source = table.write(table.from_rows(rows), tmp_path / "list.csv")
    assert opened(source)[0].locate(view(1)).latitude == pytest.approx(1.0)
    rows[0]["latitude"] = 3.0
    table.write(table.from_rows(rows), source)
    found, said = opened(source)
    assert reads(said) == [] and found.locate(view(1)).latitude == pytest.approx(3.0)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_tiny_libraries(tmp_path, count):
    folder = tmp_path / "few"
    folder.mkdir()
    for seed in range(1, count + 1):
        save(folder, f"{seed}.jpg", scene(seed), PLACES[seed])
    for _ in range(2):
        found, _ = opened(folder)
        assert len(found) == count
        assert found_scene(found, 1) == ("1.jpg" if count else None)
        assert found_scene(found, 3) is None


def test_a_library_of_blank_photos_has_no_match(tmp_path):
    for number in range(3):
        save(
            tmp_path / "blank", f"{number}.jpg", Image.new("RGB", (200, 150), (90 * number, 9, 9)), (1.0 + number, 2.0)
        )
    for _ in range(2):
        found, _ = opened(tmp_path / "blank")
        assert len(found) == 3 and found.similar(view(1)) == []


def test_unreadable_photos_are_named_once_and_tried_again_when_they_change(album, tmp_path):
    cut = save(album, "cut.jpg", scene(6), (10.0, 20.0))
    whole = cut.read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    rows = [{"photo_id": path.stem, "path": str(path), "latitude": 1.0, "longitude": 2.0}
            for path in (cut, album / "text.jpg", album / "sub/scene1.jpg")]  # fmt: skip
    source = table.write(table.from_rows(rows), tmp_path / "list.parquet")
    found, said = opened(source)
    assert len(found) == 1 and found.unreadable == 2
    assert sum("cut.jpg" in line for line in said) == sum("text.jpg" in line for line in said) == 1
    found, said = opened(source)
    assert said == [] and found.unreadable == 2
    cut.write_bytes(whole)
    found, said = opened(source)
    assert found.unreadable == 1 and found_scene(found, 6) == "cut"


def test_rows_whose_file_is_missing_are_counted(album, tmp_path):
    rows = [{"photo_id": str(n), "path": f"album/sub/scene{n}.jpg", "latitude": 1.0, "longitude": 2.0} for n in (1, 7)]
    found, _ = opened(table.write(table.from_rows(rows), tmp_path / "list.csv"))
    assert len(found) == 1 and found.left_out == {"missing": 1}


def test_the_query_itself_is_recognised_by_path_and_by_bytes_and_can_be_left_out(indexed, tmp_path):
    found, _ = opened(indexed)
    original = indexed / "sub" / "scene1.jpg"
    copy = shutil.copyfile(original, tmp_path / "copy.jpg")
    rows = found.itself(original)
    assert [found.listing.ids[row] for row in rows] == ["sub/scene1.jpg"]
    assert found.itself(copy) == found.itself(original.read_bytes()) == found.itself(str(original)) == rows
    assert found.itself(save(tmp_path, "other.jpg", view(1), None)) == []
    assert found.locate(original) is not None and found.locate(original, exclude=rows) is None


DAMAGE = {
    "features cut off": lambda home: cut(*home.glob("local/computed/*-descriptors.npy")),
    "no features": lambda home: [path.unlink() for path in home.glob("local/computed/*.npy")],
    "a state that is not one": lambda home: (home / "local/computed/state.sqlite").write_bytes(b"x" * 5000),
    "a vocabulary cut off": lambda home: cut(*home.glob("local/vocabulary-*.npy")),
    "an inverted index of zeros": lambda home: [path.write_bytes(bytes(500)) for path in home.glob("local/inverted*")],
    "words cut off": lambda home: [cut(*home.glob("local/words-*/*-words.npy")), cut(*home.glob("local/inverted*"))],
    "no rows": lambda home: [path.unlink() for path in home.glob("local/rows-*")],
    "rows that are not Parquet": lambda home: [path.write_text("no") for path in home.glob("local/rows-*")],
    "a manifest cut off": lambda home: cut(home / "index.json"),
    "a manifest of strange things": lambda home: (home / "index.json").write_text('{"format": 2, "kinds": {"a": 5}}'),
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
    with pytest.raises(InputError, match=r"format 3.*up to 2.*update photoplanet"):
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


def test_a_library_that_is_empty_of_a_sudden_keeps_its_index(indexed, tmp_path):
    moved = indexed.rename(tmp_path / "elsewhere")
    indexed.mkdir()
    with pytest.raises(InputError, match="is it mounted"):
        opened(indexed)
    indexed.rmdir()
    moved.rename(indexed)
    found, said = opened(indexed)
    assert said == [] and len(found) == 3


def test_a_moved_library_takes_its_index_along(indexed, tmp_path):
    (tmp_path / "new").mkdir()
    shutil.copytree(indexed, tmp_path / "new" / "album")
    shutil.copytree(library.index_folder(indexed), tmp_path / "new" / "album.index")
    found, said = opened(tmp_path / "new" / "album")
    assert said == [] and found.similar(view(1))[0].path == str(tmp_path / "new" / "album" / "sub" / "scene1.jpg")


def test_a_library_that_is_renamed_together_with_its_index_keeps_it(indexed, tmp_path):
    library.index_folder(indexed).rename(tmp_path / "trip.index")
    found, said = opened(indexed.rename(tmp_path / "trip"))
    assert said == [] and len(found) == 3


def test_as_it_is_needs_an_index_and_then_looks_for_nothing_new(album):
    with pytest.raises(InputError, match="no index for this yet"):
        opened(album, update=False)
    opened(album)
    save(album, "scene4.jpg", scene(4), (35.68, 139.69))
    found, _ = opened(album, update=False)
    assert len(found) == 3 and found_scene(found, 4) is None and found_scene(found, 1) == "sub/scene1.jpg"


BUILD = """
    import os, signal, sys
    from contextlib import contextmanager
    from photoplanet.core import cache
    from photoplanet.retrieval.library import library
    cache.FLUSH_SECONDS = 0.0  # as if each photo took long
    how = getattr(signal, sys.argv[2])
    signal.signal(signal.SIGINT, signal.default_int_handler)

    @contextmanager
    def bar(what, total=None):
        done = 0
        def advance(count=1, note=""):
            nonlocal done
            done += count
            if what == "reading photos" and done == 3:
                os.kill(os.getpid(), how)
        yield advance

    library.open(sys.argv[1], threads=1, bar=bar)
"""


@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
def test_a_build_that_is_stopped_goes_on_where_it_was(tmp_path, how):
    folder = tmp_path / "album"
    for seed in range(1, 7):
        save(folder, f"{seed}.jpg", scene(seed), (float(seed), 2.0))
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(BUILD), str(folder), how], env=environment, capture_output=True
    )
    assert ended.returncode in (-9, -2, 1, 130) and b"ImportError" not in ended.stderr, ended.stderr
    index = library.index_folder(folder)
    assert json.loads((index / "index.json").read_text())["kinds"] == {}  # nobody sees a half-built index
    found, said = opened(folder)
    assert reads(said) == ["reading 3 photos for the index (3 are there already)"]
    assert found.unreadable == 0  # those that it did not come to are not unreadable
    assert found_scene(found, 1) == "1.jpg" and found_scene(found, 6) == "6.jpg"


def test_two_builders_at_once_build_once(album):
    started, go = threading.Event(), threading.Event()

    @contextmanager
    def slow(what, total=None):
        def advance(count=1, note=""):
            if what == "reading photos":
                started.set()
                assert go.wait(60)

        yield advance

    results, said, first_said = [], [], []
    first = threading.Thread(
        target=lambda: results.append(library.open(album, threads=1, bar=slow, say=first_said.append))
    )
    first.start()
    assert started.wait(60)

    def say(line):
        said.append(line)
        go.set()  # the second one has met the lock and says so

    results.append(library.open(album, threads=1, say=say))
    first.join(60)
    assert len(reads(first_said)) == 1 and reads(said) == [] and "another process is building it" in said[0]
    assert [len(found) for found in results] == [3, 3]


def test_while_somebody_updates_the_index_that_was_there_answers(indexed):
    save(indexed, "scene4.jpg", scene(4), (35.68, 139.69))
    with lock.held(library.index_folder(indexed) / manifest.LOCK, wait=False) as mine:
        assert mine
        found, said = opened(indexed)
        assert len(found) == 3 and "another process is updating it" in said[0]
        assert found_scene(found, 1) == "sub/scene1.jpg"
    assert len(opened(indexed)[0]) == 4


def test_an_open_library_answers_on_while_it_is_rebuilt(indexed):
    reader, _ = opened(indexed)
    for seed in (1, 2):
        (indexed / f"sub/scene{seed}.jpg").unlink()
    opened(indexed)
    assert found_scene(reader, 1) == "sub/scene1.jpg"
    save(indexed, "scene4.jpg", scene(4), (35.68, 139.69))
    opened(indexed)  # two generations on, what is gone is gone, and the rest is still found
    assert found_scene(reader, 1) is None and found_scene(reader, 3) == "sub/scene3.jpg"


def test_visual_words_are_kept_until_the_library_has_outgrown_them(indexed):
    (before,) = library.index_folder(indexed).glob("local/vocabulary-*")
    for seed in (4, 5, 6):
        save(indexed, f"scene{seed}.jpg", scene(seed), (1.0, 2.0))
    opened(indexed)  # 6 photos, words of 3
    assert [before] == list(library.index_folder(indexed).glob("local/vocabulary-*"))
    save(indexed, "scene7.jpg", scene(7), (1.0, 2.0))
    found, _ = opened(indexed)  # 7
    kept = json.loads((library.index_folder(indexed) / "index.json").read_text())["kinds"]["local"]
    assert kept["trained_on"] == 7 and kept["vocabulary"]["file"] != before.name
    assert [found_scene(found, seed) for seed in (3, 7)] == ["sub/scene3.jpg", "scene7.jpg"]


def test_a_place_that_cannot_be_written_is_named_with_the_way_out(indexed, monkeypatch):
    def refuse(self, *args, **options):
        raise PermissionError(13, "Permission denied", str(self))

    opened(indexed)
    monkeypatch.setattr(lock, "held", lambda *args, **options: refuse(library.index_folder(indexed)))
    found, said = opened(indexed)  # root may write anywhere, so the refusal is made here
    assert len(found) == 3 and "cannot be written" in said[0]
    shutil.rmtree(library.index_folder(indexed))
    with pytest.raises(InputError, match="--index DIR"):
        opened(indexed)


def test_by_vectors_of_a_model(photo, tiny_model, tmp_path):
    rows = [{"photo_id": colour, "path": str(photo(colour)), "latitude": at, "longitude": 2.0}
            for colour, at in (("red", 48.86), ("green", -22.9), ("blue", -33.87))]  # fmt: skip
    source = table.write(table.from_rows(rows), tmp_path / "list.csv")
    reddish = np.full((20, 20, 3), (250, 20, 10), np.uint8)
    for kind in ("int8", "float32", "ivf", "pq"):
        found, said = opened(source, by="embedding", model=tiny_model, vectors=kind)
        assert len(reads(said)) == (kind == "int8")  # another kind of index is made from the stored vectors
        matches = found.similar(reddish, k=2)
        assert matches[0].photo_id == "red" and len(matches) == 2
        assert matches[0].distance < matches[1].distance and matches[0].trusted is None
        assert found.similar(reddish, k=2, exclude=[0])[0].photo_id != "red"
    assert set(found.bytes_per_photo) == {"embedding pq of tiny"}
    assert found.locate(reddish) is None  # distances prove nothing


@pytest.mark.parametrize("missing", ["cv2", "faiss"])
def test_a_missing_extra_is_named_before_anything_is_read(tmp_path, monkeypatch, missing):
    save(tmp_path / "photos", "a.jpg", scene(1), PLACES[1])
    monkeypatch.setitem(sys.modules, missing, None)
    told = []
    with pytest.raises(MissingExtra, match=r"photoplanet\[retrieval\]"):
        library.open(tmp_path / "photos", say=told.append)
    assert told == [] and [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_a_manifest_of_more_than_4_mib_is_not_read(tmp_path):
    whole = json.dumps({"format": manifest.FORMAT, "kinds": {"local": {"photos": 3}}})
    for size, kinds in ((4 << 20, 1), ((4 << 20) + 1, 0)):
        (tmp_path / "index.json").write_text(whole.ljust(size))
        assert len(manifest.read(tmp_path).get("kinds", {})) == kinds


def test_the_generation_before_is_kept_and_those_before_it_go(indexed):
    home = library.index_folder(indexed) / "local"
    generations = [set(home.glob("rows-*"))]
    for seed in (4, 5):
        save(indexed, f"scene{seed}.jpg", scene(seed), (1.0, 2.0))
        opened(indexed)
        generations.append(set(home.glob("rows-*")))
    first, second, third = generations
    assert first < second and len(second) == 2 and len(third) == 2 and not first & third
    assert len(list(home.glob("inverted-*"))) == 2


def test_a_library_of_vectors_answers_on_while_it_is_rebuilt(photo, tiny_model, tmp_path):
    places = {"red": 48.84, "green": -22.9, "blue": -33.87}
    rows = [{"photo_id": colour, "path": str(photo(colour)), "latitude": at, "longitude": 2.34}
            for colour, at in places.items()]  # fmt: skip
    source = table.write(table.from_rows(rows), tmp_path / "list.csv")
    model = locator.load(tiny_model)
    reader, _ = opened(source, by="embedding", model=model)
    table.write(table.from_rows(rows[2:]), source)
    assert len(opened(source, by="embedding", model=model)[0]) == 1
    query = photo("red", "again.png")
    moved, supporter = reader.refine(query, model.locate(query))
    assert supporter == "red" and moved.best.latitude == pytest.approx(48.84)


def test_a_photo_that_only_the_network_share_lost_is_tried_again(indexed):
    gone = save(indexed, "scene4.jpg", scene(4), (1.0, 2.0))
    whole, stamp = gone.read_bytes(), gone.stat()

    @contextmanager
    def bar(what, total=None):
        if what == "reading photos":
            gone.unlink()  # between listing and reading
        yield lambda count=1, note="": None

    found, said = opened(indexed, bar=bar)
    assert len(found) == 3 and any("scene4.jpg" in line for line in said)
    gone.write_bytes(whole)
    os.utime(gone, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    found, said = opened(indexed)
    assert reads(said) == ["reading 1 photos for the index (3 are there already)"] and found_scene(found, 4)


def test_refining_needs_a_library_searched_by_vectors(built, tiny_model, photo):
    query = photo("red")
    with pytest.raises(InputError, match="open it by embedding"):
        opened(built)[0].refine(query, locator.load(tiny_model).locate(query))


def test_photos_in_shards_follow_their_shard(tmp_path):
    shard = tmp_path / "a.tar"
    shard.write_bytes(b"12345")
    before = listing.stamp(f"{shard}#b.jpg")
    assert before == listing.stamp(f"{shard}#c.jpg") == listing.stamp(str(shard)) and before.startswith("5:")
    shard.write_bytes(b"123456")
    assert listing.stamp(f"{shard}#b.jpg") not in ("", before)
