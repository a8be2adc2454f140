"""Augmentation: where to crop, chosen before decoding, and colours, changed on the whole batch by torch."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from photoplanet.training.classifier import normalised
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


def recolour(recipe: Recipe, images: Tensor, draws: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Return uint8 (n, h, w, 3) with brightness, contrast, saturation, mirror and blanking by `draws` (n, 12).

    What comes out is float32, each channel normalised already as value · scale + shift, `scale` and `shift` being (3,):
    the colours and the network's normalisation are one product, so that pixels are gone through once.

    >>> grey = torch.full((1, 4, 4, 3), 100, dtype=torch.uint8)
    >>> bright = Recipe(brightness=0.5, contrast=0, saturation=0)
    >>> recolour(bright, grey, torch.ones(1, DRAWS), torch.ones(3), torch.zeros(3))[0, 0, 0].tolist()
    [150.0, 150.0, 150.0]
    """
    strengths = (recipe.brightness, recipe.contrast, recipe.saturation)
    if any(strengths):
        light, contrast, saturation = (1 + s * (2 * draws[:, 4 + i] - 1) for i, s in enumerate(strengths))
        pixels = _colours(images, light.float(), contrast.float(), saturation.float(), scale, shift)
    else:
        pixels = normalised(images, scale, shift)
    if recipe.flip:
        mirrored = draws[:, 7] < recipe.flip
        pixels = torch.where(mirrored[:, None, None, None], pixels.flip(2), pixels)
    if recipe.erase:
        pixels = torch.where(_blanked(images.shape, draws, recipe.erase), 128 * scale + shift, pixels)
    return pixels


def _colours(
    images: Tensor, light: Tensor, contrast: Tensor, saturation: Tensor, scale: Tensor, shift: Tensor
) -> Tensor:
    # One 3×3 matrix and one offset a photo do all four: x → scale·light·(contrast·S·x + (1 − contrast)·mean grey) +
    # shift. Products with a 3×3 matrix are slow, so it stands several times on the diagonal of a larger one, for as
    # many pixels at once.
    count, height, width, _ = images.shape
    group = _group(height * width)
    values = images.reshape(count, height * width // group, 3 * group).float()
    kept = torch.eye(3, device=images.device) * saturation[:, None, None]
    greyed = torch.stack([(1 - saturation) * share for share in _GREY], dim=1)[:, :, None]
    turn = (kept + greyed) * (light * contrast)[:, None, None] * scale
    mean = values.mean(dim=1).view(count, group, 3).mean(dim=1)
    grey = sum(mean[:, i] * share for i, share in enumerate(_GREY))
    offset = (light * (1 - contrast) * grey)[:, None] * scale + shift
    blocks = turn[:, None, :, None, :] * torch.eye(group, device=images.device)[:, None, :, None]
    blocks = blocks.reshape(count, 3 * group, 3 * group)
    out = torch.baddbmm(offset.repeat(1, group)[:, None, :], values, blocks)
    lowest, highest = shift.repeat(group), (255 * scale + shift).repeat(group)
    return out.clamp_(lowest, highest).view(images.shape)


def _group(pixels: int) -> int:
    """How many pixels go through one matrix: 8, measured fastest on CPUs, or the next best divisor of their number."""
    return 8 if pixels % 8 == 0 else max(count for count in range(1, 17) if pixels % count == 0)


def _blanked(shape: torch.Size, draws: Tensor, share: float) -> Tensor:
    # A rectangle of 2 to 25 % of the area in mid-grey (random erasing, Zhong et al. 2020); bool (n, h, w, 1).
    height, width = shape[1:3]
    side = (0.02 + 0.23 * draws[:, 9]).sqrt()
    top, left = draws[:, 10] * (1 - side), draws[:, 11] * (1 - side)
    y = (torch.arange(height, device=draws.device) + 0.5) / height
    x = (torch.arange(width, device=draws.device) + 0.5) / width
    inside = ((y >= top[:, None]) & (y < (top + side)[:, None]))[:, :, None]
    inside = inside & ((x >= left[:, None]) & (x < (left + side)[:, None]))[:, None, :]
    return (inside & (draws[:, 8] < share)[:, None, None])[..., None]
