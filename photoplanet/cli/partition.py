"""`photoplanet partition`: photo tables → adaptive S2 cells."""

from pathlib import Path
from typing import Any

import click

from photoplanet.cli.shared import commands, options
from photoplanet.cli.shared.output import print_json
from photoplanet.cli.shared.progress import bar
from photoplanet.earth.partition.partition import MAX_PHOTOS, MIN_PHOTOS


@commands.command()
@click.argument("tables", nargs=-1, required=True, type=options.SOURCE)
@click.option("-o", "--output", required=True, type=options.OUT_FILE, help="The Parquet file to write.")
@click.option(
    "--max-photos",
    type=click.IntRange(1),
    default=MAX_PHOTOS,
    show_default=True,
    help="Split cells with more photos than this.",
)
@click.option(
    "--min-photos",
    type=click.IntRange(0),
    default=MIN_PHOTOS,
    show_default=True,
    help="Drop cells with fewer photos than this.",
)
@click.option(
    "--uniform",
    "level",
    type=click.IntRange(0, 30),
    help="All cells of this level (0…30) instead of adaptive ones.  [default: adaptive]",
)
@click.option("--geojson", type=options.OUT_FILE, help="Also write the cells as polygons for a map.")
@options.coordinate_columns
@options.JSON
def command(
    tables: tuple[Path, ...], output: Path, max_photos: int, min_photos: int, level: int | None, geojson: Path | None,
    latitude_column: str | None, longitude_column: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Cut the Earth into S2 cells by where photos were taken: the classes of a model.

    TABLES are photo tables (Parquet or CSV, of any size) with latitude and longitude. Cells are small
    where many photos were taken and large elsewhere; where hardly any were taken there is none. The defaults are
    those of the PlaNet paper.

    \b
    Example:
      photoplanet partition photos.parquet -o cells.parquet --max-photos 1000 --min-photos 50
      photoplanet partition photos.csv -o cells.parquet --uniform 4 --geojson cells.geojson
    """
    from photoplanet.core import outputs
    from photoplanet.earth.partition.partition import Partition

    outputs.check([output, geojson], tables)  # before minutes of counting
    latitude, longitude = options.named_columns(latitude_column, longitude_column) or (None, None)
    with bar("counting photos") as advance:
        if level is None:
            part = Partition.adaptive_from_parquet(tables, max_photos, min_photos, advance, latitude, longitude, True)
        else:
            part = Partition.uniform_from_parquet(tables, level, min_photos, advance, latitude, longitude, True)
    part.save(output)
    if geojson:
        part.save_geojson(geojson)
    facts = part.summary()
    if as_json:
        print_json(facts)
    else:
        click.echo(_text(facts))


def _km2(area: float) -> str:
    return f"{area:,.0f}" if area >= 100 else f"{area:.3g}"


def _text(facts: dict[str, Any]) -> str:
    made, area = facts["made"], facts["area_km2"]
    share = 100 * facts["photos"] / made["photos"]
    lines = [
        f"cells                    {facts['cells']:,}",
        f"photos in them           {facts['photos']:,} of {made['photos']:,} ({share:.1f} %)",
        f"median photos per cell   {facts['median_photos_per_cell']:,.0f}",
        f"area of a cell, km²      {_km2(area['min'])} to {_km2(area['max'])}, median {_km2(area['median'])}",
        "cells per level          " + ", ".join(f"{level}: {count:,}" for level, count in facts["levels"].items()),
    ]
    if made["left_out"]:
        lines.append(f"rows left out            {made['left_out']:,} (no coordinates, off the Earth, or exactly 0, 0)")
    return "\n".join(lines)
