"""A run that really is compiled: a network of one layer, so that the compiler has little to do."""

import dataclasses

import pytest
import torch
from torch import nn

from photoplanet.training import checkpoint, compile_cache, dataset, logs
from photoplanet.training.backbones import BACKBONES, Backbone
from photoplanet.training.classification import Classification
from photoplanet.training.distributed import Ranks
from photoplanet.training.loop import Loop, RunOptions


class Tiny(Backbone):
    """One convolution, and dropout, whose masks must not change."""

    minimum_size = 8

    def __init__(self, width=1.0, embedding=None):
        super().__init__()
        self.embedding = 16
        self.layer, self.drop = nn.Conv2d(3, 16, 8, stride=8), nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(self.layer(x).relu().mean(dim=(2, 3))), None


@pytest.fixture
def recipe(small_recipe, monkeypatch):
    monkeypatch.setitem(BACKBONES, "tiny", Tiny)
    return dataclasses.replace(
        small_recipe, backbone="tiny", width=1.0, label_km=0.0, hierarchy=(), hierarchy_shares=()
    )


def trained(few_photos, folder, recipe) -> tuple[list[str], list[float]]:
    """What a run says, and its losses by the step."""
    folder.mkdir(exist_ok=True)
    said: list[str] = []
    task = Classification(dataset.prepare(few_photos, recipe), recipe, Ranks(), say=said.append)
    Loop(task, folder, RunOptions(curves=False, log_every=1, checkpoint_steps=6), said.append).run()
    task.close()
    return said, [line["loss"] for line in logs.read(folder / logs.LOG) if line["kind"] == "train"]


def test_a_compiled_run_learns_what_others_do_resumes_bit_for_bit_and_survives_a_damaged_cache(
    few_photos, recipe, tmp_path
):
    _, plain = trained(few_photos, tmp_path / "plain", recipe)
    compiled = dataclasses.replace(recipe, compile=True)
    said, losses = trained(few_photos, tmp_path / "run", compiled)
    assert losses == pytest.approx(plain, rel=1e-4)
    assert any(line.startswith("compiled in ") for line in said)
    whole, facts = checkpoint.read_file(tmp_path / "run" / checkpoint.LAST)
    assert facts["compiled"]["compiled"] is True and facts["step"] == 10
    file = tmp_path / "run" / compile_cache.NAME
    assert file.stat().st_size < 10_000_000 and not (tmp_path / "run" / compile_cache.WORKING).exists()

    file.write_bytes(file.read_bytes()[:-1])
    (tmp_path / "run" / checkpoint.BEFORE).replace(tmp_path / "run" / checkpoint.LAST)
    torch.compiler.reset()
    said, _ = trained(few_photos, tmp_path / "run", compiled)
    assert "resuming from step 6" in said
    again, _ = checkpoint.read_file(tmp_path / "run" / checkpoint.LAST)
    assert all(torch.equal(value, whole[name]) for name, value in again.items())
