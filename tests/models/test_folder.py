import json
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError, ModelError
from photoplanet.models import folder, info


def edit(model, **changes):
    facts = json.loads((model / "model.json").read_text())
    facts.update(changes)
    (model / "model.json").write_text(json.dumps(facts))


def test_what_is_written_is_read_again(tiny_model):
    bundle = folder.read(tiny_model)
    assert bundle.info.name == "tiny"
    assert bundle.info.preprocessing.size == 16
    assert len(bundle.partition) == bundle.info.classes == 5
    assert bundle.onnx_path.is_file() and bundle.weights_path.is_file()
    assert set(bundle.info.hashes) == {"cells.parquet", "model.onnx", "weights.safetensors"}
    assert bundle.info.created.startswith("20") and bundle.info.photoplanet_version
    assert (tiny_model / "MODEL_CARD.md").read_text().startswith("# Model card: tiny")


def test_a_model_without_weights_for_training_is_whole(write_model, tmp_path, tiny_model):
    full = folder.read(tiny_model)
    bundle = folder.write(tmp_path / "light", full.info, full.partition, full.onnx_path)
    assert bundle.weights_path is None
    assert folder.read(tmp_path / "light").weights_path is None


def test_no_trace_of_the_assembly_is_left(write_model, tmp_path):
    write_model(tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o777 & ~_umask()


def test_an_existing_model_is_replaced_and_what_else_lies_there_is_kept(write_model, tmp_path):
    write_model(tmp_path / "model", name="old")
    (tmp_path / "model" / "notes.txt").write_text("mine")
    write_model(tmp_path / "model", name="new")
    assert folder.read(tmp_path / "model").info.name == "new"
    assert (tmp_path / "model" / "notes.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_an_empty_folder_is_filled_but_other_folders_and_files_are_refused(write_model, tmp_path):
    (tmp_path / "empty").mkdir()
    write_model(tmp_path / "empty")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(b"a photo")
    with pytest.raises(InputError, match="not empty"):
        write_model(tmp_path / "photos")
    assert (tmp_path / "photos" / "one.jpg").read_bytes() == b"a photo"
    with pytest.raises(InputError, match="is a file"):
        write_model(tmp_path / "photos" / "one.jpg")


def test_a_failed_write_leaves_the_old_model_as_it_was(write_model, tmp_path, tiny_model):
    write_model(tmp_path / "model", name="old")
    full = folder.read(tiny_model)
    with pytest.raises(FileNotFoundError):
        folder.write(tmp_path / "model", full.info, full.partition, tmp_path / "no.onnx")
    assert folder.read(tmp_path / "model").info.name == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_cells_that_do_not_fit_the_network_are_refused(tiny_model, tmp_path):
    from photoplanet.earth.partition.partition import Partition

    full = folder.read(tiny_model)
    three = Partition.from_cells(full.partition.ids[:3])
    with pytest.raises(ModelError, match="3 cells for a network of 5 classes"):
        folder.write(tmp_path / "model", full.info, three, full.onnx_path)
    assert not (tmp_path / "model").exists()


def test_a_missing_folder_and_a_folder_without_model_are_named(tmp_path):
    with pytest.raises(ModelError, match="no such model folder"):
        folder.read(tmp_path / "nowhere")
    with pytest.raises(ModelError, match="not a model folder"):
        folder.read(tmp_path)


@pytest.mark.parametrize("name", ["cells.parquet", "model.onnx", "weights.safetensors"])
def test_missing_and_damaged_files_are_named(tiny_model_copy, name):
    path = tiny_model_copy / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=f"{name}: damaged"):
        folder.read(tiny_model_copy)
    path.write_bytes(data[:10])
    with pytest.raises(ModelError, match=f"{name}: damaged"):
        folder.read(tiny_model_copy)
    path.unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        folder.read(tiny_model_copy, verify=False)


def test_only_the_named_files_are_hashed_on_wish(tiny_model_copy):
    (tiny_model_copy / "weights.safetensors").write_bytes(b"damaged")
    assert folder.read(tiny_model_copy, verify=("cells.parquet", "model.onnx")).info.name == "tiny"
    with pytest.raises(ModelError, match="damaged"):
        folder.read(tiny_model_copy, verify=("weights.safetensors",))


def test_a_newer_format_says_how_to_upgrade(tiny_model_copy):
    edit(tiny_model_copy, format_version=99)
    with pytest.raises(ModelError, match=r"newer photoplanet \(format 99\); upgrade photoplanet"):
        folder.read(tiny_model_copy)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 0}, "format_version is 0"),
        ({"format_version": True}, "format_version must be of type int"),
        ({"classes": "5"}, "classes must be of type int"),
        ({"classes": -1}, "classes and embedding_size must be"),
        ({"name": "a\nb"}, "name must be"),
        ({"calibration": {"temperature": 0}}, "temperature must be a number from 0.0001 to 10000, not 0"),
        ({"calibration": {"readout_sharpness": 0}}, "readout_sharpness must be a number from"),
        ({"calibration": {"temperature": 1e-300}}, "temperature must be a number from 0.0001"),
        ({"calibration": {"readout_sharpness": 1e300}}, "readout_sharpness must be a number from 0.0001"),
        ({"calibration": {"least_gain": 10**400}}, "least_gain must be a number of 0 or more, not 1000"),
        ({"calibration": {"unknown": {"bias": "x", "weights": {"bias": 1.0}}}}, "unknown weighs 'bias'"),
        (
            {"calibration": {"unknown": {"bias": 0, "weights": {}, "temperature": 1e-300}}},
            "temperature must be a number",
        ),
        ({"calibration": {"readout_sharpness": "3"}}, "readout_sharpness must be a number from 0.0001"),
        ({"calibration": {"temperature": "hot"}}, "temperature must be a number"),
        ({"calibration": {"abstain_below": -1}}, "abstain_below must be a number"),
        ({"preprocessing": {"size": -3}}, "size"),
        ({"preprocessing": {"colour": 3}}, "preprocessing"),
        ({"hashes": {}}, "cells.parquet is not listed"),
        ({"hashes": {"../../secret": "0" * 64}}, "not a plain file name"),
        ({"hashes": {"/etc/passwd": "0" * 64}}, "not a plain file name"),
        ({"hashes": {"model.onnx": "short"}}, "not a SHA-256"),
    ],
)
def test_facts_that_cannot_be_are_refused_by_name(tiny_model_copy, changes, message):
    edit(tiny_model_copy, **changes)
    with pytest.raises(ModelError, match=message) as caught:
        folder.read(tiny_model_copy)
    assert "model.json" in str(caught.value)


def test_a_missing_fact_is_named(tiny_model_copy):
    facts = json.loads((tiny_model_copy / "model.json").read_text())
    del facts["preprocessing"]
    (tiny_model_copy / "model.json").write_text(json.dumps(facts))
    with pytest.raises(ModelError, match="'preprocessing' is missing"):
        folder.read(tiny_model_copy)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '{"format_version": NaN}', "[" * 100_000, "\udcff"])
def test_facts_that_are_no_json_object_are_refused(tiny_model_copy, text):
    (tiny_model_copy / "model.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelError, match=r"model\.json"):
        folder.read(tiny_model_copy)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_for_facts_give_a_model_error(tmp_path_factory, data):
    model = tmp_path_factory.mktemp("model")
    (model / "model.json").write_bytes(data)
    with pytest.raises(ModelError):
        folder.read(model)


def test_huge_facts_are_refused_unread(tiny_model_copy):
    with (tiny_model_copy / "model.json").open("wb") as file:
        file.truncate(info.MAX_INFO_BYTES + 1)
    with pytest.raises(ModelError, match="4 MiB"):
        folder.read(tiny_model_copy)


def test_cells_of_another_number_than_the_classes_are_found(tiny_model_copy):
    from photoplanet.earth.partition.partition import Partition

    Partition.from_cells(np.uint64([0x47E7 << 48])).save(tiny_model_copy / "cells.parquet")
    facts = json.loads((tiny_model_copy / "model.json").read_text())
    hashes = {**facts["hashes"], "cells.parquet": folder.sha256(tiny_model_copy / "cells.parquet")}
    edit(tiny_model_copy, hashes=hashes)
    with pytest.raises(ModelError, match=r"1 cells but model\.json names 5 classes"):
        len(folder.read(tiny_model_copy).partition)


def test_cells_that_are_no_parquet_give_a_model_error(tiny_model_copy):
    (tiny_model_copy / "cells.parquet").write_bytes(b"no parquet")
    with pytest.raises(ModelError, match="copy or export the model again"):
        len(folder.read(tiny_model_copy, verify=False).partition)


def _umask():
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def test_a_part_trained_on_top_stands_in_the_folder_with_its_facts_and_hash(write_model, tmp_path):
    model = write_model(tmp_path / "model").folder
    (tmp_path / "head").write_bytes(b"some network")
    folder.add_part(model, "embedding", {"size": 4}, {"embedding.onnx": tmp_path / "head"})
    bundle = folder.read(model)
    assert bundle.info.parts == {"embedding": {"size": 4, "files": ["embedding.onnx"]}}
    assert (model / "embedding.onnx").read_bytes() == b"some network"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    (model / "embedding.onnx").write_bytes(b"some Network")
    with pytest.raises(ModelError, match=r"embedding\.onnx: damaged"):
        folder.read(model)


def test_a_part_is_replaced_by_its_successor_and_goes_with_the_network_it_was_trained_on(write_model, tmp_path):
    model = write_model(tmp_path / "model").folder
    (tmp_path / "head").write_bytes(b"1")
    folder.add_part(model, "album", {}, {"one.onnx": tmp_path / "head", "two.onnx": tmp_path / "head"})
    folder.add_part(model, "album", {}, {"two.onnx": tmp_path / "head"})
    assert not (model / "one.onnx").exists() and folder.read(model).info.parts["album"]["files"] == ["two.onnx"]
    write_model(model)
    assert folder.read(model).info.parts == {} and not (model / "two.onnx").exists()


def test_a_model_written_again_from_its_own_facts_has_no_parts(write_model, tmp_path, tiny_model):
    """The facts of a model with parts, for a network trained further: its parts belonged to the old network."""
    model = write_model(tmp_path / "model").folder
    (tmp_path / "head").write_bytes(b"1")
    info = folder.add_part(model, "album", {}, {"album.onnx": tmp_path / "head"}).info
    full = folder.read(tiny_model)
    for target in (model, tmp_path / "other"):
        assert folder.write(target, info, full.partition, full.onnx_path).info.parts == {}
        assert folder.read(target).info.parts == {}
        assert not (target / "album.onnx").exists()


def test_a_link_to_a_model_folder_stays_a_link(write_model, tmp_path):
    write_model(tmp_path / "model", name="old")
    (tmp_path / "link").symlink_to(tmp_path / "model")
    write_model(tmp_path / "link", name="new")
    assert (tmp_path / "link").is_symlink()
    assert folder.read(tmp_path / "model").info.name == "new"


@pytest.mark.parametrize("name", ["model.onnx", "model.json", "MODEL_CARD.md", "../out", "a/b", ""])
def test_a_part_cannot_take_another_files_name(write_model, tmp_path, name):
    model = write_model(tmp_path / "model").folder
    (tmp_path / "head").write_bytes(b"1")
    with pytest.raises(InputError, match="choose another name"):
        folder.add_part(model, "album", {}, {name: tmp_path / "head"})
    folder.read(model)


@pytest.mark.parametrize(
    "parts", [{"album": {}}, {"album": {"files": ["absent.onnx"]}}, {"album": 3}, {"album": {"files": 3}}]
)
def test_parts_without_their_files_are_refused(write_model, tmp_path, parts):
    model = write_model(tmp_path / "model").folder
    edit(model, parts=parts)
    with pytest.raises(ModelError, match="parts"):
        folder.read(model)


@pytest.mark.parametrize("name", [".", "..", "/", "../model"])
def test_the_folder_that_the_program_runs_in_is_not_replaced(name, tmp_path, monkeypatch):
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path / "model")
    with pytest.raises(InputError, match="give the name of a new folder"):
        folder.check_target(name)
    folder.check_target("new")
    folder.check_target(tmp_path / "other")


def test_a_calibration_is_replaced_and_nothing_else(write_model, tmp_path):
    write_model(tmp_path / "model", temperature=2.0)
    created = folder.read(tmp_path / "model").info.created
    (tmp_path / "model" / "notes.txt").write_text("mine")
    folder.add_part(tmp_path / "model", "extra", {"numbers": 3}, {"extra.bin": tmp_path / "model" / "notes.txt"})
    inode = (tmp_path / "model" / "model.onnx").stat().st_ino
    folder.set_calibration(tmp_path / "model", {"temperature": 0.5, "abstain_below": 0.25})
    after = folder.read(tmp_path / "model")
    assert after.info.calibration == {"temperature": 0.5, "abstain_below": 0.25}
    assert after.info.parts["extra"]["numbers"] == 3 and after.info.created == created
    assert (tmp_path / "model" / "model.onnx").stat().st_ino == inode
    assert (tmp_path / "model" / "notes.txt").read_text() == "mine"
    assert "temperature: 0.5" in (tmp_path / "model" / "MODEL_CARD.md").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("bad", [{"temperature": 0}, {"temperature": "hot"}, {"abstain_below": float("nan")}])
def test_a_calibration_that_no_model_may_have_changes_nothing(write_model, tmp_path, bad):
    write_model(tmp_path / "model", temperature=2.0)
    facts = (tmp_path / "model" / "model.json").read_bytes()
    with pytest.raises(ModelError, match="calibration"):
        folder.set_calibration(tmp_path / "model", bad)
    assert (tmp_path / "model" / "model.json").read_bytes() == facts
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_folder_that_the_program_runs_in_keeps_its_calibration(write_model, tmp_path, monkeypatch):
    write_model(tmp_path / "model")
    monkeypatch.chdir(tmp_path / "model")
    with pytest.raises(InputError, match="the folder that this runs in"):
        folder.set_calibration(".", {"temperature": 2.0})
