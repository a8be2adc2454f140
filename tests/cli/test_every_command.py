"""What holds for every command: an example in the help, defaults, exit status, one-line errors, extras."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from photoplanet.cli import COMMANDS, group
from photoplanet.cli.shared.numbers import Decimal, Whole
from photoplanet.errors import MissingExtra

NO_JSON = {"serve", "review"}  # they answer with a page, not with results to print
EXTRAS = {"train": "train", "train-album": "train", "train-embedding": "train", "export": "train", "serve": "server",
          "play": "server", "review": "server", "figure": "figures", "encoders": "pretrained", "read": "signs",
          "audit": "signs"}  # fmt: skip
# command → arguments that it takes, but with an input that cannot be used
BAD_INPUT = {
    "calibrate": ("toy", "bad.txt", "--dry-run"),
    "index": ("bad.txt", "-o", "out.parquet"),
    "pack": ("bad.txt", "-o", "out"),
    "partition": ("bad.txt", "-o", "out.parquet"),
    "train": ("bad.txt", "-o", "out"),
    "train-album": ("bad.txt", "--model", "toy", "-o", "out"),
    "train-embedding": ("bad.txt", "--model", "toy", "-o", "out"),
    "locate": ("bad.txt", "--model", "toy"),
    "read": ("bad.txt",),
    "similar": ("bad.txt", "--library", "missing"),
    "figure partition": ("bad.txt", "-o", "out.png"),
    "figure distribution": ("bad.txt", "--model", "toy", "-o", "out.png"),
    "figure errors": ("bad.txt", "bad.txt", "-o", "out.png"),
    "figure examples": ("bad.txt", "--model", "toy", "-o", "out.png"),
    "figure gallery": ("bad.txt", "--model", "toy", "-o", "out.png"),
    "figure occlusion": ("bad.txt", "--model", "toy", "-o", "out.png"),
    "figure album": ("missing", "--model", "toy", "-o", "out.png"),
    "album": ("missing", "--model", "toy"),
    "audit": ("bad.txt",),
    "review": ("missing", "--no-open"),
    "explain": ("bad.txt", "--model", "toy"),
    "evaluate": ("bad.txt", "--model", "toy"),
    "score": ("bad.txt", "bad.txt"),
    "rank": ("holidays", ".", "--model", "toy"),
    "duplicates": ("bad.txt",),
    "export": (".", "-o", "out"),
    "serve": ("--model", "missing"),
    "play": ("bad.txt", "--model", "toy", "--no-open"),
    "models add": (".",),
    "models card": ("missing",),
    "models default": ("missing",),
    "models remove": ("missing",),
    "encoders add": ("bad.txt",),
    "encoders card": ("missing",),
    "encoders remove": ("missing",),
    "toyworld": ("-o", "out", "--coordinates", "bad.txt"),
}
NUMBERS = (click.types.IntParamType, click.types.FloatParamType)
CANNOT_FAIL = {"models list", "encoders list"}  # it reads nothing that is named


def leaves():
    """The name of every command that does something → its click command."""
    context = click.Context(group)
    found = {}
    for name in COMMANDS:
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            found |= {f"{name} {below}": each for below, each in command.commands.items()}
        else:
            found[name] = command
    return found


LEAVES = leaves()
every = pytest.mark.parametrize("name", LEAVES)


def options(name):
    return [each for each in LEAVES[name].params if isinstance(each, click.Option)]


def test_a_command_is_the_file_of_its_name():
    folder = Path(importlib.import_module("photoplanet.cli").__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert files == {name.replace("-", "_") for name in COMMANDS}


@every
def test_help_ends_in_an_example_that_can_be_copied(run, name):
    status, out, err = run(*name.split(), "--help")
    assert status == 0 and err == ""
    example = out.partition("\n  Example:\n")[2].partition("\n\n")[0]
    assert f"photoplanet {name} " in example
    assert max(map(len, out.splitlines())) <= 110


@every
def test_help_explains_every_option_and_shows_its_default(name):
    for each in options(name):
        assert each.help and each.help[-1] in ".])", each.opts
        given = isinstance(each.default, str | int | float) and not (each.is_flag and not each.secondary_opts)
        # a number that is left out, and one of two switches, always stand for something
        told = given or isinstance(each.type, Whole | Decimal) or each.secondary_opts
        assert not told or each.required or each.show_default or "[default: " in each.help, each.opts


@every
def test_every_number_is_finite_in_plain_digits_and_in_a_range(run, name):
    for each in options(name):
        assert type(each.type).__module__ != "click.types" or not isinstance(each.type, NUMBERS), each.opts
        if isinstance(each.type, Whole | Decimal):
            assert each.type.min is not None, each.opts
            for text in ("nan", "inf", "-1", "1e309", "", "١٢", "1_0"):
                status, out, err = run(*name.split(), f"{each.opts[-1]}={text}")
                assert (status, out) == (2, "") and err.count("\n") == 1 and each.opts[-1] in err, (each.opts, text)


@every
def test_an_option_that_takes_one_value_is_refused_twice(run, name):
    for each in options(name):
        if each.multiple or (each.is_flag and not each.secondary_opts):
            continue
        value = [] if each.is_flag else ["1"]
        status, out, err = run(*name.split(), each.opts[-1], *value, each.opts[-1], *value)
        assert (status, out) == (2, "") and err.count("\n") == 1 and "is given twice" in err, each.opts


@every
def test_what_reads_photos_takes_the_limit_of_their_pixels(name):
    read_none = ("figure partition", "figure errors", "models", "encoders", "partition", "score", "toyworld")
    assert ("max_pixels" in {option.name for option in options(name)}) == (not name.startswith(read_none))


@every
def test_what_prints_results_can_print_json(name):
    assert ("as_json" in {each.name for each in options(name)}) is (name not in NO_JSON)


@every
def test_wrong_usage_has_status_2_and_takes_one_line(run, name):
    status, out, err = run(*name.split(), "--no-such-option")
    assert (status, out) == (2, "") and err.count("\n") == 1
    assert "--no-such-option" in err and f"(see 'photoplanet {name} --help')" in err


@every
def test_wrong_input_has_status_2_and_takes_one_line_that_names_it(run, name, tmp_path, monkeypatch):
    if name in CANNOT_FAIL:
        assert run(*name.split())[0] == 0
        return
    (tmp_path / "bad.txt").write_text("no table, and no photo\n")
    monkeypatch.chdir(tmp_path)
    status, _, err = run(*name.split(), *BAD_INPUT[name])
    line = next(each for each in err.splitlines() if each.startswith("photoplanet: "))
    assert status == 2 and "Traceback" not in err
    assert any(each in line for each in BAD_INPUT[name]), line
    assert not list(tmp_path.glob("out.p*"))  # no figure, no table


@pytest.mark.parametrize(("name", "extra"), EXTRAS.items())
def test_help_says_how_to_install_an_extra_as_the_error_does(run, name, extra):
    out = " ".join(run(name, "--help")[1].split())
    assert str(MissingExtra("", extra)).strip() in out


def test_a_fault_has_status_1_and_takes_one_line(run, photo, tiny_model):
    status, _, err = run("locate", photo("red"), "--model", tiny_model, "--csv", "/dev/full")
    assert status == 1
    assert err == "photoplanet: /dev/full: No space left on device; free some space, or write elsewhere\n"


def test_a_wrong_command_is_answered_with_the_right_ones(run):
    status, out, err = run("guess")
    assert (status, out) == (2, "") and err.count("\n") == 1
    assert "'guess' is not a command" in err and all(name in err for name in COMMANDS)


def test_without_a_command_the_help_lists_them_all(run):
    status, out, _ = run()
    assert status == 2 and all(re.search(rf"^  {name} +\S", out, re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["locate", "--help"], ["models", "card", "toy"], ["models", "list", "--json"]]
)
def test_a_reader_that_has_seen_enough_is_not_a_fault(arguments):
    """`photoplanet … | head`: the pipe closes early, and nobody wants to hear of it."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        command = [sys.executable, "-m", "photoplanet", *arguments]
        ended = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("command", ["locate", "album"])
def test_files_are_completed_when_the_reader_of_the_table_leaves(command, tiny_model, photo, tmp_path):
    """`photoplanet locate … --csv out.csv | head -1`: the file that was asked for is whole."""
    names = [photo("red"), photo("green"), photo("blue")]
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        made = [command, *names, "--model", tiny_model, "--csv", tmp_path / "a.csv", "--map", tmp_path / "a.html"]
        arguments = [sys.executable, "-m", "photoplanet", *map(str, made)]
        ended = subprocess.run(arguments, stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 0 and "Error" not in ended.stderr
    assert len((tmp_path / "a.csv").read_text("utf-8").splitlines()) == 4
    assert "blue.png" in (tmp_path / "a.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "found"),
    [("photoplanet lo", {"locate"}), ("photoplanet t", {"train", "train-album", "train-embedding", "toyworld"}),
     ("photoplanet models d", {"default"}), ("photoplanet locate --prec", {"--precision"}),
     ("photoplanet locate --precision ci", {"city"})],
)  # fmt: skip
def test_the_shell_completes_commands_options_and_choices(words, found):
    told = {"_PHOTOPLANET_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    command = [sys.executable, "-m", "photoplanet"]
    out = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, check=True).stdout
    assert {line.partition(",")[2] for line in out.splitlines()} == found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_is_printed(shell):
    command = [sys.executable, "-m", "photoplanet"]
    told = {**os.environ, "_PHOTOPLANET_COMPLETE": f"{shell}_source"}
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    assert "_PHOTOPLANET_COMPLETE" in done.stdout or "bash" in done.stderr.lower()  # a bash of before 4.4 has none
