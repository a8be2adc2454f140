"""`photoplanet duplicates`: photos that a table repeats, or that another table has already."""

import csv
import io
from pathlib import Path

import click

from photoplanet.cli.common import bar, print_json

TABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("photos", type=TABLE)
@click.option("--against", type=TABLE, help="The photo table they are looked for in, as a rule the training set.")
@click.option("-o", "--output", type=OUT, help="Write PHOTOS without them: .parquet or .csv.")
@click.option("--report", type=OUT, help="Write every pair: .csv with photo_id, duplicate_of, distance.")
@click.option("--threshold", type=click.IntRange(0), metavar="BITS",
              help="Bits that may differ; more finds more, true and false.  [default: as trained]")  # fmt: skip
@click.option("--threads", type=click.IntRange(1, 256), help="Cores to use.  [default: all]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(photos, against, output, report, threshold, threads, as_json):
    """Find the photos of PHOTOS, a photo table, that another table has too: the same, cropped, scaled, captioned, ….

    Without --against: the photos that repeat an earlier one of PHOTOS itself. Photos that cannot be read stay in. What
    was read once is kept in a hidden folder beside each table, so that a stopped run goes on.

    \b
    Example:
      photoplanet duplicates test.parquet --against training.parquet -o clean.parquet --report pairs.csv
      photoplanet duplicates photos.parquet -o unique.parquet
    """
    import pyarrow as pa

    from photoplanet.duplicates import between_tables, binary_codes
    from photoplanet.errors import InputError
    from photoplanet.photos import table

    for path, suffixes in ((output, (".parquet", ".pq", ".csv", ".tsv")), (report, (".csv",))):
        if path is not None and path.suffix.lower() not in suffixes:
            raise InputError(f"{path}: the name must end in {' or '.join(suffixes)}")
        if path is not None and not path.absolute().parent.is_dir():
            raise InputError(f"{path.parent}: no such folder; make it first")
    limit = binary_codes.facts()["threshold"] if threshold is None else threshold
    if limit >= binary_codes.facts()["bits"]:
        raise InputError(f"--threshold {limit}: a code has {binary_codes.facts()['bits']} bits")
    mine = between_tables.listed(photos)
    other = between_tables.listed(against, ("photo_id", "path")) if against else mine
    for path, listed in ((photos, mine), (against, other))[: 2 if against else 1]:
        if listed.left_out:
            click.echo(f"{path}: {listed.left_out}", err=True)
    with bar("reading", len(mine.ids) + (len(other.ids) if against else 0)) as advance:
        if against:
            found = between_tables.against(mine, other, limit, threads, advance)
        else:
            found = between_tables.within(mine, limit, threads, advance)
    for reason in found.unreadable[: between_tables.SHOWN]:
        click.echo(f"photoplanet: {reason}", err=True)
    if found.unreadable:
        click.echo(f"{len(found.unreadable):,} photos could not be read and so not compared", err=True)
    if report is not None:
        _write(found.named(mine.ids, other.ids), report)
    keep = pa.array(~found.leaked)
    if output is not None:
        if found.leaked.all():
            raise InputError(f"{photos}: every photo has a duplicate; {output} would be empty and is not written")
        clean = mine.rows.filter(keep)
        at = clean.column_names.index("path")
        paths = _seen_from(output, photos, mine.paths, clean["path"].to_pylist(), ~found.leaked)
        table.write(clean.set_column(at, "path", pa.array(paths, pa.string())), output)
    count, first = int(found.leaked.sum()), found.nearest().named(mine.ids, other.ids)
    if as_json:
        print_json({"photos": len(mine.ids), "duplicates": count, "threshold": limit, "pairs": first,
                    "same_photo_id": len(between_tables.same_ids(mine, other)) if against else 0,
                    "unreadable": len(found.unreadable), "output": str(output) if output else None,
                    "report": str(report) if report else None})  # fmt: skip
        return
    where = f"have a (near-)duplicate in {against}" if against else "repeat an earlier one"
    bits = binary_codes.facts()["bits"]
    click.echo(f"{count:,} of {len(mine.ids):,} photos {where} (at most {limit} of {bits} bits apart)")
    for pair in first[: between_tables.SHOWN]:
        click.echo(f"  {pair['photo_id']}  =  {pair['duplicate_of']}  ({pair['distance']} bits)")
    if len(first) > between_tables.SHOWN:
        hint = "" if report else "; --report FILE.csv lists them all"
        click.echo(f"  … and {len(first) - between_tables.SHOWN:,} more{hint}")
    if output is not None:
        click.echo(f"{output}: {len(mine.ids) - count:,} photos")


def _seen_from(output, photos, absolute, relative, keep):
    """Paths as the new table needs them: as they were when it lies beside the old one, else absolute."""
    if output.absolute().parent.resolve() == photos.absolute().parent.resolve():
        return relative
    import os

    return [os.path.abspath(path) for path, kept in zip(absolute, keep, strict=True) if kept]  # noqa: PTH100


def _write(pairs, path):
    from photoplanet.core import atomic

    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ["photo_id", "duplicate_of", "distance"])
    writer.writeheader()
    writer.writerows(pairs)
    with atomic.replacing(path) as temporary:
        temporary.write_bytes(text.getvalue().encode("utf-8", "surrogateescape"))
