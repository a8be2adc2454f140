"""All photos of `photoplanet album` as one library: what they are placed by, and what stderr says of that."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from photoplanet.albums.methods import JOINED, MOVEMENT
from photoplanet.cli.shared.output import count_of, say
from photoplanet.cli.shared.progress import bar
from photoplanet.errors import printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from photoplanet.albums.evidence import Evidence
    from photoplanet.albums.movement.library import Library
    from photoplanet.albums.movement.teaching import Taught
    from photoplanet.albums.movement.weights import Weight
    from photoplanet.albums.shots import Shot
    from photoplanet.albums.trips import Trip
    from photoplanet.locate.locator import Locator
    from photoplanet.metadata.track import Track
    from photoplanet.models.folder import Bundle

NAMED = 5  # photos that a line names
OWN_PHOTOS = 100_000  # a model of more photos was not trained on a person's own


def places_known(shots: "Sequence[Shot]", anchors: bool, track: "Track | None") -> bool:
    """Whether any photo has a place that is to be used, or a track has.

    >>> places_known([], True, None)
    False
    """
    return track is not None or (anchors and any(shot.place for shot in shots))


class Joint:
    """What the photos of a run are placed by: their `library` (None: the method alone), and how the model counts."""

    def __init__(self, library: "Library | None" = None, taught: "Taught | None" = None):
        self.library = library
        self.weight: Weight | None = taught.weight if taught and taught.weight.power else None
        self._seen = dict(taught.seen) if taught else {}

    @property
    def method(self) -> str:
        """The album method that answers; "" where that is the one that was asked for."""
        return "" if self.library is None else JOINED if self.weight else MOVEMENT

    def seen(self, trip: "Trip") -> "Evidence | None":
        """What the network saw in a trip before, once; None where it has not looked."""
        return self._seen.pop(id(trip), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: how much the model counts, where it does beside known places."""
        return {"weight": self.weight.power} if self.weight else {}


def joint(
    loaded: "Locator | None", shots: "Sequence[Shot]", albums: "Sequence[Trip]", anchors: bool, track: "Track | None",
    threads: int | None, by_movement: bool,
) -> Joint:  # fmt: skip
    """All photos as one library, where `by_movement`, and what it teaches of the model (`loaded`, None without one)."""
    model = None if loaded is None else loaded.info.name
    library = gathered(shots, albums, anchors, track, threads, model) if by_movement else None
    if library is None or loaded is None:
        return Joint(library)
    return Joint(library, taught(loaded, shots, albums, library, threads))


def gathered(
    shots: "Sequence[Shot]", albums: "Sequence[Trip]", anchors: bool, track: "Track | None", threads: int | None,
    model: str | None = None,
) -> "Library | None":  # fmt: skip
    """All photos as one library, and on stderr by what they are placed and how many cannot be.

    None where no place with a time is known: then only what stands in the photos, or the `model`, says where they are.
    """
    from photoplanet.albums.movement import library, looks

    if not places_known(shots, anchors, track):
        return None
    with bar("looking", len(shots)) as advance:
        likeness = library.look(shots, albums, anchors, threads, advance, say)
    found = library.of(shots, albums, anchors, track, likeness)
    if model is not None and not len(found.known):
        return None
    open_ = [row for row, shot in enumerate(shots) if shot.place is None or not anchors]
    untimed = [row for row in open_ if not found.moments.known[row]]
    ways = "known places and times" + (f", and by looks ({looks.ENCODER})" if likeness else "")
    first = "no model: located by" if model is None else "located by"
    say(f"{first} {ways}; known places with a time: {len(found.known):,}")
    if untimed and len(found.known):
        who = "nothing says" if model is None else f"only {model} may say"
        names = [printable(Path(shots[row].name).name) for row in untimed[:NAMED]] + ["…"] * (len(untimed) > NAMED)
        say(f"{len(untimed):,} of {len(shots):,} photos: no time, and no date in the name ({', '.join(names)}); "
            f"{who} which known place they are near")  # fmt: skip
    return found


def taught(
    loaded: "Locator", shots: "Sequence[Shot]", albums: "Sequence[Trip]", library: "Library", threads: int | None
) -> "Taught":
    """What the library teaches of how much the model counts; stderr says it."""
    from photoplanet.albums.movement import teaching

    chosen = teaching.chosen(albums, library, loaded.info.classes)
    with bar("learning", sum(len(albums[number].shots) for number in chosen)) as advance:
        rows = trained_on(loaded.bundle, shots)
        found = teaching.taught(loaded, albums, library, chosen, rows, advance, threads)
    name, weight = loaded.info.name, found.weight
    left_out = f"{count_of(weight.days, 'day')} left out"
    if weight.power and not weight.days:
        say(f"{name} counts with a weight of {weight.power:g}: too few known places to learn it from")
    elif weight.power and weight.seen:
        say(f"{name} counts with a weight of {weight.power:g} at most: it may have been trained on the known photos")
    elif weight.power:
        say(f"{name} counts with a weight of {weight.power:g}, which suits the known photos best ({left_out})")
    else:
        say(f"{name} does not count: it makes known photos no likelier to be where they are ({left_out})")
    return found


def trained_on(bundle: "Bundle", shots: "Sequence[Shot]") -> "NDArray[np.int64] | None":
    """Rows of the photos that the model was, or may have been, trained on; None where that is not to be expected."""
    from photoplanet.evaluation import leakage
    from photoplanet.photos import table

    facts = bundle.info.training.get("table")
    photos = facts.get("photos") if isinstance(facts, dict) else None
    if not isinstance(photos, int) or photos > OWN_PHOTOS:
        return None
    path, _ = leakage.training_table(bundle)
    if path is None:
        return np.arange(len(shots))
    rows, _ = table.read(path, require=("path",))
    listed = {os.path.realpath(each) for each in table.paths(rows, path.parent)}
    paths = [shot.source if isinstance(shot.source, str) else "" for shot in shots]
    return np.flatnonzero([os.path.realpath(path) in listed for path in paths])
