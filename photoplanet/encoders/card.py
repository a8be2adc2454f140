"""The card of an encoder: what it is, where it is from, what it takes and gives, and what it is for."""

from typing import Any

from photoplanet.encoders.encoder import Encoder
from photoplanet.errors import printable

_FOR = """\
For features of photos: training a model on a person's own geotagged photos, finding photos that look alike, joining
evidence in albums. An encoder knows no places. Not for recognising, finding or following people."""
_LIMITS = """\
- It was trained on other photos than yours, and knows nothing of where they were taken.
- Its weights come from others: read what their licence allows before you publish anything made with them."""


def facts(encoder: Encoder) -> dict[str, Any]:
    """Return what a card says, as plain JSON values.

    >>> from photoplanet.encoders import lite
    >>> facts(lite.load("lite0", getfixture("tmp_path")))["dimension"]
    1280
    """
    return {key: value for key, value in encoder.to_dict().items() if key != "format_version"}


def markdown(encoder: Encoder) -> str:
    """Return the card as Markdown.

    >>> from photoplanet.encoders import lite
    >>> markdown(lite.load("lite0", getfixture("tmp_path"))).splitlines()[0]
    '# Encoder: lite0'
    """
    size = encoder.preprocessing.size
    parts = {"crop": "the middle square of a photo", "squash": "the whole photo, squashed to a square"}
    mean, std = (
        ", ".join(f"{value:.4g}" for value in values)
        for values in (encoder.preprocessing.mean, encoder.preprocessing.std)
    )
    rows = {
        "takes": f"photos of {size} × {size} pixels, RGB, {parts[encoder.preprocessing.fit]}",
        "normalised": f"inside the network, mean {mean}, std {std} of pixels in 0 … 1",
        "gives": f"{encoder.dimension:,} numbers a photo",
        "compared": "as square roots, of length 1" if encoder.transform == "sqrt" else "of length 1",
        "made of": encoder.note,
        "licence": encoder.licence,
        "source": encoder.source,
        "SHA-256": encoder.sha256,
    }
    lines = [f"- {name}: {printable(str(value))[:400]}" for name, value in rows.items() if value]
    text = "\n".join(lines)
    return f"# Encoder: {printable(encoder.name)}\n\n{text}\n\n## What it is for\n\n{_FOR}\n\n## Limits\n\n{_LIMITS}\n"
