"""`MODEL_CARD.md`: what a model is for, what it knows and how good it is, written from the facts in `model.json`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from photoplanet.bundle.folder import ModelInfo
    from photoplanet.earth.partition import Partition


def markdown(info: "ModelInfo", partition: "Partition") -> str:
    """Return the model card as Markdown."""
    return f"# {info.name}\n\n{len(partition)} cells.\n"
