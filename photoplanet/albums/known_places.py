"""Known places in an album: a camera's GPS, and the points of a track, which pull the photos around them."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.errors import InputError
from photoplanet.metadata import facts
from photoplanet.metadata.sidecars import Sidecars
from photoplanet.metadata.track import MAX_APART_HOURS, Track
from photoplanet.photos import decode
from photoplanet.photos.coordinate_faults import coordinate_fault

_FASTEST_KM_S = 0.4  # an airliner with the jet stream behind it
_SLACK_KM = 1.0  # of two fixes under trees or between houses


def from_photo(photo: decode.Source, beside: Sidecars | None = None) -> tuple[str | None, tuple[float, float] | None]:
    """When (ISO 8601) and where (degrees) a photo says it was taken, without decoding it; None for what it hides.

    `beside` as for `facts.of`. A photo that cannot be read at all says nothing here; reading its pixels reports it.

    >>> from_photo(b"not a photo")
    (None, None)
    """
    try:
        said = facts.of(photo, beside)
    except InputError:
        return None, None
    if said.latitude is None or said.longitude is None or said.gps_fault:
        return said.taken_at, None
    return said.taken_at, (said.latitude, said.longitude)


def points(places: Sequence[tuple[float, float] | None], n: int) -> NDArray[np.float64]:
    """One (latitude, longitude) or None per photo → degrees (n, 2), NaN for none; InputError for a bad one.

    >>> points([None, (48.86, 2.35)], 2).tolist()
    [[nan, nan], [48.86, 2.35]]
    """
    if len(places) != n:
        raise InputError(f"anchors has {len(places)} places for {n} photos; give one per photo, or None")
    found = np.full((n, 2), np.nan)
    for row, place in enumerate(places):
        if place is None:
            continue
        try:
            lat, lng = map(float, place)
        except (TypeError, ValueError):
            raise InputError(f"anchors: {place!r} of photo {row + 1} is not a latitude and longitude") from None
        if fault := coordinate_fault(lat, lng):
            raise InputError(f"anchors: {lat}, {lng} of photo {row + 1}: {fault}; give None where no place is known")
        found[row] = lat, lng
    return found


def classes(partition: Partition, places: NDArray[np.float64]) -> NDArray[np.int32]:
    """The class (n,) of each of `places` (n, 2) degrees, −1 for NaN; outside every cell, that of the nearest mean.

    >>> from photoplanet.earth import cells
    >>> paris, tokyo = cells.from_latlng([48.86, 35.68], [2.35, 139.69], level=6)
    >>> partition = Partition.from_cells([paris, tokyo])
    >>> classes(partition, np.array([[48.85, 2.3], [np.nan, np.nan], [34.0, 135.0]])).tolist()
    [0, -1, 1]
    """
    found = np.full(len(places), -1, np.int32)
    rows = np.flatnonzero(~np.isnan(places).any(axis=1))
    found[rows] = partition.assign(places[rows, 0], places[rows, 1])
    means = geodesy.to_xyz(*partition.means.T)
    for row in rows[found[rows] < 0]:
        found[row] = (means @ geodesy.to_xyz(*places[row])).argmax()
    return found


def away(partition: Partition, places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of `places` (n, 2) degrees the cells do not reach; not those without a place (NaN).

    A place in no cell is reached by the nearest one where it is no farther from its mean than its own corners are.

    >>> from photoplanet.earth import cells
    >>> partition = Partition.from_cells([cells.from_latlng(48.86, 2.35, level=6)])
    >>> away(partition, np.array([[48.86, 2.35], [64.15, -21.94], [np.nan, np.nan]])).tolist()
    [False, True, False]
    """
    rows = np.flatnonzero(~np.isnan(places).any(axis=1))
    found = np.zeros(len(places), np.bool_)
    nearest = classes(partition, places[rows])
    km = geodesy.between_km(geodesy.to_xyz(*places[rows].T), partition.xyz[nearest])
    found[rows] = km > partition.reaches_km[nearest]
    return found


def along(track: Track, times: NDArray[np.datetime64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """What a track says of photos taken at `times` (n,), NaT for unknown: their places, and its points to keep.

    Places (n, 2) degrees, NaN where the track does not say: on the great circle between the points before and after,
    where those are at most MAX_APART_HOURS apart. Where they are not, those two points (row numbers of the track) are
    to become slots of their own. Between points that nobody gets to in that time, one is wrong, and nothing is said.

    >>> times = np.array(["2024-05-01T10:00", "2024-05-01T10:10"], "datetime64[s]")
    >>> track = Track(times, np.zeros(2), np.array([0.0, 1.0]))
    >>> along(track, np.array(["2024-05-01T10:05"], "datetime64[s]"))[0].round(3).tolist()
    [[0.0, 0.5]]
    """
    found, keep = np.full((len(times), 2), np.nan), []
    timed = np.flatnonzero(~np.isnat(times))
    if not len(track.times):
        return found, np.array([], np.int64)
    xyz = geodesy.to_xyz(track.latitude, track.longitude)
    after = np.searchsorted(track.times, times[timed], side="left")
    for row, late in zip(timed, after, strict=True):
        early = max(late - 1, 0)
        if late < len(track.times) and track.times[late] == times[row]:
            early = late
        if late == len(track.times) or (late == 0 and early != late) or times[row] < track.times[0]:
            keep.append(min(late, len(track.times) - 1))
            continue
        span = (track.times[late] - track.times[early]) / np.timedelta64(1, "s")
        if span > MAX_APART_HOURS * 3600:
            keep += [early, late]
            continue
        apart = geodesy.between_km(xyz[early], xyz[late])
        if apart > _SLACK_KM + _FASTEST_KM_S * span and track.times[early] != times[row]:
            continue
        part = 0.0 if span == 0 else (times[row] - track.times[early]) / np.timedelta64(1, "s") / span
        found[row] = geodesy.from_xyz((1 - part) * xyz[early] + part * xyz[late])
    return found, np.unique(np.array(keep, np.int64))


def silence(track: Track, times: NDArray[np.datetime64]) -> str:
    """Why a track, which has points, places none of the photos taken at `times` (n,); "" where it places one.

    >>> track = Track(np.array(["2024-05-01T10:00", "2024-05-01T12:00"], "datetime64[s]"), np.zeros(2), np.zeros(2))
    >>> silence(track, np.array(["2024-05-01T13:00"], "datetime64[s]"))
    'no photo was taken while it was recorded'
    """
    if not np.isnan(along(track, times)[0]).all():
        return ""
    if ((times >= track.times[0]) & (times <= track.times[-1])).any():
        minutes = round(60 * MAX_APART_HOURS)
        return (
            f"no photo was taken between two of its points at most {minutes} minutes apart, so it only guides estimates"
        )
    return "no photo was taken while it was recorded"


def any_known(places: Iterable[object | None], use_places: bool, track: Track | None) -> bool:
    """Whether any photo has a place that is to be used, or there is a track.

    >>> any_known([None, (48.86, 2.35)], True, None), any_known([(48.86, 2.35)], False, None)
    (True, False)
    """
    return track is not None or (use_places and any(place is not None for place in places))
