"""`photoplanet train-album` from a photo table to a model that `album` methods can use."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from photoplanet.albums import album_parameters
from photoplanet.cli.train_album import command
from photoplanet.errors import InputError
from photoplanet.locate import locator
from photoplanet.models import folder
from photoplanet.photos import table
from photoplanet.toyworld import write
from photoplanet.training.albums import cnn_answers, train


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """The folder of a small toy Earth: photos.parquet with albums, photographers and times."""
    target = tmp_path_factory.mktemp("toy")
    write.write(target, write.Order(photos=160, size=48), processes=1)
    return target


def rows_of(path):
    return table.read(path)[0]


def test_albums_are_formed_by_column_or_by_photographer_and_pause(toy):
    rows = rows_of(toy / "photos.parquet")
    named = cnn_answers.form(rows, "photos")
    assert len(named.starts) - 1 == len(set(rows["album"].to_pylist()))
    np.testing.assert_array_equal(np.sort(named.rows), np.arange(len(rows)))
    albums = rows["album"].to_pylist()
    for start, stop in zip(named.starts[:-1], named.starts[1:], strict=True):
        assert len({albums[row] for row in named.rows[start:stop]}) == 1
        assert np.isnan(named.gaps[start]) and (named.gaps[start + 1 : stop] >= 0).all()
    by_pause = cnn_answers.form(rows.drop_columns(["album"]), "photos", gap_hours=2.0)
    assert len(by_pause.starts) > len(named.starts)
    with pytest.raises(InputError, match="no column album or photographer"):
        cnn_answers.form(rows.drop_columns(["album", "photographer"]), "photos.parquet")


def test_answers_are_computed_once_go_on_and_start_anew_for_other_photos(toy, tmp_path):
    model = locator.load("toy", threads=1)
    path = toy / "photos.parquet"
    rows = rows_of(path).slice(0, 70)
    counted = []
    whole, facts = cnn_answers.answers(
        rows, path, model, tmp_path / "a", advance=lambda n=1, note="": counted.append(n)
    )
    assert sum(counted) == 70 and facts["photos"] == 70 and facts["unreadable"] == 0
    _, direct = model.log_probabilities(np.stack(list(_pixels(rows, path, model))))
    order = cnn_answers.form(rows, "x").rows
    np.testing.assert_allclose(whole.embeddings.astype(np.float32), direct[order], rtol=2e-3, atol=2e-3)

    def stop_soon(count=1, note=""):
        if count:
            raise KeyboardInterrupt

    calls = iter([lambda *a, **k: None, stop_soon])
    step = {"now": next(calls)}

    def advance(count=1, note=""):
        now, step["now"] = step["now"], next(calls, step["now"])
        now(count)

    with pytest.raises(KeyboardInterrupt):
        cnn_answers.answers(rows, path, model, tmp_path / "b", advance=advance)
    state = json.loads((tmp_path / "b" / "state.json").read_text("utf-8"))
    assert 0 < state["done"] < 70
    resumed = []
    again, _ = cnn_answers.answers(rows, path, model, tmp_path / "b", advance=lambda n=1, note="": resumed.append(n))
    assert resumed[0] == state["done"]
    np.testing.assert_array_equal(again.embeddings, whole.embeddings)
    fewer, _ = cnn_answers.answers(rows.slice(0, 40), path, model, tmp_path / "b")
    assert len(fewer) == 40


def _pixels(rows, path, model):
    from photoplanet.photos import decode

    return decode.load_many(table.paths(rows, path.parent), model.info.preprocessing, 0)


def test_an_unreadable_photo_keeps_its_slot(toy, tmp_path):
    rows = rows_of(toy / "photos.parquet").slice(0, 5)
    paths = ["missing.jpg", *rows["path"].to_pylist()[1:]]
    rows = rows.set_column(rows.column_names.index("path"), "path", [paths])
    found, facts = cnn_answers.answers(rows, toy / "photos.parquet", locator.load("toy", threads=1), tmp_path)
    assert facts["unreadable"] == 1 and (found.embeddings == 0).all(axis=1).sum() == 1


def test_the_command_adds_parts_resumes_and_leaves_the_given_model_alone(toy, tmp_path):
    out = tmp_path / "model"
    given = [str(toy / "photos.parquet"), "--model", "toy", "-o", str(out), "--epochs", "1", "--units", "8",
             "--method", "lstm", "--threads", "1", "--json"]  # fmt: skip
    done = CliRunner().invoke(command, given)
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts["album-lstm"]["validation"]["photos"] > 0
    assert facts["album-lstm"]["training"]["training"]["albums"] > 1
    model = folder.read(out)
    taken = album_parameters.read(model)
    assert {"hmm", "timed-hmm", "lstm"} <= set(taken)
    cache = tmp_path / "model.run" / "album-answers" / "training" / "embeddings.npy"
    before = cache.stat().st_ino, cache.stat().st_mtime_ns
    weights = {name: model.info.hashes[name] for name in model.info.parts["album-lstm"]["files"]}
    again = CliRunner().invoke(command, [*given[:-1]])
    assert again.exit_code == 0 and "going on from epoch 1" in again.stderr
    assert "photoplanet album --model" in again.stdout
    assert {name: folder.read(out).info.hashes[name] for name in weights} == weights
    assert (cache.stat().st_ino, cache.stat().st_mtime_ns) == before  # the parts added since do not count


def test_another_model_in_the_way_is_refused(toy, tiny_model):
    with pytest.raises(InputError, match="holds another network"):
        train.train(toy / "photos.parquet", locator.load("toy"), tiny_model, [])
