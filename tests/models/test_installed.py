import json
import shutil

import pytest

from photoplanet.core.home import home
from photoplanet.errors import InputError, ModelError
from photoplanet.models import folder, installed


@pytest.fixture
def toy_model(write_model, tmp_path):
    """A model that knows the toy Earth."""
    write_model(tmp_path / "toy-model", name="toyish", world="toy")
    return tmp_path / "toy-model"


def names():
    return [model.name for model in installed.models() if not model.bundled]


def test_without_a_model_the_error_lists_the_ways_to_an_answer():
    with pytest.raises(ModelError) as caught:
        installed.resolve()
    for way in ("docs/first-answer.md", "models add geoclip", "train photos.parquet -o model/", "--library", "toy"):
        assert way in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_its_own_answer_and_an_unknown_name_lists_the_known(tiny_model, monkeypatch):
    assert installed.resolve(tiny_model) == tiny_model
    assert installed.resolve(str(tiny_model)) == tiny_model
    installed.add(tiny_model)
    with pytest.raises(ModelError, match=r"neither a model folder nor an installed model \(installed: .*tiny"):
        installed.resolve("mars")


def test_an_added_model_has_a_name_and_the_first_real_one_becomes_the_default(tiny_model, write_model, tmp_path):
    first = installed.add(tiny_model)
    assert (first.name, first.default) == ("tiny", True)
    assert installed.resolve("tiny") == installed.resolve() == first.folder
    assert folder.read(first.folder).info.name == "tiny"
    second = installed.add(tiny_model, "second")
    assert not second.default
    assert names() == ["second", "tiny"]


def test_the_copy_does_not_need_the_original(write_model, tmp_path):
    write_model(tmp_path / "model")
    installed.add(tmp_path / "model", "copy")
    shutil.rmtree(tmp_path / "model")
    assert folder.read(installed.resolve("copy")).partition is not None


def test_a_toy_is_never_the_default_by_itself_but_may_be_chosen(toy_model):
    added = installed.add(toy_model)
    assert not added.default
    assert not installed.offer_default(toy_model)
    with pytest.raises(ModelError, match="no model is chosen"):
        installed.resolve()
    installed.set_default("toyish")
    assert installed.resolve() == added.folder


def test_a_trained_folder_is_offered_as_default_once(tiny_model, tiny_model_copy):
    assert installed.offer_default(tiny_model)
    assert installed.resolve() == tiny_model.resolve()
    assert not installed.offer_default(tiny_model_copy)
    assert installed.resolve() == tiny_model.resolve()


@pytest.mark.parametrize("tested", [{"photos": 0, "beats": False}, {"beats": "yes"}, {}])
def test_a_model_whose_test_did_not_show_that_it_beats_its_prior_is_not_the_default(tiny_model_copy, tested):
    path = tiny_model_copy / folder.INFO
    facts = json.loads(path.read_text())
    path.write_text(json.dumps(facts | {"training": {**facts["training"], "against_prior": tested}}))
    assert not installed.offer_default(tiny_model_copy) and not installed.add(tiny_model_copy, "mine").default
    assert installed.default() is None and installed.describe(installed.models()[-1])["beats_prior"] is False
    path.write_text(json.dumps(facts | {"training": {**facts["training"], "against_prior": {"beats": True}}}))
    assert installed.offer_default(tiny_model_copy)


def test_a_default_that_is_gone_is_named(tiny_model_copy):
    installed.set_default(tiny_model_copy)
    shutil.rmtree(tiny_model_copy)
    with pytest.raises(ModelError, match="the default model is gone"):
        installed.resolve()


def test_names_that_are_taken_or_no_names_are_refused(tiny_model):
    installed.add(tiny_model)
    with pytest.raises(InputError, match="there already"):
        installed.add(tiny_model)
    for name in ("../up", "a/b", ".hidden", "a b", "x" * 65):
        with pytest.raises(InputError, match="not a name for a model"):
            installed.add(tiny_model, name)


def test_a_name_from_a_foreign_model_is_made_fit_for_a_folder(write_model, tmp_path):
    write_model(tmp_path / "model", name="../My model!")
    assert installed.add(tmp_path / "model").name == "My-model"


def test_a_damaged_model_is_not_added(tiny_model_copy, own_home):
    (tiny_model_copy / "model.onnx").write_bytes(b"")
    with pytest.raises(ModelError, match="damaged"):
        installed.add(tiny_model_copy)
    assert not names()


def test_removing_ends_the_default_and_leaves_bundled_models_alone(tiny_model, monkeypatch, tmp_path):
    shutil.copytree(tiny_model, tmp_path / "bundled" / "ours")
    monkeypatch.setattr(installed, "BUNDLED", tmp_path / "bundled")
    installed.add(tiny_model)
    installed.remove("tiny")
    assert names() == [] and installed.default() is None
    with pytest.raises(InputError, match="no installed model"):
        installed.remove("tiny")
    with pytest.raises(InputError, match="came with photoplanet"):
        installed.remove("ours")
    with pytest.raises(InputError, match="there already"):
        installed.add(tiny_model, "ours")


def test_the_bundled_model_is_not_the_default(tiny_model, monkeypatch, tmp_path):
    shutil.copytree(tiny_model, tmp_path / "bundled" / "ours")
    monkeypatch.setattr(installed, "BUNDLED", tmp_path / "bundled")
    assert installed.resolve("ours") == tmp_path / "bundled" / "ours"
    with pytest.raises(ModelError, match="no model is chosen"):
        installed.resolve()


def test_a_damaged_model_does_not_spoil_the_list(tiny_model):
    broken = installed.add(tiny_model, "broken")
    installed.add(tiny_model, "good")
    (broken.folder / "model.json").write_text("{")
    described = {each["name"]: each for each in map(installed.describe, installed.models())}
    assert "not readable" in described["broken"]["error"]
    assert described["good"]["classes"] == 5
    json.dumps(described)


@pytest.mark.parametrize("variable", ["PHOTOPLANET_HOME", "XDG_DATA_HOME"])
def test_the_home_follows_the_environment(variable, monkeypatch, tmp_path):
    for each in ("PHOTOPLANET_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    assert home() == (tmp_path if variable == "PHOTOPLANET_HOME" else tmp_path / "photoplanet")


def test_removing_a_link_leaves_the_folder_that_it_points_to(tiny_model_copy, own_home):
    (own_home / "models").mkdir()
    (own_home / "models" / "linked").symlink_to(tiny_model_copy)
    assert names() == ["linked"]
    installed.remove("linked")
    assert names() == []
    assert folder.read(tiny_model_copy).info.name == "tiny"


def test_a_folder_that_is_no_model_is_not_replaced_by_one(tiny_model, own_home):
    notes = own_home / "models" / "tiny" / "notes.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text("mine")
    with pytest.raises(InputError, match="there already"):
        installed.add(tiny_model)
    assert notes.read_text() == "mine"
