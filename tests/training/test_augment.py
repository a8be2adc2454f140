"""Augmentation: crops inside the photo, colours within reason, and no change where it is switched off."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.training import augment, recipes

PLAIN = recipes.named("paper")


def batch(count=6, size=10, seed=0):
    random = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, size, size, 3), dtype=torch.uint8, generator=random)
    return images, torch.rand((count, augment.DRAWS), dtype=torch.float64, generator=random)


def changed(*pairs):
    return recipes.changed(PLAIN, pairs)


def recoloured(recipe, images, draws, scale=(1.0, 1.0, 1.0), shift=(0.0, 0.0, 0.0)):
    return augment.recolour(recipe, images, draws, torch.tensor(scale), torch.tensor(shift))


@settings(max_examples=200, deadline=None)
@given(
    draws=st.lists(st.floats(0, 1, exclude_max=True), min_size=4, max_size=4),
    area=st.floats(0.01, 1),
    ratio=st.floats(1, 4),
)
def test_crops_lie_in_the_photo_and_keep_about_their_area(draws, area, ratio):
    box = augment.crop_box(recipes.Recipe(crop_area=area, crop_ratio=ratio), np.array(draws))
    if area == 1 and ratio == 1:
        assert box is None
        return
    left, top, right, bottom = box
    assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1
    assert (right - left) * (bottom - top) >= 0.999 * area / ratio**0.5


def test_the_papers_recipe_changes_no_pixel():
    images, draws = batch()
    assert augment.crop_box(PLAIN, draws[0].numpy()) is None
    assert torch.equal(recoloured(PLAIN, images, draws), images.float())


@pytest.mark.parametrize("size", [7, 10, 16, 13])  # 49, 100, 256 and 169 pixels, in groups of 7, 10, 8 and 13
def test_colours_are_those_of_the_three_changes_one_after_the_other(size):
    images, draws = batch(size=size)
    scale, shift = torch.tensor([0.01, 0.02, 0.03]), torch.tensor([-1.0, 0.5, 0.0])
    settings_of_all = changed("brightness=0.4", "contrast=0.3", "saturation=0.5")
    out = recoloured(settings_of_all, images, draws, scale.tolist(), shift.tolist())
    grey_of = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)
    for image, numbers, found in zip(images, draws, out, strict=True):
        light, contrast, saturation = (1 + s * (2 * numbers[4 + i] - 1) for i, s in enumerate((0.4, 0.3, 0.5)))
        x = image.double()
        x = saturation * x + (1 - saturation) * (x @ grey_of)[..., None]
        x = contrast * x + (1 - contrast) * (x @ grey_of).mean()
        expected = (light * x).clamp(0, 255) * scale.double() + shift.double()
        assert (found.double() - expected).abs().max() <= 1e-4


@pytest.mark.parametrize(("share", "mirrored"), [("0", 0), ("1", 6)])
def test_mirrors_left_and_right_only_when_asked(share, mirrored):
    images, draws = batch()
    out = recoloured(changed(f"flip={share}"), images, draws)
    assert sum(torch.equal(a.flip(1).float(), b) for a, b in zip(images, out, strict=True)) == mirrored


def test_blanks_one_rectangle_of_a_share_of_the_photos():
    images, draws = batch(count=40, size=32)
    images = images.clamp(max=100)
    out = recoloured(changed("erase=0.5"), images, draws)
    blanked = (out == 128).all(dim=3)
    touched = blanked.flatten(1).any(dim=1)
    assert torch.equal(touched, draws[:, 8] < 0.5)
    for mask in blanked[touched]:
        rows, columns = mask.any(dim=1), mask.any(dim=0)
        assert mask.sum() == rows.sum() * columns.sum()
    assert torch.equal(out[~touched], images[~touched].float())
