"""What the extra `retrieval` installs, imported when it is needed."""

from typing import Any

from photoplanet.errors import MissingExtra


def open_faiss(what: str = "searching among vectors") -> Any:
    """Return the module faiss; MissingExtra, which says `what` needs it, where it is not installed.

    >>> open_faiss().__name__
    'faiss'
    """
    try:
        import faiss
    except ImportError:
        raise MissingExtra(what, "retrieval") from None
    return faiss


def open_opencv(what: str = "matching local features") -> Any:
    """Return the module cv2; MissingExtra, which says `what` needs it, where it is not installed.

    >>> open_opencv().__name__
    'cv2'
    """
    try:
        import cv2
    except ImportError:
        raise MissingExtra(what, "retrieval") from None
    return cv2
