import json

import pytest

from photoplanet.errors import InputError
from photoplanet.evaluation import accuracy, published, tables

ROWS = [
    {"name": "Theirs", "year": 2016, "accuracy": {"street": None, "city": 0.245, "region": 0.376, "country": 0.536,
                                                   "continent": 0.713}, "source": "a paper"},
    {"name": "ours_1|<b>", **accuracy.summary([0.5, 10, 100, 3000])},
]  # fmt: skip


def test_markdown_reads_as_a_table():
    lines = tables.markdown(ROWS).splitlines()
    assert lines[0].startswith("|  | street 1 km | city 25 km | region 200 km | country 750 km | continent 2500 km |")
    assert lines[2].startswith("| Theirs (2016) | – | 24.5 | 37.6 | 53.6 | 71.3 | – |")
    assert lines[3].startswith(r"| ours_1\|&lt;b> | 25.0 | 50.0 | 75.0 | 75.0 | 75.0 | 55.0 |")
    assert len({line.replace(r"\|", "").count("|") for line in lines}) == 1


def test_latex_compiles_in_form():
    text = tables.latex([*ROWS, {"name": "50 % & {more} #1 \\ ~ ^", "accuracy": {}}])
    assert text.startswith("\\begin{tabular}{lrrrrrrrr}\n\\toprule\n")
    assert r"ours\_1|<b> & 25.0" in text
    assert r"50 \% \& \{more\} \#1 \textbackslash{} \textasciitilde{} \textasciicircum{}" in text
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {line.replace(r"\&", "").count("&") for line in rows} == {8}


def test_intervals_are_optional():
    assert "[" not in tables.markdown(ROWS)
    assert "50.0 [0.0, 100.0]" in tables.markdown(ROWS, intervals=True)


def test_json_keeps_every_figure():
    back = json.loads(tables.render(ROWS, "json"))
    assert back[1]["accuracy"]["city"] == 0.5
    assert back[0]["accuracy"]["street"] is None


def test_an_infinite_median_shows_as_such():
    row = {"name": "none", **accuracy.summary([float("nan")] * 3)}
    assert "| ∞ | 0 | 3 |" in tables.markdown([row])
    assert r"$\infty$" in tables.latex([row])


def test_every_published_row_can_be_set_in_every_style():
    for name in published.BENCHMARKS:
        for style in tables.FORMATS:
            assert tables.render(published.get(name).rows(), style)


def test_unknown_styles_and_empty_tables_are_refused():
    with pytest.raises(InputError, match="markdown, latex, json"):
        tables.render(ROWS, "html")
    with pytest.raises(InputError, match="at least one"):
        tables.markdown([])


@pytest.mark.parametrize(
    ("km", "text"),
    [(0, "0"), (0.1234, "0.123"), (0.0001, "0.000"), (9.876, "9.88"), (123.4, "123"), (5564.2, "5,560"), (None, "∞")],
)
def test_distances_have_three_digits(km, text):
    assert tables.distance(km) == text
