"""Photos in, one prediction each out, located together: evidence, order, anchors, a method, predictions."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from photoplanet.albums import album, album_parameters, clues, known_places, methods, outside
from photoplanet.albums.evidence import Evidence, LogProbabilities, blank
from photoplanet.clues.collect import Found
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
    """Run the network over the photos of an album, in batches, and look for clues; `threads` decode beside it.

    >>> import photoplanet as pp
    >>> seen = see(pp.load("toy"), [np.zeros((64, 64, 3), np.uint8), b"not a photo"])
    >>> seen.log_probabilities.shape, list(seen.unreadable)
    ((2, 1044), [1])
    """
    n = len(photos)
    seen = Evidence.flat(n, locator.info.classes, locator.info.embedding_size)
    rows: list[int] = []
    batch: list[NDArray[np.uint8]] = []
    likelihoods: dict[bytes, NDArray[np.float32]] = {}
    if locator.collector is not None:
        locator.collector.start()
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
            if locator.collector is not None:
                locator.collector.read_ahead(photos[at] for at in rows)
            for at in rows if locator.collector is not None else ():
                seen.found[at] = clues.interned(locator.collect(photos[at]) or Found(None, ()), likelihoods)
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
        seen = _within(seen, cut)
    n, places, slots = len(times), places.copy(), np.empty((0, 2))
    if track is not None:
        on_track, kept = known_places.along(track, times)
        places = np.where(np.isnan(places), on_track, places)
        slots = np.column_stack([track.latitude[kept], track.longitude[kept]])
        times = np.concatenate([times, track.times[kept]])
    fixed = np.concatenate([places, slots])
    known = known_places.classes(locator.partition, fixed)
    all_ties = None if ties is None else np.concatenate([ties, np.full(len(slots), len(ties))])
    order = album.order(times, all_ties)
    in_order = album.Album(order.gaps, known[order.rows])
    parameters = album_parameters.read(locator.bundle)
    name = methods.chosen(method, parameters, bool((known >= 0).any()))
    together = name != methods.ALONE and len(in_order) > 1
    found = clues.kept(locator, seen, places)
    found = clues.once(found, times[:n], ties) if together else found
    signs, power = clues.likelihoods(locator, found), clues.POWERS.get(name, 1.0) if together else 1.0
    rows, doubts = seen.log_probabilities, clues.unknown(locator, seen, found)
    if together:
        rows = outside.softened(rows, seen.unknown, locator.partition)
    rows = clues.weighed(rows, signs, power)
    ordered = methods.decode(
        name, _with_slots(rows, len(slots), -np.log(rows.shape[1]))[order.rows],
        _with_slots(seen.embeddings, len(slots), 0.0)[order.rows], in_order, locator.partition, parameters,
    )  # fmt: skip
    unknown = _with_slots(doubts, len(slots), np.nan)
    if together:
        away = known_places.away(locator.partition, fixed)[order.rows]
        unknown[order.rows] = clues.near(seen.unknown, unknown[order.rows], in_order, away)
    back = ordered[np.argsort(order.rows)][:n]
    return Joined(clues.weighed(back, signs, 1.0 - power), unknown[:n], places, name, inside)


def _within(seen: Evidence, cut: Cut) -> Evidence:
    """What the network saw, given the area; flat rows say nothing, and stay so."""
    speaking, rows = ~blank(seen.log_probabilities), seen.log_probabilities.copy()
    rows[speaking] = cut.softly(rows[speaking])
    return replace(seen, log_probabilities=rows)


def _with_slots(values: NDArray[Any], slots: int, filling: float) -> NDArray[Any]:
    """Values (n, …), and the filling for as many slots more."""
    return np.concatenate([values, np.full((slots, *values.shape[1:]), filling, values.dtype)])


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
        made, inside = locator.prediction(np.exp(mass), embedding, readout, doubt, at), joined.inside
        if locator.collector is not None:
            told = None if np.isnan(seen.unknown[row]) else float(seen.unknown[row])
            alone = locator.prediction(np.exp(seen.log_probabilities[row]), embedding, readout, told)
            own = seen.found.get(row, Found(None, ()))
            made = clues.explained(locator, alone, own, made, joined.method != methods.ALONE)
        if cut is not None:
            together = inside is not None and made.partition is locator.partition
            made = cut(made, float(inside[row]) if inside is not None and together else None)
        found.append(made)
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
