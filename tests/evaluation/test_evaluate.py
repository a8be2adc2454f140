import csv
import json
from dataclasses import replace

import pyarrow as pa
import pytest

from photoplanet.errors import InputError
from photoplanet.evaluation import predictions, report, truth
from photoplanet.evaluation.evaluate import evaluate
from photoplanet.evaluation.score import score
from photoplanet.locate import locator


@pytest.fixture
def table(tmp_path, photo, tiny_cities):
    """Red is Paris and green Rio to the tiny model; a blue photo from Sydney is called Parisian, and one is broken."""
    for colour in ("red", "green", "blue"):
        photo(colour)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    rows = [("red", "Paris"), ("green", "Rio"), ("blue", "Paris"), ("broken", "Tokyo")]
    path = tmp_path / "photos.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("photo_id", "path", "latitude", "longitude"))
        writer.writerows((name, f"{name}.png", *tiny_cities[city]) for name, city in rows)
        writer.writerow(("nowhere", "red.png", -80.0, 30.0))  # outside every cell
    return path


@pytest.fixture
def undecided(write_model, tmp_path):
    """A model to which every photo may be from Paris, Rio, Sydney or Tokyo alike."""
    bundle = write_model(tmp_path / "undecided", temperature=1e6)
    return locator.Locator(bundle)


def test_everything_that_is_wrong_without_being_an_answer_is_counted(tiny_model, table):
    found = evaluate(locator.load(tiny_model), truth.of(table))
    assert found["photos"] == 5
    assert found["predicted"] == 4
    assert found["accuracy"]["city"] == pytest.approx(2 / 5)
    assert found["uncovered"] == 1
    assert found["abstained"] == 0
    assert found["unreadable"]["count"] == 1
    assert found["leaks"]["checked"] is False
    json.dumps(found, allow_nan=False)


def test_answers_that_locate_would_withhold_are_scored_and_counted(undecided, table):
    found = evaluate(undecided, truth.of(table))
    assert found["abstained"] == 4  # all but the photo that cannot be read
    assert found["predicted"] == 4


def test_predictions_it_writes_score_the_same(tiny_model, table, tmp_path):
    out = tmp_path / "predictions.csv"
    found = evaluate(locator.load(tiny_model), truth.of(table), top=2, by="country", predictions_file=out)
    again = score(out, table, top=2, by="country")
    assert again["accuracy"] == found["accuracy"]
    assert again["top_k"] == found["top_k"]
    assert again["by"]["country"]["France"]["accuracy"] == found["by"]["country"]["France"]["accuracy"]
    assert predictions.read(out, 2).latitude.shape == (4, 2)


def test_a_file_that_is_there_survives_a_failed_run(tiny_model, table, tmp_path):
    out = tmp_path / "predictions.csv"
    out.write_text("kept")
    with pytest.raises(InputError, match="no readout"), predictions.writing(out, ["a"]):
        raise InputError("no readout is called that")
    assert out.read_text() == "kept"


def test_a_table_in_memory_is_as_good_as_a_file(tiny_model, table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = locator.load(tiny_model)
    from_memory, from_file = evaluate(loaded, truth.of(truth.of(table).photos)), evaluate(loaded, truth.of(table))
    assert from_memory["unreadable"].pop("count") == from_file["unreadable"].pop("count") == 1
    assert from_memory.pop("unreadable")["first"][0] in from_file.pop("unreadable")["first"][0]
    assert from_memory == from_file


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"photo_id": ["a"], "path": ["a.jpg"], "latitude": [1.0]}, "no column longitude"),
        ({"photo_id": ["a"], "path": ["a.jpg"], "latitude": [91.0], "longitude": [0.0]}, "latitude"),
        ({name: pa.array([], kind) for name, kind in
          (("photo_id", "string"), ("path", "string"), ("latitude", "double"), ("longitude", "double"))},
         "no usable photo"),
    ],
)  # fmt: skip
def test_a_table_in_memory_is_checked(columns, message):
    with pytest.raises(InputError, match=message):
        truth.of(pa.table(columns))


@pytest.mark.parametrize("options", [{"region": 1.5}, {"readout": "best"}, {"by": "planet"}])
def test_arguments_out_of_range_are_refused(tiny_model, table, options):
    with pytest.raises(InputError):
        evaluate(locator.load(tiny_model), truth.of(table), **options)


def test_a_benchmarks_copy_with_an_unreadable_photo_is_not_complete(tiny_model, table):
    known = replace(truth.of(table), benchmark={"complete": True})
    found = evaluate(locator.load(tiny_model), known)["benchmark"]
    assert found["complete"] is False and found["unreadable"]["count"] == 1


def test_photos_outside_every_cell_are_scored_by_distance_or_count_as_wrong(tiny_model, tmp_path, photo, tiny_cities):
    """Outside every cell, but 100 km from where a photo of Paris is placed."""
    photo("red"), photo("green")
    far = (tiny_cities["Paris"][0] - 3.5, tiny_cities["Paris"][1])
    path = tmp_path / "photos.csv"
    path.write_text(
        f"photo_id,path,latitude,longitude\nred,red.png,{far[0]},{far[1]}\n"
        f"green,green.png,{tiny_cities['Rio'][0]},{tiny_cities['Rio'][1]}\n"
    )
    loaded = locator.load(tiny_model)
    plain = evaluate(loaded, truth.of(path))
    wrong = evaluate(loaded, truth.of(path), uncovered="wrong")
    assert plain["uncovered"] == wrong["uncovered"] == 1
    assert (plain["uncovered_scored_by"], wrong["uncovered_scored_by"]) == ("distance", "wrong")
    assert (plain["accuracy"]["country"], wrong["accuracy"]["country"]) == (1.0, 0.5)
    assert wrong["top_k"]["5"]["continent"] == 0.5
    assert plain["radius"] == wrong["radius"]  # what a radius holds does not depend on how photos are scored
    with pytest.raises(InputError, match="distance or wrong"):
        evaluate(loaded, truth.of(path), uncovered="right")


def test_intervals_resample_what_the_table_names(tiny_model, tmp_path, photo, tiny_cities):
    photo("red")
    rows = [f"r{i},red.png,{tiny_cities['Paris' if i < 30 else 'Rio'][0]},{tiny_cities['Paris'][1]},a{i // 2}"
            for i in range(40)]  # fmt: skip
    path = tmp_path / "photos.csv"
    path.write_text("\n".join(["photo_id,path,latitude,longitude,album", *rows]) + "\n")
    found = evaluate(locator.load(tiny_model), truth.of(path))
    assert found["intervals"] == {"resampled": "album", "units": 20}
    single = evaluate(locator.load(tiny_model), truth.of(path), resample="photo")
    assert single["intervals"] == {"resampled": "photo", "units": 40}
    wide, narrow = [each["accuracy_interval"]["region"] for each in (found, single)]
    assert wide[1] - wide[0] > narrow[1] - narrow[0]
    predictions_file = tmp_path / "p.csv"
    evaluate(locator.load(tiny_model), truth.of(path), predictions_file=predictions_file)
    again = score(predictions_file, path)
    assert (
        again["accuracy_interval"] == found["accuracy_interval"]
        and again["radius"]["interval"] == found["radius"]["interval"]
    )


def test_a_toy_model_never_stands_beside_published_rows(tiny_model, write_model, table, tmp_path):
    made = locator.load(tiny_model)
    toy = locator.Locator(replace(made.bundle, info=replace(made.bundle.info, training={"world": "toy"})))
    out = tmp_path / "p.csv"
    found = evaluate(toy, truth.of(table), predictions_file=out)
    again = score(out, table, benchmark="im2gps")
    rows = [{"name": "PlaNet", "accuracy": found["accuracy"]}]
    for each in (found, again):
        assert each["world"] == "toy"
        for style in (None, "markdown", "latex"):
            page = report.page(each, rows, style)
            assert "not comparable with published results" in page and "PlaNet" not in page
        assert "(toy Earth" in report.page(each, rows, "markdown")
        assert "PlaNet" not in report.page(each, rows, "json")
    real = evaluate(made, truth.of(table), predictions_file=out)
    assert "PlaNet" in report.page(real, rows)
    assert score(out, table)["world"] == "real"
