"""What the backbones share."""

from photoplanet.errors import InputError


def scaled(channels: int, width: float) -> int:
    """`channels` times the width factor (paper, Fig. 9b), to the nearest multiple of 8, at least 8; unchanged at 1."""
    if not 0.05 <= width <= 8:
        raise InputError(f"width {width}: the width factor lies between 0.05 and 8; 1 is the full network")
    return channels if width == 1 else max(8, int(channels * width / 8 + 0.5) * 8)
