"""Builds that are stopped, that meet another process, and that go on while a library answers."""

import json
import os
import subprocess
import sys
import textwrap
import threading
from contextlib import contextmanager

import pytest
from libraries import found_scene, opened, reads, save
from pictures import scene

from photoplanet.core import lock
from photoplanet.locate import locator
from photoplanet.photos import table
from photoplanet.retrieval.library import library, manifest

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


def test_the_index_of_a_folder_named_by_its_place_lies_beside_it(tmp_path, monkeypatch):
    inside = tmp_path / "Photos" / "2024"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert manifest.index_folder(".") == tmp_path / "Photos" / "2024.index"
    assert manifest.index_folder("..") == tmp_path / "Photos.index"
