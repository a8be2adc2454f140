"""What commands say of --within: which answers contradict the area that was given."""

from typing import Any

from photoplanet.cli.shared.output import count_of, say
from photoplanet.locate.given_area import inside


class Doubted:
    """Counts the photos whose answers contradict the given area, and says so on stderr at the end.

    >>> doubted = Doubted()
    >>> doubted.note({"within": {"area": "Germany", "doubt": True, "known_place_outside": False}})
    >>> doubted.count, doubted.outside
    (1, 0)
    """

    def __init__(self) -> None:
        self.photos = self.count = self.outside = 0
        self.area = ""

    def note(self, facts: dict[str, Any]) -> None:
        """Take one photo's record; one that is not cut to an area says nothing."""
        self.photos += 1
        if given := facts.get("within"):
            self.area = given["area"]
            self.outside += given["known_place_outside"]
            self.count += given["doubt"] and not given["known_place_outside"]

    def report(self) -> None:
        """Say how many there were, where there were any."""
        if self.count:
            say(f"{self.count:,} of {count_of(self.photos, 'photo')}: hardly any of the answer lay "
                f"{inside(self.area)}; doubt the area or the model")  # fmt: skip
        if self.outside:
            say(f"{self.outside:,} of {count_of(self.photos, 'photo')}: the known place is not {inside(self.area)}; "
                "it stays as it is")  # fmt: skip
