"""Error curves: which share of the photos lies within which distance, with the five named scales (paper, Fig. 3, 9)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.evaluation.accuracy import error_curve
from photoplanet.show.figures import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEAREST_KM, FARTHEST_KM = 0.1, 10_000.0
MOST_CURVES = len(plots.COLOURS)


@plots.styled
def error_curves(errors: Mapping[str, npt.ArrayLike], title: str = "") -> "Figure":
    """One curve for each name → errors (n,) in km; NaN or infinite: no answer, wrong at every distance.

    Axes as in the paper: distance on a logarithmic scale across the share of photos localised so well; lower right is
    best. InputError for more curves than there are colours to tell apart.
    """
    from photoplanet.errors import InputError

    if not 1 <= len(errors) <= MOST_CURVES:
        raise InputError(f"a figure takes 1 to {MOST_CURVES} curves, not {len(errors)}")
    figure = plots.new(height=4.0)
    axes = figure.add_subplot()
    at = np.geomspace(NEAREST_KM, FARTHEST_KM, 400)
    for number, (name, values) in enumerate(errors.items()):
        kilometres = np.asarray(values, float)
        distances, shares = error_curve(np.where(np.isfinite(kilometres), kilometres, np.inf), at)
        axes.plot(100 * shares, distances, color=plots.COLOURS[number], linestyle=plots.DASHES[number],
                  linewidth=1.7, label=name)  # fmt: skip
    for name, km in RADII_KM.items():
        axes.axhline(km, color=plots.EDGE, linewidth=0.5, zorder=0)
        axes.text(101, km, f"{name}\n{km:,.0f} km", va="center", fontsize=7, color="#555")
    axes.set(yscale="log", xlim=(0, 100), ylim=(NEAREST_KM, FARTHEST_KM), title=title,
             xlabel="per cent of the photos", ylabel="localised within, km")  # fmt: skip
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.legend(loc="best", fontsize=8)
    return figure
