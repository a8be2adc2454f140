import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError
from photoplanet.evaluation import predictions


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def truth(*ids):
    return pa.table({"photo_id": list(ids), "latitude": [10.0] * len(ids), "longitude": [20.0] * len(ids)})


def test_ranks_become_columns_and_order_in_the_file_does_not_matter(tmp_path):
    path = write(
        tmp_path / "p.csv", "photo_id,latitude,longitude,rank,confidence\na,3,4,2,0.1\nb,5,6,1,0.9\na,1,2,1,0.6\n"
    )
    found = predictions.read(path)
    assert found.photo_id.tolist() == ["a", "b"]
    np.testing.assert_array_equal(found.latitude, [[1, 3], [5, math.nan]])
    np.testing.assert_array_equal(found.longitude, [[2, 4], [6, math.nan]])
    np.testing.assert_array_equal(found.confidence, [0.6, 0.9])


def test_ranks_beyond_top_are_not_read(tmp_path):
    path = write(tmp_path / "p.csv", "photo_id,latitude,longitude,rank\na,1,2,1\na,3,4,99999999\n")
    assert predictions.read(path, top=3).latitude.tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("IMG_ID,LAT,LON", "a,1,2"),
        ("id;lat;lng", "a;1;2"),
        ("filename\tlat\tlon", "a\t1\t2"),
        ("img_id,pred_lat,pred_lng", "a,1,2"),
    ],
)
def test_foreign_names_are_understood(tmp_path, head, row):
    found = predictions.read(write(tmp_path / "p.csv", f"{head}\n{row}\n"))
    assert (found.photo_id[0].as_py(), found.latitude[0, 0], found.longitude[0, 0]) == ("a", 1, 2)


def test_parquet_with_integer_ids(tmp_path):
    pq.write_table(
        pa.table({"photo_id": [7, 8], "latitude": [1.0, math.nan], "longitude": [2.0, math.nan]}), tmp_path / "p"
    )
    found = predictions.read(tmp_path / "p")
    assert found.photo_id.tolist() == ["7"]
    assert found.report["without_answer"] == 1


def test_bad_rows_and_duplicates_are_counted_and_named_and_the_rest_counts(tmp_path):
    path = write(
        tmp_path / "p.csv",
        "photo_id,latitude,longitude,rank\n"
        "a,1,2,1\n"
        "b,91,0,1\n"
        "c,x,0,1\n"
        ",5,6,1\n"
        "a,9,9,1\n"
        "d,,,1\n"
        "e,1,inf,1\n"
        "f,1,2,0\n"
        "g,1,2,1,9,9\n"
        "h,1,,1\n",
    )
    found = predictions.read(path)
    assert found.photo_id.tolist() == ["a"]
    assert found.latitude.tolist() == [[1.0]]
    report = found.report
    assert report["without_answer"] == 1
    text = predictions.describe(report["bad_rows"])
    assert "coordinates out of range: 1 (rows 2)" in text
    assert "coordinates are not numbers: 3 (rows 3, 7, 10)" in text, (
        "as the file counts, row 9 too, which has six fields"
    )
    assert "no photo_id: 1 (rows 4)" in text
    assert "rank is not 1, 2, …: 1 (rows 8)" in text
    assert "wrong number of fields: 1" in text
    assert "(a): 1 (rows 5)" in predictions.describe(report["duplicates"])


def test_zero_zero_is_a_prediction_like_any_other(tmp_path):
    assert predictions.read(write(tmp_path / "p.csv", "photo_id,latitude,longitude\na,0,0\n")).latitude[0, 0] == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("photo_id,latitude\na,1\n", "no column longitude"),
        ("", "no column"),
        ("photo_id,latitude,longitude\na,95,1\n", "none of its 1 rows"),
        ("\x00\x01\x02", "no column"),
    ],
)
def test_a_useless_file_is_refused_in_one_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as caught:
        predictions.read(write(tmp_path / "p.csv", text))
    assert "\n" not in str(caught.value)


def test_missing_files_folders_and_false_parquet_are_refused(tmp_path):
    for path in (tmp_path / "absent.csv", tmp_path, write(tmp_path / "x.parquet", "PAR1 nonsense")):
        with pytest.raises(InputError, match=str(path.name)):
            predictions.read(path)


def test_the_truth_rules_who_counts(tmp_path):
    path = write(tmp_path / "p.csv", "photo_id,latitude,longitude\nb,1,2\nz,3,4\n")
    matched = predictions.match(predictions.read(path), truth("a", "b", "c"))
    assert matched.photo_id.to_pylist() == ["a", "b", "c"]
    np.testing.assert_array_equal(matched.latitude[:, 0], [math.nan, 1, math.nan])
    assert matched.report["missing"] == {"count": 2, "first": ["a", "c"]}
    assert matched.report["without_truth"] == {"count": 1, "first": ["z"]}
    assert matched.report["matched_by"] == "photo_id"


@pytest.mark.parametrize(
    ("ids", "known", "how"),
    [
        (("x/a.jpg", "x/b.jpg"), ("a.jpg", "b.jpg"), "file name"),
        (("C:\\x\\a.jpg", "b.JPG"), ("a", "b"), "file name without suffix"),
    ],
)
def test_file_names_match_when_no_id_does(tmp_path, ids, known, how):
    path = write(tmp_path / "p.csv", "photo_id,latitude,longitude\n" + "".join(f"{photo},1,2\n" for photo in ids))
    matched = predictions.match(predictions.read(path), truth(*known))
    assert matched.report["matched_by"] == how
    assert matched.report["missing"]["count"] == 0


def test_nothing_in_common_is_an_error_not_a_zero(tmp_path):
    path = write(tmp_path / "p.csv", f"photo_id,latitude,longitude\n{'q' * 100_000},1,2\n")
    with pytest.raises(InputError, match=r"no prediction belongs .* have photo_id 'q{100}', the truth 'a'; give both"):
        predictions.match(predictions.read(path), truth("a"))


def test_every_answer_withheld_is_a_score_of_zero_not_an_error(tmp_path):
    path = write(tmp_path / "p.csv", "photo_id,latitude,longitude\na,,\n")
    matched = predictions.match(predictions.read(path), truth("a", "b"))
    assert np.isnan(matched.latitude).all()
    assert matched.report["missing"]["count"] == 2


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(-100, 100), st.floats(-200, 200)), max_size=12))
def test_a_loop_over_the_rows_finds_the_same(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("p") / "p.csv"
    write(path, "photo_id,latitude,longitude\n" + "".join(f"{name},{lat!r},{lng!r}\n" for name, lat, lng in rows))
    expected = {}
    for name, lat, lng in rows:
        if abs(lat) <= 90 and abs(lng) <= 180:
            expected.setdefault(name, (lat, lng))
    if rows and not expected:
        with pytest.raises(InputError):
            predictions.read(path)
        return
    found = predictions.read(path)
    got = dict(zip(found.photo_id.tolist(), zip(found.latitude[:, 0], found.longitude[:, 0], strict=True), strict=True))
    assert got == expected


@pytest.mark.parametrize(
    "head",
    [
        "lat,lon,lat_pred,lon_pred", "lat,lon,pred_lat,pred_lng", "latitude,longitude,lat,lon",
        "lat,lon,guess_lat,guess_lng",
        "true_lat,true_lon,lat,lon", "LAT,LON,latPred,lonPred", "lat1,lng1,lat2,lng2",
        "model_lat,model_lon,gt_lat,gt_lon",
        "lat,lon,pred_y,pred_x",
        "lat,lon,guess_0,guess_1",
    ],
)  # fmt: skip
def test_two_pairs_of_coordinates_are_a_question(tmp_path, head):
    path = write(tmp_path / "p.csv", f"photo_id,{head}\na,1,2,3,4\n")
    with pytest.raises(InputError, match=r"which coordinates are the prediction\? It has .*, .*; name them") as caught:
        predictions.read(path)
    columns = head.split(",")
    assert all(name in str(caught.value) for name in columns)
    named = predictions.read(path, coordinates=(columns[2], columns[3]))
    assert (named.latitude[0, 0], named.longitude[0, 0]) == (3, 4)


def test_a_truth_in_one_column_beside_the_prediction_is_a_question_too(tmp_path):
    path = write(tmp_path / "p.csv", 'photo_id,lat,lon,answer\na,1,2,"3.5, 4.5"\nb,1,2,\n')
    with pytest.raises(InputError, match="It has lat/lon, answer; name them, for instance --latitude-column 'answer'"):
        predictions.read(path)
    assert predictions.read(path, coordinates=("answer", "answer")).latitude[0, 0] == 3.5
    with pytest.raises(InputError, match="no column 'none'"):
        predictions.read(path, coordinates=("none", "lon"))


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("id;lat;lon", "a;-33,5;151,25"), ("id,lat,lat_ref,lon", "a,33.5,S,151.25"),
        ("id,prediction", 'a,"-33.5, 151.25"'),
        ("id,lat,lon,lat_error,lon_error", "a,-33.5,151.25,1,2"),
        ("id,lat,lon,pred_score,predicted_km,pred_country", "a,-33.5,151.25,1,2,AU"),
        ("id,lat,lon,place", 'a,33°30\'S,151.25E,"x, y"'),
    ],
)  # fmt: skip
def test_places_are_read_however_they_are_written(tmp_path, head, row):
    found = predictions.read(write(tmp_path / "p.csv", f"{head}\n{row}\n"))
    assert (found.latitude[0, 0], found.longitude[0, 0]) == (-33.5, 151.25)


def test_names_in_another_unicode_form_are_the_same_names(tmp_path):
    apart = "e\u0301"
    path = write(tmp_path / "p.csv", f"photo_id,lat,lon\n{apart}0,1,2\né0,9,9\n")
    found = predictions.read(path)
    assert found.latitude.tolist() == [[1.0]] and "photo and rank seen before" in next(iter(found.report["duplicates"]))
    matched = predictions.match(found, truth(f"{apart}0"))
    assert matched.report["missing"]["count"] == 0 and matched.report["matched_by"] == "photo_id"
    path = write(tmp_path / "p.csv", f"photo_id,lat,lon\nx/{apart}0.jpg,1,2\n")
    assert predictions.match(predictions.read(path), truth("é0")).report["missing"]["count"] == 0


@pytest.mark.parametrize(
    ("head", "row", "last"),
    [
        ("photo_id,lat,lon,prediction", 'a,1,2,"-40,-100"', ""),
        ("photo_id,lat,lon,prediction", 'a,1,2,"-40.5, -100.5"', "b,1,2,unknown"),
        ("photo_id,lat,lon,y_pred,x_pred", "a,1,2,-40,-100", "b,1,2,unknown,unknown"),
        ("photo_id,true_lat,true_lon,guess", "a,1,2,Paris", ""),
        ("photo_id,gt_lat,gt_lon", "a,1,2", ""),
    ],
)
def test_the_truth_does_not_stand_for_a_prediction_that_cannot_be_read(tmp_path, head, row, last):
    path = write(tmp_path / "p.csv", f"{head}\n{row}\n{last}\n")
    with pytest.raises(InputError, match="--latitude-column"):
        predictions.read(path)
    names = head.split(",")[1:3]
    assert predictions.read(path, coordinates=(names[0], names[1])).latitude[0, 0] == 1


def test_answers_that_are_all_exactly_the_truth_are_said(tmp_path):
    ids = [f"{number}.jpg" for number in range(5)]
    same = write(tmp_path / "p.csv", "photo_id,lat,lon\n" + "".join(f"{name},10,20\n" for name in ids))
    assert predictions.match(predictions.read(same), truth(*ids)).report["same_as_truth"]
    apart = write(tmp_path / "q.csv", "photo_id,lat,lon\n" + "".join(f"{name},10,20.001\n" for name in ids))
    assert not predictions.match(predictions.read(apart), truth(*ids)).report["same_as_truth"]


def test_hemispheres_of_predictions_count_whatever_their_columns_are_called(tmp_path):
    path = write(tmp_path / "p.csv", "photo_id,lat,h1,lon,h2\na,33.9,S,151.2,E\n")
    assert predictions.read(path).latitude[0, 0] == -33.9
