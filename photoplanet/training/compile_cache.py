"""What torch.compile made, kept in one file beside a run, so that the same run, stopped and resumed, starts sooner.

It is machine code, and torch reads it with pickle. So it is used only where this user made it, on this machine: the
file is signed with a key that lies in the user's own folder. A file that is damaged, from elsewhere, or signed by
somebody else is as good as none.
"""

import hashlib
import hmac
import io
import json
import os
import platform
import secrets
import shutil
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from photoplanet.core import atomic
from photoplanet.core.home import home

NAME, WORKING, KEY = "compiled.cache", "compiling", "compile.key"
MOST = 256 << 20  # bytes of the file, and eight times as many unpacked
_VARIABLE = "TORCHINDUCTOR_CACHE_DIR"
_MAGIC = b"photoplanet-compiled-1\n"
_SIGNED, _KEY_BYTES = 32, 32


class CompileCache:
    """torch's folder for what it compiles, filled from the file in a run's folder; `keep` writes the file anew.

    `folder` None: nothing is kept. Between `open` and `close` torch compiles into a folder of this run's own; `found`
    says whether the file filled it. All harm ends here: what cannot be read or written costs the time of compiling.

    >>> cache = CompileCache(None)
    >>> cache.open()
    >>> cache.found, cache.keep()
    (False, False)
    >>> cache.close()
    """

    def __init__(self, folder: Path | None, rank: int = 0):
        self.file = folder / NAME if folder else None
        self._working = folder / (WORKING + (f"-{rank}" if rank else "")) if folder else None
        self._before: str | None = None
        self.found = False

    def open(self) -> None:
        """Make torch's folder and fill it; OSError where the run's folder cannot be written."""
        if self._working is None:
            self._working = Path(tempfile.mkdtemp(prefix="photoplanet-"))
        else:
            _remove(self._working)  # a killed run's
            self._working.mkdir(mode=0o700)
        self._before = os.environ.get(_VARIABLE)
        os.environ[_VARIABLE] = str(self._working.resolve())
        with suppress(OSError, zipfile.BadZipFile):
            self.found = self._fill(self._working)

    def keep(self) -> bool:
        """Write what torch compiled since `open` to the file, atomically; False where that is too much or cannot be."""
        key = _key() if self.file else None
        if self.file is None or self._working is None or key is None:
            return False
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for path in sorted(self._working.rglob("*")):
                if path.is_file() and not path.is_symlink():
                    archive.write(path, path.relative_to(self._working))
                    if packed.tell() > MOST:
                        return False
        data = _header() + packed.getvalue()
        try:
            atomic.write_bytes(self.file, _MAGIC + _signature(key, data) + data)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Remove torch's folder and let torch have the one that it had; harmless to repeat."""
        if self._working is None or _VARIABLE not in os.environ:
            return
        if os.environ[_VARIABLE] == str(self._working.resolve()):
            os.environ.pop(_VARIABLE)
            if self._before is not None:
                os.environ[_VARIABLE] = self._before
            _remove(self._working)

    def _fill(self, working: Path) -> bool:
        """Unpack the file, where it is whole, this user's, and made by this torch on this machine."""
        key = _key()
        if self.file is None or key is None or not self.file.is_file() or self.file.stat().st_size > 2 * MOST:
            return False
        content = self.file.read_bytes()
        signature = content[len(_MAGIC) : len(_MAGIC) + _SIGNED]
        data = content[len(_MAGIC) + _SIGNED :]
        if not content.startswith(_MAGIC) or not hmac.compare_digest(signature, _signature(key, data)):
            return False
        header = _header()
        if not data.startswith(header):
            return False
        with zipfile.ZipFile(io.BytesIO(data[len(header) :])) as archive:
            if sum(each.file_size for each in archive.infolist()) > 8 * MOST:
                return False
            archive.extractall(working)
        return True


def _header() -> bytes:
    """What the code was made by and for, in a line: machine code of another processor ends a process."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    processor = sorted({line for line in lines if line.startswith(("model name", "flags", "Features", "CPU part"))})
    facts: dict[str, Any] = {
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processor": hashlib.sha256("\n".join(processor).encode()).hexdigest(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }
    return json.dumps(facts, sort_keys=True).encode() + b"\n"


def _signature(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


def _key() -> bytes | None:
    """This user's key, made where there is none; None where it cannot be kept."""
    path = home() / KEY
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
        found = path.read_bytes()
    except OSError:
        return None
    return found if len(found) == _KEY_BYTES else None


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path, ignore_errors=True)
