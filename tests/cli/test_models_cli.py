import json
from functools import partial

import pytest


@pytest.fixture
def run(run):
    """A function: `run(…)` → exit status, stdout, stderr of `photoplanet models …`."""
    return partial(run, "models")


def test_a_model_is_added_listed_chosen_and_removed(run, tiny_model):
    assert run("add", tiny_model, "--name", "europe") == (
        0, f"added europe: {_facts(tiny_model)}, now the default\n", "")  # fmt: skip
    assert run("add", tiny_model, "--name", "second")[0] == 0
    assert run("add", tiny_model, "--name", "third", "--default")[1].endswith("now the default\n")
    lines = [line for line in run("list")[1].splitlines() if "mean colour" in line]
    assert [line.split()[:2] for line in lines] == [["europe", "5"], ["second", "5"], ["*", "third"]]
    assert run("default", "second") == (0, "second\n", "")
    assert run("default") == (0, "second\n", "")
    assert run("remove", "second") == (0, "removed second\n", "")
    assert "no default is chosen" in run("default")[1]


def test_the_card_is_printed_for_a_name_a_folder_and_the_default(run, tiny_model):
    assert run("card", tiny_model)[1] == (tiny_model / "MODEL_CARD.md").read_text(encoding="utf-8")
    run("add", tiny_model, "--name", "europe")
    assert run("card", "europe")[1].startswith("# Model card: tiny")
    assert run("card")[1].startswith("# Model card: tiny")


def test_json_everywhere(run, tiny_model):
    added = json.loads(run("add", tiny_model, "--name", "europe", "--json")[1])
    assert added["name"] == "europe" and added["default"] and added["world"] == "real" and added["classes"] == 5
    listed = json.loads(run("list", "--json")[1])
    assert listed["default"] == "europe" and added in listed["models"]
    assert json.loads(run("card", "europe", "--json")[1])["name"] == "tiny"
    assert json.loads(run("default", "--json")[1]) == {"default": "europe"}
    assert json.loads(run("remove", "europe", "--json")[1]) == {"removed": "europe"}
    assert json.loads(run("default", "--json")[1]) == {"default": None}


def test_errors_take_one_line_and_change_nothing(run, tiny_model, tmp_path):
    for arguments in (["add", tmp_path], ["add", tmp_path / "no"], ["remove", "no"], ["default", "no"], ["card", "no"]):
        status, out, err = run(*arguments)
        assert status == 2 and out == "" and err.count("\n") == 1
    assert "no model is chosen" in run("card")[2]


def test_a_toy_is_marked_in_the_list(run, write_model, tmp_path):
    write_model(tmp_path / "model", name="small", world="toy")
    assert "toy Earth only: not real places" in run("add", tmp_path / "model")[1]
    assert "now the default" not in run("list")[1] and "no default is chosen" in run("list")[2]


def test_a_model_that_is_not_shown_to_beat_its_prior_is_added_but_not_chosen(run, tiny_model_copy):
    path = tiny_model_copy / "model.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps(facts | {"training": {**facts["training"], "against_prior": {"beats": False}}}))
    status, out, _ = run("add", tiny_model_copy, "--name", "weak")
    assert status == 0 and "now the default" not in out
    assert out.splitlines()[1].startswith("not made the default: its test did not show that it beats one place for all")
    assert "not made" not in run("add", tiny_model_copy, "--name", "forced", "--default")[1]


def _facts(model):
    created = json.loads((model / "model.json").read_text())["created"][:10]
    return f"5 cells, mean colour at 16 px, {created}"
