"""Geotags into photos or beside them, in one step per file, with a list that can take all of it back (`undo`).

The list (`undo_list`) gets a line before a file changes. Nothing is ever written through a link, symbolic or hard: not
into a photo, not into a sidecar, not into the list. A file that cannot be written keeps no other from it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from photoplanet.core import leftovers, progress
from photoplanet.errors import InputError
from photoplanet.metadata import exif, exif_places, exif_writer, facts, files, place_names, undo_list, xmp
from photoplanet.metadata.byte_edits import Edit, applied
from photoplanet.metadata.estimate import MAX_RADIUS_KM, Estimate, OwnGps
from photoplanet.metadata.files import Outcome, Seen
from photoplanet.metadata.sidecars import Sidecars
from photoplanet.photos import decode

KINDS = ("xmp", "exif")
_HOLDS = {facts.EXIF: "it has GPS of its own", facts.XMP: "its XMP holds a place"}


def write(
    estimates: Iterable[tuple[str | Path, Estimate]],
    kind: str = "xmp",
    ending: str = xmp.DEFAULT_ENDING,
    dry_run: bool = False,
    advance: progress.Advance = progress.ignore,
    max_radius_km: float = MAX_RADIUS_KM,
) -> Iterator[Outcome]:
    """Write each (photo, estimate) as kind "xmp" (a sidecar) or "exif" (into a JPEG) and yield what was done, in order.

    One with a radius over `max_radius_km` is never written as GPS: its sidecar gets the names of the place that hold
    (`Estimate.names`; none where somebody else has named it) and properties of photoplanet's own. Where EXIF cannot be
    written (not a JPEG, odd structure, a link, read-only), a sidecar is, and `detail` says why. A place that the photo
    or one of its sidecars has already is never written over, unless it is our own earlier estimate, whose place the new
    one takes. Mode and modification time of a photo stay. With `dry_run` nothing changes. InputError for an unknown
    kind or ending.

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     photo = Path(folder, "IMG_1.jpg")
    ...     Image.new("RGB", (8, 8)).save(photo)
    ...     [done.path.name for done in write([(photo, Estimate(48.86, 2.29, 25_000))])]
    ['IMG_1.jpg.xmp']
    """
    if kind not in KINDS:
        raise InputError(f"geotags are written as {' or '.join(KINDS)}, not {kind!r}")
    xmp.sidecar(Path("a.jpg"), ending)
    beside, used = Sidecars(), dict[Path, Path]()
    folders: set[Path] = set()
    for name, estimate in estimates:
        photo = Path(name)
        advance(1)
        if not dry_run and photo.parent not in folders:
            folders.add(photo.parent)
            leftovers.tidy(photo.parent, again=True)
        try:
            said = _said(photo, beside.of(photo))
            path = beside.named(xmp.sidecar(photo, ending), photo)
            if estimate.is_coarse(max_radius_km):
                yield _in_words(photo, path, estimate, used, dry_run, said)
            elif kind == "exif":
                yield _into_exif(photo, path, estimate, used, dry_run)
            else:
                yield _beside(photo, path, estimate, used, dry_run)
        except OwnGps as error:
            yield Outcome(photo, "own GPS", str(error))
        except InputError as error:
            yield Outcome(photo, "refused", str(error).removeprefix(f"{photo}: "))
        except OSError as error:
            yield Outcome(photo, "failed", _reason(error, photo))


def _reason(error: OSError, photo: Path) -> str:
    """Why a file could not be written, with its name where it is not the photo's own."""
    reason = error.strerror or str(error)
    named = "" if error.filename is None else str(error.filename)
    return reason if named in ("", str(photo)) else f"{Path(named).name}: {reason}"


class _Said(NamedTuple):
    """What a photo and the files beside it say: whether somebody has named its place; and EXIF has an estimate of ours.

    Names count wherever they may be those of a place: ours are only for photos that have none.
    """

    named: bool
    in_exif: bool


def _said(photo: Path, beside: Iterable[str]) -> _Said:
    """OwnGps where EXIF, embedded XMP or a sidecar of any name has a place that is not our estimate."""
    with decode.opened(photo, decode.ANY_PIXELS) as (image, _):
        said = facts.statements(image, exif.read(image), beside)
        packets = facts.xmp_packets(image)
        named = any(map(place_names.in_xmp, packets)) or place_names.in_iptc(image)
    for each in said:
        if each.fault is None or (each.source != facts.EXIF and each.fault == exif_places.UNREADABLE):
            raise OwnGps(_HOLDS.get(each.source, f"{each.source} holds a place"))
    if any(b"gpslatitude" in packet.lower() for packet in packets):  # whatever it is the place of
        raise OwnGps(_HOLDS[facts.XMP])
    for sidecar in map(files.look, map(Path, beside)):
        if sidecar.fault or not sidecar.path.name.lower().endswith(files.SIDECAR):
            continue
        data = sidecar.read(xmp.MAX_BYTES)
        try:
            place = data is not None and xmp.has_place(data)
            named = named or (data is not None and place_names.in_xmp(xmp.rest(data)))
        except InputError as error:
            raise InputError(f"{sidecar.path.name}: {error}") from None
        if place:
            raise OwnGps(f"{sidecar.path.name} holds a place")
    return _Said(named, any(each.source == facts.EXIF and each.fault == exif.ESTIMATE for each in said))


def _in_words(
    photo: Path, path: Path, estimate: Estimate, used: dict[Path, Path], dry_run: bool, said: _Said
) -> Outcome:  # fmt: skip
    """Write a coarse estimate beside a photo; what an earlier command wrote into its EXIF stays, and is named."""
    done = _beside(photo, path, estimate, used, dry_run, coarse=True, named=said.named)
    notes = ["without names: its place has some already"] if said.named and any(estimate.names) else []
    notes += ["an earlier estimate is still in its EXIF; --undo takes it out"] if said.in_exif else []
    return replace(done, detail="; ".join(notes))


def _into_exif(photo: Path, path: Path, estimate: Estimate, used: dict[Path, Path], dry_run: bool) -> Outcome:
    seen = files.look(photo)
    try:
        if seen.fault:
            raise InputError(seen.fault)
        if seen.shared:
            raise InputError("it has several names (hard links), of which only one would change")
        if seen.read_only:
            raise InputError("it is read-only")
        data = seen.read(decode.MAX_BYTES)
        if data is None:
            raise FileNotFoundError(2, "No such file or directory", str(photo))
        changes = exif_writer.edits(data, estimate)
    except OwnGps:
        raise
    except InputError as error:
        beside = _beside(photo, path, estimate, used, dry_run)
        return Outcome(beside.path, beside.did, f"a sidecar, because {str(error).removeprefix(f'{photo}: ')}")
    return _change(seen, data, changes, dry_run)


def _beside(
    photo: Path, path: Path, estimate: Estimate, used: dict[Path, Path], dry_run: bool, coarse: bool = False,
    named: bool = False,
) -> Outcome:  # fmt: skip
    if used.setdefault(path, photo) != photo:
        raise InputError(f"{path.name} is another photo's sidecar too; use the ending {xmp.DEFAULT_ENDING}")
    seen = files.look(path)
    for fault, what in (
        (seen.fault, seen.fault.removeprefix("it ")),
        (seen.shared, "has several names (hard links), of which only one would change"),
        (seen.status and seen.read_only, "is read-only"),
    ):
        if fault:
            raise InputError(f"{path.name} {what}")
    data = seen.read(xmp.MAX_BYTES)
    return _change(seen, data, xmp.edits(data, estimate, coarse, named), dry_run)


def _differs(path: Path, sha: str) -> bool:
    """Whether a file surely does not have this SHA-256."""
    try:
        data = files.look(path).read(decode.MAX_BYTES)
    except (InputError, OSError):
        return False
    return data is None or hashlib.sha256(data).hexdigest() != sha


def _change(seen: Seen, before: bytes | None, changes: list[Edit], dry_run: bool) -> Outcome:
    """Change a file, after its line in the list is on disk."""
    after, back = applied(before or b"", changes)
    if after == before:
        return Outcome(seen.path, "unchanged")
    folder = seen.path.parent
    if dry_run:
        files.check_writable(seen.path)
        with suppress(FileNotFoundError):
            undo_list.check(folder / undo_list.NAME)
        return Outcome(seen.path, "written")
    sha = None if before is None else hashlib.sha256(before).hexdigest()
    change = undo_list.Change(seen.path.name, sha, hashlib.sha256(after).hexdigest(), back)
    with undo_list.noted(folder, change, lambda: _differs(seen.path, change.after)):
        files.put(seen, after)
    return Outcome(seen.path, "written")
