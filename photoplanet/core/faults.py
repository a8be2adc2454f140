"""Faults of the system in a person's words: what, where, what next, and the exit status."""

import errno

# what a person can do, and whether it is what was named (2) or the machine (1)
_NEXT = {
    errno.ENOSPC: ("free some space, or write elsewhere", 1),
    getattr(errno, "EDQUOT", errno.ENOSPC): ("free some space, or write elsewhere", 1),
    errno.EFBIG: ("write elsewhere", 1),
    errno.EROFS: ("write elsewhere", 1),
    errno.EIO: ("check the disk", 1),
    errno.EMFILE: ("raise the limit on open files (ulimit -n)", 1),
    errno.ENFILE: ("close other programs", 1),
    errno.ENOMEM: ("use fewer --threads or smaller inputs", 1),
    errno.EACCES: ("choose a place where you may read and write", 2),
    errno.EPERM: ("choose a place where you may read and write", 2),
    errno.EISDIR: ("name a file", 2),
    errno.ENOTDIR: ("name a folder that is one", 2),
    errno.ENOENT: ("check the name", 2),
    errno.ENAMETOOLONG: ("choose a shorter name", 2),
    errno.ELOOP: ("its links lead in a circle", 2),
    errno.EADDRINUSE: ("choose another --port", 2),
}


def described(error: OSError) -> tuple[str, int]:
    """Return an error of the system as one line, and the exit status: 2 where what was named cannot be used, else 1.

    >>> described(OSError(errno.EISDIR, "Is a directory", "out.csv"))
    ('out.csv: Is a directory; name a file', 2)
    """
    names = [str(name) for name in (error.filename, error.filename2) if name is not None and not isinstance(name, int)]
    advice, status = _NEXT.get(error.errno or 0, ("", 1))
    where = " -> ".join(names) or "a file or connection"
    return f"{where}: {error.strerror or error}" + (f"; {advice}" if advice else ""), status
