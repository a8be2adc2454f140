"""One training at a time has a run's working files: a second one is told who has them, and changes nothing."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from photoplanet.errors import InputError, TrainingError
from photoplanet.training import run, working_folder

HOLDER = """
import sys, time
from pathlib import Path
from photoplanet.training import working_folder
with working_folder.held(Path(sys.argv[1]), Path("model")):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "model.run"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_two_trainings_of_one_output_are_one_too_many(tmp_path, holder, photo_table, small_recipe):
    expected = f"{tmp_path / 'model'}: another process is training it, with {tmp_path / 'model.run'}; wait for its end"
    with pytest.raises(InputError) as caught:
        run.train(photo_table, tmp_path / "model", small_recipe)
    assert str(caught.value).startswith(expected)
    assert not (tmp_path / "model").exists()
    assert {path.name for path in (tmp_path / "model.run").iterdir()} <= {"lock", "lock-journal"}


def test_a_killed_training_holds_nothing(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with working_folder.held(tmp_path / "model.run", tmp_path / "model") as folder:
        assert folder == tmp_path / "model.run"


def test_where_the_file_system_has_no_locks_a_run_goes_on(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise OSError(5, "the lock cannot be used (disk I/O error)")

    monkeypatch.setattr(working_folder.lock, "take", fails)
    with working_folder.held(tmp_path / "model.run", tmp_path / "model") as folder:
        assert folder == tmp_path / "model.run" and folder.is_dir()


def test_a_folder_that_cannot_be_used_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file is a file"), working_folder.held(tmp_path / "file", tmp_path / "model"):
        pass
    with (
        pytest.raises(TrainingError, match="choose another -o"),
        working_folder.held(Path("/proc/a/b"), tmp_path / "model"),
    ):
        pass
