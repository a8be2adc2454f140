import csv
import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from photoplanet.models import installed
from photoplanet.signs import networks


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "bad.jpg"
    path.write_bytes(b"\xff\xd8\xff no photo")
    return path


def test_a_table_says_where_and_how_sure(run, photo, tiny_model):
    status, out, err = run("locate", photo("green"), photo("black"), "--model", tiny_model)
    head, first, second = out.splitlines()
    assert status == 0 and err == ""
    assert head.split() == ["photo", "place", "latitude,", "longitude", "city", "country", "90", "%", "within"]
    assert "Brazil" in first and "-22.9, -43.2" in first and ">99 %" in first and first.endswith(" km")
    assert "Japan" in second and "35.7, 139.7" in second


def test_top_lists_more_places(run, photo, tiny_model):
    _, out, _ = run("locate", photo("red"), "--model", tiny_model, "--top", 2)
    assert "1.  73 %  48.9, 2.4" in out and "2.  27 %" in out and "Belgium" in out


def test_json_is_one_document_with_the_failed_named(run, photo, bad, tiny_model):
    status, out, err = run("locate", photo("red"), bad, "--model", tiny_model, "--json", "--top", 3)
    page = json.loads(out)
    assert status == 0
    assert (page["model"], page["world"]) == ("tiny", "real")
    assert page["photos"][0]["best"]["country_code"] == "FR" and len(page["photos"][0]["top"]) == 3
    assert page["failed"][0]["file"] == str(bad)
    assert "bad.jpg" in err and "1 of 2 photos could not be read" in err


def test_the_status_is_2_only_when_no_photo_could_be_read(run, photo, bad, tiny_model):
    assert run("locate", bad, "--model", tiny_model)[0] == 2
    assert run("locate", bad, photo("red"), "--model", tiny_model)[0] == 0


@pytest.fixture
def grey(tmp_path):
    """A photo of which the tiny model says too little to answer."""
    path = tmp_path / "grey.png"
    Image.new("RGB", (20, 20), (128, 128, 128)).save(path)
    return path


def test_weak_evidence_gets_no_answer_unless_asked(run, grey, tiny_model):
    assert "no answer: the evidence is too weak" in run("locate", grey, "--model", tiny_model)[1]
    told = json.loads(run("locate", grey, "--model", tiny_model, "--json")[1])["photos"][0]
    assert told["abstains"] and told["best"] is None and told["top"] == [] and told["region"]["radius_km"] > 5000
    told = json.loads(run("locate", grey, "--model", tiny_model, "--json", "--answer-always")[1])["photos"][0]
    assert told["abstains"] and told["best"]["latitude"] == pytest.approx(49, abs=3)


def test_what_the_model_does_not_know_is_said_first(run, photo, doubting_model, tiny_model, tmp_path):
    red, black = photo("red"), photo("black")
    _, out, _ = run("locate", red, black, "--model", doubting_model, "--csv", tmp_path / "a.csv")
    head, known, unknown = out.splitlines()
    assert head.split()[-6:] == ["unknown", "city", "country", "90", "%", "within"]
    assert "France" in known and known.split()[-8:-6] == ["2", "%"]
    assert "88 %: nowhere that this model knows" in unknown and unknown.endswith("anywhere")
    assert "Japan" not in unknown
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert [row["unknown"] for row in rows] == ["0.01799", "0.8808"] and rows[1]["latitude"] == ""
    assert all(float(row["gain_bits"]) > 1 for row in rows)
    told = json.loads(run("locate", black, "--model", doubting_model, "--json")[1])["photos"][0]
    assert told["unknown"] == 0.8808 and told["abstains"] and told["best"] is None
    assert told["region"]["radius_km"] > 20_000 and told["region"]["probability"] == pytest.approx(0.1192, abs=1e-4)
    told = json.loads(run("locate", black, "--model", doubting_model, "--json", "--answer-always")[1])["photos"][0]
    assert told["best"]["confidence"] < 0.12 and told["best"]["level"] == "continent"
    _, out, _ = run("locate", red, "--model", tiny_model)
    assert "unknown" not in out
    told = json.loads(run("locate", red, "--model", tiny_model, "--json")[1])["photos"][0]
    assert told["unknown"] is None


def test_csv_keeps_a_photo_without_an_answer_and_score_counts_it_as_missed(run, photo, grey, tiny_model, tmp_path):
    results, truth = tmp_path / "a.csv", tmp_path / "truth.csv"
    run("locate", photo("green"), grey, "--model", tiny_model, "--csv", results)
    answer, none = csv.DictReader(results.read_text(encoding="utf-8").splitlines())
    assert (answer["abstains"], answer["rank"]) == ("false", "1") and answer["latitude"]
    assert (none["photo_id"], none["abstains"], none["error"]) == (str(grey), "true", "")
    assert none["latitude"] == none["longitude"] == none["rank"] == none["place"] == ""
    truth.write_text(f"photo_id,latitude,longitude\n{photo('green')},-22.9,-43.2\n{grey},10,10\n")
    found = json.loads(run("score", results, truth, "--json")[1])
    assert (found["photos"], found["predicted"], found["accuracy"]["continent"]) == (2, 1, 0.5)


def test_results_can_go_into_a_pipe(run, photo, tiny_model, tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")), daemon=True)
    reader.start()
    assert run("locate", photo("red"), "--model", tiny_model, "--csv", pipe)[0] == 0
    reader.join(timeout=60)
    assert pipe.is_fifo() and {path.name for path in tmp_path.iterdir()} == {"pipe", "red.png"}
    [row] = csv.DictReader(read[0].splitlines())
    assert row["photo_id"].endswith("red.png") and row["country_code"] == "FR"


@pytest.mark.parametrize("name", ["/dev/stdout", "-", "/dev/fd/1", "/proc/self/fd/1"])
def test_results_can_go_to_stdout_alone_and_the_table_to_stderr(photo, tiny_model, name, tmp_path):
    command = [sys.executable, "-m", "photoplanet", "locate", str(photo("red")), "--model", str(tiny_model)]
    done = subprocess.run([*command, "--csv", name], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert [row["country_code"] for row in csv.DictReader(done.stdout.splitlines())] == ["FR"]
    head, line = done.stderr.splitlines()
    assert head.startswith("photo ") and "France" in line


def test_two_things_do_not_mix_on_stdout(photo, tiny_model):
    command = [sys.executable, "-m", "photoplanet", "locate", photo("red"), "--model", tiny_model]
    for options in (["--csv", "/dev/stdout", "--json"], ["--csv", "-", "--geojson", "/dev/stdout"]):
        done = subprocess.run([*map(str, command), *options], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1 and "stdout" in done.stderr


def test_precision_decides_what_is_printed(run, photo, tiny_model):
    def best(*options):
        page = json.loads(run("locate", photo("green"), "--model", tiny_model, "--json", *options)[1])
        return page["photos"][0]["best"]

    assert (best("--precision", "city")["latitude"], best("--precision", "city")["longitude"]) == (-22.9, -43.2)
    assert best("--precision", "street") == best() and best()["latitude"] == pytest.approx(-22.91, abs=1e-3)
    assert best("--precision", "country")["latitude"] == -25 and best("--precision", "country")["place"] == "Brazil"


def test_files_are_written_beside_the_table(run, photo, bad, tiny_model, tmp_path):
    options = ["--csv", tmp_path / "a.csv", "--geojson", tmp_path / "a.geojson", "--map", tmp_path / "a.html"]
    status, out, _ = run("locate", photo("red"), bad, photo("green"), "--model", tiny_model, "--top", 2, *options)
    assert status == 0 and "France" in out
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["photo_id"].split("/")[-1], row["rank"]) for row in rows] == [
        ("red.png", "1"), ("red.png", "2"), ("bad.jpg", ""), ("green.png", "1"), ("green.png", "2")]  # fmt: skip
    assert (
        float(rows[3]["latitude"]) == pytest.approx(-22.91, abs=1e-3)
        and rows[2]["error"]
        and rows[0]["world"] == "real"
    )
    page = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))
    assert page["model"] == "tiny"
    assert {each["properties"]["photo"].split("/")[-1] for each in page["features"]} == {"red.png", "green.png"}
    assert "red.png" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.csv", "a.geojson", "a.html", "bad.jpg", "green.png", "red.png"]  # fmt: skip


def test_what_was_there_stays_when_the_work_cannot_be_done(run, photo, tiny_model, tmp_path):
    red = photo("red")
    before = red.read_bytes()
    for output in (red, tmp_path / "no" / "a.csv", tmp_path / "new.jpg"):
        status, out, err = run("locate", red, "--model", tiny_model, "--csv", output)
        assert status == 2 and out == "" and err.count("\n") == 1
    assert red.read_bytes() == before
    (tmp_path / "old.csv").write_text("precious")
    assert run("locate", red, "--model", tmp_path / "no-model", "--csv", tmp_path / "old.csv")[0] == 2
    assert (tmp_path / "old.csv").read_text() == "precious"


def test_a_folder_a_list_and_stdin(run, photo, tiny_model, tmp_path, monkeypatch):
    photo("red", "trip/1.png")
    photo("green", "trip/later/2.png")
    _, out, _ = run("locate", tmp_path / "trip", "--model", tiny_model)
    assert [line.split()[0].split("/")[-1] for line in out.splitlines()[1:]] == ["1.png", "2.png"]
    (tmp_path / "list.txt").write_text(f"{tmp_path}/trip/1.png\n")
    assert "1.png" in run("locate", "--files-from", tmp_path / "list.txt", "--model", tiny_model)[1]
    data = (tmp_path / "trip/later/2.png").read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    page = json.loads(run("locate", "-", "--model", tiny_model, "--json")[1])
    assert page["photos"][0]["file"] == "stdin" and page["photos"][0]["best"]["country_code"] == "BR"


def test_toy_coordinates_never_pass_for_real_ones(run, photo, write_model, tmp_path):
    write_model(tmp_path / "toy", name="toy-model", world="toy")
    status, out, err = run("locate", photo("red"), "--model", tmp_path / "toy")
    assert status == 0 and err.startswith("toy Earth: not real places") and err.count("\n") == 1
    _, out, err = run("locate", photo("red"), "--model", tmp_path / "toy", "--json", "--csv", tmp_path / "a.csv")
    assert json.loads(out)["world"] == "toy" and json.loads(out)["photos"][0]["world"] == "toy"
    assert ",toy," in (tmp_path / "a.csv").read_text() and "toy Earth" in err


def test_without_a_model_and_what_reads_text_it_stops_and_lists_the_ways(run, photo, tiny_model, monkeypatch):
    monkeypatch.setattr(networks, "is_installed", lambda: False)
    status, out, err = run("locate", photo("red"))
    assert status == 2 and out == "" and err.count("\n") == 1
    assert "photoplanet train" in err and "--model toy" in err
    installed.add(tiny_model)
    assert run("locate", photo("red"))[0] == 0


def test_bad_usage_takes_one_line(run, photo, tiny_model):
    for arguments in (["--region", 0], ["--top", 0], ["--readout", "x"], ["--precision", "x"], ["--threads", 0]):
        status, out, err = run("locate", photo("red"), "--model", tiny_model, *arguments)
        assert status == 2 and out == "" and err.count("\n") == 1
    assert run("locate", "--model", tiny_model)[0] == 2


def test_a_name_that_would_steer_the_terminal_is_shown_harmless(run, photo, tiny_model, tmp_path):
    photo("red", "evil\x1b[31m\n.png")
    _, out, _ = run("locate", tmp_path / "evil\x1b[31m\n.png", "--model", tiny_model)
    assert "\x1b" not in out and "evil?[31m?.png" in out


def test_a_name_cannot_write_to_the_terminal(run, tiny_model):
    status, _, err = run("locate", "gone\x1b[2J.jpg", "--model", tiny_model, "--csv", "gone\x1b[2J/x.csv")
    assert status and "gone?[2J" in err and "\x1b" not in err


def test_a_map_offers_five_places_per_photo_and_shows_2000_photos(run, photo, tiny_model, tmp_path):
    names, page = tmp_path / "names.txt", tmp_path / "map.html"
    names.write_text(f"{photo('red')}\n" * 2001)
    _, _, err = run("locate", "--model", tiny_model, "--map", page, "--files-from", names, "--json")
    assert f"{page}: shows the first 2,000 photos, not the other 1" in err
    data = page.read_text(encoding="utf-8")
    assert data.count(str(photo("red"))) == 2000
    run("locate", photo("red"), "--model", tiny_model, "--map", page)
    assert page.read_text(encoding="utf-8").count('"radius_km"') == 7  # the best, five, and the region


def test_a_table_that_cannot_be_printed_does_not_take_the_files_with_it(photo, tiny_model, tmp_path):
    command = [sys.executable, "-m", "photoplanet", "locate", str(photo("red")), "--model", str(tiny_model)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*command, "--csv", tmp_path / "a.csv"], stdout=full, stderr=-1, text=True)
        alone = subprocess.run(command, stdout=full, stderr=-1, text=True)
    assert done.returncode == 1 and done.stderr.count("standard output: No space left on device") == 1
    assert "France" in (tmp_path / "a.csv").read_text()
    assert alone.returncode == 1
    assert alone.stderr.startswith("photoplanet: standard output: No space left on device; free some space")
