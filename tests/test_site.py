"""The site builds without a warning and without a network, and its pages load nothing from elsewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}


def build(folder: Path) -> None:
    """The site as `make docs` builds it, but for the notebook, which tests/test_tutorial.py runs."""
    no_network = {**os.environ, "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    options = ["-q", "-W", "--keep-going", "-D", "nb_execution_mode=off"]
    command = [sys.executable, "-m", "sphinx", *options, "docs", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=no_network, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


class Loaded(HTMLParser):
    """What a page makes a browser load."""

    def __init__(self, text: str):
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found += [value or "" for name, value in attributes if LOADING.get(tag) == name]


def check_pages(site: Path) -> None:
    for page in (*(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("*.ipynb")):
        text = (site / f"{page.stem}.html").read_text("utf-8")
        assert "<h1>" in text and "toctree-l1" in text, page.name


def check_loading(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 25
    for page in pages:
        for address in Loaded(page.read_text("utf-8")).found:
            assert not re.match(r"([a-z]+:)?//", address), f"{page.name}: {address}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text("utf-8")), sheet.name


def check_docstrings(site: Path) -> None:
    text = (site / "api.html").read_text("utf-8")
    assert "photoplanet.Prediction.credible_region" in text and "The smallest set of cells" in text
    assert "photoplanet.earth.cells.from_latlng" in text


def check_scripts(site: Path) -> None:
    text = (site / "own-photos.html").read_text("utf-8")
    (address,) = re.findall(r'href="(_downloads/[^"]+/mp16\.sh)"', text)
    assert (site / address).read_bytes() == (ROOT / "scripts" / "mp16.sh").read_bytes()


def test_the_site_is_whole_and_loads_nothing_from_elsewhere(tmp_path):
    build(tmp_path)  # once, for all that follows
    check_pages(tmp_path)
    check_loading(tmp_path)
    check_docstrings(tmp_path)
    check_scripts(tmp_path)
