"""Evidence for tests: clues for countries, readings of given lines, and a reader that reads what a test says."""

import numpy as np

from photoplanet.clues import collect
from photoplanet.clues.clue import Clue
from photoplanet.earth import gazetteer, ground
from photoplanet.signs import kept, networks, reader
from photoplanet.signs.line import Line, Reading

SIGNS = {"hund": "DK", "gossos": "ES", "tokyo": "JP", "chien": "FR"}  # a word on a sign → whose it is
RATIO = 1e5  # how much likelier such a word is there


def clue(codes, kind="language", says=None, lines=(0,), ratio=RATIO):
    """A clue that is `ratio` times as likely in the countries of `codes` ("DK NO") as elsewhere."""
    rows = [gazetteer.read().country_codes.index(code) for code in codes.split()]
    likelihood = np.where(np.isin(ground.read().country, rows), np.log(ratio), 0.0)
    return Clue(kind, says or codes, lines, likelihood.astype(np.float32))


def read(*texts):
    """The reading of a photo of 400 × 300 pixels with these lines, one below the other."""
    lines = []
    for number, text in enumerate(texts):
        top, bottom = 0.1 + 0.1 * number, 0.18 + 0.1 * number
        lines.append(Line(text, 0.97, ((0.1, top), (0.6, top), (0.6, bottom), (0.1, bottom))))
    return Reading(tuple(lines), 400, 300)


def show(monkeypatch, texts):
    """Photos show what `texts` says by the beginnings of their file names: {"red": ["din hund"]}; others nothing."""

    def of_photo(self, photo):
        name = str(photo).rsplit("/", 1)[-1]
        return read(*next((lines for start, lines in texts.items() if name.startswith(start)), ()))

    def of_reading(reading, ground=None):
        return tuple(
            clue(code, says=word, lines=(row,))
            for row, line in enumerate(reading.lines) for word, code in SIGNS.items() if word in line.text
        )  # fmt: skip

    monkeypatch.setattr(networks, "is_installed", lambda: True)
    monkeypatch.setattr(networks, "folder", lambda: None)
    monkeypatch.setattr(reader.Reader, "read", of_photo)
    # not from what an earlier test has kept of the same photos
    monkeypatch.setattr(kept, "readings", lambda made, photos: [(photo, made.read(photo)) for photo in photos])
    monkeypatch.setattr(collect, "of_reading", of_reading)
