"""README.md of a hub's repository: the licence that stands in its first lines."""

import re
from pathlib import Path

from photoplanet.core import regular
from photoplanet.errors import InputError, printable

NAME = "README.md"
MAX_BYTES = 1 << 22
_HEAD = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---", re.DOTALL | re.MULTILINE)
_LINES = {key: re.compile(rf"^{key}:[ \t]*(?:\r?\n[ \t]*-[ \t]*)?(.+?)[ \t]*\r?$", re.MULTILINE)
          for key in ("license", "license_name", "license_link")}  # fmt: skip


def licence(folder: Path) -> str:
    r"""Return the licence that a folder's README.md states, "" where there is none; of one's own making its name.

    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "README.md").write_text("---\nlicense: apache-2.0\ntags: [vision]\n---\n# A network\n")
    >>> licence(folder)
    'apache-2.0'
    """
    try:
        text = regular.read_regular(folder / NAME, MAX_BYTES).decode("utf-8", "replace")
    except (OSError, InputError):
        return ""
    head = _HEAD.match(text)
    found = {key: line.search(head[1]) for key, line in _LINES.items()} if head else {}
    said = {key: match[1].strip("\"' ") for key, match in found.items() if match}
    stated = said.get("license", "")
    if stated == "other":
        stated = " ".join(said[key] for key in ("license_name", "license_link") if key in said)
    return "" if stated in ("unknown", "other") else printable(stated)[:200]
