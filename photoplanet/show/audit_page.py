"""A page of what photos give away, the worst first, with thumbnails: it works offline and asks nobody for anything."""

import html
from collections.abc import Sequence
from pathlib import Path

from photoplanet.audit.finding import LEVELS, Audited, Finding
from photoplanet.core.atomic import open_replacing
from photoplanet.earth.gazetteer import ATTRIBUTION
from photoplanet.errors import InputError, printable
from photoplanet.photos.decode import plain_jpeg
from photoplanet.show import plain_page

LONGEST, PHOTOS = 320, 500  # pixels of a thumbnail; photos on the page
_STYLE = """h2 { margin: 0 0 .3rem }
section { display: grid; grid-template-columns: minmax(0, 12rem) minmax(0, 1fr); gap: 1rem; margin: 1.5rem 0 }
@media (max-width: 600px) { section { grid-template-columns: minmax(0, 1fr) } }
img { max-width: 100%; height: auto; border-radius: 4px }
ul { margin: 0; padding-left: 1.2rem } li { overflow-wrap: anywhere }
b.place { color: #b3261e } b.link { color: #8a4b00 } b.hint { color: #00629b } b.note { color: #5f5f5f }
"""
_DARK = """b.place { color: #ff8a80 } b.link { color: #ffb74d } b.hint { color: #81d4fa } b.note { color: #bbb }
"""
_ABOUT = "<p>This page holds what is not to be published. Keep it to yourself.</p>\n"


def write(path: Path, audits: Sequence[Audited], together: Sequence[Finding], licence: str = "") -> None:
    """Write the page: what all photos give away together, then each photo that gives something away, the worst first.

    Thumbnails hold pixels only. `licence`: what that of a model's weights forbids. OSError where it cannot be written.

    >>> path = getfixture("tmp_path") / "audit.html"
    >>> write(path, [Audited("<a>.jpg", (Finding("link", "serial number", "EXIF", "<1>"),))], [])
    >>> "&lt;a&gt;.jpg" in path.read_text("utf-8"), "<1>" in path.read_text("utf-8")
    (True, False)
    """
    said = [each for each in audits if each.findings]
    with open_replacing(path) as file:
        file.write(plain_page.head("What these photos give away", 1000, _STYLE, _DARK) + _ABOUT)
        file.write("<dl>" + "".join(f"<dt><b class='{level}'>{level}</b></dt><dd>{about}</dd>\n"
                                    for level, about in LEVELS.items()) + "</dl>\n")  # fmt: skip
        if together:
            file.write(f"<h2>All together</h2>\n<ul>{''.join(map(_item, together))}</ul>\n")
        for each in said[:PHOTOS]:
            file.write(_section(each))
        if not said:
            file.write("<p>Nothing was found that gives anything away.</p>\n")
        if len(said) > PHOTOS:
            file.write(f"<p>{len(said) - PHOTOS:,} more give something away; this page shows the worst {PHOTOS}.</p>\n")
        note = f"<p>{html.escape(licence)}</p>" if licence else ""
        file.write(f"<footer>{note}{html.escape(ATTRIBUTION)}</footer>{plain_page.FOOT}")


def _section(audited: Audited) -> str:
    name = html.escape(printable(audited.file))
    items = "".join(map(_item, audited.findings))
    return f"<section><div>{_thumbnail(audited.file)}</div><div><h2>{name}</h2>\n<ul>{items}</ul></div></section>\n"


def _thumbnail(file: str) -> str:
    try:
        data, (width, height) = plain_jpeg(file, LONGEST)
    except InputError:
        return ""
    return f'<img src="{plain_page.jpeg_address(data)}" width="{width}" height="{height}" alt="">'


def _item(finding: Finding) -> str:
    kind, where, says = (html.escape(printable(each)) for each in (finding.kind, finding.where, finding.says))
    return f"<li><b class='{finding.level}'>{finding.level}</b> {kind} ({where}): {says}</li>\n"
