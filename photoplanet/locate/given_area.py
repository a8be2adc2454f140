"""What a person said of where a photo was taken, and how it goes with what the model says."""

from dataclasses import dataclass
from typing import Any

from photoplanet.locate.place import short
from photoplanet.locate.precision import percent

DOUBT_BELOW = 0.01  # of the distribution inside: where the photo speaks against the area, too, one of the two is wrong
DOUBT_FACTOR = 0.1  # of what lies inside for any photo: less says that the photo speaks against the area
NOTHING_BELOW = 1e-6  # of the distribution inside: what is left of it is no answer


def inside(name: str) -> str:
    """Return "inside Germany" for the name of an area; what lies outside of others is called so already.

    >>> inside("Germany"), inside("outside Germany")
    ('inside Germany', 'outside Germany')
    """
    return name if name.startswith("outside ") else f"inside {name}"


@dataclass(frozen=True)
class GivenArea:
    """The area that a prediction was cut to: its `name`, and how much of the distribution lay inside before.

    `inside_before`: that share, 0…1; `inside_any`: the same for the model's prior, which is what any photo is given;
    `gain_before`: what the whole distribution said over the prior, bits; `at_outside`: the photo's own known place is
    not in the area, so that nothing was cut.

    >>> GivenArea("Monaco", inside_before=0.0004, inside_any=0.0002, gain_before=3.0).doubt
    False
    >>> GivenArea("Germany", inside_before=0.0004, inside_any=0.05, gain_before=3.0).line()
    'less than 1 % lay inside Germany before: doubt the area or the model'
    """

    name: str
    inside_before: float
    inside_any: float
    gain_before: float
    at_outside: bool = False

    @property
    def doubt(self) -> bool:
        """Whether so little lay inside, less than for a photo that shows nothing, that the area or the model is wrong.

        A small area holds little of any distribution, which alone says nothing against it.
        """
        return self.inside_before < min(DOUBT_BELOW, DOUBT_FACTOR * self.inside_any)

    @property
    def nothing(self) -> bool:
        """Whether the model says that the photo is not from there, so that there is no answer in the area."""
        return not self.at_outside and self.inside_before < NOTHING_BELOW

    def line(self) -> str:
        """How much lay inside, in a line for people; where the two contradict each other, that."""
        if self.at_outside:
            return f"its known place is not {inside(self.name)}"
        if self.nothing:
            return f"nothing lay {inside(self.name)}: doubt the area or the model"
        share = percent(self.inside_before).replace("<", "less than ").replace(">", "more than ")
        return f"{share} lay {inside(self.name)} before{': doubt the area or the model' if self.doubt else ''}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON.

        >>> GivenArea("Germany", 0.42, 0.05, 3.0).to_dict()
        {'area': 'Germany', 'inside_before': 0.42, 'inside_any': 0.05, 'doubt': False, 'known_place_outside': False}
        """
        return {
            "area": self.name,
            "inside_before": short(self.inside_before),
            "inside_any": short(self.inside_any),
            "doubt": self.doubt,
            "known_place_outside": self.at_outside,
        }
