import pyarrow as pa
import pytest

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.errors import InputError
from photoplanet.evaluation import published


def listing(*ids, **more):
    return pa.table({"photo_id": list(ids), "latitude": [1.0] * len(ids), "longitude": [2.0] * len(ids), **more})


def test_the_papers_own_row_is_there_to_the_digit():
    rows = {row["name"]: row for row in published.get("im2gps").rows()}
    own = rows["PlaNet, 91 M photos"]
    assert [round(100 * share, 1) for share in own["accuracy"].values()] == [8.4, 24.5, 37.6, 53.6, 71.3]
    assert "Weyand" in own["source"]
    assert own["readout"] == "cell centre"


@pytest.mark.parametrize("name", list(published.BENCHMARKS))
def test_rows_are_shares_that_rise_with_the_radius_and_name_their_source(name):
    for row in published.get(name).rows():
        assert list(row["accuracy"]) == list(RADII_KM)
        known = [share for share in row["accuracy"].values() if share is not None]
        assert known == sorted(known)
        assert all(0 <= share <= 1 for share in known)
        assert row["source"]
        assert 0 < row.get("geoscore", 1) <= 5000 and (known or "geoscore" in row)
        assert 2008 <= row["year"] <= 2030


def test_sizes_are_those_of_the_papers():
    sizes = {name: benchmark.photos for name, benchmark in published.BENCHMARKS.items()}
    assert sizes == {
        "im2gps": 237, "im2gps3k": 2997, "yfcc4k": 4536, "yfcc26k": 25600, "gws15k": 15000, "osv5m": 210122
    }  # fmt: skip
    with pytest.raises(InputError, match="im2gps3k"):
        published.get("imagenet")


def test_a_complete_copy_is_found_in_folders_and_with_other_suffixes(tmp_path):
    ids = [f"p{i}.jpg" if i % 2 else f"p{i}" for i in range(237)]
    for i in range(237):
        file = tmp_path / f"part{i % 3}" / f"p{i}.jpg"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"")
    paths, facts = published.check("im2gps", listing(*ids), tmp_path)
    assert facts["complete"]
    assert all(path.endswith(".jpg") for path in paths)
    assert published.describe(facts) == "im2gps: complete, 237 photos"


def test_what_is_missing_or_unreadable_is_named(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"")
    paths, facts = published.check(
        "im2gps", listing("a.jpg", "b.jpg", "c.jpg"), tmp_path, readable=lambda path: not path.endswith("b.jpg")
    )
    assert paths[2] is None
    assert facts["missing"] == {"count": 1, "first": ["c.jpg"]}
    assert facts["unreadable"]["count"] == 1
    text = published.describe(facts)
    assert "the list has 3 photos, the benchmark 237" in text
    assert "1 missing (first: c.jpg)" in text


def test_a_list_cannot_reach_outside_the_folder(tmp_path):
    (tmp_path / "secret.jpg").write_bytes(b"")
    inside = tmp_path / "images"
    inside.mkdir()
    (inside / "a.jpg").write_bytes(b"")
    paths, _ = published.check("im2gps", listing("a.jpg", "../secret.jpg", str(tmp_path / "secret.jpg")), inside)
    assert paths[1:] == [None, None]


def test_a_wrong_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match="holds none of the 1 photos"):
        published.check("im2gps", listing("a.jpg"), tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        published.check("im2gps", listing("a.jpg"), tmp_path / "absent")
