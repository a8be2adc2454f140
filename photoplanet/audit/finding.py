"""What an audit finds: one thing that a photo, a file beside it or a whole folder says, and how much it gives away."""

from dataclasses import dataclass, field
from typing import Any, Literal

from photoplanet.errors import printable

Level = Literal["place", "link", "hint", "note"]
LEVELS: dict[Level, str] = {
    "place": "gives a place away by itself",
    "link": "ties photos to one camera or one person",
    "hint": "narrows the place down, or may name it",
    "note": "was not looked into",
}
MAX_TEXT = 120  # characters of what a file says that are repeated


@dataclass(frozen=True)
class Finding:
    """One thing that gives something away.

    `kind`: what it is ("GPS", "serial number", "sign" …); `where` it stands ("EXIF", "EXIF of the thumbnail", a
    sidecar's name …); `says`: one printable line; `strips`: whether `stripping` takes it out; degrees where it is a
    place on the map. Of text in the picture: how much it speaks for the place in `bits`, and the `boxes` of its lines,
    as shares of the upright photo's width and height.
    """

    level: Level
    kind: str
    where: str
    says: str
    strips: bool = False
    latitude: float | None = None
    longitude: float | None = None
    bits: float | None = None
    boxes: tuple[tuple[tuple[float, float], ...], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; coordinates only where there are some.

        >>> Finding("link", "serial number", "EXIF", "123").to_dict()["level"]
        'link'
        """
        facts: dict[str, Any] = {
            "level": self.level, "kind": self.kind, "where": self.where, "says": self.says, "strips": self.strips,
        }  # fmt: skip
        if self.bits is not None:
            facts |= {"bits": round(self.bits, 2), "boxes": self.boxes}
        if self.latitude is None or self.longitude is None:
            return facts
        return {**facts, "latitude": self.latitude, "longitude": self.longitude}


@dataclass(frozen=True)
class Audited:
    """A file and what it gives away, the worst first; `taken_at` ISO 8601 and `serials`, for what photos say together.

    `error`: why it could not be read; then nothing is known of it.
    """

    file: str
    findings: tuple[Finding, ...] = ()
    taken_at: str | None = None
    serials: frozenset[str] = field(default_factory=frozenset)
    error: str | None = None

    @property
    def level(self) -> Level | None:
        """The worst level of its findings; None where there are none."""
        return min((each.level for each in self.findings), key=list(LEVELS).index, default=None)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON.

        >>> Audited("a.jpg", error="a.jpg: no such file").to_dict()
        {'file': 'a.jpg', 'error': 'a.jpg: no such file'}
        """
        if self.error is not None:
            return {"file": self.file, "error": self.error}
        return {
            "file": self.file,
            "level": self.level,
            "taken_at": self.taken_at,
            "findings": [each.to_dict() for each in self.findings],
        }


def worst_first(findings: list[Finding]) -> tuple[Finding, ...]:
    """Sort findings, the worst first and else in order; of equal ones, one stays.

    >>> [each.kind for each in worst_first([Finding("hint", "a", "", ""), Finding("place", "b", "", "")])]
    ['b', 'a']
    """
    order = list(LEVELS)
    return tuple(sorted(dict.fromkeys(findings), key=lambda each: order.index(each.level)))


def line(text: str) -> str:
    r"""One printable line of what a file says, at most MAX_TEXT characters.

    >>> line("two\nlines  here ")
    'two lines here'
    """
    plain = printable(" ".join(text[: 8 * MAX_TEXT].split()))
    return plain if len(plain) <= MAX_TEXT else plain[: MAX_TEXT - 1] + "…"
