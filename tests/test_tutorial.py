"""docs/tutorial.ipynb runs from top to bottom, in a folder of its own, and finds what its text says."""

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs" / "tutorial.ipynb"
RESULTS = """
import json
shares = {row["name"]: row["accuracy"] for row in scored}
print(json.dumps({
    "photos": len(answers), "shares": shares, "held": sum(held) / len(held), "alone": in_the_city(alone),
    "together": in_the_city(together), "abstained": sum(answer.abstains for answer in answers),
    "supports": len(found.supports), "toy": model.info.is_toy,
}))
"""


def executed(folder):
    """The notebook with its outputs, run in `folder`, with a cell of results added at the end."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(RESULTS))
    own = {name: str(folder / name) for name in ("IPYTHONDIR", "JUPYTER_DATA_DIR", "PHOTOPLANET_HOME")}
    with pytest.MonkeyPatch.context() as patch:  # nothing of the user's: no history, no start-up files, no models
        for name, place in own.items():
            patch.setenv(name, place)
        resources = {"metadata": {"path": folder}}
        NotebookClient(notebook, kernel_name="python3", timeout=120, resources=resources).execute()
    return notebook


def outputs(notebook):
    return [each for cell in notebook.cells if cell.cell_type == "code" for each in cell.outputs]


def test_the_notebook_is_committed_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert outputs(notebook) == []
    assert all(cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


def test_every_cell_runs_and_finds_what_the_text_says(tmp_path):
    notebook = executed(tmp_path)  # once, for all that follows
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    kinds = {(each.output_type, each.get("name")) for each in outputs(notebook)}
    assert kinds <= {("execute_result", None), ("display_data", None), ("stream", "stdout")}  # no error, no stderr
    check_results(json.loads(notebook.cells[-1].outputs[0].text), tmp_path)
    check_pictures(outputs(notebook))


def check_results(found, folder):
    assert found["photos"] == 300 and found["toy"]
    assert found["shares"]["expected"]["city"] > found["shares"]["center"]["city"] > 0.3
    assert found["shares"]["expected"]["street"] > found["shares"]["center"]["street"]
    assert 0.8 < found["held"] < 0.97
    assert found["together"] > found["alone"]
    assert 0 < found["abstained"] < 150 and found["supports"]
    assert len((folder / "where.csv").read_text("utf-8").splitlines()) == 301 - found["abstained"]
    assert "toy" in (folder / "where.html").read_text("utf-8")


def check_pictures(shown):
    """Predictions show themselves as maps, pictures as pictures."""
    data = [each.data for each in shown if "data" in each]
    maps = [each["text/html"] for each in data if "data:image/svg+xml" in each.get("text/html", "")]
    assert len(maps) == 4 and all("not real places" in each for each in maps)
    assert sum("image/png" in each for each in data) == 3
