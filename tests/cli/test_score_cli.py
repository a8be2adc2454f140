import json

import pytest


@pytest.fixture
def files(tmp_path):
    truth = tmp_path / "truth.csv"
    truth.write_text("IMG_ID,LAT,LON\na,48.86,2.35\nb,48.86,2.35\nc,-33.87,151.21\nd,35.68,139.69\nz,0,0\n")
    predictions = tmp_path / "p.csv"
    predictions.write_text(
        "photo_id,latitude,longitude,rank\na,48.86,2.35,1\nb,52.52,13.40,1\nb,48.86,2.35,2\nc,95,0,1\nq,1,1,1\n"
    )
    return predictions, truth


def test_text(run, files):
    status, out, err = run("score", *files)
    assert status == 0
    assert "city          25 km    25.0 %" in out
    assert "top 2" in out
    assert "2 photos without a prediction count as wrong (c, d)" in err
    assert "1 predictions without truth left out (q)" in err
    assert "coordinates out of range: 1 (rows 4)" in err
    assert "exactly 0, 0: 1 (row 5)" in err


def test_json_holds_everything(run, files):
    status, out, _ = run("score", *files, "--json", "--by", "continent", "--benchmark", "im2gps3k")
    found = json.loads(out)
    assert status == 0
    assert found["photos"] == 4
    assert found["predicted"] == 2
    assert found["accuracy"] == {"street": 0.25, "city": 0.25, "region": 0.25, "country": 0.25, "continent": 0.5}
    assert found["top_k"]["2"]["city"] == 0.5
    assert list(found["by"]["continent"]) == ["Asia", "Europe", "Oceania"] or set(found["by"]["continent"]) == {
        "Europe", "Asia", "Oceania"
    }  # fmt: skip
    assert any(row["name"] == "GeoCLIP" for row in found["published"])
    assert found["report"]["missing"]["count"] == 2


def test_tables_to_paste(run, files):
    _, out, err = run("score", *files, "--table", "markdown", "--benchmark", "im2gps", "--name", "mine")
    assert "| PlaNet, 91 M photos (2016) | 8.4 | 24.5 | 37.6 | 53.6 | 71.3 |" in out
    assert "| mine (incomplete copy, not comparable) | 25.0 | 25.0 |" in out
    assert "4 photos, but im2gps has 237" in err
    _, out, _ = run("score", *files, "--table", "latex", "--intervals")
    assert out.startswith("\\begin{tabular}")
    assert "25.0 [0.0, 75.0]" in out


@pytest.mark.parametrize("which", [0, 1])
def test_a_file_that_is_no_table_is_refused_in_one_line(run, files, which):
    files[which].write_bytes(b"\xff\xfe\x00garbage")
    status, out, err = run("score", *files)
    assert status == 2
    assert out == ""
    assert files[which].name in err
    assert err.count("\n") == 1


def test_bad_usage(run, files):
    assert run("score", files[0])[0] == 2
    assert run("score", *files, "--table", "html")[0] == 2
    assert run("score", "absent.csv", files[1])[0] == 2


def test_help_has_an_example(run):
    status, out, _ = run("score", "--help")
    assert status == 0
    assert "photoplanet score predictions.csv photos.parquet" in out


def test_radii_of_our_own_csv_are_checked(run, tiny_model, tmp_path, photo, tiny_cities):
    paths = [photo(colour) for colour in ("red", "green")]
    where = tmp_path / "where.csv"
    run("locate", *paths, "--model", tiny_model, "--csv", where, "--precision", "street", "--answer-always")
    truth = tmp_path / "truth.csv"
    rows = [f"{path},{tiny_cities[city][0]},{tiny_cities[city][1]}"
            for path, city in zip(paths, ("Paris", "Tokyo"), strict=True)]  # fmt: skip
    truth.write_text("\n".join(["photo_id,latitude,longitude", *rows]) + "\n")
    status, out, err = run("score", where, truth)
    assert status == 0
    assert "claimed: 90 %" in out and "50.0 %" in out
    assert "intervals resample single photos" in err
    _, out, _ = run("score", where, truth, "--region", "0.5", "--json")
    found = json.loads(out)["radius"]
    assert (found["probability"], found["stated"], found["held"]) == (0.5, 2, 0.5)


def test_toy_predictions_are_set_apart_from_published_rows_in_the_output_itself(run, files):
    predictions, truth = files
    lines = predictions.read_text().splitlines()
    predictions.write_text("\n".join([lines[0] + ",world", *(f"{line},Toy" for line in lines[1:])]) + "\n")
    for style in ((), ("--table", "markdown"), ("--table", "latex")):
        _, out, _ = run("score", predictions, truth, "--benchmark", "im2gps3k", *style)
        assert "PIGEOTTO" not in out and "not comparable with published results" in out
    _, out, _ = run("score", predictions, truth, "--benchmark", "im2gps3k", "--json")
    assert "published" not in json.loads(out)


def test_what_is_resampled_can_be_chosen(run, files):
    predictions, truth = files
    rows = [f"{line},{'xy'[i % 2]}" for i, line in enumerate(truth.read_text().splitlines()[1:])]
    truth.write_text("\n".join(["IMG_ID,LAT,LON,user", *rows]) + "\n")
    _, out, err = run("score", predictions, truth)
    assert "95 % interval, 2 photographers resampled" in out
    assert "only 2 photographers" in err
    _, out, err = run("score", predictions, truth, "--resample", "photo")
    assert "4 photos resampled" in out and "photographers" not in err
    status, _, err = run("score", predictions, truth, "--resample", "album")
    assert status == 2 and "no photo has a known album" in err
