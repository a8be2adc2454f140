"""What a step of the optimizer may do: which weights decay, how far one step goes, and what is averaged."""

import numpy as np
import pytest
import torch
from torch import nn

from photoplanet.training import optimizer, recipes
from photoplanet.training.averaging import Average
from photoplanet.training.loop import Loop
from photoplanet.training.task import Task


def network() -> nn.Sequential:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1.0)
    return model


@pytest.mark.parametrize("name", recipes.OPTIMIZERS)
def test_weight_decay_shrinks_matrices_and_kernels_and_never_biases_and_norms(name):
    model = network()
    before = {key: value.clone() for key, value in model.named_parameters()}
    recipe = recipes.Recipe(optimizer=name, weight_decay=0.5, learning_rate=0.1)
    built = optimizer.build(recipe, model)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    built.step()
    moved = {key for key, value in model.named_parameters() if not torch.equal(value, before[key])}
    assert moved == {"0.weight", "3.weight"}


class Push(Task[torch.Tensor]):
    """Pulls one weight with a gradient of a given length, by plain SGD at rate 1."""

    def __init__(self, clip_norm: float):
        self.model = nn.Linear(1, 1, bias=False)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=1.0)
        self.clip_norm, self.total, self.recipe, self.defaults, self.data = clip_norm, 1, {"seed": 0}, {}, None

    def batches(self, first, stop):
        yield torch.full((1, 1), 50.0)

    def backward(self, batch, step):
        loss = self.model(batch).sum()
        torch.autograd.backward(loss)
        return loss.detach().double().view(1)

    def rate(self, step):
        return 1.0

    def ends_epoch(self, step):
        return False


@pytest.mark.parametrize(("clip_norm", "length"), [(0.0, 50.0), (0.25, 0.25), (1.0, 1.0), (80.0, 50.0)])
def test_a_step_is_as_long_as_the_gradient_but_no_longer_than_clip_norm(clip_norm, length):
    task = Push(clip_norm)
    before = task.model.weight.item()
    Loop(task, None).run()
    assert before - task.model.weight.item() == pytest.approx(length, rel=1e-4)


def test_the_default_recipe_clips_at_1_and_the_papers_does_not():
    assert recipes.named("default").clip_norm == 1
    assert recipes.named("paper").clip_norm == 0


def test_averaged_weights_follow_the_documented_decay():
    """After step t the average keeps min(decay, (1 + t)/(10 + t)) of itself; running statistics are averaged too."""
    model = nn.BatchNorm1d(1)
    average = Average(model, 0.5)
    expected = 1.0
    for step, value in enumerate([3.0, 5.0, -1.0, 2.0, 8.0, 0.0, 4.0, 1.0, 7.0, 2.0]):
        with torch.no_grad():
            model.weight.fill_(value)
            model.running_mean.fill_(value)
            model.num_batches_tracked.fill_(step)
        average.update(step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
        assert average.model.weight.item() == pytest.approx(expected, rel=1e-5)
        assert average.model.num_batches_tracked.item() == step
    assert average.model.running_mean.item() != 2.0
    assert not average.model.training and not average.model.weight.requires_grad


def test_half_a_cosine_ends_at_0():
    rates = [optimizer.half_cosine(2.0, done) for done in np.linspace(0, 1, 11)]
    assert rates[0] == 2.0 and rates[-1] == pytest.approx(0, abs=1e-12)
    assert rates == sorted(rates, reverse=True)
