"""What the commands that search a geotagged library share: their options, and opening it with its progress."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from photoplanet.cli.shared.output import say
from photoplanet.cli.shared.progress import bar
from photoplanet.errors import printable

if TYPE_CHECKING:
    from photoplanet.retrieval.library.matching import Library

WAYS, VECTORS = ("local", "embedding"), ("float32", "int8", "ivf", "pq")  # spelled out: `--help` imports no FAISS

Command = TypeVar("Command", bound=Callable[..., Any])

WITH_ITSELF = click.option("--with-itself", is_flag=True, help="Let a PHOTO that is in the library match itself.")
WITH_VECTORS = click.option("--vectors", type=click.Choice(VECTORS),
                            help="For --by embedding: how they are kept.  [default: int8]")  # fmt: skip


def by_option(about: str) -> Callable[[Command], Command]:
    """Return the option --by, how a library is searched."""
    return click.option("--by", type=click.Choice(WAYS), default="local", show_default=True, help=about)


def locate_by_option(command: Command) -> Command:
    """Add --by for a command that also takes a model: one that is named decides where --by does not."""
    add = click.option("--by", type=click.Choice(WAYS), help="How LIB is searched: 'local': details that geometry "
                       "proves; 'embedding': a model's vectors.  [default: local, or by --model]")  # fmt: skip
    return add(command)


def index_options(command: Command) -> Command:
    """Add --index and --no-update."""
    for add in (
        click.option("--no-update", is_flag=True, help="Use the index as it is; look for no new or changed photos."),
        click.option("--index", "index_dir", type=click.Path(file_okay=False), metavar="DIR",
                     help="Folder of the library's index.  [default: NAME.index beside the library]"),
    ):  # fmt: skip
        command = add(command)
    return command


def open_library(library: str, **arguments: Any) -> "Library":
    """Open a library (arguments of `retrieval.library.library.open`); what a person should know goes to stderr."""
    from photoplanet.retrieval.library import library as libraries

    built = False

    def tell(line: str) -> None:
        nonlocal built
        built = built or line.startswith("reading ") or "older photoplanet" in line
        say(f"photoplanet: {printable(line)}")

    found = libraries.open(library, bar=bar, say=tell, **arguments)
    if found.left_out and (built or not len(found)):
        reasons = ", ".join(f"{reason}: {count:,}" for reason, count in sorted(found.left_out.items()))
        say(f"photoplanet: {library}: left out: {reasons}")
    if built:
        say(f"photoplanet: index of {len(found):,} photos")
        for kind, parts in found.bytes_per_photo.items():
            sizes = ", ".join(f"{part} {size:,.0f}" for part, size in parts.items())
            say(f"photoplanet: bytes per photo, {kind}: {sum(parts.values()):,.0f} ({sizes})")
    if not len(found):
        what = "no photo with a place can be read" if found.unreadable else "it holds no photo with a place"
        say(f"photoplanet: {library}: {what}, so nothing can match")
    if built and found.searcher.trust is not None and len(found):
        for line in found.searcher.trust.lines():
            say(f"photoplanet: {library}: {line}")
    if found.lost:
        say(f"photoplanet: {library}: the index of {found.lost:,} photos is damaged; they are not found")
    return found


def find_itself(found: "Library", source: Any, name: str) -> list[int]:
    """Return the rows of a library that are the query photo; a line on stderr says so."""
    rows: list[int] = found.itself(source)
    if rows:
        say(printable(f"{name}: is itself in the library ({found.listing.addresses[rows[0]]})"))
    return rows
