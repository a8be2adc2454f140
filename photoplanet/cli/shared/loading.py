"""Loading the model of a command, which says on stderr what the licence of its weights forbids where a file is made."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photoplanet.cli.shared.commands import OutFile
from photoplanet.cli.shared.output import say
from photoplanet.core.devices import CPU

if TYPE_CHECKING:
    from photoplanet.locate.locator import Locator
    from photoplanet.models.info import ModelInfo

_MAKING = ("output", "write", "library")  # parameters that make a file or a folder, beside those that are an OutFile


def load(
    model: str | os.PathLike[str] | None, threads: int | None = None, always: bool = False,
    signs: bool | None = False, clock: bool = False, neighbours: bool = False, prior: Path | None = None,
    strike: Sequence[str] = (), device: str | None = None,
) -> "Locator":  # fmt: skip
    """Load a model as `locator.load`, and say its licence with `say_licence`, its device with `say_device`.

    >>> load("toy").info.name
    'toy'
    """
    from photoplanet.locate import locator

    loaded = locator.load(model, threads, signs, clock, neighbours, prior, strike, device)
    loaded.in_processes = True  # the main module is the command line
    say_licence(loaded.info, always)
    say_device(loaded)
    return loaded


def say_device(loaded: "Locator") -> None:
    """Say on stderr what a model's network works on, where that is not the plain processor, and what was passed over.

    >>> say_device(load("toy", device="cpu"))
    """
    if loaded.passed:
        say(f"{loaded.passed}; computing on {loaded.device.words} instead")
    elif loaded.device != CPU:
        say(f"computing on {loaded.device.words}; --device cpu is the plain processor")


def say_licence(info: "ModelInfo", always: bool = False) -> None:
    """Say on stderr what the licence of a model's weights forbids, if anything, where the running command makes a file.

    `always`: the command makes a file whatever its options are, or hands out answers, which is as much.

    >>> from photoplanet.models import folder, installed
    >>> say_licence(folder.read(installed.resolve("toy")).info, always=True)
    """
    if info.licence_note and (always or _makes_a_file()):
        say(f"{info.name}: {info.licence_note}")


def licence_facts(info: "ModelInfo") -> dict[str, Any]:
    """Return what files and JSON say of the licence beside the model's name: nothing where it forbids nothing.

    >>> from photoplanet.models import folder, installed
    >>> licence_facts(folder.read(installed.resolve("toy")).info)
    {}
    """
    return {"licence": info.licence_note} if info.licence_note else {}


def _makes_a_file() -> bool:
    context = click.get_current_context(silent=True)
    if context is None:
        return False
    return any(
        bool(context.params.get(param.name or ""))
        for param in context.command.params
        if isinstance(param.type, OutFile) or param.name in _MAKING
    )
