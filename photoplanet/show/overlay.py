"""An occlusion map as a picture: the photo, and beside it the same with what speaks for the cell and against it."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageDraw, ImageFont

from photoplanet.core import atomic
from photoplanet.errors import InputError
from photoplanet.explain.occlusion import Occlusion
from photoplanet.locate.precision import fine_percent
from photoplanet.photos import decode
from photoplanet.photos.decode import Preprocessing
from photoplanet.show import text_boxes

SIDE = 480  # pixels of each of the two pictures
SUPPORTS, MISLEADS = (230, 97, 0), (93, 58, 155)  # orange and violet: told apart by the colour-blind and in grey print
STRONGEST = 0.85  # opacity where hiding changes the confidence most
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_TEXT, _INK, _PAPER = text_boxes.LETTER, text_boxes.INK, text_boxes.PAPER


def overlay(
    source: decode.Source, found: Occlusion, preprocessing: Preprocessing, place: str = "",
    evidence: dict[str, Any] | None = None,
) -> Image.Image:  # fmt: skip
    """Draw photo and occlusion map side by side, as a PIL image; `source` is the photo that `found` was made of.

    Orange: hiding this lowers the confidence in the cell (so it speaks for it); violet: hiding it raises it. The boxes
    that matter most are outlined and numbered. `place`: a name for the cell. `evidence`, as `why.record` gives it: the
    whole photo stands beside them with its text outlined, and the list below.

    >>> import photoplanet as pp
    >>> from photoplanet.explain.occlusion import occlude
    >>> model, photo = pp.load("toy"), np.zeros((64, 64, 3), np.uint8)
    >>> overlay(photo, occlude(model, photo, positions=2), model.info.preprocessing).size
    (996, 579)
    """
    photo = decode.load(source, replace(preprocessing, size=SIDE))
    change = np.array(
        Image.fromarray(found.heat - np.float32(found.whole)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    )
    most = float(np.abs(change).max()) or 1.0
    strength = (np.abs(change) / most * STRONGEST)[..., None]
    colour = np.where(change[..., None] < 0, np.array(SUPPORTS, np.float32), np.array(MISLEADS, np.float32))
    grey = photo.mean(axis=2, keepdims=True) * 0.6 + 90  # pale, so that the colours carry
    mixed = Image.fromarray((grey * (1 - strength) + colour * strength).clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(mixed)
    scale = SIDE / len(found.heat)
    for spots, ink in ((found.misleads, MISLEADS), (found.supports, SUPPORTS)):
        for number, spot in enumerate(spots, start=1):
            _outline(draw, [edge * scale for edge in spot.box], ink, str(number))
    panels, lines = [Image.fromarray(photo), mixed], _caption(found, place)
    if evidence is not None:
        panels.append(text_boxes.panel(source, evidence, SIDE))
        lines += text_boxes.captions(evidence)
    return text_boxes.sheet(panels, lines)


def write_overlay(path: str | os.PathLike[str], picture: Image.Image, licence: str = "") -> Path:
    """Write the picture as PNG, JPEG or WebP by its suffix, in one step; InputError for another suffix.

    `licence`: what that of the model's weights forbids; it goes into the picture's EXIF.

    >>> write_overlay(getfixture("tmp_path") / "why.png", Image.new("RGB", (8, 8))).name
    'why.png'
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{target}: a picture ends in {', '.join(SUFFIXES)}")
    kind = "JPEG" if suffix in (".jpg", ".jpeg") else suffix[1:].upper()
    about = Image.Exif()
    if licence:
        about[ExifTags.Base.Copyright] = licence.encode("ascii", "replace").decode()
    with atomic.replacing(target) as temporary:
        picture.save(temporary, format=kind, quality=92, exif=about)
    return target


def _outline(draw: ImageDraw.ImageDraw, box: list[float], ink: tuple[int, int, int], number: str) -> None:
    left, top, right, bottom = box
    draw.rectangle((left, top, right - 1, bottom - 1), outline=_PAPER, width=5)
    draw.rectangle((left + 1, top + 1, right - 2, bottom - 2), outline=ink, width=3)
    draw.rectangle((left, top, left + 22, top + 24), fill=ink)
    draw.text((left + 7, top + 3), number, fill=_PAPER, font=ImageFont.load_default(_TEXT + 2))


def _caption(found: Occlusion, place: str) -> list[tuple[str, tuple[int, int, int]]]:
    which = "the true cell" if found.true else "the predicted cell"
    lines = [(f"{fine_percent(found.whole)} for {which}{f', {place}' if place else ''}", _INK)]
    for spots, ink, words in ((found.supports, SUPPORTS, "speaks for it"), (found.misleads, MISLEADS, "misleads")):
        listed = ", ".join(f"{n}: {fine_percent(spot.confidence)}" for n, spot in enumerate(spots, start=1))
        lines.append((f"{words}{f'; with the box hidden: {listed}' if listed else ': nothing'}", ink))
    return lines
