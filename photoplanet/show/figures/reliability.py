"""Reliability before and after a calibration: what was stated against what was right, at the five radii."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from photoplanet.evaluation import resampling
from photoplanet.show.figures import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIDES = (("before", plots.COLOURS[1], "o", -1.0), ("after", plots.COLOURS[0], "s", 1.0))


@plots.styled
def reliability(found: Mapping[str, Any]) -> "Figure":
    """Draw the result of `evaluation.recalibration.calibrate.calibrate`: five reliability diagrams, and the summary.

    Each point is a bin of confidence, its size its share of the photos, its bar the 95 % interval; on the diagonal
    stated is right. The sixth part has the region's coverage, abstention, and the sure answers that are far off.

    >>> share = {"share": 0.5, "interval": [0.4, 0.6]}
    >>> bins = [{"lower": 0.4, "upper": 0.6, "photos": 9, "stated": 0.5, "right": 0.5, "interval": [0.4, 0.6]}]
    >>> side = {"photos": 9, "confidence": {"city": {"km": 25.0, "bins": bins}}, "abstained": share,
    ...         "region": {"probability": 0.9, "held": 0.9, "interval": [0.8, 1.0]},
    ...         "sure": {**share, "off": {"750": share}}}
    >>> intervals = {"resampled": "album", "units": 30}
    >>> facts = {"model": "mine", "world": "real", "before": side, "after": side, "intervals": intervals}
    >>> [axes.get_title() for axes in reliability(facts).axes]
    ['city, 25 km', 'in all']
    """
    radii = found["before"]["confidence"]
    figure = plots.new(height=4.6)
    figure.suptitle(f"{found['model']}: confidence, stated and right", fontsize=10)
    parts = figure.subplots(2, 3).ravel()
    for axes, name in zip(parts, radii, strict=False):
        axes.plot([0, 1], [0, 1], color=plots.EDGE, linewidth=0.7, zorder=0)
        for side, colour, sign, _ in _SIDES:
            _points(axes, found[side]["confidence"][name]["bins"], found[side]["photos"], colour, sign, side)
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        axes.set_title(f"{name}, {radii[name]['km']:,.0f} km", fontsize=9)
        axes.set_xlabel("stated", fontsize=8)
        axes.set_ylabel("right", fontsize=8)
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        axes.tick_params(labelsize=7)
    for axes in parts[len(radii) : -1]:
        axes.remove()
    _shares(parts[-1], found)
    parts[0].legend(loc="lower right", fontsize=7)
    plots.note(
        figure,
        f"after: by calibrations fitted to other groups of photos; bars: 95 % intervals, "
        f"{resampling.described(found['intervals'])}; larger signs: more photos",
        toy=found["world"] == "toy",
    )
    return figure


def _points(axes: "Axes", bins: list[dict[str, Any]], photos: int, colour: str, sign: str, side: str) -> None:
    stated, right = ([each[key] for each in bins] for key in ("stated", "right"))
    low = [max(0.0, each["right"] - each["interval"][0]) for each in bins]
    high = [max(0.0, each["interval"][1] - each["right"]) for each in bins]
    axes.errorbar(stated, right, yerr=[low, high], fmt="none", ecolor=colour, elinewidth=0.8, alpha=0.6)
    sizes = [12 + 120 * each["photos"] / max(1, photos) for each in bins]
    axes.plot(stated, right, color=colour, linewidth=0.8, linestyle="-" if side == "after" else "--")
    axes.scatter(stated, right, s=sizes, color=colour, marker=sign, alpha=0.8, label=side)


def _shares(axes: "Axes", found: Mapping[str, Any]) -> None:
    """The shares of the summary, one line each, before and after."""
    region = found["before"]["region"]
    names = [f"truth in\n{100 * region['probability']:g} % radius", "no\nanswer", "sure\nanswers",
             *(f"sure, over\n{float(km):,.0f} km off" for km in found["before"]["sure"]["off"])]  # fmt: skip
    for side, colour, sign, offset in _SIDES:
        each = found[side]
        shares = [{"share": each["region"]["held"], "interval": each["region"]["interval"]}, each["abstained"],
                  each["sure"], *each["sure"]["off"].values()]  # fmt: skip
        for row, share in enumerate(shares):
            if share["share"] is not None:
                low, high = share["interval"]
                axes.plot([low, high], [row + 0.14 * offset] * 2, color=colour, linewidth=0.8, alpha=0.6)
                axes.plot(share["share"], row + 0.14 * offset, sign, color=colour, markersize=4)
    axes.axvline(region["probability"], color=plots.EDGE, linewidth=0.7, zorder=0)
    axes.set(xlim=(0, 1), ylim=(len(names) - 0.5, -0.5), xticks=(0, 0.5, 1), yticks=range(len(names)))
    axes.set_title("in all", fontsize=9)
    axes.set_yticklabels(names)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.tick_params(labelsize=7)
