"""POST /v1/locate: the same as `photoplanet locate`, out of an upload."""

import threading

import pytest
from pictures import encoded
from PIL import Image

import photoplanet as pp
from photoplanet.locate.answers import AnswerOptions, record
from photoplanet.locate.prediction import REGION_SHARES
from photoplanet.metadata import exif_writer
from photoplanet.server.app import create_app

RED, GREEN = (255, 0, 0), (0, 255, 0)


def jpeg(colour=RED, size=(40, 30)):
    return encoded(Image.new("RGB", size, colour), quality=95)


def test_raw_bytes_and_multipart_give_what_the_library_gives(connect, model):
    client = connect()
    expected = record("a.jpg", model.locate(jpeg(GREEN)), AnswerOptions(5))
    raw = client.post("/v1/locate?name=a.jpg", content=jpeg(GREEN), headers={"content-type": "image/jpeg"})
    assert raw.status_code == 200 and raw.json()["photos"] == [expected] and raw.json()["model"] == "tiny"
    files = [("photos", ("a.jpg", jpeg(GREEN))), ("photos", ("bad.jpg", b"no photo")), ("other", ("b.jpg", jpeg(RED)))]
    many = client.post("/v1/locate", files=files, data={"note": "x"}).json()
    assert many["photos"][0] == expected and many["failed"] == 1
    assert [photo["file"] for photo in many["photos"]] == ["a.jpg", "bad.jpg", "b.jpg"]
    assert "error" in many["photos"][1] and many["photos"][2]["best"]["country_code"] == "FR"


def test_every_path_says_what_the_model_does_not_know(running, doubting_model):
    model = pp.load(doubting_model)
    client, black = running(create_app(model)), jpeg((0, 0, 0))
    expected = record("a.jpg", model.locate(black), AnswerOptions(5))
    assert client.post("/v1/locate?name=a.jpg", content=black).json()["photos"] == [expected]
    assert expected["unknown"] == pytest.approx(0.8808) and expected["best"] is None
    found = client.post("/v1/locate?geojson=true&regions=true", content=black).json()["photos"][0]
    assert found["geojson"]["features"][0]["properties"]["unknown"] == expected["unknown"]
    assert found["regions"][0]["radius_km"] > 20_000 and found["regions"][0]["probability"] < 0.2
    album = client.post("/v1/album", files=[("photos", ("a.jpg", black)), ("photos", ("b.jpg", black))]).json()
    together = album["albums"][0]["photos"]
    assert [photo["unknown"] for photo in together] == pytest.approx([expected["unknown"]] * 2, abs=0.01)
    assert client.post("/v1/explain?positions=2", content=black).json()["unknown"] == expected["unknown"]


def test_options_are_those_of_locate(connect, is_problem):
    client = connect()
    found = client.post("/v1/locate?top=2&region=0.5&precision=street&geojson=true", content=jpeg()).json()["photos"][0]
    assert len(found["top"]) == 2 and found["best"]["latitude"] == pytest.approx(48.86, abs=0.01)
    assert {feature["geometry"]["type"] for feature in found["geojson"]["features"]} == {"Point", "Polygon"}
    shares = client.post("/v1/locate?region=0.9&regions=true", content=jpeg()).json()["photos"][0]
    assert {"share": 0.9, **shares["region"]} in shares["regions"]
    assert [each["share"] for each in shares["regions"]] == list(REGION_SHARES)
    is_problem(client.post("/v1/locate?precision=house", content=jpeg()), 422, "precision")
    is_problem(client.post("/v1/locate?top=0", content=jpeg()), 422, "top")


def test_an_unreadable_photo_alone_is_refused_and_among_others_it_is_named(connect, is_problem):
    client, bad = connect(), ("a", ("bad.jpg", b"no photo"))
    is_problem(client.post("/v1/locate", files=[bad]), 400, "the photo: not a JPEG")
    found = client.post("/v1/locate", files=[bad, bad]).json()
    assert found["failed"] == 2 and "not a JPEG" in found["photos"][0]["error"]


def test_an_answer_that_abstains_has_no_point_unless_it_is_asked_for(connect):
    client, grey = connect(), jpeg((128, 128, 128))
    for query, points in (("", 0), ("&answer_always=true", 1)):
        found = client.post(f"/v1/locate?geojson=true{query}", content=grey).json()["photos"][0]
        shapes = [feature["geometry"]["type"] for feature in found["geojson"]["features"]]
        assert found["abstains"] and (found["best"] is not None) == points
        assert shapes.count("Point") == points and "Polygon" in shapes


def test_a_parameter_given_twice_is_a_question_and_unknown_ones_are_ignored(connect, is_problem):
    is_problem(connect().post("/v1/locate?top=1&top=2", content=jpeg()), 422, "top: given twice")
    found = connect().post("/v1/locate?top=2&nonsense=3&nonsense=4", content=jpeg()).json()["photos"][0]
    assert len(found["top"]) == 2


def test_many_clients_at_once_get_their_own_answers(connect):
    client = connect()
    answers = {}

    def ask(number):
        colour = (RED, GREEN)[number % 2]
        answers[number] = client.post("/v1/locate", content=jpeg(colour)).json()["photos"][0]["best"]["country_code"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: ("FR", "BR")[number % 2] for number in range(24)}


def test_the_place_that_a_photo_states_comes_beside_the_answer(connect):
    content = encoded(Image.new("RGB", (40, 30), GREEN), quality=95, exif=exif_writer.gps_bytes(48.8584, 2.2945))
    client = connect()
    (found,) = client.post("/v1/locate?name=a.jpg", content=content).json()["photos"]
    own = found.pop("own_gps")
    assert (own["latitude"], own["longitude"], own["source"]) == (48.8584, 2.2945, "EXIF") and own["distance_km"] > 9000
    assert [found] == client.post("/v1/locate?name=a.jpg", content=jpeg(GREEN)).json()["photos"]
