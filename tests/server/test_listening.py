"""Who may reach the server: tokens, and the names that it goes by."""

import pytest

from photoplanet.errors import InputError
from photoplanet.server import listening

NAMES = {"localhost", "127.0.0.1", "[::1]", "::1"}


def test_on_this_machine_only_no_token_is_needed_and_other_host_names_are_refused():
    token, names = listening.access("127.0.0.2", None, ("photos.example",))
    assert token is None and set(names) == NAMES | {"127.0.0.2", "photos.example"}


def test_where_others_can_reach_it_a_token_is_made_up_and_any_host_name_will_do():
    first, names = listening.access("0.0.0.0", None, ())
    second, _ = listening.access("0.0.0.0", None, ())
    assert names is None and first != second and len(first) == len(second) == 32
    assert "photos.example" in listening.access("0.0.0.0", None, ("photos.example",))[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_token_has_sixteen_characters_of_those_a_header_can_hold(host):
    assert listening.access(host, "a" * 16, ())[0] == "a" * 16
    for token, words in (("a" * 15, "16 characters"), ("a" * 16 + " ", "letters, digits"), ("ä" * 16, "letters")):
        with pytest.raises(InputError, match=words):
            listening.access(host, token, ())
