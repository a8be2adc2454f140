"""The place that a photo says it was taken at."""

from pathlib import Path

from photoplanet.metadata import facts


def camera_position(photo: str | Path) -> tuple[float, float] | None:
    """Return the position that a photo or a file beside it states, in degrees, latitude first; None for none.

    An estimate that photoplanet wrote there does not count. InputError for what is not a photo.

    >>> from PIL import Image
    >>> path = getfixture("tmp_path") / "photo.jpg"
    >>> Image.new("RGB", (4, 4)).save(path)
    >>> camera_position(path) is None
    True
    """
    found = facts.of(photo)
    if found.latitude is None or found.longitude is None or found.gps_fault:
        return None
    return found.latitude, found.longitude
