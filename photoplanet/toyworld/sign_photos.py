"""Generated photos of signs with known texts and places: what a reader of signs is measured on, and tried with.

The street behind is the toy Earth's; the text is real: words in the languages of the country, names of towns near the
photo's place. The photos carry no position, so that only their text can place them.
"""

import io
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image, ImageFilter

from photoplanet.core import leftovers
from photoplanet.core.atomic import write_bytes, write_text
from photoplanet.core.progress import Advance, ignore
from photoplanet.earth import gazetteer
from photoplanet.errors import InputError
from photoplanet.metadata import exif
from photoplanet.photos import table
from photoplanet.toyworld import boards, paint, sign_texts
from photoplanet.toyworld.lettering import Face, Packaged
from photoplanet.toyworld.travellers import CUES
from photoplanet.toyworld.world import climate

SIZE = 640  # pixels
TRUTH = "signs.jsonl"
_SOFTWARE = 0x0131  # the EXIF tag
_NOISE = 4.0  # of the sensor, of 255; it stays where light goes


@dataclass(frozen=True)
class Conditions:
    """How a sign is photographed; the defaults are a good photo.

    `capital`: height of a capital letter, pixels; `yaw`, `slant`: degrees, as in `boards.corners`; `blur`: standard
    deviation as a share of `capital`; `light`: 1 is day, 0.1 a night; `contrast`: of ink to board, 0 to 1.
    """

    capital: float = 24.0
    yaw: float = 0.0
    slant: float = 0.0
    blur: float = 0.0
    light: float = 1.0
    contrast: float = 1.0


@dataclass(frozen=True)
class Truth:
    """What a generated photo shows: the text, where each line is (`Line.box` of `signs`), and under what conditions."""

    text: sign_texts.SignText
    boxes: tuple[tuple[tuple[float, float], ...], ...]
    conditions: Conditions

    def to_dict(self) -> dict[str, Any]:
        """Plain values: `country`, `language`, `script`, `kind`, `lines` of `text` and `box`, and the conditions."""
        lines = [
            {"text": line, "box": [[round(x, 4), round(y, 4)] for x, y in box]}
            for line, box in zip(self.text.lines, self.boxes, strict=True)
        ]
        return asdict(self.text) | {"lines": lines, "conditions": asdict(self.conditions)}


def photo(
    text: sign_texts.SignText, face: Face, conditions: Conditions, seed: tuple[int, ...], latitude: float = 48.0,
    size: int = SIZE,
) -> tuple[Image.Image, Truth]:  # fmt: skip
    """One square photo of a sign, and its truth; as large as `size`, or larger where the sign needs it.

    `latitude`: of the plants and the light behind it, which say nothing more.

    >>> from photoplanet.toyworld.lettering import Packaged
    >>> text = sign_texts.SignText(("Rue de Lyon",), "street", "FR", "fr", "Latin")
    >>> image, truth = photo(text, Packaged(), Conditions(), seed=(1,))
    >>> image.size, len(truth.boxes)
    ((640, 640), 1)
    """
    rng = np.random.default_rng([*seed, 3])
    colours = boards.COLOURS[int(rng.integers(len(boards.COLOURS)))]
    made = boards.board(text.lines, face, 2 * conditions.capital, colours, conditions.contrast)
    place = boards.corners(*made.image.size, conditions.yaw, conditions.slant)
    extent = np.ptp(place, axis=0)
    size = max(size, int(extent.max() / 2 * 1.06) + 8)
    room = 2 * size - extent
    place += rng.uniform(0.1, 0.9, 2) * room - place.min(axis=0)
    cues = dict.fromkeys(CUES, -1) | {"climate": int(climate(np.array([latitude]))[0]), "wall": 0, "roof": 1}
    street = paint.photo(cues, "street", (*seed, 4), size).resize((2 * size, 2 * size), Image.Resampling.BILINEAR)
    found = boards.hang(street, made, place)
    image = _exposed(street.reduce(2), conditions, rng)
    boxes = tuple(tuple((float(x) / (2 * size), float(y) / (2 * size)) for x, y in box) for _, box in found)
    return image, Truth(text, boxes, conditions)


def _exposed(image: Image.Image, conditions: Conditions, rng: np.random.Generator) -> Image.Image:
    """Blurred by the lens, dimmed by the hour, with the noise of a sensor."""
    if conditions.blur:
        image = image.filter(ImageFilter.GaussianBlur(conditions.blur * conditions.capital))
    pixels = np.asarray(image, np.float32) * conditions.light
    pixels += rng.normal(0, _NOISE, pixels.shape).astype(np.float32)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def some(rng: np.random.Generator) -> Conditions:
    """Conditions by chance as people's photos of signs have them: most are good, some slanted, dim or small.

    >>> some(np.random.default_rng(0)).capital > 10
    True
    """
    return Conditions(
        capital=float(rng.uniform(14, 34)),
        yaw=float(rng.uniform(-35, 35)),
        slant=float(rng.normal(0, 4)),
        blur=float(rng.uniform(0, 0.06)),
        light=float(rng.choice([1.0, 0.9, 0.35], p=[0.5, 0.35, 0.15])),
    )


def write(
    folder: str | os.PathLike[str], photos: int, seed: int = 0, faces: dict[str, Face] | None = None,
    size: int = SIZE, advance: Advance = ignore,
) -> Path:  # fmt: skip
    """Write `photos` photos of signs, their table `photos.parquet` and their truth `signs.jsonl`; return the table.

    Countries take turns, so that few photos show many; only those whose language `faces` (default: what is packaged)
    can write. The table says where each is; the photos themselves do not. InputError where `folder` is not empty.

    >>> path = write(getfixture("tmp_path") / "signs", photos=2, size=320)
    >>> sorted(file.name for file in path.parent.iterdir())
    ['0000.jpg', '0001.jpg', 'photos.parquet', 'signs.jsonl']
    """
    folder = Path(folder)
    if photos < 1:
        raise InputError(f"at least 1 photo of a sign can be made, not {photos}")
    if folder.exists() and not leftovers.empty(folder):
        raise InputError(f"{folder}: is not empty; give an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    faces = faces or {"Latin": Packaged()}
    rng = np.random.default_rng([seed, 5])
    able = [
        country
        for country in sign_texts.countries().values()
        if any(sign_texts.writable(sign_texts.languages()[code], faces) for code in country.languages)
    ]
    turns = [able[row] for _ in range(-(-photos // len(able))) for row in rng.permutation(len(able))][:photos]
    rows, truths = [], []
    for number, country in enumerate(turns):
        latitude, longitude = _somewhere(rng, country.code)
        towns = sign_texts.towns_near(latitude, longitude, country.code)
        text = sign_texts.compose(rng, country, towns, faces)
        image, truth = photo(text, faces[text.script], some(rng), (seed, number), latitude, size)
        name = f"{number:04d}.jpg"
        write_bytes(folder / name, _jpeg(image))
        rows.append({"photo_id": name[:-4], "path": name, "latitude": latitude, "longitude": longitude})
        truths.append({"photo": name, "latitude": latitude, "longitude": longitude, **truth.to_dict()})
        advance(1)
    source = {"licence": ["CC0-1.0"] * photos, "source": [exif.TOY_SOFTWARE] * photos}
    facts = {key: [row[key] for row in rows] for key in ("photo_id", "path", "latitude", "longitude")}
    table.write(pa.table(facts | source), folder / "photos.parquet")
    write_text(folder / TRUTH, "".join(json.dumps(truth, ensure_ascii=False) + "\n" for truth in truths))
    return folder / "photos.parquet"


def _somewhere(rng: np.random.Generator, country: str) -> tuple[float, float]:
    """The position of a town, large ones more often."""
    data = gazetteer.read()
    home = np.flatnonzero(data.state_country[data.state] == data.country_codes.index(country))
    weight = data.radius[home] ** 2
    town = int(rng.choice(home, p=weight / weight.sum()))
    return float(data.latitude[town]), float(data.longitude[town])


def _jpeg(image: Image.Image) -> bytes:
    about = Image.Exif()
    about[_SOFTWARE] = exif.TOY_SOFTWARE
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90, exif=about)
    return file.getvalue()
