"""Pillow's shrinking of many photos at once on any device: two matrix products a photo, with the weights of its filter.

The filter is HAMMING, as in `photos.colour.shrunk`. The longer side is shrunk first, and rounded to 8 bits, as Pillow
does from version 13 on (before, it was always the width).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from photoplanet.photos.decode import Box

MOST_BYTES = 1 << 29  # of pixels in float32 at a time


def shrunk(photos: Sequence[Tensor], boxes: Sequence[Box], size: int) -> Tensor:
    """Return the parts of uint8 (3, h, w) photos in `boxes`, fractions, as uint8 (n, size, size, 3) on their device.

    Within one level of 255 of what Pillow gives.

    >>> grey = torch.full((3, 30, 40), 100, dtype=torch.uint8)
    >>> shrunk([grey], [(0.0, 0.0, 0.5, 1.0)], 8).float().mean().item()
    100.0
    """
    done, start = [], 0
    while start < len(photos):
        stop, longest = start, 0
        while stop < len(photos):
            more = max(longest, *photos[stop].shape[1:])
            if stop > start and 12 * more * more * (stop + 1 - start) > MOST_BYTES:
                break
            longest, stop = more, stop + 1
        done.append(_together(photos[start:stop], boxes[start:stop], size, longest))
        start = stop
    return torch.cat(done)


def _together(photos: Sequence[Tensor], boxes: Sequence[Box], size: int, longest: int) -> Tensor:
    device = photos[0].device
    lengths = torch.tensor([photo.shape[1:] for photo in photos], dtype=torch.float64)  # height, width
    edges = torch.tensor(list(boxes), dtype=torch.float64).view(-1, 2, 2).flip(2)  # low and high of height, width
    on_side = lengths[:, 0] > lengths[:, 1]
    pixels = torch.zeros((len(photos), 3, longest, longest), device=device)
    for row, photo in enumerate(photos):
        turned = photo.transpose(1, 2) if on_side[row] else photo
        pixels[row, :, : turned.shape[1], : turned.shape[2]] = turned
    lengths = torch.where(on_side[:, None], lengths.flip(1), lengths)
    edges = torch.where(on_side[:, None, None], edges.flip(2), edges) * lengths[:, None]
    down, across = (
        _weights(edges[:, 0, side], edges[:, 1, side], lengths[:, side], longest, size).to(device) for side in (0, 1)
    )
    with torch.autocast(device.type, enabled=False):
        narrow = _rounded(pixels @ across.transpose(1, 2)[:, None])
        small = _rounded(down[:, None] @ narrow)
    small = torch.where(on_side.to(device)[:, None, None, None], small.transpose(2, 3), small)
    return small.to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def _rounded(pixels: Tensor) -> Tensor:
    return pixels.add_(0.5).floor_().clamp_(0, 255)


def _weights(low: Tensor, high: Tensor, lengths: Tensor, longest: int, size: int) -> Tensor:
    """What each input pixel weighs in each output pixel, float32 (n, size, longest); as Pillow's precompute_coeffs."""
    scale = ((high - low) / size)[:, None, None]
    reach = scale.clamp(min=1.0)
    centres = low[:, None, None] + (torch.arange(size, dtype=torch.float64)[:, None] + 0.5) * scale
    first = (centres - reach + 0.5).floor().clamp(min=0)
    last = torch.minimum((centres + reach + 0.5).floor(), lengths[:, None, None])
    at = torch.arange(longest, dtype=torch.float64)
    x = (at + 0.5 - centres) / reach
    weights = torch.sinc(x) * (0.54 + 0.46 * torch.cos(torch.pi * x)) * (x.abs() < 1)
    weights = weights * ((at >= first) & (at < last))
    return (weights / weights.sum(dim=2, keepdim=True)).float()
