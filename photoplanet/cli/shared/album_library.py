"""All photos of `photoplanet album` as one library: what they are placed by, and what stderr says of that."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from photoplanet.albums.methods import JOINED, MOVEMENT
from photoplanet.cli.shared.library import open_library
from photoplanet.cli.shared.output import count_of, say
from photoplanet.cli.shared.progress import bar
from photoplanet.errors import printable

if TYPE_CHECKING:
    from photoplanet.albums.evidence import Evidence
    from photoplanet.albums.locate_trip import Sighted
    from photoplanet.albums.movement.library import Library
    from photoplanet.albums.movement.teaching import Taught
    from photoplanet.albums.movement.weights import Weights
    from photoplanet.albums.shots import Shot
    from photoplanet.albums.trips import Trip
    from photoplanet.locate.locator import Locator
    from photoplanet.metadata.track import Track

MATCHES = click.option("--library", metavar="LIB", help="Geotagged photos (folder or table): where one shows the same "
                       "as a photo, that counts, too.")  # fmt: skip
LEAST_CHANCE = 0.5  # that a match is right, or it does not count

NAMED = 5  # photos that a line names


class Joint:
    """What the photos of a run are placed by: their `library` (None: the method alone), and how the model counts."""

    def __init__(
        self, library: "Library | None" = None, taught: "Taught | None" = None, sighted: "Sighted | None" = None
    ):
        self.library, self.sighted = library, sighted
        self.weights: Weights | None = taught.weights if taught and taught.weights else None
        self._seen = dict(taught.seen) if taught else {}

    @property
    def method(self) -> str:
        """The album method that answers; "" where that is the one that was asked for."""
        return "" if self.library is None else JOINED if self.weights or self.sighted else MOVEMENT

    def ways(self, trip: "Trip") -> "tuple[Library | None, Evidence | None, Weights | None, Sighted | None]":
        """What `locate_trip.locate` takes of it: with what the network saw in a trip before, once."""
        return self.library, self._seen.pop(id(trip), None), self.weights, self.sighted

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: how much the model counts, where it does beside known places."""
        if self.weights is None:
            return {}
        return {"model_weight": self.weights.to_dict()}


def joint(
    loaded: "Locator | None", shots: "Sequence[Shot]", albums: "Sequence[Trip]", anchors: bool, track: "Track | None",
    threads: int | None, by_movement: bool, matches: str | None = None,
) -> Joint:  # fmt: skip
    """All photos as one library, where `by_movement`, and what it teaches of the model (`loaded`, None without one).

    `matches`: other geotagged photos, whose matches count, too.
    """
    model = None if loaded is None else loaded.info.name
    library = gathered(shots, albums, anchors, track, threads, model) if by_movement else None
    if library is None and matches is not None:
        say(f"{printable(matches)}: not searched, since matches count beside known places with a time; there is none")
    if library is None:
        return Joint()
    sighted = None if matches is None else matching(matches, threads)
    return Joint(library, None if loaded is None else taught(loaded, shots, albums, library, threads), sighted)


def matching(named: str, threads: int | None) -> "Sighted":
    """What finds the best match of a shot in a library of geotagged photos, with its measured chance to be right."""
    from photoplanet.albums.movement.joined import Sighting
    from photoplanet.earth import geodesy
    from photoplanet.errors import InputError
    from photoplanet.retrieval.library import times

    found = open_library(named, by="local", threads=threads)

    def best(shot: "Shot") -> Sighting | None:
        try:
            sure = found.trusted_matches(shot.source, (), times.moment(shot.taken_at), LEAST_CHANCE, threads)
        except InputError:
            return None  # reading its pixels has reported it
        if not sure or sure[0].chance is None:
            return None
        return Sighting(geodesy.to_xyz(np.array(sure[0].latitude), np.array(sure[0].longitude)), sure[0].chance.share)

    return best


def gathered(
    shots: "Sequence[Shot]", albums: "Sequence[Trip]", anchors: bool, track: "Track | None", threads: int | None,
    model: str | None = None,
) -> "Library | None":  # fmt: skip
    """All photos as one library, and on stderr by what they are placed and how many cannot be.

    None where no place with a time is known: then only what stands in the photos, or the `model`, says where they are.
    """
    from photoplanet.albums import known_places
    from photoplanet.albums.movement import library, looks

    if not known_places.any_known([shot.place for shot in shots], anchors, track):
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
    from photoplanet.evaluation import leakage

    chosen = teaching.chosen(albums, library, loaded.info.classes)
    with bar("learning", sum(len(albums[number].shots) for number in chosen)) as advance:
        rows = leakage.trained_on(loaded.bundle, [shot.source for shot in shots])
        found = teaching.taught(loaded, albums, library, chosen, rows, advance, threads)
    name, weights, far = loaded.info.name, found.weights, found.weights.far
    left_out = f"{count_of(far.days, 'day')} left out"
    if not weights:
        say(f"{name} does not count: it makes known photos no likelier to be where they are ({left_out})")
    elif not far.days:
        say(f"{name} counts with a weight of {far.power:g}: too few known places to learn it from")
    elif far.seen:
        say(f"{name} counts with a weight of {far.power:g} only: it may have been trained on the known photos")
    else:
        say(f"{name} counts with a weight of {far.power:g}, and of {weights.near.power:g} within hours of known "
            f"photos, which suit these best ({left_out})")  # fmt: skip
    return found
