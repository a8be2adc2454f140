"""Who may ask: tokens, host names and other web sites; and the headers of every answer."""

import pytest
from pictures import encoded
from PIL import Image

from photoplanet.server import security

RED = (255, 0, 0)


def jpeg(colour=RED, size=(40, 30)):
    return encoded(Image.new("RGB", size, colour), quality=95)


def test_who_may_ask(connect, is_problem):
    client = connect(token="a-token-of-some-length", hosts=["testserver"], origins=["https://friend.example"])
    assert client.get("/healthz").status_code == 200
    is_problem(client.post("/v1/locate", content=jpeg()), 401, "Bearer")
    is_problem(client.post("/v1/locate", content=jpeg(), headers={"authorization": "Bearer wrong"}), 401, "Bearer")
    is_problem(client.get("/metrics"), 401, "Bearer")
    good = {"authorization": "Bearer a-token-of-some-length"}
    assert client.post("/v1/locate", content=jpeg(), headers=good).status_code == 200
    is_problem(client.get("/healthz", headers={"host": "evil.example"}), 400, "evil.example")
    is_problem(
        client.post("/v1/locate", content=jpeg(), headers=good | {"origin": "https://evil.example"}), 403, "web site"
    )
    friend = client.post("/v1/locate", content=jpeg(), headers=good | {"origin": "https://friend.example"})
    assert friend.status_code == 200 and friend.headers["access-control-allow-origin"] == "https://friend.example"
    assert friend.headers["vary"] == "Origin" and friend.headers["cross-origin-resource-policy"] == "cross-origin"
    before = client.options("/v1/locate", headers={"origin": "https://friend.example"})
    assert before.status_code == 204 and "Authorization" in before.headers["access-control-allow-headers"]
    own = client.post("/v1/locate", content=jpeg(), headers=good | {"origin": "http://testserver"})
    assert own.status_code == 200 and "access-control-allow-origin" not in own.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pictures_and_scripts_of_other_sites_are_refused_and_links_are_not(connect, is_problem, site):
    client, headers = connect(), {"sec-fetch-site": site}  # no Origin: browsers send none with <img> and <script>
    for path in ("/v1/models", "/v1/similar/thumbnail?photo_id=x", "/metrics"):
        is_problem(client.get(path, headers=headers), 403, "web site")
    assert client.get("/", headers=headers).status_code == 200
    assert client.get("/v1/models", headers={"sec-fetch-site": "same-origin"}).status_code == 200


HEADERS = {
    "content-security-policy": "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin", "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}  # fmt: skip


def test_every_answer_carries_the_security_headers(connect, is_problem):
    client = connect()
    for response in (client.get("/healthz"), client.get("/absent"), client.post("/v1/locate", content=b"x")):
        assert HEADERS.items() <= response.headers.items() and "access-control-allow-origin" not in response.headers
    is_problem(client.get("/absent"), 404, "/openapi.json lists")
    is_problem(client.get("/v1/locate"), 405, "another method")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "[::1]", "127.9.9.9"])
def test_what_only_this_machine_can_reach(host):
    assert security.is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_what_others_can_reach(host):
    assert not security.is_loopback(host)


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8017", 200), ("[::1]:8017", 200), ("[::1]", 200), ("localhost.evil:8017", 400), ("", 400)],
)
def test_ports_are_not_part_of_the_servers_name(connect, host, status):
    client = connect(hosts=["localhost", "[::1]", "::1"])
    assert client.get("/healthz", headers={"host": host}).status_code == status


@pytest.mark.parametrize("path", ["/v1/models", "/metrics", "/openapi.json", "/v1/similar/thumbnail?photo_id=a"])
def test_all_but_the_page_and_its_health_needs_the_token(connect, is_problem, path):
    client = connect(token="a-token-of-some-length")
    is_problem(client.get(path), 401, "Authorization")
    assert client.head(path).status_code == 401
    assert client.get(path, headers={"authorization": "Basic a-token-of-some-length"}).status_code == 401
    assert client.get("/").status_code == client.get("/healthz").status_code == 200
