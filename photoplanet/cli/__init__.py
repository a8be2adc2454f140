"""The command line: one file a command, imported only when that command runs; `shared` has what several use."""

import importlib
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from click.shell_completion import CompletionItem

from photoplanet import __version__
from photoplanet.cli.shared import commands, ctrl_c

# command -> its line in `--help`; the module of photoplanet.cli of that name (- as _) holds a click command `command`
COMMANDS = {
    "index": "photos, CSV, Parquet or shards -> one photo table",
    "pack": "photo table -> small photos in shards, to train on",
    "partition": "photo table -> adaptive S2 cells",
    "train": "photo table -> model folder",
    "train-album": "albums of a photo table -> the model's album methods",
    "train-embedding": "photo table and model -> the model's retrieval embedding",
    "locate": "photos -> places",
    "read": "photos -> the text in them",
    "similar": "photos -> photos of a geotagged library that show the same",
    "figure": "the paper's figures for any model and photos",
    "album": "photos of a trip, located together",
    "review": "decide where photos were taken, before anything is written",
    "audit": "what photos give away before they are published",
    "explain": "which parts of a photo speak for a place",
    "evaluate": "accuracy of a model on a photo table",
    "calibrate": "how sure a model is, fitted to photos with known places",
    "score": "accuracy of anybody's predictions",
    "rank": "image retrieval on INRIA Holidays and Oxford5k",
    "duplicates": "photos that a table has twice, or that another one has",
    "export": "training checkpoint -> model folder",
    "serve": "answer over HTTP",
    "play": "guess on a map against the model, as in the paper",
    "models": "list, add and describe models",
    "encoders": "list, add and describe pretrained networks",
    "toyworld": "make photos of a small made-up Earth",
}


class ReaderLeft(Exception):
    """What reads our output has closed the pipe, as `head` does; click would take that for a fault."""


class Interrupted(Exception):
    """Ctrl-C; click would print an empty line for KeyboardInterrupt."""


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderLeft from error
    except KeyboardInterrupt as error:
        raise Interrupted from error


class LazyGroup(commands.Group):
    """A group whose commands are imported on use, so that `--help` and cold starts stay fast."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:  # fmt: skip
        """Read the arguments, and print the help where they ask for it."""
        with _reading():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _reading():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import a command; None for a name that is not one."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"photoplanet.cli.{name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command, or an option, without importing the commands."""
        found = [CompletionItem(name, help=about) for name, about in COMMANDS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="photoplanet")
def group() -> None:
    """Where on Earth was this photo taken? From its pixels alone, on this machine, with honest uncertainty."""


def main(args: list[str] | None = None) -> None:
    """Run the command line; exit 0, 2 for bad usage or input, 1 for a fault, 130 for Ctrl-C; errors take one line."""
    _print_anything()
    try:
        status = group.main(args=args, prog_name="photoplanet", standalone_mode=False)
        sys.stdout.flush()
    except Exception as error:
        message, status = _explained(error)
        if message:
            from photoplanet.core.names import readable
            from photoplanet.errors import printable

            print(f"photoplanet: {printable(readable(' '.join(message.split())))}", file=sys.stderr)
    except KeyboardInterrupt:
        status = ctrl_c.STATUS
    status = status if isinstance(status, int) else 0
    ctrl_c.ending(status)
    sys.exit(status)


def _explained(error: Exception) -> tuple[str, int]:
    """What to print of an error, and the exit status; a fault of our own is raised again, with its traceback."""
    from photoplanet.core import tables_extra
    from photoplanet.errors import MissingExtra, PhotoplanetError

    if isinstance(error, Interrupted | click.Abort) or ctrl_c.pressed():  # which libraries turn into errors of theirs
        on_terminal = sys.stderr is not None and sys.stderr.isatty()  # elsewhere a word would only be in the way
        return "stopped by Ctrl-C; run the same command again" if on_terminal else "", ctrl_c.STATUS
    if isinstance(error, click.exceptions.NoArgsIsHelpError):  # a bare `photoplanet`: show the help
        click.echo(error.format_message())
        return "", 2
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        hint = f" (see '{context.command_path} --help')" if context else ""
        message = error.format_message()
        return f"{message.removesuffix('.')}{hint}" if hint else message, 2
    if tables_extra.lacks(error):
        error = MissingExtra(tables_extra.FEATURE, tables_extra.EXTRA)
    if isinstance(error, PhotoplanetError):
        return str(error), error.exit_status
    if isinstance(error, ReaderLeft | BrokenPipeError):  # `| head`
        from photoplanet.cli.shared.output import drop_output

        drop_output()  # nor does the end of Python complain
        return "", 0
    if isinstance(error, OSError):
        from photoplanet.core.faults import described

        return described(error)
    if isinstance(error, MemoryError):
        return "out of memory; use fewer --threads or smaller inputs", 1
    raise error


def _print_anything() -> None:
    """Let a terminal of any encoding show any name: what it does not have is written as a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="replace")
