"""Text made plain: one form for signs that mean the same, and nothing without bounds."""

import pytest

from photoplanet.clues.plain_text import MOST_CHARACTERS, plain, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ｔｅｌ．　０３－１２３４", "Tel. 03-1234"),
        ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
        ("०१२ ๓๔๕", "012 345"),
        ("a–b—c−d", "a-b-c-d"),
        ("  a \t b\u00a0c\u3000d  ", "a b c d"),
        ("a\u200fb\u200bc\ufeffd", "abcd"),
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("\ud800x\ue000", "x"),
        ("№5 ㈱ ½", "No5 (株) 1⁄2"),
        ("", ""),
    ],
)
def test_one_form(text, expected):
    assert plain(text) == expected


def test_a_line_is_bounded_even_where_signs_expand():
    assert len(plain("\ufdfa" * 10_000)) <= MOST_CHARACTERS == 200


def test_plain_text_stays_as_it_is():
    text = plain("Straße №５ — ٣")
    assert plain(text) == text


def test_words_lose_marks_at_their_edges_only():
    assert words("(«S.p.A.») o'clock, Sud-Ouest!") == ("S.p.A", "o'clock", "Sud-Ouest")
