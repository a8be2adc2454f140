"""Text that means harm: patterns never blow up, marks of control never get through, numbers of clues are bounded."""

import random

import numpy as np
import pytest
from sign_text import reading

from photoplanet.clues import by_country, collect, language
from photoplanet.earth import ground

KINDS = [kind for kind in collect.kinds() if kind is not language.clues]
PIECES = (
    "1", "0", "12", "+", "(", ")", "-", ".", ",", " ", "/", "@", "www", "a", "A", "AB", "€", "12,50", "d", "de",
    "kr", "B-",
    "a.", "1-", "1 ", "(1", "+1", "x.x.", "@a.", "D-", "1A", "A1 ", "é", "ß", "中", "한", "ا", "ﷺ", "א", "\u202e",
    "\u200f", "\x00",
    "\x1b[2J", "\u0301", "🇩🇪", "〒", "\ud800", "\U0010ffff", "°", "'", '"', "\\", "%s", "{}", "<b>", "\n", "\t",
)  # fmt: skip


@pytest.fixture(scope="module")
def sites():
    return ground.read()


def check(texts, sites):
    for kind in KINDS:
        clues = kind(reading(*texts), sites)
        assert len(clues) <= by_country.MOST_CLUES
        for clue in clues:
            assert np.isfinite(clue.log_likelihood).all()
            assert clue.log_likelihood.shape == sites.weight.shape and clue.log_likelihood.dtype == np.float32
            assert set(clue.lines) <= set(range(len(texts))) and clue.lines
            assert len(clue.says) < 200


@pytest.mark.parametrize("piece", PIECES)
def test_a_page_of_one_piece_again_and_again(piece, sites):
    check([(piece * 200)[:200]] * 200, sites)


@pytest.mark.parametrize("seed", range(12))
def test_a_page_of_random_pieces(seed, sites):
    rng = random.Random(seed)
    some = rng.sample(PIECES, 4)
    check(["".join(rng.choice(some) for _ in range(100))[:200] for _ in range(200)], sites)


@pytest.mark.parametrize("seed", range(4))
def test_a_page_of_any_signs_at_all(seed, sites):
    rng = random.Random(seed)
    check(["".join(chr(rng.randrange(0x110000)) for _ in range(200)) for _ in range(40)], sites)


def test_a_line_of_a_million_signs(sites):
    check(["1 a." * 250_000, "www." + "a." * 500_000], sites)


def test_many_different_codes_are_bounded(sites):
    check(
        [
            f"www.x{number}.{code}"
            for number, code in enumerate(
                ["de", "fr", "it", "es", "pt", "nl", "be", "dk", "se", "no", "fi", "pl", "cz", "sk", "hu"]
            )
        ],
        sites,
    )


def test_no_lines_are_no_clues(sites):
    check([], sites)
    check(["", " ", "\x00"], sites)
    assert all(kind(reading("", "\x00"), sites) == [] for kind in KINDS)


@pytest.mark.parametrize("text", ["Tel. \u202e+49 221 000000", "\u200fwww.x.de\u200f", "\u200e+49\u200e 221 000000"])
def test_marks_of_direction_do_not_hide_what_is_written(text, sites):
    assert any(kind(reading(text), sites) for kind in KINDS)


def test_what_a_clue_says_holds_no_control_characters(sites):
    for kind in KINDS:
        for clue in kind(reading("www.x\x1b[31m.de\x07", "Tel.\x00 +49 221 000000", "Müller\x9b GmbH"), sites):
            assert clue.says.isprintable()


def test_watermarks_are_claims_that_count_less(sites):
    for text in ("www.photo.de", "+45 33 00 00 00", "Müller GmbH", "D-50667 Köln"):
        for kind in KINDS:
            for sign, mark in zip(
                kind(reading(text), sites), kind(reading(text, role="watermark"), sites), strict=True
            ):
                assert np.ptp(mark.log_likelihood) < np.ptp(sign.log_likelihood)
