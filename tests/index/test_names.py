"""Names and paths: one photo under several of them, Unicode, and what is no text at all."""

import os

import pytest
from left_out import reasons

from photoplanet.errors import InputError
from photoplanet.index import build
from photoplanet.photos import table


@pytest.mark.parametrize("again", ["hard link", "link", "twice", "dots", "table"])
def test_one_file_is_one_photo_whatever_it_is_called(make, tmp_path, again):
    folder, sources = tmp_path / "in", [tmp_path / "in"]
    (folder / "sub").mkdir(parents=True)
    photo = folder / "a.jpg"
    photo.write_bytes(make.geotagged(1, 2))
    if again == "hard link":
        os.link(photo, folder / "b.jpg")
    elif again == "link":
        (folder / "b.jpg").symlink_to(photo)
    elif again == "table":
        (tmp_path / "t.csv").write_text("path\nin/a.jpg\n")
    sources += {"twice": [folder], "dots": [folder / "sub" / ".." / "a.jpg"], "table": [tmp_path / "t.csv"]}.get(
        again, []
    )
    rows, left_out = build.index(sources)
    assert len(rows) == 1 and [entry["reason"] for entry in left_out] == ["duplicate path"]


def test_a_path_up_from_a_linked_folder_is_the_one_that_the_system_means(make, tmp_path):
    (tmp_path / "far" / "in").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "in")
    (tmp_path / "far" / "a.jpg").write_bytes(make.geotagged(1, 2))
    (tmp_path / "a.jpg").write_bytes(make.geotagged(3, 4))
    (tmp_path / "t.csv").write_text("path\nlink/../a.jpg\n")
    for source in (tmp_path / "link" / ".." / "a.jpg", tmp_path / "t.csv"):
        assert build.index([source])[0]["latitude"].to_pylist() == pytest.approx([1])


def test_a_photo_that_is_named_itself_needs_no_ending(make, tmp_path):
    (tmp_path / "IMG_1").write_bytes(make.geotagged(1, 2))
    (tmp_path / "clip.avi").write_bytes(b"RIFF\0\0\0\0AVI LIST")
    assert len(build.index([tmp_path / "IMG_1"])[0]) == 1
    with pytest.raises(InputError, match="not a source"):
        build.index([tmp_path / "clip.avi"])


def test_a_hard_link_is_known_also_where_only_one_name_has_a_sidecar(make, tmp_path):
    (tmp_path / "a.jpg").write_bytes(make.geotagged(1, 2))
    os.link(tmp_path / "a.jpg", tmp_path / "b.jpg")
    (tmp_path / "b.xmp").write_bytes(make.xmp(3, 4))
    assert reasons(build.index([tmp_path])[1]) == {"b.jpg": "duplicate path", "b.xmp": "sidecar or table"}


def test_names_that_are_not_utf8_are_reported_and_the_rest_goes_on(make, tmp_path):
    folder = tmp_path / "in"
    (folder / "\udce9t\udce9").mkdir(parents=True)
    (folder / "good.jpg").write_bytes(make.geotagged(1, 2))
    for name in ("caf\udce9.jpg", "\udce9t\udce9/a.jpg", "clip\udce9.avi"):
        (folder / name).write_bytes(make.geotagged(3, 4))
    rows, left_out = build.index([folder], tmp_path / "t.parquet")
    assert rows["photo_id"].to_pylist() == ["good.jpg"]
    assert reasons(left_out) == {
        "caf\\xe9.jpg": "name not UTF-8", "a.jpg": "name not UTF-8", "clip\\xe9.avi": "film or sound",
    }  # fmt: skip
    for name in ("r.csv", "r.json"):
        assert "caf\\xe9.jpg" in build.write_report(left_out, tmp_path / name).read_text("utf-8").replace("\\\\", "\\")
    (tmp_path / "\udce9").mkdir()
    output = tmp_path / "\udce9" / "t.parquet"
    (tmp_path / "\udce9" / "a.jpg").write_bytes(make.geotagged(1, 2))
    build.index([output.parent], output)
    assert table.read(output)[0]["path"].to_pylist() == ["a.jpg"]


def test_photo_ids_are_unique_when_two_folders_share_names(make, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").write_bytes(make.geotagged(1, 1))
    rows, _ = build.index([tmp_path / "a", tmp_path / "b"], tmp_path / "o.parquet")
    assert rows["photo_id"].to_pylist() == ["1.jpg", "b/1.jpg"]


def test_names_in_another_unicode_form_are_found_on_disk_and_in_shards(make, tmp_path):
    composed, apart = "café", "cafe\u0301"
    (tmp_path / apart).mkdir()
    (tmp_path / apart / f"{apart}.jpg").write_bytes(make.geotagged(1, 2))
    make.shard(tmp_path / "s.tar", {f"{apart}.jpg": make.geotagged(3, 4), f"{composed}.json": b'{"lat": 5, "lon": 6}'})
    (tmp_path / "t.csv").write_text(f"path\n{composed}/{composed}.jpg\ns.tar#{composed}.jpg\n")
    rows, left_out = build.index([tmp_path / "t.csv"])
    assert [round(row["latitude"]) for row in rows.to_pylist()] == [1, 3] and left_out == []
    assert build.index([tmp_path / "s.tar"])[0]["latitude"].to_pylist() == [5.0]
    (tmp_path / "ids.csv").write_text(f"id\n{composed}\n")
    rows, _ = build.index([tmp_path / "ids.csv"], images=tmp_path / apart)
    assert rows["path"].to_pylist() == [str(tmp_path / apart / f"{apart}.jpg")]
