"""`photoplanet similar`: which photos of a geotagged library show what a photo shows, and where they were taken."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from photoplanet.cli import library as shared
from photoplanet.cli.common import print_json
from photoplanet.errors import InputError, printable
from photoplanet.locate.precision import DEFAULT_PRECISION, PRECISIONS
from photoplanet.show.result_files import point

WAYS, VECTORS = ("local", "embedding"), ("float32", "int8", "ivf", "pq")  # spelled out: `--help` imports no FAISS
NAME_WIDTH, PLACE_WIDTH, MAX_PICTURES = 36, 44, 60
COLUMNS = ("file", "rank", "photo_id", "path", "inliers", "distance", "score", "trusted", "latitude", "longitude",
           "place", "error")  # fmt: skip


@click.command()
@click.argument("photos", nargs=-1, metavar="PHOTO...")
@click.option("--library", required=True, metavar="LIB", help="A folder of geotagged photos, or a photo table.")
@click.option("--by", type=click.Choice(WAYS), default="local", show_default=True,
              help="'local': details that geometry proves; 'embedding': vectors of a model.")  # fmt: skip
@click.option("--model", metavar="MODEL", help="For --by embedding: an installed model's name, or a folder.")
@click.option("--vectors", type=click.Choice(VECTORS), help="For --by embedding: how they are kept.  [default: int8]")
@click.option("--top", type=click.IntRange(1, 1000), default=5, show_default=True, help="Photos to list, at most.")
@click.option("--all", "unproven", is_flag=True, help="List the nearest photos even where geometry proves nothing.")
@click.option("--precision", type=click.Choice(list(PRECISIONS)), default=DEFAULT_PRECISION, show_default=True,
              help="What coordinates and names are rounded to.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False), help="Write CSV, a row for each photo found.")
@click.option("--show", "show_path", type=click.Path(dir_okay=False), metavar="FILE",
              help="Write a page (.html, works offline) or picture (.png) of the pairs.")  # fmt: skip
@click.option("--files-from", type=click.Path(allow_dash=True, dir_okay=False), metavar="FILE",
              help="Read more names from FILE ('-': stdin), one a line.")  # fmt: skip
@click.option("--threads", type=click.IntRange(1, 1024), help="Cores to use.  [default: all]")
@shared.options
def command(photos, library, by, model, vectors, top, unproven, precision, as_json, csv_path, show_path, files_from,
            threads, index_dir, no_update, with_itself):  # fmt: skip
    """Find the photos of a library LIB that show the same place as each PHOTO.

    LIB is indexed once; the index lies beside it as NAME.index, and later runs read only photos that are new or
    changed. By local features a photo is listed only when geometry proves the match, else the answer is 'no match'.
    The exit status is 2 when no PHOTO could be read.

    \b
    Example:
      photoplanet similar old-scan.jpg --library ~/Photos --show matches.html
      photoplanet similar *.jpg --library photos.parquet --by embedding --model model/ --csv similar.csv
    """
    from photoplanet.core.atomic import open_replacing
    from photoplanet.photos import inputs

    if by == "local" and (model or vectors):
        raise InputError("--model and --vectors are for --by embedding; local features need no model")
    sources = inputs.sources(photos, files_from)
    _check_outputs(csv_path, show_path, sources)
    found = shared.opened(library, by=by, model=model, vectors=vectors, index=index_dir, update=not no_update,
                          threads=threads)  # fmt: skip
    records: list[dict[str, Any]] = []
    pictures: list[dict[str, Any]] = []
    failed = 0
    with ExitStack() as stack:
        writer = _csv_writer(stack.enter_context(open_replacing(csv_path))) if csv_path else None
        for source in sources:
            name = inputs.name_of(source)
            try:
                rows = shared.itself(found, source, name, lambda line: click.echo(printable(line), err=True))
                features = found.features(source) if by == "local" else None
                matches = found.similar(
                    source if features is None else features, top, () if with_itself else rows, threads
                )
            except InputError as error:
                failed += 1
                click.echo(f"photoplanet: {printable(str(error))}", err=True)
                record: dict[str, Any] = {"file": name, "error": str(error)}
            else:
                kept = [match for match in matches if unproven or match.trusted is not False]
                record = {
                    "file": name,
                    "itself": [found.listing.addresses[row] for row in rows],
                    "matches": [match.to_dict(precision) for match in kept],
                }
                if show_path and len(pictures) < MAX_PICTURES:
                    pictures += _pictures(found, source, name, features, kept, record["matches"])
            if as_json:
                records.append(record)
            else:
                _print(record, by, precision)
            if writer:
                writer.writerows(_rows(record))
    if show_path:
        _show(show_path, pictures)
    if as_json:
        print_json({"library": str(library), "by": by, "index": shared.facts(found),
                    "photos": [each for each in records if "error" not in each],
                    "failed": [each for each in records if "error" in each]})  # fmt: skip
    if failed:
        click.echo(f"{failed} of {len(sources)} photos could not be read; they are named above", err=True)
    return 2 if failed == len(sources) else 0


def _check_outputs(csv_path: str | None, show_path: str | None, sources: list) -> None:
    from photoplanet.photos import inputs

    outputs = [path for path in (csv_path, show_path) if path]
    picture = Path(show_path) if show_path else None
    if picture is not None and picture.suffix.lower() not in (".html", ".htm", ".png"):
        raise InputError(f"{picture}: --show writes a page (.html) or a picture (.png)")
    if picture is not None and picture.suffix.lower() == ".png":
        if picture.exists():
            raise InputError(f"{picture}: is there already, and could be a photo; give a new name")
        outputs = [path for path in (csv_path, str(picture.with_suffix(".html"))) if path]
    inputs.check_outputs(outputs, sources)


def _print(record: dict[str, Any], by: str, precision: str) -> None:
    """One photo's matches as lines; nothing for a photo that could not be read, which stderr names."""
    if "error" in record:
        return
    click.echo(printable(record["file"]))
    if not record["matches"]:
        click.echo("  no match")
    for rank, match in enumerate(record["matches"], start=1):
        name, place = printable(match["photo_id"]), match["place"]
        name = name if len(name) <= NAME_WIDTH else "…" + name[1 - NAME_WIDTH :]
        place = place if len(place) <= PLACE_WIDTH else place[: PLACE_WIDTH - 1] + "…"
        click.echo(f"  {rank}. {name:<{NAME_WIDTH}}  {likeness(match):<22}  {point(match, precision):<19}  {place}")


def likeness(match: dict[str, Any]) -> str:
    """How alike two photos are, in words: "125 details agree", "12 agree, unproven" or "distance 0.31"."""
    if "distance" in match:
        return f"distance {match['distance']:.3f}"
    return f"{match['inliers']} details agree" if match["trusted"] else f"{match['inliers']} agree, unproven"


def _csv_writer(file: Any) -> Any:
    import csv

    writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    return writer


def _rows(record: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each match; one row without a match for a photo that has none, or could not be read."""
    if record.get("matches"):
        return [
            {"file": record["file"], "rank": rank, **match} for rank, match in enumerate(record["matches"], start=1)
        ]
    return [{"file": record["file"], "error": record.get("error", "")}]


def _pictures(
    found: Any, source: Any, name: str, features: Any, matches: list, facts: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    from photoplanet.show import matches as page

    shown: list[dict[str, Any]] = []
    for match, about in zip(matches, facts, strict=True):
        title = f"{likeness(about)} · {about['place']} · {about['photo_id']}"
        try:
            picture = page.pair(source, match, features, found.features_of(match.row))
        except InputError as error:  # gone since it was indexed
            shown.append({"query": name, "title": f"{title} ({error})", "picture": None})
            continue
        shown.append({"query": name, "title": title, "picture": picture})
    return shown or [{"query": name, "title": "no match", "picture": None}]


def _show(path: str, pictures: list[dict[str, Any]]) -> None:
    from photoplanet.show import matches as page

    (page.write_png if path.lower().endswith(".png") else page.write_html)(path, pictures)
    if len(pictures) >= MAX_PICTURES:
        click.echo(f"{path}: shows the first {len(pictures)} pairs only", err=True)
