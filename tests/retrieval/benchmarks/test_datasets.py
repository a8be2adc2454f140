"""Holidays and Oxford5k on stand-ins of their own layout, from folder to mAP."""

import numpy as np
import pytest
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.retrieval.benchmarks import datasets


@pytest.fixture
def holidays(tmp_path):
    """Three groups, of 3, 2 and 1 photos; the last has no positive and is therefore no query."""
    folder = tmp_path / "jpg"
    folder.mkdir()
    for name in ("100000", "100001", "100002", "100100", "100101", "100200"):
        Image.new("RGB", (20, 20)).save(folder / f"{name}.jpg")
    (folder / "readme.txt").write_text("not a photo")
    return folder


@pytest.fixture
def oxford(tmp_path):
    """Five photos and one landmark with two queries, one of them without positives."""
    for name in ("all_souls_000013", "all_souls_000026", "all_souls_000002", "oxford_001115", "magdalen_000560"):
        path = tmp_path / "images" / f"{name}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (100, 80)).save(path)
    truth = tmp_path / "gt_files"
    truth.mkdir()
    for stem, lists in {
        "all_souls_1": (["all_souls_000013"], ["all_souls_000026"], ["all_souls_000002"]),
        "all_souls_2": ([], [], []),
    }.items():
        (truth / f"{stem}_query.txt").write_text("oxc1_all_souls_000013 10.5 20 60 79.25\n")
        for kind, names in zip(("good", "ok", "junk"), lists, strict=True):
            (truth / f"{stem}_{kind}.txt").write_text("\n".join([*names, ""]))
    return tmp_path


def test_holidays_groups_and_queries(holidays):
    found = datasets.holidays(holidays, partial=True)
    assert list(found.photos) == ["100000", "100001", "100002", "100100", "100101", "100200"]
    assert [(q.name, q.box, sorted(q.positives), set(q.ignored)) for q in found.queries] == [
        ("100000", None, ["100001", "100002"], {"100000"}),
        ("100100", None, ["100101"], {"100100"}),
    ]


def test_oxford_queries_are_parts_of_photos(oxford):
    found = datasets.oxford(oxford, partial=True)
    (query,) = found.queries
    assert query == datasets.Query(
        "all_souls_1", "all_souls_000013", (10.5, 20.0, 60.0, 79.25),
        frozenset({"all_souls_000013", "all_souls_000026"}), frozenset({"all_souls_000002"}),
    )  # fmt: skip
    assert len(found.photos) == 5 and found.missing == []


def test_scores_worked_by_hand(holidays):
    """Features on a line, so that the distances give the ranking that the comment tells."""
    data = datasets.holidays(holidays, partial=True)
    place = {"100000": 0.0, "100001": 1.0, "100002": 5.0, "100100": 2.0, "100101": 3.0, "100200": 9.0}
    features = {name: np.array([[x]]) for name, x in place.items()}

    def distances(query, references):
        return np.abs(references[:, 0, 0] - query[0, 0])

    found = datasets.score(data, features, features, distances)
    # 100000: 1 | 2 3 | 5: positives at ranks 0 and 3: 1/2 + (1/3 + 2/4)/2/2
    # 100100: 100001 (distance 1) stands before 100101 (1 too) by its name: rank 1, AP 1/4
    assert found["average_precision"]["100000"] == pytest.approx(1 / 2 + (1 / 3 + 1 / 2) / 4)
    assert found["average_precision"]["100100"] == pytest.approx(0.25)
    assert found["map"] == pytest.approx((1 / 2 + 5 / 24 + 1 / 4) / 2)
    assert (found["photos"], found["queries"], found["complete"]) == (6, 2, False)
    # a positive that cannot be read was never found: AP of 100100 is 0, and it is named
    rest = {name: row for name, row in features.items() if name != "100101"}
    found = datasets.score(data, rest, features, distances)
    assert found["average_precision"]["100100"] == 0 and found["unreadable"] == ["100101"]
    # a query that cannot be read is left out, and named
    found = datasets.score(data, features, {"100100": features["100100"]}, distances)
    assert found["queries_left_out"] == ["100000"] and found["queries"] == 1
    with pytest.raises(InputError, match="no photo can be read"):
        datasets.score(data, {}, features, distances)


def test_partial_copies_are_refused_unless_asked_for(holidays, oxford):
    for read, folder, whole in ((datasets.holidays, holidays, "1,491"), (datasets.oxford, oxford, "5,062")):
        with pytest.raises(InputError, match=f"has {whole}; .*--partial"):
            read(folder)


def test_a_complete_copy_needs_no_flag(tmp_path):
    """1,491 names of which 500 are queries, laid out as Holidays has them."""
    names = [f"{1000 + group}{number:02d}" for group in range(500) for number in range(3 if group < 491 else 2)]
    assert len(names) == 1491
    for name in names:
        (tmp_path / f"{name}.jpg").touch()
    data = datasets.holidays(tmp_path)
    assert len(data.queries) == 500 and sum(len(query.positives) for query in data.queries) == 991
    features = {name: np.array([[float(name[:4])]]) for name in names}
    found = datasets.score(data, features, features, lambda q, r: np.abs(r[:, 0, 0] - q[0, 0]))
    assert found["map"] == 1.0 and found["complete"]
    (tmp_path / f"{names[2]}.jpg").unlink()
    with pytest.raises(InputError, match=r"1,490 photos, but INRIA Holidays has 1,491"):
        datasets.holidays(tmp_path)
    (tmp_path / "190000.jpg").touch()  # alone, so not a query: 1,491 photos again
    (tmp_path / f"{names[1]}.jpg").rename(tmp_path / "190100.jpg")  # and a query has lost its positive
    with pytest.raises(InputError, match="499 queries with positives, but INRIA Holidays has 500"):
        datasets.holidays(tmp_path)


def test_damaged_ground_truth_is_named(oxford):
    query = oxford / "gt_files" / "all_souls_1_query.txt"
    good = query.read_text()
    for bad in ("oxc1_all_souls_000013 1 2 3", "", "oxc1_all_souls_000013 9 2 3 4", "x nan 0 1 1", "x 0 0 inf 1"):
        query.write_text(bad)
        with pytest.raises(InputError, match="all_souls_1_query"):
            datasets.oxford(oxford, partial=True)
    query.write_text(good)
    (oxford / "gt_files" / "all_souls_1_ok.txt").write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(InputError, match="all_souls_1_ok"):
        datasets.oxford(oxford, partial=True)
    (oxford / "gt_files" / "all_souls_1_ok.txt").unlink()
    with pytest.raises(InputError, match="all_souls_1_ok"):
        datasets.oxford(oxford, partial=True)


def test_photos_of_the_ground_truth_that_are_not_there_are_counted(oxford):
    (oxford / "images" / "all_souls_000026.jpg").unlink()
    assert datasets.oxford(oxford, partial=True).missing == ["all_souls_000026"]


def test_folders_without_the_benchmark_or_with_a_photo_twice_are_refused(tmp_path, holidays):
    with pytest.raises(InputError, match="no such folder"):
        datasets.holidays(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no photo of the benchmark"):
        datasets.oxford(tmp_path / "empty")
    (holidays / "copy").mkdir()
    (holidays / "copy" / "100000.jpg").touch()
    with pytest.raises(InputError, match="leave one of the two"):
        datasets.holidays(holidays, partial=True)


def test_the_table_has_the_published_rows_of_its_benchmark_and_ours():
    text = datasets.table("oxford", [("ours | new", 0.5)])
    assert "| PlaNet (Weyand et al. 2016) | 34.9 |" in text and "| **ours / new** | **50.0** |" in text
    assert "GIST" not in text and "| GIST | 37.6 |" in datasets.table("holidays", [])


def test_a_whole_copy_of_oxford_has_5062_photos_and_55_queries(tmp_path):
    for number in range(5062):
        (tmp_path / f"oxford_{number:06}.jpg").touch()
    for number in range(55):
        (tmp_path / f"keble_{number}_query.txt").write_text(f"oxc1_oxford_{number:06} 1 2 30 40")
        for kind, text in (("good", f"oxford_{number + 60:06}"), ("ok", ""), ("junk", "")):
            (tmp_path / f"keble_{number}_{kind}.txt").write_text(text)
    found = datasets.oxford(tmp_path)
    assert (len(found.photos), len(found.queries)) == (5062, 55)
    (tmp_path / "keble_54_query.txt").unlink()
    with pytest.raises(InputError, match="54 queries with positives, but Oxford5k has 55"):
        datasets.oxford(tmp_path)
