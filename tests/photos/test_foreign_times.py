"""Times of other tables: ISO 8601, or left empty and counted; never passed through."""

from datetime import datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.photos import foreign_times
from photoplanet.photos.foreign_times import AMBIGUOUS, UNREADABLE

NOON = "2019-05-01T12:03:00"


def read(*texts):
    found, why = foreign_times.read(pa.chunked_array([list(texts)]))
    return found.to_pylist(), {reason: rows.tolist() for reason, rows in why.items()}


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        (NOON, NOON), ("2019-05-01 12:03:00", NOON), ("2019:05:01 12:03:00", NOON), ("2019/05/01 12:03", NOON),
        ("2019-05-01 12:03:00.0", NOON), ("2019:05:01 12:03:00 PM", NOON), ("2019-05-01 12.03.00", NOON),
        ("20190501T120300", NOON), ("20190501120300", NOON), ("20190501_120300", NOON),
        ("２０１９-05-01 12:03:00", NOON),
        (NOON + "Z", NOON + "+00:00"), ("2019-05-01 12:03:00 UTC", NOON + "+00:00"),
        ("20190501T120300Z", NOON + "+00:00"),
        (NOON + "+0200", NOON + "+02:00"), ("2019:05:01 12:03:00+02:00", NOON + "+02:00"),
        ("2019-05-01 12:03:00 -03:30", NOON + "-03:30"), (NOON + "+02:00[Europe/Paris]", NOON + "+02:00"),
        ("2019:05:01 12:03:00 +2:00", NOON + "+02:00"),
        (NOON + ".25+02:00", NOON + ".250+02:00"), (NOON + ",5", NOON + ".500"), (NOON + ".123456", NOON + ".123456"),
        ("1612345678", "2021-02-03T09:47:58+00:00"), ("1612345678000", "2021-02-03T09:47:58+00:00"),
        ("1612345678123", "2021-02-03T09:47:58.123+00:00"), ("1612345678000000", "2021-02-03T09:47:58+00:00"),
        ("1612345678000000000", "2021-02-03T09:47:58+00:00"), ("1612345678.0", "2021-02-03T09:47:58+00:00"),
        ("1612345678.5", "2021-02-03T09:47:58.500+00:00"), ("1.612345678e9", "2021-02-03T09:47:58+00:00"),
        ("01.05.2019 12:03", NOON), ("1. 5. 2019 12:03:00", NOON), ("31.12.2019", "2019-12-31"),
        ("25/05/2019 12:03", "2019-05-25T12:03:00"), ("05/25/2019 1:03:00 PM", "2019-05-25T13:03:00"),
        ("05/05/2019", "2019-05-05"), ("25-05-2019", "2019-05-25"), ("2019-05-01", "2019-05-01"),
        ("2019:05:01", "2019-05-01"), ("20190501", "2019-05-01"),
        ("May 1, 2019", "2019-05-01"), ("May 1, 2019, 12:03:00\u202fPM UTC", NOON + "+00:00"),
        ("1 May 2019 12:03", NOON),
        ("Wed, 01 May 2019 12:03:00 GMT", NOON + "+00:00"), ("Wed May 01 12:03:00 +0000 2019", NOON + "+00:00"),
        ("Wed May  1 12:03:00 2019", NOON), ("01-May-2019 12:03:00 am", "2019-05-01T00:03:00"),
        ("2019-05-01 12:00:00 a.m.", "2019-05-01T00:00:00"), ("1 Sept. 2019 at 12:03", "2019-09-01T12:03:00"),
        ("2019年5月1日 12:03", NOON),
    ],
)  # fmt: skip
def test_times_that_are_certain_become_iso_8601(written, iso):
    assert read(written) == ([iso], {})
    assert foreign_times.stated(written) == iso
    datetime.fromisoformat(iso)


@pytest.mark.parametrize("written", ["01/05/2019 12:00", "1/5/2019", "5/1/2019 12:03:00 PM", "01-05-2019 12:00"])
def test_day_and_month_that_could_be_exchanged_are_left_empty(written):
    assert read(written, None) == (["", None], {AMBIGUOUS: [0]})


@pytest.mark.parametrize(
    "written",
    [
        "43586", "43586.5", "2019", "2019-05", "12:03:00", "abc", "2019-13-01 12:00:00", "2019-02-30T12:00:00",
        "2019-05-01T24:00:00", "2019-05-01 13:00:00 PM", "2019-05-01 12:03:00 CET", "01/05/19", "31/04/2019",
        "01.13.2019", "1.61235E+12", "-86400", "99999999999999999999", NOON + "+25:00", "2019-05-01T12", "3000-01-01",
        "0001-01-01 00:00:00", "x" * 1000, "2019_05_01", "1612345678 s",
    ],
)  # fmt: skip
def test_what_cannot_be_read_for_sure_is_left_empty_and_said(written):
    assert read(NOON, written) == ([NOON, ""], {UNREADABLE: [1]})
    assert foreign_times.stated(written) == ""


@pytest.mark.parametrize(
    "written", [None, "", "  ", "nan", "N/A", "-", "0000:00:00 00:00:00", "    :  :     :  :  ", "0"]
)
def test_no_time_is_no_fault(written):
    assert read(written) == ([None], {})


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1612345678000]), pa.array([1612345678.0]), pa.array([1612345678], pa.int32()),
        pa.array([datetime(2021, 2, 3, 9, 47, 58)], pa.timestamp("us", "UTC")),
        pa.array(["1612345678"]).dictionary_encode(),
    ],
)  # fmt: skip
def test_columns_of_numbers_and_moments(column):
    found, why = foreign_times.read(pa.chunked_array([column]))
    assert found.to_pylist() == ["2021-02-03T09:47:58+00:00"] and not why


def test_other_types_and_empty_columns():
    dates = pa.chunked_array([pa.array([datetime(2019, 5, 1).date(), None], pa.date32())])
    assert foreign_times.read(dates)[0].to_pylist() == ["2019-05-01", None]
    for column in (pa.chunked_array([], pa.string()), pa.chunked_array([pa.nulls(2)])):
        assert foreign_times.read(column)[0].null_count == len(column)


MOMENTS = st.datetimes(datetime(1973, 3, 4), datetime(2199, 1, 1))
ZONES = st.one_of(st.none(), st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))))


@given(MOMENTS, ZONES, st.sampled_from(range(7)))
def test_a_moment_in_any_notation_is_read_back(moment, zone, form):
    moment = moment.replace(microsecond=0, tzinfo=zone)
    offset = "" if zone is None else moment.isoformat()[19:]
    seconds = moment.replace(tzinfo=timezone.utc).timestamp()
    written, expected = [
        (moment.isoformat(), moment), (moment.isoformat(" "), moment),
        (f"{moment:%Y:%m:%d %H:%M:%S}{offset}", moment), (f"{moment:%d.%m.%Y %H:%M:%S}{offset}", moment),
        (f"{moment:%B %d, %Y, %I:%M:%S %p}", moment.replace(tzinfo=None)),
        (str(int(seconds)), moment.replace(tzinfo=timezone.utc)),
        (str(int(seconds * 1000) + 7), moment.replace(tzinfo=timezone.utc, microsecond=7000)),
    ][form]  # fmt: skip
    (found,), why = read(written)
    assert not why and datetime.fromisoformat(found) == expected
    assert datetime.fromisoformat(found).utcoffset() == expected.utcoffset()


@given(st.lists(st.one_of(st.none(), st.text("0123456789-:/. TZ+APM,may", max_size=25)), max_size=6))
def test_whatever_comes_out_is_iso_8601_or_empty(texts):
    found, why = read(*texts)
    assert sorted(row for rows in why.values() for row in rows) == [at for at, text in enumerate(found) if text == ""]
    for text in filter(None, found):
        datetime.fromisoformat(text)
