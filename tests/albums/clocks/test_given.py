"""What a person may write of clocks, and what is refused."""

import pytest

from photoplanet.albums.clocks import given, local_time
from photoplanet.errors import InputError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("+0200", 7200), ("-05:30", -19800), ("Z", 0), ("utc", 0), (" +01:58:30 ", 7110), ("-00:00:05", -5),
     ("-8401d 03:00:00", -8401 * 86400 - 10800), ("+1d00:00", 86400)],
)  # fmt: skip
def test_what_an_offset_may_look_like(text, seconds):
    assert given.seconds(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["2", "+2", "02:00", "+02:00:00.5", "Paris", "+99:00", "+02:60", "+02:00:60", "+０２:００", "", "+1234567d00:00"],
)
def test_an_offset_that_is_none_is_refused(text):
    with pytest.raises(InputError, match=r"\+02:00"):
        given.seconds(text)


def test_cameras_are_found_by_a_part_of_their_name():
    names = ["Canon EOS 80D 123", "Canon EOS 8", "Apple iPhone 12"]
    assert given.read(["eos 80d=+01:00"]).of_cameras(names) == {0: 3600}
    assert given.read(["Canon EOS 8=+01:00"]).of_cameras(names) == {1: 3600}  # the whole name
    assert given.read(["A=B=+01:00"]).by_camera == {"A=B": 3600}
    for wanted, message in (("canon", "fits 2 cameras"), ("Nikon", "the name of no camera here; there are Canon")):
        with pytest.raises(InputError, match=message):
            given.read([f"{wanted}=+01:00"]).of_cameras(names)
    with pytest.raises(InputError, match="names no camera"):
        given.read(["=+01:00"])


def test_what_contradicts_itself_is_refused():
    assert given.read(["+01:00", "+01:00"]).ahead == 3600
    with pytest.raises(InputError, match="two time offsets"):
        given.read(["+01:00", "+02:00"])
    with pytest.raises(InputError, match="contradict"):
        given.read(["+01:00"], "Europe/Lisbon")
    assert given.read(["Eos=+01:00"], "local").zone == "local"


@pytest.mark.parametrize(
    ("name", "like"),
    [("Europe/Lisbonn", "Europe/Lisbon"), ("lisbon", "Europe/Lisbon"), ("New York", "America/New_York"),
     ("Asia/Calcuta", "Asia/Calcutta"), ("../../etc/passwd", "Europe/Lisbon"), ("x" * 9999, "Europe/Lisbon"), ("", "")],
)  # fmt: skip
def test_a_zone_that_is_none_is_refused_with_names_like_it(name, like):
    with pytest.raises(InputError, match=f"is not known; .*{like}.*, or local") as error:
        given.read(zone=name)
    assert len(str(error.value)) < 300


def test_names_of_zones_are_read_in_any_case():
    assert local_time.checked("asia/kathmandu") == "Asia/Kathmandu" and local_time.checked("LOCAL") == "local"
