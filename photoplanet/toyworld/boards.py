"""Boards with lines of text, hung into a picture in perspective, and where each line is then."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from photoplanet.toyworld.colours import Colour
from photoplanet.toyworld.lettering import CAPITAL, Face

Floats = NDArray[np.float64]

COLOURS: tuple[tuple[Colour, Colour], ...] = (  # board, ink: of name plates, notices, motorways, warnings and shops
    ((250, 250, 246), (20, 20, 26)),
    ((20, 60, 150), (246, 246, 250)),
    ((10, 100, 60), (246, 250, 246)),
    ((244, 200, 40), (20, 20, 20)),
    ((150, 30, 34), (250, 244, 232)),
)
_EYE = 3.0  # the camera's distance, widths of the board


@dataclass(frozen=True)
class Board:
    """A board seen from straight ahead, and the box (left, top, right, bottom) of each line's ink on it, pixels."""

    image: Image.Image
    lines: tuple[tuple[str, tuple[int, int, int, int]], ...]


def board(
    lines: tuple[str, ...], face: Face, capital: float, colours: tuple[Colour, Colour] = COLOURS[0],
    contrast: float = 1.0,
) -> Board:  # fmt: skip
    """A board of centred lines, whose capitals are `capital` pixels high.

    `contrast`: 1 leaves the colours as they are, 0 makes the ink like the board.

    >>> from photoplanet.toyworld.lettering import Packaged
    >>> made = board(("Lyon", "Vienne"), Packaged(), capital=20)
    >>> [text for text, box in made.lines], made.lines[0][1][3] < made.lines[1][1][1]
    (['Lyon', 'Vienne'], True)
    """
    masks = [face.line(line, capital / CAPITAL) for line in lines]
    edge, gap = round(0.7 * capital) + 2, round(0.6 * capital)
    width = max(mask.width for mask in masks) + 2 * edge
    height = sum(mask.height for mask in masks) + gap * (len(masks) - 1) + 2 * edge
    ground, ink = colours
    red, green, blue = (round(g + contrast * (i - g)) for g, i in zip(ground, ink, strict=True))
    image = Image.new("RGB", (width, height), ground)
    rim = max(1, round(capital * 0.08))
    ImageDraw.Draw(image).rectangle((rim, rim, width - 1 - rim, height - 1 - rim), outline=ink, width=rim)
    placed, y = [], edge
    for line, mask in zip(lines, masks, strict=True):
        x = (width - mask.width) // 2
        image.paste((red, green, blue), (x, y), mask)
        placed.append((line, (x, y, x + mask.width, y + mask.height)))
        y += mask.height + gap
    return Board(image, tuple(placed))


def corners(width: float, height: float, yaw: float = 0.0, slant: float = 0.0) -> Floats:
    """The corners (4, 2) of a board as a camera sees it, clockwise from the upper left, around (0, 0); pixels.

    `yaw`: how far it is turned about its vertical axis; `slant`: about the line of sight, clockwise; degrees.

    >>> corners(100, 40).tolist()
    [[-50.0, -20.0], [50.0, -20.0], [50.0, 20.0], [-50.0, 20.0]]
    """
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    away = _EYE * width
    closer = away / (away + flat[:, 0] * np.sin(np.radians(yaw)))
    seen = np.stack([flat[:, 0] * np.cos(np.radians(yaw)), flat[:, 1]], axis=1) * closer[:, None]
    cosine, sine = np.cos(np.radians(slant)), np.sin(np.radians(slant))
    turned: Floats = seen @ np.array([[cosine, sine], [-sine, cosine]])
    return turned


def hang(picture: Image.Image, made: Board, place: Floats) -> list[tuple[str, Floats]]:
    """Draw a board into `picture` between the corners `place` (4, 2); return each line's corners (4, 2), pixels.

    >>> from photoplanet.toyworld.lettering import Packaged
    >>> made = board(("Lyon",), Packaged(), capital=20)
    >>> picture = Image.new("RGB", (200, 100))
    >>> hang(picture, made, corners(*made.image.size) + (100, 50))[0][0]
    'Lyon'
    """
    width, height = made.image.size
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    low = np.floor(place.min(axis=0)).astype(int)
    size = np.ceil(place.max(axis=0)).astype(int) - low + 1
    back = _homography(place - low, flat)
    coefficients = tuple((back / back[2, 2]).ravel()[:8].tolist())
    shape = (int(size[0]), int(size[1]))
    spread = (Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    seen = made.image.transform(shape, *spread)
    stencil = Image.new("L", made.image.size, 255).transform(shape, *spread)
    picture.paste(seen, (int(low[0]), int(low[1])), stencil)
    forth = _homography(flat, place)
    found = []
    for line, (left, top, right, bottom) in made.lines:
        box = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]], float) @ forth.T
        found.append((line, box[:, :2] / box[:, 2:]))
    return found


def _homography(source: Floats, target: Floats) -> Floats:
    """The 3 × 3 matrix that takes four points to four others."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solved = np.linalg.solve(np.array(rows), np.array(values))
    return np.append(solved, 1.0).reshape(3, 3)
