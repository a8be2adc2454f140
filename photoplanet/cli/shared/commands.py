"""What every command does beside its work: refuses options given twice, checks numbers, corrects misspelt names."""

import contextlib
import difflib
import os
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from photoplanet.cli.shared import ctrl_c, numbers

_TABLES = (
    "photos",
    "training",
    "validation",
    "against",
    "truth",
    "words",
    "tables",
    "predictions",
    "files",
    "listing",
)  # parameters that are photo tables


class InFile(click.Path):
    """A file to read, mostly a photo table: then a folder of tables or an address in a store, too."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the path; `click.BadParameter` for a folder of photos says how to make a photo table of it."""
        if param is not None and param.name in _TABLES:
            from photoplanet.core import stores, table_sets

            if stores.is_address(value):
                return stores.located(value)
            if os.path.isdir(value):  # noqa: PTH112  # any text is a name
                if table_sets.holds_tables(Path(value)):
                    return Path(value)
                self.fail(f"{os.fspath(value)!r} is a folder, and a photo table is wanted; `photoplanet index FOLDER "
                          "-o photos.parquet` makes one", param, ctx)  # fmt: skip
        return super().convert(value, param, ctx)


class Source(click.Path):
    """A file or folder to read, or an address in a store."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the path or address."""
        from photoplanet.core import stores

        return stores.located(value) if stores.is_address(value) else super().convert(value, param, ctx)


class OutFile(click.Path):
    """A file to write, or with `folders` also a folder; "-" is stdout."""

    def __init__(self, folders: bool = False) -> None:
        super().__init__(dir_okay=folders, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the path."""
        if value == "-" and Path("/dev/stdout").exists():
            value = "/dev/stdout"
        return super().convert(value, param, ctx)


class Command(click.Command):
    """A command: an option that takes one value is given once, and numbers are finite, in their range.

    Where one of its outputs is stdout, what it prints goes to stderr.
    """

    def __init__(self, *arguments: Any, **more: Any):
        super().__init__(*arguments, **more)
        for param in self.params:
            param.type = numbers.strict(param.type)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; `click.UsageError` for what is given twice, and for an empty name.

        An empty name is a shell's variable that is not set; as a path it would stand for the current folder.
        """
        if not ctx.resilient_parsing:
            words, _, order = self.make_parser(ctx).parse_args(args=list(args))
            counts = Counter(id(each) for each in order)
            for param in order:
                if counts[id(param)] > 1 and isinstance(param, click.Option) and _takes_one(param):
                    names = "/".join([*param.opts, *param.secondary_opts])
                    raise click.UsageError(f"{names} is given twice; give it once", ctx)
                value = words.get(param.name or "")
                named = isinstance(param, click.Argument) or isinstance(param.type, click.Path)
                if named and "" in (value if isinstance(value, list | tuple) else [value]):
                    raise click.UsageError(f"{param.human_readable_name}: an empty name; say which is meant", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        ctrl_c.interrupt()
        with _stdout_for_outputs(self.params, ctx):
            return super().invoke(ctx)


class Group(click.Group):
    """A command of commands; a name that is not one is answered with those that are."""

    command_class = Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:  # fmt: skip
        """Find the command of these arguments."""
        name = click.utils.make_str(args[0])
        known = self.list_commands(ctx)
        if not name.startswith("-") and name not in known:
            ctx.fail(f"{name!r} is not a command{_meant(name, known, ctx)} commands are {', '.join(known)}")
        return super().resolve_command(ctx, args)


def command(*arguments: Any, **more: Any) -> Callable[[Callable[..., Any]], Command]:
    """Make a function a `Command`, as `click.command` does."""
    return click.command(*arguments, cls=Command, **more)


def group(*arguments: Any, **more: Any) -> Callable[[Callable[..., Any]], Group]:
    """Make a function a `Group`, as `click.group` does."""
    return click.group(*arguments, cls=Group, **more)


def _takes_one(option: click.Option) -> bool:
    if option.multiple or option.count:
        return False
    return not option.is_flag or bool(option.secondary_opts)  # a switch that is turned on twice is on


def _meant(name: str, known: Sequence[str], ctx: click.Context) -> str:
    close = difflib.get_close_matches(name.lower().replace("_", "-"), known, n=2, cutoff=0.6)
    if close:
        return f"; did you mean {' or '.join(map(repr, close))}? The"
    if "locate" in known and Path(name).exists():
        return f"; did you mean '{ctx.command_path} locate {name}'? The"
    return "; the"


@contextlib.contextmanager
def _stdout_for_outputs(params: Sequence[click.Parameter], ctx: click.Context) -> Iterator[None]:
    """Print on stderr where a file that is written is stdout; `click.UsageError` where two things would mix there."""
    given = [(param, ctx.params.get(param.name or "")) for param in params if isinstance(param.type, OutFile)]
    named = [param.opts[-1] for param, path in given if path is not None and _is_stdout(path)]
    if not named:
        yield
        return
    if len(named) > 1:
        raise click.UsageError(f"{' and '.join(named)} both write to stdout; give one of them a file", ctx)
    if ctx.params.get("as_json"):
        raise click.UsageError(f"{named[0]} writes to stdout, where --json prints; give it a file", ctx)
    with contextlib.redirect_stdout(sys.stderr):
        yield


def _is_stdout(path: Path) -> bool:
    """Whether what is written there would come between what is printed."""
    try:
        out, there = os.fstat(1), path.stat()
    except OSError:
        return False
    return os.path.samestat(out, there) and (not stat.S_ISCHR(out.st_mode) or os.isatty(1))
