"""Evidence in the API: what stands in photos joins the answer, and a client can strike a piece of it out."""

import json
import threading

import numpy as np
import pytest
from pictures import encoded
from PIL import Image

import photoplanet as pp
from photoplanet.clues.collect import Collector
from photoplanet.errors import InputError
from photoplanet.locate import joining, without_model, world
from photoplanet.locate.answers import AnswerOptions, record
from photoplanet.locate.locator import Locator
from photoplanet.server import finder
from photoplanet.server.api import album as album_api
from photoplanet.server.app import create_app
from photoplanet.server.limits import Limits
from photoplanet.signs.line import Line, Reading
from photoplanet.toyworld.lettering import Packaged
from photoplanet.toyworld.sign_photos import Conditions, photo
from photoplanet.toyworld.sign_texts import SignText

RED, GREY = (255, 0, 0), (128, 128, 128)
BOX = ((0.1, 0.2), (0.5, 0.2), (0.5, 0.3), (0.1, 0.3))
LOWER = ((0.1, 0.6), (0.5, 0.6), (0.5, 0.7), (0.1, 0.7))
DANISH = Line("Ingen adgang for uvedkommende", 0.98, BOX)
GERMAN = Line("Hunde bitte anleinen", 0.97, LOWER)
BOTH = Reading((DANISH, GERMAN), 40, 30)


def jpeg(colour=GREY):
    return encoded(Image.new("RGB", (40, 30), colour), quality=95)


class FakeReader:
    """Reads what it is given to read, at a gate, and counts how often it was asked."""

    def __init__(self, reading=BOTH):
        self.reading, self.asked, self.gate = reading, 0, threading.Event()
        self.gate.set()

    def __call__(self, photo):
        self.asked += 1
        self.gate.wait(20)
        if isinstance(self.reading, Exception):
            raise self.reading
        return self.reading


@pytest.fixture
def reader():
    return FakeReader()


@pytest.fixture
def without(reader):
    """A model that has no network, whose photos are read."""
    return Locator(without_model.bundle(), collector=Collector(reader))


@pytest.fixture
def seeing(tiny_model, reader):
    """The tiny model, whose photos are read, too."""
    found = pp.load(tiny_model, signs=False, clock=False)
    found.collector = Collector(reader)
    return found


def locate(client, query="", content=None, **form):
    """One photo's answer; `form`: fields beside the photo."""
    photo = [("photos", ("a.jpg", content or jpeg()))]
    response = client.post(f"/v1/locate?{query}", files=photo, data=form)
    assert response.status_code == 200, response.text
    return response.json()["photos"][0]


def country(answer):
    return answer["countries"][0]["code"]


def test_without_a_model_the_text_says_where_as_in_the_library(running, without):
    client = running(create_app(without))
    found = locate(client)
    assert found == record("a.jpg", without.locate(jpeg()), AnswerOptions(5))
    assert [each["says"] for each in found["clues"]] and found["model"] == world.NAME
    assert {each["number"]: each["text"] for each in found["clues"]} == {0: [DANISH.text], 1: [GERMAN.text]}
    assert found["clues"][0]["boxes"][0] == [[round(x, 4), round(y, 4)] for x, y in BOX] or country(found) == "DE"


def test_a_piece_that_is_struck_out_no_longer_counts(running, without):
    client = running(create_app(without))
    danish, german = locate(client, "strike=1"), locate(client, "strike=0")
    assert (country(danish), country(german)) == ("DK", "DE")
    assert {each["number"]: each["struck"] for each in danish["clues"]} == {0: False, 1: True}
    assert next(each["bits"] for each in danish["clues"] if each["struck"]) == 0
    neither = locate(client, "strike=0,1,77")
    assert neither["countries"] == [] and neither["best"] is None and len(neither["clues"]) == 2
    expected = without.locate(jpeg()).evidence.without(1)
    assert danish == record("a.jpg", expected, AnswerOptions(5))


def test_what_was_read_can_be_sent_back_so_that_nobody_reads_it_again(running, without, reader):
    client = running(create_app(without))
    first = locate(client, "reading=true")
    assert first["reading"] == BOTH.to_dict() and reader.asked == 1
    again = locate(client, "strike=1", readings=json.dumps([first["reading"]]))
    assert reader.asked == 1 and "reading" not in again
    assert again == locate(client, "strike=1") and reader.asked == 2
    other = Reading((GERMAN,), 40, 30).to_dict()
    assert country(locate(client, readings=json.dumps([other]))) == "DE" and reader.asked == 2
    assert country(locate(client, "strike=1", readings="[null]")) == "DK" and reader.asked == 3


def test_pieces_are_struck_out_of_the_photo_that_is_named(running, without):
    client = running(create_app(without))
    files = [("photos", (f"{n}.jpg", jpeg())) for n in range(3)]
    found = client.post("/v1/locate?strike=0:1,1:0,2:0,2:1", files=files).json()["photos"]
    assert [each["countries"][:1] and country(each) for each in found] == ["DK", "DE", []]


def test_signs_false_leaves_the_text_out_and_nobody_reads(running, without, reader):
    found = locate(running(create_app(without)), "signs=false&clock=false&reading=true")
    assert reader.asked == 0 and found["clues"] == [] and found["best"] is None and "reading" not in found


def test_evidence_and_network_are_joined_and_contradict_each_other(running, seeing, reader):
    client, red = running(create_app(seeing)), jpeg(RED)
    reader.reading = Reading((Line("Attention, sortie de secours interdite au public", 0.99, BOX),), 40, 30)
    agreed = locate(client, content=red)
    assert agreed["best"]["country_code"] == "FR" and agreed["conflict"] is None and agreed["clues"][0]["bits"] > 0
    reader.reading = Reading((Line("Pozor, vstup zakázán, nebezpečí úrazu", 0.99, BOX),), 40, 30)
    torn = locate(client, content=red)
    assert "Czech" in torn["conflict"] and "France" in torn["conflict"]
    struck = locate(client, "strike=0", content=red)
    assert struck["conflict"] is None and struck["best"] == locate(client, "signs=false", content=red)["best"]


def test_a_photo_without_text_is_answered_as_without_evidence(running, seeing, reader):
    reader.reading = Reading((), 40, 30)
    client, red = running(create_app(seeing)), jpeg(RED)
    found, plain = locate(client, content=red), record("a.jpg", seeing_alone(seeing, red), AnswerOptions(5))
    assert found == plain | {"clues": [], "countries": [], "conflict": None}


def seeing_alone(model, photo):
    return Locator(model.bundle).locate(photo)


def album(client, readings, query=""):
    """The photos of a trip of red and grey ones, in whose texts `readings` stands."""
    files = [("photos", (f"{n}.jpg", jpeg((RED, GREY)[n % 2]))) for n in range(len(readings))]
    texts = [reading and reading.to_dict() for reading in readings]
    response = client.post(f"/v1/album?{query}", files=files, data={"readings": json.dumps(texts)})
    assert response.status_code == 200, response.text
    return response.json()["albums"][0]["photos"]


def test_photos_located_together_have_their_evidence_and_it_can_be_struck_out(running, seeing, reader):
    client, nothing = running(create_app(seeing)), Reading((), 40, 30)
    german = Reading((GERMAN,), 40, 30)
    first, second = album(client, [german, nothing], "reading=true")
    assert [each["text"] for each in first["clues"]] == [[GERMAN.text]] and second["clues"] == []
    assert (first["reading"], second["reading"]) == (german.to_dict(), nothing.to_dict()) and reader.asked == 0
    struck, _ = album(client, [german, nothing], "strike=0:0")
    plain, _ = album(client, [german, nothing], "signs=false")
    assert struck["clues"][0]["struck"] and struck["confidence"] == plain["confidence"] and plain["clues"] == []
    other, _ = album(client, [german, nothing], "strike=1:0")
    assert not other["clues"][0]["struck"] and other["confidence"] == first["confidence"] != plain["confidence"]
    album(client, [None, nothing])
    assert reader.asked == 1


def test_one_album_holds_only_so_much_evidence(running, seeing, monkeypatch):
    monkeypatch.setattr(album_api, "MAX_LIKELIHOODS", 2)
    client = running(create_app(seeing))
    first, second = album(client, [BOTH, Reading((GERMAN,), 40, 30)])
    assert len(first["clues"]) == 2 and "unread" not in first
    assert second["clues"] == [] and second["unread"] == album_api.MUCH


def test_a_server_that_looks_for_nothing_says_nothing_of_evidence(connect):
    found = locate(connect(), "strike=0&reading=true", readings=json.dumps([BOTH.to_dict()]))
    assert not {"clues", "countries", "conflict", "reading"} & set(found)
    assert connect().get("/v1/models").json()["evidence"] == {"signs": False, "clock": False}


@pytest.mark.parametrize("readings, words", [
    ("not JSON", "readings: Invalid JSON"),
    ("{}", "readings"),
    ("[]", "1, not 0"),
    ("[null, null]", "1, not 2"),
    (json.dumps([{**BOTH.to_dict(), "lines": [DANISH.to_dict()] * 201}]), "at most 200"),
    (json.dumps([{**BOTH.to_dict(), "width": -1}]), "readings.0.width"),
    (json.dumps([Reading((Line("x" * 2001, 1.0, BOX),), 1, 1).to_dict()]), "at most 2000"),
    (json.dumps([Reading((Line("x" * 2000, 1.0, BOX),) * 21, 1, 1).to_dict()]), "more than 40,000 characters"),
    (json.dumps([Reading((Line("x", 1.0, ((float("nan"), 0.0), *BOX[1:])),), 1, 1).to_dict()]), "readings.0"),
    (json.dumps([Reading((Line("x", 1.0, ((3.0, 0.0), *BOX[1:])),), 1, 1).to_dict()]), "readings.0"),
    (json.dumps([Reading((Line("\ud800", 1.0, BOX),), 1, 1).to_dict()]), "readings"),
    ("[" * 100_000, "readings"),
    ("[" + " " * 4_000_000 + "null]", "larger"),
])  # fmt: skip
def test_readings_that_cannot_be_used_are_refused(running, without, is_problem, readings, words):
    client, photos = running(create_app(without)), [("photos", ("a.jpg", jpeg()))]
    response = client.post("/v1/locate", files=photos, data={"readings": readings})
    assert is_problem(response, 413 if words == "larger" else 422, words)


def test_readings_given_twice_and_strikes_that_are_no_numbers_are_refused(running, without, is_problem):
    client, photos = running(create_app(without)), [("photos", ("a.jpg", jpeg()))]
    is_problem(client.post("/v1/locate", files=photos, data={"readings": ["[null]", "[null]"]}), 422, "given twice")
    for strike in ("one", "1;2", "1,", "-1", "1:2:3"):
        is_problem(client.post(f"/v1/locate?strike={strike}", content=jpeg()), 422, "strike")


def test_a_photo_whose_text_cannot_be_read_has_the_networks_answer(running, seeing, reader):
    reader.reading = InputError("photo bytes: too large")
    found = locate(running(create_app(seeing)), content=jpeg(RED))
    assert found["best"]["country_code"] == "FR" and found["unread"] == "too large" and found["clues"] == []


def test_reading_that_takes_too_long_is_not_waited_for(running, seeing, reader):
    client = running(create_app(seeing, Limits(seconds=2.0)))
    reader.gate.clear()
    late = locate(client, content=jpeg(RED))
    assert late["unread"] == finder.LATE and late["best"]["country_code"] == "FR"
    metrics = client.get("/metrics").text
    assert 'photoplanet_signs_total{result="late"} 1.0' in metrics
    reader.gate.set()
    assert "unread" not in locate(client, content=jpeg(RED))


def test_photos_without_signs_do_not_wait_for_those_that_are_read(running, seeing, reader):
    client, done = running(create_app(seeing)), []
    reader.gate.clear()
    asked = threading.Thread(target=lambda: done.append(locate(client)))
    asked.start()
    for _ in range(5):
        assert locate(client, "signs=false", content=jpeg(RED))["best"]["country_code"] == "FR"
    assert not done
    reader.gate.set()
    asked.join(20)
    assert done


def test_read_gives_the_lines_of_each_photo(running, seeing, reader, is_problem):
    client = running(create_app(seeing))
    assert client.post("/v1/read?name=a.jpg", content=jpeg()).json() == {
        "photos": [{"file": "a.jpg", **BOTH.to_dict()}], "failed": 0,
    }  # fmt: skip
    assert 'photoplanet_signs_total{result="text"} 1.0' in client.get("/metrics").text
    is_problem(client.post("/v1/read", content=b"no photo"), 400, "the photo: not a JPEG")
    assert 'photoplanet_signs_total{result="unreadable"} 1.0' in client.get("/metrics").text
    two = client.post("/v1/read", files=[("a", ("a.jpg", b"x")), ("b", ("b.jpg", b"y"))]).json()
    assert two["failed"] == 2 and two["photos"][1]["file"] == "b.jpg" and "not a JPEG" in two["photos"][1]["error"]


def test_a_photo_with_too_many_pixels_is_not_read(running, seeing, reader, is_problem):
    client = running(create_app(seeing, Limits(photo_pixels=1000)))
    is_problem(client.post("/v1/read", content=jpeg()), 400, "40 × 30 pixels, the limit is 1,000")
    assert reader.asked == 0


def test_what_was_really_read_is_neither_kept_nor_logged(running, tmp_path, monkeypatch, caplog, capfd):
    monkeypatch.setenv("PHOTOPLANET_HOME", str(tmp_path))
    sign = SignText(("Hunde bitte anleinen",), "notice", "DE", "de", "Latin")
    image, truth = photo(sign, Packaged(), Conditions(), seed=(1,))
    client = running(create_app(pp.load("none", signs=True)))
    found = locate(client, "reading=true", encoded(image, quality=95))
    (line,) = found["reading"]["lines"]
    assert line["text"] == "Hunde bitte anleinen" and country(found) == "DE"
    assert np.array(line["box"]) == pytest.approx(np.array(truth.boxes[0]), abs=0.05)
    assert not list(tmp_path.rglob("*")) and not caplog.records and "Hunde" not in "".join(capfd.readouterr())


def test_a_server_that_does_not_read_says_so(connect, is_problem):
    is_problem(connect().post("/v1/read", content=jpeg()), 404, "does not read text")


def test_a_server_without_a_model_lists_none_and_explains_nothing(running, without, is_problem):
    client = running(create_app(without))
    found = client.get("/v1/models").json()
    assert found["models"] == [] and found["evidence"] == {"signs": True, "clock": True}
    assert found["default"] == world.NAME and "single" in found["album_methods"]
    is_problem(client.post("/v1/explain", content=jpeg()), 404, "no model")


def test_the_joined_answer_has_its_region_and_cells(running, without):
    client = running(create_app(without))
    found = locate(client, "strike=1&geojson=true&regions=true&region=0.5")
    assert found["region"]["probability"] >= 0.5 and len(found["regions"]) == 11
    assert found["geojson"]["features"][0]["geometry"]["type"] == "Point"
    evidence = without.locate(jpeg()).evidence
    joined = joining.joined(evidence.before, evidence.clues, evidence.reading, {1})
    assert found["region"] == record("", joined, AnswerOptions(region=0.5))["region"]
