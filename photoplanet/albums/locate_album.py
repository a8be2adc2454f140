"""Photos in, one prediction each out, located together: evidence, order, anchors, a method, predictions."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import album, album_parameters, known_places, methods, outside
from photoplanet.albums.evidence import Evidence, LogProbabilities, blank
from photoplanet.core.progress import Advance, ignore
from photoplanet.errors import InputError
from photoplanet.locate.locator import BATCH_SIZE, Locator
from photoplanet.locate.prediction import Prediction, Predictions
from photoplanet.locate.within import Cut
from photoplanet.metadata.sidecars import Sidecars
from photoplanet.metadata.times import parse_times
from photoplanet.metadata.track import Track
from photoplanet.photos import decode


class Joined(NamedTuple):
    """What an album says of each of its n photos, in the given order.

    `log_probabilities` (n, classes) float32; `unknown` (n,): the probability that it is from outside all cells, NaN
    where the model cannot tell; `places` (n, 2) degrees, NaN where none is known; the `method` that answered; `inside`
    (n,): how much of each distribution lay in the area that was given, None where none was.
    """

    log_probabilities: LogProbabilities
    unknown: NDArray[np.float64]
    places: NDArray[np.float64]
    method: str
    inside: NDArray[np.float64] | None = None


def locate_album(
    locator: Locator,
    photos: Iterable[Any],
    times: Iterable[Any] | None = None,
    method: str | None = None,
    anchors: Iterable[tuple[float, float] | None] | None = None,
    track: Track | None = None,
    readout: str | None = None,
    advance: Advance = ignore,
    cut: Cut | None = None,
) -> list[Prediction]:
    """Locate the photos of one album together; return one Prediction per photo, in the given order.

    `times`: ISO 8601 text, datetime, datetime64 or None per photo; default: what the photos' EXIF says. `anchors`:
    (latitude, longitude) or None per photo, the places already known; default: the photos' own GPS; empty list: none.
    `track`: a GPS track by the same clock. `method`: one of `methods.METHODS`, default "auto" (`methods.chosen`).
    `cut`: to the area that the photos are from (`Locator.cut`). An anchor's prediction stands at its own place. A photo
    that cannot be read keeps its slot, takes its place from its neighbours, and is named to `advance(1, note=…)`.
    InputError when none can be read and no place is known.

    >>> import photoplanet as pp
    >>> photos = [np.zeros((64, 64, 3), np.uint8), b"not a photo"]
    >>> found = locate_album(pp.load("toy"), photos, times=[None, None], anchors=[None, (48.86, 2.35)])
    >>> found[1].point  # what is known stays
    (48.86, 2.35)
    """
    sources = list(photos)
    name = method or methods.AUTO
    if name != methods.AUTO:
        methods.get(name)
    if not sources:
        return []
    taken_at = _times(sources, times)
    when, _ = parse_times(taken_at)
    places = _places(sources, anchors)
    seen = see(locator, sources, advance)
    if len(seen.unreadable) == len(sources) and np.isnan(places).all() and track is None:
        raise seen.unreadable[0]
    ties = album.ties(taken_at, [str(each) if isinstance(each, str | Path) else None for each in sources])
    return predictions(locator, seen, infer(locator, seen, when, places, track, name, ties, cut), readout, cut)


def see(locator: Locator, photos: Sequence[Any], advance: Advance = ignore, threads: int | None = None) -> Evidence:
    """Run the network over the photos of an album, in batches; `threads` decode beside it.

    >>> import photoplanet as pp
    >>> seen = see(pp.load("toy"), [np.zeros((64, 64, 3), np.uint8), b"not a photo"])
    >>> seen.log_probabilities.shape, list(seen.unreadable)
    ((2, 1044), [1])
    """
    n = len(photos)
    seen = Evidence.flat(n, locator.info.classes, locator.info.embedding_size)
    rows: list[int] = []
    batch: list[NDArray[np.uint8]] = []
    for row, pixels in enumerate(decode.load_many(photos, locator.info.preprocessing, threads if n > 1 else 0)):
        if isinstance(pixels, InputError):
            seen.unreadable[row] = pixels
            advance(1, note=str(pixels))
        else:
            rows.append(row)
            batch.append(pixels)
        if len(batch) == BATCH_SIZE or (batch and row == n - 1):
            found = locator.see(np.stack(batch))
            seen.log_probabilities[rows], seen.embeddings[rows] = found.log_probabilities, found.embeddings
            if found.unknown is not None:
                seen.unknown[rows] = found.unknown
            advance(len(batch))
            rows, batch = [], []
    return seen


def infer(
    locator: Locator,
    seen: Evidence,
    times: NDArray[np.datetime64],
    places: NDArray[np.float64],
    track: Track | None = None,
    method: str = methods.AUTO,
    ties: NDArray[np.int64] | None = None,
    cut: Cut | None = None,
) -> Joined:
    """Run a method over an album → what all photos together say of each.

    `times` (n,) datetime64[s], NaT unknown; `places` (n, 2) degrees, NaN unknown; those that the track
    gives are added to them. `ties` as for `album.order`. With `cut`, what each photo says of places outside the area
    counts for nothing, so that photos do not agree on a place there; `inside` then says how much of what all photos
    together say without that lies in the area.

    >>> import photoplanet as pp
    >>> toy = pp.load("toy")
    >>> seen = Evidence.flat(1, toy.info.classes, toy.info.embedding_size)
    >>> found = infer(toy, seen, np.array(["2024-05-01"], "datetime64[s]"), np.full((1, 2), np.nan))
    >>> found.log_probabilities.shape, found.method
    ((1, 1044), 'attention')
    """
    inside = None
    if cut is not None:
        apart = infer(locator, seen, times, places, track, method, ties)
        inside = np.array([cut.inside(np.exp(row)) for row in apart.log_probabilities])
        speaking = ~blank(seen.log_probabilities)  # flat rows say nothing, and stay so
        rows = seen.log_probabilities.copy()
        rows[speaking] = cut.softly(rows[speaking])
        seen = replace(seen, log_probabilities=rows)
    rows, embeddings, unknown, n = seen.log_probabilities, seen.embeddings, seen.unknown, len(times)
    places = places.copy()
    if track is not None:
        on_track, kept = known_places.along(track, times)
        places = np.where(np.isnan(places), on_track, places)
        times = np.concatenate([times, track.times[kept]])
        slots = np.column_stack([track.latitude[kept], track.longitude[kept]])
        rows = np.concatenate([rows, np.full((len(kept), rows.shape[1]), -np.log(rows.shape[1]), np.float32)])
        embeddings = np.concatenate([embeddings, np.zeros((len(kept), embeddings.shape[1]), np.float32)])
        unknown = np.concatenate([unknown, np.full(len(kept), np.nan)])
    else:
        slots = np.empty((0, 2))
    fixed = np.concatenate([places, slots])
    known = known_places.classes(locator.partition, fixed)
    if ties is not None:
        ties = np.concatenate([ties, np.full(len(slots), len(ties))])
    order = album.order(times, ties)
    parameters = album_parameters.read(locator.bundle)
    name = methods.chosen(method, parameters, bool((known >= 0).any()))
    in_order = album.Album(order.gaps, known[order.rows])
    evidence, doubts = rows[order.rows], unknown[order.rows]
    if name != methods.ALONE and len(in_order) > 1:
        away = known_places.away(locator.partition, fixed)[order.rows]
        evidence = outside.softened(evidence, doubts, locator.partition)
        doubts = outside.joined(doubts, in_order, away)
    ordered = methods.decode(name, evidence, embeddings[order.rows], in_order, locator.partition, parameters)
    back, unknown = np.empty_like(ordered), np.empty_like(doubts)
    back[order.rows], unknown[order.rows] = ordered, doubts
    return Joined(back[:n], unknown[:n], places, name, inside)


def predictions(
    locator: Locator, seen: Evidence, joined: Joined, readout: str | None = None, cut: Cut | None = None
) -> list[Prediction]:
    """One Prediction per photo; where its place is known, the prediction stands there, and nothing is unknown.

    With `cut`, those of `infer` with the same one are cut to its area.

    >>> import photoplanet as pp
    >>> toy = pp.load("toy")
    >>> seen = Evidence.flat(1, toy.info.classes, toy.info.embedding_size)
    >>> joined = infer(toy, seen, np.array(["2024-05-01"], "datetime64[s]"), np.array([[48.86, 2.35]]))
    >>> predictions(toy, seen, joined)[0].point
    (48.86, 2.35)
    """
    found: Predictions[Prediction] = Predictions()
    for row, mass in enumerate(joined.log_probabilities):
        place, unknown = joined.places[row], joined.unknown[row]
        at = None if np.isnan(place).any() else (float(place[0]), float(place[1]))
        doubt = None if np.isnan(unknown) else float(unknown) if at is None else 0.0
        embedding = None if row in seen.unreadable else seen.embeddings[row]
        made = locator.prediction(np.exp(mass), embedding, readout, doubt, at)
        found.append(made if cut is None else cut(made, None if joined.inside is None else float(joined.inside[row])))
    return found


def _times(photos: Sequence[Any], times: Iterable[Any] | None) -> list[Any]:
    if times is None:
        beside = Sidecars()
        return [known_places.from_photo(photo, beside)[0] for photo in photos]
    given = list(times)
    if len(given) != len(photos):
        raise InputError(f"times has {len(given)} values for {len(photos)} photos; give one per photo, or None")
    return given


def _places(photos: Sequence[Any], anchors: Iterable[tuple[float, float] | None] | None) -> NDArray[np.float64]:
    if anchors is None:
        beside = Sidecars()
        anchors = (known_places.from_photo(photo, beside)[1] for photo in photos)
    return known_places.points(list(anchors) or [None] * len(photos), len(photos))
