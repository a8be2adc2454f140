"""Whole games over HTTP against the tiny model, whose answers are known: red is Paris, green Rio, blue Sydney."""

import asyncio
import io
import json
import threading

import pyarrow as pa
import pytest
from PIL import Image

from photoplanet.earth.geodesy import distance_km
from photoplanet.errors import InputError
from photoplanet.evaluation import accuracy
from photoplanet.evaluation.game import game_log
from photoplanet.evaluation.game.sampler import Deck
from photoplanet.metadata import exif_writer
from photoplanet.server.play import app
from photoplanet.server.play import game as server_game
from photoplanet.server.play.game import Game
from photoplanet.server.play.rounds import Rounds

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
TRUTH = {"red": (48.86, 2.35), "green": (-22.91, -43.17), "blue": (-33.87, 151.21)}
COLOURS = {"red": RED, "green": GREEN, "blue": BLUE}
SECRETS = ("Champs", "secret", "toy-name")


@pytest.fixture
def photos(tmp_path):
    """Twelve photos, each with its place in its EXIF, its name and a comment; a tenth of a degree from the next."""
    rows = []
    for i in range(12):
        colour = list(COLOURS)[i % 3]
        latitude, longitude = TRUTH[colour][0] + i / 10, TRUTH[colour][1]
        name = f"Champs-Elysees-secret-{i}.jpg"
        block = exif_writer.gps_bytes(latitude, longitude, None)
        Image.new("RGB", (40, 30), COLOURS[colour]).save(tmp_path / name, exif=block, comment=b"secret", quality=95)
        rows.append({"photo_id": f"toy-name-{i}", "path": name, "latitude": latitude, "longitude": longitude,
                     "album": f"a{i}", "photographer": "Ann", "licence": "CC0-1.0"})  # fmt: skip
    return pa.Table.from_pylist(rows)


@pytest.fixture
def connect(model, photos, tmp_path, running):
    """A function: `connect(**options of Game)` → a client; `said` collects warnings."""

    def start(table=photos, seed=1, results=tmp_path / "games.jsonl", said=None, token=None, **options):
        before, _ = game_log.read(results)
        seen = {guess.photo_id for guess in before if guess.player == options.get("player", "")}
        rounds = Rounds(model, table, tmp_path, Deck(table, seed, seen), warn=(said if said is not None else []).append)
        game = Game(rounds, results, before, model="tiny", table="x/photos.csv", **options)
        return running(app.create_app(game, token))

    return start


def guess(client, state=None, point=(10.0, 20.0), **more):
    state = state or client.get("/v1/game/round").json()
    return client.post(
        "/v1/game/guess", json={"photo": state["current"], "latitude": point[0], "longitude": point[1], **more}
    )


def play_round(client, point=(10.0, 20.0)):
    for _ in range(5):
        state = guess(client, point=point, seconds=2.5).json()
    return state


def test_a_round_from_first_photo_to_summary(connect, photos, tmp_path):
    client = connect(player="Ann")
    state = client.get("/v1/game/round").json()
    assert (state["number"], state["of"], state["finished"], len(state["photos"])) == (1, None, False, 5)
    by_id = {row["photo_id"]: row for row in photos.to_pylist()}
    for number in range(5):
        key = state["current"]
        assert key == state["photos"][number]["key"]
        state = guess(client, state, (40.0 + number, 5.0), seconds=1.5).json()
        answer = state["photos"][number]["answer"]
        row = by_id[answer["photo_id"]]
        truth = row["latitude"], row["longitude"]
        assert (answer["truth"]["latitude"], answer["truth"]["longitude"]) == truth
        off = [
            distance_km(40.0 + number, 5.0, *truth),
            distance_km(answer["model"]["latitude"], answer["model"]["longitude"], *truth),
        ]
        assert [answer["km"][side] for side in ("person", "model")] == pytest.approx(off)
        points = [round(float(score)) for score in accuracy.geoscore(off)]
        assert [answer["points"][side] for side in ("person", "model")] == points
        assert answer["winner"] == ("person" if off[0] < off[1] else "model")
        assert answer["seconds"] == 1.5 and answer["credit"] == "Ann, CC0-1.0"
    assert state["finished"] and state["current"] is None and state["session"]["rounds"] == 1
    stored, damaged = game_log.read(tmp_path / "games.jsonl")
    assert len(stored) == 5 and damaged["count"] == 0 and {guess.player for guess in stored} == {"Ann"}
    found = client.get("/v1/game/summary").json()
    assert found["own"] == found["all"] and found["all"]["photos"] == 5 and found["all"]["players"] == 1
    assert {key: found["all"][key] for key in ("rounds_won", "photos_won")} == {
        key: game_log.compare(stored)[key] for key in ("rounds_won", "photos_won")
    }
    assert found["all"]["table"][0][1:3] == ["people", "model"]


def test_the_models_answer_is_what_locate_says(connect, model):
    client = connect()
    state = play_round(client)
    for photo in state["photos"]:
        answer = photo["answer"]
        colour = min(
            TRUTH, key=lambda name: distance_km(*TRUTH[name], answer["truth"]["latitude"], answer["truth"]["longitude"])
        )
        point = model.locate(Image.new("RGB", (40, 30), COLOURS[colour])).point
        assert (answer["model"]["latitude"], answer["model"]["longitude"]) == pytest.approx(point, abs=0.5)


def test_nothing_of_the_truth_is_shown_before_the_guess(connect, photos):
    client = connect()
    state = client.get("/v1/game/round")
    assert all(photo["answer"] is None for photo in state.json()["photos"])
    words = state.text + str(state.headers) + client.get("/v1/game/summary").text
    assert not any(secret in words for secret in SECRETS)
    for place in ("truth", "latitude", "Paris", "Rio", "Sydney"):
        assert place not in state.text
    after = guess(client).json()["photos"]
    assert after[0]["answer"] is not None and all(photo["answer"] is None for photo in after[1:])


def test_photos_are_pixels_only_upright_and_bounded(connect, photos, tmp_path):
    wide = Image.new("RGB", (3000, 1000), BLUE)
    wide.paste(RED, (0, 0, 1500, 1000))
    block = Image.Exif()
    block[0x0112], block[0x010E], block[0x8298] = 6, "secret", "secret"  # orientation, description, copyright
    for name in photos["path"].to_pylist():
        wide.save(tmp_path / name, "JPEG", exif=block, comment=b"secret", icc_profile=b"secret" * 100)
    client = connect()
    photo = client.get("/v1/game/round").json()["photos"][0]
    response = client.get(f"/v1/game/photo/{photo['key']}")
    assert response.headers["content-type"] == "image/jpeg" and response.headers["cache-control"] == "no-store"
    image = Image.open(io.BytesIO(response.content))
    assert image.size == (photo["width"], photo["height"]) == (533, 1600)
    assert image.getpixel((100, 100))[0] > 200 and image.getpixel((100, 1500))[2] > 200
    assert not image.getexif() and set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"secret" not in response.content and b"Exif" not in response.content
    assert client.get("/v1/game/photo/nothing").status_code == 404


def test_a_reload_shows_the_round_as_it_stands_and_so_does_a_restart(connect, tmp_path):
    client = connect(player="Ann", seed=1)
    guess(client)
    state = guess(client).json()
    again = client.get("/v1/game/round").json()
    assert again == state
    restarted = connect(player="Ann", seed=99).get("/v1/game/round").json()
    assert restarted["round"] == state["round"] and restarted["session"] == state["session"]
    assert [photo["answer"] for photo in restarted["photos"]] == [photo["answer"] for photo in state["photos"]]
    assert restarted["current"] == restarted["photos"][2]["key"]
    assert connect(player="Bob").get("/v1/game/round").json()["round"] != state["round"]


def test_a_round_whose_photos_are_gone_is_not_resumed(connect, photos, tmp_path):
    client = connect()
    state = guess(client).json()
    missing = state["photos"][0]["answer"]["photo_id"]
    fewer = photos.filter(pa.compute.not_equal(photos["photo_id"], missing))
    fresh = connect(table=fewer).get("/v1/game/round").json()
    assert fresh["round"] != state["round"] and not any(photo["answer"] for photo in fresh["photos"])


def test_rounds_follow_one_another_without_repeats_until_they_are_over(connect):
    client = connect(most=2)
    first = play_round(client)
    assert not first["over"]
    early = client.post("/v1/game/next", json={"round": first["round"]}).json()
    assert early["number"] == 2 and not early["finished"]
    twice = client.post("/v1/game/next", json={"round": first["round"]}).json()
    assert twice["round"] == early["round"] and twice["number"] == 2
    assert client.post("/v1/game/next", json={"round": early["round"]}).status_code == 409
    second = play_round(client)
    ids = [photo["answer"]["photo_id"] for state in (first, second) for photo in state["photos"]]
    assert len(set(ids)) == 10 and second["over"] and second["session"]["rounds"] == 2
    ended = client.post("/v1/game/next", json={"round": second["round"]})
    assert ended.status_code == 409 and "all 2 rounds" in ended.json()["detail"]


def test_what_a_player_has_seen_comes_last_and_another_starts_afresh(connect):
    known = {photo["answer"]["photo_id"] for photo in play_round(connect(player="Ann"))["photos"]}
    again = {photo["answer"]["photo_id"] for photo in play_round(connect(player="Ann"))["photos"]}
    other = {photo["answer"]["photo_id"] for photo in play_round(connect(player="Bob"))["photos"]}
    assert not known & again and known == other, "the same seed shows others the same photos"


def test_the_summary_counts_a_players_own_games_apart(connect):
    play_round(connect(player="Ann"))
    found = connect(player="Bob").get("/v1/game/summary").json()
    assert found["all"]["photos"] == 5 and found["own"]["photos"] == 0


def test_unreadable_photos_are_replaced_and_reported_by_name_on_the_terminal_only(connect, photos, tmp_path):
    names = photos["path"].to_pylist()
    for name in names[:4]:
        (tmp_path / name).write_bytes(b"no photo")
    (tmp_path / names[4]).unlink()
    said = []
    client = connect(said=said)
    states = [play_round(client)]
    assert len(said) >= 1 and all("another photo takes its place" in line and "secret" in line for line in said)
    assert states[0]["unreadable"] >= 1 and "secret" not in json.dumps(states[0])
    shown = {photo["answer"]["photo_id"] for photo in states[0]["photos"]}
    assert not shown & {f"toy-name-{i}" for i in range(5)}


def test_too_few_readable_photos_are_reported_and_the_server_goes_on(connect, photos, tmp_path):
    for name in photos["path"].to_pylist()[:8]:
        (tmp_path / name).unlink()
    client = connect()
    response = client.get("/v1/game/round")
    assert response.status_code == 500 and "needs" in response.json()["detail"]
    assert client.get("/v1/game/summary").status_code == 200


def test_a_table_whose_photos_are_all_missing_is_given_up_soon(model, tmp_path):
    rows = [{"photo_id": f"p{i}", "path": f"{i}.jpg", "latitude": 1.0, "longitude": i / 10} for i in range(1000)]
    table, said = pa.Table.from_pylist(rows), []
    with pytest.raises(
        InputError, match=r"100 photos in a row could not be read .*no such file.*check the table's paths"
    ):
        Rounds(model, table, tmp_path, Deck(table), warn=said.append).make()
    assert len(said) == 100


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"latitude": 91}, 422, "latitude"), ({"longitude": -180.5}, 422, "longitude"),
        ({"latitude": "1"}, 422, "latitude"), ({"photo": None}, 422, "photo"),
        ({"seconds": -1}, 422, "seconds"), ({"seconds": 1e300}, 422, "seconds"), ({"more": 1}, 422, "more"),
        ({"photo": "x" * 3000}, 413, "bytes"), ({"photo": "nothing"}, 404, "no such photo"),
        (b"{", 422, "body"), (b'{"latitude": NaN}', 422, ""), (b"[]", 422, ""), (b"", 422, ""), (b"[" * 1900, 422, ""),
    ],
)  # fmt: skip
def test_bad_guesses_are_refused_and_the_photo_waits(connect, body, status, words):
    client = connect()
    state = client.get("/v1/game/round").json()
    if isinstance(body, dict):
        body = json.dumps({"photo": state["current"], "latitude": 1.0, "longitude": 2.0} | body).encode()
    response = client.post("/v1/game/guess", content=body, headers={"content-type": "application/json"})
    assert response.status_code == status and words in response.json()["detail"], response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert client.get("/v1/game/round").json() == state


def test_order_and_kind_of_requests(connect):
    client = connect()
    state = client.get("/v1/game/round").json()
    later = {"photo": state["photos"][3]["key"], "latitude": 1, "longitude": 2}
    assert client.post("/v1/game/guess", json=later).status_code == 409
    assert guess(client, state).status_code == 200 and guess(client, state).status_code == 409
    early = client.post("/v1/game/next", json={"round": state["round"]})
    assert early.status_code == 409 and "not finished" in early.json()["detail"]
    assert client.post("/v1/game/guess", content=b"{}").status_code == 415
    assert client.get("/v1/game/guess").status_code == 405
    assert client.get("/absent").json()["status"] == 404


def test_two_tabs_cannot_guess_the_same_photo_twice(connect, tmp_path):
    client = connect()
    state = client.get("/v1/game/round").json()
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(guess(client, state).status_code)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, *[409] * 5] and len(game_log.read(tmp_path / "games.jsonl")[0]) == 1


def test_a_guess_that_cannot_be_stored_shows_no_truth_and_may_be_repeated(connect, tmp_path):
    results = tmp_path / "folder"
    client = connect(results=results / "games.jsonl")
    state = client.get("/v1/game/round").json()
    results.write_text("a file where a folder should be")
    response = guess(client, state)
    assert response.status_code == 500 and "cannot write the guess" in response.json()["detail"]
    assert client.get("/v1/game/round").json() == state
    results.unlink()
    assert guess(client, state).status_code == 200


def test_with_a_token_the_page_is_open_and_the_game_is_not(connect):
    client = connect(token="a-token-of-some-length")
    assert client.get("/").status_code == 200 and client.get("/play/play.js").status_code == 200
    for path in ("/v1/game/round", "/v1/game/summary", "/v1/game/photo/x"):
        assert client.get(path).status_code == 401
    good = {"authorization": "Bearer a-token-of-some-length"}
    assert client.get("/v1/game/round", headers=good).status_code == 200
    evil = client.get("/v1/game/round", headers=good | {"origin": "https://evil.example"})
    assert evil.status_code == 403


def test_a_fault_says_nothing_of_what_is_inside(connect, monkeypatch):
    client = connect()
    client.get("/v1/game/round")
    monkeypatch.setattr(Game, "summary", lambda self: 1 / 0)
    response = client.get("/v1/game/summary")
    assert response.status_code == 500 and "division" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    assert client.get("/v1/game/round").status_code == 200


def test_it_describes_itself(connect):
    described = connect().get("/openapi.json").json()["paths"]
    assert set(described["/v1/game/guess"]["post"]["responses"]) >= {"200", "404", "408", "409", "413", "415", "422"}
    (key,) = described["/v1/game/photo/{key}"]["get"]["parameters"]
    assert key["in"] == "path" and key["required"]
    body = described["/v1/game/guess"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["latitude"]["maximum"] == 90 and body["additionalProperties"] is False


def test_a_body_has_two_thousand_bytes_at_most(connect):
    client, kind = connect(), {"content-type": "application/json"}
    body = b'{"photo": "' + b"x" * 1987 + b'"}'
    assert len(body) == 2000
    assert client.post("/v1/game/guess", content=body, headers=kind).status_code == 422
    assert client.post("/v1/game/guess", content=body + b" ", headers=kind).status_code == 413


def test_a_body_that_dawdles_is_cut_off(connect, call, monkeypatch):
    monkeypatch.setattr(app, "BODY_SECONDS", 0.05)

    async def receive():
        await asyncio.sleep(60)

    sent = asyncio.run(call(connect().app, receive, "/v1/game/guess", "application/json"))
    assert sent[0]["status"] == 408


def test_a_first_round_that_takes_too_long_is_to_be_asked_for_again(connect, model, monkeypatch):
    gate, real = threading.Event(), model.see
    monkeypatch.setattr(model, "see", lambda pixels: (gate.wait(20), real(pixels))[1])
    monkeypatch.setattr(server_game, "WAIT_SECONDS", 0.05)
    client = connect()
    early = client.get("/v1/game/round")
    assert early.status_code == 503 and early.headers["retry-after"] == "5" and "not ready" in early.json()["detail"]
    gate.set()
    monkeypatch.setattr(server_game, "WAIT_SECONDS", 20)
    assert client.get("/v1/game/round").status_code == 200


def test_a_long_name_of_a_photographer_is_cut_off(connect, photos):
    long = pa.array(["A" * 300] * len(photos))
    at = photos.column_names.index("photographer")
    client = connect(table=photos.set_column(at, "photographer", long))
    assert guess(client).json()["photos"][0]["answer"]["credit"] == "A" * 200 + ", CC0-1.0"
