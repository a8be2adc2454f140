"""What the names of files and folders give away: dates as cameras write them, and coordinates."""

import re

from photoplanet.audit import places
from photoplanet.audit.finding import Finding, line

_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_. ]?(0[1-9]|1[0-2])[-_. ]?(0[1-9]|[12]\d|3[01])(?!\d{3,5}(?!\d))")
_TIME = re.compile(r"^[-_ T.]*(?:at )?([01]\d|2[0-3])[-_.:h]?([0-5]\d)(?:[-_.:]?([0-5]\d))?")


def findings(name: str) -> list[Finding]:
    """Return what a file's own name gives away, without its folders.

    >>> [each.says for each in findings("IMG_20230714_183000.jpg")]
    ['2023-07-14 18:30']
    >>> findings("DSC01234.jpg")
    []
    """
    base = re.split(r"[/\\]", name)[-1]
    if place := places.coordinates(base.replace("_", ",")):
        return [Finding("place", "file name", "file name", line(base), False, *place)]
    if not (found := _DATE.search(base)):
        return []
    clock = _TIME.match(base[found.end() :])
    says = "-".join(found.groups()) + (f" {clock[1]}:{clock[2]}" if clock else "")
    return [Finding("hint", "file name", "file name", says)]
