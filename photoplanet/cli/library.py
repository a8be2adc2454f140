"""What `similar` and `locate --library` share: their options, and opening a library with its progress."""

from collections.abc import Callable
from typing import Any

import click

from photoplanet.cli.common import bar
from photoplanet.errors import printable


def options(command: Any) -> Any:
    """Add --index, --no-update and --with-itself."""
    for add in (
        click.option("--index", "index_dir", type=click.Path(file_okay=False), metavar="DIR",
                     help="Folder of the library's index.  [default: NAME.index beside the library]"),
        click.option("--no-update", is_flag=True, help="Use the index as it is; look for no new or changed photos."),
        click.option("--with-itself", is_flag=True, help="Let a PHOTO that is in the library be its own match."),
    ):  # fmt: skip
        command = add(command)
    return command


def opened(library: str, **arguments: Any) -> Any:
    """Open a library (arguments of `retrieval.library.open`); what a person should know goes to stderr."""
    from photoplanet.retrieval.library import library as libraries

    built = False

    def tell(line: str) -> None:
        nonlocal built
        built = built or line.startswith("reading ")
        click.echo(f"photoplanet: {printable(line)}", err=True)

    found = libraries.open(library, progress=bar, tell=tell, **arguments)
    if found.left_out and (built or not len(found)):
        told = ", ".join(f"{reason}: {count:,}" for reason, count in sorted(found.left_out.items()))
        click.echo(f"photoplanet: {library}: left out: {told}", err=True)
    if built:
        click.echo(f"photoplanet: index of {len(found):,} photos", err=True)
        for kind, parts in found.bytes_per_photo.items():
            sizes = ", ".join(f"{part} {size:,.0f}" for part, size in parts.items())
            click.echo(f"photoplanet: bytes a photo, {kind}: {sum(parts.values()):,.0f} ({sizes})", err=True)
    if not len(found):
        click.echo(f"photoplanet: {library}: no photo with a place is in it, so nothing can match", err=True)
    if found.lost:
        click.echo(
            f"photoplanet: {library}: the index of {found.lost:,} photos is damaged; they are not found", err=True
        )
    return found


def itself(found: Any, source: Any, name: str, say: Callable[[str], None]) -> list[int]:
    """The rows of a library that are the query photo, and one line about it."""
    rows = found.itself(source)
    if rows:
        say(f"{name}: is itself in the library ({found.listing.addresses[rows[0]]})")
    return rows
