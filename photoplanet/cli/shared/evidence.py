"""What commands say of evidence beside a model's network: options, a line at the start, and counts at the end."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from photoplanet.cli.shared.commands import InFile
from photoplanet.cli.shared.output import count_of, say

if TYPE_CHECKING:
    from photoplanet.locate.locator import Locator
    from photoplanet.locate.prediction import Prediction

Command = TypeVar("Command", bound=Callable[..., Any])

WHY = click.option("--why", is_flag=True, help="List the evidence of each answer: text, clock, in order of weight.")
STRIKE = click.option("--strike", multiple=True, metavar="TEXT",
                      help="Let no line that holds TEXT count, such as a poster's; repeatable.")  # fmt: skip
PRIOR = click.option("--prior", type=InFile(), metavar="TABLE",
                     help="Without a model: expect photos where those of this table were taken.  "
                     "[default: where people photograph]")  # fmt: skip


def options(command: Command) -> Command:
    """Add --why, --strike and --prior."""
    return WHY(STRIKE(PRIOR(command)))


def about(loaded: "Locator", clock: bool) -> dict[str, Any]:
    """Return what JSON and files say of the evidence: whether text was read, whether clocks counted, and the prior.

    >>> from photoplanet.locate import locator
    >>> about(locator.load("toy"), clock=True)
    {'signs': False, 'clock': False}
    """
    collector, prior = loaded.collector, getattr(loaded.bundle, "prior", None)
    found = {"signs": collector is not None and collector.read is not None,
             "clock": collector is not None and clock}  # fmt: skip
    return found | ({"prior": prior} if prior else {})


def say_no_model(loaded: "Locator") -> None:
    """Say on stderr, where there is no model, what answers rest on instead.

    >>> from photoplanet.locate import locator
    >>> say_no_model(locator.load("toy"))
    """
    if prior := getattr(loaded.bundle, "prior", None):
        say(f"no model: answers rest on what stands in the photos, and on a prior: {prior} (docs/signs.md)")


class Tally:
    """Counts the photos that show text, and the texts of --strike that some photo shows.

    >>> from photoplanet.locate import locator
    >>> Tally(locator.load("toy")).report()
    """

    def __init__(self, loaded: "Locator"):
        self._loaded = loaded
        self._photos = self._with_text = 0
        self._unseen = list(loaded.strike)

    def add(self, prediction: "Prediction") -> None:
        """Count one photo."""
        from photoplanet.locate import why

        self._photos += 1
        self._with_text += why.shows_text(prediction)
        if (evidence := prediction.evidence) is not None:
            from photoplanet.locate import joining

            clues, reading = evidence.clues, evidence.reading
            self._unseen = [text for text in self._unseen if not joining.holding(clues, reading, [text])]

    def report(self) -> None:
        """Say on stderr what was counted: without a model, how many photos show text; and what was struck in vain."""
        for text in self._unseen if self._photos else ():
            say(f"--strike {text}: no evidence rests on such a line")
        without = self._photos - self._with_text
        if without and hasattr(self._loaded.bundle, "prior") and self._reads:
            say(f"{self._with_text:,} of {count_of(self._photos, 'photo')} show{'s' * (self._photos == 1)} text; "
                "what places the others: docs/first-answer.md")  # fmt: skip

    @property
    def _reads(self) -> bool:
        return self._loaded.collector is not None and self._loaded.collector.read is not None
