"""One piece of evidence: what it says, from which lines of text, and how likely it is at each place."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Clue:
    """One piece of evidence about one photo.

    `kind`: a word for people, such as "language" or "place name"; `says`: what was seen, for people; `lines`: the rows
    of the reading's lines that it comes from; `log_likelihood` (sites,) float32: the natural logarithm of how likely
    the evidence is from each site of `earth.ground`, up to a constant.

    >>> Clue("domain", "bonpreu.cat: Spain", (3,), np.zeros(2, np.float32)).kind
    'domain'
    """

    kind: str
    says: str
    lines: tuple[int, ...]
    log_likelihood: NDArray[np.float32]
