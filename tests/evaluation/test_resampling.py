"""Intervals resample whole groups, by an implementation with loops, and say by what."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError
from photoplanet.evaluation import accuracy, report, resampling

N, GROUPS = 600, 30


def clustered(seed=0, groups=GROUPS, n=N):
    """Errors in km that go with their group, and the groups."""
    random = np.random.default_rng(seed)
    number = np.sort(random.integers(0, groups, n))
    errors = np.exp(random.normal(3, 2, groups)[number] + random.normal(0, 0.5, n))
    return errors, resampling.Units("album", number).some(np.ones(n, bool))


def slow(errors, units, statistic, resamples=1500):
    """The percentiles of a statistic over photos of groups drawn one after another."""
    random, found = np.random.default_rng(1), []
    rows = [np.flatnonzero(units.number == each) for each in range(units.count)]
    for _ in range(resamples):
        drawn = np.concatenate([rows[random.integers(units.count)] for _ in range(units.count)])
        found.append(statistic(errors[drawn]))
    return np.percentile(found, [2.5, 97.5])


def test_shares_medians_and_scores_are_those_of_resampled_groups():
    errors, units = clustered()
    found = accuracy.summary(errors, units=units)
    for name, radius in (("city", 25), ("region", 200)):
        wanted = slow(errors, units, lambda km, radius=radius: (km <= radius).mean())
        np.testing.assert_allclose(found["accuracy_interval"][name], wanted, atol=0.02)
    np.testing.assert_allclose(found["median_km_interval"], slow(errors, units, np.median), rtol=0.15)
    score = slow(errors, units, lambda km: accuracy.geoscore(km).mean())
    np.testing.assert_allclose(found["geoscore_interval"], score, rtol=0.02)
    assert found["intervals"] == {"resampled": "album", "units": GROUPS}


def test_groups_that_err_together_make_intervals_wider():
    errors, units = clustered()
    by_album, by_photo = accuracy.summary(errors, units=units), accuracy.summary(errors)
    for name in ("city", "region"):
        assert np.ptp(by_album["accuracy_interval"][name]) > 2 * np.ptp(by_photo["accuracy_interval"][name])
    assert np.ptp(by_album["median_km_interval"]) > 1.5 * np.ptp(by_photo["median_km_interval"])
    assert by_album["accuracy"] == by_photo["accuracy"] and by_album["median_km"] == by_photo["median_km"]


def test_photos_by_themselves_have_the_intervals_of_photos():
    errors, _ = clustered()
    each = resampling.Units("photographer", np.arange(N))
    found, plain = accuracy.summary(errors, units=each), accuracy.summary(errors)
    assert found["accuracy_interval"] == plain["accuracy_interval"]
    np.testing.assert_allclose(
        resampling.share_intervals((errors <= 25)[:, None], each)[0], plain["accuracy_interval"]["city"], atol=0.01
    )
    np.testing.assert_allclose(
        resampling.median_interval(errors, each), accuracy.median_interval(errors, 6000), rtol=0.15
    )


def test_many_groups_are_put_together_without_changing_the_interval(monkeypatch):
    errors, units = clustered(groups=1500, n=9000)
    whole = accuracy.summary(errors, units=units)
    monkeypatch.setattr(resampling, "_MOST", 300)
    monkeypatch.setattr(resampling, "_BINS", 500)
    bundled = accuracy.summary(errors, units=units)
    for name in ("city", "region", "country"):
        width = np.ptp(whole["accuracy_interval"][name])
        np.testing.assert_allclose(
            bundled["accuracy_interval"][name], whole["accuracy_interval"][name], atol=0.25 * width
        )
    width = np.ptp(whole["median_km_interval"])
    np.testing.assert_allclose(bundled["median_km_interval"], whole["median_km_interval"], atol=0.35 * width)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 60), st.integers(1, 40))
def test_every_interval_holds_its_figure(seed, n, groups):
    random = np.random.default_rng(seed)
    errors = np.where(random.random(n) < 0.2, np.inf, random.exponential(300, n))
    units = resampling.Units("day", random.integers(0, groups, n)).some(np.ones(n, bool))
    found = accuracy.summary(errors, resamples=200, units=units)
    for name, share in found["accuracy"].items():
        low, high = found["accuracy_interval"][name]
        assert 0 <= low <= share <= high <= 1
    low, high = found["median_km_interval"]
    middle = np.inf if found["median_km"] is None else found["median_km"]
    assert (np.inf if low is None else low) <= middle <= (np.inf if high is None else high)
    assert found["geoscore_interval"][0] <= found["geoscore"] <= found["geoscore_interval"][1]


def test_one_group_says_nothing_of_others():
    found = accuracy.summary([1.0, 2.0, 3000.0], units=resampling.Units("album", np.zeros(3, int)))
    assert found["accuracy_interval"]["city"] == [0.0, 1.0]
    assert found["median_km_interval"] == [0.0, None]
    assert "only 1 album to resample" in found["intervals"]["warning"]


def test_all_hits_are_as_sure_as_the_groups_are_many():
    units = resampling.Units("album", np.arange(400) // 20)
    low, high = resampling.share_intervals(np.ones((400, 1), bool), units)[0]
    assert high == 1 and low == pytest.approx(1 - 0.168, abs=0.001)  # Clopper–Pearson of 20 of 20


def table(**columns):
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def test_photographers_come_before_albums_and_these_before_days():
    n = 60
    people = [f"p{i // 2}" for i in range(n)]
    albums, days = [f"a{i // 3}" for i in range(n)], [f"2024-01-{1 + i % 25:02}T10:00:00" for i in range(n)]
    assert resampling.units(table(photographer=people, album=albums, taken_at=days)).described == (
        "30 photographers resampled"
    )
    few = table(photographer=["one", "two"] * 30, album=albums, taken_at=days)
    assert resampling.units(few).described == "20 albums resampled"  # two people are too few to resample
    assert resampling.units(few).warning == (
        "only 2 photographers, so albums are resampled: the intervals hold for these alone"
    )
    assert resampling.units(table(photographer=["me"] * n, taken_at=days)).described == "25 days resampled"
    assert resampling.units(few, "photographer").warning.startswith("only 2 photographers")
    assert resampling.units(few, "photo").described == "60 photos resampled"
    assert resampling.units(few, "photo").warning == ""


def test_with_too_few_of_all_the_most_are_taken_with_a_warning():
    few = resampling.units(table(photographer=["x", "y"] * 6, album=[f"{i // 3}" for i in range(12)]))
    assert few.described == "4 albums resampled"
    assert "fewer than 20" in few.warning


def test_photos_without_a_value_are_each_by_themselves():
    found = resampling.units(table(album=["a", "a", None, "", "b", None] * 5))
    assert found.count == 2 + 15
    assert found.number[0] == found.number[1] != found.number[4]


def test_a_table_that_names_no_groups_says_that_intervals_may_be_too_narrow():
    plain = resampling.units(table(photo_id=["1", "2"]))
    assert plain.described == "2 photos resampled"
    assert "no photographer, album or day" in plain.warning
    assert resampling.units(table(taken_at=["yesterday", "12:00"])).name == "photo"  # no day in it
    with pytest.raises(InputError, match="no photo has a known album"):
        resampling.units(table(photo_id=["1"]), "album")
    with pytest.raises(InputError, match="photographer, album, day, photo"):
        resampling.units(table(photo_id=["1"]), "planet")


def test_paired_gains_are_narrower_than_either():
    random = np.random.default_rng(0)
    base = random.random((400, 1)) < 0.5
    better = base | (random.random((400, 1)) < 0.05)
    gain, low, high = resampling.gains(better, base, resampling.photos(400))[0]
    assert gain == pytest.approx(better.mean() - base.mean())
    assert 0 < low < gain < high
    assert high - low < np.ptp(resampling.share_intervals(base, resampling.photos(400))[0])


def test_a_report_says_what_was_resampled_in_text_and_in_tables():
    errors, units = clustered()
    found = report.result("mine", errors[:, None], groups=np.where(errors < 20, "near", "far"), by="x", units=units)
    assert "95 % interval, 30 albums resampled" in report.text(found)
    assert report.page(found, style="markdown", intervals=True).endswith(
        "95 % intervals by bootstrap: 30 albums resampled.\n"
    )
    assert report.page(found, style="latex", intervals=True).endswith(
        "% 95 % intervals by bootstrap: 30 albums resampled.\n"
    )
    assert "resampled" not in report.page(found, style="markdown")
    assert found["by"]["x"]["near"]["intervals"]["units"] <= 30
    with pytest.raises(InputError, match="a unit for each photo"):
        accuracy.summary([1.0], units=units)
