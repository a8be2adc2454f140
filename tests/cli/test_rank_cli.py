"""`photoplanet rank` as it is typed, on stand-ins of both benchmarks that the tiny model (mean colour) can rank."""

import json

import pytest
from PIL import Image

from photoplanet.retrieval.benchmarks import datasets

SHADES = {"1000": (200, 40, 40), "1001": (40, 200, 40), "1002": (40, 40, 200)}


@pytest.fixture
def holidays(tmp_path):
    """Three groups of three photos, each in a shade of its own; the last photo of the first looks like the second."""
    folder = tmp_path / "holidays"
    folder.mkdir()
    for group, (red, green, blue) in SHADES.items():
        for number in range(3):
            colour = (red + 8 * number, green, blue + 5 * number)
            if (group, number) == ("1000", 2):
                colour = (45, 200, 40)
            Image.new("RGB", (60, 40), colour).save(folder / f"{group}{number:02d}.jpg", quality=95)
    return folder


@pytest.fixture
def oxford(tmp_path):
    """Four photos; the query is the red part of a mostly blue photo, and its positive is red all over."""
    images, truth = tmp_path / "oxford" / "images", tmp_path / "oxford" / "gt_files"
    images.mkdir(parents=True)
    truth.mkdir()
    query = Image.new("RGB", (200, 100), "blue")
    query.paste("red", (120, 0, 200, 100))
    query.save(images / "keble_000001.jpg", quality=95)
    for name, colour in (("keble_000002", "red"), ("keble_000003", "darkred"), ("oxford_000004", "blue")):
        Image.new("RGB", (80, 60), colour).save(images / f"{name}.jpg", quality=95)
    (truth / "keble_1_query.txt").write_text("oxc1_keble_000001 152 2 198 98\n")
    for kind, name in (("good", "keble_000002"), ("ok", "keble_000001"), ("junk", "keble_000003")):
        (truth / f"keble_1_{kind}.txt").write_text(f"{name}\n")
    return tmp_path / "oxford"


def test_holidays_by_hand(run, holidays, tiny_model):
    status, out, _ = run("rank", "holidays", holidays, "--model", tiny_model, "--partial", "--json")
    found = json.loads(out)
    # 100000: 100001 is nearest, 100002 looks like 1001: after its three photos or among them, at rank 1 to 4
    # 100100: 100002 lies nearer (5 in red) than 100101 (8 and 5) and 100102 (16 and 10): ranks 1 and 2
    assert status == 0
    assert found["average_precision"]["100100"] == pytest.approx((0 + 1 / 2) / 4 + (1 / 2 + 2 / 3) / 4)
    assert found["average_precision"]["100200"] == pytest.approx(1)
    assert 0.5 < found["average_precision"]["100000"] < 1
    assert (found["photos"], found["queries"], found["complete"], found["whitening"]) == (9, 3, False, None)


def test_oxford_ranks_with_the_part_in_the_box(run, oxford, tiny_model):
    status, out, _ = run("rank", "oxford", oxford, "--model", tiny_model, "--partial", "--json")
    # the red part: keble_000002 first, (junk), then the query's own photo, partly red, and the blue one last
    assert status == 0 and json.loads(out)["map"] == pytest.approx(1)
    (oxford / "gt_files" / "keble_1_query.txt").write_text("oxc1_keble_000001 0 0 110 100\n")  # now the blue part
    _, out, _ = run("rank", "oxford", oxford, "--model", tiny_model, "--partial", "--json")
    # the blue photo first, then the query's own, then keble_000002: ranks 1 and 2
    assert json.loads(out)["map"] == pytest.approx((0 + 1 / 2) / 4 + (1 / 2 + 2 / 3) / 4)


@pytest.mark.parametrize("options", [["--augmentation"], ["--spatial-search"], ["--augmentation", "--spatial-search"]])
def test_augmentation_and_spatial_search_rank_too(run, holidays, tiny_model, options):
    arguments = ("rank", "holidays", holidays, "--model", tiny_model, "--partial", *options)
    status, out, _ = run(*arguments, "--json")
    found = json.loads(out)
    assert status == 0 and found["average_precision"]["100200"] == pytest.approx(1)
    assert (found["whitening"] is not None) == ("--augmentation" in options)
    assert ("+aug" in found["name"], "+ss" in found["name"]) == (
        "--augmentation" in options, "--spatial-search" in options
    )  # fmt: skip


def test_spatial_search_finds_a_part_of_a_photo(run, oxford, tiny_model):
    """The query is red; its own photo is red on the right only, which a patch of it sees and its mean does not."""
    (oxford / "gt_files" / "keble_1_good.txt").write_text("keble_000001\n")
    (oxford / "gt_files" / "keble_1_ok.txt").write_text("")
    (oxford / "gt_files" / "keble_1_junk.txt").write_text("keble_000002\n")
    command = ("rank", "oxford", oxford, "--model", tiny_model, "--partial", "--json")
    whole, patches = (json.loads(run(*command, *more)[1])["map"] for more in ([], ["--spatial-search"]))
    assert whole == 0.25 and patches == 1.0  # behind the dark red photo, and before it


def test_the_table_stands_beside_the_papers_and_says_that_it_is_partial(run, holidays, tiny_model):
    status, out, _ = run("rank", "holidays", holidays, "--model", tiny_model, "--partial")
    assert status == 0 and "| PlaNet (Weyand et al. 2016) | 73.3 |" in out
    assert "| **tiny, 9 photos only** |" in out and "9 photos, 3 queries" in out and "not comparable" in out


def test_partial_copies_and_folders_of_something_else_are_refused(run, holidays, tiny_model, tmp_path):
    status, _, err = run("rank", "holidays", holidays, "--model", tiny_model)
    assert status == 2 and "9 photos" in err and "--partial" in err and err.count("\n") == 1
    status, _, err = run("rank", "oxford", holidays, "--model", tiny_model)
    assert status == 2 and "no photo of the benchmark" in err


def test_of_many_unreadable_photos_five_are_named(run, holidays, tiny_model):
    bad = sorted(path for path in holidays.glob("*.jpg") if not path.stem.endswith("00"))
    for path in bad:
        path.write_bytes(b"\xff\xd8\xff")
    _, _, err = run("rank", "holidays", holidays, "--model", tiny_model, "--partial")
    names = ", ".join(path.stem for path in bad[:5])
    assert len(bad) == 6 and f"6 cannot be read: {names} and 1 more" in err.replace(".jpg", "")


def test_unreadable_photos_are_counted_and_named(run, holidays, tiny_model):
    (holidays / "100101.jpg").write_bytes(b"\xff\xd8\xff")
    (holidays / "100200.jpg").write_bytes(b"junk")
    command = ("rank", "holidays", holidays, "--model", tiny_model, "--partial")
    status, out, err = run(*command, "--json")
    found = json.loads(out)
    assert status == 0
    assert found["unreadable"] == ["100101", "100200"] and found["queries_left_out"] == ["100200"]
    # one of two positives is found, at rank 1, and the other never
    assert found["average_precision"]["100100"] == pytest.approx((0 + 1 / 2) / 4)
    assert "2 cannot be read: 100101, 100200" in err


def test_a_kept_cache_goes_on_and_is_refused_for_another_model(run, holidays, tiny_model, write_model, tmp_path):
    command = ("rank", "holidays", holidays, "--partial", "--json", "--cache", tmp_path / "kept")
    _, first, _ = run(*command, "--model", tiny_model)
    kept = sorted((tmp_path / "kept").rglob("*.npy"))
    stamps = [path.stat().st_mtime_ns for path in kept]
    _, again, _ = run(*command, "--model", tiny_model)
    assert first == again and stamps == [path.stat().st_mtime_ns for path in kept] and len(kept) == 2
    status, _, err = run(*command, "--model", tiny_model, "--embedding", "network")
    assert status == 2 and "other settings" in err


def test_the_commands_choices_are_the_librarys():
    from photoplanet.cli import rank
    from photoplanet.retrieval.vectors import embedding

    assert tuple(datasets.BENCHMARKS) == rank.BENCHMARKS
    assert {"raw", *embedding.KINDS} == set(rank.EMBEDDINGS)
