"""Made-up libraries to review: tiny JPEGs with times, of which some have GPS, in towns that a journey comes through."""

from datetime import datetime, timedelta

import numpy as np
from PIL import Image

from photoplanet.albums import trips
from photoplanet.albums.movement import library
from photoplanet.albums.shots import read_shots
from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.review import opening
from photoplanet.review.kept import Kept

STOPS = ((48.86, 2.35), (45.76, 4.84), (43.3, 5.37), (44.41, 8.93), (41.9, 12.5))


def save(path, time=None, place=None, colour=(200, 60, 60), size=(48, 36)):
    """One JPEG; `time` a datetime, `place` degrees."""
    tags = Image.Exif()
    tags[0x010F] = "Maker"
    if time is not None:
        tags.get_ifd(0x8769)[0x9003] = f"{time:%Y:%m:%d %H:%M:%S}"
    if place is not None:
        given = Image.Exif()
        given.load(gps_bytes(*place, None))
        tags.get_ifd(0x8825).update(dict(given.get_ifd(0x8825)))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, exif=tags)
    return path


def journey(folder, count, known=0.4, seed=0):
    """`count` photos over some days: at each of STOPS as many, the share `known` with GPS, a few without a time."""
    rng = np.random.default_rng(seed)
    time = datetime(2019, 6, 1, 9)
    for number in range(count):
        stop = STOPS[number * len(STOPS) // count]
        time += timedelta(minutes=int(rng.integers(2, 60)))
        if time.hour > 20:
            time = time.replace(hour=9) + timedelta(days=1)
        timed, placed = rng.random() > 0.04, rng.random() < known
        place = (stop[0] + rng.normal(0, 0.01), stop[1] + rng.normal(0, 0.01)) if placed else None
        colour = tuple(int(value) for value in rng.integers(40, 220, 3))
        save(folder / f"IMG_{number:04}.jpg", time if timed else None, place, colour)
    return folder


def walk(folder):
    """Five photos three minutes apart, of which the first and the last have GPS, 2 km apart, and one timeless."""
    start = datetime(2020, 5, 1, 10)
    for number in range(5):
        place = {0: (48.86, 2.35), 4: (48.86, 2.377)}.get(number)
        save(folder / f"{number}.jpg", start + timedelta(minutes=3 * number), place)
    save(folder / "z.jpg")
    return folder


def opened(folder, kept, say=lambda line: None, looker=None, track=None):
    """A session on all photos of a folder; its decisions in the file `kept`."""
    shots = library.dated(read_shots([str(folder)]))
    split = trips.split(shots)[0]
    session = opening.open_session(
        opening.Sources(shots, split, track), [str(folder)], Kept(kept), looker=looker, say=say
    )
    session.settle()
    return session
