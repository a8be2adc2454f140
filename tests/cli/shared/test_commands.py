"""What every command does beside its work: an option is given once, and a misspelt name is answered."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from photoplanet.cli.shared import commands, options


@commands.command()
@click.argument("names", nargs=-1)
@click.option("-n", "--number", type=click.IntRange(1, 9))
@click.option("--name", "many", multiple=True)
@click.option("--quiet", is_flag=True)
@click.option("--on/--off", default=True)
@click.option("-v", "loud", count=True)
@click.option("-o", "--output", type=options.OUT_FILE)
def plain(**given):
    click.echo(given)


@commands.group()
def both():
    pass


both.add_command(plain, "plain")
both.add_command(plain, "list")


def run(*arguments, command=plain):
    result = CliRunner().invoke(command, arguments)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    "arguments", [("--number", "1", "--number", "2"), ("-n", "1", "--number=1"), ("-n1", "a", "-n1"), ("--on", "--off"),
                  ("--on", "--on"), ("-o", "a", "--output", "a")]
)  # fmt: skip
def test_an_option_that_takes_one_value_is_given_once(arguments):
    status, text = run(*arguments)
    assert status == 2 and "is given twice; give it once" in text


def test_lists_switches_and_counts_may_come_again():
    for arguments in (("--name", "a", "--name", "a"), ("--quiet", "--quiet"), ("-v", "-v", "-vv"),
                      ("-n", "1", "a", "a"),
                      ("--", "-n", "-n")):  # fmt: skip
        assert run(*arguments)[0] == 0, arguments


def test_numbers_are_strict_without_a_word_of_the_command():
    assert run("-n", "١")[0] == 2 and run("-n", "7")[0] == 0


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("plan", "did you mean 'plain'? The commands are"),
        ("LIST", "did you mean 'list'?"),
        ("use", "; the commands are"),
    ],
)
def test_a_misspelt_command_is_answered_with_the_one_meant(name, answer):
    status, text = run(name, command=both)
    assert status == 2 and answer in text and "list, plain" in text


@pytest.mark.parametrize("arguments", [("-o", ""), ("--output=",), ("a", "")])
def test_a_path_that_is_empty_is_not_the_current_folder(arguments):
    status, text = run(*arguments)
    assert status == 2 and "an empty name" in text


def test_a_dash_is_stdout():
    assert "/dev/stdout" in run("-o", "-")[1] and "'output': None" in run()[1]
    assert isinstance(options.OUT_FILE.convert("a.csv", None, None), Path)


def test_the_folder_of_photos_is_answered_with_how_to_make_a_table_of_it(tmp_path):
    photos = click.Argument(["photos"], type=options.IN_FILE)
    with pytest.raises(click.BadParameter, match="is a folder, and a photo table is wanted; `photoplanet index"):
        options.IN_FILE.convert(str(tmp_path), photos, None)
    with pytest.raises(click.BadParameter, match="is a directory"):
        options.IN_FILE.convert(str(tmp_path), click.Option(["--cells"]), None)
    with pytest.raises(click.BadParameter, match="does not exist"):
        options.IN_FILE.convert("a" * 5000, photos, None)
