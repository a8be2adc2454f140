"""The only home of connections: files of known size and hash, fetched over HTTPS, resumed and checked.

Nothing here runs unless a person wrote `--download`, or typed the address of a table. Standard library only: what a
hub's own client adds (accounts, caches, uploads, its own network code) is not wanted here. No name, token or cookie is
sent.
"""

import errno
import hashlib
import http.client
import json
import os
import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPMessage
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from photoplanet.core import atomic
from photoplanet.core.progress import Advance, Bar, no_bar
from photoplanet.errors import DownloadError, InputError, printable

MAX_BYTES = 8 << 30  # of one file
MAX_JSON = 16 << 20  # bytes of an answer that lists files
TIMEOUT_SECONDS = 30.0  # without a byte
ATTEMPTS = 3  # at one file, when the connection ends before the file does
PART = ".part"  # the ending of a file that is not whole yet
_PIECE = 1 << 20
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Remote:
    """A file to fetch: its path below a folder, where it is, its bytes, and its hash (SHA-256, or git's SHA-1).

    >>> Remote("onnx/model.onnx", "https://example.org/model.onnx", 3, sha256="ba" * 32).size
    3
    """

    path: str
    url: str
    size: int
    sha256: str = ""
    git_sha1: str = ""  # of "blob <size>\\0" and the bytes: what git calls a file that is not in its large-file store


def fetch(files: Sequence[Remote], folder: Path, bar: Bar = no_bar) -> None:
    """Fetch files into a folder (made if need be); what is there already, whole and right, is not fetched again.

    A file that was begun is continued. InputError for a file that is not to be had, and for an address or a path that
    is not safe; DownloadError for a connection that fails, and for bytes that are not the stated ones; OSError for a
    full disk. What came is kept beside the target as `*.part`, unless it is wrong.

    >>> fetch([Remote("a", "file:///etc/passwd", 3, sha256="ba" * 32)], getfixture("tmp_path"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: file:///etc/passwd: not an https address
    """
    for file in files:
        _check(file)
    missing = [file for file in files if not _is_whole(file, folder / file.path)]
    _check_space(missing, folder)
    for file in missing:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + PART)
        total = -(-file.size // _MEGABYTE)
        with bar(f"fetching {file.path}, MB", total) as advance:
            _fetch_one(file, part, _megabytes(advance))
        _check_hash(file, part)
        with part.open("rb+") as opened:
            os.fsync(opened.fileno())
        part.replace(target)


def read_json(url: str, most: int = MAX_JSON) -> Any:
    """Fetch a JSON document of at most `most` bytes. Errors as `fetch`.

    >>> read_json("ftp://example.org/models.json")
    Traceback (most recent call last):
    photoplanet.errors.InputError: ftp://example.org/models.json: not an https address
    """
    check_address(url)
    with _errors(url), _open(url) as answer:
        data = answer.read(most + 1)
    if len(data) > most:
        raise DownloadError(f"{url}: the answer is over {most >> 20} MiB")
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise DownloadError(f"{url}: the answer is not JSON; is this the address of a hub?") from None


def size(url: str) -> int:
    """Return the bytes of a file on the web; InputError where its server does not send parts of it. Errors as `fetch`.

    >>> size("ftp://example.org/photos.parquet")
    Traceback (most recent call last):
    photoplanet.errors.InputError: ftp://example.org/photos.parquet: not an https address
    """
    check_address(url)
    with _errors(url), _open(url, 0, 1) as answer:
        total = answer.headers.get("Content-Range", "").rpartition("/")[2]
        if answer.status != 206 or not total.isdecimal():
            raise InputError(f"{url}: its server sends no parts of files; fetch it by hand, and name your copy")
        return int(total)


def read_range(url: str, begin: int, count: int, total: int) -> bytes:
    """Return `count` bytes of a file of `total` bytes on the web, from `begin` on; DownloadError where it changes.

    >>> read_range("ftp://example.org/photos.parquet", 0, 1, 1)
    Traceback (most recent call last):
    photoplanet.errors.InputError: ftp://example.org/photos.parquet: not an https address
    """
    check_address(url)
    with _errors(url), _open(url, begin, count) as answer:
        said = answer.headers.get("Content-Range", "")
        data: bytes = answer.read(count)
    if answer.status != 206 or said != f"bytes {begin}-{begin + count - 1}/{total}":
        raise DownloadError(f"{url}: the file has changed while it was read; run the command again")
    if len(data) < count:
        raise DownloadError(f"{url}: the connection ended early; run the command again", broken=True)
    return data


def check_address(url: str) -> None:
    """Raise InputError unless an address is https, or http on this machine.

    >>> check_address("http://127.0.0.1:8000/a")
    >>> check_address("http://example.org/a")
    Traceback (most recent call last):
    photoplanet.errors.InputError: http://example.org/a: not an https address
    """
    if not _allowed(url, from_here=True):
        raise InputError(f"{printable(url)[:300]}: not an https address")


def file_hashes(path: Path) -> tuple[str, str]:
    """Return the SHA-256 of a file, and the SHA-1 that git gives it.

    >>> file = getfixture("tmp_path") / "a"
    >>> _ = file.write_bytes(b"hello")
    >>> [each[:8] for each in file_hashes(file)]
    ['2cf24dba', 'b6fc4c62']
    """
    sha256 = hashlib.sha256()
    git = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            sha256.update(piece)
            git.update(piece)
    return sha256.hexdigest(), git.hexdigest()


def check_path(path: str) -> None:
    """Raise InputError for a path that could lead out of the folder that files are fetched into.

    >>> check_path("onnx/model.onnx")
    >>> check_path("../model.onnx")
    Traceback (most recent call last):
    photoplanet.errors.InputError: '../model.onnx': not the path of a file of a hub
    """
    parts = path.split("/")
    hidden = any(part in ("", ".", "..") or part.endswith((PART, " ", ".")) for part in parts)
    if hidden or len(path) > 300 or not path.isprintable() or any(sign in path for sign in '\\:*?"<>|'):
        raise InputError(f"{printable(path)[:300]!r}: not the path of a file of a hub")


def _check(file: Remote) -> None:
    check_path(file.path)
    check_address(file.url)
    if not 0 <= file.size <= MAX_BYTES:
        raise InputError(f"{file.path}: {file.size:,} bytes, the limit is {MAX_BYTES:,}")
    if not (file.sha256 or file.git_sha1):
        raise InputError(f"{file.path}: no hash is known for it, so it cannot be checked; fetch it by hand")


def _check_space(files: Sequence[Remote], folder: Path) -> None:
    """OSError where the disk has no room for the files."""
    begun = [folder / f"{file.path}{PART}" for file in files]
    need = sum(file.size for file in files) - sum(part.stat().st_size for part in begun if part.is_file())
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if files and need > shutil.disk_usage(there).free:
        raise OSError(errno.ENOSPC, f"no room for {need / _MEGABYTE:,.1f} MB", str(folder))


def _is_whole(file: Remote, path: Path) -> bool:
    return path.is_file() and path.stat().st_size == file.size and _matches(file, path)


def _matches(file: Remote, path: Path) -> bool:
    sha256, git = file_hashes(path)
    return sha256 == file.sha256 if file.sha256 else git == file.git_sha1


def _check_hash(file: Remote, part: Path) -> None:
    if not _matches(file, part):
        part.unlink()
        kind = f"SHA-256 {file.sha256[:12]}…" if file.sha256 else f"git hash {file.git_sha1[:12]}…"
        raise DownloadError(f"{file.url}: its bytes are not those of {kind}; they are deleted, run the command again")


def _fetch_one(file: Remote, part: Path, advance: Advance) -> None:
    """Bring `part` to the file's size: what is there is continued, and a connection that ends is made again."""
    shown = 0
    for attempt in range(ATTEMPTS):
        have = part.stat().st_size if part.exists() else 0
        if have > file.size:
            part.unlink()
            have = 0
        advance(have - shown)
        shown = have
        if have == file.size and (have or part.exists()):
            return
        try:
            with _errors(file.url):
                for count in _pieces(file, part, have):
                    shown += count
                    advance(count)
            part.touch()  # of no bytes
        except DownloadError as error:
            if attempt == ATTEMPTS - 1 or not error.broken:
                raise
    have = part.stat().st_size
    if have < file.size:
        message = f"{file.url}: the connection ended after {have:,} of {file.size:,} bytes"
        raise DownloadError(f"{message}; run the command again, it goes on from there")


def _pieces(file: Remote, part: Path, have: int) -> Iterator[int]:
    """Append what the server sends to `part`; yields how many bytes came, negative where they begin anew."""
    answer, begins = _from(file, have)
    yield begins - have
    have = begins
    with answer, part.open("ab" if have else "wb") as out:
        while piece := answer.read(_PIECE):
            have += len(piece)
            if have > file.size:
                break
            with atomic.named(part):
                out.write(piece)
                out.flush()
            yield len(piece)
    if have > file.size:
        part.unlink()
        raise DownloadError(f"{file.url}: the server sends more than the {file.size:,} bytes stated")


def _from(file: Remote, have: int) -> tuple[Any, int]:
    """An answer, and the byte that it begins at: `have`, or 0 where a server ignores Range or has no such byte."""
    if not have:
        return _open(file.url), 0
    try:
        answer = _open(file.url, have)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        error.close()
        return _open(file.url), 0
    if answer.status == 206 and answer.headers.get("Content-Range", "").split("-")[0] == f"bytes {have}":
        return answer, have
    if answer.status != 206:
        return answer, 0
    answer.close()
    return _open(file.url), 0


def _megabytes(advance: Advance) -> Advance:
    """What takes bytes, and advances by whole megabytes."""
    done = 0

    def by_bytes(count: int = 1, note: str = "") -> None:
        nonlocal done
        before, done = done // _MEGABYTE, done + count
        if done // _MEGABYTE != before:
            advance(done // _MEGABYTE - before, note)

    return by_bytes


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections to https only, and to http only between addresses of this machine."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:  # fmt: skip
        if not _allowed(newurl, from_here=_is_local(req.full_url)):
            fp.close()
            raise InputError(f"{req.full_url}: redirects to {printable(newurl)[:200]}, which is not an https address")
        return super().redirect_request(req, fp, 307 if code == 308 else code, msg, headers, newurl)

    http_error_308 = urllib.request.HTTPRedirectHandler.http_error_302  # Python 3.10 does not know 308


def _open(url: str, begin: int = 0, count: int | None = None) -> Any:
    """The answer to a request for the bytes from `begin` on, redirections followed. HTTP and HTTPS are all it knows."""
    opener = urllib.request.OpenerDirector()
    handlers = [
        urllib.request.HTTPHandler(), urllib.request.HTTPSHandler(), urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(), urllib.request.HTTPErrorProcessor(),
    ]  # fmt: skip
    for handler in handlers if _is_local(url) else [urllib.request.ProxyHandler(), *handlers]:
        opener.add_handler(handler)
    headers = {"User-Agent": "photoplanet", "Accept-Encoding": "identity"}
    if begin or count:
        headers["Range"] = f"bytes={begin}-{begin + count - 1 if count else ''}"
    return opener.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_SECONDS)


@contextmanager
def _errors(url: str) -> Iterator[None]:
    """Turn what can go wrong with a connection into one line."""
    host = urlsplit(url).netloc
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        raise _refused(url, error) from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            message = f"{host}: its certificate cannot be verified ({error.reason.verify_message})"
            raise DownloadError(f"{message}; set SSL_CERT_FILE where certificates are elsewhere") from None
        reason = getattr(error.reason, "strerror", None) or error.reason
        message = f"{host}: no connection ({printable(str(reason))[:200]})"
        raise DownloadError(f"{message}; check the network, or fetch the files by hand") from None
    except (http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError) as error:
        reason = "no answer" if isinstance(error, TimeoutError) else type(error).__name__
        message = f"{url}: the connection ended early ({reason}); run the command again, it goes on from there"
        raise DownloadError(message, broken=True) from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{printable(url)[:300]}: not an address ({printable(str(error))[:100]})") from None


def _refused(url: str, error: urllib.error.HTTPError) -> DownloadError | InputError:
    code = error.code
    if code in (401, 403):
        return InputError(f"{url}: not open to everybody, or not there (HTTP {code}); fetch it by hand in a browser")
    if code in (404, 410):
        return InputError(f"{url}: not there (HTTP {code}); check the name")
    if 300 <= code < 400:
        return InputError(f"{url}: redirects in a circle, or to what is not an https address (HTTP {code})")
    if code == 429 or code >= 500:
        return DownloadError(f"{url}: the server cannot answer now (HTTP {code}); try again later")
    return DownloadError(f"{url}: the server refuses (HTTP {code})")


def _allowed(url: str, from_here: bool) -> bool:
    """Whether an address is https, or http on this machine where that is asked `from_here`."""
    try:
        parts = urlsplit(url)
        near = parts.scheme == "http" and from_here and _is_local(url)
        return bool(parts.hostname) and (parts.scheme == "https" or near)
    except ValueError:
        return False


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
