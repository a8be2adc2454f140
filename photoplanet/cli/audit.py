"""`photoplanet audit`: what photos give away before they are published; and taking it out of their metadata."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photoplanet.audit.finding import LEVELS, Audited, Finding, worst_first
from photoplanet.cli.shared import commands, extras, loading, options
from photoplanet.cli.shared.library import index_options, open_library
from photoplanet.cli.shared.output import by_outcome, count_of, print_json, printing, report_error, say
from photoplanet.cli.shared.progress import bar
from photoplanet.errors import InputError, printable
from photoplanet.show.result_files import TOY_LINE
from photoplanet.signs.networks import EXTRA, FEATURE

if TYPE_CHECKING:
    from photoplanet.locate.locator import Locator
    from photoplanet.metadata.files import Outcome

FOUND = 3  # the exit status where something gives a place away
_ORDER = list(LEVELS)


@commands.command(epilog=extras.hint(FEATURE, EXTRA))
@click.argument("photos", nargs=-1, metavar="DIR|PHOTO...")
@click.option("--model", metavar="MODEL", help="Ask this model too: an installed name, or a folder.")
@options.SIGNS
@click.option("--library", metavar="LIB", help="Geotagged photos (folder or table) that may show the same place.")
@click.option("--strip", is_flag=True, help="Take the metadata out that gives a place or you away; pixels stay.")
@click.option("--dry-run", is_flag=True, help="With --strip or --undo: say what would be done, and change nothing.")
@click.option("--undo", is_flag=True, help="Put back all that --strip took out, byte for byte.")
@options.JSON
@click.option("--page", "page_path", type=options.OUT_FILE, help="Write a page of it with thumbnails; works offline.")
@options.FILES_FROM
@options.THREADS
@options.MAX_PIXELS
@index_options
def command(
    photos: tuple[str, ...], model: str | None, signs: bool | None, library: str | None, strip: bool, dry_run: bool,
    undo: bool, as_json: bool, page_path: Path | None, files_from: str | None, threads: int | None,
    index_dir: str | None, no_update: bool,
) -> int:  # fmt: skip
    """Find what would give a place away before you publish photos, worst first.

    Looks into EXIF, XMP, IPTC, thumbnails, maker notes, comments, file names and the files beside photos; reads the
    text in the picture; with --model or --library asks these; and says what all photos give away together, such as a
    home. With --strip the metadata of JPEGs and XMP sidecars is taken out, and what is left is reported.

    The exit status is 3 when something gives a place away, 0 when nothing does and every photo could be read, 2 when
    one could not be, and 1 when a file could not be written.

    \b
    Example:
      photoplanet audit ~/ToPublish --page audit.html
      photoplanet audit ~/ToPublish --strip --dry-run
      photoplanet audit ~/ToPublish --strip --no-signs
      photoplanet audit ~/ToPublish --undo
    """
    from photoplanet.audit import together
    from photoplanet.photos import inputs

    if undo:
        if strip:
            raise click.UsageError("--undo puts back what --strip took out; give one of them")
        return _undo(photos, dry_run, as_json)
    if dry_run and not strip:
        raise click.UsageError("--dry-run goes with --strip or --undo")
    sources = inputs.sources(photos, files_from, say)
    inputs.check_outputs([page_path], [*sources, files_from, library])
    loaded = _load(model, signs, threads)
    audits, others = _metadata(sources, photos)
    outcomes = _strip(audits, dry_run) if strip else []
    if strip and not dry_run:
        audits = _again(audits, sources, outcomes)
    if loaded is not None:
        audits = _pixels(audits, sources, loaded, threads)
    if library is not None:
        found = open_library(library, by="local", index=index_dir, update=not no_update, threads=threads)
        audits = _matches(audits, sources, found, threads)
    whole = together.findings(audits)
    listed = sorted([*audits, *others], key=lambda each: _ORDER.index(each.level) if each.level else len(_ORDER))
    if page_path:
        from photoplanet.show import audit_page

        audit_page.write(page_path, listed, whole, loaded.info.licence_note if loaded else "")
    if as_json:
        about = {"model": loaded.info.name, **loading.licence_facts(loaded.info)} if loaded else {}
        print_json({**about, **_record(listed, whole, outcomes)})
    else:
        with printing(to_the_end=bool(page_path)):
            _print(listed, whole, outcomes, dry_run)
    return _status(listed, whole, outcomes)


def _load(model: str | None, signs: bool | None, threads: int | None) -> "Locator | None":
    """What looks at pixels: a model, or who reads text without one; None where nobody does, which is said."""
    from photoplanet.signs import networks

    reads = networks.is_installed() if signs is None else signs
    if model is None and not reads:
        if signs is None:
            say("what the pixels give away was not looked into: give --model, or install the 'signs' extra")
        return None
    loaded = loading.load(model or "none", threads, signs=signs)
    if loaded.info.is_toy:
        say(TOY_LINE)
    return loaded


def _metadata(sources: Sequence[str | bytes], named: Sequence[str]) -> tuple[list[Audited], list[Audited]]:
    """What the files of the photos give away, and other files in the folders that were named."""
    from photoplanet.audit import beside, photo
    from photoplanet.metadata.sidecars import Sidecars

    sidecars, audits = Sidecars(), []
    with bar("reading metadata", len(sources)) as advance:
        for source in sources:
            audits.append(photo.audited(source, sidecars))
            if (error := audits[-1].error) is not None:
                report_error(error)
            advance()
    return audits, [each for name in named if Path(name).is_dir() for each in beside.others(name)]


def _strip(audits: Sequence[Audited], dry_run: bool) -> "list[Outcome]":
    from photoplanet.audit import stripping

    with bar("stripping", len(audits)) as advance:
        return list(stripping.strip(audits, dry_run, advance))


def _again(
    audits: Sequence[Audited], sources: Sequence[str | bytes], outcomes: "Sequence[Outcome]"
) -> list[Audited]:  # fmt: skip
    """The audits, those of photos anew whose files, or sidecars, were changed."""
    from photoplanet.audit import photo

    changed = {str(each.path.parent) for each in outcomes if each.did == "stripped"}
    return [
        photo.audited(source) if each.error is None and str(Path(each.file).parent) in changed else each
        for each, source in zip(audits, sources, strict=True)
    ]


def _pixels(
    audits: Sequence[Audited], sources: Sequence[str | bytes], loaded: "Locator", threads: int | None
) -> list[Audited]:  # fmt: skip
    """The audits with what the pixels give away; a photo whose pixels cannot be read gets a note."""
    from photoplanet.audit import pixels

    kind = "text in the picture" if loaded.info.name == "no model" else f"model {loaded.info.name}"
    found = []
    with bar("looking at pixels", len(sources)) as advance:
        answers = loaded.locate_many(sources, decode_threads=threads, advance=advance, region=pixels.SHARE)
        for each, (_, answer) in zip(audits, answers, strict=True):
            found.append(_with(each, [_unread(answer)] if isinstance(answer, InputError)
                               else pixels.of_prediction(answer, kind)))  # fmt: skip
    return found


def _matches(
    audits: Sequence[Audited], sources: Sequence[str | bytes], library: Any, threads: int | None
) -> list[Audited]:  # fmt: skip
    from photoplanet.audit import pixels

    found = []
    with bar("searching the library", len(sources)) as advance:
        for each, source in zip(audits, sources, strict=True):
            try:
                found.append(_with(each, pixels.of_library(library, source, threads)))
            except InputError as error:
                found.append(_with(each, [_unread(error)]))
            advance()
    return found


def _with(audited: Audited, more: Iterable[Finding]) -> Audited:
    return audited if audited.error is not None else replace(
        audited, findings=worst_first([*audited.findings, *more])
    )  # fmt: skip


def _unread(error: InputError) -> Finding:
    return Finding("note", "pixels", "pixels", printable(str(error)))


def _record(listed: Sequence[Audited], whole: Sequence[Finding], outcomes: "Sequence[Outcome]") -> dict[str, Any]:
    counts: Counter[str] = Counter(each.level or "nothing" for each in listed if each.error is None)
    facts: dict[str, Any] = {**by_outcome([each.to_dict() for each in listed])}
    facts["together"] = [each.to_dict() for each in whole]
    facts["counts"] = {level: counts[level] for level in (*_ORDER, "nothing")}
    if outcomes:
        facts["stripping"] = [{"file": str(each.path), "did": each.did, "detail": each.detail} for each in outcomes]
    return facts


def _print(
    listed: Sequence[Audited], whole: Sequence[Finding], outcomes: "Sequence[Outcome]", dry_run: bool
) -> None:  # fmt: skip
    for each in listed:
        if each.findings:
            click.echo(printable(each.file))
            for finding in each.findings:
                click.echo(f"  {_line(finding)}")
    if whole:
        click.echo("all together")
        for finding in whole:
            click.echo(f"  {_line(finding)}")
    for outcome in outcomes:
        if outcome.did in ("refused", "failed") or outcome.detail:
            click.echo(printable(f"{outcome.did}: {outcome.path} ({outcome.detail})"))
    if outcomes:
        counts = Counter(each.did for each in outcomes)
        would = "would be " if dry_run else ""
        click.echo(f"{count_of(counts['stripped'], 'file')} {would}stripped, {counts['clean']:,} clean, "
                   f"{counts['refused'] + counts['failed']:,} left as they are")  # fmt: skip
    counted: Counter[str | None] = Counter(each.level for each in listed if each.error is None)
    parts = [f"{counted[level]:,} {about}" for level, about in _SUMMED.items() if counted[level]]
    clean = f"{counted[None]:,} without a finding"
    click.echo(f"of {count_of(sum(counted.values()), 'file')}: {', '.join([*parts, clean])}")


_SUMMED = {"place": "giving a place away", "link": "tied to a camera or a person", "hint": "with hints",
           "note": "not looked into in full"}  # fmt: skip


def _line(finding: Finding) -> str:
    return printable(f"{finding.level:<5}  {finding.kind} ({finding.where}): {finding.says}")


def _status(listed: Sequence[Audited], whole: Sequence[Finding], outcomes: "Sequence[Outcome]") -> int:
    if any(each.did == "failed" for each in outcomes):
        return 1
    if "place" in {*(each.level for each in listed), *(each.level for each in whole)}:
        return FOUND
    return 2 if any(each.error is not None for each in listed) else 0


def _undo(names: Sequence[str], dry_run: bool, as_json: bool) -> int:
    """Put back what was taken out in the named folders and of the named photos; return the exit status."""
    from photoplanet.audit import stripping

    outcomes = list(stripping.undo(names, dry_run))
    counts = Counter(each.did for each in outcomes)
    for each in outcomes:
        if each.did != "restored":
            say(f"left alone: {each.path} ({each.detail})")
    if as_json:
        print_json([{"file": str(each.path), "did": each.did, "detail": each.detail} for each in outcomes])
    else:
        would = "would be " if dry_run else ""
        click.echo(f"{count_of(counts['restored'], 'file')} {would}restored, {counts['left alone']:,} left alone")
    return 1 if counts["left alone"] else 0
