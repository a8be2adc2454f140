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
from photoplanet.training.albums import forming, train


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
    named = forming.form(rows, "photos")
    assert len(named.starts) - 1 == len(set(rows["album"].to_pylist()))
    np.testing.assert_array_equal(np.sort(named.rows), np.arange(len(rows)))
    albums = rows["album"].to_pylist()
    for start, stop in zip(named.starts[:-1], named.starts[1:], strict=True):
        assert len({albums[row] for row in named.rows[start:stop]}) == 1
        assert np.isnan(named.gaps[start]) and (named.gaps[start + 1 : stop] >= 0).all()
    by_pause = forming.form(rows.drop_columns(["album"]), "photos", gap_hours=2.0)
    assert len(by_pause.starts) > len(named.starts)
    with pytest.raises(InputError, match="no column album or photographer"):
        forming.form(rows.drop_columns(["album", "photographer"]), "photos.parquet")


def test_embeddings_are_computed_once_and_go_on(toy, tmp_path):
    model = locator.load("toy", threads=1)
    path = toy / "photos.parquet"
    rows = rows_of(path).slice(0, 70)
    counted = []
    whole, facts = forming.album_photos(
        rows, path, model, tmp_path / "a", advance=lambda count=1, note="": counted.append(count)
    )
    assert sum(counted) == 70 and facts["photos"] == 70 and facts["unreadable"] == 0
    _, direct = model.log_probabilities(np.stack(list(_pixels(rows, path, model))))
    order = forming.form(rows, "x").rows
    np.testing.assert_allclose(whole.embeddings[:].astype(np.float32), direct[order], rtol=2e-3, atol=2e-3)
    seen = []

    def stop_soon(count=1, note=""):
        seen.extend([1] * count)
        if len(seen) == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        forming.album_photos(rows, path, model, tmp_path / "b", advance=stop_soon)
    resumed = []
    again, _ = forming.album_photos(
        rows, path, model, tmp_path / "b", advance=lambda count=1, note="": resumed.append(count)
    )
    assert resumed[0] == 20 and sum(resumed) == 70
    np.testing.assert_array_equal(again.embeddings[:], whole.embeddings[:])
    fewer, _ = forming.album_photos(rows.slice(0, 40), path, model, tmp_path / "b")
    assert len(fewer) == 40


def _pixels(rows, path, model):
    from photoplanet.photos import decode

    return decode.load_many(table.paths(rows, path.parent), model.info.preprocessing, 0)


def test_an_unreadable_photo_keeps_its_slot(toy, tmp_path):
    rows = rows_of(toy / "photos.parquet").slice(0, 5)
    paths = ["missing.jpg", *rows["path"].to_pylist()[1:]]
    rows = rows.set_column(rows.column_names.index("path"), "path", [paths])
    found, facts = forming.album_photos(rows, toy / "photos.parquet", locator.load("toy", threads=1), tmp_path)
    assert facts["unreadable"] == 1 and (found.embeddings[:] == 0).all(axis=1).sum() == 1


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
    cache = tmp_path / "model.run" / "embeddings" / "training"
    before = {path.name: path.stat().st_mtime_ns for path in cache.glob("*.npy")}
    weights = {name: model.info.hashes[name] for name in model.info.parts["album-lstm"]["files"]}
    again = CliRunner().invoke(command, [*given[:-1]])
    assert again.exit_code == 0 and "resuming from step" in again.stderr
    assert "photoplanet album --model" in again.stdout
    assert {name: folder.read(out).info.hashes[name] for name in weights} == weights
    assert (
        before == {path.name: path.stat().st_mtime_ns for path in cache.glob("*.npy")} != {}
    )  # the parts added since do not count


def test_another_model_in_the_way_is_refused(toy, tiny_model):
    with pytest.raises(InputError, match="holds another network"):
        train.train(toy / "photos.parquet", locator.load("toy"), tiny_model, [])
