"""A page of what photos give away, the worst first, with thumbnails: it works offline and asks nobody for anything."""

import base64
import html
from collections.abc import Sequence
from pathlib import Path

from photoplanet.audit.finding import LEVELS, Audited, Finding
from photoplanet.core.atomic import open_replacing
from photoplanet.earth.gazetteer import ATTRIBUTION
from photoplanet.errors import InputError, printable
from photoplanet.photos.decode import plain_jpeg

LONGEST, PHOTOS = 320, 500  # pixels of a thumbnail; photos on the page
_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>What these photos give away</title><style>
body { font: 16px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 1000px; padding: 0 1rem; color: #222;
       background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin: 0 0 .3rem; overflow-wrap: anywhere }
section { display: grid; grid-template-columns: minmax(0, 12rem) minmax(0, 1fr); gap: 1rem; margin: 1.5rem 0 }
@media (max-width: 600px) { section { grid-template-columns: minmax(0, 1fr) } }
img { max-width: 100%; border-radius: 4px } ul { margin: 0; padding-left: 1.2rem } li { overflow-wrap: anywhere }
b.place { color: #b3261e } b.link { color: #8a4b00 } b.hint { color: #00629b } b.note { color: #5f5f5f }
footer { color: #666; font-size: .8rem; margin-top: 3rem }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } footer { color: #aaa }
  b.place { color: #ff8a80 } b.link { color: #ffb74d } b.hint { color: #81d4fa } b.note { color: #bbb } }
</style></head><body><h1>What these photos give away</h1>
<p>This page holds what is not to be published. Keep it to yourself.</p>
"""


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
        file.write(_HEAD)
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
        file.write(f"<footer>{note}{html.escape(ATTRIBUTION)}</footer></body></html>\n")


def _section(audited: Audited) -> str:
    name = html.escape(printable(audited.file))
    items = "".join(map(_item, audited.findings))
    return f"<section><div>{_thumbnail(audited.file)}</div><div><h2>{name}</h2>\n<ul>{items}</ul></div></section>\n"


def _thumbnail(file: str) -> str:
    try:
        data, (width, height) = plain_jpeg(file, LONGEST)
    except InputError:
        return ""
    encoded = base64.b64encode(data).decode()
    return f'<img src="data:image/jpeg;base64,{encoded}" width="{width}" height="{height}" alt="">'


def _item(finding: Finding) -> str:
    kind, where, says = (html.escape(printable(each)) for each in (finding.kind, finding.where, finding.says))
    return f"<li><b class='{finding.level}'>{finding.level}</b> {kind} ({where}): {says}</li>\n"
