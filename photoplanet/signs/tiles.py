"""Which parts of a photo the detector looks at one by one: the whole, or windows of what is too long or too fine."""

import math

Window = tuple[int, int, int, int]  # left, top, right, bottom, in pixels

LONG = 2.0  # a photo that is so many times longer than wide is looked at in windows
WINDOW = 1.5  # how much longer than wide a window of it is
MOST = 8  # windows of a photo, which are longer then
OVERLAP = 0.1  # of a window, on each side, so that a line is whole in one of them
FINE = 2400  # pixels: from this longest side on, a thorough reading quarters a photo
QUARTER = 0.55  # of its width and height


def plan(width: int, height: int, thorough: bool = False) -> list[Window]:
    """Return the windows of a photo; `thorough`: a large one is quartered, for text that is tiny in it.

    >>> plan(4000, 3000), len(plan(4000, 3000, thorough=True)), len(plan(12_000, 2000)), len(plan(20_000, 20))
    ([(0, 0, 4000, 3000)], 4, 4, 8)
    """
    longest, shortest = max(width, height), min(width, height)
    if longest > LONG * shortest:
        count = min(MOST, math.ceil(longest / (WINDOW * shortest)))
        step, more = longest / count, OVERLAP * longest / count
        parts = [(max(0, int(n * step - more)), min(longest, math.ceil((n + 1) * step + more))) for n in range(count)]
        return [(a, 0, b, height) if width > height else (0, a, width, b) for a, b in parts]
    if thorough and longest >= FINE:
        w, h = math.ceil(width * QUARTER), math.ceil(height * QUARTER)
        return [(x, y, x + w, y + h) for y in (0, height - h) for x in (0, width - w)]
    return [(0, 0, width, height)]
