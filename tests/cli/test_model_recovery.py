"""A model whose swap was killed between two renames: any command that asks for it finds it, with its owner's files."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from photoplanet.core import processes
from photoplanet.models import folder, installed
from photoplanet.training import model_copy


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def hidden(tiny_model, tmp_path, dead):
    """A function: the model of this name, as a kill leaves it where folders change places in two steps."""

    def make(target: Path) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        out_of_the_way = f".{target.name}.{dead}-{processes.host()}-0a1b2c3d.photoplanet-old"
        (shutil.copytree(tiny_model, target.with_name(out_of_the_way)) / "notes.txt").write_text("mine")
        new = out_of_the_way.replace("0a1b2c3d.photoplanet-old", "11111111.photoplanet-part")
        shutil.copytree(tiny_model, target.with_name(new))
        return target

    return make


ASK = {
    "read": lambda model: folder.read(model).info.name == "tiny",
    "is_model": folder.is_model,
    "check_target": lambda model: folder.check_target(model) is None,
    "resolve": lambda model: installed.resolve(model) == model,
    "set_default": lambda model: installed.set_default(model) == str(model),
    "target_folder": lambda model: model_copy.target_folder(model, model).info.name == "tiny",
}


@pytest.mark.parametrize("ask", ASK)
def test_whoever_asks_for_a_model_finds_it(hidden, tmp_path, ask):
    model = hidden(tmp_path / "model")
    assert not model.exists()
    assert ASK[ask](model)
    assert (model / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "command", ["locate {photo} --model {model}", "models card {model}", "models add {model} --name mine",
                "explain {photo} --model {model} --positions 2", "album {photo} --model {model}"],
)  # fmt: skip
def test_commands_find_it(hidden, tmp_path, photo, status, command):
    model = hidden(tmp_path / "model")
    asked = command.format(photo=photo("red"), model=model)
    assert status(*asked.split()) == 0
    assert (model / "notes.txt").read_text() == "mine"


def test_the_list_of_models_shows_it_and_leaves_nothing_else(hidden, own_home):
    model = hidden(own_home / "models" / "mine")
    assert [each.name for each in installed.models()] == ["toy", "mine"]
    assert [path.name for path in model.parent.iterdir()] == ["mine"]
    assert installed.resolve("mine") == model


def test_a_model_written_over_it_keeps_the_owners_files(hidden, tmp_path, tiny_model):
    model = hidden(tmp_path / "model")
    tiny = folder.read(tiny_model)
    folder.write(model, tiny.info, tiny.partition, tiny.onnx_path)
    assert (model / "notes.txt").read_text() == "mine" and folder.read(model)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
