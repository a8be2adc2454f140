import json

import numpy as np

from photoplanet.earth import gazetteer, geodesy, land


def test_the_outline_is_within_the_map_and_lean():
    assert len(land.text()) < 120_000
    document = json.loads(land.text())
    for line in document["land"] + document["borders"]:
        points = np.array(line).reshape(-1, 2).cumsum(axis=0) / document["scale"]
        assert np.abs(points[:, 0]).max() <= 180
        assert np.abs(points[:, 1]).max() <= 90
        inner = np.abs(points[:-1, 0]) < 179.9
        assert np.abs(np.diff(points[:, 0]))[inner].max(initial=0) < 60  # nothing is drawn across the map


def test_every_part_of_a_map_has_a_town_that_lies_where_the_gazetteer_has_it():
    document = json.loads(land.text())
    names, lng, lat = zip(*document["towns"], strict=True)
    lat, lng = np.array(lat) / document["scale"], np.array(lng) / document["scale"]
    assert names[0] == "Shanghai" and {"Paris", "Casablanca", "Reykjavík", "Wellington", "Honolulu"} <= set(names)
    for latitude, longitude in ((46.5, 8.0), (43.0, -107.5), (-25.0, 134.0), (62.0, 130.0), (65.0, -18.5)):
        assert geodesy.distance_km(latitude, longitude, lat, lng).min() < 350
    near = gazetteer.name(lat[::50], lng[::50])
    assert np.mean([place.city == name for place, name in zip(near, names[::50], strict=True)]) > 0.9


def test_outlines_are_latitude_first_and_closed():
    rings, borders = land.outlines()
    assert all((lat[0], lng[0]) == (lat[-1], lng[-1]) for lat, lng in rings)
    africa = max((ring for ring in rings if _holds(ring, 15.0, 20.0)), key=lambda ring: len(ring[0]))  # Chad
    assert _holds(africa, 52.0, 20.0) and not _holds(africa, 0.0, -30.0)  # one land with Poland; not the Atlantic
    assert len(borders) > 100


def _holds(ring, latitude, longitude):
    """Whether a ring goes around a point: crossings of the ray to the north, counted."""
    lat, lng = ring
    crosses = (lng[:-1] > longitude) != (lng[1:] > longitude)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = lat[:-1] + (longitude - lng[:-1]) / (lng[1:] - lng[:-1]) * (lat[1:] - lat[:-1])
    return bool(np.sum(crosses & (at > latitude)) % 2)
