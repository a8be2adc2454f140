"""Predictions on a map: one HTML file that needs no network, and GeoJSON of many photos."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photoplanet.core.atomic import open_replacing, write_text
from photoplanet.earth import cells, coast, geodesy, land
from photoplanet.earth.gazetteer import ATTRIBUTION
from photoplanet.errors import InputError
from photoplanet.locate import geojson as features_of
from photoplanet.locate import own_place
from photoplanet.locate.answers import AnswerOptions, no_answer, record
from photoplanet.locate.prediction import Prediction
from photoplanet.photos import decode

TITLE = "Where were these photos taken?"
NUMBERS = {  # what the numbers on a map stand for
    "": "Numbers: the most likely cells.",
    "trip": "Numbers: the photos in time order; of a chosen photo, its most likely cells.",
}
MAX_PHOTOS = 2000  # in a page; more would be of no use
MAX_PICTURES = 200  # of photos that show text: some 4 MB
PICTURE_SIDE, PICTURE_QUALITY = 320, 70  # pixels of the longer side; of the JPEG
MAX_CELLS = 20_000  # drawn in one page, about 3 MB; with many photos each gets fewer
CELLS_A_PHOTO = (8, 250)  # the least and the most
NOTABLE = 0.004  # of the largest probability: fainter cells outside the credible region are not drawn
MAX_CLUES = 20  # of a photo's evidence in one page
MAX_THUMBNAIL = 200_000  # characters of one data URI
MAX_COAST = 200_000  # bytes of the finer ground of one page, nearest to the photos: 0.27 MB there

_FOLDER = Path(__file__).parent / "map_page"
_TYPES = re.compile(r"/\*\*.*?\*/\n?", re.DOTALL)  # comments for the type checker, an eighth of the script
_EXPORT = re.compile("^export ", re.MULTILINE)
_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.[^"]+)";\n', re.MULTILINE)
_THUMBNAIL = re.compile(r"data:image/(?:jpeg|png|webp);base64,[A-Za-z0-9+/]+={0,2}")

# (name, prediction or error), or a dict: `name`, `prediction` (or an error), optional `thumbnail` (a JPEG, PNG or WebP
# data URI), `truth` (latitude, longitude in degrees) and `own` (as above)
Item = tuple[str, Prediction | Exception] | Mapping[str, Any]


def html_map(items: Iterable[Item], title: str = TITLE, form: AnswerOptions | None = None) -> str:
    """Make one self-contained HTML page: a map of every photo's point, cells, credible region and places.

    `items`: (name, Prediction or the error of an unreadable photo), or dicts with `name`, `prediction` and optional
    `thumbnail` (data URI) and `truth` (degrees, latitude first). `form` (default: five places, 90 % region, city
    precision) decides what is shown; an abstaining photo shows its cells but no point. The page loads nothing, and its
    content security policy forbids it to. InputError for a thumbnail that is not an image as a data URI.

    >>> import numpy as np
    >>> import photoplanet as pp
    >>> black = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
    >>> html_map([("black.jpg", black)])[:15]
    '<!DOCTYPE html>'
    """
    shown = form or AnswerOptions(top=5)
    listed = list(items)
    outlines = Outlines()
    share = cells_a_photo(len(listed))
    photos = [photo_data(item, shown, share, outlines) for item in listed]
    return page({"photos": photos}, outlines, title, licences=map(_licence, listed))


# Takes one photo: where its pixels are, its name, its prediction or the error of an unreadable one, and the record of
# the place that it states itself (`locate.own_place`)
Sink = Callable[[decode.Source, str, Prediction | Exception, dict[str, Any] | None], None]


@contextmanager
def map_file(path: str | Path, photos: int, form: AnswerOptions, title: str = TITLE) -> Iterator[Sink]:
    """Write the map of `html_map` at the end; yields a function that adds one photo.

    `photos`: how many will come, which decides how many cells each may show; at most MAX_PHOTOS are shown. Of the first
    MAX_PICTURES that show text which counts, the page has a small picture, with the text outlined.

    >>> path = getfixture("tmp_path") / "map.html"
    >>> with map_file(path, 0, AnswerOptions()) as add:
    ...     pass
    >>> path.read_text()[:15]
    '<!DOCTYPE html>'
    """
    shown: list[dict[str, Any]] = []
    licences: dict[str, None] = {}
    outlines, share, pictures = Outlines(), cells_a_photo(min(photos, MAX_PHOTOS)), 0

    def add(
        source: decode.Source, name: str, answer: Prediction | Exception, own: dict[str, Any] | None = None
    ) -> None:  # fmt: skip
        nonlocal pictures
        if len(shown) < MAX_PHOTOS:
            picture = thumbnail(source, answer) if pictures < MAX_PICTURES else None
            pictures += picture is not None
            item = {"name": name, "prediction": answer, "thumbnail": picture, "own": own}
            shown.append(photo_data(item, form, share, outlines))
            licences[_licence((name, answer))] = None

    with open_replacing(path) as file:  # open from the start: better an error now than after hours
        yield add
        file.write(page({"photos": shown}, outlines, title, licences=licences))


def thumbnail(source: decode.Source, answer: Prediction | Exception) -> str | None:
    """A photo small, as a data URI of a JPEG without metadata, where it shows text that counts; None for others.

    >>> thumbnail("no.jpg", InputError("no.jpg: not a photo")) is None
    True
    """
    evidence = answer.evidence if isinstance(answer, Prediction) else None
    if evidence is None or not any(clue.lines for clue in evidence.clues):
        return None
    try:
        jpeg, _ = decode.plain_jpeg(source, PICTURE_SIDE, PICTURE_QUALITY)
    except InputError:  # gone meanwhile
        return None
    found = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    return found if len(found) <= MAX_THUMBNAIL else None


def page(data: dict[str, Any], outlines: "Outlines", title: str, more: str = "", licences: Iterable[str] = ()) -> str:
    """Put the page together around `data` (with its `photos`) and the cells that they name.

    `more`: the stem of the files that add to it, as `trip` (trip.html below the map, trip.css, and trip.js in place of
    map.js). `licences`: what those of the models' weights forbid, said below the map.

    >>> "%%" in page({"photos": []}, Outlines(), "No photo")
    False
    """
    script = _script(f"{more or 'map'}.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    notes = dict.fromkeys(note for note in licences if note)
    parts = {
        "TITLE": html.escape(title),
        "STYLE": _part("../map/map.css") + _part("page.css") + (_part(f"{more}.css") if more else ""),
        "SCRIPT": script,
        "SCRIPT_HASH": f"sha256-{digest}",
        "ATTRIBUTION": html.escape("; ".join([ATTRIBUTION[:1].upper() + ATTRIBUTION[1:], *notes])),
        "NUMBERS": NUMBERS[more],
        "MORE": _part(f"{more}.html") if more else "",
        "DATA": _embedded({**data, "cells": outlines.corners, "land": _ground(data["photos"])}),
    }
    # one pass, so that a title or file name that looks like a placeholder stays what it is
    return re.sub("%%([A-Z_]+)%%", lambda match: parts[match[1]], _part("page.html"))


def _ground(photos: list[dict[str, Any]]) -> dict[str, Any]:
    """The ground of a page: that of the Earth, and the finer pieces around the places of its photos."""
    places = [(best["latitude"], best["longitude"]) for photo in photos if (best := photo.get("best"))]
    places += [tuple(photo["truth"]) for photo in photos if "truth" in photo]
    latitude, longitude = np.reshape(places, (-1, 2)).T
    near = coast.near(latitude, longitude, MAX_COAST)
    pieces = {str(number): base64.b64encode(coast.piece(number)).decode() for number in near}
    return {**json.loads(land.text()), "coast": pieces}


def cells_a_photo(photos: int) -> int:
    """Return how many cells each of so many photos may show in one page.

    >>> cells_a_photo(1), cells_a_photo(500), cells_a_photo(1_000_000)
    (250, 40, 8)
    """
    least, most = CELLS_A_PHOTO
    return min(most, max(least, MAX_CELLS // max(1, photos)))


def write_html_map(
    path: str | Path, items: Iterable[Item], title: str = TITLE, form: AnswerOptions | None = None
) -> Path:
    """Write `html_map` to `path` (UTF-8), in one step at the end; return the path.

    >>> write_html_map(getfixture("tmp_path") / "map.html", []).name
    'map.html'
    """
    page = html_map(items, title, form)
    write_text(path, page)
    return Path(path)


def geojson(items: Iterable[Item], form: AnswerOptions | None = None) -> dict[str, Any]:
    """Make a GeoJSON FeatureCollection of many predictions: points and region cells, the photo's name in `photo`.

    Items as in `html_map`; unreadable photos have no feature, abstaining ones no point.

    >>> import numpy as np
    >>> import photoplanet as pp
    >>> black = pp.load("toy").locate(np.zeros((64, 64, 3), np.uint8))
    >>> {feature["properties"]["photo"] for feature in geojson([("black.jpg", black)])["features"]}
    {'black.jpg'}
    """
    shown = form or AnswerOptions(top=5)
    features = []
    for item in items:
        name, prediction, _ = _opened(item)
        if isinstance(prediction, Prediction):
            pointed = shown.answer_always or not prediction.abstains
            features += features_of.features(prediction, name, shown.region, shown.precision, pointed)
    return {"type": "FeatureCollection", "features": features}


def _opened(item: Item) -> tuple[str, Any, Mapping[str, Any]]:
    """(name, prediction or error, what else is known) of an item, checked."""
    if isinstance(item, Mapping):
        name, prediction, extra = item.get("name"), item.get("prediction"), item
    else:
        (name, prediction), extra = item, {}
    if name is None or not isinstance(prediction, Prediction | Exception):
        raise InputError(f"a map item needs a name and a prediction or an error, not {type(prediction).__name__}")
    return str(name), prediction, extra


def _licence(item: Item) -> str:
    prediction = _opened(item)[1]
    return prediction.licence if isinstance(prediction, Prediction) else ""


class Outlines:
    """The cells that a page draws, each once: `rows` (cell id → row), `corners` (see `add`)."""

    def __init__(self) -> None:
        self.rows: dict[int, int] = {}
        self.corners: list[list[int]] = []

    def add(self, ids: NDArray[np.uint64]) -> None:
        """Give each new cell a row: latitude, longitude, … of its corners, in ten-thousandths of a degree.

        >>> outlines = Outlines()
        >>> outlines.add(cells.from_token(["3", "5"]))
        >>> len(outlines.corners), len(outlines.corners[0])
        (2, 8)
        """
        new = [cell for cell in ids.tolist() if cell not in self.rows]
        if new:
            self.rows.update(zip(new, range(len(self.corners), len(self.corners) + len(new)), strict=True))
            rounded = np.round(cells.vertices(np.array(new, np.uint64)) * 1e4).astype(int)
            self.corners += rounded.reshape(len(new), 8).tolist()


def photo_data(item: Item, form: AnswerOptions, share: int, outlines: Outlines) -> dict[str, Any]:
    """Return what the page knows of one photo, with at most `share` cells; new ones go into `outlines`.

    >>> photo_data(("a.jpg", InputError("a.jpg: not a photo")), AnswerOptions(), 8, Outlines())
    {'name': 'a.jpg', 'error': 'a.jpg: not a photo'}
    """
    name, prediction, extra = _opened(item)
    found: dict[str, Any] = {"name": name}
    if thumbnail := extra.get("thumbnail"):
        if len(thumbnail) > MAX_THUMBNAIL or not _THUMBNAIL.fullmatch(thumbnail):
            raise InputError(f"{name}: a thumbnail is a JPEG, PNG or WebP data URI, at most {MAX_THUMBNAIL} characters")
        found["thumbnail"] = thumbnail
    if own := extra.get("own"):
        found["own"] = {**own, "words": own_place.words(own, not isinstance(prediction, Exception))}
    if isinstance(prediction, Exception):
        return {**found, "error": str(prediction)}
    facts = record(name, prediction, form)
    shared = ("unknown", "best", "top", "confidence", "region", "abstains", "world")
    found |= {key: facts[key] for key in shared}
    found["best"] = found["best"] and _shown(found["best"])
    found["top"] = [_shown(place) for place in found["top"]]
    if not found["best"]:
        found["no_answer"] = no_answer(prediction)
    if prediction.evidence is not None:
        found |= {"clues": facts["clues"][:MAX_CLUES], "conflict": facts["conflict"]}
    held = prediction.credible_region(form.region).classes
    faint = prediction.probabilities[prediction.order[:share]] < NOTABLE * prediction.probabilities.max()
    drawn = prediction.order[: max(min(len(held), share), int((~faint).sum()))]
    found["inside"] = min(len(held), len(drawn))
    ids = prediction.partition.ids[drawn]
    outlines.add(ids)
    shares = (prediction.probabilities[drawn] * prediction.inside).tolist()
    found["cells"] = [[outlines.rows[cell], float(f"{p:.3g}")] for cell, p in zip(ids.tolist(), shares, strict=True)]
    if (truth := extra.get("truth")) is not None:
        latitude, longitude = (float(value) for value in truth)
        geodesy.check(latitude, longitude, f"{name}: truth")
        found["truth"] = [latitude, longitude]
        if found["best"]:
            found["truth_km"] = float(f"{geodesy.distance_km(latitude, longitude, *prediction.point):.4g}")
    return found


def _shown(place: Mapping[str, Any]) -> dict[str, Any]:
    """What a page says of a place."""
    return {key: place[key] for key in ("latitude", "longitude", "place", "confidence", "radius_km")}


def _embedded(value: Any) -> str:
    """JSON that may stand inside a script element, whatever the strings in it: no <, >, & and no line separators."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@cache
def _script(entry: str) -> str:
    """The page's one script: the module `entry` after those that it imports, all in one scope of their own."""
    modules: dict[Path, str] = {}

    def add(path: Path) -> None:
        if path in modules:
            return
        text = path.read_text(encoding="utf-8")
        for imported in _IMPORT.findall(text):
            add((path.parent / imported).resolve())
        modules[path] = _EXPORT.sub("", _TYPES.sub("", _IMPORT.sub("", text)))

    add(_FOLDER / entry)
    return f'\n"use strict";\n(() => {{\n{"".join(modules.values())}}})();\n'


@cache
def _part(name: str) -> str:
    return re.sub("<!--.*?-->\n", "", (_FOLDER / name).read_text(encoding="utf-8"))
