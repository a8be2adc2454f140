"""What was read in photos, for people: rows of a CSV file, and a page of the photos with the lines marked on them."""

import csv
import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from photoplanet.core.atomic import open_replacing
from photoplanet.errors import InputError, printable
from photoplanet.photos.decode import Source, plain_jpeg
from photoplanet.show import plain_page
from photoplanet.signs.line import Line, Reading

Sink = Callable[[str, Source, Reading | InputError], None]  # a photo's name, the photo, and what was read in it

COLUMNS = ("photo_id", "line", "text", "score", "role", *(f"{axis}{n}" for n in range(1, 5) for axis in "xy"), "error")
LONGEST, PHOTOS = 1024, 500  # pixels of a photo on the page; photos on it
_STYLE = """svg { width: 100%; height: auto; border-radius: 4px } li { overflow-wrap: anywhere }
polygon { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; stroke: #00c853 }
polygon.stamp { stroke: #ff9100 } polygon.watermark { stroke: #d500f9 } small { color: #666 }
"""
_DARK = "small { color: #aaa }\n"
_ABOUT = (
    "<p>Green: a sign. Orange: a date that the camera wrote. Purple: a watermark. "
    "Point at a box to see what was read.</p>\n"
)


@contextmanager
def csv_file(path: str | Path) -> Iterator[Sink]:
    """Write a CSV file with `COLUMNS`, a row for each line; yields a function that adds a photo's reading.

    >>> path = getfixture("tmp_path") / "text.csv"
    >>> with csv_file(path) as add:
    ...     add("a.jpg", "a.jpg", InputError("a.jpg: not a photo"))
    >>> path.read_text().splitlines()[1]
    'a.jpg,,,,,,,,,,,,,a.jpg: not a photo'
    """
    with open_replacing(path) as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)

        def add(name: str, photo: Source, found: Reading | InputError) -> None:
            if isinstance(found, InputError):
                writer.writerow([name, *[""] * (len(COLUMNS) - 2), found])
                return
            for number, line in enumerate(found.lines, start=1):
                facts = line.to_dict()
                places = [value for point in facts["box"] for value in point]
                writer.writerow([name, number, line.text, facts["score"], line.role, *places, ""])

        yield add


@contextmanager
def page(path: str | Path) -> Iterator[Sink]:
    """Write a page that works offline, with the photos that have text; yields a function that adds a photo's reading.

    >>> path = getfixture("tmp_path") / "text.html"
    >>> with page(path) as add:
    ...     add("a.jpg", "a.jpg", Reading((), 640, 480))
    >>> "No photo has text" in path.read_text()
    True
    """
    with open_replacing(path) as file:
        file.write(plain_page.head("Text in photos", 1100, _STYLE, _DARK) + _ABOUT)
        shown = left_out = 0

        def add(name: str, photo: Source, found: Reading | InputError) -> None:
            nonlocal shown, left_out
            if isinstance(found, InputError) or not found.lines:
                return
            if shown == PHOTOS:
                left_out += 1
                return
            shown += 1
            file.write(picture(name, photo, found))

        yield add
        if not shown:
            file.write("<p>No photo has text that could be read.</p>\n")
        if left_out:
            file.write(f"<p>{left_out:,} more photos have text; this page shows the first {PHOTOS}.</p>\n")
        file.write(plain_page.FOOT)


def picture(name: str, photo: Source, reading: Reading) -> str:
    """Return HTML of a photo with its lines marked, and listed below.

    >>> import numpy as np
    >>> line = Line("<b>", 0.9, ((0.1, 0.1), (0.3, 0.1), (0.3, 0.2), (0.1, 0.2)))
    >>> "&lt;b&gt;" in picture("a.jpg", np.zeros((30, 40, 3), np.uint8), Reading((line,), 40, 30))
    True
    """
    try:
        data, (width, height) = plain_jpeg(photo, LONGEST)
    except InputError as error:  # changed since
        return f"<h2>{html.escape(printable(name))}</h2>\n<p>{html.escape(printable(str(error)))}</p>\n"
    marks = "".join(_mark(line, width, height) for line in reading.lines)
    listed = "".join(
        f"<li>{html.escape(printable(line.text))} <small>{line.score:.2f} {line.role}</small></li>"
        for line in reading.lines
    )
    cut = "<p>There is more; reading stopped at its bound of time or lines.</p>\n" if reading.cut else ""
    return (
        f'<h2>{html.escape(printable(name))}</h2>\n<svg viewBox="0 0 {width} {height}">'
        f'<image href="{plain_page.jpeg_address(data)}" width="{width}" height="{height}"/>{marks}</svg>\n'
        f"<ol>{listed}</ol>\n{cut}"
    )


def _mark(line: Line, width: int, height: int) -> str:
    points = " ".join(f"{x * width:.1f},{y * height:.1f}" for x, y in line.box)
    return (
        f'<polygon class="{line.role}" points="{points}"><title>{html.escape(printable(line.text))}</title></polygon>'
    )
