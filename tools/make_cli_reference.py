"""Write docs/cli.md, the reference of the command line, from the commands themselves.

    python tools/make_cli_reference.py

A test compares the file with what this writes, so that it is never out of date.
"""

import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from photoplanet.cli import COMMANDS, group

WIDTH = 120  # characters of a line
TARGET = Path(__file__).parents[1] / "docs" / "cli.md"
HEAD = """\
# Command line

`--help` behind a command prints the same. Exit status: 0 when all went well, 2 for bad usage or input, 1 for a
fault, 130 for Ctrl-C. Errors are one line on stderr: what, where, what next. An option that takes one value is given
once; repeatable ones say so. `-` as a file to write is stdout, and what would be printed goes to stderr then. Long work
shows a bar on a terminal, and elsewhere a line every ten seconds. [Completion](install.md#completion) for bash, zsh and
fish is built in.

| command | from what, to what |
|---|---|
"""


def reference() -> str:
    """The whole page as Markdown."""
    rows = [f"| [`{name}`](#photoplanet-{name}) | {_cell(about)} |" for name, about in COMMANDS.items()]
    context = click.Context(group, info_name="photoplanet")
    sections = []
    for name in COMMANDS:
        sections += _sections(
            group.get_command(context, name), click.Context(context.command, info_name="photoplanet"), name
        )
    made = "*This page is written by `tools/make_cli_reference.py`; do not edit it.*"
    return HEAD + "\n".join(rows) + f"\n\n{made}\n\n" + "\n".join(sections)


def _sections(command: click.Command, parent: click.Context, name: str, depth: int = 2) -> Iterator[str]:
    """The section of a command, and of the commands below it."""
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = ["#" * depth + " " + context.command_path, "    " + usage, *_prose(command.help or "")]
    parts += [*(_prose(command.epilog) if command.epilog else ()), *_options(command)]
    yield "\n\n".join(parts) + "\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield from _sections(command.get_command(context, below), context, below, depth + 1)


def _prose(text: str) -> Iterator[str]:
    r"""Help text as Markdown: paragraphs as they are, what stands after \b as a block, commands as ones to copy."""
    for part in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        lines = [line.strip() for line in part.strip("\b\n").splitlines()]
        if not part.startswith("\b"):
            yield textwrap.fill(_safe(" ".join(lines)), WIDTH, break_long_words=False, break_on_hyphens=False)
            continue
        lines = lines[1:] if re.match(r"Examples?:", lines[0]) else lines
        language = "bash" if re.match("photoplanet |torchrun |curl ", lines[0]) else "text"
        yield f"```{language}\n" + "\n".join(lines) + "\n```"


def _options(command: click.Command) -> Iterator[str]:
    """A list of the options, made from what they are and not from click's text, which changes between its versions."""
    items = [
        textwrap.fill(f"- `{_names(each)}`: {_safe(' '.join(_about(each).split()))}", WIDTH, subsequent_indent="  ",
                      break_long_words=False, break_on_hyphens=False)
        for each in command.params
        if isinstance(each, click.Option) and not each.hidden
    ]  # fmt: skip
    if items:
        yield "\n".join(items)


def _names(option: click.Option) -> str:
    names = ", ".join(sorted(option.opts, key=len)) + "".join(f" / {name}" for name in option.secondary_opts)
    if option.is_flag or option.count:
        return names
    choices = "|".join(map(str, option.type.choices)) if isinstance(option.type, click.Choice) else ""
    return f"{names} {option.metavar or choices or option.type.name.upper().removesuffix(' RANGE')}"


def _about(option: click.Option) -> str:
    default = option.default
    shown = option.show_default and isinstance(default, str | int | float) and not isinstance(default, bool)
    said = [option.help or ""]
    said += [f"[default: {default}]"] if shown else []
    said += ["[required]"] if option.required else []
    return " ".join(said)


def _cell(text: str) -> str:
    """Text that may stand in a table: one line, and no sign that would end the cell."""
    return _safe(" ".join(text.split())).replace("|", "\\|")


def _safe(text: str) -> str:
    """Text in which nothing is taken for an HTML tag."""
    return re.sub("<(?=[a-zA-Z/!])", "&lt;", text)


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
    print(TARGET)
