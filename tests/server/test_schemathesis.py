"""Requests that /openapi.json allows and such that it forbids, made by schemathesis and sent to a real server.

No answer is a fault; each has a status, a type and a shape that are described; what is allowed is accepted, what is
forbidden is refused. `SCHEMATHESIS_EXAMPLES=1000` asks for so many of each path.
"""

import os
import socket
import threading
import time

import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import encoded, scene
from PIL import Image
from schemathesis import GenerationMode

from photoplanet.clues.collect import Collector
from photoplanet.locate.locator import Locator
from photoplanet.metadata.exif_writer import gps_bytes
from photoplanet.retrieval.library import library
from photoplanet.server import listening
from photoplanet.server.api.parameters import MAX_AREA, MOST_AREAS
from photoplanet.server.app import create_app
from photoplanet.server.limits import Limits
from photoplanet.signs.line import Line, Reading

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "12"))  # of each path, and as many that are forbidden
PATHS = (
    "/v1/locate",
    "/v1/album",
    "/v1/read",
    "/v1/explain",
    "/v1/similar",
    "/v1/similar/thumbnail",
    "/v1/models",
    "/v1/areas",
    "/healthz",
)
REFUSED = [
    "400",
    "401",
    "403",
    "404",
    "405",
    "413",
    "415",
    "422",
    "431",
]  # 413: too many photos
CONFIG = {"checks": {"negative_data_rejection": {"expected-statuses": REFUSED}}}
TRACK = (
    b'<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
    b'<trkpt lat="48.8" lon="2.3"><time>2020-05-01T10:00:00Z</time></trkpt>'
    b'<trkpt lat="48.9" lon="2.4"><time>2020-05-01T10:05:00Z</time></trkpt></trkseg></trk></gpx>'
)
PHOTOS = [
    encoded(scene(1), "JPEG", exif=gps_bytes(48.85, 2.29)),
    encoded(scene(2), "JPEG", progressive=True),
    encoded(Image.new("RGBA", (40, 30), (10, 200, 90, 128)), "PNG"),
    encoded(Image.new("L", (1, 1)), "PNG"),
    encoded(Image.new("CMYK", (30, 20)), "JPEG"),
    encoded(Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30)), "TIFF"),
    encoded(scene(3).resize((90, 60)), "WEBP"),
    encoded(Image.new("P", (16, 16)), "GIF"),
]


@pytest.fixture(scope="module")
def api(model, tmp_path_factory):
    """The description of a running server, which takes a photo of the library for a thumbnail."""
    folder = tmp_path_factory.mktemp("schemathesis")
    for seed in (1, 2):
        scene(seed).save(folder / f"scene{seed}.jpg", quality=92, exif=gps_bytes(48.85, 2.29))
    photos = library.open(folder)
    reading = Reading((Line("Hunde bitte anleinen", 0.97, ((0.1, 0.2), (0.5, 0.2), (0.5, 0.3), (0.1, 0.3))),), 40, 30)
    model = Locator(model.bundle, collector=Collector(lambda photo: reading))
    schemathesis.openapi.format("binary", st.sampled_from(PHOTOS))
    schemathesis.openapi.media_type("image/*", st.sampled_from(PHOTOS))
    server = listening.bounded(create_app(model, Limits(photos=20), library=photos), 30.0, 400)
    with socket.create_server(("127.0.0.1", 0)) as accepting:
        thread = threading.Thread(target=lambda: server.run(sockets=[accepting]))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        address = f"http://127.0.0.1:{accepting.getsockname()[1]}/openapi.json"
        found = schemathesis.openapi.from_url(address, config=schemathesis.Config.from_dict(CONFIG))
        found.photo_ids = photos.listing.ids
        yield found
        server.should_exit = True
        thread.join(20)


def sensible(case, photo_ids):
    """The case with what no schema says: tracks are GPX and want to know the time zone; what photos there are."""
    if isinstance(case.body, dict) and "track" in case.body:
        case.body["track"] = [TRACK]
        case.query["time_offset"] = "+02:00"
    if isinstance(case.body, dict):
        case.body.pop("readings", None)  # JSON in a string: which, the schema says to people only
    if "time_offset" in (case.query or {}):
        case.query.pop("time_zone", None)  # one or the other, which no schema says
    case = with_areas(case)
    if case.operation.path.endswith("/thumbnail"):
        case.query["photo_id"] = photo_ids[0]
    return case


def with_areas(case):
    """The case with areas that there are, where any text is allowed as far as the schema knows."""
    for name, box in (("within", "-89,-179,89,179"), ("not_within", "-89,1,-88,2")):
        given = (case.query or {}).get(name)
        if isinstance(given, list) and len(given) <= MOST_AREAS and all(map(is_area, given)):
            case.query[name] = [box]
    return case


def is_area(text):
    return isinstance(text, str) and 1 <= len(text) <= MAX_AREA


def ask(api, path, mode, change=lambda case: case):
    (operation,) = (each.ok() for each in api.get_all_operations() if each.ok().path == path)

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def test(case):
        change(case).call_and_validate()

    test()


@pytest.mark.parametrize("path", PATHS)
def test_what_is_allowed_is_answered_as_described(api, path, capfd):
    ask(api, path, GenerationMode.POSITIVE, lambda case: sensible(case, api.photo_ids))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("path", [each for each in PATHS if each not in ("/v1/models", "/v1/areas", "/healthz")])
def test_what_is_forbidden_is_refused_as_described(api, path, capfd):
    ask(api, path, GenerationMode.NEGATIVE, with_areas)
    assert capfd.readouterr().err == ""
