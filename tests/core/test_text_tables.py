"""Tables of text as they come: quotation marks that would swallow rows, and encodings."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.core import table_files, text_tables
from photoplanet.errors import InputError

HEAD = "path,title,lat,lon\n"


@pytest.fixture
def read(tmp_path):
    def rows(data, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        layout = table_files.layout(path)
        found, gone = table_files.read(layout, layout.names)
        streamed = [row for batch in table_files.stream(layout, layout.names, []) for row in batch.to_pylist()]
        assert streamed == found.to_pylist()
        return [tuple(row.values()) for row in found.to_pylist()], gone.get("wrong number of fields", [])

    return rows


@pytest.mark.parametrize("mark", ["\t", ",", ";"])
def test_a_quotation_mark_in_a_title_swallows_no_row(read, mark):
    lines = ["path,title,lat,lon", "p0,one,48.8,2.2", 'p1,"Hello,48.9,2.3', 'p2,two",49.0,2.4', "p3,x,49.1,2.5"]
    found, broken = read("\n".join(lines).replace(",", mark))
    assert [(row[0], row[2], row[3]) for row in found] == [
        ("p0", "48.8", "2.2"), ("p1", "48.9", "2.3"), ("p2", "49.0", "2.4"), ("p3", "49.1", "2.5"),
    ]  # fmt: skip
    assert found[1][1] == '"Hello' and found[2][1] == 'two"' and not broken


@pytest.mark.parametrize("mark", ["\t", ",", ";"])
def test_a_quotation_mark_that_is_closed_rows_later_or_never_shifts_no_place(read, mark):
    lines = ["path,title,lat,lon", 'p1,"Hello,48.9,2.3', "p2,two,49.0,2.4", 'p3,World",49.1,2.5', 'p4,"x,49.2,2.6']
    found, broken = read("\n".join(lines).replace(",", mark))
    assert [row[2] for row in found] == ["48.9", "49.0", "49.1", "49.2"] and not broken


def test_what_cannot_be_told_is_left_out_with_its_number_and_the_rows_after_it_count(read):
    found, broken = read(HEAD + 'p0,one,48.8,2.2\np1,"Hello, World,48.9,2.3\np2,two,49.0,2.4\np3,"end",49.1,2.5\n')
    assert [(row[0], row[2]) for row in found] == [("p0", "48.8"), ("p2", "49.0"), ("p3", "49.1")] and broken == [2]
    found, broken = read('path\ttitle\tlat\na\tx\t1\nb\tx\ty\t2\nc\t3\nd\t"x\t4\n')
    assert [row[0] for row in found] == ["a", "d"] and broken == [2, 3]


def test_fields_that_are_quoted_come_out_without_their_marks(read):
    text = 'path\ttitle\tlat\n"a b"\t"x ""y"" z"\t"1"\nb\t"with\ttab"\t2\nc\t"two\nlines"\t3\nd\t5" lens\t4\n'
    assert read(text) == (
        [("a b", 'x "y" z', "1"), ("b", "with\ttab", "2"), ("c", "two\nlines", "3"), ("d", '5" lens', "4")], [],
    )  # fmt: skip
    text = HEAD + 'a,"Hello, all\n\nof you",48.9,2.3\nb,"Hi" there,1,2\nc,"",1,2\nd,"x, "y"",3,4\n'
    assert read(text)[0][:2] == [("a", "Hello, all\n\nof you", "48.9", "2.3"), ("b", '"Hi" there', "1", "2")]


def test_a_field_over_lines_in_the_last_column_is_one_field(read):
    assert read('path\tlat\ttitle\na\t1\t"x\ny"\nb\t2\tz\n')[0] == [("a", "1", "x\ny"), ("b", "2", "z")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_end_of_a_line(read, end):
    assert read(end.join(["id,lat", "a,1", '"b', 'c",2', 'd,5" lens', ""]))[0][:2] == [("a", "1"), ("b\nc", "2")]
    assert read(end.join(["id,lat", "a,1", "b,2"]))[0] == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_encodings_of_spreadsheets(read, encoding):
    text = 'id;lat;title\nKöln.jpg;50,9;x\ncafé.jpg;1;"two\nlines"\n'
    assert read(text.encode(encoding))[0] == [("Köln.jpg", "50,9", "x"), ("café.jpg", "1", "two\nlines")]


@pytest.mark.parametrize("encoding", ["shift_jis", "cp1251", "gbk", "euc-kr"])
def test_other_encodings_are_refused_in_one_line(read, encoding):
    word = {"cp1251": "Москва", "euc-kr": "서울타워"}.get(encoding, "東京中心")
    for text in (f"id,lat\n{word},1\n", "id,lat\n" + "a,1\n" * 30_000 + f"{word},1\n"):
        with pytest.raises(InputError, match="neither UTF-8 nor Western European text; save it as UTF-8"):
            read(text.encode(encoding))


def test_damage_in_utf8_costs_a_character_and_not_the_table(read):
    data = "id,lat\n東京,1\nab".encode() + b"\xe9\xff" + b"c,2\n"
    assert read(data)[0] == [("東京", "1"), ("ab��c", "2")]


def test_heads_of_spreadsheets(read):
    assert read("sep=;\r\nid;lat\r\na;1,5\r\n")[0] == [("a", "1,5")]
    assert read("\n\nid,lat\n\na,1\n")[0] == [("a", "1")]
    assert read('path\t"title\tlat\na\tx\t1\nb\ty"\t2\n')[0] == [("a", "x", "1"), ("b", 'y"', "2")]
    assert read('"path","my\ntitle","lat"\na,"x\ny",1\n')[0] == [("a", "x\ny", "1")]
    assert text_tables.head(b'path\t"title\tlat')[0] == ("path", '"title', "lat")
    assert text_tables.head(b'"a,b";"c\nd"\n1;2\n') == (("a,b", "c\nd"), ";")
    assert text_tables.head("id|größe".encode("cp1252")) == (("id", "größe"), "|")


FIELD = st.text(st.sampled_from(list('ab "\n,\t')), max_size=6).map(lambda text: text.replace("\n", "\nzz"))


@given(st.lists(st.tuples(FIELD, FIELD), max_size=8), st.sampled_from([",", "\t"]), st.booleans())
def test_what_a_csv_writer_writes_is_read_back(tmp_path_factory, rows, mark, everything):
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if everything else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=mark, lineterminator="\n", quoting=quoting)
    writer.writerow(("id", "title", "lat"))
    writer.writerows([("plain", "title", 7)] * 50)  # which tell that the last column has numbers
    writer.writerows((f"p{at}", f"{one}{mark}{two}", at) for at, (one, two) in enumerate(rows))
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_text(text.getvalue(), newline="")
    found, gone = table_files.read(table_files.layout(path), ["id", "title", "lat"])
    assert not gone
    assert [tuple(row.values()) for row in found.to_pylist()] == [
        *[("plain", "title", "7")] * 50,
        *((f"p{at}", f"{one}{mark}{two}", str(at)) for at, (one, two) in enumerate(rows)),
    ]


@given(st.lists(st.text(st.sampled_from(list('ab1,"')), max_size=10), max_size=12))
def test_no_line_is_lost_whatever_its_marks(lines):
    """Every row comes out: as a row, as a part of a quoted field, or as one that has a wrong number of fields."""
    tagged = [f"r{at}{line}" for at, line in enumerate(lines)]
    out = b"".join(text_tables.mended(iter([b"id,lat", *(line.encode() for line in tagged)]), b",", 2))
    read = list(csv.reader(io.StringIO(out.decode(), newline=""), strict=True))
    words = "\n".join(field for row in read for field in row)
    assert all(words.count(f"r{at}") >= 1 for at in range(len(lines)))
