"""The site builds without a warning and without a network, and its pages load nothing from elsewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOADING = {
    ("script", "src"),
    ("img", "src"),
    ("link", "href"),
    ("iframe", "src"),
    ("source", "src"),
    ("object", "data"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site as `make docs` builds it, but for the notebook, which tests/test_tutorial.py runs."""
    folder = tmp_path_factory.mktemp("site")
    no_network = {**os.environ, "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-D",
        "nb_execution_mode=off",
        "docs",
        str(folder),
    ]
    done = subprocess.run(command, cwd=ROOT, env=no_network, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


class Loaded(HTMLParser):
    """What a page makes a browser load."""

    def __init__(self, text: str):
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found += [value or "" for name, value in attributes if (tag, name) in LOADING]


def test_every_page_is_there_with_its_heading(site):
    for page in (*(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("*.ipynb")):
        text = (site / f"{page.stem}.html").read_text("utf-8")
        assert "<h1>" in text and "toctree-l1" in text, page.name


def test_no_page_loads_anything_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 25
    for page in pages:
        for address in Loaded(page.read_text("utf-8")).found:
            assert not re.match(r"([a-z]+:)?//", address), f"{page.name}: {address}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text("utf-8")), sheet.name


def test_docstrings_became_text(site):
    text = (site / "api.html").read_text("utf-8")
    assert "photoplanet.Prediction.credible_region" in text and "The smallest set of cells" in text
    assert "photoplanet.earth.cells.from_latlng" in text


def test_links_to_scripts_lead_to_the_scripts(site):
    text = (site / "own-photos.html").read_text("utf-8")
    (address,) = re.findall(r'href="(_downloads/[^"]+/mp16\.sh)"', text)
    assert (site / address).read_bytes() == (ROOT / "recipes" / "mp16.sh").read_bytes()
