"""`calibration` in model.json: what corrects a network's answers. Every number is checked when it is read."""

import math
from collections.abc import Mapping
from typing import Any

EVIDENCE = ("similarity", "gain", "spread", "peak", "surprise")  # what `locate.unknown.evidence` measures
MOST = 1000.0  # the largest size of a weight or a bias
# where a correction has a shift and a slope
KNOTS_KM = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 70, 200, 400, 750, 1400, 2500, 5000, 10000)
LEAST_POWER, MOST_POWER = 1e-4, 1e4  # of temperatures and sharpness
LEAST_SLOPE = 0.01  # of a correction: more mass states more


def check(calibration: Mapping[str, Any]) -> None:
    """Raise ValueError where something in it cannot be used.

    `temperature`, `readout_sharpness`, `abstain_below` and `least_gain` are numbers; `unknown` has a `bias` and
    `weights`, a number for some of EVIDENCE, perhaps `unlike` (`below`, `weight`), perhaps the `temperature` at which
    these are measured, and other facts for people; `correction` has a `shift` and a `slope` for each of KNOTS_KM.

    >>> check({"temperature": 1.2, "unknown": {"bias": 1.0, "weights": {"gain": -0.5}}})
    >>> check({"unknown": {"bias": 1.0, "weights": {"colour": -0.5}}})
    Traceback (most recent call last):
    ValueError: calibration.unknown weighs 'colour', which this photoplanet does not measure (it measures ...
    """
    for key in ("abstain_below", "least_gain"):
        value = calibration.get(key, 1.0)
        if not _finite(value) or value < 0:
            raise ValueError(f"calibration.{key} must be a number of 0 or more, not {_short(value)}")
    for key in ("temperature", "readout_sharpness"):
        _check_power(f"calibration.{key}", calibration.get(key, 1.0))
    if "unknown" in calibration:
        _check_unknown(calibration["unknown"])
    if "correction" in calibration:
        _check_correction(calibration["correction"])


def _check_unknown(facts: Any) -> None:
    weights = facts.get("weights") if isinstance(facts, dict) else None
    if not isinstance(weights, dict):
        raise ValueError("calibration.unknown must hold a bias and weights")
    for name, value in [("bias", facts.get("bias")), *weights.items()]:
        if name not in EVIDENCE and (name != "bias" or "bias" in weights):
            known = ", ".join(EVIDENCE)
            raise ValueError(
                f"calibration.unknown weighs {name[:60]!r}, which this photoplanet does not measure (it measures "
                f"{known}); upgrade photoplanet"
            )
        if not _finite(value) or abs(value) > MOST:
            raise ValueError(
                f"calibration.unknown: {name} must be a number from −{MOST:g} to {MOST:g}, not {_short(value)}"
            )
    _check_power("calibration.unknown: temperature", facts.get("temperature", 1.0))
    if "unlike" in facts:
        _check_unlike(facts)


def _check_unlike(facts: dict[str, Any]) -> None:
    unlike = facts["unlike"]
    if not isinstance(unlike, dict) or "similarity" not in facts["weights"]:
        raise ValueError("calibration.unknown.unlike must hold `below` and `weight`, beside a weight of similarity")
    for name, least, most in (("below", -1.0, 1.0), ("weight", 0.0, MOST)):
        if not _finite(unlike.get(name)) or not least <= unlike[name] <= most:
            raise ValueError(f"calibration.unknown.unlike: {name} must be a number from {least:g} to {most:g}")


def _check_correction(facts: Any) -> None:
    for name, least in (("shift", -MOST), ("slope", LEAST_SLOPE)):
        values = facts.get(name) if isinstance(facts, dict) else None
        if not isinstance(values, list) or len(values) != len(KNOTS_KM):
            raise ValueError(
                f"calibration.correction must hold the lists shift and slope, of {len(KNOTS_KM)} numbers each"
            )
        for value in values:
            if not _finite(value) or not least <= value <= MOST:
                raise ValueError(
                    f"calibration.correction: {name} must be numbers from {least:g} to {MOST:g}, not {_short(value)}"
                )


def _check_power(name: str, value: Any) -> None:
    """What distributions are taken to the power of: beyond these numbers, float32 has no such distributions."""
    if not _finite(value) or not LEAST_POWER <= value <= MOST_POWER:
        raise ValueError(f"{name} must be a number from {LEAST_POWER:g} to {MOST_POWER:g}, not {_short(value)}")


def _short(value: Any) -> str:
    """A value from outside, as a message may show it."""
    try:
        return repr(value)[:60]
    except ValueError:  # a whole number of more digits than Python writes
        return "so long a number"


def _finite(value: Any) -> bool:
    """Whether a JSON value is a finite number; a whole number too long for a float is not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
