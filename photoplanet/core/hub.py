"""Files of a model hub (Hugging Face, or a mirror named by PHOTOPLANET_HUB): what they are, fetching, and by hand.

A plan pins a branch to its commit and says every file's size and hash, and the licence, before anything is fetched.
The API: huggingface.co/docs/hub/api (`/api/models/NAME/revision/REVISION?blobs=true`).
"""

import os
import re
import shlex
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from photoplanet.core import atomic_folders, downloads, lock
from photoplanet.core.downloads import Remote
from photoplanet.core.home import home
from photoplanet.core.progress import Bar, Say, no_bar, silent
from photoplanet.errors import DownloadError, InputError, printable

DEFAULT = "https://huggingface.co"
ABANDONED_SECONDS = 30 * 86400.0  # since something was written there: the download is deleted with the next one
MAX_LISTED = 12  # files that a message names
_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}")
_COMMIT, _SHA256 = re.compile(r"[0-9a-f]{40}"), re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Plan:
    """What would be fetched: files of a repository at one commit, from where, and under which licence.

    >>> Plan("org/name", "ab" * 20, "main", "mit", (Remote("a", "https://example.org/a", 3, "cd" * 32),)).size
    3
    """

    repo: str
    commit: str
    revision: str  # what was asked for, such as "main"
    licence: str
    files: tuple[Remote, ...]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


def address() -> str:
    """Return the hub's address: PHOTOPLANET_HUB, else Hugging Face. InputError for one that is not https.

    >>> getfixture("monkeypatch").setenv("PHOTOPLANET_HUB", "https://hub.example.org/")
    >>> address()
    'https://hub.example.org'
    """
    found = (os.environ.get("PHOTOPLANET_HUB") or DEFAULT).rstrip("/")
    downloads.check_address(found)
    return found


def plan(
    repo: str, files: Sequence[str | Sequence[str]], revision: str = "main", licence: str = "",
    optional: Sequence[str] = (),
) -> Plan:  # fmt: skip
    """Ask the hub about files of the repository `repo` ("ORG/NAME"); nothing is fetched yet.

    Of several names in the place of one, the first that is there is meant; `optional` files may be missing. `licence`:
    what a person found out; without it the model card's counts. InputError for a repository, revision or file that is
    not there or not open to everybody, and where no licence is stated; DownloadError for a connection that fails, or an
    answer that is not the hub's.

    >>> plan("../name", ["model.onnx"])
    Traceback (most recent call last):
    photoplanet.errors.InputError: '../name': not the name of a repository of the hub, such as ORG/NAME
    """
    _check_names(repo, revision)
    page = f"{address()}/{repo}"
    url = f"{address()}/api/models/{repo}/revision/{quote(revision, safe='')}?blobs=true"
    try:
        about = downloads.read_json(url)
    except InputError as error:
        raise InputError(f"{page}: no such repository or revision that is open to everybody ({error})") from None
    commit = about.get("sha") if isinstance(about, dict) else None
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise DownloadError(f"{url}: not the answer of a hub (no commit in it)")
    if about.get("gated"):
        raise InputError(f"{page}: asks you to agree to its terms first; fetch the files by hand in a browser")
    listed = about.get("siblings")
    known = {each["rfilename"]: each for each in listed if _is_file(each)} if isinstance(listed, list) else {}
    named = [
        each if isinstance(each, str) else next((name for name in each if name in known), each[0]) for each in files
    ]
    wanted = dict.fromkeys([*named, *(each for each in optional if each in known)])
    found = tuple(_remote(repo, commit, path, known) for path in wanted)
    stated = licence or _licence(about)
    if not stated:
        raise InputError(f"{page}: states no licence; read what its page says, and give it with --licence TEXT")
    return Plan(repo, commit, revision, stated, found)


def described(planned: Plan) -> list[str]:
    """Return a plan as lines for a person: what, how large, which licence, from where.

    >>> for line in described(Plan("org/name", "ab" * 20, "main", "mit", ())):
    ...     print(line)
    org/name from https://huggingface.co at commit abababababab (main)
    licence mit, 0 files, 0.0 MB
    """
    count = len(planned.files)
    return [
        f"{planned.repo} from {address()} at commit {planned.commit[:12]} ({printable(planned.revision)})",
        *(f"  {file.path}  {_size(file.size)}, {_hash(file)}" for file in planned.files),
        f"licence {printable(planned.licence)}, {count} file{'' if count == 1 else 's'}, {planned.size / 1e6:,.1f} MB",
    ]


def by_hand(repo: str, files: Sequence[str], revision: str = "main", folder: str = "") -> list[str]:
    """Return the lines that fetch files with curl into `folder` (default: the repository's name); no connection.

    >>> by_hand("org/name", ["config.json"])
    ['curl -fL -C - --create-dirs -o name/config.json https://huggingface.co/org/name/resolve/main/config.json']
    """
    _check_names(repo, revision)
    into = folder or repo.partition("/")[2]
    lines = []
    for path in files:
        downloads.check_path(path)
        goal = shlex.quote(f"{into}/{path}")
        lines.append(f"curl -fL -C - --create-dirs -o {goal} {shlex.quote(_url(repo, revision, path))}")
    return lines


def fetch(planned: Plan, bar: Bar = no_bar, say: Say = silent) -> Path:
    """Fetch the files of a plan; return the folder that holds them, under their paths, each checked by its hash.

    It lies in the user's own folder until `forget`; what a stopped fetch brought is continued there. Another process
    that fetches the same is waited for. Errors as `downloads.fetch`.

    >>> fetch(Plan("org/name", "ab" * 20, "main", "mit", ())).name
    'org--name@abababababab'
    """
    folder = _folder(planned)
    folder.mkdir(parents=True, exist_ok=True)
    _tidy(folder)
    with lock.held(folder / ".lock", True, lambda: say(f"another process fetches {planned.repo}; waiting for it")):
        downloads.fetch(planned.files, folder, bar)
    return folder


def forget(planned: Plan) -> None:
    """Delete what `fetch` brought, when it was made into something else.

    >>> nothing = Plan("org/name", "ab" * 20, "main", "mit", ())
    >>> folder = fetch(nothing)
    >>> forget(nothing)
    >>> folder.exists()
    False
    """
    folder = _folder(planned)
    if folder.is_dir():
        atomic_folders.remove(folder)


def _folder(planned: Plan) -> Path:
    return home() / "downloads" / f"{planned.repo.replace('/', '--')}@{planned.commit[:12]}"


def _tidy(kept: Path) -> None:
    """Delete what was begun long ago and never came to its end."""
    for other in kept.parent.iterdir():
        files = [each for each in (other, *other.rglob("*")) if other != kept]
        if files and time.time() - max(each.lstat().st_mtime for each in files) > ABANDONED_SECONDS:
            shutil.rmtree(other, ignore_errors=True)


def _check_names(repo: str, revision: str) -> None:
    if not _REPO.fullmatch(repo) or ".." in repo:
        raise InputError(f"{printable(repo)[:200]!r}: not the name of a repository of the hub, such as ORG/NAME")
    if not _REVISION.fullmatch(revision) or ".." in revision:
        raise InputError(f"{printable(revision)[:200]!r}: not a revision: a branch such as main, a tag, or a commit")


def _url(repo: str, revision: str, path: str) -> str:
    return f"{address()}/{repo}/resolve/{quote(revision, safe='')}/{quote(path)}"


def _is_file(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("rfilename"), str)


def _remote(repo: str, commit: str, path: str, known: Mapping[str, dict[str, Any]]) -> Remote:
    """A file as the hub's list has it; large ones have a SHA-256, all others the hash that git gives them."""
    downloads.check_path(path)
    if path not in known:
        ending = Path(path).suffix
        like = sorted(name for name in known if name.endswith(ending))[:MAX_LISTED]
        others = f"; of that kind it has {printable(', '.join(like))[:600]}" if like else ""
        raise InputError(f"{address()}/{repo}: no file {path} in it{others}")
    facts, large = known[path], known[path].get("lfs")
    size, git = facts.get("size"), facts.get("blobId")
    sha256 = large.get("sha256") if isinstance(large, dict) else None
    if isinstance(size, int) and not isinstance(size, bool):
        if isinstance(sha256, str) and _SHA256.fullmatch(sha256):
            return Remote(path, _url(repo, commit, path), size, sha256)
        if not large and isinstance(git, str) and _COMMIT.fullmatch(git):
            return Remote(path, _url(repo, commit, path), size, git_sha1=git)
    raise DownloadError(f"{address()}/{repo}: the hub states no size or no hash of {path}; fetch it by hand")


def _licence(about: Mapping[str, Any]) -> str:
    """The licence that a model card states, "" for none; one of the card's own making by its name and address."""
    card = about.get("cardData")
    card = card if isinstance(card, dict) else {}
    found = card.get("license")
    found = found[0] if isinstance(found, list) and found else found
    if found == "other":
        own = [card.get(key) for key in ("license_name", "license_link")]
        found = " ".join(each for each in own if isinstance(each, str)) or None
    tags = about.get("tags")
    if not isinstance(found, str) and isinstance(tags, list):
        tagged = [
            tag[8:] for tag in tags if isinstance(tag, str) and tag.startswith("license:") and tag != "license:other"
        ]
        found = tagged[0] if tagged else ""
    return printable(found)[:200] if isinstance(found, str) and found != "unknown" else ""


def _size(size: int) -> str:
    return f"{size:,} bytes" if size < 100_000 else f"{size / 1e6:,.1f} MB"


def _hash(file: Remote) -> str:
    return f"SHA-256 {file.sha256[:12]}…" if file.sha256 else f"git {file.git_sha1[:12]}…"
