"""The step against a plain one; what it may not do; what it costs; and when it is compiled."""

import copy
import dataclasses

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from photoplanet.earth import geodesy
from photoplanet.errors import InputError
from photoplanet.photos.preprocessing import Preprocessing
from photoplanet.training import checkpoint, compiling, dataset, flops, logs, recipes
from photoplanet.training.classification import Classification
from photoplanet.training.classifier import Classifier
from photoplanet.training.distributed import Ranks
from photoplanet.training.loop import Loop, RunOptions

QUIET = RunOptions(curves=False, log_every=1)


def task_of(photo_table, recipe, say=lambda line: None) -> Classification:
    return Classification(dataset.prepare(photo_table, recipe), recipe, Ranks(), say=say)


def plain_run(task: Classification, steps: int) -> tuple[list[float], dict[str, torch.Tensor]]:
    """Losses and averaged weights of the same steps, photo by photo and tensor by tensor."""
    recipe, model, means = task.settings, copy.deepcopy(task.model), torch.tensor(task.photos.partition.means)
    average = {name: value.clone() for name, value in model.state_dict().items()}
    decayed, others = ([p for p in model.parameters() if (p.ndim > 1) == is_matrix] for is_matrix in (True, False))
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
    plain = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.99), fused=False, foreach=False)
    losses = []
    for step, batch in enumerate(task.batches(0, steps)):
        torch.manual_seed(task.seed(step))
        for group in plain.param_groups:
            group["lr"] = task.rate(step)
        pixels = torch.stack([coloured(recipe, *each) for each in zip(batch.images, batch.draws, strict=True)])
        log_p = model((pixels / 255 - 0.5) / 0.5).logits.log_softmax(dim=1)
        target = torch.stack([soft_target(recipe, *each, means) for each in zip(*batch[1:3], strict=True)])
        loss = -(target * log_p).sum(dim=1)
        for weight, parents in zip(recipe.hierarchy, task.photos.parents, strict=False):
            member = nn.functional.one_hot(torch.from_numpy(parents).long()).float()
            loss = loss - weight * ((target @ member) * (log_p.exp() @ member).log()).sum(dim=1)
        loss = loss.mean()
        plain.zero_grad()
        loss.backward()
        length = sum(p.grad.square().sum() for p in model.parameters()).sqrt()
        for p in model.parameters():
            p.grad *= min(1.0, recipe.clip_norm / (length.item() + 1e-6))
        plain.step()
        decay = min(recipe.average, (1 + step) / (10 + step))
        for name, value in model.state_dict().items():
            average[name] = decay * average[name] + (1 - decay) * value
        losses.append(loss.item())
    return losses, average


def coloured(recipe, image, draws):
    light, contrast, saturation = (
        1 + strength * (2 * draws[4 + i].item() - 1)
        for i, strength in enumerate((recipe.brightness, recipe.contrast, recipe.saturation))
    )
    grey_of = torch.tensor([0.299, 0.587, 0.114])
    x = image.float()
    x = saturation * x + (1 - saturation) * (x @ grey_of)[..., None]
    x = contrast * x + (1 - contrast) * (x @ grey_of).mean()
    return (light * x).clamp(0, 255)


def soft_target(recipe, own, position, means):
    latitude, longitude = geodesy.from_xyz(position[None].numpy())
    km = torch.from_numpy(geodesy.distance_km(latitude, longitude, means[:, 0].numpy(), means[:, 1].numpy()))
    soft = torch.softmax(-km / recipe.label_km, dim=0).float()  # all cells are among the nearest 16
    return recipe.label_share * soft + (1 - recipe.label_share) * nn.functional.one_hot(own, len(means)).float()


def losses(folder) -> list[float]:
    return [line["loss"] for line in logs.read(folder / logs.LOG) if line["kind"] == "train"]


def test_losses_and_averages_are_those_of_a_plain_loop(photo_table, small_recipe, tmp_path):
    recipe = dataclasses.replace(small_recipe, learning_rate=1e-3, steps=6)
    task = task_of(photo_table, recipe)
    expected, average = plain_run(task, 6)
    Loop(task, tmp_path, QUIET).run()
    assert losses(tmp_path) == pytest.approx(expected, rel=2e-4)
    for name, value in task.average.model.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, average[name], rtol=2e-2, atol=2e-3, msg=name)


WAITS = {"aten._local_scalar_dense", "aten.nonzero", "aten.masked_select", "aten.is_nonzero", "aten.equal",
         "aten.lift_fresh", "aten._unique2", "aten.bincount"}  # fmt: skip


class Waits(TorchDispatchMode):
    """Notes what would make a processor wait for a GPU: values read, shapes that hang on values, copies from lists."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.seen |= {str(function.overloadpacket)} & WAITS
        return function(*args, **(kwargs or {}))


def test_what_waits_is_seen():
    with Waits() as waits:
        torch.ones(2)[torch.tensor([True, False])].sum().item()
    assert waits.seen >= {"aten._local_scalar_dense", "aten.lift_fresh"}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    colour=st.sampled_from([0.0, 0.3]), share=st.sampled_from([0.0, 0.5]), km=st.sampled_from([0.0, 50.0]),
    optimizer=st.sampled_from(recipes.OPTIMIZERS), average=st.sampled_from([0.0, 0.9]),
    clip=st.sampled_from([0.0, 1.0]),
)  # fmt: skip
def test_no_step_waits_for_the_device(few_photos, small_recipe, colour, share, km, optimizer, average, clip):
    recipe = dataclasses.replace(
        small_recipe, brightness=colour, saturation=colour, flip=share, erase=share, label_km=km, optimizer=optimizer,
        average=average, clip_norm=clip, batch_size=4,
    )  # fmt: skip
    task = task_of(few_photos, recipe)
    loop = Loop(task, None, QUIET)
    batches = list(task.batches(0, 2))
    loop.take_step(batches[0])  # makes the optimizer's state
    with Waits() as waits:
        loop.take_step(batches[1])
    assert not waits.seen


@pytest.mark.parametrize(
    ("backbone", "size", "learns"),
    [("mobile", 64, "all"), ("inception", 96, "all"), ("mobile", 64, "head"), ("lite0", 64, "nothing")],
)
def test_the_operations_of_a_photo_are_those_that_torch_counts(backbone, size, learns):
    preprocessing = Preprocessing(size=size, fit="squash", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    model = Classifier(backbone, 7, preprocessing, 1.0 if backbone == "lite0" else 0.25).train()
    model.requires_grad_(learns == "all")
    model.head.requires_grad_(learns != "nothing")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    ours = flops.a_photo(model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with FlopCounterMode(display=False) as counter:
        outputs = model(torch.zeros((2, size, size, 3), dtype=torch.uint8))
        auxiliary = 0 if outputs.auxiliary_logits is None else outputs.auxiliary_logits.sum()
        if learns != "nothing":
            (outputs.logits.sum() + auxiliary).backward()
    assert counter.get_total_flops() == 2 * ours


def test_the_log_says_what_share_of_the_arithmetic_is_used(photo_table, small_recipe, tmp_path):
    task = task_of(photo_table, small_recipe)
    notes: list[str] = []
    Loop(task, tmp_path, dataclasses.replace(QUIET, log_every=5)).run(lambda count=1, note="": notes.append(note))
    for line in (line for line in logs.read(tmp_path / logs.LOG) if line["kind"] == "train"):
        used = line["images_per_second"] * task.flops_a_photo / task.peak_flops()
        assert line["mfu"] == pytest.approx(used) and 0 < line["mfu"] < 1
    assert any(f"MFU {line['mfu']:.1%}" in note for note in notes)


@pytest.mark.parametrize(("steps", "cost", "worth"), [(300, 20, False), (301, 20, True), (301, 20.1, False)])
def test_compiling_pays_where_it_saves_half_as_much_again_as_it_costs(steps, cost, worth):
    assert compiling.pays(steps, 1.0, 0.9, cost) is worth  # 300 × 0.1 s are 1.5 × 20 s


def test_a_short_run_is_not_compiled_and_learns_what_it_would_have(photo_table, small_recipe, tmp_path):
    def run(compile, folder):
        said: list[str] = []
        recipe = dataclasses.replace(small_recipe, compile=compile)
        loop = Loop(task_of(photo_table, recipe, said.append), tmp_path / folder, QUIET)
        (tmp_path / folder).mkdir(exist_ok=True)
        loop.run()
        loop.task.close()
        return said

    run(False, "plain")
    said = run("auto", "auto")
    assert len([line for line in said if line.startswith("not compiled: would save about 0 s of this run")]) == 1
    tensors, facts = checkpoint.read_file(tmp_path / "auto" / checkpoint.LAST)
    assert facts["compiled"]["compiled"] is False
    expected, _ = checkpoint.read_file(tmp_path / "plain" / checkpoint.LAST)
    assert all(torch.equal(value, expected[name]) for name, value in tensors.items())
    assert not (tmp_path / "auto" / "compiling").exists()


def test_a_resumed_run_does_not_decide_anew(photo_table, small_recipe, tmp_path):
    recipe = dataclasses.replace(small_recipe, compile="auto")
    Loop(task_of(photo_table, recipe), tmp_path, QUIET).run()
    (tmp_path / checkpoint.LAST).unlink()  # the one before is from the last epoch's end
    said: list[str] = []
    again = Loop(task_of(photo_table, recipe, said.append), tmp_path, QUIET)
    again.run()
    assert again.step == 10 and not [line for line in said if "compiled" in line]


def test_without_a_compiler_auto_says_so_once_and_true_is_refused(photo_table, small_recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    said: list[str] = []
    recipe = dataclasses.replace(small_recipe, compile="auto", steps=2)
    Loop(task_of(photo_table, recipe, said.append), tmp_path, QUIET).run()
    assert [line for line in said if "compile" in line] == ["not compiled: no C++ compiler (g++) is here"]
    asked = dataclasses.replace(small_recipe, compile=True)
    (tmp_path / "asked").mkdir()
    with pytest.raises(InputError, match=r"compile: no C\+\+ compiler \(g\+\+\) is here; leave --compile out"):
        Loop(task_of(photo_table, asked), tmp_path / "asked", QUIET).run()
