"""Decisions → geotags in files, by the writer of `album --write`, with its list that takes them back."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from photoplanet.albums.located_photos import TRACK
from photoplanet.core.progress import Advance, ignore
from photoplanet.earth import geodesy
from photoplanet.locate import held_names
from photoplanet.locate.credible_region import HALF_CIRCUMFERENCE_KM
from photoplanet.locate.precision import rounded_within
from photoplanet.metadata import geotags, undo
from photoplanet.metadata.estimate import MAX_RADIUS_KM, Estimate
from photoplanet.metadata.files import Outcome
from photoplanet.photos.shards import split_address
from photoplanet.review.decisions import ACCEPTED, Decision
from photoplanet.review.proposals import SHARE

NOTED = 200  # files that a summary names
WROTE, THERE, OWN = "written", "unchanged", "own GPS"


class Note(NamedTuple):
    """A file that was not written, or not as asked, and why."""

    name: str
    did: str
    detail: str


class Summary(NamedTuple):
    """What a Write did, or would do: counts, and the first files that were left alone or written otherwise.

    `coarse`: how many of those written, or there already, have no GPS, since their radius is too large.
    """

    written: int
    unchanged: int
    own_gps: int
    failed: int
    notes: list[Note]
    coarse: int = 0


def estimate_of(decision: Decision, max_radius_km: float = MAX_RADIUS_KM) -> Estimate | None:
    """What is written of a decision: always marked as an estimate, as fine as its radius allows; None for no place.

    Over `max_radius_km` with the names that hold in all of its circle, which are written in place of GPS.

    >>> estimate_of(Decision("placed", 48.858412, 2.294512, 0.1, "map")).latitude
    48.8584
    >>> estimate_of(Decision("accepted", 48.858412, 2.294512, 40.0, "time")).names.country
    'France'
    """
    if decision.point is None:
        return None
    radius = decision.radius_km or 0.0
    point = rounded_within(decision.point[0], radius), rounded_within(decision.point[1], radius)
    far = min(radius + float(geodesy.distance_km(*decision.point, *point)), HALF_CIRCUMFERENCE_KM)
    if decision.how == TRACK:
        found = Estimate(*point, far * 1000, "track, accepted by hand")
    elif decision.state == ACCEPTED:
        found = Estimate(*point, far * 1000, f"estimate, {decision.note or decision.how}, accepted by hand", SHARE)
    else:
        found = Estimate(*point, far * 1000, f"placed by hand, {decision.how}")
    return replace(found, names=held_names.of_circle(*point, far)) if found.is_coarse(max_radius_km) else found


def write(
    chosen: Sequence[tuple[str, Decision]], kind: str, ending: str, dry_run: bool,
    max_radius_km: float = MAX_RADIUS_KM, advance: Advance = ignore,
) -> Summary:  # fmt: skip
    """Write the place of each (photo, decision), or only say what would be done; one summary of all.

    >>> from PIL import Image
    >>> photo = getfixture("tmp_path") / "a.jpg"
    >>> Image.new("RGB", (8, 8)).save(photo)
    >>> write([(str(photo), Decision("placed", 48.86, 2.35, 1.0, "map"))], "xmp", "jpg.xmp", dry_run=True).written
    1
    """
    estimates = [(source, found) for source, each in chosen if (found := estimate_of(each, max_radius_km))]
    files = [each for each in estimates if not split_address(each[0])]
    notes = [Note(source, "failed", "it is not a file of its own") for source, _ in estimates if split_address(source)]
    counts = Counter(each.did for each in notes)
    done, coarse = geotags.write(files, kind, ending, dry_run, advance, max_radius_km), 0
    for (source, estimate), outcome in zip(files, done, strict=True):
        counts[outcome.did if outcome.did in (WROTE, THERE, OWN) else "failed"] += 1
        coarse += outcome.did in (WROTE, THERE) and estimate.is_coarse(max_radius_km)
        if outcome.did not in (WROTE, THERE) or outcome.detail:
            notes.append(Note(source, outcome.did, outcome.detail))
    return Summary(counts[WROTE], counts[THERE], counts[OWN], counts["failed"], notes[:NOTED], coarse)


def take_back(names: Iterable[str | Path], dry_run: bool) -> Summary:
    """Take back all that --write and *Write* have done in the folders of these names, or only say what would be done.

    InputError where nothing was written.

    >>> take_back([getfixture("tmp_path")], dry_run=True)
    Traceback (most recent call last):
    photoplanet.errors.InputError: nothing to undo: no .photoplanet-undo.json in ...
    """
    outcomes: list[Outcome] = list(undo.undo_all(list(names), dry_run))
    left = [Note(str(each.path), each.did, each.detail) for each in outcomes if each.did != "restored"]
    return Summary(len(outcomes) - len(left), 0, 0, len(left), left[:NOTED])
