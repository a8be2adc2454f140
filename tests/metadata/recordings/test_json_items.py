"""Large JSON item by item: the same as reading it at once, cut anywhere, damaged, nested, endless."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.metadata.recordings import json_items
from photoplanet.metadata.recordings.json_items import Items

LEAF = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.text()
VALUE = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


def read(text, size=None):
    items = Items(iter([text] if size is None else [text[at : at + size] for at in range(0, len(text), size)]))
    return list(items), items.fault


@given(st.lists(VALUE), st.integers(1, 50), st.sampled_from([None, 1]))
def test_a_list_is_read_as_python_reads_it(values, size, indent):
    assert read(json.dumps(values, indent=indent), size) == ([("", value) for value in values], "")


@given(st.dictionaries(st.sampled_from(["a", "b b", "ü"]), st.lists(VALUE) | st.booleans() | st.floats(-5, 5)))
def test_an_object_gives_the_items_of_its_lists(document):
    wanted = [
        (json.dumps(key)[1:-1], value)
        for key, values in document.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    assert read(json.dumps(document), 3) == (wanted, "")


def test_what_comes_before_a_cut_counts():
    text = '{"a": [{"b": 1}, {"b": 2}], "c": [{"b": 3}]}'
    for end in range(1, len(text)):
        items, fault = read(text[:end], 5)
        assert len(items) == sum(end >= at for at in (text.index("},") + 1, text.index("}]") + 1, len(text) - 2))
        assert fault == "ends early"
    assert read(text + "\n\0\0")[1] == "" and read(text + "x")[1] == "has more after its end"


@pytest.mark.parametrize("text", ["", " ", "x", "<kml/>", '"a"', "7"])
def test_what_is_not_a_list_or_an_object_is_not_read(text):
    assert read(text)[0] == [] and read(text)[1] == "is not JSON"


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 50_000, "[" + "[" * 50_000 + "]" * 50_000 + "]", "[1, " + "9" * 100_000 + "]",
     "[nul]", '["a\nb"]', "[{]", '{"a" 1}', "{1: 2}", "[,,,]", '{"' + "k" * 10_000 + '": 1}', '["' + "a" * 100_000],
)  # fmt: skip
def test_hostile_text_ends(text):
    items, _ = read(text, 1000)
    assert len(items) < 3


def test_an_item_is_bounded(monkeypatch):
    assert json_items.MOST == 4 << 20
    monkeypatch.setattr(json_items, "MOST", 1 << 17)
    items, fault = read('[1, "' + "a" * (1 << 20) + '", 2]', 4096)
    assert items == [("", 1)] and fault == "is damaged on the way"
