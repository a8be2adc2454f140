"""Files in object stores and on the web: listed and read by address, never written.

Nothing here runs unless a person typed such an address. S3 and Google's store are read by `pyarrow.fs`, https by
`core.downloads`, in ranges. Credentials are those of the environment; without any, only what is public can be read.
"""

import functools
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from photoplanet.errors import InputError, printable

SCHEMES = ("s3://", "gs://", "https://", "http://")  # the last on this machine only
ALLOWED = "PHOTOPLANET_STORES"  # the environment's: folders of addresses that a person named
MAX_LISTED = 100_000  # entries of a folder
TIMEOUT_SECONDS = 30.0
_BUFFER = 1 << 20  # bytes that are asked for at a time, over https
_S3_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
                   "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")  # fmt: skip
_HELP = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE (AWS_REGION, AWS_ENDPOINT_URL too)",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account",
}


@dataclass(frozen=True, order=True)
class Stored:
    """A file or folder of a store, by its address: what is used of `pathlib.Path` where tables and shards are read.

    >>> part = Stored("s3://photos/2016") / "part-0.parquet"
    >>> str(part), part.name, part.suffix, str(part.parent)
    ('s3://photos/2016/part-0.parquet', 'part-0.parquet', '.parquet', 's3://photos/2016')
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> "Stored":
        return Stored(f"{self.url.rstrip('/')}/{name}")

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.url.partition("?")[0].rstrip("/").rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """The ending of the name, with its dot."""
        return Path(self.name).suffix

    @property
    def parent(self) -> "Stored":
        """The folder that it lies in."""
        return Stored(self.url.partition("?")[0].rstrip("/").rpartition("/")[0])

    def exists(self) -> bool:
        """Whether anything is there; of an https address, that it answers. InputError where that cannot be known."""
        return self.is_file() or self.is_dir()

    def is_file(self) -> bool:
        """Whether a file is there; InputError where that cannot be known."""
        if _is_web(self.url):
            return int(_web().size(self.url)) >= 0
        return bool(self._info().is_file)

    def is_dir(self) -> bool:
        """Whether it is a folder; InputError where that cannot be known."""
        if _is_web(self.url):
            return False
        from pyarrow import fs

        return bool(self._info().type == fs.FileType.Directory)

    def iterdir(self) -> Iterator["Stored"]:
        """Yield what lies in a folder; InputError where it cannot be listed."""
        from pyarrow import fs

        with reported(self):
            found = self._store.get_file_info(fs.FileSelector(self._key, recursive=False))
        if len(found) > MAX_LISTED:
            raise InputError(f"{self}: {len(found):,} files, the limit is {MAX_LISTED:,}; name a folder below it")
        scheme = self.url.partition("://")[0]
        yield from (Stored(f"{scheme}://{entry.path}") for entry in found)

    def open(self, mode: str = "rb") -> Any:
        """Open a file to read, as `pathlib.Path.open`; InputError where it cannot be opened."""
        assert mode == "rb", "stores are only read"
        if _is_web(self.url):
            return io.BufferedReader(_Ranges(self.url), _BUFFER)
        with reported(self):
            return self._store.open_input_file(self._key)

    def stamp(self) -> tuple[int, int]:
        """Return (time of change in ns, size in bytes) of a file: another file has another. InputError as `open`."""
        if _is_web(self.url):
            return 0, _web().size(self.url)
        found = self._info()
        if not found.is_file:
            raise InputError(f"{self}: no such file; check the address")
        return int(found.mtime_ns or 0), int(found.size or 0)

    def _info(self) -> Any:
        with reported(self):
            return self._store.get_file_info(self._key)

    @property
    def _store(self) -> Any:
        return _filesystem(self.url.partition("://")[0])

    @property
    def _key(self) -> str:
        """Bucket and path."""
        key = self.url.partition("://")[2].rstrip("/")
        if not key or key.startswith("/"):
            raise InputError(f"{printable(self.url)[:300]}: no bucket; an address is like s3://bucket/folder/photos")
        return key


Located: TypeAlias = Path | Stored


def is_address(name: object) -> bool:
    """Whether a name is the address of something in a store, and not a path.

    >>> is_address("s3://photos/2016"), is_address("photos.parquet"), is_address("ftp://a/b")
    (True, False, False)
    """
    return isinstance(name, str) and name.lower().startswith(SCHEMES)


def located(name: "str | os.PathLike[str] | Stored") -> Located:
    """Return what a name or an address stands for; InputError for an http address of another machine.

    >>> located("photos.parquet"), located("s3://photos/2016")
    (PosixPath('photos.parquet'), Stored(url='s3://photos/2016'))
    """
    if isinstance(name, Stored):
        return name
    text = os.fspath(name)
    if not is_address(text):
        return Path(text)
    scheme, mark, rest = text.partition("://")
    if scheme.lower().startswith("http"):
        _web().check_address(text)
    return Stored(f"{scheme.lower()}{mark}{rest}")


def allow(place: Stored) -> None:
    """Note that a person named an address: what lies below its folder may be read, in processes begun later, too.

    >>> before = os.environ.get(ALLOWED, "")
    >>> allow(Stored("s3://photos/2016/table.parquet"))
    >>> check_allowed(Stored("s3://photos/2016/00000.tar"))
    >>> os.environ[ALLOWED] = before
    """
    below = str(place.parent)
    if below not in (known := os.environ.get(ALLOWED, "").split()):
        os.environ[ALLOWED] = " ".join([*known, below])


def check_allowed(place: Stored) -> None:
    """Raise InputError for an address that no person named: one that stands in a table, as anybody could write it.

    >>> check_allowed(Stored("https://example.org/00000.tar"))
    Traceback (most recent call last):
    photoplanet.errors.InputError: https://example.org/00000.tar: an address in a table, which is not ...
    """
    if not any(f"{place}".startswith(f"{known.rstrip('/')}/") for known in os.environ.get(ALLOWED, "").split()):
        raise InputError(f"{place}: an address in a table, which is not opened unasked; name the table by its address "
                         f"there, or set {ALLOWED}={place.parent}")  # fmt: skip


@contextmanager
def reported(place: Located) -> Iterator[None]:
    """Turn what a store answers to a request into an InputError of one line that says what to do.

    >>> with reported(Stored("s3://photos/a.parquet")):
    ...     raise OSError("AWS Error ACCESS_DENIED during HeadObject operation")
    Traceback (most recent call last):
    photoplanet.errors.InputError: s3://photos/a.parquet: no access; set AWS_ACCESS_KEY_ID and ...
    """
    try:
        yield
    except InputError:
        raise
    except OSError as error:
        if not isinstance(place, Stored):
            raise
        raise fault(place, error) from None


def fault(place: Stored, error: Exception) -> InputError:
    """Return what went wrong with a file of a store, in one line.

    >>> str(fault(Stored("gs://photos/a.parquet"), FileNotFoundError(2, "no")))
    'gs://photos/a.parquet: no such file; check the address'
    """
    text = " ".join(str(error).split())
    text = text[max(0, text.find("AWS Error")) :]  # what comes before is the name again
    scheme = place.url.partition("://")[0]
    if any(word in text for word in ("ACCESS_DENIED", "INVALID_ACCESS_KEY", "SIGNATURE", "PERMISSION", "HTTP code 403",
                                     "UNAUTHENTICATED", "status code=401", "status code=403")):  # fmt: skip
        return InputError(f"{place}: no access; {_HELP.get(scheme, 'fetch it by hand')}")
    if isinstance(error, FileNotFoundError) or "NO_SUCH_BUCKET" in text or "RESOURCE_NOT_FOUND" in text:
        return InputError(f"{place}: no such file; check the address")
    return InputError(f"{place}: the store does not answer as it should ({printable(text)[:200]}); try again, or "
                      "check the address and the network")  # fmt: skip


def _web() -> Any:
    """`core.downloads`, late: hardly ever is a table on the web, and what it needs takes time to import."""
    from photoplanet.core import downloads

    return downloads


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _filesystem(scheme: str) -> Any:
    """The store that a scheme names, with the environment's credentials, or with none for what is public."""
    if scheme == "gs":
        return _google(not _google_credentials())
    home = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    known = any(os.environ.get(name) for name in _S3_CREDENTIALS) or home.is_file()
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    return _amazon(not known, endpoint, os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "")


@functools.cache
def _amazon(anonymous: bool, endpoint: str, region: str) -> Any:
    fs, parts = _arrow("S3FileSystem"), urlsplit(endpoint)
    where: dict[str, Any] = {"region": region} if region else {}
    if endpoint:
        where |= {"endpoint_override": parts.netloc or endpoint, "scheme": parts.scheme or "https"}
    return fs.S3FileSystem(anonymous=anonymous, connect_timeout=TIMEOUT_SECONDS, request_timeout=TIMEOUT_SECONDS,
                           retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=3), **where)  # fmt: skip


@functools.cache
def _google(anonymous: bool) -> Any:
    limit = timedelta(seconds=TIMEOUT_SECONDS)
    return _arrow("GcsFileSystem").GcsFileSystem(anonymous=anonymous, retry_time_limit=limit)


def _arrow(name: str) -> Any:
    """`pyarrow.fs`; InputError where it was built without a store."""
    from pyarrow import fs

    if not hasattr(fs, name):
        raise InputError("stores: this pyarrow was built without them; install pyarrow from PyPI")
    return fs


def _google_credentials() -> bool:
    own = Path.home() / ".config" / "gcloud" / "application_default_credentials.json"
    return bool(os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")) or own.is_file()


class _Ranges(io.RawIOBase):
    """A file on the web, read in ranges."""

    def __init__(self, url: str) -> None:
        self._url, self._at = url, 0
        self._size = int(_web().size(url))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start: int = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        count = max(0, min(len(buffer), self._size - self._at))
        if count:
            data = _web().read_range(self._url, self._at, count, self._size)
            buffer[:count] = data
            self._at += count
        return count
