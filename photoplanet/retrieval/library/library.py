"""A library of geotagged photos, indexed on disk beside it: which of them look like a photo, and so where it was taken.

Beside a folder or table NAME lies NAME.index: `index.json` (the manifest), and for each way to search ("local", or one
embedding) a folder with what was computed from each photo, and the files of the present generation. A new generation
is written beside the old one and becomes the present one when `index.json` is replaced, in one step.
"""

import errno
import os
import secrets
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from photoplanet.core import lock
from photoplanet.core.cache import Cache, Entry, Found, Key
from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.errors import InputError
from photoplanet.locate import locator
from photoplanet.retrieval.library import format_1
from photoplanet.retrieval.library import listing as listings
from photoplanet.retrieval.library import manifest as manifests
from photoplanet.retrieval.library.backends import Backend, Facts
from photoplanet.retrieval.library.local_backend import LocalBackend
from photoplanet.retrieval.library.manifest import COMPUTED, LOCK, index_folder
from photoplanet.retrieval.library.matching import Library
from photoplanet.retrieval.library.vector_backend import VectorBackend

WAYS = ("local", "embedding")
CHUNK = 4096  # photos looked up at a time
NAMED = 3  # damaged parts of an index that are named; more say no more


def open(
    source: str | os.PathLike[str],
    by: str = "local",
    model: str | os.PathLike[str] | locator.Locator | None = None,
    index: str | os.PathLike[str] | None = None,
    *,
    embedding: str | None = None,
    vectors: str | None = None,
    update: bool = True,
    threads: int | None = None,
    bar: Bar = no_bar,
    say: Say = silent,
) -> Library:
    """Open the library `source` (a folder of geotagged photos or a photo table); builds or updates its index first.

    `by`: "local" (features, verified by geometry) or "embedding" (vectors of `model`: a name, a folder, a `Locator`;
    `embedding` as `vectors.embedding.Embedder`, `vectors` a kind of `vectors.vector_index.KINDS`). `index`: its folder,
    when not beside the library. Only photos that are new or changed (size, time) are read; what a stopped run has
    done is kept. While another process builds, the index that was there answers, or it waits when there is none.
    `update=False`, or a place that cannot be written: answers from the index as it is. `bar` shows the progress; `say`
    gets one line for each thing that a person should know.
    InputError for what is not a library, an index of a newer version or of another library.

    >>> import numpy as np
    >>> from PIL import Image
    >>> from photoplanet.metadata.exif_writer import gps_bytes
    >>> folder = getfixture("tmp_path") / "photos"
    >>> folder.mkdir()
    >>> noise = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8).repeat(9, 0).repeat(9, 1)
    >>> Image.fromarray(noise).save(folder / "lund.jpg", exif=gps_bytes(55.7, 13.2))
    >>> library = open(folder)
    >>> answer = library.locate(Image.fromarray(noise[20:, 30:]))
    >>> round(answer.latitude, 2), [match.photo_id for match in answer.matches]
    (55.7, ['lund.jpg'])
    """
    path = Path(source).expanduser()
    if not path.exists():
        raise InputError(
            f"{path}: no such folder or table; give a folder of geotagged photos, or a CSV or Parquet of them"
        )
    backend = _backend(by, model, embedding, vectors, threads)
    folder = Path(index) if index is not None else index_folder(path)
    manifests.check_folder(folder, path, index is not None)
    if not update:
        return _as_it_is(path, folder, backend, "run it without --no-update to build it")
    try:
        folder.mkdir(parents=index is not None, exist_ok=True)
        with lock.held(folder / LOCK, wait=False) as mine:
            if mine:
                return _updated(path, folder, backend, threads, bar, say)
    except OSError as error:
        if not isinstance(error, PermissionError) and error.errno != errno.EROFS:
            raise
        library = _as_it_is(path, folder, backend, f"the folder cannot be written ({error.strerror}); give another "
                            "place for the index with --index DIR")  # fmt: skip
        say(f"{folder}: cannot be written ({error.strerror}); this answers from the {len(library):,} photos it holds")
        return library
    return _beside_another(path, folder, backend, threads, bar, say)


def _beside_another(source: Path, folder: Path, backend: Backend, threads: int | None, bar: Bar, say: Say) -> Library:
    """While another process builds: what was there before answers; where there is nothing, wait for its end."""
    with suppress(InputError):
        library = _as_it_is(source, folder, backend, "")
        say(f"{folder}: another process is updating it; this answers from the {len(library):,} photos it held before")
        return library
    line = f"{folder}: another process is building it; waiting for that to end (Ctrl-C stops waiting, not the other)"
    with lock.held(folder / LOCK, wait=True, waiting=lambda: say(line)):
        return _updated(source, folder, backend, threads, bar, say)


def _backend(
    by: str, model: str | os.PathLike[str] | locator.Locator | None, embedding: str | None, vectors: str | None,
    threads: int | None,
) -> Backend:  # fmt: skip
    if by == "local":
        return LocalBackend()
    if by != "embedding":
        raise InputError(f"a library cannot be searched by {by!r}; give one of {', '.join(WAYS)}")
    from photoplanet.retrieval.vectors.embedding import Embedder

    loaded = model if isinstance(model, locator.Locator) else locator.load(model, threads)
    embedder = Embedder(loaded, embedding)
    return VectorBackend(embedder, vectors) if vectors else VectorBackend(embedder)


def _as_it_is(source: Path, folder: Path, backend: Backend, remedy: str) -> Library:
    """The present generation, whatever the library holds by now; InputError (with `remedy`) when there is none."""
    for attempt in range(3):  # a builder may put a new generation in place meanwhile
        about = manifests.read(folder)
        kinds = about.get("kinds", {})
        if backend.name not in kinds:
            older = format_1.is_there(folder / backend.name) or backend.name in about.get("older", {})
            why = "its index is of an older photoplanet" if older else "no index for this yet"
            raise InputError(f"{folder}: {why}; {remedy}")
        try:
            return _loaded(source, folder, backend, kinds)
        except InputError:
            if attempt == 2:
                raise
    raise AssertionError("the last attempt returns or raises")


def _loaded(source: Path, folder: Path, backend: Backend, kinds: dict[str, Facts]) -> Library:
    facts = kinds[backend.name]
    home = folder / backend.name
    try:
        listing = listings.load(home / str(facts["rows"]), listings.root_of(source), int(facts["photos"]))
        listing.left_out = {str(reason): int(count) for reason, count in facts["left_out"].items()}
        cache = _cache(home, backend, write=False)
        try:
            searcher = backend.load(cache, listing, _keys(listing), home, facts)
        except BaseException:
            cache.close()
            raise
        weakref.finalize(searcher, cache.close)
        sizes = {
            str(kind.get("label", name)): {
                str(part): int(size) / max(1, kind["photos"]) for part, size in kind["bytes"].items()
            }
            for name, kind in kinds.items()
        }
        return Library(listing, backend, searcher, sizes, int(facts["unreadable"]))
    except (KeyError, TypeError, ValueError, OSError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{folder}: its {manifests.MANIFEST} is damaged; open the library again to rebuild it"
        ) from None


def _updated(source: Path, folder: Path, backend: Backend, threads: int | None, bar: Bar, say: Say) -> Library:
    """Bring the index up to date, under the lock: list, read what is new, build a generation if anything changed."""
    manifest = manifests.read(folder) or {"format": manifests.FORMAT, "kinds": {}}
    manifest["source"] = manifests.relative(source, folder)
    home = folder / backend.name
    if not manifests.read(folder):
        manifests.write(folder, manifest)
    if source.is_dir():
        format_1.take_over_journal(folder)
    with bar("listing photos", None) as advance:
        listing = listings.read(source, folder, threads, advance)
    present: Facts = manifest["kinds"].get(backend.name, {})
    before = present or _older(manifest, backend, home, say)
    if not len(listing) and before.get("photos"):
        raise InputError(f"{source}: no geotagged photo is there now, of {before['photos']:,} before; is it mounted? "
                         f"Its index is kept; remove {folder} to start anew")  # fmt: skip
    home.mkdir(exist_ok=True)
    if present:  # else there is something to take over
        format_1.remove(home)
    with _cache(home, backend, write=True) as cache:
        for line in cache.damaged[:NAMED]:
            say(f"{home / COMPUTED}: {line}; its photos are read again")
        settings = [dict(backend.settings), dict(backend.choices)]
        listed = listing.digest(settings)
        current = present.get("left_out") == listing.left_out
        if current and present.get("listed") == listed and cache.known(_keys(listing)).all():
            with suppress(InputError):  # damaged: build it again
                return _loaded(source, folder, backend, manifest["kinds"])
        if format_1.is_there(home):
            _take_over(listing, cache, backend, home, bar, say)
        _extract(listing, cache, backend, threads, bar, say)
        usable = _usable(listing, cache)
        indexed = listing.take(usable)
        digest = indexed.digest(settings)
        if current and present.get("digest") == digest:  # what is new cannot be read
            with suppress(InputError):
                return _loaded(source, folder, backend, manifest["kinds"])
        token = secrets.token_hex(4)
        facts = backend.build(cache, indexed, _keys(indexed), home, token, before, bar)
        listings.save(indexed, home / f"rows-{token}.parquet")
        facts |= {"photos": len(usable), "rows": f"rows-{token}.parquet", "listed": listed, "digest": digest,
                  "label": backend.label, "left_out": listing.left_out,
                  "unreadable": len(listing) - len(usable)}  # fmt: skip
        manifest["kinds"][backend.name] = facts
        manifests.write(folder, manifest)
        cache.keep([*_keys(listing), *_keys_of(source, home, present)])  # another process may have the one before open
    format_1.remove(home)
    manifests.tidy(home, backend, (facts, present))
    return _loaded(source, folder, backend, manifest["kinds"])


def _older(manifest: manifests.Manifest, backend: Backend, home: Path, say: Say) -> Facts:
    """The facts of a backend from an index of an older format, empty where there are none; one of format 2 is named."""
    found = format_1.facts_of(manifest, backend.name)
    if found and not format_1.is_there(home):
        say(f"{home}: was made by an older photoplanet; what it holds of unchanged photos is taken over")
    return found


def _take_over(listing: listings.Listing, cache: Cache, backend: Backend, home: Path, bar: Bar, say: Say) -> None:
    """Copy what an index of format 1 holds of the photos; what is damaged there is read from the photos later."""
    older = format_1.Photos(home / format_1.COMPUTED, backend.fields, backend.settings)
    say(f"{home}: was made by an older photoplanet; what it holds of unchanged photos is taken over")
    for line in older.damaged[:NAMED]:
        say(f"{home / format_1.COMPUTED}: {line}; its photos are read again")

    def copy(rows: Iterator[int]) -> Iterator[Found]:
        for row in rows:
            yield older.get(listing.keys[row], listing.stamps[row]) or Entry(keep=False)

    def key(row: int) -> Key:
        return _named(listing.keys[row], listing.stamps[row])

    with bar("taking over the index", len(listing)) as advance:
        for _ in cache.fill(range(len(listing)), copy, key):
            advance(1)


def _extract(
    listing: listings.Listing, cache: Cache, backend: Backend, threads: int | None, bar: Bar, say: Say
) -> None:
    """Read the photos that the cache does not know; also when stopped, what was read so far is on disk."""
    keys = _keys(listing)
    new: dict[Key, int] = {}
    for row, there in enumerate(cache.known(keys)):
        if not there:
            new.setdefault(keys[row], row)
    if not new:
        return
    old = len(listing) - len(new)
    say(f"reading {len(new):,} photos for the index" + (f" ({old:,} are there already)" if old else ""))

    def read(rows: Iterator[int]) -> Iterator[Entry | Exception]:
        return backend.extract((listing.addresses[row] for row in rows), threads)

    def key(row: int) -> Key:  # by the stamp of now: a photo that is changing just now is tried again next time
        return _named(listing.keys[row], listings.stamp(listing.addresses[row]))

    with bar("reading photos", len(new)) as advance:
        for _, found in cache.fill(new.values(), read, key):
            if not isinstance(found, Entry):
                say(str(found))
            advance(1)


def _usable(listing: listings.Listing, cache: Cache) -> list[int]:
    """The rows of the photos that could be read."""
    usable = []
    for start in range(0, len(listing), CHUNK):
        found = cache.look_up(_keys(listing, start, start + CHUNK))
        usable += [row for row, each in enumerate(found, start) if isinstance(each, Entry)]
    return usable


def _cache(home: Path, backend: Backend, write: bool) -> Cache:
    about = ", ".join(f"{name} {value}" for name, value in sorted(backend.settings.items()))
    return Cache(home / COMPUTED, about, backend.fields, write=write)


def _keys(listing: listings.Listing, start: int = 0, end: int | None = None) -> list[Key]:
    """The keys of the rows in the cache."""
    return [_named(*pair) for pair in zip(listing.keys[start:end], listing.stamps[start:end], strict=True)]


def _named(key: str, stamp: str) -> Key:
    """The stamp is part of the name, so that a changed photo stays readable for the generation before."""
    return f"{key}\n{stamp}", ""


def _keys_of(source: Path, home: Path, facts: Facts) -> list[Key]:
    """The keys of a generation that was; none where it is damaged."""
    with suppress(InputError, KeyError, TypeError, ValueError):
        return _keys(listings.load(home / str(facts["rows"]), listings.root_of(source), int(facts["photos"])))
    return []
