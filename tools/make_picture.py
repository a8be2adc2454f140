"""The README's pictures: photos of the toy Earth beside their map, and a painted sign with what places it.

    make demo && python tools/make_picture.py docs/demo.png docs/signs.png

Needs Chromium for the screenshots (tools/install_chromium.sh).
"""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

import chromium
from PIL import Image

TILE, COLUMNS, ROWS = 150, 3, 4
SIGN = "demo-out/signs/0000.jpg"
FLAGS = ["--headless", "--no-sandbox", *chromium.FLAGS]


def screenshot(page: Path, size: tuple[int, int]) -> Image.Image:
    """The page as Chromium draws it, `size` pixels."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "page.png"
        command = [chromium.find(), *FLAGS, f"--user-data-dir={folder}/profile", f"--window-size={size[0]},{size[1]}"]
        command += ["--virtual-time-budget=3000", f"--screenshot={target}", page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True)
        return Image.open(io.BytesIO(target.read_bytes())).convert("RGB")


def toy_earth(out: Path) -> None:
    """Photos of one album, and the map of them that `make demo` wrote."""
    photos = sorted(Path("demo-out/photos/traveller-00000/album-00002").glob("*.jpg"))[: COLUMNS * ROWS]
    height = TILE * ROWS
    picture = Image.new("RGB", (TILE * COLUMNS + 960, height), "white")
    for n, path in enumerate(photos):
        with Image.open(path) as photo:
            picture.paste(photo.resize((TILE - 4, TILE - 4)), (n % COLUMNS * TILE, n // COLUMNS * TILE))
    picture.paste(screenshot(Path("demo-out/map.html"), (960, height)), (TILE * COLUMNS, 0))
    picture.quantize(200).save(out, optimize=True)


def sign(out: Path) -> None:
    """The map page of one sign: where it is, its lines outlined, and what each says of the place."""
    page = Path("demo-out/sign.html")
    command = [".venv-demo/bin/photoplanet", "locate", SIGN, "--model", "none", "--map", str(page)]
    subprocess.run(command, check=True, capture_output=True)
    screenshot(page, (1100, 790)).quantize(200).save(out, optimize=True)


def main() -> None:
    toy_earth(Path(sys.argv[1]))
    sign(Path(sys.argv[2]))


if __name__ == "__main__":
    main()
