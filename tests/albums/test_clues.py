"""Signs in albums: joined before the method, of one moment counted once, and shown with the photos that have them."""

import numpy as np
import pytest
from evidence import clue, show
from PIL import Image

import photoplanet as pp
from photoplanet.albums import clues
from photoplanet.clues.clue import Clue
from photoplanet.clues.collect import Found
from photoplanet.errors import InputError
from photoplanet.locate import world

DAY = "2024-05-01T10:"


def times(*texts):
    return np.array([f"{DAY}{text}" if text else "NaT" for text in texts], "datetime64[s]")


def danish(n=1):
    return [Clue("language", "Danish", (row,), np.zeros(1, np.float32)) for row in range(n)]


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """Photos that show nothing but what their names say: `photos("sign", "blank")` → paths; a sign is Danish."""
    show(monkeypatch, {"sign": ["din hund"], "other": ["tokyo"]})

    def write(*names):
        paths = []
        for number, name in enumerate(names):
            paths.append(tmp_path / f"{name}{number}.png")
            Image.new("RGB", (32, 32), (number, 90, 90)).save(paths[-1])
        return [str(path) for path in paths]

    return write


@pytest.mark.parametrize(
    ("moments", "kept"),
    [(("00:00", "00:59", "01:00"), [1, 0, 1]),  # a minute from the first of them, not from the last
     (("01:00", "00:59", "00:00"), [1, 0, 1]),
     (("00:00", "05:00", "10:00"), [1, 1, 1]),
     (("", "", ""), [1, 0, 0]),  # next to each other, who knows when
     (("00:00", "", "05:00"), [1, 0, 1])],
)  # fmt: skip
def test_what_says_the_same_within_a_minute_counts_once(moments, kept):
    found = clues.once({row: danish() for row in range(3)}, times(*moments))
    assert [len(found[row]) for row in range(3)] == kept


def test_it_stays_with_the_photo_that_shows_most_and_other_clues_stay_where_they_are():
    domain = clue("DK", "domain")
    found = clues.once({0: danish(), 1: [*danish(), domain], 2: [domain]}, times("00:00", "00:20", "10:00"))
    assert [[each.kind for each in found[row]] for row in range(3)] == [[], ["language", "domain"], ["domain"]]
    untimed = clues.once({0: danish(), 2: danish()}, times("", "", ""))  # another photo lies between
    assert [len(untimed[row]) for row in (0, 2)] == [1, 1]


def country_of(predictions):
    return [each.evidence.countries[0][0] for each in predictions]


def test_a_sign_places_its_neighbours_without_any_model(photos):
    model = pp.load("none")
    found = model.locate_album(photos("blank", "sign", "blank"), times=[f"{DAY}0{n}:00" for n in range(3)])
    assert country_of(found) == ["DK", "DK", "DK"] and not any(each.abstains for each in found)
    alone = model.locate_album(photos("blank", "sign", "blank"), times=None, method="single")
    assert [each.abstains for each in alone] == [True, False, True]
    assert [len(each.evidence.clues) for each in found] == [0, 1, 0]
    with pytest.raises(InputError, match="photos around it"):
        found[1].evidence.without(0)


def test_a_burst_of_one_sign_is_as_sure_as_one_photo_of_it(photos):
    model = pp.load("none")

    def share(count):
        moments = [f"{DAY}00:{5 * row:02d}" for row in range(count)]
        found = model.locate_album(photos(*["sign"] * count, "blank"), times=[*moments, f"{DAY}05:00"])
        return [dict(each.evidence.countries)["DK"] for each in found]

    once, often = share(1), share(5)
    assert often[-1] == pytest.approx(once[-1], abs=0.03)  # the photo beside learns no more
    assert often[:5] == pytest.approx([once[0]] * 5, abs=0.03)


def test_struck_text_counts_for_nobody(photos):
    model = pp.load("none", strike=["HUND"])
    found = model.locate_album(photos("blank", "sign"), times=[f"{DAY}00:00", f"{DAY}01:00"])
    assert all(each.abstains for each in found) and found[1].evidence.struck == {0}


def test_a_sign_that_contradicts_a_known_place_is_named_and_moves_nothing(photos):
    model = pp.load("none")
    (found,) = model.locate_album(photos("sign"), anchors=[(35.68, 139.69)])
    assert found.point == (35.68, 139.69)
    assert found.evidence.conflicts and found.evidence.bits[0] < -3
    (agreed,) = model.locate_album(photos("sign"), anchors=[(55.68, 12.57)])
    assert not agreed.evidence.conflicts and agreed.evidence.bits[0] > 3


def test_beside_a_network_a_sign_counts_and_one_from_outside_its_cells_stands_alone(photos, tiny_model):
    model = pp.load(tiny_model)
    moments = [f"{DAY}00:00", f"{DAY}03:00", f"{DAY}06:00"]
    found = model.locate_album(photos("blank", "other", "blank"), times=moments)
    assert [each.partition is model.partition for each in found] == [True, True, True]
    assert [each.best.near.country_code for each in found] == ["JP"] * 3
    found = model.locate_album(photos("blank", "sign", "blank"), times=moments)
    assert found[1].partition is world.partition() and country_of(found[1:2]) == ["DK"]
    assert found[0].unknown > 0.5 and found[0].abstains  # minutes from a place that the model does not know
    assert model.locate_album(photos("blank", "blank"), times=moments[:2])[0].unknown is None


def test_without_clues_an_album_is_what_it_was(photos, tiny_model):
    moments, files = [f"{DAY}00:00", f"{DAY}03:00"], photos("blank", "blank")
    found = pp.load(tiny_model).locate_album(files, times=moments)
    assert found == pp.load(tiny_model, signs=False, clock=False).locate_album(files, times=moments)
    assert all(each.evidence is not None and not each.evidence.clues for each in found)


def test_likelihoods_that_are_the_same_are_kept_once():
    known = {}
    one, other = (clues.interned(Found(None, (clue("DK"), clue("SE"))), known).clues for _ in range(2))
    assert one[0].log_likelihood is other[0].log_likelihood and one[0].log_likelihood is not one[1].log_likelihood
    assert len(known) == 2
