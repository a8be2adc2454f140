"""The pages as they are served: their headers, and that nothing in them leads away from the server."""

import re

import pytest
from starlette.testclient import TestClient

import photoplanet as pp
from photoplanet.earth import coast
from photoplanet.metadata import track_files
from photoplanet.photos import formats
from photoplanet.server import pages
from photoplanet.server.app import create_app
from photoplanet.server.play import app

EXTERNAL = re.compile(r"(?:https?:|wss?:)?//[a-z0-9]", re.IGNORECASE)
FILES = {*pages.ROUTES.values(), *app.ROUTES.values()}
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.topografix.com/GPX/1/1")  # names, never fetched


@pytest.fixture(scope="module")
def client(tiny_model):
    with TestClient(create_app(pp.load(tiny_model), token="a-token-of-some-length")) as client:
        yield client


@pytest.mark.parametrize("url", pages.ROUTES)
def test_a_file_is_served_without_a_token_under_the_policy_of_pages(client, url):
    response = client.get(url)
    assert response.status_code == 200
    path = pages.PACKAGE / pages.ROUTES[url]
    assert response.content == path.read_bytes()
    assert response.headers["content-type"] == pages.TYPES[path.suffix]
    policy = dict(part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert policy["img-src"] == "'self' blob: data:"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert client.head(url).status_code == 200 and not client.head(url).content


@pytest.mark.parametrize("url", pages.ROUTES)
def test_a_browser_keeps_a_file_but_asks_whether_it_has_changed(client, url):
    first = client.get(url)
    assert first.headers["cache-control"] == "no-cache"
    again = client.get(url, headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content
    assert client.get(url, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", sorted(FILES))
def test_no_file_leads_elsewhere(path):
    text = (pages.PACKAGE / path).read_text("utf-8")
    for name in NAMESPACES:
        text = text.replace(name, "")
    assert not EXTERNAL.search(text)


@pytest.mark.parametrize("path", sorted({path for path in FILES if path.endswith(".html")}))
def test_no_page_carries_scripts_or_styles_inline(path):
    """The policy would keep them from running; a page that needs them would be broken."""
    text = (pages.PACKAGE / path).read_text("utf-8")
    for script in re.findall(r"<script\b([^>]*)>(.*?)</script>", text, re.DOTALL):
        assert "src=" in script[0] and not script[1].strip()
    assert not re.search(r"<style\b|\bstyle=|\bon[a-z]+=|javascript:", text, re.IGNORECASE)


@pytest.mark.parametrize("path", sorted({path for path in FILES if path.endswith(".js")}))
def test_no_script_makes_markup_out_of_text(path):
    text = (pages.PACKAGE / path).read_text("utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)


def test_finer_ground_is_served_piece_by_piece(client):
    answer = client.get("/map/coast/754")
    assert answer.content == coast.piece(754) and len(answer.content) > 100
    assert answer.headers["content-type"] == "application/octet-stream"
    again = client.get("/map/coast/754", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304 and not again.content
    for piece in ("2592", "99999999999999999999", "-1", "x", ""):
        assert client.get(f"/map/coast/{piece}").status_code == 404


def test_what_is_not_a_file_of_a_page_is_not_served(client):
    for path in ("/page/", "/page/../app.py", "/page/%2e%2e/app.py", "/map/maps.py", "/server/page/page.html"):
        assert client.get(path).status_code == 404
    assert client.post("/v1/locate", content=b"x").status_code == 401


def test_the_page_takes_the_photos_that_are_read_and_no_others():
    text = (pages.PACKAGE / "server/page/intake.js").read_text("utf-8")
    (pattern,) = re.findall(r"const PHOTO =\s+/(.*)/i;", text)
    taken = re.compile(pattern, re.IGNORECASE)
    assert all(taken.search(f"IMG_1{suffix}") for suffix in formats.STILL_SUFFIXES)
    assert not any(taken.search(f"IMG_1{suffix}") for suffix in (".jp2", ".mp4", ".gpx", ".txt", ""))
    (pattern,) = re.findall(r"const TRACK = /(.*)/i;", text)
    taken = re.compile(pattern, re.IGNORECASE)
    assert all(taken.search(f"walk{suffix}") for suffix in track_files.ENDINGS)
    assert not any(taken.search(f"walk{suffix}") for suffix in (".jpg", ".json", ".gz", ".txt", ".kmz.gz"))
