"""The place that a camera wrote into a photo."""

from pathlib import Path

from photoplanet.metadata import exif
from photoplanet.photos import decode


def camera_position(photo: str | Path) -> tuple[float, float] | None:
    """Return the camera's own position in a photo in degrees, latitude first; None where there is none.

    An estimate that photoplanet wrote there does not count. InputError for what is not a photo.

    >>> from PIL import Image
    >>> path = getfixture("tmp_path") / "photo.jpg"
    >>> Image.new("RGB", (4, 4)).save(path)
    >>> camera_position(path) is None
    True
    """
    with decode.opened(photo) as (image, _):
        found = exif.read(image)
    if found.latitude is None or found.longitude is None or found.gps_fault:
        return None
    return found.latitude, found.longitude
