"""The part of a model card on networks beside others: int8 beside float32, other devices beside the processor."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from photoplanet.models.info import ModelInfo


def int8(info: "ModelInfo") -> str:
    """Return what an int8 network was made of, and how far it is from that; empty for others.

    >>> from photoplanet.models import folder, installed
    >>> int8(folder.read(installed.resolve("toy")).info)
    ''
    """
    found = info.training.get("int8")
    if not isinstance(found, dict):
        return ""
    lines = [
        f"Convolutions and matrices are int8, with ranges from {_number(found, 'ranges_from'):,.0f} photos "
        f"({_plain(found.get('photos_from'))}). It was made of the float32 network of {_plain(found.get('made_of'))}, "
        f"and measured beside it on {_number(found, 'photos'):,.0f} "
        f"{'other photos' if found.get('measured_on_others') is True else 'photos, the same'}:",
        "",
        f"- the likeliest cell is the same for {_number(found, 'same_top_cell'):.1%} of them",
        f"- {_number(found, 'moved'):.2%} of an answer's mass lies elsewhere, at most "
        f"{_number(found, 'moved_most'):.1%}",
        f"- no probability differs by more than {_number(found, 'probability'):.4f}",
        f"- embeddings have a cosine of at least {_number(found, 'cosine'):.4f}",
    ]
    right, error = found.get("top_cell"), found.get("expected_calibration_error")
    if isinstance(right, dict) and isinstance(error, dict):
        lines += [
            f"- the true cell is the likeliest for {_number(right, 'int8'):.1%}, float32 "
            f"{_number(right, 'float32'):.1%}",
            f"- expected calibration error {_number(error, 'int8'):.4f}, float32 {_number(error, 'float32'):.4f}",
        ]
    return "\n".join([*lines, "", "All other figures of this card are those of the float32 network."])


def devices(info: "ModelInfo") -> str:
    """Return how far answers on other devices are from those of the processor; empty where that was not measured.

    >>> from photoplanet.models import folder, installed
    >>> devices(folder.read(installed.resolve("toy")).info)
    ''
    """
    found = info.training.get("device_parity")
    listed = found.items() if isinstance(found, dict) else ()
    return "\n".join(f"- {_plain(name)}{_device(its)}" for name, its in listed if isinstance(its, dict))


def _device(its: dict[str, Any]) -> str:
    if "fault" in its:
        return f": does not run it ({_plain(its['fault'])})"
    return (
        f" ({_plain(its.get('precision'))}): at most {_number(its, 'moved'):.2%} of an answer's mass lay elsewhere on "
        f"{_number(its, 'pictures'):.0f} made pictures; embeddings had a cosine of at least "
        f"{_number(its, 'cosine'):.4f}"
    )


def _number(facts: dict[str, Any], key: str) -> float:
    value = facts.get(key)
    return float(value) if isinstance(value, int | float) else float("nan")


def _plain(value: Any) -> str:
    return "".join(sign if sign.isprintable() and sign not in "|`" else " " for sign in str(value or ""))[:200]
