import json
import re
import shlex
from functools import partial
from pathlib import Path

import pytest
from strange_networks import network

from photoplanet.encoders import lite

CONFIG = b'{"size": 16, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]}'


@pytest.fixture
def run(run):
    """A function: `run(…)` → exit status, stdout, stderr of `photoplanet encoders …`."""
    return partial(run, "encoders")


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(network(form="class").SerializeToString())
    (tmp_path / "preprocessor_config.json").write_bytes(CONFIG)
    return path


def test_an_encoder_is_added_listed_described_and_removed(run, net):
    status, out, err = run("add", f"onnx:{net}", "--licence", "mine")
    assert (status, err) == (0, "") and out.startswith("added net: 5 numbers of 16 px, mine, file net.onnx, SHA-256 ")
    assert [line.split()[0] for line in run("list")[1].splitlines()] == ["lite0", "lite1", "lite2", "net"]
    card = run("card", "net")[1]
    for words in ("# Encoder: net", "16 × 16 pixels", "5 numbers", "its first token", "licence: mine", "SHA-256: "):
        assert words in card
    assert run("remove", "net") == (0, "removed net\n", "")
    assert len(run("list")[1].splitlines()) == 3


@pytest.mark.parametrize(("licence", "restricted"), [
    ("cc-by-nc-4.0", True), ("CC BY-NC-SA 4.0", True), ("fair-noncommercial-research-license", True),
    ("intel-research", True),
    ("Non-Commercial use only", True), ("apple-amlr", True), ("mit", False), ("apache-2.0", False), ("ncsa", False),
    ("cc-by-sa-4.0", False), ("not stated", False),
])  # fmt: skip
def test_a_licence_that_forbids_something_says_so(run, net, licence, restricted):
    err = run("add", f"onnx:{net}", "--licence", licence)[2]
    assert err == (f"net: non-commercial: {licence}\n" if restricted else "")


def test_json_everywhere(run, net):
    added = json.loads(run("add", f"onnx:{net}", "--name", "mine", "--json")[1])
    assert (added["name"], added["dimension"], added["preprocessing"]["size"]) == ("mine", 5, 16)
    assert json.loads(run("card", "mine", "--json")[1]) == added
    assert [each["name"] for each in json.loads(run("list", "--json")[1])["encoders"]] == [
        "lite0",
        "lite1",
        "lite2",
        "mine",
    ]
    assert json.loads(run("remove", "mine", "--json")[1]) == {"removed": "mine"}


def test_options_say_what_files_do_not(run, net, tmp_path):
    (tmp_path / "preprocessor_config.json").unlink()
    assert "give --mean and --std" in run("add", f"onnx:{net}")[2]
    options = ("--mean", "0.5,0.5,0.5", "--std", " .2,1e-1,3", "--bgr", "--pool", "mean", "--transform", "sqrt",
               "--fit", "squash", "--size", "16", "--output", "last_hidden_state")  # fmt: skip
    made = json.loads(run("add", f"onnx:{net}", *options, "--json")[1])
    assert made["preprocessing"] == {"size": 16, "fit": "squash", "mean": [0.5] * 3, "std": [0.2, 0.1, 3]}
    assert made["transform"] == "sqrt" and "their mean" in made["note"]


@pytest.mark.parametrize("value", ["0.5", "1,2", "1,2,3,4", "a,b,c", "1,2,nan", "1,,2", "1,2,inf", "١,2,3", ""])
def test_three_numbers_that_are_not(run, net, value):
    status, out, err = run("add", f"onnx:{net}", "--mean", value)
    assert (status, out) == (2, "") and "three numbers" in err and err.count("\n") == 1


def test_a_hubs_is_said_on_stderr_fetched_and_added(run, hub):
    hub.add(
        "org/net", {"onnx/model.onnx": network().SerializeToString(), "preprocessor_config.json": CONFIG}, "cc0-1.0"
    )
    status, out, err = run("add", "hf:org/net", "--download", "--json")
    assert status == 0 and json.loads(out)["licence"] == "cc0-1.0"
    assert err.splitlines()[0] == f"org/net from {hub.address} at commit 0123456789ab (main)"
    assert err.splitlines()[-1] == "licence cc0-1.0, 2 files, 0.0 MB"


def test_errors_take_one_line_and_change_nothing(run, net, tmp_path, hub):
    (tmp_path / "text.onnx").write_text("hello")
    for arguments in (
        ["add", "lite0"], ["add", "onnx:no.onnx"], ["add", f"onnx:{tmp_path}"], ["add", f"onnx:{tmp_path}/text.onnx"],
        ["add", "hf:org/net"], ["add", "hf:org/net", "--download"], ["add", "hf:org/net", "--from", tmp_path],
        ["add", f"onnx:{net}", "--name", "lite0"], ["add", f"onnx:{net}", "--name", "../x"],
        ["add", f"onnx:{net}", "--download"],
        ["add", "hf:org/net", "--download", "--from", tmp_path], ["remove", "lite0"], ["remove", "no"], ["card", "no"],
    ):  # fmt: skip
        status, out, err = run(*arguments)
        assert status == 2 and out == "" and err.count("\n") == 1, arguments
    assert len(run("list")[1].splitlines()) == 3


def test_the_commands_of_the_page_run_as_they_stand(run, hub, tmp_path, monkeypatch):
    """docs/encoders.md, in its order; what connects to nothing prints the lines to type."""
    page = (Path(__file__).parents[2] / "docs" / "encoders.md").read_text("utf-8")
    (tmp_path / "my-network.onnx").write_bytes(network(form="class").SerializeToString())
    monkeypatch.chdir(tmp_path)
    blocks = "".join(re.findall(r"^```bash\n(.*?)^```", page, re.M | re.S))
    lines = [shlex.split(line)[2:] for line in blocks.splitlines() if line.startswith("photoplanet encoders")]
    assert len(lines) == 6
    for arguments in lines:
        status, _, err = run(*arguments)
        if arguments[-1].startswith("hf:"):
            assert status == 2 and "curl" in err and hub.requests == []
        else:
            assert (status, err) == (0, ""), arguments


def test_no_network_is_a_fault(run, monkeypatch):
    monkeypatch.setenv("PHOTOPLANET_HUB", "http://127.0.0.1:9")
    status, out, err = run("add", "hf:org/net", "--download")
    assert (status, out) == (1, "") and err.count("\n") == 1 and "no connection" in err


def test_the_list_says_what_is_not_installed(run, monkeypatch):
    monkeypatch.setitem(lite.PACKAGES, "lite0", (224, "no-such-package", "0", "0" * 64))
    assert "not installed: needs the 'pretrained' extra" in run("list")[1].splitlines()[0]
    assert "pip install" in run("card", "lite0")[2]
