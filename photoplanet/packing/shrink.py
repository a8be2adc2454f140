"""What a worker process does: photos to small JPEGs, or the reason why one cannot be packed."""

from dataclasses import dataclass

from photoplanet.errors import InputError
from photoplanet.metadata import exif
from photoplanet.packing.plan import Settings
from photoplanet.photos import decode, quiet
from photoplanet.photos.photo_error import PhotoError


@dataclass(frozen=True)
class Packed:
    """A photo as it is packed: JPEG bytes, its (width, height), and those that it had."""

    jpeg: bytes
    size: tuple[int, int]
    original: tuple[int, int]


@dataclass(frozen=True)
class Refused:
    """A photo that cannot be packed: one of a few short reasons, and a line that names it."""

    reason: str
    detail: str


def shrink(addresses: list[str], settings: Settings) -> list[Packed | Refused]:
    """Return each photo as it is packed, or why it is not.

    >>> shrink(["/no/such.jpg"], Settings(320))
    [Refused(reason='missing', detail='/no/such.jpg: no such file; check the path')]
    """
    with quiet.silence:
        return [_one(address, settings) for address in addresses]


def _one(address: str, settings: Settings) -> Packed | Refused:
    try:
        with decode.opened(address, settings.max_pixels) as (image, _):
            original = exif.upright_size(image, exif.read(image).orientation)
        jpeg, size = decode.shrunk_jpeg(address, settings.size, settings.quality, settings.max_pixels)
    except InputError as error:
        return Refused(error.reason if isinstance(error, PhotoError) else "unreadable", str(error))
    return Packed(jpeg, size, original)
