"""What a reader found in one photo: lines of text, each with its box, its score and its role."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from photoplanet.errors import InputError

Box = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
Role = Literal["sign", "stamp", "watermark"]


@dataclass(frozen=True)
class Line:
    """One line of text. `score`: how sure the reader is of it, 0 to 1.

    `box`: its corners, clockwise from the upper left of the text (so that text on its side is known as such), x and y
    as shares of the upright photo's width and height. `role`: "sign" for what stands in the scene, "stamp" for what a
    camera or a person wrote over the photo (a date), "watermark" for a name or an address laid over it.

    >>> Line("Rue de Rivoli", 0.98, ((0.1, 0.1), (0.3, 0.1), (0.3, 0.2), (0.1, 0.2))).letters
    11
    """

    text: str
    score: float
    box: Box
    role: Role = "sign"

    @property
    def letters(self) -> int:
        """How many letters there are, of any script: neither digits nor marks."""
        return sum(character.isalpha() for character in self.text)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: `text`, `score`, `box` (four pairs) and `role`, shares rounded to a ten-thousandth.

        >>> line = Line("C-17", 0.987654, ((0.1, 0.1), (0.3, 0.1), (0.3, 0.2), (0.12345678, 0.2)))
        >>> line.to_dict()["score"], line.to_dict()["box"][3]
        (0.9877, [0.1235, 0.2])
        """
        box = [[round(x, 4), round(y, 4)] for x, y in self.box]
        return asdict(self) | {"score": round(self.score, 4), "box": box}

    @classmethod
    def from_dict(cls, record: Any) -> "Line":
        """Return the line that `to_dict` made a record of; InputError for anything else.

        >>> line = Line("C-17", 0.9, ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)), "stamp")
        >>> Line.from_dict(line.to_dict()) == line
        True
        """
        try:
            text, score, role = record["text"], float(record["score"]), record["role"]
            a, b, c, d = ((float(x), float(y)) for x, y in record["box"])
        except (TypeError, KeyError, ValueError, OverflowError) as error:
            raise InputError(f"not a line of text ({error}); read the photo again") from None
        numbers = (score, *a, *b, *c, *d)
        if not isinstance(text, str) or role not in get_args(Role) or not all(map(math.isfinite, numbers)):
            raise InputError("not a line of text; read the photo again")
        return cls(text, score, (a, b, c, d), role)


@dataclass(frozen=True)
class Reading:
    """All that was read in one photo of `width` × `height` pixels (upright); `cut`: it stopped at a bound.

    >>> Reading((), 640, 480).letters
    0
    """

    lines: tuple[Line, ...]
    width: int
    height: int
    cut: bool = False

    @property
    def letters(self) -> int:
        """How many letters stand in signs: what can be evidence."""
        return sum(line.letters for line in self.lines if line.role == "sign")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: `width`, `height`, `cut` and `lines`.

        >>> Reading((), 640, 480).to_dict()
        {'width': 640, 'height': 480, 'cut': False, 'lines': []}
        """
        lines = [line.to_dict() for line in self.lines]
        return {"width": self.width, "height": self.height, "cut": self.cut, "lines": lines}

    @classmethod
    def from_dict(cls, record: Any) -> "Reading":
        """Return the reading that `to_dict` made a record of; InputError for anything else.

        >>> Reading.from_dict(Reading((), 640, 480).to_dict())
        Reading(lines=(), width=640, height=480, cut=False)
        """
        try:
            lines, width, height = record["lines"], int(record["width"]), int(record["height"])
            return cls(tuple(map(Line.from_dict, lines)), width, height, bool(record["cut"]))
        except InputError:
            raise
        except (TypeError, KeyError, ValueError, OverflowError) as error:
            raise InputError(f"not the reading of a photo ({error}); read it again") from None
