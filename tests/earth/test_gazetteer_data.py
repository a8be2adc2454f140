from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoplanet.earth import gazetteer, geodesy
from photoplanet.earth.gazetteer_data import Gazetteer, Lines


@given(st.lists(st.text(alphabet="aé中\r\x85 ")))
def test_lines_are_those_of_the_text(lines):
    text = "\n".join(lines)
    found, wanted = Lines(text.encode()), text.split("\n")
    assert list(found) == wanted
    assert [found[row] for row in range(len(found))] == wanted
    assert found[-1] == wanted[-1]
    with pytest.raises(IndexError):
        found[len(wanted)]


def test_vectors_are_the_same_however_many_were_asked_for():
    data = Gazetteer(Path(gazetteer.__file__).with_name("gazetteer.npz"))  # its own, which has worked out none yet
    rows = np.arange(0, len(data.latitude), 7)
    few = data.vectors(rows)
    assert "xyz" not in vars(data)
    for _ in range(4):
        more = data.vectors(rows)
    assert "xyz" in vars(data)
    assert np.allclose(few, more, atol=1e-15)


def test_one_point_and_many_are_in_the_same_town_also_at_the_poles_and_the_date_line():
    draw = np.random.default_rng(3)
    lat = np.concatenate([geodesy.from_xyz(draw.normal(size=(900, 3)))[0], [90, -90, 89.9, -89.9, 0, 0, 66, 66]])
    lng = np.concatenate([draw.uniform(-180, 180, 900), [0, 180, -180, 77, 180, -180, 179.99, -179.99]])
    together = gazetteer.nearest(lat, lng).tolist()
    assert len(together) > 500  # from which on points are searched for together
    assert [int(gazetteer.nearest(*point)[0]) for point in zip(lat, lng, strict=True)] == together
