"""`photoplanet locate --library` without a model: the place of the photos of a library that show the same."""

import csv
from contextlib import ExitStack
from typing import Any

import click

from photoplanet.cli import library as shared
from photoplanet.cli.common import print_json
from photoplanet.errors import InputError, printable
from photoplanet.locate.precision import rounded
from photoplanet.show.result_files import point

NAME_WIDTH, PLACE_WIDTH = 40, 44
COLUMNS = ("photo_id", "rank", "latitude", "longitude", "place", "country_code", "details", "matches", "spread_km",
           "abstains", "error")  # fmt: skip


def run(
    sources: list, library: str, *, precision: str, as_json: bool, csv_path: str | None, with_itself: bool,
    threads: int | None, **opening: Any,
) -> int:  # fmt: skip
    """Locate photos by the trusted matches in a library and print it; the exit status."""
    from photoplanet.photos import inputs
    from photoplanet.core.atomic import open_replacing

    found = shared.opened(library, by="local", threads=threads, **opening)
    records: list[dict[str, Any]] = []
    failed = 0
    with ExitStack() as stack:
        writer = None
        if csv_path:
            writer = csv.DictWriter(stack.enter_context(open_replacing(csv_path)), COLUMNS, extrasaction="ignore")
            writer.writeheader()
        width = min(NAME_WIDTH, max(5, *(len(inputs.name_of(source)) for source in sources)))
        if not as_json:
            click.echo(f"{'photo':<{width}}  {'place':<{PLACE_WIDTH}}  {'latitude, longitude':<19}  details  matches")
        for source in sources:
            name = inputs.name_of(source)
            try:
                rows = shared.itself(found, source, name, lambda line: click.echo(printable(line), err=True))
                answer = found.locate(source, () if with_itself else rows, threads)
            except InputError as error:
                failed += 1
                click.echo(f"photoplanet: {printable(str(error))}", err=True)
                record: dict[str, Any] = {"file": name, "error": str(error)}
            else:
                itself = [found.listing.addresses[row] for row in rows]
                record = {"file": name, "itself": itself, **facts(answer, precision)}
                if not as_json:
                    click.echo(_line(record, width, precision))
            records.append(record) if as_json else None
            if writer:
                writer.writerow(_row(record))
    if as_json:
        print_json({"library": str(library), "by": "local", "index": shared.facts(found),
                    "photos": [each for each in records if "error" not in each],
                    "failed": [each for each in records if "error" in each]})  # fmt: skip
    if failed:
        click.echo(f"{failed} of {len(sources)} photos could not be read; they are named above", err=True)
    return 2 if failed == len(sources) else 0


def facts(answer: Any, precision: str) -> dict[str, Any]:
    """An answer of `retrieval.matching` as plain values: `best` (None: no match), `matches`, `elsewhere`."""
    from photoplanet.earth import gazetteer

    if answer is None:
        return {"best": None, "matches": [], "elsewhere": []}
    place = gazetteer.name(answer.latitude, answer.longitude)[0]
    best = {
        "latitude": rounded(answer.latitude, precision), "longitude": rounded(answer.longitude, precision),
        "place": place.text(precision), "country_code": place.country_code,
        "details": sum(match.inliers for match in answer.matches), "spread_km": round(answer.spread_km, 3),
    }  # fmt: skip
    lists = {"matches": answer.matches, "elsewhere": answer.others}
    told = {
        which: [
            {
                "photo_id": match.photo_id, "path": match.path, "inliers": match.inliers,
                "latitude": rounded(match.latitude, precision), "longitude": rounded(match.longitude, precision),
            }
            for match in group
        ]
        for which, group in lists.items()
    }  # fmt: skip
    return {"best": best, **told}


def _line(record: dict[str, Any], width: int, precision: str) -> str:
    name = printable(record["file"])
    name = name if len(name) <= width else "…" + name[1 - width :]
    best = record["best"]
    if best is None:
        return f"{name:<{width}}  no match"
    place = best["place"] if len(best["place"]) <= PLACE_WIDTH else best["place"][: PLACE_WIDTH - 1] + "…"
    others = f", and {len(record['elsewhere'])} elsewhere" if record["elsewhere"] else ""
    matches = f"{len(record['matches'])} within {best['spread_km']:.2g} km{others}"
    return f"{name:<{width}}  {place:<{PLACE_WIDTH}}  {point(best, precision):<19}  {best['details']:>7}  {matches}"


def _row(record: dict[str, Any]) -> dict[str, Any]:
    """A CSV row as `photoplanet score` reads it: without coordinates where there is no answer."""
    if "error" in record:
        return {"photo_id": record["file"], "error": record["error"]}
    if record["best"] is None:
        return {"photo_id": record["file"], "abstains": "true"}
    known = {"photo_id": record["file"], "rank": 1, "abstains": "false", "matches": len(record["matches"])}
    return {**known, **record["best"]}
