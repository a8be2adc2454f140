"""What was tried for evidence from signs and lost: `python benchmarks/sign_arms.py SIGNS.jsonl [--five-letters]`.

SIGNS.jsonl is that of benchmarks/signs.py, and so are the photos that count. Each arm changes one thing of the default:
how letters and common words are weighed, how an area's languages are joined, the prior, the power of all clues
together, how often text says nothing. Prints the right country first, what is claimed with 90 % or more and how much of
that is right, and the bits on the truth with the difference from the default's (95 %: countries drawn anew, paired).
--five-letters adds lingua's large model, which takes 0.9 GB of memory.
"""

import argparse
import json
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np
from signs import LETTERS, RESAMPLES, read

from photoplanet.clues import collect, language, language_scores
from photoplanet.earth import countries, gazetteer, ground
from photoplanet.locate import joining

KEEP = joining.TEMPER, joining.POSTER


def letters_alone():
    known = language_scores.languages()._replace(words={})
    return several((language_scores, "languages", lambda: known), (language_scores, "LETTERS_WEIGHT", 1.0))


def words_alone():
    return several((language_scores, "LETTERS_WEIGHT", 0.0))


def five_letters():
    from lingua import LanguageDetectorBuilder

    large = LanguageDetectorBuilder.from_all_languages().build()
    return several((language_scores, "_detector", lambda: large))


def geometric():
    """An area's languages weigh logarithms, not likelihoods, so that each has to fit every line."""

    def clue(group, sites):
        shares = language._shares()
        rows = sum(np.maximum(rows - rows.max(), -12.0) for _, rows in group)
        by_area = (shares / shares.sum(axis=1, keepdims=True)) @ rows
        numbers = tuple(number for number, _ in group)
        return language.Clue("language", "", numbers, by_area.astype(np.float32)[sites.area])

    return several((language, "_clue", clue))


@contextmanager
def several(*changes):
    with mock.patch.object(*changes[0]):
        if changes[1:]:
            with several(*changes[1:]):
                yield
        else:
            yield


def by_population(sites):
    """Sites weigh as their countries' people do, not as their photos."""
    held = np.bincount(sites.country, sites.weight)
    people = np.array([max(1, each.population) for each in countries.read().values()], float)
    weight = sites.weight * (people / people.sum() / held)[sites.country]
    return weight / weight.sum()


def shares(clues, sites, weight, temper, poster):
    """(countries,) of the posterior."""
    rows = sum((temper * clue.log_likelihood.astype(float) for clue in clues), np.zeros(len(weight)))
    likelihood = np.exp(rows - rows.max())
    likelihood /= (weight * likelihood).sum()
    found = np.bincount(sites.country, weight * ((1 - poster) * likelihood + poster))
    return found / found.sum()


def measured(clues, truths, prior, weight=None, temper=KEEP[0], poster=KEEP[1]):
    """Rightness, claims, and bits on the truth beyond the default's prior."""
    sites = ground.read()
    found = [shares(each, sites, sites.weight if weight is None else weight, temper, poster) for each in clues]
    first = np.array([each.argmax() == truth for each, truth in zip(found, truths, strict=True)])
    sure = np.array([each.max() >= 0.9 for each in found])
    bits = np.log2([each[truth] / prior[truth] for each, truth in zip(found, truths, strict=True)])
    return first, sure, bits


def interval(values, groups):
    names = np.unique(groups)
    draws = np.random.default_rng(0).integers(0, len(names), (RESAMPLES, len(names)))
    sums, sizes = (np.bincount(np.searchsorted(names, groups), each) for each in (values, np.ones(len(values))))
    return np.quantile(sums[draws].sum(axis=1) / sizes[draws].sum(axis=1), (0.025, 0.975))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("signs", type=Path)
    parser.add_argument("--five-letters", action="store_true")
    given = parser.parse_args()
    photos = [json.loads(line) for line in given.signs.read_text(encoding="utf-8").splitlines()]
    photos = [photo for photo in photos if read(photo).letters >= LETTERS]
    readings = [read(photo) for photo in photos]
    sites, codes = ground.read(), gazetteer.read().country_codes
    truths = np.array([codes.index(photo["country"]) for photo in photos])
    prior = np.bincount(sites.country, sites.weight)
    clues = [collect.of_reading(reading) for reading in readings]
    arms = {
        "default": measured(clues, truths, prior),
        "prior by population": measured(clues, truths, prior, by_population(sites)),
        **{f"all clues to the power of {power}": measured(clues, truths, prior, temper=power)
           for power in (0.7, 1.25, 1.5)},
        **{f"text says nothing of the place in {100 * share:g} %": measured(clues, truths, prior, poster=share)
           for share in (0.005, 0.01, 0.05, 0.1)},
    }  # fmt: skip
    changes = {"letters alone": letters_alone, "common words alone": words_alone,
               "an area's languages joined geometrically": geometric}  # fmt: skip
    if given.five_letters:
        changes["lingua's model of one to five letters"] = five_letters
    for name, change in changes.items():
        with change():
            arms[name] = measured([collect.of_reading(reading) for reading in readings], truths, prior)
    print(f"{len(photos)} photos with {LETTERS} letters or more\n")
    print("| arm | country first | claimed ≥ 90 % | of these right | bits on the truth | against default |")
    print("|---|" + "---:|" * 5)
    for name, (first, sure, bits) in arms.items():
        low, high = interval(bits - arms["default"][2], truths)
        right = f"{100 * first[sure].mean():.0f} %" if sure.any() else "–"
        less = "" if name == "default" else f"{(bits - arms['default'][2]).mean():+.2f} [{low:+.2f}, {high:+.2f}]"
        print(f"| {name} | {100 * first.mean():.1f} % | {sure.sum()} | {right} | {bits.mean():+.2f} | {less} |")


if __name__ == "__main__":
    main()
