"""CLIP's tokenizer against numbers that are public, with those of its real merges that the words here need."""

import json

import pytest
from clip_nets import real_files

from photoplanet.errors import InputError, ModelError
from photoplanet.models.importers import clip_tokens

START, END = 49406, 49407
# the first is in the documentation of many libraries; all are what Hugging Face's `tokenizers` makes of the full files
PUBLIC = {
    "a photo of a cat": [320, 1125, 539, 320, 2368],
    "A Street View photo in France.": [320, 2012, 1093, 1125, 530, 3552, 269],
    "A Street View photo from São Paulo.": [320, 2012, 1093, 1125, 633, 45911, 21628, 269],
    "it's 1984 & we'll   go…": [585, 568, 272, 280, 279, 275, 261, 649, 1342, 861, 959],
    "東京": [48338, 21078, 361],
}


@pytest.mark.parametrize("text", PUBLIC)
def test_the_numbers_are_those_of_the_real_tokenizer(text, tmp_path):
    assert clip_tokens.read(real_files(tmp_path / "clip")).encode(text) == [START, *PUBLIC[text], END]


@pytest.mark.parametrize("style", ["texts", "pairs"])
def test_one_file_for_all_gives_the_same(style, tmp_path):
    folder = real_files(tmp_path / "clip")
    lines = (folder / "merges.txt").read_text().splitlines()[1:]
    model = {"vocab": json.loads((folder / "vocab.json").read_text())}
    model["merges"] = lines if style == "texts" else [line.split(" ") for line in lines]
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": model}))
    both = clip_tokens.read(folder), clip_tokens.read(tmp_path)
    assert both[0] == both[1]


def test_case_and_spaces_do_not_count_and_a_word_is_joined_alike_every_time(tmp_path):
    made = clip_tokens.read(real_files(tmp_path / "clip"))
    assert made.encode(" a  PHOTO\nof a\tCat ") == made.encode("a photo of a cat") == made.encode("a photo of a cat")
    assert made.encode("") == [START, END]


def test_a_text_that_is_too_long_is_refused_at_exactly_77(tmp_path):
    made = clip_tokens.read(real_files(tmp_path / "clip"))
    assert len(made.encode("1" * 75)) == 77
    with pytest.raises(InputError, match="over 75 tokens"):
        made.encode("1" * 76)


@pytest.mark.parametrize(("name", "text", "said"), [
    ("vocab.json", "{", "no JSON"),
    ("vocab.json", "[" * 100_000, "no JSON"),
    ("vocab.json", "[]", "no vocabulary"),
    ("vocab.json", '{"a": "1"}', "without a number"),
    ("vocab.json", '{"a": -1}', "without a number"),
    ("vocab.json", '{"a": true}', "without a number"),
    ("vocab.json", '{"a": 1}', "startoftext"),
    ("merges.txt", "", "no vocabulary"),
    ("merges.txt", "a b c\n", "not two tokens"),
    ("merges.txt", "a\n", "not two tokens"),
])  # fmt: skip
def test_damaged_files_are_refused_in_one_line(name, text, said, tmp_path):
    folder = real_files(tmp_path / "clip")
    (folder / name).write_text(text)
    with pytest.raises(ModelError, match=said) as caught:
        clip_tokens.read(folder)
    assert "\n" not in str(caught.value) and "get the file again" in str(caught.value)


def test_files_that_are_too_large_or_no_text_are_refused(tmp_path, monkeypatch):
    folder = real_files(tmp_path / "clip")
    (folder / "merges.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match=r"merges\.txt"):
        clip_tokens.read(folder)
    monkeypatch.setattr(clip_tokens, "MAX_BYTES", 100)
    with pytest.raises(ModelError, match="over 0 MiB"):
        clip_tokens.read(folder)


def test_a_vocabulary_with_holes_names_what_it_lacks(tmp_path):
    folder = real_files(tmp_path / "clip")
    numbers = json.loads((folder / "vocab.json").read_text())
    del numbers["x</w>"]
    (folder / "vocab.json").write_text(json.dumps(numbers))
    with pytest.raises(InputError, match="lacks 'x</w>'"):
        clip_tokens.read(folder).encode("x")


def test_a_folder_without_any_is_told_what_it_needs(tmp_path):
    with pytest.raises(ModelError, match=r"vocab\.json and merges\.txt, or tokenizer\.json"):
        clip_tokens.read(tmp_path)
