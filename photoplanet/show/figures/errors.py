"""Error curves: which share of the photos lies within which distance, with the five named scales (paper, Fig. 3, 9)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from photoplanet.earth.geodesy import RADII_KM
from photoplanet.errors import InputError
from photoplanet.evaluation import predictions
from photoplanet.evaluation.accuracy import error_curve, top_k_errors
from photoplanet.photos import table
from photoplanet.show.figures import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEAREST_KM, FARTHEST_KM = 0.1, 10_000.0
MOST_CURVES = len(plots.COLOURS)


def read_errors(
    files: Sequence[Path], truth: Path, names: Sequence[str] = (), top: int = 5
) -> tuple[dict[str, NDArray[np.float64]], bool]:
    r"""Read predictions files as errors (n,) in km, by name: top-1 … top-k of one file, or top-1 of each of several.

    With it, whether any file says that its places are the toy Earth's. `truth`: the photo table with the true places.
    `names`: one for each of several files (default: its stem). InputError for no file, or another number of names.

    >>> folder = getfixture("tmp_path")
    >>> for name in ("truth.csv", "ours.csv"):
    ...     _ = (folder / name).write_text("photo_id,latitude,longitude\na,48.9,2.4\n")
    >>> errors, toy = read_errors([folder / "ours.csv"], folder / "truth.csv", top=1)
    >>> errors["top-1"].tolist(), toy
    ([0.0], False)
    """
    if not files:
        raise InputError("give one or more predictions files, and last the photo table with the true places")
    if names and len(names) != len(files):
        raise InputError(f"{len(files)} predictions files need as many names, not {len(names)}")
    known, _ = table.read(truth, require=("photo_id", "latitude", "longitude"))
    errors, toy = {}, False
    for name, path in zip(names or [file.stem for file in files], files, strict=True):
        found = predictions.match(predictions.read(path, top), known)
        km = top_k_errors(found.latitude, found.longitude, found.true_latitude, found.true_longitude)
        toy |= found.report["world"] == "toy"
        if len(files) == 1:
            return {f"top-{k + 1}": km[:, k] for k in range(km.shape[1])}, toy
        errors[name] = km[:, 0]
    return errors, toy


@plots.styled
def error_curves(errors: Mapping[str, npt.ArrayLike], title: str = "", toy: bool = False) -> "Figure":
    """Draw one curve for each name → errors (n,) in km; NaN or infinite: no answer, wrong at every distance.

    Axes as in the paper: distance on a logarithmic scale across the share of photos localised so well; lower right is
    best. InputError for more curves than there are colours to tell apart.

    >>> figure = error_curves({"ours": [0.5, 30, 1200], "theirs": [80, 400, np.nan]})
    >>> [line.get_label() for line in figure.axes[0].get_lines()[:2]]
    ['ours', 'theirs']
    """
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
    plots.note(figure, toy=toy)
    return figure
