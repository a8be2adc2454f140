"""The part of a model card for weights that somebody else trained: licence, files and hashes, published figures."""

from typing import TYPE_CHECKING, Any

from photoplanet.earth.geodesy import RADII_KM

if TYPE_CHECKING:
    from photoplanet.models.info import ModelInfo

LICENCES = "LICENCES.txt"  # in the model folder, where the weights' own texts go along


def licence(info: "ModelInfo") -> str:
    """Return the licence of the weights, what it forbids, and where its text is; empty where none is stated.

    >>> from photoplanet.models import folder, installed
    >>> licence(folder.read(installed.resolve("toy")).info)
    ''
    """
    stated = info.training.get("licence")
    if not isinstance(stated, str):
        return ""
    note, text = info.licence_note, f"Its text: {LICENCES}, beside this card." if LICENCES in info.hashes else ""
    return "\n\n".join(part for part in (f"{_plain(stated)}.", _plain(note), text) if part)


def provenance(info: "ModelInfo") -> str:
    """Return the files that the weights came in, with hash and origin; and whether the network answers as they say.

    >>> from photoplanet.models import folder, installed
    >>> provenance(folder.read(installed.resolve("toy")).info)
    ''
    """
    listed, parity = info.training.get("provenance"), info.training.get("parity")
    lines = [
        f"- `{_plain(each.get('file'))}`, SHA-256 `{_plain(each.get('sha256'))}`"
        + (f": {_plain(each['from'])}" if each.get("from") else "")
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict)
    ]
    if isinstance(parity, dict) and all(isinstance(parity.get(key), float) for key in ("moved", "cosine")):
        lines.append(
            "- Checked when it was made, on two made pictures, beside a plain computation from these weights: at most "
            f"{parity['moved']:.2g} of an answer's mass lay elsewhere; embeddings had a cosine of at least "
            f"{parity['cosine']:.6f}."
        )
    return "\n".join(lines)


def published(info: "ModelInfo") -> str:
    """Return the figures of the papers as a table: they are the authors', not measured with this folder.

    >>> from photoplanet.models import folder, installed
    >>> published(folder.read(installed.resolve("toy")).info)
    ''
    """
    rows = info.training.get("published")
    good = [row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict)]
    if not good:
        return ""
    head = " | ".join(f"{name} {km:g} km" for name, km in RADII_KM.items())
    lines = [f"| photos | {head} | source |", "|---|" + "---:|" * len(RADII_KM) + "---|"]
    for row in good:
        shares = row.get("accuracy")
        shown = " | ".join(_share(shares.get(name) if isinstance(shares, dict) else None) for name in RADII_KM)
        score = row.get("geoscore")
        source = f"{row.get('source')}, GeoScore {score:.0f}" if isinstance(score, int | float) else row.get("source")
        lines.append(f"| {_plain(row.get('benchmark'))} | {shown} | {_plain(source)} |")
    return "\n".join(["The authors' figures, not measured with this folder.", "", *lines])


def _share(value: Any) -> str:
    return f"{value:.1%}" if isinstance(value, int | float) and not isinstance(value, bool) else "–"


def _plain(value: Any) -> str:
    """One line of printable text that breaks no table."""
    return "".join(sign if sign.isprintable() and sign not in "|`" else " " for sign in str(value or ""))[:500]
