"""The group of each photo by where it truly was taken: continent or country."""

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.earth import gazetteer
from photoplanet.errors import InputError

BY = ("continent", "country")
AT_SEA = "at sea"


def groups(latitude: npt.ArrayLike, longitude: npt.ArrayLike, by: str) -> NDArray[np.str_]:
    """Names (n,) of the continent or country of each point, degrees; "at sea" where there is none.

    InputError for another `by` or coordinates off the Earth.

    >>> groups([48.86, 0.0], [2.35, -150.0], "continent").tolist()
    ['Europe', 'at sea']
    """
    if by not in BY:
        raise InputError(f"cannot group by {by!r}; give one of {', '.join(BY)}")
    return np.array([getattr(place, by) or AT_SEA for place in gazetteer.name(latitude, longitude)], dtype=str)
