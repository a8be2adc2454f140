import csv
import json

import pytest
from PIL import Image


@pytest.fixture
def table(tmp_path, photo, tiny_cities):
    """Red is Paris, green Rio, blue Sydney to the tiny model; the black photo says Tokyo, and one file is broken."""
    photo("red"), photo("green"), photo("blue"), photo("black")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    rows = [("red", "Paris"), ("green", "Rio"), ("blue", "Sydney"), ("black", "Paris"), ("broken", "Tokyo")]
    path = tmp_path / "photos.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("photo_id", "path", "latitude", "longitude"))
        writer.writerows((name, f"{name}.png", *tiny_cities[city]) for name, city in rows)
        writer.writerow(("nowhere", "red.png", -80.0, 30.0))  # outside every cell
    return path


def test_text_says_what_counts_as_wrong(run, tiny_model, table):
    status, out, err = run("evaluate", tiny_model, table)
    assert status == 0
    assert "city          25 km    50.0 %" in out
    assert "expected calibration error" in out
    assert "90 % region holds the truth of" in out
    assert "1 of 6 photos lie outside every cell" in err
    assert "1 of 6 photos could not be read; they count as wrong" in err
    assert "broken.png" in err


def test_answers_that_locate_would_withhold_are_counted_and_scored(run, tiny_model, tmp_path, photo, tiny_cities):
    Image.new("RGB", (20, 20), (128, 128, 128)).save(tmp_path / "grey.png")  # the tiny model is not sure of it
    paris, table = tiny_cities["Paris"], tmp_path / "photos.csv"
    rows = [f"{name},{name}.png,{paris[0]},{paris[1]}" for name in ("red", "grey")]
    table.write_text("\n".join(["photo_id,path,latitude,longitude", *rows]) + "\n")
    photo("red")
    _, out, err = run("evaluate", tiny_model, table, "--json")
    found = json.loads(out)
    assert (found["photos"], found["predicted"], found["abstained"]) == (2, 2, 1)
    assert "`locate` would withhold 1 of 2 answers as too weak; they are scored here" in err


def test_the_predictions_it_writes_score_the_same(run, tiny_model, table, tmp_path):
    out_path = tmp_path / "predictions.csv"
    _, out, _ = run("evaluate", tiny_model, table, "--predictions", out_path, "--json", "--by", "country")
    found = json.loads(out)
    assert found["photos"] == 6
    assert found["predicted"] == 5
    assert found["unreadable"]["count"] == 1
    assert found["uncovered"] == 1
    assert found["sureness"]["cell_accuracy"] == pytest.approx(3 / 5)
    assert found["by"]["country"]["Brazil"]["accuracy"]["city"] == 1
    _, out, _ = run("score", out_path, table, "--json")
    again = json.loads(out)
    assert again["accuracy"] == found["accuracy"]
    assert again["top_k"] == found["top_k"]
    assert not list(tmp_path.glob(".predictions*"))


def test_region_coverage_rises_with_its_probability(run, tiny_model, table):
    shares = []
    for region in ("0.5", "0.9", "1"):
        _, out, _ = run("evaluate", tiny_model, table, "--json", "--region", region)
        shares.append(json.loads(out)["sureness"]["region"]["coverage"])
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(4 / 5)  # all but the photo that no cell covers


def test_a_benchmark_copy_is_checked_and_set_beside_the_published_rows(run, tiny_model, table, tmp_path):
    listing = tmp_path / "list.csv"
    listing.write_text("IMG_ID,LAT,LON\nred.png,48.86,2.35\ngone.png,1,2\n")
    status, out, err = run("evaluate", tiny_model, "--benchmark", "im2gps", "--images", tmp_path, "--list", listing)
    assert status == 0
    assert "im2gps: not the full benchmark" in err
    assert "1 missing (first: gone.png)" in err
    assert "| PlaNet, 91 M photos (2016) | 8.4 |" in out
    assert "| tiny, readout expected (incomplete copy, not comparable) | 50.0 | 50.0 | 50.0 |" in out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "give a photo table, or --benchmark"),
        (("--benchmark", "yfcc4k"), "--images FOLDER and --list FILE"),
    ],
)
def test_missing_input_is_said_in_one_line(run, tiny_model, args, message):
    status, _, err = run("evaluate", tiny_model, *args)
    assert status == 2
    assert message in err
    assert err.count("\n") == 1


def test_a_missing_model_and_an_empty_table(run, tiny_model, table, tmp_path):
    assert run("evaluate", tmp_path / "absent", table)[0] == 2
    empty = tmp_path / "empty.csv"
    empty.write_text("photo_id,path,latitude,longitude\n")
    status, _, err = run("evaluate", tiny_model, empty)
    assert status == 2
    assert "no usable photo" in err


def test_tables_and_help(run, tiny_model, table):
    _, out, _ = run("evaluate", tiny_model, table, "--table", "latex", "--by", "continent", "--intervals")
    assert out.count("\\\\") == 7  # the head, the model, and five continents
    status, out, _ = run("evaluate", "--help")
    assert status == 0
    assert "photoplanet evaluate photos.parquet --model model/" in out


def test_model_and_table_may_come_in_either_way(run, table, tiny_model):
    """`--model` as in all other commands; MODEL before PHOTOS as it was once."""
    wanted = json.loads(run("evaluate", table, "--model", tiny_model, "--json")[1])["accuracy"]
    for words in ((tiny_model, table), (table, tiny_model)):
        assert json.loads(run("evaluate", *words, "--json")[1])["accuracy"] == wanted
    status, _, err = run("evaluate", table, table, "--model", tiny_model)
    assert status == 2 and "is named twice; name each table once" in err and err.count("\n") == 1
    status, _, err = run("evaluate", table.parent / "none.csv", "--model", tiny_model)
    assert status == 2 and "none.csv" in err and err.count("\n") == 1


def test_predictions_that_do_not_fit_on_the_disk_do_not_take_the_report_with_them(run, tiny_model, table):
    status, out, err = run("evaluate", tiny_model, table, "--predictions", "/dev/full")
    assert status == 1 and "city          25 km    50.0 %" in out
    assert err.endswith("photoplanet: /dev/full: No space left on device; free some space, or write elsewhere\n")
