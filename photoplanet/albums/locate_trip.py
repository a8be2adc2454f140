"""A trip → its located photos: the network, the album method, and where each place comes from."""

from collections.abc import Callable

import numpy as np

from photoplanet.albums import known_places, locate_album, methods
from photoplanet.albums.evidence import Evidence
from photoplanet.albums.located_photos import ESTIMATED, NEIGHBOURS, OWN, TRACK, TRACK_ERROR_M, LocatedPhoto
from photoplanet.albums.movement import joined as joined_with
from photoplanet.albums.movement import pixels
from photoplanet.albums.movement.library import Library
from photoplanet.albums.movement.weights import Weight, Weights
from photoplanet.albums.shots import Shot
from photoplanet.albums.trips import Trip
from photoplanet.core.progress import Advance, ignore
from photoplanet.earth import geodesy
from photoplanet.locate.locator import Locator
from photoplanet.locate.within import Cut
from photoplanet.metadata.track import Track

Sighted = Callable[[Shot], joined_with.Sighting | None]

_NINETY = 1.42  # the radius with 90 % of a normal distribution in the plane, over the one with 68 %


def locate(
    locator: Locator,
    trip: Trip,
    method: str = methods.AUTO,
    use_places: bool = True,
    track: Track | None = None,
    advance: Advance = ignore,
    threads: int | None = None,
    cut: Cut | None = None,
    library: Library | None = None,
    seen: Evidence | None = None,
    weights: Weights | None = None,
    sighted: Sighted | None = None,
) -> list[LocatedPhoto]:
    """Locate one trip → one `LocatedPhoto` per photo, in time order. `use_places`: own GPS counts as known.

    `cut`: to the area that the photos are from; known places outside stay. `library`: what the times and known places
    of all photos say, of which the trip is a part; then what the network says counts with these `weights`, and no other
    method is used. `seen`: what the network saw, where it has looked before. `sighted`: what finds a photo's match
    among other known ones.

    >>> import photoplanet as pp
    >>> from photoplanet.albums import trips
    >>> shots = [trips.Shot(b"", "1.jpg", place=(48.86, 2.35)), trips.Shot(b"", "2.jpg")]  # neither can be read
    >>> (trip,), _, _ = trips.split(shots)
    >>> [(photo.kind, photo.measured) for photo in locate(pp.load("toy"), trip)]
    [('own GPS', True), ('neighbours', False)]
    """
    if seen is None:
        seen = locate_album.see(locator, [shot.source for shot in trip.shots], advance, threads)
    else:
        advance(len(trip.shots))
    return decide(locator, trip, seen, method, use_places, track, cut, library, weights, sighted)


def decide(
    locator: Locator,
    trip: Trip,
    seen: Evidence,
    method: str = methods.AUTO,
    use_places: bool = True,
    track: Track | None = None,
    cut: Cut | None = None,
    library: Library | None = None,
    weights: Weights | None = None,
    sighted: Sighted | None = None,
) -> list[LocatedPhoto]:
    """The second half of `locate`: what the network saw in the photos of a trip → one `LocatedPhoto` each.

    >>> import photoplanet as pp
    >>> from photoplanet.albums import trips
    >>> toy = pp.load("toy")
    >>> (trip,), _, _ = trips.split([trips.Shot("1.jpg", "1.jpg"), trips.Shot("2.jpg", "2.jpg", place=(48.86, 2.35))])
    >>> seen = Evidence.flat(2, toy.info.classes, toy.info.embedding_size)
    >>> [photo.kind for photo in decide(toy, trip, seen)]
    ['estimated', 'own GPS']
    """
    places = known_places.points([shot.place if use_places else None for shot in trip.shots], len(trip.shots))
    errors = {row: str(error) for row, error in seen.unreadable.items()}
    if len(errors) == len(trip.shots) and np.isnan(places).all() and track is None and library is None:
        return [LocatedPhoto(shot, NEIGHBOURS, None, errors[row]) for row, shot in enumerate(trip.shots)]
    method = methods.ALONE if library is not None else method  # neighbours are the library's to weigh
    joined = locate_album.infer(locator, seen, trip.times, places, track, method, cut=cut)
    heard = pixels.heard(locator.partition, seen, trip.times) if library is not None and weights else None
    located = []
    for row, prediction in enumerate(locate_album.predictions(locator, seen, joined, cut=cut)):
        kind, radius = ESTIMATED, None
        if not np.isnan(places[row]).any():
            kind = OWN
        elif not np.isnan(joined.places[row]).any():
            kind, radius = TRACK, track_radius_m(track, trip.times[row])
        elif row in errors:
            kind = NEIGHBOURS
        name = joined.method
        if library is not None and kind in (ESTIMATED, NEIGHBOURS):
            weight = weights.at(library.hours(int(trip.rows[row]))) if weights else Weight(0.0)
            said = heard.of(row, weight.power, weight.outside) if heard else None
            match = sighted(trip.shots[row]) if sighted else None
            also: list[joined_with.Evidence] = [each for each in (said, match) if each is not None]
            name = methods.JOINED if also else methods.MOVEMENT
            prediction = library.prediction(int(trip.rows[row]), prediction, cut, also)
        located.append(LocatedPhoto(trip.shots[row], kind, prediction, errors.get(row), radius, name))
    return located


def compare(
    locator: Locator, trip: Trip, method: str = methods.AUTO, advance: Advance = ignore
) -> tuple[list[LocatedPhoto], list[LocatedPhoto]]:
    """One trip by its pixels and times only: (each photo by itself, all together), as `locate` without known places.

    >>> import photoplanet as pp
    >>> from PIL import Image
    >>> from photoplanet.albums import trips
    >>> path = str(getfixture("tmp_path") / "1.png")
    >>> Image.new("RGB", (64, 64)).save(path)
    >>> (trip,), _, _ = trips.split([trips.Shot(path, "1.png"), trips.Shot(path, "2.png")])
    >>> alone, together = compare(pp.load("toy"), trip)
    >>> alone[0].method, together[0].method
    ('single', 'attention')
    """
    seen = locate_album.see(locator, [shot.source for shot in trip.shots], advance)
    return decide(locator, trip, seen, methods.ALONE, False), decide(locator, trip, seen, method, False)


def track_radius_m(track: Track | None, time: np.datetime64) -> float:
    """How far off (m) a track may be at a time between two of its points; without a track, the receiver's error.

    Half the way between the points before and after, the farthest it can be from both, plus the receiver's error. Where
    the track states its accuracy, that of the worse of both, as the radius that holds 90 %.

    >>> times = np.array(["2024-05-01T10:00", "2024-05-01T10:10"], "datetime64[s]")
    >>> round(track_radius_m(Track(times, np.zeros(2), np.array([0.0, 0.01])), times[0] + 300))
    571
    """
    if track is None:
        return TRACK_ERROR_M
    late = min(int(np.searchsorted(track.times, time)), len(track.times) - 1)
    early = max(late - 1, 0)
    if track.times[late] == time:
        early = late
    ends = [(track.latitude[row], track.longitude[row]) for row in (early, late)]
    stated = [] if track.accuracy_m is None else [float(track.accuracy_m[row]) for row in (early, late)]
    error = max([TRACK_ERROR_M, *(_NINETY * each for each in stated if not np.isnan(each))])
    return error + 500 * float(geodesy.distance_km(*ends[0], *ends[1]))
