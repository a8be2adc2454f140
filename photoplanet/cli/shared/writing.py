"""Estimates → geotags in files, and back: what `--write`, `--dry-run` and `--undo` do and say."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from photoplanet.cli.shared.output import count_of, say
from photoplanet.cli.shared.progress import bar
from photoplanet.errors import printable
from photoplanet.locate.precision import radius
from photoplanet.metadata import geotags
from photoplanet.metadata import undo as undoing
from photoplanet.metadata.estimate import MAX_RADIUS_KM
from photoplanet.photos import inputs
from photoplanet.photos.shards import split_address

if TYPE_CHECKING:
    from photoplanet.metadata.estimate import Estimate


_NAMED = 5  # photos that a line names
MAX_RADIUS = click.option("--max-radius", type=click.FloatRange(0, 20_038), default=MAX_RADIUS_KM, show_default=True,
                          help="Kilometres. Most viewers show GPS as a pin: what is coarser is written as the names of "
                          "its place only.")  # fmt: skip


class Writing(NamedTuple):
    """How geotags are written: "xmp" or "exif", the ending of sidecars, and whether only to say what would be done.

    `max_radius_km`: over which an estimate is not written as GPS.
    """

    kind: str
    ending: str
    dry_run: bool
    max_radius_km: float = MAX_RADIUS_KM


def write(estimates: "Iterable[tuple[Any, Estimate]]", writing: Writing, quiet: bool) -> dict[str, Any]:
    """Write the geotags, say what was not written and why, and return the counts."""
    estimates = list(estimates)
    files = [(source, each) for source, each in estimates if isinstance(source, str) and not split_address(source)]
    others = [source for source, _ in estimates if not isinstance(source, str) or split_address(source)]
    counts: Counter[str] = Counter(refused=len(others))
    coarse: list[str] = []
    for source in others:
        say(f"not written: {printable(inputs.name_of(source))} (it is not a file of its own)")
    with bar("writing", len(files)) as advance:
        done = geotags.write(files, writing.kind, writing.ending, writing.dry_run, advance, writing.max_radius_km)
        for (source, estimate), outcome in zip(files, done, strict=True):
            counts[outcome.did] += 1
            path, note = printable(str(outcome.path)), printable(f" ({outcome.detail})" if outcome.detail else "")
            if outcome.did not in ("written", "unchanged"):
                say(f"not written: {path}{note}")
                continue
            coarse += [inputs.name_of(source)] * estimate.is_coarse(writing.max_radius_km)
            if writing.dry_run and outcome.did == "written" and not quiet:
                click.echo(f"would write {path}: {_line(estimate, writing.max_radius_km)}{note}")
            elif outcome.detail:
                say(f"{path}: {printable(outcome.detail)}")
    if not quiet:
        _sum_up(counts, coarse, writing)
    return {"kind": writing.kind, "dry_run": writing.dry_run, "written": counts["written"],
            "unchanged": counts["unchanged"], "own_gps": counts["own GPS"], "refused": counts["refused"],
            "failed": counts["failed"], "max_radius_km": writing.max_radius_km, "without_gps": coarse}  # fmt: skip


def _line(estimate: "Estimate", max_radius_km: float) -> str:
    """What is written of an estimate: degrees, or the names that hold, with the radius."""
    where = f"{estimate.latitude:g}, {estimate.longitude:g}"
    if estimate.is_coarse(max_radius_km):
        names = ", ".join(filter(None, estimate.names[:3]))
        where = f"no GPS, {f'but {names}' if names else 'and no name, since none holds'},"
    return printable(f"{where} ± {radius(estimate.radius_m / 1000)}")


def _sum_up(counts: Counter[str], coarse: list[str], writing: Writing) -> None:
    """Print how many geotags were written, and which of them without GPS."""
    rest = {"unchanged": "there already", "own GPS": "not, because a place is there"}
    parts = [f"{counts[did]:,} {words}" for did, words in rest.items() if counts[did]]
    if failed := counts["refused"] + counts["failed"]:
        parts.append(f"{failed:,} failed, named above")
    words = "would be written" if writing.dry_run else "written"
    back = "" if writing.dry_run or not counts["written"] else "; --undo takes them back"
    click.echo("\n" + ", ".join([f"{count_of(counts['written'], 'geotag')} {words}", *parts]) + back)
    if coarse:
        named = ", ".join(Path(name).name for name in coarse[:_NAMED]) + ", …" * (len(coarse) > _NAMED)
        click.echo(printable(
            f"{len(coarse):,} of these without GPS, with a radius over {writing.max_radius_km:g} km, which viewers "
            f"would show as a pin: only the names that hold, and photoplanet's own fields ({named}); --max-radius "
            "allows more"))  # fmt: skip


def undo(names: Sequence[str], dry_run: bool) -> int:
    """Take back what is written in the named folders and beside the named photos; return the exit status."""
    counts: Counter[str] = Counter()
    for outcome in undoing.undo_all(names, dry_run):
        counts[outcome.did] += 1
        if outcome.did != "restored":
            say(f"left alone: {printable(str(outcome.path))} ({printable(outcome.detail)})")
    would = "would be " if dry_run else ""
    click.echo(f"{count_of(counts['restored'], 'file')} {would}restored, {counts['left alone']:,} left alone")
    return 1 if counts["left alone"] else 0
