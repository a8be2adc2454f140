"""What commands that use the time of photos share: the options on clocks, and what is said of clocks."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from photoplanet.cli.shared.output import say
from photoplanet.cli.shared.progress import bar

if TYPE_CHECKING:
    from photoplanet.albums.clocks.given import Given
    from photoplanet.albums.clocks.settled import Settled
    from photoplanet.albums.shots import Shot
    from photoplanet.metadata.track import Track

Command = TypeVar("Command", bound=Callable[..., Any])

_OFFSET = click.option("--time-offset", "time_offsets", multiple=True, metavar="[CAMERA=]+02:00",
                       help="How far clocks that name no zone, or a camera's, are ahead of UTC.")  # fmt: skip
_ZONE = click.option("--time-zone", metavar="ZONE",
                     help="What clocks that name no zone showed: Europe/Lisbon, or local: of the place.")  # fmt: skip
_ONE = click.option("--one-camera/--each-camera", default=None, help="Put all cameras of a folder into one album, or "
                    "each into its own.  [default: one where their clocks agree]")  # fmt: skip


def options(command: Command) -> Command:
    """Add --time-offset, --time-zone and --one-camera/--each-camera: `time_offsets`, `time_zone`, `one_camera`."""
    return _OFFSET(_ZONE(_ONE(command)))


def settle(
    shots: "Sequence[Shot]", track: "Track | None", given: "Given", use_places: bool, one_camera: bool | None
) -> "Settled":
    """Settle the clocks of shots, and say on stderr what they are, before anything is placed.

    With `one_camera` False, photos of two cameras are not compared.
    """
    from photoplanet.albums.clocks.settled import settled
    from photoplanet.retrieval import events

    def matches(some: "Sequence[Shot]", cameras: Any) -> Any:
        return events.pairs(some, cameras, bar)

    found = settled(
        shots, track, given, use_places, matches if one_camera is not False and events.is_installed() else None
    )
    for line in found.lines():
        say(line)
    if one_camera is None and found.apart_in_a_folder:
        say("cameras whose clocks are not known to agree, or that were elsewhere at the same time, are apart; "
            "--one-camera puts those of a folder together")  # fmt: skip
    return found
