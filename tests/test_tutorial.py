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


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook with its outputs, a cell with its results added at the end, and the folder where it ran."""
    folder = tmp_path_factory.mktemp("tutorial")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(RESULTS))
    own = {name: str(folder / name) for name in ("IPYTHONDIR", "JUPYTER_DATA_DIR", "PHOTOPLANET_HOME")}
    with pytest.MonkeyPatch.context() as patch:  # nothing of the user's: no history, no start-up files, no models
        for name, place in own.items():
            patch.setenv(name, place)
        client = NotebookClient(notebook, kernel_name="python3", timeout=120, resources={"metadata": {"path": folder}})
        client.execute()
    return notebook, folder


def outputs(notebook):
    return [each for cell in notebook.cells if cell.cell_type == "code" for each in cell.outputs]


def test_the_notebook_is_committed_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert outputs(notebook) == []
    assert all(cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


def test_every_cell_runs_and_nothing_complains(executed):
    notebook, _ = executed
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    kinds = {(each.output_type, each.get("name")) for each in outputs(notebook)}
    assert kinds <= {("execute_result", None), ("display_data", None), ("stream", "stdout")}  # no error, no stderr


def test_the_results_are_those_of_the_text(executed):
    notebook, folder = executed
    found = json.loads(notebook.cells[-1].outputs[0].text)
    assert found["photos"] == 300 and found["toy"]
    assert found["shares"]["expected"]["city"] > found["shares"]["center"]["city"] > 0.3
    assert found["shares"]["expected"]["street"] > found["shares"]["center"]["street"]
    assert 0.8 < found["held"] < 0.97
    assert found["together"] > found["alone"]
    assert 0 < found["abstained"] < 150 and found["supports"]
    assert len((folder / "where.csv").read_text("utf-8").splitlines()) == 301 - found["abstained"]
    assert "toy" in (folder / "where.html").read_text("utf-8")


def test_predictions_show_themselves_as_maps_and_pictures_as_pictures(executed):
    notebook, _ = executed
    shown = [each.data for each in outputs(notebook) if "data" in each]
    maps = [data["text/html"] for data in shown if "data:image/svg+xml" in data.get("text/html", "")]
    assert len(maps) == 4 and all("not real places" in each for each in maps)
    assert sum("image/png" in data for data in shown) == 3
