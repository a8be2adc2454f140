"""`photoplanet models add streetclip | osv5m`: from a folder or by --download, and a model like any other then."""

import json

import pytest
from geolocator_files import PLACES, write_osv5m, write_streetclip
from PIL import Image

from photoplanet.models import folder as model_folder
from photoplanet.models import installed
from photoplanet.models.importers import adding, cities, osv5m, parity, streetclip

WRITE = {"streetclip": write_streetclip, "osv5m": write_osv5m}
REPO = {"streetclip": streetclip.REPO, "osv5m": osv5m.REPO}
SAID = {
    "streetclip": ("StreetCLIP (geolocal/StreetCLIP)", "CC BY-NC 4.0.", streetclip.NOTE, "| im2gps3k | – | 22.4% |",
                   "'A Street View photo in {country}.' for 3 countries", "which held 7 cities", "Cities by country",
                   "not for: locating private photos of others"),
    "osv5m": ("OSV-5M baseline (osv5m/baseline)", "MIT.", "GeoScore 3361", "5 rectangles of a quadtree",
              "which held 320 points, 64 a rectangle", "not for: indoor photos"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The world is seven cities, and CLIP has two heads."""
    monkeypatch.setattr(cities, "choose", lambda: PLACES)
    monkeypatch.setattr(osv5m, "CLIP", osv5m.CLIP | {"num_attention_heads": 2})


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, pixels in enumerate(parity.pictures(96, 2)):
        Image.fromarray(pixels).save(folder / f"{number}.jpg")
    return folder


@pytest.mark.parametrize("name", WRITE)
def test_it_is_added_from_a_folder_and_its_card_says_what_it_is(name, run, tmp_path):
    given = WRITE[name](tmp_path / "files")
    status, out, err = run("models", "add", name, "--from", given)
    assert (status, err) == (0, "") and out.startswith(f"added {name}: ")
    bundle = model_folder.read(installed.resolve(name))  # every hash is looked at
    assert "License" in (bundle.folder / "LICENCES.txt").read_text()
    card = run("models", "card", name)[1]
    for said in (*SAID[name], "pytorch_model.bin", "embeddings had a cosine of at least 1.0000", "Not calibrated",
                 "LICENCES.txt, beside this card"):  # fmt: skip
        assert said in card, said


@pytest.mark.parametrize("name", WRITE)
def test_commands_work_with_it_and_a_licence_that_forbids_something_is_said(name, run, photos, tmp_path):
    assert run("models", "add", name, "--from", WRITE[name](tmp_path / "files"), "--int8")[0] == 0
    status, out, err = run("locate", photos, "--json", "--geojson", tmp_path / "where.geojson")
    assert status == 0 and len(json.loads(out)["photos"]) == 2
    assert (f"{name}: {streetclip.NOTE}" in err) == (name == "streetclip")
    assert json.loads((tmp_path / "where.geojson").read_text()).get("licence") == json.loads(out).get("licence")
    assert "cell" in json.loads(run("explain", photos / "0.jpg", "--positions", 2, "--json")[1])
    assert json.loads(run("album", photos, "--json")[1])["albums"]


@pytest.mark.parametrize("name", WRITE)
def test_without_a_word_whence_the_lines_to_fetch_it_are_printed(name, run):
    status, out, err = run("models", "add", name)
    assert status == 2 and "nothing was fetched" in err
    assert f"{REPO[name]}/resolve/main/pytorch_model.bin" in out
    assert out.splitlines() == adding.by_hand(name)


@pytest.mark.parametrize("name", WRITE)
def test_a_download_brings_the_files_and_says_the_licence_first(name, run, hub, own_home, tmp_path):
    given = WRITE[name](tmp_path / "files")
    licence = {"streetclip": "cc-by-nc-4.0", "osv5m": "mit"}[name]
    hub.add(REPO[name], {path.name: path.read_bytes() for path in given.iterdir()}, licence=licence)
    status, out, err = run("models", "add", name, "--download")
    assert status == 0 and out.startswith(f"added {name}: "), err
    assert f"licence {licence}" in err
    [first, *_] = model_folder.read(installed.resolve(name)).info.training["provenance"]
    assert first["file"] == "pytorch_model.bin" and first["from"].startswith(f"{REPO[name]} at ")
    assert not list((own_home / "downloads").rglob("*.bin"))


@pytest.mark.parametrize("name", WRITE)
def test_weights_that_are_damaged_or_others_leave_nothing(name, run, tmp_path):
    given = WRITE[name](tmp_path / "files")
    whole = (given / "pytorch_model.bin").read_bytes()
    other = WRITE["osv5m" if name == "streetclip" else "streetclip"](tmp_path / "other")
    for wrong in (whole[: len(whole) // 2], b"", (other / "pytorch_model.bin").read_bytes()):
        (given / "pytorch_model.bin").write_bytes(wrong)
        status, out, err = run("models", "add", name, "--from", given)
        assert (status, out) == (2, "") and err.count("\n") == 1, err
    assert [each.name for each in installed.models()] == ["toy"]
