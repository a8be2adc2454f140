"""The studies' recipes run from nothing to their tables and figures, with few photos, few steps and fewer trainings."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TINY = {"PHOTOS": "500", "VALIDATION": "40", "HELD_OUT": "60", "TRAIN": "--set steps=2 --batch-size 16 --threads 1"}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A function that runs one script in a folder that all share, which it returns; the shared training is kept."""
    work, tools = tmp_path_factory.mktemp("studies"), tmp_path_factory.mktemp("bin")
    for name, arguments in (("photoplanet", " -m photoplanet"), ("python", "")):
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{arguments} "$@"\n')
        (tools / name).chmod(stat.S_IRWXU)
    here = {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "PHOTOPLANET_HOME": str(tools),
            "OMP_NUM_THREADS": "1"}  # fmt: skip

    def run(name: str, **shorter: str) -> Path:
        command = ["bash", f"scripts/study-{name}.sh", str(work)]
        environment = {**os.environ, **here, **TINY, **shorter}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("epochs in") == 1
        return work

    run("base")
    return run


def check(work: Path, name: str, arms: list[str], curves: list[str]) -> None:
    """The three tables have a line for each training and readout, and the figure names each curve."""
    table = (work / f"study-{name}.md").read_text("utf-8")
    for arm in arms:
        assert table.count(f"| {arm} | ") == 1 and table.count(f"| {arm}, `center` |") == (1 if arm == arms[0] else 2)
    picture = (work / f"study-{name}.svg").read_text("utf-8")
    assert all(f">{curve}<" in picture for curve in curves)


def test_study_of_cells(study):
    work = study("cells", T1S="30")
    check(work, "cells", ["base", "cells-30"], ["t1 = 250", "t1 = 30"])


def test_study_of_model_size(study):
    work = study("size", WIDTHS="0.25")
    check(work, "size", ["base", "size-0.25"], ["width 0.5", "width 0.25"])


def test_study_of_training_data(study):
    work = study("data", TRAININGS="34-2")
    check(work, "data", ["base", "data-34-2"], ["500 photos, 4 times", "34 photos, 2 times"])
