"""OpenCV, which comes with the extra `signs`, imported when it is needed."""

from typing import Any

from photoplanet.errors import MissingExtra
from photoplanet.signs.networks import EXTRA, FEATURE


def open_opencv() -> Any:
    """Return the module cv2; MissingExtra where it is not installed.

    >>> open_opencv().__name__
    'cv2'
    """
    try:
        import cv2
    except ImportError:
        raise MissingExtra(FEATURE, EXTRA) from None
    return cv2
