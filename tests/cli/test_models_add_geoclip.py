"""`photoplanet models add geoclip`: from a folder or by --download, and a model like any other afterwards."""

import csv
import json
import shutil
import sys

import pytest
from geoclip_files import SIZE, accept, package_file, write_all, write_clip, write_package
from hub_stand_in import COMMIT
from PIL import Image
from safetensors.numpy import save_file

from photoplanet.core import torch_weights
from photoplanet.models import folder as model_folder
from photoplanet.models import installed
from photoplanet.models.importers import geoclip, parity


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with the real files of GeoCLIP, a short gallery, and a small CLIP."""
    with pytest.MonkeyPatch.context() as patch:
        yield write_all(tmp_path_factory.mktemp("files"), patch)


@pytest.fixture(scope="module")
def model(files, tmp_path_factory):
    """The model folder that is made of them, for what only reads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHOTOPLANET_HOME", str(tmp_path_factory.mktemp("home")))
        from photoplanet.models.importers import adding
        from photoplanet.models.importers.importer import Files

        return adding.add("geoclip", Files({files: ""})).folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of photos, and a table of them with places and times."""
    folder = tmp_path_factory.mktemp("photos")
    rows = []
    for number, pixels in enumerate(parity.pictures(96, 4)):
        Image.fromarray(pixels).save(folder / f"{number}.jpg")
        rows.append((str(number), f"{number}.jpg", 48 + number, 2.0, f"2024-05-0{number + 1}T12:00:00"))
    with (folder / "photos.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("photo_id", "path", "latitude", "longitude", "taken_at"), *rows])
    return folder


def test_it_is_added_from_a_folder_and_listed_like_any_other(run, files):
    status, out, err = run("models", "add", "geoclip", "--from", files)
    assert (status, err) == (0, "") and out.startswith("added geoclip: ") and "now the default" in out
    facts = json.loads(run("models", "list", "--json")[1])["models"][-1]
    assert facts["name"] == "geoclip" and facts["world"] == "real" and facts["size"] == SIZE
    bundle = model_folder.read(installed.resolve("geoclip"))  # every hash is looked at
    texts = (bundle.folder / "LICENCES.txt").read_text()
    assert texts.startswith("MIT License") and "Vicente Vivanco" in texts and "OpenAI" in texts
    card = run("models", "card", "geoclip")[1]
    for said in (
        "# Model card: geoclip", "MIT.", "LICENCES.txt, beside this card", "5342c391eec96179", "package geoclip 1.3.0",
        "openai/clip-vit-large-patch14 at 32bd64288804", "| im2gps3k | 14.1% | 34.5% |", "Vivanco et al., NeurIPS 2023",
        "not measured with this folder", "Not for finding, following", "embeddings had a cosine of at least 1.0000",
        "Not calibrated", "km from Kauaʻi", "GRE Suite, arXiv:2505.18700", "weights float32",
    ):  # fmt: skip
        assert said in card, said
    status, _, err = run("models", "add", "geoclip", "--from", files)
    assert status == 2 and "a model called geoclip is there already" in err
    assert run("models", "add", "geoclip", "--from", files, "--name", "other", "--default")[0] == 0
    assert [each.name for each in installed.models()] == ["toy", "geoclip", "other"] and installed.default() == "other"


def test_int8_is_smaller_and_says_how_near_it_is(run, files, model, monkeypatch):
    assert run("models", "add", "geoclip", "--from", files, "--int8")[0] == 0
    small = model_folder.read(installed.resolve("geoclip"))
    assert small.info.backbone["weights"] == "int8" and 0 < small.info.training["parity"]["moved"] < 0.1
    saved = (model / "model.onnx").stat().st_size - small.onnx_path.stat().st_size
    encoder = sum(values.nbytes for name, values in weights_of_the_encoder(files).items())
    assert saved == pytest.approx(0.75 * encoder, rel=0.05)
    monkeypatch.setitem(parity.MOVED, True, 0.0)
    status, out, err = run("models", "add", "geoclip", "--from", files, "--int8", "--name", "worse")
    assert (status, out) == (2, "") and "import it without --int8" in err and err.count("\n") == 1
    assert [path.name for path in (small.folder.parent).iterdir()] == ["geoclip"]


def weights_of_the_encoder(files):
    """The matrices that int8 makes smaller: of CLIP's blocks and projection, and of GeoCLIP's head."""
    from safetensors.numpy import load_file

    clip = load_file(files / "clip-vit-large-patch14" / "model.safetensors")
    head = torch_weights.read(files / "geoclip" / "image_encoder_mlp_weights.pth")
    return {name: each for name, each in {**clip, **head}.items() if each.ndim == 2 and "embedding" not in name}


def test_every_command_works_with_it(run, model, photos, tmp_path):
    given = ("--model", model)
    table = photos / "photos.csv"
    status, out, err = run("locate", photos, *given, "--json", "--map", tmp_path / "map.html")
    answers = json.loads(out)
    assert (
        status == 0 and answers["world"] == "real" and len(answers["photos"]) == 4 and (tmp_path / "map.html").exists()
    )
    assert all(0 < each["region"]["radius_km"] <= 20_016 for each in answers["photos"]), err
    assert json.loads(run("album", photos, *given, "--json")[1])
    assert "cell" in json.loads(run("explain", photos / "0.jpg", *given, "--positions", 3, "--json")[1])
    measured = json.loads(run("evaluate", model, table, "--json")[1])
    assert measured["photos"] == 4
    by = ("--library", table, "--by", "embedding", "--vectors", "float32")
    found = json.loads(run("similar", photos / "0.jpg", *by, *given, "--json")[1])
    assert found["photos"][0]["matches"]


@pytest.fixture
def public(hub, tmp_path, monkeypatch):
    """A stand-in of the hub that has GeoCLIP's files and the small CLIP; returns it."""
    gallery = write_package(tmp_path / "package")
    accept(monkeypatch, write_clip(tmp_path / "clip"), gallery)
    tensors = {
        prefix + name: values
        for file, prefix in geoclip.PACKAGE.items()
        for name, values in torch_weights.read(package_file(file)).items()
    }
    save_file(tensors, tmp_path / "model.safetensors")
    own = {
        "config.json": b'{"model_type": "geoclip-geolocation", "gallery_file": "places.csv"}',
        "model.safetensors": (tmp_path / "model.safetensors").read_bytes(),
        "places.csv": gallery.read_bytes(),
        "README.md": b"---\nlicense: mit\n---\n",
    }
    hub.add("VicenteVivanco/geoclip-geolocation", own)
    clip = {path.name: path.read_bytes() for path in (tmp_path / "clip").iterdir()}
    hub.add(geoclip.CLIP, clip, licence="", sha=geoclip.CLIP_COMMIT)
    return hub


def test_a_download_says_what_it_fetches_and_leaves_nothing_but_the_model(run, public, own_home):
    status, out, err = run("models", "add", "geoclip", "--download")
    assert status == 0 and out.startswith("added geoclip: "), err
    for said in (
        "VicenteVivanco/geoclip-geolocation from", f"at commit {COMMIT[:12]}", "licence mit, 3 files",
        "licence mit, 1 file,", "SHA-256", f"{geoclip.CLIP} from", "at commit 32bd64288804",
        "licence MIT (openai/CLIP), 2 files",
    ):  # fmt: skip
        assert said in err, said
    origins = {each["from"] for each in model_folder.read(installed.resolve("geoclip")).info.training["provenance"]}
    assert origins == {f"VicenteVivanco/geoclip-geolocation at {COMMIT[:12]}", f"{geoclip.CLIP} at 32bd64288804"}
    assert not any(path.is_dir() for path in (own_home / "downloads").iterdir())
    asked = len(public.requests)
    status, _, err = run("models", "add", "geoclip", "--download")
    assert status == 2 and "is there already" in err and len(public.requests) == asked


def test_a_download_that_is_cut_goes_on_where_it_was(run, public, own_home):
    public.fail("model.safetensors", "cut", times=3)
    status, out, err = run("models", "add", "geoclip", "--download")
    assert (status, out) == (1, "") and "goes on from there" in err and not list((own_home / "models").glob("*"))
    assert run("models", "add", "geoclip", "--download")[0] == 0


def test_without_a_folder_or_download_it_says_how_and_connects_to_nothing(run, public):
    status, out, err = run("models", "add", "geoclip")
    lines = out.splitlines()
    assert status == 2 and lines[0] == "python -m pip install --no-deps --target geoclip geoclip==1.3.0"
    commit = geoclip.CLIP_COMMIT
    assert [line.split()[-1] for line in lines[1:]] == [
        f"{public.address}/{geoclip.CLIP}/resolve/{commit}/{name}" for name in ("config.json", "model.safetensors")
    ]
    assert "nothing was fetched" in err and "--download" in err and "--from" in err and err.count("\n") == 1
    assert public.requests == []


def test_without_the_extra_it_says_which_before_anything_is_made(run, files, own_home, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    status, out, err = run("models", "add", "geoclip", "--from", files)
    assert (status, out) == (2, "") and "adding geoclip needs the 'pretrained' extra" in err and err.count("\n") == 1
    assert not (own_home / "models").exists()


def test_options_that_do_not_go_together_are_usage_errors(run, files, model, tmp_path, monkeypatch):
    assert "give --from or --download, not both" in run("models", "add", "geoclip", "--from", files, "--download")[2]
    for option in (["--from", files], ["--download"], ["--int8"]):
        status, _, err = run("models", "add", model, *option)
        assert status == 2 and "are for public geolocators" in err
    shutil.copytree(model, tmp_path / "geoclip")
    monkeypatch.chdir(tmp_path)
    assert run("models", "add", "./geoclip", "--name", "mine")[1].startswith("added mine: ")
    empty = tmp_path / "empty"
    empty.mkdir()
    status, out, err = run("models", "add", "geoclip", "--from", empty)
    assert (status, out) == (2, "") and "no image_encoder_mlp_weights.pth" in err and err.count("\n") == 1
    assert [each.name for each in installed.models()] == ["toy", "mine"]
