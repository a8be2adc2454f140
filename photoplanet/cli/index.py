"""`photoplanet index`: photos, CSV, Parquet or shards → one photo table."""

from pathlib import Path

import click

from photoplanet.cli.shared import commands, options
from photoplanet.cli.shared.output import print_json
from photoplanet.cli.shared.progress import bar
from photoplanet.photos import pixel_limit


@commands.command()
@click.argument("sources", nargs=-1, required=True, type=options.SOURCE)
@click.option("-o", "--output", required=True, type=options.OUT_TABLE,
              help="The photo table to write: .parquet or .csv, or a new folder of parts.")  # fmt: skip
@click.option("--report", type=options.OUT_FILE,
              help="Write every file left out and why: .csv or .json.")  # fmt: skip
@click.option("--images", type=options.IN_FOLDER,
              help="Folder with the photos of tables that name them by id alone.")  # fmt: skip
@click.option("--keep-without-gps", is_flag=True, help="Keep photos with no usable GPS: to locate, not to train.")
@click.option("--drop-graphics", is_flag=True, help="Leave out diagrams, clip-art, screenshots, scans of text.")
@click.option("--filter", "hook", metavar="nsfw|MODULE:FUNCTION",
              help="Leave out pornography ('nsfw', by the extra of that name), or what your own filter refuses: it "
              "gets a PIL image and returns True to keep it.")  # fmt: skip
@click.option("--threads", type=click.IntRange(1, 256), help="Photos to read at a time.  [default: cores, at most 8]")
@click.option("--processes", type=click.IntRange(0, 256), default=0, show_default=True,
              help="Use this many processes instead of threads: faster from some 10,000 photos on.")  # fmt: skip
@options.MAX_PIXELS
@options.coordinate_columns
@options.JSON
def command(
    sources: tuple[Path, ...], output: Path, report: Path | None, images: Path | None, keep_without_gps: bool,
    drop_graphics: bool, hook: str | None, threads: int | None, processes: int,
    latitude_column: str | None, longitude_column: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Turn folders, photos, CSV, Parquet and WebDataset shards into one photo table.

    Folders are searched with all below them for photos and for .tar shards; place and time come from sidecars, EXIF
    and XMP, the photographer from EXIF, the album is the subfolder. A table's own values win. Nothing is decoded
    unless a filter asks for it. A stopped run resumes where it was; later runs read only what has changed.

    \b
    Example:
      photoplanet index ~/Photos -o photos.parquet --report left-out.csv
      photoplanet index mp16/shards -o photos.parquet --processes 16
      photoplanet index osv5m/train.csv --images osv5m/images/train -o photos.parquet
    """
    from photoplanet.core import outputs
    from photoplanet.errors import InputError
    from photoplanet.index import build as library

    for path, suffixes in ((output, (".parquet", ".pq", ".csv", ".tsv", "")), (report, (".csv", ".json"))):
        if path is not None and path.suffix.lower() not in suffixes:
            raise InputError(f"{path}: the name must end in {' or '.join(filter(None, suffixes))}")
    # what img2dataset wrote about a shard lies beside it
    outputs.check(
        [output, report],
        [*sources, *(path.with_suffix(".parquet") for path in sources if isinstance(path, Path) and path.suffix)],
    )
    with bar("indexing") as advance:
        photos, left_out = library.write(
            sources, output, images=images, keep_without_gps=keep_without_gps, drop_graphics=drop_graphics, filter=hook,
            threads=threads, processes=processes, max_pixels=pixel_limit.current(), advance=advance,
            coordinates=options.named_columns(latitude_column, longitude_column),
        )  # fmt: skip
    if report is not None:
        library.write_report(left_out, report)
    reasons, without_time = library.counts(left_out), library.times_left_empty(left_out)
    if as_json:
        print_json({"output": str(output) if photos else None, "photos": photos, "left_out": reasons,
                    "times_left_empty": without_time,
                    "report": None if report is None else str(report)})  # fmt: skip
    else:
        if photos:
            print(f"{photos:,} photos in {output}")
        for reason, count in reasons.items():
            print(f"{count:>9,} left out: {reason}")
        if without_time:
            print(f"{without_time:>9,} without a time: it is unreadable, or day and month could be exchanged")
        if left_out and report is None:
            print("which and why: add --report left-out.csv")
    if not photos:
        hint = "; --keep-without-gps keeps photos to locate" if "no GPS" in reasons else ""
        raise InputError(f"{', '.join(map(str, sources))}: no photo could be indexed, no table written{hint}")
