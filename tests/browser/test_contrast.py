"""Colours of the page: words can be read on what is behind them."""

import pytest


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(visit, address, scheme):
    """WCAG AA: 4.5 to 1 for the page's colours of text on its colours of paper."""
    page = visit(address, color_scheme=scheme)
    names = ["paper", "raised", "wash", "ink", "quiet", "bad", "mass", "point", "halo"]
    read = "(name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()"
    colour = {name: page.evaluate(read, name) for name in names}
    light = {name: luminance(value) for name, value in colour.items()}
    pairs = [(text, paper) for text in ("ink", "quiet") for paper in ("paper", "raised", "wash")]
    pairs += [("bad", "paper"), ("bad", "wash"), ("mass", "wash"), ("halo", "point"), ("halo", "mass")]
    for text, paper in pairs:
        high, low = sorted((light[text], light[paper]), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, paper)


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
