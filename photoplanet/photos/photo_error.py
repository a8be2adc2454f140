"""What is wrong with a photo, in words that name it."""

from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from photoplanet.errors import InputError

WORK = "over the work limit"  # the reason where a file is small and much work
MEMORY = "over the memory limit"
NEEDS = "needs an extra"  # the reason where a file or its pixels cannot be read without one
_CUT_WORDS = ("truncated", "end of file", "end-of-file")


class PhotoError(InputError):
    """A photo that cannot be used; `reason` is one of a few short words for reports, the message names the file."""

    def __init__(self, name: str, reason: str, detail: str):
        super().__init__(f"{name}: {detail}")
        self.reason = reason


@contextmanager
def reported(name: str) -> Iterator[None]:
    """Turn whatever Pillow raises on damaged bytes into a PhotoError that names the file.

    >>> with reported("IMG_1.jpg"):
    ...     raise OSError("image file is truncated")
    Traceback (most recent call last):
    photoplanet.photos.photo_error.PhotoError: IMG_1.jpg: cannot decode it (image file is truncated)
    """
    try:
        yield
    except PhotoError:
        raise
    except Exception as error:  # decoders raise a dozen types (OSError, SyntaxError, struct.error, ValueError, …)
        if isinstance(error, MemoryError):
            raise PhotoError(name, MEMORY, "takes more memory to decode than there is; save it smaller") from None
        detail = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, Image.DecompressionBombError):
            detail = "more pixels in one strip or tile of a TIFF than Pillow takes; save it in smaller ones, or as JPEG"
            raise PhotoError(name, "over the pixel limit", detail) from None
        cut = isinstance(error, EOFError) or any(word in detail.lower() for word in _CUT_WORDS)
        raise PhotoError(name, "truncated" if cut else "unreadable", f"cannot decode it ({detail})") from None
