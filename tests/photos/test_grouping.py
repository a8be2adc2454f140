import numpy as np
import pyarrow as pa
import pytest

from photoplanet.photos.grouping import grouping, groups
from photoplanet.photos.table import from_rows


def _table(*rows):
    """(photographer, album, taken_at) of each photo."""
    names = ("photographer", "album", "taken_at")
    return from_rows([{"photo_id": f"{i:03}", **dict(zip(names, row, strict=True))} for i, row in enumerate(rows)])


def test_photos_belong_to_people_else_to_albums_else_to_days_else_to_themselves():
    day = "2024-05-01T10:00:00"
    found = grouping(
        _table(("ann", "a", day), ("ann", None, None), ("bob", "a", day), (None, "b", day), (None, "b", None),
               (None, None, day), ("", "", "2024-05-01"), (None, None, None), ("cid", None, "2024-05-01"))
    )  # fmt: skip
    assert found.number.tolist() == [0, 0, 0, 1, 1, 2, 2, 3, 4]
    assert found.kinds == ("photographer", "album", "day", "photo") and found.count == 5


def test_one_persons_library_is_grouped_by_albums_and_the_rest_of_it_by_days():
    mine = [("me", "trip", None)] * 3 + [("me", None, "2024-05-01T08:00:00")] * 2 + [("me", None, "2024-05-02")] * 2
    found = grouping(_table(*mine, ("you", None, None)))
    assert found.number.tolist() == [0, 0, 0, 1, 1, 2, 2, 3] and found.kinds == ("album", "day", "photo")
    half = grouping(_table(*[("me", f"album {i}", None) for i in range(4)], *[("you", None, None)] * 4))
    assert half.number.tolist() == [0] * 4 + [1] * 4, "half of the photos are not one person's library"


@pytest.mark.parametrize(
    ("times", "expected", "kinds"),
    [
        (["2024-05-01T10:00:00", "2024-05-01T11:00:00", "2024-05-02T10:00:00"], [0, 0, 1], ("day",)),
        (["2024-05-01T10:00:00", "2024-05-01T10:09:59.5", "2024-05-01T10:20:30+02:00"], [0, 0, 1], ("moment",)),
        (["2024-05-01T10:00:00", "2024-05-01T10:05:00", "2024-05-01T10:10:00"], [0, 1, 2], ("photo",)),
        ([None, None, None], [0, 1, 2], ("photo",)),
        (["2024-05-01", "2024-05-01", "someday"], [0, 0, 1], ("day", "photo")),
        (["2024-05-01", "2024-05-01", "2024-05-01"], [0, 1, 2], ("photo",)),
    ],
)
def test_a_single_folder_is_grouped_by_days_else_moments_else_photos(times, expected, kinds):
    found = grouping(_table(*[("me", "folder", time) for time in times]))
    assert found.number.tolist() == expected and found.kinds == kinds


def test_groups_are_numbered_by_their_smallest_photo_id_in_any_order_of_the_rows():
    random = np.random.default_rng(0)
    table = _table(*[(None, f"album {i}" if i < 30 else None, None) for i in random.integers(0, 60, 200)])
    found = groups(table)
    first = [int(np.flatnonzero(found == group)[0]) for group in range(found.max() + 1)]
    assert first == sorted(first)
    order = random.permutation(len(table))
    assert np.array_equal(groups(table.take(pa.array(order))), found[order])


def test_few_photos():
    assert groups(from_rows([])).size == 0 and grouping(from_rows([])).kinds == ()
    assert groups(_table(("me", "a", None))).tolist() == [0]
    assert groups(pa.table({"photo_id": ["b", "a"]})).tolist() == [1, 0], "no columns but the names"
