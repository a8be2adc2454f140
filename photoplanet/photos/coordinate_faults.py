"""Why a photo's coordinates cannot be used, in the words of all reports."""

UNREADABLE = "GPS unreadable"


def coordinate_fault(latitude: float | None, longitude: float | None) -> str | None:
    """Return why a coordinate in degrees cannot be used, in the words that reports use; None for a good one.

    >>> coordinate_fault(48.9, 2.4), coordinate_fault(0, 0), coordinate_fault(91, 0)
    (None, 'exactly 0, 0', 'GPS out of range')
    >>> coordinate_fault(None, None), coordinate_fault(float("nan"), 2.4)
    ('no GPS', 'GPS unreadable')
    """
    if latitude is None or longitude is None:
        return "no GPS" if latitude is longitude else UNREADABLE
    if latitude != latitude or longitude != longitude:
        return UNREADABLE
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return "GPS out of range"
    return "exactly 0, 0" if latitude == 0 and longitude == 0 else None
