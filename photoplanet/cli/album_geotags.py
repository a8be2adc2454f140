"""What `photoplanet album --write` and `--undo` do and say."""

from collections import Counter
from pathlib import Path
from typing import Any

import click

from photoplanet.cli.common import bar
from photoplanet.errors import InputError, printable
from photoplanet.metadata import geotags


def write(estimates: list[tuple[Any, Any]], kind: str, ending: str, dry_run: bool, quiet: bool) -> dict[str, Any]:
    """Write the geotags, tell what was not written and why, and return the counts."""
    places, refused = [], []
    for source, estimate in estimates:
        if isinstance(source, str) and Path(source).is_file():
            places.append((source, estimate))
        else:
            refused.append("in a shard or from stdin")
    counts: Counter[str] = Counter()
    with bar("writing", len(places)) as advance:
        done = zip(places, geotags.write(places, kind, ending, dry_run, advance), strict=True)
        for (_, estimate), outcome in done:
            counts[outcome.did] += 1
            where = f"{estimate.latitude:g}, {estimate.longitude:g} ± {estimate.radius_m / 1000:,.3g} km"
            note = f" ({outcome.detail})" if outcome.detail else ""
            if outcome.did == "written":
                if dry_run and not quiet:
                    click.echo(f"would write {printable(str(outcome.path))}: {where}{printable(note)}")
                elif outcome.detail:
                    click.echo(f"{printable(str(outcome.path))}: {printable(outcome.detail)}", err=True)
            else:
                click.echo(f"not written: {printable(str(outcome.path))}{printable(note)}", err=True)
    counts["refused"] += len(refused)
    if not quiet:
        words = "would be written" if dry_run else "written"
        other = counts["own GPS"] + counts["refused"]
        click.echo(f"\n{counts['written']:,} geotags {words}, {other:,} not"
                   + ("" if dry_run or not counts["written"] else "; --undo takes them back"))  # fmt: skip
    return {"kind": kind, "dry_run": dry_run, "written": counts["written"], "own_gps": counts["own GPS"],
            "refused": counts["refused"]}  # fmt: skip


def undo(names: tuple[str, ...], dry_run: bool) -> int:
    """Take back what is written in the named folders and beside the named photos; return the exit status."""
    folders: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if path.is_dir():
            folders.update(dict.fromkeys(geotags.journals(path)))
        elif (path.parent / geotags.JOURNAL).is_file():
            folders[path.parent] = None
    if not folders:
        raise InputError(f"nothing to undo: no {geotags.JOURNAL} in {', '.join(names) or 'no folder named'}")
    counts: Counter[str] = Counter()
    for folder in folders:
        for outcome in geotags.undo(folder, dry_run):
            counts[outcome.did] += 1
            if outcome.did != "restored":
                click.echo(f"left alone: {printable(str(outcome.path))} ({outcome.detail})", err=True)
    would = "would be " if dry_run else ""
    click.echo(f"{counts['restored']:,} files {would}restored, {counts['left alone']:,} left alone")
    return 2 if counts["left alone"] else 0
