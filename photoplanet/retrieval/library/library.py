"""A library of geotagged photos, indexed on disk beside it: which of them look like a photo, and so where it was taken.

Beside a folder or table NAME lies NAME.index: `index.json` (the manifest), and for each way to search ("local", or one
embedding) a folder with the store of what was computed from each photo, and the files of the present generation. A new
generation is written beside the old one and becomes the present one when `index.json` is replaced, in one step.
"""

import errno
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from photoplanet.core import atomic, lock
from photoplanet.errors import InputError
from photoplanet.retrieval.library import listing as listings
from photoplanet.retrieval.library.backends import LocalEngine, Progress, VectorEngine
from photoplanet.retrieval.library.matching import Library
from photoplanet.retrieval.library.store import Row, Store

FORMAT = 1
MANIFEST, LOCK, STORE = "index.json", "lock", "photos"
WAYS = ("local", "embedding")
MAX_MANIFEST = 4 << 20  # bytes
_OURS = (MANIFEST, LOCK, listings.TABLE, f".{listings.TABLE}.journal", "local", "embedding-")


def place(source: str | Path) -> Path:
    """Where the index of a folder or table lies by default: beside it."""
    path = Path(source).absolute()
    return path.with_name(f"{path.name}.index")


@contextmanager
def silent(what: str, total: int | None) -> Iterator[Callable[..., None]]:
    """No progress shown; `cli.common.bar` is what the command line passes instead."""
    yield lambda count=1, note="": None


def open(
    source: str | os.PathLike,
    by: str = "local",
    model: Any = None,
    index: str | os.PathLike | None = None,
    *,
    embedding: str | None = None,
    vectors: str | None = None,
    update: bool = True,
    threads: int | None = None,
    progress: Progress = silent,
    tell: Callable[[str], None] = lambda line: None,
) -> Library:
    """Open the library `source` (a folder of geotagged photos or a photo table); builds or updates its index first.

    `by`: "local" (features, verified by geometry) or "embedding" (vectors of `model`: a name, a folder, a `Locator`;
    `embedding` as `retrieval.embedding.Embedder`, `vectors` a kind of `retrieval.index.KINDS`). `index`: its folder,
    when not beside the library. Only photos that are new or changed (size, time) are read; what a stopped run has
    done is kept. While another process builds, the index that was there answers, or it waits when there is none.
    `update=False`, or a place that cannot be written: answers from the index as it is. `progress(what, total)` is a
    context that yields `advance`; `tell` gets one line for each thing a person should know.
    InputError for what is no library, an index of a newer version or of another library.
    """
    path = Path(source).expanduser()
    if not path.exists():
        raise InputError(
            f"{path}: no such folder or table; give a folder of geotagged photos, or a CSV or Parquet of them"
        )
    engine = _engine(by, model, embedding, vectors, threads)
    folder = Path(index) if index is not None else place(path)
    _check_place(folder, path, index is not None)
    if not update:
        return _as_it_is(path, folder, engine, f"{folder}: no index for this yet; run it without --no-update")
    try:
        folder.mkdir(parents=index is not None, exist_ok=True)
        with lock.held(folder / LOCK, wait=False) as mine:
            if mine:
                return _updated(path, folder, engine, threads, progress, tell)
    except PermissionError as error:
        return _unwritable(path, folder, engine, error, tell)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        return _unwritable(path, folder, engine, error, tell)
    with suppress(InputError):
        library = _as_it_is(path, folder, engine, "")
        tell(f"{folder}: another process is updating it; this answers from the {len(library):,} photos it held before")
        return library
    line = f"{folder}: another process is building it; waiting for that to end (Ctrl-C stops waiting, not the other)"
    with lock.held(folder / LOCK, wait=True, waiting=lambda: tell(line)):
        return _updated(path, folder, engine, threads, progress, tell)


def _engine(by: str, model: Any, embedding: str | None, vectors: str | None, threads: int | None) -> Any:
    if by == "local":
        return LocalEngine()
    if by != "embedding":
        raise InputError(f"no library is searched by {by!r}; the ways are {', '.join(WAYS)}")
    from photoplanet.locate import locator
    from photoplanet.retrieval.vectors.embedding import Embedder

    loaded = model if isinstance(model, locator.Locator) else locator.load(model, threads)
    embedder = Embedder(loaded, embedding)
    return VectorEngine(embedder, vectors) if vectors else VectorEngine(embedder)


def _check_place(folder: Path, source: Path, named: bool) -> None:
    """InputError for an index folder that is none, so that nothing of somebody's is touched, or of another library."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; the index is a folder, give another place with --index")
    if not folder.is_dir():
        return
    strange = [path.name for path in folder.iterdir() if not path.name.lstrip(".").startswith(_OURS)]
    if strange:
        raise InputError(f"{folder}: holds {strange[0]!r}, so it is no index; give an empty or new folder with --index")
    owner = _manifest(folder).get("source")
    if named and isinstance(owner, str) and owner != os.path.relpath(source.absolute(), folder.absolute()):
        raise InputError(f"{folder}: is the index of another library ({owner}, seen from there); give another --index")


def _manifest(folder: Path) -> dict[str, Any]:
    """What `index.json` says; empty when there is none, or it is damaged or older. InputError for a newer format."""
    try:
        if (folder / MANIFEST).stat().st_size > MAX_MANIFEST:
            return {}
        found = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    version = found.get("format") if isinstance(found, dict) else None
    if type(version) is int and version > FORMAT:
        raise InputError(
            f"{folder}: an index of format {version}, this photoplanet reads up to {FORMAT}; "
            "update photoplanet, or give another place with --index"
        )
    sound = version == FORMAT and isinstance(found.get("kinds"), dict)
    return found if sound and all(isinstance(kind, dict) for kind in found["kinds"].values()) else {}


def _unwritable(source: Path, folder: Path, engine: Any, error: OSError, tell: Callable[[str], None]) -> Library:
    why = f"{folder}: cannot be written ({error.strerror}); give another place for the index with --index DIR"
    library = _as_it_is(source, folder, engine, why)
    tell(f"{folder}: cannot be written ({error.strerror}); this answers from the {len(library):,} photos it holds")
    return library


def _as_it_is(source: Path, folder: Path, engine: Any, without: str) -> Library:
    """The present generation, whatever the library holds by now; InputError (`without`) when there is none."""
    for attempt in range(3):  # a builder may put a new generation in place meanwhile
        kinds = _manifest(folder).get("kinds", {})
        if engine.name not in kinds:
            raise InputError(without)
        store = Store(folder / engine.name / STORE, engine.fields, engine.settings)
        try:
            return _loaded(source, folder, engine, kinds, store)
        except InputError:
            if attempt == 2:
                raise
    raise InputError(without)


def _loaded(source: Path, folder: Path, engine: Any, kinds: dict[str, Any], store: Store) -> Library:
    facts = kinds[engine.name]
    try:
        home, photos = folder / engine.name, int(facts["photos"])
        listing = listings.load(home / str(facts["rows"]), listings.root_of(source), photos)
        listing.left_out = {str(reason): int(count) for reason, count in facts["left_out"].items()}
        rows = [store.find(key, stamp) for key, stamp in zip(listing.keys, listing.stamps, strict=True)]
        store.map_all(row for row in rows if row is not None)
        searcher = engine.load(store, rows, home, facts)
        counts = {
            str(kind.get("label", name)): {
                str(part): int(size) / max(1, kind["photos"]) for part, size in kind["bytes"].items()
            }
            for name, kind in kinds.items()
        }
        return Library(listing, engine, searcher, counts, int(facts["unreadable"]), store, rows)
    except (KeyError, TypeError, ValueError, OSError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{folder}: its {MANIFEST} is damaged; open the library again to mend it") from None


def _updated(
    source: Path, folder: Path, engine: Any, threads: int | None, progress: Progress, tell: Callable[[str], None]
) -> Library:
    """Bring the index up to date, under the lock: list, read what is new, build a generation if anything changed."""
    manifest = _manifest(folder) or {"format": FORMAT, "kinds": {}}
    manifest["source"] = os.path.relpath(source.absolute(), folder.absolute())
    home = folder / engine.name
    if not (folder / MANIFEST).exists():
        _write_manifest(folder, manifest)
    with progress("listing photos", None) as advance:
        listing = listings.read(source, folder, threads, advance)
    before = manifest["kinds"].get(engine.name, {})
    if not len(listing) and before.get("photos"):
        raise InputError(f"{source}: no geotagged photo is there now, of {before['photos']:,} before; is it mounted? "
                         f"Its index is kept; remove {folder} to start anew")  # fmt: skip
    store = Store(home / STORE, engine.fields, engine.settings, repair=True, shard_photos=engine.shard_photos)
    for line in store.damaged[:3]:
        tell(f"{home / STORE}: shard {line}; its photos are read again")
    _extract(listing, store, engine, threads, progress, tell)
    found = [store.find(key, stamp) for key, stamp in zip(listing.keys, listing.stamps, strict=True)]
    usable = [number for number, row in enumerate(found) if row is not None and not row.error]
    rows: list[Row] = [found[number] for number in usable]  # type: ignore[misc]
    errors = [row.error for row in found if row is not None and row.error]
    indexed = listing.take(usable)
    indexed.left_out = listing.left_out
    digest = indexed.digest([engine.settings, engine.choices])
    if before.get("digest") == digest and before.get("left_out") == listing.left_out:
        with suppress(InputError):  # damaged: build it again
            return _loaded(source, folder, engine, manifest["kinds"], store)
    home.mkdir(exist_ok=True)
    token = secrets.token_hex(4)
    facts = engine.build(store, rows, home, token, before, progress)
    listings.save(indexed, home / f"rows-{token}.parquet")
    facts |= {"photos": len(rows), "rows": f"rows-{token}.parquet", "digest": digest, "label": engine.label,
              "left_out": listing.left_out, "unreadable": len(errors)}  # fmt: skip
    manifest["kinds"][engine.name] = facts
    _write_manifest(folder, manifest)
    _tidy(home, engine, (facts, before))
    store.keep([row for row in found if row is not None])
    return _loaded(source, folder, engine, manifest["kinds"], store)


def _extract(
    listing: listings.Listing, store: Store, engine: Any, threads: int | None, progress: Progress,
    tell: Callable[[str], None],
) -> None:  # fmt: skip
    """Read the photos that the store does not know; also when stopped, what was read so far is on disk."""
    known: set[tuple[str, str]] = set()
    new = []
    for number, name in enumerate(zip(listing.keys, listing.stamps, strict=True)):
        if name not in known and store.find(*name) is None:
            known.add(name)
            new.append(number)
    if not new:
        return
    old = len(listing) - len(new)
    tell(f"reading {len(new):,} photos for the index" + (f" ({old:,} are there already)" if old else ""))
    with progress("reading photos", len(new)) as advance:
        results = engine.extract((listing.addresses[number] for number in new), threads)
        try:
            for number, result in zip(new, results, strict=True):
                key, stamp = listing.keys[number], listing.stamps[number]
                if isinstance(result, InputError):
                    tell(str(result))
                    if listings.stamp(listing.addresses[number]) == stamp:  # else it is changing just now
                        store.add_error(key, stamp, str(result))
                else:
                    store.add(key, stamp, *result)
                advance(1)
        finally:
            results.close()
            store.flush()


def _write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    with atomic.replacing(folder / MANIFEST) as temporary:
        temporary.write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")


def _tidy(home: Path, engine: Any, generations: tuple[dict[str, Any], ...]) -> None:
    """Remove what no generation but the present one and the one before (somebody may be opening it) needs."""
    wanted = {STORE}
    for facts in generations:
        with suppress(KeyError, TypeError):
            wanted |= {facts["rows"]} | engine.files(facts)
    for path in home.iterdir():
        if path.name in wanted:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
