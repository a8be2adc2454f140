"""The combined readout looks at the street too: a kilometre is one of its scales, which cells alone cannot tell."""

import numpy as np

from photoplanet.earth import geodesy
from photoplanet.earth.partition.partition import Partition
from photoplanet.retrieval.vectors.within_cell_search import PhotosByCell, locate


def test_photos_of_one_street_outweigh_more_photos_of_a_wider_town():
    """Five look-alikes on one corner, and seven over a town 100 km away: one in the middle, six 2 km around it."""
    corner = np.tile([45.0, 5.5], (5, 1))
    angles = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    km = geodesy.EARTH_RADIUS_KM * np.pi / 180
    middle = np.array([45.0 + 100 / km, 5.5])
    around = middle + 2 / km * np.column_stack([np.sin(angles), np.cos(angles) / np.cos(np.radians(middle[0]))])
    places = np.vstack([corner, middle[None], around])
    partition = Partition.uniform(places[:, 0], places[:, 1], level=3, min_photos=1)
    assert len(partition) == 1
    looks = np.tile(np.eye(1, 8, dtype=np.float32), (12, 1))
    library = PhotosByCell(looks, places[:, 0], places[:, 1], partition)
    lat, lng, _ = locate(np.ones((1, 1)), looks[:1], partition, library)
    assert geodesy.distance_km(lat[0], lng[0], *corner[0]) < 0.1
