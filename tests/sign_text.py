"""Readings made of plain texts, and what clues say of them by country, for tests of evidence."""

import numpy as np

from photoplanet.earth import gazetteer, ground
from photoplanet.signs.line import Line, Reading

BOX = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def reading(*texts, score=0.97, role="sign"):
    return Reading(tuple(Line(text, score, BOX, role) for text in texts), 640, 480)


def prior():
    """Country code → its share of people's photos."""
    return _by_country(ground.read().weight)


def posterior(clues):
    """Country code → its probability after these clues."""
    sites = ground.read()
    rows = sum((clue.log_likelihood.astype(float) for clue in clues), np.zeros(len(sites.weight)))
    return _by_country(sites.weight * np.exp(rows - rows.max()))


def bits(clues, country):
    """How much likelier a country is after these clues, in bits."""
    return float(np.log2(posterior(clues)[country] / prior()[country]))


def favoured(clues):
    """The countries with a site that the clues favour as much as any other."""
    sites, codes = ground.read(), gazetteer.read().country_codes
    rows = sum(clue.log_likelihood.astype(float) for clue in clues)
    return {codes[row] for row in np.unique(sites.country[rows >= rows.max() - 1e-3])}


def spread(clue):
    """Bits between the likeliest and the least likely site."""
    return float(np.ptp(clue.log_likelihood) / np.log(2))


def _by_country(weight):
    sites, codes = ground.read(), gazetteer.read().country_codes
    held = np.bincount(sites.country, weight, len(codes))
    return dict(zip(codes, held / held.sum(), strict=True))
