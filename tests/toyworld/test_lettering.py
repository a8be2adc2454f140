"""Letters are drawn as they are written: with their marks, in their order, or not at all."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image

from photoplanet.errors import InputError
from photoplanet.toyworld import lettering, sign_texts

DEJAVU = Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # Latin, Greek, Cyrillic, Arabic


@pytest.fixture
def face():
    return lettering.Packaged()


def ink(mask):
    return int((np.asarray(mask) > 127).sum())


def test_a_capital_is_as_high_as_its_size_says(face):
    assert face.line("H", 100 / lettering.CAPITAL).height == pytest.approx(100, abs=4)


@pytest.mark.parametrize("marked, base", ["ée", "ñn", "ůu", "ąa", "şs", "łl", "øo", "đd", "Đd", "ựu", "ếe", "Łl"])
def test_a_mark_adds_ink_to_its_letter(face, marked, base):
    base = base if marked.islower() else base.upper()
    assert ink(face.line(marked, 60)) > ink(face.line(base, 60)) * 1.03


@pytest.mark.parametrize("letter", "éèêẽēĕėëẻåőě")
def test_marks_above_stand_free_of_the_letter(face, letter):
    """Between the mark and the letter lies a row without ink."""
    drawn = face.line(letter, 100)
    filled = (np.asarray(drawn) > 127).any(axis=1)
    assert drawn.height > face.line("e", 100).height + 8
    assert not filled.all()


def test_no_two_marked_letters_look_the_same(face):
    drawn = [face.line(letter, 60).tobytes() for letter in "eéèêẽēĕėëẻěęẹ"]
    assert len(set(drawn)) == len(drawn)


def test_the_dotless_i_has_no_dot_and_one_with_an_accent_has_only_that(face):
    assert face.line("ı", 100).height < face.line("i", 100).height - 10
    filled = (np.asarray(face.line("í", 100)) > 127).any(axis=1)
    assert np.count_nonzero(np.diff(filled.astype(int)) == -1) == 1  # one gap: accent, stem


@pytest.mark.parametrize("text", ["улица", "straße", "東京", "a\u0489", "tab\there", "🙂"])
def test_what_the_packaged_font_lacks_is_not_drawn_as_something_else(face, text):
    assert not face.covers(text)
    with pytest.raises(InputError, match="folder of fonts"):
        face.line(text, 30)


def test_the_packaged_font_writes_nearly_every_phrase_in_latin_letters(face):
    latin = [each for each in sign_texts.languages().values() if each.script == "Latin"]
    phrases = [text for language in latin for text in language.phrases]
    lacking = {text for text in phrases if not face.covers(text)}
    assert len(lacking) / len(phrases) < 0.03
    assert all(set(text) & set("ßðæ") for text in lacking)


def test_a_folder_of_fonts_gives_the_scripts_that_it_has():
    found = lettering.faces(DEJAVU)
    assert {"Latin", "Greek", "Cyrillic", "Arabic", "Hebrew"} == set(found)
    assert found["Cyrillic"].covers("улица Ленина") and not found["Cyrillic"].covers("東京")


def test_arabic_letters_are_joined():
    """Between two letters that join there is ink in every column; with a sign between them that parts them, a gap."""
    face = lettering.faces(DEJAVU)["Arabic"]
    joined, parted = (np.asarray(face.line(text, 80))[:, 2:-2] > 64 for text in ("بب", "ب\u200cب"))
    assert joined.any(axis=0).all() and not parted.any(axis=0).all()


def test_arabic_runs_from_right_to_left():
    face = lettering.faces(DEJAVU)["Arabic"]
    both, first = (np.asarray(face.line(text, 80)) for text in ("ا  ممم", "ا"))
    end = both[:, -first.shape[1] :]  # the first letter, a stroke, stands at the right end
    assert np.abs(end[: len(first)].astype(int) - first).mean() < 10 and end[len(first) :].max() < 128


def test_without_shaping_a_script_is_left_out_rather_than_drawn_wrong(monkeypatch):
    monkeypatch.setattr(lettering, "shaping", lambda: False)
    assert set(lettering.faces(DEJAVU)) == {"Latin", "Greek", "Cyrillic"}
    with pytest.raises(InputError, match="without Raqm"):
        lettering.FontFile(DEJAVU / "DejaVuSans.ttf", "Arabic")


def test_a_font_that_is_none_is_refused(tmp_path):
    (tmp_path / "DejaVuSans.ttf").write_bytes(b"not a font")
    with pytest.raises(InputError, match=r"DejaVuSans\.ttf: cannot be read as a font"):
        lettering.faces(tmp_path)


def test_a_folder_without_fonts_says_which_package_has_them(tmp_path):
    with pytest.raises(InputError, match="fonts-noto-core and fonts-noto-cjk"):
        lettering.faces(tmp_path)


def test_lines_are_cut_to_their_ink(face):
    mask = face.line("Lyon", 50)
    assert mask.mode == "L" and mask.getbbox() == (0, 0, *mask.size)
    assert isinstance(mask, Image.Image)
