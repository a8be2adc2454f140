"""A missing extra is named; a fault of ours is not taken for one."""

import pytest

from photoplanet.cli.shared import extras
from photoplanet.errors import MissingExtra


def test_a_module_that_is_not_installed_is_a_missing_extra():
    words = r"^serving needs the 'server' extra: pip install '\.\[server\]'"
    with pytest.raises(MissingExtra, match=words), extras.needs("serving", "server"):
        import a_module_that_nobody_has  # noqa: F401


def test_a_module_of_ours_that_is_missing_is_a_fault():
    with pytest.raises(ModuleNotFoundError) as caught, extras.needs("serving", "server"):
        import photoplanet.a_module_that_was_renamed  # noqa: F401
    assert not isinstance(caught.value, MissingExtra)


def test_the_help_says_what_the_error_says():
    assert extras.hint("serving", "server").lower() == f"{MissingExtra('serving', 'server')}.".lower()
