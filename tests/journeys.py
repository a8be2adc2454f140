"""Made-up journeys: where somebody was when, as a track, and photos by cameras whose clocks are set in any way."""

import datetime

import numpy as np

from photoplanet.albums.shots import Shot
from photoplanet.metadata.track import Track

START = int(np.datetime64("2023-06-10T00:00:00").astype(np.int64))  # seconds since 1970, a Saturday in UTC
DAY = 86400


class Journey:
    """`days` of walking and driving around places (latitude, longitude), one a day; UTC in seconds since 1970.

    By day, from `begin` to `end` hours of solar time, the traveller drives 20 km about, stops and walks on; at night
    the device is off.
    """

    def __init__(self, places, seed=0, begin=9, end=18, start=START):
        rng = np.random.default_rng(seed)
        self.utc, self.places = [], []
        for day, (lat, lng) in enumerate(places):
            first = start + day * DAY + (begin - lng / 15) * 3600
            seconds = np.arange(0, (end - begin) * 3600, 30.0)
            drives = np.repeat(np.arange(200) % 2 == 0, rng.integers(20, 120, 200))[: len(seconds)]
            turn = np.repeat(rng.uniform(0, 2 * np.pi, len(seconds) // 60 + 1), 60)[: len(seconds)]
            km = np.where(drives, 0.4, 0.0 + 0.01 * rng.random(len(seconds)))
            north, east = np.cumsum(km * np.cos(turn)) / 111.2, np.cumsum(km * np.sin(turn)) / 111.2
            self.utc.append(first + seconds)
            self.places.append(np.column_stack([lat + north, lng + east / np.cos(np.radians(lat))]))
        self.utc, self.places = np.concatenate(self.utc), np.concatenate(self.places)
        self.places[:, 1] = (self.places[:, 1] + 180) % 360 - 180

    @property
    def track(self):
        return Track(self.utc.astype("datetime64[s]"), *self.places.T)

    def moments(self, n, seed=1, still=False):
        """The rows of n moments at which photos are taken; `still`: only where the traveller walks or stands."""
        rng = np.random.default_rng(seed)
        rows = np.arange(len(self.utc) - 1)
        if still:
            rows = rows[np.abs(np.diff(self.places[:, 0])) < 0.0003]
        return np.sort(rng.choice(rows, n, replace=False))

    def photos(self, rows, ahead, camera="A", place=True, receiver=False, lag=0.0, folder="trip"):
        """A photo at each of `rows` by a camera whose clock is `ahead` (seconds, or of each row) of UTC."""
        ahead = np.broadcast_to(ahead, len(rows))
        return [
            Shot(f"{camera}{row}.jpg", f"{camera}{row}.jpg", folder, naive(self.utc[row] + off), camera=camera,
                 place=tuple(self.places[row].tolist()) if place else None,
                 receiver_at=f"{naive(self.utc[row] - lag)}+00:00" if receiver else None)
            for row, off in zip(rows, ahead, strict=True)
        ]  # fmt: skip

    def off(self, found, rows):
        """Seconds (n,) by which the times of settled shots are off the true ones; NaN where they name no zone."""
        return np.array([utc(shot.taken_at) - self.utc[row] for shot, row in zip(found, rows, strict=True)])


def naive(seconds):
    """Seconds since 1970 as a clock without a zone shows them."""
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=float(np.round(seconds)))).isoformat()


def utc(text):
    """Seconds since 1970 of a text that names its zone; NaN for one that does not."""
    moment = datetime.datetime.fromisoformat(text)
    return moment.timestamp() if moment.tzinfo else np.nan
