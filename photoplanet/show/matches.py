"""Photos beside the photos of a library that match them, as one page that works offline, or as one picture."""

import html
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw, PngImagePlugin

from photoplanet.core.atomic import open_replacing, replacing
from photoplanet.earth.gazetteer import ATTRIBUTION
from photoplanet.errors import InputError, printable
from photoplanet.photos.decode import Source, open_photo
from photoplanet.show import plain_page

if TYPE_CHECKING:
    from photoplanet.retrieval.library.matching import Library, Match
    from photoplanet.retrieval.local_features.root_sift import Features

WIDTH = 1200  # pixels of a pair
MAX_HEIGHT = 60_000  # of a picture: what viewers still open
_STYLE = """figure { margin: 0 0 1.5rem } img { width: 100%; border-radius: 4px } figcaption { overflow-wrap: anywhere }
"""
_ABOUT = "<p>Left: the photo asked about. Right: a photo of the library. Lines join details that agree.</p>\n"


def pair(
    query: Source, match: "Match", query_features: "Features | None" = None, match_features: "Features | None" = None
) -> Image.Image:
    """Draw query and match side by side, RGB, at most `WIDTH` pixels wide; with features, lines join what agrees.

    `match` is a `retrieval.library.matching.Match`. InputError where one of the photos cannot be read.

    >>> from types import SimpleNamespace
    >>> photo = getfixture("tmp_path") / "a.png"
    >>> Image.new("RGB", (40, 30)).save(photo)
    >>> pair(photo, SimpleNamespace(path=photo)).size
    (1074, 400)
    """
    if query_features is not None and match_features is not None:
        from photoplanet.retrieval.local_features import search

        drawn = search.draw(query, match.path, match, query_features, match_features)
    else:
        sides = [_at_height(open_photo(photo, size_hint=400), 400) for photo in (query, match.path)]
        drawn = Image.new("RGB", (sides[0].width + 8 + sides[1].width, 400), "white")
        drawn.paste(sides[0], (0, 0))
        drawn.paste(sides[1], (sides[0].width + 8, 0))
    if drawn.width > WIDTH:
        drawn = drawn.resize((WIDTH, max(1, round(drawn.height * WIDTH / drawn.width))), Image.Resampling.LANCZOS)
    return drawn


def likeness(match: Mapping[str, Any]) -> str:
    """Say in words how alike two photos are, from the record of a match.

    >>> likeness({"inliers": 125, "trusted": True}), likeness({"inliers": 12, "trusted": False})
    ('125 details agree', '12 agree, may match')
    >>> likeness({"distance": 0.31})
    'distance 0.310'
    >>> likeness({"inliers": 60, "trusted": False, "impossible": "time"})
    '60 agree, not at that time'
    >>> likeness({"inliers": 60, "trusted": False, "details": 0}), likeness({"inliers": 0, "trusted": False})
    ('60 agree, on what moves', 'nothing agrees')
    """
    if "distance" in match:
        return f"distance {match['distance']:.3f}"
    if not match["inliers"]:
        return "nothing agrees"
    if match.get("impossible"):
        return f"{match['inliers']} agree, not at that time"
    if match.get("details") == 0:
        return f"{match['inliers']} agree, on what moves"
    return f"{match['inliers']} details agree" if match["trusted"] else f"{match['inliers']} agree, may match"


def proof(match: Mapping[str, Any]) -> str:
    """Say how often matches like a trusted one were right, from the record of a match; empty for others.

    >>> proof({"trusted": True, "chance": 0.97, "like_it": {"right": 57, "of": 59}})
    '57 of 59 such matches were within 25 km'
    >>> proof({"trusted": True, "chance": 0.96}), proof({"trusted": False, "chance": 0.4})
    ('by a rule of thumb', '')
    """
    from photoplanet.retrieval.library.trust import such
    from photoplanet.retrieval.local_features.chances import Chance

    if not match.get("trusted") or "chance" not in match:
        return ""
    measured = match.get("like_it", {"right": 0, "of": 0})
    return such(Chance(match["chance"], measured["right"], measured["of"]))


def pictures(
    library: "Library",
    source: Source,
    name: str,
    features: "Features | None",
    matches: Sequence["Match"],
    records: Sequence[Mapping[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Draw a photo beside each of its matches, for `write_html` and `write_png`; one at a time, when asked for.

    `features`: local features of the photo, None where vectors were compared; `records`: the matches as plain values.

    >>> list(pictures(None, "a.jpg", "a.jpg", None, matches=[], records=[]))
    [{'query': 'a.jpg', 'title': 'no match', 'picture': None}]
    """
    if not matches:
        yield {"query": name, "title": "no match", "picture": None}
    for match, record in zip(matches, records, strict=True):
        said = (likeness(record), proof(record), record["place"], record["photo_id"])
        title = " · ".join(filter(None, said))
        try:
            picture = pair(source, match, features, library.features_of(match.row))
        except InputError as error:  # gone since it was indexed
            yield {"query": name, "title": f"{title} ({error})", "picture": None}
            continue
        yield {"query": name, "title": title, "picture": picture}


def write_html(path: str | Path, pictures: Iterable[Mapping[str, Any]], licence: str = "") -> None:
    """Write one self-contained page of {query, title, picture (PIL image or None)}; it loads nothing from elsewhere.

    `licence`: what that of the model's weights forbids, said at the end.

    >>> write_html(getfixture("tmp_path") / "m.html", [{"query": "a.jpg", "title": "no match", "picture": None}])
    """
    with open_replacing(path) as file:
        file.write(plain_page.head("Photos that match", WIDTH, _STYLE) + _ABOUT)
        for query, group in groupby(pictures, key=lambda each: each["query"]):
            file.write(f"<h2>{html.escape(printable(query))}</h2>\n")
            for each in group:
                file.write(f"<figure>{_image(each['picture'])}<figcaption>{html.escape(printable(each['title']))}")
                file.write("</figcaption></figure>\n")
        foot = "; ".join(filter(None, [ATTRIBUTION, licence]))
        file.write(f"<footer>{html.escape(foot)}</footer>{plain_page.FOOT}")


def write_png(path: str | Path, pictures: Sequence[Mapping[str, Any]], licence: str = "") -> None:
    """Write the pairs below one another as a PNG, each under its title; InputError when it would be too high.

    `licence`: what that of the model's weights forbids; it goes into the PNG's own text.

    >>> write_png(getfixture("tmp_path") / "m.png", [{"query": "a.jpg", "title": "no match", "picture": None}])
    """
    line = 22
    heights = [line * 2 + (each["picture"].height if each["picture"] else 0) for each in pictures]
    if sum(heights) > MAX_HEIGHT:
        raise InputError(f"{path}: {len(pictures)} pairs are too many for one picture; write a page (.html) instead")
    canvas = Image.new("RGB", (WIDTH, max(line, sum(heights))), "white")
    pen, top = ImageDraw.Draw(canvas), 0
    for each, height in zip(pictures, heights, strict=True):
        title = f"{printable(each['query'])}: {printable(each['title'])}".encode("ascii", "replace").decode()
        pen.text((4, top + 6), title, fill="black")
        if each["picture"]:
            canvas.paste(each["picture"], (0, top + line))
        top += height
    about = PngImagePlugin.PngInfo()
    if licence:
        about.add_itxt("Copyright", licence)
    with replacing(path) as temporary:
        canvas.save(temporary, "PNG", pnginfo=about)


def _at_height(photo: Image.Image, height: int) -> Image.Image:
    return photo.resize((max(1, min(4 * height, round(photo.width * height / photo.height))), height))


def _image(picture: Image.Image | None) -> str:
    if picture is None:
        return ""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return f'<img alt="two photos side by side" src="{plain_page.jpeg_address(buffer.getvalue())}">'
