"""`photoplanet duplicates`: photos that a table repeats, or that another table has already."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photoplanet.cli.shared import commands, options
from photoplanet.cli.shared.extras import needs
from photoplanet.cli.shared.output import print_json, report_error, say
from photoplanet.cli.shared.progress import bar

if TYPE_CHECKING:
    from photoplanet.core.table_sets import TableSet
    from photoplanet.duplicates.between_tables import DuplicatePairs, Listed


@commands.command()
@click.argument("photos", nargs=-1, required=True, type=options.IN_FILE)
@click.option("--against", type=options.IN_FILE, multiple=True,
              help="The photo table to look in, as a rule the training set; repeatable.")  # fmt: skip
@click.option("-o", "--output", type=options.OUT_FILE, help="Write PHOTOS without them: .parquet or .csv.")
@click.option("--report", type=options.OUT_FILE, help="Write every pair: .csv with photo_id, duplicate_of, distance.")
@click.option("--threshold", type=click.IntRange(0), metavar="BITS",
              help="Bits that may differ; more finds more, true and false.  [default: 32; "
              "24 among more than 60,000 photos, 16 among more than 260,000]")  # fmt: skip
@options.THREADS
@options.MAX_PIXELS
@options.JSON
def command(
    photos: tuple[Path, ...], against: tuple[Path, ...], output: Path | None, report: Path | None,
    threshold: int | None, threads: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Find the photos of PHOTOS, photo tables, that another table has too: the same, cropped, scaled, captioned, ….

    Without --against: the photos that repeat an earlier one of PHOTOS itself. Photos that cannot be read stay in. What
    was read once is kept in a hidden folder beside each table, so that a stopped run resumes.

    \b
    Example:
      photoplanet duplicates test.parquet --against training.parquet -o clean.parquet --report pairs.csv
      photoplanet duplicates photos.parquet -o unique.parquet
    """
    from photoplanet.core import outputs
    from photoplanet.core.table_sets import TableSet

    with needs("comparing photos", "retrieval"):
        from photoplanet.duplicates import between_tables, clean_table

    _check_output(output, (".parquet", ".pq", ".csv", ".tsv"))
    _check_output(report, (".csv",))
    outputs.check([output, report], [*photos, *against])
    tables, searched = TableSet.of(photos), TableSet.of(against) if against else None
    _check_threshold(threshold)
    mine = between_tables.listed(tables)
    other = between_tables.listed(searched, ("photo_id", "path")) if searched else mine
    limit = between_tables.default_threshold(len(other.ids)) if threshold is None else threshold
    for path, listed in ((tables, mine), (searched, other))[: 2 if searched else 1]:
        if listed.left_out:
            say(f"{path}: {listed.left_out}")
    with bar("reading", len(mine.ids) + (len(other.ids) if against else 0)) as advance:
        if against:
            found = between_tables.against(mine, other, limit, threads, advance)
        else:
            found = between_tables.within(mine, limit, threads, advance)
    for reason in found.unreadable[: between_tables.SHOWN]:
        report_error(reason)
    if found.unreadable:
        say(f"{len(found.unreadable):,} photos could not be read, so they were not compared")
    if report is not None:
        clean_table.write_pairs(report, found.named(mine.ids, other.ids))
    if output is not None:
        clean_table.write_without(tables, mine, found, output)
    if as_json:
        print_json({**_facts(mine, other if against else None, found, limit),
                    "output": str(output) if output else None, "report": str(report) if report else None})  # fmt: skip
        return
    _print(mine, other, found, limit, searched, report)
    if output is not None:
        click.echo(f"{output}: {len(mine.ids) - int(found.leaked.sum()):,} photos")


def _check_output(path: Path | None, endings: tuple[str, ...]) -> None:
    """InputError, before any photo is read, for a file that could not be written at the end."""
    from photoplanet.errors import InputError

    if path is None:
        return
    if path.suffix.lower() not in endings:
        raise InputError(f"{path}: the name must end in {' or '.join(endings)}")


def _check_threshold(bits: int | None) -> None:
    from photoplanet.duplicates import binary_codes
    from photoplanet.errors import InputError

    facts = binary_codes.facts()
    if bits is not None and bits >= facts["bits"]:
        raise InputError(f"--threshold {bits}: a code has {facts['bits']} bits")


def _facts(mine: "Listed", other: "Listed | None", found: "DuplicatePairs", limit: int) -> dict[str, Any]:
    """What JSON says of a search; `other`: the table that was searched, when it was another one."""
    from photoplanet.duplicates import between_tables

    return {
        "photos": len(mine.ids),
        "duplicates": int(found.leaked.sum()),
        "threshold": limit,
        "pairs": found.nearest().named(mine.ids, (other or mine).ids),
        "same_photo_id": len(between_tables.same_ids(mine, other)) if other else 0,
        "unreadable": len(found.unreadable),
    }


def _print(
    mine: "Listed", other: "Listed", found: "DuplicatePairs", limit: int, against: "TableSet | None",
    report: Path | None,
) -> None:  # fmt: skip
    from photoplanet.duplicates import between_tables, binary_codes

    first = found.nearest().named(mine.ids, other.ids)
    where = f"have a (near-)duplicate in {against}" if against else "repeat an earlier one"
    bits = binary_codes.facts()["bits"]
    click.echo(
        f"{int(found.leaked.sum()):,} of {len(mine.ids):,} photos {where} (at most {limit} of {bits} bits apart)"
    )
    for pair in first[: between_tables.SHOWN]:
        click.echo(f"  {pair['photo_id']}  =  {pair['duplicate_of']}  ({pair['distance']} bits)")
    if len(first) > between_tables.SHOWN:
        hint = "" if report else "; --report FILE.csv lists them all"
        click.echo(f"  … and {len(first) - between_tables.SHOWN:,} more{hint}")
