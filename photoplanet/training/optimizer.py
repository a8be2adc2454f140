"""The optimizer of a recipe and its learning rate, a pure function of the step, so that nothing needs saving."""

import math

import torch
from torch import nn

from photoplanet.training.backbones import Backbone
from photoplanet.training.recipes import Recipe


def learning_rate(recipe: Recipe, step: int, total: int) -> float:
    """Return the rate of step 0 … total − 1: linear warm-up, then constant, or a cosine to `final_rate` of it.

    >>> [round(learning_rate(Recipe(learning_rate=0.1, warmup=0), step, 10), 3) for step in (0, 5, 9)]
    [0.1, 0.051, 0.003]
    """
    warm = recipe.warmup * total
    if step < warm:
        return recipe.learning_rate * (step + 1) / (warm + 1)
    if recipe.schedule == "constant":
        return recipe.learning_rate
    done = (step - warm) / max(1.0, total - warm)
    return recipe.learning_rate * (recipe.final_rate + (1 - recipe.final_rate) * (1 + math.cos(math.pi * done)) / 2)


def half_cosine(rate: float, done: float) -> float:
    """Return half a cosine from `rate` to 0 at the share `done` of a run.

    >>> [round(half_cosine(0.1, done), 3) for done in (0, 0.5, 1)]
    [0.1, 0.05, 0.0]
    """
    return rate * 0.5 * (1 + math.cos(math.pi * done))


def build(recipe: Recipe, model: nn.Module) -> torch.optim.Optimizer:
    """Return AdaGrad (paper, Sect. 3), AdamW or SGD with Nesterov momentum; biases and norms are never decayed.

    Every group has a `scale`: its rate in those of the schedule. The backbone's last layer has 1, each layer before it
    `layer_decay` times that of the one after it, and the head `head_rate`.

    >>> [group["weight_decay"] for group in build(Recipe(weight_decay=0.05), nn.Linear(2, 2)).param_groups]
    [0.05, 0.0]
    """
    groups = []
    for scale, parameters in _by_scale(recipe, model).items():
        for decayed in (True, False):
            some = [p for p in parameters if (p.ndim > 1) == decayed]
            groups.append({"params": some, "weight_decay": recipe.weight_decay * decayed, "scale": scale})
    rate = recipe.learning_rate
    if recipe.optimizer == "adagrad":
        return torch.optim.Adagrad(groups, lr=rate, initial_accumulator_value=recipe.adagrad_start, fused=_fused(model))
    if recipe.optimizer == "sgd":
        nesterov = recipe.momentum > 0
        return torch.optim.SGD(groups, lr=rate, momentum=recipe.momentum, nesterov=nesterov, fused=True)
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99), fused=True)


def _fused(model: nn.Module) -> bool:
    return next(model.parameters()).device.type == "cpu"  # torch has a fused AdaGrad for CPUs only


def _by_scale(recipe: Recipe, model: nn.Module) -> dict[float, list[nn.Parameter]]:
    """The parameters that learn, in the model's order, by the scale of their rate."""
    backbone = getattr(model, "backbone", None)
    scales: dict[nn.Parameter, float] = {}
    if isinstance(backbone, Backbone):
        scales = dict.fromkeys(model.parameters(), recipe.head_rate)
        for before, layer in enumerate(reversed(backbone.layers())):
            scales |= dict.fromkeys(layer.parameters(), recipe.layer_decay**before)
    found: dict[float, list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            found.setdefault(scales.get(parameter, 1.0), []).append(parameter)
    return found
