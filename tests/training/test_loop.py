"""The training loop as a user meets it: it learns, stops, goes on bit for bit, and says what is wrong."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from photoplanet.errors import InputError, TrainingError
from photoplanet.models import folder as model_folder
from photoplanet.photos import table
from photoplanet.training import checkpoint, dataset, logs, recipes, run
from photoplanet.training.classification import Classification
from photoplanet.training.distributed import Ranks
from photoplanet.training.loop import Loop, RunOptions, Stopped

QUIET = RunOptions(curves=False, log_every=1)


def trainer(photo_table: Path, folder: Path, recipe, say=lambda line: None, **options) -> Loop:
    folder.mkdir(exist_ok=True)
    options = dataclasses.replace(QUIET, **options)
    task = Classification(dataset.prepare(photo_table, recipe), recipe, Ranks(), options.threads, say)
    return Loop(task, folder, options, say)


def weights(of: Loop) -> dict[str, torch.Tensor]:
    average = of.task.average
    return checkpoint.collect(of.task.model, average.model if average else None, of.task.optimizer)


def assert_same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> None:
    assert left.keys() == right.keys()
    different = [name for name, value in left.items() if not torch.equal(value, right[name])]
    assert not different


@pytest.fixture(scope="module")
def straight(photo_table, small_recipe, tmp_path_factory):
    """A run of ten steps without a stop; a checkpoint every four steps."""
    torch.set_num_threads(1)
    whole = trainer(photo_table, tmp_path_factory.mktemp("straight"), small_recipe, checkpoint_steps=4)
    whole.run()
    return whole


def test_a_run_leaves_checkpoints_and_a_log(straight):
    lines = logs.read(straight.folder / logs.LOG)
    assert [line["step"] for line in lines if line["kind"] == "train"] == list(range(1, 11))
    last = [line for line in lines if line["kind"] == "validation"][-1]
    assert last["step"] == 10 and 0 <= last["within_city"] <= last["within_continent"] <= 1
    assert checkpoint.read(straight.folder)[1]["step"] == 10
    assert checkpoint.read_file(straight.folder / checkpoint.BEFORE)[1]["step"] == 8


def test_going_on_from_a_checkpoint_is_bit_exact(straight, photo_table, small_recipe, tmp_path):
    source = (straight.folder / checkpoint.BEFORE).read_bytes()
    (tmp_path / checkpoint.LAST).write_bytes(source)
    again = trainer(photo_table, tmp_path, small_recipe, threads=5)
    again.run()
    assert_same(weights(straight), weights(again))
    assert again.history[-1]["loss"] == straight.history[-1]["loss"]


KILLED = """
import sys, torch
from pathlib import Path
from photoplanet.training import dataset, recipes
from photoplanet.training.classification import Classification
from photoplanet.training.distributed import Ranks
from photoplanet.training.loop import Loop, RunOptions
torch.set_num_threads(1)
recipe = recipes.Recipe.from_dict(eval(sys.argv[3]))
task = Classification(dataset.prepare(Path(sys.argv[1]), recipe), recipe, Ranks())
Loop(task, Path(sys.argv[2]), RunOptions(curves=False, log_every=1, checkpoint_steps=1)).run()
"""


def started(photo_table: Path, folder: Path, recipe, steps: int) -> subprocess.Popen:
    """A run in another process, seen to have taken some steps."""
    command = [sys.executable, "-c", KILLED, str(photo_table), str(folder), repr(recipe.as_dict())]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    log = folder / logs.LOG
    deadline = time.monotonic() + 120
    while not log.exists() or log.read_text().count("\n") < steps:
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(process.communicate()[1])
        time.sleep(0.001)
    return process


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_goes_on_bit_for_bit(photo_table, small_recipe, tmp_path, number):
    recipe = recipes.changed(small_recipe, ["steps=200"])  # far more than it gets to before the signal
    process = started(photo_table, tmp_path, recipe, steps=3)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode != 0
    facts = checkpoint.read(tmp_path)[1]
    assert 1 <= facts["step"] < 200

    def at(step: int, folder: Path) -> Loop:
        going = trainer(photo_table, folder, recipe)
        going.resume()
        for batch in going.task.batches(going.step, step):
            going.take_step(batch)
        return going

    target = facts["step"] + 2
    assert_same(weights(at(target, tmp_path)), weights(at(target, tmp_path / "straight")))


def test_ctrl_c_writes_a_checkpoint_first(photo_table, small_recipe, tmp_path):
    running = trainer(photo_table, tmp_path, small_recipe)
    before = signal.getsignal(signal.SIGINT)

    def press(count=1, note=""):
        if running.step == 4 and count:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Stopped) as stopped:
        running.run(press)
    assert stopped.value.number == signal.SIGINT
    assert checkpoint.read(tmp_path)[1]["step"] == running.step < 10
    assert signal.getsignal(signal.SIGINT) is before


def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_the_checkpoint(photo_table, small_recipe, tmp_path):
    trainer(photo_table, tmp_path, recipes.changed(small_recipe, ["steps=3"])).run()
    wild = trainer(photo_table, tmp_path / "wild", small_recipe, checkpoint_steps=2)

    def spoil(count=1, note=""):
        if wild.step == 5:
            with torch.no_grad():
                wild.task.model.head.weight.fill_(float("inf"))

    with pytest.raises(TrainingError, match=r"not finite at step 6 of 10 \(learning rate .*--learning-rate"):
        wild.run(spoil)
    tensors, facts, _ = checkpoint.read(tmp_path / "wild")
    assert facts["step"] == 4 and all(value.isfinite().all() for value in tensors.values())


def test_another_recipe_or_other_photos_do_not_go_on_from_a_checkpoint(straight, photo_table, small_recipe, tmp_path):
    (tmp_path / checkpoint.LAST).write_bytes((straight.folder / checkpoint.LAST).read_bytes())
    other = recipes.changed(small_recipe, ["learning_rate=0.5"])
    with pytest.raises(InputError, match=rf"learning_rate={small_recipe.learning_rate} \(now 0.5\).*--resume never"):
        trainer(photo_table, tmp_path, other).run()
    facts = checkpoint.read(tmp_path)[1]
    checkpoint.write(tmp_path, checkpoint.read(tmp_path)[0], {**facts, "data": "0000"})
    with pytest.raises(InputError, match="other photos or cells"):
        trainer(photo_table, tmp_path, small_recipe).run()
    with pytest.raises(InputError, match="no checkpoint to resume"):
        trainer(photo_table, tmp_path / "empty", small_recipe, resume="must").run()


def test_a_checkpoint_that_is_damaged_gives_way_to_the_one_before(straight, photo_table, small_recipe, tmp_path):
    for name in (checkpoint.LAST, checkpoint.BEFORE):
        (tmp_path / name).write_bytes((straight.folder / name).read_bytes())
    torn = tmp_path / checkpoint.LAST
    torn.write_bytes(torn.read_bytes()[:-100])
    said: list[str] = []
    again = trainer(photo_table, tmp_path, small_recipe, said.append)
    again.run()
    assert "resuming from the checkpoint before it" in said[0] and said[1] == "resuming from step 8"
    assert_same(weights(straight), weights(again))


def test_unreadable_photos_are_counted_and_the_run_goes_on(photo_table, small_recipe, tmp_path):
    rows, _ = table.read(photo_table)
    paths = table.paths(rows, photo_table.parent)
    for name in paths[:3]:
        (tmp_path / Path(name).name).write_bytes(Path(name).read_bytes()[:200])
    broken = [str(tmp_path / Path(name).name) for name in paths[:3]] + paths[3:]
    rows = rows.set_column(rows.column_names.index("path"), "path", [broken])
    path = table.write(rows, tmp_path / "photos.parquet")
    recipe = recipes.changed(small_recipe, ["validation=0"])
    done = trainer(path, tmp_path / "run", recipe)
    done.run()
    assert done.task.unreadable.nonzero().flatten().tolist() == [0, 1, 2]
    assert logs.read(tmp_path / "run" / logs.LOG)[-1]["unreadable"] == 3


def test_no_photos_and_no_cells_are_said(photo_table, small_recipe, tmp_path):
    rows, _ = table.read(photo_table)
    empty = table.write(rows.slice(0, 0), tmp_path / "empty.parquet")
    with pytest.raises(TrainingError, match="no photo to train on"):
        dataset.prepare(empty, small_recipe)
    with pytest.raises(InputError, match="min_photos 1000"):
        dataset.prepare(photo_table, recipes.changed(small_recipe, ["max_photos=1000", "min_photos=1000"]))
    from photoplanet.earth.partition.partition import Partition

    Partition.uniform(np.zeros(3) - 60, np.zeros(3), level=4, min_photos=1).save(tmp_path / "cells.parquet")
    with pytest.raises(TrainingError, match="none of its photos lies in the"):
        dataset.prepare(photo_table, small_recipe, tmp_path / "cells.parquet")


def test_photos_outside_every_cell_are_dropped_and_counted(photo_table, small_recipe, tmp_path):
    from photoplanet.earth.partition.partition import Partition

    rows, _ = table.read(photo_table)
    latitude, longitude = rows["latitude"].to_numpy(), rows["longitude"].to_numpy()
    paris = latitude > 45
    Partition.uniform(latitude[paris], longitude[paris], level=4, min_photos=1).save(tmp_path / "cells.parquet")
    found = dataset.prepare(photo_table, small_recipe, tmp_path / "cells.parquet")
    assert found.facts["photos"] + found.facts["outside_cells"] + found.facts["validation_photos"] == 60
    assert (found.training.classes >= 0).all() and (found.training.latitude > 45).all()


@pytest.mark.parametrize("recipe_name", ["default", "paper"])
def test_from_photo_table_to_model_folder(photo_table, small_recipe, tmp_path, recipe_name):
    recipe = small_recipe
    if recipe_name == "paper":
        sizes = [
            "backbone=mobile",
            "image_size=32",
            "width=0.25",
            "steps=4",
            "batch_size=16",
            "max_photos=20",
            "min_photos=2",
        ]
        recipe = recipes.changed(recipes.named("paper"), sizes)
    facts = run.train(photo_table, tmp_path / "model", recipe, options=dataclasses.replace(QUIET, curves=True))
    bundle = model_folder.read(tmp_path / "model")
    assert len(bundle.partition) == bundle.info.classes == facts["cells"]
    assert bundle.info.training["recipe"]["name"] == recipe_name
    assert json.dumps(facts, allow_nan=False)
    assert facts["validation"]["accuracy"].keys() == {"street", "city", "region", "country", "continent"}
    assert bundle.info.temperature > 0
    assert list((tmp_path / "model.run" / logs.CURVES).iterdir())


def test_it_learns_colours(photo_table, small_recipe, tmp_path):
    recipe = recipes.changed(small_recipe, ["steps=60", "learning_rate=0.01", "average=0.9"])
    learned = trainer(photo_table, tmp_path, recipe)
    learned.run()
    first, last = learned.history[0], learned.history[-1]
    assert last["loss"] < first["loss"] / 5  # seeds 0 to 3: about 1.5 to at most 0.003
    assert last["accuracy"]["city"] >= 0.8  # all six from the middle of the run on; chance: one or two


def test_a_checkpoint_of_an_older_version_goes_on(straight, photo_table, small_recipe, tmp_path):
    """One that was written before validations chose weights, and before the last setting was added."""
    tensors, facts = checkpoint.read_file(straight.folder / checkpoint.BEFORE)
    del facts["best"], facts["recipe"]["sync_norm"]
    checkpoint.write(tmp_path, tensors, facts)
    again = trainer(photo_table, tmp_path, small_recipe)
    again.run()
    assert_same(weights(straight), weights(again))


def test_a_checkpoint_is_written_when_the_minutes_are_over(photo_table, small_recipe, tmp_path):
    steps = []

    def look(folder):
        def advance(count=1, note=""):
            found = checkpoint.read(folder)
            steps.append(found[1]["step"] if found else 0)

        return advance

    often = trainer(photo_table, tmp_path / "often", small_recipe, checkpoint_minutes=0, checkpoint_steps=100)
    often.run(look(tmp_path / "often"))
    assert sorted(set(steps)) == list(range(10))  # each step sees the one before
    steps.clear()
    rarely = trainer(photo_table, tmp_path / "rarely", small_recipe, checkpoint_minutes=10, checkpoint_steps=100)
    rarely.run(look(tmp_path / "rarely"))
    assert set(steps) == {0} and checkpoint.read(tmp_path / "rarely")[1]["step"] == 10


def test_a_run_validates_each_epoch_and_at_most_20_times_and_at_its_end(photo_table, small_recipe, tmp_path):
    def validated(folder, steps, **options):
        recipe = recipes.changed(small_recipe, [f"steps={steps}"])
        done = trainer(photo_table, tmp_path / folder, recipe, **options)
        done.run()
        return [result["step"] for result in done.history]

    assert validated("short", 10) == [3, 6, 10]  # 54 photos are 3 batches of 16; 9 is nearly the end
    assert validated("long", 130) == [*range(6, 127, 6), 130]
    assert validated("asked", 10, validate_every=4) == [4, 10]


def test_the_first_20_unreadable_photos_are_named_and_all_are_counted(photo_table, small_recipe, tmp_path):
    rows, _ = table.read(photo_table)
    paths = [f"missing-{i}.jpg" if i < 30 else path for i, path in enumerate(table.paths(rows, photo_table.parent))]
    rows = rows.set_column(rows.column_names.index("path"), "path", [paths])
    path = table.write(rows, tmp_path / "photos.parquet")
    said: list[str] = []
    done = trainer(path, tmp_path / "run", recipes.changed(small_recipe, ["validation=0"]), said.append)
    done.run()
    assert done.task.unreadable.sum() == 30
    assert len([line for line in said if "cannot be read, another photo takes its place" in line]) == 20


def test_a_tenth_of_the_photos_is_held_out(photo_table):
    assert dataset.prepare(photo_table, recipes.Recipe(min_photos=1)).facts["validation_photos"] == 6


def test_the_model_folder_gets_the_averaged_weights(photo_table, small_recipe, tmp_path):
    run.train(photo_table, tmp_path / "model", small_recipe, options=QUIET)
    kept = load_file(tmp_path / "model" / model_folder.WEIGHTS)
    tensors, _, _ = checkpoint.read(tmp_path / "model.run")
    assert all(torch.equal(value, tensors[f"average.{name}"]) for name, value in kept.items())


PATIENT = ["schedule=constant", "patience=2", "patience_epochs=0.5", "steps=100"]
TOP1 = [0.2, 0.5, 0.5, 0.6, 0.6, 0.3, 0.9]  # of the validations; "better" is more, and as good is not better


@pytest.fixture
def scripted(monkeypatch):
    """Validations whose top-1 is TOP1's, one after another; one is due every two steps."""

    def validate(task, step):
        return {"top1": TOP1[step // 2 - 1], "photos": 0, "loss": 1.0, "accuracy": {}}

    monkeypatch.setattr(Classification, "validate", validate)


def test_patience_ends_a_run_and_keeps_the_best_weights(scripted, photo_table, small_recipe, tmp_path):
    said: list[str] = []
    recipe = recipes.changed(small_recipe, PATIENT)
    whole = trainer(photo_table, tmp_path / "whole", recipe, said.append, checkpoint_steps=1000)
    kept = {}

    def look(count=1, note=""):
        if whole.step == 8:  # what is validated at step 8, the fourth validation
            kept.update({name: value.clone() for name, value in whole.task.average.model.state_dict().items()})

    whole.run(look)
    assert [result["step"] for result in whole.history] == [2, 4, 6, 8, 10, 12] and whole.step == 12
    assert whole.converged and whole.best["step"] == 8
    assert "converged: 2 validations without a better one; the weights of step 8 are kept" in said[-1]
    assert_same(whole.result().state_dict(), kept)
    assert checkpoint.read(tmp_path / "whole")[1]["step"] == 12
    again = trainer(photo_table, tmp_path / "whole", recipe)
    again.run()  # it is over: nothing more is learned
    assert again.step == 12 and len(again.history) == 6
    assert_same(again.result().state_dict(), kept)


@pytest.mark.parametrize("stop", [4, 5, 8, 9, 11, 12])
def test_a_run_with_patience_that_was_stopped_ends_as_one_that_was_not(
    scripted, photo_table, small_recipe, tmp_path, stop
):
    recipe = recipes.changed(small_recipe, PATIENT)
    whole = trainer(photo_table, tmp_path / "whole", recipe)
    whole.run()
    broken = trainer(photo_table, tmp_path / "broken", recipe)

    def press(count=1, note=""):
        if broken.step == stop and count:
            os.kill(os.getpid(), signal.SIGINT)

    try:
        broken.run(press)
    except Stopped:
        assert broken.step == stop
    again = trainer(photo_table, tmp_path / "broken", recipe)
    again.run()
    assert (again.step, again.best, again.history) == (whole.step, whole.best, whole.history)
    assert_same(weights(whole), weights(again))
    assert_same(whole.result().state_dict(), again.result().state_dict())


def test_the_model_folder_gets_the_best_weights_and_says_whether_it_converged(
    scripted, photo_table, small_recipe, tmp_path
):
    facts = run.train(photo_table, tmp_path / "model", recipes.changed(small_recipe, PATIENT), options=QUIET)
    assert facts["converged"] is True and facts["steps"] == 12 and facts["validation"]["step"] == 8
    assert facts["epochs"] == pytest.approx(12 * 16 / 54, abs=0.001)
    kept = load_file(tmp_path / "model" / model_folder.WEIGHTS)
    tensors, _, _ = checkpoint.read(tmp_path / "model.run")
    assert all(torch.equal(value, tensors[f"best.{name}"]) for name, value in kept.items())
    assert any(not torch.equal(value, tensors[f"average.{name}"]) for name, value in kept.items())
    said: list[str] = []
    short = recipes.changed(small_recipe, [*PATIENT, "steps=10"])
    facts = run.train(photo_table, tmp_path / "short", short, options=QUIET, say=said.append)
    assert facts["converged"] is False and any("before validation converged" in line for line in said)


def test_patience_that_cannot_be_is_refused(photo_table, small_recipe, tmp_path):
    with pytest.raises(InputError, match="use schedule=constant, or patience=0"):
        recipes.changed(small_recipe, ["patience=3"])
    patient = recipes.changed(small_recipe, PATIENT)
    with pytest.raises(InputError, match="needs photos to validate on"):
        trainer(photo_table, tmp_path / "a", recipes.changed(patient, ["validation=0"]))
    with pytest.raises(InputError, match="set patience_epochs instead"):
        trainer(photo_table, tmp_path / "b", patient, validate_every=3)


def test_the_same_signal_twice_ends_the_process_at_once():
    code = (
        "import signal; from photoplanet.training.signals import Signals\n"
        "with Signals():\n"
        "    signal.raise_signal(signal.SIGTERM); print('goes on', flush=True)\n"
        "    signal.raise_signal(signal.SIGTERM); print('never', flush=True)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (128 + signal.SIGTERM, ["goes", "on"])


def test_an_unknown_way_to_resume_is_refused():
    with pytest.raises(InputError, match="auto, must, never, if-same"):
        RunOptions(resume="perhaps")


def test_a_folder_that_is_not_unicode_is_refused_before_any_step(photo_table, small_recipe, tmp_path):
    with pytest.raises(InputError, match="name in UTF-8"):
        trainer(photo_table, tmp_path / "caf\udce9", small_recipe)
