"""Several processes under torchrun learn what one learns at the same global batch, and go on from each other's runs."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import nn

from photoplanet.models import folder as model_folder
from photoplanet.training import checkpoint, dataset, distributed, logs
from photoplanet.training.classification import Classification
from photoplanet.training.distributed import Ranks
from photoplanet.training.loop import Loop, RunOptions

SETTINGS = {"image_size": 32, "width": 0.25, "steps": 8, "batch_size": 15, "precision": "float32",
            "max_photos": 20, "min_photos": 2, "optimizer": "sgd", "learning_rate": 0.002}  # fmt: skip
# SGD, since AdamW turns a gradient's rounding error into a step of the learning rate where the gradient is about 0.


def torchrun(photo_table: Path, out: Path, **more) -> dict:
    """The same command as for one process, under torchrun with two; the facts that it prints."""
    settings = [part for key, value in {**SETTINGS, **more}.items() for part in ("--set", f"{key}={value}")]
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
        *("-m", "photoplanet", "train", str(photo_table), "-o", str(out), "--device", "cpu"),
        *("--log-every", "1", "--checkpoint-steps", "4", "--no-tensorboard", "--json", *settings),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["processes"] == 2  # printed once: there is one writer
    return facts


def losses(folder: Path) -> dict[int, float]:
    return {line["step"]: line["loss"] for line in logs.read(folder / logs.LOG) if line["kind"] == "train"}


@pytest.fixture(scope="module")
def one_process(photo_table, small_recipe, tmp_path_factory) -> Loop:
    """The run in one process."""
    torch.set_num_threads(1)
    recipe = dataclasses.replace(small_recipe, **SETTINGS)
    folder = tmp_path_factory.mktemp("one")
    options = RunOptions(curves=False, log_every=1, checkpoint_steps=4)
    whole = Loop(Classification(dataset.prepare(photo_table, recipe), recipe, Ranks()), folder, options)
    whole.run()
    return whole


def close(left: dict[int, float], right: dict[int, float]) -> bool:
    """Whether losses agree: to 1e-4 in the first two steps, then to 1e-2.

    Two processes add in another order. AdamW divides what rounding left of a gradient of zero by its own size, so that
    such weights move either way: on a plain processor 1e-7 became 6e-4 within two steps. The first two steps show what
    was restored: photos, weights, and the optimizer's state.
    """
    first = min(left) + 2
    return left.keys() == right.keys() and all(
        abs(left[step] - right[step]) < (1e-4 if step < first else 1e-2) * abs(left[step]) for step in left
    )


def test_two_processes_learn_what_one_learns(one_process, photo_table, tmp_path):
    torchrun(photo_table, tmp_path / "model")
    assert close(losses(one_process.folder), losses(tmp_path / "model.run"))
    theirs, facts, _ = checkpoint.read(tmp_path / "model.run")
    assert facts["step"] == 8
    for name, value in one_process.task.model.state_dict().items():
        torch.testing.assert_close(theirs[f"model.{name}"], value, rtol=1e-3, atol=1e-4, msg=name)
    bundle = model_folder.read(tmp_path / "model")
    assert bundle.info.training["validation"]["loss"] == pytest.approx(one_process.history[-1]["loss"], rel=1e-3)


def test_two_processes_go_on_from_where_one_was(one_process, photo_table, tmp_path):
    folder = tmp_path / "model.run"
    folder.mkdir()
    (folder / checkpoint.LAST).write_bytes((one_process.folder / checkpoint.BEFORE).read_bytes())
    torchrun(photo_table, tmp_path / "model")
    after = {step: loss for step, loss in losses(one_process.folder).items() if step > 4}
    assert close(after, losses(folder))


def test_two_processes_end_together_where_validation_has_converged(photo_table, tmp_path):
    settings = {"schedule": "constant", "steps": 1000, "patience": 1, "patience_epochs": 0.5}
    facts = torchrun(photo_table, tmp_path / "model", **settings)
    _, kept, _ = checkpoint.read(tmp_path / "model.run")
    assert facts["converged"] and facts["steps"] == kept["step"] < 1000
    first, *_, last = kept["history"]
    assert kept["best"]["top1"] >= max(first["top1"], last["top1"]) and kept["best"]["step"] < last["step"]


@pytest.fixture
def group_of_one(tmp_path):
    """This process alone as a gloo group."""
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.parametrize(("norm", "shape"), [(nn.BatchNorm2d, (6, 4, 3, 5)), (nn.BatchNorm1d, (6, 4))])
def test_the_shared_batch_norm_is_torchs(group_of_one, norm, shape):
    torch.manual_seed(0)
    theirs = nn.Sequential(norm(4, momentum=0.3)).double()
    nn.init.normal_(theirs[0].weight)
    ours = distributed.synchronised(nn.Sequential(norm(4, momentum=0.3)))
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(shape, requires_grad=True)
    y = x.detach().double().requires_grad_()
    target = torch.randn(shape)
    for model, data in ((ours, x), (theirs, y)):
        (model(data) * target.to(data.dtype)).square().sum().backward()
    torch.testing.assert_close(x.grad.double(), y.grad, rtol=1e-4, atol=1e-5)
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name].double(), value.double(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(ours.eval()(x).double(), theirs.eval()(y), rtol=1e-5, atol=1e-5)
