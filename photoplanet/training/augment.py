"""Augmentation: where to crop, chosen before decoding, and colours, changed on the whole batch by torch."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from photoplanet.training.recipes import Recipe

DRAWS = 12  # random numbers a photo: 4 for the crop, 3 for colours, 1 for the mirror, 4 for blanking
_GREY = (0.299, 0.587, 0.114)  # ITU-R BT.601


def crop_box(recipe: Recipe, draws: NDArray[np.float64]) -> tuple[float, float, float, float] | None:
    """Return a random part of the photo as (left, top, right, bottom), shares of its width and height; None for all.

    Its area is uniform in [`crop_area`, 1] of the photo's, its sides stretched by up to `crop_ratio`.

    >>> from photoplanet.training.recipes import named
    >>> crop_box(named("paper"), np.zeros(4)) is None
    True
    >>> [round(float(side), 2) for side in crop_box(Recipe(crop_area=0.25, crop_ratio=1.0), np.zeros(4))]
    [0.0, 0.0, 0.5, 0.5]
    """
    if recipe.crop_area >= 1 and recipe.crop_ratio <= 1:
        return None
    side = math.sqrt(recipe.crop_area + (1 - recipe.crop_area) * draws[0])
    stretch = math.exp((draws[1] - 0.5) * math.log(recipe.crop_ratio))
    wide, high = min(1.0, side * stretch), min(1.0, side / stretch)
    left, top = draws[2] * (1 - wide), draws[3] * (1 - high)
    return left, top, min(1.0, left + wide), min(1.0, top + high)


def recolour(recipe: Recipe, images: Tensor, draws: Tensor) -> Tensor:
    """Return uint8 (n, h, w, 3) with brightness, contrast, saturation, mirror and blanking by `draws` (n, 12).

    >>> grey = torch.full((1, 4, 4, 3), 100, dtype=torch.uint8)
    >>> recolour(Recipe(brightness=0.5, contrast=0, saturation=0), grey, torch.ones(1, DRAWS))[0, 0, 0].tolist()
    [150, 150, 150]
    """
    strengths = (recipe.brightness, recipe.contrast, recipe.saturation)
    if any(strengths):
        light, contrast, saturation = (1 + s * (2 * draws[:, 4 + i] - 1) for i, s in enumerate(strengths))
        images = _colours(images, light.float(), contrast.float(), saturation.float())
    if recipe.flip:
        mirrored = draws[:, 7] < recipe.flip
        images = torch.where(mirrored[:, None, None, None], images.flip(2), images)
    if recipe.erase:
        images = _blanked(images, draws, recipe.erase)
    return images


def _colours(images: Tensor, light: Tensor, contrast: Tensor, saturation: Tensor) -> Tensor:
    # One 3×3 matrix and one offset a photo do all three: x → light·(contrast·S·x + (1 − contrast)·mean grey).
    pixels = images.flatten(1, 2).float()
    grey = torch.tensor(_GREY, device=images.device)
    identity = torch.eye(3, device=images.device)
    turn = saturation[:, None, None] * identity + (1 - saturation)[:, None, None] * grey[:, None]
    mean = (pixels.mean(dim=1) @ grey)[:, None, None]
    offset = (light * (1 - contrast))[:, None, None] * mean
    out = torch.baddbmm(offset.expand(-1, 1, 3), pixels, (light * contrast)[:, None, None] * turn)
    return out.add_(0.5).clamp_(0, 255).to(torch.uint8).view(images.shape)


def _blanked(images: Tensor, draws: Tensor, share: float) -> Tensor:
    # A rectangle of 2 to 25 % of the area in mid-grey (random erasing, Zhong et al. 2020).
    height, width = images.shape[1:3]
    side = (0.02 + 0.23 * draws[:, 9]).sqrt()
    top, left = draws[:, 10] * (1 - side), draws[:, 11] * (1 - side)
    y = (torch.arange(height, device=images.device) + 0.5) / height
    x = (torch.arange(width, device=images.device) + 0.5) / width
    inside = ((y >= top[:, None]) & (y < (top + side)[:, None]))[:, :, None]
    inside = inside & ((x >= left[:, None]) & (x < (left + side)[:, None]))[:, None, :]
    inside = inside & (draws[:, 8] < share)[:, None, None]
    return images.masked_fill(inside[..., None], 128)
